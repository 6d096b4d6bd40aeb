"""The numbering plans as column expressions: the rules of :mod:`hlrframe.phone.plans` for many numbers at once.

libphonenumber's own patterns run as polars expressions, one calling code and one length at a time. A row is answered
only where the answer is certain to be the one that :func:`hlrframe.phone.plans.read` gives; every other row is left out
and has to be read one at a time: numbers that lose more than one prefix, calling codes with so few rows that compiling
their patterns costs more than reading them.
"""

import re
from collections.abc import Iterator
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
from hlrframe.phone.plans import SHORTEST_INTERNATIONAL, WORLD, coded_start, misfit
from hlrframe.phone.renumbering import RENUMBERED_CODES

__all__ = ["calling_code", "international_prefix", "read_international", "read_national", "read_types"]

#: A pattern is compiled for no fewer rows than this.
FEWEST_ROWS: Final = 32

_ANSWER: Final = ("row", "msisdn", "region", "reason")
#: A pattern that no digits match.
_NEVER: Final = "x"
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


def calling_code(digits: pl.Expr) -> pl.Expr:
    """Gives the calling code that international digits start with; null where no plan has such a code.

    >>> pl.select(calling_code(pl.lit("447400123456"))).item()
    '44'
    """
    return digits.str.slice(0, 3).replace_strict(_code_of_three_digits(), default=None, return_dtype=pl.String)


def read_international(numbers: pl.DataFrame, *, old: bool = True) -> pl.DataFrame:
    """Reads digits that start with a calling code.

    Args:
        numbers: Columns ``row`` (UInt32) and ``digits`` (String).
        old: Whether what is no number today may be one of an old plan, and so is not certain.

    Returns:
        Columns ``row``, ``msisdn``, ``region``, ``reason``, and ``settled``: the digits after national prefixes were
        taken out, of rejected numbers too. Exactly one of ``msisdn`` and ``reason`` is given. Rows that are not
        certain are left out; the order means nothing.
    """
    coded = _coded(numbers)
    answers = [_rejected(coded.filter(pl.col("code").is_null()), Reason.UNKNOWN_COUNTRY)]
    for code, length, part in _settled_parts(coded):
        answers += _read_length(part, code, length)
    read = pl.concat(answers)
    rejected = read.filter(pl.col("msisdn").is_null())
    dated = calling_code(pl.col("settled")).is_in(RENUMBERED_CODES if old else ()).fill_null(value=False)
    return pl.concat([read.drop_nulls("msisdn"), rejected.filter(~dated)])


def read_types(numbers: pl.DataFrame) -> pl.DataFrame:
    """Says of what type numbers are that start with a calling code.

    Args:
        numbers: As for :func:`read_international`.

    Returns:
        Columns ``row`` and ``number_type``, in the words of :class:`~hlrframe.model.vocabulary.NumberType`. Rows that
        are not certain are left out; the order means nothing.
    """
    coded = _coded(numbers)
    unknown = coded.filter(pl.col("code").is_null()).select("row", number_type=pl.lit(NumberType.UNKNOWN.value))
    parts = [_types_of_length(part, code, length) for code, length, part in _settled_parts(coded)]
    return pl.concat([unknown, *parts])


def _coded(numbers: pl.DataFrame) -> pl.DataFrame:
    long_enough = pl.col("digits").str.len_bytes() >= SHORTEST_INTERNATIONAL
    return numbers.filter(long_enough).with_columns(code=calling_code(pl.col("digits")))


def _settled_parts(coded: pl.DataFrame) -> Iterator[tuple[int, int, pl.DataFrame]]:
    """Gives the numbers of each calling code and length: ``row``, ``national`` and the whole as ``settled``."""
    national = pl.col("national")
    for (code,), group in coded.drop_nulls("code").partition_by("code", as_dict=True, include_key=False).items():
        if group.height >= FEWEST_ROWS:
            numbers = _settle(group.select("row", national=pl.col("digits").str.slice(len(str(code)))), str(code))
            numbers = numbers.with_columns(settled=str(code) + national, length=national.str.len_bytes())
            for (length,), part in numbers.partition_by("length", as_dict=True, include_key=False).items():
                yield int(str(code)), int(str(length)), part


