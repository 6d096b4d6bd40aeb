"""Runs that share a store at the same time: each number is asked by one of them, and every run gets every answer."""

import asyncio
import itertools
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import hlrframe as hf
from helpers.lists import read
from hlrframe.emulator import Emulator, EmulatorTransport, Faults, Latency, running, sample_numbers
from hlrframe.errors import Interrupted, StoreError
from hlrframe.model.question import Question
from hlrframe.model.settings import Settings
from hlrframe.run import coordination
from hlrframe.run.lookup import resolve_numbers
from hlrframe.run.schedule import feedback
from hlrframe.store import Asked, Store, claims

SHARER = Path(__file__).parents[1] / "helpers" / "store_sharer.py"
#: A lookup takes long enough for runs to meet.
SLOW = Latency(network=0.3)
QUESTION = Question.of(Settings(), "emulator")


def some(first, count):
    return list(itertools.islice(sample_numbers("GB"), first, first + count))


# In processes of their own


@contextmanager
def sharer(store, url, first, count, **settings):
    command = [sys.executable, str(SHARER), str(store), url, str(first), str(count), json.dumps(settings)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def begin(*processes):
    """Has processes look up at the same moment, once all of them are ready."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def until(happened):
    """Returns when something has happened in another process."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def result(process):
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(out)


@pytest.mark.slow
@pytest.mark.parametrize("slices", [[(0, 160), (60, 160)], [(0, 160), (30, 160), (60, 160), (0, 220)]])
def test_processes_with_overlapping_lists(tmp_path, slices):
    """Processes that begin at once pay each number once together, and each has an answer for each of its numbers."""
    emulator = Emulator(latency=SLOW)
    with running(emulator) as url, ExitStack() as stack:
        processes = [
            stack.enter_context(sharer(tmp_path / "store", url, *each, batch_size=20, max_requests=4))
            for each in slices
        ]
        begin(*processes)
        results = [result(each) for each in processes]
    wanted = set(itertools.chain.from_iterable(some(*each) for each in slices))
    assert set(emulator.bill.asked) == wanted
    assert emulator.bill.asked_twice() == []
    for (_, count), got in zip(slices, results, strict=True):
        assert set(got["states"]) <= {"answered", "cached"}
        assert sum(got["states"].values()) == count
    assert sum(got["states"].get("answered", 0) for got in results) == len(wanted)
    assert Decimal(str(round(sum(got["credits"] for got in results), 3))) == emulator.bill.total


# On Windows the heir would wait until the claim is five minutes old.
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock that falls with a process")
def test_a_killed_process_holds_up_nobody(tmp_path):
    """What a killed run had claimed is asked by the one that waits for it, without being paid twice."""
    emulator, journals = Emulator(latency=SLOW), Store(tmp_path).layout.journals
    with running(emulator) as url, ExitStack() as stack:
        holder = stack.enter_context(sharer(tmp_path, url, 0, 200, batch_size=1, max_requests=2))
        heir = stack.enter_context(sharer(tmp_path, url, 0, 200))
        begin(holder)
        until(lambda: emulator.bill.numbers >= 4)
        begin(heir)
        until(lambda: len(list(journals.glob("*"))) == 2)
        asked = emulator.bill.numbers
        holder.send_signal(signal.SIGKILL)
        got = result(heir)
    assert asked < 100
    assert sum(got["states"].values()) == 200
    assert set(got["states"]) == {"answered", "cached"}
    assert emulator.bill.paid_twice() == []
    assert len(emulator.bill.asked_twice()) <= 2  # what was in flight as it was killed


# In one process


class Party:
    """Runs in one event loop that share a store and a provider."""

    def __init__(self, path, **provider):
        self.store = Store(path)
        self.provider = Emulator(seed=7, **provider)
        self.seen = []

    def client(self):
        key, secret = self.provider.credentials
        return hf.Client(key, secret, transport=EmulatorTransport(self.provider), provider="emulator")

    async def run(self, numbers, **settings):
        """Looks numbers up, and gives the states and reasons of the rows with the outcomes themselves."""
        listed, (reading,) = read([f"+{number}" for number in numbers])
        outcomes = await resolve_numbers(
            listed,
            client=self.client(),
            store=self.store,
            settings=Settings(batch_size=10, **settings),
            on_progress=self.seen.append,
        )
        rows = outcomes.of_cells(reading)
        return Counter(rows.select(pl.coalesce("reason", "state")).to_series()), outcomes

    def claims(self):
        return list(self.store.layout.claims.glob("*.claim"))

    async def asked(self, count):
        """Returns when so many numbers have been asked."""
        while self.provider.bill.numbers < count:  # noqa: ASYNC110  # the provider has no event to wait for
            await asyncio.sleep(0.01)


@pytest.fixture
def party(tmp_path):
    return Party(tmp_path / "store", latency=SLOW)


def test_what_another_run_asks_is_had_for_nothing(party):
    """The rows of a number that another run asked are cached and cost nothing; the sum of both runs is the bill."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 40), max_requests=2))
        await party.asked(10)
        return await party.run(some(20, 40)), await first

    (late, outcomes), (early, _) = asyncio.run(main())
    assert (early, late) == ({"answered": 40}, {"answered": 20, "cached": 20})
    assert party.provider.bill.asked_twice() == []
    report = outcomes.report
    assert sum(lane.numbers for lane in report.lanes) == sum(lane.answered for lane in report.lanes) == 20
    assert party.claims() == []


@pytest.mark.slow
def test_the_progress_of_a_run_that_waits(party):
    """Numbers that are waited for are told as such, and count as done when the other run has answered them."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 60), max_requests=1))
        await party.asked(10)
        party.seen.clear()
        await party.run(some(0, 70))
        await first

    asyncio.run(main())
    theirs = [each for each in party.seen if each.total == 70]
    assert {each.waiting for each in theirs} >= {60, 0}
    assert {each.done + each.waiting for each in theirs if not each.in_flight} <= {60, 70}
    assert (theirs[-1].answered, theirs[-1].cached, theirs[-1].waiting) == (10, 60, 0)


def test_a_run_without_money_still_has_what_others_answer(party):
    """A budget ends the asking of a run, not its waiting; what the other one leaves open is skipped."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 40), max_requests=1, max_credits=30))
        await party.asked(10)
        return await party.run(some(0, 60), max_credits=12), await first

    (late, outcomes), (early, _) = asyncio.run(main())
    assert early["answered"] + early["budget"] == 40
    assert late["cached"] == early["answered"]
    assert late["answered"] + late["budget"] == 60 - early["answered"]
    assert late["answered"] > 0
    assert float(outcomes.numbers["credits"].sum()) <= 12
    assert party.provider.bill.asked_twice() == []
    assert party.claims() == []


@pytest.mark.slow
def test_the_budget_is_one_of_all_rounds(party):
    """What a first round spent is missing in the next, which asks what another run left open."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 40), max_requests=1, max_credits=15))
        await party.asked(10)
        return await party.run(some(0, 60), max_credits=28), await first

    (late, outcomes), (early, _) = asyncio.run(main())
    spent = float(outcomes.numbers["credits"].sum())
    assert 26 < spent <= 28
    assert outcomes.report.stopped == "budget"
    assert late["answered"] > 20
    assert late["cached"] == early["answered"]


@pytest.mark.slow
@pytest.mark.parametrize("cells", [40, 50], ids=["all elsewhere", "some elsewhere"])
def test_a_run_that_is_stopped_while_it_waits(party, cells):
    """A cancelled run hands over what it had; what it was waiting for is skipped, and the other run goes on."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 40), max_requests=1))
        await party.asked(10)
        second = asyncio.create_task(party.run(some(0, cells)))
        await party.asked(10 + (cells - 40))
        await asyncio.sleep(0.5)
        second.cancel()
        return await second, await first

    (late, outcomes), (early, _) = asyncio.run(main())
    assert isinstance(outcomes.error, Interrupted)
    assert late["stopped"] + late["cached"] == 40
    assert late["stopped"] > 0
    assert late["answered"] == cells - 40
    assert early == {"answered": 40}
    assert party.claims() == []


def test_a_stopped_run_lets_its_numbers_go(party):
    """What a cancelled run had not asked yet is asked by the run that waited for it."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 60), max_requests=1))
        await party.asked(10)
        second = asyncio.create_task(party.run(some(0, 60)))
        await asyncio.sleep(0.1)
        first.cancel()
        return await second, await first

    (late, _), (early, _) = asyncio.run(main())
    assert early["stopped"] == late["answered"] > 0
    assert late["cached"] == early["answered"]
    assert party.provider.bill.asked_twice() == []


def test_a_run_that_breaks_lets_its_numbers_go(party):
    """A run that cannot begin, or whose caller's own code fails, holds no claim afterwards."""

    def fail(_):
        raise ZeroDivisionError

    async def main():
        listed, _ = read([f"+{number}" for number in some(0, 20)])
        return await resolve_numbers(
            listed, client=party.client(), store=party.store, settings=Settings(), on_progress=fail
        )

    assert isinstance(asyncio.run(main()).error, ZeroDivisionError)
    assert party.claims() == []
    party.store.layout.journals.chmod(0o500)
    (party.store.layout.root / "journal").rename(party.store.layout.root / "journal.away")
    (party.store.layout.root / "journal").touch()
    with pytest.raises(StoreError):
        asyncio.run(party.run(some(0, 30)))
    assert party.claims() == []


def test_a_store_that_fails_while_a_run_waits(party):
    """If the store cannot be read any more the waiting ends with that error, and what was obtained is handed over."""

    async def main():
        first = asyncio.create_task(party.run(some(0, 40), max_requests=1))
        await party.asked(10)
        second = asyncio.create_task(party.run(some(0, 50)))
        await party.asked(20)
        await asyncio.sleep(0.4)
        party.store.layout.marker.write_text('{"format": 999, "columns": 1}')
        return await second, await first

    (late, outcomes), _ = asyncio.run(main())
    assert isinstance(outcomes.error, StoreError)
    assert late["answered"] == 10
    assert late["stopped"] == 40


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"refresh": True}, {"max_age": "0s"}])
def test_who_wants_it_fresh_shares_too(party, settings):
    """A run that asks again takes another's answer, if that was given after the run began; older ones it does not."""

    async def main():
        await party.run(some(0, 20))
        await asyncio.sleep(0.01)
        return await asyncio.gather(*(party.run(some(0, 20), **settings) for _ in range(2)))

    (one, _), (other, _) = asyncio.run(main())
    assert one + other == {"answered": 20, "cached": 20}
    assert set(party.provider.bill.asked.values()) == {2}


