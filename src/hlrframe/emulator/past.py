"""Stores as they would be had they been filled long ago: nobody can wait a quarter of a year to try a re-check."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from hlrframe.errors import ConfigError
from hlrframe.model import ANSWER_SCHEMA, LookupKind, Question
from hlrframe.store import SAME, Answered, Sources, Store
from hlrframe.system import sealed

__all__ = ["backdate"]


@sealed
def backdate(store: Store, destination: Store, *, days: float) -> int:
    """Copies a store of invented answers as if its runs had been so many days earlier, and says how many answers.

    The store that is copied stays as it is. With :func:`connect` on a later ``day`` this is time travel: fill a store
    on day 0, backdate it by 90 days, go on with day 90.

    Args:
        store: What to copy; numbers in the clear.
        destination: Where to; what is there already stays beside it.
        days: By how many days.

    Raises:
        ConfigError: An answer is not the emulator's: the age of a real one is not to be tampered with. Or the numbers
            of one of the two stores are not in the clear, or the days are fewer than none.
        StoreError: One of them cannot be read or written.
    """
    if days < 0 or {store.privacy, destination.privacy} != {"plain"}:
        raise ConfigError("backdate takes 0 days or more, and plain stores")
    answers = store.read(_all_answers).unique(SAME)
    if answers.filter(pl.col("provider").ne_missing("emulator")).height:
        raise ConfigError(f"{store!r} holds answers that are not the emulator's: their age is what it is")
    for question, run in _runs(answers):
        with destination.journal(question) as journal:
            journal.write([_moved(reply, timedelta(days=days)) for reply in run.partition_by("received_at")])
    return answers.height


def _all_answers(sources: Sources) -> pl.DataFrame:
    return pl.concat([sources.sealed, sources.unsealed.lazy()]).collect()


def _runs(answers: pl.DataFrame) -> Iterator[tuple[Question, pl.DataFrame]]:
    """Gives what each run was told, with what it had asked."""
    for (kind, options, _), rows in answers.group_by("lookup", "options", "run", maintain_order=True):
        yield Question(LookupKind(kind), "emulator", tuple(str(options).split("+")) if options else ()), rows


def _moved(reply: pl.DataFrame, back: timedelta) -> Answered:
    earlier = reply.with_columns(pl.col("checked_at", "received_at") - back)
    [batch] = earlier.select(ANSWER_SCHEMA.names).to_arrow().cast(ANSWER_SCHEMA).combine_chunks().to_batches()
    return Answered(batch, earlier["received_at"].to_list()[0])
