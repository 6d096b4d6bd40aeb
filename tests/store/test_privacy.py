"""How numbers lie in a store: plain, hashed or encrypted."""

import base64
import contextlib
import copy
import hmac
import json
import pickle
import random
import re
import stat
import subprocess
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

import hlrframe as hf
from helpers.examples import examples
from helpers.stores import DAY, EMULATED, NOON, PAID, answered, answers, known, number, numbers, store_with, unanswered
from hlrframe.model.columns import ANSWER_SCHEMA, COLUMNS, Column
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.store import Answered, Asked, Withdrawn
from hlrframe.store.encoding.privacy import TELLING, telling_number
from hlrframe.store.folder.layout import FORMAT_VERSION
from hlrframe.store.segment import read_segment

RAW = bytes(range(32))
OTHER = bytes(range(1, 33))
MNP = Question(LookupKind.MNP, "api.hlrlookup.com")
PRIVATE = [pytest.param({"key": RAW}, id="encrypted"), pytest.param({"hash_key": RAW}, id="hashed")]
MODES = [pytest.param({}, id="plain"), *PRIVATE]
ENCRYPTED = {"key": RAW}

#: What tells a person, in ways that a provider might write.
TELLING_FACTS = {
    "uuid": "5e55f00d-0000-4000-8000-000000000000",
    "error": "447700900001 is odd",
    "detected_number": "447700900001",
    "formatted_number": "07700 900001",
    "sms_email": "447700900001@sms.example",
    "extra": '{"also": "447700900001"}',
}


