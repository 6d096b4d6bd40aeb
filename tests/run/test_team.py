"""Several machines on one account: each number charged once, 210 requests in the sum, one budget met to the credit."""

import itertools
import json
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.stores import PAID, answered, numbers
from hlrframe import emulator
from hlrframe.emulator import Emulator
from hlrframe.errors import ConfigError, StoreError
from hlrframe.run.coordination import StoreClaims
from hlrframe.run.team import membership
from hlrframe.run.team.claiming import Claiming
from hlrframe.store import Asked, Member, Register, agree, doubt_claims, register_of
from hlrframe.store.register.objects import FolderObjects

pytestmark = pytest.mark.timeout(300)

MACHINE = Path(__file__).parents[1] / "helpers" / "team_machine.py"
prefixes = itertools.count()
#: Short enough that what a killed machine leaves is free again within a test.
QUICK = {"LEASE": 2.0, "MARGIN": 1.5}


@pytest.fixture(params=["moto", pytest.param("ceph", marks=pytest.mark.slow)])
def team(request, tmp_path):
    options = request.getfixturevalue({"moto": "s3", "ceph": "gateway"}[request.param])
    with Team(tmp_path, options) as team:
        yield team


class Team:
    """A provider, a bucket, and machines that are started one by one."""

    def __init__(self, root, options):
        self.root, self.options = root, options
        self.url = f"s3://bucket/team-{next(prefixes)}"
        self.provider = Emulator(seed=7, latency=0.05, credits=10_000_000)
        self.processes = []

    def __enter__(self):
        self._running = emulator.running(self.provider)
        self.base_url = self._running.__enter__()
        return self

    def __exit__(self, *error):
        for each in self.processes:
            each.kill()
            each.communicate()
        self._running.__exit__(*error)

    def lists(self, numbers):
        pl.DataFrame({"phone": numbers}).write_parquet(self.root / "numbers.parquet")

    def start(self, spool, first, count, **order):
        order = {
            "url": self.base_url,
            "store": self.url,
            "options": self.options,
            "spool": str(self.root / spool),
            "numbers": str(self.root / "numbers.parquet"),
            "first": first,
            "count": count,
            **order,
        }
        path = self.root / f"order-{len(self.processes)}.json"
        path.write_text(json.dumps(order), encoding="utf-8")
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, str(MACHINE), str(path)], stdout=pipe, stderr=pipe, text=True)
        self.processes.append(process)
        return process

    def outcome(self, process):
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return json.loads(out.splitlines()[-1])

    def store(self, spool="looking"):
        return hf.Store(self.url, storage_options=self.options, spool=self.root / spool)

    def state(self):
        return register_of(self.store().layout).look().state


