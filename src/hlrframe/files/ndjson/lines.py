"""Newline-delimited JSON: a line that goes out as it came in, with members added to its object.

The phone is read from the line itself, so that a long number never passes through a float. What other members hold is
nobody's business, were it no JSON to the letter. Where the destination is of another kind the members become typed
columns, and the phone column one of text.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple, Self

import polars as pl
import pyarrow as pa

from hlrframe.errors import GuessWarning, InputError
from hlrframe.files.ndjson.members import NoText, Value, members_of, strict_line
from hlrframe.files.ndjson.nested import where_rows_are
from hlrframe.files.places import readable
from hlrframe.files.source import Piece, Taken, rows_of_piece
from hlrframe.files.text import chunks, find_encoding, lines_of, open_text
from hlrframe.frames import OpenFrame, open_frame
from hlrframe.run import Cells

__all__ = ["NdjsonLines", "NdjsonTable"]

#: What to do about a line or an element, by how it begins and whether the file should have lines.
_CURES: Final = MappingProxyType(
    {
        ("[", True): "; one array of objects has the ending .json (or pass source_format='json', --from json)",
        ("[", False): "; write each row as an object with the names of its cells",
        ("{", False): "; where one object holds the rows take these out first, as with jq '.data[]'",
    }
)
#: Different names of members that a file may have; each becomes a column somewhere, which takes a kilobyte.
MOST_NAMES: Final = 200_000


class _Row(NamedTuple):
    line: str
    #: Whether the object has members.
    full: bool
    #: The phones, and the country where a member says it.
    values: tuple[Value, ...]
    #: Whether the line is JSON to the letter.
    is_strict: bool

    def texts(self) -> Iterator[str | None]:
        """Gives the values; what is neither text nor number is by its name no phone."""
        return (each.kind if isinstance(each, NoText) else each for each in self.values)

    def exact(self) -> Iterator[str | None]:
        """Gives the values; what is neither text nor number as it stands."""
        return (each.json if isinstance(each, NoText) else each for each in self.values)


class NdjsonLines:
    """NDJSON that becomes NDJSON.

    Args:
        path: The file.
        taken: What is taken of it.

    Raises:
        InputError: It cannot be read or is empty.

    Warns:
        GuessWarning: Some of its bytes are of another encoding.
    """

    #: Whether each object is a line, and no line longer than what is held.
    has_lines: ClassVar = True

    def __init__(self, path: Path, taken: Taken) -> None:
        self.path = path
        self.taken = taken
        #: Names of all members met so far, in the order in which they were met.
        self.names: dict[str, None] = {}
        with readable(path):
            #: Which characters its bytes are; by definition UTF-8, so that another is not guessed.
            longest = taken.characters if self.has_lines else None
            self.encoding = find_encoding(path, taken.reading.encoding, longest=longest, guessing=False)
        #: The first line that is no JSON to the letter, as a message calls it; empty for none.
        self.loose = ""
        #: Whether any line had text or a number for a phone, and the first that had something else.
        self._any_text, self._no_text = False, ""
        if next(self.rows(), None) is None:
            raise InputError(f"{path} is empty: there is nothing to look up")
        # What a pattern means the first object says.
        with self.explained():
            self.taken = taken.found(list(self.names))

    def rows(self) -> Iterator[_Row]:
        """Reads the lines; blank ones are no rows."""
        with readable(self.path):
            for place, line in self.lines():
                whole = line.strip()
                if whole.strip("\ufeff\x1a"):
                    yield self._row(whole, place)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Gives the lines, and how a message calls each."""
        with self._open() as file:
            for number, line in enumerate(lines_of(file, self.path, longest=self.taken.characters), 1):
                yield f"line {number}", line

    def _open(self) -> io.TextIOWrapper:
        return open_text(self.path, encoding=self.encoding.name, errors=self.encoding.errors)

    def _row(self, line: str, place: str) -> _Row:
        try:
            members = members_of(line, self.taken.names)
        except ValueError as error:
            cure = _CURES.get((line.lstrip()[:1], self.has_lines), "")
            raise InputError(f"{self.path}, {place}: {error}{cure}") from None
        self.names.update(dict.fromkeys(members.names))
        if len(self.names) > MOST_NAMES:
            raise InputError(
                f"{self.path}, {place}: more than {MOST_NAMES:,} different names of members so far, so they must be "
                "values: write the objects with the same names"
            )
        if not members.is_strict:
            self.loose = self.loose or place
        phones = members.values[: len(self.taken.columns)]
        if any(isinstance(each, NoText) for each in phones):
            self._no_text = self._no_text or place
        elif any(each is not None for each in phones):
            self._any_text = True
        return _Row(line, bool(members.names), members.values, members.is_strict)

    def head(self) -> OpenFrame:
        """Gives the names; nothing is written for them."""
        return OpenFrame(Cells([]), tuple(self.names), lambda _: "", self.taken.naming)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names nothing: objects of any members go together."""
        return ()

    def phones(self) -> Iterator[Cells]:
        """Reads the phone column, and the names of all others.

        Raises:
            InputError: No line has the phone column.
        """
        for rows in self.chunks():
            yield _cells_of(rows, self.taken)
        self.check_columns()

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives their text."""
        for rows in self.chunks():
            yield Piece(len(rows), partial(_joined, rows))

    def said(self) -> Self:
        """Says what a person should know of how the file is read, and gives it."""
        said = self.encoding.said(self.path)
        if said is not None:
            warnings.warn(said, GuessWarning, stacklevel=2)
        return self

    def chunks(self) -> Iterator[list[_Row]]:
        """Reads the lines, some at a time."""
        size, most = rows_of_piece(len(self.names), self.taken.held), self.taken.characters
        return chunks(self.rows(), size, weigh=lambda row: len(row.line), most=most)

    def check_columns(self) -> None:
        """Finds the columns that were taken.

        Raises:
            InputError: No line had one, or none with a text or a number; the message says what there is.
        """
        if self._no_text and not self._any_text:
            raise InputError(
                f"{self.path}, {self._no_text}: {_listed(self.taken.columns)} holds what is neither text nor a "
                "number, and no line holds one: make one number a member of its own first (pandas writes row by row "
                "with orient='records')"
            )
        empty = pl.DataFrame(schema=dict.fromkeys(self.names, pl.String))
        with self.explained():
            open_frame(empty, self.taken.naming, region_column=self.taken.region_column)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Says beside an error where objects with the phone columns are, if the file's own have none of them."""
        try:
            yield
        except InputError as error:
            if self.names.keys().isdisjoint(self.taken.columns):
                raise InputError(f"{error}{where_rows_are(next(self.rows()).line, self.taken.columns)}") from None
            raise


