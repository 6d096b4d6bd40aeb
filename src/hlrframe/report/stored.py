"""A store as the table ``enriched``: the newest answer to each number and question, read by DuckDB itself."""

import glob
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa

from hlrframe.model import verdict_of
from hlrframe.report.dialect import literal, moment
from hlrframe.report.tally import IS_SUSPECT, find_suspects, tally
from hlrframe.report.wording import NEEDED
from hlrframe.store import AGE, KEPT_TYPES, KEY, SAME, Sources, Store

__all__ = ["attach_store"]

_KEY: Final = ", ".join(KEY)
_COLUMNS: Final = ", ".join(name for name in NEEDED if name in KEPT_TYPES and name != "credits")
_ROW: Final = "'answered' as state, null::varchar as reason, null::varchar as verdict"
_WANTED: Final = tuple(name for name in KEPT_TYPES if name in NEEDED or name in {*KEY, *AGE, *SAME})
_NEWEST_FIRST: Final = ", ".join(f"{name} desc" for name in AGE)

#: All answers of the numbers that may have several.
_SEVERAL: Final = f"""
create or replace table several as select {{row}}, {", ".join(_WANTED)} from kept where {IS_SUSPECT}
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
select {_ROW}, {_COLUMNS}, question, credits from kept {{alone}}
union all
from newest
"""  # noqa: S608  # the names are this package's own
_ALONE: Final = f"where not {IS_SUSPECT}"
_KEPT: Final = f"(select {_ROW}, {_COLUMNS}, credits from kept)"  # noqa: S608  # the names are this package's own

#: Older answers say nothing of how old those are that count; they rarely are the oldest or the newest of all.
_IS_MISDATED: Final = """
select 1
from (select min(oldest) as oldest, max(newest) as newest from tallies) as bounds,
  (select min(checked_at) as oldest, max(checked_at) as newest from several) as theirs
where bounds.oldest >= theirs.oldest or bounds.newest <= theirs.newest
"""
_DATES: Final = f"""
update tallies set oldest = bounds.oldest, newest = bounds.newest
from (select min(checked_at) as oldest, max(checked_at) as newest from kept {_ALONE}) as bounds
where who like '#/%' and numbers > 0 and not contains(who[3:], '/')
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
create or replace {what} as
select of.* replace (verdicts.verdict as verdict)
from {of} as of join verdicts
  on of.live_status is not distinct from verdicts.live_status
  and of.number_type is not distinct from verdicts.number_type
"""


def attach_store(
    connection: duckdb.DuckDBPyConnection, store: Store, *, days: str, since: datetime | None = None
) -> None:
    """Makes ``enriched`` and ``tallied`` of the answers that a store holds at this moment.

    Args:
        connection: Where to make them.
        store: The store; runs may go on in it meanwhile.
        days: The bucket of an answer's age, as SQL.
        since: Makes ``earlier`` too, of what was known before this moment.

    Raises:
        StoreError: The store cannot be read.
    """
    store.read(lambda sources: _make(connection, sources, days, since))


def _make(connection: duckdb.DuckDBPyConnection, sources: Sources, days: str, since: datetime | None) -> None:
    try:
        _keep(connection, sources)
        doubles = find_suspects(connection, "kept", rows=sources.rows)
        for statement in (_SEVERAL, _NEWEST, _FOUND):
            connection.execute(statement.format(alone=_ALONE if doubles.some else "", row=_ROW))
        tally(connection, _KEPT, days=days, doubles=doubles, taken="several", put="newest")
        if connection.sql(_IS_MISDATED).fetchall():
            connection.execute(_DATES)
        _judge(connection)
        if since is not None:
            connection.execute(_EARLIER.format(since=moment(since)))
            connection.execute(_JUDGED.format(what="view earlier", of="known_before"))
    except duckdb.Error as error:
        # A file that vanished or is damaged is the store's own affair, and it knows the errors of polars.
        sources.check()
        raise pl.exceptions.ComputeError(str(error)) from error


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Adds the verdicts."""
    words = "select live_status, number_type from kinds union select live_status, number_type from several"
    pairs = connection.sql(words).pl()
    verdicts = [verdict_of(status, kind).value for status, kind in pairs.iter_rows()]
    connection.register("verdicts", pairs.with_columns(verdict=pl.Series(verdicts, dtype=pl.String)).to_arrow())
    connection.execute(_JUDGED.format(what="table judged", of="kinds"))
    connection.execute("create or replace table kinds as from judged")
    connection.execute(_JUDGED.format(what="view enriched", of="found"))


def _keep(connection: duckdb.DuckDBPyConnection, sources: Sources) -> None:
    """Makes ``kept`` of all answers, sealed or not; an answer may be there twice."""
    connection.register("unsealed", sources.unsealed.to_arrow())
    connection.execute(f"create or replace view kept as from unsealed {_sealed(connection, sources)}")


def _sealed(connection: duckdb.DuckDBPyConnection, sources: Sources) -> str:
    """Gives the sealed answers, as SQL that follows those of journals."""
    if sources.files:
        paths = ", ".join(literal(glob.escape(str(path))) for path in sources.files)
        return f"union all by name from read_parquet([{paths}], union_by_name = true)"
    if sources.files is not None:
        return ""
    # DuckDB has no key: what is needed is read with it, batch by batch, and stays in memory or its spill.
    connection.register("revealed", _stream(sources.sealed.select(_WANTED)))
    connection.execute("create or replace table sealed as from revealed")
    connection.unregister("revealed")
    return "union all by name from sealed"


def _stream(rows: pl.LazyFrame) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for frame in rows.collect_batches():
            yield from frame.to_arrow().to_batches()

    schema = pl.DataFrame(schema=rows.collect_schema()).to_arrow().schema
    return pa.RecordBatchReader.from_batches(schema, batches())
