"""The register beside a store: one change after the other over many machines, from create-only objects alone."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import polars as pl
import pytest

from helpers.stores import PAID, answered, numbers
from hlrframe.errors import ConfigError, StoreError
from hlrframe.model import Budget
from hlrframe.store import Store
from hlrframe.store.register import Fund, Member, Register, State, agree, draw, fair_share, register_of, touched
from hlrframe.store.register.funds import turned
from hlrframe.store.register.objects import FolderObjects, probe
from hlrframe.store.register.shares import even_shares
from hlrframe.store.register.signs import Signs
from hlrframe.store.register.state import FORMAT, bury
from hlrframe.store.register.versions import Versions

ADDER = Path(__file__).parents[1] / "helpers" / "register_adder.py"


prefixes = itertools.count()


@pytest.fixture(params=["folder", "moto", pytest.param("ceph", marks=pytest.mark.slow)])
def open_store(request, tmp_path):
    """Gives one store as each machine sees it."""
    if request.param == "folder":
        return lambda machine="here": Store(tmp_path / "store")
    options = request.getfixturevalue({"moto": "s3", "ceph": "gateway"}[request.param])
    url = f"s3://bucket/answers-{next(prefixes)}"
    return lambda machine="here": Store(url, storage_options=options, spool=tmp_path / machine)


@pytest.fixture
def open_register(open_store):
    """Gives the register of one store as each machine sees it."""

    def opened(machine="here"):
        store = open_store(machine)
        store.layout.prepare()
        return register_of(store.layout)

    return opened


def member(**more):
    return Member(account="a", most=210, patience=10.0, **more)


@pytest.mark.slow
def test_changes_come_one_after_the_other(open_register):
    """Many threads and machines that add at once lose no change."""
    registers = [open_register(f"machine-{index}") for index in range(4)]
    failed = []

    def add(register, name):
        def one_more(state, _):
            fund = state.budgets.setdefault("count", Fund(most=0))
            fund.spent += 1

        try:
            for _ in range(10):
                register.transact(one_more)
        except Exception as error:  # noqa: BLE001  # looked at in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=add, args=(each, index)) for index, each in enumerate(registers)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert open_register("another").look().state.budgets["count"].spent == 40


def test_what_changes_nothing_writes_nothing(open_register):
    """A change that leaves the state as it is makes no object."""
    register = open_register()
    register.transact(lambda state, _: state.runs.update(x=member()))
    before = register.look()
    register.transact(lambda state, _: None)
    assert register.look() == before


def test_create_only_is_probed(open_register):
    """A place that keeps to create-only writing passes, and the probe leaves nothing behind."""
    register = open_register()
    register.probe()
    assert list(register._objects.names("register/probes")) == []


class Careless(FolderObjects):
    """A place that lets a name be made again, as servers do that ignore the header."""

    def create(self, key, content):
        """Makes an object, whoever was first."""
        self.delete(key)
        return super().create(key, content)


def test_a_place_that_ignores_create_only_is_refused(tmp_path):
    """Where the second making of a name succeeds nothing is asked, and the message names the header."""
    with pytest.raises(StoreError, match="If-None-Match"):
        probe(Careless(tmp_path))


class Doubling(FolderObjects):
    """A place whose first answer is lost: the object is made, and the try that follows finds it."""

    def create(self, key, content):
        """Makes an object, and says that it was there."""
        super().create(key, content)
        return super().create(key, content)


def test_an_object_that_was_made_by_a_lost_try_is_our_own(tmp_path):
    """A client that tries again after a lost reply is told that the name is taken, and the change still counts once."""
    versions = Versions(Doubling(tmp_path))
    for _ in range(3):
        versions.transact(lambda state, _: state.budgets.setdefault("x", Fund(most=0)).__setattr__("spent", 1))
    assert versions.newest().number == 1


def test_a_run_that_can_leave_no_sign_says_so_in_words(tmp_path):
    """A folder of signs that cannot be written is named as the store's, and no bare error of the system comes out."""
    (tmp_path / "claims").write_bytes(b"")
    with pytest.raises(StoreError, match="claims"):
        Signs(tmp_path / "claims").enter()


@pytest.mark.skipif(sys.platform == "win32", reason="that system puts names on disk by itself")
def test_a_name_is_on_disk_when_it_counts(tmp_path, monkeypatch):
    """An object is whole on disk, and then its name, before its maker goes on: the power takes neither away."""
    fsync, synced = os.fsync, []

    def noted(handle):
        synced.append((os.fstat(handle).st_ino, (tmp_path / "register" / "1").exists()))
        fsync(handle)

    (tmp_path / "register").mkdir()
    monkeypatch.setattr(os, "fsync", noted)
    assert FolderObjects(tmp_path).create("register/1", b"one")
    inode, folder = ((tmp_path / "register" / name).stat().st_ino for name in ("1", "."))
    assert synced == [(inode, False), (folder, True)]


