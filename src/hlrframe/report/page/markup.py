"""Foreign text and figures as HTML: cleaned, escaped, rounded with care, cut to the room there is."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import polars as pl

from hlrframe.model import amount, count, is_share, percent
from hlrframe.report.render import sentence_case

__all__ = ["cut", "data_table", "element", "plain", "text", "width"]

#: Characters that turn the direction of what follows them: they would rearrange the page around a name.
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Widths in ems, of a wide typeface: what fits by them fits in any.
_NARROW: Final = frozenset("iljftrI.,:;'|!()[] -/·")
_BROAD: Final = frozenset("mwMW%@→")


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
        return text(percent(value)) if is_share(column) else amount(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return count(value) if isinstance(value, int) else f"<bdi>{text(value)}</bdi>"
