"""What a file is: by its name, and by its bytes where they say something else."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from hlrframe.errors import InputError
from hlrframe.files.places.paths import readable
from hlrframe.model import ENDINGS, IN_ONLY, PACKABLE, PACKINGS, TEXT_KINDS, FileKind, Packing, kind_of
from hlrframe.system import member_of, open_packed

__all__ = ["Format", "check_bytes", "format_of_bytes"]

#: What the lines of text files are: those of one sort go into another file of it as they are.
_LINES: Final[Mapping[FileKind, str]] = MappingProxyType(
    {
        FileKind.CSV: "cells",
        FileKind.TSV: "cells between tabs",
        FileKind.NDJSON: "objects",
        FileKind.JSON: "objects",
    }
)
#: How files begin, the endings that say so, and what they are.
_BEGINNINGS: Final = (
    (b"PAR1", (".parquet", ".pq"), "a Parquet file"),
    (b"ARROW1", (".arrow", ".feather", ".ipc"), "an Arrow file"),
    (b"\xff\xff\xff\xff", (".arrows", ".arrow", ".feather", ".ipc"), "an Arrow stream"),
    (b"\x1f\x8b", (".gz",), "packed with gzip"),
    (b"\x28\xb5\x2f\xfd", (".zst",), "packed with zstd"),
    (b"BZh", (".bz2",), "packed with bzip2"),
    (b"\xfd7zXZ\x00", (".xz",), "packed with xz"),
    (b"7z\xbc\xaf\x27\x1c", (), "a 7z archive: unpack it first"),
    (b"Rar!", (), "a RAR archive: unpack it first"),
    (b"%PDF", (), "a PDF: it holds a picture of a table, no table"),
    (b"SQLite format 3\x00", (), "an SQLite database: write the table to a CSV file first"),
)
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: How an Office file that needs a password calls what it hides.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_PAGES: Final = (b"<html", b"<!doctype html", b"<table", b"<?xml")
#: The first byte that is no control, and those below it that text has.
_BLANK: Final = 0x20
_ENDS: Final = b"\t\n\r\x0c\x1a"
#: Bytes that are looked at.
_LOOK: Final = 4096
_SAVE: Final = "open it in a spreadsheet and save it as .xlsx or CSV"


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is and how it is packed."""

    kind: FileKind
    #: Of text files only.
    packing: Packing | None = None

    @classmethod
    def of(cls, path: Path) -> Self:
        """Reads the format from a path's ending.

        Raises:
            InputError: It is none that is known.

        >>> Format.of(Path("contacts.csv.gz"))
        Format(kind=<FileKind.CSV: 'csv'>, packing='gzip')
        """
        return cls(*_known(kind_of(path), path))

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Reads the format of a file that is there: what is in a zip has a name of its own.

        Raises:
            InputError: It is none that is known, or a zip of no file or several.
        """
        if path.suffix.lower() != ".zip":
            return cls(*_known(kind_of(path), path, there=True))
        with readable(path):
            member = Path(member_of(path))
        packed = kind_of(Path(f"{member.name}.zip"))  # text, and read as it is unpacked
        return cls(*_known(packed or kind_of(member) or kind_of(path), member))

    @classmethod
    def of_destination(cls, path: Path) -> Self:
        """Reads the format of a file that is to be written.

        Raises:
            InputError: It is none that is known, or one that is only read.
        """
        format_ = cls.of(path)
        if format_.kind in IN_ONLY:
            instead = ".csv" if format_.kind is FileKind.VCARD else ".xlsx"
            raise InputError(
                f"cannot write {path}: hlrframe reads {path.suffix} files and writes none; name a {instead} file"
            )
        return format_

    @classmethod
    def is_known(cls, path: Path) -> bool:
        """Says whether a path's ending names a format, or an archive that may hold a file of one."""
        return kind_of(path) is not None or path.suffix.lower() == ".zip"

    @property
    def is_delimited(self) -> bool:
        """Whether it is text of cells."""
        return self.kind in {FileKind.CSV, FileKind.TSV}

    @property
    def holds_cells(self) -> bool:
        """Whether each of its cells is one value."""
        return self.is_delimited or self.kind is FileKind.XLSX

    @property
    def is_line_kind(self) -> bool:
        """Whether it is text whose lines may go out as they came in."""
        return self.kind in TEXT_KINDS

    def keeps_lines(self, other: "Format | None") -> bool:
        """Says whether lines of the other can go into this file as they are."""
        return other is None or (self.kind in TEXT_KINDS and _LINES[self.kind] == _LINES.get(other.kind))


