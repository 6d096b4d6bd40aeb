"""Whatever can be summarised, as the table ``enriched`` of a DuckDB connection: frames, files, stores."""

import glob
import lzma
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from narwhals.exceptions import DuplicateError

from hlrframe.errors import InputError
from hlrframe.model import COLUMNS, ENDINGS, FileKind, kind_of, phones_of
from hlrframe.report.source.plain_text import LONG, plain_text
from hlrframe.report.sql import SQL_TYPES, identifier, literal
from hlrframe.system import Scratch, extra, open_packed, quiet

__all__ = ["Attached", "attach", "readable"]

#: How files may be packed that DuckDB reads as they are.
_KNOWN_PACKINGS: Final = frozenset({None, "gzip", "zstd"})

#: The quotes are said: the reader would look for them in its first rows alone.
_CELLS: Final = (
    """header = true, all_varchar = true, union_by_name = true, quote = '"', escape = '"', strict_mode = false"""
)
#: How DuckDB reads each kind of file; Arrow reads those without an entry.
_READERS: Final[Mapping[FileKind, str]] = MappingProxyType(
    {
        FileKind.CSV: f"read_csv({{paths}}, {_CELLS}{{more}})",
        FileKind.TSV: f"read_csv({{paths}}, {_CELLS}, delim = '\t'{{more}})",
        FileKind.NDJSON: "read_json({paths}, format = 'newline_delimited', union_by_name = true)",
        FileKind.JSON: "read_json({paths}, format = 'array', union_by_name = true)",
        FileKind.PARQUET: "read_parquet({paths}, union_by_name = true, hive_partitioning = false)",
    }
)


class Attached(NamedTuple):
    """What was made a table."""

    #: Its result columns, without the prefix.
    columns: frozenset[str]
    #: How many phone columns they are of, whose results stand behind each other.
    phones: int = 1
    #: Parquet files that have all its rows, and their only column of numbers, which is text; ``None`` where there are
    #: none.
    files: tuple[Sequence[str], str] | None = None


