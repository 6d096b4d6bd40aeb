"""Outcomes counted once, in two or three passes over the rows whatever their number; every table comes from these.

Most numbers are there once, so that counting them needs no list of them: they are kept as one line for each *kind* of
outcome. First every row is counted by its kind alone, as if no number were there twice. Then the rows of those that are
are taken off again, and counted by number. Which ones these are, and where, is told by reading the numbers as integers
and sorting them, while grouping them would take several times the time and the memory. Where there are any, the kinds
are read once more in the same order, and only those at their places are kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import duckdb
import polars as pl

from hlrframe.report.dialect import moment
from hlrframe.report.wording import DIMENSIONS

__all__ = ["MOMENT", "WHO", "Dates", "Kinds", "apart", "less", "paid", "slices", "tally", "write_tallies"]

#: Rows of which the numbers are held at once: eight bytes each, and as much again while they are sorted.
AT_ONCE: Final = 60_000_000
#: A number as an integer, as SQL; what is none goes by 63 bits of its hash.
WHO: Final = """case
  when try_cast(msisdn as bigint)::varchar = msisdn then try_cast(msisdn as bigint)
  when msisdn is not null then -1 - (hash(msisdn) >> 1)::bigint
end"""

#: A moment as polars keeps it.
MOMENT: Final = pl.Datetime("us", "UTC")
_BATCH: Final = 1_000_000
_SORTED: Final = 2_000_000
_SUMS: Final = (pl.col("numbers", "rows", "credits", "charged").sum(), pl.col("dearest").max())
_LINE: Final = ("kind", "numbers", "rows", "credits", "charged", "dearest")

#: By the hash of its facts a kind takes a third of the time; two kinds of one hash are less likely than a broken disk.
_EVERY: Final = """
create or replace table every as
select
  {kind} as kind, any_value(struct_pack({facts})) as facts,
  count(*) as rows, min(checked_at) as oldest, max(checked_at) as newest
from {rows}
group by kind
"""
_NO_TALLIES: Final = """
create or replace table tallies (
  who bigint, kind ubigint, numbers bigint, rows bigint, credits double, charged bigint, dearest double,
  oldest timestamptz, newest timestamptz
)
"""
_TALLIES: Final = "insert into tallies select *, {oldest}, {newest} from lines"


class Dates(NamedTuple):
    """The oldest and the newest answer."""

    oldest: datetime | None = None
    newest: datetime | None = None

    def and_of(self, moments: pl.Series) -> "Dates":
        """Gives those of more answers."""
        both = pl.Series([*self, moments.min(), moments.max()], dtype=MOMENT)
        return Dates(both.min(), both.max())  # type: ignore[arg-type]  # moments

    def cover(self, moments: pl.Series) -> bool:
        """Says whether more answers change nothing."""
        return self.and_of(moments) == self


class Kinds:
    """Kinds of outcomes of a table of answers; each is told from the others by a hash of its facts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relation: str, *, days: str, question: str) -> None:
        """Makes ``kinds``, with how many rows there are of each.

        Args:
            connection: Where.
            relation: A table of answers, without prefix.
            days: The bucket of an answer's age, as SQL.
            question: What was asked, as SQL.
        """
        facts = {name: name for name in DIMENSIONS} | {"days": days, "question": question}
        facts["paid"] = "coalesce(credits, 0)"
        self._connection = connection
        self._relation = relation
        self._hash = f"hash({', '.join(facts.values())})"
        packed = ", ".join(f"{name} := {text}" for name, text in facts.items())
        connection.execute(_EVERY.format(kind=self._hash, facts=packed, rows=relation))
        connection.execute("create or replace table kinds as select kind, unnest(facts) from every")
        #: Each ``kind``, what a row of it is ``paid``, which ``question`` it answers, and how many ``rows`` there are.
        self.facts: pl.DataFrame = connection.sql(
            "select kind, paid, question, rows from every join kinds using (kind)"
        ).pl()
        every = connection.table("every")
        #: Those of all rows.
        self.dates = Dates().and_of(every.select("oldest").pl()["oldest"]).and_of(every.select("newest").pl()["newest"])
        connection.execute("drop table every")

    def _rows(self, where: str, *more: str) -> Iterable[pl.DataFrame]:
        """Reads rows as ``kind`` and more columns, batch by batch, each time in the same order."""
        columns = ", ".join((f"{self._hash} as kind", *more))
        question = f"select {columns} from {self._relation} where {where}"  # noqa: S608  # our own names
        for batch in self._connection.sql(question).to_arrow_reader(_BATCH):
            yield pl.DataFrame(batch)

    def repeated(self, where: str, moments: Sequence[str] = (), *more: str) -> tuple[pl.DataFrame, Dates]:
        """Reads the rows of numbers that are there twice or more, and those without a number.

        Args:
            where: Which rows; all of a number must be among them.
            moments: Columns to read besides ``who`` and ``kind``; ``checked_at`` first, where dates matter.
            more: Others, which are texts.

        Returns:
            Those rows, and the dates of all others.
        """
        question = f"select {WHO} as who from {self._relation} where {where}"  # noqa: S608  # our own names
        whos: pl.Series = self._connection.sql(question).pl()["who"].rechunk()
        marked = _repeats(whos)
        has_all, theirs = len(whos) == self.facts["rows"].sum(), whos.filter(marked)
        del whos  # half of the memory
        schema = {"kind": pl.UInt64()} | dict.fromkeys(moments, MOMENT) | dict.fromkeys(more, pl.String())
        found, dates, place = [pl.DataFrame(schema=schema)], Dates(), 0
        if has_all and theirs.is_empty():
            return found[0].with_columns(who=theirs), self.dates
        for batch in self._rows(where, *moments, *more):
            here = marked[place : place + len(batch)]
            place += len(batch)
            found.append(batch.filter(here))
            if moments and not dates.cover(batch[moments[0]]):
                dates = dates.and_of(batch[moments[0]].filter(~here))
        return pl.concat(found).with_columns(who=theirs), dates


