"""How far the cells of a sheet reach, and how many of them share texts, told in one pass over its XML.

Of each piece its ends are read, where the furthest cell of a usual sheet stands; one look at all of it then says
whether any cell is further, and only where one is are all of them read.
"""

import zipfile
from typing import Final, NamedTuple

import polars as pl

from hlrframe.files.workbook.parts import pieces_of

__all__ = ["Extent", "extent_of", "letters_of"]

#: Bytes at each end of a piece that are read cell by cell.
_END: Final = 1 << 14
_BEFORE: Final = r"""(?i-u:\br)[ \t\r\n]*=[ \t\r\n]*["']"""
_PLACE: Final = _BEFORE + r"""((?i-u:[A-Z]{0,3})[0-9]{1,10})["']"""


class Extent(NamedTuple):
    """How far the cells of a sheet reach."""

    rows: int = 0
    columns: int = 0
    #: At least as many cells as share a text with others.
    shared: int = 0


def extent_of(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> Extent:
    """Measures a sheet.

    Raises:
        zipfile.BadZipFile: It is damaged.
    """
    reach, shared = Extent(), 0
    for piece in pieces_of(archive, sheet):
        # However ``t="s"`` is written, it ends so.
        shared += piece.count(b's"') + piece.count(b"s'")
        for text in (piece[:_END], piece[-_END:]):
            reach = _reaching(reach, text)
        if _texts(piece).str.contains(_beyond(reach)).item():
            reach = _reaching(reach, piece)
    return reach._replace(shared=shared)


def _texts(piece: bytes) -> pl.Series:
    return pl.Series([piece.decode("latin-1")])


def _reaching(reach: Extent, piece: bytes) -> Extent:
    places = _texts(piece).str.extract_all(_PLACE).explode(empty_as_null=True).str.extract(_PLACE).drop_nulls()
    if places.is_empty():
        return reach
    rows = places.str.extract("([0-9]+)").cast(pl.Int64).max()
    letters = places.str.extract("([A-Za-z]+)").drop_nulls().unique()
    assert isinstance(rows, int)  # noqa: S101  # there are some
    return Extent(max(reach.rows, rows), max(reach.columns, *map(_number_of, letters), 1))


def _beyond(reach: Extent) -> str:
    """Gives the pattern of a place below or right of all that is reached."""
    columns = _greater(letters_of(reach.columns), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    rows = _greater(str(reach.rows), "0123456789")
    return f"{_BEFORE}(?i-u:{columns}|[A-Z]{{0,3}}0*(?:{rows}))"


def _greater(least: str, digits: str) -> str:
    """Gives the pattern of what is longer, or has a greater digit behind the same ones.

    >>> _greater("72", "0123456789")
    '[1-9][0-9]{2}|7[3-9]|[8-9][0-9]{1}'
    """
    first, last = digits[0], digits[-1]
    longer = f"[{digits[1] if first == '0' else first}-{last}][{first}-{last}]{{{len(least)}}}"
    greater = [
        f"{least[:place]}[{digits[digits.index(digit) + 1]}-{last}][{first}-{last}]{{{len(least) - place - 1}}}"
        for place, digit in enumerate(least)
        if digit != last
    ]
    return "|".join([longer, *(each.removesuffix(f"[{first}-{last}]{{0}}") for each in reversed(greater))])


def _number_of(letters: str) -> int:
    """Gives the place of a column.

    >>> _number_of("A"), _number_of("XFD"), _number_of("xfd")
    (1, 16384, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def letters_of(column: int) -> str:
    """Gives the letters of a column by its place.

    >>> letters_of(0), letters_of(1), letters_of(16384)
    ('', 'A', 'XFD')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
