from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.examples import examples
from helpers.lists import CELLS, GB, connected, read, resolved, some
from helpers.stores import answered, store_with
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.run.estimate import estimate_numbers
from hlrframe.store import Store


def estimate(cells, *, store=None, chosen=GB):
    return estimate_numbers(read(cells)[0], store=store, settings=chosen, client=connected()[1])


def test_the_estimate_names_countries():
    """The numbers to be asked are counted by country, the most first."""
    cells = [*some(2, "DE"), *some(3, "GB"), "n/a", some(1, "GB")[0]]
    result = estimate(cells)
    assert list(result.countries.items()) == [("GB", 3), ("DE", 2)]
    assert (result.rows, result.numbers, result.to_ask, result.rejected) == (7, 5, 5, {"empty": 1})


def test_the_estimate_expects_landlines_to_be_free():
    """Landlines may cost what mobiles cost, and are expected to cost nothing."""
    landlines = ["+44 113 391 0781", "+44 20 7946 0018"]
    result = estimate([*some(2), *landlines])
    assert (result.credits_expected, result.credits_high) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("chosen", "high"),
    [
        (GB, 4.0),
        (GB.replace(lookup="mnp"), 2.0),
        (GB.replace(lookup="validate"), 0.0),
        (GB.replace(ported_date=True), 8.0),
        (GB.replace(offline=True), 0.0),
    ],
    ids=["hlr", "mnp", "validate", "dated", "offline"],
)
def test_the_estimate_knows_the_price_list(chosen, high):
    """The ceiling is what the kind of lookup and its options can cost; offline it is nothing."""
    result = estimate(some(4), chosen=chosen)
    assert result.credits_high == high
    assert result.credits_expected <= high


def test_the_estimate_leaves_out_what_is_stored(tmp_path):
    """Stored answers are free, unless everything is to be asked again."""
    store = Store(tmp_path)
    known, _ = read(some(3))
    resolved(known, connected()[1], store=store)
    result = estimate(some(5), store=store)
    fresh = estimate(some(5), store=store, chosen=GB.replace(refresh=True))
    assert (result.stored, result.to_ask, result.credits_high) == (3, 2, 2.0)
    assert (fresh.stored, fresh.to_ask, fresh.credits_high) == (0, 5, 5.0)


def test_the_estimate_of_nothing():
    """An empty list costs nothing."""
    result = estimate([])
    assert (result.rows, result.to_ask, result.credits_high, result.credits_expected) == (0, 0, 0.0, 0.0)


LANDLINES = ["+44 113 391 0781", "+353 1 602 0000", "+33 1 42 68 53 00"]


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (LANDLINES, {"landline_status": True}, 2.0),
        (LANDLINES, {"landline_status": True, "lookup": "mnp"}, 0.0),
        (some(20), {"ported_date": True}, 23.0),
        (["+1 415 555 0142", *some(1)], {"usa_status": True}, 3.0),
        (["+1 204 234 5678"], {"usa_status": True}, 1.0),
        (some(4), {"lookup": "validate", "ported_date": True}, 0.0),
    ],
    ids=["landlines of two countries", "no status of landlines", "dates", "usa", "canada", "validate"],
)
def test_what_is_expected_of_the_options(cells, options, expected):
    """Landlines cost where their status is asked and given, dates where one is likely, mobiles of the USA double."""
    assert estimate(cells, chosen=GB.replace(**options)).credits_expected == expected


@pytest.mark.parametrize(
    ("options", "low"),
    [({}, 81.0), ({"global_cache_days": 3}, 40.5), ({"provider_cache_days": 3}, 0.0), ({"lookup": "mnp"}, 40.5)],
)
def test_the_low_sum(options, low):
    """A tenth of the mobiles may have no coverage, and chance has some room; caches answer for less."""
    assert estimate(some(100), chosen=GB.replace(**options)).credits_low == low


@examples(30)
@given(cells=CELLS, options=st.fixed_dictionaries({name: st.booleans() for name in ("ported_date", "usa_status")}))
def test_the_sums_are_in_order(cells, options):
    """Low, expected and high follow each other, and the bill is never above the high one."""
    numbers, _ = read(cells)
    chosen = GB.replace(**options)
    provider, client = connected()
    resolved(numbers, client, settings=chosen)
    result = estimate(cells, chosen=chosen)
    assert 0 <= result.credits_low <= result.credits_expected <= result.credits_high
    assert provider.bill.total <= result.credits_high


def test_the_estimate_names_networks():
    """The predicted networks are counted under their countries."""
    result = estimate(["+44 7400 123456", "+44 7400 123457", "+1 204 234 5678"])
    assert result.networks == {"GB Three": 2}


def test_what_an_old_answer_teaches(tmp_path):
    """Numbers whose answer is too old are counted; those that were free are expected to be free again."""
    question, now = Question(LookupKind.HLR, "emulator"), datetime.now(UTC)
    free, paid, new = (number.removeprefix("+") for number in some(3))
    old = {"at": now - timedelta(days=90), "checked_at": now - timedelta(days=90)}
    entries = [
        answered(free, status="NO_COVERAGE", telephone_number_type="MOBILE", **old),
        answered(paid, status="LIVE", **old),
    ]
    result = estimate(
        [f"+{each}" for each in (free, paid, new)], store=store_with(tmp_path, *entries, question=question)
    )
    assert (result.stored, result.stale, result.to_ask, result.credits_expected) == (0, 2, 3, 2.0)


def test_the_documented_rate():
    """Nothing learnt: the provider's limits, one number a request, or the run's own limit per second."""
    result = estimate(some(30))
    assert (result.rate, result.numbers_per_second, result.seconds) == ("documented", 210.0, 0.1)
    assert estimate(some(30), chosen=GB.replace(max_per_second=2)).seconds == 15.0


def test_the_learnt_rate(tmp_path):
    """A store whose last run took its time says how fast the next one will be."""
    question, now = Question(LookupKind.HLR, "emulator"), datetime.now(UTC)
    halves = [[f"44770{half}{index:06}" for index in range(150)] for half in (0, 1)]
    first, second = answered(*halves[0], at=now), answered(*halves[1], at=now + timedelta(seconds=10))
    result = estimate(some(60), store=store_with(tmp_path, first, second, question=question))
    assert (result.rate, result.numbers_per_second, result.seconds) == ("learnt", 30.0, 2.0)
