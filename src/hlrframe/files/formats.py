"""Kinds of file by their endings, and which source and sink go together."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, Self

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.files.columnar import IpcFile, IpcSink, ParquetFile, ParquetSink
from hlrframe.files.delimited import SEPARATORS, DelimitedFile, DelimitedLines, DelimitedTable
from hlrframe.files.guard import guard_frame
from hlrframe.files.ndjson import NdjsonLines, NdjsonTable
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.text import PACKINGS, Packing, create_bytes
from hlrframe.frames import OpenFrame

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

    @classmethod
    def is_known(cls, path: Path) -> bool:
        """Says whether a path's ending names a format."""
        try:
            cls.of(path)
        except InputError:
            return False
        return True

    @property
    def is_delimited(self) -> bool:
        """Whether it is a file of cells that spreadsheets open."""
        return self.kind in {Kind.CSV, Kind.TSV}

    def keeps_lines(self, other: "Format | None") -> bool:
        """Says whether lines of the other can go into this file as they are."""
        return other is None or (self.kind in _TEXTS and self.kind == other.kind)


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
        case Kind.PARQUET:
            return ParquetFile(path, taken)
        case Kind.IPC | Kind.IPC_STREAM:
            return IpcFile(path, taken)
        case Kind.NDJSON:
            lines = NdjsonLines(path, taken)
            return lines if format_.keeps_lines(into) else NdjsonTable(lines)
        case Kind.CSV | Kind.TSV:
            file = DelimitedFile(path, taken, separators=["\t"] if format_.kind is Kind.TSV else SEPARATORS)
            return DelimitedLines(file, guarded=guarded) if format_.keeps_lines(into) else DelimitedTable(file)


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
        case Kind.PARQUET:
            return ParquetSink(path)
        case Kind.IPC | Kind.IPC_STREAM:
            one_dictionary = from_format.kind is Kind.IPC
            return IpcSink(path, stream=into.kind is Kind.IPC_STREAM, plain=not one_dictionary)
        case _:
            file = create_bytes(path, packing=into.packing)
            return (
                LineSink(file)
                if into.keeps_lines(from_format)
                else TableSink(file, into.kind, guarded=guarded and into.is_delimited)
            )


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

    def __init__(self, file: BinaryIO, kind: Kind, *, guarded: bool) -> None:
        self._file = file
        self._kind = kind
        self._guard: Callable[[pl.DataFrame], pl.DataFrame] = guard_frame if guarded else pl.DataFrame
        self._begun = False

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        frame = self._guard(pl.DataFrame(enriched))
        if self._kind is Kind.NDJSON:
            text = frame.write_ndjson()
        else:
            text = frame.write_csv(include_header=not self._begun, separator="\t" if self._kind is Kind.TSV else ",")
        self._begun = True
        self._file.write(text.encode())

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
