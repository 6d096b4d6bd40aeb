"""How many numbers a second are read: by the column, and one at a time by libphonenumber alone, in the same run.

The answers of both are compared. The column's own numbers stand before a note or the end of a list, of which
libphonenumber makes letters to dial and digits of the number.
"""

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
import polars as pl

from hlrframe.phone.networks import predict_networks
from hlrframe.phone.parse import parse_column

#: libphonenumber's loop is timed on this many numbers: it takes minutes for a million.
LOOP = 10_000
#: What people write around a number, as forms of the two groups of one, and of two digits more.
UNTIDY = {
    "brackets and extensions": ("+44 (0){0} {1} ext. {2}",),
    "trunk zero in brackets": ("+44 (0){0} {1}", "(0){0} {1}", "+44(0){0}{1}"),
    "extensions": ("0{0} {1} x{2}", "0{0} {1} ext. {2}", "0{0} {1}#{2}", "0{0}-{1};ext={2}"),
    "labels before": ("Tel: 0{0} {1}", "Mobile: +44 {0} {1}", "Phone (work): 0{0} {1}", "M. 0{0}{1}"),
    "notes behind": ("0{0} {1} (mobile)", "0{0} {1}, ask for Ann", "0{0} {1} - home"),
    "double blanks and quotes": ("  0{0}  {1}", "'0{0} {1}", "+44  {0}  {1} ", "\u202a+44\u00a0{0}\u2011{1}\u202c"),
    "slashes": ("0{0}/{1}", "0{0} / {1}", "0{0} {1}/{2}"),
    "two numbers": ("0{0} {1} / 0{0} 1234{2}", "0{0} {1}; 0{0} 1234{2}", "+44 {0} {1}, +44 {0} 1234{2}"),
    "a digit too many": ("0{0} {1}{2}", "+44 {0} {1}{2}", "Tel: 0{0} {1}{2}"),
    "links": ("tel:+44-{0}-{1}", "tel:0{0}{1}", "https://wa.me/44{0}{1}"),
}


@dataclass(frozen=True)
class Column:
    """A column to read."""

    name: str
    texts: list[str]
    region: str | None
    #: The country of each row, where the rows have their own.
    regions: list[str] | None = None


def mobiles(count: int, chance: random.Random) -> list[str]:
    """Gives distinct E.164 digits around the example of a mobile of every country, nearly all of them valid."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    found = (phonenumbers.example_number_for_type(region, kind) for region in sorted(phonenumbers.SUPPORTED_REGIONS))
    stock = [f"{each.country_code}{phonenumbers.national_significant_number(each)}" for each in found if each]
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        numbers[chance.choice(stock)[:-4] + f"{chance.randrange(10_000):04}"] = None
    return list(numbers)


def columns(count: int) -> list[Column]:
    """Gives the columns: clean international ones, a national one, and those that people write."""
    chance = random.Random(1)
    world = mobiles(count, chance)
    britain = [f"447{number:09}" for number in chance.sample(range(400_000_000, 500_000_000), count)]
    return [
        Column("+ and digits, all countries", [f"+{each}" for each in world], None),
        Column("+ and digits, one country", [f"+{each}" for each in britain], None),
        Column("digits without plus, one country", britain, None),
        Column("national, clean", [f"0{each[2:]}" for each in britain], "GB"),
        Column("national, with blanks", [f"0{each[2:6]} {each[6:]}" for each in britain], "GB"),
        *(untidy(name, forms, britain[: count // 20], chance) for name, forms in UNTIDY.items()),
        national(count, chance),
    ]


def untidy(name: str, forms: tuple[str, ...], numbers: list[str], chance: random.Random) -> Column:
    """Gives British numbers as people write them: ``{0}`` is the area of a mobile, ``{1}`` the rest, ``{2}`` a note."""
    drawn = ((chance.choice(forms), each) for each in numbers)
    texts = [form.format(each[2:6], each[6:], chance.randrange(10, 99)) for form, each in drawn]
    return Column(name, texts, "GB")


def national(count: int, chance: random.Random) -> Column:
    """Gives numbers as each country writes its own, beside a column that names the country."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    found = [(region, phonenumbers.example_number_for_type(region, kind)) for region in phonenumbers.SUPPORTED_REGIONS]
    stock = [(region, dialled(number)) for region, number in sorted(found, key=str) if number]
    pairs = [chance.choice(stock) for _ in range(count)]
    texts = [f"{text[:-4]}{chance.randrange(10_000):04}" for _, text in pairs]
    return Column("national, a column of countries", texts, None, [region for region, _ in pairs])


def dialled(number: phonenumbers.PhoneNumber) -> str:
    """Gives the digits of a number as they are dialled at home."""
    return "".join(filter(str.isdigit, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)))


def loop(column: Column) -> list[str | None]:
    """Reads a column as one would by hand."""
    found: list[str | None] = []
    for text, region in zip(column.texts[:LOOP], column.regions or [column.region] * LOOP, strict=False):
        try:
            number = phonenumbers.parse(text if text[0] in "+0" or region else f"+{text}", region)
        except phonenumbers.NumberParseException:
            found.append(None)
            continue
        valid = phonenumbers.is_valid_number(number)
        found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:] if valid else None)
    return found


def read(column: Column, raw: pl.Series) -> pl.DataFrame:
    """Reads a column as the package does."""
    return parse_column(raw, region=column.region, regions=column.regions and pl.Series(column.regions))


def rate(work: Callable[[], object], rows: int, *, rounds: int) -> float:
    """Gives the rows a second of the best round."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return rows / best


def main() -> None:
    """Prints both rates of each kind of column, and the rate of the prediction of networks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print(f"{'numbers a second':34}{'rows':>10}{'column':>12}{'loop':>10}{'times':>7}")
    kinds = columns(options.numbers)
    loops = [rate(lambda each=each: loop(each), min(LOOP, len(each.texts)), rounds=1) for each in kinds]
    differ = more = 0
    for each, alone in zip(kinds, loops, strict=True):
        raw = pl.Series(each.texts)
        speed = rate(lambda raw=raw, each=each: read(each, raw), len(raw), rounds=options.rounds)
        print(f"{each.name:34}{len(raw):>10,}{speed:>12,.0f}{alone:>10,.0f}{speed / alone:>7.0f}")
        pairs = list(zip(loop(each), read(each, raw)["msisdn"], strict=False))
        more += sum(theirs is None and ours is not None for theirs, ours in pairs)
        differ += sum(theirs not in {None, ours} for theirs, ours in pairs)
    world = pl.Series([text[1:] for text in kinds[0].texts])
    predicted = rate(lambda: predict_networks(world), len(world), rounds=options.rounds)
    print(f"{'networks predicted, all countries':34}{len(world):>10,}{predicted:>12,.0f}")
    print(f"numbers of the loop that are not the column's, of {LOOP:,} rows each: {differ:,}; its own: {more:,}")


if __name__ == "__main__":
    main()
