"""Cells to text: a column of any type, with every digit that it still has and none that it has lost."""

import math
import numbers
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError

__all__ = ["series_of", "text_of", "texts_of", "texts_of_each"]

#: What a number reads as whose digits are lost: a rejection, never the number beside it that happens to be valid.
LOST: Final = "1E+99"
#: Whole numbers below this are exact in a double, and all telephone numbers are (at most 15 digits).
EXACT: Final = 2**53
#: The same for shorter floats: no whole telephone number fits.
EXACT_SINGLE: Final = 2**24
#: Bytes of a double.
DOUBLE: Final = 8
#: Numbers from here on are no telephone numbers, and Python refuses to print the longest of them.
MOST: Final = 10**40


def series_of(values: Any, column: str) -> pl.Series:  # an array of pyarrow, or a series of pandas
    """Gives a column of another library as a polars series.

    Raises:
        InputError: It has no counterpart.
    """
    try:
        return pl.Series(
            str(column), _plain(values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values))
        )
    except (pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError):
        # Their words may quote a cell.
        kind = getattr(values, "dtype", None) or values.type
        raise InputError(f"column {column!r} holds {kind}, which cannot be read: turn it into text first") from None


def _plain(values: Any) -> Any:  # an array of pyarrow
    """Gives an array whose type polars knows, where there is one with the same cells.

    Raises:
        TypeError: An extension type whose cells are no text: what it keeps them as would be mistaken for numbers.
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        if not (pa.types.is_string(kind.storage_type) or pa.types.is_large_string(kind.storage_type)):
            raise TypeError(kind)
        return values.cast(kind.storage_type)
    if pa.types.is_run_end_encoded(kind):
        import pyarrow.compute as pc  # noqa: PLC0415  # takes long to load, and is seldom needed

        return pc.call_function("run_end_decode", [values])
    return values.cast(pa.string()) if pa.types.is_decimal256(kind) else values


def texts_of(values: pl.Series) -> pl.Series:
    """Gives a typed column as text or null: what is a whole number reads as its digits, whatever type it came in.

    Raises:
        InputError: The type cannot hold telephone numbers.

    >>> texts_of(pl.Series([447400123456.0, 0.5, float("nan")])).to_list()
    ['447400123456', '1E+99', None]
    """
    kind = values.dtype
    if kind == pl.String:
        return values
    if kind.is_integer() or kind in (pl.Categorical, pl.Enum, pl.Null):
        return values.cast(pl.String)
    if kind.is_decimal():
        return _texts_of_decimals(values)
    if kind.is_float():
        return _texts_of_floats(values)
    if kind in (pl.Object, pl.Binary):
        return texts_of_each(values).alias(values.name)
    cure = "give each number its row (explode)" if kind.is_nested() else "pass the name of a text column"
    raise InputError(f"column {values.name!r} holds {kind}, which cannot hold telephone numbers: {cure}")


def texts_of_each(values: Iterable[object]) -> pl.Series:
    """Gives values of mixed types as text or null."""
    found = list(values)
    clean = all(each is None or (type(each) is str and each.isascii()) for each in found)
    return pl.Series(found if clean else [text_of(each) for each in found], dtype=pl.String)


def text_of(value: object) -> str | None:
    """Gives one value as text; ``None`` where it says that there is none; several values as a list of them.

    >>> text_of(447400123456.0), text_of(float("nan")), text_of(b"07400 123456")
    ('447400123456', None, '07400 123456')
    >>> text_of(["07400 123456", 447400123457, None]), text_of([])
    ('07400 123456; 447400123457', None)
    """
    if value is None or isinstance(value, str):
        # Half a surrogate pair, left over from a wrong decoding, is no text to polars.
        return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal | numbers.Real):
        return _text_of_number(value)
    if isinstance(value, Collection) or hasattr(value, "__array__"):
        return _text_of_several(value)
    # pandas' NA and NaT say so in their own way: nothing equals them.
    return None if type(value).__name__ in {"NAType", "NaTType"} else str(value)


def _text_of_several(value: Any) -> str | None:  # a collection, or an array of another library
    """Gives the values of a list, an array or a mapping, one behind the other."""
    values = value.values() if isinstance(value, Mapping) else value.tolist() if hasattr(value, "tolist") else value
    texts = [text for each in (values if isinstance(values, Iterable) else [values]) if (text := text_of(each))]
    return "; ".join(texts) or None


def _text_of_number(value: "Decimal | numbers.Real") -> str | None:
    if isinstance(value, numbers.Integral):
        return _digits(int(value), MOST)
    if isinstance(value, Decimal):
        return None if value.is_nan() else _digits(value, MOST)
    # NumPy's short floats know their size; Python's own are doubles.
    exact = EXACT if getattr(value, "itemsize", DOUBLE) >= DOUBLE else EXACT_SINGLE
    return None if math.isnan(value) else _digits(float(value), exact)


def _digits(value: float | Decimal, limit: int) -> str:
    whole = -limit < value < limit and value == math.floor(value)
    return str(int(value)) if whole else LOST


def _texts_of_decimals(values: pl.Series) -> pl.Series:
    # Not by methods of the series: its name may read as a pattern of names.
    text = pl.col("text").str.replace(r"\.0*$", "")
    whole = pl.when(~text.str.contains(".", literal=True)).then(text).otherwise(pl.lit(LOST))
    texts = values.cast(pl.String).to_frame("text").select(pl.when(pl.col("text").is_not_null()).then(whole))
    return texts.to_series().alias(values.name)


def _texts_of_floats(values: pl.Series) -> pl.Series:
    value = pl.col("value")
    exact = EXACT if values.dtype == pl.Float64 else EXACT_SINGLE
    text = (
        pl.when(value.is_null() | value.is_nan())
        .then(None)
        .when((value.abs() < exact) & (value == value.floor()))
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(pl.lit(LOST))
    )
    return values.to_frame("value").select(text).to_series().alias(values.name)
