"""``--budget``, ``hlrframe budget`` and what ``hlrframe doctor`` says of a register."""

import json

import pytest

from hlrframe.cli import main
from hlrframe.store import Doubt, Member, Store, register_of, turned


@pytest.fixture
def contacts(tmp_path):
    from helpers.emulator import mobiles  # noqa: PLC0415  # slow to make

    path = tmp_path / "contacts.csv"
    path.write_text("phone\n" + "\n".join(mobiles(30)) + "\n")
    return path


def run(*arguments):
    return main([str(each) for each in arguments])


@pytest.mark.filterwarnings("ignore")
def test_two_runs_spend_one_budget(contacts, tmp_path, capsys):
    """The second run gets what the first one left; a later one that names no amount finds it used up."""
    store = tmp_path / "answers"
    enrich = ("enrich", contacts, "--column", "phone", "--store", store, "--emulator", "-y", "--json")
    assert run(*enrich, "-o", tmp_path / "a.csv", "--budget", "team=20/day") == 3
    report = json.loads(capsys.readouterr().out)["report"]
    assert (report["credits"], report["stopped"]) == (20.0, "budget")
    assert run(*enrich, "-o", tmp_path / "b.csv", "--budget", "team") == 3
    assert json.loads(capsys.readouterr().out)["report"]["credits"] == 0.0
    assert run("budget", store, "--json") == 0
    (team,) = json.loads(capsys.readouterr().out)["budgets"]
    assert (team["spent"], team["max_credits"], team["used"], team["set_aside"]) == (20.0, 20.0, 1.0, 0.0)
    assert run("budget", store, "--set", "team=25/day") == 0
    assert "20 of 25 credits a day spent" in capsys.readouterr().out
    assert run(*enrich, "-o", tmp_path / "c.csv", "--budget", "team") == 3
    assert json.loads(capsys.readouterr().out)["report"]["credits"] == 5.0


@pytest.mark.filterwarnings("always")
def test_a_run_that_passes_a_mark_says_so(contacts, tmp_path, capsys):
    """At half and at four fifths of a budget it is warned on standard error."""
    enrich = ("enrich", contacts, "--column", "phone", "--store", tmp_path / "answers", "--emulator", "-y")
    assert run(*enrich, "-o", tmp_path / "a.csv", "--budget", "team=50") == 0
    assert "50 % of budget 'team' are used" in capsys.readouterr().err


def test_a_budget_needs_a_store_and_one_amount(contacts, tmp_path, capsys):
    """Without a store, or with another amount than was agreed, nothing is sent and the cure is named."""
    enrich = ("enrich", contacts, "--column", "phone", "--emulator", "-y", "-o", tmp_path / "a.csv")
    assert run(*enrich, "--budget", "team=20") == 2
    assert "beside a store" in capsys.readouterr().err
    assert run("budget", tmp_path / "answers", "--set", "team=20") == 0
    assert run(*enrich, "--store", tmp_path / "answers", "--budget", "team=30") == 2
    assert "hlrframe budget" in capsys.readouterr().err
    assert run(*enrich, "--store", tmp_path / "answers", "--budget", "other") == 2
    assert run("budget", tmp_path / "answers", "--set", "team") == 2
    assert run(*enrich, "--store", tmp_path / "answers", "--budget", "team=20/week") == 2


def test_the_doctor_looks_at_the_register(tmp_path, capsys):
    """It probes create-only writing, and says how each budget stands."""
    store = tmp_path / "answers"
    assert run("budget", store, "--set", "team=20/month") == 0
    register = register_of(Store(store).layout)
    register.transact(lambda state, now: setattr(turned(state, "team", now), "spent", 17_000))
    capsys.readouterr()
    assert run("doctor", "--store", store, "--emulator", "--json") == 0
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["register"]["status"] == "ok"
    assert "create-only" in checks["register"]["found"]
    assert checks["budget"]["status"] == "warning"
    assert "17 of 20 credits a month" in checks["budget"]["found"]


def test_money_of_killed_runs_is_shown_as_such(tmp_path, capsys):
    """What they may have spent is told apart from what runs that go on have set aside; a silent run is called so."""
    store = tmp_path / "answers"
    assert run("budget", store, "--set", "team=20") == 0
    register = register_of(Store(store).layout)
    member = {"account": "x", "most": 210, "budget": "team"}

    def leave(state, now):
        state.runs["going"] = Member(**member, patience=1e9, host="here", reserved=2_000)
        state.runs["gone"] = Member(
            **member, patience=1.0, host="there", reserved=3_000, at=now - 60.0, since=now - 90.0
        )
        state.doubts["dead-0"] = Doubt(question="q", body="x", since=now, at=now, budget="team", reserved=4_000)

    register.transact(leave)
    capsys.readouterr()
    assert run("budget", store, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["set_aside"], each["in_doubt"]) for each in told["budgets"]] == [(9.0, 4.0)]
    assert {each["host"]: each["silent"] for each in told["runs"]} == {"here": False, "there": True}
    assert run("budget", store) == 0
    said = capsys.readouterr().out
    assert "9 more set aside (4 by killed runs, until what they asked is asked again)" in said
    assert "silent   there" in said
    run("doctor", "--store", store, "--emulator", "--json")
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["budget"]["status"] == "warning"
    assert "again" in checks["budget"]["cure"]
    assert "2 runs" not in checks["register"]["found"]
    assert "1 silent" in checks["register"]["found"]
