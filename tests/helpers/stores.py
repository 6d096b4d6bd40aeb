"""Invented answers and moments for the tests of the store."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa

from hlrframe.model.columns import ANSWER_SCHEMA
from hlrframe.model.freshness import MaxAge
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.store import Answered, Store

PAID = Question(LookupKind.HLR, "api.hlrlookup.com")
EMULATED = Question(LookupKind.HLR, "emulator")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def number(index: int) -> str:
    return f"447700900{index:03}"


def numbers(count: int) -> list[str]:
    return [number(index) for index in range(count)]


def answers(
    msisdns: Iterable[str], *, checked_at: datetime | None = NOON, status: str = "LIVE", **more: object
) -> pa.RecordBatch:
    facts = {"live_status": status, "checked_at": checked_at, "credits": 1.0, "provider": "api.hlrlookup.com", **more}
    return pa.RecordBatch.from_pylist([{"msisdn": each, **facts} for each in msisdns], schema=ANSWER_SCHEMA)


def answered(
    *msisdns: str,
    at: datetime = NOON,
    checked_at: datetime | None = NOON,
    cache_days: int = 0,
    recheck_days: int = 0,
    **more: object,
) -> Answered:
    batch = answers(msisdns, checked_at=checked_at, **more)
    return Answered(batch, at, cache_days=cache_days, recheck_days=recheck_days)


def store_with(path: Path, *entries: Answered, question: Question = PAID) -> Store:
    """A store that one finished run has written to."""
    store = Store(path)
    with store.journal(question) as journal:
        journal.write(entries)
    return store


def known(
    store: Store,
    msisdns: Iterable[str],
    *,
    question: Question = PAID,
    max_age: MaxAge | timedelta | None = None,
    now: datetime = NOON,
) -> dict[str, str]:
    """Which numbers the store knows, and their status."""
    found = store.known(pl.Series(list(msisdns), dtype=pl.String), question, max_age=max_age, now=now)
    return dict(found.select("msisdn", "live_status").iter_rows())


def unanswered(store: Store, msisdns: Iterable[str], **more: object) -> set[str]:
    return set(store.unanswered(pl.Series(list(msisdns), dtype=pl.String), PAID, **more)["msisdn"])
