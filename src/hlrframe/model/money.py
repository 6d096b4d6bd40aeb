"""Credits as whole milli-credits: the provider charges in tenths of a credit, and float money does not add up."""

import numbers
from decimal import Decimal
from typing import Any, Final

__all__ = ["MILLI", "MOST_CREDITS", "credits_of", "is_amount", "milli_of"]

#: Milli-credits in a credit.
MILLI: Final = 1000
#: Most credits of a ceiling or a charge: more is a slip of the finger, and no sum of thousandths.
MOST_CREDITS: Final = 1_000_000_000_000


def milli_of(credits_: float) -> int:
    """Gives an amount in milli-credits; what somebody gave may be of any type of numbers.

    >>> milli_of(1.5)
    1500
    """
    return int(float(credits_) * MILLI + 0.5)  # twice as fast as round(), and it runs once a number


def credits_of(milli: int) -> float:
    """Gives an amount in credits.

    >>> credits_of(1500)
    1.5
    """
    return milli / MILLI


def is_amount(value: Any, most: float) -> bool:  # noqa: ANN401  # whatever somebody gave
    """Says whether something is a number between nothing and the most; what is none compares with nothing.

    >>> is_amount(Decimal("1.5"), 2), is_amount(float("nan"), 2), is_amount(True, 2)
    (True, False, False)
    """
    is_number = isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)
    return is_number and bool(0 <= value <= most)