def read_national(numbers: pl.DataFrame) -> pl.DataFrame:
    """Reads digits with their country's own calling code, else as somebody there dials them, else as foreign ones.

    Args:
        numbers: Columns ``row`` (UInt32), ``digits`` and ``country`` (String), the country's ISO 3166 alpha-2 code in
            capitals, and perhaps ``first`` (UInt32), the digits before the first mark, null where no mark is.

    Returns:
        ``row``, ``msisdn``, ``region`` and ``reason`` as :func:`read_international` gives them.
    """
    if "first" not in numbers.columns:
        numbers = numbers.with_columns(first=pl.lit(None, pl.UInt32))
    starts = {country: coded_start(country) or _NEVER for country in numbers["country"].unique()}
    start = pl.col("country").replace_strict(starts, return_dtype=pl.String)
    apart = pl.col("first").is_null() | (pl.col("first") == start.str.len_bytes())
    marked = numbers.with_columns(coded=pl.col("digits").str.starts_with(start) & apart)
    coded, rest = marked.filter("coded").drop("coded"), marked.filter(~pl.col("coded")).drop("coded")
    own = read_international(coded.select("row", "digits"), old=False).select(_ANSWER)
    found, missed = own.filter(pl.col("reason").is_null()), own.filter(pl.col("reason").is_not_null())
    return pl.concat([found, _read_dialled(pl.concat([rest, coded.join(missed, on="row", how="semi")]))])


