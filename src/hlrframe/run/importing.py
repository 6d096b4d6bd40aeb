"""Answers that were paid for elsewhere, such as by a batch in the provider's portal, into a store."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

import polars as pl

from hlrframe.model import (
    Answer,
    Failure,
    LookupResult,
    Question,
    Reason,
    Settings,
    count,
    credits_of,
    milli_of,
    moment_of,
)
from hlrframe.phone import parse_column
from hlrframe.provider import DownloadedRow, Pricing
from hlrframe.run.answer_book import answers_to_batch
from hlrframe.store import Answered, Journal, Store

__all__ = ["Imported", "Importer"]

#: A clock may be ahead by as much, zone and all; what is dated later says nothing of its age.
_AHEAD: Final = timedelta(days=1)
#: Reasons of rows that are beside those of :class:`~hlrframe.model.Reason`.
NO_TIME: Final = "no_time"
OTHER_NUMBER: Final = "other_number"
BEING_ASKED: Final = "being_asked"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of an imported file. Its text shows no number."""

    #: Rows of the file.
    rows: int = 0
    #: Answers that are in the store now and were not before.
    imported: int = 0
    #: Rows whose answer was there already, or stands in the file twice.
    known: int = 0
    #: Credits of the imported answers, booked at the times at which they were given.
    credits: float = 0.0
    #: Credits that rows without an answer say they cost; these are in no books.
    credits_without_answer: float = 0.0
    #: Rows that were left out, by reason: those of :class:`~hlrframe.Reason`; ``no_time`` (it does not say when it was
    #: answered, or a time to come), ``other_number`` (it answers for another number than was submitted) and
    #: ``being_asked`` (a run is asking it at this moment).
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        told = [f"{count(self.imported)} of {count(self.rows)} rows imported, {self.credits:,g} credits"]
        told += [f"{count(self.known)} were there already"] if self.known else []
        told += [f"{count(rows)} left out: {reason}" for reason, rows in self.left_out.items()]
        return "; ".join(told)


class _Found(NamedTuple):
    """An answer, the number that it is kept under, and when it was given."""

    number: str
    at: datetime
    result: LookupResult


