"""Numbers that may have been billed without an answer, and what a later answer proves of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from hlrframe.model import LookupResult, moment_of
from hlrframe.provider import PriceList
from hlrframe.run.schedule.ledger import Budget

__all__ = ["Doubts", "may_answer"]

#: How far clocks may lie apart.
_APART: Final = timedelta(hours=1)
#: How much further back than its asking the provider's cache is let look for a number in doubt: it counts in days.
_FURTHER: Final = timedelta(days=1)


class Doubts:
    """Keeps the worst case of lost replies set aside until more is known.

    Args:
        budget: Where it is set aside.
        prices: What it can be.
        began: When the first of them can have left; ``None`` where nobody says.
    """

    def __init__(self, budget: Budget, prices: PriceList, began: datetime | None) -> None:
        self._budget = budget
        self._prices = prices
        self._began = began

    def add(self, numbers: Sequence[str]) -> None:
        """Keeps the worst case of numbers that may have been billed and are not answered; free ones cannot."""
        for number in numbers:
            if worst := self._prices.worst(number):
                self._budget.doubt(number, worst)

    def settle(self, number: str, result: LookupResult, milli: int) -> int:
        """Gives what a lost reply to the same number is now known to have cost, and books it."""
        doubt = self._budget.doubts.get(number)
        lost = doubt // self._prices.worst(number) if doubt else 0
        is_proof = lost and may_answer(result, self._began)
        proof = self._prices.proved(result, milli, lost=lost) if is_proof else None
        if proof is None:
            return 0
        booked, left = proof
        self._budget.resolve(number, spent=booked, left=left)
        return booked


def may_answer(result: LookupResult, asked_at: datetime | None) -> bool:
    """Whether a result may be of what was asked then: an older one lay in the provider's cache, and proves nothing.

    One that is older than the cache was let look is no such: a time that cannot be is none.
    """
    given = moment_of(result.timestamp)
    if asked_at is None or given is None:
        return True
    since = asked_at - _APART
    return not since - _FURTHER <= given < since
