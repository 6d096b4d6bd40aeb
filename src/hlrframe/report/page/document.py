"""The report page: one file that needs nothing from elsewhere, no script, and opens anywhere.

It is light or dark as its reader's system is, fits a telephone and a desk, prints, and has a table behind every
picture. Its own policy lets a browser load nothing at all, whatever a network calls itself.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

from hlrframe.errors import InputError
from hlrframe.model import MEANING_OF, Verdict, amount, count, many, percent
from hlrframe.report.page.charts import PATTERNS
from hlrframe.report.page.markup import element, text
from hlrframe.report.page.sections import Facts, cost_bar, money, sections, tables_alone, verdict_bar
from hlrframe.store import Store
from hlrframe.system import publish

__all__ = ["About", "notebook_part", "page", "source_of", "write_page"]

#: Part, whole, and the one divided by the other.
_Rate: TypeAlias = tuple[int, int, float | None]

#: Nothing may be loaded and nothing may run; the styles are in the page itself.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_INVENTED: Final = (
    "<strong>Invented data.</strong> These answers come from the emulator. They say nothing about real numbers, "
    "networks or people."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What stands over the page and under it."""

    #: The heading.
    title: str
    #: What was summarised.
    source: str
    #: When the page is made.
    made_at: datetime
    #: Whether the tables behind the pictures are printed, too.
    prints_tables: bool = False


def page(facts: Facts, about: About) -> str:
    """Gives the whole page; the same facts give the same text."""
    body = PATTERNS + element(
        "div",
        _header(facts, about) + _headline(facts) + element("main", sections(facts) + tables_alone(facts)) + _footer(),
        class_="hf-page",
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        '<meta name="color-scheme" content="light dark"/>\n<meta name="referrer" content="no-referrer"/>\n'
        f'<meta name="generator" content="hlrframe {version("hlrframe")}"/>\n<link rel="icon" href="data:,"/>\n'
        f"<title>{text(about.title)}</title>\n<style>\n{_style('page.css', 'charts.css')}</style>\n</head>\n"
        f'<body class="hlrframe{" hf-prints-tables" if about.prints_tables else ""}">{body}</body>\n</html>\n'
    )


def source_of(source: object) -> str:
    """Says what was summarised, without its folder: that is nobody else's business.

    >>> source_of("lists/contacts.parquet"), source_of(["a.csv", "b.csv"])
    ('contacts.parquet', '2 files')
    """
    if isinstance(source, Store):
        return f"the store {Path(source.path).name}"
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    if isinstance(source, list | tuple):
        return many(len(source), "file", "files")
    return f"{type(source).__module__.partition('.')[0]} {type(source).__name__}"


def write_page(path: str | os.PathLike[str], content: str) -> Path:
    """Writes a page under its name at once, whole; one of that name is replaced.

    Raises:
        InputError: Nothing can be written there.
    """
    destination = Path(path)
    try:
        publish(destination, lambda file: file.write(content.encode()), private=False)
    except OSError as error:
        raise InputError(f"cannot write {destination}: {error.strerror or error}") from error
    return destination


def notebook_part(facts: Facts) -> str:
    """Gives the headline, the verdicts and the cost for a notebook; its styles reach nothing else there."""
    drawn = "".join(
        element("div", f'<div class="hf-heading">{heading}</div>{bar}', class_="hf-card")
        for heading, bar in (("Verdicts", verdict_bar(facts)), ("Cost and savings", cost_bar(facts)))
        if bar
    )
    return f"<style>\n{_style('charts.css', 'notebook.css')}</style>{PATTERNS}{_headline(facts)}{drawn}"


