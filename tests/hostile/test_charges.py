"""What a provider states that it charged, however odd: the bill is the oracle."""

import json
from functools import partial

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.hostile import Villain, packet, serving_raw

NUMBERS = mobiles(20)
STRANGER = mobiles(30)[-1]


class Cashier(Villain):
    """A villain whose changes of results count for its bill, too: each result's charge is charged."""

    def __init__(self, change):
        super().__init__(NUMBERS[7], self.answer)
        self.change = change
        self.taken = 0.0

    def answer(self, request, results):
        """Changes the results, and takes what they state beyond what the emulator took."""
        before = sum(each["credits_spent"] for each in results)
        if self.harmed == 1:
            results = self.change(results)
        self.taken += sum(each.get("credits_spent", 0) for each in results) - before
        request.say(packet(json.dumps({"results": results}).encode()))


def of_bad(results, **changes):
    """Changes the result of the bad number."""
    return [each | changes if echoed(each) == NUMBERS[7] else each for each in results]


def echoed(result):
    """The number that a result names."""
    return result["request_parameters"]["telephone_number"]


def named(result, number):
    """A result under another number."""
    return result | {"request_parameters": {"telephone_number": number}}


CASES = {
    "a charge of two million": partial(of_bad, credits_spent=2_000_000),
    "a charge of a tenth": partial(of_bad, credits_spent=0.1),
    "each result twice": lambda results: [*results, *results],
    "one result twice": lambda results: [*results, results[3]],
    "one of a number that was not asked": lambda results: [*results, named(results[0], STRANGER)],
    "five of numbers that were not asked": lambda results: [
        *results,
        *(named(results[0], f"99{n}") for n in range(5)),
    ],
    "one without a name beside": lambda results: [*results, {"live_status": "LIVE", "credits_spent": 3}],
    "charged without an answer": partial(of_bad, live_status=None, telephone_number_type=None),
    "charged with an error": partial(of_bad, error="INTERNAL_ERROR"),
    "charged under another name": lambda results: [
        named(each, STRANGER) if echoed(each) == NUMBERS[7] else each for each in results
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_charged_is_booked(case):
    """The report and the column of credits add up to the bill, whatever is charged for what."""
    cashier = Cashier(CASES[case])
    with serving_raw(cashier) as url:
        client = hf.Client("emulator", "emulator", base_url=url)
        result = hf.enrich_with_report(
            pl.DataFrame({"phone": [f"+{each}" for each in NUMBERS]}), "phone", client=client
        )
    bill = pytest.approx(float(cashier.bill.total) + cashier.taken)
    assert result.report.states == {"answered": len(NUMBERS)}
    assert result.report.credits == bill
    assert result.frame["hlr_credits"].sum() == bill
    assert result.report.possibly_billed_twice == 0
