import math
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.errors import InputError
from hlrframe.frames.to_text import LOST, series_of, text_of, texts_of, texts_of_each
from hlrframe.model.vocabulary import Reason
from hlrframe.phone.parse import Rejection, parse

NUMBER = 447400123456
INTEGERS = [pl.Int64, pl.UInt64, pl.Int128, pl.Decimal(38, 0), pl.Decimal(20, 4), pl.Float64]


@pytest.mark.parametrize("kind", INTEGERS, ids=str)
def test_a_whole_number_reads_as_its_digits(kind):
    """A telephone number that became a number reads the same whatever its type is; null stays null."""
    assert texts_of(pl.Series([NUMBER, None], dtype=kind)).to_list() == [str(NUMBER), None]


@pytest.mark.parametrize(
    "value", [NUMBER, float(NUMBER), Decimal(NUMBER), Decimal("447400123456.00"), np.int64(NUMBER), np.float64(NUMBER)]
)
def test_a_whole_value_reads_as_its_digits(value):
    """The same in a column of mixed types."""
    assert text_of(value) == str(NUMBER)


@pytest.mark.parametrize("nothing", [None, math.nan, np.float32("nan"), Decimal("nan"), Decimal("snan"), pd.NA, pd.NaT])
def test_every_nothing_is_null(nothing):
    """Whatever a library writes for a missing value is null."""
    assert text_of(nothing) is None


def test_the_nan_of_a_float_column_is_null():
    """A float column's NaN is a missing value, as its null is."""
    assert texts_of(pl.Series([math.nan, None])).to_list() == [None, None]


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        math.inf,
        -math.inf,
        2.0**53,
        1e20,
        np.float32(NUMBER),
        Decimal("0.5"),
        Decimal("inf"),
        Decimal("1e999999"),
        10**5000,
        -(10**5000),
    ],
    ids=lambda value: f"{type(value).__name__} {value if isinstance(value, float) else ''}",
)
def test_what_is_no_exact_whole_number_is_lost(value):
    """What cannot be told digit for digit is rejected as damaged, whatever number it may look like."""
    assert text_of(value) == LOST
    assert parse(LOST, region="GB") == Rejection(Reason.SPREADSHEET_DAMAGE)


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([0.5, math.inf, 2.0**53, 1e20, -math.inf]),
        pl.Series([NUMBER, math.inf, 2**24], dtype=pl.Float32),
        pl.Series([Decimal("0.5"), Decimal("447400123456.01")], dtype=pl.Decimal(20, 2)),
    ],
    ids=lambda values: str(values.dtype),
)
def test_what_is_no_exact_whole_number_is_lost_in_a_typed_column(values):
    """A short float rounds one valid number to another one: that one must never be asked."""
    assert texts_of(values).to_list() == [LOST] * len(values)


@given(st.lists(st.one_of(st.none(), st.floats(width=64))))
def test_a_float_column_reads_as_its_values_do(values):
    """A float column and the same floats one by one give equal texts."""
    assert texts_of(pl.Series(values, dtype=pl.Float64)).to_list() == [text_of(each) for each in values]


@given(st.lists(st.one_of(st.none(), st.floats(width=32))))
def test_a_short_float_column_reads_as_its_values_do(values):
    """The same for floats of 32 bits."""
    alone = [None if each is None else text_of(np.float32(each)) for each in values]
    assert texts_of(pl.Series(values, dtype=pl.Float32)).to_list() == alone


@given(st.lists(st.one_of(st.none(), st.decimals(-(10**15), 10**15, places=3))))
def test_a_decimal_column_reads_as_its_values_do(values):
    """The same for decimals."""
    assert texts_of(pl.Series(values, dtype=pl.Decimal(20, 3))).to_list() == [text_of(each) for each in values]


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_an_integer_column_reads_as_its_values_do(values):
    """The same for whole numbers."""
    assert texts_of(pl.Series(values, dtype=pl.Int64)).to_list() == [text_of(each) for each in values]