def attach(connection: duckdb.DuckDBPyConnection, source: Any, *, prefix: str, name: str) -> Attached:  # noqa: ANN401  # any frame
    """Makes a table of a frame or files, with as little copied as its kind allows.

    Args:
        connection: Where to make it.
        source: A frame, a path, or several paths.
        prefix: What stands before the names of the result columns.
        name: What the table is called.

    Raises:
        InputError: It is nothing that was enriched, or with another prefix; the message names the cure.
    """
    if isinstance(source, str | os.PathLike):
        paths = _files(os.fspath(source))
    elif isinstance(source, list | tuple) and source and all(isinstance(each, str | os.PathLike) for each in source):
        paths = [path for each in source for path in _files(os.fspath(each))]
    else:
        return _attach_frame(connection, source, prefix, name)
    return _attach_files(connection, paths, prefix, name)


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Says of what cannot be read that it cannot.

    Raises:
        InputError: DuckDB or Arrow gave up.
    """
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, lzma.LZMAError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0] if isinstance(error, duckdb.IOException) else type(error).__name__
        raise InputError(f"cannot read {what} as an enriched frame: {reason}") from error


def _files(path: str) -> list[str]:
    """Gives the files that a path, a folder or a pattern names."""
    if Path(path).is_dir():
        found = sorted(str(each) for each in Path(path).rglob("*") if _is_seen(each, Path(path)) and _kind(str(each)))
    elif Path(path).exists():
        found = [path]
    else:
        found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # a Path cannot: the pattern may be absolute
    if not found:
        raise InputError(f"{path} is no enriched file, no folder of such files and no store: check the path")
    return found


def _is_seen(path: Path, folder: Path) -> bool:
    """Whether it is a file that is hidden nowhere, as answers are that are kept beside an output."""
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _kind(path: str) -> FileKind | None:
    found = kind_of(Path(path))
    return None if found is None else found[0]


def _attach_files(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], prefix: str, name: str) -> Attached:
    kinds = {_kind(path) for path in paths}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None or kind is FileKind.VCARD:
        raise InputError(f"cannot tell what {paths[0]} is: pass files of one kind, ending in {', '.join(ENDINGS)}")
    with readable(paths[0]), _unpacked(paths) as unpacked, _in_utf8(unpacked, kind, prefix) as (plain, longest):
        if kind in _READERS:
            # A folder may really be called "[2026]".
            literals = ", ".join(literal(glob.escape(path)) for path in plain)
            # What ends in .txt may be separated by anything.
            reader = _READERS[FileKind.CSV if all(".txt" in Path(path).suffixes for path in paths) else kind]
            more = f", max_line_size = {2 * longest}" if longest > LONG else ""
            source = f"(from {reader.format(paths=f'[{literals}]', more=more)})"
        elif kind in {FileKind.XLSX, FileKind.WORKBOOK}:
            sheets = [_sheet(path, prefix) for path in paths]
            connection.register(f"{name}_source", pl.concat(sheets, how="diagonal_relaxed").to_arrow())
            source = f"{name}_source"
        else:
            streams = kind is FileKind.IPC_STREAM
            connection.register(f"{name}_source", _stream(paths) if streams else ds.dataset(list(paths), format="ipc"))
            source = f"{name}_source"
        # Parquet stays where it is, and each pass reads only the columns that it names.
        if kind is not FileKind.PARQUET:
            return _make(connection, name, "table", source, prefix)
        made = _make(connection, name, "view", source, prefix)
        columns = connection.sql(f"from {source} limit 0").columns
        return made if made.phones > 1 else made._replace(files=_numbers_of(paths, columns, prefix))


@contextmanager
def _unpacked(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Gives files that DuckDB can read: some packings it does not know."""
    packings = [(kind_of(Path(path)) or (None, None))[1] for path in paths]
    if _KNOWN_PACKINGS.issuperset(packings):
        yield paths
        return
    scratch = Scratch()
    plain = [scratch.path / f"{place}" for place in range(len(paths))]
    for path, packing, to in zip(paths, packings, plain, strict=True):
        with open_packed(Path(path), packing) as packed, to.open("wb") as file:
            shutil.copyfileobj(packed, file)
    yield list(map(str, plain))
    scratch.close()


@contextmanager
def _in_utf8(paths: Sequence[str], kind: FileKind, prefix: str) -> Iterator[tuple[Sequence[str], int]]:
    """Gives files of cells as DuckDB reads them, and how long their longest line is."""
    if kind not in {FileKind.CSV, FileKind.TSV}:
        yield paths, 0
        return
    scratch = Scratch()
    packings = [(kind_of(Path(path)) or (None, None))[1] for path in paths]
    plain = [
        plain_text(Path(path), packing, result=f"{prefix}msisdn", into=scratch.path / f"{place}")
        for place, (path, packing) in enumerate(zip(paths, packings, strict=True))
    ]
    yield [str(each.path) for each in plain], max(each.longest for each in plain)
    scratch.close()


def _sheet(path: str, prefix: str) -> pl.DataFrame:
    """Gives the sheet that holds results."""
    workbook = extra("fastexcel", of="excel", for_what=f"reading {Path(path).name}").read_excel(path)
    with quiet("fastexcel"):  # it tells of every column that is empty
        sheets = (workbook.load_sheet(name, schema_sample_rows=None) for name in workbook.sheet_names)
        frames = [pl.DataFrame(sheet.to_arrow()) for sheet in sheets]
    return next((frame for frame in frames if f"{prefix}msisdn" in frame.columns), frames[0])


def _stream(paths: Sequence[str]) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for path in paths:
            with pa.OSFile(path, "rb") as file, pa.ipc.open_stream(file) as stream:
                yield from stream

    with pa.OSFile(paths[0], "rb") as file, pa.ipc.open_stream(file) as first:
        schema = first.schema
    return pa.RecordBatchReader.from_batches(schema, batches())


