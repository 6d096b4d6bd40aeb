"""How large a workbook is, before it is read: whoever reads one holds all cells of the rectangle around them.

A stray cell far from the table makes that rectangle huge, one tag or one text may stand for many cells, and a small
file may unpack to a huge one.
"""

import zipfile
from pathlib import Path
from typing import Final, NamedTuple
from xml.parsers import expat

import polars as pl

from hlrframe.errors import InputError
from hlrframe.files.workbook.opendocument import CellCount
from hlrframe.files.workbook.parts import pieces_of, sheets_of
from hlrframe.files.workbook.texts import SharedTexts

__all__ = ["check_size"]

#: Most cells of a sheet, empty ones between others counted: 2 GiB while it is read.
MOST_CELLS: Final = 1 << 26
#: Most bytes that a workbook unpacks to, and its table of texts among these.
MOST_BYTES: Final = 1 << 32
MOST_TEXTS: Final = 1 << 30
#: Bytes that are held for each byte of a sheet, measured: 200 for a cell, which has 43 bytes of XML, twice that in an
#: OpenDocument, and 14 in the binary kinds.
HELD_OF_XML: Final = 5
HELD_OF_ODS: Final = 3
HELD_OF_BINARY: Final = 15
#: Bytes that are held for a cell of the rectangle, whatever is in it, and for each byte of a text there.
HELD_OF_CELL: Final = 60
HELD_OF_REPEATED: Final = 140
HELD_OF_TEXT: Final = 4
#: A cell beyond the 64th column or from row 100,000 on: without one the rectangle is not worth measuring.
_FAR: Final = r"""(?i)\br\s*=\s*["'](?:(?:B[M-Z]|[C-Z][A-Z]|[A-Z]{3})[0-9]|[A-Z]{0,3}[0-9]{6})"""
_PLACE: Final = r"""(?i)\br\s*=\s*["']([A-Z]{0,3}[0-9]{1,10})["']"""


class _Extent(NamedTuple):
    rows: int
    columns: int


def check_size(path: Path) -> int:
    """Refuses a workbook that no memory holds.

    Returns:
        About how many bytes are held while it is read.

    Raises:
        InputError: It has too many cells, or unpacks to too much.
        zipfile.BadZipFile: It is damaged.
    """
    if not zipfile.is_zipfile(path):
        return path.stat().st_size * HELD_OF_BINARY  # the old kind ends at row 65,536 and column 256
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        texts = sum(each.file_size for each in members if _holds_texts(each))
        if sum(each.file_size for each in members) > MOST_BYTES or texts > MOST_TEXTS:
            raise _too_large(path, "it unpacks to more than a workbook that can be read")
        lengths = {each: _length(archive, each) for each in members}
        shared, sheets = SharedTexts(archive), sheets_of(archive)
        if "content.xml" in archive.namelist():
            sheets["content.xml"] += 1
        return sum(
            sheets[name] * _held_by(path, archive, each, shared)
            if (name := each.filename.lower()) in sheets
            else length
            for each, length in lengths.items()
        )


def _holds_texts(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith("sharedstrings.xml")


def _length(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    return sum(map(len, pieces_of(archive, member, overlap=0)))


def _held_by(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, shared: SharedTexts) -> int:
    if member.filename == "content.xml":
        return _held_by_document(path, archive, member)
    if member.filename.lower().endswith(".bin"):
        return member.file_size * HELD_OF_BINARY
    held = max(member.file_size * HELD_OF_XML, _cells_of(path, archive, member) * HELD_OF_CELL)
    return held + shared.bytes_in(member, enough=held) * HELD_OF_TEXT


def _cells_of(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Gives the cells of the rectangle around all cells of a sheet, 0 where that is small anyway."""
    if not any(_texts(piece).str.contains(_FAR).item() for piece in pieces_of(archive, member)):
        return 0
    extents = [_extent(piece) for piece in pieces_of(archive, member)]
    rows, columns = (max(each) for each in zip(*extents, strict=True))
    if rows * columns > MOST_CELLS:
        raise _too_large(path, f"a sheet reaches to row {rows:,} and column {columns:,}")
    return int(rows * columns)


def _texts(piece: bytes) -> pl.Series:
    return pl.Series([piece.decode("latin-1")])


def _extent(piece: bytes) -> _Extent:
    places = _texts(piece).str.extract_all(_PLACE).explode(empty_as_null=True).str.extract(_PLACE).drop_nulls()
    if places.is_empty():
        return _Extent(0, 0)
    rows = places.str.extract("([0-9]+)").cast(pl.Int64).max()
    letters = places.str.extract("([A-Za-z]+)").drop_nulls().unique()
    assert isinstance(rows, int)  # noqa: S101  # there are some
    return _Extent(rows, max(map(_number_of, letters), default=1))


def _number_of(letters: str) -> int:
    """Gives the place of a column.

    >>> _number_of("A"), _number_of("XFD"), _number_of("xfd")
    (1, 16384, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _held_by_document(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    count, length = CellCount(), 0
    for piece in pieces_of(archive, member, overlap=0):
        length += len(piece)
        try:
            count.feed(piece)
        except expat.ExpatError as error:
            raise zipfile.BadZipFile(f"{member.filename} is no XML") from error
        if count.cells > MOST_CELLS:
            raise _too_large(path, f"it has more than {MOST_CELLS:,} cells")
        if count.bytes > MOST_TEXTS:
            raise _too_large(path, "its cells repeat more text than can be read")
    return max(length * HELD_OF_ODS, count.cells * HELD_OF_REPEATED + count.bytes * HELD_OF_TEXT)


def _too_large(path: Path, why: str) -> InputError:
    return InputError(
        f"cannot read {path}: {why}; remove what stands far from the table, or save the table as CSV, which may be "
        "of any size"
    )
