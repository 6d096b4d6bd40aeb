"""How much is held at a time, by a limit on memory."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

from hlrframe.errors import ConfigError, InputError

__all__ = ["BATCH", "HEAD", "ROW", "WORKBOOK", "Held", "Memory"]

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30}
_SIZE: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?|[KMG]I)B?\s*", re.IGNORECASE)
#: What Python and the libraries take, a connection to the provider included.
BASE: Final = 300_000_000
LEAST: Final = BASE + 100_000_000
#: What is used where nobody says: this, or half of the machine's memory where that is less.
USUAL: Final = 1_200_000_000
#: Bytes that a distinct number takes while all are looked for (and half as many afterwards), those while it is asked,
#: and those of a cell that is written; measured, at the moments when something is there twice.
HELD: Final = 190
ASKED: Final = 450
CELL: Final = 130


class Held(NamedTuple):
    """What of a file is held while it is read."""

    #: Says what, and why.
    words: str
    #: What else could be done.
    cure: str
    #: How many times as large as the file it may be where nobody set a limit, and it is more than is used by itself.
    most_of_file: int | None = None


WORKBOOK: Final = Held("a workbook is held whole while it is read", "save the table as CSV, which is read in pieces")
BATCH: Final = Held(
    "a packed batch of Arrow is held whole while it is read", "write smaller batches, or Parquet, or CSV", 10
)
HEAD: Final = Held("what it says of its columns is held all the time", "drop columns, or write CSV", 10)
ROW: Final = Held("a row is held whole while it is read", "drop the columns that are so long", 10)


@dataclass(frozen=True, slots=True)
class Memory:
    """What may be held.

    >>> Memory.of("1GB").limit, Memory.of("512MiB").limit
    (1000000000, 536870912)
    """

    #: Bytes, those of Python and its libraries included.
    limit: int
    #: Whether somebody set it.
    is_strict: bool

    @classmethod
    def of(cls, limit: str | int | None) -> Self:
        """Reads a limit.

        Args:
            limit: Bytes, or a text such as ``"1GB"`` or ``"512MiB"``; ``None`` for the usual share.

        Raises:
            ConfigError: It is no size, or too small for anything.
        """
        if limit is None:
            return cls(max(LEAST, min(USUAL, _physical() // 2)), is_strict=False)
        size = _size(limit)
        if size < LEAST:
            raise ConfigError(
                f"memory_limit must be at least {LEAST // 10**6}MB, of which Python and its libraries take most"
            )
        return cls(size, is_strict=True)

    @property
    def _room(self) -> int:
        return self.limit - BASE

    @property
    def window(self) -> int:
        """How many distinct numbers to ask at a time."""
        return max(50_000, self._room // 2 // ASKED)

    @property
    def cells(self) -> int:
        """How many cells of a file to hold at a time."""
        return max(100_000, self._room // 3 // CELL)

    def check(self, numbers: int) -> None:
        """Refuses more distinct numbers than can be held.

        Raises:
            InputError: The limit was set, and they do not fit; the message says what would do.
        """
        if self.is_strict and numbers * HELD > self._room:
            needed = -(-(numbers * HELD + BASE) // 10**8) / 10
            raise InputError(
                f"memory_limit={self.limit // 10**6}MB is too little for {numbers:,} distinct numbers: "
                f"they take about {needed:g}GB; raise it, or split the files"
            )

    def check_whole(self, path: Path, size: int, held: Held = WORKBOOK) -> None:
        """Refuses a file of which much is held while it is read.

        Args:
            path: The file.
            size: About how many bytes that takes.
            held: What that is.

        Raises:
            InputError: They do not fit into the limit that was set, or else into this machine, or are out of all
                proportion to the file; the message says what would do.
        """
        proportion = held.most_of_file and max(self._room, path.stat().st_size * held.most_of_file)
        if size <= (self._room if self.is_strict else min(_physical(), proportion or _physical())):
            return
        raisable = self.is_strict or size <= _physical()
        limit = f"memory_limit={self.limit // 10**6}MB" if raisable else "the memory of this machine"
        needed = -(-(size + BASE) // 10**8) / 10
        raise InputError(
            f"{limit} is too little for {path}: {held.words}, and this one takes about "
            f"{needed:g}GB; {'raise it, or ' if raisable else ''}{held.cure}"
        )


def _size(limit: str | int) -> int:
    if isinstance(limit, int) and not isinstance(limit, bool):
        return limit
    match = _SIZE.fullmatch(limit) if isinstance(limit, str) else None
    if match is None:
        raise ConfigError(f"memory_limit={limit!r} is no size: write bytes, or a text such as '1GB' or '512MiB'")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _physical() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return 2 * USUAL
