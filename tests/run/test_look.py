"""What the price found in the store serves the run after it, as far as it is still true."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from helpers.lists import GB, connected, read, resolved, some
from helpers.stores import EMULATED, answered, store_with
from hlrframe.run.estimate import estimate_numbers
from hlrframe.run.lookup import ALL_COLUMNS
from hlrframe.run.number_list import Cells
from hlrframe.store import Store


@pytest.fixture(name="looks")
def counted_looks(monkeypatch):
    """Counts how often numbers are looked for in a store."""
    looks, known = [], Store.known

    def looked(self, msisdns, question, **how):
        looks.append(len(msisdns))
        return known(self, msisdns, question, **how)

    monkeypatch.setattr(Store, "known", looked)
    return looks


def priced(numbers, store, client, *, columns=ALL_COLUMNS, settings=GB):
    """Says the price of a list for a run with these columns."""
    return estimate_numbers(numbers, store=store, settings=settings, client=client, columns=columns)


def stored(path, cells):
    """Gives a store that knows these numbers, and who was asked for them."""
    provider, client = connected()
    resolved(read(cells)[0], client, store=Store(path))
    return Store(path), provider, client


def test_a_store_is_read_once_for_the_price_and_the_run(tmp_path, looks):
    """Where all is stored and nothing is new, the store is searched once; the rows are what a run alone gives."""
    store, _, client = stored(tmp_path, some(5))
    alone, (reading,) = read(some(5))
    expected = resolved(alone, client, store=store).of_cells(reading)
    looks.clear()
    numbers, _ = read(some(5))
    assert priced(numbers, store, client).stored == 5
    assert resolved(numbers, client, store=store).of_cells(reading).equals(expected)
    assert [each for each in looks if each] == [5]


def test_what_was_found_is_used_once(tmp_path, looks):
    """It serves one run, and is let go: another one of the same list looks for itself."""
    store, _, client = stored(tmp_path, some(3))
    numbers, _ = read(some(3))
    priced(numbers, store, client)
    looks.clear()
    resolved(numbers, client, store=store)
    assert not any(looks)
    resolved(numbers, client, store=store)
    assert any(looks)


def test_what_was_answered_since_the_price_is_not_asked(tmp_path):
    """What another run was answered between the price and the run is taken from the store."""
    store, provider, client = stored(tmp_path, some(2))
    numbers, (reading,) = read(some(4))
    assert priced(numbers, store, client).to_ask == 2
    resolved(read(some(4))[0], client, store=Store(tmp_path))
    rows = resolved(numbers, client, store=store).of_cells(reading)
    assert rows["state"].to_list() == ["cached"] * 4
    assert provider.bill.numbers == 4


def test_what_was_forgotten_since_the_price_is_asked(tmp_path):
    """An answer that was removed between the price and the run is in no row of it."""
    store, provider, client = stored(tmp_path, some(3))
    numbers, (reading,) = read(some(3))
    assert priced(numbers, store, client).to_ask == 0
    assert Store(tmp_path).forget(some(3)[0]) == 1
    rows = resolved(numbers, client, store=store).of_cells(reading)
    assert rows["state"].to_list() == ["answered", "cached", "cached"]
    assert provider.bill.numbers == 4


def test_an_answer_that_grew_too_old_since_the_price_is_asked(tmp_path, monkeypatch):
    """The age of what was found is counted from the run, not from the price."""
    fresh, old = (number.removeprefix("+") for number in some(2))
    now = datetime.now(UTC)
    then = now - timedelta(days=29)
    entries = [answered(fresh, at=now, checked_at=now), answered(old, at=then, checked_at=then)]
    store, (provider, client) = store_with(tmp_path, *entries, question=EMULATED), connected()
    numbers, (reading,) = read(some(2))
    assert priced(numbers, store, client).stored == 2

    class Later(datetime):
        """The clock, two days on."""

        @classmethod
        def now(cls, tz=None):
            return now.astimezone(tz) + timedelta(days=2)

    monkeypatch.setattr("hlrframe.run.look.datetime", Later)
    rows = resolved(numbers, client, store=store).of_cells(reading)
    assert rows["state"].to_list() == ["cached", "answered"]
    assert provider.bill.asked == {old: 1}


@pytest.mark.parametrize(
    "other",
    [{"lookup": "mnp"}, {"ported_date": True}, {"refresh": True}, {"max_age": "0s"}],
    ids=lambda other: next(iter(other)),
)
def test_a_price_of_something_else_serves_no_run(tmp_path, other):
    """What was found for another question, or under another rule of age, is not taken."""
    store, provider, client = stored(tmp_path, some(2))
    numbers, (reading,) = read(some(2))
    assert priced(numbers, store, client).stored == 2
    rows = resolved(numbers, client, store=store, settings=GB.replace(**other)).of_cells(reading)
    assert rows["state"].to_list() == ["answered"] * 2
    assert provider.bill.numbers == 4


def test_a_list_that_grew_since_the_price_is_looked_for_anew(tmp_path):
    """Numbers that are added after the price are looked for too."""
    store, provider, client = stored(tmp_path, some(4))
    numbers, (first,) = read(some(2))
    priced(numbers, store, client)
    second = numbers.add(Cells([pl.Series(some(4)[2:])]))
    rows = resolved(numbers, client, store=store).of_cells(pl.concat([first, second]))
    assert rows["state"].to_list() == ["cached"] * 4
    assert provider.bill.numbers == 4
