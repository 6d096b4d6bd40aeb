"""What the statements ask, spelt out: ``outcomes`` as a query over ``enriched`` that runs anywhere."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import polars as pl

from hlrframe.model import COLUMNS
from hlrframe.report.sql.dialect import identifier, moment
from hlrframe.report.sql.statements import STATEMENTS

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "NEEDED",
    "SQL_TYPES",
    "TYPES_OF_MEASURES",
    "days",
    "dimensions_of",
    "needed_by",
    "render",
    "unprefixed",
]

#: Types of the columns, as SQL.
SQL_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        each.name: {"string": "varchar", "bool": "boolean", "double": "double"}.get(str(each.type), "timestamptz")
        for each in COLUMNS
    }
)

#: What tells one outcome from another.
DIMENSIONS: Final = (
    "state",
    "reason",
    "verdict",
    "live_status",
    "number_type",
    "original_network",
    "original_country",
    "current_network",
    "current_country",
    "is_ported",
    "provider",
    "days",
)

#: What is known of an outcome of one number, over the rows that carry it; several rows may have been asked and paid.
MEASURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rows": "count(*)",
        "credits": "coalesce(sum(credits), 0)",
        "charged": "count(*) filter (credits > 0)",
        "dearest": "coalesce(max(credits), 0)",
        "oldest": "min(checked_at)",
        "newest": "max(checked_at)",
    }
)

#: What the measures are, counted.
TYPES_OF_MEASURES: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "rows": pl.Int64(),
        "credits": pl.Float64(),
        "charged": pl.Int64(),
        "dearest": pl.Float64(),
        "oldest": pl.Datetime("us", "UTC"),
        "newest": pl.Datetime("us", "UTC"),
    }
)

#: Days after which an answer is in the next bucket of age.
_BUCKETS: Final = (365, 90, 30, 7, 1)
#: The head of a statement where the outcomes are counted already.
TALLIED: Final = "with outcomes as (from tallied)"
#: What a statement can do without, where a frame has no such columns.
_SPARED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"totals": frozenset({"provider", "checked_at"}), "coverage": frozenset({"live_status", "reason"})}
)
_NAMES: Final = tuple(each.name for each in COLUMNS)


def _words(statement: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", re.sub(r"'[^']*'", "", statement)))


def _columns_of(statement: str) -> tuple[str, ...]:
    """Gives the columns of ``enriched`` that a statement needs, in the order of the schema."""
    words = _words(statement)
    if "outcomes" not in words and "answers" not in words:
        return ()
    expressions = " ".join(text for name, text in MEASURES.items() if name in words)
    of_age = {"checked_at"} if "days" in words else frozenset[str]()
    found = words | _words(expressions) | of_age | {"msisdn"}
    return tuple(name for name in _NAMES if name in found)


#: Every column that some statement asks for.
NEEDED: Final = _columns_of(" ".join(STATEMENTS.values()))


def needed_by(name: str) -> tuple[str, ...]:
    """Gives the columns without which a named statement has nothing to say.

    >>> needed_by("verdicts")
    ('msisdn', 'verdict')
    """
    return tuple(each for each in _columns_of(STATEMENTS[name]) if each not in _SPARED.get(name, ()))


def dimensions_of(name: str) -> tuple[str, ...]:
    """Gives the facts of an outcome at which a named statement looks.

    >>> dimensions_of("verdicts")
    ('verdict',)
    """
    words = _words(STATEMENTS[name])
    return tuple(name for name in DIMENSIONS if name in words)


def days(now: datetime) -> str:
    """Gives the bucket of an answer's age, as SQL over ``checked_at``."""
    cases = " ".join(f"when checked_at <= {moment(now - timedelta(days=each))} then {each}" for each in _BUCKETS)
    return f"case when checked_at is null then null {cases} else 0 end"


def render(
    statement: str, *, prefix: str, there: Collection[str], now: datetime, values: Mapping[str, str], tallied: bool
) -> str:
    """Gives a statement that can be run.

    Args:
        statement: One of ``STATEMENTS``, or in its place.
        prefix: What stands before the names of the result columns in ``enriched``.
        there: The columns that ``enriched`` has, without the prefix; others are null.
        now: The moment to count ages from.
        values: What stands in braces, as SQL.
        tallied: Whether there is a table of the outcomes; else they are asked of ``enriched``, and it runs anywhere.
    """
    words, columns = _words(statement), _columns_of(statement)
    if "before" in words:
        columns = tuple(name for name in (*columns, *values["key"].split(", ")) if name != "msisdn")
        columns = ("msisdn", *dict.fromkeys(columns))
        ctes = [(name, unprefixed(columns, prefix=prefix, there=there, of=of)) for name, of in _COMPARED]
    else:
        counted = _outcomes(words, days(now))
        ctes = [("answers", unprefixed(columns, prefix=prefix, there=there)), ("outcomes", counted)]
    head = TALLIED if tallied and "before" not in words else "with " + ", ".join(f"{n} as (\n{q}\n)" for n, q in ctes)
    return statement.format(head=head, **values).strip()


_COMPARED: Final = (("answers", "enriched"), ("before", "earlier"))


def _outcomes(words: Collection[str], age: str) -> str:
    dimensions = [f"{age} as days" if name == "days" else name for name in DIMENSIONS if name in words]
    measures = [f"{text} as {name}" for name, text in MEASURES.items() if name in words]
    chosen = ",\n    ".join(("msisdn as who", "(who is not null)::bigint as numbers", *dimensions, *measures))
    return f"  select\n    {chosen}\n  from answers\n  group by all"


def unprefixed(columns: Iterable[str], *, prefix: str, there: Collection[str], of: str = "enriched") -> str:
    """Gives the query that takes the prefix off columns; those that are not there are null."""
    names = ",\n    ".join(
        f"{identifier(prefix + name) if name in there else f'null::{SQL_TYPES[name]}'} as {name}" for name in columns
    )
    return f"  select\n    {names}\n  from {of}"
