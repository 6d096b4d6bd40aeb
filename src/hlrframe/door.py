"""The boundary to frame libraries: any frame in, its phone column as text; results in, the same type of frame out.

No other module knows one frame library from another. Rows keep their number, order, index and every input column.
"""

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import narwhals.stable.v2 as nw
import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError

__all__ = ["Door", "open_door", "texts_of"]

#: Whole numbers up to this are exact in a double, and so are all telephone numbers (at most 15 digits).
EXACT: Final = 2**53
#: The same for a single-precision float: no whole telephone number fits.
EXACT_SINGLE: Final = 2**24


@dataclass(frozen=True, slots=True)
class Door:
    """A caller's frame, opened."""

    #: The phone column as text or null, one for each row.
    texts: pl.Series
    #: Names of the frame's columns.
    names: Sequence[str]
    #: Puts result columns beside the caller's rows and gives the caller's type of frame.
    attach: Callable[[pl.DataFrame], Any]

    def check_free(self, names: Iterable[str]) -> None:
        """Refuses result columns that the frame already has.

        Raises:
            InputError: A name is taken; the message names the cure.
        """
        taken = [name for name in names if name in self.names]
        if taken:
            raise InputError(
                f"the frame already has a column {taken[0]!r}: pass another prefix=, drop the column first, "
                "or pick other columns="
            )


def open_door(frame: Any, column: str) -> Door:
    """Opens a frame.

    Args:
        frame: polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, RecordBatch or RecordBatchReader, DuckDB
            relation, or anything with an Arrow PyCapsule stream. A LazyFrame or a stream is read here, once.
        column: Name of the phone column.

    Raises:
        InputError: No such column, no such type of frame, or a column that cannot hold telephone numbers.
    """
    known = nw.from_native(frame, pass_through=True)
    if isinstance(known, nw.LazyFrame):
        return _open_lazy(known, frame, column)
    if isinstance(known, nw.DataFrame):
        if known.implementation.is_polars():
            return _open_polars(frame, column)
        if known.implementation.is_pandas_like():
            return _open_pandas(frame, column)
    return _open_arrow(frame, column)


def texts_of(numbers: Any) -> pl.Series:
    """Gives a series, array or list of numbers as text or null.

    Raises:
        InputError: It cannot hold telephone numbers.
    """
    if isinstance(numbers, str | bytes) or not hasattr(numbers, "__iter__"):
        raise InputError("numbers must be a series, an array or a list; for one number pass a list of one")
    if isinstance(numbers, pl.Series):
        return _texts(numbers, "numbers")
    if isinstance(numbers, pa.Array | pa.ChunkedArray):
        return _texts(pl.Series(numbers), "numbers")
    return pl.Series([_text(each) for each in numbers], dtype=pl.String)


def _open_polars(frame: pl.DataFrame, column: str) -> Door:
    _check_column(column, frame.columns)
    return Door(_texts(frame[column], column), frame.columns, lambda results: frame.with_columns(results.get_columns()))


def _open_lazy(known: "nw.LazyFrame[Any]", frame: Any, column: str) -> Door:
    # Read once, here: a paid question must never sit in a lazy plan, which may run more than once.
    if known.implementation.is_polars():
        door = _open_polars(frame.collect(), column)
        return Door(door.texts, door.names, lambda results: door.attach(results).lazy())
    if known.implementation.is_duckdb():
        door = _open_table(frame.to_arrow_table(), column)
        return Door(door.texts, door.names, lambda results: _as_relation(frame, door.attach(results)))
    raise InputError(f"cannot read a {type(frame).__name__}: collect it into a polars, pandas or pyarrow frame first")


def _as_relation(relation: Any, enriched: pa.Table) -> Any:  # noqa: ARG001  # the query finds it by its name
    """Gives a table as a relation on the caller's own connection: those of two connections do not combine."""
    return relation.query("hlrframe_source", "select * from enriched")


def _open_pandas(frame: Any, column: str) -> Door:
    if frame.columns.nlevels > 1:
        raise InputError(
            "the frame has columns of several levels: flatten them first, e.g. with df.columns.map('_'.join)"
        )
    names = list(frame.columns)
    _check_column(column, names)
    if names.count(column) > 1:
        raise InputError(f"the frame has {names.count(column)} columns named {column!r}: rename all but one")
    return Door(_texts_of_pandas(frame[column], column), names, lambda results: _attach_to_pandas(frame, results))


