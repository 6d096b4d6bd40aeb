"""DuckDB: relations, on the connection that they came from, which finds the distinct cells and joins the answers."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames.adapters.cells import Spare, defaults, is_credits, open_cells
from hlrframe.frames.adapters.opened import OpenFrame, Wanted
from hlrframe.frames.to_text import series_of, texts_of

__all__ = ["open", "takes"]

#: Types that are joined as they are; every other is joined as text, if its values can be telephone numbers at all.
_AS_IS: Final = ("VARCHAR", "FLOAT", "DOUBLE", "DECIMAL", "BLOB")


def takes(frame: Any) -> bool:
    """Says whether it is a relation."""
    duckdb = sys.modules.get("duckdb")  # whoever has a relation has imported it
    return duckdb is not None and isinstance(frame, duckdb.DuckDBPyRelation)


def open(relation: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a relation by its distinct cells; the result is a relation of the same connection, and as lazy."""
    names = relation.columns
    wanted = replace(wanted, naming=wanted.check(names, same=str.lower))
    if len({name.lower() for name in names}) < len(names):
        raise InputError("the relation has several columns of one name: rename all but one")
    if not _query(relation, "select current_setting('python_enable_replacements')").fetchall()[0][0]:
        raise InputError("the connection cannot see Python's tables: set python_enable_replacements = true")
    rows = _Rows(relation, wanted, Spare.beside(names, wanted))
    return open_cells(rows.cells(), wanted, names, rows.spare, rows.join)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a relation."""

    relation: Any
    wanted: Wanted
    spare: Spare

    def keyed(self) -> Any:
        """Gives the relation with the keys beside its columns, and the place of each row."""
        types = dict(zip(self.relation.columns, map(str, self.relation.types), strict=True))
        head = self.relation.limit(0).to_arrow_table()
        lossy, keys = _lossy_types(self.relation, head), list[str]()
        for key, name in self.spare.keys.items():
            column = _quoted(name)
            if name not in lossy:
                texts_of(series_of(head[name], name))  # refuses what can hold no number, before anything is read
            keys.append(f"{column if types[name].startswith(_AS_IS) else f'cast({column} as varchar)'} as {key}")
        return self.relation.project(f"*, row_number() over () as {self.spare.row}, {', '.join(keys)}")

    def cells(self) -> pa.Table:
        """Has the connection find the distinct cells; gives them in the order of the rows."""
        spare, keys = self.spare, ", ".join(self.spare.keys)
        counts = f"count(*) as {spare.rows}, min({spare.row}) as {spare.first}"
        cells: pa.Table = self.keyed().aggregate(f"{keys}, {counts}", keys).order(spare.first).to_arrow_table()
        return cells

    def join(self, answers: pa.Table) -> Any:
        """Puts answers beside the rows."""
        spare = self.spare
        theirs = {name: f"{spare.row}_{at}" for at, name in enumerate(answers.column_names)}
        right = _as_relation(self.relation, answers.rename_columns(list(theirs.values())))
        same = " and ".join(f"{key} is not distinct from {theirs[key]}" for key in spare.keys)
        left = self.keyed().set_alias(f"{spare.rows}_")  # a join wants two names, and two relations may have one
        columns = [_quoted(name) for name in self.relation.columns]
        results = left.join(right, same, how="left").project(", ".join([*columns, *self.results(theirs), spare.row]))
        added = [_quoted(name) for name in self.wanted.naming.adding]
        return results.order(spare.row).project(", ".join([*columns, *added]))

    def results(self, theirs: Mapping[str, str]) -> list[str]:
        """Gives the result columns of rows that are joined with their answers.

        Args:
            theirs: Names of the answers' columns beside the rows.
        """
        spare, results = self.spare, list[str]()
        # Not by the place of the first row: a relation may give its rows in another order each time.
        first = f"row_number() over (partition by {', '.join(spare.keys)} order by {spare.row}) = 1"
        for given, other in defaults(self.wanted.naming).items():
            asked = f"{theirs[spare.rows]} is not null" + (f" and {first}" if is_credits(other) else "")
            default = "null" if other is None else repr(other)
            results.append(f"case when {asked} then {theirs[given]} else {default} end as {_quoted(given)}")
        return results


def _query(relation: Any, sql: str) -> Any:
    """Asks the caller's own connection: relations of two connections do not combine."""
    return relation.query("_hlrframe_source", sql)


def _as_relation(relation: Any, _hlrframe_enriched: pa.Table) -> Any:
    # DuckDB finds the table by the name of its variable, after every table of the caller: it must be nobody else's.
    return relation.query("_hlrframe_source", "select * from _hlrframe_enriched")


def _lossy_types(relation: Any, head: pa.Table) -> set[str]:
    """Gives the columns whose type does not come back from Arrow as it went, such as HUGEINT and UUID."""
    types = _as_relation(relation, head).types
    pairs = zip(relation.columns, relation.types, types, strict=True)
    return {name for name, kind, back in pairs if kind != back}


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
