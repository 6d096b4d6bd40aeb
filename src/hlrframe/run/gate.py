"""The gate of an account: what all runs of this process have in flight together, whichever threads they are in.

Each request is granted before it leaves and given back when it has landed. A run takes what is free; where others wait
that have less than their even share, it takes no more than its own, so that nobody starves beside a run that was first.
"""

import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache

from hlrframe.provider import Provider
from hlrframe.run.schedule.limits import Grants

__all__ = ["Both", "Gate", "Place", "gate_of", "through_gate"]


class Gate:
    """Grants requests to the runs that stand at it; for any number of threads.

    >>> gate = Gate()
    >>> first, second = gate.enter(3), gate.enter(3)
    >>> [first.take() for _ in range(4)], second.take()
    ([True, True, True, False], False)
    >>> first.give_back()
    >>> first.take(), second.take()
    (False, True)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: list[Place] = []

    def enter(self, most: int, wake: Callable[[], object] = lambda: None) -> "Place":
        """Gives a run its place.

        Args:
            most: What the account allows in flight, by all together.
            wake: Called, from any thread, when the run was told to wait and may try again.
        """
        place = Place(self, most, wake)
        with self._lock:
            self._places.append(place)
        return place

    @property
    def in_flight(self) -> int:
        """Requests that are granted at this moment."""
        with self._lock:
            return sum(each.held for each in self._places)

    @property
    def is_empty(self) -> bool:
        """Whether no run stands here."""
        return not self._places

    def _take(self, place: "Place") -> bool:
        with self._lock:
            place.waits = not self._grants(place)
            place.held += not place.waits
            return not place.waits

    def _grants(self, place: "Place") -> bool:
        if len(self._places) == 1:
            return place.held < place.most
        most = min(each.most for each in self._places)
        if sum(each.held for each in self._places) >= most:
            return False
        share = max(1, most // sum(each is place or each.waits or each.held > 0 for each in self._places))
        poorer = any(each.waits and each.held < share for each in self._places if each is not place)
        return place.held < share or not poorer

    def _return(self, place: "Place", count: int) -> None:
        with self._lock:
            place.held -= count
        self._wake(place)

    def _rest(self, place: "Place") -> None:
        if place.waits:
            with self._lock:
                place.waits = False
            self._wake(place)

    def _leave(self, place: "Place") -> None:
        with self._lock:
            if place in self._places:
                self._places.remove(place)
        self._wake(place)

    def _wake(self, but: "Place") -> None:
        """Tells whoever waits with the least."""
        with self._lock:
            waiting = [each for each in self._places if each.waits and each is not but]
        if waiting:
            min(waiting, key=lambda each: each.held).wake()


class Place:
    """Where one run stands at a gate: its requests are taken and given back here."""

    def __init__(self, gate: Gate, most: int, wake: Callable[[], object]) -> None:
        self.most = most
        self.wake = wake
        #: Requests that are granted to the run now.
        self.held = 0
        #: Whether it was told to wait, and has not said that it needs nothing.
        self.waits = False
        self._gate = gate

    def take(self) -> bool:
        """Grants one request, or says that none is free: then the run is woken when one is."""
        return self._gate._take(self)  # noqa: SLF001  # its own

    def give_back(self) -> None:
        """Gives one request back, which has landed."""
        self._gate._return(self, 1)  # noqa: SLF001  # its own

    def rest(self) -> None:
        """Says that nothing is wanted at the moment: nobody keeps anything free for this run."""
        self._gate._rest(self)  # noqa: SLF001  # its own

    def leave(self) -> None:
        """Gives everything back for good."""
        self._gate._leave(self)  # noqa: SLF001  # its own


class Both:
    """Grants what two places grant.

    Args:
        first: Is asked first.
        second: Is asked where the first one grants.
    """

    def __init__(self, first: Grants, second: Grants) -> None:
        self._first = first
        self._second = second

    def take(self) -> bool:
        """Grants one request, or says that one of them has none free."""
        if not self._first.take():
            return False
        if self._second.take():
            return True
        self._first.give_back()
        return False

    def give_back(self) -> None:
        """Gives one back to both."""
        self._second.give_back()
        self._first.give_back()

    def rest(self) -> None:
        """Says to both that nothing is wanted."""
        self._first.rest()
        self._second.rest()


class _Gates:
    """The gates of one process; one where nobody stands is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_account: dict[Hashable, Gate] = {}

    def enter(self, account: Hashable, most: int, wake: Callable[[], object]) -> Place:
        with self._lock:
            return self._by_account.setdefault(account, Gate()).enter(most, wake)

    def leave(self, account: Hashable, place: Place) -> None:
        with self._lock:
            place.leave()
            gate = self._by_account.get(account)
            if gate is not None and gate.is_empty:
                del self._by_account[account]

    def of(self, account: Hashable) -> Gate | None:
        return self._by_account.get(account)


@cache
def _gates(process: int) -> _Gates:  # noqa: ARG001  # a forked child holds nothing of its parent's
    return _Gates()


def _account_of(client: Provider) -> Hashable:
    """Gives what names the account; a provider that does not say is an account of its own."""
    return getattr(client, "account", None) or id(client)


def gate_of(client: Provider) -> Gate | None:
    """Gives the gate of an account in this process; ``None`` while no run stands at it."""
    return _gates(os.getpid()).of(_account_of(client))


@contextmanager
def through_gate(client: Provider, wake: Callable[[], object]) -> Iterator[Place]:
    """Gives a run its place at the gate of its account; whatever it still holds in the end goes back.

    Args:
        client: Whom it asks.
        wake: As for :meth:`Gate.enter`.
    """
    gates, account = _gates(os.getpid()), _account_of(client)
    place = gates.enter(account, client.limits.requests, wake)
    try:
        yield place
    finally:
        gates.leave(account, place)
