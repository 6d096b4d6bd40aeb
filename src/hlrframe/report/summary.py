"""Summaries: named statements asked of an enriched frame, its files, or a store."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import polars as pl

from hlrframe.model import Enrichment, LookupKind, Report
from hlrframe.report.overview import Overview
from hlrframe.report.page import About, page, source_of, write_page
from hlrframe.report.plots import Plots
from hlrframe.report.tables import Tables, priced
from hlrframe.system import sealed, sealed_class

__all__ = ["Summary", "summarize"]


@sealed
def summarize(
    frame_or_store: Any,  # noqa: ANN401  # any frame
    *,
    prefix: str = "hlr_",
    report: Report | None = None,
    since: Any = None,  # noqa: ANN401  # any frame, or a moment
    lookup: LookupKind | Literal["hlr", "mnp", "validate"] = LookupKind.HLR,
    price_per_credit: float | None = None,
    currency: str = "",
    now: datetime | None = None,
) -> "Summary":
    """Says what an enriched frame or a store covers, and what it cost.

    Args:
        frame_or_store: What :func:`~hlrframe.enrich` or :func:`~hlrframe.enrich_with_report` gave, in any kind of frame
            (a LazyFrame, relation or stream is read here, once); a Parquet, CSV, TSV, NDJSON or Arrow file of it, text
            also packed as ``.gz`` or ``.zst``, several of one kind, a folder of them, or a pattern; a store, its path
            or its URL.
        prefix: What stands before the names of the result columns; ``""`` for what :func:`~hlrframe.lookup` gave.
        report: The report of the run that made the frame: adds the tables ``run`` and ``lanes``.
        since: Adds the table ``changes``. Of a store, what its answers are compared with is what it knew before a
            moment (a datetime, a text such as ``"2026-11-01"``) or before an age such as ``"7d"``. Of a frame, it is
            the enriched frame of an earlier run, in any kind, with the same prefix.
        lookup: What was asked, where no live status tells: it prices what the store has saved.
        price_per_credit: Money for a credit; ``None`` leaves money out.
        currency: What the money is called, such as ``"EUR"``.
        now: The moment from which the age of answers is counted; by default the clock's.

    Returns:
        A summary, which is also a context manager. What its tables are made of is counted here, in two or three passes
        over the rows; Parquet files and stores stay where they are, and only questions of your own read them again.

    Raises:
        InputError: It is nothing that was enriched, or with another prefix; the message names the cure.
        ConfigError: An option is out of range.
        StoreError: The store cannot be read.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"phone": ["+44 7400 123456", "0044 7400 123456", "n/a"]})
    >>> summary = hf.summarize(hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7)))
    >>> summary.rates.select("rate", "part", "whole").row(0)
    ('readable', 2, 3)
    """
    return Summary(
        frame_or_store,
        prefix=prefix,
        report=report,
        since=since,
        lookup=lookup,
        price_per_credit=price_per_credit,
        currency=currency,
        now=now,
    )


# Many methods: a property for each table, which is documented public API, and a line; `tables` and `overview` do it.
@sealed_class
class Summary:
    """Tables about an enriched frame or a store, each from a named SQL statement.

    Made by :func:`summarize`. ``print(summary)`` draws it in a terminal, and a notebook shows it as tables. It holds a
    DuckDB connection of its own, in memory, until :meth:`close` or until nobody refers to it any more.
    """

    def __init__(
        self,
        frame_or_store: Any,  # noqa: ANN401  # any frame
        *,
        prefix: str = "hlr_",
        report: Report | None = None,
        since: Any = None,  # noqa: ANN401  # any frame, or a moment
        lookup: LookupKind | Literal["hlr", "mnp", "validate"] = LookupKind.HLR,
        price_per_credit: float | None = None,
        currency: str = "",
        now: datetime | None = None,
    ) -> None:
        if isinstance(frame_or_store, Enrichment):
            frame_or_store, report = frame_or_store.frame, report or frame_or_store.report
        #: What money is called.
        self.currency = currency
        self._tables = Tables(
            frame_or_store,
            prefix=prefix,
            report=report,
            since=since,
            now=(now or datetime.now(UTC)).astimezone(UTC),
            values=priced(lookup, price_per_credit),
        )
        self._source = source_of(frame_or_store)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that there are; each is a property that gives its table, from the statement it names."""
        return self._tables.names

    @property
    def missing(self) -> Mapping[str, str]:
        """The tables that there are not, each with why and what would give it."""
        return self._tables.subject.missing

    def sql(self, name: str) -> str:
        """Gives a named statement.

        It reads a table ``enriched`` and runs on any DuckDB connection that has one: the enriched frame itself, its
        file, or, of a store, ``summary.query("from enriched")``. Here the outcomes that it begins with are counted
        once and kept, so that it need not read the rows again. ``changes`` also reads ``earlier``, ``run`` reads
        ``runs``, and ``lanes`` reads ``reported_lanes``; :meth:`query` gives each of these.

        Raises:
            InputError: There is no such statement, or it has nothing to read.
        """
        return self._tables.statement(name, tallied=False)

    def query(self, sql: str) -> pl.DataFrame:
        """Asks a question of one's own.

        Args:
            sql: A select over ``enriched``, over ``answers``, which is the same without the prefix, or over
                ``tallied``, which is what the tables come from: outcomes, and how many numbers and rows had each.

        Raises:
            InputError: It is no question, or the summary is closed.
            duckdb.Error: DuckDB does not understand it.
        """
        return self._tables.query(sql)

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Rows, distinct numbers, who answered, the oldest and the newest answer: one row."""
        return self._tables.table("totals")

    @cached_property
    def rates(self) -> pl.DataFrame:
        """The rates that matter, each with its part, its whole and what these are.

        ``readable`` of all rows, ``answered`` of all numbers, ``coverage`` (a status is known) of all numbers to which
        the question applies, ``live`` of those whose status is known.
        """
        return self._tables.table("rates")

    @cached_property
    def coverage(self) -> pl.DataFrame:
        """Rows and distinct numbers by state, verdict, live status and reason."""
        return self._tables.table("coverage")

    @cached_property
    def verdicts(self) -> pl.DataFrame:
        """Distinct numbers, and the rows that carry them, by verdict; null for those without an answer."""
        return self._tables.table("verdicts")

    @cached_property
    def cost(self) -> pl.DataFrame:
        """What was spent, by answer and by live number, and what was saved.

        *Spent* is the sum of the credits column, exactly. *Saved by repeats* is, for each number with an answer, the
        rows that carry it beyond those that were asked, times what this number cost in this run. *Saved by the store*
        counts each cached number once. What a cached number would have cost is not in a frame: it is the price list's,
        without options: nothing unless it is a mobile with coverage, 1 credit where it has a live status, else that
        of ``lookup``. *Saved by rejections* is 0, since the provider charges nothing for what is no number.

        Of a store it says what all its answers have cost, older ones included.
        """
        return self._tables.table("cost")

    @cached_property
    def countries(self) -> pl.DataFrame:
        """Numbers with an answer by current, else original country, and where coverage is poor.

        ``original`` and ``current`` count the numbers whose range belongs there, and those that are known to be served
        there now. The ported share is of those of which it is known.
        """
        return self._tables.table("countries")

    @cached_property
    def networks(self) -> pl.DataFrame:
        """Numbers of each network's range and numbers that it serves now, where that is known, and what moved.

        Known, live and the live share are those of the range: for a dead or unreachable number the provider hardly
        ever names a current network.
        """
        return self._tables.table("networks")

    @cached_property
    def portability(self) -> pl.DataFrame:
        """Ported numbers from network to network."""
        return self._tables.table("portability")

    @cached_property
    def age(self) -> pl.DataFrame:
        """Numbers with an answer by the age of that answer and by verdict."""
        return self._tables.table("age")

    @cached_property
    def run(self) -> pl.DataFrame:
        """Requests, refusals, time and doubt of the run, from its report: one row."""
        return self._tables.table("run")

    @cached_property
    def lanes(self) -> pl.DataFrame:
        """Numbers, refusals and latency of the run by predicted network, from its report."""
        return self._tables.table("lanes")

    @cached_property
    def changes(self) -> pl.DataFrame:
        """What became of the numbers that had an answer before: newly live or dead, ported, on another network."""
        return self._tables.table("changes")

    @property
    def plot(self) -> Plots:
        """The tables as altair charts: ``summary.plot.networks()``; needs ``hlrframe[plot]``."""
        return Plots(lambda name: getattr(self, name))

    def to_html(
        self,
        path: str | os.PathLike[str],
        *,
        title: str = "Reachability report",
        made_at: datetime | None = None,
        print_tables: bool = False,
    ) -> Path:
        """Writes the report as one page that needs nothing from elsewhere, with a table behind every picture.

        Args:
            path: Where; a file of that name is replaced at once, whole.
            title: The heading.
            made_at: The time that the page gives as that of its making; ``None`` for now. All else is the summary's.
            print_tables: Whether on paper the tables follow the pictures; on a screen they are always a click away.

        Raises:
            InputError: Nothing can be written there.
        """
        about = About(
            title=title, source=self._source, made_at=made_at or datetime.now(UTC), prints_tables=print_tables
        )
        return write_page(path, page(self._overview().facts, about))

    def close(self) -> None:
        """Gives memory and temporary files back; tables that were asked for stay."""
        self._tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        what = "store" if self._tables.subject.is_store else "frame"
        return f"<Summary of a {what}: print it, or ask for .{', .'.join(self.names)}>"

    def __str__(self) -> str:
        return self._overview().text()

    def __format__(self, width: str) -> str:
        """Gives the text for a terminal of so many columns, as in ``f"{summary:60}"``."""
        return self._overview().text(int(width)) if width else str(self)

    def _repr_html_(self) -> str:
        return self._overview().html()

    def _overview(self) -> Overview:
        # Made anew each time: kept, it would keep its summary, and both their memory.
        return Overview(self._tables, lambda name: getattr(self, name), currency=self.currency)