def _repeats(whos: pl.Series) -> pl.Series:
    """Marks what is not there once.

    >>> _repeats(pl.Series([7, 5, None, 7])).to_list()
    [True, False, True, True]
    """
    in_order = whos.sort()
    twice = in_order.filter(in_order == in_order.shift(1)).unique()
    return whos.is_in(twice.implode()).fill_null(value=True)


def slices(counts: pl.DataFrame) -> tuple[str, ...]:
    """Gives conditions, as SQL, that part rows into slices that fit in memory.

    >>> slices(pl.DataFrame({"kind": [1], "rows": [1_000_000]}))
    ('true',)
    """
    count = max(1, -(-int(counts["rows"].sum()) // AT_ONCE))
    each = (f"coalesce(hash(msisdn), 0) % {count} = {remainder}" for remainder in range(count))
    return tuple(each) if count > 1 else ("true",)


def apart(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Parts rows so that sorting or grouping them takes little memory; all of a number stay together."""
    count = max(1, -(-len(rows) // _SORTED))
    for remainder in range(count):
        yield rows.filter(pl.col("who").fill_null(0) % count == remainder)


def paid(rows: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """Completes lines of rows of one kind each by what these cost."""
    price = pl.col("paid")
    return rows.join(kinds.select("kind", "paid"), on="kind").with_columns(
        credits=(pl.col("rows") * price).round(6),
        charged=pl.when(price > 0).then("rows").otherwise(0),
        dearest=price,
    )


def tally(connection: duckdb.DuckDBPyConnection, relation: str, *, days: str) -> None:
    """Makes ``tallied``: the outcomes of a frame, as many numbers as possible in one line.

    Args:
        connection: Where.
        relation: Its rows, without prefix, with all columns that are needed.
        days: The bucket of an answer's age, as SQL.
    """
    kinds = Kinds(connection, relation, days=days, question="null::varchar")
    facts = kinds.facts
    parts = (kinds.repeated(each)[0] for each in slices(facts))
    again = [each.group_by("who", "kind").agg(rows=pl.len().cast(pl.Int64)) for part in parts for each in apart(part)]
    nameless = pl.concat(each.filter(pl.col("who").is_null()) for each in again).drop("who")
    without = nameless.with_columns(numbers=pl.lit(0, pl.Int64))
    single = pl.concat([less(facts, again).with_columns(numbers="rows"), without])
    several = (paid(each.filter(pl.col("who").is_not_null()), facts) for each in again)
    write_tallies(connection, paid(single, facts), several, dates=kinds.dates)


def less(facts: pl.DataFrame, taken: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Gives the rows of each kind that are left when some are taken off."""
    off = [each.group_by("kind").agg(-pl.col("rows").sum()) for each in taken]
    left = pl.concat([facts.select("kind", "rows"), *off]).group_by("kind").agg(pl.col("rows").sum())
    return left.filter(pl.col("rows") > 0)


def write_tallies(
    connection: duckdb.DuckDBPyConnection, single: pl.DataFrame, several: Iterable[pl.DataFrame], *, dates: Dates
) -> None:
    """Makes ``tallied``.

    Args:
        connection: Where; it has ``kinds``.
        single: Lines of numbers of which nothing else became, however many.
        several: Lines of one number each, by ``who``, of which more may have become; all of a number in one frame.
        dates: Those of the answers that count.
    """
    oldest, newest = (f"{moment(date)}" if date else "null::timestamptz" for date in dates)
    alone = single.group_by("kind", pl.col("numbers").sign().alias("any")).agg(_SUMS).select(_LINE)
    others, named = [alone], 0
    connection.execute(_NO_TALLIES)
    for lines in several:
        mixed = lines["who"].is_duplicated()
        by_number = lines.filter(mixed).with_columns(pl.col("who").rank("dense") + named, numbers=pl.lit(1, pl.Int64))
        named += by_number["who"].n_unique()
        others.append(_together(lines.filter(~mixed)))
        _insert(connection, by_number, oldest=oldest, newest=newest)
    nameless = pl.concat(others).with_columns(who=pl.int_range(pl.len(), dtype=pl.Int64) + named + 1)
    _insert(connection, nameless, oldest=oldest, newest=newest)
    connection.execute(f"create or replace table known as select {named} as several")
    connection.execute("create or replace view tallied as from tallies join kinds using (kind)")


def _together(lines: pl.DataFrame) -> pl.DataFrame:
    """Puts numbers together that are on as many rows, paid alike: what one repeats can be told from their sums."""
    alike = lines.group_by("kind", "rows", "charged", "dearest")
    counted = alike.agg(pl.col("credits").sum(), pl.len().cast(pl.Int64).alias("numbers"))
    return counted.with_columns(pl.col("rows", "charged") * pl.col("numbers")).select(_LINE)


def _insert(connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, *, oldest: str, newest: str) -> None:
    connection.register("lines", lines.select("who", *_LINE).to_arrow())
    connection.execute(_TALLIES.format(oldest=oldest, newest=newest))
    connection.unregister("lines")
