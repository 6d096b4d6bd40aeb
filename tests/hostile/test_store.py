"""A store under a hostile file system: what is done to its files, and what must come out.

A new case is one line of a table.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import polars as pl
import pytest

from helpers.store_harm import GONE, STAYS, both, change, copy, cut, delete, last_commit, lived_in, traces, write
from helpers.stores import NOON, PAID, answered, known, number
from hlrframe.errors import InputError, StoreError
from hlrframe.store import DamagedWarning, Store, register_of

KEY = "5e" * 32
MODES = {"plain": {}, "encrypted": {"key": KEY}, "hashed": {"hash_key": KEY}}
WRITER = Path(__file__).parents[1] / "helpers" / "store_writer.py"

#: What forgetting says, or nothing where it has to work.
WORKS = ""

#: Name, what is done before a number is forgotten, what forgetting must say.
ERASURES = [
    ("nothing", both(), WORKS),
    ("no marker", delete("store.json"), WORKS),
    ("no marker and no parts", delete("store.json", "parts/*"), WORKS),
    ("no marker and no journal", delete("store.json", "journal/*"), WORKS),
    ("nothing but journals", delete("store.json", "parts/*", "asked/*"), WORKS),
    ("the temporary file of a killed sealer", copy("parts/*", "parts/.a-0000.parquet.0a0b0c0d.tmp"), WORKS),
    ("the temporary file of a doubt", copy("asked/*", "asked/.a-0000.parquet.0a0b0c0d.tmp"), WORKS),
    ("the temporary file of a marker", write(".store.json.0a0b0c0d.tmp", GONE), WORKS),
    ("a torn tail", cut("journal/*.arrows", by=1), WORKS),
    ("a torn tail and no marker", both(cut("journal/*.arrows", by=40), delete("store.json")), WORKS),
    ("a part twice", copy("parts/*", "parts/20261101T000000000000-aaaaaaaaaaaa-0000.parquet"), WORKS),
    ("a system's own file", write(".DS_Store", b"\0"), WORKS),
    ("a part that was set aside", copy("parts/*", "parts/x.parquet.damaged"), "x.parquet.damaged cannot be searched"),
    ("a copy of a part", copy("parts/*", "parts/x.parquet.bak"), "x.parquet.bak cannot be searched"),
    ("a copy beside the folders", copy("parts/*", "backup.parquet"), "backup.parquet cannot be searched"),
    ("a folder of copies", copy("parts/*", "parts/old/x.parquet"), "parts/old cannot be searched"),
    ("a hidden copy", copy("parts/*", ".x.parquet.swp"), ".x.parquet.swp cannot be searched"),
    ("a part of noise", write("parts/x.parquet", b"noise"), "x.parquet.damaged cannot be searched"),
    ("a flipped bit", change("parts/*", lambda raw: raw[:100] + b"?" + raw[101:]), "damaged cannot be searched"),
    ("a cut part", cut("parts/*", by=100), "damaged cannot be searched"),
    ("an emptied part", change("parts/*", lambda _: b""), "damaged cannot be searched"),
    ("a copy of a claim", write("claims/.x.claim", GONE), ".x.claim cannot be searched"),
    ("a copy of a claim under another name", write("claims/x.slots", GONE * 9), "x.slots cannot be searched"),
    ("a copy in the register", copy("parts/*", "register/x.parquet"), "x.parquet cannot be searched"),
    ("a folder in the register", copy("parts/*", "register/old/x.parquet"), "register/old cannot be searched"),
    ("what the repair of a disk found", copy("parts/*", "lost+found/17"), "lost+found cannot be searched"),
    ("an empty folder of a disk", both(write("lost+found/17", ""), delete("lost+found/17")), WORKS),
    ("numbers of a register half written", write("register/numbers/.a-b.0a0b0c0d.tmp", GONE), WORKS),
    ("a state of a register half written", write("register/.000000000001.0a0b0c0d.tmp", GONE), WORKS),
    ("a marker of noise", write("store.json", "[]"), "delete that file, and it is made anew"),
]


#: Name, what is done to a store, what the next reading and the next run must say of it.
LOSSES = [
    ("nothing", both(), WORKS, WORKS),
    ("a part deleted", delete("parts/*0000.parquet"), "did not go by our hand", "did not go by our hand"),
    ("the folder of parts deleted", delete("parts/*", "parts"), "did not go by our hand", "did not go by our hand"),
    ("what was asked deleted", delete("asked/*"), "did not go by our hand", "did not go by our hand"),
    ("a journal deleted", delete("journal/*.arrows"), "did not go by our hand", "did not go by our hand"),
    ("a journal emptied", change("journal/*.arrows", lambda _: b""), "was cut: 0 of", "was cut: 0 of"),
    ("a journal cut by a byte", cut("journal/*.arrows", by=1), "was cut", "was cut"),
    ("a journal cut by a commit", cut("journal/*.arrows", by=3000), "was cut", "was cut"),
    ("a journal zeroed at its end", change("journal/*", lambda raw: raw[:-900] + bytes(900)), WORKS, "was set aside"),
    ("a part emptied", change("parts/*", lambda _: b""), "was set aside", "was set aside"),
    ("a part cut", cut("parts/*", by=9), "was set aside", "was set aside"),
    ("a torn end", change("journal/*.arrows", lambda raw: raw + last_commit(raw)[:-20]), WORKS, WORKS),
    ("a torn end without a seal", change("journal/*.arrows", lambda raw: raw + raw[2000:3000]), WORKS, WORKS),
    ("the power lost within a commit", change("journal/*.arrows", lambda raw: raw + bytes(4096)), WORKS, WORKS),
    ("an older store without an inventory", both(delete("inventory/*", "inventory")), WORKS, WORKS),
]


@pytest.fixture(autouse=True)
def _no_keys_at_hand(monkeypatch):
    for name in ("HLR_STORE_KEY", "HLR_STORE_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=MODES)
def key(request):
    return MODES[request.param]


@pytest.fixture(params=["plain", *(pytest.param(each, marks=pytest.mark.slow) for each in ("encrypted", "hashed"))])
def any_key(request):
    """The same for long tables, of which only the plain part is run each time."""
    return MODES[request.param]


def forget(path, key, *numbers):
    """Forgets, and gives what was said: the refusal's words or none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedWarning)
        try:
            assert Store(path, **key).forget(numbers) >= 0
        except StoreError as refusal:
            return str(refusal)
    return WORKS


