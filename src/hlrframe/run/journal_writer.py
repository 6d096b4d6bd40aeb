"""Writes down what is asked and answered, durably, without holding the event loop up.

Answers become columns in the event loop, soon after they came: another thread would fetch each of them from the memory
of another core. One thread does the rest. What arrives while the disk is busy, or within a moment, is written together
with one sync (group commit), and each writer is told only when its own part is on disk.
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

import pyarrow as pa

from hlrframe.model import Answer
from hlrframe.run.answer_book import AnswerBook
from hlrframe.store import Answered, Asked, Entry, Journal, Withdrawn

__all__ = ["JournalWriter", "until_written"]

#: Answers that are turned into columns together: few enough for the cache.
CHUNK: Final = 512
#: Seconds for which a note waits for others, where nobody waits for it: a sync costs the same for many.
MOMENT: Final = 0.005


class JournalWriter:
    """Takes answers in as they come: onto disk, and into the book of the run.

    Args:
        journal: Where they are kept; ``None`` keeps nothing on disk.
        book: Where they are kept in memory.
    """

    def __init__(self, journal: Journal | None, book: AnswerBook) -> None:
        self._disk = None if journal is None else _Disk(journal)
        self._book = book
        # Answers that are in no columns yet, by ``cache_days`` and ``recheck_days``; what is done when they are safe.
        self._pending: dict[tuple[int, int], list[Answer]] = {}
        self._count = 0
        self._kept: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        if self._disk is not None:
            self._disk.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flush()
        if self._disk is not None:
            # Not awaited: no cancellation may come between a paid answer and its disk, and it is one write at most.
            self._disk.end()

    @property
    def keeps(self) -> bool:
        """Whether there is a disk that anything is written to."""
        return self._disk is not None

    @property
    def safe(self) -> int:
        """Answers that are on disk."""
        return 0 if self._disk is None else self._disk.safe

    def note_asked(self, numbers: Sequence[str]) -> asyncio.Future[None]:
        """Notes that these numbers are about to be asked; gives what is done when that is on disk."""
        return self._note("asked", numbers)

    def note_withdrawn(self, numbers: Sequence[str]) -> asyncio.Future[None]:
        """Notes that the last asking of these numbers was not billed; gives what is done when that is on disk."""
        return self._note("withdrawn", numbers)

    def hurry(self) -> None:
        """Has written at once what was noted: somebody waits for it."""
        if self._disk is not None:
            self._disk.hurry()

    async def withdrawn(self, numbers: Sequence[str]) -> None:
        """Returns when it is on disk that these numbers were refused and not billed."""
        if self.keeps:
            await self.note_withdrawn(numbers)

    def note_answered(
        self, answers: list[Answer], *, cache_days: int = 0, recheck_days: int = 0, urgent: bool = True
    ) -> asyncio.Future[None] | None:
        """Takes answers in; gives what is done when they are on disk, ``None`` where nothing is kept there.

        Args:
            answers: What came.
            cache_days: How old an answer the caller lets the provider's own caches give, in days.
            recheck_days: How far back those were to look for an answer to an earlier asking of our own, in days.
            urgent: Whether nothing else is going on, so that the run waits for it.
        """
        self._pending.setdefault((cache_days, recheck_days), []).extend(answers)
        self._count += len(answers)
        kept = self._kept_later() if self.keeps else None
        if self._count >= CHUNK or (kept is not None and urgent):
            self._flush(urgent)
        return kept

    def _kept_later(self) -> asyncio.Future[None]:
        if self._kept is None:
            loop = asyncio.get_running_loop()
            self._kept = loop.create_future()
            self._alarm = loop.call_later(MOMENT, self._flush, True)  # noqa: FBT003  # asyncio passes no names
        return self._kept

    def _flush(self, urgent: bool = True) -> None:  # noqa: FBT001, FBT002  # asyncio passes no names
        """Makes columns of what is pending, and hands them to the disk."""
        if self._alarm is not None:
            self._alarm.cancel()
        pending, kept, now = self._pending, self._kept, datetime.now(UTC)
        self._pending, self._count, self._kept, self._alarm = {}, 0, None, None
        if kept is None or self._disk is None:
            for answers in pending.values():
                self._book.add(answers, received_at=now)
            return
        try:
            replies = [
                _Reply(self._book.add_whole(each, received_at=now), now, reach)
                for reach, each in pending.items()
                if each
            ]
        except Exception as error:  # noqa: BLE001  # it belongs to whoever waits for the answers
            kept.set_exception(error)
        else:
            self._disk.put(_Note("answered", kept, replies=replies))
            if urgent:
                self._disk.hurry()

    def _note(self, word: "_Word", numbers: Sequence[str]) -> asyncio.Future[None]:
        assert self._disk is not None  # noqa: S101  # nobody notes anything without one
        note = _Note(word, asyncio.get_running_loop().create_future(), numbers)
        self._disk.put(note)
        return note.written


async def until_written(note: asyncio.Future[None]) -> None:
    """Returns when a note is on disk, and raises what the disk said; several may wait for one."""
    await asyncio.wait([note])  # not the note itself: a cancellation would end it for others, too
    note.result()


_Word = Literal["asked", "withdrawn", "answered"]


@dataclass(frozen=True, slots=True)
class _Reply:
    """Answers that came."""

    batch: pa.RecordBatch
    received_at: datetime
    #: ``cache_days`` and ``recheck_days``.
    reach: tuple[int, int]


_reach_of: Final = attrgetter("reach")


@dataclass(frozen=True, slots=True)
class _Note:
    word: _Word
    written: asyncio.Future[None]
    numbers: Sequence[str] = ()
    replies: Sequence[_Reply] = ()


class _Disk:
    """The thread that writes notes to a journal, and tells when they are there."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._notes: deque[_Note] = deque()
        self._ended = False
        #: Answers that are on disk; from then on, not when the event loop comes to hear of it.
        self.safe = 0
        # Set when there is a note, and when somebody waits for it.
        self._there, self._urgent = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write_notes, name="hlrframe-journal", daemon=True)

    def begin(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def end(self) -> None:
        """Returns when everything is written."""
        self._ended = True
        self._there.set()
        self.hurry()
        self._thread.join()

    def put(self, note: _Note) -> None:
        """Has something written, together with what comes within a moment."""
        self._notes.append(note)
        self._there.set()

    def hurry(self) -> None:
        """Has it written at once."""
        self._urgent.set()

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

    def _write(self, group: Sequence[_Note]) -> None:
        error: Exception | None = None
        try:
            self._journal.write([*_events(group), *_answers(group)])
        except Exception as caught:  # noqa: BLE001  # it belongs to whoever waits for the note
            error = caught
        else:
            self.safe += sum(reply.batch.num_rows for note in group for reply in note.replies)
        loop = group[0].written.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell, group, error)


