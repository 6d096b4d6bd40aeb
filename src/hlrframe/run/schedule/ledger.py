"""The ledger of credits: reserve the worst case before sending, settle by what was charged.

At every moment ``spent + reserved + doubtful <= limit``, whatever is in flight. Integer milli-credits throughout.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Budget", "Ledger"]


class Budget(Protocol):
    """Where a run gets its money from. All amounts are milli-credits.

    Nothing is sent that was not reserved. A budget may be shared by several runs and may grow as they go: see
    :meth:`~hlrframe.run.schedule.scheduler.Scheduler.refilled`.
    """

    @property
    def limit(self) -> int | None:
        """The ceiling; ``None`` for none."""
        ...

    @property
    def spent(self) -> int:
        """What this run spent: charged for answers, and proved for replies that were lost."""
        ...

    @property
    def doubts(self) -> Mapping[str, int]:
        """Worst case of each number whose reply was lost and of which nothing is proved."""
        ...

    def room(self, price: int, /) -> int:
        """Gives how many lookups of this price can still be sent; free ones always can."""
        ...

    def reserve(self, amount: int, /) -> None:
        """Sets the worst case of a request aside before it is sent."""
        ...

    def settle(self, reserved: int, /, *, spent: int) -> None:
        """Books what was charged in place of what was set aside; a request that was refused spends 0."""
        ...

    def doubt(self, number: str, amount: int, /) -> None:
        """Keeps what was set aside for a number whose reply was lost: it may have been charged."""
        ...

    def resolve(self, number: str, /, *, spent: int, left: int = 0) -> None:
        """Ends a doubt: the lost replies to a number were charged this much together, and so much more at most."""
        ...


@dataclass(slots=True)
class Ledger:
    """Credits of one run.

    >>> ledger = Ledger(limit=2000)
    >>> ledger.room(1000)
    2
    >>> ledger.reserve(2000)
    >>> ledger.settle(2000, spent=500)
    >>> ledger.spent, ledger.room(1000)
    (500, 1)
    """

    #: Ceiling in milli-credits; ``None`` for none.
    limit: int | None = None
    #: Charged by the provider for answers that arrived, and proved charges for answers that did not.
    spent: int = 0
    #: Worst case of what is in flight.
    reserved: int = 0
    #: Worst case of numbers whose reply was lost and of which nothing is proved, and their sum.
    doubts: Counter[str] = field(default_factory=Counter)
    doubtful: int = 0

    def room(self, price: int) -> int:
        """Gives how many lookups of this price can still be sent; free ones always can."""
        if self.limit is None or price == 0:
            return 1 << 30
        return max(0, self.limit - self.spent - self.reserved - self.doubtful) // price

    def reserve(self, amount: int) -> None:
        """Sets the worst case of a request aside before it is sent."""
        self.reserved += amount

    def settle(self, reserved: int, *, spent: int) -> None:
        """Books what was charged in place of what was set aside; a request that was refused spends 0."""
        self.reserved -= reserved
        self.spent += spent

    def doubt(self, number: str, amount: int) -> None:
        """Keeps what was set aside for a number whose reply was lost: it may have been charged."""
        self.reserved -= amount
        self.doubtful += amount
        self.doubts[number] += amount

    def resolve(self, number: str, *, spent: int, left: int = 0) -> None:
        """Ends a doubt: the lost replies to a number were charged this much together, and so much more at most."""
        self.doubtful += left - self.doubts.pop(number)
        self.spent += spent
        if left:
            self.doubts[number] = left

    def refill(self, amount: int) -> None:
        """Raises the ceiling by so much."""
        if self.limit is not None:
            self.limit += amount
