import threading
from datetime import timedelta

import polars as pl
import pytest

from helpers.stores import DAY, EMULATED, NOON, PAID, answered, known, number, numbers, store_with, unanswered
from hlrframe.errors import ConfigError, StoreError
from hlrframe.store import Asked, Compaction, DamagedWarning, Store, Withdrawn
from hlrframe.store.folder.layout import Layout
from hlrframe.store.parts import row_count
from hlrframe.store.tidying import compaction
from hlrframe.store.tidying.compaction import MANY_PARTS, compact, compact_small


def everything(store):
    return store.scan().collect().sort("question", "msisdn")


def files_with(path, text):
    """Names of the files that hold a text, packed or not."""
    layout = Layout(path).view()
    packed = {each.name for each in (*layout.parts, *layout.asked) if text in str(numbers_in(each))}
    plain = {each.name for each in path.rglob("*") if each.is_file() and text.encode() in each.read_bytes()}
    return packed | plain


def numbers_in(file):
    return pl.read_parquet(file, glob=False)["msisdn"].to_list()


# compact


def test_compacting_makes_one_sorted_part_of_many(path):
    """Small parts become one, sorted by number, and every question is answered as before."""
    for index in (3, 1, 2):
        store_with(path, answered(number(index), number(9 - index)))
    store = store_with(path, answered(number(1)), question=EMULATED)
    before, story = everything(store), store.history(number(1))
    assert store.compact(now=NOON) == Compaction(before=4, after=1)
    assert everything(store).equals(before)
    assert store.history(number(1)).equals(story)
    (part,) = Layout(path).view().parts
    assert numbers_in(part) == sorted(numbers_in(part))
    assert len(numbers_in(part)) == 7
    assert store.compact(now=NOON) == Compaction(before=1, after=1)
    assert Layout(path).view().parts == (part,)


def test_compacting_leaves_full_parts_alone(path):
    """Parts are packed up to a size, so that compacting takes a bounded memory, and full ones are not read again."""
    for start in range(0, 12, 2):
        store_with(path, answered(number(start), number(start + 1)))
    done = compact(Layout(path), NOON, max_rows=7)
    assert done == Compaction(before=6, after=2)
    full = Layout(path).view().parts
    assert [row_count(each) for each in full] == [6, 6]
    store_with(path, answered(number(50)))
    store_with(path, answered(number(51)))
    assert compact(Layout(path), NOON, max_rows=7).after == 3
    assert set(full) < set(Layout(path).view().parts)
    assert set(known(Store(path), numbers(99))) == {*numbers(12), number(50), number(51)}


@pytest.mark.parametrize("merged_rows", [1, 2, 3, 100])
def test_compacting_merges_range_by_range(path, merged_rows):
    """However few rows are held in memory at a time, every answer arrives once and in order."""
    for day in range(3):
        at = NOON + day * DAY
        store = store_with(path, answered(*numbers(5), at=at, checked_at=at, status=f"WORD{day}"))
    before = everything(store)
    assert compact(Layout(path), NOON, merged_rows=merged_rows).after == 1
    assert everything(store).equals(before)
    (part,) = Layout(path).view().parts
    assert numbers_in(part) == sorted([*numbers(5)] * 3)


def test_compacting_takes_each_answer_once(path):
    """An answer that a killed sealer left in two places is in one afterwards; older answers are kept."""
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([answered(number(1), at=NOON - DAY, checked_at=None)])
    (file,) = Layout(path).view().journals
    raw = file.read_bytes()
    journal.seal()
    store_with(path, answered(number(1), status="DEAD"))
    store.compact(now=NOON)
    file.write_bytes(raw)
    assert store.compact(now=NOON).after == 1
    (part,) = Layout(path).view().parts
    assert row_count(part) == 2
    assert known(store, numbers(3)) == {number(1): "DEAD"}


def test_a_run_merges_the_many_parts_of_short_runs(path):
    """A run that finds very many small parts merges them on its way; one that finds fewer leaves them alone."""
    for index in range(MANY_PARTS + 1):
        store = store_with(path, answered(number(index)))
        assert len(Layout(path).view().parts) == index + 1
    before = everything(store)
    store_with(path, answered(number(0)))
    assert len(Layout(path).view().parts) == 2
    assert everything(store).height == before.height


