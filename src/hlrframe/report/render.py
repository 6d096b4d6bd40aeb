"""Tables for people: in a terminal of 80 to 100 columns, and in a notebook."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Final

import polars as pl

from hlrframe.model import amount, count, is_share, percent, printable

__all__ = ["STYLE", "html_table", "sentence_case", "text_table"]

#: Most characters of a cell in a terminal.
_WIDEST: Final = 20
#: Fewest to which a column is narrowed.
_NARROWEST: Final = 12

#: Follows the reader's own colours, light or dark, and touches nothing outside the summary.
STYLE: Final = """
.hlrframe table { border-collapse: collapse; margin: 0.3em 0 1.2em; font-variant-numeric: tabular-nums; }
.hlrframe caption { text-align: left; font-weight: 600; padding: 0.2em 0; white-space: nowrap; }
.hlrframe th, .hlrframe td { padding: 0.15em 0.7em; text-align: left; border-bottom: 1px solid rgb(128 128 128 / 35%); }
.hlrframe .number { text-align: right; }
.hlrframe .scroll { overflow-x: auto; }
.hlrframe pre { font-size: 85%; }
"""


def sentence_case(name: str) -> str:
    """Gives a name of the code as people write it.

    >>> sentence_case("share_of_rows")
    'Share of rows'
    """
    return name.replace("_", " ").capitalize()


def text_table(table: pl.DataFrame, *, limit: int, width: int | None = None, dispensable: Sequence[str] = ()) -> str:
    """Draws the first rows of a table for a terminal.

    Args:
        table: The table.
        limit: Most rows.
        width: Columns of the terminal, where they are few.
        dispensable: Columns that are left out where there is no room, one after the other.

    >>> print(text_table(pl.DataFrame({"network": ["Nettle", "Fern"], "numbers": [1200, 3]}), limit=1))
      network  numbers
      Nettle     1,200
      (1 more)
    """
    drawn = {each.name: _text_column(each.head(limit)) for each in table}
    for name in dispensable:
        if width is None or _width(drawn.values()) <= width:
            break
        drawn.pop(name, None)
    columns = [*drawn.values()]
    if width is not None and (over := _width(columns) - width) > 0:
        columns = _narrowed(drawn, over)
    lines = [f"  {'  '.join(cells)}".rstrip() for row in zip(*columns, strict=True) for cells in _lines_of(row)]
    return "\n".join([*lines, *_more(table, limit, "  ({} more)")])


def _width(columns: Iterable[Sequence[str]]) -> int:
    return sum(len(cells[0]) + 2 for cells in columns)


def _narrowed(drawn: Mapping[str, list[str]], over: int) -> list[list[str]]:
    """Gives columns so much narrower: the last one goes on below where it is words, else names are cut."""
    if "meaning" in drawn:
        *others, words = drawn.values()
        width = max(_NARROWEST, len(words[0]) - over)
        return [*others, ["\n".join(textwrap.wrap(each, width)) for each in words]]
    wide = [name for name, cells in drawn.items() if len(cells[0]) > _NARROWEST]
    each_over = -(-over // len(wide)) if wide else 0
    return [
        [_cut(cell, len(cell) - each_over) for cell in cells] if name in wide else cells
        for name, cells in drawn.items()
    ]


def _cut(cell: str, width: int) -> str:
    return cell[:width] if not cell[width:].strip() else f"{cell[: width - 1]}…"


def _lines_of(row: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Gives the lines of a row whose last cell may have several."""
    *others, last = row
    first, *more = last.split("\n")
    yield (*others, first)
    for line in more:
        yield (*(" " * len(each) for each in others), line)


def html_table(name: str, table: pl.DataFrame, *, limit: int) -> str:
    """Draws the first rows of a table as HTML that needs nothing from elsewhere.

    >>> html_table("cost", pl.DataFrame({"item": ["<spent>"]}), limit=5).count("&lt;spent&gt;")
    1
    """
    kinds = [' class="number"' if each.dtype.is_numeric() else "" for each in table]
    heads = (
        f'<th scope="col"{kind}>{escape(sentence_case(each.name))}</th>'
        for each, kind in zip(table, kinds, strict=True)
    )
    rows = (_html_row(cells, kinds) for cells in _cells(table.head(limit)))
    body = "".join((*rows, *_more(table, limit, f'<tr><td colspan="{table.width}">{{}} more</td></tr>')))
    return (
        f'<div class="scroll"><table><caption>{escape(sentence_case(name))}</caption>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _html_row(cells: Sequence[str], kinds: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td{kind}>{escape(cell)}</td>' for cell, kind in zip(cells, kinds, strict=True))}</tr>"


def _more(table: pl.DataFrame, limit: int, words: str) -> list[str]:
    return [words.format(f"{table.height - limit:,}")] if table.height > limit else []


def _cells(table: pl.DataFrame) -> Iterable[tuple[str, ...]]:
    return zip(*([_cell(value, column.name) for value in column] for column in table), strict=True)


def _cell(value: object, column: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return column if value else ""
    if isinstance(value, float):
        return percent(value) if is_share(column) else amount(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return count(value) if isinstance(value, int) else printable(str(value))


def _text_column(column: pl.Series) -> list[str]:
    """Gives the name and the cells of a column, all of one width."""
    cells = [printable(column.name.replace("_", " ")), *(_cell(value, column.name) for value in column)]
    widest = len(max(cells, key=len)) if column.name == "meaning" else _WIDEST
    cells = [cell if len(cell) <= widest else f"{cell[: widest - 1]}…" for cell in cells]
    width = max(map(len, cells))
    return [cell.rjust(width) if column.dtype.is_numeric() else cell.ljust(width) for cell in cells]
