"""How large a workbook is, before it is read: whoever reads one holds all cells of the rectangle around them.

A stray cell far from the table makes that rectangle huge, and a small file may unpack to a huge one.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from hlrframe.errors import InputError

__all__ = ["check_size", "held_bytes"]

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
_STRIDE: Final = 1 << 23
#: Longer than any reference to a cell with its attribute.
_OVERLAP: Final = 64
#: A cell beyond the 64th column: without one no sheet holds too many, since it ends at row 1,048,576.
_WIDE: Final = r"""\br\s*=\s*["'](?:B[M-Z]|[C-Z][A-Z]|[A-Z]{3})[0-9]"""
_CELL: Final = r"""\br\s*=\s*["']([A-Z]{1,3}[0-9]{1,7})["']"""
_ROW_TAG: Final = re.compile(rb"<table:(?:table-row|table-cell|covered-table-cell)\b[^>]*>")
_REPEATED: Final = re.compile(rb'number-(?:rows|columns)-repeated="([0-9]+)"')


class _Extent(NamedTuple):
    rows: int
    columns: int


def check_size(path: Path) -> None:
    """Refuses a workbook that memory may not hold.

    Raises:
        InputError: It has too many cells, or unpacks to too much.
        zipfile.BadZipFile: It is damaged.
    """
    if not zipfile.is_zipfile(path):
        return  # the old kind ends at row 65,536 and column 256
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        texts = sum(each.file_size for each in members if each.filename.endswith("sharedStrings.xml"))
        if sum(each.file_size for each in members) > MOST_BYTES or texts > MOST_TEXTS:
            raise _too_large(path, "it unpacks to more than a workbook that can be read")
        for member in members:
            if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                _check_sheet(path, archive, member)
            elif member.filename == "content.xml":
                _check_spreadsheet(path, archive, member)
            elif member.filename.endswith(("sharedStrings.xml", ".bin")):
                for _ in _pieces(archive, member):  # its size and checksum are what the directory says
                    pass


def held_bytes(path: Path) -> int:
    """Says about how many bytes are held while a workbook is read, by the sizes that its directory tells."""
    if not zipfile.is_zipfile(path):
        return path.stat().st_size * HELD_OF_BINARY
    with zipfile.ZipFile(path) as archive:
        return sum(each.file_size * _held(each.filename) for each in archive.infolist())


def _held(member: str) -> int:
    if member.startswith("xl/worksheets/") and member.endswith((".xml", ".bin")):
        return HELD_OF_XML if member.endswith(".xml") else HELD_OF_BINARY
    return HELD_OF_ODS if member == "content.xml" else 1


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Reads a member in pieces, each behind the end of the one before."""
    before = b""
    with archive.open(member) as file:
        while piece := file.read(_STRIDE):
            yield before + piece
            before = piece[-_OVERLAP:]


def _check_sheet(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    if not any(_texts(piece).str.contains(_WIDE).item() for piece in _pieces(archive, member)):
        return
    extents = [_extent(piece) for piece in _pieces(archive, member)]
    rows, columns = (max(each) for each in zip(*extents, strict=True))
    if rows * columns > MOST_CELLS:
        raise _too_large(path, f"a sheet reaches to row {rows:,} and column {columns:,}")


def _texts(piece: bytes) -> pl.Series:
    return pl.Series([piece.decode("latin-1")])


def _extent(piece: bytes) -> _Extent:
    cells = _texts(piece).str.extract_all(_CELL).explode(empty_as_null=True).str.extract(_CELL).drop_nulls()
    if cells.is_empty():
        return _Extent(0, 0)
    rows = cells.str.extract("([0-9]+)").cast(pl.Int64).max()
    letters = cells.str.extract("([A-Z]+)").unique()
    assert isinstance(rows, int)  # noqa: S101  # there are some
    return _Extent(rows, max(map(_number_of, letters)))


def _number_of(letters: str) -> int:
    """Gives the place of a column.

    >>> _number_of("A"), _number_of("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _check_spreadsheet(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Counts the cells of an OpenDocument, where one tag may stand for many."""
    cells, repeated = 0, 1
    for piece in _pieces(archive, member):
        for tag in _ROW_TAG.findall(piece):
            times = _REPEATED.search(tag)
            count = int(times[1]) if times else 1
            if tag.startswith(b"<table:table-row"):
                repeated = count
            elif b"value-type=" in tag:
                cells += count * repeated
        if cells > MOST_CELLS:
            raise _too_large(path, f"it has more than {MOST_CELLS:,} cells")


def _too_large(path: Path, why: str) -> InputError:
    return InputError(
        f"cannot read {path}: {why}; remove what stands far from the table, or save the table as CSV, which may be "
        "of any size"
    )
