"""pandas: DataFrames and Series. pandas itself is imported by whoever hands one in."""

from typing import Any

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames.adapters.opened import OpenFrame, Wanted, libraries
from hlrframe.frames.to_text import series_of, texts_of, texts_of_each

__all__ = ["open", "takes", "texts_of_series"]


def takes(frame: Any) -> bool:
    """Says whether it is a frame of pandas."""
    return bool(libraries().is_pandas_dataframe(frame))


def open(frame: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a frame; its index stays, whatever it is."""
    if frame.columns.nlevels > 1:
        raise InputError(
            "the frame has columns of several levels: flatten them first, e.g. with df.columns.map('_'.join)"
        )
    names = list(frame.columns)
    for label in frame.index.names:
        if label is not None and label in wanted.naming.columns and label not in names:
            raise InputError(f"{label!r} is the frame's index, not a column: pass frame.reset_index()")
    wanted.check(names)
    return wanted.open(
        names, lambda name: texts_of_series(frame[name], name), lambda results: _attach_to_pandas(frame, results)
    )


def texts_of_series(series: Any, column: str) -> pl.Series:
    """Gives a series as text or null."""
    if series.dtype == object:
        return texts_of_each(series.tolist())
    if isinstance(series.dtype, libraries().get_pandas().SparseDtype):
        return texts_of_series(series.sparse.to_dense(), column)
    if str(series.dtype) == "category":
        texts = texts_of_series(series.cat.categories.to_series(), column)
        return texts.gather(pl.Series(series.cat.codes.to_numpy()).cast(pl.Int64).replace(-1, None))
    return texts_of(series_of(series, column))


def _attach_to_pandas(frame: Any, results: pl.DataFrame) -> Any:
    # Nullable types, so that a missing answer stays missing: NumPy's would make it False or a text.
    pandas = libraries().get_pandas()
    nullable = {pa.large_string(): pandas.StringDtype(), pa.bool_(): pandas.BooleanDtype()}
    columns = results.to_arrow().to_pandas(types_mapper=nullable.get)
    # By position: an index may be out of order or hold a label twice.
    return frame.assign(**{name: columns[name].array for name in columns.columns})
