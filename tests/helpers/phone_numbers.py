"""Invented numbers of every numbering plan, and the ways in which people spell them."""

import random
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def _digits(number):
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def examples(region):
    """Gives libphonenumber's own example of each type of number in a region, as E.164 digits."""
    numbers = (phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values())
    return [_digits(number) for number in numbers if number is not None]


def world_examples():
    """Gives an example of each calling code that belongs to no country, as E.164 digits."""
    codes = sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    return [_digits(phonenumbers.example_number_for_non_geo_entity(code)) for code in codes]


def variant(digits, chance: random.Random):
    """Changes the last digits, now and then also the length, so that some plan may or may not know the number."""
    kept = digits[: len(digits) - chance.choice((0, 3, 4, 5, 6, 7))] or digits[:1]
    digits = kept + "".join(chance.choices("0123456789", k=len(digits) - len(kept)))
    return chance.choice([digits] * 12 + [digits[:-1], digits + "5", digits[: chance.randint(4, 14)]])


@cache
def all_examples():
    """Gives the examples of every plan of the world, as E.164 digits."""
    return (*(each for region in REGIONS for each in examples(region)), *world_examples())


def international(count, *, seed):
    """Gives international digits of all plans of the world, most of them valid."""
    chance = random.Random(seed)
    return [variant(each, chance) for each in chance.choices(all_examples(), k=count)]


def dialled(region, count, *, seed):
    """Gives digits as they may stand in a column of a region: dialled there, with its code, foreign, cut short."""
    chance = random.Random(seed)
    code = str(phonenumbers.country_code_for_region(region))
    numbers = [variant(each, chance) for each in chance.choices(examples(region), k=count)]
    foreign = international(max(1, count // 10), seed=seed)
    starts = ("", "0", "1", "8", code, code + "0", "00" + code)
    return [chance.choice(starts) + each.removeprefix(code) for each in numbers] + foreign


SPELLINGS = (
    "+{0}",
    "00{0}",
    "{0}",
    "{0}.0",
    " {0} ",
    "'{0}",
    "+00{0}",
    "tel:+{0}",
    "{0}x12",
    "+{0} (work)",
    "{0}; {0}",
    "\u202a+{0}\u202c",
    "0{1}",
    "(0){1}",
    "011{0}",
    "{0}/{1}",
)


def spell(digits, chance: random.Random):
    """Writes digits in some way, now and then with marks between them."""
    text = chance.choice(SPELLINGS).format(digits, digits[2:])
    if chance.random() < 0.5:
        return text
    return "".join(each + (chance.choice(" -./() ") if chance.random() < 0.2 else "") for each in text)
