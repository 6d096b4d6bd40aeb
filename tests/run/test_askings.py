"""What is noted ahead: on disk before it leaves, no more than has left, and withdrawn where it does not leave."""

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from random import Random

import pytest

from helpers.stores import PAID, numbers, unanswered
from hlrframe.errors import StoreError
from hlrframe.model import Settings
from hlrframe.provider.hlr_lookup.pricing import Pricing
from hlrframe.run.answer_book import AnswerBook
from hlrframe.run.askings import Askings
from hlrframe.run.journal_writer import JournalWriter
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.queues import Line
from hlrframe.run.schedule.scheduler import Scheduler, Send
from hlrframe.store import Store

BATCH = 5


def planned(count):
    """A scheduler with so many numbers of one network."""
    settings = Settings(batch_size=BATCH)
    plan = Scheduler(settings, Ledger(), prices=Pricing(settings), rng=Random(1))
    plan.add("GB", numbers(count))
    return plan


def next_ticket(plan):
    step = plan.step(0.0)
    assert isinstance(step, Send)
    return step.ticket


@asynccontextmanager
async def asking(store, plan, *, most=1000):
    with store.journal(PAID) as journal:
        async with JournalWriter(journal, AnswerBook(PAID.provider)) as writer:
            yield Askings(writer, plan.coming, most=most), journal


def test_what_comes_is_noted_with_what_leaves(tmp_path):
    """Once a ticket may leave, as many numbers as have left are noted behind it, and no more."""
    store, plan = Store(tmp_path / "store"), planned(100)

    async def main():
        async with asking(store, plan) as (askings, _):
            for turn in (1, 2):
                await askings.before(next_ticket(plan))
                assert unanswered(store, numbers(100)) >= set(numbers(turn * BATCH))
        assert unanswered(store, numbers(100)) == set(numbers(4 * BATCH))

    asyncio.run(main())


def test_no_more_than_the_most_is_noted_ahead(tmp_path):
    """However many have left, what is noted and not sent stays within a window."""
    store, plan = Store(tmp_path / "store"), planned(200)

    async def main():
        async with asking(store, plan, most=2 * BATCH) as (askings, _):
            for _ in range(10):
                await askings.before(next_ticket(plan))
        assert len(unanswered(store, numbers(200))) <= 10 * BATCH + 3 * BATCH

    asyncio.run(main())


def test_what_does_not_leave_is_withdrawn(tmp_path):
    """A run that stops leaves in doubt what it sent, and nothing else."""
    store, plan = Store(tmp_path / "store"), planned(100)

    async def main():
        async with asking(store, plan) as (askings, _):
            await askings.before(next_ticket(plan))
            await askings.before(next_ticket(plan))
            askings.withdraw()

    asyncio.run(main())
    assert unanswered(store, numbers(100)) == set(numbers(2 * BATCH))


def test_a_disk_that_refuses_what_comes_stops_what_comes(tmp_path):
    """A number whose note ahead could not be written does not leave."""
    store, plan = Store(tmp_path / "store"), planned(100)

    async def main():
        async with asking(store, plan) as (askings, journal):
            await askings.before(next_ticket(plan))
            journal.seal()
            with pytest.raises(StoreError):
                await askings.before(next_ticket(plan))

    asyncio.run(main())


def test_a_line_gives_and_tells_each_number_once():
    """Whatever sizes are taken and told, numbers leave in their order, and each is told at most once."""
    rng, line, told, taken = Random(7), Line(), [], []
    everything = [f"{index}" for index in range(1000)]
    left = list(everything)
    while left or len(line):
        size = rng.randrange(1, 40)
        line.put(left[:size])
        del left[:size]
        told += line.coming(rng.randrange(1, 60))
        taken += line.take(rng.randrange(1, 30))
        assert len(line) == len(list(line))
    assert taken == everything
    assert told == sorted(set(told), key=int)


PANDAS = """
import sys
import hlrframe as hf

client = hf.emulator.connect(seed=7)
hf.lookup(["447400123456"], client=client, store=sys.argv[1])
print("pandas" in sys.modules)
"""


def test_a_run_with_a_store_does_not_load_pandas(tmp_path):
    """What keeps answers on disk makes its columns without pandas, which takes a second to load."""
    command = [sys.executable, "-W", "ignore", "-c", PANDAS, str(tmp_path / "store")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
