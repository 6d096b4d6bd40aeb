"""Dates and times beside a number are no digits of it."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.phone import Msisdn, parse, parse_column
from hlrframe.phone.dated import without_times

NOTES = [
    *("20/12/2024", "20.12.2024", "2024-12-20", "1.1.2020", "20.12.24", "20-12-2024", "2024-12-20T10:30:00Z"),
    *("2024-12-20 10:30:00", "20 Dec 2024", "Dec 20, 2024", "20. Dezember 2024", "10:32, 20/12/2024", "1st"),
    *("12:30", "9:00-17:00", "9am-5pm", "9-17 Uhr", "9h-18h", "18h30", "24/7", "after 18:00", "[20/12/2024, 10:30]"),
]
NUMBERS = [
    ("07400 123456", "GB", "447400123456"),
    ("030 12345", "DE", "493012345"),
    ("0664 1234567", "AT", "436641234567"),
    ("+49 30 1234567", None, "49301234567"),
    ("(917) 555-7890", "US", "19175557890"),
]


@pytest.mark.parametrize(("number", "region", "digits"), NUMBERS)
@pytest.mark.parametrize("form", ["{number} {note}", "{number} ({note})", "{note} {number}", "{number}, {note}"])
def test_a_time_beside_a_number(number, region, digits, form):
    """A date or a time before or behind a number leaves the number as it is, one at a time and in a column."""
    texts = {note: form.format(number=number, note=note) for note in NOTES}
    alone = Msisdn(digits, parse(f"+{digits}").region)
    assert {note: parse(text, region=region) for note, text in texts.items()} == dict.fromkeys(NOTES, alone)
    column = parse_column(pl.Series(texts.values()), region=region)["msisdn"]
    assert dict(zip(texts, column, strict=True)) == dict.fromkeys(NOTES, digits)


@pytest.mark.parametrize(
    ("text", "region", "digits"),
    [
        ("06.12.34.56.78", "FR", "33612345678"),
        ("8 (4012) 20-12-24", "RU", "74012201224"),
        ("+41 44 201 12 24", None, "41442011224"),
        ("02/201.12.24", "BE", "3222011224"),
        ("20.12.24.33", "DK", "4520122433"),
        ("030 20.12.2024", "DE", "493020122024"),
        ("May 06 12 34 56 78", "FR", "33612345678"),
        ("06 12 34 56 12 Jan", "FR", "33612345612"),
    ],
)
def test_groups_that_look_like_a_date(text, region, digits):
    """Groups of a number that could be a date are its groups, where it is none without them; months may be names."""
    assert parse(text, region=region) == Msisdn(digits, parse(f"+{digits}").region)


@given(st.text(st.sampled_from("0123456789-/.:, ()Tphamuhr"), max_size=40))
def test_what_is_taken_out_is_enough(text):
    """Taking times out leaves seven digits, or the text as it was; no digit is added."""
    rest, _ = without_times(text)
    assert rest == text or sum(map(str.isdigit, rest)) >= 7
    assert len(rest) <= len(text)
