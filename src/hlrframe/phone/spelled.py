"""Which numbers a text may mean, for whoever looks for what was kept of one: plans change, and what is kept stays.

Reading a text for asking is strict: what no plan assigns is not asked. Looking for a number, above all to erase it,
must find it under whatever plan it was asked, so here the digits that are written count where no plan knows them.
"""

import operator
from collections.abc import Iterable, Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from hlrframe.errors import InputError
from hlrframe.model import Reason, check_region, mask
from hlrframe.phone.parse import Msisdn, parse
from hlrframe.phone.plans import calling_code_of
from hlrframe.phone.repair import tidy

__all__ = ["FEWEST", "digits_meant", "digits_within"]

#: Fewest digits that are taken for a number by themselves, and most.
FEWEST, MOST = 7, 15
#: Why a text is no number today that may have been one once.
_ONCE = frozenset({Reason.NOT_IN_PLAN, Reason.NEEDS_REGION, Reason.UNKNOWN_COUNTRY, Reason.OLD_PLAN})
#: Floats below this hold each whole number.
_EXACT = 2**53


def digits_meant(numbers: object, *, region: str | None = None) -> list[str]:
    """Gives the E.164 digits that some numbers may stand for.

    Args:
        numbers: One number or several: texts in any spelling that :func:`~hlrframe.phone.parse.parse` reads, E.164
            digits, whole numbers, or a column of these.
        region: ISO 3166 alpha-2 code of the country whose national numbers are meant, or ``None``.

    Raises:
        InputError: One of them is no telephone number; nothing is guessed.
        ConfigError: The region is none.

    >>> digits_meant("+44 (0)7400 123456"), digits_meant([447400123456, "07400 123457"], region="GB")
    (['447400123456'], ['447400123456', '447400123457'])
    """
    check_region(region)
    return list(dict.fromkeys(each for one in _each(numbers) for each in _meant(_text(one), region)))


def digits_within(numbers: Iterable[str]) -> list[str]:
    """Gives the digits that every spelling of a number has: those behind its calling code, unless they are too few.

    Args:
        numbers: Numbers as E.164 digits.

    >>> digits_within(["447400123456", "29912345"])
    ['7400123456', '29912345']
    """
    national = ((number, number[len(calling_code_of(number)) :]) for number in numbers)
    return list(dict.fromkeys(rest if len(rest) >= FEWEST else number for number, rest in national))


def _each(numbers: object) -> Iterable[object]:
    if isinstance(numbers, str | bytes | Msisdn) or not isinstance(numbers, Iterable):
        return [numbers]
    return numbers


def _text(value: object) -> str:
    """Gives a value as text, with every digit that it has and none that it has lost."""
    value = value.as_py() if hasattr(value, "as_py") else value
    if isinstance(value, str):
        return value
    if isinstance(value, Msisdn):
        return f"+{value.digits}"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    try:
        if not isinstance(value, bool):
            return str(operator.index(value))  # type: ignore[arg-type]  # what is no whole number raises
    except TypeError:
        pass
    kind = "nothing" if value is None else f"a {type(value).__name__}"
    raise InputError(f"{kind} is no telephone number: write it as text, such as '+447400123456'")


def _meant(text: str, region: str | None) -> list[str]:
    reading = parse(text, region=region)
    if isinstance(reading, Msisdn):
        # Under its old plan it was kept as it was written then.
        return [reading.digits, *(_written(tidy(text), region) if reading.renumbered else ())]
    found = list(_written(tidy(text), region)) if reading.reason in _ONCE else []
    if not found:
        hint = "; write it with a plus and its calling code" if reading.reason == Reason.NEEDS_REGION else ""
        raise InputError(f"{mask(text.strip())} is no telephone number: {reading.reason}{hint}")
    return found


def _written(text: str, region: str | None) -> Iterator[str]:
    """Gives what stands there, whatever the plans say of it."""
    international = f"+{text[2:]}" if text.startswith("00") else text
    yield from _lenient(international, region)
    if text.isdigit() and not text.startswith("0") and FEWEST <= len(text) <= MOST:
        yield text


def _lenient(text: str, region: str | None) -> Iterator[str]:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        plain = "".join(filter(str.isdigit, text))
        if text.startswith("+") and FEWEST <= len(plain) <= MOST:
            yield plain
    else:
        yield phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
