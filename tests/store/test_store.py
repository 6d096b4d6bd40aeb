import os
import pickle
import resource
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.stores import DAY, EMULATED, NOON, PAID, answered, answers, known, number, numbers, store_with, unanswered
from hlrframe.errors import StoreError
from hlrframe.model.columns import ANSWER_SCHEMA, SCHEMA_VERSION
from hlrframe.model.freshness import MaxAge
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.store import INCONCLUSIVE_AGE, Answered, Asked, DamagedWarning, Store, Withdrawn
from hlrframe.store.folder.layout import FORMAT_VERSION


@contextmanager
def no_file_above(size):
    """Lets the system refuse to make any file larger, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def nobody():
    """Takes the rights of a user who owns nothing, where the tests run as root."""
    before = os.geteuid()
    if before:
        pytest.skip("only root can become another user")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


# What is known


def test_an_answer_comes_back_as_it_went_in(path):
    """Every column of an answer survives the journal and the sealing unchanged."""
    whole = {
        field.name: {"string": f"word of {field.name}", "bool": False, "double": 0.5}.get(str(field.type), NOON)
        for field in ANSWER_SCHEMA
    }
    batch = pa.RecordBatch.from_pylist([whole | {"msisdn": number(1)}, {"msisdn": number(2)}], schema=ANSWER_SCHEMA)
    store = Store(path)
    wanted = pl.DataFrame(batch)
    with store.journal(PAID) as journal:
        journal.write([Answered(batch, NOON)])
        live = store.known(wanted["msisdn"], PAID, max_age=None, now=NOON)
    sealed = store.known(wanted["msisdn"], PAID, max_age=None, now=NOON)
    for found in (live, sealed):
        assert found.sort("msisdn").equals(wanted)
        assert found.schema == wanted.schema


def test_a_new_store_knows_nothing_and_makes_nothing(path):
    """Reading a store that was never written to finds nothing and leaves no trace."""
    store = Store(path)
    assert known(store, numbers(3)) == {}
    assert unanswered(store, numbers(3)) == set()
    assert store.scan().collect().is_empty()
    assert store.history(number(1)).is_empty()
    assert store.changes(NOON).is_empty()
    assert store.stats().answers == store.compact().before == store.forget([number(1)]) == store.purge("1d") == 0
    assert not path.exists()


def test_an_answer_is_known_while_its_run_goes_on(path):
    """What one run has learnt serves every other at once, before anything is sealed."""
    with Store(path).journal(PAID) as journal:
        journal.write([answered(number(1))])
        assert known(Store(path), numbers(2)) == {number(1): "LIVE"}


def test_the_newest_answer_wins(path):
    """Of two answers to one number the one that was given last is read, in whatever order they were kept."""
    late, early = (
        answered(number(1), at=at, checked_at=at, status=word) for at, word in ((NOON, "DEAD"), (NOON - DAY, "LIVE"))
    )
    store = store_with(path, late)
    store_with(path, early)
    assert known(store, numbers(2)) == {number(1): "DEAD"}
    assert store.known(pl.Series(numbers(2)), PAID, max_age=None, now=NOON).height == 1


def test_of_two_answers_given_at_once_the_later_to_come_wins(path):
    """Where the provider's clock stands still, our own decides."""
    for hours, word in ((2, "DEAD"), (1, "LIVE")):
        store_with(
            path, answered(number(1), at=NOON + timedelta(hours=hours), status=word, checked_at=NOON, cache_days=1)
        )
    assert known(Store(path), numbers(2), now=NOON + DAY) == {number(1): "DEAD"}


@pytest.mark.parametrize(
    "other",
    [
        EMULATED,
        Question(LookupKind.MNP, PAID.provider),
        Question(LookupKind.HLR, PAID.provider, ("ported_date",)),
        Question(LookupKind.HLR, "testing.hlrlookup.com"),
    ],
    ids=lambda question: question.key,
)
def test_an_answer_serves_only_its_own_question(path, other):
    """An emulator's answer never stands in for a paid one, nor one kind of lookup for another."""
    store = store_with(path, answered(number(1)), question=other)
    assert known(store, [number(1)], question=PAID) == {}
    assert known(store, [number(1)], question=other) == {number(1): "LIVE"}