@pytest.fixture(autouse=True)
def no_keys_at_hand(monkeypatch):
    for name in ("HLR_STORE_KEY", "HLR_STORE_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)


def hash_of(msisdn, key=RAW):
    return hmac.digest(key, msisdn.encode(), "sha256").hex()


def filled(path, mode, *entries, question=PAID):
    store = hf.Store(path, **mode)
    with store.journal(question) as journal:
        journal.write(entries or [answered(*numbers(5))])
    return store


def contents(path):
    """Every byte of every file of a store."""
    return b"\n".join(each.read_bytes() for each in sorted(path.rglob("*")) if each.is_file())


def lived(path, mode):
    """A store with an older part, a newer one, a doubt, and a journal that goes on."""
    store = filled(path, mode, Asked(numbers(8), NOON), answered(*numbers(6), status="LIVE", **TELLING_FACTS))
    filled(path, mode, answered(number(0), status="DEAD", at=NOON + DAY, checked_at=NOON + DAY))
    journal = store.journal(MNP)
    journal.write([Asked(numbers(3), NOON), Withdrawn(numbers(1), NOON), answered(number(1))])
    return store, journal


@pytest.mark.parametrize("mode", MODES)
def test_a_store_answers_alike_however_numbers_lie_in_it(path, mode):
    """Lookups, doubts, histories and removals are asked and answered by number in each mode."""
    store, journal = lived(path, mode)
    with journal:
        assert known(store, numbers(9)) == {number(0): "DEAD", **{number(each): "LIVE" for each in range(1, 6)}}
        assert unanswered(store, numbers(9)) == {number(6), number(7)}
        assert store.history(number(0)).select("msisdn", "live_status").rows() == [
            (number(0), "LIVE"),
            (number(0), "DEAD"),
        ]
        assert store.stats().numbers == 6
        assert store.stats().answers == 8
        assert store.stats().by_question == {PAID.key: 7, MNP.key: 1}
    assert store.changes(NOON + DAY / 2)["live_status"].to_list() == ["DEAD"]
    assert store.compact().after == 1
    assert store.forget([number(0), number(6)]) == 2
    assert known(store, numbers(9)) == {number(each): "LIVE" for each in range(1, 6)}
    assert unanswered(store, numbers(9)) == {number(7)}
    assert store.purge("1d", now=NOON + 3 * DAY) == 6
    assert store.stats().answers == 0


@pytest.mark.parametrize("mode", PRIVATE)
def test_no_number_lies_in_the_open(path, mode):
    """No file of a private store, journal and claims included, holds a number or the end of one."""
    store, journal = lived(path, mode)
    listed = pl.Series([*numbers(6), number(10), number(11)])
    with journal, store.claim(listed, EMULATED):
        assert not re.search(rb"7700900\d", contents(path))
    store.compact()
    assert not re.search(rb"7700900\d", contents(path))


#: Columns that may hold digits, and so nothing but what a code is made of.
CODED = [each.name for each in COLUMNS if each.digits and each.name in ANSWER_SCHEMA.names]


@pytest.mark.slow
@given(st.data())
@examples(20)
def test_any_answer_comes_back(tmp_path_factory, data):
    """Whatever an answer says, it comes back as it was; from a hashed store, without what tells the number."""
    words = st.text(st.characters(codec="utf-8"), max_size=12)
    texts = st.none() | words.filter(lambda text: not re.search(r"\d{7}", text))  # it could tell a number
    value = {pa.string(): texts, pa.bool_(): st.none() | st.booleans(), pa.float64(): st.floats(0, 9)}
    moments = st.none() | st.just(NOON - timedelta(microseconds=7))
    fields = {field.name: value.get(field.type, moments) for field in ANSWER_SCHEMA if field.name != "msisdn"}
    fields |= dict.fromkeys(CODED, st.none() | st.text("abcdef-123", max_size=12))
    rows = data.draw(st.lists(st.fixed_dictionaries(fields), max_size=5))
    batch = pa.RecordBatch.from_pylist(
        [{"msisdn": number(index), **row} for index, row in enumerate(rows)], schema=ANSWER_SCHEMA
    )
    whole = pl.DataFrame(batch)
    less = whole.with_columns(pl.lit(None, pl.String).alias(name) for name in TELLING)
    for mode, expected in (({}, whole), ({"key": RAW}, whole), ({"hash_key": RAW}, less)):
        path = tmp_path_factory.mktemp("store")
        store = hf.Store(path, **mode)
        with store.journal(PAID) as journal:
            journal.write([Answered(batch, NOON)])
            found = [store.known(whole["msisdn"], PAID, max_age=None, now=NOON)]
        found.append(store.known(whole["msisdn"], PAID, max_age=None, now=NOON))
        for each in found:
            assert each.sort("msisdn").equals(expected.filter(pl.col("msisdn").is_in(each["msisdn"].implode())))
            said = pl.col("live_status").str.strip_chars().eq_missing("INCONCLUSIVE")
            assert each.height == expected.filter(~said).height


def test_a_hash_can_be_made_again(path):
    """A hashed store shows HMAC-SHA256 of the digits in hexadecimal, and nothing else that tells the number."""
    store = filled(path, {"hash_key": RAW}, answered(number(1), **TELLING_FACTS))
    row = store.scan().collect().row(0, named=True)
    assert row["msisdn"] == hash_of(number(1))
    assert {name: row[name] for name in ("error", *TELLING)} == dict.fromkeys(("error", *TELLING))
    assert row["uuid"] == TELLING_FACTS["uuid"]
    assert store.changes(NOON).is_empty()


def test_a_fresh_run_tells_all_and_a_stored_answer_less(path):
    """A run into a hashed store gives every column; the next one costs nothing and leaves the telling ones null."""
    frame = pl.DataFrame({"phone": ["+14155552671"]})
    client = hf.emulator.connect(seed=7)
    store = hf.Store(path, hash_key=RAW)
    first, again = (hf.enrich(frame, "phone", client=client, store=store, columns="all") for _ in range(2))
    assert first["hlr_detected_number"].item() is not None
    assert again["hlr_state"].item() == "cached"
    assert again["hlr_msisdn"].item() == "14155552671"
    assert again["hlr_detected_number"].item() is None
    assert again["hlr_uuid"].item() == first["hlr_uuid"].item()
    assert b"4155552671" not in contents(path)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(RAW, id="bytes"),
        pytest.param(RAW.hex(), id="hex"),
        pytest.param(f" {RAW.hex().upper()}\n", id="hex of a file"),
        pytest.param(base64.b64encode(RAW).decode(), id="base64"),
        pytest.param(base64.urlsafe_b64encode(RAW).decode(), id="base64 of a URL"),
        pytest.param(lambda: RAW, id="callable"),
        pytest.param(RAW.hex, id="callable of text"),
    ],
)
def test_a_key_has_many_forms(path, key):
    """A key may be bytes, text or what gives one, and means the same in each form."""
    filled(path, ENCRYPTED)
    assert known(hf.Store(path, key=key), numbers(1)) == {number(0): "LIVE"}


