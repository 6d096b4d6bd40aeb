"""Files of cells as DuckDB reads them: UTF-8 throughout, the header on their first line."""

import codecs
import io
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from hlrframe.model import Packing
from hlrframe.system import open_packed

__all__ = ["LONG", "PlainText", "plain_text"]

#: Bytes of the longest line that DuckDB reads without being told.
LONG: Final = 2_000_000

#: Lines among which the header is looked for: titles and remarks may stand above it.
_ABOVE: Final = 64
_STRIDE: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class PlainText(NamedTuple):
    """A file that DuckDB reads."""

    path: Path
    #: Bytes of its longest line, where these are many.
    longest: int


def plain_text(path: Path, packing: Packing | None, *, result: str, into: Path) -> PlainText:
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
    is_utf8, longest = _survey(path, packing)
    is_long = longest > LONG
    if encoding is None and not above and is_utf8 and not (is_long and packing):  # of packed lines many are held
        return PlainText(path, longest)
    with open_packed(path, packing) as file, _text(file, encoding or "utf-8") as text:
        for _ in islice(text, above):
            pass
        with into.open("w", encoding="utf-8", newline="") as copy:
            while piece := text.read(_STRIDE):
                copy.write(piece)
    return PlainText(into, longest)


def _text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def _survey(path: Path, packing: Packing | None) -> tuple[bool, int]:
    """Says whether a file is UTF-8, and how long its longest line is where that is longer than what is read at once."""
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
    longest = length = 0
    with open_packed(path, packing) as file:
        while piece := file.read(_STRIDE):
            is_utf8 = is_utf8 and _decodes(decoder, piece)
            first = piece.find(b"\n")
            longest = max(longest, length + (len(piece) if first < 0 else first))
            length = length + len(piece) if first < 0 else len(piece) - piece.rfind(b"\n")
    return is_utf8 and _decodes(decoder, b"", last=True), longest


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, last: bool = False) -> bool:
    try:
        decoder.decode(piece, last)
    except UnicodeDecodeError:
        return False
    return True
