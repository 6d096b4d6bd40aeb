"""What a lookup at HLR Lookup costs: prices as data with their source, and the questions asked of them.

All amounts are integer milli-credits: the provider charges in tenths of a credit, and float money does not add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from hlrframe.model import LiveStatus, LookupKind, LookupResult, NumberType, Settings, milli_of

__all__ = ["FREE_KINDS", "PRICES", "Price", "Pricing"]


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the provider's price list."""

    milli: int
    #: Where the price is known from, and how well.
    source: str


class PriceAgain(NamedTuple):
    """What stored answers would cost once more: as data, so that it can be asked of millions of them in SQL."""

    #: Types of numbers that are charged for at all.
    types: frozenset[str]
    #: Live statuses that cost nothing.
    free: frozenset[str]
    #: Milli-credits where there is a live status, and where there is none.
    with_status: int
    without_status: int


#: The price list. "Inferred" prices are the natural reading of a page that could not be read to its end.
PRICES: Final[dict[str, Price]] = {
    "hlr": Price(1000, "documented: charging page, a mobile answered freshly"),
    "mnp": Price(500, "documented: official SDK"),
    "validate": Price(0, "inferred: the v1 validator was free, no price is stated for v2"),
    "usa_status": Price(1000, "documented: usa-status page, on top of the lookup, numbers of the United States"),
    "ported_date": Price(1000, "documented: charging page, on top, where a date is found, cached results too"),
    "private_cache": Price(0, "documented: charging page, answered from what this account asked before"),
    "global_cache": Price(500, "documented: charging page, answered from what others shared"),
}

#: Kinds of lookup that cost nothing whatever the answer is.
FREE_KINDS: Final = frozenset(kind for kind in LookupKind if PRICES[kind].milli == 0)

_NANP_CALLING_CODE: Final = "1"
#: Share of mobiles for which a date of the last port is expected to be found. The provider names none.
DATED: Final = 0.15
#: Countries whose landlines have a live status.
LANDLINE_COUNTRIES: Final = frozenset({"GB", "IE"})
#: Types that are charged for without an option.
_MOBILES: Final = frozenset({NumberType.MOBILE, NumberType.MOBILE_OR_LANDLINE})


