"""polars: DataFrames and LazyFrames."""

from dataclasses import replace
from typing import Any

import polars as pl
from polars import selectors

from hlrframe.frames.adapters.cells import Spare, defaults, is_credits, numbered, settled
from hlrframe.frames.adapters.opened import OpenFrame, Wanted
from hlrframe.frames.to_text import texts_of
from hlrframe.run import Cells

__all__ = ["open", "takes"]


def takes(frame: Any) -> bool:
    """Says whether it is a frame of polars."""
    return isinstance(frame, pl.DataFrame | pl.LazyFrame)


def open(frame: Any, wanted: Wanted) -> OpenFrame:  # noqa: A001  # the name that every adapter has
    """Opens a frame; of a lazy one the distinct cells are collected, and it is given back as a lazy one."""
    return _open_lazy(frame, wanted) if isinstance(frame, pl.LazyFrame) else _open_eager(frame, wanted)


def _open_eager(frame: pl.DataFrame, wanted: Wanted) -> OpenFrame:
    wanted.check(frame.columns)
    return wanted.open(
        frame.columns,
        lambda name: texts_of(frame[name]),
        lambda results: frame.with_columns(results.get_columns()),
    )


def _open_lazy(frame: pl.LazyFrame, wanted: Wanted) -> OpenFrame:
    schema = frame.collect_schema()
    wanted = replace(wanted, naming=wanted.check(schema.names()))
    spare = Spare.beside(schema.names(), wanted)
    if any(schema[name] == pl.Object for name in spare.keys.values()):  # polars neither groups nor joins these
        opened = _open_eager(frame.collect(), wanted)
        return replace(opened, attach=lambda results: opened.attach(results).lazy())
    for name in spare.keys.values():
        texts_of(pl.Series(name, dtype=schema[name]))
    rows = frame.with_columns(_key(name, schema[name]).alias(key) for key, name in spare.keys.items())
    cells = _cells(rows, spare)
    phones = len(wanted.naming.columns)
    texts = [texts_of(cells[key].alias(name)) for key, name in spare.keys.items()]
    opened_cells = Cells(texts[:phones], texts[phones] if texts[phones:] else None, cells[spare.rows])
    return OpenFrame(
        opened_cells,
        schema.names(),
        lambda results: _joined(rows, cells.hstack(results), wanted, spare),
        wanted.naming,
    )


def _cells(rows: pl.LazyFrame, spare: Spare) -> pl.DataFrame:
    """Gives the distinct cells, and how many rows carry each, in the order of the rows."""
    keys = rows.select(*spare.keys).with_row_index(spare.row)
    counts = pl.len().cast(pl.Int64).alias(spare.rows), pl.col(spare.row).min()
    cells = keys.group_by(*spare.keys).agg(*counts).collect(engine="streaming")
    return cells.sort(spare.row).drop(spare.row)


def _joined(rows: pl.LazyFrame, answers: pl.DataFrame, wanted: Wanted, spare: Spare) -> pl.LazyFrame:
    """Puts answers beside the rows."""
    keys = list(spare.keys)
    right = numbered(answers, wanted.naming, spare).with_row_index(spare.row)
    joined = rows.join(right.lazy(), on=keys, how="left", nulls_equal=True, maintain_order="left")
    # Not by the place of the first row: a plan may give its rows in another order each time. What the first ones are
    # found by polars holds of all rows: so it is a number of each cell's own, and nothing where no row bears credits.
    results = enumerate(defaults(wanted.naming).values())
    is_free = all((right[spare.result(at)] == 0.0).all() for at, other in results if is_credits(other))
    first = pl.lit(value=True) if is_free else pl.col(spare.row).is_first_distinct()
    return joined.with_columns(settled(wanted.naming, spare, first)).drop(right.columns)


def _key(name: str, kind: pl.DataType) -> pl.Expr:
    """Gives a column as it is joined: as text where its texts are one with its values."""
    column = selectors.by_name(name).as_expr()  # not by a text alone, which may read as a pattern of names
    is_text = kind.is_integer() or kind in (pl.Categorical, pl.Enum, pl.Null)
    return column.cast(pl.String) if is_text else column
