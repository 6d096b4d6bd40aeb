"""Arrow streams: batches come back enriched, in order, each number asked once, and no more read than a window."""

from collections import Counter

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.examples import examples
from helpers.lists import CELLS
from hlrframe import emulator

ADA, BO, CY = mobiles(3)


def stream(*batches):
    """Gives a reader of batches of phones, each with the number of its row."""
    rows = iter(range(1_000_000))
    made = [
        pa.record_batch(
            {"phone": pa.array(batch, pa.string()), "row": pa.array([next(rows) for _ in batch], pa.int64())}
        )
        for batch in batches
    ]
    schema = pa.schema({"phone": pa.string(), "row": pa.int64()})
    return pa.RecordBatchReader.from_batches(schema, made)


def column(batches, name):
    return [value for batch in batches for value in batch[name].to_pylist()]


def test_numbers_are_asked_once_in_a_stream(provider, client):
    """A number of several windows is asked in the first; its charge stands on its first row, its answer on all."""
    batches = hf.enrich_batches(stream([ADA, BO], [ADA, "n/a"], [CY, BO]), "phone", client=client, window_rows=2)
    found = list(batches)
    assert column(found, "row") == [0, 1, 2, 3, 4, 5]
    assert column(found, "hlr_state") == [*["answered"] * 3, "rejected", "answered", "answered"]
    assert column(found, "hlr_credits") == [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    assert (batches.report.rows, batches.report.numbers, batches.report.credits) == (6, 3, provider.bill.total)
    assert provider.bill.asked_twice() == []


def test_no_more_is_read_than_a_window(provider, client):
    """A batch comes out before the next window is read, and closing early loses nothing that was paid for."""
    read = []

    def source():
        for number in (ADA, BO, CY):
            read.append(number)
            yield pa.record_batch({"phone": [number]})

    with hf.enrich_batches(source(), "phone", client=client, window_rows=1) as batches:
        assert read == [ADA]
        assert next(batches)["hlr_msisdn"].to_pylist() == [ADA]
        assert read == [ADA, BO]
    assert list(batches) == []
    assert batches.report.credits == provider.bill.total == 1.0


def test_a_stream_that_was_left_goes_on_from_the_store(tmp_path, provider, client):
    """What was asked before an early end is in the store: the next stream asks only the rest."""
    with hf.enrich_batches(stream([ADA], [BO]), "phone", client=client, store=tmp_path, window_rows=1) as batches:
        next(batches)
    again = hf.enrich_batches(stream([ADA], [BO]), "phone", client=client, store=tmp_path, window_rows=1)
    assert column(again, "hlr_state") == ["cached", "answered"]
    assert provider.bill.asked_twice() == []


@pytest.mark.slow
@given(CELLS, st.integers(1, 5), st.integers(1, 6))
@examples(15)
def test_a_stream_is_enriched_like_its_frame(cells, length, window):
    """However a stream is cut, its rows get what those of the whole frame get."""
    settings = hf.Settings(default_region="GB")
    cut = [cells[at : at + length] for at in range(0, len(cells), length)]
    batches = hf.enrich_batches(
        stream(*cut), "phone", client=hf.emulator.connect(seed=7), settings=settings, window_rows=window
    )
    found = pa.Table.from_batches(batches, schema=batches.schema)
    whole = pa.table({"phone": pa.array(cells, pa.string()), "row": pa.array(range(len(cells)), pa.int64())})
    expected, report = hf.enrich_with_report(whole, "phone", client=hf.emulator.connect(seed=7), settings=settings)
    told_apart = ["hlr_checked_at"]
    assert found.schema.equals(expected.schema)
    assert found.drop_columns(told_apart).equals(expected.drop_columns(told_apart))
    assert batches.report.states == report.states
    assert batches.report.credits == report.credits


@pytest.mark.parametrize(
    "make", [pl.DataFrame, pa.table, lambda rows: duckdb.sql("select unnest(?) as phone", params=[rows["phone"]])]
)
def test_anything_that_streams(client, make):
    """A polars frame, a table and a DuckDB relation stream; so does what comes out."""
    found = pl.DataFrame(hf.enrich_batches(make({"phone": [ADA, BO]}), "phone", client=client))
    assert found["hlr_msisdn"].to_list() == [ADA, BO]


def test_long_batches_are_cut(client):
    """A batch that is longer than a window comes in several."""
    batches = hf.enrich_batches(pa.record_batch({"phone": mobiles(10)}), "phone", client=client, window_rows=4)
    assert [batch.num_rows for batch in batches] == [4, 4, 2]


def test_the_schema_is_known_before_anything_is_asked(provider, client):
    """The schema is there at once, is that of every batch, and of a stream without any."""
    batches = hf.enrich_batches(stream(), "phone", client=client, columns="all")
    assert batches.schema.names[:3] == ["phone", "row", "hlr_state"]
    assert list(batches) == []
    assert provider.bill.requests == 0
    full = hf.enrich_batches(stream([ADA]), "phone", client=client, columns="all")
    assert next(full).schema.equals(full.schema)
    assert full.schema.equals(batches.schema)


def test_the_budget_is_of_the_whole_stream(provider, client):
    """Out of budget, every later row is there and skipped, and a warning says so at the end."""
    numbers = mobiles(12)
    batches = hf.enrich_batches(
        stream(numbers[:5], numbers[5:10], numbers[8:]),
        "phone",
        client=client,
        settings=hf.Settings(max_credits=7),
        window_rows=5,
    )
    with pytest.warns(hf.IncompleteWarning, match="rows were not asked") as caught:
        states = column(batches, "hlr_state")
    assert caught[0].filename == __file__
    assert Counter(states)["answered"] >= 7
    assert batches.report.stopped == "budget"
    assert batches.report.credits == provider.bill.total == 7.0


def test_what_ends_a_stream_is_raised_after_its_rows():
    """Rows that are known are given before the error is raised, and nothing is asked after it."""
    provider = emulator.Emulator(faults=emulator.Faults(revoke_at=3))
    settings = hf.Settings(batch_size=1, max_requests=1)
    client = emulator.connect(emulator=provider)
    batches = hf.enrich_batches(stream(mobiles(6)), "phone", client=client, settings=settings, window_rows=3)
    found = [next(batches)["hlr_state"].to_pylist()]
    with pytest.raises(hf.AuthError) as refusal:
        next(batches)
    assert found == [["answered", "answered", "failed"]]
    assert refusal.value.report.credits == provider.bill.total == 2.0
    assert list(batches) == []


def test_progress_is_of_the_whole(client):
    """The counts that a display gets go on from window to window."""
    told = []
    batches = hf.enrich_batches(stream(mobiles(6)), "phone", client=client, progress=told.append, window_rows=2)
    assert len(list(batches)) == 3
    assert [progress.answered for progress in told] == sorted(progress.answered for progress in told)
    assert (told[-1].answered, told[-1].total, told[-1].credits) == (6, 6, 6.0)


def test_a_region_column(client):
    """National numbers are read with the country that stands beside each."""
    table = pa.table({"phone": ["07400 123456", "0151 23456789"], "country": ["GB", "Germany"]})
    found = list(hf.enrich_batches(table, "phone", client=client, region_column="country"))
    assert column(found, "hlr_msisdn") == ["447400123456", "4915123456789"]


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        pytest.param([], "at least one RecordBatch", id="empty"),
        pytest.param([{"phone": "1"}], "gives no Arrow batches", id="dicts"),
        pytest.param(7, "gives no Arrow batches", id="number"),
        pytest.param(pa.table({"fone": ["1"]}), "no column 'phone'", id="column"),
        pytest.param(pa.table({"phone": ["1"], "hlr_state": ["1"]}), "already", id="taken"),
        pytest.param(pa.table({"phone": [True]}), "cannot hold", id="type"),
        pytest.param([pa.record_batch({"phone": ["1"]}), pa.record_batch({"x": ["1"]})], "other columns", id="schemas"),
    ],
)
def test_refusals(provider, client, reader, words):
    """What is no stream with the column is refused before anything is asked."""
    with pytest.raises(hf.InputError, match=words):
        list(hf.enrich_batches(reader, "phone", client=client))
    assert provider.bill.requests == 0


def test_offline_needs_no_account(monkeypatch):
    """Where nothing is sent nobody has to say who asks."""
    monkeypatch.delenv("HLR_API_KEY", raising=False)
    offline = hf.Settings(offline=True)
    assert column(hf.enrich_batches(stream([ADA]), "phone", settings=offline), "hlr_reason") == ["offline"]


def test_windows_have_rows(client):
    """A window of no rows, and results of no columns, are mistakes."""
    with pytest.raises(hf.ConfigError, match="window_rows"):
        hf.enrich_batches(stream([ADA]), "phone", client=client, window_rows=0)
