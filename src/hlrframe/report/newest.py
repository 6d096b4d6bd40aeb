"""A store's outcomes counted: of each number the newest answer to each question, and what all its answers cost."""

from typing import Final

import duckdb
import polars as pl

from hlrframe.report.tally import MOMENT, WHO, Dates, Kinds, apart, less, paid, slices, write_tallies
from hlrframe.store.queries import AGE, SAME

__all__ = ["tally_newest"]

#: What tells the newest answer, and when the answers that count were given.
_MOMENTS: Final = ("checked_at", "known_at")
#: What tells answers apart that were known at the same moment, read for those alone: it is as much as all the rest.
_APART: Final = ("run", "uuid")
_KEY: Final = ("who", "question")
_SAME: Final = tuple("who" if name == "msisdn" else name for name in SAME)


def tally_newest(connection: duckdb.DuckDBPyConnection, relation: str, *, days: str) -> None:
    """Makes ``tallied`` of the newest answers, and ``repeated`` of the numbers that have several.

    Args:
        connection: Where.
        relation: All answers, without prefix; one may be there twice.
        days: The bucket of an answer's age, as SQL.
    """
    kinds, dates = Kinds(connection, relation, days=days, question="question"), Dates()
    twice, taken, newest = [], [], list[pl.DataFrame]()
    facts = kinds.facts
    for where in slices(facts):
        several, of_others = kinds.repeated(where, _MOMENTS)
        twice.append(several["who"].unique())
        taken.append(several["kind"].value_counts(name="rows").with_columns(pl.col("rows").cast(pl.Int64)))
        dates = dates.and_of(pl.Series(of_others, dtype=MOMENT))
        for some in apart(several):
            newest.append(_newest(connection, kinds, some, where))
            dates = dates.and_of(newest[-1]["checked_at"])
    _register(connection, "repeated", pl.concat(twice).to_frame())
    single = paid(less(facts, taken).with_columns(numbers="rows"), facts)
    write_tallies(connection, single, (each.drop("checked_at") for each in newest), dates=dates)


def _newest(connection: duckdb.DuckDBPyConnection, kinds: Kinds, rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """Gives a line for the newest answer of each number to each question, paid as all its answers together."""
    facts = kinds.facts.select("kind", "paid", pl.col("question").rank("dense"))
    answers = rows.join(facts, on="kind").sort(*_KEY, "known_at")
    follows = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in (*_KEY, "known_at"))
    tied = answers.filter(follows)["who"].unique()
    if len(tied):
        closer = _closer(connection, kinds, tied, where).join(facts, on="kind").unique(_SAME)
        rest = answers.filter(~pl.col("who").is_in(tied.implode()))
        answers = pl.concat([rest, closer], how="diagonal").sort(*_KEY, *AGE)
    paid_together = pl.col("paid").sum().round(6).alias("credits")
    last = answers.group_by(_KEY, maintain_order=True).agg(pl.col("kind", "checked_at").last(), paid_together)
    charged = (pl.col("credits") > 0).cast(pl.Int64).alias("charged")
    return last.select("who", "kind", "checked_at", "credits", charged, rows=pl.lit(1, pl.Int64), dearest="credits")


def _closer(connection: duckdb.DuckDBPyConnection, kinds: Kinds, whos: pl.Series, where: str) -> pl.DataFrame:
    """Reads all answers of some numbers with what tells them apart; an answer may be there twice."""
    _register(connection, "tied", whos.to_frame())
    return kinds.repeated(f"{where} and {WHO} in (from tied)", (*_MOMENTS, "received_at"), *_APART)[0]


def _register(connection: duckdb.DuckDBPyConnection, name: str, table: pl.DataFrame) -> None:
    connection.register("given", table.to_arrow())
    connection.execute(f"create or replace table {name} as from given")
    connection.unregister("given")
