"""libphonenumber's patterns as column expressions: prefixes, the numbers of one length, and the types of these."""

import re
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata, PhoneNumber
from phonenumbers.phonemetadata import PhoneNumberDesc
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from hlrframe.model import NumberType, Reason
from hlrframe.phone.plans import misfit

__all__ = [
    "NEVER",
    "Range",
    "Trunk",
    "ascii_only",
    "at_start",
    "international_prefix",
    "main_region",
    "ranges_of",
    "reason_of_length",
    "trunk_of",
    "type_in",
]

#: A pattern that no digits match.
NEVER: Final = "x"
#: Types of number beside landline and mobile, in the order in which libphonenumber looks for them.
_SERVICES: Final = MappingProxyType(
    {
        "premium_rate": NumberType.PREMIUM,
        "toll_free": NumberType.TOLL_FREE,
        "shared_cost": NumberType.SHARED_COST,
        "voip": NumberType.VOIP,
        "personal_number": NumberType.PERSONAL_NUMBER,
        "pager": NumberType.PAGER,
        "uan": NumberType.UNIVERSAL_ACCESS_NUMBER,
        "voicemail": NumberType.VOICEMAIL_ONLY,
    }
)
_KINDS: Final = (*_SERVICES, "fixed_line", "mobile")


@cache
def international_prefix(region: str) -> str:
    """Gives the pattern of what is dialled in the region before a calling code."""
    return _metadata(region, 0).international_prefix or NEVER


@dataclass(frozen=True, slots=True)
class Trunk:
    """What is dialled before a national number, and how a plan tells it from the number's own digits."""

    #: Pattern of the prefix; ``None`` where the plan has none.
    prefix: str | None
    #: Number of groups in the pattern.
    groups: int
    #: What the number becomes where the pattern's last group took part; ``None`` where it only loses the prefix.
    rewritten: str | None
    #: Pattern of every number of the plan.
    general: str
    #: Lengths that the plan has, in digits.
    lengths: tuple[int, ...]

    def strip(self, national: pl.Expr) -> pl.Expr:
        """Takes the prefix off where the plan does."""
        if self.prefix is None:
            return national
        rest = self._rest(national)
        length = rest.str.len_bytes()
        fits = length.is_in(self.lengths) | (length > max(self.lengths))
        keeps = ~fits | (self.viable(national) & ~self.viable(rest))
        return pl.when(keeps).then(national).otherwise(rest)

    def _rest(self, national: pl.Expr) -> pl.Expr:
        rest = national.str.slice(self._prefix_length(national))
        if self.prefix is None or self.rewritten is None:
            return rest
        start = at_start(self.prefix)
        rewrites = national.str.extract(start, self.groups).is_not_null()
        return pl.when(rewrites).then(national.str.replace(start, self.rewritten)).otherwise(rest)

    def untouched(self, national: pl.Expr) -> pl.Expr:
        """Whether no prefix can be taken off."""
        return pl.lit(value=True) if self.prefix is None else self._prefix_length(national) == 0

    def viable(self, national: pl.Expr) -> pl.Expr:
        """Whether the digits look like a number of the plan."""
        return national.str.contains(_whole(self.general))

    def _prefix_length(self, national: pl.Expr) -> pl.Expr:
        return national.str.extract(at_start(self.prefix or ""), 0).str.len_bytes().fill_null(0)


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers of one length that one region has under a calling code."""

    #: ISO 3166 alpha-2 code, or :data:`~hlrframe.phone.plans.WORLD`.
    region: str
    #: Pattern that makes a number the region's own whether it is valid or not; ``None`` where only validity does.
    claim: str | None
    #: Patterns that a valid number matches, all of them; ``None`` where the region has no number of this length.
    patterns: tuple[str, str] | None

    def claims(self) -> pl.Expr:
        """Whether ``national`` belongs to the region."""
        return self.valid() if self.claim is None else pl.col("national").str.contains(self.claim)

    def valid(self) -> pl.Expr:
        """Whether ``national`` is a number of the region."""
        if self.patterns is None:
            return pl.lit(value=False)
        return pl.all_horizontal(pl.col("national").str.contains(pattern) for pattern in self.patterns)


@cache
def trunk_of(region: str, code: int) -> Trunk:
    """Gives what a region dials before its national numbers."""
    metadata = _metadata(region, code)
    prefix, rule = metadata.national_prefix_for_parsing or None, metadata.national_prefix_transform_rule
    general = _general(metadata)
    return Trunk(
        prefix=prefix,
        groups=re.compile(prefix or "").groups,
        rewritten=re.sub(r"\\(.)", r"${\1}", rule) if rule else None,
        general=general.national_number_pattern or NEVER,
        lengths=tuple(general.possible_length),
    )


@cache
def ranges_of(code: int, length: int) -> tuple[Range, ...]:
    """Gives the numbers of one length under a calling code, by region, in the order in which they are looked at."""
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    return tuple(_range(region, code, length, alone=len(regions) == 1) for region in regions)


def _range(region: str, code: int, length: int, *, alone: bool) -> Range:
    metadata = _metadata(region, code)
    leading = None if alone or metadata.leading_digits is None else at_start(metadata.leading_digits)
    kinds = (getattr(metadata, kind) for kind in _KINDS)
    patterns = [str(kind.national_number_pattern) for kind in kinds if _has(kind, length)]
    general = _general(metadata)
    if not patterns or not _has(general, length):
        return Range(region, leading, None)
    return Range(region, leading, (_whole(general.national_number_pattern or NEVER), _whole("|".join(patterns))))


def _has(kind: PhoneNumberDesc | None, length: int) -> bool:
    """Whether a kind of number exists in this length; no list of lengths means all of the plan's."""
    if kind is None or not kind.national_number_pattern:
        return False
    return not kind.possible_length or length in kind.possible_length


