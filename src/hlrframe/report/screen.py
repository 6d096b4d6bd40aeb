"""A summary on one screen of a terminal: a line where a line will do, and the first rows of the tables that matter."""

import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from hlrframe.model import count, duration, many, printable
from hlrframe.report.render import sentence_case, text_table

__all__ = ["screen"]

#: Tables that are drawn: most rows, and the columns that are left to those who look closer.
_TABLES: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = MappingProxyType(
    {
        "cost": (7, ()),
        "countries": (5, ("ported", "applicable", "known")),
        "networks": (5, ("ported_out", "ported_in", "applicable", "known")),
        "portability": (3, ()),
        "lanes": (4, ("answered", "requests")),
        "changes": (8, ()),
    }
)


#: Columns that a narrow terminal has no room for, the most dispensable first.
_DISPENSABLE: Final = ("original", "ported_share", "share_of_ported", "live", "poor", "current", "coverage")
#: Most characters of a line of counts.
WIDTH: Final = 96
#: Most reasons of a state that are named.
MOST_REASONS: Final = 3


def screen(tables: Mapping[str, pl.DataFrame], *, currency: str, unit: str = "rows", width: int | None = None) -> str:
    """Draws the tables of a summary that have something to say.

    Args:
        tables: By name.
        currency: What money is called.
        unit: What is counted beside numbers.
        width: Columns of the terminal, where they are few.

    >>> verdicts = pl.DataFrame({"verdict": ["live", None], "rows": [1300, 3], "numbers": [1200, 3]})
    >>> print(screen({"verdicts": verdicts}, currency=""))
    Verdicts  live 1,200, no answer 3
    """
    lines = [
        textwrap.fill(f"{label:<8}  {line}", min(WIDTH, width or WIDTH), subsequent_indent=" " * 10)
        for name, (label, draw) in _LINES.items()
        if (line := _line(tables, name, draw, unit))
    ]
    rates = [f"Rates\n{text_table(tables['rates'], limit=4, width=width)}"] if "rates" in tables else []
    drawn = [_table(name, tables[name], currency, width) for name in _TABLES if name in tables and tables[name].height]
    return "\n\n".join((*rates, *(["\n".join(lines)] if lines else []), *drawn))


def _table(name: str, table: pl.DataFrame, currency: str, width: int | None) -> str:
    limit, spared = _TABLES[name]
    # A column that is empty as a whole says nothing: money without a price, a date nobody asked for.
    kept = [each for each in table if each.name not in spared and each.null_count() < table.height]
    named = pl.DataFrame(kept).rename({"money": currency} if currency else {}, strict=False)
    return f"{sentence_case(name)}\n{text_table(named, limit=limit, width=width, dispensable=_DISPENSABLE)}"


def _line(tables: Mapping[str, pl.DataFrame], name: str, draw: Callable[[pl.DataFrame, str], str], unit: str) -> str:
    return printable(draw(tables[name], unit)) if name in tables and tables[name].height else ""


def _verdicts(table: pl.DataFrame, _: str) -> str:
    named = table.select(pl.col("verdict").fill_null("no answer").str.replace_all("_", " "), "numbers")
    return ", ".join(f"{verdict} {numbers:,}" for verdict, numbers in named.iter_rows())


def _without(table: pl.DataFrame, unit: str) -> str:
    """Says which rows have no answer, and why."""
    without = table.filter(pl.col("verdict").is_null()).sort("rows", "reason", descending=[True, False])
    states = without.group_by("state", maintain_order=True).agg(pl.col("rows").sum(), "reason").sort("rows", "state")
    return "; ".join(
        f"{state} {rows:,} {unit}{_reasons(reasons)}" for state, rows, reasons in states.reverse().iter_rows()
    )


def _reasons(reasons: list[str | None]) -> str:
    named = list(dict.fromkeys(filter(None, reasons)))
    more = "" if len(named) <= MOST_REASONS else f" and {len(named) - MOST_REASONS} more"
    return f" ({', '.join(named[:MOST_REASONS])}{more})" if named else ""


def _age(table: pl.DataFrame, _: str) -> str:
    summed = table.group_by("days", "age", maintain_order=True).agg(pl.col("numbers").sum())
    return ", ".join(
        f"{age or 'not known'} {numbers:,}" for age, numbers in summed.select("age", "numbers").iter_rows()
    )


def _run(table: pl.DataFrame, _: str) -> str:
    run = table.row(0, named=True)
    speed = f", {count(run['numbers_per_second'])} numbers/s" if run["numbers_per_second"] else ""
    doubt = f", {run['possibly_billed_twice']:,} possibly billed twice" if run["possibly_billed_twice"] else ""
    stopped = f", stopped: {run['stopped']}" if run["stopped"] else ""
    requests, refused = many(run["requests"], "request", "requests"), count(run["refusals"])
    return f"{requests}, {refused} refused, {duration(run['seconds'])}{speed}{doubt}{stopped}"


_LINES: Final[Mapping[str, tuple[str, Callable[[pl.DataFrame, str], str]]]] = MappingProxyType(
    {
        "verdicts": ("Verdicts", _verdicts),
        "coverage": ("Without", _without),
        "age": ("Age", _age),
        "run": ("Run", _run),
    }
)
