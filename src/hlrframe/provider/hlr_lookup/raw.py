"""A reply as it came, for whoever wants to know how the provider writes; and what its headers say."""

import math
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["LONGEST_PAUSE", "RawReply", "moment_of", "seconds_of"]

#: Longest pause in seconds that a provider can ask of us: one slip of a digit must not put a run to sleep for days.
LONGEST_PAUSE: Final = 3600.0


@dataclass(frozen=True, slots=True)
class RawReply:
    """One HTTP reply, whatever its status."""

    status: int
    #: Names in lower case.
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    #: Not compressed.
    body: bytes = field(repr=False)
    #: From the sending of the request to the end of the reply.
    seconds: float

    def header(self, name: str) -> str | None:
        """Gives the first header of a name in lower case."""
        return next((value for each, value in self.headers if each == name), None)


def seconds_of(retry_after: str | None) -> float | None:
    """Reads ``Retry-After`` in seconds; a date, or nonsense, is left to our own back-off."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return min(max(0.0, seconds), LONGEST_PAUSE) if math.isfinite(seconds) else None


def moment_of(date: str | None) -> float | None:
    """Reads a ``Date`` header as seconds since 1970."""
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
