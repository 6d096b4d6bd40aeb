"""Rewriting what is sealed: the rows of some files go into a new one, range by range, before the old ones vanish."""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.store.encoding import Between
from hlrframe.store.folder import Layout, View, new_name
from hlrframe.store.journal import seal_orphans
from hlrframe.store.parts import collect, scan_parts, write_parquet

__all__ = ["MERGED_ROWS", "Pick", "by_ranges", "read_sealed", "replace", "tidying"]

#: Rows that a merge holds in memory.
MERGED_ROWS: Final = 200_000

#: Picks rows and columns of a sealed file.
Pick: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]


@contextmanager
def tidying(layout: Layout) -> Iterator[None]:
    """Keeps other tidiers away, with what killed runs left behind sealed.

    Raises:
        StoreError: Another process is tidying the store, it cannot be written, or the disk refused.
    """
    layout.prepare()
    with layout.upkeep.alone():
        seal_orphans(layout)
        yield


def by_ranges(
    layout: Layout, paths: Collection[Path], types: dict[str, pl.DataType], pick: Pick, *, size: int = MERGED_ROWS
) -> Iterator[pl.DataFrame]:
    """Reads some rows of sealed files, one range of numbers after the other, each in the order of the files."""
    numbers = read_sealed(layout, paths, types, lambda rows: pick(rows).select("msisdn"), all_of=True)["msisdn"].sort()
    starts = numbers.gather_every(size).unique(maintain_order=True).to_list()
    for start, end in itertools.pairwise([*starts, None]):
        yield read_sealed(layout, paths, types, _within(start, end, pick), all_of=True, between=(start, end))


def _within(start: str, end: str | None, pick: Pick) -> Pick:
    after = pl.col("msisdn") >= start
    between = after if end is None else after & (pl.col("msisdn") < end)
    return lambda rows: pick(rows.filter(between))


def read_sealed(
    layout: Layout,
    paths: Collection[Path],
    types: dict[str, pl.DataType],
    pick: Pick,
    *,
    all_of: bool = False,
    between: Between = (None, None),
) -> pl.DataFrame:
    """Reads some sealed files, but for those that turn out to be damaged and are set aside.

    Args:
        layout: Which store.
        paths: The files.
        types: Their columns.
        pick: Which rows and columns.
        all_of: Refuses to read only some of them: the others would be lost with what is to be replaced.
        between: The first and the last number that it picks.
    """

    def read(view: View) -> pl.DataFrame:
        if all_of and not {*view}.issuperset(paths):
            raise StoreError(f"a part of {layout.name} cannot be read any more or is gone; run again")
        mine = [path for path in view if path in paths]
        return pick(scan_parts(mine, types, encoding=layout.encoding, between=between)).collect()

    return collect(layout, read)


def replace(layout: Layout, old: Sequence[Path], frames: Iterable[pl.DataFrame]) -> None:
    """Puts new files in the place of old ones, or nothing where no rows are left.

    Raises:
        StoreError: Another one took over tidying, or the disk refused.
    """
    layout.upkeep.still_alone()
    write_parquet(old[0].with_name(f"{new_name()}-0000.parquet"), frames, layout=layout)
    layout.remove(old)
