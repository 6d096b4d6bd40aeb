"""The parts of a packed workbook: which of them are sheets, and their bytes, as many as there are and as were said."""

import copy
import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

__all__ = ["pieces_of", "sheets_of"]

_STRIDE: Final = 1 << 23
#: Longer than any reference to a cell with its attribute.
_OVERLAP: Final = 64
#: Most bytes of a part that says which sheets there are, and of what any part may unpack to.
_MOST_LISTING: Final = 1 << 24
_MOST: Final = 1 << 40
_SHEETS: Final = "xl/worksheets/"


def pieces_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, overlap: int = _OVERLAP) -> Iterator[bytes]:
    """Reads a part in pieces, each behind the end of the one before.

    Raises:
        zipfile.BadZipFile: It is damaged, or unpacks to something else than the archive's directory says.
    """
    # What reads the workbook goes by the packed bytes, to their end, whatever size is said.
    endless = copy.copy(member)
    endless.file_size = _MOST
    before, left = b"", member.file_size
    with archive.open(endless) as file:
        while piece := file.read(_STRIDE):
            left -= len(piece)
            if left < 0:
                break
            yield before + piece
            before = piece[-overlap:] if overlap else b""
    if left:
        raise zipfile.BadZipFile(f"{member.filename} is not as long as it should be")


def sheets_of(archive: zipfile.ZipFile) -> Counter[str]:
    """Says how often each part is a sheet of the workbook, by lower-case names; several sheets may be one part.

    Raises:
        zipfile.BadZipFile: What lists them is damaged, or as long as no list is.
    """
    listed = Counter({each.lower(): 1 for each in archive.namelist() if each.lower().startswith(_SHEETS)})
    for each in _elements(archive, "xl/_rels/workbook.bin.rels"):
        if each.get("Type", "").lower().endswith("sheet"):
            listed |= Counter({_path(each.get("Target", "")): 1})
    targets = {each.get("Id"): each.get("Target", "") for each in _elements(archive, "xl/_rels/workbook.xml.rels")}
    used = Counter[str]()
    for element in _elements(archive, "xl/workbook.xml"):
        for name, value in element.items():
            if name.endswith("}id") and value in targets:
                used[_path(targets[value])] += 1
    return listed | used


def _path(target: str) -> str:
    target = target.replace("\\", "/").lower()
    return target.lstrip("/") if target.startswith(("/", "xl/")) else posixpath.normpath(f"xl/{target}")


def _elements(archive: zipfile.ZipFile, name: str) -> Iterator[ET.Element]:
    for member in archive.infolist():
        if member.filename.lower() != name:
            continue
        if member.file_size > _MOST_LISTING:
            raise zipfile.BadZipFile(f"{name} is too long")
        try:
            yield from ET.fromstring(b"".join(pieces_of(archive, member, overlap=0))).iter()  # noqa: S314  # expat bounds entities
        except ET.ParseError as error:
            raise zipfile.BadZipFile(f"{name} is no XML") from error
