"""The scheduler against provider models in virtual time: exact durations, bounds, fairness, money."""

from random import Random

import pytest

from helpers.provider_model import Outcome, live, numbers_of, simulate
from hlrframe.model import Failure
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import Reason
from hlrframe.provider import Pricing
from hlrframe.provider.hlr_lookup.wire import Result, outcome_of
from hlrframe.run.schedule.feedback import MAX_TRIES
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.queues import Ticket
from hlrframe.run.schedule.scheduler import Done, Scheduler, Send, Wait

LATENCY = 0.2
NET0 = "net0"


def counts_requests(ticket, now, provider):
    """A provider that takes 210 requests at a time, whatever they carry."""
    return (0.002, "throttled") if provider.requests_in_flight >= 210 else (LATENCY, "ok")


def counts_numbers(ticket, now, provider):
    """A provider that takes 210 numbers at a time, however they come."""
    too_many = provider.numbers_in_flight + len(ticket.numbers) > 210
    return (0.002, "throttled") if too_many else (LATENCY, "ok")


def slow_first_network(ticket, now, provider):
    """A provider one of whose networks takes ten seconds."""
    latency, said = counts_requests(ticket, now, provider)
    return (10.0 if said == "ok" and ticket.shares[0][0].key == NET0 else latency), said


def down_for_five_seconds(ticket, now, provider):
    """A provider that is not there at first."""
    return 0.05, "ok" if now > 5 else "unavailable"


class ThrottlesFirstNetwork:
    """A provider one of whose networks takes 20 numbers a second."""

    def __init__(self):
        self.tokens, self.at = 20.0, 0.0

    def __call__(self, ticket, now, provider):
        asked = sum(count for lane, count in ticket.shares if lane.key == NET0)
        self.tokens, self.at = min(20.0, self.tokens + 20 * (now - self.at)), now
        if asked > self.tokens:
            return 0.002, "throttled"
        self.tokens -= asked
        return counts_requests(ticket, now, provider)


def others(outcome: Outcome) -> float:
    return max(when for lane, when in outcome.finished.items() if lane != NET0)


def without_first(lanes):
    return {lane: numbers for lane, numbers in lanes.items() if lane != NET0}


def first_ticket(plan: Scheduler, now: float = 0.0) -> Ticket:
    step = plan.step(now)
    assert isinstance(step, Send)
    return step.ticket


def a_plan(*numbers: str, settings: Settings | None = None, limit: int | None = None) -> Scheduler:
    plan = Scheduler(settings or Settings(), Ledger(limit), prices=Pricing(settings or Settings()), rng=Random(1))
    plan.add(NET0, list(numbers))
    return plan


def test_single_numbers_use_the_whole_allowance_to_the_wave():
    """2,100 numbers of two seconds each, 210 at a time, take exactly twenty seconds."""
    outcome = simulate(numbers_of(3, 700), lambda *_: (2.0, "ok"), settings=Settings(batch_size=1))
    assert outcome.seconds == pytest.approx(20.0, abs=1e-9)
    assert outcome.provider.most_requests == 210


def test_batches_reach_four_fifths_of_the_limit_with_the_learning_included():
    """A provider that counts requests is used at 0.8 of 210 times 80 numbers within the first 50,000."""
    lanes = numbers_of(8, 6250)
    outcome = simulate(lanes, lambda *a: (LATENCY * Random(len(a[2].sent)).uniform(0.5, 1.5), counts_requests(*a)[1]))
    waves = 50_000 / (210 * 80)
    assert len(outcome.answers) == 50_000
    assert outcome.refused_share == 0
    assert outcome.seconds <= (waves + 0.75) * LATENCY / 0.8  # the last wave is three quarters of the longest reply


