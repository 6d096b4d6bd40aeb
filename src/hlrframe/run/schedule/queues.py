"""Lanes: the waiting numbers of one telephone network each, and the roster that says which lane may send next.

The provider throttles by telephone network, so each has its own queue, its own window and its own pauses. A number
that waits, for whatever reason, holds no slot that another lane could use.
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from hlrframe.run.schedule.limits import Window

__all__ = ["FRESH", "Attempt", "Lane", "Roster", "Ticket", "pause_after"]


class Attempt(NamedTuple):
    """What numbers must have in common to leave in one request."""

    #: How often they were tried before.
    tries: int = 0
    #: How many days ago they may have been billed first: as far back the provider's private cache must be on. 0: never.
    recheck: int = 0


#: Numbers that nobody has asked yet.
FRESH: Final = Attempt()

#: Answers of a lane after which its own latency bounds the time-out.
SAMPLES: Final = 8
#: First and longest pause before a number or a lane is tried again, in seconds.
SHORT_PAUSE: Final = 0.25
LONG_PAUSE: Final = 30.0


def pause_after(times: int) -> float:
    """Gives the longest pause after so many failures in a row; jitter picks below it.

    >>> [pause_after(times) for times in (0, 1, 10)]
    [0.25, 0.5, 30.0]
    """
    return min(LONG_PAUSE, SHORT_PAUSE * 2.0**times)


@dataclass(slots=True)
class Line:
    """Numbers that wait, in order. They stay as they were given until they leave."""

    _count: int = field(init=False, default=0)
    _runs: deque[Sequence[str]] = field(init=False, default_factory=deque)
    # How many of the first run have left, and of how many :meth:`coming` told that they come.
    _left: int = field(init=False, default=0)
    _told: int = field(init=False, default=0)

    def put(self, numbers: Sequence[str]) -> None:
        """Adds numbers at the end."""
        if numbers:
            self._runs.append(numbers)
            self._count += len(numbers)

    @property
    def first(self) -> str:
        """The number that leaves next."""
        return self._runs[0][self._left]

    def take(self, size: int) -> list[str]:
        """Takes up to ``size`` numbers out."""
        taken: list[str] = []
        while self._runs and len(taken) < size:
            piece = self._runs[0][self._left : self._left + size - len(taken)]
            taken += piece
            self._left += len(piece)
            if self._left == len(self._runs[0]):
                self._runs.popleft()
                self._left = 0
        self._count -= len(taken)
        self._told = max(0, self._told - len(taken))
        return taken

    def coming(self, share: int) -> list[str]:
        """Gives what comes within the next ``share`` numbers and was not told before, once half of these have left."""
        return [] if 2 * self._told > share else self._peek(share)

    def _peek(self, share: int) -> list[str]:
        found, start = list[str](), self._left + self._told
        for run in self._runs:
            found += run[start : start + share - self._told - len(found)]
            start = max(0, start - len(run))
            if self._told + len(found) >= share:
                break
        self._told += len(found)
        return found

    def __len__(self) -> int:
        """Counts what waits."""
        return self._count

    def __iter__(self) -> Iterator[str]:
        """Gives all that wait."""
        left = self._left
        for run in self._runs:
            yield from run[left:]
            left = 0


@dataclass(slots=True, eq=False)
class Lane:
    """The numbers of one network: what waits, what is in flight, what was learnt."""

    #: Name of the predicted network.
    key: str
    window: Window
    waiting: dict[Attempt, Line] = field(default_factory=dict)
    #: How many numbers wait.
    count: int = 0
    #: Requests in flight.
    requests: int = 0
    #: Not to be sent to before this time, and since when.
    parked_until: float = -math.inf
    parked_at: float = -math.inf
    #: Parkings since the last answer; each doubles the next.
    streak: int = 0
    #: Whether its numbers must not share a request with another lane's.
    alone: bool = False
    refused_at: float = -math.inf
    #: Whether the roster has it among those that may send.
    listed: bool = False
    #: The attempt whose turn it is, where somebody has chosen.
    leads: Attempt | None = None
    # What the report tells.
    sent: int = 0
    refusals: int = 0
    replies: int = 0
    latency: float = 0.0
    deviation: float = 0.0

    def put(self, numbers: Sequence[str], attempt: Attempt) -> None:
        """Adds numbers that wait."""
        self.waiting.setdefault(attempt, Line()).put(numbers)
        self.count += len(numbers)

    @property
    def attempt(self) -> Attempt:
        """The attempt that leaves next: the most tried first, so that nothing is left behind."""
        return self.leads if self.leads in self.waiting else max(self.waiting)

    @property
    def first(self) -> str:
        """The number that leaves next."""
        return self.waiting[self.attempt].first

    def lead(self, attempt: Attempt, place: int) -> None:
        """Has one of the numbers that wait leave next, given by its attempt and its place there."""
        line = self.waiting[attempt]
        line.put(line.take(place))
        self.leads = attempt

    def take(self, size: int) -> list[str]:
        """Takes up to ``size`` numbers of the next attempt out."""
        attempt, self.leads = self.attempt, None
        line = self.waiting[attempt]
        taken = line.take(size)
        self.count -= len(taken)
        if not len(line):
            del self.waiting[attempt]
        return taken

    def coming(self, share: int) -> list[str]:
        """Gives what will leave next of what was never sent in this run, each number once; see :class:`Line`."""
        return self.waiting[self.attempt].coming(share) if self.waiting and not self.attempt.tries else []

    def is_spent(self, attempt: Attempt) -> bool:
        """Whether a request of this attempt took all there was, and may take other lanes' numbers along."""
        return attempt == FRESH and not self.waiting and not self.alone and not self.refusals

    def fits_beside(self, other: "Lane", room: int) -> bool:
        """Whether all that waits here may join a request of another lane, and will not slow it down."""
        healthy = not self.alone and not self.refusals
        silent = self.requests > 0 and not self.replies
        alike = not silent and self.latency <= max(1.0, 2 * other.latency)
        return healthy and alike and 0 < self.count <= room and self.waiting.keys() == {FRESH}

    def park(self, pause: float, *, sent_at: float, now: float, at_least: float = 0.0) -> None:
        """Leaves the lane alone for a while; a refusal that left before the last parking is the same event."""
        if sent_at > self.parked_at:
            self.streak += 1
            self.parked_at = now
            self.parked_until = now + pause
        self.parked_until = max(self.parked_until, now + at_least)

    def answered(self, seconds: float) -> None:
        """Learns the latency, as TCP learns its round trip."""
        self.streak = 0
        self.replies += 1
        if self.replies == 1:
            self.latency, self.deviation = seconds, seconds / 2
            return
        self.deviation += (abs(seconds - self.latency) - self.deviation) / 4
        self.latency += (seconds - self.latency) / 8

    def patience(self, longest: float) -> float:
        """Gives how long to wait for a reply: less where they come fast, never under a third, since giving up costs."""
        if self.replies < SAMPLES:
            return longest
        return min(longest, max(longest / 3, self.latency + 8 * self.deviation + 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """One request to be sent."""

    serial: int
    #: Distinct numbers, at most 80.
    numbers: tuple[str, ...]
    #: The lanes they come from, with how many each gave, in the order of the numbers.
    shares: tuple[tuple[Lane, int], ...]
    attempt: Attempt
    #: Milli-credits set aside.
    reserved: int
    #: When it left, and after how many seconds it counts as lost.
    sent_at: float
    timeout: float
    #: What the windows handed out for it: the whole's, then each lane's.
    marks: tuple[int, ...]

    def by_lane(self, numbers: Sequence[str]) -> Iterator[tuple[Lane, list[str]]]:
        """Sorts some of the ticket's numbers back into their lanes."""
        if len(self.shares) == 1:
            yield self.shares[0][0], list(numbers)
            return
        wanted = set(numbers)
        each = iter(self.numbers)
        for lane, count in self.shares:
            share = [number for number in itertools.islice(each, count) if number in wanted]
            if share:
                yield lane, share


# Many methods: all ways in and out of one set of lanes, whose heaps and counts must agree after each of them.
class Roster:
    """All lanes, and which of them may send next: the one with the fewest requests in flight."""

    def __init__(self) -> None:
        self.lanes: dict[str, Lane] = {}
        self._serial = itertools.count()
        self._ready: list[tuple[int, int, Lane]] = []
        self._parked: list[tuple[float, int, Lane]] = []
        self._delayed: list[tuple[float, int, Lane, list[str], Attempt]] = []
        self._aside: dict[str, Lane] = {}

    def lane(self, key: str, *, most: float) -> Lane:
        """Gives the lane of this name, new or known."""
        if key not in self.lanes:
            self.lanes[key] = Lane(key, Window(most=most))
        return self.lanes[key]

    def put(self, lane: Lane, numbers: Sequence[str], attempt: Attempt) -> None:
        """Adds numbers that may be sent as soon as their lane may."""
        lane.put(numbers, attempt)
        if self._aside.pop(lane.key, None):  # for these there may be money
            lane.listed = False
        self.enlist(lane)

    def put_later(self, at: float, lane: Lane, numbers: list[str], attempt: Attempt) -> None:
        """Adds numbers that may be sent from a time on."""
        heapq.heappush(self._delayed, (at, next(self._serial), lane, numbers, attempt))

    def enlist(self, lane: Lane) -> None:
        """Puts a lane among those that may send, if it has something to send and is not set aside."""
        if not lane.listed and lane.waiting:
            lane.listed = True
            heapq.heappush(self._ready, (lane.requests, next(self._serial), lane))

    def wake(self, now: float) -> None:
        """Lists what may be sent from this time on."""
        while self._parked and self._parked[0][0] <= now:
            lane = heapq.heappop(self._parked)[2]
            lane.listed = False
            self.enlist(lane)
        while self._delayed and self._delayed[0][0] <= now:
            _, _, lane, numbers, attempt = heapq.heappop(self._delayed)
            self.put(lane, numbers, attempt)

    def pop(self, now: float) -> Lane | None:
        """Takes the lane out that should send next; ``None`` where none may."""
        while self._ready:
            requests, _, lane = heapq.heappop(self._ready)
            if requests < lane.requests:  # it has sent since it was listed: the others first
                heapq.heappush(self._ready, (lane.requests, next(self._serial), lane))
            elif lane.parked_until > now:
                heapq.heappush(self._parked, (lane.parked_until, next(self._serial), lane))
            elif not lane.waiting:
                lane.listed = False
            else:
                lane.listed = False
                return lane
        return None

    def pop_all(self, now: float) -> list[Lane]:
        """Takes all lanes out that may send."""
        return list(iter(partial(self.pop, now), None))

    def companions(self, lane: Lane, room: int, now: float) -> Iterator[tuple[Lane, list[str]]]:
        """Takes all out of small lanes that may share a request with this one, until it is full."""
        while room > 0 and (other := self.pop(now)) is not None:
            if not other.fits_beside(lane, room):
                self.enlist(other)
                return
            joined = other.take(room)
            room -= len(joined)
            yield other, joined

    def set_aside(self, lane: Lane) -> None:
        """Leaves a lane out until something lands: there is no money for it now."""
        lane.listed = True
        self._aside[lane.key] = lane

    def take_back(self) -> None:
        """Lists again what was set aside."""
        aside, self._aside = self._aside, {}
        for lane in aside.values():
            lane.listed = False
            self.enlist(lane)

    @property
    def ready(self) -> int:
        """How many lanes may send."""
        return len(self._ready)

    @property
    def is_stuck(self) -> bool:
        """Whether nothing will ever be sent unless something lands: all that waits is set aside."""
        return bool(self._aside) and not (self._ready or self._parked or self._delayed)

    @property
    def is_empty(self) -> bool:
        """Whether no number waits."""
        return not (self._ready or self._parked or self._delayed or self._aside)

    @property
    def next_time(self) -> float:
        """When the next lane or number wakes; infinity where none sleeps."""
        return min((heap[0][0] for heap in (self._parked, self._delayed) if heap), default=math.inf)

    def leftover(self) -> Iterable[str]:
        """Gives every number that waits."""
        for lane in self.lanes.values():
            for line in lane.waiting.values():
                yield from line
        for delayed in self._delayed:
            yield from delayed[3]
