"""A store as the table ``enriched``: the newest answer to each number and question, read by DuckDB itself."""

import glob
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa

from hlrframe.model import verdict_of
from hlrframe.report.counting import (
    Counted,
    Outcomes,
    Piece,
    Several,
    bounds_of,
    count,
    kind_of,
    merged,
    starts_of,
    words_of,
    words_of_files,
    words_of_relation,
)
from hlrframe.report.sql import NEEDED, literal, moment
from hlrframe.store import AGE, KEPT_TYPES, KEY, SAME, Sources, Store

__all__ = ["COLUMNS", "attach_store"]

_KEY: Final = ", ".join(KEY)
_NAMES: Final = tuple(name for name in NEEDED if name in KEPT_TYPES and name != "credits")
_COLUMNS: Final = ", ".join(_NAMES)
_ROW: Final = "'answered' as state, null::varchar as reason, null::varchar as verdict"
_WANTED: Final = tuple(name for name in KEPT_TYPES if name in NEEDED or name in {*KEY, *AGE, *SAME})
_NEWEST_FIRST: Final = ", ".join(f"{name} desc" for name in AGE)
#: The columns of ``enriched``.
COLUMNS: Final = frozenset({"state", "reason", "verdict", *_NAMES, "question", "credits"})

#: Whether there may be several answers to a number; what is no plain number is looked at more closely.
_IS_SUSPECT: Final = """
(coalesce(try_cast(msisdn as bigint) in (from suspects), true) or msisdn < '1' or msisdn >= ':')
"""
_SEVERAL: Final = f"""
create or replace table several as select {_ROW}, {", ".join(_WANTED)} from kept where {_IS_SUSPECT}
"""  # noqa: S608  # the names are this package's own

#: A number's credits are those of all its answers, each once, so that they add up to what the store has cost.
_NEWEST: Final = f"""
create or replace table newest as
select {_ROW}, {_COLUMNS}, question, credits
from (
  select
    * exclude credits,
    sum(credits) over (partition by {_KEY}) as credits,
    row_number() over (partition by {_KEY} order by {_NEWEST_FIRST}) as place
  from (select distinct on ({", ".join(SAME)}) * from several)
)
where place = 1
"""  # noqa: S608  # the names are this package's own

#: Most numbers have one answer, which is read where it lies.
_FOUND: Final = f"""
create or replace view found as
select {_ROW}, {_COLUMNS}, question, credits from kept where not {_IS_SUSPECT}
union all
from newest
"""  # noqa: S608  # the names are this package's own

#: The newest answer before a moment to what has been answered since.
_EARLIER: Final = f"""
create or replace table known_before as
select {_ROW}, {_COLUMNS}, question, credits
from several
where known_at < {{since}} and ({_KEY}) in (select ({_KEY}) from several where known_at >= {{since}})
qualify row_number() over (partition by {_KEY} order by {_NEWEST_FIRST}) = 1
"""  # noqa: S608  # the names are this package's own

#: What a status means is told once for each pair of words, not once for each answer.
_JUDGED: Final = """
create or replace view {what} as
select of.* replace (verdicts.verdict as verdict)
from {of} as of join verdicts
  on of.live_status is not distinct from verdicts.live_status
  and of.number_type is not distinct from verdicts.number_type
"""

#: What tells one kind of answer from another, beside what tells outcomes apart.
_FACTS: Final = ("question",)
#: Parts of a credit in which costs are added up, so that sums are exact.
_MICRO: Final = 1_000_000
#: What is counted of an answer.
_ANSWERS: Final = f"(select {_ROW}, {_COLUMNS}, credits, question, known_at from {{source}})"  # noqa: S608  # our own
#: Answers to numbers of which two answers are equally old: everything by which one of them is the newest.
_RIVALS: Final = f"""
select {{kind}}, * from (
  select {_ROW}, {", ".join(_WANTED)} from kept where {_IS_SUSPECT.replace("suspects", "rivals")}
)
"""  # noqa: S608  # the names are this package's own


