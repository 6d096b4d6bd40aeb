"""The emulator's subscribers: who is behind each number. All of them are invented.

A world is a pure function of its seed, its day and the number: no state, the same in every process, whatever was asked
before.
"""

import datetime as dt
import math
from dataclasses import dataclass
from functools import partial
from typing import Final

from hlrframe.emulator.ageing import moves_until, status_on
from hlrframe.emulator.countries import Country, country_of
from hlrframe.emulator.dice import bands, key_of, pick, roll, share
from hlrframe.emulator.networks import Network, carrier_of, choices, invented, network
from hlrframe.emulator.numbering import Number, detect
from hlrframe.errors import ConfigError
from hlrframe.system import sealed_class

__all__ = ["DATED_REGIONS", "LANDLINE_REGIONS", "USA", "USA_TERRITORIES", "Subscriber", "World"]

#: The country whose mobiles need ``usa_status`` for a true live status.
USA: Final = "US"
#: Territories whose mobiles never have one.
USA_TERRITORIES: Final = frozenset({"PR", "GU", "VI"})
#: Countries where ``get_landline_status`` means something.
LANDLINE_REGIONS: Final = frozenset({"GB", "IE"})
#: Countries of this world that have a source for the date of a port.
DATED_REGIONS: Final = frozenset(
    {"AU", "BE", "CH", "DK", "ES", "FI", "FR", "GB", "GR", "IE", "IT", "MX", "NL", "NO", "PL", "PT", "SE", "US", "ZA"}
)

_MOBILE: Final = bands(
    LIVE=0.72,
    ABSENT_SUBSCRIBER=0.11,
    DEAD=0.08,
    INCONCLUSIVE=0.03,
    NOT_AVAILABLE_NETWORK_ONLY=0.025,
    NO_COVERAGE=0.02,
    NO_TELESERVICE_PROVISIONED=0.015,
)
_LANDLINE: Final = bands(LIVE=0.84, DEAD=0.11, INCONCLUSIVE=0.05)
#: What ranges that a plan gives to mobiles and landlines alike turn out to hold.
_SHARED_RANGE: Final = bands(MOBILE=0.62, LANDLINE=0.2, VOIP=0.1, MOBILE_OR_LANDLINE=0.08)
_DISPOSABLE: Final = bands(NO=0.93, UNKNOWN=0.05, YES=0.02)
_PORTED: Final = 0.2
#: Digits at the end of a number that its range does not decide.
_RANGE_TAIL: Final = 3
_FIRST_PORT: Final = dt.date(2008, 1, 1).toordinal()
#: Also the date of day 0, from which on later moves are dated.
_LAST_PORT: Final = dt.date(2024, 12, 31).toordinal()


@sealed_class
@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """The truth about one number: what an answer may show of it depends on what was asked."""

    #: E.164 digits without plus; empty for what is no number.
    msisdn: str = ""
    #: The provider's word for the type of number.
    number_type: str = "BAD_FORMAT"
    #: ISO 3166 alpha-2 code of its country.
    region: str = ""
    #: Calling code without plus.
    calling_code: str = ""
    #: The true live status, as somebody learns who asked with every option.
    live_status: str = "NOT_APPLICABLE"
    #: The network that the range belongs to.
    original: Network | None = None
    #: The network that serves the number now.
    current: Network | None = None
    #: Area of the range: the country for mobiles.
    area: str = ""
    #: Whether it moved between networks.
    ported: bool = False
    #: Date of the move, ISO 8601; ``None`` where there was none or its country has no source.
    ported_date: str | None = None
    #: ``YES``, ``NO`` or ``UNKNOWN``.
    disposable: str = "UNKNOWN"

    @property
    def is_mobile(self) -> bool:
        """Whether the provider would ask a mobile network about it."""
        return self.number_type == "MOBILE"

    @property
    def lanes(self) -> frozenset[str]:
        """The names under which a rule can mean this number: ``*``, ``+44``, ``GBR``, the current network's name."""
        if self.current is None:
            return frozenset(("*", f"+{self.calling_code}"))
        return frozenset(("*", f"+{self.calling_code}", self.current.country.iso3, self.current.name))


