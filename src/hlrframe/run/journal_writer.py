"""Writes down what is asked and answered, durably, without holding the event loop up.

One thread does the writing. What arrives while the disk is busy is written together with one sync (group commit), and
each writer is told only when its own part is on disk.
"""

import asyncio
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from msgspec.structs import replace

from hlrframe.model import Answer
from hlrframe.run.answer_book import AnswerBook, answers_to_batch
from hlrframe.store import Answered, Asked, Journal, Withdrawn

__all__ = ["JournalWriter"]

#: Answers that are turned into columns together where nothing has to be on disk first: few enough for the cache.
CHUNK: Final = 512


class JournalWriter:
    """Takes answers in as they come: onto disk, and into the book of the run.

    Args:
        journal: Where they are kept; ``None`` keeps nothing on disk.
        book: Where they are kept in memory.
    """

    def __init__(self, journal: Journal | None, book: AnswerBook) -> None:
        self._journal = journal
        self._book = book
        self._pending: list[Answer] = []
        self._notes: queue.SimpleQueue[_Note | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_notes, name="hlrframe-journal", daemon=True)

    async def __aenter__(self) -> Self:
        if self._journal is not None:
            self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._journal is not None:
            self._notes.put(None)
            # Not awaited: no cancellation may come between a paid answer and its disk, and it is one write at most.
            self._thread.join()
        self._flush()

    async def asked(self, numbers: Sequence[str]) -> None:
        """Returns when it is on disk that these numbers are about to be asked.

        Raises:
            StoreError: It could not be written: do not ask.
        """
        if self._journal is not None:
            await self._note(asked=numbers)

    async def withdrawn(self, numbers: Sequence[str]) -> None:
        """Returns when it is on disk that these numbers were refused and not billed."""
        if self._journal is not None:
            await self._note(withdrawn=numbers)

    async def answered(self, answers: list[Answer], *, cache_days: int = 0, recheck_days: int = 0) -> None:
        """Returns when these answers are on disk.

        Args:
            answers: What came.
            cache_days: How old an answer the caller lets the provider's own caches give, in days.
            recheck_days: How far back those were to look for an answer to an earlier asking of our own, in days.

        Raises:
            StoreError: They could not be written; they are still in the book.
        """
        if self._journal is not None:
            await self._note(answers=answers, reach=(cache_days, recheck_days))
            return
        self._pending.extend(answers)
        if len(self._pending) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            answers, self._pending = self._pending, []
            self._book.add(answers, received_at=datetime.now(UTC))

    async def _note(
        self,
        *,
        asked: Sequence[str] = (),
        withdrawn: Sequence[str] = (),
        answers: Sequence[Answer] = (),
        reach: tuple[int, int] = (0, 0),
    ) -> None:
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._notes.put(_Note(asked, withdrawn, answers, reach, written, loop))
        await written

    def _write_notes(self) -> None:
        while (note := self._notes.get()) is not None:
            group = [note]
            while not self._notes.empty():
                more = self._notes.get()
                if more is None:
                    self._notes.put(None)
                    break
                group.append(more)
            self._write(group)

    def _write(self, group: Sequence["_Note"]) -> None:
        error: Exception | None = None
        try:
            self._commit(group)
        except Exception as caught:  # noqa: BLE001  # it belongs to whoever waits for the note
            error = caught
        loop = group[0].loop
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell, group, error)

    def _commit(self, group: Sequence["_Note"]) -> None:
        assert self._journal is not None  # noqa: S101  # the thread runs only with one
        now = datetime.now(UTC)
        entries: list[Asked | Answered | Withdrawn] = []
        # In this order: a number may be refused and asked again within one group, never the other way round.
        if withdrawn := [number for note in group for number in note.withdrawn]:
            entries.append(Withdrawn(withdrawn, now))
        if asked := [number for note in group for number in note.asked]:
            entries.append(Asked(asked, now))
        for reach in sorted({note.reach for note in group if note.answers}):
            answers = [answer for note in group if note.reach == reach for answer in note.answers]
            self._book.add(answers, received_at=now)
            # A run's own bill is its own; the books of a store are those of all runs.
            paid = [replace(each, milli=each.milli + each.earlier) if each.earlier else each for each in answers]
            batch = answers_to_batch(paid, received_at=now, provider=self._book.provider)
            entries.append(Answered(batch, now, cache_days=reach[0], recheck_days=reach[1]))
        self._journal.write(entries)


@dataclass(frozen=True, slots=True)
class _Note:
    asked: Sequence[str]
    withdrawn: Sequence[str]
    answers: Sequence[Answer]
    #: ``cache_days`` and ``recheck_days`` of the answers.
    reach: tuple[int, int]
    written: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


def _tell(group: Sequence[_Note], error: Exception | None) -> None:
    for note in group:
        if note.written.done():  # its task was cancelled meanwhile
            continue
        if error is None:
            note.written.set_result(None)
        else:
            note.written.set_exception(error)
