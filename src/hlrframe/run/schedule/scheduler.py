"""The scheduler, as a state machine: what to send next, when to wait, what to make of a reply.

No I/O, no clock, no asyncio: the time is an argument and randomness is handed in. A driver asks :meth:`Scheduler.step`
for the next thing to do and tells it what became of each ticket. Retries are decided here alone; nothing above or below
sends anything twice.

A *lane* holds the numbers of one telephone network, because that is what the provider throttles. A *ticket* is one
request: numbers of one lane (or of several very small ones) that leave together. A number that waits holds no slot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from hlrframe.model import Answer, Failure, LookupResult, Reason, Settings
from hlrframe.provider import PriceList
from hlrframe.run.schedule.dispatch import Dispatcher
from hlrframe.run.schedule.feedback import Feedback
from hlrframe.run.schedule.ledger import Budget
from hlrframe.run.schedule.limits import FIRST_FAILURES, Allowance, FixedAllowance, Grants, NoGate
from hlrframe.run.schedule.queues import Attempt, Lane, Ticket
from hlrframe.run.schedule.state import RunState

__all__ = ["Done", "NoMoney", "Scheduler", "Send", "Wait"]


@dataclass(frozen=True, slots=True)
class Send:
    """Send this ticket now."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be sent before this time, or before something lands where it is ``None``."""

    until: float | None


@dataclass(frozen=True, slots=True)
class NoMoney:
    """All that waits costs more than is left, and nothing is in flight: refill the budget, or halt."""


@dataclass(frozen=True, slots=True)
class Done:
    """Every number has its outcome, or the run was halted and nothing is in flight any more."""


