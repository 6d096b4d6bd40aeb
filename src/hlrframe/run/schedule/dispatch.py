"""What leaves next: which lane, how many of its numbers, and with whom they share a request."""

import math
from collections.abc import Iterable
from typing import Final

from hlrframe.model import DEFAULT_TIMEOUT
from hlrframe.run.schedule.limits import DOUBLING
from hlrframe.run.schedule.queues import FRESH, Attempt, Lane, Ticket
from hlrframe.run.schedule.state import RunState

__all__ = ["Dispatcher", "share_after"]

#: The rank of a lane all of whose numbers are known to fail.
_TELLS_NOTHING: Final = (math.inf, 0)

#: Requests that a lane with a learnt window should have in flight at least, so that its slots turn over.
FEW: Final = 8
#: Seconds after which a run that was allowed no request asks again how many it may have.
LOOK_AGAIN: Final = 0.5


def share_after(tries: int, batch: int) -> int:
    """Gives how many numbers leave together after so many tries: one bad number shall not harm its companions.

    A quarter as many at each further try.

    >>> [share_after(tries, 80) for tries in range(5)]
    [80, 20, 5, 1, 1]
    """
    return max(1, batch >> (2 * tries))


class Dispatcher:
    """Makes tickets of what waits.

    Args:
        state: The run.
    """

    def __init__(self, state: RunState) -> None:
        self._run = state

    def next_ticket(self, now: float) -> Ticket | None:
        """Gives the request that should leave now, with its worst case set aside; ``None`` where none may."""
        room, metered = self._room(now), self._run.meter.room(now)
        if room <= 0 or metered <= 0:
            return None
        take = self._probing if self._run.circuit.is_open else self._run.roster.pop
        while (lane := take(now)) is not None:
            size = min(self._batch(lane), share_after(lane.attempt.tries, self._run.settings.batch_size), lane.count)
            if lane.window.room < size:
                continue  # listed again when one of its requests lands
            if room < size:
                self._run.roster.enlist(lane)
                return None
            size = min(size, metered, self._affordable(lane))
            if size and not self._run.grants.take():
                self._run.waits_for_grant = True
                self._run.roster.enlist(lane)
                return None
            if size:
                return self._ticket(lane, size, now)
            self._run.roster.set_aside(lane)  # no money
        return None

    def _affordable(self, lane: Lane) -> int:
        """How many numbers of a lane there is money for, which has one price.

        What may have been billed comes first: asked again it is mostly free, and says what became of the money.
        """
        price = self._run.prices.worst(lane.first)
        room = self._run.budget.room(price)
        return room if lane.attempt.recheck or not price else max(0, room - -(-self._run.owed // price))

    def _probing(self, now: float) -> Lane | None:
        """Gives the lane whose next number tells most about whether the provider is there.

        One that was not asked yet, else one that never failed alone; any of them, since bad ones may stand together.
        """
        lanes = self._run.roster.pop_all(now)
        found = [self._most_telling(lane) for lane in lanes]
        best = min((rank for rank, _, _ in found), default=_TELLS_NOTHING)
        chosen = None
        if best != _TELLS_NOTHING:
            at = self._run.rng.choice([at for at, (rank, _, _) in enumerate(found) if rank == best])
            chosen = lanes[at]
            chosen.lead(*found[at][1:])
        for lane in lanes:
            if lane is not chosen:
                self._run.roster.enlist(lane)
        return chosen

    def _most_telling(self, lane: Lane) -> tuple[tuple[float, int], Attempt, int]:
        """Gives how telling a lane's most telling number is (the less the better), its attempt and its place there."""
        rng, suspects = self._run.rng, self._run.suspects
        best = (_TELLS_NOTHING, FRESH, 0)
        for attempt, queue in lane.waiting.items():
            if not attempt.tries:
                return (0, 0), attempt, rng.randrange(len(queue))
            places = [place for place, number in enumerate(queue) if number not in suspects]
            rank = (0 if places else 1, attempt.tries)
            places = places or [place for place, number in enumerate(queue) if not self._run.is_bad(number)]
            if places and rank < best[0]:
                best = (rank, attempt, rng.choice(places))
        return best

    def _is_known_to_fail(self, waiting: Iterable[str]) -> bool:
        """Whether something waits, and all of it failed alone before others were answered."""
        numbers = iter(waiting)
        first = next(numbers, None)
        return first is not None and self._run.is_bad(first) and all(map(self._run.is_bad, numbers))

    def _room(self, now: float) -> int:
        """Numbers that the run as a whole may send now."""
        if self._run.in_flight >= self._run.most_requests:
            return 0
        circuit = self._run.circuit
        if circuit.is_open:
            room = circuit.room(self._run.in_flight, now)
            if room <= 0 or not self._is_known_to_fail(self._run.roster.leftover()):
                return room
            circuit.close()
        return min(self._run.window.room, self._run.ramp.limit(now) - self._run.window.in_flight)

    def _batch(self, lane: Lane) -> int:
        """How many numbers a request of this lane carries: few where little may be in flight, so that many fly."""
        if self._run.circuit.is_open:
            return 1
        size = self._run.settings.batch_size
        if self._run.settings.max_per_second is not None:
            size = min(size, max(1, int(self._run.settings.max_per_second / 10)))
        if self._run.window.is_learnt:
            size = min(size, self._run.window.slice(self._run.most_requests))
        if lane.window.is_learnt:
            share = max(FEW, self._run.most_requests // len(self._run.roster.lanes))
            size = min(size, lane.window.slice(share))
        return size

    def _ticket(self, lane: Lane, size: int, now: float) -> Ticket:
        attempt = lane.attempt
        numbers = lane.take(size)
        self._run.owes(numbers, attempt, sign=-1)
        shares = [(lane, len(numbers))]
        if lane.is_spent(attempt) and self._shares(now):
            for companion, joined in self._run.roster.companions(lane, self._run.settings.batch_size - size, now):
                numbers += joined
                shares.append((companion, len(joined)))
        self._run.roster.enlist(lane)
        reserved = self._run.prices.worst_of(numbers)
        self._run.budget.reserve(reserved)
        self._run.meter.count(len(numbers), now)
        marks = [self._run.window.sent(len(numbers))]
        for each, count in shares:
            marks.append(each.window.sent(count))
            each.requests += 1
            each.sent += 1
        self._run.in_flight += 1
        self._run.requests += 1
        longest = self._run.settings.timeout or DEFAULT_TIMEOUT
        timeout = max(each.patience(longest) for each, _ in shares)
        return Ticket(
            next(self._run.serial), tuple(numbers), tuple(shares), attempt, reserved, now, timeout, marks=tuple(marks)
        )

    def _shares(self, now: float) -> bool:
        """Whether very small lanes share requests: there are more lanes than slots, and no limit is felt."""
        limited = self._run.window.is_learnt or self._run.meter.rate is not None or self._run.budget.limit is not None
        slots = self._run.most_requests - self._run.in_flight
        return not limited and self._run.roster.ready > slots and self._room(now) >= self._run.settings.batch_size

    def next_event(self, now: float) -> float | None:
        """Gives when something may be sent that may not now; ``None`` where only a landing can change that."""
        times = [self._run.roster.next_time]
        if not self._run.most_requests or self._run.waits_for_grant:  # whoever shares it may say nothing: look again
            times.append(now + LOOK_AGAIN)
        if self._run.roster.ready:
            times += [self._run.circuit.retry_at, self._run.meter.opens_at(now)]
            ramp = self._run.ramp.limit(now)
            if ramp < self._run.window.limit and ramp - self._run.window.in_flight < self._run.settings.batch_size:
                times.append(now + DOUBLING)
        return min((time for time in times if now < time < math.inf), default=None)
