"""What a store knows of numbers: found when their price is said, and good for the run where nothing is new since."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self

import polars as pl

from hlrframe.model import ANSWER_SCHEMA, MaxAge, Question, Settings
from hlrframe.store import Store, not_too_old

__all__ = ["Look", "Wanted", "columns_of_answers", "known_answers"]

#: What the age of an answer is counted by.
_DATED: Final = ("live_status", "known_at")


class Wanted(NamedTuple):
    """Which answers need not be asked again."""

    #: Where they are kept; ``None`` where nothing is.
    store: Store | None
    #: How old they may be.
    settings: Settings
    question: Question
    #: Columns of ``ANSWER_SCHEMA`` that are read of them.
    columns: Sequence[str]

    @property
    def ages(self) -> MaxAge:
        """How old an answer may be, by what it says."""
        return MaxAge.any() if self.settings.offline else MaxAge.of(self.settings.max_age)


def columns_of_answers(columns: Sequence[str]) -> list[str]:
    """Gives the columns of a stored answer that rows are made of: those that they get, and what says the verdict."""
    needed = {"msisdn", "checked_at", "live_status", "number_type"}
    return [name for name in ANSWER_SCHEMA.names if name in needed or (name in columns and name != "credits")]


def known_answers(numbers: pl.Series, wanted: Wanted) -> pl.DataFrame:
    """Gives the answers to numbers that need not be asked again.

    Raises:
        StoreError: The store cannot be read.
    """
    store, settings, question, columns = wanted
    if store is None or settings.refresh:
        return pl.DataFrame(schema=pl.Schema(ANSWER_SCHEMA)).select(columns)
    return store.known(numbers, question, max_age=wanted.ages, now=datetime.now(UTC), columns=columns)


@dataclass(frozen=True, slots=True)
class Look:
    """What a store knew of some numbers at one moment, and what lay in it then."""

    _found: pl.DataFrame
    _of: Hashable

    @classmethod
    def at(cls, numbers: pl.Series, wanted: Wanted) -> "Self | None":
        """Looks numbers up; ``None`` where there is nowhere to look.

        Raises:
            StoreError: The store cannot be read.
        """
        if wanted.store is None or wanted.settings.refresh:
            return None
        # What lies there comes first: with an answer that arrives while it is read it is another store.
        of = _described(wanted)
        columns = [*dict.fromkeys([*wanted.columns, *_DATED])]
        return cls(known_answers(numbers, wanted._replace(columns=columns)), of)

    def answers(self, wanted: Wanted) -> pl.DataFrame | None:
        """Gives the answers that are young enough now; ``None`` where others are wanted, or others lie there now.

        Raises:
            StoreError: The store cannot be read.
        """
        if self._of != _described(wanted):
            return None
        young = not_too_old(datetime.now(UTC), wanted.ages, wanted.question.kind)
        return self._found.filter(young).select(wanted.columns)


def _described(wanted: Wanted) -> Hashable:
    store, settings, question, columns = wanted
    lies_there = store and (store.layout.name, store.footprint())
    return lies_there, settings.refresh, wanted.ages, question, tuple(columns)
