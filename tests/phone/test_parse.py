"""Text to numbers: one text, a column of them, and that both doors agree."""

import random
import re
from importlib import import_module

import phonenumbers
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from helpers.agreement import MEANT, differences
from helpers.examples import examples
from helpers.mess import MESS
from helpers.phone_numbers import REGIONS, dialled, international, spell
from helpers.strays import cases
from hlrframe.errors import ConfigError, InputError
from hlrframe.model.vocabulary import Reason
from hlrframe.phone.parse import Msisdn, Rejection, explain_column, parse, parse_column
from hlrframe.phone.repair import tidy

SOME_REGION = st.sampled_from([None, "GB", "US", "DE", "IT", "AR", "BR"])
ANYTHING = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("0123456789+-./() ,;x#eE'\"=\n\u00a0\u200b\u0663\uff17")),
    max_size=40,
)
NEAR_MISS = st.from_regex(
    r"[+(]{0,2}(00)?(44|49|1|39)?[ (]?0?[)]?[0-9 ()./-]{5,14}(\.0|x[0-9]{2}|;[0-9]{9})?", fullmatch=True
)
TEXT = st.one_of(ANYTHING, NEAR_MISS)


def outcome(text, *, region=None):
    answer = parse(text, region=region)
    return answer.digits if isinstance(answer, Msisdn) else answer.reason


def row(answer):
    if isinstance(answer, Msisdn):
        return (answer.digits, None, answer.region)
    return (None, answer.reason.value, None)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+963 11 238 1287-1234", "SY"),
        ("+963 11 331 3456-1234", "SY"),
        ("+963 21 238 1287-1234", "SY"),
        ("+963 11 238 1287-1234 (office)", "SY"),
    ],
)
def test_the_end_of_a_run_is_no_number_of_its_own(text, region):
    """Digits behind others that are no number by themselves are the end of one that is too long."""
    assert outcome(text, region=region) == Reason.TOO_LONG


def test_a_second_number_in_a_run_is_read_where_the_first_is_one():
    """Two numbers behind each other, with nothing but a blank between them, are still found."""
    assert outcome("+44 7400 123456 +44 7400 654321") == "447400123456"


@pytest.mark.parametrize(
    "text",
    [
        "+44 (0)7400 123456",
        "0044 7400 123456",
        "447400123456",
        "447400123456.0",
        "4.47400123456E+11",
        "\uff0b\uff14\uff14\uff17\uff14\uff10\uff10\uff11\uff12\uff13\uff14\uff15\uff16",
        "+\u0664\u0664 7400 \u06f1\u06f2\u06f3456",
        "\u202a+44\u00a07400\u00a0123456\u202c",
        "+44.7400.123456",
        "+44-7400/123456",
        "'+447400123456",
        "tel:+44-7400-123456;ext=9",
        "https://wa.me/447400123456",
        "+44 7400 123456 ext. 12",
        "+44 7400 123456x123",
        "+447400123456 or +447400123457",
        "447400123456; 447400123457",
        "+447400123456/+447400123457",
        "447400123456 (mob, after 6pm)",
        "Please call +44 7400 123456 before 2026-12-24, room 112",
    ],
)
def test_every_spelling_of_a_number_is_the_number(text):
    """However an international number is written, it is read, without a region and in any."""
    assert {outcome(text, region=region) for region in (None, "GB", "US")} == {"447400123456"}