@pytest.mark.parametrize("sealed", [True, False])
def test_an_answer_ages(path, sealed):
    """An answer serves up to its maximum age, that moment included, and not a microsecond longer."""
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([answered(number(1))])
    if sealed:
        journal.seal()
    assert known(store, [number(1)], max_age=30 * DAY, now=NOON + 30 * DAY)
    assert not known(store, [number(1)], max_age=30 * DAY, now=NOON + 30 * DAY + timedelta(microseconds=1))
    assert known(store, [number(1)], max_age=None, now=NOON + 9999 * DAY)
    assert known(store, [number(1)], max_age=timedelta.max, now=NOON + 9999 * DAY)
    journal.seal()


def test_an_answer_serves_as_long_as_its_kind_and_status_do(path):
    """Ages by kind and status decide each answer by itself, and any age leaves nothing out."""
    words = ("LIVE", "DEAD", "INCONCLUSIVE")
    store = store_with(path, *(answered(number(index), status=word) for index, word in enumerate(words)))
    ages = MaxAge.of({"hlr": "7d", "DEAD": "60d", "INCONCLUSIVE": "3d"})
    seen = {days: set(known(store, numbers(3), max_age=ages, now=NOON + days * DAY)) for days in (3, 7, 60, 61)}
    assert seen == {3: set(numbers(3)), 7: set(numbers(2)), 60: {number(1)}, 61: set()}
    assert set(known(store, numbers(3), max_age=MaxAge.any(), now=NOON + 999 * DAY)) == set(numbers(3))


@pytest.mark.parametrize("max_age", [None, 30 * DAY])
@pytest.mark.parametrize("word", ["INCONCLUSIVE", "INCONCLUSIVE "])
def test_an_inconclusive_answer_lives_shortly(path, max_age, word):
    """INCONCLUSIVE is asked again after a day however old an answer may be; it says nothing of the number."""
    store = store_with(path, answered(number(1), status=word), answered(number(2), status=None))
    assert set(known(store, numbers(3), max_age=max_age, now=NOON + INCONCLUSIVE_AGE)) == {number(1), number(2)}
    later = NOON + INCONCLUSIVE_AGE + timedelta(seconds=1)
    assert set(known(store, numbers(3), max_age=max_age, now=later)) == {number(2)}
    assert not known(store, [number(1)], max_age=timedelta(hours=1), now=NOON + timedelta(hours=2))


def test_an_old_inconclusive_answer_hides_an_older_one(path):
    """When the last thing known of a number is that nothing is, what was true before does not serve."""
    before = answered(number(1), at=NOON - 5 * DAY, checked_at=NOON - 5 * DAY)
    store = store_with(path, before, answered(number(1), status="INCONCLUSIVE"))
    assert not known(store, [number(1)], max_age=30 * DAY, now=NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("checked_at", "cache_days", "known_at"),
    [
        (NOON, 0, NOON),
        (NOON - DAY, 0, NOON),
        (NOON - DAY, 1, NOON - DAY),
        (NOON - DAY, 30, NOON - DAY),
        (datetime(2022, 1, 1, tzinfo=UTC), 7, NOON - 7 * DAY),
        (NOON + 400 * DAY, 0, NOON),
        (NOON + 400 * DAY, 30, NOON),
        (None, 7, NOON),
    ],
)
def test_a_skewed_clock_cannot_age_an_answer(path, checked_at, cache_days, known_at):
    """The age is counted from the provider's moment within what its caches were allowed to give; its word stays."""
    store = store_with(path, answered(number(1), checked_at=checked_at, cache_days=cache_days))
    kept = store.scan().select("known_at", "checked_at", "received_at").collect().row(0)
    assert kept == (known_at, checked_at, NOON)


@pytest.mark.parametrize(
    ("checked_at", "cache_days", "known_at"),
    [
        (NOON - DAY, 0, NOON - DAY),
        (datetime(2022, 1, 1, tzinfo=UTC), 0, NOON),
        (datetime(2022, 1, 1, tzinfo=UTC), 7, NOON - 7 * DAY),
        (NOON + DAY, 0, NOON),
    ],
)
def test_a_recheck_takes_the_time_it_is_told_and_makes_no_answer_old(path, checked_at, cache_days, known_at):
    """An answer to our own earlier asking is as old as the provider says, or as is allowed where that cannot be."""
    store = store_with(path, answered(number(1), checked_at=checked_at, cache_days=cache_days, recheck_days=1))
    assert store.scan().select("known_at").collect().item() == known_at