def three(team, count, **order):
    """Starts three machines, each with a list that has half of its numbers in common with the next one's."""
    size = count // 2
    return [team.start(f"machine-{index}", index * count // 4, size, **order) for index in range(3)]


@pytest.mark.slow
def test_three_machines_pay_once_within_210(team):
    """Overlapping lists: every row is answered, every number charged once, 210 requests in flight in the sum."""
    team.lists(mobiles(3_000))
    outcomes = [team.outcome(each) for each in three(team, 3_000, batch=5)]
    assert [each["answered"] for each in outcomes] == [1_500] * 3
    bill = team.provider.bill
    assert bill.paid_twice() == []
    assert bill.asked_twice() == []
    assert bill.total == 3_000
    assert bill.most_requests_in_flight <= 210
    assert sum(each["credits"] for each in outcomes) == 3_000
    state = team.state()
    assert (state.runs, state.doubts) == ({}, {})


@pytest.mark.slow
def test_three_machines_meet_one_ceiling_to_the_credit(team):
    """Whoever asks at the same time, all of the budget is spent and nothing beyond."""
    team.lists(mobiles(3_000))
    outcomes = [team.outcome(each) for each in three(team, 3_000, batch=5, budget="team=1234/month")]
    assert team.provider.bill.total == 1_234
    assert team.provider.bill.paid_twice() == []
    assert {each["stopped"] for each in outcomes} == {"budget"}
    fund = team.state().budgets["team"]
    assert (fund.spent, team.state().set_aside("team")) == (1_234_000, 0)
    said = [each for outcome in outcomes for each in outcome["warnings"]]
    assert sum("80 %" in each for each in said) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_forty_thousand_numbers_on_three_machines(team):
    """The same with 40,000 numbers, of which each machine has half."""
    team.lists(mobiles(40_000))
    outcomes = [team.outcome(each) for each in three(team, 40_000)]
    assert [each["answered"] for each in outcomes] == [20_000] * 3
    bill = team.provider.bill
    assert bill.paid_twice() == []
    assert bill.total == 40_000
    assert bill.most_requests_in_flight <= 210


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_ceiling_of_20_000_over_40_000_numbers(team):
    """A shared ceiling of 20,000 is met to the credit."""
    team.lists(mobiles(40_000))
    outcomes = [team.outcome(each) for each in three(team, 40_000, budget="team=20000/day")]
    assert team.provider.bill.total == 20_000
    assert team.provider.bill.paid_twice() == []
    assert {each["stopped"] for each in outcomes} == {"budget"}


#: Slow enough to be killed in the middle; what a killed machine leaves is free again within seconds.
KILLABLE = {"batch": 4, "requests": 8, "budget": "team=1000000", "patience": QUICK, "timeout": 1.0}


def kill_in_the_middle(machine, seconds=0.0):
    """Kills a machine some time after its first answer."""
    machine.stdout.readline()
    time.sleep(seconds)
    machine.kill()
    machine.communicate()


@pytest.mark.slow
def test_what_a_killed_machine_had_is_taken_over(team):
    """Another machine asks its numbers through the private cache, gets its requests, and its money is accounted for."""
    team.lists(mobiles(1_200))
    first = team.start("first", 0, 800, **KILLABLE)
    kill_in_the_middle(first, 0.3)
    assert 0 < team.provider.bill.total < 800
    assert len(team.state().runs) == 1
    assert team.outcome(team.start("second", 0, 1_200, **KILLABLE))["answered"] == 1_200
    assert team.outcome(team.start("first", 0, 800, **KILLABLE))["answered"] == 800
    bill = team.provider.bill
    assert bill.paid_twice() == []
    assert bill.total == 1_200
    state = team.state()
    assert (state.runs, state.doubts) == ({}, {})
    assert state.budgets["team"].spent == 1_200_000


@pytest.mark.slow
def test_what_several_killed_machines_had_is_paid_for_once(team):
    """Where one machine after the other is killed over the same numbers, the budget counts each number once."""
    team.lists(mobiles(1_200))
    for name, seconds in (("first", 0.3), ("second", 0.5), ("third", 0.7)):
        kill_in_the_middle(team.start(name, 0, 1_200, **KILLABLE), seconds)
    assert 0 < team.provider.bill.total < 1_200
    assert team.outcome(team.start("last", 0, 1_200, **KILLABLE))["answered"] == 1_200
    assert team.outcome(team.start("first", 0, 1_200, **KILLABLE))["answered"] == 1_200
    assert team.provider.bill.total == 1_200
    state = team.state()
    assert (state.runs, state.doubts) == ({}, {})
    assert state.budgets["team"].spent == 1_200_000


@pytest.mark.slow
def test_a_machine_that_slept_sends_nothing_that_others_took_over(team):
    """A process that is stopped for longer than its expiry ends when it goes on, and what it was answered is kept."""
    team.lists(mobiles(1_200))
    sleeper = team.start("sleeper", 0, 1_200, **KILLABLE)
    sleeper.stdout.readline()
    sleeper.send_signal(signal.SIGSTOP)
    assert team.outcome(team.start("other", 0, 1_200, **KILLABLE))["answered"] == 1_200
    sleeper.send_signal(signal.SIGCONT)
    _, err = sleeper.communicate(timeout=60)
    assert "others took over" in err
    assert team.provider.bill.paid_twice() == []
    assert team.provider.bill.total == 1_200
    assert team.outcome(team.start("sleeper", 0, 1_200, **KILLABLE))["credits"] == 0.0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_kills_pay_nothing_twice(team):
    """Machines that are killed at random, twenty times: nothing is paid twice, and nothing stays lost."""
    rng, count, more = random.Random(7), 9_000, 10
    team.lists(mobiles(count + 3 * more))
    # Where this machine is so busy that replies are late, they may have been billed, and count.
    order = {**KILLABLE, "timeout": 3.0}
    running = {index: team.start(f"machine-{index}", index * 2_000, 5_000, **order) for index in range(3)}
    for _ in range(20):
        index = rng.choice(sorted(running))
        kill_in_the_middle(running[index], rng.uniform(0.0, 2.0))
        running[index] = team.start(f"machine-{index}", index * 2_000, 5_000, **order)
    assert [team.outcome(each)["answered"] for each in running.values()] == [5_000] * 3
    # Who finds everything in the store is not in the register, and takes nobody out: the next that asks does.
    for index in running:
        first, count = count, count + more
        assert team.outcome(team.start(f"machine-{index}", first, more, **order))["answered"] == more
    bill = team.provider.bill
    assert bill.paid_twice() == []
    assert bill.total == count
    assert bill.most_requests_in_flight <= 210
    state = team.state()
    assert (state.runs, state.doubts) == ({}, {})
    # A late reply, of which nothing is proved, errs high; nothing errs low.
    assert 1000 * count <= state.budgets["team"].spent + state.set_aside("team") <= 1010 * count


class Faltering(FolderObjects):
    """A place that cannot be written so many times, and then says so many times of what it made that it failed."""

    falters = lies = 0

    def create(self, key, content):
        """Makes an object, or fails."""
        if Faltering.falters:
            Faltering.falters -= 1
            raise StoreError("the place is away")
        made = super().create(key, content)
        if Faltering.lies:
            Faltering.lies -= 1
            raise StoreError("the place is away")
        return made


@pytest.fixture
def member(tmp_path, monkeypatch):
    """Gives runs of one folder, whose register falters for so long as it is told to."""
    monkeypatch.setattr(Faltering, "falters", 0)
    monkeypatch.setattr(Faltering, "lies", 0)
    monkeypatch.setattr(membership, "LEAVE_PAUSE", 0.0)
    store = hf.Store(tmp_path / "answers")
    store.layout.prepare()

    def member(**settings):
        register = Register(store.layout, Faltering(store.layout.root))
        return membership.Membership(register, emulator.connect(), hf.Settings(**settings), is_remote=False)

    return member


def test_a_run_leaves_a_register_that_falters(member, monkeypatch):
    """What fails at first is tried again, until the run is out."""
    run = member()
    run.join()
    monkeypatch.setattr(Faltering, "falters", 3)
    run.leave()
    assert Faltering.falters == 0
    assert run.register.look().state.runs == {}


def test_a_run_that_could_not_leave_is_taken_out_by_the_next(member, monkeypatch):
    """It ends although its register stays away, and the next run on its machine need not wait for its expiry."""
    monkeypatch.setattr(membership, "LEAVE_WITHIN", 0.0)
    first, second = member(), member()
    first.join()
    monkeypatch.setattr(Faltering, "falters", 1)
    first.leave()
    assert set(first.register.look().state.runs) == {first.name}
    second.join()
    assert set(second.register.look().state.runs) == {second.name}
    second.leave()
    assert list((second.register.signs.folder).glob("*.run")) == []


def test_a_run_whose_budget_is_refused_stays_in_no_register(member):
    """Its other amount is refused when it has joined: nothing of it is left, and the budget is as it was."""
    first, second = member(budget="team=10"), member(budget="team=20")
    first.join()
    with pytest.raises(ConfigError, match="is 10 credits"):
        second.join()
    assert set(first.register.look().state.runs) == {first.name}
    first.leave()


def test_a_run_that_its_disk_ended_leaves_as_any_other(member):
    """Trouble that others have nothing to do with leaves nothing for them to wait for."""
    run = member()
    run.join()
    run._heart.trouble = StoreError("no space left")
    run.leave()
    assert run.register.look().state.runs == {}


def test_what_a_killed_run_spent_before_explains_nothing_that_it_left_in_doubt(member, tmp_path):
    """Of a number that two killed runs shared, what one of them paid for others before is no proof that it paid."""
    store, run = hf.Store(tmp_path / "answers"), member(budget="team=100")
    a, b, c = numbers(3)
    journals = {}
    for name, theirs in (("earlier", [a]), ("later", [b, c])):
        with store.journal(PAID) as journal:
            journal.write([answered(*theirs, at=datetime.now(UTC), credits=1.0)])
        journals[name] = journal.run_id
    now = time.time()
    bodies = {
        name: run.register.bodies.put(pl.Series(theirs, dtype=pl.UInt64))
        for name, theirs in (("earlier", [int(a), int(b)]), ("later", [int(b), int(c)]))
    }

    def killed(state, _):
        agree(state, hf.Budget("team", max_credits=100), now)
        state.budgets["team"].spent = 3_000
        common = {"account": "x", "most": 210, "patience": 1.0, "question": PAID.key, "budget": "team"}
        for at, (name, spent, before) in enumerate((("earlier", 3_000, 2_000), ("later", 0, 0))):
            dead = Member(**common, spent=spent, before=before, reserved=5_000, since=now + at, journal=journals[name])
            dead.claims = [bodies[name]]
            doubt_claims(state, name, dead, at=now)

    run.register.transact(killed)
    run.join()
    Claiming(run, store, PAID).release({})
    run.leave()
    state = run.register.look().state
    assert state.doubts == {}
    assert state.budgets["team"].spent == 5_000


class Machine:
    """A run in one process: it claims, is answered, and ends or is killed when a test says so."""

    def __init__(self, run, store):
        self.run, self.store, self.claiming = run, store, Claiming(run, store, PAID)
        self.began = datetime.now(UTC)
        run.join()
        self.claims = StoreClaims(
            store,
            PAID,
            settings=hf.Settings(),
            columns=["msisdn"],
            began=self.began,
            claim=self.claiming.claim,
        )

    def claim(self, *numbers):
        """Claims numbers without a look into the store; gives those that are its own."""
        return self.claims._claimed(pl.Series("msisdn", numbers)).numbers.to_list()

    def begin(self, *numbers):
        """Claims numbers and looks into the store; gives those that it asks."""
        return self.claims.begin(pl.Series("msisdn", numbers)).to_list()

    def ask(self, *numbers):
        """Is answered, for a credit each."""
        self.pay(len(numbers))
        self.learn(*numbers)

    def pay(self, count):
        """Is charged a credit for so many numbers, and says so to the register."""
        self.run.resources.budget.reserve(1_000 * count)
        self.run.resources.budget.settle(1_000 * count, spent=1_000 * count)
        self.run.change(lambda _state, _now: None)

    def learn(self, *numbers):
        """Has answers in the store, whoever paid the credit that each has cost."""
        with self.store.journal(PAID) as journal:
            self.run.handover.carry(journal)
            journal.write([answered(*numbers, at=datetime.now(UTC), credits=1.0)])
            self.run.handover.put_down()

    def end(self, **paid):
        """Ends as a run does; says what earlier runs paid for numbers."""
        self.claiming.release(paid)
        self.claims.release()
        self.run.leave()

    def fall(self):
        """Loses its locks and its thread, as a killed process does."""
        self.run._heart.stop()
        self.run.register.signs.leave(self.run.name, self.run._sign, has_left=False)
        if self.claims._claim is not None:
            self.claims._claim._here.release()

    def kill(self):
        """Falls, and is taken out of the register by whoever comes next."""
        self.fall()
        self.run.register.transact(lambda _state, _now: None)


@pytest.fixture
def machine(member, tmp_path):
    """Starts runs on one budget."""
    return lambda: Machine(member(budget="team=100000"), hf.Store(tmp_path / "answers"))


def spent_and_in_doubt(state):
    return state.budgets["team"].spent, state.in_doubt("team")


def test_who_is_killed_before_it_has_looked_leaves_nothing_in_doubt(machine):
    """What is claimed is not asked before the run has looked into the store once more: nothing can have been paid."""
    killed, other = machine(), machine()
    assert killed.claim(*numbers(3)) == numbers(3)
    assert other.claim(*numbers(3)) == []
    killed.kill()
    state = other.run.register.look().state
    assert (state.doubts, spent_and_in_doubt(state)) == ({}, (0, 0))
    assert other.claim(*numbers(3)) == numbers(3)
    other.end()


def test_what_was_answered_before_a_claim_is_no_part_of_what_a_killed_run_leaves_in_doubt(machine):
    """An answer that came between a run's first look and its claim was paid by whoever got it, and by nobody else."""
    a, b = numbers(2)
    killed, first = machine(), machine()
    first.begin(a)
    first.ask(a)
    first.end()
    assert killed.begin(a, b) == [b]
    killed.kill()
    last = machine()
    register = last.run.register
    (doubt,) = register.look().state.doubts.values()
    assert register.bodies.numbers([doubt.body]).to_list() == [int(b)]
    last.begin(b)
    last.ask(b)
    last.end()
    assert spent_and_in_doubt(register.look().state) == (2_000, 0)


def test_numbers_are_let_go_and_killed_runs_settled_in_one_step(machine):
    """Who is killed before it says nothing of them, and after it has nothing more to say: nothing is booked twice."""
    (a,) = numbers(1)
    killed = machine()
    killed.begin(a)
    killed.kill()
    run = machine()
    register = run.run.register
    run.begin(a)
    run.ask(a)
    before = register._versions.newest().number
    run.claiming.release({})
    assert register._versions.newest().number == before + 1
    state = register.look().state
    assert (state.doubts, state.runs[run.run.name].claims) == ({}, [])
    run.kill()
    assert spent_and_in_doubt(register.look().state) == (1_000, 0)


def test_what_killed_runs_paid_for_the_same_numbers_is_one_sum(machine):
    """Which of them paid for a number is not known: what one said that it spent explains what another asked, too."""
    a, b = numbers(2)
    first, second = machine(), machine()
    first.begin(a)
    first.pay(1)  # the answer is on its way to the disk
    first.kill()
    second.begin(a, b)
    second.learn(a)  # by the provider's private cache, for nothing
    second.pay(1)  # for b, whose answer is on its way to the disk
    second.kill()
    third = machine()
    third.claiming.release({})  # a is settled before b
    assert third.begin(b) == [b]
    third.learn(b)
    third.end(**{b: 1_000})
    state = third.run.register.look().state
    assert (state.doubts, spent_and_in_doubt(state)) == ({}, (2_000, 0))


def test_what_a_run_is_asking_is_settled_by_that_run(machine):
    """What was left in doubt and is claimed stays so until the run that asks knows who paid: else it counts twice."""
    (a,) = numbers(1)
    killed = machine()
    killed.begin(a)
    killed.kill()
    run, other = machine(), machine()
    run.begin(a)
    run.pay(1)
    killed.learn(a)  # its machine comes back
    other.end()
    run.kill()
    last = machine()
    last.end()
    state = last.run.register.look().state
    assert (state.doubts, spent_and_in_doubt(state)) == ({}, (1_000, 0))


def test_a_run_that_fails_says_nothing_of_who_paid_and_counts_nothing_twice(machine):
    """What it was answered is in doubt with what a killed run had asked, until both are one sum."""
    (a,) = numbers(1)
    killed, failed = machine(), machine()
    killed.begin(a)
    killed.kill()
    failed.begin(a)
    failed.ask(a)
    failed.claims.release()
    failed.run.leave()
    last = machine()
    last.end()
    state = last.run.register.look().state
    assert (state.doubts, spent_and_in_doubt(state)) == ({}, (1_000, 0))


def test_a_change_that_was_made_and_called_failed_counts_nothing_twice(machine, monkeypatch):
    """A run lets go of its numbers, is not told so, says again what it has, and is killed: it paid once."""
    (a,) = numbers(1)
    run = machine()
    run.begin(a)
    run.ask(a)
    run.run._heart.stop()
    monkeypatch.setattr(Faltering, "lies", 1)
    with pytest.raises(StoreError, match="away"):
        run.claiming.release({})
    run.run._dry_until = run.run._beat_at = 0.0
    run.run._beat()
    assert run.run.register.look().state.runs[run.run.name].reserved > 0
    run.kill()
    last = machine()
    last.end()
    assert spent_and_in_doubt(last.run.register.look().state) == (1_000, 0)


def test_who_asks_nothing_has_no_money_set_aside(machine):
    """A run that has not claimed yet, or waits for others, leaves nothing behind that would count as spent."""
    run = machine()
    assert run.run.resources.budget.room(1_000) == 0
    run.run._beat()
    run.claim(*numbers(2))
    run.run._beat()
    assert run.run.register.look().state.set_aside("team") == 0
    run.kill()
    assert spent_and_in_doubt(run.run.register.look().state) == (0, 0)


def test_what_may_have_been_paid_for_a_lost_reply_is_in_doubt_after_the_run(machine):
    """It counts as spent for everybody until the number has its answer, and then as much of it as is proved."""
    (a,) = numbers(1)
    run, other = machine(), machine()
    run.begin(a)
    budget = run.run.resources.budget
    budget.reserve(1_000)
    budget.doubt(a, 1_000)
    with run.store.journal(PAID) as journal:
        journal.write([Asked([a], datetime.now(UTC))])
    run.end()
    register = other.run.register
    assert spent_and_in_doubt(register.look().state) == (0, 1_000)
    other.begin(a)
    other.ask(a)
    other.end()
    assert spent_and_in_doubt(register.look().state) == (1_000, 0)


def test_a_run_that_finds_everything_in_the_store_settles_what_it_finds(machine):
    """What a killed run left is taken out by whoever comes by, although nothing is asked."""
    killed, told = machine(), [each.lstrip("+") for each in mobiles(2)]
    killed.begin(*told)
    killed.ask(*told)
    killed.fall()
    assert set(killed.run.register.look().state.runs) == {killed.run.name}
    client, settings = hf.Client("key", "secret"), hf.Settings(budget="team")
    rows, report = hf.enrich_with_report(
        pl.DataFrame({"phone": mobiles(2)}),
        "phone",
        client=client,
        store=killed.store,
        settings=settings,
    )
    assert rows["hlr_state"].to_list() == ["cached"] * 2
    assert report.requests == 0
    state = killed.run.register.look().state
    assert (state.runs, state.doubts, spent_and_in_doubt(state)) == ({}, {}, (2_000, 0))


def test_what_a_run_let_go_is_no_part_of_what_it_leaves_in_doubt(member, tmp_path):
    """A run that ends in its second round leaves in doubt what it spent in that alone."""
    run, store = member(budget="team=100"), hf.Store(tmp_path / "answers")
    run.join()
    claiming = Claiming(run, store, PAID)
    for at, each in enumerate(numbers(2)):
        claim = claiming.claim(pl.Series("msisdn", [each]))
        claim.narrow(claim.numbers)
        run.resources.budget.reserve(1_000)
        run.resources.budget.settle(1_000, spent=1_000)
        with store.journal(PAID) as journal:
            journal.write([answered(each)])
        if at == 0:
            claim.release()
    run.leave()  # with its second claim: what is in doubt then is so after a kill
    claim._here.release()
    (doubt,) = run.register.look().state.doubts.values()
    assert doubt.spent == 1_000
