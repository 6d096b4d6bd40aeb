"""How a number was read that does not simply stand in its cell, and what may be wrong with a text that is none."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

import phonenumbers
import polars as pl

from hlrframe.model import Reading, Reason, name_of
from hlrframe.phone.lists import with_second
from hlrframe.phone.plans import Msisdn, calling_code_of, read, read_international
from hlrframe.phone.reading import answers
from hlrframe.phone.renumbering import renumbered
from hlrframe.phone.repair import Spelling, longest_run, spellings, tidy
from hlrframe.phone.run_exprs import FEW

__all__ = ["suggestion_for", "with_notes"]

#: Texts that may hold several numbers: no shorter one does, and one of these marks divides them, or they are long.
_MAY_HOLD_SEVERAL: Final = r"[;|,&\n]|^(?:[^0-9]*[0-9]){4}.*/|(?i)\b(?:or|and|oder|und|ou|et|y)\b|^(?:[^0-9]*[0-9]){16}"
_MARKED: Final = r"[^0-9+ ().\-]"
#: Bytes of the shortest text that holds two whole numbers without such a mark.
_LONG: Final = 17
#: What may be wrong where the digits say nothing more.
_USUAL: Final = MappingProxyType(
    {
        Reason.NOT_A_NUMBER: "no telephone number stands in the cell",
        Reason.NEEDS_REGION: "a national number: name its country (default_region), or write it with a plus",
        Reason.UNKNOWN_REGION: "the country beside it is not understood: write its ISO code, or leave the cell empty",
        Reason.SPREADSHEET_DAMAGE: "a spreadsheet took digits away: get the column from its source, as text",
        Reason.UNKNOWN_COUNTRY: "no country has the calling code that it starts with",
        Reason.TOO_SHORT: "digits are missing",
        Reason.TOO_LONG: "there are too many digits",
        Reason.NOT_IN_PLAN: "the length is right, but no such number is given out",
        Reason.OLD_PLAN: "a number of before its country renumbered: ask for the new one",
    }
)
#: How the names begin that English puts an article before.
_WITH_THE: Final = ("United", "Netherlands", "Philippines", "Dominican Rep", "Central African", "Bahamas", "Gambia")
#: Reasons that the digits may say more of.
_BY_DIGITS: Final = (Reason.TOO_SHORT, Reason.TOO_LONG, Reason.NOT_IN_PLAN, Reason.OLD_PLAN)


def with_notes(read_texts: pl.DataFrame, *, suggest: bool) -> pl.DataFrame:
    """Adds ``reading`` and ``suggestion`` to distinct texts.

    Args:
        read_texts: ``text``, ``country``, ``msisdn``, ``reason``, and ``renumbered``, the words of the rule that
            brought a number up to date.
        suggest: Whether to look for suggestions; they are null otherwise.
    """
    text = pl.col("text")
    # A cheap look first: nearly all texts are one number and nothing else.
    marked = (text.str.len_bytes() >= _LONG) | text.str.contains(_MARKED)
    some = read_texts.with_row_index("row").filter(pl.col("msisdn").is_not_null() & marked)
    places = some.filter(text.str.contains(_MAY_HOLD_SEVERAL)).select("row", "text", "country", "msisdn")
    certain = with_second(places) if places.height > FEW else places.clear()
    alone = places.join(certain, on="row", how="anti").iter_rows()
    several = [
        *certain["row"],
        *(row for row, cell, country, first in alone if _holds_several(tidy(cell), country, first)),
    ]
    reading = (
        pl.when(pl.col("renumbered").is_not_null())
        .then(pl.lit(Reading.RENUMBERED.value))
        .when(pl.int_range(pl.len()).is_in(several))
        .then(pl.lit(Reading.SEVERAL.value))
    )
    noted = read_texts.with_columns(reading=reading, suggestion=pl.lit(None, pl.String))
    return noted.with_columns(suggestion=_suggestions(noted)) if suggest else noted


def suggestion_for(text: str, region: str | None, reason: Reason) -> str | None:
    """Says in plain words what may be wrong with a text that was rejected; ``None`` where it is empty.

    >>> suggestion_for("+63 2 812 3456", None, Reason.OLD_PLAN)
    'looks like a number of Manila of seven digits, as before 2019: ask for the new one'
    >>> suggestion_for("917-555-7890 12", "US", Reason.TOO_LONG)
    'the first 10 digits are a number of the United States: more follows, perhaps an extension'
    """
    found = next(_guesses(tidy(text), region), None) if reason in _BY_DIGITS else None
    return found or _USUAL.get(reason)


def _suggestions(noted: pl.DataFrame) -> pl.Series:
    usual = pl.col("reason").replace_strict(dict(_USUAL), default=None, return_dtype=pl.String)
    asked = noted.select("text", "country", "reason", usual.alias("usual"))
    found = [
        suggestion_for(text, country, Reason(reason)) if reason in _BY_DIGITS else words
        for text, country, reason, words in asked.iter_rows()
    ]
    return pl.Series("suggestion", found, dtype=pl.String)


def _holds_several(text: str, region: str | None, first: str) -> bool:
    """Whether another number stands in a text beside the first, or the end of one (``/57``)."""
    listed = next((each for each in spellings(text) if each.cuts and each.cuts[-1] == len(each.digits)), None)
    if listed is not None and first.endswith(listed.digits[-4:]):
        return True
    return any(isinstance(each, Msisdn) and each.digits != first for each in answers(text, region))


def _guesses(text: str, region: str | None) -> Iterator[str]:
    """Gives what may be wrong, the likeliest first."""
    run = longest_run(text)
    if run is None:
        return
    code = calling_code_of(run.digits) if run.international or region is None else ""
    home = phonenumbers.region_code_for_country_code(int(code)) if code else region
    national = run.digits.removeprefix(code)
    yield from _of_old_plan(code or str(phonenumbers.country_code_for_region(region or "")), national)
    yield from _too_much(run, region)
    if not run.international:
        yield from _with_a_plus(run.digits)
    yield from _of_length(national, home)


def _of_old_plan(code: str, national: str) -> Iterator[str]:
    for new, rule in renumbered(code, national):
        yield f"looks like {rule.words}" + ("" if new else ": ask for the new one")


def _with_a_plus(digits: str) -> Iterator[str]:
    """Looks for a number that its calling code begins."""
    code = calling_code_of(digits)
    if isinstance(number := read_international(digits), Msisdn) and number.region:
        yield f"a number of {_country(number.region)}, if a plus stands before it"
    for words in _of_old_plan(code, digits.removeprefix(code)):
        yield f"{words}, if a plus stands before it"


def _too_much(run: Spelling, region: str | None) -> Iterator[str]:
    """Looks for a number in the first digits."""
    for cut in (*run.cuts, len(run.digits) // 2, len(run.digits) - 1):
        head = read(run.digits[:cut], international=run.international, region=region, cuts=(cut,))
        if 0 < cut < len(run.digits) and isinstance(head, Msisdn) and head.region:
            more = "more follows, perhaps an extension"
            rest = "one digit is too many" if cut == len(run.digits) - 1 else more
            yield f"the first {cut} digits are a number of {_country(head.region)}: {rest}"


def _country(region: str) -> str:
    name = name_of(region) or region
    return f"the {name}" if name.startswith(_WITH_THE) else name


def _of_length(national: str, region: str | None) -> Iterator[str]:
    """Compares the length with that of a mobile of the country."""
    example = region and phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if not example or not region:
        return
    wanted, given = len(phonenumbers.national_significant_number(example)), len(national.removeprefix("0"))
    difference, country = given - wanted, _country(region)
    whole = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=int(national or 0))
    if phonenumbers.is_possible_number_with_reason(whole) == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        yield f"a local number of {country}: its area code is missing"
    if difference:
        count = f"{abs(difference)} digit{'s' if abs(difference) > 1 else ''}"
        yield f"{count} {'fewer' if difference < 0 else 'more'} than a mobile of {country} has"
    else:
        yield f"as long as a mobile of {country}, but {country} gives out no such number"
