"""The emulator's price list, its caches and its bill."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.emulator import DAY, Clock, ask, mobiles, one, somebody, with_status
from helpers.examples import examples
from hlrframe.emulator import Emulator, Subscriber, World

BRITISH_LANDLINE = "441133910781"
PAID = [
    "LIVE",
    "DEAD",
    "ABSENT_SUBSCRIBER",
    "NO_TELESERVICE_PROVISIONED",
    "NOT_AVAILABLE_NETWORK_ONLY",
    "INCONCLUSIVE",
]
SILENT = ["DEAD", "ABSENT_SUBSCRIBER", "NO_TELESERVICE_PROVISIONED", "INCONCLUSIVE"]


def _ported(*, dated: bool) -> str:
    region = "GB" if dated else "AF"
    return somebody(lambda each: each.ported and each.live_status == "LIVE", region)


def _landline(status: str) -> str:
    world = World(7)
    return next(
        f"4411339{tail:05d}" for tail in range(100_000) if world.subscriber(f"4411339{tail:05d}").live_status == status
    )


def _american(wanted: str, region: str = "US", status: str | None = None) -> str:
    return somebody(lambda each: each.number_type == wanted and status in {None, each.live_status}, region)


@pytest.mark.parametrize("status", PAID)
def test_a_fresh_mobile_costs_a_credit(status: str) -> None:
    """A mobile with any status but NO_COVERAGE costs 1 credit, and the answer says so."""
    emulator = Emulator()
    answer = one(emulator, with_status(status))
    assert (answer["live_status"], answer["credits_spent"], emulator.bill.total) == (status, 1, 1)


@pytest.mark.parametrize("status", PAID)
def test_the_private_cache_is_free_and_the_global_half_a_credit(status: str) -> None:
    """The same answer costs nothing from the private cache and 0.5 from the global one."""
    number = with_status(status)
    emulator = Emulator(shared_by_others=1.0)
    assert one(emulator, number, cache_days_global=30)["credits_spent"] == 0.5
    assert one(emulator, number)["credits_spent"] == 1
    assert one(emulator, number, cache_days_private=1, cache_days_global=30)["credits_spent"] == 0
    assert emulator.bill.charged(number) == Decimal("1.5")


def test_no_coverage_is_free() -> None:
    """A mobile about which nothing could be learnt costs nothing and shows its original network alone."""
    answer = one(Emulator(), with_status("NO_COVERAGE"))
    assert (answer["live_status"], answer["credits_spent"], answer["is_ported"]) == ("NO_COVERAGE", 0, "UNKNOWN")
    assert (answer["original_network"], answer["current_network"]) == ("AVAILABLE", "NOT_AVAILABLE")


@pytest.mark.parametrize("path", ["hlr", "mnp", "validate"])
def test_what_is_no_number_is_free(path: str) -> None:
    """BAD_FORMAT is an ordinary answer that costs nothing, with every option on."""
    options = {"get_ported_date": "YES", "usa_status": "YES", "get_landline_status": "YES"}
    answer = one(Emulator(), "07790606023", path=path, **options)
    assert (answer["telephone_number_type"], answer["live_status"]) == ("BAD_FORMAT", "NOT_APPLICABLE")
    assert (answer["credits_spent"], answer["ported_date"], answer["is_ported"]) == (0, "NOT_APPLICABLE", "UNKNOWN")


@pytest.mark.parametrize("number", [BRITISH_LANDLINE, "448001111111", "447700900123", "448450000000"])
def test_what_is_no_mobile_is_free(number: str) -> None:
    """A number that is no mobile is NO_COVERAGE and free without its option."""
    answer = one(Emulator(), number, get_ported_date="YES")
    assert (answer["live_status"], answer["credits_spent"]) == ("NO_COVERAGE", 0)
    assert (answer["is_ported"], answer["ported_date"]) == ("UNKNOWN", "NOT_APPLICABLE")


def test_a_found_date_costs_a_credit_more() -> None:
    """A port's date costs 1 more: 2 fresh, 1 from the private cache, 1.5 from the global one."""
    number, emulator = _ported(dated=True), Emulator(shared_by_others=1.0)
    prices = [
        one(emulator, number, get_ported_date="YES", **days)["credits_spent"]
        for days in ({}, {"cache_days_private": 30}, {"cache_days_global": 30})
    ]
    assert prices == [2, 1, 1.5]
    assert one(emulator, number, get_ported_date="YES")["ported_date"][:2] in {"19", "20"}


