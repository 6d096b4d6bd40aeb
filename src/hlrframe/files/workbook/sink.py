"""An Excel workbook that is being written: a sheet of rows, and one that says what the run came to.

What is text stays text: nothing is ever a formula or a link, and no number loses a digit. Written row by row, so that
it takes no memory.
"""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.frames import open_frame
from hlrframe.system import Scratch, extra

__all__ = [
    "MOST_COLUMNS",
    "MOST_LENGTH",
    "MOST_ROWS",
    "Account",
    "WorkbookSink",
    "check_cells",
    "check_rows",
    "load_writer",
]

#: What a sheet can hold, its header included.
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
#: UTF-16 code units of a cell.
MOST_LENGTH: Final = 32_767
#: A workbook's calendar begins here, with a leap day that never was.
_FIRST_YEAR: Final = 1901
#: Characters that a column is wide, at the least and at the most, and the rows that it goes by.
_NARROW: Final = 8
_WIDE: Final = 48
_SAMPLE: Final = 1_000
#: Digits that a workbook's numbers keep.
_DIGITS: Final = 15
#: How values look that are no text.
_SHOWN: Final = {
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm:ss",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
    int: "0",
}
_FORBIDDEN_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_NAME_LENGTH: Final = 31
#: What no character is, and XML has no room for.
_NO_XML: Final = str.maketrans(dict.fromkeys("\ufffe\uffff", "\ufffd"))

#: Lines of the second sheet: what, and how much.
Account = Sequence[tuple[str, object]]


def load_writer() -> Any:  # a module without types
    """Imports what writes workbooks.

    Raises:
        ConfigError: It is not installed.
    """
    return extra("xlsxwriter", of="excel", for_what="writing .xlsx")


def check_cells(table: pa.Table, path: Path) -> None:
    """Refuses texts that are too long for a cell.

    Raises:
        InputError: The message names the column.
    """
    frame = pl.DataFrame(table)
    for name in frame.select(pl.col(pl.String)).columns:
        perhaps = frame[name].filter(frame[name].str.len_bytes() > MOST_LENGTH)
        if any(map(_is_long, perhaps)):
            raise InputError(
                f"cannot write {path}: column {name!r} has a text of more than {MOST_LENGTH:,} characters, which a "
                "cell of Excel cannot hold; write CSV or Parquet, or drop the column first"
            )


def check_rows(path: Path, rows: int) -> None:
    """Refuses more rows than a sheet holds, the header among them.

    Raises:
        InputError: The message says how many there are.
    """
    if rows > MOST_ROWS:
        raise InputError(
            f"cannot write {path}: a sheet of Excel holds {MOST_ROWS:,} rows, and these are {rows:,} with the header; "
            "write CSV or Parquet"
        )


def _is_long(text: str) -> bool:
    return len(text.encode("utf-16-le")) > 2 * MOST_LENGTH


class WorkbookSink:
    """A workbook that is being written.

    Args:
        path: Where.
        name: What the file will be called, and so its sheet.
        columns: The phone columns, which become text.
        account: What the second sheet says.
    """

    def __init__(self, path: Path, *, name: str, columns: Collection[str], account: Account) -> None:
        self._writer = load_writer()
        self._scratch = Scratch()
        self._path = path
        # Nothing that is text may become anything else.
        plain = dict.fromkeys(("strings_to_numbers", "strings_to_formulas", "strings_to_urls"), False)
        self._book = self._writer.Workbook(
            str(path), plain | {"constant_memory": True, "tmpdir": str(self._scratch.path), "use_zip64": True}
        )
        self._sheet = self._book.add_worksheet(_sheet_name(name))
        self._columns = columns
        self._account = account
        self._bold = self._book.add_format({"bold": True})
        self._formats = {kind: self._book.add_format({"num_format": code}) for kind, code in _SHOWN.items()}
        self._rows = 0

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        frame = pl.DataFrame(enriched)
        phones = [name for name in self._columns if frame.schema[name] != pl.String]
        frame = frame.with_columns(open_frame(frame, name).cells.texts[0].alias(name) for name in phones)
        # Of times the clock on the wall: a workbook knows no zones.
        frame = frame.with_columns(pl.col(pl.Datetime).dt.replace_time_zone(None))
        if not self._rows:
            self._write_header(frame.columns)
        if self._rows == 1 and frame.height:
            self._set_widths(frame.head(_SAMPLE))
        for cells in frame.iter_rows():
            for place, value in enumerate(cells):
                if value is not None:
                    self._write(self._rows, place, value)
            self._rows += 1

    def close(self) -> None:
        """Ends the file."""
        last = max(self._sheet.dim_colmax or 0, 0)
        self._sheet.autofilter(0, 0, max(self._rows - 1, 0), last)
        # Excel marks numbers that are text as a mistake; these are meant.
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._write_account()
        try:
            self._book.close()
        except self._writer.exceptions.XlsxWriterException as error:
            raise InputError(f"cannot write {self._path}: {error}") from error
        finally:
            self._scratch.close()

    def _write_header(self, names: Sequence[str]) -> None:
        for place, name in enumerate(names):
            self._sheet.write_string(0, place, name.translate(_NO_XML), self._bold)
            self._sheet.set_column(place, place, min(_WIDE, max(_NARROW, len(name) + 3)))
        self._sheet.freeze_panes(1, 0)
        self._rows = 1

    def _set_widths(self, sample: pl.DataFrame) -> None:
        for place, values in enumerate(sample.get_columns()):
            shown = max((len(str(value)) for value in values if value is not None), default=0)
            self._sheet.set_column(place, place, min(_WIDE, max(_NARROW, len(values.name) + 3, shown + 2)))

    def _write(self, row: int, place: int, value: object) -> None:
        match value:
            case str():
                self._sheet.write_string(row, place, value[:MOST_LENGTH].translate(_NO_XML))
            case bool():
                self._sheet.write_boolean(row, place, value)
            case int() if abs(value) < 10**_DIGITS:
                self._sheet.write_number(row, place, value, self._formats[int])
            case float() if value - value == 0:  # neither infinite nor no number
                self._sheet.write_number(row, place, value)
            case Decimal() if len(value.as_tuple().digits) <= _DIGITS:
                self._sheet.write_number(row, place, float(value))
            case date() if value.year >= _FIRST_YEAR:
                self._sheet.write_datetime(row, place, value, self._formats[type(value)])
            case time() | timedelta() if not isinstance(value, timedelta) or value >= timedelta():
                self._sheet.write_datetime(row, place, value, self._formats[type(value)])
            case _:
                self._sheet.write_string(row, place, str(value))

    def _write_account(self) -> None:
        name = "Report" if self._sheet.get_name().lower() != "report" else "Report of the run"
        sheet = self._book.add_worksheet(name)
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, 1, 24)
        for row, (what, how_much) in enumerate(self._account):
            sheet.write_string(row, 0, what, self._bold if how_much is None else None)
            if isinstance(how_much, int | float):
                sheet.write_number(row, 1, how_much)
            elif how_much is not None:
                sheet.write_string(row, 1, str(how_much))


def _sheet_name(name: str) -> str:
    r"""Gives a name that a sheet may have.

    >>> _sheet_name("clean: [May]/2026"), _sheet_name("'")
    ('clean May2026', 'Contacts')
    """
    text = " ".join(_FORBIDDEN_IN_NAMES.sub("", name).strip("' ").split())
    return text[:_NAME_LENGTH].strip("' ") or "Contacts"
