"""The parts of the report page: what each picture shows, in words and drawn, with its table behind it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import polars as pl

from hlrframe.model import MEANING_OF, Verdict, amount, count, many, name_of, percent
from hlrframe.report.page.charts import Part, Row, rows_chart, stacked_bar, swatch
from hlrframe.report.page.flows import Flow, flows_chart, undrawn
from hlrframe.report.page.markup import data_table, element, plain, text

__all__ = ["Facts", "cost_bar", "money", "sections", "tables_alone", "verdict_bar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the page is about."""

    #: The tables of the summary by their name.
    tables: Mapping[str, pl.DataFrame]
    #: Why a table is not there, by its name.
    missing: Mapping[str, str]
    #: What stands behind an amount of money.
    currency: str = ""
    #: Whether the summary is of a store.
    is_store: bool = False
    #: Phone columns; with several what is counted is cells, not rows.
    phones: int = 1

    def why(self, name: str) -> str:
        """Says why a table is not there, as a sentence."""
        return _sentence(self.missing.get(name, "this source cannot tell"))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


#: Most countries, networks and rows of a table on the page.
MOST_COUNTRIES: Final = 12
MOST_NETWORKS: Final = 10
MOST_ROWS: Final = 200

#: Which fill a verdict has on the page.
_FILLS: Final[Mapping[str | None, str]] = MappingProxyType(
    {
        Verdict.LIVE: "live",
        Verdict.UNREACHABLE: "unreachable",
        Verdict.DEAD: "dead",
        Verdict.UNKNOWN: "unknown",
        Verdict.NOT_APPLICABLE: "outside",
        None: "unasked",
    }
)
_COSTS: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "spent": ("Spent", "paid", "number asked now", "numbers asked now"),
        "saved_by_store": ("Saved by the store", "stored", "number known from before", "numbers known from before"),
        "saved_by_repeats": ("Saved by repeats", "repeats", "{} that repeats a number", "{}s that repeat a number"),
    }
)


def section(name: str, heading: str, body: str, *, wide: bool) -> str:
    """Gives a part of the page under its heading."""
    kind = "hf-wide" if wide else None
    return element("section", element("h2", heading, id=f"hf-{name}") + body, aria_labelledby=f"hf-{name}", class_=kind)


def sections(facts: Facts) -> str:
    """Gives the pictures, each with its table; one that cannot be drawn says why."""
    return "".join(
        section(
            name,
            heading,
            draw(facts) if name in facts.tables else _empty(text(facts.why(name))),
            wide=wide,
        )
        for name, heading, draw, wide in SECTIONS
    )


def tables_alone(facts: Facts) -> str:
    """Gives the tables that have no picture, where there are any."""
    drawn = "".join(
        data_table(name, _counted(facts, name), limit=MOST_ROWS, titled=True)
        for name in OTHER
        if name in facts.tables and facts.tables[name].height
    )
    return section("more", "More tables", drawn, wide=True) if drawn else ""


def _counted(facts: Facts, name: str) -> pl.DataFrame:
    """Gives a table whose columns say what is counted: cells, where a row has several."""
    table = facts.tables[name]
    return table if facts.phones == 1 else table.rename(lambda each: each.replace("rows", "cells"))


def _figure(drawn: str, names: Iterable[str], facts: Facts, *, note: str) -> str:
    """Gives a picture, how to read it, and the tables behind it."""
    behind = "".join(
        element(
            "details",
            element("summary", f"Table: {text(name)}")
            + data_table(name, _counted(facts, name), limit=MOST_ROWS, titled=False),
        )
        for name in names
        if name in facts.tables
    )
    return element("figure", drawn + element("figcaption", note)) + behind


def _lead(words: str) -> str:
    return element("p", words, class_="hf-lead")


def _empty(words: str) -> str:
    return element("p", words, class_="hf-empty")


def _verdict_parts(table: pl.DataFrame) -> list[tuple[Part, str]]:
    parts = zip(_parts(table), MEANING_OF.values(), strict=True)
    return [(part, _sentence(meaning.means)) for part, meaning in parts if part.value]


