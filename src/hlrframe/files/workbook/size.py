"""How large a workbook is, before it is read: whoever reads one holds all cells of the rectangle around them.

A stray cell far from the table makes that rectangle huge, one tag or one text may stand for many cells, and a small
file may unpack to a huge one.
"""

import zipfile
from pathlib import Path
from typing import Final
from xml.parsers import expat

from hlrframe.errors import InputError
from hlrframe.files.workbook.binary import extent_of_old, extent_of_records
from hlrframe.files.workbook.extent import Extent, extent_of
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
#: The most that the rectangle of a sheet of the old kind takes.
MOST_OLD: Final = 65_536 * 256 * HELD_OF_CELL
#: Where no cell lies so far down or along the rectangle is not worth counting.
FAR: Final = Extent(100_000, 65)


def check_size(path: Path) -> int:
    """Refuses a workbook that no memory holds.

    Returns:
        About how many bytes are held while it is read.

    Raises:
        InputError: It has too many cells, or unpacks to too much.
        zipfile.BadZipFile: It is damaged.
    """
    if not zipfile.is_zipfile(path):
        held = path.stat().st_size * HELD_OF_BINARY
        # The old kind ends at row 65,536 and column 256. Where that much is held anyway nothing is to be measured.
        return held if held > MOST_OLD else max(held, _cells_of(path, extent_of_old(path.read_bytes())) * HELD_OF_CELL)
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        texts = sum(each.file_size for each in members if _holds_texts(each))
        if sum(each.file_size for each in members) > MOST_BYTES or texts > MOST_TEXTS:
            raise _too_large(path, "it unpacks to more than a workbook that can be read")
        shared, sheets = SharedTexts(archive), sheets_of(archive)
        if "content.xml" in archive.namelist():
            sheets["content.xml"] += 1
        return sum(
            sheets[name] * _held_by(path, archive, each, shared)
            if (name := each.filename.lower()) in sheets
            else _length(archive, each)
            for each in members
        )


def _holds_texts(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith("sharedstrings.xml")


def _length(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    return sum(map(len, pieces_of(archive, member, overlap=0)))


def _held_by(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, shared: SharedTexts) -> int:
    if member.filename == "content.xml":
        return _held_by_document(path, archive, member)
    if member.filename.lower().endswith(".bin"):
        reach = extent_of_records(pieces_of(archive, member, overlap=0))
        return max(member.file_size * HELD_OF_BINARY, _cells_of(path, reach) * HELD_OF_CELL)
    reach = extent_of(archive, member)
    held = max(member.file_size * HELD_OF_XML, _cells_of(path, reach) * HELD_OF_CELL)
    return held + shared.bytes_in(member, cells=reach.shared, enough=held) * HELD_OF_TEXT


def _cells_of(path: Path, reach: Extent) -> int:
    """Gives the cells of the rectangle around all cells of a sheet, 0 where that is small anyway."""
    if reach.rows < FAR.rows and reach.columns < FAR.columns:
        return 0
    if reach.rows * reach.columns > MOST_CELLS:
        raise _too_large(path, f"a sheet reaches to row {reach.rows:,} and column {reach.columns:,}")
    return reach.rows * reach.columns


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
