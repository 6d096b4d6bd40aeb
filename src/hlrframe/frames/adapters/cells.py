"""Frames whose rows an engine holds: its distinct cells come out, and answers go back, one row a cell.

The engine finds the distinct cells of the phone column, each with its region, and counts the rows of each. They are
asked in the caller's process like the rows of any frame. Their answers go to the engine as a small table, and it puts
them beside the rows, whenever it reads these: no key and no paid call is in what it is given.

A row whose cell was not there when the cells were taken, since its source has changed, is ``skipped``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import polars as pl
import pyarrow as pa

from hlrframe.frames.adapters.arrow import attach_to_table
from hlrframe.frames.adapters.opened import OpenFrame, Wanted
from hlrframe.frames.to_text import series_of, texts_of
from hlrframe.model import Naming, Reason, State
from hlrframe.run import Cells

__all__ = ["HANDOFF_BYTES", "Spare", "defaults", "is_credits", "numbered", "open_cells", "settled"]

#: Answers of more bytes go to an engine through shared storage, where there is some.
HANDOFF_BYTES: Final = 64 * 2**20
#: What a row says whose cell was never asked about.
_UNASKED: Final[Mapping[str, Any]] = {
    "state": State.SKIPPED.value,
    "reason": Reason.CHANGED.value,
    "credits": 0.0,
}


@dataclass(frozen=True, slots=True)
class Spare:
    """Names that no column of the caller's has, for columns that are there while a frame is joined."""

    #: The phone columns under the names by which they are joined, and the region column where it is wanted.
    keys: Mapping[str, Any]
    #: How many rows carry the same cells.
    rows: str
    #: Place of a row, and place of the first row that carries its cells, where the engine knows an order.
    row: str
    first: str

    def result(self, at: int) -> str:
        """Gives the name of a result column, by its place."""
        return f"{self.row}_{at}"

    @classmethod
    def beside(cls, names: Iterable[object], wanted: Wanted) -> Self:
        """Finds names that are in no case those of columns, nor those of results."""
        taken, stem = [str(name).casefold() for name in (*names, *wanted.naming.adding)], "_hlr_"
        while any(name.startswith(stem) for name in taken):
            stem = f"_{stem}"
        region = () if wanted.region_column is None else (wanted.region_column,)
        keys = {f"{stem}cell_{at}": column for at, column in enumerate((*wanted.naming.columns, *region))}
        return cls(keys, f"{stem}rows", f"{stem}row", f"{stem}first")


def open_cells(
    cells: pa.Table, wanted: Wanted, names: Iterable[Any], spare: Spare, join: Callable[[pa.Table], Any]
) -> OpenFrame:
    """Opens a frame by its distinct cells.

    Args:
        cells: The keys, ``rows``, and ``first`` where the engine knows an order, under their spare names.
        wanted: What the caller wants, its phone columns found.
        names: Names of the caller's columns.
        spare: The spare names.
        join: Takes the cells with the result columns beside them, and gives the caller's type of frame.
    """
    texts = [texts_of(series_of(cells[key], name)) for key, name in spare.keys.items()]
    phones = len(wanted.naming.columns)
    weights = pl.Series(cells[spare.rows]).cast(pl.Int64)
    opened = Cells(texts[:phones], texts[phones] if texts[phones:] else None, weights)
    return OpenFrame(opened, list(names), lambda results: join(attach_to_table(cells, results)), wanted.naming)


def defaults(naming: Naming) -> dict[str, Any]:
    """Gives what a row says whose cells were never asked about, by the name of the result column."""
    named = [*(naming.names_of(column) for column in naming.columns), naming.names_of_row]
    return {given: _UNASKED.get(name) for names in named for name, given in names.items()}


def settled(naming: Naming, spare: Spare, first: pl.Expr) -> list[pl.Expr]:
    """Gives the result columns of rows that polars has joined with :func:`numbered` answers.

    Args:
        naming: Names of the result columns.
        spare: Names of the columns that the rows were joined by.
        first: Says of each row whether it is the first that carries its cells: it bears the credits, so that they add
            up to the bill.
    """
    asked = pl.col(spare.rows).is_not_null()

    def of(result: str, other: object) -> pl.Expr:
        if other is None:  # as the join left it: to choose anew would copy every text of every row
            return pl.col(result)
        return pl.when(asked & first if is_credits(other) else asked).then(result).otherwise(pl.lit(other))

    return [of(spare.result(at), other).alias(given) for at, (given, other) in enumerate(defaults(naming).items())]


def numbered(answers: pl.DataFrame, naming: Naming, spare: Spare) -> pl.DataFrame:
    """Gives answers with their result columns under spare names: polars takes a name such as ``*`` for a pattern."""
    return answers.rename({given: spare.result(at) for at, given in enumerate(defaults(naming))})


def is_credits(default: object) -> bool:
    """Says of what a result column says of rows without answers whether the column is one of credits."""
    return bool(default == _UNASKED["credits"])
