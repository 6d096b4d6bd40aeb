"""What a run needs of a provider. Whoever has these three can be asked in the place of HLR Lookup."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from hlrframe.model import Failure, LookupResult, Settings

__all__ = ["Limits", "PriceList", "Provider", "Session"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows one customer; a run keeps to the smaller of this and its settings."""

    #: Most requests in flight.
    requests: int
    #: Most numbers in one request.
    batch: int
    #: Days that its own caches reach back.
    cache_days: int


class PriceList(Protocol):
    """What lookups cost, in milli-credits."""

    def worst(self, number: str, /) -> int:
        """Gives the most that one lookup of a number can cost; it is set aside before the number is sent."""
        ...

    def worst_of(self, numbers: Sequence[str], /) -> int:
        """Gives the most that lookups of these numbers can cost together."""
        ...

    @property
    def dearest(self) -> int:
        """The most that a lookup of any number can cost."""
        ...

    @property
    def least(self) -> int:
        """The least that an answer costs about a mobile that can be reached: for an estimate, no promise."""
        ...

    def usual(self, number_type: str | None, country: str | None, /) -> float:
        """Gives what a number of a type and a country usually costs: for an estimate, no promise.

        Args:
            number_type: The type by an earlier answer or the numbering plan; ``None`` where nobody knows.
            country: ISO 3166 alpha-2 code, or ``None``.
        """
        ...

    def charged(self, answer: LookupResult, /) -> int:
        """Gives what the provider charged for an answer."""
        ...

    def proved(self, answer: LookupResult, milli: int, /, *, lost: int) -> tuple[int, int] | None:
        """Says what lost replies about a number must have cost, and at most beyond; ``None`` where nothing is proved.

        Args:
            answer: The answer that came at last.
            milli: What it was charged.
            lost: How many requests for this number were lost before.
        """
        ...


class Session(Protocol):
    """Open connections to a provider, for one run."""

    async def ask(self, numbers: Sequence[str], *, recheck: int = 0, wait: float) -> Sequence[LookupResult | Failure]:
        """Asks about distinct numbers with one request, never twice, and gives each its answer or what is wrong.

        Args:
            numbers: E.164 digits, at most ``Limits.batch``.
            recheck: How many days ago they may have been billed: so far back the provider's own cache is looked into.
            wait: Seconds to wait for the whole reply.

        Raises:
            Unavailable: Nothing left, or it was refused before any work was done: not billed.
            RateLimited: Throttled: not billed.
            AuthError: Wrong credentials.
            RequestError: The provider calls the request wrong.
            ReplyLost: Sent, and no whole reply came: perhaps billed.
            ProtocolError: A reply that cannot be understood: perhaps billed.
        """
        ...


class Provider(Protocol):
    """Somebody who answers for money.

    One that has an ``account`` as well, which is any text, shares its limits with all others of the same account;
    one without is an account of its own.
    """

    @property
    def provider(self) -> str:
        """Name in the ``provider`` column; answers of one name never stand in for those of another."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds to wait for one reply, where the settings name none."""
        ...

    @property
    def limits(self) -> Limits:
        """What it allows one customer."""
        ...

    def pricing(self, settings: Settings, /) -> PriceList:
        """Gives the price list as it applies to a run with these settings."""
        ...

    def session(self, settings: Settings, /) -> AbstractAsyncContextManager[Session]:
        """Opens connections for one run, in the running event loop."""
        ...