def test_a_change_on_a_base_that_was_tidied_away_is_void(tmp_path, monkeypatch):
    """A machine that slept between reading and making finds that its number was there before, and begins again."""
    monkeypatch.setattr("hlrframe.store.register.versions.KEEP_FOR", 0.0)
    sleeper, others = Versions(FolderObjects(tmp_path)), Versions(FolderObjects(tmp_path))

    def add(state, _):
        state.budgets.setdefault("x", Fund(most=0)).spent += 1

    sleeper.transact(add)
    slept = []

    def after_a_long_sleep(state, now):
        if not slept:
            slept.append(now)
            for _ in range(100):
                others.transact(add)
        add(state, now)

    sleeper.transact(after_a_long_sleep)
    assert others.newest().state().budgets["x"].spent == 102
    assert sleeper.lost == 1
    assert len(list(tmp_path.glob("register/0*"))) < 60


def test_only_a_newer_version_is_refused(tmp_path):
    """A state of a later hlrframe is not misread."""
    objects = FolderObjects(tmp_path)
    assert objects.create("register/000000000001", b'{"format":99}')
    with pytest.raises(StoreError, match="newer hlrframe"):
        Versions(objects).newest().state()


@pytest.mark.parametrize(
    ("wants", "shares"),
    [
        ({"a": 210}, {"a": 210}),
        ({"a": 210, "b": 210}, {"a": 105, "b": 105}),
        ({"a": 210, "b": 210, "c": 210, "d": 210}, {"a": 52, "b": 52, "c": 53, "d": 53}),
        ({"a": 5, "b": 210, "c": 0}, {"a": 5, "b": 205, "c": 0}),
        ({f"{index:03}": 1 for index in range(300)}, None),
    ],
)
def test_shares_are_even_and_use_everything(wants, shares):
    """What one run does not want the others get; the sum is never above what there is."""
    found = even_shares(210, wants)
    assert shares is None or found == shares
    assert sum(found.values()) == min(210, sum(wants.values()))


def test_who_comes_later_gets_what_is_free():
    """A share is granted, never assumed: none before the others have left theirs."""
    state = State(runs={"a": member(wants=210, share=210), "b": member(wants=210)})
    assert fair_share(state, "b") == 0
    assert fair_share(state, "a") == 105
    state.runs["a"].share = 150
    assert fair_share(state, "b") == 60
    state.runs["c"] = Member(account="other", most=210, patience=10.0, wants=210, share=210)
    assert fair_share(state, "b") == 60


def drawn(state, name, now=0.0, *, spent=0, level=0, more=0, least=1000):
    return draw(state, name, now, spent=spent, level=level, more=more, least=least)


def test_a_budget_is_never_promised_twice():
    """What is spent, set aside and in doubt never passes the ceiling together, and the last credit is used."""
    state = State(runs={name: member(budget="team") for name in "abc"}, budgets={"team": Fund(most=10_000)})
    grants = {name: drawn(state, name, more=9_000).level for name in "abc"}
    assert sum(grants.values()) <= 10_000
    for _ in range(20):
        for name in "abc":
            grants[name] = drawn(state, name, spent=grants[name], level=grants[name], more=9_000).level
    assert sum(grants.values()) == 10_000
    assert state.budgets["team"].spent == 10_000
    assert drawn(state, "a", spent=grants["a"], level=grants["a"], more=1).exhausted


def test_what_is_given_back_is_free_at_once():
    """A run that needs less than it was granted leaves the rest to the others."""
    state = State(runs={name: member(budget="team") for name in "ab"}, budgets={"team": Fund(most=10_000)})
    assert drawn(state, "a", more=4_000).level == 4_000
    assert drawn(state, "a", spent=1_000, level=1_000).level == 1_000
    assert drawn(state, "b", more=9_000).level == 4_000


def test_it_is_warned_once_at_half_and_at_four_fifths():
    """Each mark is told by whoever passes it, once in a period."""
    state = State(runs={"a": member(budget="team")}, budgets={"team": Fund(most=10_000, per="day")})
    told = [drawn(state, "a", spent=spent, level=spent).warn for spent in (4_000, 5_000, 6_000, 8_000, 10_000)]
    assert told == [0, 50, 0, 80, 0]


def test_a_new_day_makes_a_budget_whole_again():
    """The day is the place's own, by UTC, and never goes back."""
    state = State(runs={"a": member(budget="team")}, budgets={"team": Fund(most=10_000, per="day")})
    noon = 1_780_000_000.0
    drawn(state, "a", noon, spent=9_000, level=9_000)
    assert state.budgets["team"].spent == 9_000
    assert turned(state, "team", noon + 86_400).spent == 0
    drawn(state, "a", noon + 86_400, spent=9_500, level=9_500)
    assert state.budgets["team"].spent == 500
    assert turned(state, "team", noon).spent == 500


def test_a_budget_is_one_amount_for_everybody():
    """Another amount under the same name is refused; without an amount, the agreed one holds."""
    state = State()
    agree(state, Budget("team", max_credits=20, per="day"), 0.0)
    assert agree(state, Budget("team"), 0.0).most == 20_000
    with pytest.raises(ConfigError, match="20 credits per day"):
        agree(state, Budget("team", max_credits=30, per="day"), 0.0)
    with pytest.raises(ConfigError, match="no budget 'other'"):
        agree(state, Budget("other"), 0.0)
    state.budgets["team"].spent = 7_000
    assert agree(state, Budget("team", max_credits=30, per="day"), 0.0, anew=True).spent == 7_000


