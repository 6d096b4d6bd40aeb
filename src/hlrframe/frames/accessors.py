"""What the accessors of polars and pandas share: the package's functions as methods, and free readings of a column."""

from collections.abc import Callable
from types import MethodType
from typing import Any, Concatenate, Final, Generic, ParamSpec, Protocol, TypeVar, overload

import polars as pl

from hlrframe.frames.clean import clean
from hlrframe.frames.enrich import enrich, enrich_async, enrich_with_report, estimate, lookup
from hlrframe.frames.to_text import texts_of
from hlrframe.phone import number_types, parse_column
from hlrframe.system import sealed_class

__all__ = ["READINGS", "FrameAccessor", "SeriesAccessor", "read_cells"]

Given = ParamSpec("Given")
Result = TypeVar("Result")

#: What can be read in a column for nothing, in the order of ``parse()``.
READINGS: Final = ("msisdn", "reason", "region", "number_type")


class _Held(Protocol):
    _held: Any


class _Method(Generic[Given, Result]):
    """A function as a method of whoever holds its first argument.

    The method is bound to the frame itself: it has the function's own signature and documentation, and no call of its
    own stands between the caller and a warning.
    """

    def __init__(self, function: Callable[Concatenate[Any, Given], Result]) -> None:
        self._function = function

    @overload
    def __get__(self, holder: None, owner: type) -> Callable[Concatenate[Any, Given], Result]: ...
    @overload
    def __get__(self, holder: _Held, owner: type) -> Callable[Given, Result]: ...
    def __get__(self, holder: _Held | None, owner: type) -> Callable[..., Result]:
        return self._function if holder is None else MethodType(self._function, holder._held)  # noqa: SLF001  # a method


@sealed_class
class FrameAccessor:
    """The functions for frames, as methods of one: each is the function of its name.

    ``frame.hlr.enrich("phone", store="answers")`` is ``hlrframe.enrich(frame, "phone", store="answers")``.
    """

    def __init__(self, frame: Any) -> None:  # whatever the library hands over
        self._held = frame

    enrich = _Method(enrich)
    enrich_async = _Method(enrich_async)
    enrich_with_report = _Method(enrich_with_report)
    estimate = _Method(estimate)
    clean = _Method(clean)


@sealed_class
class SeriesAccessor:
    """The functions for columns, as methods of one."""

    def __init__(self, series: Any) -> None:  # whatever the library hands over
        self._held = series

    lookup = _Method(lookup)


def read_cells(
    cells: pl.Series, names: tuple[str, ...], *, region: str | None = None, regions: pl.Series | None = None
) -> pl.DataFrame:
    """Gives some of :data:`READINGS` for a column of any type that can hold numbers. Sends nothing.

    Args:
        cells: The phone column.
        names: Which readings.
        region: As for :func:`~hlrframe.phone.parse.parse_column`.
        regions: The cells of a column that names each row's country.

    Raises:
        InputError: The column cannot hold telephone numbers.
        ConfigError: The region is none.

    >>> read_cells(pl.Series([447400123456, None]), ("msisdn", "number_type")).rows()
    [('447400123456', 'MOBILE'), (None, None)]
    """
    countries = None if regions is None else texts_of(regions)
    reading = parse_column(texts_of(cells), region=region, regions=countries)
    if "number_type" in names:
        reading = reading.with_columns(number_type=number_types(reading["msisdn"]))
    return reading.select(names)
