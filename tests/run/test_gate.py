"""One account, one gate: what all runs of a process have in flight together."""

import asyncio
import os
import threading
from random import Random

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.lists import some
from helpers.virtual_time import in_virtual_time
from hlrframe import emulator
from hlrframe.model import LookupResult, Settings
from hlrframe.provider import Limits
from hlrframe.run.gate import Gate, gate_of, through_gate
from hlrframe.run.loop import Job, run_job


class Counting(emulator.EmulatorTransport):
    """Counts what is in flight over all transports that share a tally."""

    def __init__(self, provider, tally):
        super().__init__(provider)
        self.tally = tally

    async def handle_async_request(self, request):
        """Carries one request."""
        with self.tally["lock"]:
            self.tally["now"] += 1
            self.tally["most"] = max(self.tally["most"], self.tally["now"])
        try:
            return await super().handle_async_request(request)
        finally:
            with self.tally["lock"]:
                self.tally["now"] -= 1


@pytest.fixture
def tally():
    return {"lock": threading.Lock(), "now": 0, "most": 0}


@pytest.fixture
def slow():
    return emulator.Emulator(seed=7, latency=0.02, max_in_flight=10_000)


def client_of(slow, tally, key="emulator"):
    transport = Counting(slow, tally)
    return hf.Client(key, "emulator", transport=transport, provider="emulator")


@pytest.mark.slow
@pytest.mark.parametrize("clients", [1, 2])
def test_two_runs_of_one_account_share_its_limit(slow, tally, clients):
    """Two runs in threads of one process, on one client or on two of one account, keep to 210 together."""
    ours = [client_of(slow, tally) for _ in range(clients)]
    numbers = mobiles(2400)
    failed = []

    def run(index):
        mine = pl.DataFrame({"phone": numbers[index::2]})
        try:
            hf.enrich(mine, "phone", client=ours[index % clients], settings=Settings(batch_size=1), progress=False)
        except Exception as error:  # noqa: BLE001  # looked at in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert slow.bill.total == 2400
    assert 150 < tally["most"] <= 210
    assert gate_of(ours[0]) is None


def test_runs_in_one_loop_share_it_too(slow, tally):
    """The same for runs that are awaited together."""
    client, numbers = client_of(slow, tally), mobiles(1500)

    async def both():
        frames = [pl.DataFrame({"phone": numbers[index::3]}) for index in range(3)]
        settings = Settings(batch_size=1)
        await asyncio.gather(
            *(hf.enrich_async(each, "phone", client=client, settings=settings, progress=False) for each in frames)
        )

    asyncio.run(both())
    assert slow.bill.total == 1500
    assert tally["most"] <= 210


class Slow:
    """A provider of six requests, which tells who was in flight when."""

    provider, timeout, limits, account = "other.example", 5.0, Limits(requests=6, batch=1, cache_days=0), "one"

    def __init__(self, shared):
        self.shared, self.mine, self.most = shared, 0, 0

    def pricing(self, settings):
        return hf.emulator.connect().pricing(settings)

    def session(self, settings):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None

    async def ask(self, numbers, *, recheck=0, wait):
        self.mine += 1
        self.shared.append(self.shared[-1] + 1)
        self.most = max(self.most, self.mine)
        await asyncio.sleep(0.1)
        self.mine -= 1
        self.shared.append(self.shared[-1] - 1)
        return [LookupResult(live_status="LIVE", number_type="MOBILE") for _ in numbers]


@pytest.mark.filterwarnings("ignore::hlrframe.errors.EmulatorWarning")
def test_who_comes_later_does_not_starve():
    """A run that comes when all is taken gets its even share, and the first one gets all again when it has ended."""
    shared = [0]
    first, second = Slow(shared), Slow(shared)

    async def both():
        loop = asyncio.get_running_loop()
        began = loop.time()
        settings = Settings(batch_size=1)
        long = asyncio.create_task(run_job(Job({"net": some(300)}), first, settings=settings, rng=Random(1)))
        await asyncio.sleep(1)
        await run_job(Job({"net": some(31)}), second, settings=settings, rng=Random(1))
        took = loop.time() - began - 1
        await long
        return took, loop.time() - began

    took, whole = in_virtual_time(both())
    assert max(shared) == 6
    assert took < 1.5  # 31 numbers, three at a time, a tenth of a second each
    assert whole < 6.0  # 331 numbers, six at a time


def test_what_a_dead_run_held_goes_back():
    """A place that is left with requests in hand gives them all back."""
    gate = Gate()
    first, second = gate.enter(2), gate.enter(2)
    assert first.take()
    assert first.take()
    assert not second.take()
    first.leave()
    assert second.take()
    assert gate.in_flight == 1


def test_a_resting_run_keeps_nothing_free():
    """Whoever waited and needs nothing any more does not hold others to their even share."""
    gate, woken = Gate(), []
    first, second = gate.enter(4, lambda: woken.append(1)), gate.enter(4, lambda: woken.append(2))
    assert [first.take() for _ in range(5)] == [True] * 4 + [False]
    assert not second.take()
    first.give_back()
    assert woken == [2]
    assert not first.take()
    second.rest()
    assert woken == [2, 1]
    assert first.take()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_begins_with_nothing_in_flight(client):
    """What the parent has in flight is not the child's."""
    with through_gate(client, lambda: None) as place:
        assert place.take()
        child = os.fork()
        if not child:
            os._exit(0 if gate_of(client) is None else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_many_threads_never_take_more_than_there_is():
    """Taking and giving back from many threads at once never passes the limit, and nothing is lost."""
    gate, most, lock = Gate(), [0], threading.Lock()

    def run(seed):
        place, rng = gate.enter(7), Random(seed)
        for _ in range(3000):
            if place.held and rng.random() < 0.5:
                place.give_back()
            elif place.take():
                with lock:
                    most[0] = max(most[0], gate.in_flight)
        place.leave()

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most[0] <= 7
    assert gate.in_flight == 0
    assert gate.is_empty
