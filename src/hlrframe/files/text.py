"""Text files of any size: which encoding they are in, their lines, and what packs them."""

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, cast

import pyarrow as pa

from hlrframe.model import PACKINGS, Packing

__all__ = ["chunks", "create_bytes", "encoding_of", "open_text"]

#: Characters that are looked at in one go.
_STRIDE: Final = 1 << 20

_T = TypeVar("_T")


def open_bytes(path: Path) -> BinaryIO:
    """Opens a file for reading, unpacked."""
    packing = PACKINGS.get(path.suffix.lower())
    return path.open("rb") if packing is None else cast("BinaryIO", pa.input_stream(str(path), compression=packing))


def create_bytes(path: Path, *, packing: Packing | None) -> BinaryIO:
    """Opens a file for writing, packed as its final ending says."""
    return path.open("wb") if packing is None else cast("BinaryIO", pa.output_stream(str(path), compression=packing))


def open_text(path: Path, *, encoding: str) -> io.TextIOWrapper:
    """Opens a text file whose lines end where a line feed is, and nowhere else."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="\n")


def encoding_of(path: Path) -> str:
    """Finds the encoding in which a whole file makes sense.

    Gives ``utf-8-sig`` where it begins with a byte-order mark, else ``utf-8``, or ``utf-16`` where its mark says so.
    What is no UTF-8 is Windows' ``cp1252``, or ``latin-1`` where it has bytes that Windows does not use.
    """
    with open_bytes(path) as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    marked = start.startswith(codecs.BOM_UTF8)
    candidates = ("utf-8-sig" if marked else "utf-8", "cp1252")
    return next((each for each in candidates if _makes_sense(path, each)), "latin-1")


def _makes_sense(path: Path, encoding: str) -> bool:
    with open_text(path, encoding=encoding) as file:
        try:
            while file.read(_STRIDE):
                pass
        except UnicodeDecodeError:
            return False
    return True


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Gives the items in lists of a size; the last may be shorter.

    >>> list(chunks("abc", 2))
    [['a', 'b'], ['c']]
    """
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
