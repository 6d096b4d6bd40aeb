"""Parquet and Arrow IPC: typed columns, which go out in the types and with the metadata that they came in."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hlrframe.errors import InputError
from hlrframe.files.ipc_size import head_size, largest_batch
from hlrframe.files.memory import BATCH, HEAD, ROW
from hlrframe.files.places import readable
from hlrframe.files.source import Piece, Taken, check_distinct, rows_of_piece
from hlrframe.files.weight import light, longest_texts, unpacked, weight
from hlrframe.frames import OpenFrame, open_frame
from hlrframe.run import Cells

__all__ = ["IpcFile", "IpcSink", "ParquetFile", "ParquetSink", "TypedFile"]

_IpcWriter = pa.ipc.RecordBatchStreamWriter | pa.ipc.RecordBatchFileWriter
#: Bytes that are read of a column at a time, however large its chunks are.
_BUFFER: Final = 1 << 20
#: Bytes that the phone columns of a piece may have: some kilobytes for each row, where the longest number has 40.
MOST_BYTES: Final = 1 << 28
#: Bytes that are held for each column while there are rows, and for each of those that describe a file; measured.
HELD_OF_COLUMN: Final = 14_000
HELD_OF_FOOTER: Final = 20
#: Rows by which a column is judged.
_SAMPLE: Final = 10_000
#: How an Arrow IPC file begins, which a stream does not, and how a Parquet file ends.
_IPC_FILE_MAGIC: Final = b"ARROW1"
_PARQUET_MAGIC: Final = b"PAR1"


class TypedFile(ABC):
    """A file whose columns have types."""

    def __init__(self, path: Path, schema: pa.Schema, taken: Taken, *, whole: bool = False) -> None:
        self._path = path
        self._schema = schema
        taken.check(path, len(schema) * HELD_OF_COLUMN, HEAD)
        check_distinct(schema.names, path)
        self._taken = taken.found(schema.names)
        self._whole = whole
        self.head()

    def head(self) -> OpenFrame:
        """Gives the columns."""
        # Not schema.empty_table(): it makes arrays of lists, for which pyarrow imports pandas where that is installed.
        nothing = pa.Table.from_batches([], self._schema)
        return open_frame(nothing, self._taken.naming, region_column=self._taken.region_column)

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and their types."""
        return [(field.name, str(field.type)) for field in self._schema]

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece.

        Where the rows will be written the other columns are read too, so that damage is found before anything is paid.
        """
        columns = None if self._whole else self._taken.names
        for table in self._light(columns):
            with readable(self._path):
                taken = self._plain(table.select(self._taken.names))
                cells = open_frame(taken, self._taken.naming, region_column=self._taken.region_column).cells
            yield cells

    def _light(self, columns: list[str] | None) -> Iterator[pa.Table]:
        """Reads tables that are not too large, and whole; with the texts of long dictionaries as codes yet."""
        for table in self._tables(rows_of_piece(len(self._schema), self._taken.held), columns=columns):
            with readable(self._path):
                table.validate()  # or its sizes are not to be believed
                self._check_size(table.select(self._taken.columns))
                for each in light(table, self._taken.bytes, self._path):
                    each.validate(full=True)
                    yield each

    def _plain(self, table: pa.Table) -> pa.Table:
        """Gives a table in the types of the file."""
        types = [self._schema.field(name) for name in table.column_names]
        return table if table.schema.types == [each.type for each in types] else table.cast(pa.schema(types))

    def _check_size(self, phones: pa.Table) -> None:
        size = weight(phones)
        if size > MOST_BYTES:
            said = f"{size >> 20:,} MB in {phones.num_rows:,} rows"
            raise InputError(f"cannot read {self._path}: {said} of a phone column are no numbers; name another column")

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows; ``attach`` gives an Arrow table."""
        for light_one in self._light(None):
            table = self._plain(light_one)
            opened = open_frame(table.replace_schema_metadata(self._schema.metadata), self._taken.columns)
            yield Piece(table.num_rows, opened.attach)

    @abstractmethod
    def _tables(self, rows: int, *, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Reads tables of at most so many rows, with these columns at least."""


class ParquetFile(TypedFile):
    """A Parquet file.

    Args:
        path: The file.
        taken: What is taken of it.
        whole: Whether its rows will be written, and not its phones read alone.

    Raises:
        InputError: It cannot be read, or the column is missing or cannot hold numbers.
    """

    def __init__(self, path: Path, taken: Taken, *, whole: bool) -> None:
        with readable(path):
            taken.check(path, _footer_size(path) * HELD_OF_FOOTER, HEAD)
        with readable(path), pq.ParquetFile(path) as file:
            taken.check(path, unpacked(file.metadata) * 2, ROW)
            schema = file.schema_arrow
        super().__init__(path, schema, taken, whole=whole)
        with readable(path):
            self._texts = longest_texts(path, schema)

    def _tables(self, rows: int, *, columns: list[str] | None = None) -> Iterator[pa.Table]:
        coded: Any = [name for name, longest in self._texts.items() if longest * rows > self._taken.bytes]
        # Read ahead, the file would stay in memory as far as it was read.
        opened = pq.ParquetFile(self._path, buffer_size=_BUFFER, pre_buffer=False, read_dictionary=coded)
        with readable(self._path), opened as file:
            for batch in file.iter_batches(batch_size=rows, columns=columns):
                yield pa.Table.from_batches([batch])


class IpcFile(TypedFile):
    """An Arrow IPC file or stream.

    Args:
        path: The file.
        taken: What is taken of it.
        whole: Whether its rows will be written, and not its phones read alone.

    Raises:
        InputError: It cannot be read, or the column is missing or cannot hold numbers.
    """

    def __init__(self, path: Path, taken: Taken, *, whole: bool) -> None:
        with readable(path), path.open("rb") as file:
            self._is_stream = file.read(len(_IPC_FILE_MAGIC)) != _IPC_FILE_MAGIC
        with readable(path):
            taken.check(path, head_size(path) * HELD_OF_FOOTER, HEAD)
            taken.check(path, largest_batch(path) * 2, BATCH)
        with readable(path), pa.memory_map(str(path)) as memory:
            schema = (pa.ipc.open_stream if self._is_stream else pa.ipc.open_file)(memory).schema
        super().__init__(path, schema, taken, whole=whole)

    def _tables(self, rows: int, *, columns: list[str] | None = None) -> Iterator[pa.Table]:
        del columns  # a batch is mapped, not read: all of them cost nothing
        for batch in self._batches():
            for start in range(0, batch.num_rows, rows):
                yield pa.Table.from_batches([batch.slice(start, rows)])

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with readable(self._path), pa.memory_map(str(self._path)) as memory:
            if self._is_stream:
                yield from pa.ipc.open_stream(memory)
            else:
                file = pa.ipc.open_file(memory)
                yield from map(file.get_batch, range(file.num_record_batches))


class ParquetSink:
    """A Parquet file that is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._nothing: pa.Table | None = None
        self._writer: pq.ParquetWriter | None = None

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        if enriched.num_rows:
            self._open(enriched).write_table(enriched)
        else:
            self._nothing = enriched

    def close(self) -> None:
        """Ends the file."""
        if self._writer is None and self._nothing is not None:
            self._open(self._nothing)
        if self._writer is not None:
            self._writer.close()

    def _open(self, first: pa.Table) -> pq.ParquetWriter:
        if self._writer is None:
            # The stubs know less than pyarrow: it takes names as well.
            repeating: Any = _repeating(first)
            self._writer = pq.ParquetWriter(self._path, first.schema, compression="zstd", use_dictionary=repeating)
        return self._writer


class IpcSink:
    """An Arrow IPC file or stream that is being written.

    A file cannot hold a column of several dictionaries, as other formats can: such columns go there as plain values.

    Args:
        path: Where.
        stream: Whether it becomes a stream.
        plain: Whether dictionaries may differ between tables.
    """

    def __init__(self, path: Path, *, stream: bool, plain: bool) -> None:
        self._path = path
        self._make: Callable[[str, pa.Schema], _IpcWriter] = pa.ipc.new_stream if stream else pa.ipc.new_file
        self._plain = plain and not stream
        self._writer: _IpcWriter | None = None

    def write(self, enriched: pa.Table) -> None:
        """Writes a table."""
        table = enriched.cast(_without_dictionaries(enriched.schema)) if self._plain else enriched
        if self._writer is None:
            self._writer = self._make(str(self._path), table.schema)
        if table.num_rows:
            self._writer.write_table(table)

    def close(self) -> None:
        """Ends the file."""
        if self._writer is not None:
            self._writer.close()


def _footer_size(path: Path) -> int:
    """Gives the bytes that say what is in a Parquet file; 0 where it is none, which pyarrow says."""
    there = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, there - 8))
        size = int.from_bytes(file.read(4), "little")
        return size if file.read(4) == _PARQUET_MAGIC and size < there else 0


def _repeating(table: pa.Table) -> list[str] | bool:
    """Names the columns whose values are worth a dictionary: where most differ it takes a third of all the time."""
    if any(pa.types.is_nested(field.type) for field in table.schema):
        return True  # of these it would be the leaves
    sample = table.slice(0, _SAMPLE)
    return [name for name, values in zip(sample.column_names, sample.columns, strict=True) if _repeats(values)]


def _repeats(values: "pa.ChunkedArray[Any]") -> bool:
    import pyarrow.compute as pc  # noqa: PLC0415  # takes long to load: where Parquet is written alone

    try:
        return 2 * int(pc.count_distinct(values).as_py()) <= len(values)
    except pa.ArrowNotImplementedError:  # pyarrow counts no lists or maps: these stay as Parquet writes them by itself
        return True


def _without_dictionaries(schema: pa.Schema) -> pa.Schema:
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema
    ]
    return pa.schema(fields).with_metadata(schema.metadata or {})
