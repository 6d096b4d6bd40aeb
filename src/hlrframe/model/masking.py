"""What of a number, and of somebody's data, may be shown."""

import re
from collections.abc import Sequence
from typing import Final

__all__ = ["looks_like_data", "many_digits", "mask", "named"]

#: Names of columns that a message has room for.
_NAMED: Final = 12

#: As many digits as no name of a column has, and every telephone number.
_MANY_DIGITS: Final = re.compile(r"(?:\d\D{0,3}){5}")
_DATA: Final = re.compile(
    r".*@.*\..*|.*://.*|[\W\d_]+|n/?a|none|null|nan|yes|no|true|false|mrs?\.?|ms\.?", re.IGNORECASE | re.DOTALL
)


def mask(number: str) -> str:
    """Hides all but the last three digits, for messages and logs.

    >>> mask("447700900123")
    '…123'
    """
    return f"…{number[-3:]}"


def many_digits(text: str) -> bool:
    """Says whether a text holds more digits than a name does.

    >>> many_digits("07400 123456"), many_digits("phone 2024")
    (True, False)
    """
    return _MANY_DIGITS.search(text) is not None


def looks_like_data(names: Sequence[str]) -> bool:
    """Says whether what should be the names of columns may be somebody's data instead, which no message shows.

    >>> (
    ...     looks_like_data(["name", "phone 2"]),
    ...     looks_like_data(["Ada", "07400 123456"]),
    ...     looks_like_data(["Ada", "", "UK"]),
    ... )
    (False, True, True)
    """
    filled = list(names)
    while filled and not filled[-1].strip():  # a separator too many is no sign of anything
        filled.pop()
    return any(many_digits(name) or _DATA.fullmatch(name.strip()) or not name.isprintable() for name in filled) or not (
        all(name.strip() for name in filled)
    )


def named(names: Sequence[str]) -> str:
    """Names columns in a message, unless they may be somebody's data: of a file that was read without a header.

    >>> named(["name", "phone 2"]), named(["Ada", "07400 123456"])
    ("'name', 'phone 2'", '2 columns, whose names look like data: has it no header?')
    """
    if looks_like_data(names):
        return f"{len(names)} columns, whose names look like data: has it no header?"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(map(repr, names[:_NAMED]))}{more}"