def _texts_of_pandas(series: Any, column: str) -> pl.Series:
    if series.dtype == object or str(series.dtype) == "category":
        return pl.Series([_text(each) for each in series.tolist()], dtype=pl.String)
    return _texts(pl.Series(pa.array(series)), column)


def _attach_to_pandas(frame: Any, results: pl.DataFrame) -> Any:
    # Nullable types, so that a missing answer stays missing: NumPy's would make it False or a text.
    pandas = nw.get_native_namespace(frame)
    nullable = {
        pa.string(): pandas.StringDtype(),
        pa.large_string(): pandas.StringDtype(),
        pa.bool_(): pandas.BooleanDtype(),
    }
    columns = results.to_arrow().to_pandas(types_mapper=nullable.get)
    enriched = frame.copy(deep=False)
    for name in columns.columns:
        enriched[name] = columns[name].array
    return enriched


def _open_arrow(frame: Any, column: str) -> Door:
    if isinstance(frame, pa.RecordBatchReader):
        door = _open_table(frame.read_all(), column)
        return Door(door.texts, door.names, lambda results: door.attach(results).to_reader())
    if isinstance(frame, pa.RecordBatch):
        door = _open_table(pa.Table.from_batches([frame]), column)
        return Door(door.texts, door.names, lambda results: door.attach(results).combine_chunks().to_batches()[0])
    if isinstance(frame, pa.Table):
        return _open_table(frame, column)
    if hasattr(frame, "__arrow_c_stream__") and not isinstance(frame, pl.Series):
        return _open_table(pa.table(frame), column)
    raise InputError(
        f"{type(frame).__name__} is no frame: "
        "pass a polars, pandas or pyarrow frame, a DuckDB relation or an Arrow stream"
    )


def _open_table(table: pa.Table, column: str) -> Door:
    names = table.column_names
    _check_column(column, names)
    if names.count(column) > 1:
        raise InputError(f"the frame has {names.count(column)} columns named {column!r}: rename all but one")
    return Door(
        _texts(pl.Series(table.column(column)), column), names, lambda results: _attach_to_table(table, results)
    )


def _attach_to_table(table: pa.Table, results: pl.DataFrame) -> pa.Table:
    for name, values in zip(results.columns, results.to_arrow().itercolumns(), strict=True):
        plain = values.cast(pa.string()) if values.type == pa.large_string() else values
        table = table.append_column(name, plain)
    return table


def _check_column(column: str, names: Sequence[Any]) -> None:
    if column in names:
        return
    close = difflib.get_close_matches(str(column), [str(name) for name in names], n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(repr(str(name)) for name in names[:12])}"
    raise InputError(f"the frame has no column {column!r}: {hint}")


def _texts(values: pl.Series, column: str) -> pl.Series:
    """Gives a typed column as text: what was a whole number reads as its digits, whatever type it came in."""
    kind = values.dtype
    if kind == pl.String:
        return values
    if kind.is_integer() or kind in (pl.Categorical, pl.Enum, pl.Null) or kind.is_decimal():
        texts = values.cast(pl.String)
        return texts.str.strip_suffix(".0") if kind.is_decimal() else texts
    if kind.is_float():
        return _float_texts(values)
    if kind == pl.Object:
        return pl.Series([_text(each) for each in values], dtype=pl.String)
    raise InputError(
        f"column {column!r} holds {kind}, which cannot hold telephone numbers: pass the name of a text column"
    )


def _float_texts(values: pl.Series) -> pl.Series:
    exact = EXACT_SINGLE if values.dtype == pl.Float32 else EXACT
    value = pl.col(values.name)
    whole = value.is_finite() & (value == value.floor()) & (value.abs() < exact)
    text = (
        pl.when(value.is_nan())
        .then(None)
        .when(whole)
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        # Not exact: say so in the notation that stands for lost digits.
        .otherwise(pl.format("{}E+0", value.cast(pl.Float64).cast(pl.String)))
    )
    return values.to_frame().select(text.alias(values.name)).to_series()


def _text(value: object) -> str | None:
    """Gives one value of a mixed column as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else str(value)
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and value == value.to_integral_value() else str(value)
    # pandas' NA and NaT say so in their own way: nothing equals them.
    return None if type(value).__name__ in {"NAType", "NaTType"} else str(value)
