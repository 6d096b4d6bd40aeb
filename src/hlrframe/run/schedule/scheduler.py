"""The scheduler, as a state machine: what to send next, when to wait, what to make of a reply.

No I/O, no clock, no asyncio: the time is an argument and randomness is handed in. A driver asks
:meth:`Scheduler.step` for the next thing to do and tells the plan what became of each ticket through
:meth:`Scheduler.landed`, :meth:`Scheduler.refused` or :meth:`Scheduler.lost`. This module alone owns retries; nothing
above or below it sends anything twice.

A *lane* holds the numbers of one telephone network, because that is what the provider throttles. A *ticket* is one
request: numbers of one lane (or of several very small ones) that leave together. A number that waits holds no slot.
"""

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from hlrframe.model import DEFAULT_TIMEOUT, Reason, Settings
from hlrframe.provider import Answer, Failure, Pricing, Result, failure_of
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.limits import DOUBLING, Circuit, Meter, Ramp, Window
from hlrframe.run.schedule.queues import Kind, Lane, Roster, Ticket, pause_after

__all__ = ["Done", "Scheduler", "Send", "Wait"]

#: Tries that a number gets before it counts as failed; being throttled is no try.
MAX_TRIES: Final = 10
#: Requests that a lane with a learnt window should have in flight at least, so that its slots turn over.
FEW: Final = 8
#: Troubles with a reply that leave open whether the number was billed.
_SAYS_NOTHING: Final = (Reason.MISSING_REPLY, Reason.UNREADABLE_REPLY)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this ticket now."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be sent before this time, or before something lands where it is ``None``."""

    until: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """Every number has its outcome, or the run was halted and nothing is in flight any more."""


