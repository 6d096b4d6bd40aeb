"""The emulator's invented subscribers."""

import random
from collections import Counter

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType as Type

from hlrframe.emulator import Subscriber, World, find_numbers, sample_numbers
from hlrframe.emulator.countries import country_of, region_of_iso3
from hlrframe.emulator.networks import carrier_of, choices, invented, network
from hlrframe.emulator.numbering import detect
from hlrframe.errors import ConfigError
from hlrframe.model.vocabulary import LiveStatus, NumberType

WORDS = {
    Type.MOBILE: "MOBILE",
    Type.FIXED_LINE: "LANDLINE",
    Type.FIXED_LINE_OR_MOBILE: "MOBILE_OR_LANDLINE",
    Type.TOLL_FREE: "TOLL_FREE",
    Type.PREMIUM_RATE: "PREMIUM",
    Type.SHARED_COST: "SHARED_COST",
    Type.VOIP: "VOIP",
    Type.PERSONAL_NUMBER: "PERSONAL_NUMBER",
    Type.PAGER: "PAGER",
    Type.UAN: "UNIVERSAL_ACCESS_NUMBER",
    Type.VOICEMAIL: "VOICEMAIL_ONLY",
}


def _mangled_examples(count: int) -> list[str]:
    """Numbers of every country and type with their last digits drawn anew, and a trunk zero in some."""
    chance = random.Random(1)
    numbers = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in WORDS:
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
            code = str(example.country_code)
            numbers += [digits, f"{code}0{digits[len(code) :]}"]
            numbers += [f"{digits[:-4]}{chance.randrange(10_000):04d}" for _ in range(count)]
    return numbers


def _according_to_the_library(digits: str) -> tuple[str, str, str, str] | None:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    region = phonenumbers.region_code_for_number(number)
    return e164, str(number.country_code), region, WORDS[phonenumbers.number_type(number)]


def test_reads_numbers_as_libphonenumber_does() -> None:
    """Number, country and type agree with libphonenumber on numbers of every country, mangled ones too."""
    differing = [
        digits
        for digits in _mangled_examples(3)
        if (found := detect(digits)) != _according_to_the_library(digits)
        and (found is None or found.type != "STAGE_AND_SCREEN")
    ]
    assert differing == []


@given(st.text())
def test_any_text_is_a_subscriber(text: str) -> None:
    """No text whatever makes the world fail, and what is no number is BAD_FORMAT with no network."""
    subscriber = World(7).subscriber(text)
    assert (subscriber.number_type == "BAD_FORMAT") == (subscriber.msisdn == "")
    assert subscriber.msisdn or subscriber == Subscriber()


@given(st.integers(0, 10**10), st.integers(0, 99))
def test_a_world_is_a_pure_function_of_seed_and_number(tail: int, seed: int) -> None:
    """Two worlds of one seed hold the same subscribers, however the number is written."""
    number = f"447{tail % 10**9:09d}"
    assert World(seed).subscriber(number) == World(seed).subscriber(f"+{number[:2]} {number[2:6]}-{number[6:]}")


def test_seeds_make_different_worlds() -> None:
    """Another seed is another world."""
    numbers = [number for number, _ in zip(sample_numbers(), range(50), strict=False)]
    assert [World(1).subscriber(each) for each in numbers] != [World(2).subscriber(each) for each in numbers]


def test_shares_of_statuses_are_realistic() -> None:
    """About 72 % of mobiles are live, and every status a network can give occurs."""
    world = World(7)
    people = [world.subscriber(number) for number, _ in zip(sample_numbers("DE"), range(4000), strict=False)]
    statuses = Counter(each.live_status for each in people)
    assert set(statuses) == set(LiveStatus) - {"NOT_APPLICABLE", "NONE"}
    assert statuses["LIVE"] / len(people) == pytest.approx(0.72, abs=0.03)
    assert sum(each.ported for each in people) / len(people) == pytest.approx(0.2, abs=0.03)


def test_every_number_type_is_reachable() -> None:
    """Each word that the provider has for a type belongs to some number, except the unexplained UNKNOWN."""
    world = World(7)
    examples = [*_mangled_examples(1), "447700900123", "12125550123", "nonsense"]
    assert {world.subscriber(each).number_type for each in examples} == set(NumberType) - {"UNKNOWN"}


