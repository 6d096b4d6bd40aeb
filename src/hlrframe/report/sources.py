"""Whatever can be summarised, as the table ``enriched`` of a DuckDB connection: frames, files, stores."""

import glob
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from hlrframe.errors import InputError
from hlrframe.report.statements import NEEDED, identifier, literal
from hlrframe.report.stored import attach_store
from hlrframe.schema import COLUMNS
from hlrframe.store import Store

__all__ = ["attach", "readable"]

#: How DuckDB reads a file, by the file's ending; Arrow reads those without an entry.
_READERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".parquet": "read_parquet({paths}, union_by_name = true, hive_partitioning = false)",
        ".csv": "read_csv({paths}, header = true, all_varchar = true)",
        ".csv.gz": "read_csv({paths}, header = true, all_varchar = true)",
        ".ndjson": "read_json({paths}, format = 'newline_delimited')",
        ".jsonl": "read_json({paths}, format = 'newline_delimited')",
        ".arrow": "",
        ".ipc": "",
        ".feather": "",
    }
)

_SQL_TYPES: Final[Mapping[pa.DataType, str]] = MappingProxyType(
    {pa.string(): "varchar", pa.bool_(): "boolean", pa.float64(): "double", pa.timestamp("us", tz="UTC"): "timestamptz"}
)


def attach(connection: duckdb.DuckDBPyConnection, source: Any, *, prefix: str) -> bool:  # noqa: ANN401  # any frame
    """Makes ``enriched`` of a source, with as little copied as its kind allows, and says whether it is a store.

    Args:
        connection: Where to make it.
        source: A frame, a path, several paths, or a store.
        prefix: What stands before the names of the result columns; a store has none.

    Raises:
        InputError: It is nothing that was enriched, or with another prefix; the message names the cure.
        StoreError: The store cannot be read.
    """
    if isinstance(source, str | os.PathLike) and (Path(source) / "store.json").exists():
        source = Store(source)
    if isinstance(source, Store):
        attach_store(connection, source)
        return True
    if isinstance(source, str | os.PathLike):
        _attach_files(connection, _files(os.fspath(source)), prefix)
    elif isinstance(source, list | tuple) and source and all(isinstance(each, str | os.PathLike) for each in source):
        _attach_files(connection, [path for each in source for path in _files(os.fspath(each))], prefix)
    else:
        _attach_frame(connection, source, prefix)
    return False


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Says of what cannot be read that it cannot.

    Raises:
        InputError: DuckDB or Arrow gave up.
    """
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0] if isinstance(error, duckdb.IOException) else type(error).__name__
        raise InputError(f"cannot read {what} as an enriched frame: {reason}") from error


def _files(path: str) -> list[str]:
    """Gives the files that a path, a folder or a pattern names."""
    if Path(path).is_dir():
        found = sorted(str(each) for each in Path(path).rglob("*.parquet"))
    elif Path(path).exists():
        found = [path]
    else:
        found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # a Path cannot: the pattern may be absolute
    if not found:
        raise InputError(f"{path} is no enriched file, no folder of Parquet files and no store: check the path")
    return found


def _attach_files(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], prefix: str) -> None:
    endings = {next((end for end in _READERS if path.lower().endswith(end)), None) for path in paths}
    ending = endings.pop() if len(endings) == 1 else None
    if ending is None:
        raise InputError(f"cannot tell what {paths[0]} is: pass files of one kind, ending in {', '.join(_READERS)}")
    with readable(paths[0]):
        if _READERS[ending]:
            # A folder may really be called "[2026]".
            literals = ", ".join(literal(glob.escape(path)) for path in paths)
            connection.execute(f"create view source as from {_READERS[ending].format(paths=f'[{literals}]')}")
        else:
            connection.register("source", ds.dataset(list(paths), format="ipc"))
        chosen = _chosen(connection.view("source").columns, prefix)
        # Parquet stays where it is, and each statement reads only the columns that it names.
        made = "view" if ending == ".parquet" else "table"
        connection.execute(f"create {made} enriched as select {chosen} from source")  # noqa: S608  # quoted names


def _attach_frame(connection: duckdb.DuckDBPyConnection, frame: Any, prefix: str) -> None:  # noqa: ANN401  # any frame
    with readable(f"a {type(frame).__name__}"):
        stream = pa.RecordBatchReader.from_stream(_narrowed(frame, prefix))
        chosen = _chosen(stream.schema.names, prefix)
        connection.register("source", stream)
        connection.execute(f"create table enriched as select {chosen} from source")  # noqa: S608  # quoted names
        connection.unregister("source")


def _narrowed(frame: Any, prefix: str) -> Any:  # noqa: ANN401  # any frame
    """Gives a frame's result columns as an Arrow stream: the caller's own columns may be large or no Arrow type."""
    known = nw.from_native(frame, pass_through=True)
    if isinstance(known, nw.DataFrame | nw.LazyFrame):
        chosen = known.select(_present(known.collect_schema().names(), prefix))
        # polars is the one whose lazy frames are no streams.
        native = chosen.to_native()
        return native.collect() if isinstance(native, pl.LazyFrame) else native
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    raise InputError(f"cannot summarise a {type(frame).__name__}: pass what enrich gave, a file of it, or a store")


def _present(names: Iterable[str], prefix: str) -> list[str]:
    """Gives the result columns among a frame's, and refuses a frame that lacks some.

    Raises:
        InputError: A column is missing that every summary needs.
    """
    there = set(names)
    missing = [prefix + name for name in NEEDED if prefix + name not in there]
    if not missing:
        return [prefix + each.name for each in COLUMNS if prefix + each.name in there]
    if prefix + "state" in there:
        raise InputError(f"the frame lacks {missing[0]!r}: enrich it with columns='standard' or 'all'")
    found = [name.removesuffix("msisdn") for name in there if str(name).endswith("msisdn")]
    other = next((each for each in sorted(found) if each + "verdict" in there), None)
    cure = f"pass prefix={other!r}" if other is not None else "pass what enrich gave, and its prefix="
    raise InputError(f"the frame has no column {prefix + 'state'!r}: {cure}")


def _chosen(names: Iterable[str], prefix: str) -> str:
    """Gives a list for ``select``, each result column in its own type: a frame that was a CSV file has texts only."""
    types = {prefix + each.name: _SQL_TYPES[each.type] for each in COLUMNS}
    return ", ".join(f"{identifier(name)}::{types[name]} as {identifier(name)}" for name in _present(names, prefix))
