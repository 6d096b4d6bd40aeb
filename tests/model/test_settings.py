import dataclasses
import math
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.errors import ConfigError
from hlrframe.model.freshness import MaxAge
from hlrframe.model.question import Question
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import LookupKind

BAD = [
    ("lookup", "HLRX"),
    ("default_region", "Narnia"),
    ("max_age", "soon"),
    ("max_age", timedelta(days=-1)),
    ("max_age", {"LIVE": "soon"}),
    ("max_credits", -1),
    ("max_credits", math.nan),
    ("max_credits", math.inf),
    ("max_credits", 10**400),
    ("max_credits", "many"),
    ("max_credits", True),
    ("max_requests", 0),
    ("max_requests", 211),
    ("max_requests", 1.5),
    ("batch_size", 81),
    ("batch_size", True),
    ("max_per_second", 0),
    ("max_per_second", math.inf),
    ("max_per_second", "fast"),
    ("timeout", 0),
    ("timeout", 601),
    ("timeout", "30s"),
    ("ported_date", "YES"),
    ("landline_status", 1),
    ("usa_status", None),
    ("provider_cache_days", 31),
    ("provider_cache_days", -1),
    ("global_cache_days", 31),
    ("share_results", "maybe"),
    ("share_results", False),
    ("time_zone", "Europe/Paris"),
    ("offline", "no"),
    ("refresh", 0),
    ("budget", "team=20000/week"),
    ("budget", 500),
    ("max_errors", 0),
    ("max_errors", "few"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda each: f"{each!r:.40}")
def test_a_setting_that_is_out_of_range_or_of_another_type_is_refused_by_name(name, value):
    """A wrong value is a ConfigError that says what is wrong, at the moment the settings are made or replaced."""
    for made in (lambda: Settings(**{name: value}), lambda: Settings().replace(**{name: value})):
        with pytest.raises(ConfigError) as caught:
            made()
        message = str(caught.value)
        assert name.split("_")[-1] in message or repr(value) in message or "age" in message


def test_every_setting_is_refused_some_value():
    """The table above leaves no setting out."""
    assert {name for name, _ in BAD} == {each.name for each in dataclasses.fields(Settings)}


@given(
    max_credits=st.none() | st.integers(0, 10**9) | st.floats(0, 1e9) | st.decimals(0, 10**6, places=1),
    max_requests=st.integers(1, 210),
    batch_size=st.integers(1, 80),
    timeout=st.none() | st.floats(0.001, 600),
    kind=st.sampled_from(["hlr", "mnp", "validate", *LookupKind]),
)
def test_settings_in_range_are_values(max_credits, max_requests, batch_size, timeout, kind):
    """What is in range is taken as it is, equal to itself made again, and can be a key."""
    chosen = {"max_credits": max_credits, "max_requests": max_requests, "batch_size": batch_size, "timeout": timeout}
    settings = Settings(lookup=kind, **chosen)
    assert {name: getattr(settings, name) for name in chosen} == chosen
    assert settings.lookup is LookupKind(kind)
    assert settings.replace() == settings
    assert len({settings, Settings(lookup=kind, **chosen)}) == 1


def test_contradictions_and_unknown_names_are_refused():
    """Nothing to send and everything to ask again is one or the other; a setting that is none is named."""
    with pytest.raises(ConfigError, match="choose one"):
        Settings(offline=True, refresh=True)
    with pytest.raises(ConfigError, match="'max_credit'"):
        Settings().replace(max_credit=3)


def test_ages_are_read_once():
    """However an age is written, the setting holds what it means."""
    assert Settings(max_age="30d") == Settings(max_age=timedelta(days=30)) == Settings(max_age=MaxAge.of("720h"))
    assert Settings(max_credits=Decimal("1.5")).max_credits == 1.5


def test_questions_differ_by_whatever_changes_an_answer():
    """Kind, provider and the options that change an answer make another question; what saves money does not."""
    changed = [
        Question.of(Settings(), "a"),
        Question.of(Settings(), "b"),
        Question.of(Settings(lookup="mnp"), "a"),
        Question.of(Settings(ported_date=True), "a"),
        Question.of(Settings(ported_date=True, usa_status=True), "a"),
        Question.of(Settings(landline_status=True), "a"),
    ]
    assert len({each.key for each in changed}) == len(changed)
    saving = Settings(max_credits=1, provider_cache_days=3, max_age="1d", batch_size=3)
    assert Question.of(saving, "a") == Question.of(Settings(), "a")
