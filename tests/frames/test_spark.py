"""Frames of Spark Connect, served by Sail: the same protocol and client, without a JVM."""

from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

import hlrframe as hf
from helpers.clusters import GB, check_same, enriched, messy
from helpers.frames import PHONES, columns_of
from helpers.lists import connected
from helpers.spark import WARNINGS, of_one_process, rows_of, sail, small
from hlrframe.frames.adapters import spark as adapter

pytestmark = [pytest.mark.filterwarnings(each) for each in WARNINGS]
pytest.importorskip("pysail")

FACTS = ["id", "hlr_state", "hlr_reason", "hlr_msisdn", "hlr_verdict", "hlr_is_ported"]


@pytest.fixture(scope="module")
def session():
    """A session of Spark Connect."""
    with sail() as session:
        yield session


@pytest.mark.timeout(240)
def test_spark_gives_what_one_process_gives(session):
    """Rows, the account and the bill are those of one process, over 200,000 rows; each charge stands on one row."""
    contacts = messy(200_000, 8_000)
    run = enriched(session.createDataFrame(contacts.to_arrow(compat_level=pl.CompatLevel.oldest())))
    assert isinstance(run.frame, type(session.range(1)))
    check_same(pl.DataFrame(run.frame.toArrow()), run, enriched(contacts), credits_in_place=False)


def test_nothing_is_asked_again_and_no_key_leaves(session):
    """Whoever runs the plan again pays nothing again, and there is no key in it."""
    provider, client = connected(api_key="the-account", api_secret="the-secret")
    result = hf.enrich(small(session), "phone", client=client, settings=GB)
    paid, requests = provider.bill.total, provider.bill.requests
    assert rows_of(result).drop("hlr_credits").equals(rows_of(result).drop("hlr_credits"))
    assert (provider.bill.total, provider.bill.requests) == (paid, requests)
    plan = result._plan.to_proto(session.client).SerializeToString()
    assert b"hlr_verdict" in plan
    assert b"the-account" not in plan
    assert b"the-secret" not in plan


def test_a_frame_without_rows_comes_back_without_rows(session):
    """A night without new contacts, or an empty batch of a stream, is no error: the columns are there."""
    client = connected()[1]
    result, report = hf.enrich_with_report(small(session).where("false"), "phone", client=client, settings=GB)
    full = hf.enrich(small(session), "phone", client=client, settings=GB)
    assert rows_of(result).is_empty()
    assert rows_of(result).schema == rows_of(full).schema
    assert (report.rows, report.requests) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "phones"),
    [
        (pa.int64(), [447400123456, None, 447400123457, 12, 447400123456]),
        (pa.float64(), [447400123456.0, None, float("nan"), 12.5, 447400123456.0]),
        (pa.decimal128(20, 2), [Decimal("447400123456.00"), None, Decimal("12.50"), Decimal(12), Decimal(12)]),
        (pa.binary(), [b"+44 7400 123456", None, b"", b"\xff", b"07400 123456"]),
        (pa.string(), ["+44 7400 123456", None, "", "n/a", "07400 123456"]),
        (pa.string(), [None, None, None, None, None]),
    ],
    ids=str,
)
def test_cells_of_any_type_are_read_as_in_one_process(session, kind, phones):
    """Whatever a column holds, a cell means the same in Spark as in one process."""
    frame = small(session, phones, kind)
    result = rows_of(hf.enrich(frame, "phone", client=connected()[1], settings=GB))
    assert result.select(FACTS).equals(of_one_process(frame, settings=GB).select(FACTS))


def test_a_column_that_holds_no_numbers_is_refused(session):
    """A list, a date or a truth is no telephone number, and the message says what the column holds."""
    frame = session.createDataFrame(pa.table({"phone": [[1], [2]], "agreed": [True, False]}))
    for name in ("phone", "agreed"):
        with pytest.raises(hf.InputError, match=rf"column '{name}' holds \w+Type, which cannot hold"):
            hf.enrich(frame, name, client=connected()[1])


@pytest.mark.parametrize("name", ["mobile.number", "the `phone`", "_hlr_cell", "Phone Number", "*"])
def test_a_column_may_have_any_name(session, name):
    """Dots, quotes and blanks in a name are part of it, for Spark too."""
    frame = session.createDataFrame(pa.table({name: ["+447400123456", None], "a.b": [1, 2]}))
    result = hf.enrich(frame, name, client=connected()[1], columns=["state", "credits"])
    assert result.columns == [name, "a.b", "hlr_state", "hlr_credits"]
    assert sorted(result.toArrow().to_pylist(), key=lambda row: row["a.b"]) == [
        {name: "+447400123456", "a.b": 1, "hlr_state": "answered", "hlr_credits": 1.0},
        {name: None, "a.b": 2, "hlr_state": "rejected", "hlr_credits": 0.0},
    ]


