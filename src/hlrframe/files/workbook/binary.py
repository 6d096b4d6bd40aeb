"""How far the cells of a binary sheet reach: records of a number, a length and a content, one behind the other.

Of both kinds the cells themselves are read: what a sheet says of its own size may be wrong, and nobody who reads it
believes that.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Final

from hlrframe.files.workbook.extent import Extent

__all__ = ["extent_of_old", "extent_of_records"]

#: Records of ``.xlsb``: the head of a row, and below which number there are cells.
_ROW: Final = 0
_CELLS: Final = 12
#: The bit of a byte that says that the number goes on.
_MORE: Final = 0x80
#: Records of ``.xls`` that have one cell, and those of many: a row, its first and its last column.
_ONE_CELL: Final = frozenset(
    {0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x00D6}
)
_MANY_CELLS: Final = frozenset({0x00BD, 0x00BE})
#: How a compound file begins, and what ends a chain of its sectors.
_COMPOUND: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_LAST: Final = 0xFFFFFFFA


def extent_of_records(pieces: Iterator[bytes]) -> Extent:
    """Measures a sheet of ``.xlsb``.

    Args:
        pieces: Its bytes.
    """
    rows = columns = row = 0
    for kind, place in _records(pieces):
        if kind == _ROW:
            row = place + 1
        elif kind < _CELLS:
            rows, columns = max(rows, row), max(columns, place + 1)
    return Extent(rows, columns)


def _records(pieces: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    """Gives the kind of each record, and the number that its content begins with: a row or a column."""
    data, at = b"", 0
    for piece in chain(pieces, [b""]):
        data, at = data[at:] + piece, 0
        with suppress(IndexError):  # the rest comes with the next piece
            while True:
                kind, begin = _varying(data, at, 2)
                length, begin = _varying(data, begin, 4)
                if begin + length > len(data):
                    break
                yield kind, int.from_bytes(data[begin : begin + min(length, 4)], "little")
                at = begin + length


def _varying(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Reads a number of seven bits a byte, and gives where the next one begins."""
    value = place = 0
    for place in range(most):
        value |= (data[at + place] & ~_MORE) << (7 * place)
        if not data[at + place] & _MORE:
            break
    return value, at + place + 1


def extent_of_old(data: bytes) -> Extent:
    """Measures the sheets of ``.xls`` together; nothing where it is no such file, which whoever reads it will say."""
    rows = columns = at = 0
    stream = _stream(data) if data.startswith(_COMPOUND) else data
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if kind in _ONE_CELL | _MANY_CELLS and at + max(length, 4) <= len(stream):
            row, column = struct.unpack_from("<HH", stream, at)
            if kind in _MANY_CELLS:
                (column,) = struct.unpack_from("<H", stream, at + length - 2)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        at += length
    return Extent(rows, columns)


def _stream(data: bytes) -> bytes:
    """Gives the stream of a compound file that has the workbook, or what can be found of it."""
    try:
        size = 1 << struct.unpack_from("<H", data, 30)[0]
        table = _table(data, size)
        directory = _chain(data, table, struct.unpack_from("<I", data, 48)[0], size)
        for at in range(0, len(directory) - 127, 128):
            name = directory[at : at + struct.unpack_from("<H", directory, at + 64)[0]].decode("utf-16-le", "replace")
            if name.rstrip("\0").lower() in {"workbook", "book"}:
                return _chain(data, table, struct.unpack_from("<I", directory, at + 116)[0], size)
    except (struct.error, ValueError):
        pass
    return b""


def _table(data: bytes, size: int) -> list[int]:
    """Gives for each sector the one behind it."""
    places = list(struct.unpack_from("<109I", data, 76))
    extra, entries = struct.unpack_from("<I", data, 68)[0], size // 4
    seen = set[int]()
    while extra < _LAST and extra not in seen:
        seen.add(extra)
        more = struct.unpack_from(f"<{entries}I", data, (extra + 1) * size)
        places += more[:-1]
        extra = more[-1]
    tables = (data[(place + 1) * size : (place + 2) * size] for place in places if place < _LAST)
    return [each for table in tables for (each,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]


def _chain(data: bytes, table: list[int], start: int, size: int) -> bytes:
    sectors, seen = list[bytes](), 0
    while start < len(table) and seen <= len(table):
        sectors.append(data[(start + 1) * size : (start + 2) * size])
        start, seen = table[start], seen + 1
    return b"".join(sectors)
