"""What the files of a store ought to be, so that one that somebody else removed, emptied or cut is noticed.

::

    inventory/parts.<run>-0000.parquet.noted    a sealed file that is there
    inventory/journal.<run>-0000.arrows.noted   a journal, and how many of its bytes are on disk

An entry is made after its file and goes before it, so that an entry without a file tells that it did not go by our
hand. It is no more than a hint: where it is lost, as with the power, nothing is noticed and nothing else is the matter.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from hlrframe.system import create, sync_directory

__all__ = ["NOTED", "Inventory", "Watermark"]

#: Digits of a size: an entry never grows, so that a full disk does not matter to it.
_WIDTH: Final = 20
#: What the name of an entry ends in, so that nobody takes it for a file of answers.
NOTED: Final = ".noted"
_FOLDERS: Final = ("journal", "parts", "asked")


class Watermark:
    """Says in a journal's entry how many of its bytes are on disk."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    def rise(self, size: int) -> None:
        """Notes so many bytes, which are on disk already."""
        with contextlib.suppress(OSError):
            self._file.seek(0)
            self._file.write(f"{size:0{_WIDTH}}".encode())

    def close(self) -> None:
        """Ends the noting; the entry stays."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Inventory:
    """The entries of one store."""

    #: The store's folder.
    root: Path

    @property
    def folder(self) -> Path:
        """Where the entries lie."""
        return self.root / "inventory"

    def entry(self, path: Path) -> Path:
        """Gives the place of a file's entry."""
        return self.folder / f"{path.parent.name}.{path.name}{NOTED}"

    def is_entry(self, path: Path) -> bool:
        """Says whether a file is an entry: it has no more than a size in it."""
        named = path.parent == self.folder and path.name.partition(".")[0] in _FOLDERS
        return named and path.stat().st_size <= _WIDTH

    def note(self, path: Path) -> None:
        """Notes a sealed file that has appeared; where that fails its vanishing would not be noticed, and no more."""
        with contextlib.suppress(OSError):
            create(self.entry(path)).close()

    def watch(self, path: Path) -> Watermark:
        """Notes a journal that has appeared.

        Raises:
            OSError: The disk refused.
        """
        self.entry(path).unlink(missing_ok=True)
        mark = Watermark(create(self.entry(path)))
        mark.rise(0)
        return mark

    def drop(self, paths: Iterable[Path]) -> None:
        """Takes out files that are about to go."""
        there = [entry for entry in map(self.entry, paths) if entry.exists()]
        with contextlib.suppress(OSError):  # whoever may only read goes on without it
            for entry in there:
                entry.unlink(missing_ok=True)
            if there:
                sync_directory(self.folder)

    def acknowledged(self, path: Path) -> int:
        """Gives how many bytes of a journal were on disk, at least; 0 where nobody noted it."""
        try:
            return int(self.entry(path).read_bytes() or b"0")
        except (OSError, ValueError):
            return 0

    def lost(self) -> Iterator[Path]:
        """Gives the files that are gone, and not by our hand."""
        try:
            names = sorted(os.listdir(self.folder))  # noqa: PTH208  # names alone
        except FileNotFoundError:
            return
        for name in names:
            folder, _, file = name.removesuffix(NOTED).partition(".")
            path = self.root / folder / file
            # In this order: whoever of us removes a file has taken out its entry before.
            if folder in _FOLDERS and not _is_there(path) and (self.folder / name).exists():
                yield path


def _is_there(path: Path) -> bool:
    """Says whether a file is there, or was set aside as damaged."""
    return path.exists() or path.with_name(f"{path.name}.damaged").exists()
