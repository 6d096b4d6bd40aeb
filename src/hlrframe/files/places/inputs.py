"""A file that is read: where its bytes are, what it is, and what messages call it."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import unquote

from hlrframe.errors import InputError
from hlrframe.files.places.kinds import Format, check_bytes
from hlrframe.files.places.paths import check_source, readable
from hlrframe.system import Scratch, member_of, open_packed

__all__ = ["InputFile", "is_partition", "partition_of"]

#: A folder that names a column and the value that it has in all files inside, as Hive lays tables out.
_PARTITION: Final = re.compile(r"[^=]+=.*")
#: What Hive calls a folder whose value is null.
_NULL: Final = "__HIVE_DEFAULT_PARTITION__"
#: Bytes that are copied at a time.
_STRIDE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that is read."""

    #: Where its bytes are.
    path: Path
    format: Format
    #: What the caller calls it.
    origin: Path
    #: Columns that the folders above it name, and their value in all of it.
    partition: Mapping[str, str | None] = field(default_factory=dict)
    #: Where the bytes are if they were brought there; kept, since it goes with its last user.
    scratch: Scratch | None = field(default=None, repr=False)
    #: What else has to stay as long as this.
    kept: tuple[Scratch, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, path: Path) -> Self:
        """Finds out what a file is.

        Raises:
            InputError: It cannot be read, is of no known kind, or is something else than its name says.
        """
        check_source(path)
        format_ = Format.of_file(path)
        with readable(path):
            check_bytes(path)
            if path.suffix.lower() == ".zip" and format_.packing is None:
                return cls._unpacked(path, format_)
        return cls(path, format_, path, partition_of(path))

    @classmethod
    def _unpacked(cls, path: Path, format_: Format) -> Self:
        """Unpacks what cannot be read as it is unpacked: a workbook or a file of columns."""
        scratch = Scratch()
        inside = scratch.path / Path(member_of(path)).name
        with open_packed(path, "zip") as packed, inside.open("wb") as file:
            shutil.copyfileobj(packed, file, _STRIDE)
        return cls(inside, format_, path, partition_of(path), scratch)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Lets errors call the file as the caller does."""
        try:
            yield
        except InputError as error:
            if self.path == self.origin:
                raise
            raise InputError(str(error).replace(str(self.path), str(self.origin))) from error


def is_partition(name: str) -> bool:
    """Says whether a folder of this name names a column and its value.

    >>> is_partition("country=FR"), is_partition("2026")
    (True, False)
    """
    return _PARTITION.fullmatch(name) is not None


def partition_of(path: Path) -> Mapping[str, str | None]:
    """Gives the columns that the folders right above a file name, and their values.

    >>> dict(partition_of(Path("in/country=FR/city=Le%20Mans/a.csv")))
    {'country': 'FR', 'city': 'Le Mans'}
    """
    folders = reversed(list(takewhile(is_partition, reversed(path.parent.parts))))
    pairs = (folder.partition("=")[::2] for folder in folders)
    return MappingProxyType({unquote(column): _value(value) for column, value in pairs})


def _value(text: str) -> str | None:
    return None if text == _NULL else unquote(text)
