"""Text that is being written: lines as they came, or tables as cells or objects."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl
import pyarrow as pa

from hlrframe.files.places import Format
from hlrframe.files.source import Sink
from hlrframe.model import FileKind, guard_frame
from hlrframe.system import create_packed

__all__ = ["open_text_sink", "text_writer"]

#: What stands between the cells of delimited text.
_SEPARATORS: Final = {FileKind.CSV: ",", FileKind.TSV: "\t"}


def open_text_sink(
    path: Path, into: Format, *, source: Format, name: str, guarded: bool, encoding: str, separator: str | None = None
) -> Sink:
    """Opens a text file for writing.

    Args:
        path: Where.
        into: What to write.
        source: What the rows come from.
        name: What the file will be called.
        guarded: Whether cells of a table are guarded against being run as formulas.
        encoding: What it is written in.
        separator: What stands between the cells of a table; that of its kind where not given.
    """
    file = text_writer(create_packed(path, into.packing, member=Path(name).stem), encoding)
    lines = _ArraySink(file) if into.kind is FileKind.JSON else _LineSink(file)
    if into.keeps_lines(source):
        return lines
    between = separator or _SEPARATORS[into.kind] if into.is_delimited else None
    return _TableSink(lines, between, guarded=guarded and into.is_delimited)


def text_writer(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Writes text to a file; stray bytes of UTF-8 become again what they were."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    return io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")


class _LineSink:
    """A text file that is being written from text."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file

    def write(self, enriched: str) -> None:
        """Writes text."""
        self._file.write(enriched)

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


class _ArraySink:
    """A JSON array that is being written from objects, one a line."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._begun = False

    def write(self, enriched: str) -> None:
        """Writes objects."""
        text = enriched.removesuffix("\n")
        if text:
            self._file.write((",\n" if self._begun else "[\n") + text.replace("\n", ",\n"))
            self._begun = True

    def close(self) -> None:
        """Ends the file."""
        self._file.write("\n]\n" if self._begun else "[]\n")
        self._file.close()


class _TableSink:
    """A text file that is being written from tables: as objects, or as cells with something between them."""

    def __init__(self, lines: "_LineSink | _ArraySink", separator: str | None, *, guarded: bool) -> None:
        self._lines = lines
        self._separator = separator
        self._guard: Callable[[pl.DataFrame], pl.DataFrame] = guard_frame if guarded else pl.DataFrame
        self._begun = False

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        frame = self._guard(pl.DataFrame(enriched))
        if self._separator is None:
            self._lines.write(frame.write_ndjson())
        else:
            self._lines.write(frame.write_csv(include_header=not self._begun, separator=self._separator))
        self._begun = True

    def close(self) -> None:
        """Ends the file."""
        self._lines.close()