@sealed_class
class World:
    """All subscribers of one seed, on one day.

    Mobile numbers change as the days go by: live ones are switched off or given up, dead ones are given out again, some
    move to another network. Landlines stay as they are.

    Args:
        seed: Decides everything.
        day: Days since day 0.

    Raises:
        ConfigError: The day lies before day 0.

    >>> World(7).subscriber("447400123456") == World(7).subscriber("+44 (0)7400 123456")
    True
    >>> World(7).subscriber("nonsense").number_type
    'BAD_FORMAT'
    >>> World(7, day=365).subscriber("447400123456") == World(7, day=365).subscriber("447400123456")
    True
    """

    __slots__ = ("_key", "day", "seed")

    def __init__(self, seed: int = 7, *, day: float = 0.0) -> None:
        if not 0 <= day < math.inf:
            raise ConfigError(f"day must be 0 or more, not {day}: a world begins on day 0")
        #: The seed that decides everything.
        self.seed = seed
        #: Days since day 0.
        self.day = day
        self._key = key_of(seed)

    def subscriber(self, text: str, *, region: str | None = None) -> Subscriber:
        """Gives the subscriber behind a number.

        Args:
            text: The number as submitted, with its calling code unless a region is given.
            region: ISO 3166 alpha-2 code of the country to force it into.
        """
        number = detect(text, region=region)
        return Subscriber() if number is None else self._person(number)

    def roll(self, purpose: str, subject: str) -> bytes:
        """Gives this world's dice for something else about a number."""
        return roll(self._key, f"{purpose}:{subject}")

    def _person(self, number: Number) -> Subscriber:
        kind = self._type(number)
        country = country_of(number.region)
        dice = roll(self._key, number.msisdn)
        if kind != "MOBILE":
            return _immobile(number, kind, country, dice)
        original = network(self._carrier(number, country), country, number.calling_code)
        current, moved_on = self._served(number, original, dice)
        ported = current is not original
        return Subscriber(
            msisdn=number.msisdn,
            number_type=kind,
            region=number.region,
            calling_code=number.calling_code,
            live_status=self._status(number, pick(_MOBILE, share(dice, 0))),
            original=original,
            current=current,
            area=country.name,
            ported=ported,
            ported_date=moved_on if ported and number.region in DATED_REGIONS else None,
            disposable=pick(_DISPOSABLE, share(dice, 4)),
        )

    def _status(self, number: Number, first: str) -> str:
        return status_on(self.day, first=first, dice=partial(self._aged, number)) if self.day else first

    def _served(self, number: Number, original: Network, dice: bytes) -> tuple[Network, str]:
        """Gives the network that serves a number now, and the date of its last move, if it moved."""
        current = _destination(original, original, dice) if share(dice, 1) < _PORTED else original
        date = _date(share(dice, 3))
        for moved_on, rolled in moves_until(self.day, dice=partial(self._aged, number)) if self.day else ():
            current = _destination(original, current, rolled)
            date = dt.date.fromordinal(_LAST_PORT + math.ceil(moved_on)).isoformat()
        return current, date

    def _aged(self, number: Number, purpose: str) -> bytes:
        return self.roll(purpose, number.msisdn)

    def _type(self, number: Number) -> str:
        if number.type != "MOBILE_OR_LANDLINE":
            return number.type
        return pick(_SHARED_RANGE, share(self.roll("range", number.msisdn[:-_RANGE_TAIL])))

    def _carrier(self, number: Number, country: Country) -> str:
        known = carrier_of(number.msisdn)
        names = invented(country)
        return known or names[int(share(self.roll("range", number.msisdn[:-_RANGE_TAIL]), 1) * len(names))]


def _immobile(number: Number, kind: str, country: Country, dice: bytes) -> Subscriber:
    staged = kind == "STAGE_AND_SCREEN"
    line = None if staged else network(invented(country)[-1], country, number.calling_code)
    asked = kind == "LANDLINE" and number.region in LANDLINE_REGIONS
    return Subscriber(
        msisdn=number.msisdn,
        number_type=kind,
        region=number.region,
        calling_code=number.calling_code,
        live_status=pick(_LANDLINE, share(dice, 0)) if asked else "NO_COVERAGE",
        original=line,
        current=line,
        area=f"Area {number.national[:3]}" if kind == "LANDLINE" else country.name,
    )


def _destination(original: Network, current: Network, dice: bytes) -> Network:
    """Draws where a number moves to: anywhere in its country but where it is."""
    names = choices(original.country, original.prefix)
    drawn = int(share(dice, 2) * len(names))
    onward = (names[(drawn + step) % len(names)] for step in range(len(names)))
    name = next(each for each in onward if each != current.name)
    return original if name == original.name else network(name, original.country, original.prefix)


def _date(fraction: float) -> str:
    return dt.date.fromordinal(_FIRST_PORT + int(fraction * (_LAST_PORT - _FIRST_PORT))).isoformat()
