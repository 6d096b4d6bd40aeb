"""Digits to numbers, one at a time."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.phone_numbers import REGIONS, examples, world_examples
from hlrframe.errors import ConfigError
from hlrframe.model import check_region
from hlrframe.model.vocabulary import Reason
from hlrframe.phone.plans import Msisdn, Rejection, coded_start, read, type_of

DIGITS = st.text("0123456789", min_size=1, max_size=22)
SOME_REGION = st.sampled_from([None, "GB", "US", "DE", "IT", "AR", "BR", "KR", "RU", "SM"])


def outcome(digits, *, region=None, international=False):
    answer = read(digits, international=international, region=region)
    return answer.digits if isinstance(answer, Msisdn) else answer.reason


@pytest.mark.parametrize("region", REGIONS)
def test_every_example_of_every_plan_is_read_with_its_country(region):
    """An example of libphonenumber's own is that number, of a region that shares its calling code, with any mark."""
    for digits in examples(region):
        answer = read(digits, international=True, region=None)
        assert isinstance(answer, Msisdn)
        assert answer.digits == digits
        assert phonenumbers.country_code_for_region(answer.region) == phonenumbers.country_code_for_region(region)


def test_numbers_of_no_country_have_no_region():
    """A number under +800, +870 or +979 is a number, and belongs to nobody."""
    answers = [read(digits, international=True, region=None) for digits in world_examples()]
    assert answers == [Msisdn(digits, None) for digits in world_examples()]


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        ("999123456", Reason.UNKNOWN_COUNTRY),
        ("07400123456", Reason.UNKNOWN_COUNTRY),
        ("447", Reason.TOO_SHORT),
        ("44740012345", Reason.NOT_IN_PLAN),
        ("4474001", Reason.TOO_SHORT),
        ("4474001234567", Reason.TOO_LONG),
        ("4474001234567890123456", Reason.TOO_LONG),
        ("447700900123", Reason.NOT_IN_PLAN),
        ("12015550", Reason.TOO_SHORT),
    ],
)
def test_a_plus_is_believed_and_says_what_is_wrong(digits, reason):
    """International digits that are no number are rejected for their country, their length or their plan."""
    assert outcome(digits, international=True, region="GB") == reason


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("447400123456", "447400123456"),
        ("4407400123456", "447400123456"),
        ("00447400123456", "447400123456"),
        ("07400123456", Reason.NEEDS_REGION),
        ("7148307000", Reason.NEEDS_REGION),
        ("011447400123456", Reason.NEEDS_REGION),
        ("112", Reason.TOO_SHORT),
        ("9999999999999999", Reason.TOO_LONG),
        ("0099912345678", Reason.UNKNOWN_COUNTRY),
    ],
)
def test_nothing_is_guessed_without_a_region(digits, expected):
    """Bare digits are a number where they are a valid international one; else they need a region."""
    assert outcome(digits) == expected


@pytest.mark.parametrize(
    ("digits", "region", "expected"),
    [
        ("07400123456", "GB", "447400123456"),
        ("7400123456", "GB", "447400123456"),
        ("447400123456", "GB", "447400123456"),
        ("00447400123456", "GB", "447400123456"),
        ("004407400123456", "GB", "447400123456"),
        ("447400123456", "US", "447400123456"),
        ("00447400123456", "US", "447400123456"),
        ("011447400123456", "US", "447400123456"),
        ("7148307000", "US", "17148307000"),
        ("17148307000", "US", "17148307000"),
        ("0017148307000", "US", "17148307000"),
        ("3612345678", "US", "13612345678"),
        ("33612345678", "GB", "33612345678"),
        ("01115 23456789".replace(" ", ""), "AR", "5491123456789"),
        ("0612345678", "IT", "390612345678"),
        ("07700900123", "GB", Reason.NOT_IN_PLAN),
        ("0740012345678", "GB", Reason.TOO_LONG),
        ("123456", "GB", Reason.TOO_SHORT),
        ("00999123456", "GB", Reason.UNKNOWN_COUNTRY),
        ("1", "GB", Reason.TOO_SHORT),
    ],
)
def test_a_region_reads_what_is_dialled_there(digits, region, expected):
    """With a region, digits are what somebody there dials or writes; else an international number without plus."""
    assert outcome(digits, region=region) == expected


def test_a_plus_before_an_international_prefix_is_a_slip():
    """A plus that no calling code follows is no mark where the region's own prefix for abroad does."""
    assert outcome("011447400123456", region="US", international=True) == "447400123456"
    assert outcome("011447400123456", region="GB", international=True) is Reason.UNKNOWN_COUNTRY
    assert outcome("07400123456", region="GB", international=True) is Reason.UNKNOWN_COUNTRY


def test_own_numbers_without_plus_survive_where_a_trunk_prefix_tells_them_apart():
    """E.164 digits of a country that dials a trunk prefix are not read as national ones of the same country."""
    assert outcome("4918505595876", region="DE") == "4918505595876"
    assert outcome("468299225", region="SE") == "468299225"


def test_where_nobody_dials_a_trunk_prefix_the_national_reading_comes_first():
    """An Italian mobile that starts like Italy's calling code is no number of Milan."""
    assert outcome("3902123456", region="IT") == "393902123456"


@given(DIGITS, SOME_REGION, st.booleans())
def test_an_answer_reads_as_itself(digits, region, international):
    """The digits of an answer are the same number again without a region, and with a plus in any region."""
    answer = read(digits, international=international, region=region)
    if isinstance(answer, Msisdn):
        assert read(answer.digits, international=False, region=None) == answer
        assert read(answer.digits, international=True, region=region) == answer


@given(DIGITS, SOME_REGION)
def test_a_number_is_valid_to_libphonenumber(digits, region):
    """What is accepted is valid there, and in its international form."""
    answer = read(digits, international=False, region=region)
    if isinstance(answer, Msisdn):
        parsed = phonenumbers.parse(f"+{answer.digits}")
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == f"+{answer.digits}"


@given(DIGITS, SOME_REGION)
def test_a_rejection_has_a_reason_about_digits(digits, region):
    """Digits are never empty, damaged or no number; and only without a region can one be needed."""
    answer = read(digits, international=False, region=region)
    if isinstance(answer, Rejection):
        allowed = {Reason.TOO_SHORT, Reason.TOO_LONG, Reason.UNKNOWN_COUNTRY, Reason.NOT_IN_PLAN, Reason.NEEDS_REGION}
        assert answer.reason in (allowed if region is None else allowed - {Reason.NEEDS_REGION})


def test_a_region_is_checked_and_written_in_capitals():
    """An unknown region is a mistake of the caller, not of a row."""
    assert check_region("gb") == "GB"
    assert check_region(None) is None
    with pytest.raises(ConfigError, match="is no region"):
        check_region("XX")


def test_only_a_trunk_prefix_of_its_own_tells_a_coded_start():
    """Britain dials 0, America its own calling code, Spain nothing."""
    assert [coded_start(region) for region in ("GB", "US", "ES")] == ["44", None, None]


def test_the_type_is_that_of_the_plan():
    """A number has libphonenumber's type, in the provider's words; what is no number has none."""
    types = [type_of(digits) for digits in ("447400123456", "442079460000", "12124567890", "999", "442")]
    assert types == ["MOBILE", "LANDLINE", "MOBILE_OR_LANDLINE", "UNKNOWN", "UNKNOWN"]
