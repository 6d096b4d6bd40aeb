"""Removing answers for good: those of some numbers, or those that are too old.

Erasure goes by the files. Whatever lies in a store is searched, or is removed as what a killed process left behind, or
is named in an error that says what to do with it: that nothing was found is said only where nothing can be.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import COLUMNS
from hlrframe.store.claims import has_claimed
from hlrframe.store.encoding import telling_person
from hlrframe.store.folder import Layout, View, explained, is_temporary, remove_temporary
from hlrframe.store.parts import collect
from hlrframe.store.queries import by_numbers
from hlrframe.store.records import EVENT_TYPES, KEPT_TYPES
from hlrframe.store.segment import read_segment
from hlrframe.store.slots import SLOTS, SLOTS_TURN
from hlrframe.store.tidying.rewriting import by_ranges, read_sealed, replace, tidying

__all__ = ["forget", "purge"]

#: What systems put into any folder.
_DROPPINGS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "lost+found"})
#: Columns in which an answer to one number may name another one.
_TEXTS: Final = sorted(telling_person(COLUMNS) - {"msisdn"})


@dataclass(frozen=True, slots=True)
class _Gone:
    """What is to go, of whichever file."""

    #: Rows that go.
    rows: pl.Expr
    #: Numbers that no other row may name.
    named: pl.Series | None = None

    def of(self, types: dict[str, pl.DataType]) -> pl.Expr:
        """Says which rows of a file go or are to be altered."""
        texts = [self._names(each) for each in self._texts(types)]
        return pl.any_horizontal(self.rows, *texts).fill_null(value=False)

    def left(self, rows: pl.LazyFrame, types: dict[str, pl.DataType]) -> pl.LazyFrame:
        """Gives the rows that stay, without what they say of a number that goes."""
        blank = [pl.when(~self._names(each).fill_null(value=False)).then(each) for each in self._texts(types)]
        return rows.remove(self.rows).with_columns(blank)

    def _texts(self, types: dict[str, pl.DataType]) -> list[str]:
        return [] if self.named is None else [each for each in _TEXTS if types.get(each) == pl.String]

    def _names(self, column: str) -> pl.Expr:
        digits = pl.col(column).str.replace_all(r"[^0-9]", "")
        return digits.str.contains_any(pl.lit(self.named).implode())


def forget(layout: Layout, numbers: pl.Series) -> int:
    """Removes every trace of these numbers, and says how many answers went.

    Args:
        layout: Which store; it need not have a marker.
        numbers: Numbers as the store's encoding hides them.

    Raises:
        StoreError: A run that goes on has one of the numbers, something that lies in the store cannot be searched,
            another process is tidying it, or the disk refused.
    """
    with tidying(layout):
        theirs = by_numbers(numbers)
        if has_claimed(layout, numbers) or collect(layout, lambda view: _in_journals(layout, view, theirs)):
            raise StoreError(
                f"a run that uses {layout.root} has one of these numbers: forget it when the run has ended"
            )
        hidden = layout.encoding.mode == "hashed"  # such a store keeps no text that names a number
        return _removed(layout, _Gone(theirs, None if hidden else numbers), _Gone(theirs), "these numbers")


def purge(layout: Layout, before: datetime) -> int:
    """Removes sealed answers that were given before a moment, and says how many.

    Raises:
        StoreError: Something that lies in the store cannot be searched, another process is tidying it, or the disk
            refused.
    """
    with tidying(layout):
        return _removed(layout, _Gone(pl.col("known_at") < before), _Gone(pl.col("at") < before), "answers that old")


def _removed(layout: Layout, answers: _Gone, events: _Gone, what: str) -> int:
    _remove(layout, layout.view().asked, EVENT_TYPES, events)
    removed = _remove(layout, layout.view().parts, KEPT_TYPES, answers)
    with explained("search the store", layout.root):
        unsearched = [*map(str, _unsearched(layout)), *layout.upkeep.strange_elsewhere()]
    if unsearched:
        others = f" and {len(unsearched) - 1:,} more" if unsearched[1:] else ""
        raise StoreError(
            f"{removed:,} answers were removed, but {unsearched[0]}{others} cannot be searched for {what}: restore, "
            "move or delete what is named, then do this again"
        )
    return removed


def _remove(layout: Layout, paths: Sequence[Path], types: dict[str, pl.DataType], gone: _Gone) -> int:
    """Rewrites the files that have such rows, and counts these."""
    removed = 0
    for path in paths:
        found = read_sealed(
            layout, [path], types, lambda rows: rows.filter(gone.of(types)).select(goes=gone.rows)
        ).to_series()
        if len(found):
            replace(layout, [path], by_ranges(layout, [path], types, lambda rows: gone.left(rows, types)))
        removed += int(found.sum())
    return removed


def _in_journals(layout: Layout, view: View, theirs: pl.Expr) -> bool:
    contents = [read_segment(path, encoding=layout.encoding) for path in view.journals]
    return any(len(rows.filter(theirs)) for each in contents for rows in (each.answers, each.events))


def _unsearched(layout: Layout) -> Iterator[Path]:
    """Gives what lies in a store's folder and nobody has looked into; removes what killed writers left behind."""
    view = layout.view()
    known = {layout.marker, layout.lock, layout.probed, layout.claims / "turn.lock", layout.claims / SLOTS_TURN, *view}
    for path in _files_in(layout):
        if is_temporary(path):
            if not remove_temporary(path, {each.stem for each in view.journals}):
                yield path
        elif path in view.journals:
            with contextlib.suppress(FileNotFoundError):  # sealed meanwhile
                if read_segment(path, encoding=layout.encoding).damaged:
                    yield path
        elif path not in known and not _is_ours(layout, path):
            yield path


def _is_ours(layout: Layout, path: Path) -> bool:
    is_claim = path.parent == layout.claims and path.suffix in {".claim", ".run", SLOTS}
    return is_claim or not path.exists() or layout.inventory.is_entry(path) or path in layout.view()


def _files_in(layout: Layout) -> Iterator[Path]:
    """Gives every file in the folders of a store, and every folder that is none of its own."""
    ours = {layout.journals, layout.parts, layout.asked, layout.claims, layout.inventory.folder}
    register = {layout.register}  # it forgets by itself
    for folder in (layout.root, *ours):
        names = os.listdir(folder)  # noqa: PTH208  # names alone
        yield from (folder / each for each in names if each not in _DROPPINGS and folder / each not in ours | register)
