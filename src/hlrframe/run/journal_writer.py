"""Writes down what is asked and answered, durably, without holding the event loop up.

One thread does the writing. What arrives while the disk is busy, or within a moment, is written together with one sync
(group commit), and each writer is told only when its own part is on disk.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Final, Literal, Self

from hlrframe.model import Answer
from hlrframe.run.answer_book import AnswerBook
from hlrframe.store import Answered, Asked, Entry, Journal, Withdrawn

__all__ = ["JournalWriter"]

#: Answers that are turned into columns together where nothing has to be on disk first: few enough for the cache.
CHUNK: Final = 512
#: Seconds for which a note waits for others, where nobody waits for it: a sync costs the same for many.
MOMENT: Final = 0.02


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
        self._notes: deque[_Note] = deque()
        self._ended = False
        # Set when there is a note, and when somebody waits for it.
        self._there, self._urgent = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write_notes, name="hlrframe-journal", daemon=True)

    async def __aenter__(self) -> Self:
        if self._journal is not None:
            self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._journal is not None:
            self._ended = True
            self._there.set()
            self.hurry()
            # Not awaited: no cancellation may come between a paid answer and its disk, and it is one write at most.
            self._thread.join()
        self._flush()

    @property
    def keeps(self) -> bool:
        """Whether there is a disk that anything is written to."""
        return self._journal is not None

    def note_asked(self, numbers: Sequence[str]) -> asyncio.Future[None]:
        """Notes that these numbers are about to be asked; gives what is done when that is on disk."""
        return self._note("asked", numbers=numbers)

    def note_withdrawn(self, numbers: Sequence[str]) -> asyncio.Future[None]:
        """Notes that the last asking of these numbers was not billed; gives what is done when that is on disk."""
        return self._note("withdrawn", numbers=numbers)

    def hurry(self) -> None:
        """Has written at once what was noted: somebody waits for it."""
        self._urgent.set()

    async def asked(self, numbers: Sequence[str]) -> None:
        """Returns when it is on disk that these numbers are about to be asked.

        Raises:
            StoreError: It could not be written: do not ask.
        """
        if self._journal is not None:
            note = self.note_asked(numbers)
            self.hurry()
            await note

    async def withdrawn(self, numbers: Sequence[str]) -> None:
        """Returns when it is on disk that these numbers were refused and not billed."""
        if self._journal is not None:
            await self.note_withdrawn(numbers)

    async def answered(
        self, answers: list[Answer], *, cache_days: int = 0, recheck_days: int = 0, urgent: bool = True
    ) -> None:
        """Returns when these answers are on disk.

        Args:
            answers: What came.
            cache_days: How old an answer the caller lets the provider's own caches give, in days.
            recheck_days: How far back those were to look for an answer to an earlier asking of our own, in days.
            urgent: Whether nothing else is going on, so that the run waits for it.

        Raises:
            StoreError: They could not be written; they are still in the book.
        """
        if self._journal is not None:
            note = self._note("answered", answers=answers, reach=(cache_days, recheck_days))
            if urgent:
                self.hurry()
            await note
            return
        self._pending.extend(answers)
        if len(self._pending) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            answers, self._pending = self._pending, []
            self._book.add(answers, received_at=datetime.now(UTC))

    def _note(
        self,
        word: "_Word",
        *,
        numbers: Sequence[str] = (),
        answers: Sequence[Answer] = (),
        reach: tuple[int, int] = (0, 0),
    ) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        note = _Note(word, numbers, answers, reach, loop.create_future(), loop)
        self._notes.append(note)
        self._there.set()
        return note.written

    def _write_notes(self) -> None:
        while not self._ended or self._notes:
            self._there.wait()
            self._urgent.wait(MOMENT)
            if not self._ended:
                self._there.clear()
                self._urgent.clear()
            # Taken after that: whatever comes from here on sets them again.
            group = [self._notes.popleft() for _ in range(len(self._notes))]
            if group:
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
        self._journal.write([*_events(group, now), *_answers(group, now, self._book)])


_Word = Literal["asked", "withdrawn", "answered"]


@dataclass(frozen=True, slots=True)
class _Note:
    word: _Word
    numbers: Sequence[str]
    answers: Sequence[Answer]
    #: ``cache_days`` and ``recheck_days`` of the answers.
    reach: tuple[int, int]
    written: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


def _events(group: Sequence[_Note], now: datetime) -> Iterator[Entry]:
    """Gives what was asked and withdrawn in the order in which it came: a number may be refused and asked again."""
    events = [note for note in group if note.word != "answered"]
    for word, notes in groupby(events, key=attrgetter("word")):
        numbers = [number for note in notes for number in note.numbers]
        yield Asked(numbers, now) if word == "asked" else Withdrawn(numbers, now)


def _answers(group: Sequence[_Note], now: datetime, book: AnswerBook) -> Iterator[Entry]:
    """Gives what was answered, and takes it into the book."""
    replies = [note for note in group if note.word == "answered"]
    for reach in sorted({note.reach for note in replies}):
        answers = [answer for note in replies if note.reach == reach for answer in note.answers]
        batch = book.add_whole(answers, received_at=now)
        yield Answered(batch, now, cache_days=reach[0], recheck_days=reach[1])


def _tell(group: Sequence[_Note], error: Exception | None) -> None:
    for note in group:
        if note.written.done():  # its task was cancelled meanwhile
            continue
        if error is None:
            note.written.set_result(None)
        else:
            note.written.set_exception(error)
            note.written.exception()  # seen: perhaps nobody waits for it
