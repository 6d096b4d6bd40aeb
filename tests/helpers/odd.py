"""Odd frames by the hundred: each seed gives one, the same every time, with what its phone column holds."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from helpers.frames import PHONES, Stream, mixed

#: Numbers that any type can hold, a missing one, and one that is none.
WHOLE = ("447400123457", "447400123458", None, "12", "4915123456789")
LABELS = ("phone", "Phone number", "téléphone 📞", "a\n'b\"", "^p.*$", "*", "select", "hlr", "x" * 300, "%s", "{0}")
START = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Odd:
    """An odd frame."""

    frame: Any
    #: What its phone column is called.
    column: Any
    #: What the cells of its phone column stand for.
    phones: list[str | None]


def _rows(chance, pool):
    return [chance.choice(pool) for _ in range(chance.choice((0, 1, 2, 7, 30)))]


def _phones(chance):
    """Gives phones, and whether all of them are whole numbers; now and then there is none at all."""
    whole = chance.random() < 0.4
    pool = (None,) if chance.random() < 0.1 else WHOLE if whole else PHONES
    return _rows(chance, pool), whole


def _labels(chance, count, labels=LABELS):
    return chance.sample(labels, count)


# polars

POLARS_TEXT: tuple[Callable[[list[Any]], pl.Series], ...] = (
    lambda phones: pl.Series(phones, dtype=pl.String),
    lambda phones: pl.Series(phones, dtype=pl.Categorical),
    lambda phones: pl.Series(phones, dtype=pl.Enum(sorted({each for each in phones if each}))),
    lambda phones: pl.Series([each and each.encode() for each in phones], dtype=pl.Binary),
    lambda phones: pl.Series(phones, dtype=pl.Object),
    lambda phones: pl.concat([pl.Series(phones[:1], dtype=pl.String), pl.Series(phones[1:], dtype=pl.String)]),
)
POLARS_WHOLE = (pl.Int64, pl.UInt64, pl.Float64, pl.Int128, pl.Decimal(20, 2))
POLARS_BESIDE: tuple[Callable[[int], pl.Series], ...] = (
    lambda count: pl.Series([[row, None] for row in range(count)], dtype=pl.List(pl.Int64)),
    lambda count: pl.Series([{"a": row, "b": [row]} for row in range(count)]),
    lambda count: pl.Series([[1, row] for row in range(count)], dtype=pl.Array(pl.Int64, 2)),
    lambda count: pl.Series([10**30 + row for row in range(count)], dtype=pl.Int128),
    lambda count: pl.Series([START + timedelta(hours=row) for row in range(count)], dtype=pl.Datetime("ns", "UTC")),
    lambda count: pl.Series([timedelta(row) for row in range(count)], dtype=pl.Duration),
    lambda count: pl.Series([time(row % 24) for row in range(count)], dtype=pl.Time),
    lambda count: pl.Series([None] * count, dtype=pl.Null),
    lambda count: pl.Series([float("nan"), *[1.0] * count][:count], dtype=pl.Float32),
    lambda count: pl.Series([set()] * count, dtype=pl.Object),
    lambda count: pl.Series([b"\xff"] * count, dtype=pl.Binary),
)


def odd_polars(chance):
    """Gives a polars frame, eager or lazy."""
    phones, whole = _phones(chance)
    values = [each and Decimal(each) for each in phones] if whole else phones
    sort = chance.choice(POLARS_WHOLE) if whole else chance.choice(POLARS_TEXT)
    cells = pl.Series(values, dtype=pl.Decimal(20, 2)).cast(sort) if whole else sort(phones)
    beside = chance.sample(POLARS_BESIDE, chance.randrange(4))
    labels = _labels(chance, len(beside) + 1)
    columns = [cells, *(each(len(phones)) for each in beside)]
    frame = pl.DataFrame([each.alias(label) for each, label in zip(columns, labels, strict=True)])
    if phones and chance.random() < 0.3:
        frame, phones = frame[::-1], phones[::-1]
    lazy = chance.random() < 0.3 and pl.Object not in frame.dtypes
    return Odd(frame.lazy() if lazy else frame, labels[0], phones)


# pandas

PANDAS_TEXT: tuple[Callable[[list[Any]], pd.Series], ...] = (
    lambda phones: pd.Series(phones, dtype="str"),
    lambda phones: pd.Series(phones, dtype="string"),
    lambda phones: pd.Series(phones, dtype=pd.StringDtype("python")),
    lambda phones: pd.Series(phones, dtype=object),
    lambda phones: pd.Series(phones, dtype="category"),
    lambda phones: pd.Series(phones, dtype=pd.ArrowDtype(pa.string())),
    lambda phones: pd.Series(phones, dtype=pd.ArrowDtype(pa.large_string())),
    lambda phones: pd.Series(phones, dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))),
    mixed,
)
PANDAS_WHOLE = ("float64", "Int64", "Float64", "int64[pyarrow]", "double[pyarrow]", "Sparse[float64]", "category")
PANDAS_BESIDE: tuple[Callable[[int], Any], ...] = (
    lambda count: pd.arrays.SparseArray([0, 1] * count, fill_value=0)[:count],
    lambda count: pd.interval_range(0, count),
    lambda count: pd.period_range("2026", periods=count, freq="M"),
    lambda count: pd.date_range("2026-03-29", periods=count, freq="h", tz="Europe/Paris"),
    lambda count: pd.to_timedelta(range(count), unit="s"),
    lambda count: pd.Series([10**30] * count, dtype=object),
    lambda count: np.array([1j] * count, dtype=complex),
    lambda count: pd.array([None, True] * count, dtype="boolean")[:count],
    lambda count: pd.array([[1], None] * count, dtype=pd.ArrowDtype(pa.list_(pa.int64())))[:count],
    lambda count: pd.Series([{"a": [1]}, (1,), pd.NA] * count, dtype=object)[:count],
    lambda count: pd.Categorical(["b", "a"] * count, categories=["b", "a", "c"], ordered=True)[:count],
    lambda count: np.ones(count, dtype="float16"),
    lambda count: np.zeros(count, dtype="datetime64[s]"),
)
PANDAS_INDEXES: tuple[Callable[[int], pd.Index], ...] = (
    lambda count: pd.RangeIndex(5, 5 - count, -1, name="key"),
    lambda count: pd.Index([7] * count),
    lambda count: pd.MultiIndex.from_arrays([["a"] * count, range(count)], names=["side", None]),
    lambda count: pd.date_range("2026-10-25", periods=count, freq="h", tz="Europe/London"),
    lambda count: pd.DatetimeIndex([pd.NaT] * count),
    lambda count: pd.interval_range(0, count),
    lambda count: pd.CategoricalIndex(["b"] * count, categories=["a", "b"]),
    lambda count: pd.Index([None, 1.5, "x", ("t", 1)] * count, dtype=object, tupleize_cols=False)[:count],
    lambda count: pd.Index([float("nan")] * count, name="hlr_state"),
    lambda count: pd.Index([f"{row}" for row in range(count)], dtype=pd.ArrowDtype(pa.string())),
)
PANDAS_LABELS = (*LABELS, "", 0, 1.5, ("a", 1), pd.Timestamp("2026"), b"phone", date(2026, 1, 1), pd.Interval(0, 1))


def odd_pandas(chance):
    """Gives a pandas frame."""
    phones, whole = _phones(chance)
    if whole:
        values = [float(each) if each else None for each in phones]
        cells = pd.Series(values, dtype="float64").astype(chance.choice(PANDAS_WHOLE))
    else:
        cells = chance.choice(PANDAS_TEXT)(phones)
    beside = chance.sample(PANDAS_BESIDE, chance.randrange(4))
    labels = _labels(chance, len(beside) + 1, PANDAS_LABELS)
    if len(beside) > 1 and chance.random() < 0.3:
        labels[2] = labels[1]
    columns = [cells, *(pd.Series(each(len(phones))) for each in beside)]
    frame = pd.concat(columns, axis=1)
    frame.columns = pd.Index(labels, dtype=object, tupleize_cols=False)
    if chance.random() < 0.7:
        frame.index = chance.choice(PANDAS_INDEXES)(len(phones))
    if chance.random() < 0.3:
        frame.attrs = {"source": ["crm"]}
    if chance.random() < 0.2:
        frame, phones = frame.iloc[::-2], phones[::-2]
    return Odd(frame, labels[0], phones)


# pyarrow

ARROW_TEXT = (
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.uint32(), pa.large_string()),
    pa.json_(),
)
ARROW_WHOLE = (pa.int64(), pa.uint64(), pa.float64(), pa.decimal128(20, 0), pa.dictionary(pa.int8(), pa.int64()))
ARROW_BESIDE: tuple[Callable[[int], pa.Array], ...] = (
    lambda count: pa.array([{"a": [row]} for row in range(count)], pa.struct([("a", pa.list_(pa.int8()))])),
    lambda count: pa.array([[("k", row)] for row in range(count)], pa.map_(pa.string(), pa.int64())),
    pa.nulls,
    lambda count: pa.array([b"0123456789abcdef"] * count, pa.binary(16)).cast(pa.uuid()),
    lambda count: pa.array([START] * count, pa.timestamp("ns", "Europe/Paris")),
    lambda count: pa.array([(1, 2, 3)] * count, pa.month_day_nano_interval()),
    lambda count: pa.array([Decimal(10) ** 50] * count, pa.decimal256(60, 2)),
    lambda count: pa.array(["a"] * count, pa.string_view()),
    lambda count: pa.array([1.5] * count, pa.float16()),
)


def odd_arrow(chance):
    """Gives a table, a batch, a reader, or something with a stream."""
    phones, whole = _phones(chance)
    kind = chance.choice(ARROW_WHOLE if whole else ARROW_TEXT)
    values = [int(each) if each else None for each in phones] if whole else phones
    cells = pa.array(values, pa.int64() if whole else pa.string())
    cells = cells.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else cells.cast(kind)
    beside = chance.sample(ARROW_BESIDE, chance.randrange(4))
    labels = [*_labels(chance, len(beside) + 1), ""]
    fields = [
        pa.field(label, each.type, metadata={"from": "crm"})
        for each, label in zip((cells, *(each(0) for each in beside)), labels, strict=False)
    ]
    if len(beside) > 1 and chance.random() < 0.3:
        fields[2] = fields[2].with_name(fields[1].name)
    table = pa.table([cells, *(each(len(phones)) for each in beside)], schema=pa.schema(fields, {"made": "by a test"}))
    cut = chance.randrange(len(phones) + 1)
    table = pa.concat_tables([table.slice(0, cut), table.slice(cut, 0), table.slice(cut)])
    makers = (lambda: table, table.to_reader, lambda: _batch(table), lambda: Stream.of(table))
    return Odd(chance.choice(makers)(), labels[0], phones)


def _batch(table):
    return pa.RecordBatch.from_arrays([each.combine_chunks() for each in table.itercolumns()], schema=table.schema)


# DuckDB

DUCKDB_WHOLE = ("bigint", "hugeint", "double", "decimal(20, 2)", "ubigint", "varchar")
DUCKDB_BESIDE = (
    "[row, null]",
    "{'a': row, 'b': [row::hugeint]}",
    "map {'k': row}",
    "170141183460469231731687303715884105727::hugeint",
    "'a'::enum('b', 'a')",
    "interval '1' month",
    "'2026-03-29 01:30:00+00'::timestamptz",
    "'infinity'::date",
    "'10:00:00+02'::timetz",
    "null",
    "'5b2e9ad4-8f35-4d4f-9a4f-0d1a2b3c4d5e'::uuid",
    "union_value(number := row)",
    "[1, 2]::integer[2]",
)


def odd_relation(chance):
    """Gives a relation on a connection of its own."""
    phones, whole = _phones(chance)
    kind = chance.choice(DUCKDB_WHOLE) if whole else chance.choice(("varchar", "blob"))
    beside = chance.sample(DUCKDB_BESIDE, chance.randrange(4))
    labels = _labels(chance, len(beside) + 1)
    quoted = ['"{}"'.format(label.replace('"', '""')) for label in labels]
    connection = duckdb.connect()
    source = pa.table({"row": pa.array(range(len(phones)), pa.int32()), "phone": pa.array(phones, pa.string())})
    connection.register("source", source)
    columns = ", ".join(f"{each} as {label}" for each, label in zip([f"phone::{kind}", *beside], quoted, strict=True))
    connection.execute(f"create table contacts as select {columns} from source order by row")  # noqa: S608  # our own
    makers = (lambda: connection.table("contacts"), lambda: connection.sql("from contacts limit 1000"))
    return Odd(chance.choice(makers)(), labels[0], phones)


ODD = {"polars": odd_polars, "pandas": odd_pandas, "arrow": odd_arrow, "duckdb": odd_relation}


def odd_frame(library, seed):
    """Gives one odd frame of a library."""
    return ODD[library](random.Random(seed))