@pytest.mark.slow
@pytest.mark.parametrize(("harm", "says"), [each[1:] for each in ERASURES], ids=[each[0] for each in ERASURES])
def test_forgetting_leaves_no_byte_or_says_where(path, any_key, harm, says):
    """Whatever was done to its files: a store that forgets has no byte of the number, or says where it may be."""
    store = lived_in(path, **any_key)
    assert traces(store, GONE)
    harm(path)
    said = forget(path, any_key, GONE)
    assert (says in said) if says else (said == WORKS)
    if not says:
        assert traces(store, GONE) == []
        assert forget(path, any_key, GONE) == WORKS


def said(use):
    """Everything that was warned of meanwhile."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DamagedWarning)
        use()
    return "; ".join(str(each.message) for each in caught)


@pytest.mark.parametrize(("harm", "reading", "run"), [each[1:] for each in LOSSES], ids=[each[0] for each in LOSSES])
def test_what_is_lost_is_said(path, harm, reading, run):
    """What somebody removed, emptied or cut is said at the next reading and by the next run; a torn end is no loss."""
    store = lived_in(path)
    harm(path)
    for use, words in (
        (lambda: known(store, [GONE]), reading),
        (lambda: store.journal(PAID).seal(), run if "aside" not in reading else WORKS),
    ):
        found = said(use)
        assert (words in found) if words else (found == WORKS)
    if "hand" in reading:
        with pytest.warns(DamagedWarning):
            assert store.health().lost
    for aside in path.glob("*/*.damaged"):
        aside.unlink()
    if "hand" in reading:
        assert "hand" in said(store.compact)
    assert said(lambda: (store.journal(PAID).seal(), known(store, [GONE]))) == WORKS
    assert store.health().lost == ()


@pytest.mark.slow
@pytest.mark.parametrize("end", range(20, 2900, 311))
def test_a_torn_end_never_keeps_a_number(path, any_key, end):
    """Wherever a write was cut off by a kill, the next forgetting finds nothing damaged and leaves nothing."""
    store = lived_in(path, **any_key)
    [journal] = path.glob("journal/*.arrows")
    whole = journal.read_bytes()
    journal.write_bytes(whole + last_commit(whole)[:end])
    assert said(lambda: store.forget(GONE)) == WORKS
    assert traces(store, GONE) == []


def test_a_full_disk_says_what_is_kept(path, monkeypatch):
    """The message of a full disk counts the answers that are on disk, and no others."""
    with Store(path).journal(PAID) as journal:
        journal.write([answered(GONE, STAYS)])
        monkeypatch.setattr("hlrframe.store.segment.append", full)
        with pytest.raises(StoreError, match=r"the disk is full; .*; 2 answers of this run are on disk; what else"):
            journal.write([answered(*map(number, range(30)))])
        monkeypatch.undo()
    assert len(Store(path).scan().collect()) == 2


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_forgetting_one_keeps_the_others(path, key):
    """What is known of other numbers stays, but for what it says of the forgotten one."""
    store = lived_in(path, **key)
    assert store.forget([GONE]) == 3
    assert known(store, [GONE, STAYS]) == {STAYS: "LIVE"}
    assert store.history(STAYS)["extra"].to_list() == [None, None]
    assert store.stats().answers == 2


@pytest.mark.parametrize("use", [Store.compact, lambda store: store.purge("0s", now=NOON + 400 * (NOON - NOON))])
def test_tidying_needs_no_marker(path, key, use):
    """A store whose marker was lost is compacted and purged by its files, and is marked again."""
    lived_in(path, **key)
    before = (path / "store.json").read_bytes()
    (path / "store.json").unlink()
    use(Store(path, **key))
    assert (path / "store.json").read_bytes() == before


def test_purging_without_a_marker_removes(path, key):
    """No answer that is too old stays because the marker is gone."""
    store = lived_in(path, **key)
    (path / "store.json").unlink()
    assert Store(path, **key).purge("1s") == 5
    assert traces(store, GONE) == []


@pytest.mark.parametrize("key_given", [{}, {"hash_key": "77" * 32}, {"key": "77" * 32}], ids=["none", "hash", "key"])
def test_a_lost_marker_opens_no_door(path, key, key_given):
    """Without the marker the files say how numbers lie there, and no other key or mode counts them gone."""
    lived_in(path, **key)
    (path / "store.json").unlink()
    if key == key_given:
        return
    with pytest.raises((StoreError, ValueError), match="key"):
        Store(path, **key_given).forget([GONE])


#: The same number as people and programs write it.
SPELLINGS = [
    *("+447700900001", "+44 7700 900 001", "00447700900001", "+44 (0)7700-900001", "tel:+447700900001", GONE),
    *(int(GONE), float(GONE)),
    *([f"+{GONE}"], (int(GONE),), {GONE}, pl.Series([f"+{GONE}"]), pl.Series([int(GONE)]), iter([GONE])),
]


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda each: type(each).__name__)
def test_a_number_is_forgotten_however_it_is_written(path, spelling):
    """Any spelling that a column may hold is read here too: alone, in a list, or in a column."""
    store = lived_in(path)
    assert len(store.history(f"+{GONE}")) == 3
    assert store.forget(spelling) == 3
    assert traces(store, GONE) == []


def test_a_national_number_is_forgotten_with_its_region(path):
    """With a region national numbers are read; without one nothing is guessed, and the message says so."""
    store = lived_in(path)
    with pytest.raises(InputError, match="needs_region; write it with a plus"):
        store.forget("07700 900001")
    assert store.forget("07700 900001", region="GB") == 3


@pytest.mark.parametrize(
    "wrong", ["", "hello", "+447", None, True, 4.5, b"447700900001", ["+447700900001", None], [""]]
)
def test_what_is_no_number_is_refused_before_anything_goes(path, wrong):
    """One text that is no number is an error, and nothing is removed."""
    store = lived_in(path)
    with pytest.raises(InputError, match="is no telephone number"):
        store.forget(wrong)
    assert len(store.history(GONE)) == 3


def command(*words, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "hlrframe", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("left", ["claims", "register"])
def test_what_is_left_of_a_store_is_searched_too(path, key, left):
    """Where nothing but what a killed run was asking is left, that is erased, and not passed over."""
    store = lived_in(path, **key)
    if left == "claims":
        claim = store.claim(pl.Series([GONE, STAYS]), PAID)
        claim._file.close()  # as a kill does
    else:
        bodies = register_of(store.layout).bodies
        bodies.put(bodies.hide(pl.Series([GONE, STAYS])))
    for each in path.iterdir():
        if each.is_dir() and each.name != left:
            shutil.rmtree(each)
        elif each.is_file():
            each.unlink()
    assert list(path.rglob("*.claim")) or list(path.rglob("numbers/*"))
    assert forget(path, key, GONE) == WORKS
    assert not list(path.rglob("*.claim"))
    assert not list(path.rglob("numbers/*"))


def test_what_killed_processes_left_among_temporary_files_goes(path, tmp_path, monkeypatch):
    """Unpacked files of a process that was killed a moment ago are erased with the rest; a living one's stay."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lived_in(path)
    making = (
        "import hlrframe.system as s; x = s.Scratch(); (x.path / 'a').write_text('1'); print(x.path, flush=1); input()"
    )
    command = [sys.executable, "-c", making]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}
    ) as process:
        made = Path(process.stdout.readline().strip())
        assert forget(path, {}, GONE) == WORKS
        assert (made / "a").exists()
        process.kill()
        process.wait()
        assert forget(path, {}, GONE) == WORKS
        assert not made.exists()