def _style(*names: str) -> str:
    folder = files("hlrframe.report.page")
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _header(facts: Facts, about: About) -> str:
    provider, oldest, newest = _totals(facts, "providers", "oldest", "newest")
    span = "" if oldest is None else f"{oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M} UTC"
    entries = (
        ("Source", about.source),
        ("Answered by", provider or "nobody yet"),
        ("Answers from", span),
        ("Page made", f"{about.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
        ("By", f"hlrframe {version('hlrframe')}"),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>" for name, value in entries if value)
    invented = element("div", _INVENTED, class_="hf-invented", role="note") if "emulator" in (provider or "") else ""
    return element(
        "header",
        element("p", "Telephone numbers", class_="hf-eyebrow")
        + element("h1", text(about.title))
        + element("p", _finding(facts), class_="hf-finding")
        + element("dl", listed, class_="hf-about")
        + invented,
    )


def _totals(facts: Facts, *names: str) -> tuple[Any, ...]:
    """Gives totals by their names; nothing of a source that cannot tell them."""
    return facts.tables["totals"].select(names).row(0) if "totals" in facts.tables else (None,) * len(names)


def _rates(facts: Facts) -> dict[str, _Rate]:
    """Gives part, whole and value of each rate; nothing of a source that cannot tell them."""
    if "rates" not in facts.tables:
        return {}
    rows = facts.tables["rates"].select("rate", "part", "whole", "value").iter_rows()
    return {rate: (part, whole, value) for rate, part, whole, value in rows}


def _finding(facts: Facts) -> str:
    """Gives the page in one sentence: of so many numbers so many can be reached, and what of the rest."""
    rates = _rates(facts)
    if not rates:
        return text(facts.why("rates"))
    if not rates["coverage"][1]:
        return "No row holds a mobile number whose status could be known."
    whole = _totals(facts, "numbers")[0] if "totals" in facts.tables else rates["coverage"][1]
    live = rates["live"][0]
    words = (
        f"Of {many(whole, 'number', 'numbers')} {count(live)} {MEANING_OF[Verdict.LIVE].said} ({percent(live / whole)})"
    )
    others = [f"{count(number)} {said}" for said, number in _others(facts) if number]
    return f"{words}; {', '.join(others)}." if others else f"{words}."


def _others(facts: Facts) -> list[tuple[str, int]]:
    """Gives what became of the numbers that are not live, in words that somebody who sends messages would use."""
    if "verdicts" not in facts.tables:
        return []
    numbers = dict(facts.tables["verdicts"].select("verdict", "numbers").iter_rows())
    return [
        (meaning.said, numbers.get(verdict, 0)) for verdict, meaning in MEANING_OF.items() if verdict != Verdict.LIVE
    ]


def _headline(facts: Facts) -> str:
    """Gives the figures that matter most, as far as the source tells."""
    return element(
        "dl",
        "".join(
            f'<div><dt>{name}</dt><dd class="hf-big">{figure}</dd><dd class="hf-note">{note}</dd></div>'
            for name, figure, note in (*_reach(facts), *_money(facts))
        ),
        class_="hf-figures",
    )


def _reach(facts: Facts) -> list[tuple[str, str, str]]:
    rates = _rates(facts)
    if not rates or "totals" not in facts.tables:
        return []
    rows, numbers = _totals(facts, "rows", "numbers")
    (known, applicable, coverage), live = rates["coverage"], rates["live"][0]
    holding, answered = rates["readable"][0], rates["answered"][0]
    what = "Answers kept" if facts.is_store else "Rows" if facts.phones == 1 else f"Cells, {facts.phones} a row"
    return [
        (what, count(rows), f"{many(holding, 'holds', 'hold')} a number"),
        ("Distinct numbers", count(numbers), f"{many(answered, 'has', 'have')} an answer"),
        (
            "Coverage",
            percent(coverage),
            f"{count(known)} with a known status, of {count(applicable)} that can have one",
        ),
        ("Live", percent(live / numbers if numbers else None), f"{count(live)} of the {count(numbers)} numbers"),
    ]


def _money(facts: Facts) -> list[tuple[str, str, str]]:
    """Gives what was spent and what was saved, as far as the source tells."""
    if "cost" not in facts.tables:
        return []
    by_item = {row["item"]: row for row in facts.tables["cost"].iter_rows(named=True)}
    spent, whole = by_item["spent"], by_item.get("asking_every_row")
    figures = [
        (
            "Credits spent",
            amount(spent["credits"]),
            f"{many(spent['count'], 'number', 'numbers')} asked{money(spent['money'], facts.currency)}",
        )
    ]
    if whole is not None:
        saved = whole["credits"] - spent["credits"]
        price = None if whole["money"] is None else whole["money"] - spent["money"]
        share = (
            f"{percent(saved / whole['credits'])} of asking every row" if whole["credits"] else "nothing to be asked"
        )
        figures.append(("Credits saved", amount(saved), f"{share}{money(price, facts.currency)}"))
    return figures


def _footer() -> str:
    return element(
        "footer",
        "<p>Coverage is the share of numbers that are live, unreachable or dead, of all distinct numbers to which the "
        "question applies. Unknown is never counted as dead. Each distinct number counts once, however many rows carry "
        "it.</p>"
        "<p>This page holds no telephone number and loads nothing.</p>",
    )
