"""A store as the table ``enriched``: the newest answer to each number and question, read by DuckDB itself."""

import glob
from itertools import chain
from typing import Final

import duckdb
import polars as pl

from hlrframe.models import verdict_of
from hlrframe.report.statements import NEEDED, literal
from hlrframe.store import Store
from hlrframe.store.layout import Layout, View
from hlrframe.store.parts import collect
from hlrframe.store.queries import AGE, KEY, SAME
from hlrframe.store.records import KEPT_TYPES
from hlrframe.store.segment import read_segment

__all__ = ["attach_store"]

_KEY: Final = ", ".join(KEY)
_ROW_COLUMNS: Final = ("state", "reason", "verdict", "credits")
_COLUMNS: Final = [name for name in NEEDED if name not in _ROW_COLUMNS]

#: Most numbers have one answer, and telling so is much cheaper than to put all answers in order. A number's credits
#: are those of all its answers, so that they add up to what the store has cost.
_NEWEST: Final = f"""
create or replace table enriched as
with several as (select {_KEY} from kept group by {_KEY} having count(*) > 1),
ranked as (
  select
    {", ".join(_COLUMNS)},
    sum(credits) over (partition by {_KEY}) as credits,
    row_number() over (partition by {_KEY} order by {", ".join(f"{name} desc" for name in AGE)}) as place
  from (select distinct on ({", ".join(SAME)}) * from kept semi join several using ({_KEY}))
),
answers as (
  select {", ".join(_COLUMNS)}, credits from kept anti join several using ({_KEY})
  union all
  select {", ".join(_COLUMNS)}, credits from ranked where place = 1
)
select 'answered' as state, null::varchar as reason, verdict, answers.*
from answers join verdicts
  on answers.live_status is not distinct from verdicts.live_status
  and answers.number_type is not distinct from verdicts.number_type
"""  # noqa: S608  # the names are this package's own


def attach_store(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    """Makes ``enriched`` of the answers that a store holds at this moment.

    Args:
        connection: Where to make it.
        store: The store; runs may go on in it meanwhile.

    Raises:
        StoreError: The store cannot be read.
    """
    layout = Layout(store.path)
    layout.check()
    collect(layout, lambda view: _make(connection, view))


def _make(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    try:
        _keep(connection, view)
        words = connection.sql("select distinct live_status, number_type from kept").pl()
        verdicts = [verdict_of(status, kind).value for status, kind in words.iter_rows()]
        connection.register("verdicts", words.with_columns(verdict=pl.Series(verdicts, dtype=pl.String)).to_arrow())
        connection.execute(_NEWEST)
    except duckdb.Error as error:
        # A file that vanished or is damaged is the store's own affair, and it knows the errors of polars.
        for path in chain(view.journals, view.parts):
            path.stat()
        raise pl.exceptions.ComputeError(str(error)) from error


def _keep(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    """Makes ``kept`` of all answers, sealed or not; an answer may be there twice."""
    nothing = pl.DataFrame(schema=KEPT_TYPES)
    journals = pl.concat([nothing, *(read_segment(path).answers for path in view.journals)])
    connection.register("unsealed", journals.to_arrow())
    sealed = ", ".join(literal(glob.escape(str(path))) for path in view.parts)
    parts = f"union all by name from read_parquet([{sealed}], union_by_name = true)" if sealed else ""
    connection.execute(f"create or replace view kept as from unsealed {parts}")
