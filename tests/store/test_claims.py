import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.examples import examples
from helpers.stores import EMULATED, PAID, number, numbers
from hlrframe.errors import StoreError
from hlrframe.store import Store, claims
from hlrframe.store.claims import EXPIRY, has_claimed

KEY = "5e" * 32
CLAIMER = Path(__file__).parents[1] / "helpers" / "store_claimer.py"
# On Windows try_lock knows nothing (see store.folder.disk): a claim ends by its age alone, which other tests say.
LOCKS = pytest.mark.skipif(sys.platform == "win32", reason="there is no lock that tells")


def claim(store, msisdns, question=PAID):
    return store.claim(pl.Series("msisdn", list(msisdns), dtype=pl.String), question)


def hidden(store, msisdn):
    return store.layout.encoding.hide(pl.Series([msisdn]))


def claimed_in(store):
    return sorted(store.layout.claims.glob("*.claim"))


@pytest.fixture(params=["plain", "encrypted", "hashed"])
def store(tmp_path, request):
    keys = {"plain": {}, "encrypted": {"key": KEY}, "hashed": {"hash_key": KEY}}[request.param]
    return Store(tmp_path / "store", **keys)


def test_a_number_is_claimed_once(store):
    """What one run has claimed another is told of and does not get, until it is let go."""
    with claim(store, numbers(5)) as first:
        assert (first.numbers.to_list(), first.elsewhere.to_list()) == (numbers(5), [])
        with claim(store, [number(4), number(5)]) as second:
            assert (second.numbers.to_list(), second.elsewhere.to_list()) == ([number(5)], [number(4)])
    with claim(store, numbers(6)) as third:
        assert third.numbers.to_list() == numbers(6)
    assert claimed_in(store) == []


def test_another_question_is_another_claim(store):
    """A number may be asked two things at once."""
    with claim(store, numbers(3)), claim(store, numbers(3), EMULATED) as other:
        assert other.elsewhere.is_empty()


def test_a_claim_of_nothing_leaves_no_file(store):
    """Where all is being asked elsewhere there is nothing to claim."""
    with claim(store, numbers(3)), claim(store, numbers(3)) as second:
        assert second.numbers.is_empty()
        second.touch()
        assert len(claimed_in(store)) == 1


def test_claims_are_private(store):
    """A claim is its owner's alone, and says no number in plain."""
    with claim(store, numbers(3)):
        (path,) = claimed_in(store)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(each.encode() in path.read_bytes() for each in numbers(3))


@examples(25)
@given(wanted=st.lists(st.sets(st.integers(0, 30), max_size=20), min_size=1, max_size=6))
def test_claims_never_overlap(tmp_path_factory, wanted):
    """Whoever comes when: each number is claimed by the first who wants it, and all others are told."""
    store, taken, held = Store(tmp_path_factory.mktemp("store")), set(), []
    for each in wanted:
        mine = claim(store, map(number, sorted(each)))
        held.append(mine)
        assert set(mine.numbers) == {number(index) for index in each - taken}
        assert set(mine.elsewhere) == {number(index) for index in each & taken}
        taken |= each
    for mine in held:
        mine.release()


@LOCKS
def test_the_claim_of_a_killed_process_has_ended(tmp_path):
    """A claim falls with its process, and whoever meets it removes it."""
    store = Store(tmp_path)
    with subprocess.Popen([sys.executable, str(CLAIMER), str(tmp_path), "5"], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline()
        with claim(store, numbers(6)) as early:
            assert early.numbers.to_list() == [number(5)]
        other.send_signal(signal.SIGKILL)
    with claim(store, numbers(5)) as mine:
        assert mine.numbers.to_list() == numbers(5)
        assert len(claimed_in(store)) == 1


def grow_old(path):
    past = time.time() - EXPIRY - 1
    os.utime(path, (past, past))


@LOCKS
@pytest.mark.parametrize("jump", [EXPIRY + 1, 400 * 24 * 3600, -400 * 24 * 3600])
def test_no_clock_ends_a_claim(tmp_path, monkeypatch, jump):
    """Where locks tell, a claim lives as long as its lock is held, whatever the clock says meanwhile."""
    store = Store(tmp_path)
    with claim(store, numbers(2)):
        monkeypatch.setattr(claims.time, "time", lambda real=time.time: real() + jump)
        with claim(store, numbers(3)) as mine:
            assert (mine.numbers.to_list(), mine.elsewhere.to_list()) == ([number(2)], numbers(2))
        with pytest.raises(StoreError, match="when the run has ended"):
            store.forget(number(1))


def test_a_claim_expires_where_no_lock_tells(tmp_path, monkeypatch):
    """Without locks a claim that was not touched for minutes has ended; a touched one has not."""
    monkeypatch.setattr(claims, "try_lock", lambda _: None)
    store = Store(tmp_path)
    with claim(store, numbers(2)) as stuck, claim(store, [number(2)]) as alive:
        for path in claimed_in(store):
            grow_old(path)
        alive.touch()
        with claim(store, numbers(3)) as mine:
            assert (mine.numbers.to_list(), mine.elsewhere.to_list()) == (numbers(2), [number(2)])
        stuck.touch()
        assert len(claimed_in(store)) == 1


def test_a_turn_that_is_not_given_back_is_not_waited_for(tmp_path, monkeypatch):
    """Who cannot get the turn goes on without it."""
    monkeypatch.setattr(claims, "PATIENCE", 0.02)
    store = Store(tmp_path)
    claim(store, numbers(1)).release()
    with claims._turn(store.layout.claims), claim(store, numbers(2)) as mine:  # somebody stuck
        assert mine.numbers.to_list() == numbers(2)


@examples(50)
@given(data=st.data())
def test_a_broken_claim_claims_nothing_worse(tmp_path_factory, data):
    """Whatever stands in a living claim's file, others can claim: all that it does not clearly claim."""
    store = Store(tmp_path_factory.mktemp("store"))
    with claim(store, numbers(50)):
        (path,) = claimed_in(store)
        whole = path.read_bytes()
        start = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:start] + data.draw(st.binary(max_size=30)))
        with claim(store, numbers(50)) as mine:
            assert {*mine.numbers, *mine.elsewhere} == set(numbers(50))


def test_who_has_claimed_it(store):
    """A number of a living claim cannot be forgotten: its run is about to bring it back."""
    with claim(store, numbers(3), EMULATED):
        assert [has_claimed(store.layout, hidden(store, number(index))) for index in (2, 3)] == [True, False]
        with pytest.raises(StoreError, match="forget it when the run has ended"):
            store.forget([number(2)])
    assert store.forget([number(2)]) == 0


@LOCKS
def test_a_claim_that_cannot_be_read_may_have_the_number(store):
    """A living run whose claim is broken may be asking the number: it is not called forgotten."""
    with claim(store, numbers(3)):
        [path] = claimed_in(store)
        path.write_bytes(b"noise")
        with pytest.raises(StoreError, match="cannot be read, and may have one of these numbers"):
            store.forget(number(1))
    assert store.forget(number(1)) == 0


def test_a_store_that_cannot_be_written(tmp_path):
    """A claim that cannot be made says so."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        claim(Store(tmp_path / "file" / "store"), numbers(1))
