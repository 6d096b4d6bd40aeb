"""Many numbers that harm the requests they stand in, in virtual time: they are no outage, and an outage is one."""

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.examples import examples
from helpers.provider_model import numbers_of, simulate
from hlrframe.model import Settings
from hlrframe.model.vocabulary import Reason

#: What becomes of a request with a bad number, and after how many seconds; ``None`` waits for the time-out.
WAYS = {
    "unavailable": 0.05,
    "connection_lost": 0.05,
    "unreadable_reply": 0.2,
    "provider_error": 0.05,
    "timeout": None,
}
#: Where 80 of 400 stand.
PLACES = {
    "every fifth": lambda numbers: numbers[::5],
    "the first": lambda numbers: numbers[:80],
    "the last": lambda numbers: numbers[-80:],
    "somewhere": lambda numbers: Random(5).sample(numbers, 80),
}
#: Requests that a run makes at most to find each bad number out, divided as they are and tried ten times.
EACH = 14


def everything(lanes):
    return list(itertools.chain.from_iterable(lanes.values()))


def harmed_by(bad, way, *, latency=0.2, down=(1e9, 1e9)):
    """A provider that fails in one way wherever a bad number is asked, and wholly during an outage."""

    def model(ticket, now, _):
        if down[0] <= now < down[1] or not bad.isdisjoint(ticket.numbers):
            seconds = WAYS[way]
            return ticket.timeout if seconds is None else seconds, way
        return latency, "ok"

    return model


@pytest.mark.parametrize("networks", [1, 4])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", WAYS)
def test_one_bad_number_in_five_harms_no_other(way, place, networks):
    """Of 400 numbers 80 harm their requests: they fail with their reason, and 320 are answered."""
    lanes = numbers_of(networks, 400 // networks)
    bad = set(PLACES[place](everything(lanes)))
    outcome = simulate(lanes, harmed_by(bad, way))
    state = outcome.plan.state
    assert len(outcome.answers) == 320
    assert {number: failure.reason for number, failure in state.failed.items()} == dict.fromkeys(bad, Reason(way))
    assert state.halted is None
    assert state.requests < EACH * len(bad)
    assert outcome.seconds < (20 if WAYS[way] else 400)


@given(
    counts=st.lists(st.integers(1, 150), min_size=1, max_size=6),
    batch=st.sampled_from([1, 7, 80]),
    requests=st.sampled_from([3, 210]),
    part=st.floats(0, 0.3),
    way=st.sampled_from(list(WAYS)),
    seed=st.integers(0, 9999),
)
@examples(60)
def test_bad_numbers_anywhere_never_take_good_ones_along(counts, batch, requests, part, way, seed):
    """Whatever the networks, the size of requests and the way of failing: bad numbers fail, and no others."""
    rng = Random(seed)
    lanes = {f"net{lane}": [f"44{lane}{each:06d}" for each in range(count)] for lane, count in enumerate(counts)}
    numbers = everything(lanes)
    bad = set(rng.sample(numbers, int(part * len(numbers))))
    outcome = simulate(
        lanes, harmed_by(bad, way), settings=Settings(batch_size=batch, max_requests=requests), seed=seed
    )
    assert set(outcome.plan.state.failed) == bad
    assert {answer.msisdn for answer in outcome.answers} == set(numbers) - bad


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_many_bad_numbers_in_many_waves_are_found_out(way):
    """Of 4,000 numbers 800 harm their requests, many waves of them: all the others are answered."""
    lanes = numbers_of(8, 500)
    bad = set(Random(3).sample(everything(lanes), 800))
    outcome = simulate(lanes, harmed_by(bad, way))
    assert (len(outcome.answers), set(outcome.plan.state.failed), outcome.plan.state.halted) == (3200, bad, None)
    assert outcome.plan.state.requests < EACH * len(bad)


@pytest.mark.parametrize("bad_part", [0, 5])
@pytest.mark.parametrize("start", [0.0, 0.1])
@pytest.mark.parametrize("way", WAYS)
def test_a_provider_that_goes_down_is_told_soon_and_cheaply(way, start, bad_part):
    """Where nothing is answered any more the run stops, with bad numbers before that or without, after few requests."""
    lanes = numbers_of(8, 3000)
    bad = set(everything(lanes)[::bad_part]) if bad_part else set()
    outcome = simulate(lanes, harmed_by(bad, way, down=(start, 1e9)))
    state = outcome.plan.state
    assert state.halted is Reason.UNAVAILABLE
    before = sum(when < start for when, _ in outcome.provider.sent)
    assert state.requests - before < 300
    assert outcome.seconds - start < (40 if WAYS[way] else 300)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "provider_error"])
def test_an_outage_of_some_seconds_is_survived_beside_bad_numbers(way):
    """An outage of five seconds in the middle costs no number its answer, one bad number in fifty or not."""
    lanes = numbers_of(8, 1250)
    bad = set(everything(lanes)[::50])
    outcome = simulate(lanes, harmed_by(bad, way, down=(0.1, 5.1)))
    assert set(outcome.plan.state.failed) == bad
    assert outcome.plan.state.halted is None


def test_nobody_there_is_an_outage_however_few_are_left():
    """Where no connection comes about it is no number's doing, even if only one waits."""

    def model(ticket, now, _):
        return (0.2, "ok") if now < 0.05 else (0.01, "unavailable")

    lanes = {"net0": [f"4470000{each:05d}" for each in range(400)]}
    outcome = simulate(lanes, model, settings=Settings(max_requests=1), reached=False)
    assert outcome.plan.state.halted is Reason.UNAVAILABLE
    assert outcome.plan.state.requests < 30


@pytest.mark.parametrize("way", [way for way in WAYS if way != "provider_error"])
def test_an_outage_over_the_last_numbers_is_told(way):
    """Where no more than a hundred numbers are left when nothing is answered any more, the run ends and counts them."""
    left, answered = 60, itertools.count()

    def model(ticket, now, _):
        if next(answered) < (400 - left) // 20:
            return 0.2, "ok"
        seconds = WAYS[way]
        return ticket.timeout if seconds is None else seconds, way

    settings = Settings(max_requests=1, batch_size=20)
    outcome = simulate(numbers_of(1, 400), model, settings=settings)
    assert (len(outcome.answers), len(outcome.plan.state.failed)) == (340, left)
    assert outcome.plan.state.halted is None
    assert outcome.plan.state.failed_last() == left


@pytest.mark.parametrize("place", [0, 200, 399])
@pytest.mark.parametrize("way", WAYS)
def test_one_bad_number_is_no_outage_over_the_last_ones(way, place):
    """A number that fails beside others that are answered is bad by itself, wherever it stands."""
    lanes = numbers_of(1, 400)
    outcome = simulate(lanes, harmed_by({everything(lanes)[place]}, way))
    assert len(outcome.plan.state.failed) == 1
    assert outcome.plan.state.failed_last() == 0
