"""What is summarised: rows, the report of their run, what they are compared with; and what that leaves unsaid."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final

import duckdb
import polars as pl

from hlrframe.errors import ConfigError
from hlrframe.model import Enrichment, Report, parse_age
from hlrframe.report.counting import Outcomes, Piece, tally, words_of_files, words_of_relation
from hlrframe.report.source.attaching import Attached, attach, readable
from hlrframe.report.source.stored import COLUMNS, attach_store
from hlrframe.report.sql import NEEDED, SQL_TYPES, STATEMENTS, days, needed_by, unprefixed
from hlrframe.store import Store
from hlrframe.system import user_path

__all__ = ["Subject", "open_subject"]

_OF_REPORT: Final = frozenset({"run", "lanes"})
_RUN: Final = MappingProxyType(
    {
        "provider": pl.String(),
        "rows": pl.Int64(),
        "numbers": pl.Int64(),
        "credits": pl.Float64(),
        "requests": pl.Int64(),
        "refusals": pl.Int64(),
        "seconds": pl.Float64(),
        "possibly_billed_twice": pl.Int64(),
        "possibly_billed_twice_credits": pl.Float64(),
        "stopped": pl.String(),
    }
)
_LANE: Final = MappingProxyType(
    {
        "lane": pl.String(),
        "numbers": pl.Int64(),
        "answered": pl.Int64(),
        "agreement": pl.Float64(),
        "requests": pl.Int64(),
        "refusals": pl.Int64(),
        "latency": pl.Float64(),
    }
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a connection has been given to speak of."""

    is_store: bool
    #: What stands before the names of the columns in ``enriched``.
    prefix: str
    #: The result columns that there are, without the prefix.
    there: frozenset[str]
    #: Tables that cannot be given, and why.
    missing: Mapping[str, str]
    #: What became of its numbers.
    outcomes: Outcomes
    #: Makes ``enriched``, ``answers`` and ``earlier``, where the tables can do without.
    spread: Callable[[], None]
    #: Phone columns; with several what is counted is cells, not rows.
    phones: int = 1


def open_subject(
    connection: duckdb.DuckDBPyConnection,
    source: Any,  # noqa: ANN401  # any frame
    *,
    prefix: str,
    report: Report | None,
    since: Any,  # noqa: ANN401  # any frame, or a moment
    now: datetime,
) -> Subject:
    """Makes the tables that the statements ask: ``enriched``, ``answers``, ``tallied`` and what comes on top.

    Args:
        connection: Where.
        source: A frame with or without its report, files, or a store.
        prefix: What stands before the names of the result columns of a frame; a store has none.
        report: The report of the run that made the frame.
        since: What to compare with: an earlier frame; of a store, a moment or an age.
        now: The moment to count ages from.

    Raises:
        InputError: Something is nothing that was enriched; the message names the cure.
        ConfigError: ``since`` or ``report`` is not what it should be.
        StoreError: The store cannot be read.
    """
    store = _store_of(source)
    if store is None:
        attached, outcomes = _open_frame(connection, source, prefix=prefix, since=since, now=now)
    else:
        prefix, attached, before = "", Attached(COLUMNS), None if since is None else _moment_of(since, now)
        outcomes, make = attach_store(connection, store, days=days(now))
    there = attached.columns
    columns = [name for name in SQL_TYPES if name in there]
    answers = f"create or replace view answers as {unprefixed(columns, prefix=prefix, there=there)}"

    @cache
    def spread() -> None:
        if store is not None:
            make(before)
        connection.execute(answers)

    if report is not None:
        _open_report(connection, report)
    missing = _missing(prefix, there, has_report=report is not None, compares=since is not None)
    return Subject(
        is_store=store is not None,
        prefix=prefix,
        there=there,
        missing=missing,
        outcomes=outcomes,
        spread=spread,
        phones=attached.phones,
    )


def _open_frame(
    connection: duckdb.DuckDBPyConnection,
    source: Any,  # noqa: ANN401  # any frame
    *,
    prefix: str,
    since: Any,  # noqa: ANN401  # any frame
    now: datetime,
) -> tuple[Attached, Outcomes]:
    attached = attach(connection, source, prefix=prefix, name="enriched")
    if since is not None:
        attach(connection, since.frame if isinstance(since, Enrichment) else since, prefix=prefix, name="earlier")
    with readable("the summary's source"):
        # Every column that can be asked for, so that the outcomes are the same whatever the frame has.
        rows = f"({unprefixed(NEEDED, prefix=prefix, there=attached.columns)})"
        words = partial(words_of_relation, connection, rows)
        if attached.files is not None:
            words = partial(words_of_files, *attached.files)
        return attached, tally(connection, Piece(rows, words), days=days(now))


def _store_of(source: object) -> Store | None:
    if isinstance(source, Store):
        return source
    if isinstance(source, str) and "://" in source:
        return Store(source)
    if isinstance(source, str | os.PathLike) and (user_path(source) / "store.json").exists():
        return Store(source)
    return None


def _moment_of(since: object, now: datetime) -> datetime:
    """Reads a moment: a time, a date or time as text, or an age.

    Raises:
        ConfigError: It is none of these.
    """
    if isinstance(since, datetime):
        return since.astimezone(UTC)
    if isinstance(since, timedelta):
        return now - parse_age(since)
    try:
        moment = datetime.fromisoformat(str(since))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError:
        pass
    try:
        return now - parse_age(str(since))
    except ConfigError:
        raise ConfigError(
            f"since={since!r} is no moment: of a store, pass a datetime, a date such as '2026-11-01', or an age "
            "such as '7d'"
        ) from None


def _open_report(connection: duckdb.DuckDBPyConnection, report: Report) -> None:
    if not isinstance(report, Report):
        raise ConfigError(f"report must be the Report that enrich_with_report gave, not a {type(report).__name__}")
    run = pl.DataFrame([[getattr(report, name) for name in _RUN]], _RUN, orient="row")
    lanes = pl.DataFrame([[getattr(lane, name) for name in _LANE] for lane in report.lanes], _LANE, orient="row")
    for name, table in (("runs", run), ("reported_lanes", lanes)):
        connection.register("given", table.to_arrow())
        connection.execute(f"create table {name} as from given")
        connection.unregister("given")


def _missing(prefix: str, there: frozenset[str], *, has_report: bool, compares: bool) -> Mapping[str, str]:
    """Says which tables cannot be given, and why."""
    missing = {}
    for name in STATEMENTS:
        lacks = [column for column in needed_by(name) if column not in there]
        if name in _OF_REPORT and not has_report:
            missing[name] = "it is of a run: pass report=, or what enrich_with_report gave"
        elif name == "changes" and not compares:
            missing[name] = "there is nothing to compare with: pass since="
        elif lacks:
            missing[name] = f"the frame lacks {prefix + lacks[0]!r}: enrich it with columns='standard' or 'all'"
    return MappingProxyType(missing)
