"""What every kind of file looks like to the rest: pieces that are doors, as every frame is one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from hlrframe.door import Door
from hlrframe.errors import InputError

__all__ = ["PIECE_ROWS", "Sink", "Source", "check_distinct", "rows_of_piece"]

#: Most rows that are held at a time: each piece is joined with all answers, so that it must not be small either.
PIECE_ROWS: Final = 131_072
#: Most cells that are held at a time.
PIECE_CELLS: Final = 2_000_000


def rows_of_piece(columns: int) -> int:
    """Says how many rows of so many columns are held at a time.

    >>> rows_of_piece(8), rows_of_piece(200)
    (131072, 10000)
    """
    return max(1_000, min(PIECE_ROWS, PIECE_CELLS // max(1, columns)))


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

    def head(self) -> Door:
        """Gives a piece without rows. The names of an NDJSON file are all there when its texts have been read."""
        ...

    def texts(self) -> Iterator[pl.Series]:
        """Reads the phone column, piece by piece."""
        ...

    def pieces(self) -> Iterator[Door]:
        """Reads the rows. What a piece's ``attach`` gives is for the sink that goes with the source."""
        ...


class Sink(Protocol):
    """A file that is being written."""

    def write(self, enriched: Any) -> None:  # noqa: ANN401  # text or a table: what the source's pieces make
        """Writes one piece; the first is the source's head."""
        ...

    def close(self) -> None:
        """Ends the file."""
        ...
