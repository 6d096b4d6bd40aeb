"""The emulator's subscribers as the days go by, and stores that are older than they are."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from hlrframe.emulator import World, backdate, connect, sample_numbers
from hlrframe.errors import ConfigError
from hlrframe.model.vocabulary import LiveStatus

NUMBERS = list(itertools.islice(sample_numbers("GB"), 2_000))
LANDLINES = [f"44121234{last:04d}" for last in range(200)]


def people(day, numbers=NUMBERS):
    """Who is behind these numbers on a day."""
    world = World(7, day=day)
    return [world.subscriber(number) for number in numbers]


def test_day_0_is_the_world_without_a_day():
    """A world that was given no day is on day 0, and has moved no number since."""
    assert people(0) == [World(7).subscriber(number) for number in NUMBERS]


def test_the_longer_the_more_has_changed():
    """After a week nearly everybody is as before, after a quarter most, after years few."""
    before = people(0)
    same = [sum(a == b for a, b in zip(before, people(day), strict=True)) for day in (7, 90, 900)]
    assert same[0] > 0.93 * len(NUMBERS) > same[1] > 0.7 * len(NUMBERS) > same[2]


def test_every_change_that_matters_happens():
    """In a quarter some live numbers die, some dead ones are given out again, some numbers move to another network."""
    moves = Counter()
    for before, now in zip(people(0), people(90), strict=True):
        moves[before.live_status, now.live_status] += 1
        moves["moved"] += before.current != now.current
    assert moves["LIVE", "DEAD"] > 20
    assert moves["DEAD", "LIVE"] > 5
    assert moves["ABSENT_SUBSCRIBER", "LIVE"] > 50
    assert 60 < moves["moved"] < 180
    assert moves["LIVE", "LIVE"] > 1_200


def test_what_a_range_decides_stays():
    """Type, range, area and what the provider cannot reach at all never change."""
    lasting = ("NO_COVERAGE", "NOT_AVAILABLE_NETWORK_ONLY")
    for before, now in zip(people(0), people(500), strict=True):
        assert (before.original, before.number_type, before.area) == (now.original, now.number_type, now.area)
        assert (before.live_status in lasting) <= (before.live_status == now.live_status)
        assert now.live_status in set(LiveStatus)
    assert people(0, LANDLINES) == people(500, LANDLINES)


def test_a_ported_number_says_so():
    """Ported is who is served by another network than the one of the range; the date is that of the last move."""
    for before, now in zip(people(0), people(400), strict=True):
        assert now.ported == (now.current != now.original)
        assert (now.ported_date is not None) == now.ported
        if now.ported and now.current != before.current:
            assert "2025-01-01" <= now.ported_date <= "2026-02-04"


@given(st.floats(0, 2_000), st.sampled_from(NUMBERS))
def test_a_day_is_the_same_whenever_it_is_looked_at(day, number):
    """No state: a fresh world and one that was asked about others agree."""
    used = World(7, day=day)
    used.subscriber(NUMBERS[0])
    assert used.subscriber(number) == World(7, day=day).subscriber(number)


@pytest.mark.parametrize("day", [-1, float("inf"), float("nan")])
def test_no_day_before_the_first(day):
    """A world has no past and no end."""
    with pytest.raises(ConfigError, match="day"):
        World(7, day=day)


def test_a_store_of_long_ago(tmp_path):
    """Backdated answers are asked again once they are too old; each keeps its run, what it says, and its history."""
    settings = hf.Settings(max_age={"hlr": "60d", "DEAD": "180d"})
    stores = [hf.Store(tmp_path / name) for name in ("first", "second", "third", "fourth")]
    numbers = NUMBERS[:200]
    hf.lookup(numbers, client=connect(), store=stores[0], settings=settings)
    assert backdate(stores[0], stores[1], days=70) == len(numbers)
    second = hf.lookup(numbers, client=connect(day=70), store=stores[1], settings=settings)
    assert set(second.filter(state="cached")["live_status"]) == {"DEAD"}
    answers = len(numbers) + second.filter(state="answered").height
    assert backdate(stores[1], stores[2], days=40) == answers
    assert backdate(stores[2], stores[3], days=5) == answers
    asked = second.filter(state="answered", live_status="LIVE")["msisdn"][0]
    history = stores[3].history(asked)
    ages = (datetime.now(UTC) - history["known_at"]).dt.total_days().to_list()
    assert ages == [115, 45]
    assert history["run"].n_unique() == 2
    assert history["checked_at"].diff()[1] >= timedelta(days=70)
    assert stores[0].stats().answers == len(numbers)


def test_all_kinds_of_question_keep_theirs(tmp_path):
    """A backdated answer serves the question that it answered, and no other."""
    one, two = hf.Store(tmp_path / "one"), hf.Store(tmp_path / "two")
    ways = [hf.Settings(lookup="mnp"), hf.Settings(ported_date=True, usa_status=True)]
    for way in ways:
        hf.lookup(NUMBERS[:5], client=connect(), store=one, settings=way)
    assert backdate(one, two, days=1) == 10
    for way in ways:
        states = hf.lookup(NUMBERS[:5], client=connect(), store=two, settings=way)["state"]
        assert set(states) == {"cached"}
    assert set(hf.lookup(NUMBERS[:5], client=connect(), store=two)["state"]) == {"answered"}


def test_real_answers_keep_their_age(tmp_path):
    """Nobody makes answers of a provider older than they are, and nothing is copied."""
    with hf.emulator.running(hf.emulator.Emulator()) as url:
        hf.lookup(NUMBERS[:3], client=hf.Client("emulator", "emulator", base_url=url), store=tmp_path / "real")
    with pytest.raises(ConfigError, match="not the emulator's"):
        backdate(hf.Store(tmp_path / "real"), hf.Store(tmp_path / "other"), days=90)
    assert not (tmp_path / "other").exists()


def test_only_stores_in_the_clear(tmp_path):
    """Hashes cannot be told from numbers, and what is encrypted must not come out in the clear unasked."""
    hashed, plain = hf.Store(tmp_path / "hashed", hash_key=bytes(32)), hf.Store(tmp_path / "plain")
    for pair in ((hashed, plain), (plain, hashed)):
        with pytest.raises(ConfigError, match="plain"):
            backdate(*pair, days=1)
    with pytest.raises(ConfigError, match="0 days or more"):
        backdate(plain, plain, days=-1)