@pytest.mark.parametrize(
    ("text", "region", "digits"),
    [
        ("07400 123456", "GB", "447400123456"),
        ("07400 123456", "gb", "447400123456"),
        ("(0)7400 123456", "GB", "447400123456"),
        (" 07400 123456 (mob, after 6pm)", "GB", "447400123456"),
        ("07400 123456 after 6", "GB", "447400123456"),
        ("07400123456/24", "GB", "447400123456"),
        ("call 07400 123456 pin 1234", "GB", "447400123456"),
        ("0171/1234567", "DE", "491711234567"),
        ("(212) 456-7890", "US", "12124567890"),
        ("011 44 7400 123456", "US", "447400123456"),
        ("1-800-FLOWERS", None, "18003569377"),
        ("0800 FLOWERS", "GB", "448003569377"),
        ("+34 (0)612345678", None, "34612345678"),
        ("+39 06 12345678", None, "390612345678"),
        ("+800 1234 5678", None, "80012345678"),
    ],
)
def test_a_column_of_a_country_reads_as_it_is_written_there(text, region, digits):
    """National spellings need their region; letters, areas and prefixes mean what they mean there."""
    assert outcome(text, region=region) == digits


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("013 0323560", "FI", Reason.NOT_IN_PLAN),
        (None, None, Reason.EMPTY),
        ("", None, Reason.EMPTY),
        (" \u200b\n", "GB", Reason.EMPTY),
        ("n/a", "GB", Reason.EMPTY),
        ("call me", "GB", Reason.NOT_A_NUMBER),
        ("user1234567@example.com", "GB", Reason.NOT_A_NUMBER),
        ("2026-11-23", "DE", Reason.NOT_A_NUMBER),
        ("4.4740E+11", "GB", Reason.SPREADSHEET_DAMAGE),
        ("#REF!", None, Reason.SPREADSHEET_DAMAGE),
        ("07400 123456", None, Reason.NEEDS_REGION),
        ("call 07400 123456 pin 1234", None, Reason.NEEDS_REGION),
        ("+99 9123 456 789", "GB", Reason.UNKNOWN_COUNTRY),
        ("+44 7400", "GB", Reason.TOO_SHORT),
        ("+44 7400 1234567", "GB", Reason.TOO_LONG),
        ("07700 900123", "GB", Reason.NOT_IN_PLAN),
        ("030, 1234567", "DE", Reason.NOT_IN_PLAN),
        ("+49 151 1234 mob", "DE", Reason.NOT_IN_PLAN),
    ],
)
def test_what_is_no_number_says_why(text, region, reason):
    """A rejection has one stable reason."""
    assert outcome(text, region=region) is reason


def test_words_are_not_dialled_into_a_mobile():
    """Letters make service numbers only: a note that fits the keys of a telephone makes nobody's number."""
    assert outcome("212-555 home", region="US") is Reason.TOO_SHORT


@given(st.one_of(st.none(), st.text(), TEXT), SOME_REGION)
def test_reading_never_raises(text, region):
    """Any text is a number or a rejection that a row can carry."""
    answer = parse(text, region=region)
    assert isinstance(answer, Msisdn | Rejection)


@given(TEXT, SOME_REGION)
def test_an_answer_reads_as_itself(text, region):
    """A number is the same number again, bare without a region and with a plus in any."""
    answer = parse(text, region=region)
    if isinstance(answer, Msisdn):
        assert parse(answer.digits) == answer
        assert parse(f"+{answer.digits}", region=region) == answer


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("(781) 474-1150/7", "US", "17814741150"),
        ("(917) 555-7890/91", "US", "19175557890"),
        ("612 28 69 94/95", "ES", "34612286994"),
        ("98765-43210/11", "IN", "919876543210"),
        ("9198765432/33", "IN", "919198765432"),
        ("508 051 076/7", "PL", "48508051076"),
        ("601 626 947/48", "CZ", "420601626947"),
        ("030 1234567/68", "DE", "49301234567"),
        ("+49 30 1234567/68", None, "49301234567"),
        ("+598 21494/457", "UY", "59821494"),
        ("3101/7", "TK", "6903101"),
        ("3101/712", "TK", "6903101"),
        ("31165 (20)", "TK", "69031165"),
        ("(781) 474-1150/7", None, Reason.NEEDS_REGION),
        ("917-555-7890 12", "US", Reason.TOO_LONG),
        ("(781) 474-11507", "US", Reason.TOO_LONG),
        ("(781) 474-11507", None, Reason.NEEDS_REGION),
        ("91234 56789 12", "IN", Reason.TOO_LONG),
        ("44 7400 123456", "US", Reason.TOO_LONG),
        ("447400123456", "US", "447400123456"),
        ("44 7400 123456", None, "447400123456"),
        ("13 00 12 after 6", "CX", Reason.NOT_A_NUMBER),
        ("0711 896-0/12", "DE", "497118960"),
        ("0171/1234567", "DE", "491711234567"),
        ("+49/30/1234567", "US", "49301234567"),
        ("07400 123456 (20/12/2024)", "GB", "447400123456"),
        ("030 1234567 (12)", "DE", "49301234567"),
    ],
)
def test_marks_make_no_number_that_nobody_wrote(text, region, expected):
    """A list is divided before it is joined, and grouped digits are never read as a number of another country."""
    assert outcome(text, region=region) == expected
    column = (
        parse_column(pl.Series([f"{' ' * at}{text}" for at in range(40)]), region=region)
        .select(pl.coalesce("msisdn", "reason"))
        .to_series()
    )
    assert set(column) == {expected}


