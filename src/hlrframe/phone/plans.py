"""One string of digits at a time: is it a telephone number, and which country's?

libphonenumber's numbering plans decide. Every rule about *digits* is here; what people write around the digits is
:mod:`hlrframe.phone.repair`, and :mod:`hlrframe.phone.plan_exprs` answers the same questions for a whole column at
once.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from hlrframe.model import NumberType, Reason
from hlrframe.phone.renumbering import Renumbering, renumbered

__all__ = [
    "Msisdn",
    "Rejection",
    "calling_code_of",
    "coded_start",
    "from_plan",
    "misfit",
    "read",
    "read_international",
    "type_of",
    "unplaced",
]

#: libphonenumber's name for a calling code that belongs to no country, such as +800.
WORLD: Final = "001"
#: Fewest and most digits that some country could write for a number of its own (E.164 ends at 15).
PLAUSIBLE_DIGITS: Final = (5, 15)
#: A calling code and one digit: nothing shorter can be looked at.
SHORTEST_INTERNATIONAL: Final = 4
#: How often a number may change when its own international form is read again before it counts as none.
_MOST_CHANGES: Final = 3

_REASON_OF_PARSING: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: Reason.UNKNOWN_COUNTRY,
    NumberParseException.NOT_A_NUMBER: Reason.TOO_SHORT,  # text that is all digits can only be too short
    NumberParseException.TOO_SHORT_AFTER_IDD: Reason.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: Reason.TOO_SHORT,
    NumberParseException.TOO_LONG: Reason.TOO_LONG,
}
_REASON_OF_LENGTH: Final = {
    ValidationResult.TOO_SHORT: Reason.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: Reason.TOO_SHORT,
    ValidationResult.TOO_LONG: Reason.TOO_LONG,
}
_TYPES: Final = {
    PhoneNumberType.FIXED_LINE: NumberType.LANDLINE,
    PhoneNumberType.MOBILE: NumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberType.MOBILE_OR_LANDLINE,
    PhoneNumberType.TOLL_FREE: NumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberType.PREMIUM,
    PhoneNumberType.SHARED_COST: NumberType.SHARED_COST,
    PhoneNumberType.VOIP: NumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER: NumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER: NumberType.PAGER,
    PhoneNumberType.UAN: NumberType.UNIVERSAL_ACCESS_NUMBER,
    PhoneNumberType.VOICEMAIL: NumberType.VOICEMAIL_ONLY,
    PhoneNumberType.UNKNOWN: NumberType.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Msisdn:
    """A telephone number that some numbering plan knows."""

    #: E.164 digits without plus.
    digits: str
    #: ISO 3166 alpha-2 code of its country; ``None`` for numbers of no country, such as +800.
    region: str | None
    #: How the number was brought up to date, where it was written as in an old plan.
    renumbered: Renumbering | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A text that is no number that could be asked."""

    #: Why; one of the reasons of a rejected row.
    reason: Reason


@cache
def read(digits: str, *, international: bool, region: str | None, cuts: tuple[int, ...] = ()) -> Msisdn | Rejection:
    """Reads digits without any punctuation.

    Args:
        digits: ASCII digits, as many as were written.
        international: Whether they were marked as starting with a calling code (a plus).
        region: ISO 3166 alpha-2 code of the country that wrote them, in capitals, or ``None``.
        cuts: How many digits stand before each mark that was written between them. Marks group the digits of a
            country: only one bare run is read as a number of another one.

    >>> read("07400123456", international=False, region="GB")
    Msisdn(digits='447400123456', region='GB')
    >>> read("07400123456", international=False, region=None)
    Rejection(reason=<Reason.NEEDS_REGION: 'needs_region'>)
    >>> read("447400123456", international=False, region="US").digits
    '447400123456'
    >>> read("447400123456", international=False, region="US", cuts=(3, 6))
    Rejection(reason=<Reason.TOO_LONG: 'too_long'>)
    """
    if international:
        return _read_marked(digits.removeprefix("00"), region)
    if digits.startswith("00") and region is None:
        return _read_or_renumber(digits[2:])
    if region is not None:
        return _read_in(region, digits, cuts)
    apart = bool(cuts) and cuts[0] == len(calling_code_of(digits))
    number = _read_or_renumber(digits) if apart else read_international(digits)
    believed = apart or not cuts or cuts[0] == len(digits)
    return number if isinstance(number, Msisdn) and believed else unplaced(digits)


def read_international(digits: str) -> Msisdn | Rejection:
    """Reads digits that start with a calling code, until their own international form reads as itself.

    A trunk zero after the calling code goes; numbers of old plans are brought up to date where libphonenumber does.

    >>> read_international("4407400123456")
    Msisdn(digits='447400123456', region='GB')
    """
    if len(digits) < SHORTEST_INTERNATIONAL:
        return Rejection(Reason.TOO_SHORT)
    for _ in range(_MOST_CHANGES):
        number = _parse(f"+{digits}", None)
        if isinstance(number, Rejection):
            return number
        if not phonenumbers.is_valid_number(number):
            return misfit(number)
        before, digits = digits, _e164(number)
        if before == digits:
            return from_plan(digits, phonenumbers.region_code_for_number(number))
    return Rejection(Reason.NOT_IN_PLAN)


def from_plan(digits: str, region: str | None) -> Msisdn:
    """Names a valid number, with no country where its calling code belongs to none."""
    return Msisdn(digits, None if region == WORLD else region)


