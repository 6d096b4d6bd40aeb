"""Whatever happens to the bytes of a store: never a wrong answer, and never a crash without a clear message."""

import os
import random
import warnings
from datetime import timedelta

import polars as pl
import pytest

from helpers.stores import NOON, PAID, answered, number, numbers, store_with
from hlrframe.errors import StoreError
from hlrframe.store import Asked, DamagedWarning, Store
from hlrframe.store.checksum import is_whole
from hlrframe.store.folder.layout import Layout

#: Of numbers, a few in each of three commits: what a trial costs grows with them.
COUNT = 18
#: Together with its four parameters: a thousand corruptions.
TRIALS = 250


def flip(raw, chance):
    at = chance.randrange(len(raw))
    raw[at] ^= 1 << chance.randrange(8)


def cut(raw, chance):
    del raw[chance.randrange(len(raw)) :]


def zero(raw, chance):
    at, size = chance.randrange(len(raw)), chance.choice([1, 16, 512, 4096])
    raw[at : at + size] = bytes(len(raw[at : at + size]))


def swap(raw, chance):
    size = chance.choice([16, 512])
    one, other = sorted(chance.sample(range(len(raw) // size), 2))
    first, second = slice(one * size, (one + 1) * size), slice(other * size, (other + 1) * size)
    raw[first], raw[second] = raw[second], raw[first]


def write_some(journal, run):
    """Each number of this run gets an answer that only this run and number have."""
    at = NOON + timedelta(hours=run)
    for start in range(0, COUNT, 6):
        mine = [number(index) for index in range(start, start + 6) if index % 3 != run % 3]
        journal.write([Asked([*mine, f"4479{start:08}"], at)])
        journal.write([answered(each, at=at, checked_at=at, uuid=f"{run}/{each}", extra=each) for each in mine])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A store of three ended runs and two that were killed."""
    path = tmp_path_factory.mktemp("corruption") / "store"
    for run in range(3):
        with Store(path).journal(PAID) as journal:
            write_some(journal, run)
    killed = [Store(path).journal(PAID) for _ in range(2)]
    for run, journal in enumerate(killed, 3):
        write_some(journal, run)
        journal._segment.close()
    return path


def is_true(row):
    """Says whether an answer is one that was given to this number."""
    msisdn, uuid, extra, status, known_at = row
    run, _, whose = uuid.partition("/")
    given = (whose, extra, status, known_at) == (msisdn, msisdn, "LIVE", NOON + timedelta(hours=int(run)))
    return given and int(msisdn[-3:]) % 3 != int(run) % 3


def read(path, *, doubts=False):
    """What the store answers, and the words of its refusal or its warnings; its doubts are looked at where asked."""
    asked = pl.Series(numbers(COUNT))
    words = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = Store(path).known(asked, PAID, max_age=None, now=NOON)
            if doubts:
                Store(path).unanswered(asked, PAID)
        except StoreError as refusal:
            return None, str(refusal)
        words = [str(each.message) for each in caught if issubclass(each.category, DamagedWarning)]
        assert len(words) == len(caught)
    return found.select("msisdn", "uuid", "extra", "live_status", "checked_at"), " ".join(words)


def mend(path, sound):
    """Puts every file back as it was."""
    for file in [each for each in path.rglob("*") if each.is_file() and each.name != "store.json"]:
        if file not in sound:
            file.unlink()
    for file, raw in sound.items():
        if not file.exists() or file.read_bytes() != raw:
            file.write_bytes(raw)


@pytest.mark.slow
@pytest.mark.timeout(240)  # seconds in a quiet place
@pytest.mark.parametrize("harm", [flip, cut, zero, swap])
def test_no_damage_passes_for_an_answer(path, harm):
    """Every answer that is still given was given so by the provider; what is lost is said, but for a torn tail."""
    sound = {file: file.read_bytes() for file in Layout(path).view()}
    chance = random.Random(harm.__name__)
    whole, _ = read(path)
    assert set(whole["msisdn"]) == set(numbers(COUNT))
    for trial in range(TRIALS):
        file = chance.choice(sorted(sound))
        raw = bytearray(sound[file])
        harm(raw, chance)
        file.write_bytes(raw)
        found, words = read(path, doubts=file.parent.name == "asked" or trial % 8 == 0)
        if found is None:
            assert "cannot" in words
        else:
            assert all(map(is_true, found.iter_rows())), (trial, file)
            assert set(found["msisdn"]) <= set(numbers(COUNT))
        if raw != sound[file] and file.suffix == ".parquet":
            assert file.name in words
        mend(path, sound)


@pytest.mark.parametrize("harm", [flip, cut, zero, swap])
def test_no_damage_is_sealed(path, harm, tmp_path):
    """The next run seals of a damaged journal what is whole, and keeps the file for somebody to look at."""
    sound = {file: file.read_bytes() for file in Layout(path).view()}
    chance = random.Random(harm.__name__)
    for _ in range(5):
        file = chance.choice([each for each in sorted(sound) if each.suffix == ".arrows"])
        raw = bytearray(sound[file])
        harm(raw, chance)
        file.write_bytes(raw)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DamagedWarning)
            Store(path).journal(PAID).seal()
        kept = list(path.glob("journal/*.damaged"))
        assert [each.read_bytes() for each in kept] in ([], [raw])
        found, words = read(path, doubts=True)
        assert words == ""
        assert all(map(is_true, found.iter_rows()))
        mend(path, sound)


@pytest.mark.slow
def test_every_byte_of_a_small_part_counts(tmp_path):
    """No single changed byte of a sealed file goes unnoticed, footer and checksum included."""
    store_with(tmp_path / "store", answered(number(1)))
    (part,) = Layout(tmp_path / "store").view().parts
    sound = part.read_bytes()
    assert is_whole(part)
    for at in [*range(0, len(sound), 7), *range(len(sound) - 400, len(sound))]:
        raw = bytearray(sound)
        raw[at] ^= 0x10
        part.write_bytes(raw)
        os.utime(part, ns=(at, at))
        assert not is_whole(part), at