def test_a_date_that_nobody_has_costs_nothing_more() -> None:
    """A ported number of a country without a source is NOT_AVAILABLE and costs 1."""
    answer = one(Emulator(), _ported(dated=False), get_ported_date="YES")
    assert (answer["is_ported"], answer["ported_date"], answer["credits_spent"]) == ("YES", "NOT_AVAILABLE", 1)


@pytest.mark.parametrize("status", SILENT)
def test_a_silent_mobile_has_no_date(status: str) -> None:
    """A mobile that did not answer has no known port: UNKNOWN, NOT_APPLICABLE, 1 credit, no current network."""
    answer = one(Emulator(), with_status(status), get_ported_date="YES")
    assert (answer["is_ported"], answer["ported_date"], answer["credits_spent"]) == ("UNKNOWN", "NOT_APPLICABLE", 1)
    assert "current_network_details" not in answer


def test_a_mobile_that_never_moved_has_no_date() -> None:
    """A mobile that was not ported is NO and NOT_APPLICABLE, and costs 1."""
    number = somebody(lambda each: each.live_status == "LIVE" and not each.ported)
    answer = one(Emulator(), number, get_ported_date="YES")
    assert (answer["is_ported"], answer["ported_date"], answer["credits_spent"]) == ("NO", "NOT_APPLICABLE", 1)


@pytest.mark.parametrize(
    ("kind", "region", "options", "status", "price"),
    [
        ("MOBILE", "US", {"usa_status": "YES"}, "DEAD", 2),
        ("MOBILE", "US", {}, "NOT_AVAILABLE_NETWORK_ONLY", 1),
        ("MOBILE", "PR", {"usa_status": "YES"}, "NOT_AVAILABLE_NETWORK_ONLY", 1),
        ("MOBILE", "PR", {}, "NOT_AVAILABLE_NETWORK_ONLY", 1),
        ("LANDLINE", "US", {"usa_status": "YES"}, "NOT_AVAILABLE_NETWORK_ONLY", 1),
        ("VOIP", "US", {"usa_status": "YES"}, "NOT_AVAILABLE_NETWORK_ONLY", 1),
        ("LANDLINE", "US", {}, "NO_COVERAGE", 0),
        ("MOBILE", "CA", {"usa_status": "YES"}, "DEAD", 1),
    ],
)
def test_usa_status(kind: str, region: str, options: dict[str, str], status: str, price: int) -> None:
    """The option costs a credit more for mobiles of the States and tells their truth; elsewhere it changes nothing."""
    emulator = Emulator()
    answer = one(emulator, _american(kind, region, "DEAD" if kind == "MOBILE" else None), **options)
    assert (answer["telephone_number_type"], answer["live_status"], answer["credits_spent"]) == (kind, status, price)
    assert answer.get("usa_status") == options.get("usa_status")


def test_american_landlines_can_be_free() -> None:
    """What users report of usa_status and landlines, against the documentation, can be chosen."""
    answer = one(Emulator(usa_landlines_free=True), _american("LANDLINE"), usa_status="YES")
    assert (answer["live_status"], answer["credits_spent"]) == ("NO_COVERAGE", 0)


@pytest.mark.parametrize("status", ["LIVE", "DEAD", "INCONCLUSIVE"])
def test_british_landlines_have_a_status_on_request(status: str) -> None:
    """With its option a British landline costs what a mobile costs and has a status."""
    number, emulator = _landline(status), Emulator()
    answer = one(emulator, number, get_landline_status="YES")
    assert (answer["telephone_number_type"], answer["live_status"], answer["credits_spent"]) == ("LANDLINE", status, 1)
    assert one(emulator, number, get_landline_status="YES", cache_days_private=1)["credits_spent"] == 0