def unplaced(digits: str) -> Rejection:
    """Says why digits without country cannot be placed.

    >>> unplaced("7148307000").reason, unplaced("112").reason
    (<Reason.NEEDS_REGION: 'needs_region'>, <Reason.TOO_SHORT: 'too_short'>)
    """
    shortest, longest = PLAUSIBLE_DIGITS
    if len(digits) < shortest:
        return Rejection(Reason.TOO_SHORT)
    return Rejection(Reason.NEEDS_REGION if len(digits) <= longest else Reason.TOO_LONG)


def type_of(digits: str) -> NumberType:
    """Gives the type of a number in the provider's words, as far as the numbering plans know it.

    >>> type_of("447400123456")
    <NumberType.MOBILE: 'MOBILE'>
    """
    parsed = _parse(f"+{digits}", None)
    if isinstance(parsed, Rejection):
        return NumberType.UNKNOWN
    return _TYPES[phonenumbers.number_type(parsed)]


def coded_start(region: str) -> str | None:
    """Gives the calling code with which digits of the region can start where nobody dials them like that.

    ``None`` where national numbers are written without a trunk prefix, or where that prefix is the calling code
    itself: there such a start says nothing.

    >>> coded_start("GB"), coded_start("IT"), coded_start("US")
    ('44', None, None)
    """
    code = str(phonenumbers.country_code_for_region(region))
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    return None if trunk is None or code.startswith(trunk) else code


def _read_marked(digits: str, region: str | None) -> Msisdn | Rejection:
    """Believes a plus; where no calling code follows it, what the region dials before one may (``+011 44 ...``)."""
    abroad = _read_or_renumber(digits)
    if region is None or abroad != Rejection(Reason.UNKNOWN_COUNTRY):
        return abroad
    dialled = _parse(f"+{digits}", region)
    number = abroad if isinstance(dialled, Rejection) else read_international(_e164(dialled))
    return number if isinstance(number, Msisdn) else abroad


def _read_in(region: str, digits: str, cuts: tuple[int, ...]) -> Msisdn | Rejection:
    """With the region's own calling code; else as it is dialled there; else, one bare run, as a foreign number."""
    abroad = read_international(digits.removeprefix("00"))
    code = coded_start(region)
    coded = code is not None and digits.startswith(code) and (not cuts or cuts[0] == len(code))
    if coded and isinstance(abroad, Msisdn):
        return abroad
    national = _read_dialled(region, digits)
    if isinstance(national, Msisdn):
        return Rejection(Reason.TOO_LONG) if _goes_on(national, region, digits, cuts) else national
    if digits.startswith("00"):
        return _read_or_renumber(digits[2:])
    own = str(phonenumbers.country_code_for_region(region))
    behind = [digits[len(own) :]] if digits.startswith(own) and (not cuts or cuts[0] == len(own)) else []
    old = _renumber(own, digits, *behind)
    return old or (abroad if isinstance(abroad, Msisdn) and not cuts else national)


def _read_or_renumber(digits: str) -> Msisdn | Rejection:
    """Reads digits that start with a calling code, by an old plan where today's knows no number."""
    number, code = read_international(digits), calling_code_of(digits)
    return number if isinstance(number, Msisdn) or not code else _renumber(code, digits[len(code) :]) or number


def _renumber(code: str, *nationals: str) -> Msisdn | Rejection | None:
    """Brings digits that may be national ones of an old plan up to date; ``None`` where no rule does."""
    for national in nationals:
        for new, rule in renumbered(code, national):
            number = Rejection(Reason.OLD_PLAN) if new is None else read_international(f"{code}{new}")
            if isinstance(number, Msisdn):
                return replace(number, renumbered=rule)
            if new is None:
                return number
    return None


def _goes_on(number: Msisdn, region: str, digits: str, cuts: tuple[int, ...]) -> bool:
    """Whether more follows a number that the first groups of digits are: ``91234 56789 12`` is no number of +91 2345.

    So it is where only a calling code, which the groups do not set apart, makes all digits a number.
    """
    if number.digits != digits or not cuts or cuts[0] == len(calling_code_of(digits)):
        return False
    heads = (digits[:cut] for cut in cuts if PLAUSIBLE_DIGITS[0] <= cut < len(digits))
    return any(isinstance(_read_dialled(region, head), Msisdn) for head in heads)


def calling_code_of(digits: str) -> str:
    """Gives the calling code that digits start with, or nothing.

    >>> calling_code_of("447400123456"), calling_code_of("999")
    ('44', '')
    """
    starts = (digits[:length] for length in range(1, 4))
    return next((start for start in starts if int(start or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), "")


def _read_dialled(region: str, digits: str) -> Msisdn | Rejection:
    parsed = _parse(digits, region)
    if isinstance(parsed, Rejection):
        return parsed
    return read_international(_e164(parsed)) if phonenumbers.is_valid_number(parsed) else misfit(parsed)


@cache
def _keep_patterns() -> None:
    """Lets libphonenumber compile each of its patterns once: a mixed column then reads about five times as fast."""
    enable = getattr(phonenumbers, "enable_pattern_cache", None)  # not in every version
    if enable is not None:
        enable()


def _parse(text: str, region: str | None) -> PhoneNumber | Rejection:
    _keep_patterns()
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException as error:
        return Rejection(_REASON_OF_PARSING[error.error_type])


def misfit(number: PhoneNumber) -> Rejection:
    """Says why a number that is not valid is none: by its length where that is wrong, else by its digits."""
    length = phonenumbers.is_possible_number_with_reason(number)
    return Rejection(_REASON_OF_LENGTH.get(length, Reason.NOT_IN_PLAN))


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