class Scheduler:
    """Decides, for one run, what is sent when and what becomes of each number.

    Every number that is added ends in exactly one of: an :class:`~hlrframe.provider.wire.Answer` that :meth:`landed`
    gave, :attr:`failed`, or :meth:`unasked`.

    Args:
        settings: Limits and options of the run.
        ledger: The money; reserved from and settled here.
        rng: Source of jitter.
    """

    def __init__(self, settings: Settings, ledger: Ledger, *, rng: Random) -> None:
        self.settings = settings
        self.ledger = ledger
        self.pricing = Pricing(settings)
        self.window = Window(most=settings.max_requests * settings.batch_size)
        self.ramp = Ramp(first=2 * settings.max_requests)
        self.meter = Meter(settings.max_per_second)
        self.circuit = Circuit(rng)
        #: Numbers that were asked and got no usable answer, with the last failure.
        self.failed: dict[str, Failure] = {}
        #: Milli-credits charged for numbers without a usable answer.
        self.charged_in_vain: Counter[str] = Counter()
        #: Why the plan sends nothing more, if it does not.
        self.halted: Reason | None = None
        self.answered = 0
        self.refusals = 0
        self.requests = 0
        self.in_flight = 0
        self._rng = rng
        self._serial = itertools.count()
        self._roster = Roster()
        # The last failure of each number that was asked in vain and is not given up.
        self._last_failure: dict[str, Failure] = {}

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes, with what was learnt of each."""
        return list(self._roster.lanes.values())

    # What comes in

    def add(self, lane: str, numbers: Sequence[str], *, recheck: int = 0) -> None:
        """Adds distinct numbers of one network.

        Args:
            lane: Name of the predicted network.
            numbers: E.164 digits, none of them added before.
            recheck: How many days ago an earlier run may have been billed for them without seeing the answer; 0 for
                never.
        """
        if numbers:
            self._roster.put(self._roster.lane(lane, most=self.window.most), numbers, Kind(0, recheck=recheck))

    def resume(self, now: float) -> None:
        """Goes on after a while in which there was nothing to ask: that was no silence of the provider."""
        self.circuit.resume(now)

    def halt(self, reason: Reason) -> None:
        """Sends nothing more; what is in flight still lands. The first reason stands."""
        self.halted = self.halted or reason

    # What goes out

    def step(self, now: float) -> Send | Wait | Done:
        """Gives the next thing to do at this time (seconds of any monotonic clock)."""
        self._begin(now)
        if self.halted is None:
            self._roster.wake(now)
            ticket = self._next_ticket(now)
            if ticket is not None:
                return Send(ticket)
            if not self.in_flight and self._roster.is_stuck:
                self.halt(Reason.BUDGET)
        if self.in_flight:
            return Wait(self._next_event(now) if self.halted is None else None)
        if self.halted is not None or self._roster.is_empty:
            return Done()
        return Wait(self._next_event(now))

    def unasked(self) -> list[str]:
        """Gives every number that was never asked, once the plan is done.

        A number that was asked and waited for another try is no such number: it moves to :attr:`failed`.
        """
        rest = list(self._roster.leftover())
        self.failed.update((number, self._last_failure[number]) for number in rest if number in self._last_failure)
        return [number for number in rest if number not in self._last_failure]

    def _begin(self, now: float) -> None:
        self.circuit.begin(now)
        if self.halted is None and self.circuit.is_hopeless(now):
            self.halt(Reason.THROTTLED if self.circuit.throttled else Reason.UNAVAILABLE)

    def _next_ticket(self, now: float) -> Ticket | None:
        room, metered = self._room(now), self.meter.room(now)
        if room <= 0 or metered <= 0:
            return None
        while (lane := self._roster.pop(now)) is not None:
            size = min(self._batch(lane), lane.count)
            if lane.window.room < size:
                continue  # listed again when one of its requests lands
            if room < size:
                self._roster.enlist(lane)
                return None
            size = min(size, metered, self.ledger.room(self.pricing.worst(lane.first)))  # one price a lane
            if size:
                return self._ticket(lane, size, now)
            self._roster.set_aside(lane)  # no money
        return None

    def _room(self, now: float) -> int:
        """Numbers that the run as a whole may send now."""
        if self.in_flight >= self.settings.max_requests:
            return 0
        if self.circuit.is_open:
            return 1 if not self.in_flight and now >= self.circuit.retry_at else 0
        return min(self.window.room, self.ramp.limit(now) - self.window.in_flight)

    def _batch(self, lane: Lane) -> int:
        """How many numbers a request of this lane carries: few where little may be in flight, so that many fly."""
        if self.circuit.is_open:
            return 1
        size = self.settings.batch_size
        if self.settings.max_per_second is not None:
            size = min(size, max(1, int(self.settings.max_per_second / 10)))
        if self.window.is_learnt:
            size = min(size, self.window.slice(self.settings.max_requests))
        if lane.window.is_learnt:
            share = max(FEW, self.settings.max_requests // len(self._roster.lanes))
            size = min(size, lane.window.slice(share))
        return size

    def _ticket(self, lane: Lane, size: int, now: float) -> Ticket:
        kind = lane.kind
        numbers = lane.take(size)
        shares = [(lane, len(numbers))]
        if lane.is_spent(kind) and self._shares(now):
            for companion, joined in self._roster.companions(lane, self.settings.batch_size - size, now):
                numbers += joined
                shares.append((companion, len(joined)))
        self._roster.enlist(lane)
        reserved = self.pricing.worst_of(numbers)
        self.ledger.reserve(reserved)
        self.meter.count(len(numbers), now)
        marks = [self.window.sent(len(numbers))]
        for each, count in shares:
            marks.append(each.window.sent(count))
            each.requests += 1
            each.sent += 1
        self.in_flight += 1
        self.requests += 1
        longest = self.settings.timeout or DEFAULT_TIMEOUT
        timeout = max(each.patience(longest) for each, _ in shares)
        return Ticket(
            next(self._serial), tuple(numbers), tuple(shares), kind, reserved, now, timeout, marks=tuple(marks)
        )

    def _shares(self, now: float) -> bool:
        """Whether very small lanes share requests: there are more lanes than slots, and no limit is felt."""
        limited = self.window.is_learnt or self.meter.rate is not None or self.ledger.limit is not None
        slots = self.settings.max_requests - self.in_flight
        return not limited and self._roster.ready > slots and self._room(now) >= self.settings.batch_size

    def _next_event(self, now: float) -> float | None:
        times = [self._roster.next_time]
        if self._roster.ready:
            times += [self.circuit.retry_at, self.meter.opens_at(now)]
            ramp = self.ramp.limit(now)
            if ramp < self.window.limit and ramp - self.window.in_flight < self.settings.batch_size:
                times.append(now + DOUBLING)
        return min((time for time in times if now < time < math.inf), default=None)

    # What became of a ticket

    def landed(self, ticket: Ticket, results: Sequence[Result | None], now: float) -> list[Answer]:
        """Takes a reply in, and gives the usable answers with what they cost.

        Args:
            ticket: What was sent.
            results: For each number of the ticket, in order, its result or ``None``.
            now: When the reply came.
        """
        self._land(ticket)
        answers: list[Answer] = []
        failures: dict[Failure, list[str]] = {}
        spent = 0
        for number, result in zip(ticket.numbers, results, strict=True):
            failure = failure_of(result)
            milli = self.pricing.charged(result, usable=failure is None)
            spent += milli
            if result is not None and failure is None:
                booked = self._settle_doubt(number, result, milli) if self.ledger.doubts else 0
                answers.append(Answer(number, result, milli + booked))
            elif failure is not None:
                failures.setdefault(failure, []).append(number)
                if milli:
                    self.charged_in_vain[number] += milli
        silent = [numbers for failure, numbers in failures.items() if failure.reason in _SAYS_NOTHING]
        unsaid = list(itertools.chain.from_iterable(silent))
        self._doubt(unsaid)
        self.ledger.settle(ticket.reserved - self.pricing.worst_of(unsaid), spent=spent)
        self.answered += len(answers)
        self._learn_from_reply(ticket, len(answers), now)
        for failure, numbers in failures.items():
            self._again(ticket, numbers, failure, now)
        return answers

    def refused(self, ticket: Ticket, reason: Reason, now: float, *, retry_after: float | None = None) -> None:
        """Takes in that a request was refused and not billed.

        Args:
            ticket: What was sent.
            reason: ``THROTTLED`` for a 429, ``UNAVAILABLE`` for everything else.
            now: When that became known.
            retry_after: Seconds that the provider asked to wait.
        """
        self._land(ticket)
        self.ledger.settle(ticket.reserved, spent=0)
        self.refusals += 1
        if reason is not Reason.THROTTLED:
            self.circuit.failed(now)
            self._again(ticket, ticket.numbers, Failure(reason), now, at_least=retry_after or 0.0)
            return
        self.circuit.refused()
        if retry_after is None and self._excused(ticket, now):
            return
        self._blame(ticket, now)
        for lane, numbers in ticket.by_lane(ticket.numbers):
            lane.alone = lane.alone or len(ticket.shares) > 1
            pause = self._rng.uniform(0.0, pause_after(lane.streak))
            lane.park(pause, sent_at=ticket.sent_at, now=now, at_least=retry_after or 0.0)
            self._roster.put(lane, numbers, ticket.kind)

    def _excused(self, ticket: Ticket, now: float) -> bool:
        """Passes over a refusal that is rare in its lane: only its own numbers wait a little."""
        lane = ticket.shares[0][0]
        if len(ticket.shares) > 1 or not lane.window.excuses():
            return False
        lane.refusals += 1
        at = now + self._rng.uniform(0.0, pause_after(0))
        self._roster.put_later(at, lane, list(ticket.numbers), ticket.kind)
        return True

    def returned_unsent(self, ticket: Ticket) -> None:
        """Takes in that a ticket never left: its numbers wait as they did before."""
        self._land(ticket)
        self.ledger.settle(ticket.reserved, spent=0)
        self.requests -= 1
        for lane, numbers in ticket.by_lane(ticket.numbers):
            lane.sent -= 1
            self._roster.put(lane, numbers, ticket.kind)

    def lost(self, ticket: Ticket, reason: Reason, now: float) -> None:
        """Takes in that a request left and no usable reply came: it may have been billed."""
        self._land(ticket)
        self._doubt(ticket.numbers)
        self.circuit.failed(now)
        self._again(ticket, ticket.numbers, Failure(reason), now)

    def _doubt(self, numbers: Sequence[str]) -> None:
        """Keeps the worst case of numbers that may have been billed and are not answered; free ones cannot."""
        for number in numbers:
            if worst := self.pricing.worst(number):
                self.ledger.doubt(number, worst)

    def _land(self, ticket: Ticket) -> None:
        self.in_flight -= 1
        self.window.landed(len(ticket.numbers))
        for lane, count in ticket.shares:
            lane.window.landed(count)
            lane.requests -= 1
            self._roster.enlist(lane)
        self._roster.take_back()

    def _settle_doubt(self, number: str, result: Result, milli: int) -> int:
        """Gives what a lost reply to the same number is now known to have cost, and books it."""
        doubt = self.ledger.doubts.get(number)
        lost = doubt // self.pricing.worst(number) if doubt else 0
        proof = self.pricing.proved(result, milli, lost=lost) if lost else None
        if proof is None:
            return 0
        booked, left = proof
        self.ledger.resolve(number, spent=booked, left=left)
        return booked

    def _learn_from_reply(self, ticket: Ticket, answers: int, now: float) -> None:
        if not answers:
            self.circuit.failed(now)
            return
        self.circuit.healthy(now)
        seconds = now - ticket.sent_at
        for lane, count in ticket.shares:
            lane.answered(seconds)
            lane.window.healthy(count, now=now, round_trip=lane.latency)
            self._roster.enlist(lane)
        self.window.healthy(len(ticket.numbers), now=now, round_trip=seconds)

    def _again(
        self, ticket: Ticket, numbers: Sequence[str], failure: Failure, now: float, *, at_least: float = 0.0
    ) -> None:
        """Has numbers tried again after a jittered pause, or gives them up."""
        if failure.reason is Reason.INSUFFICIENT_CREDIT:
            self.halt(failure.reason)
            for lane, share in ticket.by_lane(numbers):
                self._roster.put(lane, share, ticket.kind)
            return
        self._last_failure.update(dict.fromkeys(numbers, failure))
        tries = ticket.kind.tries + 1
        if tries >= MAX_TRIES:
            self._give_up(numbers, failure)
            return
        unbilled = failure.reason in (Reason.UNAVAILABLE, Reason.INTERNAL_ERROR)
        recheck = max(ticket.kind.recheck, 0 if unbilled else 1)
        at = now + max(at_least, self._rng.uniform(0.0, pause_after(ticket.kind.tries)))
        for lane, share in ticket.by_lane(numbers):
            self._roster.put_later(at, lane, share, Kind(tries, recheck))

    def _give_up(self, numbers: Sequence[str], failure: Failure) -> None:
        self.failed.update(dict.fromkeys(numbers, failure))
        if self.settings.max_errors is not None and len(self.failed) >= self.settings.max_errors:
            self.halt(Reason.STOPPED)
        if self.circuit.streak >= MAX_TRIES:  # not one success since: this is no matter of these numbers
            self.halt(Reason.UNAVAILABLE)

    def _blame(self, ticket: Ticket, now: float) -> None:
        """Decides whether a refusal is about one network or about everything, and cuts that window."""
        size = len(ticket.numbers)
        lanes = [lane for lane, _ in ticket.shares]
        horizon = now - max(0.05, lanes[0].latency)
        for lane in lanes:
            lane.refused_at = now
            lane.refusals += 1
        busy = [lane for lane in self.lanes if lane.requests or lane.refused_at >= horizon]
        blamed = [lane for lane in busy if lane.refused_at >= horizon]
        near_ceiling = self.window.is_learnt and self.window.in_flight + size >= 0.9 * self.window.limit
        if near_ceiling or (len(blamed) > 1 and 2 * len(blamed) >= len(busy)):
            self.window.refused(size, ticket.marks[0], sent_at=ticket.sent_at, now=now)
            for lane in blamed:
                lane.window.forgive()
            return
        for (lane, count), mark in zip(ticket.shares, ticket.marks[1:], strict=True):
            lane.window.refused(count, mark, sent_at=ticket.sent_at, now=now)
