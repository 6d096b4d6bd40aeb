"""The requests of a run among the others of its folder, in whichever processes they are."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from hlrframe.errors import UnsharedWarning
from hlrframe.model import Settings
from hlrframe.provider import Provider
from hlrframe.run.gate import Both
from hlrframe.run.resources import Resources
from hlrframe.run.team.heart import Heart
from hlrframe.run.team.share import account_of
from hlrframe.store import Slots, Store

__all__ = ["FolderShare"]

#: Seconds between two looks at the others.
LOOK_EVERY: Final = 0.1


class FolderShare:
    """How many requests a run may have in flight beside the other runs of its folder, and where each is granted.

    A run that is alone has all that its account allows. A thread looks at the others, so that a run that waits for
    something, or whose event loop is busy, keeps nothing from them.

    Args:
        store: In a folder.
        client: Whom the run asks.
        settings: Its limits.
    """

    def __init__(self, store: Store, client: Provider, settings: Settings) -> None:
        self._store = store
        self._slots = Slots(store.layout.claims, account_of(client), most=client.limits.requests)
        self._most = min(settings.max_requests, client.limits.requests)
        self._has_register = settings.budget is not None
        self._heart = Heart(self._look, LOOK_EVERY)
        self._lock = threading.Lock()
        # What was agreed, what is in flight, and the most of it since the last look; at first all of it is wanted.
        self._agreed = self._held = 0
        self._peak = self._most
        self._shares = False

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Is among the others while the block runs.

        Raises:
            StoreError: The folder cannot be written.
        """
        self._store.layout.prepare()
        self._shares = self._slots.enter()
        if self._shares:
            self._look()
            self._heart.start()
        elif not self._has_register and self._store.layout.view().journals:
            warnings.warn(
                "another run may be going on in this folder, and its file system has no locks: both may use all of the "
                "account's requests, and be refused. Run one at a time, or name a budget in each",
                UnsharedWarning,
                stacklevel=2,
            )
        try:
            yield
        finally:
            self._heart.stop()
            self._slots.leave()

    def within(self, resources: Resources) -> Resources:
        """Gives what a run is given, its requests from here."""
        grants = self if resources.grants is None else Both(self, resources.grants)
        allowance = resources.allowance or self
        return replace(resources, grants=grants, allowance=allowance)

    @property
    def requests(self) -> int:
        """Most requests in flight now."""
        return min(self._agreed, self._most) if self._shares else self._most

    def take(self) -> bool:
        """Grants one request, or says that none is free now."""
        with self._lock:
            grants = not self._shares or self._held < self._agreed
            self._held += grants
            self._peak = self._most if not grants else max(self._peak, self._held)
            return grants

    def give_back(self) -> None:
        """Gives one back, whatever came of it."""
        with self._lock:
            self._held -= 1

    def rest(self) -> None:
        """Needs not be told: what was not used since the last look is the others'."""

    def _look(self) -> None:
        with self._lock:
            # Who uses all that it has would use more.
            wants = self._most if self._peak >= min(self._agreed, self._most) else max(1, self._peak)
            self._peak = self._held
        target = self._slots.agree(wants, self._lower)
        if target is not None:
            with self._lock:
                self._agreed = target

    def _lower(self, target: int) -> int:
        """Takes no more than so many from now on, and gives what is in flight."""
        with self._lock:
            self._agreed = min(self._agreed, target)
            return self._held
