"""How many numbers a second are read: by the column, and one at a time by libphonenumber alone, in the same run."""

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
import polars as pl

from hlrframe.msisdn import parse_column
from hlrframe.networks import predict_networks

#: libphonenumber's loop is timed on this many numbers: it takes minutes for a million.
LOOP = 10_000


@dataclass(frozen=True)
class Column:
    """A column to read."""

    name: str
    texts: list[str]
    region: str | None


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
    """Gives the columns: clean international ones, a national one, and one as people write."""
    chance = random.Random(1)
    world = mobiles(count, chance)
    britain = [f"447{number:09}" for number in chance.sample(range(400_000_000, 500_000_000), count)]
    untidy = [f"+{each[:2]} (0){each[2:6]} {each[6:]} ext. {chance.randrange(99)}" for each in britain[: count // 20]]
    return [
        Column("+ and digits, all countries", [f"+{each}" for each in world], None),
        Column("+ and digits, one country", [f"+{each}" for each in britain], None),
        Column("digits without plus, one country", britain, None),
        Column("national, clean", [f"0{each[2:]}" for each in britain], "GB"),
        Column("national, with blanks", [f"0{each[2:6]} {each[6:]}" for each in britain], "GB"),
        Column("brackets and extensions", untidy, "GB"),
    ]


def loop(column: Column) -> None:
    """Reads a column as one would by hand."""
    for text in column.texts[:LOOP]:
        number = phonenumbers.parse(text if text[0] in "+0" else f"+{text}", column.region)
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


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
    for each, alone in zip(kinds, loops, strict=True):
        raw = pl.Series(each.texts)
        read = rate(lambda raw=raw, each=each: parse_column(raw, region=each.region), len(raw), rounds=options.rounds)
        print(f"{each.name:34}{len(raw):>10,}{read:>12,.0f}{alone:>10,.0f}{read / alone:>7.0f}")
    world = pl.Series([text[1:] for text in kinds[0].texts])
    predicted = rate(lambda: predict_networks(world), len(world), rounds=options.rounds)
    print(f"{'networks predicted, all countries':34}{len(world):>10,}{predicted:>12,.0f}")


if __name__ == "__main__":
    main()