def test_what_a_run_merges_on_its_way_is_bounded(path, monkeypatch):
    """The smallest parts are merged, as many as the bound allows; large ones are left alone."""
    monkeypatch.setattr(compaction, "MANY_PARTS", 3)
    monkeypatch.setattr(compaction, "MEANWHILE_ROWS", 7)
    monkeypatch.setattr(compaction, "SMALL_ROWS", 9)
    store_with(path, answered(*numbers(12)))
    for size in (5, 1, 2, 3):
        store_with(path, answered(*numbers(size)))
    compact_small(Layout(path))
    assert sorted(map(row_count, Layout(path).view().parts)) == [5, 6, 12]


def test_merging_on_the_way_stops_no_run(path, monkeypatch):
    """A run whose merging fails, or that finds another at it, goes on and says nothing of it."""
    monkeypatch.setattr(compaction, "MANY_PARTS", 1)
    for index in range(3):
        store_with(path, answered(number(index)))
    with Layout(path).upkeep.alone():
        store_with(path, answered(number(3)))
    assert set(known(Store(path), numbers(9))) == set(numbers(4))


def test_compacting_seals_orphans_and_passes_by_living_runs(path):
    """A living run's journal stays its own, and goes on."""
    store = store_with(path, answered(number(1)))
    with store.journal(PAID) as living:
        orphan = store.journal(PAID)
        orphan.write([answered(number(2))])
        orphan._segment.close()
        living.write([answered(number(3))])
        assert store.compact(now=NOON) == Compaction(before=2, after=1)
        assert store.stats().journals == 1
        living.write([answered(number(4))])
    assert set(known(store, numbers(9))) == {number(1), number(2), number(3), number(4)}


def test_compacting_settles_what_is_in_doubt(path):
    """Doubts that a later answer settled, or that no provider's cache reaches back to, are dropped; others stay."""
    store = Store(path)
    for asked_at, asked in ((NOON - 40 * DAY, [number(0)]), (NOON, numbers(4))):
        with store.journal(PAID) as journal:
            journal.write([Asked(asked, asked_at), Withdrawn([number(3)], asked_at)])
    store_with(path, answered(number(1), at=NOON + DAY))
    before = unanswered(store, numbers(9))
    assert before == {number(0), number(2)}
    store.compact(now=NOON + DAY)
    assert unanswered(store, numbers(9)) == before
    (file,) = Layout(path).view().asked
    assert sorted(numbers_in(file)) == [number(0), number(2)]
    kept = file.stat().st_ino
    store.compact(now=NOON + DAY)
    assert Layout(path).view().asked[0].stat().st_ino == kept
    store.compact(now=NOON + 40 * DAY)
    assert Layout(path).view().asked == ()


def test_a_living_run_may_still_withdraw_what_was_sealed(path):
    """Doubts of a run that goes on are not settled before it ends: it may take back what an earlier file asked."""
    store = Store(path)
    journal = store.journal(PAID)
    journal._segment_size = 1
    journal.write([Asked(numbers(2), NOON)])
    store.compact(now=NOON)
    journal.write([Withdrawn([number(0)], NOON)])
    store.compact(now=NOON)
    journal.seal()
    assert unanswered(store, numbers(9)) == {number(1)}
    store.compact(now=NOON)
    assert unanswered(store, numbers(9)) == {number(1)}


def test_a_damaged_part_does_not_stop_compacting(path):
    """What cannot be read is set aside with a warning and never deleted; the rest is merged."""
    for index in range(3):
        store = store_with(path, answered(number(index)))
    harmed = Layout(path).view().parts[1]
    harmed.write_bytes(b"PAR1" + harmed.read_bytes()[4:-20] + b"PAR1")
    with pytest.warns(DamagedWarning, match="set aside"):
        assert store.compact(now=NOON).after == 1
    assert set(known(store, numbers(9))) == {number(0), number(2)}
    assert harmed.with_name(f"{harmed.name}.damaged").exists()


