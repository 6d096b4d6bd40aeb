"""What a run tells its journal, and the shapes in which answers are kept; their columns are of ``model.columns``."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import polars as pl
import pyarrow as pa

from hlrframe.errors import StoreError
from hlrframe.model import ANSWER_SCHEMA, EVENT_COLUMNS, JOURNAL_COLUMNS, QUESTION_COLUMNS, Column, Question

__all__ = [
    "ANSWER_COLUMNS",
    "EVENT_TYPES",
    "JOURNAL_SCHEMA",
    "KEPT_TYPES",
    "Answered",
    "Asked",
    "Entry",
    "Withdrawn",
    "conform",
    "of_run",
    "timed",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """These numbers are about to be sent: to be noted before each request that carries them."""

    msisdns: Sequence[str]
    #: When; with a time zone.
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """These numbers were refused and certainly not billed: takes back their last asking."""

    msisdns: Sequence[str]
    #: When; with a time zone.
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """These answers came."""

    #: In ``ANSWER_SCHEMA``; ``msisdn`` is never null.
    batch: pa.RecordBatch
    #: When, by our own clock; with a time zone.
    received_at: datetime
    #: How old an answer the caller lets the provider's caches give, in days; 0 for none.
    cache_days: int = field(default=0, kw_only=True)
    #: How far back the provider was to look for an answer to an earlier asking of our own, in days; 0 for not.
    recheck_days: int = field(default=0, kw_only=True)
    #: Whether they came elsewhere, each at the time that it says: nothing of them is younger than that.
    elsewhere: bool = field(default=False, kw_only=True)


#: What a journal takes.
Entry: TypeAlias = Asked | Answered | Withdrawn

_TIME: Final = pa.timestamp("us", tz="UTC")
_EPOCH: Final = datetime.fromtimestamp(0, UTC)

#: Names of the columns of an answer.
ANSWER_COLUMNS: Final = tuple(ANSWER_SCHEMA.names)
#: A journal's answers: when they came, and when they were true as far as we know.
JOURNAL_SCHEMA: Final[pa.Schema] = pa.schema(
    [*ANSWER_SCHEMA, *(pa.field(each.name, each.type) for each in JOURNAL_COLUMNS)]
)


def _types(schema: pa.Schema, *columns: Column) -> dict[str, pl.DataType]:
    return dict(pl.Schema(pa.schema([*schema, *(pa.field(each.name, each.type) for each in columns)])))


#: A sealed answer: the journal's columns, what was asked, and which run asked.
KEPT_TYPES: Final = _types(JOURNAL_SCHEMA, *QUESTION_COLUMNS)
#: What was asked or withdrawn, by whom and when.
EVENT_TYPES: Final = _types(pa.schema([ANSWER_SCHEMA.field("msisdn")]), *EVENT_COLUMNS)


def timed(entry: Answered) -> pa.RecordBatch:
    """Adds to answers when they came and since when they are known to be true.

    ``checked_at`` is the provider's word, and stays as it came. A recorded or skewed clock must not make an answer
    immortal or stillborn, so ``known_at`` is never after it came. Nor is it before the provider's caches were allowed
    to look; a time before that is no time, and then the oldest counts that the caller allows. A recheck alone makes
    no answer old: it finds what was asked for a moment ago, and an answer that is stale at once would be paid again.

    Raises:
        StoreError: The batch is not in ``ANSWER_SCHEMA``, or a number is missing.
    """
    import pyarrow.compute as pc  # noqa: PLC0415  # takes long to load: where something is written alone

    batch = entry.batch
    if not batch.schema.equals(ANSWER_SCHEMA) or batch.column("msisdn").null_count:
        raise StoreError("answers must come in ANSWER_SCHEMA and each with its number: nothing was written")
    came = entry.received_at.astimezone(UTC)
    reach = timedelta(days=max(entry.cache_days, entry.recheck_days))
    latest, earliest = _moment(came), _moment(came - reach)
    oldest = _moment(came - timedelta(days=entry.cache_days))
    given = pc.fill_null(batch.column("checked_at"), latest)
    if entry.elsewhere:
        then = pc.if_else(pc.greater(given, latest), latest, given)
        return pa.RecordBatch.from_arrays([*batch.columns, then, then], schema=JOURNAL_SCHEMA)
    known = pc.if_else(pc.less(given, earliest), oldest, pc.if_else(pc.greater(given, latest), latest, given))
    received = pa.repeat(latest, batch.num_rows)
    return pa.RecordBatch.from_arrays([*batch.columns, received, known], schema=JOURNAL_SCHEMA)


def _moment(at: datetime) -> Any:  # noqa: ANN401  # a scalar of Arrow, whose stubs know no kind of any time
    # Not pa.scalar: for what comes from Python it loads pandas where that is installed, which takes long.
    raw = ((at - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, sys.byteorder, signed=True)
    return pa.Array.from_buffers(_TIME, 1, [None, pa.py_buffer(raw)])[0]


def of_run(answers: pl.DataFrame, question: Question, run: str) -> pl.DataFrame:
    """Adds to a journal's answers what was asked and by which run."""
    return conform(
        answers.with_columns(
            lookup=pl.lit(question.kind.value),
            options=pl.lit("+".join(question.options)),
            question=pl.lit(question.key),
            run=pl.lit(run),
        ),
        KEPT_TYPES,
    )


def conform(frame: pl.DataFrame, types: dict[str, pl.DataType]) -> pl.DataFrame:
    """Gives exactly these columns: those that an older version did not know yet are null."""
    missing = [pl.lit(None).alias(name) for name in types if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in types.items())
