"""How a file of delimited text is to be read: its separator, which line names the columns, and where the columns are.

What is evident is read; what is not is refused, with the cause and the option that settles it. No message shows what
may be somebody's data.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.errors import InputError
from hlrframe.files.delimited.looks import Looks, Opened, Record, end_of, is_remark
from hlrframe.files.delimited.records import value_of
from hlrframe.files.source import Taken
from hlrframe.frames import open_frame
from hlrframe.model import Naming, looks_like_data, many_digits

__all__ = ["Dialect", "find_dialect", "same_name"]

#: How alike a name must be to be shown where the first line may be data.
_ALIKE: Final = 0.8
#: What is around a name and not seen.
_UNSEEN: Final = " \t\r\n\xa0\u200b\ufeff"
_FIGURE: Final = re.compile(r"[\d\s.,:/+()-]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is read."""

    #: What stands between the cells of rows.
    separator: str
    #: Names of the columns; those that were asked for as they were asked for.
    names: list[str]
    #: What is taken of the file, with the columns that it has.
    taken: Taken
    #: Records before the first row, header and blank lines included.
    skipped: int
    #: The records above the header and their line ends, as they stand.
    above: Sequence[tuple[str, str]]
    #: The header as it stands and its line end, all cells separated as rows are.
    header: tuple[str, str]
    #: What a person should know.
    said: str | None = None
    #: Whether blanks that follow a separator belong to it.
    padded: bool = False


def same_name(name: str) -> str:
    r"""Gives a column's name as people compare names: however its accents are stored, without what cannot be seen.

    >>> same_name(' "te\u0301l\n(work)" ') == "t\xe9l (work)"
    True
    """
    plain = unicodedata.normalize("NFC", name).strip(_UNSEEN)
    inside = plain[1:-1] if len(plain) > 1 and plain[0] == plain[-1] == '"' else plain
    return " ".join(inside.split())


def find_dialect(opened: Opened, path: Path, taken: Taken, separators: Sequence[str]) -> Dialect:
    """Recognises a file.

    Args:
        opened: Gives its records.
        path: The file, for messages.
        taken: What is taken of it.
        separators: The separators that it may have.

    Raises:
        InputError: It is empty or no text, or its header is not to be found.
    """
    return _Recognition(opened, path, taken, separators).dialect()


