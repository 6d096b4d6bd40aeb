"""What a store holds, counted column by column, so that ten million answers need neither much memory nor long."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from hlrframe.store.folder import Layout, View
from hlrframe.store.parts import collect, scan_parts
from hlrframe.store.queries import SAME
from hlrframe.store.records import KEPT_TYPES
from hlrframe.store.segment import read_segment

__all__ = ["StoreStats", "count"]


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What a store holds."""

    #: Answers kept, older ones to the same question included.
    answers: int
    #: Distinct numbers.
    numbers: int
    #: Sealed files of answers.
    parts: int
    #: Journals of runs that go on or were killed.
    journals: int
    #: Size on disk.
    bytes: int
    #: When the oldest and the newest answer were given; ``None`` in an empty store.
    oldest: datetime | None
    newest: datetime | None
    #: Answers to each question, by its key.
    by_question: Mapping[str, int]


def count(layout: Layout) -> StoreStats:
    """Counts what a store holds.

    Raises:
        StoreError: The store cannot be read.
    """
    return collect(layout, lambda view: _count(layout, view))


def _count(layout: Layout, view: View) -> StoreStats:
    journals = [read_segment(path, encoding=layout.encoding).answers.lazy() for path in view.journals]
    sources = [scan_parts(view.parts, KEPT_TYPES, encoding=layout.encoding), *journals]
    numbers = _streamed(sources, lambda rows: rows.select(pl.col("msisdn").hash())).to_series().sort()
    repeated = numbers.filter(numbers == numbers.shift(1))
    known, rows = pl.col("known_at"), pl.len().alias("rows").cast(pl.Int64)
    told = _streamed(sources, lambda each: each.group_by("question").agg(rows, oldest=known.min(), newest=known.max()))
    by_question = told.select("question", "rows")
    if len(repeated):
        by_question = pl.concat([by_question, _met_twice(sources, repeated.unique())])
    counts = dict(by_question.group_by("question").agg(pl.col("rows").sum()).sort("question").iter_rows())
    return StoreStats(
        answers=sum(counts.values()),
        numbers=len(numbers) - len(repeated),
        parts=len(view.parts),
        journals=len(view.journals),
        bytes=sum(path.stat().st_size for path in view),
        oldest=told.select(pl.col("oldest").min()).item(),
        newest=told.select(pl.col("newest").max()).item(),
        by_question=counts,
    )


def _met_twice(sources: Sequence[pl.LazyFrame], numbers: pl.Series) -> pl.DataFrame:
    """Counts, below zero, the answers that lie in a journal and in its part, or in a part and in the merged one.

    Args:
        sources: All answers.
        numbers: Hashes of the numbers that have several.
    """
    theirs = pl.col("msisdn").hash().is_in(numbers.implode())
    # The provider's id takes long to read, and one run is not answered twice about a number in the same moment.
    alike = pl.struct(name for name in SAME if name != "uuid").hash()
    answers = _streamed(sources, lambda rows: rows.filter(theirs).select("question", same=alike))
    same = pl.col("same")
    return answers.group_by("question").agg(rows=same.n_unique().cast(pl.Int64) - same.len().cast(pl.Int64))


def _streamed(sources: Sequence[pl.LazyFrame], pick: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    return pl.concat([pick(rows) for rows in sources]).collect(engine="streaming")