# Many methods: what a run can tell it, one event each, in front of the dispatcher and the feedback that decide.
class Scheduler:
    """Decides, for one run, what is sent when and what becomes of each number.

    Every number that is added ends in exactly one of: an answer that :meth:`landed` gave, ``state.failed``, or
    :meth:`unasked`.

    Args:
        settings: Limits and options of the run.
        budget: The money; reserved from and settled here.
        prices: What lookups cost.
        rng: Source of jitter.
        allowance: How many requests may be in flight; those of the settings where not given.
        grants: Where each of them is granted; nobody else has any where not given.
        began: When the run began: no older answer is one to a request of its own.
    """

    def __init__(
        self,
        settings: Settings,
        budget: Budget,
        *,
        prices: PriceList,
        rng: Random,
        allowance: Allowance | None = None,
        grants: Grants | None = None,
        began: datetime | None = None,
    ) -> None:
        #: What the run knows; to be read, and changed through the scheduler alone.
        self.state = RunState(
            settings=settings,
            budget=budget,
            prices=prices,
            allowance=allowance or FixedAllowance(settings.max_requests),
            grants=grants or NoGate(),
            rng=rng,
            began=began,
        )

        self._dispatcher = Dispatcher(self.state)
        self._feedback = Feedback(self.state)

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes, with what was learnt of each."""
        return list(self.state.roster.lanes.values())

    def add(
        self, lane: str, numbers: Sequence[str], *, recheck: int = 0, since: Mapping[str, datetime] | None = None
    ) -> None:
        """Adds distinct numbers of one network.

        Args:
            lane: Name of the predicted network.
            numbers: E.164 digits, none of them added before.
            recheck: How many days ago an earlier run may have been billed for them without seeing the answer; 0 for
                never.
            since: When it asked each of them first, where that is known.
        """
        if numbers:
            attempt = Attempt(0, recheck=recheck)
            self.state.owes(numbers, attempt)
            if recheck:
                self.state.asked_earlier.update((number, (since or {}).get(number)) for number in numbers)
            self.state.roster.put(self.state.roster.lane(lane, most=self.state.window.most), numbers, attempt)

    def coming(self, ticket: Ticket, most: int) -> list[str]:
        """Gives numbers that leave soon after a ticket: those of its lanes that come next, each of them once.

        Args:
            ticket: What leaves now.
            most: How many of the whole run may be told before they leave.
        """
        share = max(self.state.settings.batch_size, most // len(self.state.roster.lanes))
        return [number for lane, _ in ticket.shares for number in lane.coming(share)]

    def resume(self, now: float) -> None:
        """Goes on after a while in which there was nothing to ask: that was no silence of the provider."""
        self.state.circuit.resume(now)

    def halt(self, reason: Reason) -> None:
        """Sends nothing more; what is in flight still lands. The first reason stands."""
        self.state.halt(reason)

    def refilled(self) -> None:
        """Takes in that the budget has grown: what was set aside for want of money is tried again."""
        self.state.roster.take_back()

    def step(self, now: float) -> Send | Wait | NoMoney | Done:
        """Gives the next thing to do at this time (seconds of any monotonic clock)."""
        state = self.state
        self._begin(now)
        ticket = self._next_ticket(now)
        if ticket is not None:
            return Send(ticket)
        if state.halted is None and not state.in_flight and state.roster.is_stuck:
            return NoMoney()
        if state.in_flight:
            return Wait(self._dispatcher.next_event(now) if state.halted is None else None)
        if state.halted is not None or state.roster.is_empty:
            return Done()
        return Wait(self._dispatcher.next_event(now))

    def _next_ticket(self, now: float) -> Ticket | None:
        state, ticket = self.state, None
        state.waits_for_grant = False
        if state.halted is None:
            state.roster.wake(now)
            ticket = self._dispatcher.next_ticket(now)
        if ticket is None and not state.waits_for_grant:
            state.grants.rest()
        return ticket

    def _begin(self, now: float) -> None:
        state = self.state
        state.keep_to_allowance()
        state.circuit.begin(now)
        if state.halted is None and state.circuit.is_hopeless(now):
            self.halt(Reason.THROTTLED if state.circuit.throttled else Reason.UNAVAILABLE)

    def unasked(self) -> list[str]:
        """Gives every number that was never asked, once the plan is done.

        A number that was asked and waited for another try is no such number: it moves to :attr:`failed`.
        """
        rest = list(self.state.roster.leftover())
        self.state.failed.update(
            (number, self.state.last_failure[number]) for number in rest if number in self.state.last_failure
        )
        return [number for number in rest if number not in self.state.last_failure]

    # What became of a ticket

    def landed(self, ticket: Ticket, outcomes: Sequence[LookupResult | Failure], now: float) -> list[Answer]:
        """Takes a reply in, and gives the usable answers with what they cost; see :meth:`Feedback.landed`."""
        return self._feedback.landed(ticket, outcomes, now)

    def refused(
        self, ticket: Ticket, reason: Reason, now: float, *, retry_after: float | None = None, reached: bool = True
    ) -> None:
        """Takes in that a request was refused and not billed; see :meth:`Feedback.refused`."""
        self._feedback.refused(ticket, reason, now, retry_after=retry_after, reached=reached)

    def rejected(self, ticket: Ticket, reason: Reason, now: float) -> None:
        """Takes in that the provider called a request wrong; see :meth:`Feedback.rejected`."""
        self._feedback.rejected(ticket, reason, now)

    def is_wrong_throughout(self, ticket: Ticket) -> bool:
        """Whether a request that the provider called wrong is wrong whatever number it carries.

        It carries one alone, and nothing was ever answered: neither the numbers that were tried alone before, nor
        anything else that could be.
        """
        state = self.state
        if len(ticket.numbers) > 1 or state.answered:
            return False
        tried_alone = len({*state.suspects, *ticket.numbers})
        return tried_alone >= FIRST_FAILURES or (state.in_flight == 1 and state.roster.is_empty)

    def returned_unsent(self, ticket: Ticket) -> None:
        """Takes in that a ticket never left: its numbers wait as they did before."""
        self._feedback.returned_unsent(ticket)

    def had_no_room(self, ticket: Ticket) -> bool:
        """Takes in that this machine had no room for a ticket's connection: it never left.

        No more than what is in flight now will be from here on.

        Returns:
            Whether anything is in flight; else there is no room at all.
        """
        self._feedback.returned_unsent(ticket)
        self.state.most_sockets = max(1, self.state.in_flight)
        return self.state.in_flight > 0

    def lost(self, ticket: Ticket, reason: Reason, now: float) -> None:
        """Takes in that a request left and no usable reply came: it may have been billed."""
        self._feedback.lost(ticket, reason, now)