@pytest.mark.parametrize("key", ["", "secret", b"short", "0" * 63, RAW.hex() + "00", 32, lambda: "no"])
def test_what_is_no_key_is_refused(path, key):
    """A password, a number or a key of another size is an error that says how to make one, and not what it was."""
    with pytest.raises(hf.ConfigError, match=r"32 bytes.*secrets\.token_hex"):
        hf.Store(path, key=key)


@pytest.mark.parametrize(
    ("made", "opened", "error", "words"),
    [
        ({"key": RAW}, {"key": OTHER}, hf.StoreError, "the key does not fit"),
        ({"hash_key": RAW}, {"hash_key": OTHER}, hf.StoreError, "the key does not fit"),
        ({"key": RAW}, {}, hf.ConfigError, "give its key, or set HLR_STORE_KEY"),
        ({"hash_key": RAW}, {}, hf.ConfigError, "give its hash_key, or set HLR_STORE_HASH_KEY"),
        ({"key": RAW}, {"hash_key": RAW}, hf.StoreError, "is encrypted: open it with its key"),
        ({"hash_key": RAW}, {"key": RAW}, hf.StoreError, "is hashed: open it with its hash_key"),
        ({}, {"key": RAW}, hf.StoreError, "is plain: open it without a key, or name a new folder"),
        ({}, {"hash_key": RAW}, hf.StoreError, "is plain: open it without a key, or name a new folder"),
        ({}, {"key": RAW, "hash_key": RAW}, hf.ConfigError, "not both"),
    ],
)
def test_a_store_keeps_its_mode_and_its_key(path, made, opened, error, words):
    """Another key or mode than the store was made with is an error that names the cure, and changes nothing."""
    filled(path, made)
    before = contents(path)
    with pytest.raises(error, match=words) as refusal:
        hf.Store(path, **opened)
    assert RAW.hex() not in str(refusal.value)
    assert contents(path) == before


