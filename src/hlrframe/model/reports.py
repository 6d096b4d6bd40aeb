"""What a run will cost and what it came to, as values: the estimate before, the report after."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import islice
from types import MappingProxyType
from typing import Final, Generic, NamedTuple, TypeVar

from hlrframe.errors import ConfigError
from hlrframe.model.display import amount, count, duration, many, percent
from hlrframe.model.masking import printable
from hlrframe.model.vocabulary import Reason
from hlrframe.system import sealed_class

__all__ = ["ColumnReport", "Enrichment", "Estimate", "LaneReport", "Money", "Report"]

Frame = TypeVar("Frame")

#: What is said of numbers that do not simply stand in their cells.
_READINGS: Final = MappingProxyType(
    {
        "renumbered": "{}, brought up to date from an old plan",
        "several": "{} with more than one number, of which the first is asked",
    }
)
#: Names of countries, networks or reasons that one line of text has room for.
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Money:
    """The sums of an estimate at a price for one credit."""

    price_per_credit: float
    #: What the price is in, such as ``"EUR"``; empty where nobody said.
    currency: str
    low: float
    expected: float
    high: float


@sealed_class
@dataclass(frozen=True, slots=True)
class Estimate:
    """The price of a run before anything is sent. Making it costs nothing."""

    #: Rows of the frame.
    rows: int
    #: Distinct numbers among them.
    numbers: int
    #: Rows that hold no number, by reason.
    rejected: Mapping[str, int]
    #: Distinct numbers that the store answers.
    stored: int
    #: Distinct numbers to be asked.
    to_ask: int
    #: Numbers to be asked, by predicted country (ISO alpha-2), the most first.
    countries: Mapping[str, int]
    #: Credits if every number to be asked costs the most it can; never exceeded.
    credits_high: float
    #: Credits if mobiles cost what they usually do, and what is free by its type stays free.
    credits_expected: float
    #: Credits if only what is a mobile for sure is charged, at the least, and a good many of them have no coverage and
    #: are free. Likely to be exceeded, and no promise: a bill can be lower.
    credits_low: float = 0.0
    #: Of the numbers to be asked, those that the store has an older answer to.
    stale: int = 0
    #: Numbers to be asked, by country and the network that their digits predict, the most first.
    networks: Mapping[str, int] = field(default_factory=dict)
    #: Seconds that asking takes at ``numbers_per_second``.
    seconds: float = 0.0
    #: The rate that ``seconds`` goes by.
    numbers_per_second: float = 0.0
    #: Where the rate is from: ``"learnt"`` from the last run in the store, else ``"documented"`` by the provider.
    rate: str = "documented"
    #: The sums in money, where :meth:`priced` was told what a credit costs.
    money: Money | None = None
    #: Phone columns; with several ``rejected`` counts cells.
    columns: int = 1
    #: Rows whose number does not simply stand in its cell, by how it was read: ``renumbered``, ``several``.
    readings: Mapping[str, int] = field(default_factory=dict)

    def priced(self, price_per_credit: float, *, currency: str = "") -> "Estimate":
        """Gives the same estimate with its sums in money.

        Args:
            price_per_credit: What you pay for a credit.
            currency: What that is in, such as ``"EUR"``.

        Raises:
            ConfigError: The price is negative, or no number.

        >>> Estimate(1, 1, {}, 0, 1, {"GB": 1}, 1.0, 1.0).priced(0.006, currency="EUR").money.high
        0.006
        """
        if not 0 <= price_per_credit < math.inf:
            raise ConfigError(f"price_per_credit must be 0 or more, not {price_per_credit}")
        low, expected, high = (each * price_per_credit for each in self._credits())
        return replace(self, money=Money(price_per_credit, currency, low, expected, high))

    def __str__(self) -> str:
        lines = (f"  {name:<18} {amount:>11}{f' {words}' if words else ''}" for name, amount, words in self._lines())
        return "\n".join((self._title(), *lines))

    def _repr_html_(self) -> str:
        return _table(self._title(), self._lines())

    def _title(self) -> str:
        rows, numbers = many(self.rows, "row", "rows"), many(self.numbers, "distinct number", "distinct numbers")
        columns = f", {self.columns} phone columns" if self.columns > 1 else ""
        return f"{rows}{columns}, {numbers}"

    def _lines(self) -> Iterable["_Line"]:
        rejected = sum(self.rejected.values())
        unit = "cells" if self.columns > 1 else "rows"
        yield _Line("rejected, free", f"{rejected:,}", _with(unit, _counts(self.rejected)))
        for reading, words in _READINGS.items():
            if count_of := self.readings.get(reading):
                yield _Line(f"  {reading}", f"{count_of:,}", words.format(unit))
        yield _Line("stored, free", f"{self.stored:,}", "numbers")
        yield _Line("to ask", f"{self.to_ask:,}", _with("numbers", _counts(self.countries, most=NAMED)))
        if self.stale:
            yield _Line("  stored, too old", f"{self.stale:,}", "of them")
        if self.networks:
            yield _Line("  networks", f"{len(self.networks):,}", _with("predicted", _counts(self.networks, most=NAMED)))
        low, expected, high = self._credits()
        yield _Line("credits", amount(expected), _range(low, high))
        if self.money is not None:
            sums = _range(self.money.low, self.money.high)
            yield _Line("money", amount(self.money.expected), f"{self.money.currency} {sums}".strip())
        if self.to_ask:
            basis = "of the last run" if self.rate == "learnt" else "that the provider's limits allow"
            rate = f"at the {count(self.numbers_per_second)} numbers/s {basis}"
            yield _Line("time, about", duration(math.ceil(self.seconds)), rate)

        for note in self.notes:
            yield _Line("note", "", note)

    @property
    def notes(self) -> Sequence[str]:
        """What should be looked at before anything is spent; nothing where the column reads as it should."""
        found = [
            words.format(count(self.rejected[reason])) for reason, words in _NOTES.items() if reason in self.rejected
        ]
        empty = self.rejected.get(Reason.EMPTY, 0)
        unread, filled = sum(self.rejected.values()) - empty, self.rows * self.columns - empty
        if filled and unread > filled * _SUSPICIOUS:
            found.append(
                f"{percent(unread / filled)} of what is filled in is no telephone number: is this the right column?"
            )
        elif self.rows and not filled:
            found.append("the column is empty: is this the right one?")
        return found

    def _credits(self) -> tuple[float, float, float]:
        return self.credits_low, self.credits_expected, self.credits_high


@dataclass(frozen=True, slots=True)
class LaneReport:
    """What the run met on one predicted network."""

    #: The predicted network behind its country, or the country alone where no network could be predicted.
    lane: str
    #: Numbers that were asked.
    numbers: int
    #: Those of them that were answered.
    answered: int
    #: Share of the answers that name the network most of them name, of those that name one: how often the
    #: prediction held together; ``None`` where none does.
    agreement: float | None
    #: Requests, those included that it shared with other lanes.
    requests: int
    #: Requests that the provider throttled (HTTP 429).
    refusals: int
    #: Seconds that a reply took, smoothed; ``None`` where none came.
    latency: float | None


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What became of one of several phone columns."""

    #: Its name.
    column: str
    #: Rows by the state of their number in this column.
    states: Mapping[str, int]
    #: Rows by the verdict of that number, where it has an answer.
    verdicts: Mapping[str, int]
    #: Rows without an answer in this column, by reason.
    reasons: Mapping[str, int]
    #: Credits of the numbers that stand first in this column.
    credits: float


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """The account of a run: what became of the rows, what it cost, what was met on the way.

    With several phone columns ``states``, ``verdicts`` and ``reasons`` count cells, one for each row and column;
    ``columns`` tells them apart, and ``best`` counts rows: people, where a row is one.
    """

    provider: str
    rows: int
    #: Distinct numbers.
    numbers: int
    #: Rows by state.
    states: Mapping[str, int]
    #: Rows by verdict, of those that have an answer.
    verdicts: Mapping[str, int]
    #: Rows without an answer, by reason.
    reasons: Mapping[str, int]
    #: Credits that the run spent, as the provider said; the sum of the ``credits`` column.
    credits: float
    requests: int = 0
    #: Requests that were refused and cost nothing.
    refusals: int = 0
    seconds: float = 0.0
    #: Numbers whose reply was lost and of which it is not proved whether the provider billed them once more.
    possibly_billed_twice: int = 0
    #: The most that those can have cost beyond ``credits``.
    possibly_billed_twice_credits: float = 0.0
    #: Why the run ended before its list did; ``None`` where it did not.
    stopped: str | None = None
    #: Numbers that failed with no answer after them: it may have been an outage, and a next run asks them again.
    failed_last: int = 0
    lanes: Sequence[LaneReport] = field(default=(), repr=False)
    #: Where the answers are kept, so that the next run goes on from there; ``None`` where they are kept nowhere.
    kept: str | None = None
    #: Each phone column by itself, where there are several.
    columns: Sequence[ColumnReport] = ()
    #: Rows by the verdict of the best of their numbers, where rows have a best one.
    best: Mapping[str, int] = field(default_factory=dict)
    #: Rows whose number does not simply stand in its cell, by how it was read: ``renumbered`` or ``several``.
    readings: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        stopped = f", stopped={self.stopped!r}" if self.stopped else ""
        return f"Report(rows={self.rows}, numbers={self.numbers}, credits={self.credits}{stopped})"

    def __str__(self) -> str:
        lines = list(self._lines())
        width = max(9, *(len(name) for name, _ in lines))
        return "\n".join((self._title(), *(f"  {name:<{width}} {words}" for name, words in lines)))

    def _repr_html_(self) -> str:
        return _table(self._title(), (_Line(name, "", words) for name, words in self._lines()))

    def _title(self) -> str:
        rows, numbers = many(self.rows, "row", "rows"), many(self.numbers, "distinct number", "distinct numbers")
        columns = f", {len(self.columns)} phone columns" if self.columns else ""
        return f"{rows}{columns}, {numbers}, asked of {self.provider}"

    def _lines(self) -> Iterable[tuple[str, str]]:
        cells = sum(self.states.values())
        yield "states", _with(_counts(self.states), f"of {cells:,} cells" if self.columns else "")
        yield "verdicts", _counts(self.verdicts) or "-"
        if self.reasons:
            yield "reasons", _counts(self.reasons)
        if self.readings:
            yield "read", _counts(self.readings)
        yield from self._each_column()
        requests = many(self.requests, "request", "requests")
        yield "credits", f"{amount(self.credits)} spent, {requests} in {duration(self.seconds)}"
        for lane in self._worst_lanes():
            yield "refused", lane
        if self.possibly_billed_twice:
            numbers = many(self.possibly_billed_twice, "number", "numbers")
            yield "in doubt", f"{numbers}, {amount(self.possibly_billed_twice_credits)} credits at the most"
        if self.failed_last and not self.stopped:
            yield "failed last", f"{many(self.failed_last, 'number', 'numbers')}, perhaps of an outage: run it again"
        if self.stopped:
            on = "run it again to go on from here" if self.kept else "a store= would let the next run go on from here"
            yield "stopped", f"{self.stopped}: {on}"

    def _each_column(self) -> Iterable[tuple[str, str]]:
        for each in self.columns:
            yield each.column, _with(_counts(each.states), _counts(each.verdicts))
        if self.best:
            yield "best", _with(_counts(self.best), f"the best number of each of {many(self.rows, 'row', 'rows')}")

    def _worst_lanes(self) -> Sequence[str]:
        """Describes the two lanes that were refused most often."""
        refused = sorted((lane for lane in self.lanes if lane.refusals), key=lambda lane: (-lane.refusals, lane.lane))
        return [f"{printable(lane.lane)}: {_refusals(lane)}" for lane in refused[:2]]