class Pricing:
    """The price list applied to one kind of lookup with its options.

    Args:
        settings: The kind of lookup and its options.
    """

    def __init__(self, settings: Settings) -> None:
        self._kind = LookupKind(settings.lookup)
        self._base = PRICES[self._kind].milli
        asks_usa = settings.usa_status and settings.lookup is LookupKind.HLR
        self._usa = PRICES["usa_status"].milli if asks_usa else 0
        asks_date = settings.ported_date and settings.lookup is not LookupKind.VALIDATE
        self._date = PRICES["ported_date"].milli if asks_date else 0
        self._accepts_old = settings.provider_cache_days > 0
        self._worst = self._base + self._date
        self._least = PRICES["private_cache"].milli if self._accepts_old else self._base
        if settings.global_cache_days:
            self._least = min(self._least, PRICES["global_cache"].milli)
        asks_landlines = settings.landline_status and settings.lookup is LookupKind.HLR
        self._landline_countries = LANDLINE_COUNTRIES if asks_landlines else frozenset[str]()

    def worst(self, number: str) -> int:
        """Gives the most that one lookup of a number can cost, in milli-credits.

        >>> Pricing(Settings()).worst("447790606023"), Pricing(Settings(usa_status=True)).worst("14155550142")
        (1000, 2000)
        """
        return self._worst + self._usa if self._usa and number.startswith(_NANP_CALLING_CODE) else self._worst

    def worst_of(self, numbers: Sequence[str]) -> int:
        """Gives the most that lookups of these numbers can cost together, in milli-credits."""
        return sum(map(self.worst, numbers)) if self._usa else self._worst * len(numbers)

    @property
    def dearest(self) -> int:
        """The most that a lookup of any number can cost, in milli-credits."""
        return self._worst + self._usa

    @property
    def least(self) -> int:
        """The least that an answer about a mobile with coverage costs, in milli-credits: no date, out of a cache."""
        return self._least

    def usual(self, number_type: str | None, country: str | None) -> float:
        """Gives what a number is usually charged; what the caches know is anybody's guess.

        >>> [Pricing(Settings(usa_status=True)).usual(kind, "US") for kind in ("MOBILE", "LANDLINE")]
        [2000.0, 0.0]
        """
        if number_type in _MOBILES:
            return self._base + (self._usa if country == "US" else 0) + DATED * self._date
        asked = number_type == NumberType.LANDLINE and country in self._landline_countries
        return float(self._base if asked else 0)

    def fresh(self, answer: LookupResult) -> int:
        """Gives what this very answer costs when it is asked of the network, in milli-credits.

        >>> landline = LookupResult(live_status="NO_COVERAGE", number_type="LANDLINE")
        >>> Pricing(Settings()).fresh(landline)
        0
        """
        if answer.number_type == NumberType.BAD_FORMAT or (answer.live_status or "").strip() in _FREE_STATUSES:
            return 0
        return self._base + (self._usa if _is_usa_mobile(answer) else 0) + self._date_price(answer)

    @property
    def again(self) -> PriceAgain:
        """What an answer that need not be asked for again would have cost, options apart.

        >>> Pricing(Settings()).again.without_status, Pricing(Settings(lookup="mnp")).again.without_status
        (0, 500)
        """
        # Where a live status was asked for and there is none, the answer was free.
        without_status = 0 if self._kind is LookupKind.HLR else self._base
        return PriceAgain(frozenset({NumberType.MOBILE}), _FREE_STATUSES, PRICES[LookupKind.HLR].milli, without_status)

    def charged(self, answer: LookupResult) -> int:
        """Gives what the provider charged for an answer, in milli-credits.

        One that states no charge is taken to have cost what such answers cost.
        """
        return self.fresh(answer) if answer.charged is None else milli_of(answer.charged)

    def recalled(self, answer: LookupResult) -> int:
        """Gives what this very answer costs out of the provider's private cache, in milli-credits."""
        return PRICES["private_cache"].milli + self._date_price(answer)

    def proved(self, answer: LookupResult, milli: int, *, lost: int) -> tuple[int, int] | None:
        """Says what lost replies to the same question must have cost, now that this answer cost so much.

        Answered cheaper than the network would be, the number came out of the provider's private cache: the first
        lost request put it there and was charged. A found date costs even what comes out of the cache, so each
        further lost request may have been charged for it.

        Args:
            answer: The answer that came at last.
            milli: What it was charged.
            lost: How many requests for this number were lost before.

        Returns:
            What is proved, and what stays possible beyond, in milli-credits; ``None`` where nothing is proved: it
            was charged again, or the run accepts older cached answers anyway.
        """
        fresh, recalled = self.fresh(answer), self.recalled(answer)
        if self._accepts_old or (milli > recalled and fresh > recalled):
            return None
        return (fresh if milli <= recalled < fresh else 0), recalled * (lost - 1)

    def _date_price(self, answer: LookupResult) -> int:
        # A date has digits in whatever form; the words NOT_AVAILABLE and NOT_APPLICABLE have none, and are free.
        return self._date if any(map(str.isdigit, answer.ported_date or "")) else 0


_FREE_STATUSES: Final = frozenset({LiveStatus.NO_COVERAGE, LiveStatus.NOT_APPLICABLE})


def _is_usa_mobile(answer: LookupResult) -> bool:
    """Whether the option for the United States is charged: not for territories, nor for what is no mobile."""
    if answer.number_type != NumberType.MOBILE:
        return False
    network = answer.original
    if network is not None and network.country:
        return network.country == "USA"
    return (answer.detected_number or "").startswith(_NANP_CALLING_CODE)
