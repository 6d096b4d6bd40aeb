"""Networks, countries and calling codes and types told from the digits."""

import phonenumbers
import polars as pl
from phonenumbers import carrier

from helpers.phone_numbers import international
from hlrframe.phone.networks import number_types, predict_networks
from hlrframe.phone.parse import parse_column
from hlrframe.phone.plans import type_of


def expected(digits):
    number = phonenumbers.parse(f"+{digits}")
    region = phonenumbers.region_code_for_number(number)
    name = carrier.name_for_valid_number(number, "en")
    return (str(number.country_code), None if region == "001" else region, name or None)


def test_predictions_are_those_of_libphonenumber():
    """Calling code, country and network of valid numbers of all plans are what libphonenumber gives one at a time."""
    written = pl.Series([f"+{each}" for each in international(8_000, seed=3)])
    numbers = parse_column(written)["msisdn"].drop_nulls()
    assert predict_networks(numbers).rows() == [expected(each) for each in numbers]
    assert len(numbers) > 4_000


def test_few_numbers_have_the_networks_of_many():
    """Whether a column is long or short, each number has the same place and network, cut short or no number too."""
    digits = pl.Series([*international(2_000, seed=4), None, "", "4474", "44740"])
    few = [predict_networks(digits[at : at + 100]) for at in range(0, len(digits), 100)]
    assert pl.concat(few).equals(predict_networks(digits))


def test_the_longest_prefix_names_the_network():
    """Ranges inside another network's range have their own name, and the numbers around them keep theirs."""
    prefixes = carrier.CARRIER_DATA
    inner = next(
        prefix
        for prefix, names in prefixes.items()
        if "en" in names and prefix[:-1] in prefixes and prefixes[prefix[:-1]].get("en") not in (None, names["en"])
    )
    numbers = pl.Series([inner.ljust(12, "5"), (inner[:-1] + str((int(inner[-1]) + 1) % 10)).ljust(12, "5")])
    assert predict_networks(numbers)["network"][0] == prefixes[inner]["en"]
    assert predict_networks(numbers)["network"].to_list() == [expected(each)[2] for each in numbers]


def test_a_shared_calling_code_is_split_into_its_countries():
    """The United States, Canada, Puerto Rico and Jersey, Guernsey, Britain are told apart."""
    numbers = pl.Series(["12015550123", "15062345678", "17872345678", "447797712345", "447781123456", "447400123456"])
    assert predict_networks(numbers)["region"].to_list() == ["US", "CA", "PR", "JE", "GG", "GB"]


def test_nulls_and_strangers_are_null_in_their_place():
    """Rows keep their order; what is no number has no place."""
    numbers = pl.Series([None, "447400123456", "999123", ""])
    assert predict_networks(numbers).rows() == [
        (None, None, None),
        ("44", "GB", "Three"),
        (None, None, None),
        (None, None, None),
    ]


def test_an_empty_column_gives_an_empty_frame():
    """The columns are there all the same, as text."""
    frame = predict_networks(pl.Series([], dtype=pl.String))
    assert frame.schema == dict.fromkeys(("calling_code", "region", "network"), pl.String)


def test_every_number_has_its_type():
    """Types stand in the order of the numbers, whether many or few share a calling code; nulls stay null."""
    digits = [*international(1_000, seed=6), *["447400123456"] * 40]
    column = pl.Series([None, *digits, None])
    assert number_types(column).to_list() == [None, *(type_of(each) for each in digits), None]
    assert number_types(pl.Series([], dtype=pl.String)).dtype == pl.String