def _without_old(answers: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Leaves out what is no number of its country today where it may be one of an old plan."""
    codes = {each: str(phonenumbers.country_code_for_region(each)) for each in numbers["country"].unique()}
    codes = {each: code for each, code in codes.items() if code in RENUMBERED_CODES}
    code = pl.col("country").replace_strict(codes, default=None, return_dtype=pl.String)
    dated = answers.join(numbers.select("row", code=code).drop_nulls(), on="row")
    own = pl.col("msisdn").is_not_null() & pl.col("msisdn").str.starts_with(pl.col("code"))
    return answers.join(dated.filter(~own.fill_null(value=False)), on="row", how="anti")


def _read_dialled(numbers: pl.DataFrame) -> pl.DataFrame:
    """Reads digits as they are dialled in their country, else one bare run as a foreign number.

    The reason is that of the first reading.
    """
    dialled = _international_forms(numbers)
    home = read_international(dialled.select("row", digits="home"), old=False)
    home = home.join(dialled, on="row").filter(pl.col("settled") == pl.col("home"))
    found, missed = home.filter(pl.col("reason").is_null()), home.filter(pl.col("reason").is_not_null())
    grouped, bare = missed.filter(pl.col("first").is_not_null()), missed.filter(pl.col("first").is_null())
    abroad = read_international(bare.select("row", "digits"), old=False).join(
        bare.select("row", why="reason"), on="row"
    )
    abroad = abroad.with_columns(reason=pl.when(pl.col("msisdn").is_null()).then("why"))
    others = pl.concat(each.select(_ANSWER) for each in (grouped, abroad))
    return pl.concat([found.select(_ANSWER), _without_old(others, numbers)])


def _international_forms(numbers: pl.DataFrame) -> pl.DataFrame:
    """Writes the digits of each country as ``home``, with its calling code, where there is one way to read them."""
    forms = [numbers.clear().select("row", "digits", "first", home="digits")]
    for (country,), group in numbers.partition_by("country", as_dict=True, include_key=False).items():
        if group.height >= FEWEST_ROWS:
            forms.append(group.with_columns(home=_international_form(pl.col("digits"), pl.col("first"), str(country))))
    return pl.concat(forms).drop_nulls("home")


@cache
def international_prefix(region: str) -> str:
    """Gives the pattern of what is dialled in the region before a calling code."""
    return _metadata(region, 0).international_prefix or _NEVER


@dataclass(frozen=True, slots=True)
class _Trunk:
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
        start = _start(self.prefix)
        rewrites = national.str.extract(start, self.groups).is_not_null()
        return pl.when(rewrites).then(national.str.replace(start, self.rewritten)).otherwise(rest)

    def untouched(self, national: pl.Expr) -> pl.Expr:
        """Whether no prefix can be taken off."""
        return pl.lit(value=True) if self.prefix is None else self._prefix_length(national) == 0

    def viable(self, national: pl.Expr) -> pl.Expr:
        """Whether the digits look like a number of the plan."""
        return national.str.contains(_whole(self.general))

    def _prefix_length(self, national: pl.Expr) -> pl.Expr:
        return national.str.extract(_start(self.prefix or ""), 0).str.len_bytes().fill_null(0)


@dataclass(frozen=True, slots=True)
class _Range:
    """The numbers of one length that one region has under a calling code."""

    #: ISO 3166 alpha-2 code, or :data:`~hlrframe.phone.plans.WORLD`.
    region: str
    #: Pattern that makes a number the region's own whether it is valid or not; ``None`` where only validity does.
    claim: str | None
    #: Patterns that a valid number matches, all of them; ``None`` where the region has no number of this length.
    patterns: tuple[str, str] | None

    def claims(self) -> pl.Expr:
        return self.valid() if self.claim is None else pl.col("national").str.contains(self.claim)

    def valid(self) -> pl.Expr:
        if self.patterns is None:
            return pl.lit(value=False)
        return pl.all_horizontal(pl.col("national").str.contains(pattern) for pattern in self.patterns)


def _settle(numbers: pl.DataFrame, code: str) -> pl.DataFrame:
    """Takes national prefixes off; leaves out numbers that would lose a second one."""
    trunk, national = _trunk(_main_region(int(code)), int(code)), pl.col("national")
    marked = numbers.with_columns(plain=trunk.untouched(national))
    plain, prefixed = marked.filter("plain").drop("plain"), marked.filter(~pl.col("plain"))
    if not prefixed.height:
        return plain
    once = prefixed.select("row", trunk.strip(national)).drop_nulls()
    return pl.concat([plain, once.filter(trunk.strip(national) == national)])


def _read_length(part: pl.DataFrame, code: int, length: int) -> list[pl.DataFrame]:
    """Gives each number to the first region that claims it; what nobody claims is rejected."""
    reason = _reason_of_length(code, length)
    answers = []
    for each in _ranges(code, length):
        judged = part.with_columns(mine=each.claims())
        mine, part = judged.filter("mine"), judged.filter(~pl.col("mine"))
        if each.claim is None:
            answers.append(_accepted(mine, each.region))
        elif mine.height:
            judged = mine.with_columns(valid=each.valid())
            answers.append(_accepted(judged.filter("valid"), each.region))
            answers.append(_rejected(judged.filter(~pl.col("valid")), reason))
        if not part.height:
            return answers
    return [*answers, _rejected(part, reason)]


def _types_of_length(part: pl.DataFrame, code: int, length: int) -> pl.DataFrame:
    """Gives each number the type that the region has for it to which it belongs."""
    kind = pl.lit(NumberType.UNKNOWN.value)
    for each in reversed(_ranges(code, length)):
        kind = pl.when(each.claims()).then(_type_in(each.region, code, length)).otherwise(kind)
    return part.select("row", number_type=kind)


def _type_in(region: str, code: int, length: int) -> pl.Expr:
    """Gives the first type of the region's plan that a number fits, in libphonenumber's order."""
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


def _accepted(numbers: pl.DataFrame, region: str) -> pl.DataFrame:
    name = pl.lit(None if region == WORLD else region, pl.String)
    return numbers.select("row", msisdn="settled", region=name, reason=pl.lit(None, pl.String), settled="settled")


def _rejected(numbers: pl.DataFrame, reason: Reason) -> pl.DataFrame:
    settled = "settled" if "settled" in numbers.columns else "digits"
    nothing = pl.lit(None, pl.String)
    return numbers.select("row", msisdn=nothing, region=nothing, reason=pl.lit(reason.value), settled=settled)


def _international_form(digits: pl.Expr, first: pl.Expr, region: str) -> pl.Expr:
    """Writes national digits with their calling code; null where there is more than one way to read them."""
    code = str(phonenumbers.country_code_for_region(region))
    own, main = _trunk(region, int(code)), _trunk(_main_region(int(code)), int(code))
    rest = digits.str.slice(len(code))
    coded = digits.str.starts_with(code)
    too_long = digits.str.len_bytes() > max(own.lengths)
    apart = first.is_null() | (first == len(code))
    return (
        pl.when(digits.str.contains(_start(international_prefix(region))))
        .then(None)
        .when(coded & too_long)
        .then(pl.when(apart & own.untouched(rest) & main.untouched(rest)).then(digits))
        .when(~coded | own.viable(digits))
        .then(code + own.strip(digits))
    )


@cache
def _code_of_three_digits() -> dict[str, str]:
    """Calling codes are free of prefixes of each other: three digits decide."""
    codes = sorted(map(str, COUNTRY_CODE_TO_REGION_CODE))
    return {f"{code}{tail:0{3 - len(code)}}"[:3]: code for code in codes for tail in range(10 ** (3 - len(code)))}


def _main_region(code: int) -> str:
    return str(phonenumbers.region_code_for_country_code(code))


def _metadata(region: str, code: int) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None:
        raise LookupError(f"libphonenumber has no plan of {region} under +{code}")
    return metadata


def _general(metadata: PhoneMetadata) -> PhoneNumberDesc:
    return metadata.general_desc or PhoneNumberDesc()


@cache
def _trunk(region: str, code: int) -> _Trunk:
    metadata = _metadata(region, code)
    prefix, rule = metadata.national_prefix_for_parsing or None, metadata.national_prefix_transform_rule
    general = _general(metadata)
    return _Trunk(
        prefix=prefix,
        groups=re.compile(prefix or "").groups,
        rewritten=re.sub(r"\\(.)", r"${\1}", rule) if rule else None,
        general=general.national_number_pattern or _NEVER,
        lengths=tuple(general.possible_length),
    )


@cache
def _ranges(code: int, length: int) -> tuple[_Range, ...]:
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    return tuple(_range(region, code, length, alone=len(regions) == 1) for region in regions)


def _range(region: str, code: int, length: int, *, alone: bool) -> _Range:
    metadata = _metadata(region, code)
    leading = None if alone or metadata.leading_digits is None else _start(metadata.leading_digits)
    kinds = (getattr(metadata, kind) for kind in _KINDS)
    patterns = [str(kind.national_number_pattern) for kind in kinds if _has(kind, length)]
    general = _general(metadata)
    if not patterns or not _has(general, length):
        return _Range(region, leading, None)
    return _Range(region, leading, (_whole(general.national_number_pattern or _NEVER), _whole("|".join(patterns))))


def _has(kind: PhoneNumberDesc | None, length: int) -> bool:
    """Whether a kind of number exists in this length; no list of lengths means all of the plan's."""
    if kind is None or not kind.national_number_pattern:
        return False
    return not kind.possible_length or length in kind.possible_length


@cache
def _reason_of_length(code: int, length: int) -> Reason:
    return misfit(PhoneNumber(country_code=code, national_number=10 ** (length - 1))).reason


def _start(pattern: str) -> str:
    # Without Unicode classes: \d is ASCII here, and its automaton small.
    return f"(?-u)^(?:{pattern})"


def _whole(pattern: str) -> str:
    return f"(?-u)^(?:{pattern})$"
