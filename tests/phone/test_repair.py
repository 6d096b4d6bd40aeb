"""What people write around the digits."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.model.vocabulary import Reason
from hlrframe.phone.repair import LONGEST_TEXT, is_vanity, longest_run, spellings, tidy, unusable

NOISE = st.text(st.one_of(st.characters(), st.sampled_from("0123456789+-./() ,;x#eE'\"=\n\u00a0\u200b\u0663\uff17")))


@given(NOISE)
def test_tidying_is_total_and_done_once(text):
    """Any text becomes a tidy one, which tidying leaves alone."""
    assert tidy(tidy(text)) == tidy(text)


@pytest.mark.parametrize("unit", ["=", '="', "'=", '"', " =", "= "])
def test_tidying_takes_linear_time(unit):
    """A megabyte of what spreadsheets put around a text is done in a moment."""
    began = time.perf_counter()
    assert tidy(f"{unit * 500_000}07400123456") == "07400123456"
    assert time.perf_counter() - began < 5


@given(NOISE)
def test_spellings_are_ascii_digits(text):
    """Whatever the text, what it may mean is digits."""
    for each in spellings(tidy(text)):
        assert each.digits.isascii()
        assert each.digits.isdigit()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("\uff0b\uff14\uff14 \uff17\uff14\uff10\uff10", "+44 7400"),
        ("\u0660\u0667\u0664\u0660\u0660", "07400"),
        ("\u096d\u096a\u0966\u0966", "7400"),
        ("\u202d+44\u00a07400\u2011123456\u202c", "+44 7400-123456"),
        ("\ufeff07400\u00ad123\u200b456", "07400123456"),
        ("'07400123456", "07400123456"),
        ('="07400123456"', "07400123456"),
        ("\u201807400123456\u2019", "07400123456"),
        ("07400\t123456\r", "07400 123456"),
        ("447400123456.0", "447400123456"),
        ("+447400123456.00", "+447400123456"),
        ("447,400,123,456", "447400123456"),
        ("4.47400123456E+11", "447400123456"),
        ("4,47400123456e11", "447400123456"),
        ("4.474001234560E+11", "447400123456"),
        ("4.4740012345E+11", "447400123450"),
        ("7.40012345E9", "7400123450"),
        ("4.47400123e+11", "4.47400123e+11"),
        ("+44&nbsp;7400", "+44 7400"),
        ("&amp;#43;44", "+44"),
        ("np.int64(447400123456)", "447400123456"),
        ("np.str_('+44 7400 123456')", "+44 7400 123456"),
        ("np.float64(447400123456.0)", "447400123456"),
        ("4.474001234567E+11", "4.474001234567E+11"),
    ],
)
def test_decay_that_lost_nothing_is_undone(raw, expected):
    """Digits of any script, invisible marks and number formats become plain digits, where every digit is there."""
    assert tidy(raw) == expected


MISSING = ["", " ", "-", "--", "nan", "NaN", "None", "NULL", "n/a", "N/A", "#N/A", "<NA>", "."]


@pytest.mark.parametrize("text", [*MISSING, "#N/D", "#NV", "#\u041d/\u0414"])
def test_nothing_is_empty(text):
    """What stands for a missing value in some tool is no number and no mistake."""
    assert unusable(tidy(text)) is Reason.EMPTY


@pytest.mark.parametrize(
    "text",
    [
        "4.4779E+11",
        "4,4779E+11",
        "4E+11",
        "4.474001234567E+11",
        "#######",
        "#VALUE!",
        "#REF!",
        "#DIV/0!",
        "#WERT!",
        "#¡VALOR!",
        "#NOM?",
        "#ЗНАЧ!",
    ],
)
def test_what_a_spreadsheet_destroyed_is_damage(text):
    """Lost digits and error cells cannot be mended, and say so."""
    assert unusable(tidy(text)) is Reason.SPREADSHEET_DAMAGE


@pytest.mark.parametrize(
    "text",
    ["call me", "2024-01-15", "2024-01-15 10:30:00", "15/01/2024", "15.1.2024", "-447400123456", "7" * 251, "??"],
)
def test_dates_words_negatives_and_prose_are_no_numbers(text):
    """Digits in the shape of something else are not read as a number."""
    assert unusable(tidy(text)) is Reason.NOT_A_NUMBER


def test_the_longest_text_is_still_looked_at():
    """The bound is part of what is read."""
    assert unusable("7" * LONGEST_TEXT) is None


def first(text):
    return next(iter(spellings(text)), None)


@pytest.mark.parametrize(
    ("text", "digits", "international"),
    [
        ("+44 (0)7400-123.456", "4407400123456", True),
        ("(+44) 7400 123456", "447400123456", True),
        ("+ 44 7400 123456", "447400123456", True),
        ("0171/1234567", "01711234567", False),
        ("tel:+44-7400-123456;ext=12", "447400123456", True),
        ("tel:7400-123456;phone-context=+44", "447400123456", True),
        ("sms:+447400123456?body=hi%205", "447400123456", True),
        ("https://wa.me/447400123456?text=12", "447400123456", True),
        ("https://api.whatsapp.com/send?text=1&phone=%2B447400123456", "447400123456", True),
        ("Mob: 07400 123456", "07400123456", False),
        ("07400 123456 (mob, after 6pm)", "07400123456", False),
        ("07400 123456 x123", "07400123456", False),
        ("07400123456ext. 12", "07400123456", False),
        ("07400123456 #12", "07400123456", False),
        ("(0xx11) 98765-4321", "011987654321", False),
        ("0XX-11-98765-4321", "011987654321", False),
        ("+55 (0**11) 98765-4321", "55011987654321", True),
    ],
)
def test_the_whole_text_is_the_likeliest_meaning(text, digits, international):
    """Marks, links, labels, notes and extensions fall away."""
    spelling = first(text)
    assert (spelling.digits, spelling.international) == (digits, international)


def test_a_bracketed_zero_may_also_be_left_out():
    """Plans without a trunk zero know the number only without it."""
    assert [each.digits for each in spellings("+34 (0)612345678")] == ["340612345678", "34612345678"]


@pytest.mark.parametrize("separator", ["; ", ",", " | ", "\n", " or ", " und ", " & "])
def test_a_list_is_read_in_order(separator):
    """Each part of a list stands for itself."""
    numbers = ["07400123456", "07400123457", "07400123458"]
    assert [each.digits for each in spellings(separator.join(numbers))] == numbers


def test_a_short_part_ends_a_list():
    """What follows an area code that was cut off is half a number."""
    assert list(spellings("030, 1234567")) == []


@pytest.mark.parametrize("text", ["user1234567@example.com", "AB1234567", "1234567th"])
def test_digits_inside_a_word_are_no_number(text):
    """An address or a name with digits in it means nothing."""
    assert list(spellings(text)) == []
    assert longest_run(text) is None


def test_letters_are_dialled_where_there_are_three_of_them():
    """1-800-FLOWERS is spelt with letters; an extension is not."""
    assert [is_vanity(text) for text in ("1-800-FLOWERS", "0800 123 x12", "FLOWERS")] == [True, False, False]
