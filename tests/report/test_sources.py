"""What can be summarised beyond frames: packed files, folders of them, private stores; and what changed since."""

import gzip
import shutil
import time
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import hlrframe as hf
from helpers.stores import DAY, NOON, answered, number, numbers, store_with
from hlrframe.model import Question
from hlrframe.report import summarize

KEY = "5e" * 32


@pytest.fixture(scope="module")
def enriched():
    """A hundred rows with repeats, rejected ones and answers."""
    phones = [f"+4474001234{n:02}" for n in range(60)] + [f"+4474001234{n:02}" for n in range(30)] + ["n/a"] * 10
    with pytest.warns(hf.EmulatorWarning):
        return hf.enrich(pl.DataFrame({"phone": phones}), "phone", client=hf.emulator.connect(seed=7))


def tables_of(summary):
    return {name: getattr(summary, name) for name in summary.names}


@pytest.fixture(scope="module")
def expected(enriched):
    """The tables of these rows."""
    return tables_of(summarize(enriched))


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, table in one.items():
        assert_frame_equal(table, other[name])


@pytest.mark.slow
@pytest.mark.parametrize(
    "ending", ["csv", "csv.gz", "csv.zst", "tsv", "ndjson.gz", "jsonl", "pq", "arrow", "arrows", "feather"]
)
def test_files_of_every_kind_that_enrich_file_writes(enriched, expected, tmp_path, ending):
    """The summary of a written file is that of the frame, packed or not; and so is that of a folder of such files."""
    done = tmp_path / "out"
    done.mkdir()
    write(enriched, done / f"enriched.{ending}")
    assert_same(tables_of(summarize(done / f"enriched.{ending}")), expected)
    assert_same(tables_of(summarize(done)), expected)


def write(frame, path):
    packing = "".join(path.suffixes[1:])
    kind = path.name.split(".")[1]
    if kind in {"csv", "tsv"}:
        content = frame.write_csv(separator="," if kind == "csv" else "\t").encode()
    elif kind in {"ndjson", "jsonl"}:
        content = frame.write_ndjson().encode()
    elif kind == "pq":
        return frame.write_parquet(path)
    elif kind == "arrows":
        return frame.write_ipc_stream(path)
    else:
        return frame.write_ipc(path)
    packed = {".gz": gzip.compress, ".zst": pa.Codec("zstd").compress}.get(packing, bytes)(content)
    return path.write_bytes(packed)


def test_several_arrow_streams_are_one_frame(enriched, tmp_path):
    """Streams are read one after the other."""
    for index, part in enumerate(enriched.iter_slices(40)):
        part.write_ipc_stream(tmp_path / f"{index}.arrows")
    assert_same(tables_of(summarize(f"{tmp_path}/*.arrows")), tables_of(summarize(enriched)))


@pytest.mark.parametrize("closely", [False, True])
def test_a_large_store_counts_as_a_small_one_does(tmp_path, monkeypatch, closely):
    """Repeated answers, two questions and journals come to the newest answer, however the rows are counted."""
    store = store_with(
        tmp_path,
        answered(*numbers(40)),
        answered(*numbers(4), at=NOON + DAY, checked_at=NOON + DAY, status="DEAD"),
        answered(number(0), at=NOON + 2 * DAY, checked_at=NOON + 2 * DAY, status="ABSENT_SUBSCRIBER"),
        answered(number(1), at=NOON - DAY, checked_at=NOON - DAY, status="DEAD"),
    )
    if closely:
        monkeypatch.setattr("hlrframe.report.counting.repeats.MOST_BITS", 1)
        monkeypatch.setattr("hlrframe.report.counting.passes.AT_ONCE", 7)
    summary = summarize(store)
    scan = store.scan().collect()
    assert summary.totals.row(0)[:2] == (40, 40)
    assert dict(summary.verdicts.select("verdict", "numbers").iter_rows()) == {"live": 36, "dead": 3, "unreachable": 1}
    assert summary.cost["credits"][0] == 46
    assert summary.totals.row(0)[3:] == (scan["checked_at"].min(), scan["checked_at"].max())
    words = ["msisdn", "live_status", "question"]
    assert_frame_equal(summary.query("from enriched").select(words), scan.select(words), check_row_order=False)
    for name in summary.names:
        assert_frame_equal(getattr(summary, name), summary.query(summary.sql(name)))


def test_answers_that_are_equally_old_are_told_apart(tmp_path):
    """Of answers known at one moment the one that came last counts; one that lies in two files counts once."""
    store = store_with(tmp_path, answered(*numbers(30)), answered(*numbers(12), at=NOON + DAY, status="DEAD"))
    store_with(tmp_path, answered(*numbers(6), at=NOON + 2 * DAY, status="ABSENT_SUBSCRIBER"))
    store_with(tmp_path, answered(*numbers(5)), question=Question.of(hf.Settings(lookup="mnp"), "api.example.com"))
    for part in sorted(store.layout.parts.glob("*.parquet")):
        shutil.copy(part, part.with_name(f"{part.stem}-again.parquet"))
    summary = summarize(store)
    scan = store.scan().collect()
    assert summary.totals.row(0)[:2] == (scan.height, 30) == (35, 30)
    assert summary.cost["credits"][0] == 53
    for name in summary.names:
        assert_frame_equal(getattr(summary, name), summary.query(summary.sql(name)))