@pytest.mark.slow
def test_the_command_never_says_nothing_was_there_while_it_is(path, tmp_path):
    """Without a marker the command removes; where it cannot look, or finds no store, it says so and does not exit 0."""
    store = lived_in(path)
    (path / "store.json").unlink()
    assert command("store", "forget", path, "+44 7700 900001", "--yes") == (0, "3 answers removed\n")
    assert traces(store, GONE) == []
    (path / "parts" / "x.bak").write_text(GONE)
    code, said = command("store", "forget", path, GONE, "--yes")
    assert code == 4
    assert "x.bak cannot be searched for these numbers: restore, move or delete" in said
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "letter.txt").write_text("hello")
    for elsewhere in (tmp_path / "documents", tmp_path / "nowhere"):
        code, said = command("store", "forget", elsewhere, GONE, "--yes")
        assert code
        assert "there is no store" in said


@pytest.mark.slow
def test_no_kill_leaves_what_forgetting_does_not_find(path):
    """However often sealers are killed, what they leave behind is erased with the rest."""
    for turn in range(12):
        arguments = [sys.executable, str(WRITER), str(path), str(turn * 60), "60", "4000"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writer:
            for _ in range(5 + 7 * turn):
                writer.stdout.readline()
            time.sleep(turn / 997)
            writer.send_signal(signal.SIGKILL)
    store = Store(path)
    gone = [f"4479{index:08}" for index in range(0, 12 * 60, 97)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.forget(gone)
    assert [each for each in gone if traces(store, each)] == []


@pytest.mark.slow
def test_a_living_writer_is_not_disturbed(path):
    """A run that is sealing while others are forgotten keeps what it writes."""
    lived_in(path)
    arguments = [sys.executable, str(WRITER), str(path), "0", "200", "3000"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline()
        while writer.poll() is None:
            Store(path).forget([GONE])
        assert writer.returncode == 0
    assert len(known(Store(path), [f"4479{index:08}" for index in range(200)])) == 160


def test_an_answer_that_comes_back_is_a_new_one(path):
    """After it was forgotten a number may be asked and kept again."""
    store = lived_in(path)
    store.forget(GONE)
    with store.journal(PAID) as journal:
        journal.write([answered(GONE)])
    assert known(store, [number(1)]) == {GONE: "LIVE"}
