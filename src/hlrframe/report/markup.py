"""Foreign text and figures as HTML: cleaned, escaped, rounded with care, cut to the room there is."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import polars as pl

from hlrframe.report.render import sentence_case

__all__ = ["amount", "count", "cut", "data_table", "element", "is_share", "many", "percent", "plain", "text", "width"]

#: Characters that turn the direction of what follows them: they would rearrange the page around a name.
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Widths in ems, of a wide typeface: what fits by them fits in any.
_NARROW: Final = frozenset("iljftrI.,:;'|!()[] -/·")
_BROAD: Final = frozenset("mwMW%@→")
#: Shares are tenths of a per cent, and only all of something is 100%.
_LEAST: Final = 0.001
#: An amount below this shows four digits after the point.
_SMALL: Final = 0.1
#: Columns that hold a share of something.
_SHARES: Final = ("share", "coverage", "value", "rate", "agreement")


def is_share(column: str) -> bool:
    """Tells whether a column of a table holds shares of something.

    >>> [is_share(each) for each in ("share_of_rows", "live_share", "coverage", "credits")]
    [True, True, True, False]
    """
    return column.startswith(_SHARES) or column.endswith(_SHARES)


def plain(words: object) -> str:
    r"""Gives foreign text without control characters, line breaks included.

    >>> plain("Nettle\u202e\x00\nTelecom")
    'Nettle Telecom'
    """
    kept = "".join(" " if each.isspace() else each for each in str(words) if each not in _TURNING)
    return " ".join("".join(each for each in kept if unicodedata.category(each) != "Cc").split())


def text(words: object) -> str:
    """Gives foreign text as HTML.

    >>> text("<b>Nettle & Co</b>")
    '&lt;b&gt;Nettle &amp; Co&lt;/b&gt;'
    """
    return escape(plain(words))


def element(name: str, content: str = "", **attributes: object) -> str:
    """Gives an element; an underscore in an attribute's name is a hyphen, and one at its end nothing.

    Args:
        name: The element.
        content: HTML; an element without is closed at once.
        attributes: Texts, which are escaped here; those that are ``None`` are left out.

    >>> element("text", "Fern", x="0", class_="a", text_anchor="end", y=None)
    '<text x="0" class="a" text-anchor="end">Fern</text>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def count(number: float) -> str:
    """Gives a whole number with its thousands apart.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,.0f}"


def many(number: float, one: str, several: str) -> str:
    """Gives a number of things.

    >>> many(1, "row", "rows"), many(2000, "row", "rows")
    ('1 row', '2,000 rows')
    """
    return f"{count(number)} {one if number == 1 else several}"


def percent(share: float | None) -> str:
    """Gives a share in per cent; nearly all is not all, and hardly any is not none.

    >>> [percent(each) for each in (0.8968, 0.99999, 1.0, 0.0, 0.00001, None)]
    ['89.7%', '99.9%', '100%', '0%', '<0.1%', '-']
    """
    if share is None:
        return "-"
    if share in {0, 1}:
        return f"{share:.0%}"
    return "<0.1%" if share < _LEAST else f"{min(share, 1 - _LEAST):.1%}"


def amount(value: float | None) -> str:
    """Gives credits or money: whole ones without a point, small ones with more digits.

    >>> [amount(each) for each in (1607.0, 0.875, 0.0137, 0.01, None)]
    ['1,607', '0.88', '0.0137', '0.01', '-']
    """
    if value is None:
        return "-"
    if value == round(value):
        return count(value)
    precise = abs(value) < _SMALL and round(value, 4) != round(value, 2)
    return f"{value:,.{4 if precise else 2}f}"


def width(words: str) -> float:
    """Gives how wide a text is at most, in ems.

    >>> width("ill") < width("abc") < width("MWM")
    True
    """
    return sum(map(_width, words))


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if character in _NARROW:
        return 0.42
    if character in _BROAD or unicodedata.east_asian_width(character) in "WF":
        return 1.03
    return 0.78 if character.isupper() else 0.66


def cut(words: str, *, room: float) -> str:
    """Gives as much of a text as fits into so many ems, with an ellipsis where something is missing.

    >>> cut("Example Wireless", room=6)
    'Example…'
    """
    if width(words) <= room:
        return words
    kept, left = "", room - 1
    for character in words:
        left -= _width(character)
        if left < 0:
            break
        kept += character
    return f"{kept.rstrip()}…"


def data_table(name: str, table: pl.DataFrame, *, limit: int, titled: bool) -> str:
    """Draws the first rows of a table for reading aloud as well as for looking at.

    Args:
        name: What the table is called.
        table: The table.
        limit: Most rows.
        titled: Whether its name stands over it; otherwise it is there for those alone who do not see the page.

    >>> data_table("cost", pl.DataFrame({"item": ["<spent>"]}), limit=5, titled=False).count("&lt;spent&gt;")
    1
    """
    kinds = ["hf-number" if each.dtype.is_numeric() else None for each in table]
    heads = (
        element("th", text(sentence_case(each.name)), scope="col", class_=kind)
        for each, kind in zip(table, kinds, strict=True)
    )
    cells = zip(*([_cell(value, column.name) for value in column] for column in table.head(limit)), strict=True)
    body = "".join(element("tr", _row(row, kinds)) for row in cells)
    title = sentence_case(name)
    caption = element("caption", text(title)) if titled else ""
    drawn = f"<table>{caption}<thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table>"
    more = f"and {count(table.height - limit)} more rows" if table.height > limit else ""
    scrolled = element("div", drawn, class_="hf-scroll", role="region", tabindex=0, aria_label=f"Table: {title}")
    return scrolled + (element("p", more, class_="hf-note") if more else "")


def _row(cells: Sequence[str], kinds: Sequence[str | None]) -> str:
    first, *others = zip(cells, kinds, strict=True)
    head = element("th", first[0], scope="row", class_=first[1])
    return head + "".join(element("td", cell, class_=kind) for cell, kind in others)


def _cell(value: object, column: str) -> str:
    """Gives a value as HTML; it stands by itself, whichever way it is written."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return percent(value) if is_share(column) else amount(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return count(value) if isinstance(value, int) else f"<bdi>{text(value)}</bdi>"
