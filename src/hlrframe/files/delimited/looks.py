"""The first records of a file of delimited text, as each separator that it may have divides them."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from hlrframe.errors import InputError
from hlrframe.files.delimited.records import Records

__all__ = ["SEPARATORS", "Looks", "Opened", "Record", "end_of", "is_remark"]

SEPARATORS: Final = (",", ";", "\t", "|")
#: What some databases put between cells; looked for where no usual separator finds the columns.
_RARE_SEPARATORS: Final = ("~", "^", "\x01", "\x1f", "\xa6", "\xa7", "\xfe")
#: Records that are looked at.
_LOOKED_AT: Final = 64
#: Lines that are looked at, those with nothing on them too.
_BLANK_AT_MOST: Final = 10_000
#: The first line by which Excel is told the separator.
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?[,;\t|]*', re.IGNORECASE)
_REMARKS: Final = ("#", "//", "--")


class Opened(Protocol):
    """Gives the records of a file, from the first on."""

    def __call__(self, separator: str, *, padded: bool = False) -> Records:
        """Reads them by a separator."""
        ...


class Record(NamedTuple):
    """A record with something on it, as it stands and divided into cells, and the line on which it begins."""

    line: int
    raw: str
    cells: list[str]

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(not cell.isspace() and cell != "" for cell in self.cells)


class Looks:
    """What a file looks like by each separator.

    Args:
        opened: Gives its records.
        path: The file, for messages.
        separators: The separators that it may have.

    Raises:
        InputError: It is empty.
    """

    def __init__(self, opened: Opened, path: Path, separators: Sequence[str]) -> None:
        self._opened = opened
        self._path = path
        #: The first records, by separator.
        self.by = {each: look for each in separators if (look := self.look(each))}
        if not any(self.by.values()):
            raise InputError(f"{path} is empty: its first line must name the columns")
        #: The separator that the first line tells, as Excel is told.
        self.told = self._told()

    @property
    def first(self) -> Record:
        """The first record with something on it."""
        return next(iter(self.by.values()))[0]

    def look(self, separator: str, *, padded: bool = False) -> list[Record]:
        """Reads the first records with something on them."""
        records, found = self._opened(separator, padded=padded), list[Record]()
        begin = 1
        try:
            for raw, cells in records:
                if cells:
                    found.append(Record(begin, raw, cells))
                begin = records.line + 1
                if len(found) == _LOOKED_AT or begin > _BLANK_AT_MOST:
                    break
        except csv.Error:
            if not found and separator == SEPARATORS[0]:
                raise
        return found

    def _told(self) -> str | None:
        match = _SEPARATOR_LINE.fullmatch(self.first.raw.rstrip("\r\n").lstrip("\ufeff"))
        return match[1] if match else None

    def rows(self, separator: str) -> list[Record]:
        """Gives the records of a file without a header, but for the line that tells the separator."""
        return self.by[separator][self.told is not None :]

    def width(self, separator: str) -> int:
        """Gives the most cells that a record has, over the whole file."""
        return max((len(cells) for _, cells in self._opened(separator)), default=1)

    def is_divided(self, record: Record) -> bool:
        """Whether what is one name by this separator is several by another: ``mobile,home`` names no column."""
        return len(record.cells) == 1 and any(
            len(other.cells) > 1 for records in self.by.values() for other in records if other.line == record.line
        )

    def try_rare_separators(self) -> bool:
        """Looks at the file by what seldom separates cells, unless somebody said what does; says whether it did."""
        if len(self.by) == 1:
            return False
        raw = self.first.raw
        self.by |= {each: self.look(each) for each in _RARE_SEPARATORS if each in raw}
        return True

    def above(self, separator: str, line: int) -> tuple[list[tuple[str, str]], int]:
        """Gives the records above the header, those with nothing on them too, and how many there are with it."""
        above: list[tuple[str, str]] = []
        records = self._opened(separator)
        begin = 1
        for raw, _ in records:
            if begin == line:
                break
            above.append((raw.removesuffix(end_of(raw)), end_of(raw)))
            begin = records.line + 1
        return above, len(above) + 1

    def other_separator(self, separator: str, line: int, width: int) -> str | None:
        """Gives the separator of the rows where it is evidently another than that of the header.

        Raises:
            InputError: It is another, and the rows do not go with the header.
        """
        below = [record for record in self.by[separator] if record.line > line]
        if width == 1 or not below or any(len(record.cells) > 1 for record in below):
            return None
        for other in set(SEPARATORS) - {separator}:
            widths = {len(record.cells) for record in self.look(other) if record.line > line}
            if widths == {width}:
                return other
            if widths and 1 not in widths:
                raise InputError(
                    f"{self._path}: the header is separated by {separator!r} and the rows by {other!r}, and their "
                    "cells are not as many: mend the header"
                )
        return None


def is_remark(record: Record) -> bool:
    """Whether a record is a note in a script's manner, or tells the separator."""
    text = record.raw.lstrip('\ufeff" ')
    return text.startswith(_REMARKS) or _SEPARATOR_LINE.fullmatch(text.rstrip("\r\n")) is not None


def end_of(raw: str) -> str:
    """Gives the line end of a record."""
    return raw[len(raw.rstrip("\r\n")) :]
