"""One tidy text: everything that it may mean, the likeliest first, and the first of it that is a number."""

from collections.abc import Iterator
from typing import Final

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher

from hlrframe.model import NumberType, Reason
from hlrframe.phone.plans import PLAUSIBLE_DIGITS, Msisdn, Rejection, read, read_international, type_of
from hlrframe.phone.repair import (
    FEWEST_DIGITS_OF_A_PART,
    Spelling,
    digits_around,
    is_bare_run,
    is_vanity,
    longest_run,
    spellings,
    unusable,
)

__all__ = ["answers", "read_longest", "read_text"]

_SERVICES: Final = frozenset(
    {
        NumberType.TOLL_FREE,
        NumberType.SHARED_COST,
        NumberType.PREMIUM,
        NumberType.UNIVERSAL_ACCESS_NUMBER,
    }
)
#: Most places where libphonenumber's finder looks for a number in one text.
_MOST_TRIES: Final = 20


def read_text(text: str, region: str | None) -> Msisdn | Rejection:
    """Reads a tidy text in a region, in capitals, or in none."""
    if reason := unusable(text):
        return Rejection(reason)
    first: Rejection | None = None
    for answer in answers(text, region):
        if isinstance(answer, Msisdn):
            return answer
        first = first or answer
    return first or _why_none(text, region)


def answers(text: str, region: str | None) -> Iterator[Msisdn | Rejection]:
    """Everything that the text may mean, the likeliest first."""
    for each in spellings(text):
        answer = read(each.digits, international=each.international, region=region, cuts=each.cuts)
        more = isinstance(answer, Msisdn) and answer.renumbered is not None and _begins_with_number(each, region)
        yield Rejection(Reason.TOO_LONG) if more else answer
    if not is_bare_run(text):
        yield from _dialled_letters(text, region)
        yield from _found_in_prose(text, region)


def _begins_with_number(spelling: Spelling, region: str | None) -> bool:
    """Whether the first groups are a number of today: what follows makes no old one of them."""
    heads = (spelling.digits[:cut] for cut in spelling.cuts if cut < len(spelling.digits))
    return any(isinstance(read(each, international=spelling.international, region=region), Msisdn) for each in heads)


def _dialled_letters(text: str, region: str | None) -> Iterator[Msisdn]:
    if not is_vanity(text):
        return
    digits = "".join(filter(str.isdigit, phonenumbers.convert_alpha_characters_in_number(text)))
    number = read(digits, international=text.startswith("+"), region=region)
    if isinstance(number, Msisdn) and type_of(number.digits) in _SERVICES:
        yield number


def _found_in_prose(text: str, region: str | None) -> Iterator[Msisdn | Rejection]:
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID, max_tries=_MOST_TRIES):
        found = sum(map(str.isdigit, match.raw_string))
        before, around = digits_around(text, match.start)
        part = found < around <= PLAUSIBLE_DIGITS[1] or 0 < before < FEWEST_DIGITS_OF_A_PART
        # What stands before it in one run must be a number too, or it is the end of that.
        part = part or (before > 0 and not isinstance(read_longest(text[: match.start], region), Msisdn))
        if found >= FEWEST_DIGITS_OF_A_PART and not part and isinstance(read_longest(match.raw_string, region), Msisdn):
            yield read_international(phonenumbers.format_number(match.number, PhoneNumberFormat.E164)[1:])


def _why_none(text: str, region: str | None) -> Rejection:
    answer = read_longest(text, region)
    return answer if isinstance(answer, Rejection) else Rejection(Reason.NOT_A_NUMBER)


def read_longest(text: str, region: str | None) -> Msisdn | Rejection | None:
    """Reads the longest run of digits in a text."""
    run = longest_run(text)
    return None if run is None else read(run.digits, international=run.international, region=region, cuts=run.cuts)