def attach_store(
    connection: duckdb.DuckDBPyConnection, store: Store, *, days: str
) -> tuple[Outcomes, Callable[[datetime | None], None]]:
    """Counts the answers that a store holds at this moment.

    Args:
        connection: Where.
        store: The store; runs may go on in it meanwhile.
        days: The bucket of an answer's age, as SQL.

    Returns:
        What became of its numbers; and what makes ``enriched`` of the same answers, and ``earlier`` of what was known
        before a moment: whoever asks the tables alone needs neither.

    Raises:
        StoreError: The store cannot be read.
    """
    return store.read(lambda sources: _counted(connection, sources, days))


def _counted(
    connection: duckdb.DuckDBPyConnection, sources: Sources, days: str
) -> tuple[Outcomes, Callable[[datetime | None], None]]:
    try:
        pieces = _pieces(connection, sources)
        counted = count(connection, pieces, days=days, facts=_FACTS, beside=["known_at", "checked_at"])
        outcomes = _newest(counted, lambda numbers: _rivals(connection, numbers, days))
    except (duckdb.Error, pa.ArrowException, pl.exceptions.PolarsError) as error:
        # A file that vanished or is damaged is the store's own affair, and it knows the errors of polars.
        sources.check()
        raise pl.exceptions.ComputeError(str(error)) from error
    return outcomes, lambda since: _make(connection, counted.repeated, since)


def _pieces(connection: duckdb.DuckDBPyConnection, sources: Sources) -> list[Piece]:
    """Makes ``kept`` of all answers, sealed or not; an answer may be there twice."""
    connection.register("unsealed", sources.unsealed.to_arrow())
    pieces = [Piece(_ANSWERS.format(source="unsealed"), partial(words_of, sources.unsealed["msisdn"]))]
    sealed = _sealed(connection, sources)
    if sealed:
        in_files = partial(words_of_files, sources.files, "msisdn") if sources.files else None
        words = in_files or partial(words_of_relation, connection, sealed)
        pieces.append(Piece(_ANSWERS.format(source=sealed), words))
    more = f"union all by name from {sealed}" if sealed else ""
    connection.execute(f"create or replace view kept as from unsealed {more}")
    return pieces


def _sealed(connection: duckdb.DuckDBPyConnection, sources: Sources) -> str:
    """Gives the sealed answers, as SQL; nothing where there are none."""
    if sources.files:
        paths = ", ".join(literal(glob.escape(str(path))) for path in sources.files)
        return f"read_parquet([{paths}], union_by_name = true)"
    if sources.files is not None:
        return ""
    # DuckDB has no key: what is needed is read with it, batch by batch, and stays in memory or its spill.
    connection.register("revealed", _stream(sources.sealed.select(_WANTED)))
    connection.execute("create or replace table sealed as from revealed")
    connection.unregister("revealed")
    return "sealed"


def _stream(rows: pl.LazyFrame) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for frame in rows.collect_batches():
            yield from frame.to_arrow().to_batches()

    schema = pl.DataFrame(schema=rows.collect_schema()).to_arrow().schema
    return pa.RecordBatchReader.from_batches(schema, batches())


def _rivals(connection: duckdb.DuckDBPyConnection, numbers: pl.Series, days: str) -> pl.DataFrame:
    """Gives all answers to some numbers, each once, from the oldest to the newest."""
    connection.register("rivals", numbers.to_frame("word").to_arrow())
    found: pl.DataFrame = connection.sql(_RIVALS.format(kind=kind_of(days, _FACTS))).pl()
    connection.unregister("rivals")
    found = found.with_columns(word=words_of(found["msisdn"])).filter(pl.col("word").is_in(numbers.implode()))
    return found.unique(SAME).sort(AGE)


