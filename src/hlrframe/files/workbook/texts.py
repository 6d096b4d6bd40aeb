"""What the texts of a sheet come to, which its cells share: a long one may stand in each of them."""

import zipfile
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import polars as pl

from hlrframe.files.workbook.parts import pieces_of

__all__ = ["SharedTexts"]

#: Bytes of texts in a sheet that are not worth counting.
_FEW: Final = 1 << 26
_CELL: Final = r"""\bt\s*=\s*["']s["']"""
_PLACE: Final = r"""\bt\s*=\s*["']s["'][^>]*>(?:<[^v>][^>]*>)*<(?:\w+:)?v[^>]*>\s*([0-9]{1,9})"""


class SharedTexts:
    """The texts of a workbook, by their lengths, which are counted where somebody asks.

    Args:
        archive: The workbook.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = [each for each in archive.infolist() if each.filename.lower().endswith("sharedstrings.xml")]

    def bytes_in(self, sheet: zipfile.ZipInfo, *, cells: int, enough: int) -> int:
        """Says how many bytes the texts of a sheet have at most, 0 where that is not above ``enough``.

        Args:
            sheet: The sheet.
            cells: At least as many cells as share a text.
            enough: What is not worth counting.
        """
        if cells * self._longest <= max(enough, _FEW):
            return 0
        cells = sum(int(_texts(piece).str.count_matches(_CELL).item()) for piece in pieces_of(self._archive, sheet))
        if cells * self._longest <= max(enough, _FEW):
            return 0
        found, total = 0, 0
        for piece in pieces_of(self._archive, sheet):
            places = _texts(piece).str.extract_all(_PLACE).explode(empty_as_null=True).str.extract(_PLACE).drop_nulls()
            known = places.cast(pl.Int64)
            known = known.filter(known < len(self._lengths))
            found += len(places)
            total += int(self._lengths.gather(known).cast(pl.Int64).sum())
        return total + max(0, cells - found) * self._longest

    @cached_property
    def _longest(self) -> int:
        return max((max(lengths) for part in self._parts for lengths in _lengths(self._archive, part)), default=0)

    @cached_property
    def _lengths(self) -> pl.Series:
        """Bytes of each text, with the tags around it."""
        pieces = (lengths for part in self._parts for lengths in _lengths(self._archive, part))
        return pl.concat([pl.Series(dtype=pl.UInt32), *(pl.Series(each, dtype=pl.UInt32) for each in pieces)])


def _texts(piece: bytes) -> pl.Series:
    return pl.Series([piece.decode("latin-1")])


def _lengths(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[list[int]]:
    left = 0
    for piece in pieces_of(archive, part, overlap=0):
        first, *others = map(len, piece.split(b"</si>"))
        left += first
        if others:
            yield [left, *others[:-1]]
            left = others[-1]
    yield [left]
