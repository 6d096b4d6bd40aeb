"""Which numbers of an enriched frame are wanted, and why the others are not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final, NamedTuple, Self

import polars as pl

from hlrframe.errors import ConfigError, InputError
from hlrframe.frames.adapters import open_list
from hlrframe.frames.enriched import results_as_text
from hlrframe.model import (
    Naming,
    NumberType,
    Reason,
    Verdict,
    many,
    parse_age,
    phones_of,
    printable,
    region_of,
    regions_of,
)
from hlrframe.phone import parse_column, predict_networks

__all__ = ["Chosen", "Rule", "SelectionReport", "Words", "chosen", "is_needed", "phone_columns"]

#: Numbers that take texts.
TEXTABLE: Final = (NumberType.MOBILE, NumberType.MOBILE_OR_LANDLINE)
#: What the provider cannot know.
CONSENT: Final = "whether these people agreed to hear from you is not checked: that is yours to know"
#: Results that rules look at.
_ASKED_OF: Final = (
    *("msisdn", "state", "reason", "verdict", "number_type", "checked_at"),
    *("current_network", "current_mccmnc", "current_country"),
    *("original_network", "original_mccmnc", "original_country"),
)
Words = str | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which numbers are wanted; what is empty asks for nothing."""

    verdicts: frozenset[str] = frozenset()
    number_types: frozenset[str] = frozenset()
    #: ISO 3166 alpha-2 codes.
    countries: frozenset[str] = frozenset()
    #: Names or mobile country and network codes, in small letters.
    networks: frozenset[str] = frozenset()
    max_age: timedelta | None = None
    #: Numbers that are left out: E.164 digits.
    suppressed: frozenset[str] = frozenset()
    #: Whether a number that stands in several rows is taken once.
    once: bool = False

    @classmethod
    def of(
        cls,
        *,
        textable: bool = False,
        verdict: Words = None,
        number_type: Words = None,
        country: Words = None,
        network: Words = None,
        max_age: str | timedelta | None = None,
        suppress: Any = None,  # any list of numbers
        region: str | None = None,
    ) -> Self:
        """Reads what a caller asked for; arguments as for :func:`select`.

        Raises:
            ConfigError: A word is no verdict, no type of number or no country; an age is none.
        """
        verdicts = _words(verdict, Verdict, "verdict") or ({Verdict.LIVE.value} if textable else frozenset())
        types = _words(number_type, NumberType, "number_type") or (frozenset(TEXTABLE) if textable else frozenset())
        return cls(
            frozenset(verdicts),
            frozenset(types),
            frozenset(map(_country, _listed(country))),
            frozenset(each.casefold() for each in _listed(network)),
            None if max_age is None else parse_age(max_age),
            _numbers(suppress, region),
            once=textable,
        )


@dataclass(frozen=True, slots=True)
class SelectionReport:
    """How a selection came about."""

    rows: int
    selected: int
    #: Rows that are left out, by reason.
    excluded: Mapping[str, int]
    note: str = CONSENT

    def __str__(self) -> str:
        lines = [f"{many(self.selected, 'row', 'rows')} selected of {self.rows:,}"]
        lines += [f"  {count:>9,}  {printable(reason)}" for reason, count in self.excluded.items()]
        return "\n".join([*lines, f"note: {self.note}"])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


class Chosen(NamedTuple):
    """What a rule chose."""

    #: ``row``, its place; ``selected_column`` and ``selected_msisdn``.
    rows: pl.DataFrame
    report: SelectionReport
    #: Whether there are several phone columns.
    several: bool