def _parts(table: pl.DataFrame) -> tuple[Part, ...]:
    """Gives the numbers of every verdict, in the order of their meanings."""
    numbers = dict(table.select("verdict", "numbers").iter_rows())
    return tuple(
        Part(meaning.label, numbers.get(verdict, 0), _FILLS[verdict]) for verdict, meaning in MEANING_OF.items()
    )


def _legend(parts: Iterable[tuple[Part, str, str]]) -> str:
    """Gives a list of what the fills of a bar stand for, each with its figure."""
    items = (
        element(
            "li",
            f"{swatch(part.kind)}<span><strong>{text(part.label)}</strong> {figure}"
            f'<span class="hf-meaning">{text(meaning)}</span></span>',
        )
        for part, figure, meaning in parts
    )
    return element("ul", "".join(items), class_="hf-legend")


def verdict_bar(facts: Facts) -> str:
    """Draws the verdicts of the distinct numbers as one bar with its legend; empty where there are none."""
    parts = _verdict_parts(facts.tables["verdicts"]) if "verdicts" in facts.tables else []
    if not parts:
        return ""
    whole = sum(part.value for part, _ in parts)
    bar = stacked_bar([part for part, _ in parts], title="Verdicts, of all distinct numbers")
    return bar + _legend(
        (part, f"{count(part.value)}\u00a0·\u00a0{percent(part.value / whole)}", meaning) for part, meaning in parts
    )


def _verdicts(facts: Facts) -> str:
    drawn = verdict_bar(facts)
    if not drawn:
        return _empty("No row holds a number, so there is no verdict to show.")
    note = "Each distinct number once. Hatched or dotted: not known. Outlined: the question does not arise."
    return _figure(drawn, ("verdicts", "coverage", "rates"), facts, note=note)


def _countries(facts: Facts) -> str:
    table = facts.tables["countries"]
    if not table.height:
        return _empty("No number has an answer, so there are no countries to show.")
    rows = [_country(row) for row in table.head(MOST_COUNTRIES).iter_rows(named=True)]
    poor = int(table["poor"].sum())
    lead = f"{many(poor, 'country is', 'countries are')} poorly covered." if poor else "No country is poorly covered."
    note = f"Share of numbers whose status is known, of those that can have one.{_rest(table, MOST_COUNTRIES)}"
    drawn = rows_chart(rows, title="Coverage by country", most=1)
    if _lacks_usa_status(table):
        note += " Mobiles of the United States have a status of their own with the option usa_status (--usa-status)."
    return _lead(lead) + _figure(drawn, ("countries",), facts, note=note)


def _lacks_usa_status(table: pl.DataFrame) -> bool:
    poor = table.filter(pl.col("poor").fill_null(value=False))["country"].to_list()
    return any(code in {"US", "USA"} for code in poor)


def _country_name(code: str | None) -> str:
    """Names a country in the one way that the page names countries; nothing where there is no code."""
    return name_of(code) or code if code else ""


def _country(row: Mapping[str, Any]) -> Row:
    coverage, country = row["coverage"], _country_name(row["country"]) or "Country not named"
    if coverage is None:
        return Row(country, "", "no mobile numbers", ((),))
    figure = f"{'poor · ' if row['poor'] else ''}{percent(coverage)}"
    note = f"{count(row['known'])} of {count(row['applicable'])}"
    return Row(country, note, figure, ((Part("known", coverage, "poor" if row["poor"] else "live"),),))


def _rest(table: pl.DataFrame, shown: int) -> str:
    return f" The {shown} largest of {count(table.height)}; all are in the table." if table.height > shown else ""


def _networks(facts: Facts) -> str:
    table = facts.tables["networks"]
    if not table.height:
        return _empty("No answer names a network.")
    shown = table.head(MOST_NETWORKS)
    most = max(*shown["original"], *shown["current"])
    rows = [
        Row(
            row["network"],
            _country_name(row["country"]),
            f"{count(row['original'])} → {count(row['current'])}",
            ((Part("in its range", row["original"], "range"),), (Part("served now", row["current"], "paid"),)),
        )
        for row in shown.iter_rows(named=True)
    ]
    key = f"{swatch('range')} in its range → {swatch('paid')} served now"
    drawn = rows_chart(rows, title="Networks, original against current", most=most, thick=7)
    note = f"Numbers in each range, and numbers served, where that is known.{_rest(table, MOST_NETWORKS)}"
    return _lead(key) + _figure(drawn, ("networks",), facts, note=note)