#: What a reason for rejection asks of whoever reads it before spending.
_NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Reason.NEEDS_REGION: "{} numbers are written without a country: name it (region GB, or a region column)",
        Reason.UNKNOWN_REGION: "{} numbers stand beside a country that is not understood: write its ISO code",
        Reason.SPREADSHEET_DAMAGE: "{} numbers lost digits in a spreadsheet: save the column as text",
    }
)
#: Share of unreadable cells from which a column is likely to be another one.
_SUSPICIOUS: Final = 0.5


class Enrichment(NamedTuple, Generic[Frame]):
    """A frame with its result columns, and the account of the run that made them."""

    #: The caller's type of frame.
    frame: Frame
    report: Report


def _refusals(lane: LaneReport) -> str:
    share = "" if lane.agreement is None else f", {percent(lane.agreement)} of its answers from one network"
    return f"{count(lane.refusals)} of {many(lane.requests, 'request', 'requests')}{share}"


def _range(low: float, high: float) -> str:
    return f"expected, {amount(low)} if little is charged, {amount(high)} at most"


class _Line(NamedTuple):
    """One line of an account: what, how much, and in which words."""

    name: str
    amount: str
    words: str


def _counts(counts: Mapping[str, int], *, most: int | None = None) -> str:
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    named = [f"{name} {count:,}" for name, count in islice(ranked, most)]
    rest = ranked[len(named) :]
    return ", ".join([*named, *([f"{len(rest):,} others {sum(count for _, count in rest):,}"] if rest else [])])


