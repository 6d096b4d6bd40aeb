"""Dask: DataFrames of pandas partitions. Whoever hands one in has imported dask; its workers need hlrframe too.

Each worker finds the distinct cells of its partitions, and puts answers beside their rows as it is done with a frame of
pandas. The answers are one key of the graph: they are sent again where a worker was lost. Index, order and divisions
stay.
"""

import sys
import uuid
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.frames.adapters import pandas
from hlrframe.frames.adapters.cells import HANDOFF_BYTES, Spare, numbered, open_cells, settled
from hlrframe.frames.adapters.opened import OpenFrame, Wanted, libraries

__all__ = ["open", "takes"]

#: Parts whose cells are put together in one task, so that no worker has to hold those of all.
_TOGETHER: Final = 16
#: Places of rows: those of a partition begin at its number times this.
_PLACES: Final = 1 << 40


def takes(frame: Any) -> bool:
    """Says whether it is a frame of Dask."""
    return bool(libraries().is_dask_dataframe(frame))


def open(frame: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a frame by its distinct cells, which one computation finds; the result is lazy, as the frame is."""
    naming = pandas.open(frame._meta, wanted).naming  # noqa: SLF001  # Dask's name for what its partitions look like
    wanted, names = replace(wanted, naming=naming), list(frame.columns)
    rows = _Rows(frame, wanted, Spare.beside(names, wanted))
    return open_cells(rows.cells(), wanted, names, rows.spare, rows.join)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a frame."""

    frame: Any
    wanted: Wanted
    spare: Spare

    def cells(self) -> pa.Table:
        """Has the workers find the distinct cells; gives them in the order of the rows."""
        delayed = sys.modules["dask"].delayed
        parts = [delayed(_cells_of)(part, at, self.wanted, self.spare) for at, part in self.parts()]
        while len(parts) > 1:
            groups = (parts[at : at + _TOGETHER] for at in range(0, len(parts), _TOGETHER))
            parts = [delayed(_merged)(group, self.spare) for group in groups]
        cells: pl.DataFrame = parts[0].compute()
        return cells.sort(self.spare.first).to_arrow()

    def join(self, answers: pa.Table) -> Any:
        """Puts answers beside the rows."""
        delayed = sys.modules["dask"].delayed
        table = numbered(pl.DataFrame(answers), self.wanted.naming, self.spare)
        meta = _with_answers(self.frame._meta, 0, table.clear(), self.wanted, self.spare)  # noqa: SLF001  # dask has no public name for it
        shared = self.shared(table)
        parts = [delayed(_with_answers)(part, at, shared, self.wanted, self.spare) for at, part in self.parts()]
        return sys.modules["dask.dataframe"].from_delayed(
            parts, meta=meta, divisions=self.frame.divisions, verify_meta=False
        )

    def shared(self, table: pl.DataFrame) -> Any:
        """Gives a table as one key of the graph: the table itself, or what reads it from shared storage."""
        delayed, handoff = sys.modules["dask"].delayed, self.wanted.handoff
        if handoff is not None and table.estimated_size() > HANDOFF_BYTES:
            path = f"{handoff.rstrip('/')}/hlrframe-{uuid.uuid4().hex}.parquet"
            try:
                table.write_parquet(path, mkdir=True)
            except (OSError, pl.exceptions.PolarsError) as refusal:
                # What was paid for is handed over all the same.
                warnings.warn(f"nothing can be written to handoff={handoff!r}: {refusal}", UserWarning, stacklevel=2)
            else:
                return delayed(pl.read_parquet)(path)
        return delayed(table, pure=False, traverse=False)

    def parts(self) -> Iterable[tuple[int, Any]]:
        return enumerate(self.frame.to_delayed())


def _cells_of(part: Any, number: int, wanted: Wanted, spare: Spare) -> pl.DataFrame:
    """Gives the distinct cells of a partition."""
    cells = _keyed(pandas.open(part, wanted), number, spare)
    counts = pl.len().cast(pl.Int64).alias(spare.rows), pl.col(spare.row).min().alias(spare.first)
    return cells.group_by(list(spare.keys)).agg(*counts)


def _merged(parts: list[pl.DataFrame], spare: Spare) -> pl.DataFrame:
    """Gives the distinct cells of several parts."""
    sums = pl.col(spare.rows).sum(), pl.col(spare.first).min()
    return pl.concat(parts).group_by(pl.exclude(spare.rows, spare.first)).agg(*sums)


def _with_answers(part: Any, number: int, answers: pl.DataFrame, wanted: Wanted, spare: Spare) -> Any:
    """Gives a partition with result columns."""
    opened = pandas.open(part, wanted)
    rows = _keyed(opened, number, spare)
    joined = rows.join(answers, on=list(spare.keys), how="left", nulls_equal=True, maintain_order="left")
    return opened.attach(joined.select(settled(wanted.naming, spare, pl.col(spare.row) == pl.col(spare.first))))


def _keyed(opened: OpenFrame, number: int, spare: Spare) -> pl.DataFrame:
    """Gives what tells cells apart for each row of a partition, and the row's place in the whole frame."""
    regions = [] if opened.cells.regions is None else [opened.cells.regions]
    keys = zip(spare.keys, (*opened.cells.texts, *regions), strict=True)
    place = pl.int_range(pl.len(), dtype=pl.Int64) + number * _PLACES
    return pl.DataFrame([texts.alias(key) for key, texts in keys]).with_columns(place.alias(spare.row))