def _newest(counted: Counted, rivals: Callable[[pl.Series], pl.DataFrame]) -> Outcomes:
    """Keeps the newest answer to each number and question, with what all of them have cost.

    Args:
        counted: All answers.
        rivals: Gives all answers to some numbers in order, where their time alone does not tell.
    """
    kinds = counted.kinds.with_columns(question=pl.col("question").rank("dense").fill_null(0))
    rows = _in_order(counted.several, kinds)
    again = _repeats(rows, "word", "question")
    tied = rows.filter(again & _repeats(rows, "known_at"))["word"].unique()
    if len(tied):
        places = kinds.filter("has_number").select("place", kind="of")
        told = rivals(tied).join(places, on="kind", how="left", maintain_order="left")
        told = told.drop("kind").rename({"place": "kind"}).select(counted.several.columns)
        others = counted.several.filter(~pl.col("word").is_in(tied.implode()))
        rows = _in_order(pl.concat([told, others]), kinds)
        again = _repeats(rows, "word", "question")
    last = (~again).shift(-1, fill_value=True).arg_true()
    spent = (
        (kinds["credits"].fill_null(0.0) * _MICRO).round().cast(pl.Int64).gather(rows["kind"]).cum_sum().gather(last)
    )
    newest = rows.select("word", "kind", "checked_at")[last].with_columns(spent=spent - spent.shift(1, fill_value=0))
    return _outcomes(counted, newest)


def _in_order(rows: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    question = kinds["question"].gather(rows["kind"])
    return rows.with_columns(question=question).sort("word", "question", "known_at", maintain_order=True)


def _repeats(rows: pl.DataFrame, *names: str) -> pl.Series:
    """Says of each row whether it has the same as the one before it in some columns."""
    same = [pl.col(name).eq_missing(pl.col(name).shift(1)) for name in names]
    first = pl.int_range(pl.len()) == 0
    return rows.select(pl.all_horizontal(~first, *same).alias("again")).to_series()


def _outcomes(counted: Counted, newest: pl.DataFrame) -> Outcomes:
    """Puts together what was asked once and the newest of what was asked more often."""
    paid = newest.select("kind", "spent").unique(maintain_order=True).with_row_index("paid")
    of_paid = counted.kinds.drop("credits", "alone")[paid["kind"]].with_columns(
        credits=paid["spent"] / _MICRO, alone=pl.lit(0, pl.Int64)
    )
    kinds = pl.concat([counted.kinds, of_paid.select(counted.kinds.columns)])
    places = newest.join(paid, on=["kind", "spent"], how="left", maintain_order="left")["paid"] + counted.kinds.height
    starts = starts_of(newest["word"])
    is_single = _lengths(starts, newest.height) == 1
    singles = places.gather(starts.filter(is_single)).value_counts()
    alone = kinds["alone"].scatter(singles.to_series(0), singles["count"])
    others = newest.with_columns(kind=places).filter(
        newest["word"].is_in(newest["word"].gather(starts.filter(~is_single)).implode())
    )
    times = [counted.bounds, bounds_of(newest["checked_at"])]
    return Outcomes(
        kinds.with_columns(_judged(kinds)["verdict"]),
        alone,
        Several(starts_of(others["word"]), others["kind"]),
        merged(times),
    )


def _lengths(starts: pl.Series, rows: int) -> pl.Series:
    return starts.shift(-1, fill_value=rows) - starts


def _make(connection: duckdb.DuckDBPyConnection, repeated: pl.Series, since: datetime | None) -> None:
    """Makes ``enriched``, and ``earlier`` of what was known before a moment."""
    connection.register("suspects_found", repeated.to_frame().to_arrow())
    connection.execute("create or replace table suspects as from suspects_found")
    connection.unregister("suspects_found")
    for statement in (_SEVERAL, _NEWEST, _FOUND):
        connection.execute(statement)
    words = "select distinct live_status, number_type from kept"
    pairs = connection.sql(words).pl()
    connection.register("verdicts", _judged(pairs).to_arrow())
    connection.execute(_JUDGED.format(what="enriched", of="found"))
    if since is not None:
        connection.execute(_EARLIER.format(since=moment(since)))
        connection.execute(_JUDGED.format(what="earlier", of="known_before"))


def _judged(statuses: pl.DataFrame) -> pl.DataFrame:
    """Adds verdicts to pairs of a live status and a type of number."""
    pairs = statuses.select("live_status", "number_type").iter_rows()
    return statuses.with_columns(verdict=pl.Series([verdict_of(*pair).value for pair in pairs], dtype=pl.String))
