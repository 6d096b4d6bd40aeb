"""pyarrow: Tables, RecordBatches and readers; and anything else with an Arrow PyCapsule stream."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames.adapters.opened import OpenFrame, Wanted
from hlrframe.frames.to_text import series_of, texts_of

__all__ = ["attach_to_table", "open", "takes"]

#: Rows in one chunk of an Arrow result: far too few for the 2 GiB of text that a chunk can hold.
CHUNK_ROWS: Final = 1 << 20


def takes(frame: Any) -> bool:
    """Says whether it is of pyarrow; what only streams as Arrow does is opened here where nobody else takes it."""
    return isinstance(frame, pa.Table | pa.RecordBatch | pa.RecordBatchReader)


def open(frame: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a table, a batch, a reader or a stream; the first three come back as they went, a stream as a table."""
    if isinstance(frame, pa.RecordBatchReader):
        wanted.check(frame.schema.names)
        opened = open(frame.read_all(), wanted)
        return replace(opened, attach=lambda results: opened.attach(results).to_reader())
    if isinstance(frame, pa.RecordBatch):
        opened = open(pa.Table.from_batches([frame]), wanted)
        return replace(opened, attach=lambda results: _as_batch(opened.attach(results)))
    table = frame if isinstance(frame, pa.Table) else _table_of_stream(frame)
    wanted.check(table.column_names)
    try:
        table.validate(full=True)  # damage that shows when the results are written would show too late
    except pa.ArrowInvalid as error:
        raise InputError("the table is damaged: a column's offsets or bytes make no sense; read it again") from error
    return wanted.open(
        table.column_names,
        lambda name: texts_of(series_of(table.column(name), name)),
        lambda results: attach_to_table(table, results),
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
            f"pass a polars, pandas or pyarrow frame, a DuckDB relation or an Arrow stream{_instead(frame)}"
        ) from error


def _instead(thing: Any) -> str:
    """Says what may have been meant by what is no frame."""
    if isinstance(thing, str | os.PathLike):
        return "; of a file use hlrframe.enrich_file and the like"
    if isinstance(thing, Mapping | list | tuple):
        return "; of such make one first, as polars.DataFrame(...) does, or use hlrframe.lookup for a list of numbers"
    return "; for one column alone use hlrframe.lookup" if hasattr(thing, "__len__") else ""


def attach_to_table(table: pa.Table, results: pl.DataFrame) -> pa.Table:
    """Puts result columns beside those of a table."""
    whole = results.to_arrow()
    columns = pa.Table.from_batches(whole.to_batches(max_chunksize=CHUNK_ROWS), schema=whole.schema)
    for name, values in zip(columns.column_names, columns.itercolumns(), strict=True):
        plain = values.cast(pa.string()) if values.type == pa.large_string() else values
        table = table.append_column(name, plain)
    return table


def _as_batch(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([each.combine_chunks() for each in table.itercolumns()], schema=table.schema)
