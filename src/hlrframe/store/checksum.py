"""A checksum of a whole sealed file, kept inside it: no changed bit may pass for an answer.

Parquet's own checksums leave out the footer, and most readers never look at them. So a sealed file carries a word in
its metadata, ``crc32:`` and eight digits, which are the CRC-32 of the file with zeros in their place.
"""

import zlib
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["STAMP", "Stamper", "is_whole"]

#: The metadata of a file that is going to be stamped.
STAMP: Final = {"hlrframe.check": "crc32:00000000"}

_WORD: Final = b"crc32:"
_ZEROS: Final = b"00000000"
#: Bytes at the end of a file in which the word lies: the metadata come last but for the list of columns.
_TAIL: Final = 65_536
_PIECE: Final = 2**20
#: The format of the first files that have a stamp.
_SINCE: Final = 2


class Stamper(BufferedIOBase):
    """Writes to a file what Arrow gives it, and the checksum of all that into its place at the end."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._end = 0
        self._checksum = 0
        self._tail = bytearray()

    def write(self, data: Any) -> int:  # noqa: ANN401  # 3.11 has no name for what holds bytes
        """Takes more bytes."""
        self._file.write(data)
        self._checksum = zlib.crc32(data, self._checksum)
        self._tail = (self._tail + data)[-_TAIL:]
        self._end += len(data)
        return len(data)

    def tell(self) -> int:
        """Gives the bytes so far."""
        return self._end

    def writable(self) -> bool:
        """Says so."""
        return True

    def stamp(self) -> None:
        """Puts the checksum into its place, once everything else is written."""
        place = self._end - len(self._tail) + self._tail.rindex(_WORD + _ZEROS) + len(_WORD)
        self._file.seek(place)
        self._file.write(_digits(self._checksum))
        self._file.seek(self._end)


def is_whole(path: Path) -> bool:
    """Says whether a sealed file is as it was written.

    Raises:
        FileNotFoundError: It is gone.
    """
    now = path.stat()
    # Read once: a sealed file never changes, and one that did has another time.
    return _agrees(path, now.st_ino, now.st_size, now.st_mtime_ns)


@lru_cache(maxsize=4096)
def _agrees(path: Path, _inode: int, size: int, _changed_at: int) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        place = tail.rfind(_WORD) + len(_WORD)
        if place < len(_WORD):
            return _is_older(path)
        stated = tail[place : place + len(_ZEROS)]
        blank = tail[:place] + _ZEROS + tail[place + len(_ZEROS) :]
        return stated == _digits(zlib.crc32(blank, _checksum(file, max(0, size - _TAIL))))


def _is_older(path: Path) -> bool:
    try:
        return int((pq.read_metadata(path).metadata or {})[b"hlrframe.format"]) < _SINCE
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return False


def _checksum(file: BinaryIO, size: int) -> int:
    file.seek(0)
    checksum = 0
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        checksum = zlib.crc32(piece, checksum)
        size -= len(piece)
    return checksum


def _digits(checksum: int) -> bytes:
    return f"{checksum:08x}".encode()
