"""Prices: the provider's list, and the emulator's own bill as the other opinion."""

import functools
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.emulator import call
from helpers.examples import examples
from hlrframe.emulator import Call, Emulator, sample_numbers
from hlrframe.model import credits_of, milli_of
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import LookupKind
from hlrframe.provider.hlr_lookup.pricing import FREE_KINDS, PRICES, Pricing
from hlrframe.provider.hlr_lookup.wire import (
    Network,
    Result,
    decode_results,
    encode_request,
    outcome_of,
    request_options,
)

UK, USA, CANADA = "447400123456", "14155550142", "16135550123"
STATUSES = ["LIVE", "DEAD", "ABSENT_SUBSCRIBER", "NO_TELESERVICE_PROVISIONED", "NOT_AVAILABLE_NETWORK_ONLY"]
DATED = {"live_status": "LIVE", "is_ported": "YES", "ported_date": "2019-03-02"}


def mobile(*, country="GBR", **facts):
    details = Network(name="Example Mobile", country=country)
    return Result(number_type="MOBILE", original=details, **facts)


# Each row of the provider's charging pages


@pytest.mark.parametrize(
    ("result", "milli"), [(mobile(live_status="LIVE", charged=0.5), 500), (mobile(live_status="LIVE"), 1000)]
)
def test_what_is_stated_was_charged(result, milli):
    """A charge is what the reply states; an answer that states none is taken to have cost what such answers cost."""
    assert Pricing(Settings()).charged(result) == milli


@pytest.mark.parametrize(
    ("result", "milli"),
    [(mobile(error="SOMETHING_NEW", charged=1.0), 1000), (mobile(error="SOMETHING_NEW"), 0), (None, 0)],
)
def test_what_is_no_answer_costs_what_it_states(result, milli):
    """A result that is no answer costs what it says, and nothing where it says nothing."""
    assert outcome_of(result).milli == milli


@pytest.mark.parametrize("status", [*STATUSES, "INCONCLUSIVE"])
def test_a_mobile_costs_a_credit_whatever_is_found(status):
    """Every status of a mobile is charged alike, and nothing out of the private cache."""
    pricing = Pricing(Settings())
    assert (pricing.fresh(mobile(live_status=status)), pricing.recalled(mobile(live_status=status))) == (1000, 0)


@pytest.mark.parametrize("lookup", ["hlr", "mnp", "validate"])
@pytest.mark.parametrize(
    "answer",
    [
        Result(number_type="BAD_FORMAT", live_status="NOT_APPLICABLE"),
        Result(number_type="LANDLINE", live_status="NO_COVERAGE"),
        mobile(live_status="NO_COVERAGE"),
        mobile(live_status="NO_COVERAGE "),
    ],
)
def test_what_was_not_found_is_free(lookup, answer):
    """Bad formats, landlines without their option and mobiles without coverage cost nothing."""
    pricing = Pricing(Settings(lookup=lookup, ported_date=True))
    assert (pricing.fresh(answer), pricing.recalled(answer)) == (0, 0)


@pytest.mark.parametrize(("lookup", "price"), [("hlr", 1000), ("mnp", 500), ("validate", 0)])
def test_each_kind_has_its_price(lookup, price):
    """The price of a lookup by its kind, and none can cost more than that without options."""
    pricing = Pricing(Settings(lookup=lookup))
    assert (pricing.fresh(mobile(live_status="NONE")), pricing.worst(UK)) == (price, price)


@pytest.mark.parametrize(
    ("facts", "fresh", "recalled"),
    [
        (DATED, 2000, 1000),
        (DATED | {"live_status": "NOT_AVAILABLE_NETWORK_ONLY"}, 2000, 1000),
        (DATED | {"ported_date": "02/03/2019"}, 2000, 1000),
        (DATED | {"ported_date": "NOT_AVAILABLE"}, 1000, 0),
        ({"live_status": "DEAD", "is_ported": "UNKNOWN", "ported_date": "NOT_APPLICABLE"}, 1000, 0),
        ({"live_status": "LIVE", "is_ported": "NO", "ported_date": "NOT_APPLICABLE"}, 1000, 0),
        ({"live_status": "LIVE", "is_ported": "NO"}, 1000, 0),
    ],
)
def test_a_found_date_costs_a_credit_more(facts, fresh, recalled):
    """The date of a port is charged where one was asked for and found, on cached answers too."""
    pricing = Pricing(Settings(ported_date=True))
    assert (pricing.fresh(mobile(**facts)), pricing.recalled(mobile(**facts))) == (fresh, recalled)
    assert Pricing(Settings()).fresh(mobile(**facts)) == 1000


