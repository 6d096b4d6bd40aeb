"""Delimited text: every cell is text, and a line that goes out as it came in, with cells added to it.

Nothing is parsed but the phone column, so nothing can change: leading zeros, quotes, dates and line ends stay. Where
the destination is no delimited text all cells are read, as text: an empty one as null, a quoted empty one as empty.
"""

import io
import re
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import polars as pl
import pyarrow as pa

from hlrframe.errors import GuessWarning, InputError
from hlrframe.files.delimited.blocks import Block, Feed, lines_as_column, plain_block
from hlrframe.files.delimited.dialect import Dialect, find_dialect
from hlrframe.files.delimited.escaped_blocks import escaped_block
from hlrframe.files.delimited.escapes import EscapedRecords, Escapes, has_escapes, standard_line
from hlrframe.files.delimited.guard import LineGuard
from hlrframe.files.delimited.looks import SEPARATORS
from hlrframe.files.delimited.records import Records, values_of
from hlrframe.files.places import readable
from hlrframe.files.source import PIECE_ROWS, Piece, Taken, check_distinct, rows_of_piece
from hlrframe.files.text import LineEnd, TextEncoding, chunks, find_encoding, lines_of, open_text, too_long
from hlrframe.frames import OpenFrame, open_frame
from hlrframe.run import Cells

__all__ = ["SEPARATORS", "DelimitedFile", "DelimitedLines", "DelimitedTable"]

#: Characters by which the line end is told.
_SAMPLE: Final = 1 << 16
_IN_QUOTES: Final = re.compile(r'"[^"]*+"')
#: Characters of the first block: by its lines the size of others is told.
_FIRST_BLOCK: Final = 1 << 16
#: How DOS ended a file.
_DOS_END: Final = "\x1a"


