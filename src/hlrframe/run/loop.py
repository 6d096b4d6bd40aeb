"""The loop that joins scheduler, provider and journal: does what the scheduler says, and tells it what came of it.

One task a request, none a row. Sending stops at the first fatal error, at a cancellation and when the scheduler says
so; what is in flight then still lands and is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final, TypeVar

from hlrframe.errors import Interrupted, ProviderError, RateLimited, Unavailable
from hlrframe.model import Failure, OnReply, Progress, Reason, Settings, credits_of, milli_of
from hlrframe.provider import PriceList, Provider
from hlrframe.run.answer_book import AnswerBook
from hlrframe.run.gate import Both, through_gate
from hlrframe.run.journal_writer import JournalWriter
from hlrframe.run.resources import Resources
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.queues import Lane
from hlrframe.run.schedule.scheduler import Done, NoMoney, Scheduler, Send, Wait
from hlrframe.run.sending import Sender
from hlrframe.store import Journal

__all__ = ["Job", "RunResult", "run_job"]

#: Seconds that a cancelled run waits for what is in flight before it counts as lost.
GRACE: Final = 10.0
#: Seconds between two reports of progress.
PROGRESS_EVERY: Final = 0.1
#: Why a run may have halted while what others ask can still be had.
_MONEY: Final = (None, Reason.BUDGET, Reason.INSUFFICIENT_CREDIT)

_T = TypeVar("_T")
OnProgress = Callable[[Progress], None]
#: Gives what to ask once everything before has its outcome, however long that takes; ``None`` at the end. It is told
#: what earlier runs are known to have paid by then, see :class:`RunResult`.
More = Callable[[Mapping[str, int]], Awaitable["Job | None"]]


@dataclass(frozen=True, slots=True)
class Job:
    """What a run has to ask: distinct numbers by predicted network."""

    lanes: Mapping[str, Sequence[str]]
    #: Numbers that an earlier run asked without learning the answer, by how many days ago that was: the provider may
    #: have billed them.
    rechecks: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    #: When it asked each of them first, where that is known.
    since: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a job: every number is in exactly one of ``answers``, ``failed`` and ``unasked``."""

    #: One answer a number.
    answers: AnswerBook
    #: Numbers that were asked and have no usable answer, with the last failure.
    failed: Mapping[str, Failure]
    #: Numbers that were not asked, and why the run stopped before them.
    unasked: Sequence[str]
    halted: Reason | None
    #: How many of those that failed did so after the last answer.
    failed_last: int
    #: Milli-credits charged for numbers without a usable answer.
    charged_in_vain: Mapping[str, int]
    #: Worst case in milli-credits of numbers that may have been billed once more than is known.
    doubts: Mapping[str, int]
    #: Milli-credits that earlier runs, which never saw the answers, are now known to have paid for numbers.
    paid_earlier: Mapping[str, int]
    #: Milli-credits spent, proved charges for lost replies included.
    spent: int
    requests: int
    refusals: int
    seconds: float
    lanes: Sequence[Lane]
    #: What ended the run before its end, to be raised once everything obtained is safe.
    error: BaseException | None


async def run_job(
    job: Job,
    client: Provider,
    *,
    settings: Settings,
    journal: Journal | None = None,
    keep: Collection[str] = (),
    more: More | None = None,
    on_progress: OnProgress | None = None,
    on_reply: OnReply | None = None,
    resources: Resources | None = None,
    rng: Random | None = None,
) -> RunResult:
    """Asks everything that a job holds, and never raises for what the provider does: see ``RunResult.error``.

    Args:
        job: What to ask.
        client: Whom to ask.
        settings: Limits and options; the provider's own limits hold beside them.
        journal: Where answers are kept before they count; ``None`` keeps nothing.
        keep: Columns that are each number's own to be given with the answers, ``uuid`` for one.
        more: What else is to be asked, once the job has its outcomes. It is called when everything is on disk, also
            where money ran out, since what it waits for may be free; what it gives is not asked then.
        on_progress: Called at most ten times a second, in the event loop.
        on_reply: Called with what came of each request, in the event loop.
        resources: Money and requests that are not this run's alone.
        rng: Source of jitter.
    """
    settings, resources = _within(settings, client), resources or Resources()
    prices = client.pricing(settings)
    budget = resources.budget or Ledger(None if settings.max_credits is None else milli_of(settings.max_credits))
    book = AnswerBook(client.provider, keep=keep)
    landed, wake = _bell()
    with through_gate(client, wake) as place:
        scheduler = Scheduler(
            settings,
            budget,
            prices=prices,
            rng=rng or Random(),
            allowance=resources.allowance,
            grants=place if resources.grants is None else Both(place, resources.grants),
            began=datetime.now(UTC),
        )
        async with JournalWriter(journal, book) as writer, client.session(settings) as session:
            gauge = _Gauge(scheduler, prices, on_progress)
            sender = Sender(scheduler, session, writer, landed=landed, on_reply=on_reply)
            loop = _Loop(scheduler, sender, gauge, more=more, resources=resources)
            await loop.run(job)
    return loop.result(book)


