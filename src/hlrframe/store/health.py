"""What somebody wants to know of a store before relying on it, and how fast its runs were. Changes nothing."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from io import FileIO
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from hlrframe.model import Question
from hlrframe.store.folder import Layout, explained, new_name
from hlrframe.store.journal import IMPORTED, is_orphan
from hlrframe.store.parts import read_answers, read_events
from hlrframe.store.queries import KEY, by_numbers, in_doubt
from hlrframe.system import create, try_lock

__all__ = ["StoreHealth", "examine", "pace"]

#: Answers and seconds that a run must have had for its rate to say something.
TELLING_ANSWERS: Final = 200
TELLING_TIME: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How a store is."""

    #: Whether it is there; it appears with the first run.
    exists: bool
    #: Sealed files of answers.
    parts: int
    #: Files that cannot be read, or were set aside because of that.
    damaged: tuple[str, ...]
    #: Journals of runs that go on.
    running: int
    #: Journals that killed runs left behind; the next run seals them.
    orphans: int
    #: Numbers that were asked, perhaps billed, and never answered; the next run asks them with care.
    in_doubt: int
    #: Bytes free on its disk.
    free: int
    #: Whether its file system has locks: without, runs of several processes do not share what their account allows.
    has_locks: bool = True
    #: Files that something else than this package removed.
    lost: tuple[str, ...] = ()


def examine(layout: Layout) -> StoreHealth:
    """Examines a store: writes and removes one file of a few bytes, reads the ends of its files and their doubts.

    Raises:
        StoreError: It cannot be read, or not be written.
    """
    place = _nearest(layout.root)
    with explained("write to the store", layout.root):
        probe = place / f".{new_name()}.tmp"
        with create(probe) as file:
            has_locks = try_lock(file) is not None
        probe.unlink(missing_ok=True)  # who forgets meanwhile takes it for a dead writer's
        free = shutil.disk_usage(place).free
    view = layout.view()
    aside = [path for each in (layout.journals, layout.parts, layout.asked) for path in each.glob("*.damaged")]
    unreadable = [path for path in (*view.parts, *view.asked) if not _has_footer(path)]
    orphans = sum(map(_is_left_behind, view.journals))
    return StoreHealth(
        exists=layout.marker.exists(),
        parts=len(view.parts),
        damaged=tuple(sorted(path.name for path in (*aside, *unreadable))),
        running=len(view.journals) - orphans,
        orphans=orphans,
        in_doubt=0 if unreadable else _doubts(layout),
        free=free,
        has_locks=has_locks,
        lost=tuple(layout.upkeep.lost()),
    )


def pace(layout: Layout, question: Question) -> float | None:
    """Gives the numbers a second of the newest run that asked a question and was long enough to tell, or ``None``.

    Raises:
        StoreError: The store cannot be read.
    """
    first, last, answers = pl.col("first"), pl.col("last"), pl.col("answers")
    came = pl.col("received_at")

    def by_run(rows: pl.LazyFrame) -> pl.LazyFrame:
        asked = rows.filter(~pl.col("run").str.starts_with(IMPORTED), question=question.key).group_by("run")
        return asked.agg(first=came.min(), last=came.max(), answers=pl.len().cast(pl.Int64))

    runs = read_answers(layout, by_run).group_by("run").agg(first.min(), last.max(), answers.sum())
    telling = runs.filter(answers >= TELLING_ANSWERS, last - first >= TELLING_TIME).sort("last")
    rate = telling.select(answers / ((last - first).dt.total_microseconds() / 1e6)).to_series()
    return None if rate.is_empty() else float(rate[-1])


def _nearest(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _has_footer(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except FileNotFoundError:
        return True  # merged or forgotten meanwhile
    except (pa.ArrowException, OSError):
        return False
    return True


def _is_left_behind(path: Path) -> bool:
    try:
        with FileIO(path, "r+") as file:
            return is_orphan(file)
    except OSError:
        return False


def _doubts(layout: Layout) -> int:
    events = read_events(layout, lambda rows: rows)
    if events.is_empty():
        return 0
    theirs = by_numbers(events["msisdn"].unique())
    answers = read_answers(layout, lambda rows: rows.filter(theirs).select(*KEY, "received_at"))
    return in_doubt(events, answers).filter(event="asked").select(KEY).n_unique()
