"""Kinds of file by their endings, and which source and sink go together."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self, assert_never

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.files.columnar import IpcFile, IpcSink, ParquetFile, ParquetSink
from hlrframe.files.delimited import SEPARATORS, DelimitedFile, DelimitedLines, DelimitedTable
from hlrframe.files.ndjson import NdjsonLines, NdjsonTable
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.text import create_bytes
from hlrframe.frames import OpenFrame
from hlrframe.model import ENDINGS, TEXT_KINDS, FileKind, Packing, guard_frame, kind_of

__all__ = ["Format", "check_fits", "open_sink", "open_source"]


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is and how it is packed."""

    kind: FileKind
    #: Of text files only.
    packing: Packing | None = None

    @classmethod
    def of(cls, path: Path) -> Self:
        """Reads the format from a path's ending.

        Raises:
            InputError: It is none that is known.

        >>> Format.of(Path("contacts.csv.gz"))
        Format(kind=<FileKind.CSV: 'csv'>, packing='gzip')
        """
        found = kind_of(path)
        if found is None:
            raise InputError(
                f"cannot tell what {path.name!r} is: the name must end in {', '.join(ENDINGS)}; "
                "text files may be packed, as in .csv.gz and .csv.zst"
            )
        return cls(*found)

    @classmethod
    def is_known(cls, path: Path) -> bool:
        """Says whether a path's ending names a format."""
        return kind_of(path) is not None

    @property
    def is_delimited(self) -> bool:
        """Whether it is a file of cells that spreadsheets open."""
        return self.kind in {FileKind.CSV, FileKind.TSV}

    def keeps_lines(self, other: "Format | None") -> bool:
        """Says whether lines of the other can go into this file as they are."""
        return other is None or (self.kind in TEXT_KINDS and self.kind == other.kind)


def open_source(path: Path, taken: Taken, *, into: Format | None, guarded: bool = False) -> Source:
    """Opens a file for reading.

    Args:
        path: The file.
        taken: What is taken of it.
        into: What is to be written; ``None`` for nothing.
        guarded: Whether cells of lines that are kept are guarded against being run as formulas.

    Raises:
        InputError: It cannot be read, or has no such column, or one that cannot hold numbers.
    """
    format_ = Format.of(path)
    match format_.kind:
        case FileKind.PARQUET:
            return ParquetFile(path, taken)
        case FileKind.IPC | FileKind.IPC_STREAM:
            return IpcFile(path, taken)
        case FileKind.NDJSON:
            lines = NdjsonLines(path, taken)
            return lines if format_.keeps_lines(into) else NdjsonTable(lines)
        case FileKind.CSV | FileKind.TSV:
            file = DelimitedFile(path, taken, separators=["\t"] if format_.kind is FileKind.TSV else SEPARATORS)
            return DelimitedLines(file, guarded=guarded) if format_.keeps_lines(into) else DelimitedTable(file)
        case unknown:
            assert_never(unknown)


def check_fits(head: OpenFrame, into: Format) -> None:
    """Refuses columns that the destination cannot hold.

    Raises:
        InputError: A nested or binary column would go into delimited text.
    """
    table = head.attach(pl.DataFrame())
    if not into.is_delimited or not isinstance(table, pa.Table):
        return
    for field in table.schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            raise InputError(
                f"column {field.name!r} holds {field.type}, which {into.kind.upper()} cannot hold: "
                "write Parquet, Arrow or NDJSON, or drop the column first"
            )


def open_sink(path: Path, into: Format, *, source: Path, guarded: bool = False) -> Sink:
    """Opens a file for writing.

    Args:
        path: Where.
        into: What to write.
        source: Where the rows come from.
        guarded: Whether cells of a table are guarded against being run as formulas.
    """
    from_format = Format.of(source)
    match into.kind:
        case FileKind.PARQUET:
            return ParquetSink(path)
        case FileKind.IPC | FileKind.IPC_STREAM:
            one_dictionary = from_format.kind is FileKind.IPC
            return IpcSink(path, stream=into.kind is FileKind.IPC_STREAM, plain=not one_dictionary)
        case FileKind.CSV | FileKind.TSV | FileKind.NDJSON:
            file = create_bytes(path, packing=into.packing)
            return (
                LineSink(file)
                if into.keeps_lines(from_format)
                else TableSink(file, into.kind, guarded=guarded and into.is_delimited)
            )
        case unknown:
            assert_never(unknown)


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


#: What stands between the cells of delimited text.
_SEPARATORS: Final = {FileKind.CSV: ",", FileKind.TSV: "\t"}


class TableSink:
    """A text file that is being written from tables."""

    def __init__(self, file: BinaryIO, kind: FileKind, *, guarded: bool) -> None:
        self._file = file
        self._kind = kind
        self._guard: Callable[[pl.DataFrame], pl.DataFrame] = guard_frame if guarded else pl.DataFrame
        self._begun = False

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        frame = self._guard(pl.DataFrame(enriched))
        if self._kind is FileKind.NDJSON:
            text = frame.write_ndjson()
        else:
            text = frame.write_csv(include_header=not self._begun, separator=_SEPARATORS[self._kind])
        self._begun = True
        self._file.write(text.encode())

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