def test_numbers_that_several_files_have_count_once(enriched, tmp_path):
    """Files that repeat each other's numbers, with other outcomes, come to what the statements read in them."""
    later = enriched.with_columns(hlr_verdict=pl.lit("dead"), hlr_current_network=pl.lit("Elsewhere Mobile"))
    for index, part in enumerate([enriched, later.head(25), enriched.tail(40), later.sample(30, seed=3)]):
        part.write_parquet(tmp_path / f"{index}.parquet")
    summary = summarize(tmp_path)
    assert summary.totals["numbers"].item() == 60
    for name in summary.names:
        assert_frame_equal(getattr(summary, name), summary.query(summary.sql(name)))


def test_numbers_that_are_written_otherwise_are_others(tmp_path):
    """What a file of somebody else's calls numbers counts as its texts, though they stand for the same digits."""
    texts = ["447400123456", "0447400123456", "+447400123456", "447400123456", "a hash", "a hash", "9" * 25, None]
    pl.DataFrame({"msisdn": texts, "verdict": ["live"] * 8, "state": ["answered"] * 8}).write_parquet(tmp_path / "a.pq")
    assert summarize(tmp_path / "a.pq", prefix="").totals.row(0)[:2] == (8, 5)


@pytest.mark.parametrize("encoding", ["key", "hash_key"])
def test_a_store_with_an_encoding_has_the_summary_of_a_plain_one(enriched, tmp_path, encoding):
    """Encrypted and hashed stores give the tables of a plain store with the same answers."""
    phones = enriched.select("phone")
    client = hf.emulator.connect(seed=7)
    stores = {"plain": hf.Store(tmp_path / "plain"), encoding: hf.Store(tmp_path / encoding, **{encoding: KEY})}
    for store in stores.values():
        hf.enrich(phones, "phone", client=client, store=store)
    plain, encoded = (tables_of(summarize(store)) for store in stores.values())
    assert plain["verdicts"]["numbers"].sum() == 60
    for name in ("rates", "verdicts", "countries", "networks", "portability"):
        assert_frame_equal(plain[name], encoded[name])


CHANGES = ("compared", "unchanged", "newly_live", "newly_dead", "newly_unreachable", "status_changed", "ported")


@pytest.mark.parametrize("since", [NOON + DAY / 2, (NOON + DAY / 2).isoformat(), "12h", timedelta(hours=12)])
def test_a_store_says_what_changed_since_a_moment(tmp_path, since):
    """The newest answers since then are compared with the newest before; numbers that were not asked again are not."""
    store = store_with(
        tmp_path,
        answered(*numbers(6)),
        answered(*numbers(2), at=NOON + DAY, checked_at=NOON + DAY, status="DEAD"),
        answered(number(2), at=NOON + DAY, checked_at=NOON + DAY),
    )
    summary = summarize(store, since=since, now=NOON + DAY + timedelta(minutes=1))
    counted = dict(summary.changes.select("change", "numbers").iter_rows())
    assert {name: counted[name] for name in CHANGES} == dict(zip(CHANGES, (3, 1, 0, 2, 0, 2, 0), strict=True))
    assert_frame_equal(summary.changes, summary.query(summary.sql("changes")))


def test_a_store_knows_of_no_other_moments(tmp_path):
    """What is neither a moment nor an age is refused, with examples."""
    with pytest.raises(hf.ConfigError, match="such as '2026-11-01'"):
        summarize(store_with(tmp_path, answered(number(0))), since="last week")


def test_two_frames_say_what_changed_between_them(enriched, tmp_path):
    """Numbers that both have are compared once each, whatever the order and number of their rows, from any source."""
    live = pl.col("hlr_verdict") == "live"
    first = enriched.filter(live)["hlr_msisdn"].unique(maintain_order=True)[:5]
    changed = pl.col("hlr_msisdn").is_in(first.implode())
    now = enriched.with_columns(
        hlr_verdict=pl.when(changed).then(pl.lit("dead")).otherwise("hlr_verdict"),
        hlr_live_status=pl.when(changed).then(pl.lit("DEAD")).otherwise("hlr_live_status"),
        hlr_current_network=pl.when(changed).then(None).otherwise("hlr_current_network"),
    )
    path = tmp_path / "before.parquet"
    enriched.reverse().write_parquet(path)
    for before in (enriched, path, enriched.to_pandas()):
        counted = dict(summarize(now, since=before).changes.select("change", "numbers").iter_rows())
        assert (counted["compared"], counted["newly_dead"], counted["status_changed"]) == (60, 5, 5)
        assert (counted["unchanged"], counted["network_changed"]) == (55, 0)


def test_a_folder_is_read_without_what_is_hidden(enriched, expected, tmp_path):
    """Answers that a run keeps beside its output are none of the rows."""
    (tmp_path / ".rich.csv.answers" / "parts").mkdir(parents=True)
    pl.DataFrame({"msisdn": ["447400123456"]}).write_parquet(tmp_path / ".rich.csv.answers" / "parts" / "a.parquet")
    enriched.write_csv(tmp_path / "rich.csv")
    assert_same(tables_of(summarize(tmp_path)), expected)


def test_a_folder_of_several_kinds_is_refused(enriched, tmp_path):
    """No file of a folder is left out in silence."""
    enriched.write_csv(tmp_path / "a.csv")
    enriched.write_parquet(tmp_path / "b.parquet")
    with pytest.raises(hf.InputError, match="pass files of one kind"):
        summarize(tmp_path)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be changed on Windows")
def test_a_moment_without_a_zone_is_in_utc(tmp_path, monkeypatch):
    """A date means the same wherever the machine stands, as everywhere else in a report."""
    later = NOON + DAY
    store = store_with(tmp_path, answered(number(0)), answered(number(0), at=later, checked_at=later, status="DEAD"))
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        summary = summarize(store, since=f"{later - timedelta(hours=2):%Y-%m-%d %H:%M}", now=later + timedelta(hours=1))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert summary.changes["numbers"][0] == 1
