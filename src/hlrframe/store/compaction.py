"""Merging and removing what is sealed, beside readers and writers that never notice.

Nothing is changed in place: a new file appears under a new name before the old ones vanish, so that a reader finds
every answer at least once, and lists again when it meets a name that is gone.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import MAX_CACHE_DAYS
from hlrframe.store.claims import has_claimed
from hlrframe.store.journal import seal_orphans
from hlrframe.store.layout import Layout, View, new_name, run_of
from hlrframe.store.parts import collect, read_answers, row_count, scan_parts, write_parquet
from hlrframe.store.privacy import Between
from hlrframe.store.queries import KEY, SAME, by_numbers, in_doubt
from hlrframe.store.records import EVENT_TYPES, KEPT_TYPES
from hlrframe.store.segment import read_segment

__all__ = ["Compaction", "compact", "compact_small", "forget", "purge"]

#: Most rows of a merged part; those of half as many are left as they are.
MAX_ROWS: Final = 4_000_000
#: Rows that a merge holds in memory.
MERGED_ROWS: Final = 200_000
#: Small parts above which a run merges some of them on its way.
MANY_PARTS: Final = 64
#: Rows of a part that is small no more.
SMALL_ROWS: Final = 65_536
#: Most rows that a run merges on its way.
MEANWHILE_ROWS: Final = 500_000
#: How long a number stays in doubt: no older answer can be had from the provider's caches.
DOUBT_AGE: Final = timedelta(days=MAX_CACHE_DAYS + 1)

_Pick: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]


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
    with _tidying(layout):
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
    with layout.alone():
        small = sorted((rows, path) for path in layout.view().parts if (rows := row_count(path)) < SMALL_ROWS)
        totals = itertools.accumulate(rows for rows, _ in small)
        group = [path for (_, path), total in zip(small, totals, strict=True) if total <= MEANWHILE_ROWS]
        if len(small) > MANY_PARTS and len(group) > 1:
            _merge(layout, group, MERGED_ROWS)


def forget(layout: Layout, numbers: pl.Series) -> int:
    """Removes every trace of these numbers, and says how many answers went.

    Raises:
        StoreError: A run that goes on has one of the numbers, a damaged file may have one, another process is tidying
            the store, or the disk refused.
    """
    with _tidying(layout):
        theirs = by_numbers(numbers)
        if has_claimed(layout, numbers) or collect(layout, lambda view: _in_journals(layout, view, theirs)):
            raise StoreError(
                f"a run that uses {layout.root} has one of these numbers: forget it when the run has ended"
            )
        _remove(layout, layout.view().asked, EVENT_TYPES, theirs)
        removed = _remove(layout, layout.view().parts, KEPT_TYPES, theirs)
        _refuse_hidden(layout)
        return removed


def purge(layout: Layout, before: datetime) -> int:
    """Removes sealed answers that were given before a moment, and says how many.

    Raises:
        StoreError: Another process is tidying the store, or the disk refused.
    """
    with _tidying(layout):
        _remove(layout, layout.view().asked, EVENT_TYPES, pl.col("at") < before)
        return _remove(layout, layout.view().parts, KEPT_TYPES, pl.col("known_at") < before)


@contextmanager
def _tidying(layout: Layout) -> Iterator[None]:
    layout.prepare()
    with layout.alone():
        seal_orphans(layout)
        yield


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
    _read(layout, group, KEPT_TYPES, lambda rows: rows.select("msisdn"))  # sets aside what cannot be read
    whole = [path for path in group if path.exists()]
    if whole:
        rows = _by_ranges(layout, whole, KEPT_TYPES, lambda rows: rows, size=size)
        _replace(layout, whole, (each.unique(SAME).sort("msisdn", "known_at") for each in rows))


def _by_ranges(
    layout: Layout, paths: Collection[Path], types: dict[str, pl.DataType], pick: _Pick, *, size: int = MERGED_ROWS
) -> Iterator[pl.DataFrame]:
    """Reads some rows of sealed files, one range of numbers after the other, each in the order of the files."""
    numbers = _read(layout, paths, types, lambda rows: pick(rows).select("msisdn"), all_of=True).to_series().sort()
    starts = numbers.gather_every(size).unique(maintain_order=True).to_list()
    for start, end in itertools.pairwise([*starts, None]):
        yield _read(layout, paths, types, _within(start, end, pick), all_of=True, between=(start, end))


def _within(start: str, end: str | None, pick: _Pick) -> _Pick:
    after = pl.col("msisdn") >= start
    between = after if end is None else after & (pl.col("msisdn") < end)
    return lambda rows: pick(rows.filter(between))


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
        _replace(layout, paths, [still] if len(still) else [])


def _refuse_hidden(layout: Layout) -> None:
    hidden = sorted(layout.root.glob("*/*.damaged"))
    if hidden:
        raise StoreError(f"{hidden[0]} cannot be searched for these numbers: restore or delete it, then forget them")


def _in_journals(layout: Layout, view: View, theirs: pl.Expr) -> bool:
    contents = [read_segment(path, encoding=layout.encoding) for path in view.journals]
    return any(len(rows.filter(theirs)) for each in contents for rows in (each.answers, each.events))


def _remove(layout: Layout, paths: Sequence[Path], types: dict[str, pl.DataType], gone: pl.Expr) -> int:
    """Rewrites the files that have such rows, and counts these."""
    removed = 0
    for path in paths:
        found = len(_read(layout, [path], types, lambda rows: rows.filter(gone).select("msisdn")))
        if found:
            _replace(layout, [path], _by_ranges(layout, [path], types, lambda rows: rows.remove(gone)))
        removed += found
    return removed


def _read(
    layout: Layout,
    paths: Collection[Path],
    types: dict[str, pl.DataType],
    pick: _Pick,
    *,
    all_of: bool = False,
    between: Between = (None, None),
) -> pl.DataFrame:
    """Reads some sealed files, but for those that turn out to be damaged and are set aside.

    Args:
        layout: Which store.
        paths: The files.
        types: Their columns.
        pick: Which rows and columns.
        all_of: Refuses to read only some of them: the others would be lost with what is to be replaced.
        between: The first and the last number that it picks.
    """

    def read(view: View) -> pl.DataFrame:
        if all_of and not {*view}.issuperset(paths):
            raise StoreError(f"a part of {layout.name} cannot be read any more or is gone; run again")
        mine = [path for path in view if path in paths]
        return pick(scan_parts(mine, types, encoding=layout.encoding, between=between)).collect()

    return collect(layout, read)


def _replace(layout: Layout, old: Sequence[Path], frames: Iterable[pl.DataFrame]) -> None:
    layout.still_alone()
    write_parquet(old[0].with_name(f"{new_name()}-0000.parquet"), frames, layout=layout)
    layout.remove(old)
