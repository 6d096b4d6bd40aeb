"""Outcomes counted in two passes over the rows, whatever their number; every table comes from these.

The first pass reads the numbers alone and tells which are there twice. The second reads the facts, as one hash for
each row: rows of numbers that are there once are counted by that hash, and those of the others are kept, a few bytes
each. What a hash stands for is read once for each. A number that is looked at more closely than needed does no harm.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import duckdb
import polars as pl
import pyarrow.compute as pc

from hlrframe.errors import InputError
from hlrframe.report.counting.outcomes import Outcomes, Several
from hlrframe.report.counting.repeats import Repeats
from hlrframe.report.sql import DIMENSIONS

__all__ = ["Counted", "Piece", "bounds_of", "count", "kind_of", "merged", "starts_of", "tally"]

#: Rows that are counted together, so few that they stay near the processor.
AT_ONCE: Final = 131_072
#: Counts that are held before they are added up.
MANY: Final = 64
#: Rows among which most kinds of outcome are found.
SAMPLE: Final = 250_000
#: Bits of a kind's hash that say something else: whether its numbers are there twice, and whether there is none.
_AGAIN: Final = 1
_NO_NUMBER: Final = 2
_KIND: Final = 2**64 - 1 - (_AGAIN | _NO_NUMBER)


class Piece(NamedTuple):
    """Rows to count."""

    #: A table of answers, as SQL.
    relation: str
    #: Reads the word of the number in each row, in the order of the table.
    words: Callable[[], pl.Series]


class Counted(NamedTuple):
    """Rows by kind."""

    #: Every kind: its hash ``of`` all that follows, ``DIMENSIONS``, ``credits``, what else was asked for,
    #: ``has_number``, and how many rows of it are ``alone`` with their number.
    kinds: pl.DataFrame
    #: The other rows: the ``word`` of the number, the place of its ``kind``, what else was asked for.
    several: pl.DataFrame
    #: When the ``oldest`` and the ``newest`` row was checked; of those alone, if ``checked_at`` of the others is there.
    bounds: pl.DataFrame
    #: The words of the numbers that are there twice.
    repeated: pl.Series


class _Part(NamedTuple):
    counts: pl.DataFrame
    several: pl.DataFrame
    bounds: pl.DataFrame


def tally(connection: duckdb.DuckDBPyConnection, piece: Piece, *, days: str) -> Outcomes:
    """Counts what became of numbers that are on any number of rows.

    Raises:
        InputError: The rows changed while they were read.
    """
    kinds, several, bounds, _ = count(connection, [piece], days=days)
    several = several.sort("word")
    numbers = Several(starts_of(several["word"]), several["kind"])
    return Outcomes(kinds, kinds["alone"], numbers, bounds)


def count(
    connection: duckdb.DuckDBPyConnection,
    pieces: Sequence[Piece],
    *,
    days: str,
    facts: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Counted:
    """Counts rows.

    Args:
        connection: Where they are.
        pieces: The rows.
        days: The bucket of an answer's age, as SQL.
        facts: Columns that tell one kind from another, beside those of every outcome.
        beside: Columns that are kept of each row whose number is there twice.

    Raises:
        InputError: The rows changed while they were read.
    """
    texts = _texts(days, facts)
    kind = kind_of(days, facts)
    words = [piece.words() for piece in pieces]
    repeats = Repeats(words)
    columns = list(dict.fromkeys([kind, *beside, "checked_at"]))
    counts: list[pl.DataFrame] = []
    several: list[pl.DataFrame] = []
    bounds: list[pl.DataFrame] = []
    for piece in pieces:
        for part in _parts(connection, piece.relation, words.pop(0), repeats, columns=columns, beside=beside):
            counts.append(part.counts)
            several.append(part.several)
            bounds.append(part.bounds)
            if len(counts) == MANY:
                counts = [pl.concat(counts).group_by("kind").agg(pl.col("rows").sum())]
    kinds, rows = _summed(counts), pl.concat(several)
    told = _facts(connection, [piece.relation for piece in pieces], kinds["of"].unique(), kind=kind, texts=texts)
    return Counted(
        kinds.join(told, left_on="of", right_on="kind", how="left", maintain_order="left"),
        rows.join(kinds.select("kind", "place"), on="kind", how="left").drop("kind").rename({"place": "kind"}),
        merged(bounds),
        repeats.words,
    )


def _texts(days: str, facts: Sequence[str]) -> Mapping[str, str]:
    return {name: name for name in (*DIMENSIONS, "credits", *facts)} | {"days": days}


def kind_of(days: str, facts: Sequence[str] = ()) -> str:
    """Gives the hash by which :func:`count` tells one ``kind`` of outcome from another, as SQL."""
    return f"hash({', '.join(_texts(days, facts).values())}) & {_KIND}::ubigint as kind"


def _parts(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    words: pl.Series,
    repeats: Repeats,
    *,
    columns: Sequence[str],
    beside: Sequence[str],
) -> Iterator[_Part]:
    place = 0
    wanted = f"select {', '.join(columns)} from {relation}"  # noqa: S608  # our own names
    with connection.sql(wanted).to_arrow_reader(AT_ONCE) as reader:
        yield _part(pl.DataFrame(reader.schema.empty_table()), words.clear(), repeats, beside)
        for batch in reader:
            yield _part(pl.DataFrame(batch), words.slice(place, batch.num_rows), repeats, beside)
            place += batch.num_rows
    if place != len(words):
        raise InputError("what is summarised changed while it was read: summarize it again")


def _part(rows: pl.DataFrame, words: pl.Series, repeats: Repeats, beside: Sequence[str]) -> _Part:
    noted = rows.select("kind", *beside, word=words, again=repeats.may_be(words))
    flagged = pl.col("kind") | pl.col("again").cast(pl.UInt64) * _AGAIN
    if words.null_count():
        flagged |= pl.col("word").is_null().cast(pl.UInt64) * _NO_NUMBER
    times = rows["checked_at"]
    if "checked_at" in beside:
        times = times.filter(~noted["again"])
    return _Part(_counts(noted.select(flagged)["kind"]), noted.filter("again").drop("again"), bounds_of(times))


def _counts(kinds: pl.Series) -> pl.DataFrame:
    # Arrow counts what differs little in half the time.
    counted = pc.value_counts(kinds.rechunk().to_arrow())
    return pl.DataFrame({"kind": pl.Series(counted.field("values")), "rows": pl.Series(counted.field("counts"))})


def bounds_of(times: pl.Series) -> pl.DataFrame:
    """Gives the first and the last of some times."""
    return times.to_frame("time").select(oldest=pl.col("time").min(), newest=pl.col("time").max())


def merged(bounds: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Gives the bounds of several lots of times together."""
    return pl.concat(bounds).select(pl.col("oldest").min(), pl.col("newest").max())


