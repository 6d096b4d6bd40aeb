"""The provider's two caches: what this account asked before, and what other customers asked and shared."""

from dataclasses import dataclass
from typing import Final

from hlrframe.emulator.dice import share
from hlrframe.emulator.findings import Finding, Kind, Source
from hlrframe.emulator.requests import MAX_CACHE_DAYS, Query
from hlrframe.emulator.world import USA, Subscriber, World
from hlrframe.provider import Manners

__all__ = ["Cached", "Caches"]

_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Cached:
    """Where an answer comes from, and when it was found."""

    #: ``PRIVATE``, ``GLOBAL``, or ``NONE`` for a fresh one.
    source: Source
    #: POSIX time at which the answer was found.
    found_at: float


class Caches:
    """The private cache of one account, and a global one filled by invented others.

    Args:
        world: Decides which numbers other customers have asked, and when.
        shared_by_others: Share of numbers that the global cache holds, 0 to 1.
        manners: What the words of ``save_to_cache`` keep out of the private cache, which the provider does not say.
    """

    def __init__(self, world: World, *, shared_by_others: float, manners: Manners) -> None:
        self._world = world
        self._shared_by_others = shared_by_others
        self._manners = manners
        self._private: dict[tuple[str, ...], float] = {}

    def look(self, subscriber: Subscriber, query: Query, finding: Finding, *, kind: Kind, now: float) -> Cached:
        """Looks an answer up: the private cache first, then the global one, else it is fresh."""
        if finding.cacheable and query.cache_days_private:
            found_at = self._private.get(_key(subscriber, query, kind))
            if found_at is not None and now - found_at <= query.cache_days_private * _DAY:
                return Cached("PRIVATE", found_at)
        if finding.cacheable and query.cache_days_global:
            found_at = self._others(subscriber, kind, now)
            if found_at is not None and now - found_at <= query.cache_days_global * _DAY:
                return Cached("GLOBAL", found_at)
        return Cached("NONE", now)

    def keep(self, subscriber: Subscriber, query: Query, finding: Finding, *, kind: Kind, now: float) -> None:
        """Keeps a fresh answer that was paid for."""
        unwanted = {"NO": self._manners.no_keeps_out, "PRIVATE": self._manners.private_word == "not kept"}
        if finding.cacheable and not unwanted.get(query.save_to_cache):
            self._private[_key(subscriber, query, kind)] = now

    def drop(self, msisdn: str) -> None:
        """Forgets what this account asked about a number."""
        self._private = {key: found_at for key, found_at in self._private.items() if key[0] != msisdn}

    def _others(self, subscriber: Subscriber, kind: Kind, now: float) -> float | None:
        if not self._shared_by_others:
            return None
        dice = self._world.roll(f"shared {kind}", subscriber.msisdn)
        return now - share(dice, 1) * MAX_CACHE_DAYS * _DAY if share(dice) < self._shared_by_others else None


def _key(subscriber: Subscriber, query: Query, kind: Kind) -> tuple[str, ...]:
    """An answer found without an option that changes it does not serve somebody who asks with it."""
    usa = query.usa_status if subscriber.region == USA else "NO"
    landline = query.get_landline_status if not subscriber.is_mobile else "NO"
    return (subscriber.msisdn, kind, usa, landline)