class _Recognition:
    def __init__(self, opened: Opened, path: Path, taken: Taken, separators: Sequence[str]) -> None:
        self._path = path
        self._taken = taken
        columns = taken.naming.columns
        every = columns[0] if len(columns) == 1 and isinstance(columns[0], tuple) else columns
        #: Names that were asked for, patterns among them.
        self._wanted = [*every, *([] if taken.region_column is None else [taken.region_column])]
        self._looks = Looks(opened, path, separators)
        if self._looks.told is not None:
            told = self._looks.look(self._looks.told)
            if taken.reading.header is not True or any(map(self._has_names, told)):  # else it tells something else
                self._looks.by = {self._looks.told: told}

    def dialect(self) -> Dialect:
        header = self._taken.reading.header
        if header is False:
            return self._without_header()
        found = self._on_line(header) if header is not True else self._first_with_names() or self._by_rare_sign()
        if found is None:
            raise self._missing()
        separator, record = found
        if "\0" in record.raw:
            raise InputError(f"{self._path} is no text: save it as CSV first")
        return self._read(separator, record.line)

    def _without_header(self) -> Dialect:
        def likely(separator: str) -> tuple[int, int]:
            widths = [len(record.cells) for record in self._looks.rows(separator)]
            usual = max(widths, key=widths.count, default=0)
            return (usual > 1) * widths.count(usual), usual

        separator = max(self._looks.by, key=likely)
        rows = self._looks.rows(separator)
        if any("\0" in record.raw for record in rows[:1]):
            raise InputError(f"{self._path} is no text: save it as CSV first")
        names = [f"column_{place}" for place in range(1, self._looks.width(separator) + 1)]
        above, skipped = self._looks.above(separator, rows[0].line) if rows else ([], 1)
        end = end_of(rows[0].raw) if rows else ""
        header = separator.join(names), end or "\n"
        return Dialect(separator, names, self._found(names), skipped - 1, above, header)

    def _on_line(self, line: int) -> tuple[str, Record] | None:
        """Gives the record on a line as the header, by the separator that finds the columns, or the most."""
        found = [
            (each, record) for each, records in self._looks.by.items() for record in records if record.line == line
        ]
        if not found:
            raise InputError(f"{self._path} has no header on line {line}: name the line on which it begins")
        return max(found, key=self._likelihood)

    def _first_with_names(self) -> tuple[str, Record] | None:
        """Gives the header: the first record with the names, where what is above it is evidently none."""
        found = [
            (separator, record)
            for separator, records in self._looks.by.items()
            for place, record in enumerate(records)
            if self._has_names(record) and self._is_evident(records, place) and not self._looks.is_divided(record)
        ]
        if not found:
            return None
        first = min(record.line for _, record in found)
        return max((each for each in found if each[1].line == first), key=self._likelihood)

    def _by_rare_sign(self) -> tuple[str, Record] | None:
        return self._first_with_names() if self._looks.try_rare_separators() else None

    def _likelihood(self, found: tuple[str, Record]) -> tuple[int, int]:
        names = [*map(_name, found[1].cells)]
        return sum(name in names for name in self._wanted), len(names)

    def _has_names(self, record: Record) -> bool:
        names = self._spelled(record.cells)
        try:
            return all(column in names for column in self._taken.naming.found(names).columns)
        except InputError:
            return False

    def _spelled(self, cells: Sequence[str]) -> list[str]:
        """Gives the names of a header, those that were asked for as they were asked for."""
        names = [*map(_name, cells)]
        plain = [*map(same_name, names)]
        for name in self._wanted:
            if name not in names and plain.count(same_name(name)) == 1:
                names[plain.index(same_name(name))] = name
        return names

    def _is_evident(self, records: Sequence[Record], place: int) -> bool:
        if place == 0:
            return True
        header, above, below = records[place], records[:place], records[place + 1 :]
        alone = header.filled == 1
        if not all(is_remark(each) or each.filled < header.filled + alone for each in above):
            return False
        names = self._spelled(header.cells)
        places = [names.index(column) for column in self._taken.naming.found(names).columns]
        phones = (each.cells[place] for each in below for place in places if place < len(each.cells))
        return not below or any(map(many_digits, phones))

    def _read(self, separator: str, line: int) -> Dialect:
        """Reads the header on a line, and how the rows below go with it."""
        records = self._looks.by[separator]
        header = next(record for record in records if record.line == line)
        padded = len(header.cells) > 1 and all(cell.startswith(" ") for cell in header.cells[1:])
        if padded:
            records = self._looks.look(separator, padded=True)
            header = next(record for record in records if record.line == line)
        names = self._spelled(header.cells)
        end = end_of(header.raw)
        body, said = header.raw.removesuffix(end), None
        if _has_row_names(names, [record for record in records if record.line > line], self._taken.naming):
            names, body = ["", *names], f'""{separator}{body}'
            said = f"{self._path}: each row begins with a name of its own, as R writes them: that column has no name"
        taken = self._found(names)
        rows = self._looks.other_separator(separator, line, len(names))
        if rows is not None:
            body = rows.join(_in_quotes(name, rows) for name in names)
            said = _said(self._path, separator, rows)
        above, skipped = self._looks.above(rows or separator, line)
        return Dialect(rows or separator, names, taken, skipped, above, (body, end or "\n"), said, padded)

    def _found(self, names: Sequence[str]) -> Taken:
        """Finds the columns.

        Raises:
            InputError: One is not there, or not alone.
        """
        parts = [part.strip() for name in self._wanted for part in (name, *name.split(","))]
        if any(name in names for name in parts) or not self._may_be_data(names):
            taken = self._taken.found(names)  # its message names what is there
        else:
            raise self._without_header_perhaps(names)
        plain = [*map(same_name, names)]
        for name in taken.names:
            if names.count(name) > 1 or (name not in names and plain.count(same_name(name)) > 1):
                raise InputError(f"{self._path} has several columns named {name!r}: rename all but one")
        empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        open_frame(empty, taken.naming, region_column=taken.region_column)  # says which columns there are
        return taken

    def _without_header_perhaps(self, names: Sequence[str]) -> InputError:
        """Says that a column is not there, without a word of what may be data."""
        wanted = " or ".join(map(repr, self._wanted))
        folded = {name.casefold(): name for name in reversed(names) if not many_digits(name)}
        like = (get_close_matches(name.casefold(), folded, n=1, cutoff=_ALIKE) for name in self._wanted)
        close = next(filter(None, like), None)
        meant = f" (did you mean {folded[close[0]]!r}?)" if close else ""
        return InputError(
            f"{self._path} has no column {wanted}{meant}, and its first line may be data, which is not shown: if it "
            "has no header pass header=False (--no-header), and the columns are column_1, column_2 and so on"
        )

    def _missing(self) -> InputError:
        """Says that no line names the phone columns; where one may, which."""
        whole = [each for each in self._looks.by.values() if not self._looks.is_divided(each[0])]
        likeliest = max(whole, key=lambda records: self._likelihood(("", records[0])))
        if "\0" in likeliest[0].raw:
            return InputError(f"{self._path} is no text: save it as CSV first")
        lines = {each.line for records in self._looks.by.values() for each in records[1:] if self._has_names(each)}
        if lines:
            return InputError(
                f"{self._path} has no such column in its first line, but {self._wanted[0]!r} stands on line "
                f"{min(lines)}: if that is the header pass header={min(lines)} (--header-line {min(lines)})"
            )
        names = self._spelled(likeliest[0].cells)
        if len(names) == 1 and set(self._wanted) & {
            *re.split(r" {2,}|\"? +\"?", names[0].strip(_UNSEEN + '"')),
            *re.split(r" {2,}", names[0]),
        }:
            return InputError(
                f"{self._path}: blanks stand between its columns, and no separator; save it as CSV first (a "
                "spreadsheet imports text of fixed width; R writes CSV by write.csv)"
            )
        if len(names) == 1 and set(self._wanted) & {*re.split(r"[,;\t|]", names[0])}:
            return InputError(f"{self._path}: each line stands in quotes as a whole; save it again without these")
        try:
            self._found(names)
        except InputError as error:
            return error
        return self._without_header_perhaps(names)

    def _may_be_data(self, names: Sequence[str]) -> bool:
        """Says whether names may be data: by themselves, or since they are not evidently other than what is below.

        A name is other than values where these are figures. Every list of numbers has such a column.
        """
        if self._taken.reading.header is not True:
            return False
        rows = max(self._looks.by.values(), key=lambda records: len(records[0].cells))[1:]
        below = list(zip_longest(*(record.cells for record in rows), fillvalue=""))
        columns = [(name, [*filter(None, cells)]) for name, cells in zip(names, below, strict=False)]
        told_apart = any(values and all(map(_is_figure, values)) for name, values in columns if not _is_figure(name))
        return not told_apart or looks_like_data(names) or any(name in map(_name, values) for name, values in columns)


