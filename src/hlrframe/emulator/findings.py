"""What a lookup finds and what it costs, by the provider's price list.

One function for each thing that can be asked; a :class:`Finding` holds everything that an answer shows.
"""

from dataclasses import dataclass
from typing import Final, Literal

from hlrframe.emulator.requests import Query
from hlrframe.emulator.world import USA, USA_TERRITORIES, Subscriber

__all__ = ["CREDIT", "Finding", "Kind", "Source", "find", "ported_date", "price"]

#: One credit in milli-credits, the unit of every sum here.
CREDIT: Final = 1000
_HALF: Final = CREDIT // 2
_NETWORK_ONLY: Final = "NOT_AVAILABLE_NETWORK_ONLY"

Kind = Literal["hlr", "mnp", "validate"]
Source = Literal["PRIVATE", "GLOBAL", "NONE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the answer to one question about one subscriber shows."""

    #: The word for the status.
    live_status: str
    #: Price of a fresh answer, in milli-credits; what costs nothing is kept in no cache.
    fresh: int = 0
    #: Price of the same answer from other customers' results.
    shared: int = 0
    #: Whether the current network is known.
    shows_current: bool = False
    #: ``YES``, ``NO`` or ``UNKNOWN``.
    is_ported: str = "UNKNOWN"
    #: Whether a telephone network has to be asked, which takes its time.
    asks_network: bool = False

    @property
    def cacheable(self) -> bool:
        """Whether the caches hold such an answer."""
        return self.fresh > 0


def find(subscriber: Subscriber, query: Query, *, kind: Kind, usa_landlines_free: bool = False) -> Finding:
    """Says what a lookup finds about a subscriber.

    Args:
        subscriber: Who it is about.
        query: The options.
        kind: The endpoint.
        usa_landlines_free: Whether ``usa_status`` costs nothing for what is no mobile, as users report, or a credit,
            as the provider writes.
    """
    if subscriber.number_type == "BAD_FORMAT":
        return Finding(live_status="NOT_APPLICABLE")
    if kind == "validate":
        return Finding(live_status="NONE")
    if subscriber.is_mobile:
        return _mobile(subscriber, query, kind)
    return _immobile(subscriber, query, kind, usa_landlines_free=usa_landlines_free)


def _mobile(subscriber: Subscriber, query: Query, kind: Kind) -> Finding:
    if subscriber.live_status == "NO_COVERAGE":
        return Finding(live_status="NO_COVERAGE", asks_network=True)
    if kind == "mnp":
        return _networked(subscriber, "NONE", _HALF, _HALF)
    if subscriber.region == USA and query.usa_status == "YES":
        return _networked(subscriber, subscriber.live_status, 2 * CREDIT, CREDIT)
    return _networked(subscriber, _NETWORK_ONLY if _is_american(subscriber) else subscriber.live_status, CREDIT, _HALF)


def _networked(subscriber: Subscriber, status: str, fresh: int, shared: int) -> Finding:
    seen = status in {"LIVE", "NONE", _NETWORK_ONLY}
    ported = "YES" if subscriber.ported else "NO"
    return Finding(
        live_status=status,
        fresh=fresh,
        shared=shared,
        shows_current=seen,
        is_ported=ported if seen and subscriber.is_mobile else "UNKNOWN",
        asks_network=True,
    )


def _immobile(subscriber: Subscriber, query: Query, kind: Kind, *, usa_landlines_free: bool) -> Finding:
    if kind == "hlr" and query.get_landline_status == "YES" and subscriber.live_status != "NO_COVERAGE":
        return _networked(subscriber, subscriber.live_status, CREDIT, _HALF)
    american = kind == "hlr" and query.usa_status == "YES" and _is_american(subscriber)
    if american and not usa_landlines_free:
        return _networked(subscriber, _NETWORK_ONLY, CREDIT, _HALF)
    return Finding(live_status="NO_COVERAGE")


def _is_american(subscriber: Subscriber) -> bool:
    return subscriber.region == USA or subscriber.region in USA_TERRITORIES


def ported_date(subscriber: Subscriber, finding: Finding) -> str:
    """Gives the ``ported_date`` field of an answer that was to have one."""
    if finding.is_ported != "YES":
        return "NOT_APPLICABLE"
    return subscriber.ported_date or "NOT_AVAILABLE"


def price(finding: Finding, *, source: Source, dated: bool) -> int:
    """Says what an answer costs, in milli-credits.

    Args:
        finding: What was found.
        source: The cache that it came from; ``"NONE"`` for a fresh one.
        dated: Whether the date of a port was asked for and found: 1 credit more, even on a cached answer.
    """
    base = {"PRIVATE": 0, "GLOBAL": finding.shared, "NONE": finding.fresh}[source]
    return base + (CREDIT if dated else 0)
