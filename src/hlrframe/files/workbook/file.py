"""Workbooks of spreadsheets, read: one sheet, whose numbers, dates and texts keep their types.

The sheet is read once, whole, and kept beside as Arrow, so that it takes no memory while its numbers are asked.
What a formula last came to is what is read; nothing is calculated.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.files.columnar import TypedFile
from hlrframe.files.memory import WORKBOOK
from hlrframe.files.places import readable
from hlrframe.files.source import Taken
from hlrframe.files.workbook.extent import letters_of
from hlrframe.files.workbook.size import check_size
from hlrframe.system import Scratch, extra, quiet

__all__ = ["WorkbookFile"]

#: Rows in which the names of the columns are looked for: a title may stand above them.
_LOOK: Final = 20
#: Names that a message has room for.
_NAMED: Final = 12
#: Whole numbers below this are exact in a double, which is what a workbook has for all numbers.
_EXACT: Final = 2**53
#: How the reader calls a column without a name.
_UNNAMED: Final = "__UNNAMED__"
#: What comes before the first day of a workbook is a time of day.
_FIRST_DAY: Final = datetime(1900, 1, 1)  # noqa: DTZ001  # a workbook knows no zones


class WorkbookFile(TypedFile):
    """One sheet of a workbook.

    Args:
        path: The file.
        taken: What is taken of it; ``sheet`` names the sheet, else it is the one that has the phone column.

    Raises:
        InputError: It cannot be read, or no sheet or several have the column.
        ConfigError: fastexcel is not installed.
    """

    def __init__(self, path: Path, taken: Taken) -> None:
        fastexcel = extra("fastexcel", of="excel", for_what=f"reading {path.name}")
        with readable(path), _explained(path):
            held = check_size(path)
            taken.check(path, held, WORKBOOK)
            workbook = fastexcel.read_excel(str(path))
            #: The sheet that is read, and the others.
            self.sheet, sheet = _choose(workbook, taken, path)
            self.others = [name for name in workbook.sheet_names if name != self.sheet]
            table = _table_of(sheet)
        self._scratch = Scratch()
        self._copy = self._scratch.path / "sheet.arrow"
        with readable(path), pa.ipc.new_file(str(self._copy), table.schema) as writer:
            writer.write_table(table)
        super().__init__(path, table.schema, taken)

    def _tables(self, rows: int, *, columns: list[str] | None = None) -> Iterator[pa.Table]:
        del columns
        with readable(self._path), pa.memory_map(str(self._copy)) as memory:
            file = pa.ipc.open_file(memory)
            for batch in map(file.get_batch, range(file.num_record_batches)):
                for start in range(0, batch.num_rows, rows):
                    yield pa.Table.from_batches([batch.slice(start, rows)])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        with quiet("fastexcel"):  # it tells of every column that is empty
            yield
    except BaseException as error:
        # What goes wrong in the reader's own language is no Exception.
        if isinstance(error, InputError | OSError | KeyboardInterrupt) or type(error).__module__ == "zipfile":
            raise
        raise InputError(f"cannot read {path}: it is damaged, or not what its ending says") from None


def _choose(workbook: Any, taken: Taken, path: Path) -> tuple[str, Any]:
    """Gives the sheet that is meant, and its name."""
    names: Sequence[str] = workbook.sheet_names
    if taken.sheet is not None:
        name = _named(names, taken.sheet, path)
        return name, _load(workbook, name, taken)[0]
    loaded = {name: _load(workbook, name, taken) for name in names}
    visible = [name for name in names if loaded[name][0].visible == "visible"] or names
    found = [name for name in visible if loaded[name][1]]
    if len(found) > 1:
        raise InputError(
            f"{path} has the column {taken.columns[0]!r} on {len(found)} sheets, {_listed(found)}: say which one is "
            "meant with --sheet (in Python sheet=)"
        )
    # Where none has it the first one is asked, whose answer names the columns that are there.
    name = (found or visible)[0]
    return name, loaded[name][0]


def _named(names: Sequence[str], sheet: str, path: Path) -> str:
    if sheet in names:
        return sheet
    if sheet.isdecimal() and 1 <= int(sheet) <= len(names):
        return names[int(sheet) - 1]
    raise InputError(f"{path} has no sheet {sheet!r}: it has {_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(map(repr, names[:_NAMED]))}{more}"


def _load(workbook: Any, name: str, taken: Taken) -> tuple[Any, bool]:
    """Loads a sheet by the row that names the phone column, and says whether there is one."""
    sheet = _sheet(workbook, name, 0)
    if _has(_names_of(sheet), taken) or not sheet.width:
        return sheet, bool(sheet.width)
    first = workbook.load_sheet(name, header_row=None, n_rows=_LOOK, dtypes="string")  # empty rows above are left out
    rows = zip(*first.to_arrow().to_pydict().values(), strict=True)
    place = next((number for number, cells in enumerate(rows) if _has(cells, taken)), None)
    if place is None:
        return sheet, False
    tries = (_sheet(workbook, name, place + empty) for empty in range(_LOOK))
    found = next((each for each in tries if _has(_names_of(each), taken)), None)
    return (sheet, False) if found is None else (found, True)


def _has(cells: Sequence[Any], taken: Taken) -> bool:
    """Says whether a row names all phone columns."""
    names = [each for each in cells if isinstance(each, str)]
    try:
        return set(taken.found(names).columns) <= set(names)
    except InputError:
        return False


def _sheet(workbook: Any, name: str, header_row: int) -> Any:
    return workbook.load_sheet(name, header_row=header_row, schema_sample_rows=None)


def _names_of(sheet: Any) -> list[str]:
    return [each.name for each in sheet.available_columns()]


def _table_of(sheet: Any) -> pa.Table:
    """Gives a sheet's columns in the types that their cells are meant in; empty ones without a name are left out."""
    columns = []
    for about, values in zip(sheet.available_columns(), pl.DataFrame(sheet.to_arrow()), strict=True):
        if not about.name.startswith(_UNNAMED):
            columns.append(_meant(values))
        elif values.null_count() < len(values):
            columns.append(_meant(values).alias(f"column {letters_of(about.absolute_index + 1)}"))
    return pl.DataFrame(columns).to_arrow(compat_level=pl.CompatLevel.oldest())


def _meant(values: pl.Series) -> pl.Series:
    """Gives whole numbers, days and times of day as such: a workbook has one kind of number for all of these."""
    if values.null_count() == len(values):
        return values.cast(pl.String)
    if values.dtype.is_float():
        whole = ((values == values.floor()) & (values.abs() < _EXACT)).all()
        return values.cast(pl.Int64) if whole else values
    if values.dtype == pl.Datetime:
        last = values.max()
        if isinstance(last, datetime) and last < _FIRST_DAY:
            return values.dt.time()
        return values.dt.date() if (values.dt.time() == time()).all() else values
    return values
