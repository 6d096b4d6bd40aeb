"""The emulator's schedule of faults, as values."""

import json
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.emulator import BILLED_AND_LOST, ask, call, mobiles
from helpers.examples import examples
from hlrframe.emulator import Emulator, Fault, Faults, Outage
from hlrframe.errors import ConfigError

RATED = [each for each in Fault if each not in {Fault.INTERNAL_ERROR, Fault.STATUS_401}]


@pytest.mark.parametrize("fault", RATED)
def test_a_rate_of_one_hits_every_request(fault: Fault) -> None:
    """Each kind that has a rate can be made to happen to all requests."""
    assert {Faults(**{fault: 1.0}).of(request) for request in range(1, 50)} == {fault}


def test_rates_are_shares() -> None:
    """Rates are met over many requests, side by side, and the rest go through."""
    faults = Faults(reset_before=0.1, garbage=0.2, seed=3)
    met = Counter(faults.of(request) for request in range(1, 5001))
    assert met[Fault.RESET_BEFORE] == pytest.approx(500, abs=100)
    assert met[Fault.GARBAGE] == pytest.approx(1000, abs=140)
    assert met[None] == 5000 - met[Fault.RESET_BEFORE] - met[Fault.GARBAGE]


@given(st.integers(1, 10**6), st.integers(0, 99))
def test_the_same_seed_hits_the_same_requests(request: int, seed: int) -> None:
    """A schedule is a value: asked twice, it says the same."""
    assert Faults(garbage=0.5, seed=seed).of(request) is Faults(garbage=0.5, seed=seed).of(request)


@pytest.mark.parametrize("rates", [{"garbage": -0.1}, {"garbage": 0.6, "stalled": 0.6}, {"internal_error": 1.5}])
def test_impossible_rates_are_refused(rates: dict[str, float]) -> None:
    """Rates below 0 or above 1 in all are an error at once."""
    with pytest.raises(ConfigError, match="between 0 and 1"):
        Faults(**rates)


def test_listed_faults_outages_and_rates_have_an_order() -> None:
    """An outage comes before a revoked key, that before the list, and the list before the rates."""
    faults = Faults(stalled=1.0, at={2: Fault.GARBAGE, 5: Fault.GARBAGE}, outages=(Outage(10, 20),), revoke_at=5)
    assert [faults.of(n) for n in (1, 2, 5, 6)] == [Fault.STALLED, Fault.GARBAGE, Fault.STATUS_401, Fault.STATUS_401]
    assert [faults.of(6, seconds=s) for s in (9.9, 10, 19.9, 20)] == [
        Fault.STATUS_401,
        Fault.REFUSED,
        Fault.REFUSED,
        Fault.STATUS_401,
    ]


def test_an_outage_is_counted_from_the_first_request() -> None:
    """Seconds of an outage begin with the first request, whatever the clock showed then."""
    emulator = Emulator(faults=Faults(outages=(Outage(5, 10, Fault.STATUS_503),)))
    number = {"telephone_number": mobiles(1)[0]}
    assert [ask(emulator, number, now=now)[0] for now in (1000.0, 1004.9, 1005.0, 1010.0)] == [200, 200, 503, 200]


def test_a_revoked_key() -> None:
    """From the named request on the key is wrong, with the documented body, and nothing more is billed."""
    emulator = Emulator(faults=Faults(revoke_at=3))
    statuses = [ask(emulator, {"telephone_number": each})[0] for each in mobiles(4)]
    assert statuses == [200, 200, 401, 401]
    assert emulator.bill.total == 2


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [(Fault.STATUS_500, 500, b""), (Fault.STATUS_503, 503, b""), (Fault.GARBAGE, 200, None)],
)
def test_status_faults(fault: Fault, status: int, body: bytes | None) -> None:
    """Server errors have empty bodies; garbage is a 200 that is no JSON."""
    emulator = Emulator(faults=Faults(at={1: fault}))
    with emulator.receive(call(emulator, {"telephone_number": mobiles(1)[0]}), now=0.0) as ticket:
        reply = ticket.deliver()
    assert reply.status == status
    if body is None:
        with pytest.raises(json.JSONDecodeError):
            json.loads(reply.body)
    else:
        assert reply.body == body


