"""The scheduler, as a state machine: what to send next, when to wait, what to make of a reply.

No I/O, no clock, no asyncio: the time is an argument and randomness is handed in. A driver asks :meth:`Plan.step` for
the next thing to do and tells the plan what became of each ticket through :meth:`Plan.landed`, :meth:`Plan.refused`
or :meth:`Plan.lost`. This module alone owns retries; nothing above or below it sends anything twice.

A *lane* holds the numbers of one telephone network, because that is what the provider throttles. A *ticket* is one
request: numbers of one lane (or of several very small ones) that leave together. A number that waits holds no slot.
"""

import heapq
import itertools
import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from hlrframe.budget import Ledger
from hlrframe.limits import Circuit, Meter, Window
from hlrframe.models import DEFAULT_TIMEOUT, MAX_BATCH, Reason, Settings
from hlrframe.tariff import Tariff, milli_of
from hlrframe.wire import Answer, Result, trouble_of

__all__ = ["Done", "Lane", "Plan", "Send", "Ticket", "Wait"]

#: Tries that a number gets before it counts as failed; being throttled is no try.
MAX_TRIES: Final = 10
#: Longest pause before a number is tried again, and the pause that doubles up to it, in seconds.
LONG_PAUSE: Final = 30.0
SHORT_PAUSE: Final = 0.25
#: A run starts with twice the request limit in numbers and doubles that with each of these seconds: a refusal
#: is back before much has left, and the whole allowance is in use after 60 ms.
RAMP: Final = 0.01
#: Answers of a lane after which its own latency bounds the time-out.
SAMPLES: Final = 8


@dataclass(slots=True, eq=False)
class Lane:
    """The numbers of one network: what waits, what is in flight, what was learnt."""

    key: str
    window: Window
    #: Waiting numbers, by how often they were tried and whether they may have been billed before.
    waiting: dict[tuple[int, bool], deque[str]] = field(default_factory=dict)
    #: Requests in flight.
    requests: int = 0
    #: Not to be sent to before this time.
    parked_until: float = -math.inf
    parked_at: float = -math.inf
    #: Parkings since the last answer; each doubles the next.
    streak: int = 0
    #: Whether its numbers must not share a request with another lane's.
    alone: bool = False
    #: Whether the lane stands in the queue of lanes that may send.
    listed: bool = False
    refused_at: float = -math.inf
    # What the report tells.
    sent: int = 0
    refusals: int = 0
    replies: int = 0
    latency: float = 0.0
    deviation: float = 0.0

    def put(self, numbers: Iterable[str], *, tries: int = 0, recheck: bool = False) -> None:
        """Adds numbers that wait."""
        self.waiting.setdefault((tries, recheck), deque()).extend(numbers)

    def take(self, size: int) -> tuple[list[str], int, bool]:
        """Takes up to ``size`` numbers of one kind out: the most tried first, so that nothing is left behind."""
        kind = max(self.waiting)
        queue = self.waiting[kind]
        taken = [queue.popleft() for _ in range(min(size, len(queue)))]
        if not queue:
            del self.waiting[kind]
        return taken, *kind

    @property
    def count(self) -> int:
        """Numbers that wait."""
        return sum(map(len, self.waiting.values()))

    def answered(self, seconds: float) -> None:
        """Learns the latency, as TCP learns its round trip."""
        self.streak = 0
        self.replies += 1
        if self.replies == 1:
            self.latency, self.deviation = seconds, seconds / 2
            return
        self.deviation += (abs(seconds - self.latency) - self.deviation) / 4
        self.latency += (seconds - self.latency) / 8


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """One request to be sent."""

    serial: int
    #: The numbers, distinct, at most 80.
    numbers: tuple[str, ...]
    #: The lanes they come from, with how many each gave, in the order of the numbers.
    shares: tuple[tuple[Lane, int], ...]
    #: How often these numbers were tried before.
    tries: int
    #: Whether they may have been billed before: the provider's private cache must be on.
    recheck: bool
    #: Milli-credits set aside.
    reserved: int
    #: When it left, and after how many seconds it counts as lost.
    sent_at: float
    timeout: float
    #: What the windows handed out for it: the whole's, then each lane's.
    marks: tuple[int, ...]


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


