"""A list that is asked in windows, so that memory grows with the window; the budget and the account are of all.

Of what was asked the compact outcomes stay, some thirty bytes a number.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from hlrframe.model import LaneReport, OnReply, Progress, Reason, Report, Settings, credits_of, milli_of
from hlrframe.provider import Client
from hlrframe.run.lookup import resolve_numbers
from hlrframe.run.number_list import NumberList
from hlrframe.run.outcomes import Outcomes
from hlrframe.store import Store

__all__ = ["Asking"]

#: What the account of a window adds to that of all.
_SUMS: Final = (
    *("numbers", "requests", "refusals", "seconds", "possibly_billed_twice", "possibly_billed_twice_credits"),
    "failed_last",
)
#: What the progress of a window adds to that of all.
_COUNTS: Final = ("answered", "cached", "failed", "skipped", "refused", "credits", "seconds")


class Asking:
    """Asks one list of distinct numbers after another, within one budget.

    Args:
        client: Whom to ask.
        store: Where answers are read from and kept, or ``None``.
        settings: Settings of the whole.
        columns: Names of the columns that rows will get.
        on_progress: Called as by :func:`~hlrframe.run.lookup.resolve_numbers`, with the counts of all.
        total: How many numbers there are in all, where that is known.
        on_reply: Called as by :func:`~hlrframe.run.lookup.resolve_numbers`.
    """

    def __init__(
        self,
        client: Client,
        *,
        store: Store | None,
        settings: Settings,
        columns: Sequence[str],
        on_progress: Callable[[Progress], None] | None = None,
        total: int = 0,
        on_reply: OnReply | None = None,
    ) -> None:
        self.client = client
        self.settings = settings
        self.on_progress = on_progress
        self._store = store
        self._columns = columns
        self._total = total
        self._on_reply = on_reply
        #: What is known of all numbers so far, with the account of all.
        self.outcomes: Outcomes | None = None
        # Milli-credits that may have been spent, and why nothing more is asked.
        self._spent = 0
        self._ended: Reason | None = None
        self._before = self._now = Progress()

    async def ask_all(self, numbers: NumberList, *, at_a_time: int) -> Outcomes:
        """Asks one list in windows of so many numbers.

        Raises:
            StoreError: The store could not be opened.
        """
        for window in numbers.windows(at_a_time) if len(numbers) > at_a_time else [numbers]:
            outcomes = await self.ask(window)
        return outcomes

    async def ask(self, numbers: NumberList) -> Outcomes:
        """Asks a list, none of whose numbers was in an earlier one, and gives the outcomes of all so far.

        Raises:
            StoreError: The store could not be opened.
        """
        found = await resolve_numbers(
            numbers,
            client=self.client,
            store=self._store,
            settings=self._settings_now(),
            columns=self._columns,
            ask=not self._ended,
            on_progress=self.on_progress and self._tell,
            on_reply=self._on_reply,
        )
        self._count(found)
        found = replace(found, kinds=self._with_true_reason(found.kinds))
        self.outcomes = found if self.outcomes is None else _joined(self.outcomes, found)
        self._ended = self._ended or _end_of(found)
        return self.outcomes

    def _settings_now(self) -> Settings:
        if self.settings.max_credits is None:
            return self.settings
        return self.settings.replace(max_credits=credits_of(max(0, milli_of(self.settings.max_credits) - self._spent)))

    def _with_true_reason(self, kinds: pl.DataFrame) -> pl.DataFrame:
        if not self._ended:
            return kinds
        return kinds.with_columns(pl.col("reason").replace({Reason.OFFLINE.value: self._ended.value}))

    def _count(self, found: Outcomes) -> None:
        self._spent += milli_of(float(found.numbers["credits"].sum()))
        self._spent += milli_of(found.report.possibly_billed_twice_credits)
        self._before, self._now = _sum(self._before, self._now), Progress()

    def _tell(self, progress: Progress) -> None:
        assert self.on_progress is not None  # noqa: S101  # it is handed on only with one
        self._now = progress
        both = _sum(self._before, progress)
        later = max(0, self._total - both.total)
        most = both.credits_expected if not later else self._most(both.credits_expected, later)
        self.on_progress(replace(both, total=both.total + later, credits_expected=most))

    def _most(self, expected: float | None, later: int) -> float:
        """Gives the most that all can cost: what is known of this window, and the dearest for what comes later."""
        most = (expected or 0.0) + credits_of(self.client.pricing(self.settings).dearest * later)
        return most if self.settings.max_credits is None else min(most, self.settings.max_credits)


def _sum(before: Progress, progress: Progress) -> Progress:
    counts = {name: getattr(before, name) + getattr(progress, name) for name in (*_COUNTS, "total")}
    expected = before.credits + (progress.credits_expected or 0.0)
    return replace(progress, **counts, credits_expected=expected or None)


def _end_of(found: Outcomes) -> Reason | None:
    """Says why nothing more is to be asked; a budget says that by itself, and lets pass what is free."""
    if found.error is not None:
        return Reason.STOPPED
    return Reason.INSUFFICIENT_CREDIT if found.report.stopped == Reason.INSUFFICIENT_CREDIT else None


def _joined(before: Outcomes, found: Outcomes) -> Outcomes:
    """Gives the outcomes of two lists as those of one; kinds that are alike become one."""
    later = found.numbers.with_columns(pl.col("kind") + pl.lit(before.kinds.height, pl.UInt32))
    numbers = pl.concat([before.numbers, later], how="diagonal").sort("key")
    kinds = pl.concat([before.kinds, found.kinds], how="diagonal")
    alike = kinds.with_row_index("at").group_by(kinds.columns, maintain_order=True).agg("at")
    kind = alike.select("at").with_row_index("kind").explode("at").sort("at")["kind"]
    return Outcomes(
        numbers.with_columns(kind=kind.gather(numbers["kind"])),
        alike.drop("at"),
        before.columns,
        _added(before.report, found.report),
        before.error or found.error,
    )


def _added(before: Report, found: Report) -> Report:
    sums = {name: getattr(before, name) + getattr(found, name) for name in _SUMS}
    stopped = before.stopped or found.stopped
    return replace(before, **sums, stopped=stopped, lanes=tuple(_lanes([*before.lanes, *found.lanes])))


def _lanes(lanes: Sequence[LaneReport]) -> Iterable[LaneReport]:
    by_name: dict[str, list[LaneReport]] = {}
    for lane in lanes:
        by_name.setdefault(lane.lane, []).append(lane)
    return (_one_lane(each) if len(each) > 1 else each[0] for each in by_name.values())


def _one_lane(lanes: Sequence[LaneReport]) -> LaneReport:
    counts = {
        name: sum(getattr(lane, name) for lane in lanes) for name in ("numbers", "answered", "requests", "refusals")
    }
    agreement = _mean([(lane.agreement, lane.answered) for lane in lanes])
    return replace(lanes[0], **counts, agreement=agreement, latency=_mean([(each.latency, 1) for each in lanes]))


def _mean(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    known = [(value, weight) for value, weight in weighted if value is not None and weight]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None