def test_other_landlines_have_none() -> None:
    """The landline option does nothing outside the United Kingdom and Ireland."""
    answer = one(Emulator(), "493012345678", get_landline_status="YES")
    assert (answer["telephone_number_type"], answer["live_status"], answer["credits_spent"]) == (
        "LANDLINE",
        "NO_COVERAGE",
        0,
    )


def test_portability_costs_half() -> None:
    """An MNP lookup costs 0.5, shows both networks whatever the subscriber's state, and no live status."""
    emulator = Emulator()
    answer = one(emulator, with_status("DEAD"), path="mnp")
    assert (answer["live_status"], answer["credits_spent"], emulator.bill.total) == ("NONE", 0.5, Decimal("0.5"))
    assert answer["is_ported"] in {"YES", "NO"}
    assert answer["current_network"] == "AVAILABLE"


def test_validation_is_free() -> None:
    """Validation asks no network: type and original network alone, nothing charged, no waiting."""
    emulator = Emulator(latency=5.0)
    answer = one(emulator, with_status("LIVE"), path="validate")
    assert (answer["telephone_number_type"], answer["credits_spent"], emulator.bill.total) == ("MOBILE", 0, 0)
    assert (answer["original_network"], answer["current_network"]) == ("AVAILABLE", "NOT_AVAILABLE")


def test_the_private_cache_is_as_old_as_asked_for() -> None:
    """A cached answer is free up to the asked age, keeps its time, and is asked and paid anew beyond it."""
    clock = Clock()
    emulator, number = Emulator(clock=clock), with_status("LIVE")
    first = one(emulator, number)
    clock.now += 2 * DAY
    again = one(emulator, number, cache_days_private=2)
    assert (again["credits_spent"], again["timestamp"]) == (0, first["timestamp"])
    assert again["uuid"] != first["uuid"]
    clock.now += 1
    assert one(emulator, number, cache_days_private=2)["credits_spent"] == 1
    assert emulator.bill.paid_twice() == [number]


def test_without_asking_the_cache_is_not_used() -> None:
    """With 0 cache days the same number is paid for every time."""
    emulator, number = Emulator(), with_status("LIVE")
    assert [one(emulator, number)["credits_spent"] for _ in range(3)] == [1, 1, 1]
    assert emulator.bill.charges == {number: 3}


@pytest.mark.parametrize(("no_means_uncached", "price"), [(False, 0), (True, 1)])
def test_what_saving_no_means_can_be_chosen(no_means_uncached: bool, price: int) -> None:
    """Whether NO keeps an answer out of the private cache is open: both readings can be had; PRIVATE is kept."""
    emulator, number = Emulator(no_means_uncached=no_means_uncached), with_status("LIVE")
    one(emulator, number, save_to_cache="NO")
    assert one(emulator, number, cache_days_private=30)["credits_spent"] == price
    other = with_status("DEAD")
    one(emulator, other, save_to_cache="PRIVATE")
    assert one(emulator, other, cache_days_private=30)["credits_spent"] == 0


def test_an_answer_without_the_option_does_not_serve_with_it() -> None:
    """A cached American answer without true status is not given to somebody who asks for it."""
    emulator, number = Emulator(), _american("MOBILE", "US", "DEAD")
    one(emulator, number)
    answer = one(emulator, number, usa_status="YES", cache_days_private=30)
    assert (answer["live_status"], answer["credits_spent"]) == ("DEAD", 2)
    assert one(emulator, number, path="mnp", cache_days_private=30)["credits_spent"] == 0.5


def test_options_that_change_nothing_do_not_split_the_cache() -> None:
    """A cached British mobile serves whether or not the American and landline options are on."""
    emulator, number = Emulator(), with_status("LIVE")
    one(emulator, number)
    options = {"usa_status": "YES", "get_landline_status": "YES"}
    assert one(emulator, number, cache_days_private=1, **options)["credits_spent"] == 0