def chosen(enriched: pl.DataFrame, rule: Rule, *, one_per: str | None, prefix: str) -> Chosen:
    """Applies a rule to the result columns of a frame.

    Args:
        enriched: The columns that rules look at.
        rule: Which numbers are wanted.
        one_per: Name of a column that tells people apart.
        prefix: What stands before the names of the result columns.

    Raises:
        InputError: A column is missing.
    """
    phones = phone_columns(enriched.columns, prefix)
    why = [_why_not(_results(enriched, before, prefix), rule) for before in phones]
    numbered = [each.rename({name: f"{name}_{at}" for name in each.columns}) for at, each in enumerate(why)]
    frame = pl.concat(numbered, how="horizontal").with_row_index("row")
    fits = [pl.col(f"why_{at}").is_null() for at in range(len(phones))]
    rows = frame.select(
        "row",
        selected_column=pl.coalesce(
            pl.when(fit).then(pl.lit(before.removesuffix("_"))) for fit, before in zip(fits, phones, strict=True)
        ),
        selected_msisdn=pl.coalesce(pl.when(fit).then(f"msisdn_{at}") for at, fit in enumerate(fits)),
        # Of a row none of whose numbers fits the reason of the one that came furthest is told.
        why=pl.when(~pl.any_horizontal(fits))
        .then(_furthest([f"why_{at}" for at in range(len(phones))]))
        .when(_holds(rule.suppressed, [f"msisdn_{at}" for at in range(len(phones))]))
        .then(pl.lit("suppressed")),
        person=pl.lit(None) if one_per is None else pl.Series(enriched[one_per]),
    )
    if rule.once:
        rows = _first_of(rows, "selected_msisdn", "same_number")
    if one_per is not None:
        rows = _first_of(rows, "person", "same_person")
    taken = rows.filter(pl.col("why").is_null())
    left = rows["why"].drop_nulls().value_counts(sort=True)
    excluded = dict(zip(left["why"], left["count"], strict=True))
    return Chosen(
        taken.select("row", "selected_column", "selected_msisdn"),
        SelectionReport(rows.height, taken.height, excluded),
        len(phones) > 1,
    )


def _holds(suppressed: frozenset[str], names: Sequence[str]) -> pl.Expr:
    """Whether one of a row's numbers is to be left out: its owner has others, and wants no messages there either."""
    return pl.any_horizontal(pl.col(name).is_in(sorted(suppressed)).fill_null(value=False) for name in names)


def _furthest(names: Sequence[str]) -> pl.Expr:
    """Gives the reason with the highest rank, without it."""
    return pl.max_horizontal(names).str.slice(len("0 "))


def phone_columns(names: Iterable[Any], prefix: str) -> list[str]:
    """Gives what stands before the prefix of the results: nothing for one phone column, else each column's name.

    Raises:
        InputError: The frame was not enriched, or with another prefix.
    """
    names = [str(name) for name in names]
    befores = phones_of(names, prefix=prefix, result="verdict")
    if not befores and f"{prefix}best_verdict" in names:
        raise InputError(
            "columns='best' keeps too little of a number to judge it by: enrich once more with columns='standard' "
            "(--columns standard), which costs nothing with the same store"
        )
    if not befores:
        raise InputError(
            f"the frame has no column {prefix + 'verdict'!r}: pass what enrich gave, and its prefix= (--prefix) if "
            "it was another"
        )
    return befores


def is_needed(name: str, prefix: str) -> bool:
    """Says whether a column is one that rules look at."""
    if name == f"{prefix}best_verdict":
        return True  # by which what is too short to judge by is known
    return any(name == f"{prefix}{each}" or name.endswith(f"_{prefix}{each}") for each in _ASKED_OF)


def _results(enriched: pl.DataFrame, before: str, prefix: str) -> pl.DataFrame:
    """Gives the results of one phone column by their own names; what is missing is null."""
    names = {each: f"{before}{prefix}{each}" for each in _ASKED_OF}
    return enriched.select(
        results_as_text(enriched[given]).alias(name)
        if given in enriched.columns
        else pl.lit(None, pl.String).alias(name)
        for name, given in names.items()
    )