def _joined(rows: Sequence[_Row], results: pl.DataFrame) -> str:
    added = results.write_ndjson().split("\n")[:-1]
    # Both are objects: the first one's closing brace and the second one's opening brace go.
    return "".join(
        f"{row.line[:-1]}{',' if row.full else ''}{members[1:]}\n" for row, members in zip(rows, added, strict=True)
    )


def _cells_of(rows: Sequence[_Row], taken: Taken, *, exactly: bool = False) -> Cells:
    columns = zip(*((row.exact if exactly else row.texts)() for row in rows), strict=True)
    return taken.cells(
        pl.Series(name, texts, dtype=pl.String) for name, texts in zip(taken.names, columns, strict=True)
    )


def _listed(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))


class NdjsonTable:
    """NDJSON that becomes another kind of file: the types of its columns are known when its texts have been read.

    Args:
        lines: The file.
    """

    def __init__(self, lines: NdjsonLines) -> None:
        lines.encoding.check_whole(lines.path)
        self._lines = lines
        self._empty = pl.DataFrame()
        self._is_read = False

    def head(self) -> OpenFrame:
        """Gives the columns, as far as they are known."""
        with self._lines.explained():
            return replace(open_frame(self._table(), self._lines.taken.columns), naming=self._lines.taken.naming)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and their types."""
        return [(field.name, str(field.type)) for field in self._table().schema]

    def _table(self) -> pa.Table:
        # The first object may lack what later ones have.
        names = dict.fromkeys([*self._lines.names, *([] if self._is_read else self._lines.taken.columns)])
        missing = [name for name in names if name not in self._empty.columns]
        empty = self._empty.with_columns(pl.Series(name, dtype=pl.String) for name in missing)
        return _arrow(empty)

    def phones(self) -> Iterator[Cells]:
        """Reads the phone column, and the types of all others.

        Raises:
            InputError: No line has the phone column, or a member is now this and now that.
        """
        for rows in self._lines.chunks():
            with readable(self._lines.path):
                found = pl.read_ndjson(self._bytes(rows), infer_schema_length=None).clear()
                self._empty = pl.concat([self._empty, found], how="diagonal_relaxed")
            yield _cells_of(rows, self._lines.taken)
        self._lines.check_columns()
        if self._lines.loose:
            warnings.warn(
                f"{self._lines.path}, {self._lines.loose}: this is no JSON to the letter: NaN becomes null, and "
                "half a character the sign for such",
                GuessWarning,
                stacklevel=2,
            )
        self._empty = self._empty.with_columns(
            pl.lit(None, pl.String).alias(name) for name in self._lines.taken.columns
        )
        self._is_read = True

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives an Arrow table."""
        columns = self._lines.taken.columns
        for rows in self._lines.chunks():
            with readable(self._lines.path):
                frame = pl.read_ndjson(self._bytes(rows), schema=self._empty.schema)
            phones = _cells_of(rows, self._lines.taken, exactly=True).texts
            opened = open_frame(_arrow(frame.with_columns(phones)), columns)
            yield Piece(len(rows), opened.attach)

    def _bytes(self, rows: Sequence[_Row]) -> io.BytesIO:
        """Gives lines that are JSON to the letter; phones that are none are read elsewhere."""
        lines = (strict_line(row.line, self._no_phones(row)) if self._is_loose(row) else row.line for row in rows)
        return io.BytesIO("\n".join(lines).encode())

    @staticmethod
    def _is_loose(row: _Row) -> bool:
        return not row.is_strict or any(isinstance(each, NoText) for each in row.values)

    def _no_phones(self, row: _Row) -> list[str]:
        phones = zip(self._lines.taken.columns, row.values, strict=False)  # a country may follow
        return [name for name, each in phones if isinstance(each, NoText)]


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