GROUPS = st.lists(
    st.tuples(
        st.from_regex(r"[0-9]{1,11}", fullmatch=True), st.sampled_from(["", " ", "-", "/", ".", " (", ") ", ", "])
    ),
    min_size=1,
    max_size=6,
).map(lambda groups: "".join(digits + mark for digits, mark in groups))


def is_written(number, text):
    """Whether the digits of a number stand in a text as one run, its trunk prefix and calling code aside."""
    texts = (tidy(text), re.sub(r"[(\[] *0 *[)\]]", "", tidy(text), count=1))
    parsed = phonenumbers.parse(f"+{number}")
    own = phonenumbers.national_significant_number(parsed)
    region = phonenumbers.region_code_for_country_code(parsed.country_code)
    plans = [phonenumbers.PhoneMetadata.metadata_for_region(each, None) for each in (number_region(parsed), region)]
    # Some plans write another prefix, or the area of a short local number, before the digits that were dialled.
    own = own[-6:] if any(plan and plan.national_prefix_transform_rule for plan in plans) else own
    return any(own in "".join(filter(str.isdigit, each)) for each in texts)


def number_region(parsed):
    """Gives the region of a number, or a plan without rules."""
    return phonenumbers.region_code_for_number(parsed) or "GB"


@given(st.one_of(GROUPS, NEAR_MISS, GROUPS.map("+{}".format)), st.sampled_from([None, *REGIONS]))
def test_a_number_stands_in_its_text(text, region):
    """No text ever gives a number whose digits do not stand in it one behind the other."""
    answer = parse(text, region=region)
    assert isinstance(answer, Rejection) or answer.renumbered or is_written(answer.digits, text)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_stands_behind_a_number_makes_no_other_number(seed):
    """Ends of lists, notes, extensions and second numbers, in all plans, leave the number that is written or none."""
    assert [case for case in cases(700, seed=seed) if case.is_stray] == []


@examples(40)
@given(st.lists(st.one_of(st.none(), TEXT), max_size=30), SOME_REGION)
def test_a_column_of_messes_reads_like_each_alone(texts, region):
    """Both doors mean the same, row by row, repeats and nulls included."""
    column = parse_column(pl.Series(texts, dtype=pl.String), region=region)
    assert column.rows() == [row(parse(text, region=region)) for text in texts]


def test_few_texts_say_what_many_say(monkeypatch):
    """A short column is read without expressions: numbers, reasons, readings, suggestions and types are the same."""
    texts, regions, _ = zip(*MESS, (None, "GB", None), strict=True)
    columns = {"raw": pl.Series(texts, dtype=pl.String), "regions": pl.Series(regions, dtype=pl.String)}
    many = explain_column(**columns)
    module = import_module("hlrframe.phone.parse")
    monkeypatch.setattr(module, "FEW", len(texts))
    monkeypatch.setattr(module, "_in_columns", None)
    assert_frame_equal(explain_column(**columns), many)
    assert_frame_equal(explain_column(columns["raw"][:0]), many[:0])


@examples(20)
@given(st.lists(NEAR_MISS, min_size=1, max_size=4), SOME_REGION)
def test_many_near_misses_read_like_each_alone(texts, region):
    """Where a column has rows enough to be read by expressions, it means the same."""
    column = parse_column(
        pl.Series([f"{text}{'' if at else ' '}" for text in texts for at in range(40)]), region=region
    )
    assert set(column.rows()) == {row(parse(text, region=region)) for text in texts}


