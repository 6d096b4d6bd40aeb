import pytest

from hlrframe.forecast import estimate_numbers
from hlrframe.store import Store
from list_aid import GB, connected, read, resolved, some


def estimate(cells, *, store=None, chosen=GB):
    return estimate_numbers(read(cells)[0], store=store, settings=chosen, provider="emulator")


def test_the_estimate_names_countries():
    """The numbers to be asked are counted by country, the most first."""
    cells = [*some(2, "DE"), *some(3, "GB"), "n/a", some(1, "GB")[0]]
    result = estimate(cells)
    assert list(result.countries.items()) == [("GB", 3), ("DE", 2)]
    assert (result.rows, result.numbers, result.to_ask, result.rejected) == (7, 5, 5, {"empty": 1})


def test_the_estimate_expects_landlines_to_be_free():
    """Landlines may cost what mobiles cost, and are expected to cost nothing."""
    landlines = ["+44 113 391 0781", "+44 20 7946 0018"]
    result = estimate([*some(2), *landlines])
    assert (result.credits_expected, result.credits_high) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("chosen", "high"),
    [
        (GB, 4.0),
        (GB.replace(lookup="mnp"), 2.0),
        (GB.replace(lookup="validate"), 0.0),
        (GB.replace(ported_date=True), 8.0),
        (GB.replace(offline=True), 0.0),
    ],
    ids=["hlr", "mnp", "validate", "dated", "offline"],
)
def test_the_estimate_knows_the_price_list(chosen, high):
    """The ceiling is what the kind of lookup and its options can cost; offline it is nothing."""
    result = estimate(some(4), chosen=chosen)
    assert result.credits_high == high
    assert result.credits_expected <= high


def test_the_estimate_leaves_out_what_is_stored(tmp_path):
    """Stored answers are free, unless everything is to be asked again."""
    store = Store(tmp_path)
    known, _ = read(some(3))
    resolved(known, connected()[1], store=store)
    result = estimate(some(5), store=store)
    fresh = estimate(some(5), store=store, chosen=GB.replace(refresh=True))
    assert (result.stored, result.to_ask, result.credits_high) == (3, 2, 2.0)
    assert (fresh.stored, fresh.to_ask, fresh.credits_high) == (0, 5, 5.0)


def test_the_estimate_of_nothing():
    """An empty list costs nothing."""
    result = estimate([])
    assert (result.rows, result.to_ask, result.credits_high, result.credits_expected) == (0, 0, 0.0, 0.0)
