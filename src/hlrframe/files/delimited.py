"""Delimited text: every cell is text, and a line that goes out as it came in, with cells added to it.

Nothing is parsed but the phone column, so nothing can change: leading zeros, quotes, dates and line ends stay. Where
the destination is no delimited text all cells are read, as text: an empty one as null, a quoted empty one as empty.
"""

import csv
import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.files.guard import LineGuard
from hlrframe.files.paths import readable
from hlrframe.files.source import PIECE_ROWS, Piece, Taken, check_distinct, rows_of_piece
from hlrframe.files.text import chunks, encoding_of, open_text
from hlrframe.frames import OpenFrame, open_frame
from hlrframe.run import Cells

__all__ = ["DelimitedFile", "DelimitedLines", "DelimitedTable"]

#: Stand for a doubled quote that fills a cell, and for a carriage return that ends no line: the reader gives an empty
#: cell and a quoted empty one alike, and no such return at all. Unicode keeps these for uses inside a program.
MARK: Final = "\ufdd0"
RETURN_MARK: Final = "\ufdd1"
SEPARATORS: Final = (",", ";", "\t", "|")


class Records:
    r"""The records of delimited text, each with the very text that it was read from.

    A quote opens a quoted cell only at the cell's start, as in spreadsheets.

    >>> list(Records(iter(['a,"b\n', 'c"\n', '5" pipe,\n']), ","))
    [('a,"b\nc"\n', ['a', 'b\nc']), ('5" pipe,\n', ['5" pipe', ''])]
    """

    def __init__(self, lines: Iterator[str], separator: str) -> None:
        self._lines = lines
        self._separator = separator
        self._taken: list[str] = []
        around = re.escape(separator)
        self._quoted_empty = re.compile(rf'(?:^|(?<={around}))""(?=[{around}\r\n]|$)')
        self._before_quotes = f'{separator}""'
        #: Lines read so far.
        self.line = 0

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        began = 1
        try:
            for cells in csv.reader(self._recorded(), delimiter=self._separator):
                yield "".join(self._taken), cells
                self._taken.clear()
                began = self.line + 1
        except csv.Error as error:
            raise csv.Error(f"in the record that begins on line {began}: {error}") from None

    def _recorded(self) -> Iterator[str]:
        for line in self._lines:
            self.line += 1
            self._taken.append(line)
            yield self._marked(line)
        if self._taken:  # the reader wants more of a record where there is no more
            raise csv.Error("a quote is never closed")

    def _marked(self, line: str) -> str:
        if self._before_quotes in line or line.startswith('""'):
            line = self._quoted_empty.sub(MARK, line)
        end = -2 if line.endswith("\n") else -1  # the last line may end without
        return line if line.find("\r", 0, end) < 0 else _LONE_RETURN.sub(RETURN_MARK, line)


_LONE_RETURN: Final = re.compile(r"\r(?!\n|\Z)")


def value_of(cell: str) -> str | None:
    """Gives a cell of :class:`Records`: null where nothing stood, text where quotes did.

    >>> value_of(""), value_of(MARK), value_of(f"a{MARK}")
    (None, '', 'a"')
    """
    if MARK in cell or RETURN_MARK in cell:
        return "" if cell == MARK else cell.replace(MARK, '"').replace(RETURN_MARK, "\r")
    return cell or None


