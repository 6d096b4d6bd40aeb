"""What is noted as asked before it leaves: mostly some time before, so that no request waits for the disk.

A run that is killed then leaves more numbers in doubt than were in flight; the next one asks them with the provider's
private cache on, as all in doubt. What was noted and never sent is withdrawn when a run stops.
"""

import asyncio
from collections.abc import Callable, Sequence

from hlrframe.run.journal_writer import JournalWriter
from hlrframe.run.schedule.queues import Ticket

__all__ = ["Askings"]


class Askings:
    """Sees to it that numbers are noted on disk as asked before they are sent.

    Args:
        writer: Writes it down.
        coming: Gives the numbers that leave after those of a ticket, up to so many of the whole run.
        most: How many may be noted and not sent.
    """

    def __init__(self, writer: JournalWriter, coming: Callable[[Ticket, int], Sequence[str]], *, most: int) -> None:
        self._writer = writer
        self._coming = coming
        self._most = most
        # Numbers that are noted and not sent, with what is done when that is on disk.
        self._ahead: dict[str, asyncio.Future[None]] = {}
        self._left = 0

    async def before(self, ticket: Ticket) -> None:
        """Returns when it is on disk that the numbers of a ticket are about to be asked.

        Raises:
            StoreError: It could not be written: do not ask.
        """
        if not self._writer.keeps:
            return
        numbers = ticket.numbers
        found = [self._ahead.pop(number, None) for number in numbers]
        notes = {note for note in found if note is not None}
        if late := [number for number, note in zip(numbers, found, strict=True) if note is None]:
            notes.add(self._writer.note_asked(late))
        if unwritten := [note for note in notes if not note.done()]:
            self._writer.hurry()
            # Not the notes themselves: a cancellation would end them for others, too.
            await asyncio.wait(unwritten)
        for note in notes:
            note.result()
        self._left += len(numbers)
        self._look_ahead(ticket)

    def _look_ahead(self, ticket: Ticket) -> None:
        """Notes what comes next; no more than has left already, so that a start that fails puts little in doubt."""
        if len(self._ahead) >= self._most:
            return
        coming = self._coming(ticket, min(self._most, self._left))
        if numbers := [number for number in coming if number not in self._ahead]:
            self._ahead |= dict.fromkeys(numbers, self._writer.note_asked(numbers))

    def withdraw(self) -> asyncio.Future[None] | None:
        """Takes back what was noted and will not be sent; gives what is done when that is on disk."""
        ahead, self._ahead = self._ahead, {}
        numbers = [number for number, note in ahead.items() if not note.done() or note.exception() is None]
        return self._writer.note_withdrawn(numbers) if numbers else None
