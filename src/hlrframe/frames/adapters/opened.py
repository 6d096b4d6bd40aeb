"""What every adapter gives, and what is checked of a frame's columns before it is read."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import polars as pl

from hlrframe.errors import InputError, did_you_mean
from hlrframe.model import Naming, looks_like_data, named
from hlrframe.run import Cells

__all__ = ["Adapter", "OpenFrame", "Wanted", "libraries"]


@dataclass(frozen=True, slots=True)
class OpenFrame:
    """A caller's frame, opened."""

    #: The phone columns as text or null, with the region column beside them where there is one.
    cells: Cells
    #: Names of the frame's columns.
    names: Sequence[Any]
    #: Puts result columns beside the caller's rows and gives the caller's type of frame.
    attach: Callable[[pl.DataFrame], Any]
    #: The phone columns that were found, and what their results are called.
    naming: Naming


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller wants of a frame."""

    naming: Naming
    region_column: str | None = None
    #: Folder that the caller and an engine's workers share, for answers that are too many to be sent.
    handoff: str | None = None

    def check(self, names: Sequence[Any], *, same: Callable[[str], str] = str) -> Naming:
        """Finds the phone columns.

        Raises:
            InputError: A column is not there, or not alone, or a result column is there already; the message names
                the cure.
        """
        naming = self.naming.found(names)
        for column in naming.columns:
            _check_column(names, column)
        if self.region_column is not None:
            if self.region_column in naming.columns:
                raise InputError(f"column {self.region_column!r} cannot hold both the number and its country")
            _check_column(names, self.region_column)
        _check_free(names, naming.adding, same=same)
        return naming

    def open(
        self, names: Sequence[Any], texts: Callable[[str], pl.Series], attach: Callable[[pl.DataFrame], Any]
    ) -> OpenFrame:
        """Reads the wanted columns.

        Args:
            names: Names of the frame's columns.
            texts: Gives a column as text or null.
            attach: Puts result columns beside the caller's rows.
        """
        naming = self.naming.found(names)
        regions = None if self.region_column is None else texts(self.region_column)
        return OpenFrame(Cells([texts(column) for column in naming.columns], regions), names, attach, naming)


class Adapter(Protocol):
    """All that the package knows of one frame library: a module with these two functions."""

    def takes(self, frame: Any, /) -> bool:
        """Says whether a frame is of this library; must not import it."""
        ...

    def open(self, frame: Any, wanted: "Wanted", /) -> OpenFrame:
        """Opens a frame; its columns are checked before anything that costs is read."""
        ...


def libraries() -> ModuleType:
    """Gives narwhals' questions about types, which import no library.

    A tenth of what importing all else takes: who hands in a polars frame never pays for it.
    """
    from narwhals.stable.v2 import dependencies  # noqa: PLC0415  # for frames that are not of polars alone

    return dependencies


def _check_column(names: Sequence[Any], column: Any) -> None:
    """Refuses a column that is not there, or not alone."""
    if not isinstance(column, Hashable) or isinstance(column, pl.Expr):
        raise InputError(f"column must be the name of one column, not {type(column).__name__}")
    if column is None or column != column:  # noqa: PLR0124  # only a missing label differs from itself
        raise InputError("a column without a name cannot be told from others: give it a name first")
    if column not in names:
        raise InputError(
            f"the frame has no column {column!r}: {_columns_like(str(column), [str(name) for name in names])}"
        )
    if names.count(column) > 1:
        raise InputError(f"the frame has {names.count(column)} columns named {column!r}: rename all but one")


def _columns_like(column: str, names: Sequence[str]) -> str:
    """Names the column that was probably meant, and those that are there."""
    several = [each.strip() for each in column.split(",")]
    if len(several) > 1 and set(several) <= set(names):
        return f"name each of its columns by itself, as a list (--column {several[0]!r} --column {several[1]!r})"
    meant = "" if looks_like_data(names) else did_you_mean(column, reversed(names))
    return f"{meant}it has {named(names)}"


def _check_free(names: Sequence[Any], adding: Iterable[str], *, same: Callable[[str], str] = str) -> None:
    held = {same(name) for name in names if isinstance(name, str)}
    taken = [name for name in adding if same(name) in held]
    if taken:
        raise InputError(
            f"the frame already has a column {taken[0]!r}: pass another prefix=, drop the column first, "
            "or pick other columns="
        )
