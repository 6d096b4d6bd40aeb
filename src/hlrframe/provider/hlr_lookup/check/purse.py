"""The money of a check: what a step may cost is set aside before it is sent, and the sum never passes what was given.

A price of the list is not believed until it was seen: until then twice as much is set aside, and at least a credit.
"""

from typing import Final

from hlrframe.model import MILLI

__all__ = ["Purse"]

#: How much dearer than the list a price may be that was not seen yet.
_DOUBT: Final = 2


class Purse:
    """What may be spent, in milli-credits.

    >>> purse = Purse(5000)
    >>> purse.most(1000), purse.most(0)
    (2000, 1000)
    >>> purse.spend(1100, stated=1000)
    >>> purse.left, purse.most(0), purse.seen(1000)
    (3900, 1100, 1100)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0
        #: What answers were found to cost beyond what they say, or beyond the list where they say nothing.
        self.unstated = 0

    @property
    def left(self) -> int:
        """What may still be spent."""
        return self.limit - self.spent

    def most(self, listed: int) -> int:
        """Gives what to set aside for a step whose price is known from documents alone."""
        return max(_DOUBT * listed, MILLI) + self.unstated

    def seen(self, price: int) -> int:
        """Gives what to set aside for a step whose price was seen."""
        return price + self.unstated

    def spend(self, fell: int | None, *, stated: int | None, listed: int = 0) -> None:
        """Books a step by its reply or by the balance, whichever says more.

        Args:
            fell: By how much the balance fell, where that is known.
            stated: What the reply says, where it does.
            listed: The step's price by the list.
        """
        self.spent += max(fell or 0, stated or 0)
        known = listed if stated is None else stated
        if fell is not None and known:
            self.unstated = max(self.unstated, fell - known)