def _has_row_names(names: Sequence[str], rows: Sequence[Record], naming: Naming) -> bool:
    """Whether rows evidently have a name each before their cells, which the header does not count: R's way."""
    firsts = [record.cells[0] for record in rows]
    if not rows or any(len(record.cells) != len(names) + 1 for record in rows) or len({*firsts}) < len(rows):
        return False
    if any('\\"' in record.raw for record in rows):  # a quote that is escaped, and what follows is no cell
        return False
    try:
        places = [names.index(column) for column in naming.found(names).columns]
    except (InputError, ValueError):
        return False
    named = all(map(str.isdecimal, firsts)) or all(record.raw.startswith('"') for record in rows)
    # Else a cell that holds the separator has made one of two.
    apart = not any(many_digits(record.cells[place]) for record in rows for place in places)
    return named and apart and any(many_digits(record.cells[place + 1]) for record in rows for place in places)


def _is_figure(cell: str) -> bool:
    return many_digits(cell) or _FIGURE.fullmatch(cell) is not None


def _name(cell: str) -> str:
    """Gives a cell of the header as a name; bytes that are no text are not for frames."""
    return (value_of(cell) or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _in_quotes(name: str, separator: str) -> str:
    plain = not any(each in name for each in (separator, '"', "\n", "\r"))
    return name if plain else '"{}"'.format(name.replace('"', '""'))


def _said(path: Path, header: str, rows: str) -> str:
    return (
        f"{path}: the header is separated by {header!r} and the rows by {rows!r}: each is read by its own, and the "
        f"header written by {rows!r}"
    )
