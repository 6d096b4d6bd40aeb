"""Cells that hold several numbers are read by expressions as each of them is read alone."""

import random
from importlib import import_module

import polars as pl
import pytest

from helpers.phone_numbers import REGIONS, dialled, international
from helpers.untidy import Untidy
from hlrframe.phone.lists import listed_runs, with_second
from hlrframe.phone.notes import with_notes
from hlrframe.phone.parse import Rejection, explain_column, parse
from hlrframe.phone.reading import read_text
from hlrframe.phone.repair import spellings, tidy, unusable

#: The module: in the package its name is that of its first function.
PARSE = import_module("hlrframe.phone.parse")
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]


def drawn(seed, *, odd=False, count=4_000):
    """Gives cells with two to four numbers of all plans in them, or what comes near."""
    draw, chance = Untidy(seed, odd=odd), random.Random(seed)
    numbers = [f"+{each}" for each in international(1_000, seed=seed)] + dialled("GB", 1_000, seed=seed)
    numbers += [each for region in REGIONS[seed % 7 :: 30] for each in dialled(region, 100, seed=seed)]
    return [draw.list_of(tuple(chance.choices(numbers, k=chance.choice((2, 2, 2, 3, 4))))) for _ in range(count)]


def numbered(texts, region="GB"):
    """Gives texts as a column that is read in a region."""
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.with_columns(country=pl.lit(region, pl.String), row=pl.int_range(pl.len(), dtype=pl.UInt32))


def first_meaning(text):
    """Gives what a text means first, read alone."""
    tidied = tidy(text)
    spelling = None if unusable(tidied) else next(spellings(tidied), None)
    return spelling and (spelling.digits, spelling.international, next(iter(spelling.cuts), None))


@pytest.mark.parametrize("odd", [False, True], ids=["usual", "odd"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_number_of_a_list_is_what_its_text_means_first(seed, odd):
    """The run that the column takes for the first number is the first spelling of the text, or none is taken."""
    texts = drawn(seed, odd=odd)
    found = listed_runs(numbered(texts)).select("row", pl.struct("digits", "plus", "first")).rows()
    assert [(texts[row], run) for row, run in found if tuple(run.values()) != first_meaning(texts[row])] == []
    assert len(found) > len(texts) // (10 if odd else 4)


@pytest.mark.parametrize("odd", [False, True], ids=["usual", "odd"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_is_several_where_its_texts_are(seed, odd, monkeypatch):
    """A text of which the column says that it holds several numbers is one of which the same is said alone."""
    texts = drawn(seed, odd=odd, count=500)
    read = [getattr(parse(each, region="GB"), "digits", None) for each in texts]
    answers = numbered(texts).with_columns(msisdn=pl.Series(read, dtype=pl.String)).drop_nulls("msisdn")
    certain = [texts[row] for row in with_second(answers)["row"]]
    monkeypatch.setattr("hlrframe.phone.notes.FEW", len(texts))
    blank = answers.drop("row").with_columns(reason=pl.lit(None, pl.String), renumbered=pl.lit(None, pl.String))
    alone = with_notes(blank, suggest=False).filter(reading="several")["text"]
    assert set(certain) <= set(alone)
    assert certain


@pytest.mark.parametrize("region", [None, "GB", pytest.param("DE", marks=pytest.mark.slow)])
def test_a_column_of_lists_is_read_as_each_cell(region):
    """A long column of lists gets the numbers, reasons and notes of short ones, whose cells are read one by one."""
    texts = drawn(9, count=300)
    column = explain_column(pl.Series(texts), region=region, suggest=False)
    few = (
        explain_column(part, region=region, suggest=False)
        for part in (pl.Series(texts[at : at + 100]) for at in range(0, 300, 100))
    )
    assert column.equals(pl.concat(few))


@pytest.mark.parametrize(
    "form",
    [
        "0{0} {1} / 0{0} 9{2}",
        "0{0}{1}/0{0}9{2}",
        "0{0} {1}; 0{0} 9{2}",
        "+44 {0} {1}, +44 {0} 9{2}",
        "+44{0}{1} / +44{0}9{2}",
        "(0{0}) {1} or (0{0}) 9{2}",
        "0{0} {1}\n0{0} 9{2}",
        "0{0} {1} | 0{0} 9{2} | 0{0} 8{2}",
    ],
)
def test_the_usual_lists_are_read_by_expressions(form, monkeypatch):
    """No cell with two numbers of a usual form is read alone, neither for its number nor for its note."""
    texts = [form.format(7400 + at % 9, 100_000 + 7 * at, 10_000 + 3 * at) for at in range(400)]
    monkeypatch.setattr(PARSE, "read_text", lambda text, _: pytest.fail(f"read alone: {text}"))
    monkeypatch.setattr("hlrframe.phone.notes.spellings", lambda text: pytest.fail(f"looked at alone: {text}"))
    read = explain_column(pl.Series(texts), region="GB", suggest=False)
    assert read["msisdn"].to_list() == [f"44{7400 + at % 9}{100_000 + 7 * at}" for at in range(400)]
    assert set(read["reading"]) == {"several"}


@pytest.mark.parametrize(
    "text",
    [
        *("+35780112605 / (27742083)", "074007247 / (861137013) ) ", "1. 07400 123456; 2. 07400 123457"),
        *(
            "07400 123456 / 457",
            "12345; 07400 123456",
            "447400123456.0; 447400123457.0",
            "07400 123456 24/7, 0123456789",
        ),
    ],
)
def test_a_near_miss_of_a_list_is_what_it_means_first(text):
    """What a pattern a little wider would misread comes out as it is read alone, or is left alone."""
    found = listed_runs(numbered([text])).select("digits", "plus", "first").rows()
    assert found in ([], [first_meaning(text)])


@pytest.mark.parametrize(("region", "code"), [("GB", "44"), ("BR", "55"), ("MX", "52"), ("RU", "7"), ("CI", "225")])
def test_what_was_never_a_number_of_an_old_plan_is_rejected_by_expressions(region, code, monkeypatch):
    """Where a country renumbered, what neither today's plan nor an old one knows gets its reason in the column."""
    chance = random.Random(5)
    starts = (f"+{code}{chance.randrange(1, 10)}", f"0{chance.randrange(1, 10)}")
    written = [f"{start}{chance.randrange(10**10):010}" for start in starts for _ in range(300)]
    expected = {each: answer for each in written if isinstance(answer := parse(each, region=region), Rejection)}
    alone = []
    monkeypatch.setattr(PARSE, "read_text", lambda text, _: alone.append(text) or read_text(text, region))
    read = explain_column(pl.Series([*expected]), region=region, suggest=False)
    assert read["reason"].to_list() == [each.reason.value for each in expected.values()]
    assert len(alone) < len(expected) // 4