#: A row as its line with all cells there, the line's end, and its cells.
Row: TypeAlias = tuple[str, str, list[str]]


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
            #: Which characters its bytes are.
            self.encoding: TextEncoding = find_encoding(path, taken.reading.encoding, longest=taken.characters)
            self._end = self._line_end()
            self._most = taken.characters
            #: How it is read.
            self.dialect: Dialect = self._recognise(taken, separators)
            #: Whether a backslash stands before what has a meaning.
            self.escaped = False
            self.escaped = self._is_escaped()
        #: What is taken of it, with the columns that it has.
        self.taken = taken = self.dialect.taken
        empty = pl.DataFrame(schema=dict.fromkeys(self.names, pl.String))
        open_frame(empty, taken.naming, region_column=taken.region_column)  # whether results have names that are free
        #: How many rows to hold at a time.
        self.rows_of_piece = rows_of_piece(len(self.names), taken.held)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return self.dialect.names

    @property
    def separator(self) -> str:
        """What stands between cells."""
        return self.dialect.separator

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece."""
        places = [self.names.index(name) for name in self.taken.names]
        for lot in self.lots():
            if isinstance(lot, Block):
                yield self.taken.cells(lot.cells(places))
                continue
            several = ([cells[place] for place in places] for _, _, cells in lot)
            for rows in chunks(several, PIECE_ROWS, weigh=lambda cells: sum(map(len, cells)), most=self._most):
                yield self.taken.cells(map(self._series, zip(*rows, strict=True)))

    def _series(self, cells: Iterable[str]) -> pl.Series:
        values = values_of(cells)
        if self.encoding.stray is not None:
            values = [None if each is None else _plain_text(each) for each in values]
        return pl.Series(values, dtype=pl.String)

    def _line_end(self) -> LineEnd:
        """Gives the carriage return where evidently it ends the lines: it does so, and no line feed does."""
        with open_text(self.path, encoding=self.encoding.name, errors=self.encoding.errors) as file:
            bare = _IN_QUOTES.sub("", file.read(_SAMPLE))
        return "\r" if "\r" in bare and "\n" not in bare else "\n"

    def _recognise(self, taken: Taken, separators: Sequence[str]) -> Dialect:
        with ExitStack() as until_found:

            def opened(separator: str, *, padded: bool = False) -> Records:
                lines = lines_of(until_found.enter_context(self._open()), self.path, longest=self._most)
                return Records(lines, separator, padded=padded, longest=self._most)

            return find_dialect(opened, self.path, taken, separators)

    def _open(self) -> io.TextIOWrapper:
        return open_text(self.path, encoding=self.encoding.name, errors=self.encoding.errors, end=self._end)

    def _is_escaped(self) -> bool:
        with self._open() as file:
            if not has_escapes(iter(partial(file.read, _SAMPLE), "")):
                return False
        with ExitStack() as opened:

            def plain() -> Records | EscapedRecords:
                return self._records(opened.enter_context(self._open()), escaped=False)

            def escaped() -> tuple[Feed, Records | EscapedRecords]:
                feed = Feed(opened.enter_context(self._open()))
                return feed, self._records(feed, escaped=True)

            places = [self.names.index(name) for name in self.dialect.taken.names if name in self.names]
            return Escapes(self.separator, len(self.names), places, longest=self._most).found(plain, escaped)

    def _records(self, file: io.TextIOWrapper | Feed, *, escaped: bool) -> Records | EscapedRecords:
        """Gives the records of the rows: those up to the header are taken."""
        lines, separator, padded = lines_of(file, self.path, longest=self._most), self.separator, self.dialect.padded
        records = (
            EscapedRecords(lines, separator, longest=self._most)
            if escaped
            else Records(lines, separator, padded=padded, longest=self._most)
        )
        deque(islice(records, self.dialect.skipped), maxlen=0)
        return records

    def lots(self) -> "Iterator[Block | Iterator[Row]]":
        """Gives all rows, many at a time: as a block where that is possible, else one after the other.

        Those that come one after the other must be taken before the next lot.
        """
        with readable(self.path), self._open() as file:
            feed = Feed(file)
            records = self._records(feed, escaped=self.escaped)
            rows = _readable(self.path, self._filled(records))
            if self.encoding.stray is not None or self.dialect.padded or self._end != "\n":
                yield rows
                return
            size, as_block = _FIRST_BLOCK, escaped_block if self.escaped else plain_block
            while text := feed.take(min(size, self._most), longest=self._most):
                block = as_block(text, self.separator, len(self.names), longest=self._most)
                if block is None:
                    feed.put_back(text)
                    yield feed.rows_back(rows)
                    continue
                records.line += len(block.lines)
                yield block
                size = self.rows_of_piece * len(text) // len(block.lines)

    def rows(self) -> Iterator[Row]:
        """Gives each row as its line with all cells there, the line's end, and its cells.

        Lines with nothing on them are no rows: they stay before the row that follows.
        """
        with readable(self.path), self._open() as file:
            yield from self._filled(self._records(file, escaped=self.escaped))

    def _filled(self, records: Records | EscapedRecords) -> Iterator[Row]:
        separator, width, blank = self.separator, len(self.names), ""
        for raw, cells in records:
            if not cells or cells == [_DOS_END]:
                blank += raw if not cells else ""
                if len(blank) > self._most:
                    raise too_long(self.path, records.line, self._most)
                continue
            body = raw.rstrip("\r\n")
            end = raw[len(body) :] or self._end
            missing = width - len(cells)
            if missing < 0:
                body = self._without_surplus(body, cells, records.line)
            if self.escaped:
                body = standard_line(cells[:width], separator)
            yield blank + body + separator * missing, end, (cells + [""] * missing)[:width]
            blank = ""

    def _without_surplus(self, body: str, cells: list[str], line: int) -> str:
        """Takes away the cells behind the last column where nothing is in them."""
        width = len(self.names)
        if any(cell.strip() for cell in cells[width:]):
            raise InputError(
                f"{self.path}, line {line}: {len(cells)} cells under {width} column names; "
                "put cells that hold the separator in quotes, and name the first column where each row begins with a "
                "name of its own"
            )
        return body.rsplit(self.separator, len(cells) - width)[0]

    def say(self) -> None:
        """Says what a person should know of how the file is read."""
        escaped = (
            f"{self.path}: a backslash stands before quotes and separators, as some databases write; what is written "
            "has quotes around such cells, and doubled ones inside"
        )
        for said in filter(None, (self.encoding.said(self.path), self.dialect.said, escaped if self.escaped else "")):
            warnings.warn(said, GuessWarning, stacklevel=2)


def _readable(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    """Gives rows that are taken where nobody minds what reading raises."""
    with readable(path):
        yield from rows


def _plain_text(text: str) -> str:
    """Gives text for frames, which hold nothing else: stray bytes become the sign for such."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class DelimitedLines:
    """Delimited text that becomes delimited text: what is written is what was read, with cells at each line's end.

    Args:
        file: The file.
        guarded: Whether cells that a spreadsheet would run get an apostrophe in front.
    """

    def __init__(self, file: DelimitedFile, *, guarded: bool = False) -> None:
        self._file = file
        self._guard: Callable[[str], str] = LineGuard(file.separator) if guarded else str
        #: What stands between cells, and behind a line.
        self.separator = file.separator
        self.line_end = file.dialect.header[1]
        #: Which characters its bytes are.
        self.encoding = file.encoding
        file.say()

    def head(self) -> OpenFrame:
        """Gives the header, what is above it first: what is added to it is the names."""
        dialect = self._file.dialect
        body, end = dialect.header

        def attach(results: pl.DataFrame) -> str:
            names = results.clear().write_csv(separator=dialect.separator).rstrip("\n")
            above = (f"{self._guard(text)}{its_end}" for text, its_end in dialect.above)
            return f"{''.join(above)}{self._guard(body)}{dialect.separator}{names}{end}"

        return OpenFrame(Cells([]), self._file.names, attach, self._file.taken.naming)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns; lines with other separators do not go together."""
        return [(name, f"text between {self._file.separator!r}") for name in self._file.names]

    def phones(self) -> Iterator[Cells]:
        """Reads the phone column, piece by piece."""
        return self._file.phones()

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives their text."""
        if self._guard is not str:
            yield from self._pieces_of(self._file.rows())
            return
        for lot in self._file.lots():
            if isinstance(lot, Block):
                for lines in lot.cut(self._file.rows_of_piece):
                    yield Piece(len(lines), partial(self._beside, lines, lot.end))
            else:
                yield from self._pieces_of(lot)

    def _pieces_of(self, rows: Iterator[Row]) -> Iterator[Piece]:
        guarded = ((self._guard(body), end) for body, end, _ in rows)
        most = self._file.taken.characters
        for chunk in chunks(guarded, self._file.rows_of_piece, weigh=lambda row: len(row[0]), most=most):
            yield Piece(len(chunk), partial(self._joined, chunk))

    def _beside(self, lines: pl.Series, end: str, results: pl.DataFrame) -> str:
        separator = self._file.separator
        added = lines_as_column(results.write_csv(include_header=False, separator=separator).encode())
        if len(added) != len(lines):
            return self._joined([(line, end) for line in lines], results)
        both = pl.DataFrame({"line": lines, "added": added})
        return both.write_csv(include_header=False, separator=separator, quote_style="never", line_terminator=end)

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
        InputError: Two columns have one name, or there are bytes that are no text.
    """

    def __init__(self, file: DelimitedFile) -> None:
        self._file = file
        file.encoding.check_whole(file.path)
        file.say()
        #: Which characters its bytes are.
        self.encoding = file.encoding
        #: What stands between its cells.
        self.separator = file.separator
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
        rows, most = self._file.rows_of_piece, self._file.taken.characters
        for lot in self._file.lots():
            if isinstance(lot, Block):
                for columns in lot.tables(len(self._schema), rows):
                    yield self._piece(each.to_arrow().cast(pa.string()) for each in columns)
                continue
            weighed = ((len(line), cells) for line, _, cells in lot)
            for chunk in chunks(weighed, rows, weigh=itemgetter(0), most=most):
                cells = zip(*(row[1] for row in chunk), strict=True)
                yield self._piece(pa.array(values_of(each), pa.string()) for each in cells)

    def _piece(self, columns: Iterable["pa.Array[Any]"]) -> Piece:
        table = pa.table(list(columns), schema=self._schema)
        return Piece(table.num_rows, open_frame(table, self._file.taken.columns).attach)
