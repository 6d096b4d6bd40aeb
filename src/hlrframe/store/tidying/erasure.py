"""Removing answers for good: those of some numbers, or those that are too old.

Erasure goes by the files. Whatever lies in a store is searched, or is removed as what a killed process left behind, or
is named in an error that says what to do with it: that nothing was found is said only where nothing can be.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Self

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import COLUMNS
from hlrframe.phone import FEWEST, digits_within
from hlrframe.store.claims import has_claimed
from hlrframe.store.folder import Layout, View, explained, is_of_register, is_temporary, remove_temporary
from hlrframe.store.parts import collect
from hlrframe.store.queries import by_numbers
from hlrframe.store.records import EVENT_TYPES, KEPT_TYPES
from hlrframe.store.segment import read_segment
from hlrframe.store.slots import SLOTS, SLOTS_TURN
from hlrframe.store.tidying.rewriting import by_ranges, read_sealed, replace, tidying
from hlrframe.system import Scratch

__all__ = ["forget", "purge"]

#: What systems put into any folder.
_DROPPINGS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "lost+found"})
#: Most bytes of a file that says who is running, or with how many requests.
_SIGN: Final = 64
#: Columns in which an answer to one number may name another one, and those of them whose texts have digits anyway.
_TEXTS: Final = [each.name for each in COLUMNS if each.of_answer and each.name != "msisdn"]
_MANY: Final = rf"(?:\p{{N}}\P{{N}}*){{{FEWEST}}}"
_DIGITS: Final = frozenset(each.name for each in COLUMNS if each.digits)


class _Named(NamedTuple):
    """Numbers that may stand in a text."""

    #: As E.164 digits.
    whole: pl.Series
    #: The digits that each of their spellings has.
    spelled: pl.Series

    @classmethod
    def of(cls, numbers: pl.Series) -> Self:
        """Gives what is to be looked for."""
        return cls(numbers, pl.Series(digits_within(numbers), dtype=pl.String))

    def are_in(self, *columns: str) -> pl.Expr:
        """Says where texts of some columns name one; all of them have digits anyway, or none has."""
        # Only texts of so many digits are taken apart, which takes ten times as long as finding that there are few.
        many = [pl.when(pl.col(each).str.contains(_MANY)).then(each) for each in columns]
        digits = pl.concat_str(many, separator="|", ignore_nulls=True).str.replace_all(r"[^\p{N}|]+", "")
        forms = self.whole if columns[0] in _DIGITS else self.spelled
        # Nobody reads the digits of other scripts: a text of so many goes.
        return digits.str.contains_any(pl.lit(forms).implode()) | digits.str.contains(r"[^0-9|]")


@dataclass(frozen=True, slots=True)
class _Gone:
    """What is to go, of whichever file."""

    #: Rows that go.
    rows: pl.Expr
    #: Numbers that no other row may name.
    named: _Named | None = None

    def of(self, types: dict[str, pl.DataType]) -> pl.Expr:
        """Says which rows of a file go or are to be altered."""
        texts = self._texts(types)
        kinds = ([each for each in texts if (each in _DIGITS) == with_digits] for with_digits in (True, False))
        names = [self.named.are_in(*kind) for kind in kinds if kind and self.named is not None]
        return pl.any_horizontal(self.rows, *names).fill_null(value=False)

    def left(self, rows: pl.LazyFrame, types: dict[str, pl.DataType]) -> pl.LazyFrame:
        """Gives the rows that stay, without what they say of a number that goes."""
        texts = self._texts(types)
        blank = [pl.when(~self.named.are_in(each)).then(each) for each in texts if self.named is not None]
        return rows.remove(self.rows).with_columns(blank)

    def _texts(self, types: dict[str, pl.DataType]) -> list[str]:
        """Names the columns that are looked at."""
        return [] if self.named is None else [each for each in _TEXTS if types.get(each) == pl.String]


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
        Scratch.sweep()  # killed processes may have left files with numbers there
        theirs = by_numbers(numbers)
        if has_claimed(layout, numbers) or collect(layout, lambda view: _in_journals(layout, view, theirs)):
            raise StoreError(
                f"a run that uses {layout.root} has one of these numbers: forget it when the run has ended"
            )
        hidden = layout.encoding.mode == "hashed"  # such a store keeps no text that names a number
        return _removed(layout, _Gone(theirs, None if hidden else _Named.of(numbers)), _Gone(theirs), "these numbers")


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
            left = partial((_Gone(gone.rows) if found.all() else gone).left, types=types)
            replace(layout, [path], by_ranges(layout, [path], types, left))
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
    """Says whether a file is one of those that are searched elsewhere, or have no room for a number, or is gone."""
    try:
        is_claim = path.parent == layout.claims and _is_claim(path)
        is_known = is_claim or is_of_register(path.relative_to(layout.root).as_posix())
        return is_known or layout.inventory.is_entry(path) or not path.exists() or path in layout.view()
    except FileNotFoundError:
        return True


def _is_claim(path: Path) -> bool:
    """Says whether a file in the folder of claims is a claim, or one that says who is running."""
    is_sign = path.suffix in {".run", SLOTS} and path.stat().st_size <= _SIGN
    return not path.name.startswith(".") and (path.suffix == ".claim" or is_sign)


def _files_in(layout: Layout) -> Iterator[Path]:
    """Gives every file in the folders of a store, and every folder that is none of its own."""
    register = {layout.register, *(layout.register / each for each in ("numbers", "probes"))}
    ours = {layout.journals, layout.parts, layout.asked, layout.claims, layout.inventory.folder, *register}
    for folder in (layout.root, *sorted(ours)):
        with contextlib.suppress(FileNotFoundError):  # not every store has a register
            names = os.listdir(folder)  # noqa: PTH208  # names alone
            others = (folder / each for each in names if folder / each not in ours)
            yield from (each for each in others if not _is_dropping(each))


def _is_dropping(path: Path) -> bool:
    """Says whether a file is none of anybody's; a folder is none only where nothing is in it, or nobody may look."""
    if path.name not in _DROPPINGS or not path.is_dir():
        return path.name in _DROPPINGS
    try:
        return not any(path.iterdir())
    except PermissionError:
        return True
