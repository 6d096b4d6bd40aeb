"""The boundary to frame libraries: any frame in, its phone column as text; results in, the same type of frame out.

No other package knows one frame library from another. Rows keep their number, order, index and every input column.

::

    opened   what every adapter gives, and how columns are checked   <- open this first
    polars, pandas, duckdb, arrow   one library each
    cells    frames whose rows an engine holds: distinct cells out, answers back
    dask, spark   one engine each

Another library is one more file, and its place in :data:`ADAPTERS`.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames.adapters import arrow, dask, duckdb, pandas, spark
from hlrframe.frames.adapters import polars as polars_adapter
from hlrframe.frames.adapters.opened import Adapter, OpenFrame, Wanted, libraries
from hlrframe.frames.to_text import series_of, texts_of, texts_of_each
from hlrframe.model import Naming
from hlrframe.run import Cells

__all__ = ["ADAPTERS", "Adapter", "OpenFrame", "Wanted", "open_frame", "open_list"]

#: In the order in which they are asked: pandas last, since asking whether a frame is one of its loads narwhals.
ADAPTERS: Final[tuple[Adapter, ...]] = (polars_adapter, arrow, duckdb, pandas, dask, spark)


def open_frame(
    frame: Any,
    column: Any,
    *,
    region_column: str | None = None,
    handoff: str | os.PathLike[str] | None = None,
    adapters: Sequence[Adapter] = ADAPTERS,
) -> OpenFrame:
    """Opens a frame.

    Args:
        frame: polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, RecordBatch or RecordBatchReader, DuckDB
            relation, or anything with an Arrow PyCapsule stream. What can be read only once, or costs to read, is
            read here, once, after its names have been checked.
        column: The phone columns, and what their results will be called; or the name of one alone, or a list, where
            the caller sees to names.
        region_column: Name of the column that names each number's country, if there is one.
        handoff: Folder that this process and an engine's workers share, for answers that are too many to be sent.
        adapters: Who is asked whether the frame is theirs.

    Raises:
        InputError: No such column, no such type of frame, a column that cannot hold telephone numbers, one column for
            both numbers and countries, or a result column that the frame already has; the message names the cure.
    """
    if hasattr(type(frame), "to_native"):
        raise InputError("this is a narwhals frame: pass its .to_native()")
    naming = column if isinstance(column, Naming) else Naming.of_names(column)
    wanted = Wanted(naming, region_column, None if handoff is None else os.fspath(handoff))
    for adapter in adapters:
        if adapter.takes(frame):
            return adapter.open(frame, wanted)
    return arrow.open(frame, wanted)


def open_list(numbers: Any, naming: Naming) -> OpenFrame:
    """Opens a series, array or list of numbers, whose results stand alone.

    Args:
        numbers: The list, which is the one phone column.
        naming: What its results are called.

    Raises:
        InputError: It cannot hold telephone numbers, or is a whole frame.
    """
    return OpenFrame(Cells([_texts_of_list(numbers)]), (), lambda results: results, naming)


def _texts_of_list(numbers: Any) -> pl.Series:
    if not isinstance(numbers, list | pl.Series) and libraries().is_into_dataframe(numbers):
        raise InputError("numbers must be a series, an array or a list: pass one column, or the frame to enrich()")
    if isinstance(numbers, pl.Series):
        return texts_of(numbers)
    if libraries().is_pandas_series(numbers):
        return pandas.texts_of_series(numbers, "numbers")
    if isinstance(numbers, pa.Array | pa.ChunkedArray):
        return texts_of(series_of(numbers, "numbers"))
    if isinstance(numbers, str | bytes | Mapping) or not hasattr(numbers, "__iter__"):
        raise InputError("numbers must be a series, an array or a list; for one number pass a list of one")
    return texts_of_each(numbers)