def test_what_another_run_failed_at_is_asked_again(tmp_path, monkeypatch):
    """A number that another run was given no usable answer for is asked by the run that waited, once more."""
    monkeypatch.setattr(feedback, "MAX_TRIES", 2)
    party = Party(tmp_path, latency=Latency(overhead=0.02), faults=Faults(internal_error=0.75))

    async def main():
        return await asyncio.gather(*(party.run(some(0, 30)) for _ in range(2)))

    (one, outcomes), (other, others) = asyncio.run(main())
    assert one.total() == other.total() == 30
    assert 0 < one["internal_error"] + other["internal_error"] < 60
    spent = [float(each.numbers["credits"].sum()) for each in (outcomes, others)]
    assert Decimal(str(sum(spent))) == party.provider.bill.total
    assert party.provider.bill.paid_twice() == []


def test_where_claims_do_not_hold(party, monkeypatch):
    """Without locks, and with a claim that has expired, a number is asked once by each run, and both are whole."""
    monkeypatch.setattr(claims, "try_lock", lambda _: None)
    monkeypatch.setattr(claims, "EXPIRY", -1.0)

    async def main():
        return await asyncio.gather(*(party.run(some(0, 20)) for _ in range(2)))

    (one, _), (other, _) = asyncio.run(main())
    assert one == other == {"answered": 20}
    assert set(party.provider.bill.asked.values()) == {2}


