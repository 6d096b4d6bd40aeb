"""What a run is given in place of making it: another provider, money that comes later, an allowance that changes."""

import asyncio
from contextlib import asynccontextmanager
from random import Random

import polars as pl
import pytest

import hlrframe as hf
from helpers.lists import some
from helpers.virtual_time import in_virtual_time
from hlrframe.errors import ReplyLost, ReplyTimeout, RequestError, Unavailable
from hlrframe.model import Failure, LookupResult, NetworkDetails, Reason, Settings
from hlrframe.provider import Limits
from hlrframe.run import Resources
from hlrframe.run.loop import Job, run_job
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.limits import FixedAllowance
from hlrframe.store import Withdrawn


class HalfPrices:
    """Every answer of this provider costs half a credit."""

    dearest = least = 500

    def usual(self, number_type, country):
        return 500

    def worst(self, number):
        return 500

    def worst_of(self, numbers):
        return 500 * len(numbers)

    def charged(self, answer):
        return 500

    def proved(self, answer, milli, *, lost):
        return None


class OtherProvider:
    """A provider that is nobody's JSON: it takes 9 requests of 5 numbers, and says what ``say`` says of a number."""

    provider, timeout, limits = "other.example", 5.0, Limits(requests=9, batch=5, cache_days=0)

    def __init__(self, say=lambda number: LookupResult(live_status="LIVE", number_type="MOBILE"), seconds=0.2):
        self.say, self.seconds = say, seconds
        self.in_flight, self.most, self.requests, self.billed = 0, 0, [], []

    def pricing(self, settings):
        return HalfPrices()

    @asynccontextmanager
    async def session(self, settings):
        yield self

    async def ask(self, numbers, *, recheck=0, wait):
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        self.requests.append(tuple(numbers))
        try:
            await asyncio.sleep(self.seconds)
            said = [self.say(number) for number in numbers]
        finally:
            self.in_flight -= 1
        self.billed += [number for number, each in zip(numbers, said, strict=True) if not isinstance(each, Failure)]
        return said


def run(provider, numbers, *, resources=None, seed=1, **settings):
    job = Job({"net": numbers})
    running = run_job(job, provider, settings=Settings(**settings), resources=resources, rng=Random(seed))
    return in_virtual_time(running)


def test_a_second_provider_gives_answers_through_the_seam(tmp_path):
    """A provider of a few lines enriches a frame: its words, its prices, its limits, its name in the store."""
    network = NetworkDetails(name="Example Mobile", mccmnc="23499", country="GBR")
    other = OtherProvider(lambda number: LookupResult(live_status="LIVE", number_type="MOBILE", current=network))
    frame = pl.DataFrame({"phone": [*some(23), "n/a"]})
    estimate = hf.estimate(frame, "phone", client=other)
    assert (estimate.credits_high, estimate.credits_expected) == (11.5, 11.5)
    first = hf.enrich(frame, "phone", client=other, store=tmp_path / "store")
    assert first["hlr_verdict"].to_list() == ["live"] * 23 + [None]
    assert set(first["hlr_current_network"].drop_nulls()) == {"Example Mobile"}
    assert set(first["hlr_provider"].drop_nulls()) == {"other.example"}
    assert first["hlr_credits"].sum() == 11.5
    assert max(map(len, other.requests)) == 5
    again = hf.enrich(frame, "phone", client=other, store=tmp_path / "store")
    assert set(again["hlr_state"]) == {"cached", "rejected"}
    assert len(other.billed) == 23


@pytest.mark.parametrize("more", [(), (LookupResult(live_status="DEAD"),) * 2])
def test_a_provider_that_gives_too_few_or_too_many_outcomes_costs_no_row(more):
    """Where nobody can say which outcome is whose, the reply counts as lost, and its numbers are asked again."""
    other = OtherProvider()
    ask = other.ask

    async def miscounted(numbers, **options):
        said = await ask(numbers, **options)
        return [*said[:-1], *more] if len(other.billed) == len(numbers) else said

    other.ask = miscounted
    numbers = some(12)
    result = run(other, numbers)
    assert result.error is None
    assert sorted(result.answers.narrow()["msisdn"]) == sorted(numbers)
    assert len(result.doubts) == 5


def test_a_run_keeps_to_the_providers_limits_as_well_as_to_its_own():
    """Never more requests than the provider allows, whatever the settings say."""
    other = OtherProvider()
    assert len(run(other, some(300), max_requests=210, batch_size=80).answers) == 300
    assert other.most == 9


def test_no_money_is_an_event_and_not_an_end():
    """A run that has spent all asks for more, goes on when it gets some, and ends where it gets none."""
    budget, asked = Ledger(limit=1000), []

    async def refill():
        asked.append(budget.spent)
        await asyncio.sleep(60)
        if len(asked) == 1:
            budget.refill(2000)
        return len(asked) == 1

    other = OtherProvider()
    result = run(other, some(20), resources=Resources(budget=budget, refill=refill))
    assert asked == [1000, 3000]
    assert (result.spent, len(result.unasked), result.halted) == (3000, 14, Reason.BUDGET)
    assert len(other.billed) == 6


def test_a_shared_budget_is_spent_by_whoever_comes_first():
    """Two runs with one budget stay under it together."""
    budget = Ledger(limit=5000)
    first, second = OtherProvider(), OtherProvider()

    async def both():
        runs = [
            run_job(Job({"net": some(30)}), each, settings=Settings(), resources=Resources(budget=budget))
            for each in (first, second)
        ]
        return await asyncio.gather(*runs)

    in_virtual_time(both())
    assert len(first.billed) + len(second.billed) == 10
    assert (budget.spent, budget.reserved) == (5000, 0)