def test_a_bucket_knows_its_mode_too(tmp_path):
    """A store in a bucket is as private there and in each mirror, and its key is asked for on each machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        urlopen(Request(f"{endpoint}/bucket", method="PUT")).close()  # noqa: S310  # our own loopback
        options = {"endpoint": endpoint, "access_key_id": "a", "secret_access_key": "b", "region": "us-east-1"}
        there = {"storage_options": {**options, "client_options": {"allow_http": True}}}
        filled("s3://bucket/store", {"key": RAW, "spool": tmp_path / "one", **there})
        again = hf.Store("s3://bucket/store", key=RAW, spool=tmp_path / "two", **there)
        assert known(again, numbers(1)) == {number(0): "LIVE"}
        for key, words in ((OTHER, "does not fit"), (None, "HLR_STORE_KEY")):
            with pytest.raises(hf.HlrframeError, match=words):
                hf.Store("s3://bucket/store", key=key, spool=tmp_path / "three", **there)
    finally:
        server.stop()
    assert not re.search(rb"7700900\d", contents(tmp_path))


def test_two_who_make_a_store_at_once_agree(path):
    """A store that another process made meanwhile in another mode is refused before anything is written."""
    late = hf.Store(path, key=RAW)
    filled(path, {})
    with pytest.raises(hf.StoreError, match="is plain"):
        late.journal(PAID)
    with pytest.raises(hf.StoreError, match="is plain"):
        late.stats()


@pytest.mark.parametrize(("variable", "mode"), [("HLR_STORE_KEY", "encrypted"), ("HLR_STORE_HASH_KEY", "hashed")])
def test_the_environment_has_the_key(path, tmp_path, monkeypatch, variable, mode):
    """A key in the environment makes new stores private and opens marked ones; a plain store stays what it is."""
    plain = filled(tmp_path / "plain", {})
    monkeypatch.setenv(variable, RAW.hex())
    filled(path, {})
    assert hf.Store(path).privacy == mode
    assert known(hf.Store(path), numbers(1)) == {number(0): "LIVE"}
    assert repr(hf.Store(path)) == f"Store({str(path)!r}, {mode})"
    with pytest.warns(
        hf.PrivacyWarning, match=rf"{variable} is set, but numbers lie in .*plain as they are: name a new"
    ):
        assert hf.Store(plain.path).privacy == "plain"
    assert repr(plain) == f"Store({str(plain.path)!r})"
    monkeypatch.delenv(variable)
    with pytest.raises(hf.ConfigError, match=variable):
        hf.Store(path)


def test_two_keys_in_the_environment_are_one_too_many(path, monkeypatch):
    """With both variables set a new store is refused; one that is marked takes its own."""
    filled(path, ENCRYPTED)
    monkeypatch.setenv("HLR_STORE_KEY", RAW.hex())
    monkeypatch.setenv("HLR_STORE_HASH_KEY", OTHER.hex())
    assert hf.Store(path).privacy == "encrypted"
    with pytest.raises(hf.ConfigError, match="both set"):
        hf.Store(path.with_name("new"))


@pytest.mark.parametrize("mode", PRIVATE)
def test_a_key_never_leaves(path, mode):
    """Neither a text of a store nor its files show the key, and it is neither pickled nor copied."""
    store = filled(path, mode)
    shown = f"{store!r} {store.layout!r} {store.layout.encoding!r} {vars(store)!r}".encode() + contents(path)
    for form in (RAW, RAW.hex().encode(), base64.b64encode(RAW), repr(RAW).encode()):
        assert form not in shown
    for carry in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="pickle"):
            carry(store)


def test_without_the_package_the_error_names_it(path, monkeypatch):
    """Where cryptography is missing, an encrypted store says which extra to install."""
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    monkeypatch.delitem(sys.modules, "hlrframe.store.encoding.cipher", raising=False)
    with pytest.raises(hf.ConfigError, match=re.escape('pip install "hlrframe[encryption]"')):
        hf.Store(path, key=RAW)
    assert filled(path, {"hash_key": RAW}).privacy == "hashed"


def test_summaries_need_no_key(path):
    """Any reader of Parquet counts countries in an encrypted store without its key, and none sees a number."""
    facts = {"current_country": "GBR", **TELLING_FACTS}
    filled(path, ENCRYPTED, answered(*numbers(3), **facts), answered(number(4), current_country="FRA"))
    files = f"{path}/parts/*.parquet"
    [part] = (path / "parts").iterdir()
    expected = [("FRA", 1), ("GBR", 3)]
    statement = f"select current_country, count(*) from '{files}' group by 1 order by 1"  # noqa: S608  # our own path
    assert duckdb.sql(statement).fetchall() == expected
    assert pl.scan_parquet(files).group_by("current_country").len().sort("current_country").collect().rows() == expected
    counts = pq.read_table(part, columns=["current_country"])["current_country"].value_counts().to_pylist()
    assert sorted((each["values"], each["counts"]) for each in counts) == expected
    for name in ("msisdn", *TELLING, "uuid", "error"):
        with pytest.raises((OSError, pa.ArrowException)):
            pq.read_table(part, columns=[name])


@pytest.mark.parametrize("mode", MODES)
def test_an_enriched_summary_counts_a_store_in_each_mode(path, mode):
    """A summary of a store is the same whichever way its numbers lie."""
    store, journal = lived(path, mode)
    with journal:
        table = hf.summarize(store).query("select live_status, count(*) as n from enriched group by 1 order by 1")
    assert table.rows() == [("DEAD", 1), ("LIVE", 6)]


def test_a_torn_commit_is_lost_alone(path):
    """An encrypted journal that is cut anywhere in its last commit gives the commits before it."""
    journal = hf.Store(path, **ENCRYPTED).journal(PAID)
    file = next((path / "journal").iterdir())
    journal.write([answered(number(0))])
    whole = file.stat().st_size
    journal.write([answered(number(1))])
    data = file.read_bytes()
    journal.seal()
    encoding = hf.Store(path, **ENCRYPTED).layout.encoding
    for end in range(whole, len(data), 13):
        file.write_bytes(data[:end])
        assert read_segment(file, encoding=encoding).answers["msisdn"].to_list() == [number(0)]


def test_a_commit_of_another_journal_is_not_taken(path):
    """What was sealed for one run is not believed in another's journal, although its checksum agrees."""
    store = hf.Store(path, **ENCRYPTED)
    data = {}
    for question in (PAID, MNP):
        with store.journal(question) as journal:
            file = next((path / "journal").iterdir())
            journal.write([answered(number(0))])
            data[question] = file.read_bytes()
    forged = data[PAID].replace(b'"lookup": "hlr"', b'"lookup": "mnp"', 1)
    file.write_bytes(forged)
    content = read_segment(file, encoding=store.layout.encoding)
    assert content.damaged or content.answers.is_empty()
    assert content.answers.is_empty()


