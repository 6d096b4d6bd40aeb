"""Delimited text taken by the block where every line of it is a record: cells and lines as columns, without a loop.

What is not quite so plain, as a line end in quotes or a row that is too short, is left to :mod:`records`.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import polars as pl

__all__ = ["MOST_QUOTED", "Block", "Feed", "lines_as_column", "lines_of_text", "plain_block"]

#: Characters that have a meaning of their own here or at the end of a file, and are in no list of contacts.
_STRANGE: Final = ("\x01", "\x1a", "\0")
#: What a reader takes for the mark of a file where a text begins with it.
_MARK: Final = "\ufeff"
#: What no text of a plain file holds, so that each line is one cell.
_NOWHERE: Final = "\x01"
#: Most columns that a pattern of quoted cells may have.
MOST_QUOTED: Final = 64

_T = TypeVar("_T")


class Feed:
    """A text file of which the next lines can be looked at as one text, and put back.

    Args:
        file: The file.
    """

    def __init__(self, file: io.TextIOBase) -> None:
        self._file = file
        self._back = io.StringIO()
        self._left = 0

    def take(self, size: int, *, longest: int) -> str:
        """Gives the text that comes next, up to a line's end; nothing at the end of the file.

        Args:
            size: How many characters, about.
            longest: Most characters of one line; a longer one is cut.
        """
        text = self._file.read(size)
        return text + self._file.readline(longest + 1) if text else text

    def put_back(self, text: str) -> None:
        """Takes lines back that nobody has read; a line feed ends each."""
        self._back, self._left = io.StringIO(text, newline="\n"), len(text)

    @property
    def has_back(self) -> bool:
        """Whether there are lines that were put back."""
        return self._left > 0

    def rows_back(self, rows: Iterator[_T]) -> Iterator[_T]:
        """Gives the rows that begin on lines that were put back.

        Args:
            rows: Reads the rows from here.
        """
        while self.has_back and (row := next(rows, None)) is not None:
            yield row

    def readline(self, size: int) -> str:
        """Reads a line, or so many characters of it."""
        if not self._left:
            return self._file.readline(size)
        line = self._back.readline(size)
        self._left -= len(line)
        return line


@dataclass(frozen=True, slots=True)
class Block:
    """Lines each of which is a record with a cell for every column."""

    #: The lines, without their ends.
    lines: pl.Series
    #: What ends each of them.
    end: str
    _text: bytes
    _separator: str

    def cells(self, places: Sequence[int]) -> list[pl.Series]:
        """Gives the cells of some columns: null where nothing stood, text where quotes did."""
        wanted = pl.read_csv(
            self._text, has_header=False, separator=self._separator, columns=sorted(set(places)), infer_schema=False
        )
        named = dict(zip(sorted(set(places)), wanted.get_columns(), strict=True))
        return [named[place].alias("") for place in places]

    def tables(self, columns: int, rows: int) -> Iterator[list[pl.Series]]:
        """Gives the cells of all columns, so many rows at a time."""
        cells = self.cells(range(columns))
        for start in range(0, len(self.lines), rows):
            yield [each.slice(start, rows) for each in cells]

    def cut(self, rows: int) -> Iterator[pl.Series]:
        """Gives the lines, so many at a time."""
        for start in range(0, len(self.lines), rows):
            yield self.lines.slice(start, rows)


def plain_block(text: str, separator: str, columns: int, *, longest: int) -> Block | None:
    """Gives a text as a block; ``None`` where a line of it may be no record, or has other cells.

    Args:
        text: Lines with their ends.
        separator: What stands between cells.
        columns: How many cells a record has.
        longest: Most characters of one line, its end included.
    """
    parted = lines_of_text(text, longest=longest)
    if parted is None or not _are_records(parted[0], separator, columns, quoted='"' in text):
        return None
    lines, end, plain = parted
    return Block(lines, end, plain, separator)


def lines_of_text(text: str, *, longest: int) -> tuple[pl.Series, str, bytes] | None:
    """Gives the lines of a text without their ends, what ends each of them, and the text with line feeds for ends.

    Returns:
        ``None`` where a line is empty or too long, has no end or another one than the rest, or a strange character.
    """
    rows, returns = text.count("\n"), text.count("\r")
    if not text.endswith("\n") or text.startswith(_MARK) or any(each in text for each in _STRANGE):
        return None
    if returns and not rows == returns == text.count("\r\n"):
        return None
    try:
        plain = (text.replace("\r\n", "\n") if returns else text).encode()
    except UnicodeEncodeError:
        return None
    lines = lines_as_column(plain)
    if len(lines) != rows or lines.null_count():
        return None
    if len(text) > longest and (lines.str.len_chars() >= longest).any():
        return None
    return lines, "\r\n" if returns else "\n", plain


def lines_as_column(text: bytes) -> pl.Series:
    """Gives the lines of a text, each of them ended by a line feed; fewer where some are empty."""
    schema = {"line": pl.String}
    return pl.read_csv(text, has_header=False, separator=_NOWHERE, quote_char=None, schema=schema).to_series()


def _are_records(lines: pl.Series, separator: str, columns: int, *, quoted: bool) -> bool:
    if not quoted:
        return bool((lines.str.count_matches(separator, literal=True) == columns - 1).all())
    if columns > MOST_QUOTED:
        return False
    around = re.escape(separator)
    cell = f'(?:"(?:[^"]|"")*"|[^"{around}]*)'
    return bool(lines.str.contains(f"^{cell}(?:{around}{cell}){{{columns - 1}}}$").all())