class GrowingAllowance:
    """One request at first, none for a while, and then seven."""

    def __init__(self):
        self.clock = lambda: 0.0

    @property
    def requests(self):
        now = self.clock()
        return 1 if now < 1.0 else 0 if now < 10.0 else 7


def test_the_allowance_may_change_as_a_run_goes():
    """A run keeps to what it is allowed at each moment, waits where that is nothing, and uses what it gets later."""
    allowance, flying = GrowingAllowance(), []
    other = OtherProvider(seconds=0.3)

    async def watched():
        allowance.clock = asyncio.get_running_loop().time
        ask = other.ask

        async def noted(numbers, **options):
            flying.append((allowance.clock(), other.in_flight + 1))
            return await ask(numbers, **options)

        other.ask = noted
        job = Job({"net": some(100)})
        return await run_job(job, other, settings=Settings(batch_size=1), resources=Resources(allowance=allowance))

    assert len(in_virtual_time(watched()).answers) == 100
    assert max(many for when, many in flying if when < 1.0) == 1
    assert not [when for when, _ in flying if 1.0 <= when < 10.0]
    assert max(many for when, many in flying if when >= 10.0) == 7


def test_a_run_that_begins_without_an_allowance_uses_what_it_gets_later():
    """A run to which nothing is allowed at first waits, and then asks at full speed."""

    class Later:
        clock = staticmethod(lambda: 0.0)

        @property
        def requests(self):
            return 0 if self.clock() < 5.0 else 7

    allowance, other = Later(), OtherProvider(seconds=0.3)

    async def timed():
        loop = asyncio.get_running_loop()
        allowance.clock = loop.time
        job = Job({"net": some(300)})
        result = await run_job(job, other, settings=Settings(), resources=Resources(allowance=allowance))
        return len(result.answers), loop.time()

    answers, took = in_virtual_time(timed())
    assert (answers, other.most) == (300, 7)
    assert took < 5.0 + 0.3 * (300 / 7 / 5 + 3)


def test_a_fixed_allowance_is_what_the_settings_say():
    """Where nobody shares the provider, as many requests are in flight as the settings allow."""
    other = OtherProvider()
    run(other, some(100), batch_size=1, max_requests=4)
    assert other.most == 4
    assert FixedAllowance(4).requests == 4


def raising(error, bad):
    """Says of one number that the whole request comes to nothing."""

    def say(number):
        if number == bad:
            raise error
        return LookupResult(live_status="LIVE", number_type="MOBILE")

    return say


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ReplyTimeout("no reply"), "timeout"),
        (ReplyLost("reset"), "connection_lost"),
        (hf.ProtocolError("what?"), "unreadable_reply"),
        (Unavailable("HTTP 500", status=500), "unavailable"),
        (RequestError("HTTP 400", status=400), "provider_error"),
    ],
)
@pytest.mark.parametrize("place", [0, 57, 399])
def test_one_bad_number_harms_no_other(error, reason, place):
    """Whatever one number does to the requests that carry it, the other 399 are answered, once, and it fails alone."""
    numbers = some(400)
    other = OtherProvider(raising(error, numbers[place]))
    other.limits = Limits(requests=210, batch=80, cache_days=0)
    result = run(other, numbers)
    assert result.error is None
    assert sorted(other.billed) == sorted(set(numbers) - {numbers[place]})
    assert {number: failure.reason.value for number, failure in result.failed.items()} == {numbers[place]: reason}


def test_a_request_that_is_wrong_whatever_it_carries_ends_the_run():
    """Where no number is taken, the provider's own word on the request comes out, after few requests."""

    def say(number):
        raise RequestError("HTTP 400: unknown key", status=400)

    other = OtherProvider(say)
    result = run(other, some(400))
    assert isinstance(result.error, RequestError)
    assert len(other.requests) < 40


@pytest.mark.parametrize("seed", range(12))
def test_a_request_that_is_wrong_for_the_first_number_tried_alone_does_not_end_the_run(seed):
    """Where every request so far carried a bad number, and the first that is tried alone is one, too, others follow."""
    numbers = some(200)
    bad = set(numbers[::5])

    def say(number):
        if number in bad:
            raise RequestError("HTTP 400", status=400)
        return LookupResult(live_status="LIVE", number_type="MOBILE")

    other = OtherProvider(say)
    other.limits = Limits(requests=210, batch=80, cache_days=0)
    result = run(other, numbers, seed=seed)
    assert result.error is None
    assert set(result.failed) == bad
    assert sorted(other.billed) == sorted(set(numbers) - bad)


class FullDisk:
    """A journal that takes what is asked, and nothing after that."""

    def write(self, entries):
        if any(isinstance(entry, Withdrawn) for entry in entries):
            raise hf.StoreError("the disk is full")


def test_what_ended_a_run_is_not_hidden_by_what_fails_after_it():
    """A wrong key is what the run ends with, also where the disk fails while that is written down."""

    def say(number):
        raise hf.AuthError("wrong key", status=401)

    running = run_job(Job({"net": some(5)}), OtherProvider(say), settings=Settings(), journal=FullDisk())
    assert isinstance(asyncio.run(running).error, hf.AuthError)
