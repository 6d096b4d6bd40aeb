"""An enriched frame whose rows are there, read as somebody has made it: by a file, or by another library."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError

__all__ = ["open_rows", "results_as_text", "results_of"]

#: What cells raise that have no type in common.
_NO_ARROW: Final = (pa.ArrowException, pl.exceptions.PolarsError, TypeError, ValueError, OverflowError)


def open_rows(frame: Any, what: str) -> Any:  # any frame in, one of narwhals out
    """Opens a frame of polars, pandas or pyarrow.

    Args:
        frame: The frame; a lazy one of polars is read.
        what: What is to be done with it, for the message.

    Raises:
        InputError: It is none of these, or has columns that only their places tell apart.
    """
    import narwhals.stable.v2 as nw  # noqa: PLC0415  # seldom wanted, and a tenth of what importing all else takes
    from narwhals.exceptions import DuplicateError  # noqa: PLC0415  # the same

    given = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    try:
        known = nw.from_native(given, eager_only=True, pass_through=True)
    except DuplicateError:
        raise InputError("the frame has several columns of one name: rename all but one") from None
    if not isinstance(known, nw.DataFrame):
        raise InputError(f"cannot {what} a {type(frame).__name__}: pass a polars, pandas or pyarrow frame")
    return known


def results_of(known: Any, names: Iterable[Any]) -> pl.DataFrame:  # a frame that open_rows gave
    """Gives some columns; cells of mixed types, which pandas alone has, as texts."""
    columns = []
    for name in names:
        values = known[name]
        try:
            columns.append(pl.Series(str(name), values.to_arrow()))
        except (*_NO_ARROW, pl.exceptions.PanicException):
            cells = zip(values.to_list(), values.is_null().to_list(), strict=True)
            columns.append(pl.Series(str(name), [None if missing else str(cell) for cell, missing in cells], pl.String))
    return pl.DataFrame(columns)


def results_as_text(values: pl.Series) -> pl.Series:
    """Gives a result as text, which a file or another library may have read as a number; times stay times."""
    if values.dtype.is_float():
        values = values.cast(pl.Int64)
    return values if values.dtype.is_temporal() else values.cast(pl.String)