def test_names_are_checked_as_spark_reads_them(session):
    """Spark does not tell names apart by case: neither does the check of what is there already."""
    frame = session.createDataFrame(pa.table({"phone": ["+447400123456"], "HLR_State": ["x"]}))
    with pytest.raises(hf.InputError, match="already has a column 'hlr_state'"):
        hf.enrich(frame, "phone", client=connected()[1])
    with pytest.raises(hf.InputError, match="did you mean 'phone'"):
        hf.enrich(frame, "Phone", client=connected()[1], prefix="x_")


def test_an_estimate_and_a_cleaning_count_rows(session):
    """What is free counts rows, not distinct cells, and gives the same columns."""
    frame, plain = small(session), pl.DataFrame(columns_of(PHONES))
    assert hf.estimate(frame, "phone", settings=GB) == hf.estimate(plain, "phone", settings=GB)
    cleaned = rows_of(hf.clean(frame, "phone", default_region="GB"))
    assert cleaned.equals(hf.clean(plain, "phone", default_region="GB"))


@pytest.mark.parametrize("columns", ["standard", "best"])
def test_several_columns_are_those_of_one_process(session, columns):
    """Several phone columns, and the best number of each row, are those of one process; credits add up to the bill."""
    plain = pl.DataFrame({**columns_of(), "other": [*PHONES[3:], *PHONES[:3]], "cc": ["GB", None, "FR"] * 4 + ["GB"]})
    frame = session.createDataFrame(plain.to_arrow(compat_level=pl.CompatLevel.oldest()))
    options = {"settings": GB, "region_column": "cc", "columns": columns}
    provider, client = connected()
    result, report = hf.enrich_with_report(frame, ["phone", "other"], client=client, **options)
    expected, alone = hf.enrich_with_report(plain, ["phone", "other"], client=connected()[1], **options)
    left_out = [name for name in expected.columns if name.endswith(("checked_at", "credits"))]
    assert rows_of(result).drop(left_out).equals(expected.drop(left_out))
    paid = [rows_of(result)[name].sum() for name in left_out if name.endswith("credits")]
    assert sum(paid) == float(provider.bill.total) == report.credits
    counts, others = ([(each.states, each.verdicts, each.reasons) for each in one.columns] for one in (report, alone))
    assert (counts, report.best, report.states) == (others, alone.best, alone.states)


def test_a_cell_that_came_later_is_skipped(session):
    """A row whose cell was not there when numbers were asked says so: it is neither rejected nor lost."""
    frame = session.range(3).selectExpr("id", "concat('+4474', rand()) as phone")
    result = hf.enrich(frame, "phone", client=connected()[1], columns=["state", "reason", "msisdn", "credits"])
    rows = rows_of(result).drop("phone").rows()
    assert rows == [(each, "skipped", "changed", None, 0.0) for each in range(3)]


def test_many_answers_go_through_shared_storage(session, tmp_path, monkeypatch):
    """Answers that are too much for one message go as Parquet where the caller says; the result is the same."""
    monkeypatch.setattr(adapter, "HANDOFF_BYTES", 1_000)
    frame = small(session)
    result = hf.enrich(frame, "phone", client=connected()[1], settings=GB, handoff=tmp_path / "answers")
    assert rows_of(result).select(FACTS).equals(of_one_process(frame, settings=GB).select(FACTS))
    (folder,) = (tmp_path / "answers").iterdir()
    assert pl.read_parquet(f"{folder}/*.parquet").height == len(set(PHONES))


def test_too_many_answers_are_refused_before_they_are_paid(session, monkeypatch):
    """Without shared storage, more than a message holds is an error that names the cure; nothing was asked."""
    monkeypatch.setattr(adapter, "HANDOFF_BYTES", 1_000)
    provider, client = connected()
    with pytest.raises(hf.InputError, match="pass handoff="):
        hf.enrich(small(session), "phone", client=client)
    assert provider.bill.requests == 0


def test_shared_storage_that_takes_nothing_is_found_before_anything_is_paid(session, tmp_path, monkeypatch):
    """A folder that cannot be written is an error while nothing was asked."""
    monkeypatch.setattr(adapter, "HANDOFF_BYTES", 1_000)
    (tmp_path / "file").write_text("in the way")
    provider, client = connected()
    with pytest.raises(hf.ConfigError, match="handoff"):
        hf.enrich(small(session), "phone", client=client, handoff=tmp_path / "file" / "answers")
    assert provider.bill.requests == 0
