"""What a lookup finds and what it costs, by the provider's price list.

One function for each thing that can be asked; a :class:`Finding` holds everything that an answer shows.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from hlrframe.emulator.requests import Query
from hlrframe.emulator.world import USA, USA_TERRITORIES, Subscriber
from hlrframe.provider import Manners

__all__ = ["CREDIT", "Finding", "Kind", "Source", "find", "is_dated", "ported_date", "price"]

#: One credit in milli-credits, the unit of every sum here.
CREDIT: Final = 1000
_NETWORK_ONLY: Final = "NOT_AVAILABLE_NETWORK_ONLY"
#: Statuses of a mobile whose network said nothing of where it is now.
_SILENT: Final = frozenset({"DEAD", "ABSENT_SUBSCRIBER", "NO_TELESERVICE_PROVISIONED", "INCONCLUSIVE"})

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
    #: Price of the same answer from this account's own earlier ones.
    recalled: int = 0
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


def find(subscriber: Subscriber, query: Query, *, kind: Kind, manners: Manners) -> Finding:
    """Says what a lookup finds about a subscriber.

    Args:
        subscriber: Who it is about.
        query: The options.
        kind: The endpoint.
        manners: What each thing costs, and other choices that the provider has.
    """
    if subscriber.number_type == "BAD_FORMAT":
        return Finding(live_status="NOT_APPLICABLE", fresh=_milli(manners.bad_format_price))
    if kind == "validate":
        return Finding(live_status=manners.unasked_status, fresh=_milli(manners.validate_price))
    if subscriber.is_mobile:
        return _mobile(subscriber, query, kind, manners)
    return _immobile(subscriber, query, kind, manners)


def _mobile(subscriber: Subscriber, query: Query, kind: Kind, manners: Manners) -> Finding:
    if subscriber.live_status == "NO_COVERAGE":
        return Finding(live_status="NO_COVERAGE", asks_network=True)
    if kind == "mnp":
        price, recalled = _milli(manners.mnp_price), _milli(manners.cached_mnp_price)
        return _networked(subscriber, manners.unasked_status, price, price, recalled)
    if subscriber.region == USA and query.usa_status == "YES":
        price, recalled = _milli(manners.usa_price), _milli(manners.cached_usa_price)
        return _networked(subscriber, subscriber.live_status, price, price // 2, recalled)
    status = _NETWORK_ONLY if _is_american(subscriber) else subscriber.live_status
    price = _milli(manners.lookup_price)
    return _networked(subscriber, status, price, price // 2, _milli(manners.cached_price))


def _networked(subscriber: Subscriber, status: str, fresh: int, shared: int, recalled: int) -> Finding:
    seen = status not in _SILENT
    ported = "YES" if subscriber.ported else "NO"
    return Finding(
        live_status=status,
        fresh=fresh,
        shared=shared,
        recalled=recalled,
        shows_current=seen,
        is_ported=ported if seen and subscriber.is_mobile else "UNKNOWN",
        asks_network=True,
    )


def _immobile(subscriber: Subscriber, query: Query, kind: Kind, manners: Manners) -> Finding:
    recalled = _milli(manners.cached_price)
    if kind == "hlr" and query.get_landline_status == "YES" and subscriber.live_status != "NO_COVERAGE":
        price = _milli(manners.landline_price)
        return _networked(subscriber, subscriber.live_status, price, price // 2, recalled)
    if kind == "hlr" and query.usa_status == "YES" and _is_american(subscriber) and manners.usa_landline_price:
        price = _milli(manners.usa_landline_price)
        return _networked(subscriber, _NETWORK_ONLY, price, price // 2, recalled)
    return Finding(live_status="NO_COVERAGE", fresh=_milli(manners.immobile_price))


def _milli(amount: float) -> int:
    return round(amount * CREDIT)


def _is_american(subscriber: Subscriber) -> bool:
    return subscriber.region == USA or subscriber.region in USA_TERRITORIES


def is_dated(subscriber: Subscriber, finding: Finding) -> bool:
    """Says whether the date of a port is found."""
    return finding.is_ported == "YES" and subscriber.ported_date is not None


def ported_date(subscriber: Subscriber, finding: Finding, *, form: str) -> str:
    """Gives the ``ported_date`` field of an answer that was to have one, in the form that ``strftime`` names."""
    if finding.is_ported != "YES":
        return "NOT_APPLICABLE"
    if subscriber.ported_date is None:
        return "NOT_AVAILABLE"
    return dt.datetime.fromisoformat(subscriber.ported_date).strftime(form)


def price(finding: Finding, *, source: Source, dated: int) -> int:
    """Says what an answer costs, in milli-credits.

    Args:
        finding: What was found.
        source: The cache that it came from; ``"NONE"`` for a fresh one.
        dated: What the date of a port costs that was asked for and found: on top, even of a cached answer.
    """
    return {"PRIVATE": finding.recalled, "GLOBAL": finding.shared, "NONE": finding.fresh}[source] + dated
