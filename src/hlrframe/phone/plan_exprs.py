"""The numbering plans as column expressions: the rules of :mod:`hlrframe.phone.plans` for many numbers at once.

libphonenumber's own patterns run as polars expressions, one calling code and one length at a time. A row is answered
only where the answer is certain to be the one that :func:`hlrframe.phone.plans.read` gives; every other row is left out
and has to be read one at a time: numbers that lose more than one prefix, calling codes with so few rows that compiling
their patterns costs more than reading them.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import phonenumbers
import polars as pl
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from hlrframe.model import NumberType, Reason
from hlrframe.phone.plan_patterns import (
    NEVER,
    ascii_only,
    at_start,
    international_prefix,
    main_region,
    ranges_of,
    reason_of_length,
    trunk_of,
    type_in,
)
from hlrframe.phone.plans import SHORTEST_INTERNATIONAL, WORLD, coded_start
from hlrframe.phone.renumbering import RENUMBERED_CODES, old_pattern

__all__ = ["calling_code", "international_prefix", "read_international", "read_national", "read_types"]

#: A pattern is compiled for no fewer rows than this.
FEWEST_ROWS: Final = 32

_ANSWER: Final = ("row", "msisdn", "region", "reason")


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
    return _without_old(read, coded, own=pl.col("msisdn").is_not_null()) if old else read


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
    starts = {country: coded_start(country) or NEVER for country in numbers["country"].unique()}
    start = pl.col("country").replace_strict(starts, return_dtype=pl.String)
    apart = pl.col("first").is_null() | (pl.col("first") == start.str.len_bytes())
    marked = numbers.with_columns(coded=pl.col("digits").str.starts_with(start) & apart)
    coded, rest = marked.filter("coded").drop("coded"), marked.filter(~pl.col("coded")).drop("coded")
    own = read_international(coded.select("row", "digits"), old=False).select(_ANSWER)
    found, missed = own.filter(pl.col("reason").is_null()), own.filter(pl.col("reason").is_not_null())
    return pl.concat([found, _read_dialled(pl.concat([rest, coded.join(missed, on="row", how="semi")]))])


def _without_old(answers: pl.DataFrame, coded: pl.DataFrame, *, own: pl.Expr) -> pl.DataFrame:
    """Leaves out what is no number of its country today where it may be one of an old plan.

    Args:
        answers: ``row`` and the columns of an answer.
        coded: ``row``, ``digits`` and ``code``, the calling code of their country.
        own: Whether an answer is a number of its country.
    """
    missed = answers.filter(~own).select("row")
    doubtful = coded.filter(pl.col("code").is_in(RENUMBERED_CODES)).join(missed, on="row", how="semi")
    groups = doubtful.partition_by("code", as_dict=True).items()
    old = [group.filter(pl.col("digits").str.contains(ascii_only(old_pattern(str(code))))) for (code,), group in groups]
    return answers.join(pl.concat(old), on="row", how="anti") if old else answers


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
    codes = {each: str(phonenumbers.country_code_for_region(each)) for each in numbers["country"].unique()}
    coded = numbers.select("row", "digits", code=pl.col("country").replace_strict(codes, return_dtype=pl.String))
    others = others.join(coded.select("row", "code"), on="row")
    own = pl.col("msisdn").str.starts_with(pl.col("code")).fill_null(value=False)
    return pl.concat([found.select(_ANSWER), _without_old(others, coded, own=own).select(_ANSWER)])


def _international_forms(numbers: pl.DataFrame) -> pl.DataFrame:
    """Writes the digits of each country as ``home``, with its calling code, where there is one way to read them."""
    forms = [numbers.clear().select("row", "digits", "first", home="digits")]
    for (country,), group in numbers.partition_by("country", as_dict=True, include_key=False).items():
        if group.height >= FEWEST_ROWS:
            forms.append(group.with_columns(home=_international_form(pl.col("digits"), pl.col("first"), str(country))))
    return pl.concat(forms).drop_nulls("home")


def _settle(numbers: pl.DataFrame, code: str) -> pl.DataFrame:
    """Takes national prefixes off; leaves out numbers that would lose a second one."""
    trunk, national = trunk_of(main_region(int(code)), int(code)), pl.col("national")
    marked = numbers.with_columns(plain=trunk.untouched(national))
    plain, prefixed = marked.filter("plain").drop("plain"), marked.filter(~pl.col("plain"))
    if not prefixed.height:
        return plain
    once = prefixed.select("row", trunk.strip(national)).drop_nulls()
    return pl.concat([plain, once.filter(trunk.strip(national) == national)])


def _read_length(part: pl.DataFrame, code: int, length: int) -> list[pl.DataFrame]:
    """Gives each number to the first region that claims it; what nobody claims is rejected."""
    reason = reason_of_length(code, length)
    answers = []
    for each in ranges_of(code, length):
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
    for each in reversed(ranges_of(code, length)):
        kind = pl.when(each.claims()).then(type_in(each.region, code, length)).otherwise(kind)
    return part.select("row", number_type=kind)


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
    own, main = trunk_of(region, int(code)), trunk_of(main_region(int(code)), int(code))
    rest = digits.str.slice(len(code))
    coded = digits.str.starts_with(code)
    too_long = digits.str.len_bytes() > max(own.lengths)
    apart = first.is_null() | (first == len(code))
    return (
        pl.when(digits.str.contains(at_start(international_prefix(region))))
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
