"""Kinds of file by their endings, and which source and sink go together."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self, assert_never

import polars as pl
import pyarrow as pa

from hlrframe.errors import ConfigError, InputError
from hlrframe.files.columnar import IpcFile, IpcSink, ParquetFile, ParquetSink
from hlrframe.files.delimited import SEPARATORS, DelimitedFile, DelimitedLines, DelimitedTable
from hlrframe.files.encodings import checked_encoding
from hlrframe.files.ndjson import NdjsonLines, NdjsonTable
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.text import create_bytes
from hlrframe.frames import OpenFrame
from hlrframe.model import ENDINGS, TEXT_KINDS, FileKind, Packing, guard_frame, kind_of

__all__ = ["Format", "check_fits", "open_sink", "open_source", "text_writer", "written_encoding"]


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
            file = DelimitedFile(path, taken, separators=_separators(path, format_))
            return DelimitedLines(file, guarded=guarded) if format_.keeps_lines(into) else DelimitedTable(file)
        case unknown:
            assert_never(unknown)


def _separators(path: Path, format_: Format) -> Sequence[str]:
    """Gives the separators that a file may have: what ends in .txt is written with tabs and read with any."""
    return ("\t",) if format_.kind is FileKind.TSV and ".txt" not in path.suffixes else SEPARATORS


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


def open_sink(path: Path, into: Format, *, source: Path, guarded: bool = False, encoding: str = "utf-8") -> Sink:
    """Opens a file for writing.

    Args:
        path: Where.
        into: What to write.
        source: Where the rows come from.
        guarded: Whether cells of a table are guarded against being run as formulas.
        encoding: Of text.
    """
    from_format = Format.of(source)
    match into.kind:
        case FileKind.PARQUET:
            return ParquetSink(path)
        case FileKind.IPC | FileKind.IPC_STREAM:
            one_dictionary = from_format.kind is FileKind.IPC
            return IpcSink(path, stream=into.kind is FileKind.IPC_STREAM, plain=not one_dictionary)
        case FileKind.CSV | FileKind.TSV | FileKind.NDJSON:
            file = text_writer(create_bytes(path, packing=into.packing), encoding)
            return (
                LineSink(file)
                if into.keeps_lines(from_format)
                else TableSink(file, into.kind, guarded=guarded and into.is_delimited)
            )
        case unknown:
            assert_never(unknown)


def text_writer(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Writes text to a file; stray bytes of UTF-8 become again what they were."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    return io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")


class LineSink:
    """A text file that is being written from text."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file

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

    def __init__(self, file: io.TextIOWrapper, kind: FileKind, *, guarded: bool) -> None:
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
        self._file.write(text)

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
