"""A summary as a whole: its title, its text on a terminal, its tables in a notebook."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Final

import polars as pl

from hlrframe.model import many, printable
from hlrframe.report.page import Facts, notebook_part
from hlrframe.report.render import STYLE, html_table, sentence_case
from hlrframe.report.screen import screen
from hlrframe.report.tables import Tables

__all__ = ["Overview"]

#: Tables that there are only where something more is given.
_ASKED_FOR: Final = frozenset({"run", "lanes", "changes"})
#: Most rows of each table in a notebook.
NOTEBOOK_ROWS: Final = 20


class Overview:
    """All tables of a summary together.

    Args:
        tables: What they come from.
        table: Gives one of them by name.
        currency: What money is called.
    """

    def __init__(self, tables: Tables, table: Callable[[str], pl.DataFrame], *, currency: str) -> None:
        self._tables = tables
        self._table = table
        self._currency = currency

    @property
    def facts(self) -> Facts:
        """What the page draws; a table that a source cannot give says why."""
        subject = self._tables.subject
        return Facts(
            tables=self._all(),
            missing=subject.missing,
            currency=self._currency,
            is_store=subject.is_store,
            phones=subject.phones,
        )

    def text(self, width: int | None = None) -> str:
        """Gives what a terminal shows, of so many columns where it is narrow."""
        missing = {name: why for name, why in self._tables.subject.missing.items() if name not in _ASKED_FOR}
        unsaid = f"Not shown: {', '.join(missing)} ({next(iter(missing.values()))})" if missing else ""
        unit = "cells" if self._tables.subject.phones > 1 else "rows"
        drawn = screen(self._all(), currency=self._currency, unit=unit, width=width)
        return "\n\n".join(filter(None, (self._title(), drawn, unsaid)))

    def html(self) -> str:
        """Gives what a notebook shows: the pictures, and every table with its SQL."""
        parts = [
            f"<details><summary>{sentence_case(name)}</summary>{html_table(name, table, limit=NOTEBOOK_ROWS)}"
            f"<pre>{escape(self._tables.statement(name, tallied=False))}</pre></details>"
            for name, table in self._filled()
        ]
        start = f"<p>{escape(self._title())}</p>{notebook_part(self.facts)}"
        return f'<div class="hlrframe"><style>{STYLE}</style>{start}{"".join(parts)}</div>'

    def _all(self) -> dict[str, pl.DataFrame]:
        tables = {name: self._table(name) for name in self._tables.names}
        return tables if self._tables.subject.phones == 1 else {name: _of_cells(each) for name, each in tables.items()}

    def _title(self) -> str:
        rows, numbers, providers, oldest, newest = self._table("totals").row(0)
        subject = self._tables.subject
        what = many(rows, "row", "rows")
        if subject.is_store:
            what = many(rows, "answer kept", "answers kept")
        elif subject.phones > 1:
            what = f"{many(rows, 'cell', 'cells')} of {subject.phones} phone columns"
        title = f"{what}, {many(numbers, 'distinct number', 'distinct numbers')}"
        if providers is None:
            return f"{title}, no answers" if "provider" in self._tables.subject.there else title
        invented = " (invents its answers)" if "emulator" in providers else ""
        span = "" if oldest is None else f"\nfrom {oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M} UTC"
        return f"{title}, answered by {printable(providers)}{invented}{span}"

    def _filled(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Gives the tables that people look at, but for empty ones and for columns that are empty as a whole."""
        for name in self._tables.names[1:]:
            table = self._table(name)
            if table.height:
                yield name, table.select(each for each in table if each.null_count() < table.height)


def _of_cells(table: pl.DataFrame) -> pl.DataFrame:
    """Gives a table that says cells where a row has several."""
    if "meaning" not in table.columns:
        return table
    return table.with_columns(pl.col("meaning").str.replace_all(r"\brow(s?)\b", "cell$1"))