@pytest.mark.slow
@pytest.mark.parametrize("networks", [1, 8])
def test_a_limit_on_numbers_is_learnt(networks):
    """A provider that counts numbers is used at 95 % of its limit, and fewer than 1 % of requests are refused."""
    outcome = simulate(numbers_of(networks, 50_000 // networks), counts_numbers)
    assert len(outcome.answers) == 50_000
    assert 50_000 / outcome.seconds >= 0.95 * 210 / LATENCY
    assert outcome.refused_share < 0.01


def test_a_throttled_network_does_not_hold_the_others_up():
    """One network of eight at 20 numbers a second delays the other seven by less than 15 %."""
    lanes = numbers_of(8, 2000)
    alone = simulate(without_first(lanes), counts_requests)
    beside = simulate(lanes, ThrottlesFirstNetwork())
    assert len(beside.answers) == 16_000
    assert others(beside) <= 1.15 * others(alone)
    assert beside.refused_share < 0.08


def test_a_throttled_network_is_used_at_its_own_rate():
    """A network at 20 numbers a second is asked at no less than 15 a second."""
    outcome = simulate(numbers_of(1, 1000), ThrottlesFirstNetwork())
    assert outcome.seconds <= 1000 / 15


def test_a_network_in_debt_is_used_again_at_its_own_rate():
    """A network that took 80 numbers on credit, and then nothing for seconds, is back at its rate soon after."""

    class Lends(ThrottlesFirstNetwork):
        def __call__(self, ticket, now, provider):
            self.tokens, self.at = min(20.0, self.tokens + 20 * (now - self.at)), now
            if self.tokens < 0:
                return 0.002, "throttled"
            self.tokens -= len(ticket.numbers)
            return counts_requests(ticket, now, provider)

    outcome = simulate(numbers_of(1, 1000), Lends())
    assert len(outcome.answers) == 1000
    assert outcome.seconds <= 1000 / 16


def test_a_slow_network_does_not_hold_the_others_up():
    """One network of eight at ten seconds an answer delays the other seven by less than 15 %."""
    lanes = numbers_of(8, 6250)
    alone = simulate(without_first(lanes), slow_first_network)
    beside = simulate(lanes, slow_first_network)
    assert len(beside.answers) == 50_000
    assert others(beside) <= 1.15 * others(alone)


def test_many_small_networks_share_requests():
    """3,000 networks of four numbers need far fewer requests than networks."""
    outcome = simulate(numbers_of(3000, 4), lambda *_: (LATENCY, "ok"))
    assert len(outcome.answers) == 12_000
    assert outcome.plan.state.requests < 600


def test_a_refused_mixed_request_is_split():
    """Numbers that were refused together are asked again apart from the other network's."""
    refused: list[Ticket] = []

    def refuse_mixed_once(ticket, now, provider):
        if len(ticket.shares) > 1 and not refused:
            refused.append(ticket)
            return 0.002, "throttled"
        return LATENCY, "ok"

    outcome = simulate(numbers_of(600, 2), refuse_mixed_once)
    split = {lane.key for lane, _ in refused[0].shares}
    after = [t for _, t in outcome.provider.sent if t is not refused[0] and split & {lane.key for lane, _ in t.shares}]
    assert after
    assert all(len(ticket.shares) == 1 for ticket in after)
    assert len(outcome.answers) == 1200


def test_the_meter_bounds_every_second():
    """With max_per_second=500 no stretch of one second holds more than 500 numbers."""
    outcome = simulate(numbers_of(4, 500), counts_requests, settings=Settings(max_per_second=500))
    sent = [(when, len(ticket.numbers)) for when, ticket in outcome.provider.sent]
    for start, _ in sent:
        assert sum(size for when, size in sent if start <= when < start + 1.0) <= 500
    assert outcome.seconds < 2000 / 500 + 1


def test_an_outage_ends_the_run_in_few_requests():
    """A provider that fails for ever is asked a bounded number of times, and the run says unavailable."""
    outcome = simulate(numbers_of(8, 6250), lambda *_: (0.05, "unavailable"))
    assert outcome.plan.state.halted is Reason.UNAVAILABLE
    assert outcome.plan.state.requests < 300
    assert outcome.seconds < 60


def test_an_outage_of_a_tiny_list_is_an_outage_too():
    """One number that is refused for ever stops the run as unavailable, not as a failed number."""
    outcome = simulate(numbers_of(1, 1), lambda *_: (0.05, "unavailable"))
    assert outcome.plan.state.halted is Reason.UNAVAILABLE
    assert outcome.plan.state.requests <= MAX_TRIES


def test_a_short_outage_is_survived():
    """A provider that comes back after five seconds answers everything."""
    outcome = simulate(numbers_of(2, 1000), down_for_five_seconds)
    assert len(outcome.answers) == 2000
    assert outcome.plan.state.halted is None


def test_nothing_but_refusals_ends_the_run():
    """A provider that throttles for ever is given up after minutes, with a bounded number of requests."""
    outcome = simulate(numbers_of(8, 1000), lambda *_: (0.05, "throttled"))
    assert outcome.plan.state.halted is Reason.THROTTLED
    assert outcome.plan.state.requests < 1000
    assert len(outcome.plan.unasked()) == 8000


def test_the_ceiling_on_credits_is_reached_and_never_passed():
    """With 1,000 credits for 20,000 numbers, 1,000 are asked and the rest is left."""
    outcome = simulate(numbers_of(8, 2500), counts_requests, limit=1_000_000)
    assert outcome.plan.state.budget.spent == 1_000_000
    assert outcome.plan.state.halted is Reason.BUDGET
    assert len(outcome.plan.unasked()) == 19_000


def test_cheaper_answers_leave_room_for_more():
    """What turns out free is given back to the ceiling while the run goes on."""
    plan = a_plan("447000000001", "447000000002", settings=Settings(batch_size=1), limit=1000)
    ticket = first_ticket(plan)
    assert isinstance(plan.step(0.0), Wait)
    plan.landed(ticket, [live(0.0)], 1.0)
    assert first_ticket(plan, 1.0).numbers == ("447000000002",)


def test_free_work_is_never_blocked_by_the_ceiling():
    """Validation goes on with a ceiling of zero."""
    plan = a_plan("447000000001", settings=Settings(lookup="validate"), limit=0)
    assert first_ticket(plan).reserved == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("lanes", "batch_size", "slower"), [(1, 80, 6.0), (8, 20, 6.0), (8, 1, 1.5)])
def test_refusals_by_chance_are_no_limit(seed, lanes, batch_size, slower):
    """A provider that refuses one request in fifty, whatever is in flight, does not bring a run to a crawl."""
    chance, settings = Random(seed), Settings(batch_size=batch_size)

    def refuses_some(ticket, now, provider):
        return (0.002, "throttled") if chance.random() < 0.02 else (LATENCY, "ok")

    numbers = numbers_of(lanes, 8000 // lanes)
    smooth = simulate(numbers, lambda *_: (LATENCY, "ok"), settings=settings)
    rough = simulate(numbers, refuses_some, settings=settings)
    assert len(rough.answers) == 8000
    assert rough.seconds < slower * smooth.seconds


def test_a_refusal_by_chance_holds_up_its_own_numbers_alone():
    """The first refusal of a lane neither parks nor narrows it; one with Retry-After is no chance."""
    plan = a_plan("447000000001", "447000000002", "447000000003", settings=Settings(batch_size=1))
    plan.refused(first_ticket(plan), Reason.THROTTLED, 1.0)
    assert first_ticket(plan, 1.0).numbers == ("447000000002",)
    plan.refused(first_ticket(plan, 1.0), Reason.THROTTLED, 1.1, retry_after=5.0)
    assert isinstance(plan.step(6.0), Wait)
    assert plan.lanes[0].refusals == 2


def test_retry_after_is_a_floor():
    """A lane that was told to wait is left alone for at least so long."""
    plan = a_plan("447000000001")
    plan.refused(first_ticket(plan), Reason.THROTTLED, 0.0, retry_after=7.0)
    step = plan.step(0.0)
    assert isinstance(step, Wait)
    assert step.until is not None
    assert step.until >= 7.0


def test_a_lost_reply_is_retried_with_the_private_cache_on():
    """What may have been billed is asked again so that a second time is free."""
    plan = a_plan("447000000001")
    plan.lost(first_ticket(plan), Reason.TIMEOUT, 30.0)
    again = first_ticket(plan, 100.0)
    assert again.attempt.recheck
    assert plan.state.budget.doubtful == 1000


def test_a_lost_reply_to_free_work_leaves_no_doubt():
    """Validation costs nothing, so a lost reply to it cannot have been billed."""
    plan = a_plan("447000000001", settings=Settings(lookup="validate"))
    plan.lost(first_ticket(plan), Reason.TIMEOUT, 30.0)
    assert len(plan.landed(first_ticket(plan, 100.0), [live(0.0)], 101.0)) == 1
    assert (plan.state.budget.spent, dict(plan.state.budget.doubts)) == (0, {})


def test_a_free_answer_to_a_retry_books_the_lost_one():
    """The first reply was lost and the second is free: the first was billed, and the row carries its price."""
    plan = a_plan("447000000001")
    plan.lost(first_ticket(plan), Reason.TIMEOUT, 30.0)
    [answer] = plan.landed(first_ticket(plan, 100.0), [live(0.0)], 101.0)
    assert answer.milli == 1000
    assert (plan.state.budget.spent, plan.state.budget.doubtful, dict(plan.state.budget.doubts)) == (1000, 0, {})


def test_a_charged_answer_to_a_retry_leaves_a_doubt():
    """The first reply was lost and the second is charged: the number may have been billed twice, and is counted."""
    plan = a_plan("447000000001")
    plan.lost(first_ticket(plan), Reason.TIMEOUT, 30.0)
    plan.landed(first_ticket(plan, 100.0), [live(1.0)], 101.0)
    assert (plan.state.budget.spent, dict(plan.state.budget.doubts)) == (1000, {"447000000001": 1000})


def test_a_refusal_is_retried_without_the_cache():
    """What was certainly not billed is asked again as if for the first time."""
    plan = a_plan("447000000001")
    plan.refused(first_ticket(plan), Reason.UNAVAILABLE, 0.1)
    assert not first_ticket(plan, 100.0).attempt.recheck


def test_an_internal_error_is_retried_for_its_number_alone():
    """The answered part of a reply counts; only the failed number is asked again."""
    plan = a_plan("447000000001", "447000000002")
    answers = plan.landed(first_ticket(plan), [live(), outcome_of(Result(error="INTERNAL_ERROR"))], 1.0)
    assert [answer.msisdn for answer in answers] == ["447000000001"]
    assert first_ticket(plan, 100.0).numbers == ("447000000002",)


def test_a_number_that_always_fails_is_given_up():
    """A number fails for good after so many tries, with the last reason, while others are answered."""
    plan = a_plan("447000000001", settings=Settings(batch_size=1))
    now = 0.0
    while not isinstance(step := plan.step(now), Done):
        now += 60.0
        if isinstance(step, Send):
            plan.landed(step.ticket, [outcome_of(Result(error="INTERNAL_ERROR"))], now)
            plan.state.circuit.healthy(now)  # as if another number had been answered meanwhile
    assert plan.state.failed == {"447000000001": Failure(Reason.INTERNAL_ERROR, "INTERNAL_ERROR")}
    assert plan.state.requests == MAX_TRIES


def test_out_of_credit_stops_and_keeps_what_came():
    """The first INSUFFICIENT_CREDIT stops all sending; its own numbers count as not asked."""
    plan = a_plan("447000000001", "447000000002", "447000000003", settings=Settings(batch_size=2))
    ticket, other = first_ticket(plan), first_ticket(plan)
    plan.landed(ticket, [live(), outcome_of(Result(error="INSUFFICIENT_CREDIT"))], 1.0)
    assert isinstance(plan.step(1.0), Wait)
    assert len(plan.landed(other, [live()], 1.1)) == 1
    assert isinstance(plan.step(1.1), Done)
    assert plan.state.halted is Reason.INSUFFICIENT_CREDIT
    assert plan.unasked() == ["447000000002"]


def test_what_was_charged_has_a_row_to_stand_on_where_the_credit_ends_with_it():
    """A number that was charged and is told that the credit has ended failed: one that was not asked cost nothing."""
    plan = a_plan("447000000001", "447000000002")
    out = Result(error="INSUFFICIENT_CREDIT")
    plan.landed(first_ticket(plan), [outcome_of(out), outcome_of(Result(error=out.error, charged=1.0))], 1.0)
    assert plan.unasked() == ["447000000001"]
    assert plan.state.failed == {"447000000002": Failure(Reason.INSUFFICIENT_CREDIT, "INSUFFICIENT_CREDIT")}
    assert plan.state.charged_in_vain == {"447000000002": 1000}


@pytest.mark.parametrize(("charged", "recheck"), [(None, 0), (0.0, 0), (1.0, 1)])
def test_what_was_charged_without_an_answer_is_asked_again_with_the_cache(charged, recheck):
    """An error that nothing was billed for is asked afresh; one that states a charge finds what was paid for."""
    plan = a_plan("447000000001")
    plan.landed(first_ticket(plan), [outcome_of(Result(error="INTERNAL_ERROR", charged=charged))], 1.0)
    assert first_ticket(plan, 10.0).attempt.recheck == recheck


def test_a_halt_lets_what_is_in_flight_land():
    """After a halt nothing starts, and a reply that lands still counts."""
    plan = a_plan("447000000001", "447000000002", settings=Settings(batch_size=1))
    ticket = first_ticket(plan)
    plan.halt(Reason.STOPPED)
    assert plan.step(0.0) == Wait(None)
    assert len(plan.landed(ticket, [live()], 1.0)) == 1
    assert isinstance(plan.step(1.0), Done)
    assert plan.unasked() == ["447000000002"]


def test_asked_in_vain_is_not_the_same_as_not_asked():
    """When a run stops, a number that waited for another try is failed, with its reason, and not unasked."""
    plan = a_plan("447000000001", "447000000002", settings=Settings(batch_size=1))
    plan.lost(first_ticket(plan), Reason.TIMEOUT, 30.0)
    plan.halt(Reason.STOPPED)
    assert plan.unasked() == ["447000000002"]
    assert plan.state.failed == {"447000000001": Failure(Reason.TIMEOUT)}


@pytest.mark.parametrize(
    ("then_lost", "failure"),
    [(False, Failure(Reason.PROVIDER_ERROR, "NUMBER_BARRED")), (True, Failure(Reason.TIMEOUT))],
)
def test_the_last_trouble_counts(then_lost, failure):
    """A failed number has the provider's error word where its last reply had one, and only there."""
    plan = a_plan("447000000001")
    plan.landed(first_ticket(plan), [outcome_of(Result(error="NUMBER_BARRED"))], 1.0)
    if then_lost:
        plan.lost(first_ticket(plan, 10.0), Reason.TIMEOUT, 40.0)
    plan.halt(Reason.STOPPED)
    assert plan.unasked() == []
    assert plan.state.failed == {"447000000001": failure}


def test_max_errors_stops_the_run():
    """The run halts when as many numbers have failed for good as the settings allow."""
    settings = Settings(batch_size=1, max_errors=1)
    plan = a_plan(*(f"44700000000{digit}" for digit in range(5)), settings=settings)
    now = 0.0
    while plan.state.halted is None:
        step = plan.step(now)
        now += 60.0
        if isinstance(step, Send):
            plan.landed(step.ticket, [outcome_of(Result(error="INTERNAL_ERROR"))], now)
            plan.state.circuit.healthy(now)
    assert plan.state.halted is Reason.STOPPED


def test_a_fast_lane_is_not_waited_for_as_long():
    """A lane's time-out follows its own latency once that is known, within a third of the longest."""
    plan = a_plan(*(f"4470000000{number:02d}" for number in range(20)), settings=Settings(batch_size=1, timeout=30.0))
    for turn in range(9):
        plan.landed(first_ticket(plan, turn), [live()], turn + 0.2)
    assert first_ticket(plan, 10.0).timeout == 10.0


def test_doubts_come_before_fresh_numbers():
    """Where money is short, what may have been billed is asked again first: fresh numbers leave it what it may need."""
    plan = a_plan("447400123456", "447400123457", "447400123458", settings=Settings(batch_size=1), limit=2000)
    lost = first_ticket(plan)
    plan.lost(lost, Reason.TIMEOUT, 1.0)
    step = plan.step(1.0)
    assert isinstance(step, Wait)  # a second number could be paid for, and the first one's retry then could not
    again = first_ticket(plan, 10.0)
    assert (again.numbers, again.attempt.recheck) == (lost.numbers, 1)
    plan.landed(again, [live(0.0)], 11.0)
    assert first_ticket(plan, 11.0).numbers == ("447400123457",)


def test_earlier_doubts_go_out_with_the_cache_on():
    """Numbers that a killed run asked are asked with the provider's private cache on from the first try."""
    plan = Scheduler(Settings(), Ledger(), prices=Pricing(Settings()), rng=Random(1))
    plan.add(NET0, ["447000000001"], recheck=True)
    plan.add(NET0, ["447000000002"])
    tickets = [first_ticket(plan), first_ticket(plan)]
    assert {ticket.numbers: ticket.attempt.recheck for ticket in tickets} == {
        ("447000000001",): True,
        ("447000000002",): False,
    }