def test_numbers_may_come_repeated_null_or_none_at_all(path):
    """The numbers to look up need no tidying first."""
    store = store_with(path, answered(number(1)))
    assert known(store, [number(1), None, number(1), "no number"]) == {number(1): "LIVE"}
    assert store.known(pl.Series([], dtype=pl.Null), PAID, max_age=None, now=NOON).is_empty()
    assert store.known(pl.Series([int(number(1))]), PAID, max_age=None, now=NOON).height == 1


# What is in doubt


@pytest.mark.parametrize("sealed", [True, False])
def test_what_was_asked_and_never_answered_is_in_doubt(path, sealed):
    """Numbers that were neither answered nor refused may have been billed, also after their run was sealed."""
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([Asked(numbers(4), NOON)])
    journal.write([answered(number(0)), Withdrawn([number(1)], NOON)])
    if sealed:
        journal.seal()
    assert unanswered(store, numbers(3)) == {number(2)}
    assert unanswered(store, numbers(9)) == {number(2), number(3)}
    assert unanswered(store, numbers(9), since=NOON) == {number(2), number(3)}
    assert unanswered(store, numbers(9), since=NOON + DAY) == set()
    assert store.unanswered(pl.Series(numbers(4)), EMULATED).is_empty()
    journal.seal()


def test_a_later_run_settles_a_doubt_by_its_answer_alone(path):
    """A refusal of a later asking says nothing of the first one; an answer does."""
    store = Store(path)
    with store.journal(PAID) as journal:
        journal.write([Asked(numbers(2), NOON)])
    with store.journal(PAID) as journal:
        journal.write([Asked(numbers(2), NOON + DAY)])
        journal.write([Withdrawn([number(0)], NOON + DAY), answered(number(1), at=NOON + DAY)])
    assert unanswered(store, numbers(2)) == {number(0)}


def test_asked_again_after_a_refusal_is_in_doubt_again(path):
    """The last thing that a run says of a number counts."""
    store = Store(path)
    with store.journal(PAID) as journal:
        journal.write([Asked([number(1)], NOON), Withdrawn([number(1)], NOON), Asked([number(1)], NOON)])
    assert unanswered(store, numbers(2)) == {number(1)}


@pytest.mark.parametrize("segment_size", [1, 10**9], ids=["sealed one by one", "in one journal"])
def test_a_refusal_takes_back_one_asking_alone(path, segment_size):
    """A number whose reply was lost and that was then refused may have been billed for the first asking."""
    store = Store(path)
    with store.journal(PAID) as journal:
        journal._segment_size = segment_size
        journal.write([Asked(numbers(3), NOON)])
        journal.write([Asked([number(0)], NOON)])
        journal.write([Withdrawn([number(0)], NOON)])
        journal.write([Withdrawn([number(1)], NOON)])
    assert unanswered(store, numbers(3)) == {number(0), number(2)}


def test_an_answer_from_before_settles_nothing(path):
    """A number that is asked once more after its answer had come is in doubt again."""
    store = store_with(path, answered(number(1), at=NOON))
    with store.journal(PAID) as journal:
        journal.write([Asked([number(1)], NOON + DAY)])
    assert unanswered(store, numbers(2)) == {number(1)}


# The journal


def test_runs_have_names_of_their_own(path):
    """No two runs share a name, and a sealed answer says which run asked."""
    store = Store(path)
    with store.journal(PAID) as first, store.journal(PAID) as second:
        first.write([answered(number(1))])
        second.write([answered(number(2))])
    runs = dict(store.scan().select("msisdn", "run").collect().iter_rows())
    assert runs == {number(1): first.run_id, number(2): second.run_id}
    assert first.run_id != second.run_id


def test_a_run_seals_when_it_ends_and_when_it_fails(path):
    """An exception in the block does not keep the journal from being sealed, and passes through."""
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([answered(number(1))])
    with pytest.raises(ZeroDivisionError), journal:
        _ = 1 / 0
    assert (store.stats().parts, store.stats().journals) == (1, 0)
    assert known(store, [number(1)])


