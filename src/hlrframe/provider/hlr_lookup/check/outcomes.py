"""What became of a question: confirmed, otherwise, or not tried; and what an answer may be quoted with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hlrframe.model import LiveStatus, NumberType
from hlrframe.provider.hlr_lookup.check.evidence import Evidence

__all__ = ["WORDS", "Outcome", "confirmed", "not_tried", "otherwise", "safe_name", "why"]

#: Words of the interface: nobody's name, and worth knowing.
WORDS: Final = frozenset(
    (
        *(*LiveStatus, *NumberType, "YES", "NO", "PRIVATE", "GLOBAL", "AVAILABLE", "NOT_AVAILABLE", "OK", ""),
        *("INTERNAL_ERROR", "INSUFFICIENT_CREDIT", "BAD_REQUEST", "UNAUTHORIZED", "TOO_MANY_REQUESTS"),
        *("E164", "PLUS_E164"),
    )
)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,40}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a question came to."""

    state: Literal["confirmed", "otherwise", "not tried"]
    #: What was found, or why nothing was.
    found: str
    #: What the package does about it, where it is otherwise.
    then: str = ""
    #: What the emulator has to be told to behave so.
    manners: Mapping[str, Any] = field(default_factory=dict)


def confirmed(found: str, **manners: object) -> Outcome:
    """Says that it is as assumed."""
    return Outcome("confirmed", found, "", manners)


def otherwise(found: str, then: str, **manners: object) -> Outcome:
    """Says that it is not as assumed, and what follows."""
    return Outcome("otherwise", found, then, manners)


def not_tried(reason: str) -> Outcome:
    """Says that nobody knows yet."""
    return Outcome("not tried", reason)


def why(evidence: Evidence, *steps: str) -> Outcome:
    """Says why there is nothing to judge by."""
    for step in steps:
        if step in evidence.skipped:
            return not_tried(evidence.skipped[step])
    made = [evidence[step] for step in steps]
    statuses = sorted({f"HTTP {each.status}" for each in made if each is not None and each.status not in {None, 200}})
    return not_tried(f"no answer: {', '.join(statuses)}" if statuses else "no answer that tells")


def safe_name(name: object) -> str:
    """Gives the name of a field as it may be shown: one that looks like no name of a field is left out.

    >>> safe_name("ported_date"), safe_name("447400123456")
    ('ported_date', 'key')
    """
    return str(name) if _NAME.fullmatch(str(name)) else "key"