@pytest.mark.parametrize("mode", PRIVATE)
def test_a_file_under_another_encoding_is_not_called_damaged(path, mode):
    """A part that came from a store with another key is refused with the reason, and stays where it is."""
    store = filled(path, ENCRYPTED)
    other = filled(path.with_name("other"), dict.fromkeys(mode, OTHER))
    [foreign] = (other.path / "parts").iterdir()
    [mine] = (path / "parts").iterdir()
    foreign.replace(mine)
    with pytest.raises(hf.StoreError, match=r"does not fit|is hashed, not encrypted"):
        known(store, numbers(5))
    assert mine.exists()


def corrupt(data, chance):
    """Changes bytes as disks and people do; gives the change its name."""
    changed = bytearray(data)
    place, length = chance.randrange(len(data)), chance.choice([1, 16, 64, 512])
    kind = chance.choice(["flip", "cut", "zero", "swap", "noise"])
    if kind == "flip":
        changed[place] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del changed[place:]
    elif kind == "zero":
        changed[place : place + length] = bytes(len(changed[place : place + length]))
    elif kind == "noise":
        changed[place : place + length] = chance.randbytes(len(changed[place : place + length]))
    else:
        other = chance.randrange(len(data))
        changed[place : place + length], changed[other : other + length] = (
            changed[other : other + length],
            changed[place : place + length],
        )
    return bytes(changed)