def _bell() -> tuple[asyncio.Event, Callable[[], None]]:
    """Gives an event of this loop, and a function that sets it from any thread."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def ring() -> None:
        with suppress(RuntimeError):  # the loop has just closed
            loop.call_soon_threadsafe(event.set)

    return event, ring


def _within(settings: Settings, client: Provider) -> Settings:
    limits, rate = client.limits, settings.max_per_second
    return settings.replace(
        # A clock counts in floats, whatever was given.
        timeout=float(settings.timeout or client.timeout),
        max_per_second=None if rate is None else float(rate),
        max_requests=min(settings.max_requests, limits.requests),
        batch_size=min(settings.batch_size, limits.batch),
    )


class _Gauge:
    """Tells the caller where the run stands.

    Args:
        scheduler: The run.
        prices: What it can cost at most.
        on_progress: The caller's own code.
    """

    def __init__(self, scheduler: Scheduler, prices: PriceList, on_progress: OnProgress | None) -> None:
        self._scheduler = scheduler
        self._prices = prices
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._reported_at = 0.0
        self._total = 0
        self._worst = 0
        #: Answers that are safe.
        self.on_disk = 0

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return self._loop.time() - self._began

    def expect(self, numbers: Sequence[str]) -> None:
        """Counts numbers in that are to be asked."""
        self._total += len(numbers)
        self._worst += self._prices.worst_of(numbers)

    def report(self, *, last: bool = False) -> None:
        """Tells, if it is time; whatever the caller's code raises ends the telling and comes out here."""
        now = self._loop.time()
        if self._on_progress is None or (not last and now - self._reported_at < PROGRESS_EVERY):
            return
        self._reported_at = now
        try:
            self._on_progress(self._progress(last=last))
        except Exception:
            self._on_progress = None
            raise

    def _progress(self, *, last: bool) -> Progress:
        state = self._scheduler.state
        limit = state.budget.limit
        return Progress(
            total=self._total,
            answered=self.on_disk,
            failed=len(state.failed),
            skipped=len(self._scheduler.unasked()) if last else 0,
            refused=state.refusals,
            credits=credits_of(state.budget.spent),
            credits_expected=credits_of(self._worst if limit is None else min(self._worst, limit)),
            in_flight=state.in_flight,
            seconds=self.seconds,
        )


