"""Cells that a spreadsheet would run as formulas, made text by an apostrophe in front.

As OWASP advises: a cell that begins with ``=``, ``+``, ``-``, ``@``, their full-width forms, a tab or a line end. A
sign before nothing but a number (``-5``, ``+447400123456``) is left alone: to a spreadsheet it is that number.
"""

import re
from typing import Final

import polars as pl
from polars import selectors

__all__ = ["FORMULA_BEGINS", "guard_frame", "guard_text"]

#: What a formula may begin with, as what stands between the brackets of a pattern.
FORMULA_BEGINS: Final = "=+\\-@＝＋－＠\t\r\n"  # noqa: RUF001  # spreadsheets in East Asia run the full-width ones
_HARMLESS: Final = r"[+\-][0-9]+(?:[.,][0-9]+)?"
_RISKY: Final = re.compile(rf"[{FORMULA_BEGINS}]")
_PLAIN: Final = re.compile(_HARMLESS)


def guard_text(cell: str) -> str:
    """Guards one cell.

    >>> guard_text("=1+1"), guard_text("-5"), guard_text("a=1")
    ("'=1+1", '-5', 'a=1')
    """
    return f"'{cell}" if _RISKY.match(cell) and not _PLAIN.fullmatch(cell) else cell


def guard_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Guards the texts of a frame, those of a small set of words too, and the names of its columns.

    >>> guard_frame(pl.DataFrame({"a": ["=1+1", "+4", None], "b": [-1, 0, 1]})).rows()
    [("'=1+1", -1), ('+4', 0), (None, 1)]
    """
    words = frame.with_columns((selectors.categorical() | selectors.enum()).cast(pl.String))
    # Hardly a column has such a cell: to tell so takes half as long as to write it again.
    perhaps = words.select(pl.col(pl.String).str.contains(f"^[{FORMULA_BEGINS}]").any())
    text = pl.col([each.name for each in perhaps if each.any()])
    risky = text.str.contains(f"^[{FORMULA_BEGINS}]") & ~text.str.contains(f"^{_HARMLESS}$")
    guarded = words.with_columns(pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep())
    return guarded.rename({name: guard_text(name) for name in frame.columns})
