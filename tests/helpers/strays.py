"""Valid numbers of all plans with something written behind them, and what of them is read as another number."""

import random
import re
from dataclasses import dataclass

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat

from helpers.agreement import alone
from helpers.phone_numbers import REGIONS, examples, variant
from hlrframe.phone.parse import parse_column

#: What stands behind a number; ``{}`` is a second number of the same country.
TAILS = {
    "the end of a second number": ("/7", "/91", "/568", "/ 12", " / 457", "/1/2", "/7/8/9"),
    "a short group": (" 12", " 7", "-12", ".7", " 123", "-1234"),
    "a note": (" (12)", " (20/12/2024)", " x12", " ext. 345", " after 6", ", 24h", " [2]", " (2nd)", "#5", ";ext=7"),
    "a second number": (" / {}", "/{}", ", {}", "; {}", " or {}", "\n{}", " {}", " ({})", " - {}", "|{}"),
}


@dataclass(frozen=True)
class Case:
    """A text, the numbers that are written in it, and what was read."""

    text: str
    region: str
    written: tuple[str, ...]
    kind: str
    read: str | None

    @property
    def is_stray(self) -> bool:
        """Whether another number was read than one that is written: not even a longer one of an open plan."""
        return self.read is not None and self.read not in self.written and not self.is_longer

    @property
    def is_longer(self) -> bool:
        """Whether blanks and dashes join all digits to a longer number of an open plan, as libphonenumber reads it."""
        divided = re.search(r"[/,;|\[\n]|[a-z]|.\(", self.text)
        return self.read not in {None, *self.written} and not divided and alone(self.text, self.region) == self.read


def written(region: str, chance: random.Random) -> tuple[str, str]:
    """Gives a valid number of a region as people there write it, and its E.164 digits."""
    while True:
        digits = variant(chance.choice(examples(region)), chance)
        if alone(f"+{digits}", None) == digits:
            number = phonenumbers.parse(f"+{digits}")
            style = chance.choice((PhoneNumberFormat.NATIONAL,) * 3 + (PhoneNumberFormat.INTERNATIONAL,))
            text = phonenumbers.format_number(number, style)
            text = chance.choice((text, text, "".join(re.findall(r"^\+|[0-9]", text))))
            if alone(text, region) == digits:
                return text, digits


def cases(count: int, *, seed: int, region: str | None = None) -> list[Case]:
    """Reads as many numbers with tails, in the country that wrote them."""
    chance = random.Random(seed)
    drawn = []
    for _ in range(count):
        here = region or chance.choice(REGIONS)
        (text, first), (other, second) = written(here, chance), written(here, chance)
        kind = chance.choice(list(TAILS))
        drawn.append((text + chance.choice(TAILS[kind]).format(other), here, (first, second), kind))
    texts, regions = pl.Series([each[0] for each in drawn]), pl.Series([each[1] for each in drawn])
    return [Case(*each, read) for each, read in zip(drawn, parse_column(texts, regions=regions)["msisdn"], strict=True)]
