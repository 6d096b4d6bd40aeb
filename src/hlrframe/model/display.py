"""Figures as people read them, said the same way in a terminal, a notebook, a page and a progress line."""

from typing import Final

__all__ = ["amount", "count", "duration", "is_share", "many", "percent"]

#: The least share that is called one: below it, and above nothing, it is less than that.
_LEAST: Final = 0.001
#: Sums below this have more digits, and those below that are hardly any.
_SMALL: Final = 0.1
_HARDLY_ANY: Final = 0.00005
#: Seconds that are hardly any.
_BLINK: Final = 0.05
#: How the names of columns begin or end that hold shares.
_SHARES: Final = ("share", "coverage", "value", "rate", "agreement")


def is_share(column: str) -> bool:
    """Tells whether a column of a table holds shares of something.

    >>> [is_share(each) for each in ("share_of_rows", "live_share", "coverage", "credits")]
    [True, True, True, False]
    """
    return column.startswith(_SHARES) or column.endswith(_SHARES)


def count(number: float) -> str:
    """Gives a whole number with its thousands apart.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,.0f}"


def many(number: float, one: str, several: str) -> str:
    """Gives a number of things.

    >>> many(1, "row", "rows"), many(2000, "row", "rows")
    ('1 row', '2,000 rows')
    """
    return f"{count(number)} {one if number == 1 else several}"


def percent(share: float | None) -> str:
    """Gives a share in per cent; nearly all is not all, and hardly any is not none.

    >>> [percent(each) for each in (0.8968, 0.99999, 1.0, 0.0, 0.00001, None)]
    ['89.7%', '99.9%', '100%', '0%', '<0.1%', '-']
    """
    if share is None:
        return "-"
    if share in {0, 1}:
        return f"{share:.0%}"
    return "<0.1%" if share < _LEAST else f"{min(share, 1 - _LEAST):.1%}"


def amount(value: float | None) -> str:
    """Gives credits or money: whole ones without a point, small ones with more digits.

    >>> [amount(each) for each in (1607.0, 0.875, 0.0137, 0.01, 0.00001, None)]
    ['1,607', '0.88', '0.0137', '0.01', '<0.0001', '-']
    """
    if value is None:
        return "-"
    if abs(value) < _HARDLY_ANY:
        return "<0.0001" if value > 0 else "0"
    if value == round(value):
        return count(value)
    precise = abs(value) < _SMALL and round(value, 4) != round(value, 2)
    return f"{value:,.{4 if precise else 2}f}"


def duration(seconds: float) -> str:
    """Gives a length of time, in the units that people would use.

    >>> [duration(each) for each in (0.04, 0.25, 8.2, 90, 600, 5400)]
    ['<0.1 s', '0.2 s', '8 s', '1 min 30 s', '10 min', '1 h 30 min']
    """
    if 0 < seconds < 1:
        return "<0.1 s" if seconds < _BLINK else f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds if not hours else 0, "s")]
    return " ".join(f"{part:,} {unit}" for part, unit in parts if part) or "0 s"
