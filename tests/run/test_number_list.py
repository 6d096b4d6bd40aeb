from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.examples import examples
from helpers.lists import CELLS, read
from hlrframe.run.number_list import Cells, NumberList


def test_each_number_once():
    """A list holds each number once, with the cell that carries it first, however it is written."""
    numbers, (reading,) = read(["n/a", "07400 123456", "+44 7400 123457", "+447400123456", None])
    assert numbers.numbers.rows(named=True) == [
        {"first_cell": 1, "msisdn": "447400123456"},
        {"first_cell": 2, "msisdn": "447400123457"},
    ]
    assert reading["msisdn"].to_list() == [None, "447400123456", "447400123457", "447400123456", None]
    assert (numbers.rows, numbers.rejected) == (5, Counter({"empty": 2}))


def test_an_empty_list():
    """A list that nothing was added to has no numbers, in columns of the usual types."""
    empty, _ = read()
    full, _ = read(["07400 123456"])
    assert empty.numbers.is_empty()
    assert empty.numbers.schema == full.numbers.schema


@pytest.mark.slow
@examples(40)
@given(CELLS, st.integers(0, 14), st.integers(0, 14))
def test_batches_make_no_difference(cells, one, other):
    """A list that is read in batches is the list that is read at once."""
    cuts = sorted((min(one, len(cells)), min(other, len(cells))))
    parts, readings = read(cells[: cuts[0]], cells[cuts[0] : cuts[1]], cells[cuts[1] :])
    whole, (reading,) = read(cells)
    assert parts.numbers.equals(whole.numbers)
    assert pl.concat(readings).equals(reading)
    assert (parts.rows, parts.rejected) == (whole.rows, whole.rejected)


def test_windows_are_the_list_in_pieces():
    """Windows hold all numbers in order, each with its cell; what is known already can be left out."""
    numbers, _ = read(["+447400123456", "+447400123457"], ["+447400123456", "+447400123458"])
    windows = list(numbers.windows(2))
    assert [len(each) for each in windows] == [2, 1]
    assert pl.concat(each.numbers for each in windows).equals(numbers.numbers)
    rest = numbers.without(pl.Series([447400123457], dtype=pl.UInt64))
    assert rest.numbers["first_cell"].to_list() == [0, 3]


def test_a_list_may_start_late():
    """First cells count from where the list starts."""
    late = NumberList(region=None, start=10)
    late.add(Cells([pl.Series([None, "+447400123456"])]))
    assert late.numbers.rows() == [(11, "447400123456")]
