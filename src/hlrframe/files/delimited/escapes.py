r"""Delimited text whose writer put a backslash before what has a meaning: ``"say \"hi\""``, ``Smith\, John``.

MySQL, Spark and others write so. A file is read so where its lines make sense so and in no other way; else a backslash
is a character like any other, as in ``"C:\"``.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from hlrframe.files.delimited.blocks import Feed
from hlrframe.files.delimited.escaped_blocks import are_escaped_records
from hlrframe.files.delimited.records import LINE, QUOTED
from hlrframe.model import many_digits

__all__ = ["EscapedRecords", "Escapes", "has_escapes", "standard_line"]

_INSIDE: Final = re.compile(r'[^"\\]*+(?:(?:""|\\(?:\r\n|[\s\S]))[^"\\]*+)*+')
_ESCAPE: Final = re.compile(r'\\(\r\n|[\\"\r\n,;\t|])|""')
#: What a backslash stands before where nothing is in quotes; else it is somebody's own, as in ``C:\dir``.
_KNOWN: Final = re.compile(r"\\(?:[\\0N\"'bnrtZ,;\t|\r\n])")
_NULL: Final = r"\N"
#: Where a backslash may stand for something.
_PERHAPS: Final = re.compile(r'\\[",;\t|\r\n]')
#: Characters that are looked at together.
_BLOCK: Final = 1 << 22


class _Rows(Protocol):
    line: int

    def __iter__(self) -> Iterator[tuple[str, list[str]]]: ...


class EscapedRecords:
    r"""The records of such text, as :class:`~hlrframe.files.delimited.records.Records` gives those of other text.

    Args:
        lines: Lines with their ends.
        separator: What stands between cells.
        longest: Most characters of one record.

    Raises:
        csv.Error: While iterating: a quote is never closed, or a record is too long.

    >>> list(EscapedRecords(iter(['"a \\"b\\", c",d\\\n', "e\n"]), ","))
    [('"a \\"b\\", c",d\\\ne\n', ['a "b", c', 'd\ne'])]
    """

    def __init__(self, lines: Iterator[str], separator: str, *, longest: int | None = None) -> None:
        self._lines = lines
        self._separator = separator
        self._longest = longest
        around = re.escape(separator)
        self._plain = re.compile(rf"[^{around}\\\r\n]*+(?:\\(?:\r\n|[\s\S])[^{around}\\\r\n]*+)*+")
        self._length = 0
        #: Lines read so far.
        self.line = 0

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        for line in self._lines:
            self.line += 1
            if "\\" not in line and '"' not in line:
                body = line.rstrip("\r\n")
                yield line, body.split(self._separator) if body else []
            else:
                yield self._record(line)

    def _record(self, line: str) -> tuple[str, list[str]]:
        taken, cells, place = [line], list[str](), 0
        self._length = len(line)
        while True:
            cell = ""
            if line.startswith('"', place):
                inside, line, place = self._upto_quote(line, place + 1, taken)
                cell = _ESCAPE.sub(_unescaped, inside) or QUOTED
            behind, line, place = self._upto_end(line, place, taken)
            plain = "" if behind == _NULL else _ESCAPE.sub(_unescaped, behind)
            cells.append(f"{cell}{plain}" if plain else cell)
            if not line.startswith(self._separator, place):
                return "".join(taken), cells
            place += 1

    def _upto_quote(self, line: str, place: int, taken: list[str]) -> tuple[str, str, int]:
        """Gives what stands up to the closing quote, the line that it is in, and the place behind it."""
        parts = list[str]()
        while True:
            match = _INSIDE.match(line, place)
            assert match is not None  # noqa: S101  # it may match nothing, but it matches
            parts.append(match[0])
            if line.startswith('"', match.end()):
                return "".join(parts), line, match.end() + 1
            line, place = self._more(taken), 0

    def _upto_end(self, line: str, place: int, taken: list[str]) -> tuple[str, str, int]:
        """Gives what stands up to the next separator or line end."""
        parts = list[str]()
        while True:
            match = self._plain.match(line, place)
            assert match is not None  # noqa: S101  # as above
            parts.append(match[0])
            place = match.end()
            if place < len(line) or not line.endswith(("\n", "\r")):
                return "".join(parts), line, place
            line, place = self._more(taken), 0

    def _more(self, taken: list[str]) -> str:
        line = next(self._lines, "")
        began = self.line - len(taken) + 1
        if not line:
            raise csv.Error(f"in the record that begins on line {began}: a quote is never closed")
        self.line += 1
        taken.append(line)
        self._length += len(line) + LINE
        if self._longest is not None and self._length > self._longest:
            raise csv.Error(f"the record that begins on line {began} is longer than memory has room for")
        return line


def _unescaped(match: re.Match[str]) -> str:
    return match[1] or '"'


def standard_line(cells: Iterable[str], separator: str) -> str:
    r"""Writes a record as the standard has it, which is what spreadsheets and summaries read.

    >>> print(standard_line(['a "b", c', "d", QUOTED, ""], ","))
    "a ""b"", c",d,"",
    """
    around = {separator, '"', "\n", "\r"}
    return separator.join(
        '"{}"'.format(each.replace('"', '""')) if each is QUOTED or not around.isdisjoint(each) else each
        for each in cells
    )


def has_escapes(pieces: Iterable[str]) -> bool:
    """Whether somewhere in a text a backslash may stand for something."""
    before = ""
    for piece in pieces:
        if _PERHAPS.search(before + piece if before else piece):
            return True
        before = "\\" if piece.endswith("\\") else ""
    return False


class Escapes:
    """Tells whether a file makes sense with a backslash before what has a meaning, and in no other way.

    Args:
        separator: What stands between cells.
        width: How many cells a row has.
        phones: The places of those that may hold numbers.
        longest: Most characters of one record.
    """

    def __init__(self, separator: str, width: int, phones: Sequence[int], *, longest: int) -> None:
        around = re.escape(separator)
        any_of = r'[^"\\]*+(?:(?:""|\\[\s\S])[^"\\]*+)*+'
        self._separator = separator
        self._width = width
        self._phones = phones
        self._longest = longest
        # Else the folder in a last cell would take the row below it in.
        one = r"\\[\s\S]" if separator == "\t" else r"\\[^\r\n]"
        self._escaped = _whole(rf'"{any_of}"', rf'(?:[^"{around}\\]|{one})(?:[^{around}\\]|{one})*+', around)
        # The rest of a cell that was cut in two ends with a quote.
        self._clean = _whole(r'"[^"]*+(?:""[^"]*+)*+"', rf'[^"{around}]++', around)
        self._plain = _whole(r'"[^"]*+(?:""[^"]*+)*+"', rf'[^"{around}][^{around}]*+', around)

    def found(self, plain: Callable[[], _Rows], escaped: Callable[[], tuple[Feed, _Rows]]) -> bool:
        """Compares both ways of reading a file.

        Args:
            plain: Reads its rows where a backslash is a character like any other.
            escaped: Gives the text from its first row on, and what reads it otherwise.

        Raises:
            csv.Error: Neither way fits all lines, and the plain one would change what is read.
        """
        wrong = self._first_wrong(plain())
        if wrong is None:
            return False
        line, raw = wrong
        if self._makes_sense(*escaped(), whole=self._tolerable(plain())):
            return True
        body = raw.rstrip("\r\n")
        if '\\"' in body and self._escaped.fullmatch(body) and not self._plain.fullmatch(body):
            raise csv.Error(
                f"line {line}: a backslash stands before a quote, which no other line bears out; save it again with "
                "each quote inside quotes doubled"
            )
        return False

    def _first_wrong(self, rows: _Rows) -> tuple[int, str] | None:
        """Gives the first row that may make no sense: quotes where none belong, too many cells, an end too early."""
        try:
            for raw, cells in rows:
                if cells and (len(cells) != self._width or not self._clean.fullmatch(raw.rstrip("\r\n"))):
                    return rows.line, raw
        except csv.Error:
            return rows.line, ""
        return None

    def _tolerable(self, rows: _Rows) -> bool:
        """Whether short rows are all that is wrong."""
        try:
            return all(len(cells) <= self._width and self._clean.fullmatch(raw.rstrip("\r\n")) for raw, cells in rows)
        except csv.Error:
            return False

    def _makes_sense(self, feed: Feed, rows: _Rows, *, whole: bool) -> bool:
        """Whether all rows make sense with escapes; without quotes every backslash must be one.

        Args:
            feed: The text from the first row on.
            rows: Reads its rows.
            whole: Whether no cell may be missing in any.
        """
        most = self._longest
        try:
            each = iter(rows)
            while text := feed.take(min(_BLOCK, most), longest=most):
                if not are_escaped_records(text, self._separator, self._width, longest=most):
                    feed.put_back(text)
                    if not all(self._is_right(raw, cells, whole=whole) for raw, cells in feed.rows_back(each)):
                        return False
        except csv.Error:
            return False
        return True

    def _is_right(self, raw: str, cells: Sequence[str], *, whole: bool) -> bool:
        body = raw.rstrip("\r\n")
        if whole and cells and len(cells) < self._width:
            return False
        if len(cells) > self._width or not self._escaped.fullmatch(body):
            return False
        return "\\" not in body or '"' in body or self._is_whole(body, cells)

    def _is_whole(self, body: str, cells: Sequence[str]) -> bool:
        """Whether a row without quotes is one: no cell is missing, each backslash is known, no other row is in it."""
        lines = [line.split(self._separator) for line in body.split("\n")]
        numbered = [line for line in lines if any(many_digits("".join(line[at : at + 1])) for at in self._phones)]
        return len(cells) == self._width and "\\" not in _KNOWN.sub("", body) and len(numbered) <= 1


def _whole(quoted: str, bare: str, around: str) -> re.Pattern[str]:
    cell = f"(?:{quoted}|{bare}|)"
    return re.compile(f"{cell}(?:[{around}]{cell})*+")
