"""What the numbering plans alone say of a column, in every kind of frame."""

import subprocess
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.examples import examples
from helpers.frames import KINDS, columns_of
from hlrframe.frames.clean import CLEAN_COLUMNS, read_column
from hlrframe.phone.networks import predict_networks
from hlrframe.phone.parse import parse_column
from hlrframe.phone.plans import type_of

NAMES = [f"hlr_{each.name}" for each in CLEAN_COLUMNS]
INPUTS = list(columns_of())
CONTACTS = {"phone": ["07400 123456", "0151 12345678", "(415) 555-2671", "n/a"], "country": ["UK", "DEU", "+1", None]}
FRAMES = {
    "polars": pl.DataFrame,
    "lazy": pl.LazyFrame,
    "pandas": pd.DataFrame,
    "pandas-category": lambda columns: pd.DataFrame(columns).astype({"country": "category"}),
    "arrow": pa.table,
    "batch": pa.record_batch,
    "duckdb": lambda columns: duckdb.connect().from_arrow(pa.table(columns)),
}
some_frame = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)


def rows_of(frame):
    """Gives the cells of one column of any frame."""
    frame = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    frame = frame.to_arrow_table() if isinstance(frame, duckdb.DuckDBPyRelation) else frame
    return pl.DataFrame(frame)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_frame_keeps_its_laws(kind):
    """Type, rows, order, index and input columns stay; the columns of the list are added, the same in every kind."""
    frame = kind.make(columns_of())
    result = hf.clean(frame, "phone", default_region="GB")
    assert type(result) is (kind.given_back or type(frame))
    settled = kind.settle(result)
    kind.library.check_same(kind.library.pick(settled, INPUTS), kind.settle(kind.make(columns_of())))
    types = kind.library.types(settled)
    assert list(types) == [*INPUTS, *NAMES]
    assert {name: types[name] for name in NAMES} == dict.fromkeys(NAMES, kind.library.result_types[pa.string()])
    expected = read_column(pl.Series(columns_of()["phone"]), region="GB").to_dict(as_series=False)
    assert {name: kind.library.values(settled)[f"hlr_{name}"] for name in expected} == expected


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_frame_without_rows_gets_its_columns(kind):
    """No rows in, no rows out, and the added columns are there with their types."""
    settled = kind.settle(hf.clean(kind.make(columns_of(())), "phone"))
    assert set(kind.library.types(settled)) == {*INPUTS, *NAMES}


def test_what_is_added():
    """Number, reason, country, type and network of each row; nothing but a reason where there is no number."""
    texts = ["+44 7400 123456", "020 7946 0000", "1-800-FLOWERS", "+800 1234 5678", "12", None, "+44 7400 123456"]
    added = read_column(pl.Series(texts), region="GB")
    assert added.select("msisdn", "reason", "region", "number_type", "network").rows() == [
        ("447400123456", None, "GB", "MOBILE", "Three"),
        ("442079460000", None, "GB", "LANDLINE", None),
        ("18003569377", None, "US", "TOLL_FREE", None),
        ("80012345678", None, None, "TOLL_FREE", None),
        (None, "too_short", None, None, None),
        (None, "empty", None, None, None),
        ("447400123456", None, "GB", "MOBILE", "Three"),
    ]
    assert added["e164"].to_list()[3:5] == ["+80012345678", None]


def test_how_a_number_was_read_is_said():
    """A renumbered number, the first of several, and what may be wrong with none are said in columns of their own."""
    texts = ["07400 123456", "07400 123456 / 07400 123457", "+52 1 55 1234 5678", "07400 12345", None]
    added = read_column(pl.Series(texts), region="GB").select("msisdn", "reading", "suggestion")
    assert added.rows() == [
        ("447400123456", None, None),
        ("447400123456", "several", None),
        ("525512345678", "renumbered", None),
        (None, None, "1 digit fewer than a mobile of the United Kingdom has"),
        (None, None, None),
    ]


@examples(25)
@given(st.lists(st.one_of(st.none(), st.text("0123456789+ ()-/x", max_size=16)), max_size=25))
def test_cleaning_says_what_its_parts_say(texts):
    """Each row is what reading, typing and predicting say of it alone."""
    column = pl.Series(texts, dtype=pl.String)
    cleaned, reading = read_column(column, region="GB"), parse_column(column, region="GB")
    numbers = reading["msisdn"]
    assert cleaned.select(reading.columns).equals(reading)
    assert cleaned["number_type"].to_list() == [each and type_of(each).value for each in numbers]
    assert cleaned["network"].equals(predict_networks(numbers)["network"], null_equal=True)


