"""The money of a run among others: its own ceiling, and what was set aside for it in a budget that is shared."""

import threading
from collections.abc import Callable, Mapping
from typing import Final

from hlrframe.run.schedule.ledger import Ledger

__all__ = ["Purse"]

#: Lookups for which money is asked at first, and at most.
FIRST: Final = 500
MOST: Final = 500_000
#: Seconds between two askings under which more is asked the next time, and above which less is.
SOON: Final = 2.0
LATE: Final = 8.0


class Purse:
    """A budget as a run draws on it; see :class:`~hlrframe.run.schedule.ledger.Budget`.

    Args:
        own: The run's own ledger with its ceiling.
        price: The most that one lookup can cost.
        is_shared: Whether it draws on a budget over runs as well.
        is_valid: Whether the register's last word still holds.
        on_low: Called when little is left of what was drawn.
    """

    def __init__(
        self, own: Ledger, *, price: int, is_shared: bool, is_valid: Callable[[], bool], on_low: Callable[[], object]
    ) -> None:
        #: Milli-credits that may be spent in all, what is set aside included.
        self.level = 0
        self.is_shared = is_shared
        #: What one lookup can cost, the last time that somebody asked.
        self.price = price
        #: The least that one lookup could cost that was not sent for want of shared money; 0 for none.
        self.lacks = 0
        self._own = own
        self._is_valid = is_valid
        self._on_low = on_low
        self._wish = FIRST
        self._asked_at = 0.0
        self._lock = threading.Lock()

    @property
    def limit(self) -> int | None:
        """The run's own ceiling, or what it may spend at the moment."""
        return self._own.limit if not self.is_shared or self._own.limit is not None else self.level

    @property
    def spent(self) -> int:
        """What this run spent."""
        return self._own.spent

    @property
    def doubts(self) -> Mapping[str, int]:
        """Worst case of each number whose reply was lost and of which nothing is proved."""
        return self._own.doubts

    def room(self, price: int) -> int:
        """Gives how many lookups of this price can still be sent."""
        own = self._own.room(price)
        if not self.is_shared or price == 0:
            return own
        with self._lock:
            self.price = price
            left = self.level - self._committed()
            shared = max(0, left) // price if self._is_valid() else 0
            if shared == 0 < own:
                self.lacks = min(self.lacks or price, price)
        if left < self._wish * price // 2 and self._is_valid():
            self._on_low()
        return min(own, shared)

    def reserve(self, amount: int) -> None:
        """Sets the worst case of a request aside before it is sent."""
        with self._lock:
            self._own.reserve(amount)

    def settle(self, reserved: int, *, spent: int) -> None:
        """Books what was charged in place of what was set aside."""
        with self._lock:
            self._own.settle(reserved, spent=spent)

    def doubt(self, number: str, amount: int) -> None:
        """Keeps what was set aside for a number whose reply was lost."""
        with self._lock:
            self._own.doubt(number, amount)

    def resolve(self, number: str, *, spent: int, left: int = 0) -> None:
        """Ends a doubt."""
        with self._lock:
            self._own.resolve(number, spent=spent, left=left)

    def _committed(self) -> int:
        return self._own.spent + self._own.reserved + self._own.doubtful

    # What the register is told

    @property
    def is_low(self) -> bool:
        """Whether so little is left of what was drawn that more should be asked for."""
        with self._lock:
            return self.is_shared and self.level - self._committed() < self._wish * self.price // 2

    def account(self, *, all_of_it: bool = False) -> tuple[int, int]:
        """Gives what was spent, and up to where the run may go on; what it will not need soon it gives back first.

        Args:
            all_of_it: Whether it gives back whatever is not committed: only while nothing can be sent.
        """
        with self._lock:
            committed = self._committed()
            keeps = 0 if all_of_it else max(FIRST, self._wish) * self.price
            self.level = max(committed, min(self.level, committed + keeps))
            return self._own.spent, self.level

    def take_over(self, level: int) -> bool:
        """Takes over what was set aside; says whether one more lookup can be paid."""
        with self._lock:
            self.level = max(level, self.level)
            grows = self.level - self._committed() >= self.least
            if grows:
                self.lacks = 0
            return grows

    @property
    def least(self) -> int:
        """The least that is of use."""
        return max(1, self.lacks or self.price)

    def wish(self, now: float) -> int:
        """Gives how much to have at hand, in milli-credits: more and more while it does not last."""
        since, self._asked_at = now - self._asked_at, now
        if since < SOON:
            self._wish = min(MOST, 4 * self._wish)
        elif since > LATE:
            self._wish = max(FIRST, self._wish // 2)
        return self._wish * max(1, self.price)