def _summed(counts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Adds counts up: each ``kind`` with its ``place``, the hash that it is ``of``, and how many rows are ``alone``."""
    again, no_number = (pl.lit(flag, pl.UInt64) for flag in (_AGAIN, _NO_NUMBER))
    alone = pl.when(pl.col("kind") & again == 0).then("rows").otherwise(0).cast(pl.Int64)
    return (
        pl.concat(counts)
        .group_by(pl.col("kind") & pl.lit(2**64 - 1 - _AGAIN, pl.UInt64), maintain_order=True)
        .agg(alone.sum().alias("alone"))
        .with_columns(of=pl.col("kind") & pl.lit(_KIND, pl.UInt64), has_number=pl.col("kind") & no_number == 0)
        .with_row_index("place")
    )


def _facts(
    connection: duckdb.DuckDBPyConnection,
    relations: Sequence[str],
    kinds: pl.Series,
    *,
    kind: str,
    texts: Mapping[str, str],
) -> pl.DataFrame:
    """Tells what hashes stand for: most are found among the first rows of each table, and the others in all of them."""
    packed = ", ".join(f"{name} := {text}" for name, text in texts.items())
    told = f"select {kind}, any_value(struct_pack({packed})) as facts from"
    samples = " union all ".join(f"{told} (from {each} limit {SAMPLE}) group by kind" for each in relations)
    found = [_unpacked(connection, samples)]
    missing = kinds.filter(~kinds.is_in(found[0]["kind"].implode()))
    if len(missing):
        connection.register("missing_kinds", missing.to_frame("kind").to_arrow())
        for each in relations:
            of_them = f"where {kind.removesuffix(' as kind')} in (from missing_kinds)"
            found.append(_unpacked(connection, f"{told} {each} {of_them} group by kind"))
        connection.unregister("missing_kinds")
    return pl.concat(found).unique("kind")


def _unpacked(connection: duckdb.DuckDBPyConnection, told: str) -> pl.DataFrame:
    found: pl.DataFrame = connection.sql(f"select kind, unnest(facts) from ({told})").pl()  # noqa: S608  # our own names
    return found


def starts_of(words: pl.Series) -> pl.Series:
    """Gives where each number begins in rows that are sorted by number."""
    return (words != words.shift(1)).fill_null(value=True).arg_true()