@pytest.mark.parametrize("seconds", [None, 7])
def test_retry_after(seconds: float | None) -> None:
    """A 429 says when to come back only where that was asked for, as nothing is documented."""
    emulator = Emulator(faults=Faults(status_429=1.0, retry_after=seconds))
    with emulator.receive(call(emulator, {"telephone_number": mobiles(1)[0]}), now=0.0) as ticket:
        assert ticket.deliver().headers == (() if seconds is None else (("Retry-After", "7"),))


def test_a_short_reply_lacks_its_last_result() -> None:
    """All numbers are billed, the last result is missing, and its price counts as lost."""
    emulator = Emulator(faults=Faults(at={1: Fault.SHORT_REPLY}))
    _, body = ask(emulator, *({"telephone_number": each} for each in mobiles(3)))
    assert len(body["results"]) == 2
    assert (emulator.bill.total, emulator.bill.lost) == (3, 1)


def test_internal_errors_hit_single_numbers() -> None:
    """A share of numbers fails for free; a listed request fails for all its numbers."""
    emulator = Emulator(faults=Faults(internal_error=0.3, at={2: Fault.INTERNAL_ERROR}))
    requests = [{"telephone_number": each} for each in mobiles(80)]
    errors = Counter(each["error"] for each in ask(emulator, *requests)[1]["results"])
    assert 8 < errors["INTERNAL_ERROR"] < 45
    assert emulator.bill.total == errors["NONE"]
    assert {each["error"] for each in ask(emulator, *requests)[1]["results"]} == {"INTERNAL_ERROR"}


@pytest.mark.parametrize("fault", Fault)
def test_the_bill_counts_faults_and_what_they_lose(fault: Fault) -> None:
    """Each fault is counted once; only those after billing charge, and what they charge counts as lost."""
    emulator = Emulator(faults=Faults(at={1: fault}))
    with emulator.receive(call(emulator, {"telephone_number": mobiles(1)[0]}), now=0.0) as ticket:
        if fault in {Fault.TRUNCATED, Fault.GARBAGE, Fault.SHORT_REPLY}:
            ticket.deliver()
    assert emulator.bill.faults == {fault: 1}
    assert emulator.bill.total == emulator.bill.lost == (1 if fault in BILLED_AND_LOST else 0)
    assert emulator.bill.requests == (fault is not Fault.REFUSED)


def test_a_billed_number_is_in_the_private_cache_though_its_reply_was_lost() -> None:
    """After a lost reply the same number is free to somebody who allows the private cache, and paid twice without."""
    careful, careless = mobiles(2)
    emulator = Emulator(faults=Faults(at={1: Fault.DROP_AFTER_BILLING}))
    with emulator.receive(call(emulator, {"telephone_number": careful}, {"telephone_number": careless}), now=0.0):
        pass
    _, body = ask(emulator, {"telephone_number": careful, "cache_days_private": 1}, {"telephone_number": careless})
    assert [each["credits_spent"] for each in body["results"]] == [0, 1]
    assert emulator.bill.paid_twice() == [careless]
    assert emulator.bill.asked_twice() == sorted([careful, careless])
    assert (emulator.bill.total, emulator.bill.lost) == (3, 2)


@examples(30)
@given(st.sampled_from(RATED), st.floats(0, 1), st.integers(0, 9))
def test_what_is_delivered_and_lost_is_the_bill(fault: Fault, rate: float, seed: int) -> None:
    """Under any rate of any fault: what the replies say was spent and what was lost add up to the bill."""
    emulator = Emulator(faults=Faults(**{fault: rate}, seed=seed, internal_error=0.1))
    spent = Decimal(0)
    for number in mobiles(12):
        with emulator.receive(call(emulator, {"telephone_number": number}), now=0.0) as ticket:
            if ticket.fault in {None, Fault.SHORT_REPLY} and ticket.reply.status == 200:
                results = json.loads(ticket.deliver().body)["results"]
                spent += sum(Decimal(str(each.get("credits_spent", 0))) for each in results)
    assert emulator.bill.total == spent + emulator.bill.lost