class Importer:
    """Takes rows in, piece by piece, and keeps what is not in the store yet; use :meth:`open`.

    Args:
        store: Where answers are kept.
        settings: What was asked, where rows do not say it; and the country of numbers without a code.
        provider: Whose answers they are.
        now: The moment of the import.
    """

    def __init__(self, store: Store, settings: Settings, provider: str, *, now: datetime) -> None:
        self._store = store
        self._settings = settings
        self._provider = provider
        self._now = now
        self._journals: dict[str, Journal] = {}
        self._open = ExitStack()
        self._left_out: Counter[str] = Counter()
        self._rows = self._imported = self._known = self._milli = self._in_vain = 0

    @contextmanager
    def open(self) -> Iterator["Importer"]:
        """Keeps its journals open while the block runs; what was written before an error is kept."""
        with self._open:
            yield self

    @property
    def done(self) -> Imported:
        """What became of all rows so far."""
        return Imported(
            rows=self._rows,
            imported=self._imported,
            known=self._known,
            credits=credits_of(self._milli),
            credits_without_answer=credits_of(self._in_vain),
            left_out=MappingProxyType(dict(self._left_out.most_common())),
        )

    def add(self, rows: Sequence[DownloadedRow]) -> None:
        """Takes some rows in; they are on disk when it returns.

        Raises:
            StoreError: The store cannot be read or written.
        """
        self._rows += len(rows)
        for question, found in self._by_question(rows).items():
            self._keep(question, found)

    def _by_question(self, rows: Sequence[DownloadedRow]) -> Mapping[Settings, list[_Found]]:
        """Gives the answers among some rows, by the settings that ask such a question; counts the others."""
        found: defaultdict[Settings, list[_Found]] = defaultdict(list)
        settings = {options: self._asking(options) for options in {row.options for row in rows}}
        for row, number in zip(rows, _numbers(rows, self._settings.default_region), strict=True):
            outcome, at = row.outcome, None
            reason = outcome.reason.value if isinstance(outcome, Failure) else number.reason
            if isinstance(outcome, LookupResult) and reason is None:
                at = moment_of(outcome.timestamp)
                reason = None if at is not None and at <= self._now + _AHEAD else NO_TIME
            if reason is not None or at is None or not isinstance(outcome, LookupResult):
                self._left_out[reason or NO_TIME] += 1
                self._in_vain += milli_of(row.charged or 0.0)
            else:
                found[settings[row.options]].append(_Found(number.digits, at, outcome))
        return found

    def _asking(self, options: tuple[str, ...] | None) -> Settings:
        if options is None:
            return self._settings
        names = ("landline_status", "ported_date", "usa_status")
        return self._settings.replace(**{name: name in options for name in names})

    def _keep(self, settings: Settings, found: Sequence[_Found]) -> None:
        question, pricing = Question.of(settings, self._provider), Pricing(settings)
        numbers = pl.Series("msisdn", [each.number for each in found], dtype=pl.String)
        claim = self._store.claim(numbers.unique(), question)
        try:
            new = self._new(found, question, elsewhere=frozenset(claim.elsewhere))
            if new:
                answers = [Answer(each.number, each.result, pricing.charged(each.result)) for each in new]
                batch = answers_to_batch(answers, received_at=self._now, provider=self._provider)
                self._journal(question).write([Answered(batch, self._now, elsewhere=True)])
                self._imported += len(answers)
                self._milli += sum(each.milli for each in answers)
        finally:
            claim.release()

    def _new(self, found: Sequence[_Found], question: Question, *, elsewhere: frozenset[str]) -> list[_Found]:
        """Leaves out what the store has, what stands here twice, and what a run is asking at this moment."""
        there = self._store.given(pl.Series("msisdn", sorted({each.number for each in found})), question)
        seen: defaultdict[tuple[str, datetime], set[str | None]] = defaultdict(set)
        for number, at, uuid in there.iter_rows():
            seen[number, at].add(uuid)
        new = list[_Found]()
        for each in found:
            same, uuid = seen[each.number, each.at], each.result.uuid or None
            if each.number in elsewhere:
                self._left_out[BEING_ASKED] += 1
            elif same and (uuid is None or uuid in same or None in same):  # a private store may not keep an id
                self._known += 1
            else:
                same.add(uuid)
                new.append(each)
        return new

    def _journal(self, question: Question) -> Journal:
        if question.key not in self._journals:
            journal = self._store.journal(question, imports=True)
            self._journals[question.key] = self._open.enter_context(journal)
        return self._journals[question.key]


class _Number(NamedTuple):
    digits: str
    #: Why there is none.
    reason: str | None = None


def _numbers(rows: Sequence[DownloadedRow], region: str | None) -> Iterable[_Number]:
    """Reads which number each row is about, as a phone column is read: under that one it is looked up later."""
    understood = _read([_international(row.detected) for row in rows], [None] * len(rows), None)
    submitted = _read([row.submitted for row in rows], [row.country for row in rows], region)
    for row, (number, _), (other, why) in zip(rows, understood, submitted, strict=True):
        if number is not None:
            contradicts = other is not None and other != number and (row.submitted or "").lstrip().startswith("+")
            yield _Number(number, OTHER_NUMBER if contradicts else None)
        else:
            yield _Number(other or "", None if other else why or Reason.EMPTY.value)


def _read(
    texts: Sequence[str | None], countries: Sequence[str | None], region: str | None
) -> Iterable[tuple[str | None, str | None]]:
    regions = pl.Series(countries, dtype=pl.String)
    read = parse_column(pl.Series(texts, dtype=pl.String), region=region, regions=regions)
    return read.select("msisdn", "reason").iter_rows()


def _international(text: str | None) -> str | None:
    return f"+{text}" if text is not None and text.isdigit() else text
