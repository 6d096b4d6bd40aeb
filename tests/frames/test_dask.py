"""Frames of Dask, with a cluster of real processes."""

import contextlib
import os
import signal

import numpy as np
import pandas as pd
import polars as pl
import pytest

import hlrframe as hf
from helpers.clusters import GB, check_same, enriched, messy
from helpers.frames import PHONES, columns_of, mixed
from helpers.lists import connected
from hlrframe.emulator import Emulator
from hlrframe.frames.adapters import dask as adapter

cloudpickle = pytest.importorskip("cloudpickle", reason="Dask is in the group dev")
pytest.importorskip("distributed")

# What Dask's own workers and pandas say of each other's versions.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning:distributed")

dask = pytest.importorskip("dask.dataframe")


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two processes."""
    from distributed import LocalCluster  # noqa: PLC0415  # takes seconds

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def workers(cluster):
    """A client of that cluster, which Dask then uses by itself."""
    with cluster.get_client() as client:
        yield client


def in_files(folder, rows, files=7):
    """Gives rows as a frame of Dask that reads them from files."""
    size = rows.height // files + 1
    for at in range(files):
        rows.slice(at * size, size).write_parquet(folder / f"{at}.parquet")
    return dask.read_parquet(folder)


def small(parts=3, phones=PHONES, **changes):
    return dask.from_pandas(pd.DataFrame({**columns_of(phones), **changes}), npartitions=parts)


@pytest.mark.timeout(240)
def test_a_cluster_gives_what_one_process_gives(workers, tmp_path):
    """Rows, their order, the account and the bill are those of one process, over 200,000 rows."""
    contacts = messy(200_000, 8_000)
    run = enriched(in_files(tmp_path, contacts))
    assert isinstance(run.frame, dask.DataFrame)
    check_same(pl.from_pandas(run.frame.compute()), run, enriched(contacts))


@pytest.mark.timeout(240)
def test_a_lost_worker_changes_nothing(cluster, workers, tmp_path):
    """A worker that is killed while numbers are asked, and another while answers are joined, change nothing."""
    contacts, killed = messy(20_000, 1_000), []

    def kill():
        killed.append(next(each.process.pid for each in cluster.workers.values() if each.process.pid))
        os.kill(killed[-1], signal.SIGKILL)

    run = enriched(in_files(tmp_path, contacts), progress=lambda _: None if killed else kill())
    rows = workers.compute(run.frame)
    kill()
    check_same(pl.from_pandas(rows.result()), run, enriched(contacts))
    assert len(killed) == 2


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_index_order_and_divisions_stay(known):
    """The index and the divisions are those of the frame, known or not, and empty partitions are no matter."""
    rows = pd.DataFrame(columns_of(), index=pd.Index(range(10, 10 + len(PHONES)), name="key"))
    frame = dask.from_pandas(rows, npartitions=3)
    frame = (frame if known else frame.clear_divisions()).query("id != 1 and id < 9")
    result = hf.enrich(frame, "phone", client=connected()[1], settings=GB)
    assert result.divisions == frame.divisions
    pd.testing.assert_frame_equal(result.compute()[list(rows.columns)], frame.compute())


def test_the_types_are_those_of_pandas():
    """Before it is computed and after, a result column is of the type that a frame of pandas would get."""
    result = hf.enrich(small(), "phone", client=connected()[1], settings=GB)
    plain = hf.enrich(small().compute(), "phone", client=connected()[1], settings=GB)
    assert dict(result.dtypes) == dict(result.compute().dtypes) == dict(plain.dtypes)


@pytest.mark.parametrize("kind", ["object", "category", "float64", "Int64", "str"])
def test_cells_of_any_type_are_read_as_in_pandas(kind):
    """Whatever a column holds, a cell means the same in a partition as in a frame of pandas."""
    phones = pd.Series([447400123456, None, 447400123457, 447400123456, 12], dtype="Int64")
    phones = mixed(PHONES) if kind == "object" else phones.astype(kind)
    frame = pd.DataFrame({"phone": phones})
    plain = hf.enrich(frame, "phone", client=connected()[1], settings=GB, columns=["msisdn", "reason", "credits"])
    parts = dask.from_pandas(frame, npartitions=2)
    result = hf.enrich(parts, "phone", client=connected()[1], settings=GB, columns=["msisdn", "reason", "credits"])
    names = [name for name in plain.columns if name != "phone"]
    pd.testing.assert_frame_equal(result.compute()[names], plain[names])


def test_nothing_is_asked_again_and_no_key_leaves():
    """Who computes the result again pays nothing again; neither key nor client is in what the workers get."""
    provider, client = connected(api_key="the-account", api_secret="the-secret")
    result = hf.enrich(small(), "phone", client=client, settings=GB)
    paid, requests = provider.bill.total, provider.bill.requests
    assert result.compute().equals(result.compute())
    assert (provider.bill.total, provider.bill.requests) == (paid, requests)
    graph = cloudpickle.dumps(result.dask)
    assert b"447400123456" in graph
    assert not [secret for secret in (b"the-account", b"the-secret", b"Emulator") if secret in graph]


def test_an_estimate_and_a_cleaning_are_those_of_pandas():
    """What is free counts rows, not distinct cells, and gives the same columns."""
    plain = small().compute()
    assert hf.estimate(small(), "phone", settings=GB) == hf.estimate(plain, "phone", settings=GB)
    cleaned = hf.clean(small(), "phone", default_region="GB")
    pd.testing.assert_frame_equal(cleaned.compute(), hf.clean(plain, "phone", default_region="GB"))


def test_several_columns_are_those_of_pandas():
    """Several phone columns, and the best number of each row, are those of one process, to the credit's place."""
    names = ["phone", "old_phone"]
    frame = small(old_phone=[*PHONES[3:], *PHONES[:3]])
    result, report = hf.enrich_with_report(frame, names, client=connected()[1], settings=GB)
    plain, alone = hf.enrich_with_report(frame.compute(), names, client=connected()[1], settings=GB)
    left_out = [name for name in plain.columns if name.endswith("checked_at")]
    pd.testing.assert_frame_equal(result.compute().drop(columns=left_out), plain.drop(columns=left_out))
    assert (report.columns, report.best, report.states) == (alone.columns, alone.best, alone.states)


