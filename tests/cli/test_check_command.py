"""The command ``check``: what it says before, the table, and the file that it writes."""

import json

import pytest

from helpers.emulator import mobiles
from hlrframe import emulator
from hlrframe.cli import main

KEY, SECRET = "k3y-nobody-may-see", "s3cret-nobody-may-see"
NUMBER = mobiles(1)[0]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, an account at an emulator, and a testing suite at another."""
    monkeypatch.chdir(tmp_path)
    suite, account = emulator.Emulator(mode="testing", latency=0.0), emulator.Emulator(api_key=KEY, api_secret=SECRET)
    with emulator.running(suite) as testing, emulator.running(account) as url:
        names = {"HLR_API_KEY": KEY, "HLR_API_SECRET": SECRET, "HLR_BASE_URL": url, "HLR_TESTING_URL": testing}
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        yield account


@pytest.fixture
def run(capsys):
    """Runs the command: exit code, standard output and standard error, which show no key and no number."""

    def run(*arguments):
        code = main(["check", *arguments])
        out, err = capsys.readouterr()
        assert not any(text in out + err for text in (KEY, SECRET, NUMBER, "Traceback"))
        return code, out, err

    return run


@pytest.mark.slow
def test_an_account_is_asked_for_no_more_than_it_may_cost(run, tmp_path, folder):
    """The table and the file are shown, the file is what was shown, and the bill is what was said to be spent."""
    code, out, err = run("--spend", "3", "--number", f"+{NUMBER}", "-o", "found.json", "--yes")
    shown = (tmp_path / "found.json").read_text(encoding="utf-8")
    assert code == 0
    assert shown in out
    assert f"{float(folder.bill.total):g} credits spent" in out
    assert folder.bill.total <= 3
    assert "may cost up to" in err
    assert main(["balance", "--emulator-as", "found.json"]) == 0


def test_without_spend_the_account_is_left_alone(run, folder):
    """Only the testing suite is asked, and the help for more is named."""
    code, out, err = run("--json")
    assert (code, folder.bill.requests) == (0, 0)
    assert json.loads(out)["spent"] == 0
    assert "--spend 5" in err


def test_a_file_that_is_there_is_kept(run, tmp_path, folder):
    """A file of that name ends the command before anything is sent."""
    (tmp_path / "found.json").write_text("mine", encoding="utf-8")
    code, _, err = run("--spend", "5", "-o", "found.json")
    assert (code, folder.bill.requests) == (2, 0)
    assert "-o" in err
    assert (tmp_path / "found.json").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--spend", "5", "--number", "nonsense"], "no telephone number"),
        (["--spend", "-1"], "--spend must be 0 or more"),
        (["--spend", "5", "--numbers", "none.txt"], "cannot be read"),
        (["-o", "nowhere/found.json"], "no folder"),
    ],
)
def test_wrong_use_is_told_before_anything_is_sent(run, folder, arguments, complaint):
    """What cannot be meant is an error with a line, and costs nothing."""
    code, _, err = run(*arguments)
    assert (code, folder.bill.requests) == (2, 0)
    assert complaint in err


def test_nobody_there_is_said(run, monkeypatch, tmp_path):
    """Where neither can be reached nothing is settled, and the exit code says so."""
    monkeypatch.setenv("HLR_TESTING_URL", "http://127.0.0.1:9/apiv2")
    monkeypatch.setenv("HLR_BASE_URL", "http://127.0.0.1:9/apiv2")
    code, _, err = run("--spend", "5", "-o", "found.json", "--yes")
    assert code == 4
    assert "cannot be reached" in err


@pytest.mark.slow
def test_numbers_come_from_a_file(run, tmp_path, folder):
    """A file of numbers, one a line in any spelling, is read as the options are."""
    (tmp_path / "numbers.txt").write_text(f"0{NUMBER[2:]}\n\n", encoding="utf-8")
    code, _, _ = run("--spend", "3", "--numbers", "numbers.txt", "--region", "GB", "--yes")
    assert code == 0
    assert folder.bill.charges == {NUMBER: folder.bill.charges[NUMBER]}
