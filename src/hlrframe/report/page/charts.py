"""Charts as SVG that needs nothing from elsewhere: they stretch with the page, and their letters do not.

Across, everything is in per cent; down, in pixels. A text that may be long is written twice, cut for a telephone and
cut for a desk, and the style sheet shows the one that fits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hlrframe.model import count, percent
from hlrframe.report.page.markup import cut, element, plain, text, width

__all__ = ["NARROW", "PATTERNS", "WIDE", "Part", "Row", "labels", "picture", "rows_chart", "stacked_bar", "swatch"]

#: Least widths of a chart, in ems of its letters, on a telephone and on a desk.
NARROW: Final = 21.5
WIDE: Final = 36.0
#: From this share on a part has room for its own share.
_ROOM: Final = 0.14
_BAR: Final = 44
#: Fills that letters can be read on.
_SOLID: Final = frozenset({"live", "unreachable", "dead", "paid"})
#: Most room for what stands beside a label, in ems.
_NOTE: Final = 9.0

#: Fills that say without colour that something is not known, not asked or not paid.
PATTERNS: Final = """
<svg class="hf-patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="hf-unknown" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hf-ground" width="6" height="6"/><rect class="hf-unknown-ink" width="2.6" height="6"/></pattern>
<pattern id="hf-unasked" width="7" height="7" patternUnits="userSpaceOnUse"><rect class="hf-ground" width="7" height="7"/><circle class="hf-unknown-ink" cx="3.5" cy="3.5" r="1.7"/></pattern>
<pattern id="hf-stored" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hf-ground" width="6" height="6"/><rect class="hf-live-ink" width="3.2" height="6"/></pattern>
<pattern id="hf-repeats" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="hf-ground" width="6" height="6"/><rect class="hf-unreachable-ink" width="2.4" height="6"/></pattern>
<pattern id="hf-poor" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hf-ground" width="6" height="6"/><rect class="hf-unreachable-ink" width="3.4" height="6"/></pattern>
</defs></svg>
"""  # noqa: E501  # a pattern a line


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar."""

    #: Its name; foreign text.
    label: str
    #: How long it is, in what the whole chart counts.
    value: float
    #: The fill: a class of the style sheet without ``hf-``.
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of text with one bar or several under it."""

    #: On the left; foreign text.
    label: str
    #: Beside the label, in a quieter tone.
    note: str
    #: On the right.
    figure: str
    #: The bars, each of parts.
    bars: tuple[tuple[Part, ...], ...]


def picture(body: str, *, title: str, described: str, height: float) -> str:
    """Gives a chart with a name and a description for those who do not see it."""
    return element(
        "svg",
        element("title", text(title)) + element("desc", text(described)) + body,
        class_="hf-chart",
        role="img",
        aria_label=plain(title),
        width="100%",
        height=f"{height:g}",
    )


def swatch(kind: str) -> str:
    """Gives a sample of a fill, for a legend."""
    sample = element("rect", x="1", y="1", width="12", height="12", rx="2", class_=f"hf-{kind}")
    return element("svg", sample, width="14", height="14", class_="hf-swatch", aria_hidden="true", focusable="false")


def stacked_bar(parts: Sequence[Part], *, title: str) -> str:
    """Draws one bar of parts that make up a whole; those with room say their share.

    >>> stacked_bar([Part("live", 3, "live"), Part("dead", 1, "dead")], title="Verdicts").count(">75.0%<")
    1
    """
    whole = sum(part.value for part in parts)
    drawn, start = [], 0.0
    for part in parts:
        share = part.value / whole
        drawn.append(_piece(part, start, share, height=_BAR, y=0, tip=f"{part.label}: {percent(share)}"))
        if share >= _ROOM and part.kind in _SOLID:
            drawn.append(_share_inside(start + share / 2, share))
        start += share
    described = "; ".join(f"{part.label} {percent(part.value / whole)}" for part in parts)
    return picture("".join(drawn), title=title, described=described, height=_BAR)


def _share_inside(middle: float, share: float) -> str:
    return element(
        "text",
        percent(share),
        x=f"{100 * middle:.3f}%",
        y=f"{_BAR / 2 + 5:g}",
        text_anchor="middle",
        class_="hf-inside",
    )


def rows_chart(rows: Sequence[Row], *, title: str, most: float, thick: int = 9) -> str:
    """Draws bars under lines of text.

    Args:
        rows: From above to below.
        title: What it shows, for those who do not see it.
        most: The length that fills the whole width.
        thick: Height of a bar in pixels.

    >>> chart = rows_chart([Row("Fern", "GBR", "3", ((Part("live", 3, "live"),),))], title="Numbers", most=4)
    >>> 'width="75.000%"' in chart
    True
    """
    drawn, y = [], 0.0
    for row in rows:
        drawn.append(_line(row, y + 14))
        y += 22
        for bar in row.bars:
            drawn += [
                element("rect", x="0", y=f"{y:g}", width="100%", height=thick, rx="2", class_="hf-track"),
                *_pieces(bar, most, y, thick),
            ]
            y += thick + 3
        y += 11
    described = "; ".join(f"{row.label} {row.note}: {row.figure}" for row in rows)
    return picture("".join(drawn), title=title, described=described, height=y - 11)


def labels(words: str, *, narrow: float, wide: float) -> list[tuple[str, str | None]]:
    """Gives a text as it is cut for a telephone and for a desk, each with its class; one where both are the same.

    >>> labels("Fern", narrow=9, wide=20)
    [('Fern', None)]
    >>> labels("Example Wireless", narrow=6, wide=20)
    [('Example…', 'hf-short'), ('Example Wireless', 'hf-full')]
    """
    short, full = cut(words, room=narrow), cut(words, room=wide)
    return [(short, None)] if short == full else [(short, "hf-short"), (full, "hf-full")]


def _line(row: Row, y: float) -> str:
    note = f" {cut(plain(row.note), room=_NOTE)}" if row.note else ""
    taken = width(note) + width(row.figure) + 1.5
    names = labels(plain(row.label), narrow=NARROW - taken, wide=WIDE - taken)
    quiet = element("tspan", text(note.strip()), dx="6", class_="hf-quiet") if note else ""
    drawn = [
        element("text", element("tspan", text(name), class_="hf-name") + quiet, x="0", y=f"{y:g}", class_=kind)
        for name, kind in names
    ]
    return "".join((*drawn, element("text", text(row.figure), x="100%", y=f"{y:g}", class_="hf-figure")))


def _pieces(bar: Iterable[Part], most: float, y: float, thick: int) -> Iterable[str]:
    start = 0.0
    for part in bar:
        share = part.value / most if most else 0
        if share:
            yield _piece(part, start, share, height=thick, y=y, tip=f"{part.label}: {count(part.value)}")
        start += share


def _piece(part: Part, start: float, share: float, *, height: float, y: float, tip: str) -> str:
    """Gives a rectangle with a gap of two pixels after it, where the browser can subtract."""
    return element(
        "rect",
        element("title", text(tip)),
        x=f"{100 * start:.3f}%",
        y=f"{y:g}",
        width=f"{100 * share:.3f}%",
        height=f"{height:g}",
        style=f"width:max(1.5px,calc({100 * share:.3f}% - 2px))",
        class_=f"hf-{part.kind}",
    )
