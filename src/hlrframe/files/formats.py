"""Kinds of file by their endings, and which source and sink go together."""

import io
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, Self

import polars as pl
import pyarrow as pa

from hlrframe.door import Door
from hlrframe.errors import InputError
from hlrframe.files.columnar import IpcFile, IpcSink, ParquetFile, ParquetSink
from hlrframe.files.delimited import SEPARATORS, DelimitedFile, DelimitedLines, DelimitedTable
from hlrframe.files.ndjson import NdjsonLines, NdjsonTable
from hlrframe.files.source import Sink, Source
from hlrframe.files.text import PACKINGS, Packing, create_bytes

__all__ = ["Format", "Kind", "check_fits", "open_sink", "open_source"]


class Kind(StrEnum):
    """What a file is, by its ending."""

    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    IPC = "arrow"
    IPC_STREAM = "arrows"


_KINDS: Final = {
    ".csv": Kind.CSV,
    ".tsv": Kind.TSV,
    ".ndjson": Kind.NDJSON,
    ".jsonl": Kind.NDJSON,
    ".parquet": Kind.PARQUET,
    ".pq": Kind.PARQUET,
    ".arrow": Kind.IPC,
    ".feather": Kind.IPC,
    ".ipc": Kind.IPC,
    ".arrows": Kind.IPC_STREAM,
}
_TEXTS: Final = frozenset({Kind.CSV, Kind.TSV, Kind.NDJSON})


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is and how it is packed."""

    kind: Kind
    #: Of text files only.
    packing: Packing | None = None

    @classmethod
    def of(cls, path: Path) -> Self:
        """Reads the format from a path's ending.

        Raises:
            InputError: It is none that is known.

        >>> Format.of(Path("contacts.csv.gz"))
        Format(kind=<Kind.CSV: 'csv'>, packing='gzip')
        """
        packing = PACKINGS.get(path.suffix.lower())
        ending = (path if packing is None else path.with_suffix("")).suffix.lower()
        kind = _KINDS.get(ending)
        if kind is None or (packing and kind not in _TEXTS):
            raise InputError(
                f"cannot tell what {path.name!r} is: the name must end in {', '.join(_KINDS)}; "
                "text files may be packed, as in .csv.gz and .csv.zst"
            )
        return cls(kind, packing)

    def keeps_lines(self, other: "Format | None") -> bool:
        """Says whether lines of the other can go into this file as they are."""
        return other is None or (self.kind in _TEXTS and self.kind == other.kind)


def open_source(path: Path, column: str, *, into: Format | None) -> Source:
    """Opens a file for reading.

    Args:
        path: The file.
        column: Name of the phone column.
        into: What is to be written; ``None`` for nothing.

    Raises:
        InputError: It cannot be read, or has no such column, or one that cannot hold numbers.
    """
    format_ = Format.of(path)
    match format_.kind:
        case Kind.PARQUET:
            return ParquetFile(path, column)
        case Kind.IPC | Kind.IPC_STREAM:
            return IpcFile(path, column)
        case Kind.NDJSON:
            lines = NdjsonLines(path, column)
            return lines if format_.keeps_lines(into) else NdjsonTable(lines)
        case Kind.CSV | Kind.TSV:
            file = DelimitedFile(path, column, separators=["\t"] if format_.kind is Kind.TSV else SEPARATORS)
            return DelimitedLines(file) if format_.keeps_lines(into) else DelimitedTable(file, column)


def check_fits(head: Door, into: Format) -> None:
    """Refuses columns that the destination cannot hold.

    Raises:
        InputError: A nested or binary column would go into delimited text.
    """
    table = head.attach(pl.DataFrame())
    if into.kind not in {Kind.CSV, Kind.TSV} or not isinstance(table, pa.Table):
        return
    for field in table.schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            raise InputError(
                f"column {field.name!r} holds {field.type}, which {into.kind.upper()} cannot hold: "
                "write Parquet, Arrow or NDJSON, or drop the column first"
            )


def open_sink(path: Path, into: Format, *, source: Path) -> Sink:
    """Opens a file for writing.

    Args:
        path: Where.
        into: What to write.
        source: Where the rows come from.
    """
    from_format = Format.of(source)
    match into.kind:
        case Kind.PARQUET:
            return ParquetSink(path)
        case Kind.IPC | Kind.IPC_STREAM:
            one_dictionary = from_format.kind is Kind.IPC
            return IpcSink(path, stream=into.kind is Kind.IPC_STREAM, plain=not one_dictionary)
        case _:
            file = create_bytes(path, packing=into.packing)
            return LineSink(file) if into.keeps_lines(from_format) else TableSink(file, into.kind)


class LineSink:
    """A text file that is being written from text."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = io.TextIOWrapper(file, encoding="utf-8", newline="")

    def write(self, enriched: str) -> None:
        """Writes text."""
        self._file.write(enriched)

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


class TableSink:
    """A text file that is being written from tables."""

    def __init__(self, file: BinaryIO, kind: Kind) -> None:
        self._file = file
        self._kind = kind
        self._begun = False

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        frame = pl.DataFrame(enriched)
        if self._kind is Kind.NDJSON:
            text = frame.write_ndjson()
        else:
            text = frame.write_csv(include_header=not self._begun, separator="\t" if self._kind is Kind.TSV else ",")
        self._begun = True
        self._file.write(text.encode())

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
