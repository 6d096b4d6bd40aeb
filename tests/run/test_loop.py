"""The engine: whole runs against a provider that keeps its own bill, in virtual time wherever no disk is involved."""

import asyncio
import itertools
from collections import Counter
from decimal import Decimal
from random import Random

import httpx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.emulator import BILLED_AND_LOST, DAY, Clock, mobiles
from helpers.examples import examples
from helpers.stores import known
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import (
    Emulator,
    EmulatorTransport,
    Fault,
    Faults,
    Latency,
    Outage,
    Throttle,
    connect,
    sample_numbers,
)
from hlrframe.errors import AuthError, Interrupted, ProviderError, RateLimited, StoreError, Unavailable
from hlrframe.model import Failure, credits_of
from hlrframe.model.question import Question
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import LookupKind, Reason
from hlrframe.provider.hlr_lookup.client import Client
from hlrframe.run.loop import Job, run_job
from hlrframe.run.schedule.limits import FIRST_FAILURES
from hlrframe.store import Store

QUESTION = Question(LookupKind.HLR, "emulator")


def drawn(count, region="GB"):
    """Distinct mobiles, some of them free."""
    return list(itertools.islice(sample_numbers(region), count))


def job(numbers, *, lanes=4, rechecks=()):
    """The numbers over some lanes."""
    return Job({f"lane {place}": numbers[place::lanes] for place in range(lanes)}, {1: {"lane 0": list(rechecks)}})


async def ask(emulator, numbers, *, journal=None, more=None, on_progress=None, lanes=4, rechecks=(), **settings):
    return await run_job(
        job(numbers, lanes=lanes, rechecks=rechecks),
        connect(emulator=emulator),
        settings=Settings(**settings),
        journal=journal,
        more=more,
        on_progress=on_progress,
        rng=Random(7),
    )


def run(emulator, numbers, **more):
    harvest = in_virtual_time(ask(emulator, numbers, **more))
    accounted_for(harvest, [*numbers, *more.get("rechecks", ())], emulator)
    return harvest


def answered(harvest):
    return harvest.answers.narrow()["msisdn"].to_list()


def accounted_for(harvest, numbers, emulator):
    """Every number has one outcome, and the bill lies between what is known and what is feared."""
    outcomes = Counter([*answered(harvest), *harvest.failed, *harvest.unasked])
    assert outcomes == Counter(numbers)
    spent, doubt = (Decimal(milli) / 1000 for milli in (harvest.spent, sum(harvest.doubts.values())))
    assert spent <= emulator.bill.total <= spent + doubt
    column = round(sum(harvest.answers.narrow()["credits"].to_list()) * 1000)
    assert column + sum(harvest.charged_in_vain.values()) == harvest.spent
    assert emulator.bill.most_requests_in_flight <= 210
    assert emulator.bill.rejected == 0


def exact(harvest, emulator):
    assert (Decimal(harvest.spent) / 1000, harvest.doubts) == (emulator.bill.total, {})
    assert emulator.bill.paid_twice() == []


# How fast


def test_the_whole_allowance_is_used():
    """2,100 numbers one a request, at two seconds and 210 at a time, take twenty seconds to the instant."""
    emulator = Emulator(latency=2.0)
    harvest = run(emulator, drawn(2100), batch_size=1, lanes=12)
    assert (harvest.seconds, harvest.requests, emulator.bill.most_requests_in_flight) == (20.0, 2100, 210)
    exact(harvest, emulator)


def test_a_slow_network_holds_up_nobody():
    """Numbers of a network that takes ten seconds wait for it alone."""
    slow, fast = drawn(100, "GR"), drawn(2000)
    emulator = Emulator(latency=Latency(network=0.2, slow={"+30": 10.0}))
    harvest = in_virtual_time(
        run_job(Job({"GR": slow, "GB": fast}), connect(emulator=emulator), settings=Settings(batch_size=10))
    )
    accounted_for(harvest, slow + fast, emulator)
    assert harvest.seconds < 10.5


