"""How much the emulator takes at once, and how long it takes.

A :class:`Throttle` refuses a whole request with 429 where its numbers would exceed what one lane takes; a
:class:`Latency` says how long networks need. A *lane* names numbers: ``"*"`` all, ``"+93"`` a calling code, ``"GBR"`` a
country, ``"Vodafone"`` the network that serves them now.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from hlrframe.emulator.dice import key_of, roll, share
from hlrframe.emulator.world import Subscriber
from hlrframe.system import sealed_class

__all__ = ["Counted", "Latency", "Load", "Throttle", "Traffic"]

Counted = Literal["requests", "numbers"]

_WINDOW: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """What one lane takes; beyond it the whole request is answered by 429, and none of it reaches a network."""

    #: The numbers that it is about.
    lane: str
    #: Most in flight; ``None`` for no limit.
    in_flight: int | None = None
    #: Most in any second; a request that comes to an idle lane always passes. ``None`` for no limit.
    per_second: float | None = None
    #: What the limits count.
    counted: Counted = "numbers"
    #: Share of the requests beyond a limit that are refused.
    chance: float = 1.0


@sealed_class
@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long answers take, in seconds. What comes from a cache or the numbering plan waits for no network."""

    #: Time that a telephone network takes; a request waits for its slowest.
    network: float = 0.0
    #: Spread of it, as a share: 0.5 makes 1 s between 0.5 and 1.5 s.
    jitter: float = 0.0
    #: Networks that take another time, by lane.
    slow: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    #: Time that every request takes.
    overhead: float = 0.0
    #: Decides the spread.
    seed: int = 0

    def of(self, asked: Sequence[Subscriber], *, request: int) -> float:
        """Gives the time that a request takes which asks the networks of these subscribers.

        >>> Latency(network=0.2, overhead=0.05).of([], request=1)
        0.05
        """
        if not asked:
            return self.overhead
        slowest = max(map(self._network, asked)) if self.slow else self.network
        if not self.jitter:
            return self.overhead + slowest
        spread = 2 * share(roll(key_of(self.seed), f"latency {request}")) - 1
        return self.overhead + slowest * (1 + self.jitter * spread)

    def _network(self, subscriber: Subscriber) -> float:
        return max((self.slow[lane] for lane in subscriber.lanes if lane in self.slow), default=self.network)


@dataclass(frozen=True, slots=True)
class Load:
    """What one request puts on the lanes while it is in flight."""

    #: Numbers in the request.
    numbers: int
    #: Numbers of it that ask a network, by the throttle's place in the list.
    by_throttle: Mapping[int, int]


class _Meter:
    """One throttle at work."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._in_flight = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._recent_total = 0

    def full(self, count: int, now: float) -> bool:
        limit, rate = self._throttle.in_flight, self._throttle.per_second
        if limit is not None and self._in_flight + count > limit:
            return True
        self._forget(now)
        return rate is not None and self._recent_total > 0 and self._recent_total + count > rate

    def enter(self, count: int, now: float) -> None:
        self._in_flight += count
        if self._throttle.per_second is not None:
            self._recent.append((now, count))
            self._recent_total += count

    def leave(self, count: int) -> None:
        self._in_flight -= count

    def _forget(self, now: float) -> None:
        while self._recent and self._recent[0][0] <= now - _WINDOW:
            self._recent_total -= self._recent.popleft()[1]


class Traffic:
    """Everything in flight.

    Args:
        throttles: Limits of lanes.
        max_in_flight: Limit of all of them together.
        counted: Whether that limit counts requests or numbers.
        seed: Decides which requests a throttle with a chance refuses.
    """

    def __init__(
        self,
        throttles: Sequence[Throttle] = (),
        *,
        max_in_flight: int = 210,
        counted: Counted = "requests",
        seed: int = 0,
    ) -> None:
        self._throttles = tuple(throttles)
        self._meters = [_Meter(each) for each in self._throttles]
        self._limit = max_in_flight
        self._counted = counted
        self._key = key_of(seed)
        #: Requests in flight.
        self.requests = 0
        #: Numbers in flight.
        self.numbers = 0

    def load(self, numbers: int, asked: Sequence[Subscriber]) -> Load:
        """Says what a request puts on the lanes.

        Args:
            numbers: How many numbers it has.
            asked: The subscribers whose networks have to be asked.
        """
        if not self._throttles or not asked:
            return Load(numbers, {})
        lanes = Counter(lane for subscriber in asked for lane in subscriber.lanes)
        counts = {place: lanes[each.lane] for place, each in enumerate(self._throttles) if lanes[each.lane]}
        return Load(numbers, {place: self._weight(place, count) for place, count in counts.items()})

    def enter(self, load: Load, *, now: float, request: int) -> bool:
        """Lets a request in, or refuses it as a whole."""
        size = load.numbers if self._counted == "numbers" else 1
        busy = self.numbers if self._counted == "numbers" else self.requests
        if busy + size > self._limit or self._throttled(load, now, request):
            return False
        self.requests += 1
        self.numbers += load.numbers
        for place, count in load.by_throttle.items():
            self._meters[place].enter(count, now)
        return True

    def leave(self, load: Load) -> None:
        """Takes a request out that had been let in."""
        self.requests -= 1
        self.numbers -= load.numbers
        for place, count in load.by_throttle.items():
            self._meters[place].leave(count)

    def _weight(self, place: int, count: int) -> int:
        return count if self._throttles[place].counted == "numbers" else 1

    def _throttled(self, load: Load, now: float, request: int) -> bool:
        return any(
            self._meters[place].full(count, now)
            and share(roll(self._key, f"throttle {place} {request}")) < self._throttles[place].chance
            for place, count in load.by_throttle.items()
        )