class DelimitedFile:
    """A CSV file: its encoding, its separator, its header and its rows.

    Args:
        path: The file.
        taken: What is taken of it; the phone column also tells the separator.
        separators: The separators that it may have.

    Raises:
        InputError: It cannot be read, is empty or is no text, or has no such column.
    """

    def __init__(self, path: Path, taken: Taken, *, separators: Sequence[str] = SEPARATORS) -> None:
        self.path = path
        with readable(path):
            self._encoding = encoding_of(path)
            self.separator, self.header, self.names = self._recognise(taken, separators)
        #: What is taken of it, with the columns that it has.
        self.taken = taken = taken.found(self.names)
        #: What begins the file.
        self.mark = "\ufeff" if self._encoding == "utf-8-sig" else ""
        for name in taken.names:
            if self.names.count(name) > 1:
                raise InputError(f"{path} has several columns named {name!r}: rename all but one")
        # Finds the columns, or says which ones there are.
        empty = pl.DataFrame(schema=dict.fromkeys(self.names, pl.String))
        open_frame(empty, taken.naming, region_column=taken.region_column)
        self._places = [self.names.index(name) for name in taken.names]
        #: How many rows to hold at a time.
        self.rows_of_piece = rows_of_piece(len(self.names), taken.held)

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece."""
        taken = map(itemgetter(*self._places), (cells for _, _, cells in self.rows()))
        for chunk in chunks(taken, PIECE_ROWS):
            columns = [chunk] if len(self._places) == 1 else zip(*chunk, strict=True)
            yield self.taken.cells(pl.Series(list(map(value_of, cells)), dtype=pl.String) for cells in columns)

    def _recognise(self, taken: Taken, separators: Sequence[str]) -> tuple[str, tuple[str, str], list[str]]:
        """Gives the separator that finds most of the wanted columns, else the one that finds the most columns."""
        headers = [(separator, *header) for separator in separators for header in self._header(separator)]
        if not headers:
            raise InputError(f"{self.path} is empty: its first line must name the columns")
        separator, body, end, cells = max(
            headers, key=lambda each: (sum(name in each[3] for name in taken.names), len(each[3]))
        )
        if "\0" in body:
            raise InputError(f"{self.path} is no text: save it as CSV first")
        return separator, (body, end), [value_of(cell) or "" for cell in cells]

    def _header(self, separator: str) -> Iterator[tuple[str, str, list[str]]]:
        rows = self._rows(separator, width=None)
        yield from (row for row in [next(rows, None)] if row)
        rows.close()

    def rows(self) -> Iterator[tuple[str, str, list[str]]]:
        """Gives each row as its line with all cells there, the line's end, and its cells.

        Lines with nothing on them are no rows: they stay before the row that follows.
        """
        with readable(self.path):
            rows = self._rows(self.separator, width=len(self.names))
            next(rows)
            yield from rows

    def _rows(self, separator: str, *, width: int | None) -> Generator[tuple[str, str, list[str]], None, None]:
        blank = ""
        with open_text(self.path, encoding=self._encoding) as file:
            records = Records(file, separator)
            for raw, cells in records:
                if not cells:
                    blank += raw
                    continue
                missing = (width or len(cells)) - len(cells)
                if missing < 0:
                    raise InputError(
                        f"{self.path}, line {records.line}: {len(cells)} cells under {width} column names; "
                        "put cells that hold the separator in quotes"
                    )
                body = raw.removesuffix("\n").removesuffix("\r")
                yield blank + body + separator * missing, raw[len(body) :] or "\n", cells + [""] * missing
                blank = ""


class DelimitedLines:
    """Delimited text that becomes delimited text: what is written is what was read, with cells at each line's end.

    Args:
        file: The file.
        guarded: Whether cells that a spreadsheet would run get an apostrophe in front.
    """

    def __init__(self, file: DelimitedFile, *, guarded: bool = False) -> None:
        self._file = file
        self._guard: Callable[[str], str] = LineGuard(file.separator) if guarded else str

    def head(self) -> OpenFrame:
        """Gives the header: what is added to it is the names."""
        body, end = self._file.header

        def attach(results: pl.DataFrame) -> str:
            names = results.clear().write_csv(separator=self._file.separator).rstrip("\n")
            return f"{self._file.mark}{self._guard(body)}{self._file.separator}{names}{end}"

        return OpenFrame(Cells([]), self._file.names, attach, self._file.taken.naming)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns; lines with other separators do not go together."""
        return [(name, f"text between {self._file.separator!r}") for name in self._file.names]

    def phones(self) -> Iterator[Cells]:
        """Reads the phone column, piece by piece."""
        return self._file.phones()

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives their text."""
        rows = ((self._guard(body), end) for body, end, _ in self._file.rows())
        for chunk in chunks(rows, self._file.rows_of_piece):
            yield Piece(len(chunk), partial(self._joined, chunk))

    def _joined(self, rows: Sequence[tuple[str, str]], results: pl.DataFrame) -> str:
        separator = self._file.separator
        cells = _lines_of(results, separator)
        return "".join(f"{body}{separator}{added}{end}" for (body, end), added in zip(rows, cells, strict=True))


def _lines_of(results: pl.DataFrame, separator: str) -> list[str]:
    """Gives one line of text for each row of results."""
    text = results.write_csv(include_header=False, separator=separator)
    lines = text.split("\n")[:-1]
    if len(lines) == results.height:
        return lines
    # A word of the provider's holds a line end.
    records = Records(io.StringIO(text, newline="\n"), separator)
    return [raw.removesuffix("\n") for raw, _ in records]


class DelimitedTable:
    """Delimited text that becomes another kind of file: each column a column of text.

    Raises:
        InputError: Two columns have one name.
    """

    def __init__(self, file: DelimitedFile) -> None:
        self._file = file
        self._schema = pa.schema([(name, pa.string()) for name in file.names])
        check_distinct(file.names, file.path)

    def head(self) -> OpenFrame:
        """Gives the columns."""
        return open_frame(pa.Table.from_batches([], self._schema), self._file.taken.naming)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns, each of text."""
        return [(name, "text") for name in self._file.names]

    def phones(self) -> Iterator[Cells]:
        """Reads the phone column, piece by piece."""
        return self._file.phones()

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives an Arrow table."""
        rows = ([value_of(cell) for cell in cells] for _, _, cells in self._file.rows())
        for chunk in chunks(rows, self._file.rows_of_piece):
            columns = [pa.array(values, pa.string()) for values in zip(*chunk, strict=True)]
            table = pa.table(columns, schema=self._schema)
            yield Piece(len(chunk), open_frame(table, self._file.taken.columns).attach)