class Plan:
    """Decides, for one run, what is sent when and what becomes of each number.

    Every number that is added ends in exactly one of: an :class:`~hlrframe.wire.Answer` that :meth:`landed` gave,
    :attr:`failed`, or :meth:`unasked`.

    Args:
        settings: Limits and options of the run.
        ledger: The money; reserved from and settled here.
        rng: Source of jitter.
    """

    def __init__(self, settings: Settings, ledger: Ledger, *, rng: Random) -> None:
        self.settings = settings
        self.ledger = ledger
        self.tariff = Tariff(settings)
        self.lanes: dict[str, Lane] = {}
        self.window = Window(most=settings.max_requests * settings.batch_size)
        self.meter = Meter(settings.max_per_second)
        self.circuit = Circuit(rng)
        #: Numbers that were asked and got no usable answer, with the last reason.
        self.failed: dict[str, Reason] = {}
        #: Milli-credits charged for numbers without a usable answer.
        self.charged_in_vain: Counter[str] = Counter()
        #: Worst case in milli-credits of numbers whose reply was lost and of which nothing is proved.
        self.doubts: Counter[str] = Counter()
        #: Why the plan sends nothing more, if it does not.
        self.halted: Reason | None = None
        self.answered = 0
        self.refusals = 0
        self.requests = 0
        self.in_flight = 0
        self._rng = rng
        self._serial = itertools.count()
        self._ready: list[tuple[int, int, Lane]] = []
        self._asleep: list[tuple[float, int, Lane]] = []
        self._delayed: list[tuple[float, int, Lane, list[str], int, bool]] = []
        self._unaffordable: list[Lane] = []
        # The last trouble of each number that was asked in vain and is not given up.
        self._trouble: dict[str, Reason] = {}
        self._waiting = 0
        self._started = math.nan

    # -- what comes in ------------------------------------------------------------------------------------------

    def add(self, lane: str, numbers: Sequence[str], *, recheck: bool = False) -> None:
        """Adds distinct numbers of one network.

        Args:
            lane: Name of the predicted network.
            numbers: E.164 digits, none of them added before.
            recheck: Whether an earlier run may have been billed for them without seeing the answer.
        """
        if numbers:
            found = self.lanes.get(lane)
            if found is None:
                found = self.lanes[lane] = Lane(lane, Window(most=self.window.most))
            self._put(found, numbers, tries=0, recheck=recheck)

    def halt(self, reason: Reason) -> None:
        """Sends nothing more; what is in flight still lands. The first reason stands."""
        self.halted = self.halted or reason

    # -- what goes out ------------------------------------------------------------------------------------------

    def step(self, now: float) -> Send | Wait | Done:
        """Gives the next thing to do at this time (seconds of any monotonic clock)."""
        self._begin(now)
        if self.halted is None:
            self._wake(now)
            ticket = self._next_ticket(now)
            if ticket is not None:
                return Send(ticket)
        if self.in_flight:
            return Wait(self._next_event(now) if self.halted is None else None)
        if self.halted is None and self._unaffordable and not self._delayed and not self._asleep:
            self.halt(Reason.BUDGET)
        if self.halted is not None or not (self._waiting or self._delayed):
            return Done()
        return Wait(self._next_event(now))

    def unasked(self) -> list[str]:
        """Gives every number that was never asked, once the plan is done.

        A number that was asked and waited for another try is no such number: it moves to :attr:`failed`.
        """
        waiting = [number for lane in self.lanes.values() for queue in lane.waiting.values() for number in queue]
        delayed = [number for each in self._delayed for number in each[3]]
        rest = waiting + delayed
        self.failed.update((number, self._trouble[number]) for number in rest if number in self._trouble)
        return [number for number in rest if number not in self._trouble]

    def _begin(self, now: float) -> None:
        self.circuit.begin(now)
        if math.isnan(self._started):
            self._started = now
        if self.halted is None and self.circuit.is_hopeless(now):
            self.halt(Reason.THROTTLED if self.circuit.throttled else Reason.UNAVAILABLE)

    def _wake(self, now: float) -> None:
        while self._asleep and self._asleep[0][0] <= now:
            self._list(heapq.heappop(self._asleep)[2])
        while self._delayed and self._delayed[0][0] <= now:
            _, _, lane, numbers, tries, recheck = heapq.heappop(self._delayed)
            self._put(lane, numbers, tries=tries, recheck=recheck)

    def _put(self, lane: Lane, numbers: Sequence[str], *, tries: int, recheck: bool) -> None:
        lane.put(numbers, tries=tries, recheck=recheck)
        self._waiting += len(numbers)
        self._list(lane)

    def _list(self, lane: Lane) -> None:
        """Puts a lane into the queue of lanes that may send, those with the fewest requests in flight first."""
        if not lane.listed and lane.waiting and lane not in self._unaffordable:
            lane.listed = True
            heapq.heappush(self._ready, (lane.requests, next(self._serial), lane))

    def _next_ticket(self, now: float) -> Ticket | None:
        room, metered = self._room(now), self.meter.room(now)
        while self._ready and room > 0 and metered > 0:
            requests, serial, lane = heapq.heappop(self._ready)
            if requests < lane.requests:  # it has sent since it was listed: let the others go first
                heapq.heappush(self._ready, (lane.requests, next(self._serial), lane))
                continue
            lane.listed = False
            if lane.parked_until > now:
                heapq.heappush(self._asleep, (lane.parked_until, next(self._serial), lane))
                continue
            size = min(self._batch(lane), lane.count)
            if lane.window.room < size:
                continue  # listed again when one of its requests lands
            if room < size:
                lane.listed = True
                heapq.heappush(self._ready, (requests, serial, lane))
                return None
            size = min(size, metered, self.ledger.room(self.tariff.worst(lane.waiting[max(lane.waiting)][0])))
            if size == 0:
                self._unaffordable.append(lane)
                continue
            return self._ticket(lane, size, now)
        return None

    def _room(self, now: float) -> int:
        """Numbers that the run as a whole may send now."""
        if self.in_flight >= self.settings.max_requests:
            return 0
        if self.circuit.is_open:
            return 1 if not self.in_flight and now >= self.circuit.retry_at else 0
        return min(self.window.room, self._ramp(now) - self.window.in_flight)

    def _ramp(self, now: float) -> int:
        doublings = min(20, int((now - self._started) / RAMP))
        return int(2 * self.settings.max_requests) << doublings

    def _batch(self, lane: Lane) -> int:
        """How many numbers a request of this lane carries: few where little may be in flight, so that many fly."""
        if self.circuit.is_open:
            return 1
        size = min(MAX_BATCH, self.settings.batch_size)
        if self.settings.max_per_second is not None:
            size = min(size, max(1, int(self.settings.max_per_second / 10)))
        if self.window.is_learnt:
            size = min(size, math.ceil(self.window.limit / self.settings.max_requests))
        if lane.window.is_learnt:
            share = max(8, self.settings.max_requests // max(1, len(self.lanes)))
            size = min(size, math.ceil(lane.window.limit / share))
        return max(1, size)

    def _ticket(self, lane: Lane, size: int, now: float) -> Ticket:
        numbers, tries, recheck = lane.take(size)
        shares = [(lane, len(numbers))]
        reserved = sum(map(self.tariff.worst, numbers))
        self._list(lane)
        self.ledger.reserve(reserved)
        self.meter.count(len(numbers), now)
        marks = [self.window.sent(len(numbers))]
        for each, count in shares:
            marks.append(each.window.sent(count))
            each.requests += 1
            each.sent += 1
        self._waiting -= len(numbers)
        self.in_flight += 1
        self.requests += 1
        return Ticket(
            serial=next(self._serial),
            numbers=tuple(numbers),
            shares=tuple(shares),
            tries=tries,
            recheck=recheck,
            reserved=reserved,
            sent_at=now,
            timeout=self._timeout(lane),
            marks=tuple(marks),
        )

    def _timeout(self, lane: Lane) -> float:
        """A lane that answers fast need not be waited for as long; never under a third, since giving up costs."""
        longest = self.settings.timeout or DEFAULT_TIMEOUT
        if lane.replies < SAMPLES:
            return longest
        return min(longest, max(longest / 3, lane.latency + 8 * lane.deviation + 1.0))

    def _next_event(self, now: float) -> float | None:
        times = [heap[0][0] for heap in (self._asleep, self._delayed) if heap]
        if self._ready:
            if self.circuit.is_open:
                times.append(self.circuit.retry_at)
            if self.meter.room(now) <= 0:
                times.append(self.meter.opens_at(now))
            ramp = self._ramp(now)
            if ramp < self.window.limit and ramp - self.window.in_flight < MAX_BATCH:
                times.append(now + RAMP)
        later = [time for time in times if time > now]
        return min(later) if later else None

    # -- what became of a ticket --------------------------------------------------------------------------------

    def landed(self, ticket: Ticket, results: Sequence[Result | None], now: float) -> list[Answer]:
        """Takes a reply in, and gives the usable answers with what they cost.

        Args:
            ticket: What was sent.
            results: For each number of the ticket, in order, its result or ``None``.
            now: When the reply came.
        """
        self._land(ticket)
        answers: list[Answer] = []
        troubles: dict[Reason, list[str]] = {}
        spent = doubtful = 0
        for number, result in zip(ticket.numbers, results, strict=True):
            trouble = trouble_of(result)
            milli = self._charged(number, result, trouble)
            spent += milli
            if trouble is None:
                assert result is not None  # noqa: S101  # trouble_of says so
                answers.append(Answer(number, result, milli + self._settle_doubt(number, result, milli)))
            else:
                troubles.setdefault(trouble, []).append(number)
                doubtful += self._doubt(number, trouble)
                self.charged_in_vain[number] += milli
        self.ledger.settle(ticket.reserved - doubtful, spent=spent)
        self.ledger.doubt(doubtful)
        self.answered += len(answers)
        self._learn_from_reply(ticket, len(answers), now)
        for trouble, numbers in troubles.items():
            self._again(ticket, numbers, trouble, now)
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
            self._again(ticket, ticket.numbers, reason, now, at_least=retry_after or 0.0)
            return
        self.circuit.refused()
        self._blame(ticket, now)
        for lane, numbers in self._by_lane(ticket, ticket.numbers):
            lane.alone = lane.alone or len(ticket.shares) > 1
            self._park(lane, ticket, now, at_least=retry_after or 0.0)
            self._put(lane, numbers, tries=ticket.tries, recheck=ticket.recheck)

    def lost(self, ticket: Ticket, reason: Reason, now: float) -> None:
        """Takes in that a request left and no usable reply came: it may have been billed."""
        self._land(ticket)
        for number in ticket.numbers:
            self.doubts[number] += self.tariff.worst(number)
        self.ledger.doubt(ticket.reserved)
        self.circuit.failed(now)
        self._again(ticket, ticket.numbers, reason, now)

    def _land(self, ticket: Ticket) -> None:
        self.in_flight -= 1
        self.window.landed(len(ticket.numbers))
        for lane, count in ticket.shares:
            lane.window.landed(count)
            lane.requests -= 1
            self._list(lane)
        unaffordable, self._unaffordable = self._unaffordable, []
        for lane in unaffordable:
            self._list(lane)

    def _charged(self, number: str, result: Result | None, trouble: Reason | None) -> int:
        if result is None or (result.credits_spent is None and trouble is not None):
            return 0
        if result.credits_spent is None:
            return self.tariff.fresh(number, result)
        return milli_of(result.credits_spent)

    def _doubt(self, number: str, trouble: Reason) -> int:
        """Keeps the worst case of a number of which the reply says nothing."""
        if trouble not in (Reason.MISSING_REPLY, Reason.UNREADABLE_REPLY):
            return 0
        worst = self.tariff.worst(number)
        self.doubts[number] += worst
        return worst

    def _settle_doubt(self, number: str, result: Result, milli: int) -> int:
        """Gives what a lost reply is now known to have cost.

        Answered cheaper than the network would be, the number came out of the provider's private cache: the lost
        request put it there and was charged. Where the run accepts older cached answers anyway, that proves nothing.
        """
        if number not in self.doubts or self.settings.provider_cache_days:
            return 0
        fresh, recalled = self.tariff.fresh(number, result), self.tariff.recalled(result)
        if milli > recalled and fresh > recalled:
            return 0  # charged again, or never charged before: it stays in doubt
        booked = fresh - recalled if milli <= recalled < fresh else 0
        self.ledger.resolve(self.doubts.pop(number), spent=booked)
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
            self._list(lane)
        self.window.healthy(len(ticket.numbers), now=now, round_trip=seconds)

    def _again(
        self, ticket: Ticket, numbers: Sequence[str], reason: Reason, now: float, *, at_least: float = 0.0
    ) -> None:
        """Has numbers tried again after a jittered pause, or gives them up."""
        if reason is Reason.INSUFFICIENT_CREDIT:
            self.halt(reason)
            for lane, share in self._by_lane(ticket, numbers):
                self._put(lane, share, tries=ticket.tries, recheck=ticket.recheck)
            return
        self._trouble.update(dict.fromkeys(numbers, reason))
        tries = ticket.tries + 1
        if tries >= MAX_TRIES:
            self._give_up(numbers, reason)
            return
        recheck = ticket.recheck or reason not in (Reason.UNAVAILABLE, Reason.INTERNAL_ERROR)
        longest = min(LONG_PAUSE, SHORT_PAUSE * 2**ticket.tries)
        at = now + max(at_least, self._rng.uniform(0.0, longest))
        for lane, share in self._by_lane(ticket, numbers):
            heapq.heappush(self._delayed, (at, next(self._serial), lane, share, tries, recheck))

    def _give_up(self, numbers: Sequence[str], reason: Reason) -> None:
        self.failed.update(dict.fromkeys(numbers, reason))
        if self.settings.max_errors is not None and len(self.failed) >= self.settings.max_errors:
            self.halt(Reason.STOPPED)
        if self.circuit.streak >= MAX_TRIES:  # not one success since: this is no matter of these numbers
            self.halt(Reason.UNAVAILABLE)

    def _by_lane(self, ticket: Ticket, numbers: Sequence[str]) -> Iterator[tuple[Lane, list[str]]]:
        if len(ticket.shares) == 1:
            yield ticket.shares[0][0], list(numbers)
            return
        wanted = set(numbers)
        each = iter(ticket.numbers)
        for lane, count in ticket.shares:
            share = [number for number in itertools.islice(each, count) if number in wanted]
            if share:
                yield lane, share

    def _blame(self, ticket: Ticket, now: float) -> None:
        """Decides whether a refusal is about one network or about everything, and cuts that window."""
        size = len(ticket.numbers)
        lanes = [lane for lane, _ in ticket.shares]
        horizon = now - max(0.05, lanes[0].latency)
        for lane in lanes:
            lane.refused_at = now
            lane.refusals += 1
        busy = [lane for lane in self.lanes.values() if lane.requests or lane.refused_at >= horizon]
        blamed = [lane for lane in busy if lane.refused_at >= horizon]
        near_ceiling = self.window.is_learnt and self.window.in_flight + size >= 0.9 * self.window.limit
        if near_ceiling or (len(blamed) > 1 and 2 * len(blamed) >= len(busy)):
            self.window.refused(size, ticket.marks[0], sent_at=ticket.sent_at, now=now)
            for lane in blamed:
                lane.window.forgive()
            return
        for (lane, count), mark in zip(ticket.shares, ticket.marks[1:], strict=True):
            lane.window.refused(count, mark, sent_at=ticket.sent_at, now=now)

    def _park(self, lane: Lane, ticket: Ticket, now: float, *, at_least: float) -> None:
        """Leaves a lane alone for a while: full jitter, doubling while nothing gets through."""
        if ticket.sent_at > lane.parked_at:  # else it left before the lane was parked: the same event
            longest = min(LONG_PAUSE, SHORT_PAUSE * 2**lane.streak)
            lane.streak += 1
            lane.parked_at = now
            lane.parked_until = now + self._rng.uniform(0.0, longest)
        lane.parked_until = max(lane.parked_until, now + at_least)