@pytest.mark.parametrize(
    "region", [None, "GB", *(pytest.param(each, marks=pytest.mark.slow) for each in ("US", "DE", "IT", "AR", "BR"))]
)
def test_spelt_numbers_of_all_plans_read_like_each_alone(region):
    """Numbers of all plans in every spelling get the same answer from both doors, and most are numbers."""
    chance = random.Random(5)
    digits = international(800, seed=6) + (dialled(region, 400, seed=7) if region else [])
    texts = [spell(each, chance) for each in digits]
    column = parse_column(pl.Series(texts), region=region)
    assert column.rows() == [row(parse(text, region=region)) for text in texts]
    assert column["msisdn"].count() > 0.35 * len(texts)


def test_clean_columns_are_read_by_expressions():
    """Thousands of clean numbers of all plans give what was written, in order."""
    valid = [each for each in international(6_000, seed=8) if isinstance(parse(f"+{each}"), Msisdn)]
    column = parse_column(pl.Series([f"+{each}" for each in valid]))
    assert column["msisdn"].to_list() == [parse(f"+{each}").digits for each in valid]
    assert column["reason"].null_count() == len(valid)


def test_a_column_has_three_text_columns_and_its_rows():
    """Rows keep their number and order; exactly one of number and reason is given; a rejection has no region."""
    column = parse_column(pl.Series(["+447400123456", None, "+447400123456", "x"]))
    assert column.schema == dict.fromkeys(("msisdn", "reason", "region"), pl.String)
    assert column.rows() == [
        ("447400123456", None, "GB"),
        (None, "empty", None),
        ("447400123456", None, "GB"),
        (None, "not_a_number", None),
    ]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([447400123456, None]),
        pl.Series([447400123456.0, None]),
        pl.Series(["447400123456", None], dtype=pl.Categorical),
        pl.Series(["447400123456", None]).cast(pl.Decimal(20, 2)),
    ],
    ids=["integers", "floats", "categories", "decimals"],
)
def test_numbers_stored_as_something_else_keep_their_digits(column):
    """Whole numbers, exact floats, decimals and categories are read as their text."""
    assert parse_column(column).rows() == [("447400123456", None, "GB"), (None, "empty", None)]


def test_a_float_that_is_no_whole_number_is_none():
    """Fractions, infinities and not-a-number are rejected, each as what it is."""
    column = pl.Series([float("nan"), float("inf"), 44740012.5])
    assert parse_column(column, region="GB")["msisdn"].null_count() == 3
    assert parse_column(column)["reason"][0] == "empty"


@pytest.mark.parametrize("kind", [pl.Boolean, pl.Date, pl.Float32, pl.List(pl.String)])
def test_a_column_that_cannot_hold_numbers_is_refused(kind):
    """A type that has lost digits, or never had any, is the caller's mistake and named."""
    with pytest.raises(InputError, match="column of"):
        parse_column(pl.Series([None], dtype=kind))


@pytest.mark.parametrize("kind", [pl.String, pl.Null, pl.Int64])
def test_an_empty_column_gives_an_empty_frame(kind):
    """No rows in, no rows out, and the columns are there."""
    assert parse_column(pl.Series([], dtype=kind), region="GB").shape == (0, 3)


def test_a_region_that_is_none_is_an_error():
    """A wrong region is not a property of a row."""
    with pytest.raises(ConfigError):
        parse("07400 123456", region="Narnia")
    with pytest.raises(ConfigError):
        parse_column(pl.Series(["07400 123456"]), region="XX")


@pytest.mark.parametrize(("text", "region", "expected"), MESS)
def test_a_messy_cell_ends_as_a_number_or_a_reason(text, region, expected):
    """What people, forms and spreadsheets leave in a cell is the number that it evidently means, or says why not."""
    assert outcome(text, region=region) == expected


def test_a_column_of_messy_cells_reads_like_each_alone():
    """The table read as one column, each row with its own country, gives the same answers."""
    texts, regions, expected = zip(*MESS, strict=True)
    column = parse_column(pl.Series(texts), regions=pl.Series(regions))
    assert column.select(pl.coalesce("msisdn", "reason")).to_series().to_list() == list(expected)


