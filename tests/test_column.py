from collections import Counter

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from list_aid import CELLS, read


def test_each_number_once():
    """A list holds each number once, with the row that carries it first, however it is written."""
    numbers, (reading,) = read(["n/a", "07400 123456", "+44 7400 123457", "+447400123456", None])
    assert numbers.numbers.rows(named=True) == [
        {"first_row": 1, "msisdn": "447400123456"},
        {"first_row": 2, "msisdn": "447400123457"},
    ]
    assert reading["msisdn"].to_list() == [None, "447400123456", "447400123457", "447400123456", None]
    assert (numbers.rows, numbers.rejected) == (5, Counter({"empty": 2}))


def test_an_empty_list():
    """A list that nothing was added to has no numbers, in columns of the usual types."""
    empty, _ = read()
    full, _ = read(["07400 123456"])
    assert empty.numbers.is_empty()
    assert empty.numbers.schema == full.numbers.schema


@settings(max_examples=40, deadline=None)
@given(CELLS, st.integers(0, 14), st.integers(0, 14))
def test_batches_make_no_difference(cells, one, other):
    """A list that is read in batches is the list that is read at once."""
    cuts = sorted((min(one, len(cells)), min(other, len(cells))))
    parts, readings = read(cells[: cuts[0]], cells[cuts[0] : cuts[1]], cells[cuts[1] :])
    whole, (reading,) = read(cells)
    assert parts.numbers.equals(whole.numbers)
    assert pl.concat(readings).equals(reading)
    assert (parts.rows, parts.rejected) == (whole.rows, whole.rejected)
