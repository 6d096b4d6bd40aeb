"""Outcomes counted once: kinds of them, the numbers that have one, and the few that have several.

A number that is on one row is one of many of its *kind*. Of one that is on several, the kinds of all its rows are kept.
A table looks at a few facts of an outcome, and of these hardly any two numbers differ: numbers whose rows look alike to
it are put together, so that a statement reads thousands of lines where there are millions of numbers.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import polars as pl

from hlrframe.report.sql import DIMENSIONS, TYPES_OF_MEASURES, dimensions_of

__all__ = ["SIDES", "Outcomes", "Several"]

#: What is known of one side of an outcome, as a table of networks has it: the range of a number, or who serves it now.
SIDES: Final = ("original", "current")
#: Facts of which there are few: those statements that look at no others read the same lines.
_PLAIN: Final = frozenset({"state", "reason", "verdict", "live_status", "number_type", "provider", "days"})
_OF_SIDES: Final = tuple(f"{side}_{what}" for side in SIDES for what in ("country", "network"))


class Several(NamedTuple):
    """The rows of the numbers that are on more than one, those of each number together."""

    #: Where the rows of each number begin.
    starts: pl.Series
    #: The kind of each row, as its place among the kinds.
    kinds: pl.Series


class Outcomes:
    """What became of numbers.

    Args:
        kinds: Every kind of outcome: ``DIMENSIONS``, ``credits`` and ``has_number``.
        alone: How many numbers of each kind are on one row; rows without a number among them.
        several: The other numbers.
        bounds: When the ``oldest`` and the ``newest`` of the answers that count was checked.
    """

    def __init__(self, kinds: pl.DataFrame, alone: pl.Series, several: Several, bounds: pl.DataFrame) -> None:
        self._kinds = kinds.with_columns(pl.col("credits").fill_null(0.0))
        self._alone = alone
        self._several = several
        self._bounds = bounds
        self._told: dict[frozenset[str], pl.DataFrame] = {}

    def told_for(self, statement: str) -> pl.DataFrame:
        """Gives them as a named statement reads them, with the facts at which it looks."""
        facts = frozenset(dimensions_of(statement))
        if statement == "networks":
            return self.lines_by_side(facts)
        if facts.issubset(_PLAIN):
            facts = _PLAIN
        if facts not in self._told:
            self._told[facts] = self.lines(facts)
        return self._told[facts]

    def lines(self, dimensions: Collection[str]) -> pl.DataFrame:
        """Gives them as the statements read them, with some of their facts.

        Args:
            dimensions: Which facts; numbers that differ in others alone stand in one line.
        """
        facts = [name for name in DIMENSIONS if name in dimensions]
        facets, ids = _distinct(self._kinds, [*facts, "credits"])
        together = _together(ids.gather(self._several.kinds), self._several.starts)
        return self._lines([self._of_single(facts), _told(together, facets)])

    def lines_by_side(self, dimensions: Collection[str]) -> pl.DataFrame:
        """Gives them as :meth:`lines` does, for statements that look at each network of a number alone.

        The networks of a number that has several are then so many lines, and many numbers look alike on each.
        """
        facts = [name for name in DIMENSIONS if name in dimensions]
        halves = pl.concat(
            self._kinds.with_columns(
                pl.lit(None, self._kinds.schema[name]).alias(name) for name in _OF_SIDES if not name.startswith(side)
            )
            for side in SIDES
        )
        sides = [pl.coalesce(f"{side}_{what}" for side in SIDES).alias(what) for what in ("country", "network")]
        facets, ids = _distinct(halves.with_columns(sides), [*facts, "credits"], first=("country", "network"))
        members, starts = self._by_network(facets, ids)
        return self._lines([self._of_single(facts), _told(_together(members, starts), facets)])

    def _by_network(self, facets: pl.DataFrame, ids: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Gives the sides of all numbers that are on several rows, those of one number and network together."""
        who = _group_of(self._several.starts, len(self._several.kinds)) * 2**32
        count = self._kinds.height
        both = pl.concat(
            who + ids.slice(place * count, count).gather(self._several.kinds).cast(pl.Int64) for place in (0, 1)
        )
        both = both.sort()
        members = (both % 2**32).cast(pl.UInt32)
        kept = facets["network"].is_not_null().gather(members)
        both, members = both.filter(kept), members.filter(kept)
        key = both // 2**32 * 2**32 + facets["key"].gather(members).cast(pl.Int64)
        return members, (key != key.shift(1)).fill_null(value=True).arg_true()

    def _of_single(self, facts: Collection[str]) -> pl.DataFrame:
        lines = self._kinds.with_columns(rows=self._alone).filter(pl.col("rows") > 0)
        told = lines.group_by(*facts, "credits", "has_number").agg(pl.col("rows").sum())
        return told.select(
            (-1 - pl.int_range(pl.len(), dtype=pl.Int64)).alias("who"),
            pl.when("has_number").then("rows").otherwise(0).alias("numbers"),
            *facts,
            "rows",
            (pl.col("credits") * pl.col("rows")).alias("credits"),
            pl.when(pl.col("credits") > 0).then("rows").otherwise(0).alias("charged"),
            pl.col("credits").alias("dearest"),
        )

    def _lines(self, parts: Collection[pl.DataFrame]) -> pl.DataFrame:
        typed = pl.concat(parts, how="vertical_relaxed").join(self._bounds, how="cross")
        return typed.with_columns(pl.col(name).cast(kind) for name, kind in TYPES_OF_MEASURES.items())