def test_a_throttled_network_is_asked_to_the_end():
    """A network that refuses what is too much for it is asked until all its numbers are answered."""
    numbers = drawn(600)
    emulator = Emulator(latency=0.2, throttles=[Throttle(lane="+44", in_flight=40)])
    harvest = run(emulator, numbers, lanes=1)
    assert sorted(answered(harvest)) == sorted(numbers)
    exact(harvest, emulator)


def test_a_rate_is_kept():
    """No second sees more numbers than were allowed."""
    emulator = Emulator()
    harvest = run(emulator, drawn(500), max_per_second=100.0)
    assert harvest.seconds >= 4.0
    exact(harvest, emulator)


# What goes wrong


@pytest.mark.parametrize("fault", BILLED_AND_LOST)
@pytest.mark.parametrize("ported_date", [False, True])
def test_a_lost_answer_is_paid_once_and_booked(fault, ported_date):
    """Numbers whose paid answer was lost come free from the private cache, and the run books what they had cost."""
    emulator = Emulator(faults=Faults(at={1: fault, 3: fault}))
    harvest = run(emulator, drawn(100), batch_size=10, ported_date=ported_date)
    assert len(harvest.answers) == 100
    assert emulator.bill.lost > 0
    assert (Decimal(harvest.spent) / 1000, harvest.doubts) == (emulator.bill.total, {})
    if not ported_date:  # a found date is charged again on a cached answer
        assert emulator.bill.paid_twice() == []


def test_a_reset_that_was_not_billed_stays_in_doubt():
    """Where a lost request had not been billed nothing proves it, and the run says so."""
    emulator = Emulator(faults=Faults(at={1: Fault.RESET_BEFORE}))
    harvest = run(emulator, mobiles(10), batch_size=10, lanes=1)
    assert (harvest.spent, sum(harvest.doubts.values()), emulator.bill.total) == (10_000, 10_000, 10)


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_503])
def test_a_refusal_costs_nothing_and_leaves_no_doubt(fault):
    """What was refused is asked again, without any doubt."""
    emulator = Emulator(faults=Faults(at={1: fault, 4: fault}))
    harvest = run(emulator, drawn(100), batch_size=10)
    assert (len(harvest.answers), harvest.refusals) == (100, 2)
    exact(harvest, emulator)


def rates(share):
    every = (fault for fault in Fault if fault is not Fault.STATUS_401)
    return dict.fromkeys(every, share)


@pytest.mark.parametrize("seed", range(3))
def test_all_faults_together_lose_nothing(seed):
    """With each fault at two per cent every number is answered, and what is unclear is named."""
    emulator = Emulator(faults=Faults(**rates(0.02), seed=seed), latency=Latency(network=1.0, jitter=0.5))
    numbers = drawn(3000)
    harvest = run(emulator, numbers, batch_size=20)
    assert (len(harvest.answers), harvest.error) == (3000, None)
    assert set(emulator.bill.paid_twice()) <= set(harvest.doubts)


def test_a_private_cache_that_does_not_keep_leaves_a_doubt():
    """If the provider keeps nothing for us a lost answer is paid again, and both payments are accounted for."""
    emulator = Emulator(faults=Faults(at={1: Fault.DROP_AFTER_BILLING}), no_means_uncached=True)
    harvest = run(emulator, mobiles(10), lanes=1)
    assert (emulator.bill.total, harvest.spent, sum(harvest.doubts.values())) == (20, 10_000, 10_000)


def test_an_outage_ends_the_run_by_itself():
    """When nothing works any more the run stops with what it has, after few requests and not for ever."""
    emulator = Emulator(latency=2.0, faults=Faults(outages=(Outage(3.0, 1e9),)))
    harvest = run(emulator, drawn(2100), batch_size=1)
    assert isinstance(harvest.error, Unavailable)
    assert len(harvest.answers) == 420
    assert len(harvest.unasked) > 1000
    assert emulator.bill.faults[Fault.REFUSED] < 300
    assert harvest.seconds < 120


