import asyncio
import math
import signal
import threading
import warnings
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.examples import examples
from helpers.frames import KINDS, PHONES, columns_of
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import Emulator, EmulatorTransport, Fault, Faults, Outage, sample_numbers
from hlrframe.model.columns import COLUMNS

GB = hf.Settings(default_region="GB")
INPUTS = list(columns_of())
STANDARD = [each for each in COLUMNS if each.standard]
#: Not the same in two runs.
TIMES = {"hlr_checked_at"}


def connected(**options):
    """Gives a provider of one's own, and a client for it."""
    provider = Emulator(seed=7, **options)
    return provider, hf.emulator.connect(emulator=provider)


def numbers_of(count):
    """Gives distinct mobiles that cost a credit each."""
    numbers = sample_numbers("GB", seed=3)
    return [next(numbers) for _ in range(count)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def constructor(request):
    return request.param


@pytest.fixture(scope="module")
def run(constructor):
    """Gives one enriched frame of each kind: what went in, what came out, and the provider's own view of it."""
    provider, client = connected()
    frame = constructor.make(columns_of())
    result, report = hf.enrich_with_report(frame, "phone", client=client, settings=GB)
    settled = constructor.settle(result)
    values = constructor.library.values(settled)
    return SimpleNamespace(frame=frame, result=result, settled=settled, cells=values, report=report, bill=provider.bill)


@pytest.fixture(scope="module")
def expected():
    """Gives the result columns that every kind of frame is to have."""
    _, client = connected()
    result = hf.enrich(pl.DataFrame(columns_of()), "phone", client=client, settings=GB)
    return result.drop(INPUTS).to_dict(as_series=False)


# Laws of every kind of frame


def test_the_type_stays(constructor, run):
    """What comes back is of the type that went in; a bare Arrow stream comes back as a pyarrow table."""
    assert type(run.result) is (constructor.given_back or type(run.frame))


def test_the_input_columns_stay(constructor, run):
    """Values, types, order, index and metadata of the input columns come back as they went in."""
    again = constructor.settle(constructor.make(columns_of()))
    constructor.library.check_same(constructor.library.pick(run.settled, INPUTS), again)


def test_the_callers_frame_stays(constructor, run):
    """The frame that was handed in has not changed; a reader has been read."""
    if isinstance(run.frame, pa.RecordBatchReader):
        assert run.frame.read_all().num_rows == 0
        return
    again = constructor.settle(constructor.make(columns_of()))
    constructor.library.check_same(constructor.settle(run.frame), again)


def test_the_columns_are_the_schemas(constructor, run):
    """The result columns stand behind the input's, in the order and the types of the schema."""
    types = constructor.library.types(run.settled)
    assert list(types) == [*INPUTS, *(f"hlr_{each.name}" for each in STANDARD)]
    for each in STANDARD:
        assert types[f"hlr_{each.name}"] == constructor.library.result_types[each.type]


def test_missing_stays_missing(run):
    """Where there is no answer every column of it is null: never False, never a text that says nan."""
    rejected = [row for row, state in enumerate(run.cells["hlr_state"]) if state == "rejected"]
    assert len(rejected) == 5
    for name in ("hlr_msisdn", "hlr_verdict", "hlr_live_status", "hlr_is_ported", "hlr_checked_at", "hlr_provider"):
        assert [run.cells[name][row] for row in rejected] == [None] * 5
    landline = PHONES.index("+44 113 391 0781")
    assert run.cells["hlr_state"][landline] == "answered"
    assert run.cells["hlr_is_ported"][landline] is None
    assert {type(each) for each in run.cells["hlr_is_ported"]} == {bool, type(None)}


def test_answers_do_not_depend_on_the_kind_of_frame(run, expected):
    """All kinds of frames get equal answers."""
    results = {name: values for name, values in run.cells.items() if name not in INPUTS}
    assert {name: results[name] for name in results if name not in TIMES} == {
        name: expected[name] for name in expected if name not in TIMES
    }
    assert [each is None for each in results["hlr_checked_at"]] == [each is None for each in expected["hlr_checked_at"]]


def test_the_credits_add_up_to_the_bill(run):
    """The column of credits sums up to what the provider charged, each number is asked once and none paid twice."""
    assert Decimal(str(sum(run.cells["hlr_credits"]))) == run.bill.total == Decimal(str(run.report.credits))
    assert run.bill.total > 0
    assert run.bill.numbers == run.report.numbers == 5
    assert run.bill.asked_twice() == run.bill.paid_twice() == []


def test_no_rows(constructor):
    """A frame without rows comes back with typed columns, and nothing is asked."""
    provider, client = connected()
    result = hf.enrich(constructor.make(columns_of(())), "phone", client=client)
    types = constructor.library.types(constructor.settle(result))
    assert [types[f"hlr_{each.name}"] for each in STANDARD] == [
        constructor.library.result_types[each.type] for each in STANDARD
    ]
    assert provider.bill.requests == 0


def test_twice_with_another_prefix(constructor, tmp_path):
    """What was enriched can be enriched again beside it; with a store the second time is free."""
    provider, client = connected()
    frame = constructor.make(columns_of())
    once = hf.enrich(frame, "phone", client=client, store=tmp_path, settings=GB, columns=["verdict", "credits"])
    spent = provider.bill.total
    twice = constructor.settle(
        hf.enrich(once, "phone", client=client, store=tmp_path, settings=GB, columns=["verdict"], prefix="again_")
    )
    values = constructor.library.values(twice)
    assert list(values) == [*INPUTS, "hlr_verdict", "hlr_credits", "again_verdict"]
    assert values["hlr_verdict"] == values["again_verdict"]
    assert provider.bill.total == spent


def test_a_taken_name(constructor):
    """A result column that is there already is refused before anything is sent; the message names the cure."""
    provider, client = connected()
    with pytest.raises(hf.InputError, match=r"already has a column 'old_state': pass another prefix="):
        hf.enrich(constructor.make(columns_of()), "phone", client=client, prefix="old_")
    assert provider.bill.requests == 0


def test_no_such_column(constructor):
    """A phone column that is not there is refused before anything is sent; the message guesses what was meant."""
    provider, client = connected()
    with pytest.raises(hf.InputError, match=r"no column 'phones': did you mean 'phone'\?"):
        hf.enrich(constructor.make(columns_of()), "phones", client=client)
    assert provider.bill.requests == 0


def test_in_a_running_loop(constructor):
    """Where a loop is running already, as in a notebook, both ways in give the type of frame that went in."""
    _, client = connected()

    async def cell():
        blocking = hf.enrich(constructor.make(columns_of()), "phone", client=client, settings=GB)
        return blocking, await hf.enrich_async(constructor.make(columns_of()), "phone", client=client, settings=GB)

    blocking, awaited = asyncio.run(cell())
    assert type(blocking) is type(awaited) is (constructor.given_back or type(constructor.make(columns_of())))


def test_a_fatal_error_carries_the_frame(constructor, tmp_path):
    """Wrong credentials end a run with an error that holds the frame so far, in its own type, earlier answers in it."""
    provider, client = connected()
    hf.lookup(["+44 7400 123456"], client=client, store=tmp_path)
    stranger = hf.Client("no", "key", transport=EmulatorTransport(provider), provider="emulator")
    with pytest.raises(hf.AuthError) as caught:
        hf.enrich(constructor.make(columns_of()), "phone", client=stranger, store=tmp_path, settings=GB)
    values = constructor.library.values(constructor.settle(caught.value.partial))
    assert type(caught.value.partial) is (constructor.given_back or type(constructor.make(columns_of())))
    assert values["id"] == list(range(len(PHONES)))
    assert values["hlr_state"][:3] == ["cached", "cached", "rejected"]
    assert {*values["hlr_state"][3:]} <= {"cached", "rejected", "failed", "skipped"}
    assert caught.value.report.states["cached"] == 3


MESS = st.one_of(
    st.sampled_from(PHONES),
    st.from_regex(r"(\+44|0|44|0044)7400[0-9]{3,8}", fullmatch=True),
    st.text(max_size=12),
)


@examples(12)
@given(st.sampled_from(KINDS), st.lists(MESS, max_size=9))
def test_the_laws_hold_for_any_mess(kind, phones):
    """Whatever the cells hold, a frame keeps its input, gets the answers of a plain list, and pays exactly for them."""
    provider, client = connected()
    result = kind.settle(hf.enrich(kind.make(columns_of(phones)), "phone", client=client, settings=GB))
    kind.library.check_same(kind.library.pick(result, INPUTS), kind.settle(kind.make(columns_of(phones))))
    values = kind.library.values(result)
    assert Decimal(str(sum(values["hlr_credits"]))) == provider.bill.total
    alone = hf.lookup(phones, client=connected()[1], settings=GB)
    assert all(values[f"hlr_{name}"] == alone[name].to_list() for name in alone.columns if name != "checked_at")


# What is asked, and what it costs


def test_a_lazy_frame_is_paid_once():
    """A LazyFrame is paid for at the call; what comes back is as lazy, and may be collected any number of times."""
    provider, client = connected()
    lazy = pl.DataFrame(columns_of()).lazy()
    result = hf.enrich(lazy, "phone", client=client, settings=GB)
    spent, requests = provider.bill.total, provider.bill.requests
    frames = [result.collect(), result.collect(), result.filter(pl.col("hlr_state") == "answered").collect()]
    assert frames[0].equals(frames[1])
    assert frames[2].height == 8
    assert (provider.bill.total, provider.bill.requests) == (spent, requests)


def test_a_lazy_frame_that_changes_order_pays_each_number_on_one_row():
    """A plan that gives its rows in another order each time has each charge on one row, and adds up to the bill."""
    orders = iter([1, -1, 1, -1])

    def turned(frame):
        return frame[:: next(orders)]

    provider, client = connected()
    lazy = pl.DataFrame(columns_of()).lazy().map_batches(turned, schema=None)
    rows = hf.enrich(lazy, "phone", client=client, settings=GB).collect()
    assert rows["id"].to_list() == list(reversed(range(len(PHONES))))
    assert rows["hlr_credits"].sum() == float(provider.bill.total)
    assert rows.filter(pl.col("hlr_credits") > 0)["hlr_msisdn"].is_unique().all()


def test_a_lazy_frame_whose_cells_change_says_so():
    """A row whose cell was not there when the cells were taken is skipped, with its reason."""
    later = iter([[], ["+447400123457"], ["+447400123457"]])
    lazy = pl.LazyFrame({"phone": ["+447400123456"]}).map_batches(
        lambda frame: pl.concat([frame, pl.DataFrame({"phone": next(later)}, schema={"phone": pl.String})]), schema=None
    )
    rows = hf.enrich(lazy, "phone", client=connected()[1], columns=["state", "reason", "credits"]).collect()
    assert rows.rows()[-1] == ("+447400123457", "skipped", "changed", 0.0)


def test_a_lazy_frame_is_not_read_in_vain():
    """Names are checked before a LazyFrame is collected."""

    def never(frame):
        pytest.fail("the frame was collected")
        return frame

    lazy = pl.LazyFrame(columns_of()).map_batches(never, schema=None)
    with pytest.raises(hf.InputError, match="already has a column"):
        hf.enrich(lazy, "phone", client=connected()[1], prefix="old_")


def test_columns():
    """The standard columns, all, or those that are named, in the order in which they are named."""
    _, client = connected()
    frame = pl.DataFrame({"phone": ["+44 7400 123456"]})
    every = hf.enrich(frame, "phone", client=client, columns="all")
    some = hf.enrich(frame, "phone", client=client, columns=["verdict", "msisdn"], prefix="")
    one = hf.enrich(frame, "phone", client=client, columns="verdict")
    assert every.columns == ["phone", *(f"hlr_{each.name}" for each in COLUMNS)]
    assert some.columns == ["phone", "verdict", "msisdn"]
    assert one.columns == ["phone", "hlr_verdict"]


def test_an_unknown_column_name():
    """A result column that there is none of is refused before anything is sent."""
    provider, client = connected()
    with pytest.raises(hf.ConfigError, match="there is no column 'verdicts'"):
        hf.enrich(pl.DataFrame({"phone": ["+44 7400 123456"]}), "phone", client=client, columns=["verdicts"])
    assert provider.bill.requests == 0


NUMBERS = ["+44 7400 123456", None, "447400123457", "n/a", "447400123457"]


@pytest.mark.parametrize(
    "numbers",
    [
        NUMBERS,
        tuple(NUMBERS),
        (each for each in NUMBERS),
        pl.Series("a", NUMBERS),
        pl.Series("a", NUMBERS, dtype=pl.Categorical),
        pd.Series(NUMBERS, index=[1, 1, 0, 5, 2]),
        pd.Series(NUMBERS, dtype="category"),
        pd.Series(["+44 7400 123456", pd.NA, 447400123457, "n/a", 447400123457.0], dtype=object),
        pd.Index(NUMBERS),
        np.array(NUMBERS, dtype=object),
        pa.array(NUMBERS),
        pa.chunked_array([NUMBERS[:2], NUMBERS[2:]]),
    ],
    ids=lambda numbers: f"{type(numbers).__module__.split('.')[0]}.{type(numbers).__name__}",
)
def test_lookup(numbers):
    """A list, series or array of numbers gets one row of results each, in order, without a prefix."""
    provider, client = connected()
    result = hf.lookup(numbers, client=client)
    assert isinstance(result, pl.DataFrame)
    assert result.columns == [each.name for each in STANDARD]
    assert result["msisdn"].to_list() == ["447400123456", None, "447400123457", None, "447400123457"]
    assert result["state"].to_list() == ["answered", "rejected", "answered", "rejected", "answered"]
    assert Decimal(str(result["credits"].sum())) == provider.bill.total


@pytest.mark.parametrize(
    "numbers",
    ["+447400123456", b"+447400123456", 447400123456, None, pl.DataFrame({"a": NUMBERS}), pd.DataFrame({"a": NUMBERS})],
    ids=lambda numbers: type(numbers).__name__,
)
def test_lookup_of_what_is_no_list(numbers):
    """One number, or a whole frame, is refused with the cure."""
    provider, client = connected()
    with pytest.raises(hf.InputError, match="must be a series, an array or a list"):
        hf.lookup(numbers, client=client)
    assert provider.bill.requests == 0


def test_lookup_of_nothing():
    """An empty list gets typed columns and no rows."""
    result = hf.lookup([], client=connected()[1])
    assert (result.height, result.schema["credits"], result.schema["is_ported"]) == (0, pl.Float64, pl.Boolean)


@examples(10)
@given(
    st.lists(st.sampled_from([*PHONES, *numbers_of(6), "+1 415 555 0142", "+1 212 736 5000"]), max_size=12),
    st.sampled_from(["hlr", "mnp", "validate"]),
    st.booleans(),
    st.booleans(),
)
def test_the_estimate_is_never_exceeded(phones, lookup, dated, usa):
    """The estimate sends nothing and needs no account, and the run costs at most what it said."""
    frame = pl.DataFrame({"phone": phones}, schema={"phone": pl.String})
    chosen = hf.Settings(default_region="GB", lookup=lookup, ported_date=dated, usa_status=usa)
    provider, client = connected()
    estimate = hf.estimate(frame, "phone", settings=chosen)
    assert provider.bill.requests == 0
    report = hf.enrich_with_report(frame, "phone", client=client, settings=chosen).report
    assert provider.bill.total <= Decimal(str(estimate.credits_high))
    assert estimate.credits_expected <= estimate.credits_high
    assert (estimate.rows, estimate.numbers, estimate.to_ask) == (report.rows, report.numbers, provider.bill.numbers)
    assert sum(estimate.rejected.values()) == report.states.get("rejected", 0)


def test_the_estimate_counts_the_store(tmp_path):
    """Numbers that the store answers cost nothing; whose answers count is the provider's that would be asked."""
    _, client = connected()
    frame = pl.DataFrame({"phone": numbers_of(4)})
    hf.enrich(frame.head(3), "phone", client=client, store=tmp_path)
    known = hf.estimate(frame, "phone", store=tmp_path, client=client)
    other = hf.estimate(frame, "phone", store=hf.Store(tmp_path))
    assert (known.stored, known.to_ask, known.credits_high) == (3, 1, 1.0)
    assert (other.stored, other.to_ask, other.credits_high) == (0, 4, 4.0)


def test_the_second_run_is_free(tmp_path):
    """What the store knows is not asked again, and says so in its rows; refresh asks all the same."""
    provider, client = connected()
    frame = pl.DataFrame({"phone": ["+44 7400 123456", "n/a"]})
    first = hf.enrich(frame, "phone", client=client, store=tmp_path)
    again = hf.enrich(frame, "phone", client=client, store=str(tmp_path))
    assert again["hlr_state"].to_list() == ["cached", "rejected"]
    assert again["hlr_credits"].to_list() == [0.0, 0.0]
    assert again.drop("hlr_state", "hlr_credits").equals(first.drop("hlr_state", "hlr_credits"))
    assert provider.bill.requests == 1
    fresh = hf.enrich(frame, "phone", client=client, store=tmp_path, settings=hf.Settings(refresh=True))
    assert fresh["hlr_state"].to_list() == ["answered", "rejected"]
    assert provider.bill.requests == 2


def test_offline(tmp_path):
    """Offline the store alone answers: what it does not know is skipped, and nothing is sent."""
    provider, client = connected()
    hf.lookup(["+44 7400 123456"], client=client, store=tmp_path)
    result = hf.lookup(
        ["07400 123456", "+44 7400 123457", "n/a"],
        client=client,
        store=tmp_path,
        settings=GB.replace(offline=True),
    )
    assert result["state"].to_list() == ["cached", "skipped", "rejected"]
    assert result["reason"].to_list() == [None, "offline", "empty"]
    assert provider.bill.requests == 1


def test_offline_needs_no_account(monkeypatch):
    """What sends nothing needs no credentials, and what sends does."""
    monkeypatch.delenv("HLR_API_KEY", raising=False)
    monkeypatch.delenv("HLR_API_SECRET", raising=False)
    result = hf.lookup(["+44 7400 123456"], settings=hf.Settings(offline=True))
    assert result["reason"].to_list() == ["offline"]
    with pytest.raises(hf.ConfigError, match="HLR_API_KEY"):
        hf.lookup(["+44 7400 123456"])


def test_what_is_no_store():
    """A store that is neither a path nor a Store is refused before anything is sent."""
    provider, client = connected()
    with pytest.raises(hf.InputError, match="store must be a path or a Store, not int"):
        hf.lookup(["+44 7400 123456"], client=client, store=3)
    assert provider.bill.requests == 0


# Runs that end early


def test_the_budget():
    """The ceiling holds; rows beyond it are skipped, and a warning at the caller's own line says how many."""
    provider, client = connected()
    frame = pl.DataFrame({"phone": numbers_of(20)})
    with pytest.warns(hf.IncompleteWarning, match="max_credits is reached: 17 rows were not asked") as caught:
        result = hf.enrich(frame, "phone", client=client, settings=hf.Settings(max_credits=3))
    assert result["hlr_state"].value_counts().sort("count").rows() == [("answered", 3), ("skipped", 17)]
    assert set(result["hlr_reason"].drop_nulls()) == {"budget"}
    assert provider.bill.total == Decimal(str(result["hlr_credits"].sum())) <= 3
    assert caught[0].filename == __file__


@pytest.mark.parametrize("call", ["enrich_with_report", "lookup", "enrich_async"])
def test_every_way_in_warns(call):
    """Each of the functions warns at the line that called it."""
    _, client = connected()
    numbers = numbers_of(5)
    frame = numbers if call == "lookup" else pl.DataFrame({"phone": numbers})
    column = () if call == "lookup" else ("phone",)

    async def cell():
        outcome = getattr(hf, call)(frame, *column, client=client, settings=hf.Settings(max_credits=1))
        return await outcome if asyncio.iscoroutine(outcome) else outcome

    with pytest.warns(hf.IncompleteWarning) as caught:
        asyncio.run(cell())
    assert [each.filename for each in caught] == [__file__]


def test_free_work_needs_no_budget():
    """Where nothing can cost anything an empty budget stops nothing."""
    provider, client = connected()
    result = hf.lookup(numbers_of(3), client=client, settings=hf.Settings(lookup="validate", max_credits=0))
    assert result["state"].to_list() == ["answered"] * 3
    assert provider.bill.total == 0


def test_the_account_is_empty():
    """Where the account runs out the rest is skipped, with a warning; what was paid for is there."""
    provider, client = connected(credits=2.0)
    with pytest.warns(hf.IncompleteWarning, match="no credit left"):
        result = hf.lookup(numbers_of(30), client=client, settings=hf.Settings(max_requests=1, batch_size=1))
    assert result["state"].to_list().count("answered") == 2
    assert set(result["reason"].drop_nulls()) == {"insufficient_credit"}
    assert result["credits"].sum() == 2.0 == float(provider.bill.total)


def test_an_outage():
    """A provider that stays away ends the run, with an error that holds the frame and what was obtained before."""
    provider, client = connected(faults=Faults(outages=(Outage(0.5, math.inf),)), latency=0.2)
    frame = pd.DataFrame({"phone": numbers_of(60)})
    few = hf.Settings(max_requests=2, batch_size=5)
    with pytest.raises(hf.Unavailable) as caught:
        in_virtual_time(hf.enrich_async(frame, "phone", client=client, settings=few))
    partial = caught.value.partial
    assert isinstance(partial, pd.DataFrame)
    assert partial["hlr_state"].value_counts()["answered"] > 0
    assert set(partial["hlr_state"]) <= {"answered", "skipped", "failed"}
    assert Decimal(str(partial["hlr_credits"].sum())) == provider.bill.total


def test_lost_replies_are_in_the_credits():
    """A reply that was billed and lost is paid for once, and its price stands in the row that it was for."""
    provider, client = connected(faults=Faults(at={1: Fault.DROP_AFTER_BILLING, 3: Fault.GARBAGE}))
    frame = pl.DataFrame({"phone": numbers_of(12)})
    result = in_virtual_time(
        hf.enrich_async(frame, "phone", client=client, settings=hf.Settings(batch_size=4, max_requests=2))
    )
    assert set(result["hlr_state"]) == {"answered"}
    assert Decimal(str(result["hlr_credits"].sum())) == provider.bill.total
    assert provider.bill.paid_twice() == []
    assert provider.bill.lost > 0


class Presser:
    """Presses Ctrl-C when a run reports for the first time."""

    def __init__(self):
        self.pressed = False

    def __call__(self, _):
        if not self.pressed:
            self.pressed = True
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_ctrl_c():
    """Ctrl-C ends a run with an error that holds the frame; what was in flight has landed and is in it."""
    provider, client = connected(latency=0.02)
    frame = pa.table({"phone": numbers_of(60)})
    with pytest.raises(hf.Interrupted) as caught:
        hf.enrich(
            frame,
            "phone",
            client=client,
            progress=Presser(),
            settings=hf.Settings(max_requests=2, batch_size=1),
        )
    partial = caught.value.frame
    assert isinstance(partial, pa.Table)
    states = partial.column("hlr_state").to_pylist()
    assert states.count("answered") == provider.bill.numbers < 60
    assert set(states) == {"answered", "skipped"}
    assert set(partial.column("hlr_reason").drop_null().to_pylist()) == {"stopped"}


def test_a_cancelled_task():
    """A cancelled task lets what is in flight land, and then ends as cancelled tasks do, the frame beside it."""
    provider, client = connected(latency=1.0)

    async def cell():
        task = asyncio.current_task()
        await hf.enrich_async(
            pl.DataFrame({"phone": numbers_of(60)}),
            "phone",
            client=client,
            progress=lambda _: task.cancel() if not task.cancelling() else None,
            settings=hf.Settings(max_requests=2, batch_size=1),
        )

    with pytest.raises(asyncio.CancelledError) as caught:
        in_virtual_time(cell())
    stopped = caught.value.__cause__
    assert isinstance(stopped, hf.Interrupted)
    assert stopped.partial["hlr_state"].to_list().count("answered") == provider.bill.numbers > 0


def test_progress_reaches_the_caller():
    """A function that was passed gets snapshots; the last one accounts for every number."""
    seen = []
    _, client = connected()
    hf.lookup([*numbers_of(9), "n/a"], client=client, progress=seen.append)
    assert (seen[-1].total, seen[-1].done, seen[-1].answered) == (9, 9, 9)


def test_a_progress_function_that_fails(caplog):
    """A progress function that raises is logged and left out; the run goes on and loses nothing."""
    provider, client = connected()

    def broken(_):
        raise KeyError("bar")

    result = hf.lookup(numbers_of(5), client=client, progress=broken)
    assert result["state"].to_list() == ["answered"] * 5
    assert float(provider.bill.total) == result["credits"].sum()
    assert "progress" in caplog.text


def test_duckdb_results_combine(tmp_path):
    """A DuckDB relation's result belongs to the caller's connection and combines with its other relations."""
    provider, client = connected()
    connection = duckdb.connect(str(tmp_path / "crm.duckdb"))
    connection.execute("create table contacts as select 1 as id, '+44 7400 123456' as phone")
    connection.execute("create table visits as select 1 as id, 9 as pages")
    enriched = hf.enrich(connection.table("contacts"), "phone", client=client)
    joined = enriched.join(connection.table("visits"), "id").project("pages, hlr_state")
    assert joined.fetchall() == [(9, "answered")]
    assert connection.sql("select pages, hlr_msisdn from enriched natural join visits").fetchall() == [
        (9, "447400123456")
    ]
    connection.execute("create table kept as select * from enriched")
    assert connection.table("kept").project("hlr_state").fetchall() == [("answered",)]
    tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert sorted(tables) == [("contacts",), ("kept",), ("visits",)]
    assert provider.bill.requests == 1


def test_no_warning_of_other_libraries():
    """A wide pandas frame gets its columns without a complaint of pandas'."""
    wide = pd.concat(
        [pd.DataFrame({"phone": ["+44 7400 123456"]}), pd.DataFrame({f"c{n}": [n] for n in range(120)})], axis=1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", hf.EmulatorWarning)
        assert hf.enrich(wide, "phone", client=connected()[1], columns="all").shape == (1, 121 + len(COLUMNS))


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow"])
def test_times_without_a_zone(client, kind):
    """Without a zone the times are the same, in UTC, and do not say so: in every kind of frame."""
    phones = pl.DataFrame({"phone": ["+44 7400 123456", "n/a"]})
    frame = {"polars": phones, "pandas": phones.to_pandas(), "pyarrow": phones.to_arrow()}[kind]
    naive = hf.enrich(frame, "phone", client=client, settings=hf.Settings(time_zone=None))
    found = pl.DataFrame(naive)["hlr_checked_at"]
    assert found.dtype.time_zone is None
    assert abs((datetime.now(UTC).replace(tzinfo=None) - found[0]).total_seconds()) < 600
    with pytest.raises(hf.ConfigError, match="time_zone must be 'UTC', or None"):
        hf.Settings(time_zone="Europe/Paris")


def test_pandas_writes_it_to_a_workbook(client, tmp_path):
    """What pandas cannot put into a workbook is not there without a zone."""
    people = pd.DataFrame({"phone": ["+44 7400 123456"]})
    enriched = hf.enrich(people, "phone", client=client, settings=hf.Settings(time_zone=None))
    enriched.to_excel(tmp_path / "out.xlsx", index=False, engine="xlsxwriter")
    assert (tmp_path / "out.xlsx").stat().st_size > 0


def test_how_numbers_were_read_is_said_before_and_after():
    """Renumbered numbers and cells of several are counted by the estimate and the report, and told in columns."""
    frame = pl.DataFrame({"phone": ["+52 1 55 1234 5678", "+44 7400 123456 / +44 7400 123457", "+44 7400 12345"]})
    estimate = hf.estimate(frame, "phone")
    assert estimate.readings == {"renumbered": 1, "several": 1}
    assert "brought up to date" in str(estimate)
    client = hf.emulator.connect(seed=7)
    enriched = hf.enrich_with_report(frame, "phone", client=client, columns=["e164", "reading", "suggestion"])
    assert enriched.report.readings == {"renumbered": 1, "several": 1}
    assert enriched.frame.drop("phone").rows() == [
        ("+525512345678", "renumbered", None),
        ("+447400123456", "several", None),
        (None, None, "1 digit fewer than a mobile of the United Kingdom has"),
    ]
