"""Numbers that may have been billed without an answer, and what a later answer proves of them."""

from collections.abc import Sequence

from hlrframe.model import LookupResult
from hlrframe.provider import PriceList
from hlrframe.run.schedule.ledger import Budget

__all__ = ["Doubts"]


class Doubts:
    """Keeps the worst case of lost replies set aside until more is known.

    Args:
        budget: Where it is set aside.
        prices: What it can be.
    """

    def __init__(self, budget: Budget, prices: PriceList) -> None:
        self._budget = budget
        self._prices = prices

    def add(self, numbers: Sequence[str]) -> None:
        """Keeps the worst case of numbers that may have been billed and are not answered; free ones cannot."""
        for number in numbers:
            if worst := self._prices.worst(number):
                self._budget.doubt(number, worst)

    def settle(self, number: str, result: LookupResult, milli: int) -> int:
        """Gives what a lost reply to the same number is now known to have cost, and books it."""
        doubt = self._budget.doubts.get(number)
        lost = doubt // self._prices.worst(number) if doubt else 0
        proof = self._prices.proved(result, milli, lost=lost) if lost else None
        if proof is None:
            return 0
        booked, left = proof
        self._budget.resolve(number, spent=booked, left=left)
        return booked
