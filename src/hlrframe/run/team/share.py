"""The requests of a run among others: its part of what the account allows, by the register."""

import threading
from collections.abc import Callable

from hlrframe.provider import Provider

__all__ = ["Share", "account_of"]


class Share:
    """How many requests the run may have in flight, and where each is granted; for any number of threads.

    Args:
        is_valid: Whether the register's last word still holds: it does for a while, and then nothing is sent until the
            register was reached again.
    """

    def __init__(self, is_valid: Callable[[], bool]) -> None:
        #: What was agreed.
        self.agreed = 0
        #: In flight now.
        self.held = 0
        self._is_valid = is_valid
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        """Most requests in flight now."""
        return self.agreed if self._is_valid() else 0

    def take(self) -> bool:
        """Grants one request, or says that none is free now."""
        with self._lock:
            grants = self.held < self.requests
            self.held += grants
            return grants

    def give_back(self) -> None:
        """Gives one back, whatever came of it."""
        with self._lock:
            self.held -= 1

    def rest(self) -> None:
        """Needs not be told: what is not used stays the run's until shares are agreed anew."""

    def agree(self, requests: int) -> None:
        """Takes over another share."""
        with self._lock:
            self.agreed = requests

    def lower(self, requests: int) -> int:
        """Takes over a share that is smaller, and gives what is in flight: more is not taken from then on."""
        with self._lock:
            self.agreed = min(self.agreed, requests)
            return self.held


def account_of(client: Provider) -> str:
    """Gives what names an account on every machine; a provider that does not say has one."""
    return str(getattr(client, "account", None) or client.provider)
