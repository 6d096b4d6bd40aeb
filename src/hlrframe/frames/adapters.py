"""The boundary to frame libraries: any frame in, its phone column as text; results in, the same type of frame out.

No other module knows one frame library from another. Rows keep their number, order, index and every input column.
"""

import difflib
import sys
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames.to_text import series_of, texts_of, texts_of_each

__all__ = ["OpenFrame", "open_frame", "open_list"]

#: Rows in one chunk of an Arrow result: far too few for the 2 GiB of text that a chunk can hold.
CHUNK_ROWS: Final = 1 << 20
#: Names of columns that a message has room for.
_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class OpenFrame:
    """A caller's frame, opened."""

    #: The phone column as text or null, one for each row.
    texts: pl.Series
    #: Names of the frame's columns.
    names: Sequence[Any]
    #: Puts result columns beside the caller's rows and gives the caller's type of frame.
    attach: Callable[[pl.DataFrame], Any]
    #: The region column as text or null, where there is one.
    regions: pl.Series | None = None

    def check_free(self, adding: Iterable[str]) -> None:
        """Refuses result columns that the frame already has.

        Raises:
            InputError: A name is taken; the message names the cure.
        """
        _check_free(self.names, adding)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a caller wants of a frame."""

    column: str
    region_column: str | None
    adding: Collection[str]

    def check(self, names: Sequence[Any], *, same: Callable[[str], str] = str) -> None:
        """Refuses columns that are not there, or not alone, and result columns that are there already."""
        _check_column(names, self.column)
        if self.region_column is not None:
            if self.region_column == self.column:
                raise InputError(f"column {self.column!r} cannot hold both the number and its country")
            _check_column(names, self.region_column)
        _check_free(names, self.adding, same=same)

    def open(
        self, names: Sequence[Any], texts: Callable[[str], pl.Series], attach: Callable[[pl.DataFrame], Any]
    ) -> OpenFrame:
        regions = None if self.region_column is None else texts(self.region_column)
        return OpenFrame(texts(self.column), names, attach, regions)


def open_frame(frame: Any, column: str, *, adding: Collection[str] = (), region_column: str | None = None) -> OpenFrame:
    """Opens a frame.

    Args:
        frame: polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, RecordBatch or RecordBatchReader, DuckDB
            relation, or anything with an Arrow PyCapsule stream. What can be read only once, or costs to read, is
            read here, once, after its names have been checked.
        column: Name of the phone column.
        adding: Names of the columns that will be attached.
        region_column: Name of the column that names each number's country, if there is one.

    Raises:
        InputError: No such column, no such type of frame, a column that cannot hold telephone numbers, one column for
            both numbers and countries, or a name of ``adding`` that the frame already has; the message names the cure.
    """
    if hasattr(frame, "to_native"):
        raise InputError("this is a narwhals frame: pass its .to_native()")
    wanted = _Wanted(column, region_column, adding)
    if isinstance(frame, pl.DataFrame):
        return _open_polars(frame, wanted)
    if isinstance(frame, pl.LazyFrame):
        return _open_lazy(frame, wanted)
    if isinstance(frame, pa.Table | pa.RecordBatch | pa.RecordBatchReader):
        return _open_arrow(frame, wanted)
    if _libraries().is_pandas_dataframe(frame):
        return _open_pandas(frame, wanted)
    if _is_relation(frame):
        return _open_relation(frame, wanted)
    return _open_arrow(frame, wanted)


def open_list(numbers: Any) -> OpenFrame:
    """Opens a series, array or list of numbers, whose results stand alone.

    Raises:
        InputError: It cannot hold telephone numbers, or is a whole frame.
    """
    return OpenFrame(_texts_of_list(numbers), (), lambda results: results)


def _libraries() -> ModuleType:
    # A tenth of what importing all else takes: who hands in a polars frame never pays for it.
    from narwhals.stable.v2 import dependencies  # noqa: PLC0415

    return dependencies


def _texts_of_list(numbers: Any) -> pl.Series:
    if not isinstance(numbers, list | pl.Series) and _libraries().is_into_dataframe(numbers):
        raise InputError("numbers must be a series, an array or a list: pass one column, or the frame to enrich()")
    if isinstance(numbers, pl.Series):
        return texts_of(numbers)
    if _libraries().is_pandas_series(numbers):
        return _texts_of_pandas(numbers, "numbers")
    if isinstance(numbers, pa.Array | pa.ChunkedArray):
        return texts_of(series_of(numbers, "numbers"))
    if isinstance(numbers, str | bytes) or not hasattr(numbers, "__iter__"):
        raise InputError("numbers must be a series, an array or a list; for one number pass a list of one")
    return texts_of_each(numbers)


def _open_polars(frame: pl.DataFrame, wanted: _Wanted) -> OpenFrame:
    wanted.check(frame.columns)
    return wanted.open(
        frame.columns,
        lambda name: texts_of(frame[name]),
        lambda results: frame.with_columns(results.get_columns()),
    )


def _open_lazy(frame: pl.LazyFrame, wanted: _Wanted) -> OpenFrame:
    wanted.check(frame.collect_schema().names())
    # Read once, here: a paid question must never sit in a lazy plan, which may run more than once.
    opened = _open_polars(frame.collect(), wanted)
    return replace(opened, attach=lambda results: opened.attach(results).lazy())


def _is_relation(frame: Any) -> bool:
    duckdb = sys.modules.get("duckdb")  # whoever has a relation has imported it
    return duckdb is not None and isinstance(frame, duckdb.DuckDBPyRelation)


def _open_relation(relation: Any, wanted: _Wanted) -> OpenFrame:
    names = relation.columns
    wanted.check(names, same=str.lower)
    if len({name.lower() for name in names}) < len(names):
        raise InputError("the relation has several columns of one name: rename all but one")
    if not _query(relation, "select current_setting('python_enable_replacements')").fetchall()[0][0]:
        raise InputError("the connection cannot see Python's tables: set python_enable_replacements = true")
    lossy = _lossy_types(relation)
    table = _cast(relation, dict.fromkeys(lossy, "varchar")).to_arrow_table()
    opened = _open_arrow(table, wanted)
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


def _open_pandas(frame: Any, wanted: _Wanted) -> OpenFrame:
    if frame.columns.nlevels > 1:
        raise InputError(
            "the frame has columns of several levels: flatten them first, e.g. with df.columns.map('_'.join)"
        )
    names = list(frame.columns)
    wanted.check(names)
    return wanted.open(
        names, lambda name: _texts_of_pandas(frame[name], name), lambda results: _attach_to_pandas(frame, results)
    )


def _texts_of_pandas(series: Any, column: str) -> pl.Series:
    if series.dtype == object:
        return texts_of_each(series.tolist())
    if isinstance(series.dtype, _libraries().get_pandas().SparseDtype):
        return _texts_of_pandas(series.sparse.to_dense(), column)
    if str(series.dtype) == "category":
        texts = _texts_of_pandas(series.cat.categories.to_series(), column)
        return texts.gather(pl.Series(series.cat.codes.to_numpy()).cast(pl.Int64).replace(-1, None))
    return texts_of(series_of(series, column))


def _attach_to_pandas(frame: Any, results: pl.DataFrame) -> Any:
    # Nullable types, so that a missing answer stays missing: NumPy's would make it False or a text.
    pandas = _libraries().get_pandas()
    nullable = {pa.large_string(): pandas.StringDtype(), pa.bool_(): pandas.BooleanDtype()}
    columns = results.to_arrow().to_pandas(types_mapper=nullable.get)
    # By position: an index may be out of order or hold a label twice.
    return frame.assign(**{name: columns[name].array for name in columns.columns})


def _open_arrow(frame: Any, wanted: _Wanted) -> OpenFrame:
    if isinstance(frame, pa.RecordBatchReader):
        wanted.check(frame.schema.names)
        opened = _open_arrow(frame.read_all(), wanted)
        return replace(opened, attach=lambda results: opened.attach(results).to_reader())
    if isinstance(frame, pa.RecordBatch):
        opened = _open_arrow(pa.Table.from_batches([frame]), wanted)
        return replace(opened, attach=lambda results: _as_batch(opened.attach(results)))
    table = frame if isinstance(frame, pa.Table) else _table_of_stream(frame)
    wanted.check(table.column_names)
    return wanted.open(
        table.column_names,
        lambda name: texts_of(series_of(table.column(name), name)),
        lambda results: _attach_to_table(table, results),
    )


def _table_of_stream(frame: Any) -> pa.Table:
    try:
        if hasattr(frame, "__arrow_c_array__") and not hasattr(frame, "__arrow_c_stream__"):
            return pa.Table.from_batches([pa.record_batch(frame)])
        # A series streams too, but not rows.
        return pa.RecordBatchReader.from_stream(frame).read_all()
    except (TypeError, pa.ArrowException) as error:
        raise InputError(
            f"{type(frame).__name__} is no frame: "
            "pass a polars, pandas or pyarrow frame, a DuckDB relation or an Arrow stream"
        ) from error


def _attach_to_table(table: pa.Table, results: pl.DataFrame) -> pa.Table:
    whole = results.to_arrow()
    columns = pa.Table.from_batches(whole.to_batches(max_chunksize=CHUNK_ROWS), schema=whole.schema)
    for name, values in zip(columns.column_names, columns.itercolumns(), strict=True):
        plain = values.cast(pa.string()) if values.type == pa.large_string() else values
        table = table.append_column(name, plain)
    return table


def _as_batch(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([each.combine_chunks() for each in table.itercolumns()], schema=table.schema)


def _check_column(names: Sequence[Any], column: Any) -> None:
    """Refuses a column that is not there, or not alone."""
    if not isinstance(column, Hashable) or isinstance(column, pl.Expr):
        raise InputError(f"column must be the name of one column, not {type(column).__name__}")
    if column is None or column != column:  # noqa: PLR0124  # only a missing label differs from itself
        raise InputError("a column without a name cannot be told from others: give it a name first")
    if column not in names:
        raise InputError(
            f"the frame has no column {column!r}: {_columns_like(str(column), [str(name) for name in names])}"
        )
    if names.count(column) > 1:
        raise InputError(f"the frame has {names.count(column)} columns named {column!r}: rename all but one")


def _columns_like(column: str, names: Sequence[str]) -> str:
    """Names the column that was probably meant, and those that are there."""
    folded = {name.casefold(): name for name in reversed(names)}
    close = difflib.get_close_matches(column.casefold(), folded, n=1)
    meant = f"did you mean {folded[close[0]]!r}? " if close else ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{meant}it has {', '.join(map(repr, names[:_NAMED]))}{more}"


def _check_free(names: Sequence[Any], adding: Iterable[str], *, same: Callable[[str], str] = str) -> None:
    held = {same(name) for name in names if isinstance(name, str)}
    taken = [name for name in adding if same(name) in held]
    if taken:
        raise InputError(
            f"the frame already has a column {taken[0]!r}: pass another prefix=, drop the column first, "
            "or pick other columns="
        )
