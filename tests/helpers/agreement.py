"""How far the package agrees with libphonenumber, called one number at a time, and why not where it does not."""

import random
from dataclasses import dataclass

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat

from helpers.phone_numbers import REGIONS, examples, international, variant
from hlrframe.phone.parse import Msisdn, parse, parse_column

#: Differences that are meant, each with its reason.
MEANT = {
    "settled": "libphonenumber's own E.164 form reads as another number when it is read again: ours is the last one",
    "unsettled": "libphonenumber's own E.164 form is no number when it is read again",
    "own code": "national digits that start with the country's calling code are read as international ones first",
    "renumbered": "numbers of old plans, which libphonenumber knows no more, are brought up to date",
    "foreign": "digits that are no number of the country are read as a foreign number without its plus",
}


@dataclass(frozen=True)
class Case:
    """One text, and what both make of it; ``None`` is no number."""

    text: str
    region: str | None
    theirs: str | None
    ours: str | None

    @property
    def why(self) -> str | None:
        """Gives the key of the reason for a difference, or ``None`` where there is none."""
        again = self.theirs and alone(f"+{self.theirs}", None)
        if self.theirs and again != self.theirs:
            return "unsettled" if again is None else "settled"
        ours = parse(self.text, region=self.region)
        if self.theirs is None and isinstance(ours, Msisdn) and ours.renumbered:
            return "renumbered"
        if self.ours is None or self.text.startswith("+"):
            return None
        if self.ours != alone(f"+{self.text}", None):
            return None
        code = str(phonenumbers.country_code_for_region(self.region))
        return "own code" if self.theirs and self.text.startswith(code) else "foreign" if not self.theirs else None


def alone(text: str, region: str | None) -> str | None:
    """Reads one text with libphonenumber, as its documentation shows."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def texts(count: int, *, seed: int) -> list[tuple[str, str | None]]:
    """Gives numbers of all plans, half of them with a plus, half as digits and as marks that their country writes."""
    chance = random.Random(seed)
    found: list[tuple[str, str | None]] = [(f"+{each}", None) for each in international(count // 2, seed=seed)]
    stock = {region: examples(region) for region in REGIONS}
    while len(found) < count:
        region = chance.choice(REGIONS)
        digits = variant(chance.choice(stock[region]), chance)
        code = str(phonenumbers.country_code_for_region(region))
        if len(digits) < len(code) + 2:
            continue
        number = phonenumbers.PhoneNumber(country_code=int(code), national_number=int(digits.removeprefix(code)))
        written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        plain = "".join(filter(str.isdigit, written))
        found.append((chance.choice((written, plain, digits.removeprefix(code))), region))
    return found


def differences(count: int, *, seed: int) -> list[Case]:
    """Reads numbers both ways, and gives those that come out different."""
    cases = texts(count, seed=seed)
    raw, regions = zip(*cases, strict=True)
    ours = parse_column(pl.Series(raw), regions=pl.Series(regions, dtype=pl.String))["msisdn"]
    compared = (Case(text, region, alone(text, region), mine) for (text, region), mine in zip(cases, ours, strict=True))
    return [case for case in compared if case.theirs != case.ours]
