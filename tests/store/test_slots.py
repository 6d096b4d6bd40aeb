"""Runs of one folder, in processes that know nothing of each other, keep to what their account allows together."""

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.stores import PAID
from hlrframe import emulator
from hlrframe.emulator import Emulator, Latency
from hlrframe.model import Settings
from hlrframe.run.team import FolderShare
from hlrframe.store import Slots, Store

SHARER = Path(__file__).parents[1] / "helpers" / "store_sharer.py"


def holds(requests):
    """Stands for a run that has so many in flight, whatever it is told."""
    return lambda _target: requests


@contextmanager
def running(store, url, first, count):
    """A run in a process of its own."""
    settings = json.dumps({"batch_size": 1})
    command = [sys.executable, str(SHARER), str(store), url, str(first), str(count), settings]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


@contextmanager
def entered(folder, *accounts, most=210):
    """Runs that have come, one for each of these accounts."""
    slots = [Slots(folder, each, most=most) for each in accounts]
    assert all(each.enter() for each in slots)
    try:
        yield slots
    finally:
        for each in slots:
            each.leave()


def test_two_runs_get_even_parts_and_what_the_other_does_not_want(tmp_path):
    """A run that is alone has everything; with another each gets half, and all of what that one leaves."""
    with entered(tmp_path, "one", "one") as (one, two):
        assert one.agree(210, holds(210)) == 210
        assert two.agree(210, holds(0)) == 0
        assert one.agree(210, holds(150)) == 105
        assert two.agree(210, holds(0)) == 60
        assert one.agree(210, holds(105)) == 105
        assert two.agree(210, holds(60)) == 105
        assert one.agree(5, holds(5)) == 5
        assert two.agree(210, holds(105)) == 205


@pytest.mark.skipif(sys.platform == "win32", reason="there a run cannot be told to write no more")
def test_a_disk_that_takes_nothing_takes_nothing_away(tmp_path):
    """What a run has in flight stays written where the disk refuses to take what it has now: nobody takes it twice."""
    import resource  # noqa: PLC0415  # not everywhere

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with entered(tmp_path, "one", "one") as (one, two):
        assert one.agree(210, holds(210)) == 210
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            assert one.agree(5, holds(210)) is None
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert two.agree(210, holds(0)) == 0


def test_other_accounts_and_ended_runs_take_nothing(tmp_path):
    """What another account has, or a run that has left, is nothing of this one's."""
    with entered(tmp_path, "two", "one", "one") as (other, gone, mine):
        other.agree(210, holds(210))
        gone.agree(210, holds(210))
        gone.leave()
        assert mine.agree(210, holds(0)) == 210


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 40)), max_size=40))
def test_the_sum_holds_whatever_runs_want(tmp_path_factory, steps):
    """At every moment the runs together have no more in flight than their account allows."""
    agreed, held = [0] * 4, [0] * 4
    with entered(tmp_path_factory.mktemp("slots"), *["one"] * 4, most=40) as slots:
        for run, wants, sends in steps:

            def lower(target, run=run):
                agreed[run] = min(agreed[run], target)
                return held[run]

            agreed[run] = slots[run].agree(wants, lower)
            # Requests land when they like, and no more leave than was agreed.
            held[run] = min(held[run], sends) if held[run] > agreed[run] else min(sends, agreed[run])
            assert sum(held) <= 40


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6))
@example([4, 4, 4])
def test_nobody_is_left_without(tmp_path_factory, wants):
    """However little the first ones want, those that come later have their even part once all have looked around."""
    with entered(tmp_path_factory.mktemp("slots"), *["one"] * len(wants), most=40) as slots:
        for _ in range(2):
            agreed = [each.agree(wanted, holds(0)) for each, wanted in zip(slots, wants, strict=True)]
    assert sum(agreed) <= 40
    assert all(has >= min(wanted, 40 // len(wants)) for has, wanted in zip(agreed, wants, strict=True))


def test_what_a_killed_process_had_is_free_at_once(tmp_path):
    """The file of a killed run has no lock: the next look takes it away."""
    script = (
        "import sys, time; from pathlib import Path; from hlrframe.store import Slots\n"
        "slots = Slots(Path(sys.argv[1]), 'one', most=210); slots.enter(); slots.agree(210, lambda target: 210)\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process, entered(tmp_path, "one") as [mine]:
        assert process.stdout.readline() == b"ready\n"
        assert mine.agree(210, holds(0)) == 0
        process.kill()
        process.wait()
        assert mine.agree(210, holds(0)) == 210
    assert [each.name for each in tmp_path.iterdir()] == ["slots.lock"]


@pytest.mark.slow
def test_two_processes_share_what_their_account_allows(tmp_path):
    """Two processes with one folder and no budget: never more than 210 in flight together, and both get on."""
    provider = Emulator(seed=7, latency=Latency(network=0.2), max_in_flight=10_000)
    with emulator.running(provider) as url, running(tmp_path / "answers", url, 0, 1500) as one:
        time.sleep(0.5)
        with running(tmp_path / "answers", url, 1500, 600) as two:
            late, early = (json.loads(each.communicate(timeout=60)[0]) for each in (two, one))
    assert early["states"] == {"answered": 1500}
    assert late["states"] == {"answered": 600}
    assert 150 < provider.bill.most_requests_in_flight <= 210


def test_a_run_that_is_alone_has_everything_at_once(tmp_path):
    """From its first request on, and it leaves nothing behind."""
    client = emulator.connect(emulator=Emulator(seed=7))
    share = FolderShare(Store(tmp_path / "answers"), client, Settings())
    with share.joined():
        assert share.requests == 210
        assert [share.take() for _ in range(211)].count(True) == 210
    assert [each.name for each in (tmp_path / "answers" / "claims").iterdir()] in ([], ["slots.lock"])
    hf.enrich(pl.DataFrame({"phone": mobiles(3)}), "phone", client=client, store=tmp_path / "answers")
    assert not [each for each in threading.enumerate() if each.name == "hlrframe-register"]


@pytest.mark.parametrize("budget", [None, "team=10"])
def test_without_locks_the_second_run_warns(tmp_path, monkeypatch, recwarn, budget):
    """A run that finds another's journal says that the requests are not shared; alone or with a budget it does not."""
    monkeypatch.setattr("hlrframe.store.slots.try_lock", lambda _: None)
    store, client = Store(tmp_path / "answers"), emulator.connect(emulator=Emulator(seed=7))
    settings = Settings(budget=budget)

    def told():
        with FolderShare(store, client, settings).joined():
            return [each.message for each in recwarn if isinstance(each.message, hf.UnsharedWarning)]

    assert not told()
    with store.journal(PAID):
        assert len(told()) == (budget is None)
