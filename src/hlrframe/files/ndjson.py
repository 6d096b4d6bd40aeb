"""Newline-delimited JSON: a line that goes out as it came in, with members added to its object.

The phone is read from the line itself, so that a long number never passes through a float. Where the destination is
of another kind the members become typed columns, and the phone column one of text.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.files.paths import readable
from hlrframe.files.source import Piece, Taken, rows_of_piece
from hlrframe.files.text import chunks, lines_of, open_text
from hlrframe.frames import OpenFrame, open_frame
from hlrframe.run import Cells

__all__ = ["NdjsonLines", "NdjsonTable"]

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
#: How JSON values begin that are no text and no number.
_NO_PHONE: Final = (b"{", b"[", b"t", b"f")


class _Row(NamedTuple):
    line: str
    #: Whether the object has members.
    full: bool
    #: The phones, and the country where a member says it.
    texts: tuple[str | None, ...]


class NdjsonLines:
    """NDJSON that becomes NDJSON.

    Args:
        path: The file.
        taken: What is taken of it.

    Raises:
        InputError: It cannot be read or is empty.
    """

    def __init__(self, path: Path, taken: Taken) -> None:
        self.path = path
        self.taken = taken
        #: Names of all members met so far, in the order in which they were met.
        self.names: dict[str, None] = {}
        if next(self.rows(), None) is None:
            raise InputError(f"{path} is empty: there is nothing to look up")
        # What a pattern means the first object says.
        self.taken = taken.found(list(self.names))

    def rows(self) -> Iterator[_Row]:
        """Reads the lines; blank ones are no rows."""
        with readable(self.path):
            for place, line in self.lines():
                whole = line.strip()
                if whole:
                    yield self._row(whole, place)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Gives the lines, and how a message calls each."""
        with open_text(self.path, encoding="utf-8-sig") as file:
            for number, line in enumerate(lines_of(file, self.path, longest=self.taken.characters), 1):
                yield f"line {number}", line

    def _row(self, line: str, place: str) -> _Row:
        try:
            members = _OBJECT.decode(line)
            self.names.update(dict.fromkeys(members))
            return _Row(line, bool(members), tuple(_text_of(members.get(name)) for name in self.taken.names))
        except msgspec.ValidationError:
            raise InputError(f"{self.path}, {place}: this is no JSON object") from None
        except msgspec.DecodeError:
            raise InputError(f"{self.path}, {place}: this is no whole JSON") from None
        except TypeError:
            raise InputError(
                f"{self.path}, {place}: {_listed(self.taken.names)} holds what is neither text nor a number"
            ) from None

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

    def chunks(self) -> Iterator[list[_Row]]:
        """Reads the lines, some at a time."""
        return chunks(self.rows(), rows_of_piece(len(self.names), self.taken.held))

    def check_columns(self) -> None:
        """Finds the columns that were taken.

        Raises:
            InputError: No line had one; the message says what there is.
        """
        empty = pl.DataFrame(schema=dict.fromkeys(self.names, pl.String))
        open_frame(empty, self.taken.naming, region_column=self.taken.region_column)


def _joined(rows: Sequence[_Row], results: pl.DataFrame) -> str:
    added = results.write_ndjson().split("\n")
    # Both are objects: the first one's closing brace and the second one's opening brace go.
    return "".join(
        f"{row.line[:-1]}{',' if row.full else ''}{members[1:]}\n" for row, members in zip(rows, added, strict=False)
    )


def _cells_of(rows: Sequence[_Row], taken: Taken) -> Cells:
    columns = zip(*(row.texts for row in rows), strict=True)
    return taken.cells(
        pl.Series(name, texts, dtype=pl.String) for name, texts in zip(taken.names, columns, strict=True)
    )


def _listed(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))


def _text_of(value: msgspec.Raw | None) -> str | None:
    """Gives a JSON text or number as text, digit for digit.

    Raises:
        TypeError: It is something else.
    """
    raw = b"null" if value is None else bytes(value)
    if raw.startswith(_NO_PHONE):
        raise TypeError
    if raw == b"null":
        return None
    return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode()


class NdjsonTable:
    """NDJSON that becomes another kind of file: the types of its columns are known when its texts have been read.

    Args:
        lines: The file.
    """

    def __init__(self, lines: NdjsonLines) -> None:
        self._lines = lines
        self._empty = pl.DataFrame()

    def head(self) -> OpenFrame:
        """Gives the columns, as far as they are known."""
        return replace(open_frame(self._table(), self._lines.taken.columns), naming=self._lines.taken.naming)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and their types."""
        return [(field.name, str(field.type)) for field in self._table().schema]

    def _table(self) -> pa.Table:
        missing = [name for name in self._lines.names if name not in self._empty.columns]
        empty = self._empty.with_columns(pl.Series(name, dtype=pl.String) for name in missing)
        return _arrow(empty)

    def phones(self) -> Iterator[Cells]:
        """Reads the phone column, and the types of all others.

        Raises:
            InputError: No line has the phone column, or a member is now this and now that.
        """
        for rows in self._lines.chunks():
            with readable(self._lines.path):
                found = pl.read_ndjson(_bytes(rows), infer_schema_length=None).clear()
                self._empty = pl.concat([self._empty, found], how="diagonal_relaxed")
            yield _cells_of(rows, self._lines.taken)
        self._lines.check_columns()
        self._empty = self._empty.with_columns(
            pl.lit(None, pl.String).alias(name) for name in self._lines.taken.columns
        )

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives an Arrow table."""
        columns = self._lines.taken.columns
        for rows in self._lines.chunks():
            with readable(self._lines.path):
                frame = pl.read_ndjson(_bytes(rows), schema=self._empty.schema)
            opened = open_frame(_arrow(frame.with_columns(_cells_of(rows, self._lines.taken).texts)), columns)
            yield Piece(len(rows), opened.attach)


def _bytes(rows: Sequence[_Row]) -> io.BytesIO:
    return io.BytesIO("\n".join(row.line for row in rows).encode())


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