def test_a_sealed_journal_takes_no_more(path):
    """Sealing twice is harmless, writing after it is an error."""
    with Store(path).journal(PAID) as journal:
        journal.seal()
    with pytest.raises(StoreError, match="open a new one"):
        journal.write([answered(number(1))])


def test_an_empty_run_leaves_nothing(path):
    """A run that learnt nothing makes no part."""
    store = Store(path)
    with store.journal(PAID) as journal:
        journal.write([])
    assert list(store.stats().by_question) == []
    assert [*(path / "parts").iterdir(), *(path / "asked").iterdir(), *(path / "journal").iterdir()] == []


@pytest.mark.parametrize(
    "batch",
    [
        answers([number(1)]).drop_columns(["extra"]),
        answers([number(1), None]),
    ],
    ids=["a column is missing", "a number is missing"],
)
def test_answers_of_another_shape_are_refused(path, batch):
    """What could not be read back is refused before anything is written, and the journal goes on."""
    with Store(path).journal(PAID) as journal:
        with pytest.raises(StoreError, match="nothing was written"):
            journal.write([answered(number(2)), Answered(batch, NOON)])
        journal.write([answered(number(3))])
    assert set(known(Store(path), numbers(9))) == {number(3)}


# The file system


def test_everything_is_private_whatever_the_umask(path):
    """Directories are the owner's alone and so are files, also where the umask would give more or take all away."""
    path.mkdir(mode=0o755)
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            with Store(path).journal(PAID) as journal:
                journal.write([Asked(numbers(2), NOON), answered(number(1))])
                open_files = list(path.rglob("*"))
                modes = {each.stat().st_mode & 0o777 for each in open_files if each.is_file()}
                assert modes == {0o600}
            Store(path).compact()
        finally:
            os.umask(before)
    found = {each.is_dir(): set() for each in path.rglob("*")}
    for each in [path, *path.rglob("*")]:
        found[each.is_dir()].add(each.stat().st_mode & 0o777)
    assert found == {True: {0o700}, False: {0o600}}


def test_a_store_of_a_newer_version_is_refused(path):
    """What a newer version wrote is not guessed at; the message says what to do. Also when it did so meanwhile."""
    store = store_with(path, answered(number(1)))
    for format_version, columns in ((FORMAT_VERSION + 1, SCHEMA_VERSION), (FORMAT_VERSION, SCHEMA_VERSION + 1)):
        (path / "store.json").write_text(f'{{"format": {format_version}, "columns": {columns}}}')
        for use in (lambda: Store(path), lambda: known(store, [number(1)]), lambda: store.journal(PAID)):
            with pytest.raises(StoreError, match="upgrade hlrframe"):
                use()


def test_a_store_of_an_older_version_opens(path):
    """A column that an older version did not have is null in what it wrote, and the next run makes the store ours."""
    store = store_with(path, answered(number(1), extra="{}"))
    (part,) = (path / "parts").iterdir()
    older = {"hlrframe.format": "1", "hlrframe.columns": "0"}
    pq.write_table(pq.read_table(part).drop_columns(["extra"]).replace_schema_metadata(older), part)
    (path / "store.json").write_text('{"format": 1, "columns": 0}')
    store_with(path, answered(number(2), extra="{}"))
    found = store.scan().select("msisdn", "extra").collect()
    assert dict(found.iter_rows()) == {number(1): None, number(2): "{}"}
    assert f'"columns": {SCHEMA_VERSION}' in (path / "store.json").read_text()


def test_an_unreadable_marker_names_its_cure(path):
    """A marker that is no marker stops the store, and deleting it, as the message says, heals it."""
    store = store_with(path, answered(number(1)))
    (path / "store.json").write_text("[]")
    with pytest.raises(StoreError, match="delete that file"):
        known(store, [number(1)])
    (path / "store.json").unlink()
    store_with(path, answered(number(2)))
    assert set(known(store, numbers(9))) == {number(1), number(2)}


