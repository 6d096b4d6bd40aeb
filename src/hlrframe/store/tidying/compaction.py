"""Merging what is sealed, beside readers and writers that never notice.

Nothing is changed in place: a new file appears under a new name before the old ones vanish, so that a reader finds
every answer at least once, and lists again when it meets a name that is gone.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.model import MAX_CACHE_DAYS
from hlrframe.store.folder import Layout, View, run_of
from hlrframe.store.parts import collect, read_answers, row_count, scan_parts, warn_of_lost
from hlrframe.store.queries import KEY, SAME, by_numbers, in_doubt
from hlrframe.store.records import EVENT_TYPES, KEPT_TYPES
from hlrframe.store.tidying.rewriting import MERGED_ROWS, by_ranges, read_sealed, replace, tidying

__all__ = ["Compaction", "compact", "compact_small"]

#: Most rows of a merged part; those of half as many are left as they are.
MAX_ROWS: Final = 4_000_000
#: Small parts above which a run merges some of them on its way.
MANY_PARTS: Final = 64
#: Rows of a part that is small no more.
SMALL_ROWS: Final = 65_536
#: Most rows that a run merges on its way.
MEANWHILE_ROWS: Final = 500_000
#: How long a number stays in doubt: no older answer can be had from the provider's caches.
DOUBT_AGE: Final = timedelta(days=MAX_CACHE_DAYS + 1)


@dataclass(frozen=True, slots=True)
class Compaction:
    """What compacting did."""

    #: Parts before.
    before: int
    #: Parts after.
    after: int


def compact(layout: Layout, now: datetime, *, max_rows: int = MAX_ROWS, merged_rows: int = MERGED_ROWS) -> Compaction:
    """Merges small parts into few sorted ones, and forgets doubts that are settled or too old to matter.

    Raises:
        StoreError: Another process is tidying the store, or the disk refused; nothing is lost.
    """
    with tidying(layout):
        warn_of_lost(layout.upkeep.lost())
        layout.upkeep.accept_losses()
        view = layout.view()
        for group in _groups(view.parts, max_rows):
            _merge(layout, group, merged_rows)
        _settle(layout, now)
        return Compaction(len(view.parts), len(layout.view().parts))


def compact_small(layout: Layout) -> None:
    """Merges the smallest parts where there are very many, as short runs leave them; otherwise costs next to nothing.

    What it reads is bounded, so that a run may have it done meanwhile.

    Raises:
        StoreError: Another process is tidying the store, or the disk refused; nothing is lost.
    """
    if len(layout.view().parts) <= MANY_PARTS:
        return
    with layout.upkeep.alone():
        small = sorted((rows, path) for path in layout.view().parts if (rows := row_count(path)) < SMALL_ROWS)
        totals = itertools.accumulate(rows for rows, _ in small)
        group = [path for (_, path), total in zip(small, totals, strict=True) if total <= MEANWHILE_ROWS]
        if len(small) > MANY_PARTS and len(group) > 1:
            _merge(layout, group, MERGED_ROWS)


def _groups(parts: Iterable[Path], max_rows: int) -> list[list[Path]]:
    """Packs the smaller parts, smallest first, so that all but one of the parts are at least half full afterwards."""
    groups: list[list[Path]] = [[]]
    rows = 0
    for count, path in sorted((row_count(path), path) for path in parts):
        if count >= max_rows // 2:
            break
        if rows + count > max_rows:
            groups.append([])
            rows = 0
        groups[-1].append(path)
        rows += count
    return [group for group in groups if len(group) > 1]


def _merge(layout: Layout, group: Sequence[Path], size: int) -> None:
    read_sealed(layout, group, KEPT_TYPES, lambda rows: rows.select("msisdn"))  # sets aside what cannot be read
    whole = [path for path in group if path.exists()]
    if whole:
        rows = by_ranges(layout, whole, KEPT_TYPES, lambda rows: rows, size=size)
        replace(layout, whole, (each.unique(SAME).sort("msisdn", "known_at") for each in rows))


def _settle(layout: Layout, now: datetime) -> None:
    """Merges what ended runs left in doubt."""

    def read(view: View) -> tuple[list[Path], pl.DataFrame]:
        running = {run_of(path) for path in view.journals}
        # A run that goes on may still withdraw or learn what it asked in an earlier file.
        ended = [path for path in view.asked if run_of(path) not in running]
        return ended, scan_parts(ended, EVENT_TYPES, encoding=layout.encoding).collect()

    paths, events = collect(layout, read)
    if not paths:
        return
    asked = by_numbers(events["msisdn"].unique())
    answers = read_answers(layout, lambda rows: rows.filter(asked).select(*KEY, "received_at"))
    still = in_doubt(events, answers).filter(
        pl.col("event") == "asked", pl.col("at") >= now.astimezone(UTC) - DOUBT_AGE
    )
    if len(paths) > 1 or len(still) < len(events):
        replace(layout, paths, [still] if len(still) else [])