def test_readers_and_writers_never_notice_a_compaction(path):
    """While one thread runs and compacts over and over, another finds at every moment all that was acknowledged."""
    store = Store(path)
    sealed, errors = [], []

    def write():
        try:
            for index in range(12):
                with store.journal(PAID) as journal:
                    journal.write([answered(number(index)), Asked([number(100 + index)], NOON)])
                    sealed.append(number(index))
                store.compact(now=NOON)
        except BaseException as error:  # noqa: BLE001  # told to the main thread
            errors.append(error)

    writer = threading.Thread(target=write)
    scan = store.scan()
    writer.start()
    while writer.is_alive():
        before = set(sealed)
        assert before <= set(known(store, numbers(12)))
        assert before <= set(scan.collect()["msisdn"])
        assert len(before) - 1 <= len(unanswered(store, [number(100 + index) for index in range(12)]))
    writer.join()
    assert errors == []
    assert len(sealed) == 12


def test_two_do_not_tidy_at_once(path):
    """A merge beside a removal would bring back what was removed: the second is refused and says when to come back."""
    store = store_with(path, answered(number(1)))
    with Layout(path).upkeep.alone():
        for use in (store.compact, lambda: store.forget([number(1)]), lambda: store.purge("1d")):
            with pytest.raises(StoreError, match="run again when it has ended"):
                use()
    assert store.forget([number(1)]) == 1


# forget


def test_forgetting_leaves_no_trace_of_a_number(path):
    """Every answer to a number and every note that it was asked go, of all questions; other numbers stay."""
    gone, stays = number(1), number(2)
    for question in (PAID, EMULATED):
        store = Store(path)
        with store.journal(question) as journal:
            journal.write([Asked([gone, stays], NOON), answered(gone, stays), Asked([gone, stays], NOON + DAY)])
    orphan = store.journal(PAID)
    orphan.write([answered(gone, at=NOON + DAY), Asked([stays], NOON + DAY)])
    orphan._segment.close()
    assert files_with(path, gone)
    assert store.forget([gone, number(7)]) == 3
    assert files_with(path, gone) == set()
    assert known(store, [gone, stays]) == {stays: "LIVE"}
    assert known(store, [gone, stays], question=EMULATED) == {stays: "LIVE"}
    assert unanswered(store, [gone, stays]) == {stays}
    assert store.forget([gone]) == store.forget([]) == 0


@pytest.mark.parametrize("entry", [answered(number(1)), Asked([number(1)], NOON)], ids=["answered", "asked"])
def test_a_number_of_a_living_run_cannot_be_forgotten(path, entry):
    """What a running process is writing cannot be taken from it: nothing is removed, and the message says when to."""
    store = store_with(path, answered(number(1), number(2)))
    with store.journal(PAID) as journal:
        journal.write([entry])
        with pytest.raises(StoreError, match="when the run has ended"):
            store.forget([number(1)])
        assert known(store, [number(1)])
        assert store.forget([number(2)]) == 1
    assert store.forget([number(1)]) >= 1
    assert files_with(path, number(1)) == set()


def test_forgetting_says_where_it_cannot_look(path):
    """A damaged file may hold the number: all else is removed, and an error names the file."""
    store = store_with(path, answered(number(1)))
    store_with(path, answered(number(1)))
    harmed = Layout(path).view().parts[0]
    harmed.write_bytes(b"no part")
    with pytest.warns(DamagedWarning), pytest.raises(StoreError, match=r"\.damaged cannot be searched"):
        store.forget([number(1)])
    assert not known(store, [number(1)])
    harmed.with_name(f"{harmed.name}.damaged").unlink()
    assert store.forget([number(1)]) == 0


# purge


def test_purging_removes_what_is_older_and_nothing_else(path):
    """Answers go by when they were given, and so do notes of what was asked."""
    store = Store(path)
    for days in (0, 10, 20):
        with store.journal(PAID) as journal:
            at = NOON - days * DAY
            journal.write([answered(number(days), at=at, checked_at=at), Asked([number(days + 1)], at)])
    assert store.purge("10d", now=NOON) == 1
    assert set(known(store, numbers(99))) == {number(0), number(10)}
    assert unanswered(store, numbers(99)) == {number(1), number(11)}
    assert store.purge(timedelta(days=9), now=NOON) == 1
    assert store.purge("0s", now=NOON + DAY) == 1
    assert store.stats().parts == 0


def test_purging_reads_ages_as_settings_do(path):
    """What is no age is refused before anything is touched."""
    store = store_with(path, answered(number(1)))
    with pytest.raises(ConfigError, match="is no age"):
        store.purge("a while")
    assert known(store, [number(1)])