def test_endless_throttling_ends_the_run():
    """Nothing but refusals for minutes is no reason to go on for ever, and never a storm."""
    emulator = Emulator(latency=0.5, faults=Faults(outages=(Outage(3.0, 1e9, Fault.STATUS_429),)))
    harvest = run(emulator, drawn(2100), batch_size=1, max_requests=100)
    assert isinstance(harvest.error, RateLimited)
    assert 300 <= harvest.seconds < 400
    assert emulator.bill.refused < 500
    exact(harvest, emulator)


def test_a_short_outage_is_sat_out():
    """After an outage of some seconds the run goes on as if nothing had been."""
    emulator = Emulator(latency=0.5, faults=Faults(outages=(Outage(1.0, 5.0, Fault.STATUS_503),)))
    harvest = run(emulator, drawn(2100), batch_size=1)
    assert (len(harvest.answers), harvest.error) == (2100, None)
    exact(harvest, emulator)


def test_too_many_failed_numbers_end_the_run():
    """max_errors ends a run in which the provider answers, and answers nothing usable."""
    emulator = Emulator(faults=Faults(internal_error=0.9))
    harvest = run(emulator, drawn(400), batch_size=10, max_errors=5)
    assert isinstance(harvest.error, ProviderError)
    assert (harvest.halted, len(harvest.failed) >= 5) == (Reason.STOPPED, True)


def test_the_testing_suite_is_understood():
    """Answers for other numbers, as the vendor's testing suite gives them, are matched by their place."""
    emulator = Emulator(mode="testing", latency=0.1)
    numbers = drawn(300)
    harvest = run(emulator, numbers, batch_size=10)
    assert sorted(answered(harvest)) == sorted(numbers)
    assert harvest.spent == 0


# Stopping


class Watched(httpx.AsyncBaseTransport):
    """The emulator, with an eye on what leaves after a first reply of some status has been read."""

    def __init__(self, emulator, status):
        self.inner = EmulatorTransport(emulator)
        self.status = status
        self.seen = False
        self.late = 0

    async def handle_async_request(self, request):
        """Passes on and takes note."""
        self.late += self.seen
        reply = await self.inner.handle_async_request(request)
        self.seen = self.seen or reply.status_code == self.status
        return reply


@pytest.mark.parametrize("stored", [False, True])
def test_a_refused_key_stops_at_once(tmp_path, stored):
    """After the first 401 is read nothing leaves any more; what was in flight lands and is kept."""
    emulator = Emulator(latency=0.02, faults=Faults(revoke_at=150))
    transport = Watched(emulator, 401)
    client = Client(*emulator.credentials, transport=transport, provider="emulator")
    store, numbers = Store(tmp_path / "store"), drawn(1000)

    async def main(journal=None):
        settings = Settings(batch_size=1, max_requests=60)
        return await run_job(job(numbers), client, settings=settings, journal=journal, rng=Random(7))

    if stored:
        with store.journal(QUESTION) as journal:
            harvest = asyncio.run(main(journal))
        assert len(known(store, numbers, question=QUESTION)) == 149
    else:
        harvest = in_virtual_time(main())
    accounted_for(harvest, numbers, emulator)
    assert isinstance(harvest.error, AuthError)
    assert (len(harvest.answers), transport.late) == (149, 0)
    assert emulator.bill.asked_twice() == []
    exact(harvest, emulator)


def test_amounts_may_be_decimals():
    """A ceiling, a rate and a time-out that somebody gives as decimals hold as floats of their size do."""
    emulator = Emulator(latency=0.2)
    harvest = run(emulator, mobiles(40), max_credits=Decimal("10.5"), max_per_second=Decimal(5), timeout=Decimal("1.5"))
    assert (harvest.spent, harvest.halted) == (10_000, Reason.BUDGET)
    assert harvest.seconds > 1.0


@examples(25)
@given(
    budget=st.integers(0, 60).map(lambda half: half / 2),
    batch_size=st.integers(1, 80),
    share=st.sampled_from([0.0, 0.05]),
    seed=st.integers(0, 5),
)
def test_a_budget_is_never_exceeded(budget, batch_size, share, seed):
    """The bill stays within max_credits whatever goes wrong, and without faults it is used up to the last batch."""
    emulator = Emulator(latency=0.5, faults=Faults(**rates(share), seed=seed))
    harvest = run(emulator, mobiles(120), batch_size=batch_size, max_credits=budget)
    assert emulator.bill.total <= budget
    if not share:
        assert emulator.bill.total == int(budget)
        assert (harvest.halted, len(harvest.unasked)) == (Reason.BUDGET, 120 - int(budget))