#: Cells that libphonenumber reads otherwise: letters for keys that may be words, words grown into digits, an extension
#: joined to the number, and an exponent taken for digits.
OURS_ALONE = {
    *("+1 (212) 555 HOME", "07400 XXXXXX", "P07400123456", "07400123456m", "07400123456e"),
    *("030 1234567 DW-123", "7.40012345E9"),
}


@pytest.mark.parametrize(("text", "region", "expected"), MESS)
def test_what_libphonenumber_reads_is_read_alike(text, region, expected):
    """Where libphonenumber calls a cell valid as it stands, it is that number here, the listed cells apart."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_valid_number(number) and text not in OURS_ALONE:
        assert f"+{expected}" == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_every_number_of_the_table_is_valid():
    """What is expected is a number to libphonenumber, or a reason that a rejected row can have."""
    numbers = [expected for *_, expected in MESS if expected.isdigit()]
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(f"+{each}")) for each in numbers)
    assert {expected for *_, expected in MESS if not expected.isdigit()} <= set(Reason)
    assert len(numbers) > 250


@pytest.mark.slow
@examples(30)
@given(st.lists(st.tuples(st.one_of(st.none(), TEXT), SOME_REGION), max_size=30), SOME_REGION)
def test_each_row_is_read_in_its_own_country(rows, region):
    """A row with a country is read there, whatever the others are; one without is read in the column's own."""
    texts = pl.Series([text for text, _ in rows], dtype=pl.String)
    column = parse_column(texts, region=region, regions=pl.Series([own for _, own in rows], dtype=pl.String))
    assert column.rows() == [row(parse(text, region=own or region)) for text, own in rows]


@pytest.mark.slow
def test_many_countries_in_one_column_read_like_each_alone():
    """National numbers of every plan, enough of each to be read by expressions, mean what they mean alone."""
    chance = random.Random(11)
    rows = [(spell(each, chance), region) for region in REGIONS for each in dialled(region, 36, seed=12)]
    chance.shuffle(rows)
    column = parse_column(pl.Series([text for text, _ in rows]), regions=pl.Series([region for _, region in rows]))
    some = chance.sample(range(len(rows)), 2_000)
    assert [column.row(each) for each in some] == [row(parse(rows[each][0], region=rows[each][1])) for each in some]


def test_an_empty_country_falls_back():
    """A cell that says nothing leaves its row to the column's own region, and to none without one."""
    nothing = [None, "", " ", "-", "n/a", "NULL", "\u200b", "uk"]
    texts, regions = pl.Series(["07400 123456"] * len(nothing)), pl.Series(nothing)
    assert parse_column(texts, regions=regions)["reason"].to_list() == ["needs_region"] * 7 + [None]
    assert set(parse_column(texts, region="GB", regions=regions)["msisdn"]) == {"447400123456"}


@pytest.mark.parametrize("region", [None, "GB", "DE", "IN"])
@pytest.mark.parametrize("country", ["Narnia", "?", "Ireland (UK)", "IT-VA", "999"])
def test_a_country_that_is_not_understood_rejects_its_row(country, region):
    """A number is never read in another country than the one that stands beside it; a plus needs none."""
    texts = pl.Series(["2125557890", "07400 123456", "447400123456", "+447400123456", "n/a", "x"] * 40)
    column = parse_column(texts, region=region, regions=pl.Series([country] * len(texts)))
    lost = (None, "unknown_region", None)
    wanted = [lost, lost, lost, ("447400123456", None, "GB"), (None, "empty", None), (None, "not_a_number", None)]
    assert column.rows() == wanted * 40


def test_only_the_row_of_a_country_that_is_not_understood_is_rejected():
    """The same text is a number beside a country, and none beside what is not understood."""
    texts, regions = pl.Series(["07400 123456"] * 3), pl.Series(["UK", "Narnia", None])
    read = parse_column(texts, region="GB", regions=regions)
    assert read["reason"].to_list() == [None, "unknown_region", None]


@pytest.mark.slow
def test_answers_are_those_of_libphonenumber():
    """Clean numbers of all plans, international and national, are what libphonenumber says, or differ as is listed."""
    found = differences(10_000, seed=2)
    assert {case.why for case in found} <= MEANT.keys()
    assert len(found) < 100
    lost = [case for case in found if case.theirs and not case.ours]
    assert [case for case in lost if case.why != "unsettled"] == []