def cost_bar(facts: Facts) -> str:
    """Draws what was spent against what was saved, with its legend; empty where nothing was either."""
    if "cost" not in facts.tables:
        return ""
    rows = [row for row in facts.tables["cost"].iter_rows(named=True) if row["item"] in _COSTS and row["credits"]]
    if not rows:
        return ""
    parts = []
    for row in rows:
        label, kind, one, several = _COSTS[row["item"]]
        figure = f"{amount(row['credits'])}\u00a0credits{money(row['money'], facts.currency)}"
        counted = many(row["count"], one, several).format("row" if facts.phones == 1 else "cell")
        parts.append((Part(label, row["credits"], kind), figure, counted))
    return stacked_bar([part for part, _, _ in parts], title="Credits spent against credits saved") + _legend(parts)


def money(value: float | None, currency: str) -> str:
    """Gives an amount of money to stand after its credits; nothing where no price was given."""
    return "" if value is None else f" ({amount(value)}\u00a0{text(currency)}".rstrip() + ")"


def _cost(facts: Facts) -> str:
    drawn = cost_bar(facts)
    if not drawn:
        return _empty("Nothing was spent, and nothing was saved.")
    by_item = {row["item"]: row for row in facts.tables["cost"].iter_rows(named=True)}
    each = [
        f"{words} {amount(row['credits'])}{money(row['money'], facts.currency)}"
        for words, row in (
            ("each answer came to", by_item["per_answer"]),
            ("each live number to", by_item["per_live_number"]),
        )
        if row["credits"] is not None
    ]
    unanswered = "Nothing asked now was answered." if by_item["spent"]["count"] else "Nothing was asked now."
    lead = f"In credits, {', '.join(each)}." if each else unanswered
    note = "Solid: paid. Hatched: not paid, because it was known before or asked once for several rows."
    return _lead(lead) + _figure(drawn, ("cost",), facts, note=note)


def _portability(facts: Facts) -> str:
    table = facts.tables["portability"]
    if not table.height:
        return _empty("No number is known to have moved to another network.")
    flows = [
        Flow(plain(origin or "not named"), plain(target or "not named"), _country_name(country), numbers)
        for origin, target, country, numbers in table.select(
            "from_network", "to_network", "country", "numbers"
        ).iter_rows()
    ]
    moved = sum(flow.numbers for flow in flows)
    lead = _lead(f"{many(moved, 'number', 'numbers')} moved from the network on the left to the one on the right.")
    note = "The thicker the ribbon, the more numbers. Under each name: its country, and numbers."
    if left := undrawn(flows):
        note += f" {many(left, 'number', 'numbers')} between smaller networks are in the table alone."
    return lead + _figure(flows_chart(flows, title="Ported numbers"), ("portability",), facts, note=note)


def _age(facts: Facts) -> str:
    table = facts.tables["age"]
    if not table.height:
        return _empty("There are no answers yet.")
    rows, most = [], 0.0
    for (bucket,), part in table.group_by("age", maintain_order=True):
        parts = _parts(part)
        total = sum(each.value for each in parts)
        rows.append(Row(str(bucket or "Not known"), "", count(total), (parts,)))
        most = max(most, total)
    note = "Numbers by the age of their answers, with the same fills as the verdicts."
    return _figure(rows_chart(rows, title="Age of the answers", most=most), ("age",), facts, note=note)


_Draw: TypeAlias = Callable[[Facts], str]

#: The pictures: the table that each is of, its heading, the drawing, and whether it takes the whole width.
SECTIONS: Final[tuple[tuple[str, str, _Draw, bool], ...]] = (
    ("verdicts", "Verdicts", _verdicts, True),
    ("cost", "Cost and savings", _cost, True),
    ("countries", "Coverage by country", _countries, False),
    ("networks", "Networks: original and current", _networks, False),
    ("portability", "Ported numbers", _portability, False),
    ("age", "Age of the answers", _age, False),
)
#: What is shown as a table alone.
OTHER: Final = ("changes", "run", "lanes")
