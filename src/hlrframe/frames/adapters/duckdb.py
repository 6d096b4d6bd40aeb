"""DuckDB: relations, on the connection that they came from."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames.adapters import arrow
from hlrframe.frames.adapters.opened import OpenFrame, Wanted

__all__ = ["open", "takes"]


def takes(frame: Any) -> bool:
    """Says whether it is a relation."""
    duckdb = sys.modules.get("duckdb")  # whoever has a relation has imported it
    return duckdb is not None and isinstance(frame, duckdb.DuckDBPyRelation)


def open(relation: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a relation; the result is one of the same connection."""
    names = relation.columns
    wanted.check(names, same=str.lower)
    if len({name.lower() for name in names}) < len(names):
        raise InputError("the relation has several columns of one name: rename all but one")
    if not _query(relation, "select current_setting('python_enable_replacements')").fetchall()[0][0]:
        raise InputError("the connection cannot see Python's tables: set python_enable_replacements = true")
    lossy = _lossy_types(relation)
    table = _cast(relation, dict.fromkeys(lossy, "varchar")).to_arrow_table()
    opened = arrow.open(table, wanted)
    return replace(opened, attach=lambda results: _cast(_as_relation(relation, opened.attach(results)), lossy))


def _query(relation: Any, sql: str) -> Any:
    """Asks the caller's own connection: relations of two connections do not combine."""
    return relation.query("_hlrframe_source", sql)


def _as_relation(relation: Any, _hlrframe_enriched: pa.Table) -> Any:
    # DuckDB finds the table by the name of its variable, after every table of the caller: it must be nobody else's.
    return relation.query("_hlrframe_source", "select * from _hlrframe_enriched")


def _lossy_types(relation: Any) -> Mapping[str, str]:
    """Gives the types that do not come back from Arrow as they went, such as HUGEINT and UUID; text they survive."""
    types = _as_relation(relation, relation.limit(0).to_arrow_table()).types
    pairs = zip(relation.columns, relation.types, types, strict=True)
    return {name: str(kind) for name, kind, back in pairs if kind != back}


def _cast(relation: Any, types: Mapping[str, str]) -> Any:
    quoted = {'"{}"'.format(name.replace('"', '""')): kind for name, kind in types.items()}
    casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in quoted.items())
    return relation.project(f"* replace ({casts})") if casts else relation
