"""How a number was read, and what may be wrong with a text that is none."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.examples import examples
from helpers.phone_numbers import REGIONS
from hlrframe.model import Reason
from hlrframe.phone import explain_column, parse_column
from hlrframe.phone.notes import suggestion_for
from hlrframe.phone.parse import Rejection, parse


@pytest.mark.parametrize(
    ("text", "region", "words"),
    [
        ("917-555-7890 12", "US", "the first 10 digits are a number of the United States"),
        ("(781) 474-11507", "US", "one digit is too many"),
        ("44 7400 123456", "US", "a number of the United Kingdom, if a plus stands before it"),
        ("551187654321", "US", "looks like a Brazilian mobile without its ninth digit, if a plus stands before it"),
        ("02 812 3456", "PH", "looks like a number of Manila of seven digits, as before 2019: ask for the new one"),
        ("555-1234", "US", "a local number of the United States: its area code is missing"),
        ("07400 12345", "GB", "1 digit fewer than a mobile of the United Kingdom has"),
        ("07700 900123", "GB", "as long as a mobile of the United Kingdom, but"),
        ("07400 123456", None, "name its country"),
        ("4.474E+11", "GB", "a spreadsheet took digits away"),
        ("call me", "GB", "no telephone number stands in the cell"),
        ("+9991234567", None, "no country has the calling code"),
    ],
)
def test_a_rejected_number_gets_a_suggestion(text, region, words):
    """What may be wrong is said in plain words."""
    answer = parse(text, region=region)
    assert isinstance(answer, Rejection)
    assert words in suggestion_for(text, region, answer.reason)
    assert words in explain_column(pl.Series([text]), region=region)["suggestion"][0]


@examples(40)
@given(
    st.lists(st.one_of(st.none(), st.text("0123456789+ ()-/,;x", max_size=24)), min_size=1, max_size=8),
    st.sampled_from([None, *REGIONS]),
)
def test_notes_change_no_answer(texts, region):
    """Numbers and reasons are those of a plain reading; each rejected cell that says something has a suggestion."""
    raw = pl.Series(texts, dtype=pl.String)
    noted = explain_column(raw, region=region)
    assert noted.select("msisdn", "reason", "region").equals(parse_column(raw, region=region))
    wanted = [reason not in {None, Reason.EMPTY} for reason in noted["reason"]]
    assert noted["suggestion"].is_not_null().to_list() == wanted


@given(st.text("0123456789+ ()-/", max_size=18), st.sampled_from([None, *REGIONS]))
def test_a_suggestion_shows_no_number(text, region):
    """What is said of a number may be shown anywhere: it has at most a few digits, and none of the cell's own."""
    answer = parse(text, region=region)
    if isinstance(answer, Rejection):
        said = suggestion_for(text, region, answer.reason) or ""
        assert all(len(word) <= 4 for word in said.split() if word.strip(",.:").isdigit())


@pytest.mark.parametrize(
    ("text", "region", "reading"),
    [
        ("07400 123456", "GB", None),
        ("07400 123456 x12", "GB", None),
        ("0171/1234567", "DE", None),
        ("020 7946 0000, London", "GB", None),
        ("+49 (0)30 1234567", None, None),
        ("07400 123456; 07400 123457", "GB", "several"),
        ("07400 123456 / 457", "GB", "several"),
        ("030 1234567/68", "DE", "several"),
        ("07400 123456 07400 123457", "GB", None),
        ("07400 123456 (wife: 07400 123457)", "GB", "several"),
        ("07400 123456; 07400 123456", "GB", None),
        ("+5215512345678", None, "renumbered"),
    ],
)
def test_how_a_number_was_read(text, region, reading):
    """The first of several numbers, and a number of an old plan, say so; labels, notes and areas are no numbers."""
    assert explain_column(pl.Series([text]), region=region)["reading"].to_list() == [reading]
