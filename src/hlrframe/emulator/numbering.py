"""What a text is in the numbering plans of the world: the number, its country and its type.

The answers are libphonenumber's, reached faster: each country's patterns are compiled once, and the library's own
parser is called only where a trunk prefix might have to go. Numbers reserved for film and television, which the
library calls invalid, are known here.
"""

import functools
import re
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

__all__ = ["Number", "detect", "digits_of"]

#: libphonenumber's own special types, in the order in which it tries them, and the provider's words.
_SPECIAL: Final = (
    ("premium_rate", "PREMIUM"),
    ("toll_free", "TOLL_FREE"),
    ("shared_cost", "SHARED_COST"),
    ("voip", "VOIP"),
    ("personal_number", "PERSONAL_NUMBER"),
    ("pager", "PAGER"),
    ("uan", "UNIVERSAL_ACCESS_NUMBER"),
    ("voicemail", "VOICEMAIL_ONLY"),
)
#: Ofcom's ranges for drama, and 555-0100 to 555-0199 of the North American plan.
_STAGE: Final = re.compile(
    r"44(?:1(?:1[3-8]|21|[3-6]1)4960\d{3}|1914980\d{3}|1632960\d{3}|2079460\d{3}|2896496\d{3}|2920180\d{3}"
    r"|7700900\d{3}|8081570\d{3}|9098790\d{3}|3069990\d{3})"
    r"|1[2-9]\d{2}55501\d{2}"
)
_NOT_DIGITS: Final = re.compile(r"[^0-9]+")
_NORTH_AMERICA: Final = "1"
_LONGEST_CALLING_CODE: Final = 3


class Number(NamedTuple):
    """A text that is a telephone number."""

    #: E.164 digits without plus.
    msisdn: str
    #: Calling code without plus.
    calling_code: str
    #: ISO 3166 alpha-2 code of its country; ``"001"`` for none.
    region: str
    #: The provider's word for its type, as far as the numbering plan tells.
    type: str

    @property
    def national(self) -> str:
        """The number without its calling code."""
        return self.msisdn[len(self.calling_code) :]


def digits_of(text: str) -> str:
    """Strips everything but the digits 0 to 9.

    >>> digits_of("+44(7790) 60 60 23")
    '447790606023'
    """
    return _NOT_DIGITS.sub("", text)


def detect(text: str, *, region: str | None = None) -> Number | None:
    """Reads a text as a telephone number, as the provider does.

    Without a region the text must carry its calling code; with one it may be as dialled in that country.

    Args:
        text: What was submitted.
        region: ISO 3166 alpha-2 code of the country to force it into.

    Returns:
        The number, or ``None`` where it is none of any country.

    >>> detect("07790606023", region="GB") == detect("+44 (0)7790 606023")
    True
    >>> detect("07790606023") is None
    True
    """
    digits = digits_of(text)
    if digits.startswith("00"):
        return _international(digits[2:])
    if region is None or text.lstrip().startswith("+"):
        return _international(digits)
    return _parsed(digits, region)


def _international(digits: str) -> Number | None:
    code = _calling_code(digits)
    if code is None:
        return None
    if _STAGE.fullmatch(digits):
        return Number(digits, code, _stage_region(digits), "STAGE_AND_SCREEN")
    national = digits[len(code) :]
    if _main_plan(code).may_hold_trunk_prefix(national):
        return _parsed(f"+{digits}", None)
    return _classified(code, national)


def _parsed(text: str, region: str | None) -> Number | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    code, national = str(parsed.country_code), phonenumbers.national_significant_number(parsed)
    if _STAGE.fullmatch(code + national):
        return Number(code + national, code, _stage_region(code + national), "STAGE_AND_SCREEN")
    return _classified(code, national)


def _classified(code: str, national: str) -> Number | None:
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    for region in regions:
        plan = _plan(region, code)
        if len(regions) > 1 and not plan.may_claim(national):
            continue
        kind = plan.type_of(national)
        if kind is not None:
            return Number(code + national, code, region, kind)
    return None


def _calling_code(digits: str) -> str | None:
    prefixes = (digits[:length] for length in range(1, _LONGEST_CALLING_CODE + 1))
    return next((each for each in prefixes if each in _calling_codes()), None)


@functools.cache
def _calling_codes() -> frozenset[str]:
    return frozenset(str(code) for code in COUNTRY_CODE_TO_REGION_CODE)


def _stage_region(digits: str) -> str:
    if not digits.startswith(_NORTH_AMERICA):
        return "GB"
    # The range itself is no valid number: ask for the country of an ordinary one in the same area.
    ordinary = _classified(_NORTH_AMERICA, f"{digits[1:4]}2345678")
    return ordinary.region if ordinary else "US"


class _Rule:
    """One libphonenumber description: a pattern and the lengths it may have."""

    __slots__ = ("_lengths", "_match")

    def __init__(self, description: PhoneNumberDesc | None) -> None:
        pattern = description.national_number_pattern if description else None
        self._match = re.compile(pattern).fullmatch if pattern else None
        self._lengths = frozenset(description.possible_length) if description else frozenset()

    def fits(self, national: str) -> bool:
        if self._match is None or (self._lengths and len(national) not in self._lengths):
            return False
        return self._match(national) is not None


class _Plan:
    """The numbering plan of one country, compiled."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        self._general = _Rule(metadata.general_desc)
        self._special = tuple((word, _Rule(getattr(metadata, name))) for name, word in _SPECIAL)
        self._fixed = _Rule(metadata.fixed_line)
        self._mobile = _Rule(metadata.mobile)
        self._same = bool(metadata.same_mobile_and_fixed_line_pattern)
        self._leading = re.compile(metadata.leading_digits) if metadata.leading_digits else None
        prefix = metadata.national_prefix_for_parsing
        self._trunk = re.compile(prefix) if prefix else None

    def may_hold_trunk_prefix(self, national: str) -> bool:
        return self._trunk is not None and self._trunk.match(national) is not None

    def may_claim(self, national: str) -> bool:
        """Whether the number can be this country's among those that share a calling code."""
        return self._leading is None or self._leading.match(national) is not None

    def type_of(self, national: str) -> str | None:
        if not self._general.fits(national):
            return None
        for word, rule in self._special:
            if rule.fits(national):
                return word
        if self._fixed.fits(national):
            return "MOBILE_OR_LANDLINE" if self._same or self._mobile.fits(national) else "LANDLINE"
        return "MOBILE" if not self._same and self._mobile.fits(national) else None


@functools.cache
def _plan(region: str, code: str) -> _Plan:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None:
        raise LookupError(f"libphonenumber has no numbering plan for region {region!r}")
    return _Plan(metadata)


def _main_plan(code: str) -> _Plan:
    return _plan(COUNTRY_CODE_TO_REGION_CODE[int(code)][0], code)