def test_a_folder_with_other_things_is_no_store(path):
    """A folder that holds somebody's files is left as it is."""
    path.mkdir(mode=0o755)
    (path / "holiday.jpg").touch()
    with pytest.raises(StoreError, match=r"holiday\.jpg.*name a new folder"):
        Store(path).journal(PAID)
    assert [each.name for each in path.iterdir()] == ["holiday.jpg"]
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_file_is_no_store(path):
    """A path that is a file is an error that says so."""
    path.touch()
    for use in (lambda: Store(path), lambda: Store(path / "deeper").journal(PAID)):
        with pytest.raises(StoreError, match="name a folder"):
            use()


def test_a_store_may_lie_in_an_oddly_named_folder(tmp_path):
    """Stars, brackets and equal signs in a path are only characters."""
    store = store_with(tmp_path / "[2026] * a=b" / "?", answered(number(1)))
    assert known(store, [number(1)])
    assert store.compact().after == 1


def test_a_full_disk_is_an_error_at_once(path):
    """A write that the disk refuses counts for nothing, what came before it is kept, and no further write is taken."""
    store = Store(path)
    journal = store.journal(PAID)
    journal.write([answered(number(1))])
    (file,) = (path / "journal").iterdir()
    with no_file_above(file.stat().st_size + 100), pytest.raises(StoreError, match="free some space"):
        journal.write([answered(number(2))])
    with pytest.raises(StoreError, match="open a new journal"):
        journal.write([answered(number(3))])
    with no_file_above(100), pytest.raises(StoreError, match="free some space"):
        journal.seal()
    assert known(Store(path), numbers(9)) == {number(1): "LIVE"}
    with store.journal(PAID):
        assert store.stats().parts == 1
    assert known(Store(path), numbers(9)) == {number(1): "LIVE"}
    assert [each for each in path.rglob("*") if each.name.endswith((".tmp", ".damaged"))] == []


def test_a_full_disk_at_the_end_does_not_hide_why_the_run_ended(path):
    """When sealing fails after an error, the error passes through and says in a note that nothing is lost."""
    journal = Store(path).journal(PAID)
    journal.write([answered(number(1))])
    with no_file_above(100), pytest.raises(ZeroDivisionError) as caught, journal:
        _ = 1 / 0
    assert any("sealed by the next run" in note for note in caught.value.__notes__)
    assert known(Store(path), [number(1)])


def test_a_forbidden_folder_is_an_error_that_says_so(path):
    """Where this user may not read or write, a StoreError says so and what to do."""
    store = store_with(path, answered(number(1)))
    for use in (lambda: store.journal(PAID), lambda: known(store, [number(1)]), store.compact, store.stats):
        with nobody(), pytest.raises(StoreError, match="give it the permission"):
            use()


@pytest.mark.parametrize("vanish", [shutil.rmtree, lambda path: path.rename(path.with_name("elsewhere"))])
def test_a_vanished_folder_is_an_error_at_once(path, vanish):
    """Nothing is counted as kept in a folder that is not there any more; it is not made anew behind one's back."""
    journal = Store(path).journal(PAID)
    journal.write([answered(number(1))])
    vanish(path)
    with pytest.raises(StoreError, match="put it back"):
        journal.write([answered(number(2))])
    with pytest.raises(StoreError, match="put it back"):
        journal.seal()
    assert not path.exists()


def test_a_folder_that_came_back_has_everything(path):
    """A store that was moved while a run wrote to it loses nothing that had been counted."""
    journal = Store(path).journal(PAID)
    journal.write([answered(number(1))])
    moved = path.rename(path.with_name("elsewhere"))
    with pytest.raises(StoreError):
        journal.seal()
    assert known(Store(moved), [number(1)])


# Damage


