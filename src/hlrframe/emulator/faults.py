"""What goes wrong, as values: which request meets which fault is decided by numbers alone, and can be repeated."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hlrframe.emulator.dice import key_of, roll, share
from hlrframe.errors import ConfigError
from hlrframe.system import sealed_class

__all__ = ["Fault", "Faults", "Outage"]


class Fault(StrEnum):
    """One thing that can happen to a request."""

    #: No connection; nothing arrived, nothing is billed.
    REFUSED = "refused"
    #: Connection reset before any work was done: not billed, which the client cannot know.
    RESET_BEFORE = "reset_before"
    #: Work done and billed, then the connection is closed without a byte of reply.
    DROP_AFTER_BILLING = "drop_after_billing"
    #: Work done and billed, then the connection is reset.
    RESET_AFTER_BILLING = "reset_after_billing"
    #: Billed; the reply never comes.
    STALLED = "stalled"
    #: Billed; half of the reply, then the connection is closed.
    TRUNCATED = "truncated"
    #: Billed; status 200 and a body that is no JSON.
    GARBAGE = "garbage"
    #: Billed; the last result is missing.
    SHORT_REPLY = "short_reply"
    #: Status 500 with an empty body; not billed.
    STATUS_500 = "status_500"
    #: Status 503 with an empty body; not billed.
    STATUS_503 = "status_503"
    #: Status 429; not billed.
    STATUS_429 = "status_429"
    #: Status 401, as if the key had been revoked for a moment; not billed.
    STATUS_401 = "status_401"
    #: Status 200 and ``INTERNAL_ERROR`` for a number; not billed.
    INTERNAL_ERROR = "internal_error"


#: Faults that a rate can be given for, in the order in which one roll is read.
_RATED: Final = tuple(fault for fault in Fault if fault not in {Fault.INTERNAL_ERROR, Fault.STATUS_401})


@dataclass(frozen=True, slots=True)
class Outage:
    """A time during which every request meets the same fault."""

    #: First second of it, counted from the first request.
    start: float
    #: Second at which it is over.
    end: float
    #: What happens to requests meanwhile.
    fault: Fault = Fault.REFUSED


@sealed_class
@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """A schedule of faults. A request meets one at most: an outage's, else a listed one, else one by the rates.

    Raises:
        ConfigError: A rate is below 0, or they add up to more than 1.

    >>> Faults(at={3: Fault.GARBAGE}).of(3)
    <Fault.GARBAGE: 'garbage'>
    >>> Faults().of(3) is None
    True
    """

    #: Share of requests that meet :attr:`Fault.REFUSED`, and so on for each kind.
    refused: float = 0.0
    reset_before: float = 0.0
    drop_after_billing: float = 0.0
    reset_after_billing: float = 0.0
    stalled: float = 0.0
    truncated: float = 0.0
    garbage: float = 0.0
    short_reply: float = 0.0
    status_500: float = 0.0
    status_503: float = 0.0
    status_429: float = 0.0
    #: Share of *numbers* that are answered by ``INTERNAL_ERROR``.
    internal_error: float = 0.0
    #: Faults of single requests, by their number in the order of arrival, from 1.
    at: Mapping[int, Fault] = field(default_factory=lambda: MappingProxyType({}))
    #: Times during which all requests fail.
    outages: tuple[Outage, ...] = ()
    #: From this request on the credentials are wrong; ``None`` for never.
    revoke_at: int | None = None
    #: Seconds in the ``Retry-After`` header of every 429; ``None`` for no header, as documented.
    retry_after: float | None = None
    #: Decides which requests the rates hit.
    seed: int = 0

    def __post_init__(self) -> None:
        rates = [*(getattr(self, fault) for fault in _RATED), self.internal_error]
        if any(rate < 0 for rate in rates) or math.fsum(rates[:-1]) > 1 or self.internal_error > 1:
            raise ConfigError("fault rates must lie between 0 and 1 and add up to 1 at most")

    def of(self, request: int, *, seconds: float = 0.0) -> Fault | None:
        """Gives the fault that a request meets.

        Args:
            request: Its number in the order of arrival, from 1.
            seconds: Time since the first request.
        """
        for outage in self.outages:
            if outage.start <= seconds < outage.end:
                return outage.fault
        if self.revoke_at is not None and request >= self.revoke_at:
            return Fault.STATUS_401
        return self.at.get(request) or self._rated(request)

    def fails(self, request: int, number: str) -> bool:
        """Says whether one number of a request is answered by ``INTERNAL_ERROR``."""
        if not self.internal_error:
            return False
        return share(roll(key_of(self.seed), f"{request}:{number}")) < self.internal_error

    def _rated(self, request: int) -> Fault | None:
        edges = list(itertools.accumulate(getattr(self, fault) for fault in _RATED))
        if not edges[-1]:
            return None
        fraction = share(roll(key_of(self.seed), f"request {request}"))
        return next((fault for edge, fault in zip(edges, _RATED, strict=True) if fraction < edge), None)