@some_frame
def test_a_region_column_reads_each_row_in_its_country(make):
    """National numbers of several countries are read side by side in any frame, cleaned and estimated alike."""
    cleaned = rows_of(hf.clean(make(CONTACTS), "phone", region_column="country"))
    assert cleaned["hlr_msisdn"].to_list() == ["447400123456", "4915112345678", "14155552671", None]
    assert cleaned["hlr_region"].to_list() == ["GB", "DE", "US", None]
    assert hf.estimate(make(CONTACTS), "phone", region_column="country").numbers == 3


def test_a_region_column_is_heard_when_asking():
    """Enriching reads each row in its country, and the settings' region where the row names none."""
    client = hf.emulator.connect(seed=7)
    frame = pl.DataFrame({"phone": ["07400 123456", "0151 12345678", "07400 123457"], "where": ["GB", "Germany", None]})
    options = {"client": client, "settings": hf.Settings(default_region="GB"), "columns": ["msisdn"]}
    enriched = hf.enrich(frame, "phone", region_column="where", **options)
    assert enriched["hlr_msisdn"].to_list() == ["447400123456", "4915112345678", "447400123457"]
    report = hf.enrich_with_report(frame, "phone", region_column="where", **options).report
    assert report.numbers == 3


@pytest.mark.parametrize("kind", [pl.Int64, pl.Float64, pl.String, pl.Categorical])
def test_calling_codes_may_be_numbers(kind):
    """A column of calling codes names countries, whatever type its cells have."""
    codes = pl.Series([44, 49, None]).cast(kind) if kind.is_numeric() else pl.Series(["44", "49", None], dtype=kind)
    frame = pl.DataFrame({"phone": ["07400 123456", "0151 12345678", "+44 7400 123457"], "code": codes})
    cleaned = hf.clean(frame, "phone", region_column="code")
    assert cleaned["hlr_region"].to_list() == ["GB", "DE", "GB"]


@some_frame
def test_a_region_column_that_cannot_be_meant_is_refused(make):
    """A column that is not there is named with a likely one; one column cannot hold number and country."""
    with pytest.raises(hf.InputError, match="no column 'Country': did you mean 'country'"):
        hf.clean(make(CONTACTS), "phone", region_column="Country")
    with pytest.raises(hf.InputError, match="'phone' cannot hold both"):
        hf.clean(make(CONTACTS), "phone", region_column="phone")


def test_names_that_are_there_are_refused():
    """A result column that the frame already has is an error before anything is read."""
    cleaned = hf.clean(pl.DataFrame(CONTACTS), "phone")
    with pytest.raises(hf.InputError, match="hlr_msisdn"):
        hf.clean(cleaned, "phone")
    again = hf.clean(cleaned, "phone", prefix="plan_")
    assert again["plan_msisdn"].equals(again["hlr_msisdn"], null_equal=True)


def test_a_wrong_region_is_the_callers_mistake():
    """A region that is none is an error, not a property of the rows."""
    with pytest.raises(hf.ConfigError, match="is no region"):
        hf.clean(pl.DataFrame(CONTACTS), "phone", default_region="Narnia")


@pytest.mark.parametrize("region", ["GB", "gbr", "+44", "United Kingdom (UK)", "en-GB"])
def test_a_default_region_is_read_as_a_cell_of_countries_is(region):
    """The country of a whole column may be named in any form that a column of countries may hold."""
    cleaned = hf.clean(pl.DataFrame({"phone": ["07400 123456"]}), "phone", default_region=region)
    assert cleaned["hlr_msisdn"].to_list() == ["447400123456"]
    assert hf.Settings(default_region=region).default_region == "GB"


def test_a_country_that_is_not_understood_is_counted_before_anything_is_spent():
    """An estimate says how many rows are rejected for their country; none of them is read in the usual one."""
    frame = pl.DataFrame(
        {"phone": ["212 555 7890", "2125557891", "+12125557892"], "where": ["Narnia", "Ireland (UK)", "Narnia"]}
    )
    settings = hf.Settings(default_region="GB")
    estimate = hf.estimate(frame, "phone", region_column="where", settings=settings)
    assert (estimate.numbers, estimate.rejected) == (1, {"unknown_region": 2})
    assert "unknown_region 2" in str(estimate)


def test_cleaning_needs_no_account():
    """Without credentials, client or network, cleaning works, and brings in no frame library that is not used."""
    code = (
        "import sys, hlrframe as hf, polars as pl;"
        "print(hf.clean(pl.DataFrame({'p': ['+447400123456']}), 'p')['hlr_network'][0], 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={}, timeout=50)
    assert done.stdout.split() == ["Three", "False"]