@pytest.mark.parametrize(("path", "region", "price"), [("mnp", "GB", 0.5), ("hlr", "US", 1)])
def test_prices_of_shared_answers_that_are_not_documented(path: str, region: str, price: float) -> None:
    """From the global cache portability costs its 0.5, and a true American status half of its 2."""
    number = with_status("LIVE", region)
    answer = one(Emulator(shared_by_others=1.0), number, path=path, usa_status="YES", cache_days_global=30)
    assert answer["credits_spent"] == price


def test_the_global_cache_holds_a_share_of_numbers() -> None:
    """Other customers have asked about the given share of numbers, each at some time in the last 30 days."""
    emulator = Emulator(shared_by_others=0.5, clock=Clock())
    prices = [one(emulator, each, cache_days_global=30)["credits_spent"] for each in mobiles(200)]
    assert set(prices) == {0.5, 1}
    assert prices.count(0.5) == pytest.approx(100, abs=30)
    younger = Emulator(shared_by_others=0.5, clock=Clock())
    assert sum(one(younger, each, cache_days_global=3)["credits_spent"] == 0.5 for each in mobiles(200)) < 30


def test_a_short_balance_refuses_numbers_not_requests() -> None:
    """When the credit is gone each further number is INSUFFICIENT_CREDIT and free; free answers still come."""
    emulator = Emulator(credits=2)
    numbers = [*mobiles(3), "nonsense"]
    status, body = ask(emulator, *({"telephone_number": each} for each in numbers))
    assert status == 200
    assert [each["error"] for each in body["results"]] == ["NONE", "NONE", "INSUFFICIENT_CREDIT", "NONE"]
    assert [each["credits_spent"] for each in body["results"]] == [1, 1, 0, 0]
    assert (emulator.balance, emulator.bill.total) == (0, 2)
    emulator.top_up(1)
    assert one(emulator, numbers[2], cache_days_private=30)["credits_spent"] == 1


def test_half_a_credit_does_not_buy_a_whole_one() -> None:
    """A price above the balance is not charged in part."""
    emulator = Emulator(credits=1.5)
    assert one(emulator, mobiles(2)[0])["error"] == "NONE"
    assert one(emulator, mobiles(2)[1])["error"] == "INSUFFICIENT_CREDIT"
    assert emulator.balance == 0.5


REQUEST = st.fixed_dictionaries(
    {"telephone_number": st.sampled_from([*mobiles(6), BRITISH_LANDLINE, "17148307000", "nonsense"])},
    optional={
        "cache_days_private": st.sampled_from([0, 1, 30]),
        "cache_days_global": st.sampled_from([0, 30]),
        "get_ported_date": st.sampled_from(["YES", "NO"]),
        "usa_status": st.sampled_from(["YES", "NO"]),
        "get_landline_status": st.sampled_from(["YES", "NO"]),
        "save_to_cache": st.sampled_from(["YES", "NO", "PRIVATE"]),
    },
)


@examples(40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["hlr", "mnp", "validate"]), st.lists(REQUEST, min_size=1, max_size=5)), max_size=8
    )
)
def test_the_bill_adds_up(requests: list[tuple[str, list[dict[str, object]]]]) -> None:
    """Whatever is asked: the answers' prices, the bill, the charges and the balance tell one sum."""
    emulator = Emulator(credits=12, shared_by_others=0.5, clock=Clock())
    replies = [ask(emulator, *numbers, path=path)[1]["results"] for path, numbers in requests]
    spent = sum(Decimal(str(each["credits_spent"])) for each in itertools.chain.from_iterable(replies))
    assert spent == emulator.bill.total == 12 - Decimal(str(emulator.balance))
    assert spent == sum((emulator.bill.charged(each) for each in emulator.bill.charges), Decimal(0))
    assert emulator.bill.numbers == sum(len(numbers) for _, numbers in requests)
    assert emulator.bill.lost == 0


def test_a_subscriber_without_network_has_lanes() -> None:
    """The names under which a rule can mean a number are its calling code, country and current network."""
    someone = World(7).subscriber(with_status("LIVE"))
    assert someone.lanes == {"*", "+44", "GBR", someone.current.name}
    assert Subscriber(calling_code="44").lanes == {"*", "+44"}