class _Loop:
    """One run to its end: steps, waits, landings, and the ways in which it stops early."""

    def __init__(
        self,
        scheduler: Scheduler,
        sender: Sender,
        gauge: _Gauge,
        *,
        more: More | None,
        resources: Resources,
    ) -> None:
        self._scheduler = scheduler
        self._sender = sender
        self._gauge = gauge
        self._more = more
        self._refill = resources.refill
        self._trouble = resources.trouble
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._error: BaseException | None = None

    async def run(self, job: Job | None) -> None:
        """Asks a job and whatever comes after it."""
        try:
            while job is not None:
                self._add(job)
                await self._drive()
                job = await self._next_job()
        except asyncio.CancelledError:
            self._stop(Interrupted("the run was stopped; what was paid for is kept"))
            await self._let_land()
            self._sender.leave()
        self._report(last=True)

    def _add(self, job: Job) -> None:
        self._scheduler.resume(self._loop.time())
        for days, lanes in (*job.rechecks.items(), (0, job.lanes)):
            for lane, numbers in lanes.items():
                self._scheduler.add(lane, numbers, recheck=days, since=job.since)
                self._gauge.expect(numbers)

    async def _next_job(self) -> Job | None:
        """Waits for more to ask; a run that ended for anything but money does not."""
        if self._more is None or self._scheduler.state.halted not in _MONEY:
            return None
        return await self._waited_for(self._more(self._scheduler.state.paid_earlier))

    async def _waited_for(self, something: Awaitable[_T]) -> _T | None:
        """Waits while progress is told; ``None`` where the run ends meanwhile."""
        waiting = asyncio.ensure_future(something)
        try:
            while self._error is None and not (await asyncio.wait({waiting}, timeout=PROGRESS_EVERY))[0]:
                self._report()
            return await waiting if self._error is None else None
        except Exception as error:  # noqa: BLE001  # raised once everything obtained is safe
            self._stop(error)
            return None
        finally:
            waiting.cancel()

    async def _drive(self) -> None:
        while True:
            match self._scheduler.step(self._loop.time()):
                case Send(ticket):
                    task = self._loop.create_task(self._sender.ask(ticket))
                    self._tasks.add(task)
                    task.add_done_callback(self._forget)
                case Wait(until):
                    await self._wait(until)
                case NoMoney():
                    await self._find_money()
                case Done():
                    break
        while self._tasks:  # landed, and still being written down
            await asyncio.wait(self._tasks)
        await self._sender.rest()

    async def _find_money(self) -> None:
        if self._refill is not None and await self._waited_for(self._refill()):
            self._scheduler.refilled()
        else:
            self._scheduler.halt(Reason.BUDGET)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._sender.landed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stop(error)
        elif self._sender.telling_failed is not None:
            self._stop(self._sender.telling_failed)

    async def _wait(self, until: float | None) -> None:
        landed = self._sender.landed
        landed.clear()
        self._report()
        alarm = None if until is None else self._loop.call_at(until, landed.set)
        try:
            await landed.wait()
        finally:
            if alarm is not None:
                alarm.cancel()

    async def _let_land(self) -> None:
        """Gives what is in flight its time; a second cancellation cuts that short."""
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=GRACE)
        except asyncio.CancelledError:
            pass
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _stop(self, error: BaseException) -> None:
        self._error = self._error or error
        self._scheduler.halt(Reason.STOPPED)
        self._sender.landed.set()

    def _report(self, *, last: bool = False) -> None:
        if self._trouble is not None and (trouble := self._trouble()) is not None:
            self._stop(trouble)
        self._gauge.on_disk = self._sender.on_disk
        try:
            self._gauge.report(last=last)
        except Exception as error:  # noqa: BLE001  # the caller's own code: raised once everything obtained is safe
            self._stop(error)

    def result(self, book: AnswerBook) -> RunResult:
        """Gives what came of everything."""
        state = self._scheduler.state
        unasked = self._scheduler.unasked()
        return RunResult(
            answers=book,
            failed=state.failed,
            unasked=unasked,
            halted=state.halted,
            failed_last=state.failed_last(),
            charged_in_vain=state.charged_in_vain,
            doubts=state.budget.doubts,
            paid_earlier=state.paid_earlier,
            spent=state.budget.spent,
            requests=state.requests,
            refusals=state.refusals,
            seconds=self._gauge.seconds,
            lanes=self._scheduler.lanes,
            error=self._error or _outage(state.halted, len(state.failed), self._sender.last_error),
        )


def _outage(halted: Reason | None, failed: int, last: ProviderError | None) -> ProviderError | None:
    """Gives the error for a run that the scheduler itself gave up."""
    words = f"; the last trouble was: {last}" if last else ""
    status = last.status if last else None
    match halted:
        case Reason.UNAVAILABLE:
            return Unavailable(f"stopped: the provider fails again and again{words}", status=status)
        case Reason.THROTTLED:
            return RateLimited(f"stopped: nothing but refusals for minutes{words}", status=status)
        case Reason.STOPPED:
            return ProviderError(f"stopped: {failed} numbers failed, max_errors is reached{words}")
        case _:
            return None
