"""Methods of pandas: ``import hlrframe.pandas`` adds ``.hlr`` to frames and series.

::

    import hlrframe.pandas

    contacts["msisdn"] = contacts["phone"].hlr.msisdn(region="GB")
    contacts = contacts.hlr.enrich("phone", store="answers")

A type checker does not see ``.hlr``, as with every accessor that is registered: where that matters call the functions
(``hlrframe.enrich(contacts, "phone")``), or the classes here (``HlrSeries(contacts["phone"]).msisdn()``).
"""

from typing import TYPE_CHECKING, Any

from hlrframe.errors import InputError
from hlrframe.frames import READINGS, FrameAccessor, SeriesAccessor, open_frame, read_cells
from hlrframe.system import sealed_class

if TYPE_CHECKING:
    import pandas as pd
else:
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError('hlrframe.pandas needs pandas: pip install "hlrframe[pandas]"') from error

__all__ = ["HlrFrame", "HlrSeries"]


@sealed_class
@pd.api.extensions.register_dataframe_accessor("hlr")
class HlrFrame(FrameAccessor):
    """``frame.hlr`` of a DataFrame.

    >>> import pandas as pd, hlrframe as hf, hlrframe.pandas
    >>> contacts = pd.DataFrame({"phone": ["07400 123456", "n/a"]})
    >>> contacts.hlr.clean("phone", default_region="GB")["hlr_reason"].to_list()
    [<NA>, 'empty']
    >>> contacts.hlr.estimate("phone", settings=hf.Settings(default_region="GB")).credits_high
    1.0
    """


@sealed_class
@pd.api.extensions.register_series_accessor("hlr")
class HlrSeries(SeriesAccessor):
    """``series.hlr``: ``lookup()``, which asks, and what the numbering plans tell of each cell, for nothing.

    Every other method takes ``region``: the ISO 3166 alpha-2 code of the country whose national numbers are meant, or
    a series that gives each row's country as a code, a name or a calling code, or ``None``, which never guesses. Index
    and name stay. A missing cell has no number; its reason is ``empty``.
    """

    def msisdn(self, *, region: "str | pd.Series[Any] | None" = None) -> "pd.Series[str]":
        """Gives the numbers as E.164 digits without plus; missing where there is none.

        Raises:
            ConfigError: The region is none.
            InputError: The column cannot hold telephone numbers, or the regions have another index.

        >>> import pandas as pd, hlrframe.pandas
        >>> pd.Series(["07400 123456", "n/a"]).hlr.msisdn(region="GB").to_list()
        ['447400123456', <NA>]
        """
        return self._read("msisdn", region)

    def reason(self, *, region: "str | pd.Series[Any] | None" = None) -> "pd.Series[str]":
        """Gives why cells hold no number, as stable codes such as ``needs_region``; missing where they hold one."""
        return self._read("reason", region)

    def region(self, *, region: "str | pd.Series[Any] | None" = None) -> "pd.Series[str]":
        """Gives the numbers' countries, ISO 3166 alpha-2; missing for +800 and the like."""
        return self._read("region", region)

    def number_type(self, *, region: "str | pd.Series[Any] | None" = None) -> "pd.Series[str]":
        """Gives the numbers' types by their plans, in the provider's words (:class:`~hlrframe.NumberType`)."""
        return self._read("number_type", region)

    def parse(self, *, region: "str | pd.Series[Any] | None" = None) -> "pd.DataFrame":
        """Gives the four of them as the columns of a frame: each cell is read once."""
        return self._table(READINGS, region)

    def _read(self, name: str, region: "str | pd.Series[Any] | None") -> "pd.Series[str]":
        return self._table((name,), region)[name].rename(self._held.name)

    def _table(self, names: tuple[str, ...], region: "str | pd.Series[Any] | None") -> "pd.DataFrame":
        rows: pd.DataFrame = self._held.to_frame("cells")
        if not isinstance(region, pd.Series):
            return _read(rows, names, region=region)
        if not region.index.equals(rows.index):
            raise InputError("the regions have another index than the numbers: take both from one frame")
        return _read(rows.assign(regions=region.array), names, region_column="regions")


def _read(
    rows: "pd.DataFrame", names: tuple[str, ...], *, region: str | None = None, region_column: str | None = None
) -> "pd.DataFrame":
    opened = open_frame(rows, "cells", region_column=region_column)
    (texts,), regions, _ = opened.cells
    readings: pd.DataFrame = opened.attach(read_cells(texts, names, region=region, regions=regions))
    return readings[list(names)]
