"""Packed files as streams: unpacked as they are read and packed as they are written, however large they are.

Nothing is ever unpacked as a whole, so that a small file that unpacks to a huge one takes no memory.
"""

import bz2
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

__all__ = ["ArchiveError", "create_packed", "member_of", "open_packed"]

#: What archivers put beside the files that somebody meant.
_BESIDE: Final = ("__MACOSX/", ".", "~$")
#: The flag of a member that wants a password.
_LOCKED: Final = 0x1
#: Names of members that a message has room for.
_NAMED: Final = 3


class ArchiveError(OSError):
    """An archive that is no packed file: none or several are in it, or it is locked."""


def open_packed(path: Path, packing: str | None) -> BinaryIO:
    """Opens a file for reading, unpacked.

    Args:
        path: The file.
        packing: ``"gzip"``, ``"zstd"``, ``"bz2"``, ``"xz"``, ``"zip"`` with one member, or ``None``.

    Raises:
        OSError: It cannot be opened; an :class:`ArchiveError` where a zip holds no file or several, or is locked.
    """
    match packing:
        case None:
            return path.open("rb")
        case "bz2":
            return cast("BinaryIO", bz2.open(path, "rb"))
        case "xz":
            return cast("BinaryIO", lzma.open(path, "rb"))
        case "zip":
            return _open_member(path)
        case "gzip" | "zstd":
            return cast("BinaryIO", pa.input_stream(str(path), compression=packing))
        case _:
            raise ValueError(packing)


def create_packed(path: Path, packing: str | None, *, member: str) -> BinaryIO:
    """Opens a file for writing, packed.

    Args:
        path: The file.
        packing: As for :func:`open_packed`.
        member: What the file in a zip is called.
    """
    match packing:
        case None:
            return path.open("wb")
        case "bz2":
            return cast("BinaryIO", bz2.open(path, "wb"))
        case "xz":
            return cast("BinaryIO", lzma.open(path, "wb"))
        case "zip":
            return cast("BinaryIO", _Member(path, member))
        case "gzip" | "zstd":
            return cast("BinaryIO", pa.output_stream(str(path), compression=packing))
        case _:
            raise ValueError(packing)


def member_of(path: Path) -> str:
    """Gives the name of the one file in a zip.

    Raises:
        ArchiveError: There is none, or several, or it is locked.
        zipfile.BadZipFile: It is no zip.
    """
    with zipfile.ZipFile(path) as archive:
        return _only(archive).filename


def _only(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir() and not _is_beside(each.filename)]
    if len(members) != 1:
        names = ", ".join(each.filename for each in members[:_NAMED])
        held = (
            f"holds {len(members)} files ({names}{', ...' if len(members) > _NAMED else ''})" if members else "is empty"
        )
        raise ArchiveError(f"the archive {held}: unpack it, and name the file or the folder")
    if members[0].flag_bits & _LOCKED:
        raise ArchiveError("the archive is locked with a password: unpack it, and name the file")
    return members[0]


def _is_beside(name: str) -> bool:
    return name.startswith(_BESIDE[0]) or name.rpartition("/")[2].startswith(_BESIDE[1:])


def _open_member(path: Path) -> BinaryIO:
    archive = zipfile.ZipFile(path)
    try:
        file = archive.open(_only(archive))
    except NotImplementedError as error:  # how zipfile says that it knows no such way of packing
        archive.close()
        raise ArchiveError(f"the archive is packed in a way that cannot be read here: {error}") from error
    except BaseException:
        archive.close()
        raise
    # The member reads on through a handle that the archive shares with it.
    archive.close()
    return cast("BinaryIO", file)


class _Member(io.RawIOBase):
    """The one file of a new zip."""

    def __init__(self, path: Path, name: str) -> None:
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._file = self._archive.open(name, "w", force_zip64=True)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401  # a buffer, as every raw file takes
        return self._file.write(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._archive.close()
        super().close()