@pytest.mark.parametrize(
    ("answer", "fresh"),
    [
        (mobile(country="USA", live_status="LIVE"), 2000),
        (mobile(country="PRI", live_status="NOT_AVAILABLE_NETWORK_ONLY"), 1000),
        (mobile(country="CAN", live_status="LIVE"), 1000),
        (mobile(country="GBR", live_status="LIVE"), 1000),
        (Result(number_type="LANDLINE", live_status="NOT_AVAILABLE_NETWORK_ONLY"), 1000),
        (Result(number_type="MOBILE", live_status="LIVE", detected_number=USA), 2000),
        (Result(number_type="MOBILE", live_status="LIVE", detected_number=UK), 1000),
    ],
)
def test_the_united_states_cost_a_credit_more(answer, fresh):
    """The option for the United States is charged for mobiles there, and for no one else."""
    assert Pricing(Settings(usa_status=True)).fresh(answer) == fresh
    assert Pricing(Settings(usa_status=True, lookup="mnp")).fresh(answer) == 500


def test_a_landline_status_costs_as_a_lookup():
    """A landline that was asked for its status is charged like a mobile."""
    answer = Result(number_type="LANDLINE", live_status="DEAD")
    assert Pricing(Settings(landline_status=True)).fresh(answer) == 1000


def test_prices_say_where_they_are_known_from():
    """Every price has a source, and the free kinds are those without a price."""
    assert all(price.source.startswith(("documented: ", "inferred: ")) for price in PRICES.values())
    assert {LookupKind.VALIDATE} == FREE_KINDS


@given(st.integers(0, 10**12))
def test_milli_credits_are_exact(milli):
    """No amount changes by being written in credits."""
    assert milli_of(credits_of(milli)) == milli


# The emulator's own charges


@functools.cache
def crowd():
    """Numbers of many kinds: mobiles of several countries, landlines, territories and nonsense."""
    drawn = [itertools.islice(sample_numbers(region), 12) for region in ("GB", "US", "CA", "PR", "DE", "IE", "GR")]
    landlines = ["441133910781", "442079460123", "35315550123", "12125550123", "18005550199", "4930123456"]
    return [*itertools.chain(*drawn), *landlines, "999", "000000000"]


def asked(emulator, settings, numbers):
    key, secret = emulator.credentials
    body = encode_request(key, secret, numbers, request_options(settings))
    with emulator.receive(Call(path=call(emulator, path=settings.lookup).path, body=body), now=0.0) as ticket:
        return decode_results(ticket.deliver().body)


def options():
    flag = st.booleans()
    return st.builds(
        Settings,
        lookup=st.sampled_from(["hlr", "mnp", "validate"]),
        ported_date=flag,
        landline_status=flag,
        usa_status=flag,
        global_cache_days=st.sampled_from([0, 30]),
    )


@examples(60)
@given(st.data(), options(), st.integers(0, 50), st.booleans())
def test_no_charge_is_worse_than_the_worst(data, settings, seed, landlines_free):
    """Nothing that the emulator charges, fresh or cached, exceeds what was set aside for it."""
    emulator = Emulator(seed, shared_by_others=0.3, usa_landlines_free=landlines_free)
    numbers = data.draw(st.lists(st.sampled_from(crowd()), min_size=1, max_size=20, unique=True))
    pricing = Pricing(settings)
    for number, result in zip(numbers, asked(emulator, settings, numbers), strict=True):
        assert milli_of(result.charged) <= pricing.worst(number)
        assert pricing.recalled(result) <= pricing.fresh(result) <= pricing.worst(number)
    assert pricing.worst_of(numbers) == sum(map(pricing.worst, numbers))


@examples(60)
@given(st.data(), options(), st.integers(0, 50))
def test_the_price_of_an_answer_is_what_was_charged_for_it(data, settings, seed):
    """The price worked out from an answer is what the emulator charges: fresh, and again out of the private cache."""
    emulator = Emulator(seed)
    numbers = data.draw(st.lists(st.sampled_from(crowd()), min_size=1, max_size=20, unique=True))
    pricing, fresh = Pricing(settings), settings.replace(global_cache_days=0)
    for result in asked(emulator, fresh, numbers):
        assert milli_of(result.charged) == pricing.fresh(result)
    for result in asked(emulator, fresh.replace(provider_cache_days=1), numbers):
        assert milli_of(result.charged) == pricing.recalled(result)