@pytest.mark.parametrize("there", [True, False], ids=["there", "not there"])
def test_many_answers_go_through_shared_storage(tmp_path, monkeypatch, there):
    """Many answers are a file that workers read; where it cannot be written they go with the graph, with a warning."""
    monkeypatch.setattr(adapter, "HANDOFF_BYTES", 10)
    folder = tmp_path / "answers" if there else tmp_path / "file" / "answers"
    (tmp_path / "file").write_text("in the way")
    options = {"client": connected()[1], "settings": GB, "columns": ["state", "msisdn", "credits"]}
    with contextlib.nullcontext() if there else pytest.warns(UserWarning, match="can be written to handoff="):
        result = hf.enrich(small(), "phone", handoff=folder, **options)
    plain = hf.enrich(small().compute(), "phone", **{**options, "client": connected()[1]})
    pd.testing.assert_frame_equal(result.compute(), plain)
    assert len(list(tmp_path.glob("answers/*.parquet"))) == there


def test_a_cell_that_came_later_is_skipped(tmp_path):
    """A row whose cell was not there when numbers were asked says so: it is neither rejected nor lost."""
    path = tmp_path / "contacts.parquet"
    rows = pd.DataFrame({"phone": ["+447400123456", None]})
    rows.to_parquet(path)
    provider, client = connected()
    result = hf.enrich(dask.read_parquet(path), "phone", client=client)
    pd.concat([rows, pd.DataFrame({"phone": ["+447400123457"]})]).to_parquet(path)
    found = dask.read_parquet(path).map_partitions(len).compute()
    assert found.sum() == 3
    states = result.compute()[["hlr_state", "hlr_reason"]].astype(object).replace({pd.NA: None, np.nan: None})
    assert states.to_numpy().tolist()[-1] == ["skipped", "changed"]
    assert provider.bill.numbers == 1


def test_what_cannot_be_read_is_refused_before_it_is_computed():
    """A wrong column costs no computation, and the message names the cure."""

    def never(part):
        raise AssertionError

    frame = small().map_partitions(never, meta=small()._meta)
    with pytest.raises(hf.InputError, match="did you mean 'phone'"):
        hf.enrich(frame, "Phone", client=connected()[1])
    with pytest.raises(hf.InputError, match="already has a column 'old_state'"):
        hf.enrich(frame, "phone", client=connected()[1], prefix="old_")


def test_a_provider_that_fails_hands_over_a_lazy_frame():
    """What a run obtained before it broke off comes as a frame of Dask, its rows whole."""
    provider = Emulator(seed=7)
    client = hf.emulator.connect(emulator=provider)
    wrong = hf.Client("wrong", "key", transport=client._transport, provider="emulator")
    with pytest.raises(hf.AuthError) as caught:
        hf.enrich(small(), "phone", client=wrong, settings=GB)
    assert isinstance(caught.value.partial, dask.DataFrame)
    assert caught.value.partial.compute()["hlr_state"].isin(["skipped", "failed", "rejected"]).all()