def _known(
    found: tuple[FileKind, Packing | None] | None, path: Path, *, there: bool = False
) -> tuple[FileKind, Packing | None]:
    if found is not None:
        return found
    if there:
        with readable(path):
            check_bytes(path)  # whose message says what it is
    cure = "; or say what it is with source_format= (--from csv)" if there else ""
    raise InputError(
        f"cannot tell what {path.name!r} is: the name must end in {', '.join(ENDINGS)}; "
        f"text files may be packed, as in .csv{', .csv'.join(PACKINGS)}{cure}"
    )


def check_bytes(path: Path) -> None:
    """Refuses a file whose bytes are something else than its name says.

    Raises:
        InputError: The message says what they are.
    """
    found = _found(path)
    if found is None and _is_text_by_another_name(path):
        found = (".csv",), "text"
    if found is None:
        return
    endings, words = found
    if path.suffix.lower() not in endings:
        cure = f": give it the ending {endings[0]}" if endings else ""
        raise InputError(f"cannot read {path}: by its bytes it is {words}{cure}")


def _is_text_by_another_name(path: Path) -> bool:
    """Whether a file that is called a workbook or a table of columns has no byte that text has not."""
    if ENDINGS.get(path.suffix.lower(), FileKind.CSV) in PACKABLE:
        return False
    with path.open("rb") as file:
        start = file.read(_LOOK)
    return start != b"" and not any(byte < _BLANK and byte not in _ENDS for byte in start)


def _found(path: Path) -> tuple[tuple[str, ...], str] | None:
    """Gives the endings that a file's bytes go with, and what it is; nothing where they are like any text."""
    with path.open("rb") as file:
        start = file.read(_LOOK)
    if start.startswith(_ZIP):
        return _zipped(path)
    if start.startswith(_OLD_OFFICE):
        if _is_locked(path):
            return (), "a workbook that is locked with a password: save it without one"
        return (".xls",), "an Excel workbook of the old kind"
    if start.lstrip().lower().startswith(_PAGES):
        return (), f"a web page or XML, as some programs export under a spreadsheet's name: {_SAVE}"
    return next(((endings, words) for magic, endings, words in _BEGINNINGS if start.startswith(magic)), None)


def _zipped(path: Path) -> tuple[tuple[str, ...], str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    if b"spreadsheet" in file.read(_LOOK):
                        return (".ods",), "an OpenDocument spreadsheet"
    except (OSError, zipfile.BadZipFile, RuntimeError):  # damaged, locked or packed in a way that Python cannot undo
        names = []
    if "xl/workbook.bin" in names:
        return (".xlsb",), "a binary Excel workbook"
    if any(name.startswith("xl/") for name in names):
        return (".xlsx", ".xlsm"), "an Excel workbook"
    return (".zip",), "a zip archive"


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        before = b""
        while piece := file.read(1 << 20):
            if _ENCRYPTED in before + piece:
                return True
            before = piece[-len(_ENCRYPTED) :]
    return False


def format_of_bytes(path: Path) -> tuple[Format, str]:
    """Finds out what a file without a name is, and the ending that says so.

    Raises:
        InputError: It is nothing that is read; the message says what it is.
    """
    found = _found(path)
    if found is not None and not found[0]:
        raise InputError(f"by its bytes it is {found[1]}")
    ending = found[0][0] if found else ""
    packing = PACKINGS.get(ending)
    if found and packing is None:
        return Format(ENDINGS[ending]), ending
    if packing == "zip":
        return Format.of_file(path), ending
    with open_packed(path, packing) as file:
        kind = _kind_of_text(file.read(_LOOK))
    return Format(kind, packing), f".{kind}{ending}"


def _kind_of_text(start: bytes) -> FileKind:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:11].upper() == b"BEGIN:VCARD":
        return FileKind.VCARD
    return {b"[": FileKind.JSON, b"{": FileKind.NDJSON}.get(text[:1], FileKind.CSV)