def test_free_numbers_need_no_budget():
    """A budget of nothing does not hold up what costs nothing."""
    emulator = Emulator()
    harvest = run(emulator, drawn(200), lookup="validate", max_credits=0)
    assert (len(harvest.answers), harvest.halted) == (200, None)


def test_running_out_of_credit_stops_the_run():
    """When the account is empty nothing more is asked, and what could not be paid counts as not asked."""
    emulator = Emulator(credits=30, latency=0.5)
    harvest = run(emulator, mobiles(300), batch_size=10, max_requests=5)
    assert (harvest.halted, harvest.error) == (Reason.INSUFFICIENT_CREDIT, None)
    assert (len(harvest.answers), len(harvest.unasked)) == (30, 270)
    assert emulator.bill.requests <= 10
    exact(harvest, emulator)


async def cancelled_at(seconds, coroutine, *, again=None):
    """Runs something, cancels it, perhaps twice, and looks at what is left running."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(seconds)
    task.cancel()
    if again is not None:
        await asyncio.sleep(again)
        task.cancel()
    harvest = await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return harvest


@pytest.mark.parametrize("moment", [0.0, 0.001, 1.0, 2.0, 3.0, 19.9])
def test_a_cancelled_run_lands_what_is_in_flight(moment):
    """Whenever a run is cancelled its requests come home, nothing new leaves, and every number has its outcome."""
    emulator, numbers = Emulator(latency=2.0), drawn(2100)
    harvest = in_virtual_time(cancelled_at(moment, ask(emulator, numbers, batch_size=1)))
    accounted_for(harvest, numbers, emulator)
    assert isinstance(harvest.error, Interrupted)
    assert harvest.seconds <= moment + 2.0
    assert emulator.bill.requests == harvest.requests == len(harvest.answers)
    exact(harvest, emulator)


def test_a_cancelled_run_does_not_wait_for_ever():
    """What has not landed within the grace counts as lost."""
    emulator, numbers = Emulator(latency=25.0), drawn(500)
    harvest = in_virtual_time(cancelled_at(1.0, ask(emulator, numbers, batch_size=1)))
    accounted_for(harvest, numbers, emulator)
    assert (harvest.seconds, len(harvest.failed), len(harvest.answers)) == (11.0, 210, 0)
    assert set(harvest.failed.values()) == {Failure(Reason.CONNECTION_LOST)}


def test_a_second_cancellation_cuts_the_landing_short():
    """Cancelled again, a run ends at once; what was in flight is in doubt."""
    emulator, numbers = Emulator(latency=5.0), drawn(500)
    harvest = in_virtual_time(cancelled_at(1.0, ask(emulator, numbers, batch_size=1), again=0.5))
    accounted_for(harvest, numbers, emulator)
    assert (harvest.seconds, len(harvest.failed), len(harvest.unasked)) == (1.5, 210, 290)
    assert set(harvest.doubts) == set(harvest.failed)


@pytest.mark.parametrize("again", [None, 0.0])
def test_a_cancelled_run_leaves_a_complete_journal(tmp_path, again):
    """All that was billed is in the store after a cancellation: answered, or known to be in doubt."""
    emulator, store, numbers = Emulator(latency=0.03), Store(tmp_path / "store"), drawn(3000)

    async def main(journal):
        return await cancelled_at(0.1, ask(emulator, numbers, journal=journal, batch_size=5), again=again)

    with store.journal(QUESTION) as journal:
        harvest = asyncio.run(main(journal))
    accounted_for(harvest, numbers, emulator)
    stored = known(store, numbers, question=QUESTION)
    open_still = set(store.unanswered(pl.Series(numbers), QUESTION)["msisdn"])
    assert set(answered(harvest)) <= set(stored)
    assert set(emulator.bill.charges) <= stored.keys() | open_still
    if again is None:
        assert set(emulator.bill.asked) == stored.keys()
        assert not open_still


class FailingDisk:
    """A journal whose disk is full after some writes."""

    def __init__(self, journal, writes, error):
        self.journal = journal
        self.left = writes
        self.error = error

    def write(self, entries):
        """Writes, or is full."""
        if not self.left:
            raise self.error
        self.left -= 1
        self.journal.write(entries)


@pytest.mark.parametrize("error", [StoreError("the disk is full"), MemoryError("no room")])
@pytest.mark.parametrize("writes", [0, 1, 6])
def test_a_full_disk_stops_sending(tmp_path, writes, error):
    """When the store cannot be written nothing new leaves, and what was answered is still given."""
    emulator, store, numbers = Emulator(latency=0.01), Store(tmp_path / "store"), drawn(2000)
    with store.journal(QUESTION) as journal:
        disk = FailingDisk(journal, writes, error)
        harvest = asyncio.run(ask(emulator, numbers, journal=disk, batch_size=1, max_requests=10))
    accounted_for(harvest, numbers, emulator)
    assert harvest.error is error
    assert emulator.bill.requests == len(harvest.answers) <= 10 * writes
    assert len(harvest.unasked) == 2000 - len(harvest.answers)
    exact(harvest, emulator)


class Broken(EmulatorTransport):
    """A transport that fails in a way that nobody foresaw, at its fifth request and after the provider has billed."""

    requests = 0

    async def handle_async_request(self, request):
        """Answers, or breaks."""
        reply = await super().handle_async_request(request)
        self.requests += 1
        if self.requests == 5:
            raise LookupError("a transport that is not httpx's")
        return reply


def test_an_unforeseen_error_counts_as_a_lost_reply():
    """An error that no transport should raise stops the run; what it may have cost is in doubt."""
    emulator, numbers = Emulator(latency=1.0), mobiles(1000)
    client = Client(*emulator.credentials, transport=Broken(emulator), provider="emulator")
    harvest = in_virtual_time(run_job(job(numbers), client, settings=Settings(batch_size=1, max_requests=50)))
    accounted_for(harvest, numbers, emulator)
    assert isinstance(harvest.error, LookupError)
    assert (len(harvest.answers), len(harvest.failed), len(harvest.unasked)) == (49, 1, 950)
    assert set(harvest.doubts) == set(harvest.failed)


def test_a_fault_of_our_own_stops_the_run():
    """An error that nobody foresaw ends the run with what was obtained, and is not swallowed."""
    emulator, numbers = Emulator(latency=1.0), drawn(1000)

    def complain(progress):
        if progress.answered:
            raise LookupError("the progress line broke")

    harvest = run(emulator, numbers, batch_size=1, on_progress=complain)
    assert isinstance(harvest.error, LookupError)
    assert len(harvest.answers) == emulator.bill.requests < 1000
    exact(harvest, emulator)


# What earlier runs left


def test_doubtful_numbers_of_an_earlier_run_are_free():
    """Numbers that were billed to a run that was killed come out of the private cache."""
    emulator, numbers = Emulator(), mobiles(40)
    run(emulator, numbers[:20])
    harvest = in_virtual_time(ask(emulator, numbers[20:], rechecks=numbers[:20]))
    assert (len(harvest.answers), harvest.spent) == (40, 20_000)
    assert emulator.bill.paid_twice() == []


@pytest.mark.parametrize(("window", "total"), [(13, 10), (12, 20)])
def test_a_doubt_reaches_back_to_its_asking(window, total):
    """Asked again days later a number is free, if the cache may be as old as its first asking, and else paid anew."""
    clock, numbers = Clock(), mobiles(10)
    emulator = Emulator(clock=clock)
    run(emulator, numbers)
    clock.now += 12.5 * DAY
    again = run_job(Job({}, {window: {"GB": numbers}}), connect(emulator=emulator), settings=Settings())
    harvest = in_virtual_time(again)
    assert (len(harvest.answers), emulator.bill.total) == (10, total)


@pytest.mark.parametrize("halted", [False, True])
def test_more_is_asked_for_when_all_is_done(halted):
    """What comes later is asked within the same budget, however long that takes; out of money it is waited for too."""
    emulator, numbers = Emulator(latency=1.0), mobiles(40)
    rounds = [Job({"later": numbers[20:30]}), Job({"lane 0": numbers[30:]}, {1: {"last": []}}), None]

    async def more(_):
        assert emulator.bill.numbers == before[0]
        before[0] += 0 if halted else 10
        await asyncio.sleep(1000.0)
        return rounds.pop(0)

    before = [15 if halted else 20]
    budget = {"max_credits": 15} if halted else {}
    harvest = in_virtual_time(ask(emulator, numbers[:20], more=more, batch_size=5, **budget))
    accounted_for(harvest, numbers, emulator)
    assert (len(harvest.answers), harvest.halted) == ((15, Reason.BUDGET) if halted else (40, None))
    assert harvest.seconds > 3000.0
    assert rounds == []
    exact(harvest, emulator)


@pytest.mark.parametrize("error", [ZeroDivisionError, StoreError])
def test_an_error_while_more_is_waited_for(error):
    """If the wait for more fails the run ends with that error, and keeps what it had."""

    async def more(_):
        raise error

    emulator = Emulator()
    harvest = run(emulator, drawn(20), more=more)
    assert isinstance(harvest.error, error)
    assert len(harvest.answers) == 20


def test_a_silence_without_questions_is_no_outage():
    """A provider that is asked nothing for an hour and then stumbles is given as much patience as at the beginning."""
    emulator, numbers = Emulator(faults=Faults(outages=(Outage(0.0, 0.1),))), mobiles(10)
    rounds = [Job({"GB": numbers}), None]

    async def more(_):
        await asyncio.sleep(3600.0 if len(rounds) == 2 else 0.0)
        return rounds.pop(0)

    harvest = in_virtual_time(ask(emulator, [], more=more, batch_size=2))
    accounted_for(harvest, numbers, emulator)
    assert (len(harvest.answers), harvest.error) == (10, None)
    assert emulator.bill.faults[Fault.REFUSED] >= FIRST_FAILURES


# What it tells


def test_progress_is_told_ten_times_a_second_and_at_the_end():
    """Reports come at most every tenth of a second; the last one accounts for every number."""
    emulator, seen = Emulator(latency=Latency(network=1.0, jitter=0.9)), []
    harvest = run(emulator, drawn(1000), batch_size=1, on_progress=seen.append, max_requests=50)
    steps = [after.seconds - before.seconds for before, after in itertools.pairwise(seen[:-1])]
    assert min(steps) >= 0.1 - 1e-9
    assert len(seen) > 100
    last = seen[-1]
    assert (last.total, last.answered, last.done, last.in_flight) == (1000, 1000, 1000, 0)
    assert last.credits == credits_of(harvest.spent)
    assert [each.answered for each in seen] == sorted(each.answered for each in seen)


def test_the_last_progress_counts_what_was_not_asked():
    """After a stop the last report says how many numbers were not asked."""
    seen = []
    run(Emulator(), mobiles(100), max_credits=10, on_progress=seen.append)
    assert (seen[-1].answered, seen[-1].skipped, seen[-1].done) == (10, 90, 10)


@pytest.mark.parametrize(
    ("settings", "most"),
    [({}, 100.0), ({"lookup": "mnp"}, 50.0), ({"ported_date": True}, 200.0), ({"max_credits": 30}, 30.0)],
)
def test_progress_says_what_it_can_cost(settings, most):
    """Every report says the most that the run can cost: by the price list, with earlier doubts, within the budget."""
    seen, numbers = [], mobiles(100)
    run(Emulator(), numbers[10:], rechecks=numbers[:10], on_progress=seen.append, **settings)
    assert {each.credits_expected for each in seen} == {most}


def test_an_empty_job_is_done_at_once():
    """Nothing to ask sends nothing."""
    emulator = Emulator()
    harvest = run(emulator, [])
    assert (harvest.requests, harvest.seconds, len(harvest.answers), emulator.bill.requests) == (0, 0.0, 0, 0)