@pytest.mark.slow
def test_no_corruption_of_an_encrypted_store_makes_an_answer(path):
    """After each of 200 random changes of a file what is read is true; what cannot be read is told."""
    chance = random.Random(5)
    store = filled(path, ENCRYPTED, Asked(numbers(60), NOON), answered(*numbers(50), **TELLING_FACTS))
    with store.journal(PAID) as journal:
        for each in range(50, 53):
            journal.write([answered(number(each), current_country="FRA")])
        good = {each: each.read_bytes() for each in path.rglob("*") if each.suffix in {".arrows", ".parquet"}}
    for each in path.rglob("*.parquet"):
        each.unlink()
    truth = None
    for turn in range(201):
        for each, data in good.items():
            each.write_bytes(data)
        if turn:
            victim = chance.choice(sorted(good))
            victim.write_bytes(corrupt(good[victim], chance))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hf.DamagedWarning)
            try:
                found = store.known(pl.Series(numbers(60)), PAID, max_age=None, now=NOON)
                doubts = unanswered(store, numbers(60)) if turn % 4 == 0 else set()
            except hf.StoreError:
                continue
        truth = truth if truth is not None else found
        assert found.join(truth, on=found.columns, how="anti", nulls_equal=True).is_empty()
        assert doubts <= set(numbers(60))
        for aside in path.rglob("*.damaged"):
            aside.unlink()
    assert truth.height == 53


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ending", ["parquet", "csv", "ndjson", "jsonl"])
def test_an_export_is_the_scan_in_a_file(path, tmp_path, mode, ending):
    """The newest answers are written in order and in the clear, to a file for its owner alone."""
    store, journal = lived(path, mode)
    destination = tmp_path / f"answers.{ending}"
    destination.write_text("something older")
    with journal:
        assert store.export(destination) == 7
        expected = store.scan().collect().sort("msisdn", "question")
    assert stat.S_IMODE(destination.stat().st_mode) == 0o600
    if ending == "parquet":
        assert pl.read_parquet(destination).equals(expected)
    elif ending == "csv":
        assert pl.read_csv(destination, infer_schema=False)["msisdn"].equals(expected["msisdn"])
    else:
        found = [json.loads(line)["msisdn"] for line in destination.read_text().splitlines()]
        assert found == expected["msisdn"].to_list()
    assert not list(tmp_path.glob(".*"))


def test_an_export_for_spreadsheets_runs_nothing(path, tmp_path):
    """A text of the provider's that a spreadsheet would run is text in a CSV, and as it came elsewhere."""
    formula = '=HYPERLINK("http://x")'
    store = store_with(path, answered(number(1), current_network=formula))
    for ending, read in (("csv", pl.read_csv), ("ndjson", pl.read_ndjson)):
        store.export(tmp_path / f"answers.{ending}")
        guard = "'" if ending == "csv" else ""
        assert read(tmp_path / f"answers.{ending}")["current_network"].to_list() == [f"{guard}{formula}"]


def test_an_export_can_hold_one_question_or_all_answers(path, tmp_path):
    """One question, by value or key, or every answer that was ever kept."""
    store, journal = lived(path, {})
    with journal:
        assert store.export(tmp_path / "one.csv", question=MNP) == 1
        assert store.export(tmp_path / "same.csv", question=MNP.key) == 1
        assert store.export(tmp_path / "all.csv", newest_only=False) == 8
        assert (tmp_path / "one.csv").read_text() == (tmp_path / "same.csv").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_an_export_goes_by_ranges(path, tmp_path, mode, monkeypatch):
    """However little is held at once, each answer is written once and in order."""
    monkeypatch.setattr("hlrframe.store.export.SAMPLED", 2)
    for first in (0, 30, 60):
        filled(path, mode, answered(*[number(each) for each in range(first, first + 40)]))
    store = hf.Store(path, **mode)
    from hlrframe.store.export import export  # noqa: PLC0415  # after the change of its constant

    for together in (2, 7, 64):
        destination = tmp_path / f"{together}.parquet"
        assert export(store.layout, destination, question=None, newest_only=True, together=together) == 100
        assert pl.read_parquet(destination).equals(store.scan().collect().sort("msisdn", "question"))


def test_an_export_of_nothing_is_a_file_of_no_rows(path, tmp_path):
    """An empty store gives a file with the columns, and an unknown ending is refused before anything is written."""
    store = hf.Store(path)
    assert store.export(tmp_path / "none.parquet") == 0
    assert pl.read_parquet(tmp_path / "none.parquet").columns == store.scan().collect_schema().names()
    with pytest.raises(hf.ConfigError, match=r"end it in \.parquet"):
        store.export(tmp_path / "none.xlsx")
    with pytest.raises(hf.StoreError, match="folder is not there"):
        store.export(tmp_path / "no" / "none.csv")