@cache
def reason_of_length(code: int, length: int) -> Reason:
    """Says why a number of this length under a calling code is none, where no plan assigns it."""
    return misfit(PhoneNumber(country_code=code, national_number=10 ** (length - 1))).reason


def ascii_only(pattern: str) -> str:
    """Gives a pattern without Unicode classes: a digit is ASCII here, and its automaton small."""
    return f"(?-u){pattern}"


def at_start(pattern: str) -> str:
    """Gives a pattern of what digits may start with."""
    return ascii_only(f"^(?:{pattern})")


def _whole(pattern: str) -> str:
    return ascii_only(f"^(?:{pattern})$")


def type_in(region: str, code: int, length: int) -> pl.Expr:
    """Gives the first type of the region's plan that ``national`` fits, in libphonenumber's order."""
    plan = _metadata(region, code)
    fits = {name: _fits(getattr(plan, name), length) for name in ("general_desc", *_KINDS)}
    fixed, mobile = fits["fixed_line"], fits["mobile"]
    both, mobile = (fixed, pl.lit(value=False)) if plan.same_mobile_and_fixed_line_pattern else (fixed & mobile, mobile)
    kind: pl.Expr = pl.lit(NumberType.UNKNOWN.value)
    common = {NumberType.MOBILE: mobile, NumberType.LANDLINE: fixed, NumberType.MOBILE_OR_LANDLINE: both}
    services = {word: fits[name] for name, word in reversed([*_SERVICES.items()])}
    for word, fit in (common | services).items():
        kind = pl.when(fit).then(pl.lit(word.value)).otherwise(kind)
    return pl.when(fits["general_desc"]).then(kind).otherwise(pl.lit(NumberType.UNKNOWN.value))


def _fits(kind: PhoneNumberDesc | None, length: int) -> pl.Expr:
    if kind is None or not _has(kind, length):
        return pl.lit(value=False)
    return pl.col("national").str.contains(_whole(str(kind.national_number_pattern)))


def main_region(code: int) -> str:
    """Gives the first region of a calling code."""
    return str(phonenumbers.region_code_for_country_code(code))


def _metadata(region: str, code: int) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None:
        raise LookupError(f"libphonenumber has no plan of {region} under +{code}")
    return metadata


def _general(metadata: PhoneMetadata) -> PhoneNumberDesc:
    return metadata.general_desc or PhoneNumberDesc()
