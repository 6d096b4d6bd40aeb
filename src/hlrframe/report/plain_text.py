"""Files of cells as DuckDB reads them: UTF-8 throughout, the header on their first line."""

import codecs
import io
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from hlrframe.model import Packing
from hlrframe.system import open_packed

__all__ = ["plain_text"]

#: Lines among which the header is looked for: titles and remarks may stand above it.
_ABOVE: Final = 64
_STRIDE: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def plain_text(path: Path, packing: Packing | None, *, result: str, into: Path) -> Path:
    """Gives a file of cells as DuckDB reads it: itself where it is so already.

    Args:
        path: The file.
        packing: How it is packed.
        result: A part of the header: the name of a result column.
        into: Where a copy is written where one is needed; bytes that are no text become the sign for such.
    """
    with open_packed(path, packing) as file:
        start = file.read(4)
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    with open_packed(path, packing) as file, _text(file, encoding or "utf-8") as text:
        above = next((place for place, line in enumerate(islice(text, _ABOVE)) if result in line), 0)
    if encoding is None and not above and _is_utf8(path, packing):
        return path
    with open_packed(path, packing) as file, _text(file, encoding or "utf-8") as text:
        for _ in islice(text, above):
            pass
        with into.open("w", encoding="utf-8", newline="") as copy:
            while piece := text.read(_STRIDE):
                copy.write(piece)
    return into


def _text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def _is_utf8(path: Path, packing: Packing | None) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_packed(path, packing) as file:
        try:
            while piece := file.read(_STRIDE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