def test_a_dead_run_leaves_doubts_and_its_money_counts_as_spent():
    """What it had claimed is in doubt, what it had set aside is not given to others."""
    dead = member(at=100.0, since=90.0, claims=["x"], question="q", budget="team", reserved=700, spent=300)
    state = State(runs={"a": dead, "b": member(at=100.0)}, budgets={"team": Fund(most=1_000, spent=300)})
    assert bury(state, 105.0, lambda name, _: name == "a") == ["a"]
    assert list(state.runs) == ["b"]
    (doubt,) = state.doubts.values()
    assert (doubt.body, doubt.at, doubt.reserved) == ("x", 100.0, 700)
    assert state.budgets["team"].spent + state.set_aside("team") == 1_000


def test_every_state_says_its_format(open_register):
    """A version that knows another one must see that: what is left out it would take for its own."""
    register = open_register()
    register.transact(lambda state, _: state.runs.update(x=member()))
    assert json.loads(register._versions.newest().raw)["format"] == FORMAT


def test_a_clock_that_jumps_ends_nobody(open_register, monkeypatch):
    """A run that gives signs of life before our eyes is not dead, whatever the place's clock says of its age."""
    register = open_register()
    register.transact(lambda state, _: state.runs.update(x=member(at=1.0, since=1.0)))
    register.transact(lambda state, _: state.runs.update(y=member()))
    assert set(register.look().state.runs) == {"x", "y"}
    ahead = time.monotonic() + 3.0
    monkeypatch.setattr("hlrframe.store.register.register.time.monotonic", lambda: ahead)
    register.transact(lambda state, _: state.runs["y"].__setattr__("beat", 1))
    assert set(register.look().state.runs) == {"y"}


class Clocked(FolderObjects):
    """A place whose clock stands where it is put."""

    now = 0.0

    def read(self, key):
        """Gives an object as of now, where it was just made."""
        found = super().read(key)
        if found is None:
            return None
        made = self.root / f"{key.replace('/', '-')}.time"
        if not made.exists():
            made.write_text(str(Clocked.now))
        return found[0], float(made.read_text())


def test_visits_that_are_short_find_a_dead_run_together(tmp_path, monkeypatch):
    """No run is here for long: what one noted the next one knows, and a run that gives signs of life is no dead one."""
    store = Store(tmp_path / "store")
    store.layout.prepare()

    def visit(now, change=lambda state: None):
        monkeypatch.setattr(Clocked, "now", now)
        register = Register(store.layout, Clocked(store.layout.root))

        def changed(state, _):
            state.budgets["x"] = Fund(most=0, spent=int(1000 * now))  # so that there is something to write
            change(state)

        register.transact(changed)
        return set(register.look().state.runs)

    visit(1.0, lambda state: state.runs.update(dead=member(), living=member()))
    assert visit(20.0) == visit(20.5) == {"dead", "living"}
    visit(21.0, lambda state: touched(state.runs["living"]))
    assert visit(22.0) == visit(24.0) == {"dead", "living"}
    assert visit(24.5) == {"living"}


def test_a_killed_process_is_dead_at_once_on_its_own_machine(open_register, tmp_path):
    """The lock of its sign falls with it: a run that begins right after need not wait for any expiry."""
    register = open_register()
    root = register._layout.root
    code = (
        "import sys, time; from pathlib import Path; from hlrframe.store.folder.layout import Layout;"
        "from hlrframe.store.register import register_of;"
        f"name, file = register_of(Layout(Path({str(root)!r}))).signs.enter(); print(name, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        name = process.stdout.readline().strip()
        register.transact(lambda state, _: state.runs.update({name: member()}))
        register.transact(lambda state, _: state.runs.update(other=member()))
        assert name in register.look().state.runs
        os.kill(process.pid, signal.SIGKILL)
    register.transact(lambda state, _: None)
    assert list(register.look().state.runs) == ["other"]


def test_forgetting_takes_numbers_out_of_doubts_too(open_store):
    """A number that is in doubt in the register is nowhere in it afterwards; others stay."""
    store = open_store()
    with store.journal(PAID) as journal:
        journal.write([answered(numbers(1)[0])])
    register = register_of(store.layout)
    body = register.bodies.put(register.bodies.hide(pl.Series(numbers(3))))
    dead = member(claims=[body], question=PAID.key)
    register.transact(lambda state, _: state.runs.update(x=dead))
    with pytest.raises(StoreError, match="asking one of these"):
        store.forget(numbers(1))
    register.transact(lambda state, now: bury(state, now, lambda *_: True) and None)
    assert store.forget(numbers(1)) == 1
    (doubt,) = register.look().state.doubts.values()
    assert register_of(store.layout).bodies.numbers([doubt.body]).cast(pl.String).sort().to_list() == numbers(3)[1:]
    assert len(register._objects.names("register/numbers")) == 1
