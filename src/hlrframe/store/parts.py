"""Sealed files: written once, read by key, set aside when they cannot be read."""

import contextlib
import itertools
import json
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from hlrframe.errors import DamagedWarning, StoreError
from hlrframe.model import SCHEMA_VERSION
from hlrframe.store.checksum import STAMP, Stamper, is_whole
from hlrframe.store.encoding import PLAIN, Between, Encoding
from hlrframe.store.folder import FORMAT_VERSION, Layout, View, explained, facts_of_sealed, refuse_newer
from hlrframe.store.records import EVENT_TYPES, KEPT_TYPES
from hlrframe.store.segment import read_segment

__all__ = [
    "collect",
    "read_answers",
    "read_events",
    "row_count",
    "scan_parts",
    "set_aside",
    "warn_of_cut",
    "warn_of_lost",
    "write_parquet",
]

_T = TypeVar("_T")

#: Rows that are read or passed over together: enough to compress well, few enough to skip most for a few numbers.
ROW_GROUP: Final = 65_536

#: Columns that hardly repeat: to look for repetitions there takes time, and saves nothing.
_OWN: Final = frozenset({"msisdn", "uuid", "detected_number"})
#: Bytes of a sealed file that are handed over at once.
_TOGETHER: Final = 2**20
#: Listings of a store that changes while it is read; a second one nearly always does.
_ATTEMPTS: Final = 20
#: What polars raises for a file that is no whole parquet file; its panics are no ``Exception``.
_UNREADABLE: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def write_parquet(path: Path, frames: Iterable[pl.DataFrame], *, layout: Layout) -> None:
    """Writes a sealed file, whole and on disk when it returns; none is made of no frames.

    Args:
        path: Its name.
        frames: Its rows in order; no two frames need to be in memory at once.
        layout: The store that it belongs to.

    Raises:
        StoreError: The disk refused.
    """
    tables = (_table(frame, layout.encoding) for frame in frames)
    first = next(tables, None)
    if first is None:
        return

    def write(file: BinaryIO) -> None:
        keys = layout.encoding.writing(first.schema.names)
        # The stubs know of no list.
        keys["use_dictionary"] = [name for name in first.schema.names if name not in _OWN]
        sink = Stamper(file)
        # In large pieces: a page is written in many, each of which would have to wait for Python's lock.
        with (
            pa.BufferedOutputStream(pa.PythonFile(sink, mode="w"), _TOGETHER) as output,
            pq.ParquetWriter(output, first.schema, compression="zstd", write_page_checksum=True, **keys) as writer,
        ):
            for table in itertools.chain([first], tables):
                writer.write_table(table, row_group_size=ROW_GROUP)
        if not layout.encoding.encrypts:  # there the footer is signed
            sink.stamp()

    with explained("seal answers in", path.parent):
        layout.publish(path, write)


def row_count(path: Path) -> int:
    """Counts the rows of a sealed file from its footer; one that cannot be read counts as none."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowInvalid, OSError):
        return 0


def scan_parts(
    paths: Sequence[Path], types: dict[str, pl.DataType], *, encoding: Encoding = PLAIN, between: Between = (None, None)
) -> pl.LazyFrame:
    """Reads sealed files lazily, in these columns whichever version wrote them.

    Args:
        paths: The files.
        types: The columns.
        encoding: That of their store.
        between: The first and the last number that matter; rows of others may be left out.
    """
    return encoding.scan(paths, types, between=between) if paths else pl.LazyFrame(schema=types)


def read_answers(
    layout: Layout, narrow: Callable[[pl.LazyFrame], pl.LazyFrame], *, between: Between = (None, None)
) -> pl.DataFrame:
    """Reads answers, sealed or not.

    Args:
        layout: Which store.
        narrow: Picks the rows and columns of each source; the columns of a sealed part come in.
        between: The first and the last number that it picks; sparing to know where polars cannot read the files.

    Raises:
        StoreError: The store cannot be read.
    """

    def read(view: View) -> pl.DataFrame:
        journals = [narrow(read_segment(path, encoding=layout.encoding).answers.lazy()) for path in view.journals]
        sealed = scan_parts(view.parts, KEPT_TYPES, encoding=layout.encoding, between=between)
        return pl.concat([narrow(sealed), *journals]).collect()

    return collect(layout, read)


def read_events(layout: Layout, narrow: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Reads what was asked and withdrawn and perhaps never answered, for each run in the order in which it happened.

    Raises:
        StoreError: The store cannot be read.
    """

    def read(view: View) -> pl.DataFrame:
        sources = {path.stem: scan_parts([path], EVENT_TYPES, encoding=layout.encoding) for path in view.asked}
        sources |= {path.stem: read_segment(path, encoding=layout.encoding).events.lazy() for path in view.journals}
        in_order = [narrow(sources[name]) for name in sorted(sources)]
        return pl.concat([narrow(scan_parts([], EVENT_TYPES)), *in_order]).collect()

    return collect(layout, read)