@pytest.mark.parametrize("harm", [lambda raw: raw[: len(raw) // 2], lambda raw: bytes(len(raw)), lambda _: b""])
@pytest.mark.parametrize("folder", ["parts", "asked"])
def test_a_damaged_part_is_set_aside(path, harm, folder):
    """A sealed file that cannot be read is kept under another name, with a warning, and the rest is read."""
    store = Store(path)
    for index in (1, 2):
        with store.journal(PAID) as journal:
            journal.write([Asked([number(index + 4)], NOON), answered(number(index))])
    part = min((path / folder).iterdir())
    part.write_bytes(harm(part.read_bytes()))
    with pytest.warns(DamagedWarning, match="restore it from a backup"):
        found = known(store, numbers(9)) if folder == "parts" else unanswered(store, numbers(9))
    assert set(found) == ({number(2)} if folder == "parts" else {number(6)})
    assert [each.name for each in path.rglob("*.damaged")] == [f"{part.name}.damaged"]


def test_a_part_of_a_newer_version_is_refused_not_set_aside(path):
    """A part that only a newer version understands is no damage."""
    store = store_with(path, answered(number(1)))
    (part,) = (path / "parts").iterdir()
    strange = pa.table({"msisdn": [1.5]}).replace_schema_metadata({"hlrframe.format": "1", "hlrframe.columns": "99"})
    pq.write_table(strange, part)
    with pytest.raises(StoreError, match="upgrade hlrframe"):
        known(store, [number(1)])
    assert part.exists()


# The rest of the door


def test_scan_gives_the_newest_of_everything(path):
    """A scan has one row for each number and question, with what was asked, and reads when it is collected."""
    store = store_with(path, answered(number(1)))
    scan = store.scan()
    question = Question(LookupKind.MNP, PAID.provider, ("landline_status", "ported_date"))
    store_with(path, answered(number(1), status="DEAD"), question=question)
    store_with(path, answered(number(1), status="DEAD", at=NOON + DAY, checked_at=NOON + DAY))
    found = scan.select("question", "lookup", "options", "live_status").sort("question").collect()
    assert found.rows() == [(PAID.key, "hlr", "", "DEAD"), (question.key, "mnp", "landline_status+ported_date", "DEAD")]
    assert scan.filter(pl.col("live_status") == "LIVE").collect().is_empty()
    assert scan.filter(pl.col("msisdn") == number(1), pl.col("lookup") == "hlr").select("credits").collect().height == 1
    assert scan.head(1).collect().height == 1
    assert scan.collect().columns == list(scan.collect_schema())


def test_stats_count_what_is_there(path):
    """The figures are those of the answers, numbers, files and moments in the store."""
    store = store_with(path, answered(*numbers(3)), answered(number(0), at=NOON + DAY, checked_at=NOON + DAY))
    store_with(path, answered(number(7)), question=EMULATED)
    with store.journal(PAID) as journal:
        journal.write([answered(number(8))])
        stats = store.stats()
    assert (stats.answers, stats.numbers, stats.parts, stats.journals) == (6, 5, 2, 1)
    assert stats.by_question == {PAID.key: 5, EMULATED.key: 1}
    assert (stats.oldest, stats.newest) == (NOON, NOON + DAY)
    assert 1_000 < stats.bytes < 100_000


def test_history_tells_a_number_s_whole_story(path):
    """All answers to a number come oldest first, each once."""
    for days, word in ((2, "DEAD"), (0, "LIVE"), (1, "ABSENT_SUBSCRIBER")):
        store_with(path, answered(number(1), number(2), at=NOON + days * DAY, checked_at=None, status=word))
    story = Store(path).history(number(1))
    assert story["live_status"].to_list() == ["LIVE", "ABSENT_SUBSCRIBER", "DEAD"]
    assert set(story["msisdn"]) == {number(1)}


def test_changes_say_what_is_no_longer_so(path):
    """Only numbers whose answer differs from the one before are told, with both words."""
    store_with(path, answered(number(1), number(2)), answered(number(3), current_network="Red"))
    later = NOON + DAY
    store = store_with(
        path,
        answered(number(1), at=later, checked_at=later, status="DEAD"),
        answered(number(2), number(4), at=later, checked_at=later),
        answered(number(3), at=later, checked_at=later, current_network="Blue"),
    )
    found = store.changes(later).select(
        "msisdn", "live_status_before", "live_status", "current_network_before", "current_network"
    )
    assert found.rows() == [(number(1), "LIVE", "DEAD", None, None), (number(3), "LIVE", "LIVE", "Red", "Blue")]
    assert store.changes(later + DAY).is_empty()


def test_a_store_travels(path):
    """A store can be sent to another process, and says what it is."""
    store = store_with(path, answered(number(1)))
    assert known(pickle.loads(pickle.dumps(store)), [number(1)])  # noqa: S301  # our own, just made
    assert repr(store) == f"Store({str(path)!r})"