@pytest.mark.parametrize("mode", MODES)
def test_stats_count_an_answer_once(path, mode):
    """An answer that lies in its journal and in its part, as after a kill, is one answer."""
    store = hf.Store(path, **mode)
    with store.journal(PAID) as journal:
        journal.write([answered(*numbers(3)), answered(*numbers(2), at=NOON + DAY, checked_at=None)])
        [file] = (path / "journal").iterdir()
        data = file.read_bytes()
    file.write_bytes(data)
    stats = store.stats()
    assert (stats.answers, stats.numbers, stats.by_question) == (5, 3, {PAID.key: 5})
    assert (stats.oldest, stats.newest) == (NOON, NOON + DAY)
    assert (stats.parts, stats.journals) == (1, 1)


def test_a_store_of_the_first_version_is_plain(path):
    """A marker that says nothing of privacy is that of a plain store; it opens, and is brought up to date."""
    filled(path, {})
    (path / "store.json").write_text('{"format": 1, "columns": 1}')
    store = filled(path, {}, answered(number(7)))
    assert set(known(store, numbers(9))) == {*numbers(5), number(7)}
    assert json.loads((path / "store.json").read_text())["format"] == FORMAT_VERSION


def test_a_marker_of_an_unknown_mode_is_refused(path):
    """A store that keeps its numbers in a way not known yet is left alone."""
    filled(path, ENCRYPTED)
    (path / "store.json").write_text(
        json.dumps({"format": FORMAT_VERSION, "columns": 1, "privacy": {"mode": "sealed"}})
    )
    with pytest.raises(hf.StoreError, match="upgrade hlrframe"):
        hf.Store(path, **ENCRYPTED)


def test_hidden_answers_of_no_rows_are_kept(path):
    """An empty reply does no harm in a hashed store."""
    store = filled(path, {"hash_key": RAW}, Answered(answers([]), NOON), answered(number(1)))
    assert set(known(store, numbers(2))) == {number(1)}


def test_a_new_column_is_private_until_it_is_said_otherwise():
    """A column that is added to the list, with nothing said of what it tells, is kept as the number itself is."""
    new = Column("nickname", pa.string(), "What friends call them.")
    assert "nickname" in telling_number([*COLUMNS, new])


#: A number as a provider may put it into a text.
SPELLINGS = [
    *("447700900001", "+44 7700 900 001", "07700-900-001", "(07700) 900.001", "4/4/7/7/0/0/9/0/0/0/0/1"),
    *(
        "4\u200b4\u200b7700\u200b900001",
        "%34%34%37%37%30%30%39",
        "&#52;&#52;&#55;&#55;",
        "447700\n900001",
        "100009007744",
    ),
    *(
        "100009007744",
        "x" * 500 + "447700900001",
        "four 4 seven 7 7 0 0 9 0 0 0 0 1",
        "\u2463\u2463\u2466\u2466\u24ea\u24ea\u2468",
    ),
    *("".join(chr(zero + int(digit)) for digit in "447700900001") for zero in (0x660, 0xFF10, 0x1D7CE)),
]


@pytest.mark.slow
@pytest.mark.parametrize("mode", PRIVATE)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_text_of_a_provider_brings_a_number_into_the_open(path, mode, spelling):
    """However a number is spelled, and in whichever column: no text that holds it stands open, sealed or not."""
    texts = [each.name for each in COLUMNS if each.of_answer and each.type == pa.string() and each.name != "msisdn"]
    with hf.Store(path, **mode).journal(PAID) as journal:
        journal.write([answered(number(1), **dict.fromkeys(texts, f"about {spelling}"))])
        assert spelling.encode() not in contents(path)
    [part] = (path / "parts").iterdir()
    for name in pq.read_schema(part).names:
        with contextlib.suppress(OSError, pa.ArrowException):  # encrypted
            assert "about" not in str(pq.read_table(part, columns=[name])[name].to_pylist()), name


@pytest.mark.parametrize("mode", PRIVATE)
def test_words_ids_dates_and_hosts_stay(path, mode):
    """What has digits of its own, and what has few, is kept by a private store as it came."""
    facts = {"uuid": "5e55f00d-1234-4000-8000-123456789012", "ported_date": "2024-05-01T12:34:56+00:00"}
    facts |= {"original_network": "O2 (UK) 23410", "original_mccmnc": "23410", "provider": "192.168.100.200:8443"}
    store = filled(path, mode, answered(number(1), **facts))
    assert store.scan().select(*facts).collect().row(0, named=True) == facts


