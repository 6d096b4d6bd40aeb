"""Every kind of frame, made from the same columns and read back the same way."""

import atexit
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa

#: Repeats, rejections of several sorts, missing cells, a landline; ``447400123457`` can be a number in any type.
PHONES = (
    "+44 7400 123456",
    "07400 123456",
    None,
    "447400123457",
    "n/a",
    "+49 1512 3456789",
    "447400123457",
    "+44 7700 900123",
    "0044 7400 123456",
    "447400123458",
    "12",
    "+44 113 391 0781",
    None,
)


def columns_of(phones=PHONES):
    """Gives the columns of a small table around some phones: whole numbers, text and truth, with nulls."""
    count = len(phones)
    return {
        "id": list(range(count)),
        "phone": list(phones),
        "old_state": [None if row % 4 == 3 else f"row {row}" for row in range(count)],
        "opted_in": [None if row % 3 == 2 else row % 2 == 0 for row in range(count)],
    }


@dataclass(frozen=True)
class Library:
    """What the laws need to know of a frame library."""

    #: Gives some columns of a frame.
    pick: Callable[[Any, list[str]], Any]
    #: Gives the type of each column.
    types: Callable[[Any], dict[str, Any]]
    #: Gives the values of each column as lists, a missing one as ``None``.
    values: Callable[[Any], dict[str, list[Any]]]
    #: Raises unless two frames are the same in every way.
    check_same: Callable[[Any, Any], None]
    #: Its type for each Arrow type of ``schema.COLUMNS``.
    result_types: dict[pa.DataType, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of frame."""

    name: str
    library: Library
    #: Makes a frame from columns.
    make: Callable[[dict[str, list[Any]]], Any]
    #: Type that comes back; ``None`` for the same that went in.
    given_back: type | None = None
    #: Gives what can be read as often as wanted.
    settle: Callable[[Any], Any] = lambda frame: frame


def _check_same_arrow(one, other):
    assert one.schema.equals(other.schema, check_metadata=True)
    assert one.equals(other)


def _check_same_relation(one, other):
    assert one.types == other.types
    _check_same_arrow(one.to_arrow_table(), other.to_arrow_table())


POLARS = Library(
    pick=lambda frame, names: frame.select(names),
    types=lambda frame: dict(frame.schema),
    values=lambda frame: frame.to_dict(as_series=False),
    check_same=polars.testing.assert_frame_equal,
    result_types={
        pa.string(): pl.String,
        pa.bool_(): pl.Boolean,
        pa.float64(): pl.Float64,
        pa.timestamp("us", tz="UTC"): pl.Datetime("us", "UTC"),
    },
)
PANDAS = Library(
    pick=lambda frame, names: frame[names],
    types=lambda frame: dict(frame.dtypes),
    values=lambda frame: {
        name: [None if pd.isna(each) else each for each in frame[name].tolist()] for name in frame.columns
    },
    check_same=pd.testing.assert_frame_equal,
    result_types={
        pa.string(): pd.StringDtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.float64(): "float64",
        pa.timestamp("us", tz="UTC"): pd.DatetimeTZDtype("us", "UTC"),
    },
)
ARROW = Library(
    pick=lambda frame, names: frame.select(names),
    types=lambda frame: dict(zip(frame.schema.names, frame.schema.types, strict=True)),
    values=lambda frame: frame.to_pydict(),
    check_same=_check_same_arrow,
    result_types={each: each for each in (pa.string(), pa.bool_(), pa.float64(), pa.timestamp("us", tz="UTC"))},
)
DUCKDB = Library(
    pick=lambda frame, names: frame.project(", ".join(f'"{name}"' for name in names)),
    types=lambda frame: dict(zip(frame.columns, frame.types, strict=True)),
    values=lambda frame: frame.to_arrow_table().to_pydict(),
    check_same=_check_same_relation,
    result_types={
        pa.string(): "VARCHAR",
        pa.bool_(): "BOOLEAN",
        pa.float64(): "DOUBLE",
        pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
    },
)


def _odd_index(columns):
    """Gives an index that is out of order and holds a label twice."""
    return pd.Index([7, *range(len(columns["phone"]) - 1)][: len(columns["phone"])], name="key")


def _pandas(columns, phones=None, index=None):
    frame = pd.DataFrame(
        {
            "id": pd.Series(columns["id"], dtype="int64"),
            "phone": pd.Series(columns["phone"], dtype="str") if phones is None else phones(columns["phone"]),
            "old_state": pd.Series(columns["old_state"], dtype=object),
            "opted_in": pd.Series(columns["opted_in"], dtype="boolean"),
        }
    )
    return frame.set_axis(_odd_index(columns) if index is None else index, axis="index")


def mixed(phones):
    """Gives phones as an object column has them: text, whole numbers, floats, decimals, and every sort of nothing."""
    numbers = (int, str, float, Decimal)
    nothing = (None, float("nan"), pd.NA, pd.NaT)
    values = []
    for row, phone in enumerate(phones):
        digits = phone is not None and phone.isascii() and phone.isdigit() and phone[0] != "0" and len(phone) < 16
        empty = nothing[row % len(nothing)]
        values.append(empty if phone is None else numbers[row % len(numbers)](phone) if digits else phone)
    return pd.Series(values, dtype=object)


def _levels(columns):
    return pd.MultiIndex.from_arrays(
        [["a" if row % 2 else "b" for row in columns["id"]], columns["id"]], names=["side", None]
    )


TYPES = {"id": pa.int64(), "phone": pa.string(), "old_state": pa.string(), "opted_in": pa.bool_()}
SCHEMA = pa.schema([pa.field(name, kind) for name, kind in TYPES.items()], metadata={"from": "a test"})


def _table(columns, phone=None):
    schema = SCHEMA if phone is None else SCHEMA.set(1, pa.field("phone", phone))
    return pa.table(columns, schema=schema)


def _chunked(columns):
    table = _table(columns)
    return pa.concat_tables([table.slice(0, 2), table.slice(2, 0), table.slice(2)])


class Stream:
    """Something that is known by its Arrow stream alone."""

    def __init__(self, columns):
        self._table = _table(columns)

    @classmethod
    def of(cls, table):
        """Gives the stream of a table."""
        stream = cls(columns_of(()))
        stream._table = table
        return stream

    def __arrow_c_stream__(self, requested_schema=None):
        """Gives the stream."""
        return self._table.__arrow_c_stream__(requested_schema)


#: Older relations do not keep their connection open.
_CONNECTIONS = []
atexit.register(_CONNECTIONS.clear)


def _relation(columns):
    # Each has a connection of its own: nothing may depend on the one that DuckDB shares.
    connection = duckdb.connect()
    _CONNECTIONS.append(connection)
    return connection.from_arrow(_table(columns)).order("id")


def _polars(columns):
    return pl.DataFrame(_table(columns))


KINDS = (
    Kind("polars", POLARS, _polars),
    Kind("polars-lazy", POLARS, lambda columns: _polars(columns).lazy(), settle=lambda frame: frame.collect()),
    Kind("polars-categorical", POLARS, lambda columns: _polars(columns).cast({"phone": pl.Categorical})),
    Kind("pandas-str", PANDAS, _pandas),
    Kind("pandas-object", PANDAS, lambda columns: _pandas(columns, mixed)),
    Kind("pandas-category", PANDAS, lambda columns: _pandas(columns, lambda each: pd.Series(each, dtype="category"))),
    Kind(
        "pandas-arrow",
        PANDAS,
        lambda columns: _table(columns).to_pandas(types_mapper=pd.ArrowDtype).set_axis(_odd_index(columns)),
    ),
    Kind("pandas-levels", PANDAS, lambda columns: _pandas(columns, index=_levels(columns))),
    Kind("arrow", ARROW, _table),
    Kind("arrow-dictionary", ARROW, lambda columns: _table(columns, pa.dictionary(pa.int32(), pa.string()))),
    Kind("arrow-large", ARROW, lambda columns: _table(columns, pa.large_string())),
    Kind("arrow-chunks", ARROW, _chunked),
    Kind("arrow-batch", ARROW, lambda columns: pa.record_batch(columns, schema=SCHEMA)),
    Kind("arrow-reader", ARROW, lambda columns: _table(columns).to_reader(), settle=lambda frame: frame.read_all()),
    Kind("arrow-stream", ARROW, Stream, given_back=pa.Table, settle=pa.table),
    Kind("duckdb", DUCKDB, _relation),
)
