"""Records of delimited text: their cells, and the very text that each was read from."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["LINE", "QUOTED", "Records", "value_of", "values_of"]


class _Quoted(str):
    """An empty cell that stood in quotes: equal to an empty one, and still told from it."""

    __slots__ = ()


QUOTED: Final = _Quoted()
#: Characters that a line inside a record counts for beside its own: what it takes while it is a text by itself.
LINE: Final = 100
#: Stands for two quotes for a moment. Unicode keeps it for uses inside a program.
_MARK: Final = "\ufdd0"
_INSIDE: Final = re.compile(r'[^"]*+(?:""[^"]*+)*+')


class Records:
    r"""The records of delimited text, each with the very text that it was read from.

    A quote opens a quoted cell only at the cell's start, as in spreadsheets. Cells may be of any length.

    Args:
        lines: Lines with their ends.
        separator: What stands between cells.
        padded: Whether the blanks that follow a separator belong to it.
        longest: Most characters of one record.

    Raises:
        csv.Error: While iterating: a quote is never closed, or a record is too long. Says on which line it begins.

    >>> list(Records(iter(['a,"b\n', 'c"\n', '5" pipe,\n']), ","))
    [('a,"b\nc"\n', ['a', 'b\nc']), ('5" pipe,\n', ['5" pipe', ''])]
    """

    def __init__(
        self, lines: Iterator[str], separator: str, *, padded: bool = False, longest: int | None = None
    ) -> None:
        self._lines = lines
        self._separator = separator
        self._padded = padded
        self._longest = longest
        self._blanks = re.compile(r" *(?=\")" if padded else "")
        self._most = csv.field_size_limit()
        around = re.escape(separator)
        self._quoted_empty = re.compile(rf'(?:^|(?<={around}))""(?=[{around}\r\n])')
        self._before_quotes = f'{separator}""'
        #: Lines read so far.
        self.line = 0

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        separator, padded = self._separator, self._padded
        for line in self._lines:
            self.line += 1
            if '"' in line:
                yield self._quoted(line)
                continue
            body = line.rstrip("\r\n")
            cells = body.split(separator) if body else []
            yield line, [cell.lstrip(" ") for cell in cells] if padded else cells

    def _quoted(self, line: str) -> tuple[str, list[str]]:
        """Reads a record with quotes: by the standard library where it is sure to be right, else by hand."""
        if self._is_plain(line):
            marked = self._marked(line)
            cells = next(csv.reader((marked,), delimiter=self._separator))
            if not cells[-1].endswith("\n"):  # else its last quote is open
                return line, cells if marked is line else [*map(_unmarked, cells)]
        return self._by_hand(line)

    def _marked(self, line: str) -> str:
        """Puts a mark where the standard library cannot tell an empty cell in quotes from one without."""
        if self._before_quotes in line or line.startswith('""'):
            return self._quoted_empty.sub(_MARK, line)
        return line

    def _is_plain(self, line: str) -> bool:
        return (
            len(line) <= self._most
            and not self._padded
            and _MARK not in line
            and line.endswith("\n")
            and line.find("\r", 0, -2) < 0
        )

    def _by_hand(self, line: str) -> tuple[str, list[str]]:
        taken, cells, began = [line], [], self.line
        place: int | None = 0
        while place is not None:
            stop = len(line.rstrip("\r\n"))
            start = self._blanks.match(line, place)
            if start and line.startswith('"', start.end()):
                inside, line, place = self._inside(line, start.end() + 1, taken, began)
                stop = len(line.rstrip("\r\n"))
                end = line.find(self._separator, place, stop)
                behind = line[place : stop if end < 0 else end]
                cells.append(f"{inside}{behind}" or QUOTED)
            else:
                end = line.find(self._separator, place, stop)
                cell = line[place : stop if end < 0 else end]
                cells.append(cell.lstrip(" ") if self._padded else cell)
            place = None if end < 0 else end + 1
        return "".join(taken), cells

    def _inside(self, line: str, place: int, taken: list[str], began: int) -> tuple[str, str, int]:
        """Reads on to the closing quote: what is inside, the line that it is in, and the place behind it."""
        parts: list[str] = []
        length = sum(map(len, taken))
        while True:
            match = _INSIDE.match(line, place)
            assert match is not None  # noqa: S101  # it may match nothing, but it matches
            parts.append(match[0])
            if match.end() < len(line):
                return "".join(parts).replace('""', '"'), line, match.end() + 1
            line, place = next(self._lines, ""), 0
            if not line:
                raise csv.Error(f"in the record that begins on line {began}: a quote is never closed")
            self.line += 1
            taken.append(line)
            length += len(line) + LINE
            if self._longest is not None and length > self._longest:
                raise csv.Error(
                    f"the record that begins on line {began} is longer than memory has room for; a quote that is "
                    "never closed makes one of all that follows"
                )


def _unmarked(cell: str) -> str:
    # Inside a quoted cell the two quotes were a doubled one.
    return QUOTED if cell == _MARK else cell.replace(_MARK, '"')


def values_of(cells: Iterable[str]) -> list[str | None]:
    """Gives cells of :class:`Records`: null where nothing stood, text where quotes did."""
    return [cell or ("" if cell is QUOTED else None) for cell in cells]


def value_of(cell: str) -> str | None:
    """Gives one cell as :func:`values_of` does.

    >>> value_of(""), value_of("a")
    (None, 'a')
    """
    return values_of([cell])[0]
