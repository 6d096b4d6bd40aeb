"""Cells that a spreadsheet would run as formulas, made text by an apostrophe in front.

As OWASP advises: a cell that begins with ``=``, ``+``, ``-``, ``@``, their full-width forms, a tab or a line end. A
sign before nothing but a number (``-5``, ``+447400123456``) is left alone: to a spreadsheet it is that number.
"""

import re
from typing import Final

import polars as pl

__all__ = ["LineGuard", "guard_frame", "guard_text"]

_BEGINS: Final = "=+\\-@＝＋－＠\t\r\n"  # noqa: RUF001  # spreadsheets in East Asia run the full-width ones
_HARMLESS: Final = r"[+\-][0-9]+(?:[.,][0-9]+)?"
_RISKY: Final = re.compile(rf"[{_BEGINS}]")
_PLAIN: Final = re.compile(_HARMLESS)
#: What may stand before a record.
_BLANK_LINES: Final = re.compile(r"(?:\r?\n)+")


def guard_text(cell: str) -> str:
    """Guards one cell.

    >>> guard_text("=1+1"), guard_text("-5"), guard_text("a=1")
    ("'=1+1", '-5', 'a=1')
    """
    return f"'{cell}" if _RISKY.match(cell) and not _PLAIN.fullmatch(cell) else cell


def guard_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Guards the texts of a frame, and the names of its columns.

    >>> guard_frame(pl.DataFrame({"a": ["=1+1", "+4", None], "b": [-1, 0, 1]})).rows()
    [("'=1+1", -1), ('+4', 0), (None, 1)]
    """
    text = pl.col(pl.String)
    risky = text.str.contains(f"^[{_BEGINS}]") & ~text.str.contains(f"^{_HARMLESS}$")
    guarded = frame.with_columns(pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep())
    return guarded.rename({name: guard_text(name) for name in frame.columns})


class LineGuard:
    """Guards the cells of lines of delimited text; every other character stays.

    >>> print(LineGuard(";")('a;=1+1;-5;"@x; y";"b;=c"'))
    a;'=1+1;-5;"'@x; y";"b;=c"
    """

    def __init__(self, separator: str) -> None:
        around = re.escape(separator)
        self._perhaps = re.compile(rf'(?:^|[{around}\r\n])"?[{_BEGINS}]')
        # A cell as it stands: quoted, with what may follow the closing quote, or plain up to the separator.
        self._cell = re.compile(rf'(?:"(?P<quoted>(?:[^"]|"")*)"[^{around}]*|(?P<plain>[^{around}]*))(?:{around}|$)')

    def __call__(self, record: str) -> str:
        """Guards one record, without its line end."""
        if not self._perhaps.search(record):
            return record
        blank = _BLANK_LINES.match(record)
        start = blank.end() if blank else 0
        return record[:start] + self._cell.sub(_guarded, record[start:])


def _guarded(cell: re.Match[str]) -> str:
    quoted, plain = cell["quoted"], cell["plain"]
    if quoted is not None:
        value = quoted.replace('""', '"')
        return cell[0] if guard_text(value) == value else f"\"'{cell[0][1:]}"
    return cell[0] if guard_text(plain) == plain else f"'{cell[0]}"
