"""How a store is, and how fast its runs were."""

import os
import shutil

import pytest

from helpers.stores import DAY, EMULATED, NOON, PAID, answered, number, numbers, store_with
from hlrframe.errors import StoreError
from hlrframe.store import Asked, Store


def leave_behind(store, *entries):
    """Leaves a journal as a killed run does: a file that nobody holds."""
    with store.journal(PAID) as journal:
        journal.write(entries)
        (living,) = (store.path / "journal").iterdir()
        shutil.copy(living, store.path / "killed")
    shutil.move(store.path / "killed", store.path / "journal" / f"{'0' * 20}-killed-0000.arrows")


def test_a_store_that_is_not_there_yet(path):
    """Nothing is made by looking, and nothing is wrong with a store that the first run will make."""
    health = Store(path).health()
    assert not health.exists
    assert (health.parts, health.damaged, health.running, health.orphans, health.in_doubt) == (0, (), 0, 0, 0)
    assert health.free > 0
    assert not path.exists()


def test_a_healthy_store(path):
    """Parts are counted, a run that goes on is told from one that was killed, and nothing is changed."""
    store = store_with(path, answered(*numbers(3)))
    before = sorted(path.rglob("*"))
    assert store.health().parts == 1
    assert sorted(path.rglob("*")) == before
    with store.journal(PAID):
        health = store.health()
    assert (health.running, health.orphans, health.damaged) == (1, 0, ())


def test_what_a_killed_run_left(path):
    """Its journal is counted, and the numbers that it asked in vain; the next run takes care of both."""
    store = store_with(path, answered(number(1)))
    leave_behind(store, Asked([number(2), number(3)], NOON), answered(number(3)))
    (path / "asked").joinpath("ignored.txt").touch()
    health = store.health()
    assert (health.running, health.orphans, health.in_doubt) == (0, 1, 1)
    with store.journal(PAID):
        assert store.health().orphans == 0


def test_damaged_files(path):
    """A part that cannot be read is named, and stays where it is; one that was set aside is named too."""
    store = store_with(path, answered(number(1)))
    (part,) = (path / "parts").iterdir()
    part.write_bytes(part.read_bytes()[:-9])
    assert store.health().damaged == (part.name,)
    assert part.exists()
    part.rename(part.with_name(f"{part.name}.damaged"))
    assert store.health().damaged == (f"{part.name}.damaged",)


def test_a_store_that_cannot_be_written(path):
    """Whoever may not write there hears of it, with a cure."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    store = store_with(path, answered(number(1)))
    path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match="this user may not"):
            store.health()
    finally:
        os.seteuid(0)


def test_the_pace_of_the_last_run(path):
    """The newest run that took its time says how fast this question is answered; others do not count."""
    assert Store(path).pace(PAID) is None
    early, late = [f"44770{index:07}" for index in range(300)], [f"44771{index:07}" for index in range(100)]
    slow = [answered(*early, at=NOON), answered(*late, at=NOON + DAY / 86_400 * 40)]
    store = store_with(path, *slow)
    assert store.pace(PAID) == 10
    store_with(path, answered(*early, at=NOON + DAY), answered(*late, at=NOON + DAY + DAY / 86_400 * 4))
    assert store.pace(PAID) == 100
    store_with(path, *slow, question=EMULATED)
    store_with(path, answered(*numbers(9), at=NOON + 2 * DAY), answered(number(9), at=NOON + 3 * DAY))
    store_with(path, answered(*early, at=NOON + 4 * DAY))
    assert store.pace(PAID) == 100
    store.compact(now=NOON)
    assert store.pace(PAID) == 100
