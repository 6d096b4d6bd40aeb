"""The runs of digits that a column finds in its texts are what each text means first, read alone."""

import random

import polars as pl
import pytest

from helpers.phone_numbers import REGIONS, dialled, international
from helpers.untidy import Untidy
from hlrframe.phone.characters import plain
from hlrframe.phone.parse import Msisdn, parse, parse_column
from hlrframe.phone.repair import spellings, tidy, unusable
from hlrframe.phone.repair_exprs import LETTERS, MET
from hlrframe.phone.runs import bared_runs, clean_runs

USUAL = (
    *("+44 (0){} {}", "(0{}) {}", "0{} {} ext. 12", "0{} {} x12", "0{} {}#12", "0{} {};ext=9", "+44 (0){} {} ext. 7"),
    *("Tel: 0{} {}", "tel. 0{}-{}", "Phone (work): (0{}) {}", "Téléphone : 0{} {}", "M 0{} {} x12", "Tel - 0{} {}"),
    *("0{} {} (mobile)", "0{} {}, office", "0{} {} - home", "0{} {} works", "Tel: 0{} {} (ask for Ann)"),
    *(
        "  0{}   {} ",
        "'0{}{}",
        '="0{} {}"',
        "\u202a+44\u00a0{}\u2011{}\u202c",
        "0{}\t{}",
        "0{} - {}",
        "0{}/{}",
        "0{} / {}",
    ),
    *("0{} {}/57", "+44 {} {} / 8", "tel:+44-{}-{}", "tel://0{}{};ext=4", "sms:+44{}{}", "https://wa.me/44{}{}"),
)


def first_meaning(text):
    tidied = tidy(text)
    spelling = None if unusable(tidied) else next(spellings(tidied), None)
    return spelling and (spelling.digits, spelling.international, next(iter(spelling.cuts), None))


def numbered(texts):
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.with_columns(country=pl.lit(None, pl.String), row=pl.int_range(pl.len(), dtype=pl.UInt32))


def misread(runs, texts):
    found = runs.select("row", pl.struct("digits", "plus", "first")).rows()
    return [(texts[row], run) for row, run in found if tuple(run.values()) != first_meaning(texts[row])]


def row(answer):
    return (answer.digits, None, answer.region) if isinstance(answer, Msisdn) else (None, answer.reason.value, None)


@pytest.mark.parametrize("odd", [False, True], ids=["usual", "odd"])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_a_run_is_what_its_text_means_first(seed, odd):
    """Whatever stands around digits, the column takes off what is taken off one text, or leaves the text alone."""
    draw = Untidy(seed, odd=odd)
    texts = [draw.text() for _ in range(25_000)]
    bare = bared_runs(numbered(texts))
    assert misread(bare, texts) == []
    assert misread(clean_runs(numbered(texts)), texts) == []
    assert bare.height > len(texts) // (100 if odd else 20)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ext 1234567 x123",
            "int 7400123 ext. 45",
            "07400 123456ext,,12",
            "07400 123456 x,,12",
            "next 07400123456 x1",
        ),
        *(
            "030/1234567/12",
            "12(0)(0)(0)(0)3/4",
            "0049 30 1234567/12",
            "Tel: 07400123456.0",
            "07400123456 ext 123456789",
        ),
        *("wa.me/ 07400123456", "Tel: 07400 123456 9:00", "may 1 2020 07400123456", "07400 123456 12 h"),
    ],
)
def test_a_near_miss_is_what_it_means_first(text):
    """Texts that a pattern a little wider would misread come out as they are read alone, or are left alone."""
    assert misread(bared_runs(numbered([text])), [text]) == []


@pytest.mark.parametrize("form", USUAL)
def test_the_usual_forms_are_read_by_expressions(form):
    """No text of a usual form has to be read alone."""
    texts = [form.format(7400 + at, 123_456 + 7 * at) for at in range(40)]
    assert pl.concat([bared_runs(numbered(texts)), clean_runs(numbered(texts))])["row"].n_unique() == len(texts)
    assert set(parse_column(pl.Series(texts), region="GB")["msisdn"]) == {
        f"44{7400 + at}{123_456 + 7 * at}" for at in range(40)
    }


@pytest.mark.parametrize(
    "text", ["24/7 1479499", "(0785 1058714)2-1-2020", "24/7 444131212579", f"{'(' * 300}07400123456"]
)
def test_a_run_holds_no_time_and_is_no_prose(text):
    """What is no digit of a number in one text is none in a column, with brackets and blanks around it or none."""
    texts = [f"{text}{' ' * at}" for at in range(40)]
    assert set(parse_column(pl.Series(texts), region="GB").rows()) == {row(parse(text, region="GB"))}


@pytest.mark.parametrize("region", [None, "GB", *(pytest.param(r, marks=pytest.mark.slow) for r in REGIONS[::12])])
def test_untidy_numbers_of_all_plans_read_like_each_alone(region):
    """Numbers of all plans, valid or not, in untidy texts, get the same answer from both doors."""
    draw = Untidy(4)
    numbers = [f"+{each}" for each in international(500, seed=5)] + (dialled(region, 900, seed=6) if region else [])
    texts = [draw.text(each) for each in numbers]
    assert parse_column(pl.Series(texts), region=region).rows() == [row(parse(each, region=region)) for each in texts]


def test_letters_of_labels_stay_as_they_are():
    """A letter that may stand in a label is no other one, no mark, and no sign of a wrong decoding."""
    letters = pl.Series([chr(each) for each in range(0x250)])
    for each in letters.filter(letters.str.contains(f"^[{LETTERS}]$")):
        assert tidy(f"07400 {each} 123456") == f"07400 {each} 123456"


def test_met_marks_stand_for_a_blank_a_dash_or_nothing():
    """What a column writes in plain characters says nothing that one text would not say."""
    assert {plain(each) for each in MET} == {" ", "-", ""}


@pytest.mark.slow
@pytest.mark.parametrize("label", ["", "Tel: ", "tel:", "M or T: ", "ext ", "  "])
@pytest.mark.parametrize("region", ["US", "IN", None])
def test_what_is_no_number_behind_a_label_has_its_own_reason(region, label):
    """Digits behind a label are rejected by a column as they are alone, for the same reason."""
    chance = random.Random(7)
    digits = [f"{each}{chance.choice(('', '5', ' 2) 555'))}" for each in international(400, seed=8)]
    texts = [label + "".join(each + chance.choice(("", "", "", " ", "-", ") ")) for each in one) for one in digits]
    assert parse_column(pl.Series(texts), region=region).rows() == [row(parse(each, region=region)) for each in texts]


@pytest.mark.parametrize("text", ["Tel: 91) 74104101 2) 555", "91) 74104101 2) 555"])
def test_an_item_of_a_list_is_divided_from_the_next(text):
    """Digits that the mark of an item divides are more than one number or none, with a label before them or not."""
    texts = [text + " " * at for at in range(40)]
    assert set(parse_column(pl.Series(texts), region="IN")["msisdn"]) == {"919174104101"}
