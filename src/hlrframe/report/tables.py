"""The tables behind a summary: a DuckDB connection of its own, and the statements that are asked of it."""

import math
import weakref
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

import duckdb
import polars as pl

from hlrframe.errors import ConfigError, InputError
from hlrframe.model import LookupKind, Report, Settings, credits_of
from hlrframe.provider import Pricing
from hlrframe.report.source import open_subject, readable
from hlrframe.report.sql import COST_OF_STORE, DIMENSIONS, STATEMENTS, literal, render
from hlrframe.system import Scratch

__all__ = ["Tables", "priced"]

#: Memory that DuckDB may use before it goes on in a temporary folder.
MEMORY: Final = "1500MB"
#: A country of which a smaller share of numbers has a known status is called poorly covered.
POOR_COVERAGE: Final = 0.8
_CONFIG: Final = MappingProxyType(
    {
        # Nothing is fetched from the network, and a name in a question never means a variable of the program.
        "autoinstall_known_extensions": "false",
        "python_enable_replacements": "false",
    }
)


class Tables:
    """Whatever is summarised, in memory, and the named statements over it.

    Args:
        source: A frame, files, or a store.
        prefix: What stands before the names of the result columns.
        report: The report of the run that made the frame.
        since: What it is compared with: a frame, or a moment.
        now: The moment of the summary.
        values: What stands in braces in the statements, from :func:`priced`.
    """

    def __init__(
        self,
        source: Any,  # noqa: ANN401  # any frame
        *,
        prefix: str,
        report: Report | None,
        since: Any,  # noqa: ANN401  # any frame, or a moment
        now: datetime,
        values: Mapping[str, str],
    ) -> None:
        self._now = now
        self._values = values
        scratch = Scratch()
        self._connection = duckdb.connect(
            config={**_CONFIG, "memory_limit": MEMORY, "temp_directory": str(scratch.path / "spill")}
        )
        #: Gives memory and temporary files back, at the latest when nobody refers to this any more.
        self.close = weakref.finalize(self, _close, self._connection, scratch)
        try:
            self._connection.execute("set TimeZone = 'UTC'")
            #: What is summarised.
            self.subject = open_subject(self._connection, source, prefix=prefix, report=report, since=since, now=now)
        except BaseException:
            self.close()
            raise

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that there are."""
        return tuple(name for name in STATEMENTS if name not in self.subject.missing)

    def table(self, name: str) -> pl.DataFrame:
        """Asks a named statement."""
        statement = self.statement(name, tallied=True)
        with readable("the summary's source"):
            if name == "changes":
                self.subject.spread()
            elif self.close.alive:
                self._register(self.subject.outcomes.told_for(name))
            return self._ask(statement)

    def query(self, sql: str) -> pl.DataFrame:
        """Asks a question; see :meth:`~hlrframe.Summary.query`."""
        if self.close.alive:
            with readable("the summary's source"):
                self.subject.spread()
            if "tallied" in sql:
                self._register(self.subject.outcomes.lines(DIMENSIONS))
        return self._ask(sql)

    def _register(self, lines: pl.DataFrame) -> None:
        self._connection.register("tallied", lines.to_arrow())

    def _ask(self, sql: str) -> pl.DataFrame:
        if not self.close.alive:
            raise InputError("the summary is closed: ask it before, or summarize again")
        relation = self._connection.sql(sql)
        if relation is None:
            raise InputError("pass a select: a summary is there to be read")
        table: pl.DataFrame = relation.pl()
        return table

    def statement(self, name: str, *, tallied: bool) -> str:
        """Gives a named statement as SQL, from outcomes counted once or with the counting before it."""
        if name not in STATEMENTS:
            raise InputError(f"there is no statement {name!r}: use one of {', '.join(STATEMENTS)}")
        if name in self.subject.missing:
            raise InputError(f"there is no table {name!r}: {self.subject.missing[name]}")
        subject = self.subject
        return render(
            COST_OF_STORE if subject.is_store and name == "cost" else STATEMENTS[name],
            prefix=subject.prefix,
            there=subject.there,
            now=self._now,
            values={**self._values, "key": "msisdn, question" if subject.is_store else "msisdn"},
            tallied=tallied,
        )


def _close(connection: duckdb.DuckDBPyConnection, scratch: Scratch) -> None:
    connection.close()
    scratch.close()


def priced(lookup: LookupKind | Literal["hlr", "mnp", "validate"], price_per_credit: float | None) -> dict[str, str]:
    """Gives what stands in braces in the statements, as SQL."""
    if price_per_credit is not None and not 0 <= price_per_credit < math.inf:
        raise ConfigError(f"price_per_credit must be 0 or more, not {price_per_credit}; use None to leave money out")
    again = Pricing(Settings(lookup=lookup)).again
    return {
        "charged_types": ", ".join(map(literal, sorted(again.types))),
        "free_statuses": ", ".join(map(literal, sorted(again.free))),
        "price_with_status": str(credits_of(again.with_status)),
        "price_without_status": str(credits_of(again.without_status)),
        "price_per_credit": "null::double" if price_per_credit is None else f"{price_per_credit!r}::double",
        "poor_coverage": str(POOR_COVERAGE),
    }