def test_a_claim_is_touched_while_its_run_goes_on(party, monkeypatch):
    """A run says again and again that it goes on, so that its claim does not expire."""
    monkeypatch.setattr(coordination, "TOUCH_EVERY", 0.02)

    async def main():
        task = asyncio.create_task(party.run(some(0, 40), max_requests=1))
        await party.asked(10)
        (path,) = party.claims()
        before = path.stat().st_mtime_ns
        await asyncio.sleep(0.2)
        after = path.stat().st_mtime_ns
        await task
        return before, after

    before, after = asyncio.run(main())
    assert after > before


@pytest.mark.parametrize(("days", "back"), [(0, 1), (0.99, 2), (1.5, 2), (29.5, 30), (29.99, 30), (31, 0)])
def test_what_is_in_doubt_is_asked_as_far_back_as_its_asking(tmp_path, days, back):
    """A number that a killed run asked goes out with the provider's cache as far back; after 30 days as any other."""
    party, seen = Party(tmp_path / "store"), []
    number, other = some(0, 2)
    with party.store.journal(QUESTION) as journal:
        journal.write([Asked([number], datetime.now(UTC) - timedelta(days=days))])

    class Listening(EmulatorTransport):
        async def handle_async_request(self, request):
            body = json.loads(await request.aread())
            seen.extend((each["telephone_number"], each["cache_days_private"]) for each in body["requests"])
            return await super().handle_async_request(request)

    party.client = lambda: hf.Client(
        *party.provider.credentials, transport=Listening(party.provider), provider="emulator"
    )
    asyncio.run(party.run([number, other]))
    assert sorted(seen) == sorted([(number, back), (other, 0)])