def _distinct(
    kinds: pl.DataFrame, names: Collection[str], *, first: Sequence[str] = ()
) -> tuple[pl.DataFrame, pl.Series]:
    """Gives what differs in some columns, and the place among these of each row.

    Args:
        kinds: The rows.
        names: The columns.
        first: What differs in these too, and is in their order; ``key`` numbers it.
    """
    by = [*names, *first]
    facets = kinds.select(by).unique(maintain_order=True)
    if first:
        facets = facets.with_columns(key=pl.struct(first).rank("dense").cast(pl.Int64)).sort("key", maintain_order=True)
    facets = facets.with_row_index("facet")
    places = kinds.select(by).join(facets, on=by, how="left", nulls_equal=True, maintain_order="left")
    return facets, places["facet"]


def _group_of(starts: pl.Series, rows: int) -> pl.Series:
    """Gives the number of the group that each row is in."""
    begins = pl.repeat(value=0, n=rows, dtype=pl.Int64, eager=True).scatter(starts, 1)
    return begins.cum_sum() - 1


def _together(members: pl.Series, starts: pl.Series) -> pl.DataFrame:
    """Puts groups with the same members together.

    Args:
        members: What each row is.
        starts: Where each group begins.

    Returns:
        ``who``, one for all groups alike, how many ``numbers`` that are, and each of its members as a ``facet``.
    """
    if members.is_empty():
        return pl.DataFrame(schema={"who": pl.Int64, "numbers": pl.Int64, "facet": pl.UInt32})
    most = members.max()
    assert isinstance(most, int)  # noqa: S101  # they are places
    # Members of a group are told by the sum of a word for each, which is as good as a hash of all of them.
    running = pl.int_range(most + 1, eager=True, dtype=pl.UInt64).hash(7).gather(members).cum_sum()
    ends = pl.concat([starts.slice(1), pl.Series([len(members)], dtype=starts.dtype)])
    until = running.gather(ends - 1)
    groups = pl.DataFrame({"sum": until - until.shift(1, fill_value=0), "start": starts, "end": ends})
    alike = groups.group_by("sum").agg(pl.len().cast(pl.Int64).alias("numbers"), pl.col("start", "end").first())
    places = alike.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("who"), "numbers", pl.int_ranges("start", "end").alias("place")
    ).explode("place")
    return places.select("who", "numbers", members.gather(places["place"]).alias("facet"))


def _told(together: pl.DataFrame, facets: pl.DataFrame) -> pl.DataFrame:
    facts = [name for name in facets.columns if name in DIMENSIONS]
    lines = together.join(facets, on="facet", how="left")
    rows, paid = pl.col("numbers").first() * pl.len(), pl.col("credits") > 0
    return (
        lines.group_by("who", *facts)
        .agg(
            pl.col("numbers").first(),
            rows.cast(pl.Int64).alias("rows"),
            (pl.col("numbers") * pl.col("credits")).sum().alias("credits"),
            (pl.col("numbers") * paid).sum().alias("charged"),
            pl.col("credits").max().alias("dearest"),
        )
        .select("who", "numbers", *facts, "rows", "credits", "charged", "dearest")
    )
