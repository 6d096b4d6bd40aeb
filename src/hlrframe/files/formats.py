"""Which source and sink go together, by the kinds of file."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final, assert_never

import pyarrow as pa

from hlrframe.errors import ConfigError, InputError
from hlrframe.files.columnar import IpcFile, IpcSink, ParquetFile, ParquetSink
from hlrframe.files.delimited import SEPARATORS, DelimitedFile, DelimitedLines, DelimitedTable
from hlrframe.files.ndjson import JsonLines, NdjsonLines, NdjsonTable
from hlrframe.files.places import Format, InputFile
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.text import checked_encoding, open_text_sink
from hlrframe.files.vcard import VcardFile
from hlrframe.files.workbook import MOST_COLUMNS, Account, WorkbookFile, WorkbookSink
from hlrframe.model import FileKind

__all__ = ["check_fits", "open_sink", "open_source", "written_encoding", "written_separator"]


def open_source(file: InputFile, taken: Taken, *, into: Format | None, guarded: bool = False) -> Source:
    """Opens a file for reading.

    Args:
        file: The file.
        taken: What is taken of it.
        into: What is to be written; ``None`` for nothing.
        guarded: Whether cells of lines that are kept are guarded against being run as formulas.

    Raises:
        InputError: It cannot be read, or has no such column, or one that cannot hold numbers.
    """
    path, format_ = file.path, file.format
    if taken.region_column in file.partition:
        taken = taken._replace(region_column=None)  # the folder says it
    match format_.kind:
        case FileKind.PARQUET:
            return ParquetFile(path, taken, whole=into is not None)
        case FileKind.IPC | FileKind.IPC_STREAM:
            return IpcFile(path, taken, whole=into is not None)
        case FileKind.NDJSON | FileKind.JSON:
            lines = (JsonLines if format_.kind is FileKind.JSON else NdjsonLines)(path, taken)
            return lines.said() if format_.keeps_lines(into) else NdjsonTable(lines)
        case FileKind.CSV | FileKind.TSV:
            text = DelimitedFile(path, taken, separators=_separators(path, format_))
            return DelimitedLines(text, guarded=guarded) if format_.keeps_lines(into) else DelimitedTable(text)
        case FileKind.VCARD:
            return VcardFile(path, taken)
        case FileKind.XLSX | FileKind.WORKBOOK:
            return WorkbookFile(path, taken)
        case unknown:
            assert_never(unknown)


def _separators(path: Path, format_: Format) -> Sequence[str]:
    """Gives the separators that a file may have: what ends in .txt is written with tabs and read with any."""
    return ("\t",) if format_.kind is FileKind.TSV and ".txt" not in path.suffixes else SEPARATORS


def check_fits(columns: Any, into: Format) -> None:  # noqa: ANN401  # text or a table: what a source makes
    """Refuses columns that the destination cannot hold.

    Args:
        columns: What is to be written.
        into: What it becomes; Parquet and Arrow hold every column.

    Raises:
        InputError: A column is of a type that it has no texts for, or there are more columns than a sheet holds.
    """
    if not (into.holds_cells or into.is_line_kind) or not isinstance(columns, pa.Table):
        return
    if into.kind is FileKind.XLSX and columns.num_columns > MOST_COLUMNS:
        raise InputError(f"a sheet of Excel holds {MOST_COLUMNS:,} columns: write CSV or Parquet, or drop some first")
    for field in columns.schema:
        if not _is_writable(field.type, into):
            instead = "Parquet, Arrow or NDJSON" if _is_writable(field.type, Format(FileKind.NDJSON)) else "Arrow"
            raise InputError(
                f"column {field.name!r} holds {field.type}, which {into.kind.upper()} cannot hold: "
                f"write {instead}, or drop the column first"
            )


def _is_writable(kind: pa.DataType, into: Format) -> bool:
    """Says whether values of a type can be written as text, or as cells of a workbook."""
    types = pa.types
    if types.is_dictionary(kind):
        return _is_writable(kind.value_type, into)
    if any(each(kind) for each in _WRITABLE) or (types.is_duration(kind) and not into.is_delimited):
        return True
    inside: list[pa.DataType] = []
    if types.is_map(kind):
        inside = [kind.key_type, kind.item_type]
    elif types.is_struct(kind):
        inside = [field.type for field in kind.fields]
    elif types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inside = [kind.value_type]
    return bool(inside) and not into.holds_cells and all(_is_writable(each, into) for each in inside)


#: Types whose values are text, or have one.
_WRITABLE: Final = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null, pa.types.is_boolean),
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal128),
    *(pa.types.is_date, pa.types.is_time, pa.types.is_timestamp),
)


def written_encoding(given: str | None, into: Format, source: Source) -> str:
    """Decides the encoding of a text file that is written.

    Without a word it is UTF-8; with a byte-order mark where the source is delimited text that had one, or was of
    another encoding: a spreadsheet wrote it, and knows UTF-8 by its mark alone.

    Raises:
        ConfigError: Somebody says one that there is not, or of a file that is always UTF-8 or no text.
    """
    if given is not None:
        if not into.is_delimited:
            raise ConfigError(
                f"output_encoding={given!r} is for CSV and TSV; {into.kind.upper()} has an encoding of its own"
            )
        return checked_encoding(given, "output_encoding")
    if into.is_delimited and isinstance(source, (DelimitedLines, DelimitedTable)):
        return source.encoding.written
    return "utf-8"


def written_separator(into: Format, source: Source) -> str | None:
    """Gives what is to stand between cells: in a CSV that is made of another, what stood there; else its kind's own."""
    if into.kind is FileKind.CSV and isinstance(source, (DelimitedLines, DelimitedTable)) and source.separator != "\t":
        return source.separator
    return None


def open_sink(
    path: Path,
    into: Format,
    *,
    source: Format,
    name: str,
    columns: Collection[str],
    account: Account = (),
    guarded: bool = False,
    encoding: str = "utf-8",
    separator: str | None = None,
) -> Sink:
    """Opens a file for writing.

    Args:
        path: Where.
        into: What to write.
        source: What the rows come from.
        name: What the file will be called.
        columns: The phone columns.
        account: What a workbook says of the run.
        guarded: Whether cells of a table are guarded against being run as formulas.
        encoding: Of text.
        separator: Between the cells of a table as text; that of its kind where not given.
    """
    match into.kind:
        case FileKind.PARQUET:
            return ParquetSink(path)
        case FileKind.IPC | FileKind.IPC_STREAM:
            one_dictionary = source.kind is FileKind.IPC
            return IpcSink(path, stream=into.kind is FileKind.IPC_STREAM, plain=not one_dictionary)
        case FileKind.CSV | FileKind.TSV | FileKind.NDJSON | FileKind.JSON:
            return open_text_sink(
                path, into, source=source, name=name, guarded=guarded, encoding=encoding, separator=separator
            )
        case FileKind.XLSX:
            return WorkbookSink(path, name=Path(name).stem, columns=columns, account=account)
        case FileKind.WORKBOOK | FileKind.VCARD:
            raise AssertionError(into)  # no destination is of these
        case unknown:
            assert_never(unknown)