@pytest.mark.parametrize("number", ["447700900123", "441632960001", "442079460999", "12125550199", "14165550100"])
def test_numbers_for_film_and_television_have_no_network(number: str) -> None:
    """Numbers reserved for drama are STAGE_AND_SCREEN, wherever they are read from."""
    subscriber = World(7).subscriber(f"+{number}")
    assert (subscriber.number_type, subscriber.original, subscriber.msisdn) == ("STAGE_AND_SCREEN", None, number)


def test_a_canadian_drama_number_is_canadian() -> None:
    """A number of the North American drama range belongs to the country of its area."""
    assert detect("14165550123").region == "CA"


def test_ported_numbers_moved_to_another_network_of_their_country() -> None:
    """Ported means that original and current network differ; only countries with a source have a date."""
    world = World(7)
    people = [
        world.subscriber(n) for region in ("GB", "AF") for n, _ in zip(sample_numbers(region), range(400), strict=False)
    ]
    for each in people:
        assert each.ported == (each.original != each.current)
        assert each.original.country == each.current.country
        assert (each.ported_date is not None) == (each.ported and each.region == "GB")


def test_networks_of_a_country_have_codes_of_their_own() -> None:
    """A network code is text: country code first, leading zeros kept, no two networks alike; some are partial."""
    britain = country_of("GB")
    codes = [network(name, britain, "44").mccmnc for name in sorted(set(choices(britain, "44")))]
    whole = [code for code in codes if len(code) == 5]
    assert len(set(whole)) == len(whole)
    assert all(code.startswith("234") for code in whole)
    assert "23401" in whole
    assert {len(code) for code in codes} == {0, 3, 5}


def test_carriers_are_those_of_the_numbering_plan() -> None:
    """The original network is the longest carrier prefix's, and an invented one where there is none."""
    assert carrier_of("447400123456") == "Three"
    assert World(7).subscriber("447400123456").original.name == "Three"
    mobile = next(find_numbers(World(7), lambda each: each.is_mobile, region="US"))
    assert World(7).subscriber(mobile).original.name in invented(country_of("US"))


def test_countries_are_those_of_libphonenumber() -> None:
    """Every country with a numbering plan is in the table, with distinct alpha-3 codes."""
    regions = phonenumbers.SUPPORTED_REGIONS
    assert {country_of(region).region for region in regions} == set(regions)
    assert {region_of_iso3(country_of(region).iso3) for region in regions} == set(regions)
    assert all(len(country_of(region).mcc) == 3 and country_of(region).mcc.isdigit() for region in regions)


def test_satellite_numbers_belong_to_no_country() -> None:
    """A number of a calling code without country has a subscriber all the same."""
    subscriber = World(7).subscriber("881612345678")
    assert (subscriber.number_type, subscriber.region, subscriber.original.country.iso3) == ("MOBILE", "001", "")


@pytest.mark.parametrize("text", ["07790606023", "447790606023", "00447790606023", "004407790606023"])
def test_input_format_forces_a_number_into_a_plan(text: str) -> None:
    """The documented spellings of a British number all give it, once the country is named."""
    assert World(7).subscriber(text, region="GB").msisdn == "447790606023"


@pytest.mark.parametrize("text", ["7148307000", "17148307000", "0017148307000"])
def test_input_format_usa(text: str) -> None:
    """The documented spellings of an American number all give it, once the country is named."""
    assert World(7).subscriber(text, region="US").msisdn == "17148307000"


@pytest.mark.parametrize("text", ["07790606023", "7148307000", "", "+", "000", "999999"])
def test_without_input_format_a_calling_code_is_needed(text: str) -> None:
    """National numbers and scraps are BAD_FORMAT when no country is named."""
    assert World(7).subscriber(text).number_type == "BAD_FORMAT"


def test_sampled_numbers_are_distinct_and_valid() -> None:
    """Sampled numbers are mobiles of the country by libphonenumber, each once."""
    numbers = [number for number, _ in zip(sample_numbers("FR"), range(300), strict=False)]
    assert len(set(numbers)) == 300
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(f"+{each}")) for each in numbers)


def test_a_country_without_numbers_is_refused() -> None:
    """Asking for numbers of no country is an error that says what to write."""
    with pytest.raises(ConfigError, match="alpha-2"):
        next(sample_numbers("ZZ"))
