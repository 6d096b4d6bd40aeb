"""The result columns of rows that come piece by piece, under the caller's names, and counted as they pass."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from hlrframe.model import MILLI, ColumnReport, Naming, NumberType, Report, Verdict, credits_of
from hlrframe.run.outcomes import COUNTED, Outcomes, counts_of

__all__ = ["Results"]

#: Verdicts of numbers, by how much they are worth: the lowest is the best.
_RANKS: Final[Mapping[str, int]] = {
    Verdict.LIVE: 0,
    Verdict.UNREACHABLE: 1,
    Verdict.UNKNOWN: 2,
    Verdict.NOT_APPLICABLE: 4,
    Verdict.DEAD: 5,
}
#: A number that has no answer may be anything: better than the dead, and than what is no mobile.
_UNANSWERED: Final = 3
#: Types that take texts, by how much they are worth: every other type comes after them.
_TYPES: Final[Mapping[str, int]] = {NumberType.MOBILE: 0, NumberType.MOBILE_OR_LANDLINE: 1}


class Results:
    """The result columns of rows.

    Args:
        naming: The phone columns, and what each column of the results is called.
    """

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self._cells = 0
        self._tallies = [_Tally() for _ in naming.columns]
        self._best: Counter[str] = Counter()

    def of(self, reading: pl.DataFrame, outcomes: Outcomes, weights: pl.Series | None = None) -> pl.DataFrame:
        """Gives the columns of the next rows.

        Args:
            reading: What was read in each cell, row by row, as :meth:`NumberList.add` gives it.
            outcomes: At least of all numbers among them.
            weights: How many of the caller's rows each row counts for; ``None`` for one.
        """
        cells = outcomes.of_cells(reading, offset=self._cells)
        self._cells += cells.height
        several = len(self._naming.columns)
        by_column = [cells.gather_every(several, place) for place in range(several)] if several > 1 else [cells]
        columns: list[pl.Series] = []
        for column, tally, its in zip(self._naming.columns, self._tallies, by_column, strict=True):
            tally.add(its, weights)
            columns += [self._shown(its[name]).alias(given) for name, given in self._naming.names_of(column).items()]
        if self._naming.has_best:
            columns += self._best_of(by_column, weights)
        return pl.DataFrame(columns)

    def _shown(self, values: pl.Series) -> pl.Series:
        is_time = not self._naming.zoned and values.dtype == pl.Datetime
        return values.dt.replace_time_zone(None) if is_time else values

    def _best_of(self, by_column: list[pl.DataFrame], weights: pl.Series | None) -> list[pl.Series]:
        best = best_numbers([str(column) for column in self._naming.columns], by_column)
        self._best.update(counts_of(best["best_verdict"], weights))
        return [best[name].alias(given) for name, given in self._naming.names_of_row.items()]

    def complete(self, report: Report) -> Report:
        """Gives the account of a run with the counts of all rows that passed."""
        milli = sum(tally.milli for tally in self._tallies)
        states, verdicts, reasons, readings = (
            dict(sum((tally.counts[name] for tally in self._tallies), Counter[str]()).most_common()) for name in COUNTED
        )
        return replace(
            report,
            rows=self._tallies[0].rows,
            credits=credits_of(milli),
            states=states,
            verdicts=verdicts,
            reasons=reasons,
            readings=readings,
            columns=self._each() if self._naming.several else (),
            best=dict(self._best.most_common()),
        )

    def _each(self) -> tuple[ColumnReport, ...]:
        pairs = zip(self._naming.columns, self._tallies, strict=True)
        return tuple(tally.report(str(column)) for column, tally in pairs)


class _Tally:
    """Counts the cells of one phone column as they pass."""

    def __init__(self) -> None:
        self.rows = 0
        self.milli = 0
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}

    def add(self, cells: pl.DataFrame, weights: pl.Series | None) -> None:
        self.rows += cells.height if weights is None else int(weights.sum())
        self.milli += int((cells["credits"] * MILLI).round().cast(pl.Int64).sum())
        for name, counts in self.counts.items():
            counts.update(counts_of(cells[name], weights))

    def report(self, column: str) -> ColumnReport:
        states, verdicts, reasons, _ = (dict(self.counts[name].most_common()) for name in COUNTED)
        return ColumnReport(column, states, verdicts, reasons, credits_of(self.milli))


def best_numbers(columns: Sequence[str], by_column: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Chooses the best number of each row.

    A live number before one that is not, what may be live before the dead; among these a mobile before others; among
    these the one whose column was named first. A cell without a number is never chosen.

    Args:
        columns: Names of the phone columns, in the order in which they are preferred.
        by_column: Results of the cells of each, with the columns that :attr:`Naming.needed` names.

    Returns:
        The columns of ``BEST_COLUMNS``, one row for each row.
    """
    numbers = [_of_one(column, cells) for column, cells in zip(columns, by_column, strict=True)]
    ranks = pl.DataFrame([each["rank"].alias(str(place)) for place, each in enumerate(numbers)])
    # The first of equal ranks, which is that of the column named first; null where no cell holds a number.
    place = ranks.select(pl.concat_list(pl.all()).list.arg_min()).to_series()
    found = ranks.select(pl.min_horizontal(pl.all()).is_not_null()).to_series()
    chosen = [_chosen([each[name] for each in numbers], place, found) for name in numbers[0].columns if name != "rank"]
    return pl.DataFrame([*chosen, sum_of_credits([cells["credits"] for cells in by_column])])


def _of_one(column: str, cells: pl.DataFrame) -> pl.DataFrame:
    verdicts = pl.col("verdict").replace_strict(_RANKS, default=_UNANSWERED, return_dtype=pl.UInt8)
    kinds = pl.col("number_type").replace_strict(_TYPES, default=len(_TYPES), return_dtype=pl.UInt8)
    return cells.select(
        pl.when(pl.col("msisdn").is_not_null()).then(verdicts.fill_null(_UNANSWERED) * 10 + kinds).alias("rank"),
        best_column=pl.lit(column),
        best_msisdn="msisdn",
        best_verdict="verdict",
        best_network=pl.coalesce("current_network", "original_network"),
    )


def _chosen(columns: Sequence[pl.Series], place: pl.Series, found: pl.Series) -> pl.Series:
    values = [each.alias(f"in_{at}") for at, each in enumerate(columns)]
    frame = pl.DataFrame([place.alias("place"), found.alias("found"), *values])
    chosen = pl.coalesce(pl.when(pl.col("place") == at).then(f"in_{at}") for at in range(len(columns)))
    return frame.select(pl.when("found").then(chosen)).to_series().alias(columns[0].name)


def sum_of_credits(columns: Sequence[pl.Series]) -> pl.Series:
    """Gives what each row cost, in credits: exact to the milli-credit that they are counted in."""
    return (
        pl.DataFrame([each.alias(str(at)) for at, each in enumerate(columns)])
        .select(credits=pl.sum_horizontal(pl.all()).round(3))
        .to_series()
    )
