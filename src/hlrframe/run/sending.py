"""One ticket to the provider and back: noted on disk, sent, and what came of it told to the scheduler and kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from hlrframe.errors import (
    ProtocolError,
    ProviderError,
    RateLimited,
    ReplyLost,
    RequestError,
    ResourceError,
    Unavailable,
)
from hlrframe.model import Failure, LookupResult, OnReply, Reason, Reply, credits_of
from hlrframe.provider import Session
from hlrframe.run.askings import Askings
from hlrframe.run.journal_writer import JournalWriter, until_written
from hlrframe.run.schedule.queues import Ticket
from hlrframe.run.schedule.scheduler import Scheduler

__all__ = ["Sender"]


class Sender:
    """Sends tickets; to be made in a running event loop.

    Args:
        scheduler: Is told what came of each.
        session: Whom to ask.
        writer: Where it is noted what is asked and answered.
        landed: Is set when the scheduler may have something new to say.
        on_reply: Is told what came of each request, once that is safe.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        session: Session,
        writer: JournalWriter,
        *,
        landed: asyncio.Event,
        on_reply: OnReply | None = None,
    ) -> None:
        #: Set when the scheduler may have something new to say.
        self.landed = landed
        #: Answers that are safe.
        self.on_disk = 0
        #: The last thing that went wrong and is tried again.
        self.last_error: ProviderError | None = None
        #: What the code raised that is told of replies; it is not told of any more.
        self.telling_failed: Exception | None = None
        self._scheduler = scheduler
        self._settings = scheduler.state.settings
        self._session = session
        self._writer = writer
        # Numbers that may be out, that were sent, and that came to nothing: of the others some are on disk.
        self._most = self._settings.max_requests * self._settings.batch_size
        self._sent = self._void = 0
        self._back = asyncio.Event()
        self._askings = Askings(writer, scheduler.coming, most=self._most)
        self._on_reply = on_reply
        self._loop = asyncio.get_running_loop()

    async def ask(self, ticket: Ticket) -> None:
        """Sends one ticket once it is on disk that it leaves; raises what stops the run."""
        try:
            await self._askings.before(ticket)
            await self._room_for(ticket)
        except BaseException:
            self._scheduler.returned_unsent(ticket)
            raise
        state = self._scheduler.state
        if state.halted is None and state.allowance.requests:
            self._sent += len(ticket.numbers)
            kept = 0
            try:
                kept = await self._send(ticket)
            finally:
                self._void += len(ticket.numbers) - kept
                self._back.set()
        else:  # stopped while the disk was busy, or put to sleep for so long that others took over
            self._scheduler.returned_unsent(ticket)
            await self._writer.withdrawn(ticket.numbers)

    async def _room_for(self, ticket: Ticket) -> None:
        """Returns when a kill would find no more numbers out than may be in flight: what it finds is asked again."""
        while self._writer.keeps and (out := self._out) and out + len(ticket.numbers) > self._most:
            self._back.clear()
            await self._back.wait()

    @property
    def _out(self) -> int:
        """Numbers that are out: sent and not answered, or answered and not yet on disk."""
        return self._sent - self._void - self._writer.safe

    async def rest(self) -> None:
        """Returns when what was noted and will not be sent is withdrawn on disk, as far as the disk takes that."""
        if (note := self.leave()) is not None:
            await asyncio.wait([note])

    def leave(self) -> asyncio.Future[None] | None:
        """Withdraws what was noted and will not be sent; gives what is done when that is on disk."""
        return self._askings.withdraw()

    async def _send(self, ticket: Ticket) -> int:
        """Gives how many answers came and are on disk."""
        began = self._loop.time()
        try:
            outcomes = await self._asked(ticket)
        except ProviderError as error:
            seconds = self._loop.time() - began
            try:
                await self._came_to_nothing(ticket, error)
            finally:
                self._tell(
                    ticket,
                    "lost" if isinstance(error, ReplyLost | ProtocolError) else "refused",
                    seconds,
                    status=error.status,
                )
        except ResourceError as error:
            await self._found_no_room(ticket, error)
        except BaseException:
            self._scheduler.lost(ticket, Reason.CONNECTION_LOST, self._loop.time())
            raise
        else:
            seconds = self._loop.time() - began
            landed = self._landed(ticket, outcomes)
            # They are columns by now or soon will be. To let go of them only when they are on disk costs a microsecond
            # each, since by then they have to be fetched from memory again.
            del outcomes
            if landed.written is not None:
                await until_written(landed.written)
            self.on_disk += landed.answers
            self._tell(
                ticket, "answered", seconds, status=HTTPStatus.OK, answers=landed.answers, charged=landed.charged
            )
            return landed.answers
        return 0

    async def _asked(self, ticket: Ticket) -> Sequence[LookupResult | Failure]:
        numbers = ticket.numbers
        outcomes = await self._session.ask(numbers, recheck=ticket.attempt.recheck, wait=ticket.timeout)
        if len(outcomes) != len(numbers):
            raise ProtocolError(f"{len(outcomes)} outcomes came of {len(numbers)} numbers")
        return outcomes

    def _landed(self, ticket: Ticket, outcomes: Sequence[LookupResult | Failure]) -> "_Landed":
        """Tells the scheduler what came, whose slot is free before the disk is done, and hands the answers on."""
        state = self._scheduler.state
        spent = state.budget.spent
        answers = self._scheduler.landed(ticket, outcomes, self._loop.time())
        charged = credits_of(state.budget.spent - spent)
        self.landed.set()
        written = self._writer.note_answered(
            answers,
            cache_days=self._settings.oldest_cached_days,
            recheck_days=ticket.attempt.recheck,
            urgent=not state.in_flight,
        )
        return _Landed(len(answers), charged, written)

    def _tell(
        self,
        ticket: Ticket,
        outcome: Literal["answered", "refused", "lost"],
        seconds: float,
        *,
        status: int | None,
        answers: int = 0,
        charged: float = 0.0,
    ) -> None:
        """Tells the caller; what its code raises ends the run, once everything obtained is safe."""
        if self._on_reply is None:
            return
        lane = ticket.shares[0][0].key if len(ticket.shares) == 1 else ""
        code = None if status is None else int(status)
        try:
            self._on_reply(Reply(outcome, len(ticket.numbers), answers, code, seconds, charged, lane))
        except Exception as error:  # noqa: BLE001  # the caller's own code
            self._on_reply, self.telling_failed = None, error

    async def _found_no_room(self, ticket: Ticket, error: ResourceError) -> None:
        """Goes on with fewer requests in flight: it is neither the provider's doing nor the numbers'."""
        has_room = self._scheduler.had_no_room(ticket)
        self.landed.set()
        await self._writer.withdrawn(ticket.numbers)
        if not has_room:
            raise error

    async def _came_to_nothing(self, ticket: Ticket, error: ProviderError) -> None:
        now, reason = self._loop.time(), Reason(error.reason)
        match error:
            case ReplyLost() | ProtocolError():
                self.last_error = error
                self._scheduler.lost(ticket, reason, now)
            case RateLimited() | Unavailable():
                self.last_error = error
                reached = error.status is not None
                self._scheduler.refused(ticket, reason, now, retry_after=error.retry_after, reached=reached)
                self.landed.set()
                await self._writer.withdrawn(ticket.numbers)
            case RequestError(status=HTTPStatus.BAD_REQUEST) if not self._scheduler.is_wrong_throughout(ticket):
                self.last_error = error
                self._scheduler.rejected(ticket, reason, now)
                self.landed.set()
                await self._writer.withdrawn(ticket.numbers)
            case _:  # wrong key, wrong request: nobody will be served
                self._scheduler.halt(Reason.STOPPED)
                self._scheduler.refused(ticket, reason, now)
                try:
                    await self._writer.withdrawn(ticket.numbers)
                finally:
                    raise error  # it stands, also where the disk fails or the run is cancelled meanwhile


@dataclass(frozen=True, slots=True)
class _Landed:
    """What a reply brought."""

    #: How many usable answers.
    answers: int
    #: What they cost, in credits.
    charged: float
    #: Done when they are on disk; ``None`` where nothing is kept there.
    written: asyncio.Future[None] | None
