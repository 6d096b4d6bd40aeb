"""The numbering plans as column expressions give the answers of :mod:`hlrframe.phone.plans`, or none."""

import polars as pl
import pytest

from helpers.phone_numbers import REGIONS, dialled, international
from hlrframe.model.vocabulary import Reason
from hlrframe.phone import plan_exprs
from hlrframe.phone.plans import Msisdn, read, type_of


def rows(digits):
    return pl.DataFrame(
        {"row": pl.Series(range(len(digits)), dtype=pl.UInt32), "digits": pl.Series(digits, dtype=pl.String)}
    )


def rows_in(region, digits):
    return rows(digits).with_columns(country=pl.lit(region), first=pl.lit(None, pl.UInt32))


def compare(answers, digits, *, marked, region):
    """Gives the rows whose answer differs from the one that is read alone."""
    differing = []
    for row, msisdn, country, reason in answers.select("row", "msisdn", "region", "reason").iter_rows():
        one = read(digits[row], international=marked, region=region)
        wanted = (one.digits, one.region, None) if isinstance(one, Msisdn) else (None, None, one.reason.value)
        if wanted != (msisdn, country, reason):
            differing.append((digits[row], wanted, (msisdn, country, reason)))
    return differing


@pytest.mark.slow
def test_twenty_thousand_numbers_of_all_plans_are_read_alike():
    """International digits of every plan get the answer that they get alone, nearly all of them from the column."""
    digits = international(20_000, seed=1)
    answers = plan_exprs.read_international(rows(digits))
    assert compare(answers, digits, marked=True, region=None) == []
    assert answers.height > 0.9 * len(digits)
    assert answers["row"].is_unique().all()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_numbers_dialled_in_a_region_are_read_alike(part):
    """National, coded and foreign digits of a region, none of which start with 00, get the answer they get alone."""
    written = {each: dialled(each, 80, seed=2) for each in REGIONS[part::8]}
    written = {each: [one for one in digits if not one.startswith("00")] for each, digits in written.items()}
    asked = pl.concat([rows_in(region, digits) for region, digits in written.items()])
    answers = plan_exprs.read_national(asked.with_row_index("at").with_columns(row="at").drop("at"))
    assert answers["row"].is_unique().all()
    begin = 0
    for region, digits in written.items():
        here = answers.filter(pl.col("row").is_between(begin, begin + len(digits) - 1))
        assert compare(here.with_columns(pl.col("row") - begin), digits, marked=False, region=region) == [], region
        begin += len(digits)


@pytest.mark.parametrize(("region", "number"), [("GB", "07{}"), ("DE", "0151{}"), ("IN", "{}"), ("US", "212{}")])
def test_a_national_column_is_certain(region, number):
    """Numbers as a country writes them are read by the column, all of them, valid or not."""
    digits = [number.format(400_123_456 + 7 * each)[:11] for each in range(100)]
    assert plan_exprs.read_national(rows_in(region, digits)).height == 100


def test_a_calling_code_with_few_rows_is_left_out():
    """To compile the patterns of a plan for a handful of rows costs more than to read them alone."""
    few = ["447400123456"] * (plan_exprs.FEWEST_ROWS - 1)
    assert plan_exprs.read_international(rows(few)).is_empty()
    assert plan_exprs.read_international(rows([*few, "447400123457"])).height == plan_exprs.FEWEST_ROWS


def test_an_unknown_calling_code_is_rejected_however_few_rows_carry_it():
    """No plan needs to be compiled to know that there is none."""
    answers = plan_exprs.read_international(rows(["999123456", "0123456789"]))
    assert answers["reason"].to_list() == [Reason.UNKNOWN_COUNTRY] * 2


def test_a_trunk_zero_after_the_calling_code_goes():
    """The digits settle as they are read again."""
    answers = plan_exprs.read_international(rows(["4407400123456"] * plan_exprs.FEWEST_ROWS))
    assert set(answers["msisdn"]) == {"447400123456"}


def test_no_row_gives_no_answer():
    """An empty column is answered with an empty frame of the same columns."""
    assert plan_exprs.read_international(rows([])).columns == [*("row", "msisdn", "region", "reason", "settled")]
    assert plan_exprs.read_national(rows_in("GB", [])).is_empty()


def test_every_calling_code_is_found_by_its_first_digits():
    """Codes have one to three digits, and none starts another; what is no code is null."""
    digits = pl.DataFrame(
        {"digits": ["12125550123", "74951234567", "447400123456", "35312345678", "80012345678", "999"]}
    )
    assert digits.select(plan_exprs.calling_code(pl.col("digits"))).to_series().to_list() == [
        *("1", "7", "44", "353", "800", None)
    ]


def test_the_international_prefix_is_that_of_the_region():
    """What is dialled before a calling code differs from country to country."""
    assert (plan_exprs.international_prefix("GB"), plan_exprs.international_prefix("US")) == ("00", "011")


def test_types_are_those_of_libphonenumber():
    """Numbers of all plans, valid or not, have the type that they get alone, nearly all of them from the column."""
    digits = international(20_000, seed=4)
    types = plan_exprs.read_types(rows(digits))
    differing = [(digits[row], kind) for row, kind in types.rows() if kind != type_of(digits[row])]
    assert differing == []
    assert types.height > 0.9 * len(digits)
    assert types["row"].is_unique().all()