def collect(layout: Layout, read: Callable[[View], _T]) -> _T:
    """Reads a store that others are changing: lists it again when a file vanished, goes on without a damaged one.

    Raises:
        StoreError: The store cannot be read.
    """
    damaged: frozenset[Path] = frozenset()
    with explained("read the store", layout.root):
        for _ in range(_ATTEMPTS):
            view = layout.view().without(damaged)
            try:
                if changed := _changed(view, layout):
                    damaged |= changed
                    continue
                _warn_of_losses(layout, view)
                return read(view)
            except FileNotFoundError:
                continue
            except _UNREADABLE as error:
                unreadable = _damaged(view, layout)
                if not unreadable:
                    raise StoreError(f"cannot read {layout.root}: {_first_line(error)}") from error
                damaged |= unreadable
    raise StoreError(f"cannot read {layout.root}: its files keep changing; run again")


def set_aside(path: Path) -> None:
    """Renames a file that cannot be read, for somebody to look at, and warns."""
    kept = path.with_name(f"{path.name}.damaged")
    with contextlib.suppress(OSError):  # whoever may only read goes on without it
        path.rename(kept)
    cure = "restore it from a backup, or delete it; its numbers will be asked again"
    warnings.warn(f"{path} cannot be read and was set aside as {kept.name}: {cure}", DamagedWarning, stacklevel=2)


def warn_of_cut(layout: Layout, path: Path) -> None:
    """Warns where a journal has fewer bytes than were on disk once."""
    noted = layout.inventory.acknowledged(path)
    with contextlib.suppress(FileNotFoundError):
        if (left := path.stat().st_size) < noted:
            cure = "restore it from a backup, or what it lost will be asked again"
            warnings.warn(f"{path} was cut: {left:,} of {noted:,} bytes are left; {cure}", DamagedWarning, stacklevel=2)


def _warn_of_losses(layout: Layout, view: View) -> None:
    for path in view.journals:
        warn_of_cut(layout, path)
    warn_of_lost(map(str, layout.inventory.lost()))


def warn_of_lost(names: Iterable[str]) -> None:
    """Warns of files that something else than this package removed."""
    first, *others = [*names] or [""]
    if not first:
        return
    more = f" and {len(others):,} more" if others else ""
    cure = "restore what is named from a backup, or compact the store, which takes it for lost"
    warnings.warn(f"{first}{more} did not go by our hand: {cure}", DamagedWarning, stacklevel=2)


def _changed(view: View, layout: Layout) -> frozenset[Path]:
    """Sets aside the files that are not as they were written."""
    encoding = layout.encoding
    if encoding.encrypts:  # what a key has signed is checked as it is read
        return frozenset()
    changed = frozenset(path for path in (*view.parts, *view.asked) if not is_whole(path))
    for path in changed:
        _refuse_others(path, encoding)
        layout.inventory.drop([path])
        set_aside(path)
    return changed


def _damaged(view: View, layout: Layout) -> frozenset[Path]:
    sealed = [(path, KEPT_TYPES) for path in view.parts] + [(path, EVENT_TYPES) for path in view.asked]
    damaged = frozenset(path for path, types in sealed if not _is_sound(path, types, layout.encoding))
    for path in damaged:
        layout.inventory.drop([path])
        set_aside(path)
    return damaged


def _is_sound(path: Path, types: dict[str, pl.DataType], encoding: Encoding) -> bool:
    _refuse_others(path, encoding)
    try:
        scan_parts([path], types, encoding=encoding).collect()
    except FileNotFoundError:
        return True
    except _UNREADABLE:
        return False
    return True


def _refuse_others(path: Path, encoding: Encoding) -> None:
    """Refuses a file that is whole and not for us: of a newer version, or under another encoding."""
    facts = facts_of_sealed(path)
    if facts is not None:
        refuse_newer(path, layout=facts["format"], columns=facts["columns"])
        encoding.check(facts.get("privacy"), path)


def _table(frame: pl.DataFrame, encoding: Encoding) -> pa.Table:
    facts = {"hlrframe.format": str(FORMAT_VERSION), "hlrframe.columns": str(SCHEMA_VERSION)}
    if not encoding.encrypts:
        facts |= STAMP
    if encoding.mark is not None:
        facts["hlrframe.privacy"] = json.dumps(dict(encoding.mark))
    # Arrow's plain strings rather than polars' views: every reader of parquet knows them.
    return encoding.hide_rows(frame).to_arrow(compat_level=pl.CompatLevel.oldest()).replace_schema_metadata(facts)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
