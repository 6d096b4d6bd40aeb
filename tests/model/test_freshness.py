from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.errors import ConfigError
from hlrframe.model.freshness import INCONCLUSIVE_AGE, MaxAge, parse_age
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import LiveStatus, LookupKind

AGES = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))
KINDS = st.sampled_from(LookupKind)
STATUSES = st.sampled_from(LiveStatus)
#: What a provider may say of a number: a word, one that is not known yet, one with a trailing blank, or nothing.
SAID = st.none() | STATUSES | st.sampled_from(["", "SOMETHING_NEW", "LIVE "])
DAY = timedelta(days=1)


def shorter(one, other):
    return min((age for age in (one, other) if age is not None), default=None)


@given(AGES, KINDS, SAID)
def test_one_age_stands_for_all(age, kind, said):
    """One age is that of every kind and status; an INCONCLUSIVE answer serves for a day at most."""
    limit = MaxAge.of(age).limit(kind, said)
    assert limit == (shorter(age, INCONCLUSIVE_AGE) if said == "INCONCLUSIVE" else age)


@given(st.dictionaries(KINDS, AGES), st.dictionaries(STATUSES, AGES), KINDS, SAID)
def test_a_status_goes_before_its_kind(kinds, statuses, kind, said):
    """An age by status counts whatever the kind is, one by kind for all other statuses, and the usual one otherwise."""
    limit = MaxAge.of({**kinds, **statuses}).limit(kind, said)
    usual = kinds.get(kind, {"hlr": 30 * DAY, "mnp": 90 * DAY, "validate": 365 * DAY}[kind])
    word = (said or "").strip()
    if word in statuses:
        assert limit == statuses[word]
    else:
        assert limit == (shorter(usual, INCONCLUSIVE_AGE) if word == "INCONCLUSIVE" else usual)


@given(st.dictionaries(KINDS | STATUSES, AGES))
def test_equal_ages_are_one_value(ages):
    """Ages are equal, and hash alike, in whatever order they were named; what is shown makes them again."""
    one, other = MaxAge.of(ages), MaxAge.of(dict(reversed(ages.items())))
    assert (one, hash(one)) == (other, hash(other))
    assert MaxAge.of(one) == one
    assert Settings(max_age=ages) == Settings(max_age=one)
    assert hash(Settings(max_age=ages)) == hash(Settings(max_age=one))


def test_what_is_shown_can_be_read():
    """The text of an age is what makes it."""
    ages = MaxAge.of({"hlr": "36h", "validate": None, "DEAD": "180d"})
    assert repr(ages) == "MaxAge.of({'hlr': '1.5d', 'mnp': '90d', 'validate': None, 'DEAD': '180d'})"
    assert eval(repr(ages)) == ages  # noqa: S307  # our own text


@given(KINDS, SAID)
def test_any_age_is_any(kind, said):
    """Any age leaves nothing out, an INCONCLUSIVE answer neither."""
    assert MaxAge.any().limit(kind, said) is None


def test_words_in_any_case():
    """Kinds and statuses may be written in small letters or in capitals."""
    assert MaxAge.of({"HLR": "1d", " inconclusive ": "2d"}) == MaxAge.of({"hlr": "1d", "INCONCLUSIVE": "2d"})


@pytest.mark.parametrize(
    ("value", "word"),
    [
        pytest.param({"INCONCLUSVE": "1d"}, "'INCONCLUSVE'", id="no word"),
        pytest.param({"hlr": "soon"}, "'soon' is no age", id="no age"),
        pytest.param({"hlr": timedelta(days=-1)}, "negative", id="negative"),
        pytest.param(30, "30 is no age", id="a number"),
        pytest.param("30", "'30' is no age", id="no unit"),
        pytest.param("9999999999w", "longer than any calendar", id="endless"),
    ],
)
def test_what_is_no_age(value, word):
    """What cannot be read is refused with the word that is wrong."""
    with pytest.raises(ConfigError, match=word):
        Settings(max_age=value)


@given(st.integers(0, 10**6), st.sampled_from("smhdw"))
def test_ages_are_read(count, unit):
    """A number and a unit make an age."""
    hours = {"s": 1 / 3600, "m": 1 / 60, "h": 1, "d": 24, "w": 168}[unit]
    assert abs(parse_age(f" {count} {unit} ") - count * hours * timedelta(hours=1)) < timedelta(seconds=1)
