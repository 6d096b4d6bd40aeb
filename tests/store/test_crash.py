import fcntl
import os
import threading
import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.stores import NOON, PAID, answered, known, number, numbers, unanswered
from hlrframe.errors import StoreError
from hlrframe.store import Answered, Asked, DamagedWarning, Store, Withdrawn
from hlrframe.store.folder.layout import Layout
from hlrframe.store.journal import ORPHAN_AGE, Journal, seal_orphans
from hlrframe.store.segment import commits_in, read_segment


def abandon(journal):
    """Ends a run as a kill does: its lock falls, its journal stays."""
    journal._segment.close()


@pytest.mark.slow
def test_a_journal_cut_at_any_byte_loses_its_last_commit_alone(path):
    """Wherever in its last two commits a journal is torn, those before are read, and of the torn one nothing."""
    journal = Store(path).journal(PAID)
    journal.write([Asked(numbers(3), NOON)])
    journal.write([answered(number(0)), Withdrawn([number(1)], NOON)])
    (file,) = Layout(path).view().journals
    before = file.stat().st_size
    journal.write([answered(number(5)), Asked([number(6)], NOON)])
    between = file.stat().st_size
    journal.write([answered(number(2)), answered(number(3)), Asked([number(4)], NOON)])
    whole = file.read_bytes()
    abandon(journal)
    Layout(path).inventory.drop([file])  # a kill tears nothing that was known to be on disk
    for cut in range(before, len(whole)):
        commits, first = commits_in(whole[:cut]), cut >= between
        answers = [row for batch in commits.batches for row in batch["msisdn"].to_pylist()]
        assert answers == [number(0)] + first * [number(5)]
        assert [each[2] for each in commits.events] == [numbers(3), [number(1)], *first * [[number(6)]]]
        assert not commits.damaged
    for cut in range(before, between, 250):
        file.write_bytes(whole[:cut])
        assert known(Store(path), numbers(9)) == {number(0): "LIVE"}
        assert unanswered(Store(path), numbers(9)) == {number(2)}
    file.write_bytes(whole)
    assert set(known(Store(path), numbers(9))) == {number(0), number(2), number(3), number(5)}
    file.unlink()


def test_a_torn_journal_is_sealed_and_the_rest_known(path):
    """A journal that was torn in the middle of a write is sealed by the next run without any alarm."""
    journal = Store(path).journal(PAID)
    journal.write([answered(number(1))])
    (file,) = Layout(path).view().journals
    whole = file.read_bytes()
    abandon(journal)
    file.write_bytes(whole + whole[2_000:3_000])
    Store(path).journal(PAID).seal()
    assert known(Store(path), numbers(9)) == {number(1): "LIVE"}
    assert Store(path).stats().journals == 0


@pytest.fixture(scope="module")
def journal_bytes(tmp_path_factory):
    """A journal of eight commits, as bytes, and an empty store to put it into."""
    path = tmp_path_factory.mktemp("flips") / "store"
    journal = Store(path).journal(PAID)
    for index in range(8):
        journal.write([Asked([number(index)], NOON), answered(number(index), status=f"WORD{index}")])
    (file,) = Layout(path).view().journals
    yield file, file.read_bytes()
    abandon(journal)


@given(data=st.data())
def test_damage_never_passes_for_an_answer(journal_bytes, data):
    """Whatever bytes of a journal are lost or changed, what is still read was written so."""
    file, whole = journal_bytes
    raw = bytearray(whole)
    changes = data.draw(st.integers(1, 3))
    for _ in range(changes):
        at = data.draw(st.integers(0, len(raw) - 1))
        length = data.draw(st.sampled_from([1, 8, 512, 4096]))
        raw[at : at + length] = data.draw(st.sampled_from([b"\0", b"\xff", b"a"])) * len(raw[at : at + length])
    file.write_bytes(raw)
    content = read_segment(file)
    for msisdn, word, question in content.answers.select("msisdn", "live_status", "question").iter_rows():
        assert (word, question) == (f"WORD{int(msisdn[-3:])}", PAID.key)
    assert set(content.events["msisdn"]) <= set(numbers(8))
    lost = set(numbers(8)) - set(content.answers["msisdn"])
    # One change cannot hide but in the tail, where it looks like a torn one.
    assert changes > 1 or content.damaged or lost <= {number(7)}


def test_a_journal_damaged_in_the_middle_is_kept_for_inspection(path):
    """When finished commits cannot be read any more the rest is sealed, and the journal is renamed, not removed."""
    journal = Store(path).journal(PAID)
    journal.write([answered(number(1))])
    (file,) = Layout(path).view().journals
    size = file.stat().st_size
    journal.write([answered(number(2))])
    journal.write([answered(number(3))])
    abandon(journal)
    raw = bytearray(file.read_bytes())
    raw[raw.index(number(2).encode())] = ord("9")
    file.write_bytes(raw)
    with pytest.warns(DamagedWarning, match=r"set aside"):
        Store(path).journal(PAID).seal()
    assert size < len(raw)
    assert set(known(Store(path), numbers(9))) == {number(1), number(3)}
    assert file.with_name(f"{file.name}.damaged").read_bytes() == raw


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"no journal at all"])
def test_a_journal_that_never_began_is_removed(path, raw):
    """A run that was killed before its first word reached the disk leaves nothing to seal."""
    store = Store(path)
    store.journal(PAID).seal()
    (path / "journal" / "20261120T120000-000000000000-0000.arrows").write_bytes(raw)
    assert known(store, numbers(3)) == {}
    store.journal(PAID).seal()
    assert store.stats().journals == 0