ANYTHING = st.one_of(
    st.none(),
    st.text(st.characters()),
    st.binary(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.dates(),
    st.lists(st.integers(), max_size=2),
    st.just("half a pair \ud83d"),
)


@given(st.lists(ANYTHING))
def test_no_value_raises(values):
    """A column of mixed types may hold anything: each cell becomes text or null, and can be read."""
    texts = texts_of_each(values)
    assert texts.dtype == pl.String
    assert len(texts) == len(values)
    assert all(text is None or parse(text) is not None for text in texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([], None),
        ([None], None),
        (["07400 123456"], "07400 123456"),
        (("07400 123456", 447400123457), "07400 123456; 447400123457"),
        (np.array(["07400 123456"]), "07400 123456"),
        (np.array([447400123456]), "447400123456"),
        ({"mobile": "07400 123456", "1234567": None}, "07400 123456"),
    ],
    ids=str,
)
def test_a_cell_of_several_values_reads_as_these(value, text):
    """A list, an array or a mapping in a cell is its values, not what it looks like; an empty one is missing."""
    assert text_of(value) == text


def test_a_column_of_lists_says_how_to_take_it_apart():
    """A typed column of lists is refused with the way to one number a row."""
    with pytest.raises(InputError, match="explode"):
        texts_of(pl.Series("phone", [["07400 123456"]]))


@given(st.text())
def test_text_stays_as_it_is(text):
    """Text is not touched."""
    assert text_of(text) == text


def test_bytes_are_decoded():
    """Bytes are UTF-8; what is none is marked, not refused."""
    assert text_of(b"+44 7400 \xff") == "+44 7400 \ufffd"
    assert texts_of(pl.Series([b"+447400123456", None])).to_list() == ["+447400123456", None]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series(["a", None], dtype=pl.Categorical),
        pl.Series(["a", None], dtype=pl.Enum(["b", "a"])),
        pl.Series(["a", None], dtype=pl.Object),
    ],
    ids=lambda values: str(values.dtype),
)
def test_words_in_other_types(values):
    """Categories, enums and objects read as their text."""
    assert texts_of(values).to_list() == ["a", None]


def test_a_column_of_nulls():
    """A column that has no type at all is a column of missing texts."""
    texts = texts_of(pl.Series([None, None]))
    assert (texts.dtype, texts.to_list()) == (pl.String, [None, None])


@pytest.mark.parametrize(
    "values",
    [
        pl.Series("phone", [True]),
        pl.Series("phone", [date(2026, 1, 1)]),
        pl.Series("phone", [timedelta(1)]),
        pl.Series("phone", [[NUMBER]]),
        pl.Series("phone", [{"a": NUMBER}]),
    ],
    ids=lambda values: str(values.dtype),
)
def test_types_that_hold_no_numbers(values):
    """A column of truth values, dates, lists or structs is refused by name."""
    with pytest.raises(InputError, match=r"column 'phone' holds .*, which cannot hold telephone numbers"):
        texts_of(values)


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["a", "b", None]),
        pa.chunked_array([["a"], [], ["b", None]]),
        pa.array(["a", "b", None]).dictionary_encode(),
        pa.array(["a", "b", None], pa.large_string()),
        pa.array(["a", "b", None], pa.string_view()),
        pd.Series(["a", "b", None]),
        pd.Series(["a", "b", pd.NA], dtype="string[python]"),
        pd.Series(["a", "b", pd.NA], dtype=pd.ArrowDtype(pa.large_string())),
    ],
    ids=lambda values: f"{type(values).__name__}",
)
def test_columns_of_other_libraries(values):
    """Arrays of pyarrow and series of pandas become a series under the column's name, missing cells null."""
    series = series_of(values, "phone")
    assert series.name == "phone"
    assert texts_of(series).to_list() == ["a", "b", None]


@pytest.mark.parametrize(
    "values",
    [pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array(["+447400123456"])]), pd.Series([NUMBER + 1j])],
    ids=lambda values: type(values).__name__,
)
def test_columns_without_a_counterpart(values):
    """What cannot be brought over is refused with the cure, and without a word of what it holds."""
    with pytest.raises(InputError, match="turn it into text first") as caught:
        series_of(values, "phone")
    assert "7400" not in str(caught.value)