def _events(group: Sequence[_Note]) -> Iterator[Entry]:
    """Gives what was asked and withdrawn in the order in which it came: a number may be refused and asked again."""
    now, events = datetime.now(UTC), [note for note in group if note.numbers]
    for word, notes in groupby(events, key=attrgetter("word")):
        numbers = [number for note in notes for number in note.numbers]
        yield Asked(numbers, now) if word == "asked" else Withdrawn(numbers, now)


def _answers(group: Sequence[_Note]) -> Iterator[Entry]:
    """Gives what was answered, together where the caches were allowed to look equally far back."""
    replies = sorted((reply for note in group for reply in note.replies), key=_reach_of)
    for (cache_days, recheck_days), alike in groupby(replies, key=_reach_of):
        some = list(alike)
        batch = pa.concat_batches([reply.batch for reply in some])  # type: ignore[attr-defined]  # the stubs lack it
        came = max(reply.received_at for reply in some)
        yield Answered(batch, came, cache_days=cache_days, recheck_days=recheck_days)


def _tell(group: Sequence[_Note], error: Exception | None) -> None:
    for note in group:
        if note.written.done():  # its task was cancelled meanwhile
            continue
        if error is None:
            note.written.set_result(None)
        else:
            note.written.set_exception(error)
            note.written.exception()  # seen: perhaps nobody waits for it