def test_the_next_run_seals_dead_runs_and_no_living_one(path):
    """A journal is an orphan when nobody holds its lock; a living run's is left alone, in this process too."""
    store = Store(path)
    dead, living = store.journal(PAID), store.journal(PAID)
    dead.write([answered(number(1))])
    living.write([answered(number(2))])
    abandon(dead)
    with store.journal(PAID):
        runs = {each.stem.rpartition("-")[0] for each in Layout(path).view().parts}
        assert runs == {dead.run_id}
        living.write([answered(number(3))])
    living.seal()
    assert set(known(store, numbers(9))) == {number(1), number(2), number(3)}


def test_sealers_that_race_lose_nothing_and_double_nothing(path):
    """Several runs that begin at once find the same orphans; each orphan is sealed to one part."""
    store = Store(path)
    for index in range(12):
        journal = store.journal(PAID)
        journal.write([answered(number(index)), Asked([number(100 + index)], NOON)])
        open_lock, journal._segment = journal._segment, None
        open_lock.close()
        # The next journal() would seal it: put it away until all are made.
        (file,) = Layout(path).view().journals
        Layout(path).inventory.drop([file])
        file.rename(file.with_suffix(".later"))
    for file in (path / "journal").glob("*.later"):
        file.rename(file.with_suffix(".arrows"))
    barrier = threading.Barrier(4)
    errors = []

    def seal():
        barrier.wait()
        try:
            seal_orphans(Layout(path))
        except BaseException as error:  # noqa: BLE001  # told to the main thread
            errors.append(error)

    sealers = [threading.Thread(target=seal) for _ in range(4)]
    for each in sealers:
        each.start()
    for each in sealers:
        each.join()
    assert errors == []
    assert (store.stats().answers, store.stats().parts, store.stats().journals) == (12, 12, 0)
    assert unanswered(store, [number(100 + index) for index in range(12)]) == {number(100 + i) for i in range(12)}


def test_sealing_again_after_a_kill_changes_nothing(path):
    """A sealer that was killed between its two steps leaves part and journal; the next one finishes its work."""
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([answered(number(1)), Asked([number(2)], NOON)])
    (file,) = Layout(path).view().journals
    raw = file.read_bytes()
    journal.seal()
    file.write_bytes(raw)
    assert store.stats().answers == store.history(number(1)).height == 1
    assert known(store, numbers(9)) == {number(1): "LIVE"}
    store.journal(PAID).seal()
    assert (store.stats().answers, store.stats().parts, store.stats().journals) == (1, 1, 0)
    assert unanswered(store, numbers(9)) == {number(2)}


def test_without_locks_only_a_long_silent_journal_is_an_orphan(path, monkeypatch):
    """On a file system that has no locks a journal is sealed when nobody has written to it for a day."""

    def no_locks(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([answered(number(1))])
    store.journal(PAID).seal()
    assert store.stats().journals == 1
    (file,) = Layout(path).view().journals
    os.utime(file, (time.time(), time.time() - ORPHAN_AGE - 60))
    store.journal(PAID).seal()
    assert (store.stats().journals, store.stats().parts) == (0, 1)
    # The run was alive after all: it is told, rather than writing into the void.
    with pytest.raises(StoreError, match="put it back"):
        journal.write([answered(number(2))])
    abandon(journal)


def test_a_long_run_rolls_over(path):
    """A run of many answers is sealed piece by piece, and is one run all the same."""
    Layout(path).prepare()
    with Journal(Layout(path), PAID, segment_size=30_000) as journal:
        journal.write([Asked(numbers(50), NOON)])
        for index in range(40):
            journal.write([answered(number(index))])
        journal.write([Withdrawn([number(40)], NOON)])
        assert Store(path).stats().parts > 2
        assert len(known(Store(path), numbers(99))) == 40
    assert unanswered(Store(path), numbers(99)) == set(numbers(50)) - set(numbers(41))
    assert set(Store(path).scan().collect()["run"]) == {journal.run_id}


def test_what_killed_processes_left_half_written_is_swept_away(path):
    """The next run removes temporary files whose writer is gone, and leaves one that is being written."""
    store = Store(path)
    store.journal(PAID).seal()
    dead, living = (path / "parts" / f".{name}.parquet.0a0b0c0d.tmp" for name in ("dead", "living"))
    dead.touch()
    with living.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        store.journal(PAID).seal()
        assert [each.name for each in (path / "parts").iterdir()] == [living.name]


def test_without_locks_what_is_young_may_be_somebodys_work(path, monkeypatch):
    """Where no lock tells, a temporary file is a dead writer's after a day."""
    monkeypatch.setattr("hlrframe.store.folder.disk.is_abandoned", lambda _: None)
    store = Store(path)
    store.journal(PAID).seal()
    old, young = (path / "parts" / f".{name}.parquet.0a0b0c0d.tmp" for name in ("old", "young"))
    for each in (old, young):
        each.touch()
    os.utime(old, (0, 0))
    store.journal(PAID).seal()
    assert [each.name for each in (path / "parts").iterdir()] == [young.name]


def test_commits_of_many_answers_are_whole(path):
    """A commit may hold the answers of many requests, and slices of larger batches."""
    many = answered(*numbers(500)).batch
    with Store(path).journal(PAID) as journal:
        journal.write([Answered(many.slice(start, 80), NOON) for start in range(0, 500, 80)])
    assert Store(path).scan().select(pl.col("msisdn").sort()).collect()["msisdn"].to_list() == numbers(500)
