"""The loop that joins plan, client and store: does what the plan says, and tells it what came of it.

One task a request, none a row. Sending stops at the first fatal error, at a cancellation and when the plan says so;
what is in flight then still lands and is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from hlrframe.errors import (
    Interrupted,
    ProtocolError,
    ProviderError,
    RateLimited,
    ReplyLost,
    Unavailable,
)
from hlrframe.model import LookupKind, Progress, Reason, Settings
from hlrframe.provider import (
    Answer,
    AnswerBook,
    Client,
    Failure,
    Session,
    cache_window,
    credits_of,
    match_results,
    milli_of,
    request_options,
)
from hlrframe.run.journal_writer import JournalWriter
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.queues import Lane, Ticket
from hlrframe.run.schedule.scheduler import Done, Scheduler, Send, Wait
from hlrframe.store import Journal

__all__ = ["Job", "RunResult", "run_job"]

#: Seconds that a cancelled run waits for what is in flight before it counts as lost.
GRACE: Final = 10.0
#: Seconds between two reports of progress.
PROGRESS_EVERY: Final = 0.1
#: Why a plan may have halted while what others ask can still be had.
_MONEY: Final = (None, Reason.BUDGET, Reason.INSUFFICIENT_CREDIT)

OnProgress = Callable[[Progress], None]
#: Gives what to ask once everything before has its outcome, however long that takes; ``None`` at the end.
More = Callable[[], Awaitable["Job | None"]]


@dataclass(frozen=True, slots=True)
class Job:
    """What a run has to ask: distinct numbers by predicted network."""

    lanes: Mapping[str, Sequence[str]]
    #: Numbers that an earlier run asked without learning the answer, by how many days ago that was: the provider may
    #: have billed them.
    rechecks: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)


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
    #: Milli-credits charged for numbers without a usable answer.
    charged_in_vain: Mapping[str, int]
    #: Worst case in milli-credits of numbers that may have been billed once more than is known.
    doubts: Mapping[str, int]
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
    client: Client,
    *,
    settings: Settings,
    journal: Journal | None = None,
    keep: Collection[str] = (),
    more: More | None = None,
    on_progress: OnProgress | None = None,
    rng: Random | None = None,
) -> RunResult:
    """Asks everything that a job holds, and never raises for what the provider does: see ``RunResult.error``.

    Args:
        job: What to ask.
        client: Whom to ask.
        settings: Limits and options.
        journal: Where answers are kept before they count; ``None`` keeps nothing.
        keep: Columns that are each number's own to be given with the answers, ``uuid`` for one.
        more: What else is to be asked, once the job has its outcomes. It is called when everything is on disk, also
            where money ran out, since what it waits for may be free; what it gives is not asked then.
        on_progress: Called at most ten times a second, in the event loop.
        rng: Source of jitter.
    """
    limit = None if settings.max_credits is None else milli_of(settings.max_credits)
    plan = Scheduler(settings.replace(timeout=settings.timeout or client.timeout), Ledger(limit), rng=rng or Random())
    book = AnswerBook(client.provider, keep=keep)
    async with JournalWriter(journal, book) as scribe, client.session() as session:
        run = _Run(
            plan,
            session,
            scribe,
            positional=client.positional,
            more=more,
            on_progress=on_progress,
        )
        await run.run(job)
    return run.harvest(book)


class _Run:
    """One run of one plan."""

    def __init__(
        self,
        plan: Scheduler,
        session: Session,
        scribe: JournalWriter,
        *,
        positional: bool,
        more: More | None,
        on_progress: OnProgress | None,
    ) -> None:
        self._plan = plan
        self._session = session
        self._scribe = scribe
        self._positional = positional
        self._more = more
        self._on_progress = on_progress
        self._kind = LookupKind(plan.settings.lookup)
        self._tasks: set[asyncio.Task[None]] = set()
        self._landed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._error: BaseException | None = None
        self._last_error: ProviderError | None = None
        self._on_disk = 0
        self._began = self._loop.time()
        self._reported_at = 0.0
        self._total = 0
        self._worst = 0

    async def run(self, job: Job | None) -> None:
        try:
            while job is not None:
                self._add(job)
                await self._drive()
                job = await self._next_job()
        except asyncio.CancelledError:
            self._stop(Interrupted("the run was stopped; what was paid for is kept"))
            await self._let_land()
        self._report_progress(last=True)

    def _add(self, job: Job) -> None:
        self._plan.resume(self._loop.time())
        for days, lanes in (*job.rechecks.items(), (0, job.lanes)):
            for lane, numbers in lanes.items():
                self._plan.add(lane, numbers, recheck=days)
                self._total += len(numbers)
                self._worst += self._plan.pricing.worst_of(numbers)

    async def _next_job(self) -> Job | None:
        """Waits for more to ask; a run that ended for anything but money does not."""
        if self._more is None or self._plan.halted not in _MONEY:
            return None
        waiting = asyncio.ensure_future(self._more())
        try:
            while self._error is None and not (await asyncio.wait({waiting}, timeout=PROGRESS_EVERY))[0]:
                self._report_progress()
            return await waiting if self._error is None else None
        except Exception as error:  # noqa: BLE001  # raised once everything obtained is safe
            self._stop(error)
            return None
        finally:
            waiting.cancel()

    async def _drive(self) -> None:
        while True:
            step = self._plan.step(self._loop.time())
            match step:
                case Send(ticket):
                    task = self._loop.create_task(self._ask(ticket))
                    self._tasks.add(task)
                    task.add_done_callback(self._forget)
                case Wait(until):
                    await self._wait(until)
                case Done():
                    break
        while self._tasks:  # landed, and still being written down
            await asyncio.wait(self._tasks)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._landed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stop(error)

    async def _wait(self, until: float | None) -> None:
        self._landed.clear()
        self._report_progress()
        alarm = None if until is None else self._loop.call_at(until, self._landed.set)
        try:
            await self._landed.wait()
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

    async def _ask(self, ticket: Ticket) -> None:
        """Sends one ticket once it is on disk that it leaves; raises what stops the run."""
        try:
            await self._scribe.asked(ticket.numbers)
        except BaseException:
            self._plan.returned_unsent(ticket)
            raise
        if self._plan.halted is None:
            await self._send(ticket)
        else:  # stopped while the disk was busy
            self._plan.returned_unsent(ticket)
            await self._scribe.withdrawn(ticket.numbers)

    async def _send(self, ticket: Ticket) -> None:
        recheck = ticket.kind.recheck
        try:
            results = await self._session.lookup(
                self._kind,
                ticket.numbers,
                options=request_options(self._plan.settings, recheck=recheck),
                wait=ticket.timeout,
            )
        except ProviderError as error:
            await self._came_to_nothing(ticket, error)
        except BaseException:
            self._plan.lost(ticket, Reason.CONNECTION_LOST, self._loop.time())
            raise
        else:
            matched = match_results(ticket.numbers, results, positional=self._positional)
            answers = self._plan.landed(ticket, matched, self._loop.time())
            self._landed.set()  # the slot is free before the disk is done
            await self._keep(answers, recheck=recheck)

    async def _keep(self, answers: list[Answer], *, recheck: int) -> None:
        await self._scribe.answered(answers, cache_days=cache_window(self._plan.settings), recheck_days=recheck)
        self._on_disk += len(answers)

    async def _came_to_nothing(self, ticket: Ticket, error: ProviderError) -> None:
        now = self._loop.time()
        match error:
            case RateLimited() | Unavailable():
                self._last_error = error
                self._plan.refused(ticket, Reason(error.reason), now, retry_after=error.retry_after)
            case ReplyLost() | ProtocolError():
                self._last_error = error
                self._plan.lost(ticket, Reason(error.reason), now)
                return
            case _:  # wrong key, wrong request: nobody will be served
                self._stop(error)
                self._plan.refused(ticket, Reason(error.reason), now)
        self._landed.set()
        await self._scribe.withdrawn(ticket.numbers)

    def _stop(self, error: BaseException) -> None:
        self._error = self._error or error
        self._plan.halt(Reason.STOPPED)
        self._landed.set()

    def _report_progress(self, *, last: bool = False) -> None:
        now = self._loop.time()
        if self._on_progress is None or (not last and now - self._reported_at < PROGRESS_EVERY):
            return
        self._reported_at = now
        plan, limit = self._plan, self._plan.ledger.limit
        progress = Progress(
            total=self._total,
            answered=self._on_disk,
            failed=len(plan.failed),
            skipped=len(plan.unasked()) if last else 0,
            refused=plan.refusals,
            credits=credits_of(plan.ledger.spent),
            credits_expected=credits_of(self._worst if limit is None else min(self._worst, limit)),
            in_flight=plan.in_flight,
            seconds=now - self._began,
        )
        try:
            self._on_progress(progress)
        except Exception as error:  # noqa: BLE001  # the caller's own code: raised once everything obtained is safe
            self._on_progress = None
            self._stop(error)

    def harvest(self, book: AnswerBook) -> RunResult:
        plan = self._plan
        unasked = plan.unasked()
        return RunResult(
            answers=book,
            failed=plan.failed,
            unasked=unasked,
            halted=plan.halted,
            charged_in_vain=plan.charged_in_vain,
            doubts=plan.ledger.doubts,
            spent=plan.ledger.spent,
            requests=plan.requests,
            refusals=plan.refusals,
            seconds=self._loop.time() - self._began,
            lanes=plan.lanes,
            error=self._error or self._outage(),
        )

    def _outage(self) -> ProviderError | None:
        """Gives the error for a run that the plan itself gave up."""
        failure = self._last_error
        words = f"; the last failure was: {failure}" if failure else ""
        match self._plan.halted:
            case Reason.UNAVAILABLE:
                return Unavailable(f"stopped: the provider fails again and again{words}", status=_status(failure))
            case Reason.THROTTLED:
                return RateLimited(f"stopped: nothing but refusals for minutes{words}", status=_status(failure))
            case Reason.STOPPED:
                failed = len(self._plan.failed)
                return ProviderError(f"stopped: {failed} numbers failed, max_errors is reached{words}")
            case _:
                return None


def _status(error: ProviderError | None) -> int | None:
    return error.status if error else None