def _with(words: str, detail: str) -> str:
    return f"{words}  ({detail})" if detail else words


#: Colours are those of the page around it, so that it is right on light and on dark. Two classes, to be stronger than
#: what JupyterLab says of every table.
_STYLE: Final = """
.hlrframe-account .lines { border-collapse: collapse; margin: 0.3em 0; font-size: 95%; }
.hlrframe-account .lines caption { caption-side: top; text-align: left; font-weight: 600; padding: 0.3em 0;
  color: inherit; }
.hlrframe-account .lines tr, .hlrframe-account .lines tr:nth-child(n) { background: none; }
.hlrframe-account .lines th, .hlrframe-account .lines td { border: 0;
  border-top: 1px solid rgba(128, 128, 128, 0.35); padding: 0.25em 1em 0.25em 0; text-align: left; vertical-align: top;
  font-weight: normal; white-space: normal; }
.hlrframe-account .lines td.amount { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
"""


def _table(title: str, lines: Iterable[_Line]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(line.name.strip())}</th>'
        f"{_amount_cell(line.amount)}<td>{escape(line.words)}</td></tr>"
        for line in lines
    )
    table = f'<table class="lines"><caption>{escape(title)}</caption><tbody>{rows}</tbody></table>'
    return f'<div class="hlrframe-account"><style>{_STYLE}</style>{table}</div>'


def _amount_cell(amount: str) -> str:
    return f'<td class="amount">{escape(amount)}</td>' if amount else ""
