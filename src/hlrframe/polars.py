"""Methods and expressions of polars: ``import hlrframe.polars`` adds ``.hlr`` to frames, series and expressions.

What asks the provider is a method of a frame or a series, and runs when it is called. What stands in an expression is
free, and may run as often as polars likes::

    import hlrframe.polars
    import polars as pl

    contacts = contacts.with_columns(msisdn=pl.col("phone").hlr.msisdn(region="GB"))
    contacts = contacts.hlr.enrich("phone", store="answers")

polars runs an expression of Python as often as it is written: several readings of one column come cheapest as one
column of ``parse()``, unnested. A key of a join is a column that was made before: polars refuses the expression there.

A type checker does not see ``.hlr``, as with every namespace that is registered: where that matters call the functions
(``hlrframe.enrich(contacts, "phone")``), or the classes here (``HlrExpr(pl.col("phone")).msisdn()``).
"""

from typing import Final

import polars as pl

from hlrframe.frames import READINGS, FrameAccessor, SeriesAccessor, read_cells
from hlrframe.model import check_region
from hlrframe.system import sealed, sealed_class

__all__ = ["HlrExpr", "HlrFrame", "HlrLazyFrame", "HlrSeries"]

#: The region beside the cells, in a struct of the two.
_REGION: Final = "\0region"


@sealed_class
@pl.api.register_dataframe_namespace("hlr")
class HlrFrame(FrameAccessor):
    """``frame.hlr`` of a DataFrame.

    >>> import hlrframe as hf, hlrframe.polars
    >>> contacts = pl.DataFrame({"phone": ["07400 123456", "n/a"]})
    >>> contacts.hlr.clean("phone", default_region="GB")["hlr_msisdn"].to_list()
    ['447400123456', None]
    >>> contacts.hlr.estimate("phone", settings=hf.Settings(default_region="GB")).credits_high
    1.0
    """


@sealed_class
@pl.api.register_lazyframe_namespace("hlr")
class HlrLazyFrame(FrameAccessor):
    """``lazy.hlr`` of a LazyFrame: the plan is collected and paid for when the method is called, once."""


@sealed_class
@pl.api.register_expr_namespace("hlr")
class HlrExpr:
    """``pl.col("phone").hlr``: what the numbering plans tell of each cell. Free, pure, offline, row by row.

    Every method takes ``region``: the ISO 3166 alpha-2 code of the country whose national numbers are meant, or an
    expression that gives each row's country as a code, a name or a calling code, or ``None``, which never guesses. The
    result keeps the name of the column. A null has no number; its reason is ``empty``.
    """

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def msisdn(self, *, region: str | pl.Expr | None = None) -> pl.Expr:
        """Gives the number as E.164 digits without plus; null where there is none.

        Raises:
            ConfigError: The region is none.
            InputError: The column cannot hold telephone numbers; raised when the expression runs.

        >>> import hlrframe.polars
        >>> contacts = pl.DataFrame({"phone": ["07400 123456", "0151 12345678"], "country": ["UK", "Germany"]})
        >>> contacts.select(pl.col("phone").hlr.msisdn(region=pl.col("country")))["phone"].to_list()
        ['447400123456', '4915112345678']
        """
        return self._read("msisdn", region=region)

    def reason(self, *, region: str | pl.Expr | None = None) -> pl.Expr:
        """Gives why a cell holds no number, as a stable code such as ``needs_region``; null where it holds one."""
        return self._read("reason", region=region)

    def region(self, *, region: str | pl.Expr | None = None) -> pl.Expr:
        """Gives the number's country, ISO 3166 alpha-2; null for +800 and the like."""
        return self._read("region", region=region)

    def number_type(self, *, region: str | pl.Expr | None = None) -> pl.Expr:
        """Gives the number's type by its numbering plan, in the provider's words (:class:`~hlrframe.NumberType`)."""
        return self._read("number_type", region=region)

    def parse(self, *, region: str | pl.Expr | None = None) -> pl.Expr:
        """Gives msisdn, reason, region and number type as a struct: each cell is read once for the four of them.

        >>> import hlrframe.polars
        >>> contacts = pl.DataFrame({"phone": ["07400 123456"]})
        >>> contacts.select(pl.col("phone").hlr.parse(region="GB")).unnest("phone").row(0)
        ('447400123456', None, 'GB', 'MOBILE')
        """
        return self._read(*READINGS, region=region)

    def _read(self, *names: str, region: str | pl.Expr | None) -> pl.Expr:
        kind = pl.Struct(dict.fromkeys(names, pl.String)) if len(names) > 1 else pl.String()
        if isinstance(region, pl.Expr):
            both = pl.struct(self._expr, region.alias(_REGION))
            return _fenced(both.map_batches(sealed(lambda rows: _read_both(rows, names)), kind, is_elementwise=True))
        country = check_region(region)
        read = sealed(lambda cells: _read(cells, names, region=country))
        reading = self._expr.map_batches(read, kind, is_elementwise=True)
        return _fenced(reading)


@sealed_class
@pl.api.register_series_namespace("hlr")
class HlrSeries(SeriesAccessor):
    """``series.hlr``: ``lookup()``, which asks, and the free readings of :class:`HlrExpr`, which do not."""

    def msisdn(self, *, region: str | pl.Series | None = None) -> pl.Series:
        """Gives the numbers as E.164 digits without plus; null where there is none.

        Raises:
            ConfigError: The region is none.
            InputError: The column cannot hold telephone numbers.

        >>> import hlrframe.polars
        >>> pl.Series(["07400 123456", "n/a"]).hlr.msisdn(region="GB").to_list()
        ['447400123456', None]
        """
        return self._read("msisdn", region=region)

    def reason(self, *, region: str | pl.Series | None = None) -> pl.Series:
        """Gives why cells hold no number; see :meth:`HlrExpr.reason`."""
        return self._read("reason", region=region)

    def region(self, *, region: str | pl.Series | None = None) -> pl.Series:
        """Gives the numbers' countries; see :meth:`HlrExpr.region`."""
        return self._read("region", region=region)

    def number_type(self, *, region: str | pl.Series | None = None) -> pl.Series:
        """Gives the numbers' types; see :meth:`HlrExpr.number_type`."""
        return self._read("number_type", region=region)

    def parse(self, *, region: str | pl.Series | None = None) -> pl.Series:
        """Gives the four readings as a struct; see :meth:`HlrExpr.parse`."""
        return self._read(*READINGS, region=region)

    def _read(self, *names: str, region: str | pl.Series | None) -> pl.Series:
        if isinstance(region, pl.Series):
            return _read(self._held, names, regions=region)
        return _read(self._held, names, region=region)


def _fenced(reading: pl.Expr) -> pl.Expr:
    """Keeps a reading out of the keys of joins, as what is not elementwise is.

    The streaming engine computes those keys on the very threads that a reading needs for itself, and would hang.
    """
    return reading.shift(0)


def _read(
    cells: pl.Series, names: tuple[str, ...], *, region: str | None = None, regions: pl.Series | None = None
) -> pl.Series:
    readings = read_cells(cells, names, region=region, regions=regions)
    return readings.to_struct(cells.name) if len(names) > 1 else readings.to_series().alias(cells.name)


def _read_both(rows: pl.Series, names: tuple[str, ...]) -> pl.Series:
    cells, regions = rows.struct.unnest().get_columns()
    return _read(cells, names, regions=regions)
