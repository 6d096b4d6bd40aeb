"""Looking things up in a store: what is known of numbers, what is in doubt, what changed; and all of it as it lies."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import polars as pl
from polars.io.plugins import register_io_source

from hlrframe.model import MaxAge, Question
from hlrframe.store.folder import Layout, View, checked
from hlrframe.store.parts import collect, read_answers, read_events, row_count, scan_parts
from hlrframe.store.queries import (
    AGE,
    KEY,
    SAME,
    WATCHED,
    by_numbers,
    changed,
    in_doubt,
    newest,
    not_too_old,
    oldest,
)
from hlrframe.store.records import ANSWER_COLUMNS, KEPT_TYPES
from hlrframe.store.segment import read_segment

__all__ = ["Reader", "Sources", "distinct"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sources:
    """All answers of a store at one moment, in the columns of a scan; one may lie in two places."""

    #: Answers that are not sealed yet.
    unsealed: pl.DataFrame
    #: Sealed answers, read as they are collected.
    sealed: pl.LazyFrame
    #: Their files, where any reader of Parquet can do without a key; ``None`` where it cannot.
    files: tuple[Path, ...] | None
    #: How many answers there are, sealed or not, those in two places twice.
    rows: int
    _view: View

    def check(self) -> None:
        """Says whether a file vanished meanwhile, which ``Store.read`` knows what to do about.

        Raises:
            FileNotFoundError: One is gone.
        """
        for path in (*self._view.journals, *self._view.parts):
            path.stat()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one store; runs may write there meanwhile."""

    layout: Layout

    def known(
        self,
        msisdns: pl.Series,
        question: Question,
        *,
        max_age: MaxAge | timedelta | None,
        now: datetime,
        columns: Sequence[str] = ANSWER_COLUMNS,
    ) -> pl.DataFrame:
        """Gives the newest answer to each number that has one which is not too old."""
        numbers, hidden = distinct(self.layout, msisdns)
        if numbers.is_empty():
            return pl.DataFrame(schema=KEPT_TYPES).select(columns)
        ages, kind = MaxAge.of(max_age), question.kind
        fits = (pl.col("question") == question.key) & (pl.col("known_at") >= oldest(now, ages, kind))
        wanted = list(dict.fromkeys([*columns, "live_status", *AGE]))
        found = read_answers(checked(self.layout), lambda rows: rows.filter(fits & by_numbers(hidden)).select(wanted))
        fresh = newest(found, ["msisdn"]).filter(not_too_old(now, ages, kind)).select(columns)
        return self.layout.encoding.reveal(fresh, hidden=hidden, numbers=numbers)

    def unanswered(self, msisdns: pl.Series, question: Question, *, since: datetime | None = None) -> pl.DataFrame:
        """Gives numbers that were asked, perhaps billed, and never answered, each with its first such asking."""
        numbers, hidden = distinct(self.layout, msisdns)
        fits = (pl.col("question") == question.key) & by_numbers(hidden)
        events = read_events(checked(self.layout), lambda rows: rows.filter(fits))
        if events.is_empty():
            return events.select("msisdn", asked_at="at")
        asked = (pl.col("question") == question.key) & by_numbers(events["msisdn"].unique())
        answers = read_answers(self.layout, lambda rows: rows.filter(asked).select(*KEY, "received_at"))
        doubtful = in_doubt(events, answers).filter(event="asked")
        recent = doubtful.filter(since is None or pl.col("at") >= since)
        first = recent.group_by("msisdn").agg(asked_at=pl.col("at").min())
        return self.layout.encoding.reveal(first, hidden=hidden, numbers=numbers)

    def given(self, msisdns: pl.Series, question: Question) -> pl.DataFrame:
        """Gives every answer to numbers, older ones among them: ``msisdn``, ``checked_at`` and ``uuid``."""
        numbers, hidden = distinct(self.layout, msisdns)
        fits = (pl.col("question") == question.key) & by_numbers(hidden)
        columns = ["msisdn", "checked_at", "uuid"]
        found = read_answers(checked(self.layout), lambda rows: rows.filter(fits).select(columns))
        return self.layout.encoding.reveal(found, hidden=hidden, numbers=numbers)

    def footprint(self) -> Hashable:
        """Names what holds answers, with the sizes of what grows."""

        def sizes(view: View) -> Hashable:
            return view.parts, tuple((path, path.stat().st_size) for path in view.journals)

        return collect(checked(self.layout), sizes)

    def scan(self) -> pl.LazyFrame:
        """Gives the newest answer to each number and question, read when it is collected."""
        return register_io_source(_Scan(checked(self.layout)), schema=KEPT_TYPES)

    def history(self, msisdns: Sequence[str]) -> pl.DataFrame:
        """Gives every answer to what stands for one number, oldest first."""
        numbers, hidden = distinct(self.layout, pl.Series(msisdns))
        theirs, between = by_numbers(hidden), (min(hidden), max(hidden))
        found = read_answers(checked(self.layout), lambda rows: rows.filter(theirs), between=between)
        return self.layout.encoding.reveal(found.unique(SAME).sort(AGE), hidden=hidden, numbers=numbers)

    def changes(self, since: datetime) -> pl.DataFrame:
        """Says which numbers are no longer what they were."""
        return changed(read_answers(checked(self.layout), lambda rows: rows.select(*KEY, *AGE, *WATCHED)), since)

    def read(self, make: Callable[[Sources], _T]) -> _T:
        """Makes something of all answers as they lie."""
        encoding = self.layout.encoding

        def made(view: View) -> _T:
            unsealed = [read_segment(path, encoding=encoding).answers for path in view.journals]
            journals = pl.concat([pl.DataFrame(schema=KEPT_TYPES), *unsealed])
            return make(
                Sources(
                    unsealed=journals,
                    sealed=scan_parts(view.parts, KEPT_TYPES, encoding=encoding),
                    files=None if encoding.encrypts else view.parts,
                    rows=journals.height + sum(map(row_count, view.parts)),
                    _view=view,
                )
            )

        return collect(checked(self.layout), made)


def distinct(layout: Layout, msisdns: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Gives the distinct numbers of a list, and what stands for them in the store."""
    numbers = msisdns.cast(pl.String).drop_nulls()
    if numbers.hash().n_unique() < len(numbers):  # to tell so costs half as much
        numbers = numbers.unique()
    return numbers, layout.encoding.hide(numbers)


@dataclass(frozen=True, slots=True)
class _Scan:
    """What polars calls when a scan is collected."""

    layout: Layout

    def __call__(
        self, columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        named = set() if predicate is None else set(predicate.meta.root_names())
        needed = {*(columns or KEPT_TYPES), *KEY, *AGE, *named}
        wanted = [name for name in KEPT_TYPES if name in needed]
        keep = pl.lit(value=True) if predicate is None else predicate
        # What looks at the key alone can come before the choice of the newest answer, and spares reading the rest.
        early = keep if named <= {*KEY, "lookup", "options"} else pl.lit(value=True)
        found = newest(read_answers(self.layout, lambda rows: rows.filter(early).select(wanted))).filter(keep)
        yield found.head(len(found) if limit is None else limit).select(columns or list(KEPT_TYPES))
