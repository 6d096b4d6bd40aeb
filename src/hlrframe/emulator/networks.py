"""The telephone networks of the emulator's world.

Names come from libphonenumber's carrier prefixes where it has them; elsewhere they are invented. The network codes are
invented throughout, except for the country in their first three digits.
"""

import functools
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from hlrframe.emulator.countries import Country

__all__ = ["Network", "carrier_of", "choices", "invented", "network"]

#: Calling codes whose network codes have three digits.
_THREE_DIGITS: Final = frozenset({"1"})
_LONGEST_CALLING_CODE: Final = 3
#: One network in so many has a code that is the country's alone, and one in so many has none: both exist.
_COUNTRY_ONLY, _NO_CODE = 41, 53


@dataclass(frozen=True, slots=True)
class Network:
    """A network, as the provider describes it."""

    #: Name.
    name: str
    #: Mobile country and network code; leading zeros matter; three digits or none where it is not known.
    mccmnc: str
    #: The country it works in.
    country: Country
    #: Calling code of that country, without plus.
    prefix: str

    def details(self) -> dict[str, str]:
        """Gives the provider's description of a current network."""
        return {
            "name": self.name,
            "mccmnc": self.mccmnc,
            "country_name": self.country.name,
            "country_iso3": self.country.iso3,
            "country_prefix": self.prefix,
        }


def network(name: str, country: Country, calling_code: str) -> Network:
    """Gives the network of this name in this country.

    >>> from hlrframe.emulator.countries import country_of
    >>> network("Example Mobile GB", country_of("GB"), "44").mccmnc[:3]
    '234'
    """
    return Network(name, _mccmnc(name, country, calling_code), country, calling_code)


def carrier_of(msisdn: str) -> str | None:
    """Gives the name of the carrier whose prefix is the longest that fits; ``None`` where none does.

    >>> carrier_of("447400123456")
    'Three'
    """
    data = _prefixes()
    for length in range(_longest(), 0, -1):
        name = data.get(msisdn[:length])
        if name:
            return name
    return None


@functools.cache
def choices(country: Country, calling_code: str) -> Sequence[str]:
    """Gives the names of the networks that a number of a country can move to.

    Carriers are there once for every prefix they have, so that large ones are drawn more often. Calling codes of many
    countries have invented networks alone: a number never moves to a network of another country.
    """
    own = len(COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code), ())) <= _OWN_ISLANDS
    return (*(_carriers().get(calling_code, ()) if own else ()), *invented(country))


def invented(country: Country) -> tuple[str, str, str]:
    """Gives the names of the invented networks of a country.

    >>> from hlrframe.emulator.countries import country_of
    >>> invented(country_of("US"))
    ('Example Mobile US', 'Example Wireless US', 'Example Telecom US')
    """
    return (
        f"Example Mobile {country.region}",
        f"Example Wireless {country.region}",
        f"Example Telecom {country.region}",
    )


#: +44 with its islands is one market; +1, of 25 countries, is not.
_OWN_ISLANDS: Final = 4


@functools.cache
def _prefixes() -> Mapping[str, str]:
    # Imported late: the table takes a fifth of a second.
    from phonenumbers.carrierdata import CARRIER_DATA  # noqa: PLC0415  # large: where it is needed alone

    return {prefix: names["en"] for prefix, names in CARRIER_DATA.items() if "en" in names}


@functools.cache
def _longest() -> int:
    return max(map(len, _prefixes()))


@functools.cache
def _carriers() -> Mapping[str, Sequence[str]]:
    codes = {str(code) for code in COUNTRY_CODE_TO_REGION_CODE}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for prefix, name in _prefixes().items():
        lengths = range(1, _LONGEST_CALLING_CODE + 1)
        found[next(prefix[:length] for length in lengths if prefix[:length] in codes)].append(name)
    return {code: tuple(sorted(names)) for code, names in found.items()}


@functools.cache
def _mccmnc(name: str, country: Country, calling_code: str) -> str:
    oddity = zlib.crc32(name.encode())
    if oddity % _NO_CODE == 0:
        return ""
    if oddity % _COUNTRY_ONLY == 0:
        return country.mcc
    names = sorted({*_carriers().get(calling_code, ()), *invented(country)})
    width = 3 if calling_code in _THREE_DIGITS else 2
    return f"{country.mcc}{names.index(name) + 1:0{width}d}"
