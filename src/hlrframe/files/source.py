"""What every kind of file looks like to the rest: its phones first, then its rows in pieces that take columns."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self

import polars as pl

from hlrframe.errors import InputError
from hlrframe.files.memory import Held, Memory
from hlrframe.frames import OpenFrame
from hlrframe.model import Naming
from hlrframe.run import Cells

__all__ = [
    "PIECE_CELLS",
    "PIECE_ROWS",
    "Piece",
    "Sink",
    "Source",
    "Taken",
    "TextReading",
    "check_distinct",
    "rows_of_piece",
]

#: Most rows that are held at a time: each piece is joined with all answers, so that it must not be small either.
PIECE_ROWS: Final = 131_072
#: Most cells that are held at a time, where memory is not said to be short.
PIECE_CELLS: Final = 2_000_000
#: Characters of text that are held for each cell that may be.
CELL_CHARACTERS: Final = 16


class TextReading(NamedTuple):
    """What somebody says of text files, since these say little of themselves."""

    #: The encoding; ``None`` for the one that is found.
    encoding: str | None = None
    #: Whether a line names the columns: which is found, or on which line of the file it begins.
    header: bool | int = True


class Taken(NamedTuple):
    """What is taken of a file."""

    #: The phone columns, and what their results are called.
    naming: Naming
    #: Name of the column that says each row's country, or ``None``.
    region_column: str | None = None
    #: How many cells to hold at a time.
    held: int = PIECE_CELLS
    #: How text files are to be read.
    reading: TextReading = TextReading()
    #: The sheet of a workbook, by its name or its place from 1 on; ``None`` for the one that has the phone column.
    sheet: str | None = None
    #: What reads much at once asks here whether so many bytes may be held; ``None`` for what is usual.
    check_room: Callable[[Path, int, Held], None] | None = None

    def found(self, names: Sequence[str]) -> Self:
        """Gives the same with the columns that a file has in place of patterns.

        Raises:
            InputError: No column is like a pattern.
        """
        return self._replace(naming=self.naming.found(names))

    @property
    def columns(self) -> list[str]:
        """The phone columns."""
        return list(self.naming.columns)

    @property
    def characters(self) -> int:
        """How many characters to hold at a time, of one line or of many: each stands there several times."""
        return self.held * CELL_CHARACTERS

    @property
    def bytes(self) -> int:
        """How many bytes of typed rows to hold at a time."""
        return 4 * self.characters

    def check(self, path: Path, size: int, held: Held) -> None:
        """Refuses a file of which so many bytes would be held.

        Raises:
            InputError: There is no room for them.
        """
        (self.check_room or Memory.of(None).check_whole)(path, size, held)

    @property
    def names(self) -> list[str]:
        """The columns that are read first."""
        return self.columns if self.region_column is None else [*self.columns, self.region_column]

    def cells(self, columns: Iterable[pl.Series]) -> Cells:
        """Gives the phones of some rows.

        Args:
            columns: Each of :attr:`names` as text or null.
        """
        *texts, last = columns
        return Cells([*texts, last]) if self.region_column is None else Cells(texts, last)


class Piece(NamedTuple):
    """Some rows."""

    rows: int
    #: Puts result columns beside the rows, and gives what the sink takes that goes with the source.
    attach: Callable[[pl.DataFrame], Any]


def rows_of_piece(columns: int, cells: int = PIECE_CELLS) -> int:
    """Says how many rows of so many columns are held at a time.

    >>> rows_of_piece(8), rows_of_piece(200)
    (131072, 10000)
    """
    return max(1_000, min(PIECE_ROWS, cells // max(1, columns)))


def check_distinct(names: Sequence[str], path: Path) -> None:
    """Refuses columns that only their places tell apart.

    Raises:
        InputError: Two have one name.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{path} has several columns named {twice[0]!r}: rename all but one")


class Source(Protocol):
    """A file of rows, which can be read as often as needed.

    Every method may raise :class:`~hlrframe.InputError`.
    """

    def head(self) -> OpenFrame:
        """Gives the columns. The names of an NDJSON file are all there when its phones have been read."""
        ...

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and what they are, for files that go into one; nothing where any file goes with it."""
        ...

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece."""
        ...

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows, in pieces of another size."""
        ...


class Sink(Protocol):
    """A file that is being written."""

    def write(self, enriched: Any) -> None:  # noqa: ANN401  # text or a table: what the source's pieces make
        """Writes one piece; the first is the source's head."""
        ...

    def close(self) -> None:
        """Ends the file."""
        ...
