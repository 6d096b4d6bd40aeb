"""The scribe: on disk before anybody is told, many notes with one sync, nothing lost at the end."""

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest

from helpers.stores import PAID, known, number, numbers, unanswered
from hlrframe.errors import StoreError
from hlrframe.model import Answer
from hlrframe.provider.hlr_lookup.wire import Result
from hlrframe.run.answer_book import AnswerBook
from hlrframe.run.journal_writer import CHUNK, JournalWriter, until_written
from hlrframe.store import Store


class SlowDisk:
    """A journal whose disk takes its time: each write waits at the gate."""

    def __init__(self, journal):
        self.journal = journal
        self.gate = threading.Event()
        self.arrived = threading.Event()
        self.writes = 0

    def write(self, entries):
        self.arrived.set()
        assert self.gate.wait(30)
        self.journal.write(entries)
        self.writes += 1


def live(*msisdns):
    return [Answer(each, Result(live_status="LIVE", number_type="MOBILE"), 1000) for each in msisdns]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@asynccontextmanager
async def writing(store, *, slow=False):
    """A scribe at work; gives it, its book and its journal."""
    with store.journal(PAID) as journal:
        disk = SlowDisk(journal) if slow else journal
        book = AnswerBook(PAID.provider)
        async with JournalWriter(disk, book) as scribe:
            yield scribe, book, disk


async def asked(scribe, msisdns):
    """Returns when it is on disk that these numbers are about to be asked, where that is kept there."""
    if scribe.keeps:
        note = scribe.note_asked(msisdns)
        scribe.hurry()
        await note


async def answered(scribe, answers):
    """Returns when these answers are on disk, where they are kept there."""
    if (kept := scribe.note_answered(answers)) is not None:
        await until_written(kept)


async def settle():
    """Lets every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_is_asked_is_on_disk_first(store):
    """When an asking is noted, another reader of the store knows that these numbers are in flight."""

    async def main():
        async with writing(store) as (scribe, _, _):
            await asked(scribe, numbers(3))
            assert unanswered(store, numbers(5)) == set(numbers(3))

    asyncio.run(main())


def test_what_is_answered_is_on_disk_first(store):
    """When an answer is noted, another reader of the store has the answers, and they are in the book."""

    async def main():
        async with writing(store) as (scribe, book, _):
            await asked(scribe, numbers(3))
            await answered(scribe, live(*numbers(2)))
            assert known(store, numbers(3)) == dict.fromkeys(numbers(2), "LIVE")
            assert unanswered(store, numbers(3)) == {number(2)}
            assert len(book) == 2

    asyncio.run(main())


def test_what_is_withdrawn_is_in_doubt_no_longer(store):
    """When withdrawn() returns, these numbers count as never asked."""

    async def main():
        async with writing(store) as (scribe, _, _):
            await asked(scribe, numbers(3))
            await scribe.withdrawn(numbers(2))
            assert unanswered(store, numbers(3)) == {number(2)}

    asyncio.run(main())


def test_refused_and_asked_again_together_is_in_doubt(store):
    """A number that is refused and asked again while the disk is busy is in flight."""

    async def main():
        async with writing(store, slow=True) as (scribe, _, disk):
            first = asyncio.create_task(asked(scribe, [number(0)]))
            await asyncio.to_thread(disk.arrived.wait, 30)
            again = [
                asyncio.create_task(scribe.withdrawn([number(0)])),
                asyncio.create_task(asked(scribe, [number(0)])),
            ]
            await settle()
            disk.gate.set()
            await asyncio.gather(first, *again)
            assert disk.writes == 2
            assert unanswered(store, numbers(1)) == {number(0)}

    asyncio.run(main())


def test_notes_that_come_meanwhile_share_a_sync(store):
    """What comes while the disk is busy is written at once, and nobody is told before the disk is done."""

    async def main():
        async with writing(store, slow=True) as (scribe, _, disk):
            first = asyncio.create_task(asked(scribe, [number(0)]))
            await asyncio.to_thread(disk.arrived.wait, 30)
            rest = [asyncio.create_task(asked(scribe, [each])) for each in numbers(50)[1:]]
            await settle()
            assert not any(task.done() for task in (first, *rest))
            disk.gate.set()
            await asyncio.gather(first, *rest)
            assert disk.writes == 2
            assert unanswered(store, numbers(50)) == set(numbers(50))

    asyncio.run(main())


def test_a_full_disk_is_told_to_each(store):
    """When the store cannot be written every waiter learns it, and answers stay in the book."""

    async def main():
        async with writing(store) as (scribe, book, journal):
            journal.seal()
            calls = [asked(scribe, [number(0)]), scribe.withdrawn([number(1)]), answered(scribe, live(number(2)))]
            told = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in told] == [StoreError] * 3
            assert len(book) == 1

    asyncio.run(main())


def test_a_cancelled_waiter_loses_nothing(store):
    """Answers whose task is cancelled while they are written are on disk all the same, and in the book."""

    async def main():
        async with writing(store, slow=True) as (scribe, book, disk):
            waiter = asyncio.create_task(answered(scribe, live(*numbers(3))))
            await asyncio.to_thread(disk.arrived.wait, 30)
            late = asyncio.create_task(answered(scribe, live(number(3))))
            await settle()
            waiter.cancel()
            late.cancel()
            await asyncio.wait([waiter, late])
            disk.gate.set()
        return book

    book = asyncio.run(main())
    assert set(known(store, numbers(4))) == set(numbers(4))
    assert sorted(book.narrow()["msisdn"].to_list()) == numbers(4)


def test_a_cancellation_at_the_end_loses_nothing(store):
    """A cancellation that meets the scribe at its end does not come between an answer and its disk."""

    async def main():
        async with writing(store) as (scribe, _, _):
            waiter = asyncio.create_task(answered(scribe, live(*numbers(3))))
            await settle()
            asyncio.current_task().cancel()
        assert not waiter.cancelled()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert set(known(store, numbers(3))) == set(numbers(3))


def test_its_thread_ends_with_it(store):
    """No thread outlives the scribe."""

    async def main():
        async with writing(store) as (scribe, _, _):
            await asked(scribe, numbers(1))
            assert "hlrframe-journal" in {thread.name for thread in threading.enumerate()}

    asyncio.run(main())
    assert "hlrframe-journal" not in {thread.name for thread in threading.enumerate()}


def test_without_a_journal_answers_are_in_the_book(tmp_path):
    """With no store everything is kept in memory alone, in order, whatever the sizes."""
    msisdns = [f"44{place:010}" for place in range(CHUNK + 100)]

    async def main():
        book = AnswerBook("emulator")
        async with JournalWriter(None, book) as scribe:
            for start in range(0, len(msisdns), 80):
                await asked(scribe, msisdns[start : start + 80])
                await answered(scribe, live(*msisdns[start : start + 80]))
            await scribe.withdrawn(msisdns[:1])
        return book

    book = asyncio.run(main())
    assert book.narrow()["msisdn"].to_list() == msisdns
    assert list(tmp_path.iterdir()) == []
