"""The same pictures as altair charts, to be altered: ``pip install "hlrframe[plot]"``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from hlrframe.errors import ConfigError
from hlrframe.model import is_share
from hlrframe.report.render import sentence_case

if TYPE_CHECKING:
    import altair as alt

__all__ = ["Plots"]

#: Fills by verdict, as on the page; what is not known is grey.
_FILLS: Final = (
    ("live", "#0f766e"),
    ("unreachable", "#b45309"),
    ("dead", "#9f1239"),
    ("unknown", "#64707d"),
    ("not_applicable", "#b8bfc6"),
    ("no answer", "#d9dde1"),
)
_ACCENT: Final = "#1d4f7c"
_PALE: Final = "#a9bfd3"
#: A chart with more rows than this is no picture any more.
MOST: Final = 20


class Plots:
    """Charts of a summary's tables, made by altair, each with the table's own columns as its data.

    ``summary.plot`` gives it. Each method gives an ``altair.Chart``, to be altered as altair allows. A notebook shows
    it as a picture that is drawn on this machine, without the internet.

    Raises:
        ConfigError: altair is not installed; raised by each method.
    """

    def __init__(self, table: Callable[[str], pl.DataFrame]) -> None:
        self._table = table

    def __repr__(self) -> str:
        return "<Plots: .verdicts(), .coverage(), .countries(), .networks(), .cost(), .portability(), .age()>"

    def verdicts(self) -> "alt.Chart":
        """Distinct numbers by verdict."""
        alt, table = _altair(), _named(self._table("verdicts"))
        return _chart(table, "Verdicts", "Distinct numbers").encode(
            x=alt.X("numbers:Q", title="Numbers"),
            y=alt.Y("verdict:N", title=None, sort=[name for name, _ in _FILLS]),
            color=_by_verdict(legend=None),
            tooltip=_tips(table),
        )

    def coverage(self) -> "alt.Chart":
        """Rows by what happened to them, and by verdict or reason."""
        alt, table = _altair(), self._table("coverage")
        return (
            _chart(table, "What became of the rows", "By state, and by verdict or reason")
            .transform_calculate(outcome="datum.verdict || datum.reason || 'no answer'")
            .encode(
                x=alt.X("sum(rows):Q", title="Rows"),
                y=alt.Y("state:N", title=None, sort="-x"),
                color=alt.Color("outcome:N", title="Verdict or reason"),
                tooltip=_tips(table),
            )
        )

    def countries(self, *, limit: int = MOST) -> "alt.Chart":
        """Share of numbers with a known status, by country.

        Args:
            limit: Most countries, the largest first.
        """
        alt, table = _altair(), self._table("countries").head(limit)
        return _chart(table, "Coverage by country", "Numbers with a known status, of those that can have one").encode(
            x=alt.X("coverage:Q", title="Coverage", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("country:N", title=None, sort=None),
            color=alt.Color(
                "poor:N",
                title="Poorly covered",
                scale=alt.Scale(domain=[False, True], range=[_FILLS[0][1], _FILLS[1][1]]),
            ),
            tooltip=_tips(table),
        )

    def networks(self, *, limit: int = MOST) -> "alt.Chart":
        """Numbers in each network's range, and numbers that it serves now.

        Args:
            limit: Most networks, the largest first.
        """
        alt, table = _altair(), self._table("networks").head(limit)
        return (
            _chart(table, "Networks", "Numbers in the range, and numbers served now where that is known")
            .transform_calculate(name="datum.network + ' (' + (datum.country || '?') + ')'")
            .transform_fold(["original", "current"], as_=["side", "count"])
            .encode(
                x=alt.X("count:Q", title="Numbers"),
                y=alt.Y("name:N", title=None, sort=None),
                yOffset=alt.YOffset("side:N", sort=["original", "current"]),
                color=alt.Color(
                    "side:N", title=None, scale=alt.Scale(domain=["original", "current"], range=[_PALE, _ACCENT])
                ),
                tooltip=_tips(table),
            )
        )

    def cost(self) -> "alt.Chart":
        """Credits spent, and credits saved by the store, by repeats and by rejections."""
        alt, table = _altair(), self._table("cost")
        return (
            _chart(table, "Cost and savings", "Credits")
            .transform_filter("datum.item == 'spent' || indexof(datum.item, 'saved') == 0")
            .encode(
                x=alt.X("credits:Q", title="Credits"),
                y=alt.Y("item:N", title=None, sort=None),
                color=alt.condition("datum.item == 'spent'", alt.value(_ACCENT), alt.value(_PALE)),
                tooltip=_tips(table),
            )
        )

    def portability(self, *, limit: int = MOST) -> "alt.Chart":
        """Ported numbers from network to network, as a grid.

        Args:
            limit: Most pairs of networks, the largest first.
        """
        alt, table = _altair(), self._table("portability").head(limit)
        return (
            _chart(table, "Ported numbers", "From the network on the left to the one above", mark="rect")
            # A name may belong to networks of several countries.
            .transform_calculate(origin="datum.from_network + ' (' + (datum.country || '?') + ')'")
            .encode(
                x=alt.X("to_network:N", title="To", axis=alt.Axis(orient="top", labelAngle=-40)),
                y=alt.Y("origin:N", title="From", sort=None),
                color=alt.Color("numbers:Q", title="Numbers", scale=alt.Scale(scheme="blues")),
                tooltip=_tips(table),
            )
        )

    def age(self) -> "alt.Chart":
        """Distinct numbers by the age of their answers, and by verdict."""
        alt, table = _altair(), _named(self._table("age"))
        return _chart(table, "Age of the answers", "Distinct numbers").encode(
            x=alt.X("numbers:Q", title="Numbers"),
            y=alt.Y("age:N", title=None, sort=None),
            color=_by_verdict(),
            tooltip=_tips(table),
        )


def _altair() -> Any:  # noqa: ANN401  # a module
    try:
        import altair  # noqa: PLC0415, ICN001  # an extra, and slow to import
    except ImportError as error:
        raise ConfigError('plots need altair: pip install "hlrframe[plot]"') from error
    return altair


def _chart(table: pl.DataFrame, title: str, subtitle: str, *, mark: str = "bar") -> "alt.Chart":
    altair = _altair()
    head = altair.TitleParams(title, subtitle=subtitle, anchor="start")
    chart: alt.Chart = _drawn_here(altair)(table, mark=mark, title=head)
    return chart


def _drawn_here(altair: Any) -> Any:  # noqa: ANN401  # a module, and a class of it
    """Gives a kind of chart that a notebook shows as a picture: altair's own way loads a script from the internet."""

    class Picture(altair.Chart):  # type: ignore[misc]  # altair is not there when types are checked
        """A chart that is drawn on this machine."""

        def _repr_mimebundle_(self, *_: object, **__: object) -> Any:  # noqa: ANN401  # data by type
            try:
                from vl_convert import vegalite_to_svg  # noqa: PLC0415  # comes with the extra
            except ImportError:
                return super()._repr_mimebundle_()
            version = ".".join(altair.VEGALITE_VERSION.split(".")[:2])
            return {"image/svg+xml": vegalite_to_svg(self.to_dict(), vl_version=version), "text/plain": repr(self)}

    return Picture


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """Gives numbers without an answer a word: a null has no place on an axis."""
    return table.with_columns(pl.col("verdict").fill_null("no answer"))


def _by_verdict(**options: object) -> Any:  # noqa: ANN401  # a channel of altair
    alt = _altair()
    names, fills = zip(*_FILLS, strict=True)
    return alt.Color("verdict:N", title="Verdict", scale=alt.Scale(domain=names, range=fills), **options)


def _tips(table: pl.DataFrame) -> list[Any]:
    """Gives every column to whoever points at a bar."""
    alt = _altair()
    return [alt.Tooltip(field=each.name, title=sentence_case(each.name), **_kind(each)) for each in table]


def _kind(column: pl.Series) -> dict[str, str]:
    if not column.dtype.is_numeric():
        return {"type": "nominal"}
    return {"type": "quantitative", "format": ".1%" if is_share(column.name) else ",.6~g"}