def _attach_frame(connection: duckdb.DuckDBPyConnection, frame: Any, prefix: str, name: str) -> Attached:  # noqa: ANN401  # any frame
    with readable(f"a {type(frame).__name__}"):
        narrowed = _narrowed(frame, prefix)
        # These cannot change under the summary; a stream can be read only once, and others may be written to.
        lasting = isinstance(narrowed, pl.DataFrame | pa.Table)
        arrow = narrowed.to_arrow() if isinstance(narrowed, pl.DataFrame) else narrowed
        connection.register(f"{name}_source", arrow if lasting else pa.RecordBatchReader.from_stream(arrow))
        made = _make(connection, name, "view" if lasting else "table", f"{name}_source", prefix)
        if not lasting:
            connection.unregister(f"{name}_source")
        return made


def _make(connection: duckdb.DuckDBPyConnection, name: str, kind: str, source: str, prefix: str) -> Attached:
    """Makes the table of a source, each result column in its own type: a CSV file has texts only."""
    columns = connection.sql(f"from {source} limit 0").columns
    present = _present(columns, prefix)
    selects = [_select(before, prefix, there, source) for before, there in present.items()]
    connection.execute(f"create {kind} {name} as {' union all by name '.join(selects)}")
    return Attached(frozenset(each for there in present.values() for each in there), len(present))


def _numbers_of(paths: Sequence[str], columns: Iterable[str], prefix: str) -> tuple[Sequence[str], str] | None:
    """Gives Parquet files with the column of numbers that can be read from them, where it is one of texts."""
    (before,) = _present(columns, prefix)
    name = f"{before}{prefix}msisdn"
    return (paths, name) if all(_is_text(pq.read_schema(path), name) for path in paths) else None


def _is_text(schema: pa.Schema, name: str) -> bool:
    return name in schema.names and schema.field(name).type in (pa.string(), pa.large_string(), pa.string_view())


def _select(before: str, prefix: str, there: Iterable[str], source: str) -> str:
    typed = ", ".join(
        f"{identifier(before + prefix + each)}::{SQL_TYPES[each]} as {identifier(prefix + each)}" for each in there
    )
    return f"select {typed} from {source}"  # noqa: S608  # quoted names


def _narrowed(frame: Any, prefix: str) -> Any:  # noqa: ANN401  # any frame
    """Gives a frame's result columns as an Arrow stream: the caller's own columns may be large or no Arrow type."""
    try:
        known = nw.from_native(frame, pass_through=True)
    except DuplicateError:
        raise InputError("the frame has several columns of one name: rename all but one") from None
    if isinstance(known, nw.DataFrame | nw.LazyFrame):
        present = _present(known.collect_schema().names(), prefix)
        chosen = known.select(before + prefix + each for before, there in present.items() for each in there)
        # polars is the one whose lazy frames are no streams.
        native = chosen.to_native()
        return native.collect() if isinstance(native, pl.LazyFrame) else native
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    raise InputError(f"cannot summarise a {type(frame).__name__}: pass what enrich gave, a file of it, or a store")


def _present(names: Iterable[str], prefix: str) -> Mapping[str, Sequence[str]]:
    """Gives the result columns among a frame's, without the prefix, by what stands before it.

    Nothing does where there was one phone column; of several each has its own name there, and their results are
    summarised together. A frame without the column that every table needs is refused.

    Raises:
        InputError: There is no column of numbers.
    """
    there = set(names)
    befores = phones_of(sorted(map(str, there)), prefix=prefix, result="msisdn")
    if befores:
        return {before: [each.name for each in COLUMNS if before + prefix + each.name in there] for before in befores}
    if prefix + "state" in there or prefix + "verdict" in there:
        raise InputError(f"the frame lacks {prefix + 'msisdn'!r}: enrich it with columns='standard' or 'all'")
    found = [name.removesuffix("msisdn") for name in there if str(name).endswith("msisdn")]
    other = next((each for each in sorted(found) if each + "verdict" in there), None)
    said = f"pass prefix={other!r} (--prefix {other!r})"
    cure = said if other is not None else "pass what enrich gave, and its prefix= (--prefix)"
    raise InputError(f"the frame has no column {prefix + 'msisdn'!r}: {cure}")
