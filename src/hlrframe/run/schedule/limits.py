"""The limits that a run learns or keeps: a window on what is in flight, a ramp, a meter per second, a circuit.

Pure values: the time is an argument, nothing here waits.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

__all__ = ["FIRST_FAILURES", "Allowance", "Circuit", "FixedAllowance", "Grants", "Meter", "NoGate", "Ramp", "Window"]

#: Shortest and longest rest, in seconds, before the ceiling is tried again.
SHORT_REST: Final = 1.0
LONG_REST: Final = 60.0
#: Share by which a window first tries more than its ceiling; it doubles while that works.
BOLDNESS: Final = 0.05
#: Share of the limit within which the ceiling counts as reached.
NEAR: Final = 0.02
#: Refusals that are put down to chance: one at first, then this share of healthy requests, saved up to so many.
LUCK: Final = 0.04
MOST_LUCK: Final = 5.0
#: Seconds in which a starting run doubles what it has in flight: the whole allowance is in use after 60 ms.
DOUBLING: Final = 0.01
#: Failures in a row, with not one success between, that open the circuit.
THRESHOLD: Final = 10
#: Probes that may fail before the run stops.
PROBES: Final = 6
#: First pause before a probe in seconds; it doubles with each.
PAUSE: Final = 0.5
#: Seconds without one answer, and refusals in them, after which a throttled run stops.
PATIENCE: Final = 300.0
REFUSALS: Final = 50
#: The same where nothing was ever answered, as with a wrong address: failures that open the circuit, as many of them of
#: single numbers that end the run, and seconds.
FIRST_FAILURES: Final = 5
FIRST_PATIENCE: Final = 15.0


class Allowance(Protocol):
    """How many requests a run may have in flight now; asked before each, and free to change as the run goes."""

    @property
    def requests(self) -> int:
        """Most requests in flight; 0 sends nothing until it grows and something else happens."""
        ...


class Grants(Protocol):
    """Where each request is granted before it leaves; shared with other runs, in one atomic step."""

    def take(self) -> bool:
        """Grants one request, or says that none is free now."""
        ...

    def give_back(self) -> None:
        """Gives one back, whatever came of it."""
        ...

    def rest(self) -> None:
        """Says that the run wants none at the moment."""
        ...


class NoGate:
    """Grants everything: nobody shares the provider."""

    def take(self) -> bool:
        """Grants one request."""
        return True

    def give_back(self) -> None:
        """Takes it back."""

    def rest(self) -> None:
        """Needs not be told."""


@dataclass(frozen=True, slots=True)
class FixedAllowance:
    """The same number of requests from beginning to end."""

    requests: int


@dataclass(slots=True)
class Window:
    """How many numbers may be in flight, found by binary search between what was accepted and what was refused.

    A refusal says two things: so many were accepted beside the refused request, and that many more was too much. The
    limit falls to what was accepted, once a round trip, and then climbs half way to the refused level (the *ceiling*)
    with each healthy round trip, at most to its double. Close under the ceiling it rests; now and then it raises the
    ceiling to see whether the provider gives more, ever more boldly while that works and ever more rarely while it
    does not. Where nothing at all was accepted, the limit falls and the ceiling stays: that says only "not now".
    """

    #: The level that is never passed.
    most: float
    #: Numbers in flight now.
    in_flight: int = 0
    #: Numbers ever answered.
    answered: int = 0
    limit: float = field(init=False)
    ceiling: float = field(init=False, default=math.inf)
    _cut_at: float = field(init=False, default=-math.inf)
    _grown_at: float = field(init=False, default=-math.inf)
    _rest: float = field(init=False, default=SHORT_REST)
    _boldness: float = field(init=False, default=BOLDNESS)
    # The level at which the first refusal of the last event came.
    _highest: float = field(init=False, default=2.0)
    _luck: float = field(init=False, default=1.0)
    _before: tuple[float, float] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.limit = self.most

    def allow(self, most: float) -> None:
        """Takes over another level that is never passed; what was learnt below it stands."""
        self.limit = min(self.limit, most) if self.is_learnt else most
        self.most = most

    @property
    def is_learnt(self) -> bool:
        """Whether a refusal ever set the limit."""
        return self.ceiling < math.inf

    @property
    def room(self) -> int:
        """Numbers that may be sent now."""
        return int(self.limit) - self.in_flight

    def slice(self, requests: int) -> int:
        """Gives how many numbers each of so many requests may carry: at least one, and never more than fit."""
        return min(math.ceil(self.limit / requests), int(self.limit))

    def sent(self, size: int) -> int:
        """Counts a request in, and gives the mark to hand back if it is refused."""
        self.in_flight += size
        return self.answered

    def landed(self, size: int) -> None:
        """Counts a request out, whatever came of it."""
        self.in_flight -= size

    def healthy(self, size: int, *, now: float, round_trip: float) -> None:
        """Learns from a request that was answered, after it landed."""
        self.answered += size
        self._luck = min(MOST_LUCK, self._luck + LUCK)
        full = self.in_flight + size >= 0.8 * self.limit
        if not self.is_learnt or not full or now - max(self._grown_at, self._cut_at) < round_trip:
            return
        gap = self.ceiling - self.limit
        if gap > max(1.0, NEAR * self.limit):
            self.limit += max(1.0, min(gap / 2, self.limit))
        elif now - max(self._grown_at, self._cut_at) >= self._rest:
            if self._boldness > BOLDNESS:  # the last try was not refused
                self._rest = max(SHORT_REST, self._rest / 2)
            self.ceiling += max(1.0, self.ceiling * self._boldness)
            self.limit = min(self.limit + max(1.0, self.limit * self._boldness), self.ceiling - 1)
            self._boldness = min(1.0, 2 * self._boldness)
        else:
            return
        self._grown_at = now
        self.limit = min(self.limit, self.most)

    def excuses(self) -> bool:
        """Whether one more refusal is so rare that it says nothing about a limit; each one that is excused counts."""
        if self._luck < 1.0:
            return False
        self._luck -= 1.0
        return True

    def refused(self, size: int, mark: int, *, sent_at: float, now: float) -> None:
        """Learns from a request that was refused, after it landed.

        Args:
            size: Numbers in the refused request.
            mark: What :meth:`sent` gave for it.
            sent_at: When it was sent: requests sent before the last cut belong to the same event.
            now: When the refusal came.
        """
        accepted = self.in_flight + self.answered - mark
        if sent_at > self._cut_at:
            self._before = (self.limit, self.ceiling)
            tried_too_much = self.is_learnt and accepted > 0
            self._rest = min(LONG_REST, 2 * self._rest) if tried_too_much else SHORT_REST
            self._boldness = BOLDNESS
            self._cut_at = now
            # A single number that is refused alone says nothing about how many are too many.
            alone = min(self.ceiling, size if size > 1 else self.most)
            self._highest = min(self.ceiling, self.limit, accepted) + size if accepted else alone
        # Nothing at all was taken: that says "not now", so the level of the first refusal stands.
        level = min(self.ceiling, self.limit, accepted) + size if accepted else self._highest
        self.ceiling = max(2.0, level)
        below = accepted or min(size, self.limit) / 2
        self.limit = max(1.0, min(below, self.limit - 1))

    def forgive(self) -> None:
        """Takes the last cut back: the refusal turned out to be about something else."""
        if self._before is not None:
            self.limit, self.ceiling = self._before
            self._before = None


@dataclass(slots=True)
class Ramp:
    """How many numbers may be in flight as a run starts: a refusal is back before much has left.

    >>> ramp = Ramp(first=420)
    >>> [ramp.limit(5.0), ramp.limit(5.005), ramp.limit(5.01), ramp.limit(5.06)]
    [420, 420, 840, 26880]
    """

    #: Numbers that may leave at once.
    first: int
    _started: float | None = field(init=False, default=None)

    def limit(self, now: float) -> int:
        """Gives the numbers that may be in flight; the clock starts with the first call."""
        if self._started is None:
            self._started = now
        # A hair more, so that the moment that was waited for has come.
        return self.first << min(20, int((now - self._started) / DOUBLING + 1e-6))


@dataclass(slots=True)
class Meter:
    """How many numbers may leave in any stretch of one second; without a rate, as many as one likes.

    A rate below one number a second stretches the second.

    >>> meter = Meter(rate=2)
    >>> meter.count(2, now=10.0)
    >>> meter.room(now=10.5), meter.opens_at(now=10.5), meter.room(now=11.0)
    (0, 11.0, 2)
    """

    rate: float | None = None
    _sent: deque[tuple[float, int]] = field(init=False, default_factory=deque)
    _in_period: int = field(init=False, default=0)

    @property
    def _period(self) -> float:
        return max(1.0, 1 / self.rate) if self.rate else 0.0

    def room(self, now: float) -> int:
        """Numbers that may leave now."""
        if self.rate is None:
            return 1 << 30
        while self._sent and self._sent[0][0] + self._period <= now:
            self._in_period -= self._sent.popleft()[1]
        return int(self.rate * self._period + 1e-9) - self._in_period

    def count(self, size: int, now: float) -> None:
        """Counts numbers that leave."""
        if self.rate is not None:
            self._sent.append((now, size))
            self._in_period += size

    def opens_at(self, now: float) -> float:
        """When there is room again."""
        return self._sent[0][0] + self._period if self._sent and self.room(now) <= 0 else now


@dataclass(slots=True)
class Circuit:
    """Turns an outage into a clear stop: opens after failures in a row, lets single probes through, then gives up.

    A probe is one number, so that a request which failed for one bad number among many says little. Before anything
    was answered all probes go out together: what each of them says is known after one time-out.
    """

    rng: Random
    #: Failures since the last healthy reply.
    streak: int = field(init=False, default=0)
    #: Refusals for throttling since the last healthy reply.
    throttled: int = field(init=False, default=0)
    #: Failures of single numbers, and of requests that reached nobody, since the last healthy reply.
    lone: int = field(init=False, default=0)
    _is_open: bool = field(init=False, default=False)
    _probes: int = field(init=False, default=0)
    _opens_at: float = field(init=False, default=-math.inf)
    _healthy_at: float | None = field(init=False, default=None)
    _ever_healthy: bool = field(init=False, default=False)

    @property
    def is_open(self) -> bool:
        """Whether only probes may leave."""
        return self._is_open

    def room(self, in_flight: int, now: float) -> int:
        """How many more probes may leave now."""
        most = 1 if self._ever_healthy else max(1, PROBES + 1 - self.lone)
        return most - in_flight if now >= self._opens_at else 0

    def close(self) -> None:
        """Forgets the failures: nothing waits whose failure would say more."""
        self.streak = self.lone = self._probes = 0
        self._is_open = False

    @property
    def retry_at(self) -> float:
        """When the next probe may leave."""
        return self._opens_at

    def is_hopeless(self, now: float) -> bool:
        """Whether going on would be a storm."""
        never = self.lone >= FIRST_FAILURES and self._was_never_there(now)
        return never or self._probes > PROBES or (self._silence(now) > PATIENCE and self.throttled >= REFUSALS)

    def _silence(self, now: float) -> float:
        return 0.0 if self._healthy_at is None else now - self._healthy_at

    def _was_never_there(self, now: float) -> bool:
        return not self._ever_healthy and self.streak >= FIRST_FAILURES and self._silence(now) > FIRST_PATIENCE

    def begin(self, now: float) -> None:
        """Starts the clock of patience."""
        if self._healthy_at is None:
            self._healthy_at = now

    def resume(self, now: float) -> None:
        """Starts it anew."""
        self._healthy_at = now

    def healthy(self, now: float) -> None:
        """Notes a reply with answers."""
        self.close()
        self.throttled = 0
        self._ever_healthy = True
        self._healthy_at = now

    def refused(self) -> None:
        """Notes a refusal for throttling: the provider is there."""
        self.throttled += 1

    def failed(self, now: float, *, lone: bool = True) -> None:
        """Notes a request that came to nothing.

        Args:
            now: When that became known.
            lone: Whether no other number can have been the reason: it was one alone, or nobody was reached.
        """
        self.streak += 1
        self.lone += lone
        self._is_open = self._is_open or self.streak >= THRESHOLD or self._was_never_there(now)
        # The requests that were in flight as it opened fail too: they are no probes.
        if self._is_open and now >= self._opens_at:
            self._opens_at = now + PAUSE * 2**self._probes * self.rng.uniform(0.5, 1.0)
            self._probes += 1
