"""What a run will cost and what it came to, as values: the estimate before, the report after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Enrichment", "Estimate", "LaneReport", "Report"]

Frame = TypeVar("Frame")


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
    #: Credits if landlines and other numbers that are free stay free, by the type the numbering plan gives them.
    credits_expected: float

    def __str__(self) -> str:
        rejected = sum(self.rejected.values())
        why = _counts(self.rejected)
        return "\n".join(
            (
                f"{self.rows:,} rows, {self.numbers:,} distinct numbers",
                f"  rejected, free     {rejected:>9,} rows{f'  ({why})' if why else ''}",
                f"  stored, free       {self.stored:>9,} numbers",
                f"  to ask             {self.to_ask:>9,} numbers",
                f"  credits            {self.credits_expected:>11,.1f} expected, {self.credits_high:,.1f} at most",
            )
        )


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
class Report:
    """The account of a run: what became of the rows, what it cost, what was met on the way."""

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
    lanes: Sequence[LaneReport] = field(default=(), repr=False)

    def __str__(self) -> str:
        states, reasons = _counts(self.states), _counts(self.reasons)
        lines = [
            f"{self.rows:,} rows, {self.numbers:,} distinct numbers, asked of {self.provider}",
            f"  states    {states}",
            f"  verdicts  {_counts(self.verdicts) or '-'}",
        ]
        if reasons:
            lines.append(f"  reasons   {reasons}")
        lines.append(f"  credits   {self.credits:,.1f} spent, {self.requests:,} requests in {self.seconds:.1f} s")
        lines += [f"  refused   {lane}" for lane in self._worst_lanes()]
        if self.possibly_billed_twice:
            most = self.possibly_billed_twice_credits
            lines.append(f"  in doubt  {self.possibly_billed_twice:,} numbers, {most:,.1f} credits at the most")
        if self.stopped:
            lines.append(f"  stopped   {self.stopped}: run it again to go on from here")
        return "\n".join(lines)

    def _worst_lanes(self) -> Sequence[str]:
        """Describes the two lanes that were refused most often."""
        refused = sorted((lane for lane in self.lanes if lane.refusals), key=lambda lane: (-lane.refusals, lane.lane))
        return [f"{lane.lane}: {_refusals(lane)}" for lane in refused[:2]]


class Enrichment(NamedTuple, Generic[Frame]):
    """A frame with its result columns, and the account of the run that made them."""

    #: The caller's type of frame.
    frame: Frame
    report: Report


def _refusals(lane: LaneReport) -> str:
    share = "" if lane.agreement is None else f", {lane.agreement:.0%} of its answers from one network"
    return f"{lane.refusals:,} of {lane.requests:,} requests{share}"


def _counts(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ranked)