def _why_not(results: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Gives ``msisdn``, and ``why`` a number does not fit, behind how far it came; null where it does."""
    number = pl.col("msisdn")
    network = pl.coalesce("current_network", "original_network").str.to_lowercase()
    code = pl.coalesce("current_mccmnc", "original_mccmnc")
    told = pl.concat_str("state", "reason", separator=": ", ignore_nulls=True).replace("", None)
    out: list[tuple[pl.Expr, pl.Expr]] = [
        (number.is_null(), pl.lit("0 ") + told.fill_null("no_number")),
        (pl.col("verdict").is_null(), pl.lit("1 ") + told.fill_null("no_answer")),
    ]
    if rule.verdicts:
        word = f"2 not_{'_or_'.join(sorted(rule.verdicts))}"
        out.append((~pl.col("verdict").is_in(sorted(rule.verdicts)), pl.lit(word)))
    if rule.number_types:
        other = pl.concat_str(pl.lit("3 number_type: "), pl.col("number_type").fill_null("unknown"))
        out.append((~pl.col("number_type").is_in(sorted(rule.number_types)).fill_null(value=False), other))
    if rule.countries:
        abroad = ~_countries(results).is_in(sorted(rule.countries)).fill_null(value=False)
        out.append((abroad, pl.lit("4 other_country")))
    if rule.networks:
        wanted = sorted(rule.networks)
        out.append((~(network.is_in(wanted) | code.is_in(wanted)).fill_null(value=False), pl.lit("5 other_network")))
    if rule.max_age is not None:
        out.append((~_is_fresh(results, rule.max_age), pl.lit("6 too_old")))
    if rule.suppressed:
        out.append((number.is_in(sorted(rule.suppressed)), pl.lit("7 suppressed")))
    conditions = pl.coalesce(pl.when(test).then(word) for test, word in out)
    return results.select("msisdn", why=conditions)


def _countries(results: pl.DataFrame) -> pl.Expr:
    named = regions_of(results.select(pl.coalesce("current_country", "original_country")).to_series())
    # Of a number without a network, as landlines are, the numbering plan says it.
    return pl.coalesce(pl.lit(named), pl.lit(predict_networks(results["msisdn"])["region"]))


def _is_fresh(results: pl.DataFrame, max_age: timedelta) -> pl.Expr:
    checked = results["checked_at"]
    if checked.dtype == pl.String:
        checked = checked.str.to_datetime(time_zone="UTC", strict=False)
    elif checked.dtype.is_temporal() and getattr(checked.dtype, "time_zone", None) is None:
        checked = checked.dt.replace_time_zone("UTC")
    oldest = datetime.now(UTC) - max_age
    return pl.lit((checked >= oldest).fill_null(value=False))


def _first_of(rows: pl.DataFrame, column: str, reason: str) -> pl.DataFrame:
    """Leaves out the rows that fit, but for the first of those alike in a column; an empty cell is like no other."""
    fits = pl.col("why").is_null() & pl.col(column).is_not_null()
    alike = rows.filter(fits).select("row", again=~pl.col(column).is_first_distinct())
    marked = rows.join(alike, on="row", how="left", maintain_order="left")
    return marked.with_columns(why=pl.when("again").then(pl.lit(reason)).otherwise("why")).drop("again")


def _listed(words: Words) -> list[str]:
    return [words] if isinstance(words, str) else list(words or ())


def _words(words: Words, kind: type[Verdict] | type[NumberType], name: str) -> frozenset[str]:
    known = {each.value.casefold(): each.value for each in kind}
    listed = _listed(words)
    for word in listed:
        if word.casefold() not in known:
            raise ConfigError(f"{word!r} is no {name}: use some of {', '.join(known.values())}")
    return frozenset(known[word.casefold()] for word in listed)


def _country(word: str) -> str:
    code = region_of(word)
    if code is None:
        raise ConfigError(f"{word!r} is no country: use an ISO 3166 code such as GB, or a name")
    return str(code)


def _numbers(suppress: Any, region: str | None) -> frozenset[str]:  # any list of numbers
    if suppress is None:
        return frozenset()
    if not isinstance(suppress, list | pl.Series) and hasattr(suppress, "columns") and len(suppress.columns) == 1:
        suppress = suppress[suppress.columns[0]]
    (texts,) = open_list(suppress, Naming.of_names("numbers")).cells.texts
    reading = parse_column(texts, region=region)
    unplaced = reading.filter(pl.col("reason") == Reason.NEEDS_REGION).height
    numbers = reading["msisdn"].drop_nulls()
    # Who is to be left out and is not would be written to: whatever is in doubt is an error.
    if unplaced:
        which = many(unplaced, "number to leave out is", "numbers to leave out are")
        raise InputError(f"{which} written without a country: name it with region=")
    if texts.drop_nulls().len() and numbers.is_empty():
        raise InputError(
            "none of the numbers to leave out can be read: is it the right column? (--suppress-column names another)"
        )
    return frozenset(numbers)
