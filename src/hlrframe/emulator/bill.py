"""The emulator's own bill: what was asked, what was charged for it, what was done to the client on purpose.

It is kept apart from everything the package keeps, so that the two can be compared.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from hlrframe.system import sealed_class

if TYPE_CHECKING:
    from hlrframe.emulator.faults import Fault

__all__ = ["Bill"]

_MILLI: Final = Decimal("0.001")


def _credits(milli: int) -> Decimal:
    return milli * _MILLI


@sealed_class
class Bill:
    """Everything that happened, in exact sums.

    >>> bill = Bill()
    >>> bill.charge("447400123456", 1000)
    >>> bill.charge("447400123456", 500)
    >>> bill.total, bill.paid_twice()
    (Decimal('1.500'), ['447400123456'])
    """

    def __init__(self) -> None:
        #: HTTP requests that arrived, the refused ones too.
        self.requests = 0
        #: Replies by HTTP status; a reply that was destroyed on its way counts as what it was.
        self.replies: Counter[int] = Counter()
        #: Faults that were injected, by kind: of requests, and INTERNAL_ERROR of single numbers.
        self.faults: Counter[Fault] = Counter()
        #: How often each number was looked up, by the text that was submitted; refused requests not counted.
        self.asked: Counter[str] = Counter()
        #: Most requests in flight at one moment, of those that were let in.
        self.most_requests_in_flight = 0
        #: Most numbers in flight at one moment, of those that were let in.
        self.most_numbers_in_flight = 0
        self._charges: Counter[str] = Counter()
        self._milli: Counter[str] = Counter()
        self._lost = 0

    @property
    def total(self) -> Decimal:
        """Credits charged in all."""
        return _credits(sum(self._milli.values()))

    @property
    def lost(self) -> Decimal:
        """Credits charged for answers that never reached the client whole: part of :attr:`total`."""
        return _credits(self._lost)

    @property
    def numbers(self) -> int:
        """Numbers that were looked up, repeats counted."""
        return self.asked.total()

    @property
    def refused(self) -> int:
        """Requests answered by 429."""
        return self.replies[429]

    @property
    def rejected(self) -> int:
        """Requests answered by 400."""
        return self.replies[400]

    @property
    def charges(self) -> Mapping[str, int]:
        """How often each number was charged for, by its E.164 digits."""
        return dict(self._charges)

    def charged(self, msisdn: str) -> Decimal:
        """Gives the credits charged for one number."""
        return _credits(self._milli[msisdn])

    def paid_twice(self) -> Sequence[str]:
        """Gives the numbers that were charged for more than once, sorted."""
        return sorted(number for number, times in self._charges.items() if times > 1)

    def asked_twice(self) -> Sequence[str]:
        """Gives the numbers that were looked up more than once, charged or not, sorted."""
        return sorted(number for number, times in self.asked.items() if times > 1)

    def charge(self, msisdn: str, milli: int) -> None:
        """Books a charge, in milli-credits; a free answer is no charge."""
        if milli:
            self._charges[msisdn] += 1
            self._milli[msisdn] += milli

    def refund(self, msisdn: str, milli: int) -> None:
        """Takes a charge back, in milli-credits."""
        if milli:
            self._charges[msisdn] -= 1
            self._milli[msisdn] -= milli

    def lose(self, charges: Iterable[int]) -> None:
        """Books charges, in milli-credits, whose answers did not arrive."""
        self._lost += sum(charges)

    def crowd(self, requests: int, numbers: int) -> None:
        """Books how many requests and numbers are in flight now."""
        self.most_requests_in_flight = max(self.most_requests_in_flight, requests)
        self.most_numbers_in_flight = max(self.most_numbers_in_flight, numbers)

    def __repr__(self) -> str:
        return f"Bill(total={self.total}, requests={self.requests}, numbers={self.numbers}, refused={self.refused})"