ADDED = """
import json, sys
import pyarrow as pa
import hlrframe.model as model
from hlrframe.model import columns

kept, modes = sys.argv[2], json.loads(sys.argv[3])
new = columns.Column("nickname", pa.string(), "What friends call them.", of_answer=kept == "COLUMNS")
for where in (model, columns):
    setattr(where, kept, (*getattr(columns, kept).__class__(getattr(model, kept)), new))
schema = pa.schema([pa.field(each.name, each.type) for each in model.COLUMNS if each.of_answer])
model.ANSWER_SCHEMA = columns.ANSWER_SCHEMA = schema

from helpers import stores
from hlrframe.store import records, Store

stores.ANSWER_SCHEMA = schema
if kept != "COLUMNS":
    plain = records.of_run
    import hlrframe.store.segment as segment
    fill = lambda *each: plain(*each).with_columns(records.pl.lit("secret-nickname").alias("nickname"))
    segment.of_run = fill
more = {"nickname": "secret-nickname"} if kept == "COLUMNS" else {}
for name, mode in modes.items():
    with Store(f"{sys.argv[1]}/{name}", **mode).journal(stores.PAID) as journal:
        journal.write([stores.answered(stores.number(1), **more)])
"""


@pytest.fixture(scope="module", params=["COLUMNS", "QUESTION_COLUMNS"])
def added(request, tmp_path_factory):
    """Stores of each mode, of a process whose list of columns has one more of which nothing is said."""
    root = tmp_path_factory.mktemp("added")
    modes = {"plain": {}, "encrypted": {"key": RAW.hex()}, "hashed": {"hash_key": RAW.hex()}}
    command = [sys.executable, "-c", ADDED, str(root), request.param, json.dumps(modes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert (done.returncode, done.stderr) == (0, "")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["plain", "encrypted", "hashed"])
def test_an_added_column_is_out_of_sight_in_sealed_files(added, mode):
    """A column that is added to the list, of answers or the store's own, with nothing said, is sealed out of sight."""
    path = added / mode
    [part] = (path / "parts").iterdir()
    assert (b"secret-nickname" in contents(path)) == (mode == "plain")
    shown = "nothing without the key"
    with contextlib.suppress(OSError, pa.ArrowException):
        [shown] = pq.read_table(part, columns=["nickname"])["nickname"].to_pylist()
    assert shown == {"plain": "secret-nickname", "encrypted": "nothing without the key", "hashed": None}[mode]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
@pytest.mark.parametrize("folder", [".", "parts", "journal", "asked", "claims"])
def test_a_store_that_others_can_write_in_is_warned_of(path, folder):
    """Whoever can write in a folder of the store can change what is relied on, and the warning says how to end that."""
    filled(path, {})
    for bits in (0o770, 0o707, 0o777):
        (path / folder).chmod(bits)
        with pytest.warns(hf.PrivacyWarning, match="other users can write in .*: chmod go-rwx"):
            hf.Store(path)
    (path / folder).chmod(0o755)
    hf.Store(path)


@pytest.mark.parametrize("mode", PRIVATE)
def test_what_is_not_called_harmless_is_out_of_sight(path, mode):
    """Only columns of which the list says that they tell nothing stand readable in the files of a private store."""
    texts = [each for each in COLUMNS if each.of_answer and each.type == pa.string() and each.name != "msisdn"]
    with hf.Store(path, **mode).journal(PAID) as journal:
        journal.write([answered(number(1), **{each.name: f"secret-of-{each.name}." for each in texts})])
        shown = {each.tells for each in texts if f"secret-of-{each.name}.".encode() in contents(path)}
    assert shown <= ({"nothing"} if "key" in mode else {"nothing", "person"})
