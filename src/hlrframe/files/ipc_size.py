"""How much the batches of an Arrow IPC file or stream take, before one of them is unpacked.

Where batches are packed, each of their buffers says how long it is unpacked, and pyarrow believes it: some kilobytes
can stand for gigabytes. What is not packed is mapped into memory, and takes none.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

__all__ = ["head_size", "largest_batch"]

#: How an Arrow IPC file begins and ends; a stream does not.
_MAGIC: Final = b"ARROW1"
#: What stands before the size of a message.
_CONTINUED: Final = 0xFFFFFFFF
#: Places of what matters, in the tables of the format.
_KIND, _HEADER, _BODY = 1, 2, 3
_BUFFERS, _PACKING = 2, 3
_DATA: Final = 1
_DICTIONARIES, _BATCHES = 2, 3
#: Kinds of messages that hold buffers.
_DICTIONARY, _BATCH = 2, 3


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a flatbuffer: fields by their places, each of which may be missing."""

    data: memoryview
    at: int

    @classmethod
    def root(cls, data: memoryview) -> "_Table":
        return cls(data, _u32(data, 0))

    def number(self, field: int, form: str) -> int:
        place = self._place(field)
        return 0 if place is None else int(struct.unpack_from(form, self.data, place)[0])

    def table(self, field: int) -> "_Table | None":
        place = self._place(field)
        return None if place is None else _Table(self.data, place + _u32(self.data, place))

    def structs(self, field: int, form: str) -> Iterator[tuple[int, ...]]:
        """Gives the elements of a vector."""
        place = self._place(field)
        if place is not None:
            start = place + _u32(self.data, place)
            end = start + 4 + _u32(self.data, start) * struct.calcsize(form)
            yield from struct.iter_unpack(form, self.data[start + 4 : end])

    def _place(self, field: int) -> int | None:
        fields = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        entry = 4 + 2 * field
        if entry >= struct.unpack_from("<H", self.data, fields)[0]:
            return None
        offset = struct.unpack_from("<H", self.data, fields + entry)[0]
        return self.at + offset if offset else None


def largest_batch(path: Path) -> int:
    """Gives the bytes that the largest packed batch unpacks to; 0 where none is packed.

    A file that cannot be understood is one that pyarrow refuses.
    """
    with pa.memory_map(str(path)) as memory:
        data = memoryview(memory.read_buffer())
        try:
            return max((_unpacked(data, *each) for each in _messages(data)), default=0)
        except (struct.error, IndexError, ValueError):
            return 0


def head_size(path: Path) -> int:
    """Gives the bytes that say what the columns are; 0 where the file has not so many, which pyarrow says."""
    with path.open("rb") as file:
        start = file.read(16)
    at = 8 if start.startswith(_MAGIC) else 0
    sizes = struct.unpack_from("<II", start.ljust(16, b"\0"), at)
    size = int(sizes[1] if sizes[0] == _CONTINUED else sizes[0])
    return size if size < path.stat().st_size else 0


def _messages(data: memoryview) -> Iterator[tuple[int, int]]:
    """Gives where the description of each message begins and ends."""
    if bytes(data[: len(_MAGIC)]) != _MAGIC:
        yield from _in_turn(data)
        return
    size = _u32(data, len(data) - len(_MAGIC) - 4)
    footer = _Table.root(data[len(data) - len(_MAGIC) - 4 - size :])
    for blocks in (_DICTIONARIES, _BATCHES):
        for at, _, _ in footer.structs(blocks, "<qi4xq"):
            yield _description(data, at)


def _in_turn(data: memoryview) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 8 <= len(data):
        start, end = _description(data, at)
        if start == end:
            return
        yield start, end
        at = end + _Table.root(data[start:end]).number(_BODY, "<q")


def _description(data: memoryview, at: int) -> tuple[int, int]:
    if at < 0:
        raise ValueError(at)
    start = at + (8 if _u32(data, at) == _CONTINUED else 4)
    return start, start + _u32(data, start - 4)


def _unpacked(data: memoryview, start: int, end: int) -> int:
    message = _Table.root(data[start:end])
    kind, header = message.number(_KIND, "<B"), message.table(_HEADER)
    batch = header.table(_DATA) if header is not None and kind == _DICTIONARY else header
    if batch is None or kind not in {_DICTIONARY, _BATCH} or batch.table(_PACKING) is None:
        return 0
    # A length of -1 stands before what is not packed.
    return sum(
        max(length, struct.unpack_from("<q", data, end + offset)[0])
        for offset, length in batch.structs(_BUFFERS, "<qq")
        if length
    )


def _u32(data: memoryview, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])
