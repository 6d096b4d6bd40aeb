"""The answers of a store as one file for others, a range of numbers at a time."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from hlrframe.errors import ConfigError
from hlrframe.model import ENDINGS, FileKind, guard_frame, kind_of
from hlrframe.store.folder import Layout, explained
from hlrframe.store.parts import read_answers
from hlrframe.store.queries import AGE, KEY, SAME, newest
from hlrframe.store.records import KEPT_TYPES
from hlrframe.system import publish

__all__ = ["export"]

#: Answers that are held in memory, about.
TOGETHER: Final = 200_000
#: One number in so many is looked at to tell where the ranges begin.
SAMPLED: Final = 64

_Writer: TypeAlias = Callable[[BinaryIO, ExitStack], Callable[[pl.DataFrame], object]]


def export(
    layout: Layout, destination: Path, *, question: str | None, newest_only: bool, together: int = TOGETHER
) -> int:
    """Writes answers to a file that only its owner can read; it appears when it is whole.

    Args:
        layout: Which store.
        destination: The file; its ending says which format.
        question: Key of the question whose answers to write; ``None`` for those to all.
        newest_only: Whether to leave out answers that a newer one to the same question has replaced.
        together: Answers to hold in memory, about.

    Returns:
        How many were written.

    Raises:
        ConfigError: The ending is not known.
        StoreError: The store cannot be read, or the file not be written.
    """
    begin = _writer_for(destination)
    if begin is None:
        known = ", ".join(ending for each in _WRITERS for ending, kind in ENDINGS.items() if kind is each)
        raise ConfigError(f"cannot tell the format of {destination.name!r}: end it in {known}")
    asked = pl.lit(value=True) if question is None else pl.col("question") == question
    written = 0

    def write(file: BinaryIO) -> None:
        nonlocal written
        with ExitStack() as open_until_whole:
            put = begin(file, open_until_whole)
            for rows in _ranges(layout, asked, together):
                kept = newest(rows) if newest_only else rows.unique(SAME)
                put(kept.sort(*reversed(KEY), *AGE))
                written += len(kept)

    with explained("write", destination):
        publish(destination, write)
    return written


def _ranges(layout: Layout, asked: pl.Expr, together: int) -> Iterator[pl.DataFrame]:
    """Reads all answers, those to a number always together; at least one frame, were it empty."""
    some = read_answers(layout, lambda rows: rows.filter(asked).select("msisdn").gather_every(SAMPLED))
    every = max(1, together // SAMPLED)
    starts = some["msisdn"].sort().gather_every(every, offset=every).unique(maintain_order=True).to_list()
    for start, end in itertools.pairwise([None, *starts, None]):
        mine = [asked]
        mine += [] if start is None else [pl.col("msisdn") >= start]
        mine += [] if end is None else [pl.col("msisdn") < end]
        yield read_answers(layout, _keep(mine), between=(start, end))


def _keep(predicates: Iterable[pl.Expr]) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    return lambda rows: rows.filter(*predicates)


def _parquet(file: BinaryIO, until_whole: ExitStack) -> Callable[[pl.DataFrame], object]:
    schema = _arrow(pl.DataFrame(schema=KEPT_TYPES)).schema
    writer = until_whole.enter_context(pq.ParquetWriter(file, schema, compression="zstd"))
    return lambda rows: writer.write_table(_arrow(rows))


def _csv(file: BinaryIO, _: ExitStack) -> Callable[[pl.DataFrame], object]:
    headers = itertools.chain([True], itertools.repeat(False))  # noqa: FBT003  # the first batch alone has it
    return lambda rows: guard_frame(rows).write_csv(file, include_header=next(headers))


def _ndjson(file: BinaryIO, _: ExitStack) -> Callable[[pl.DataFrame], object]:
    return lambda rows: rows.write_ndjson(file)


def _arrow(rows: pl.DataFrame) -> pa.Table:
    # Arrow's plain strings rather than polars' views: every reader of parquet knows them.
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())


#: How to write each kind of file.
_WRITERS: Final[Mapping[FileKind, _Writer]] = MappingProxyType(
    {FileKind.PARQUET: _parquet, FileKind.CSV: _csv, FileKind.NDJSON: _ndjson}
)


def _writer_for(destination: Path) -> _Writer | None:
    kind, packing = kind_of(destination) or (None, None)
    return None if kind is None or packing is not None else _WRITERS.get(kind)
