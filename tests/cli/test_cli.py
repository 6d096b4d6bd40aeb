"""The command: exit codes, what is said where, and a bill that agrees."""

import io
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import hlrframe
from helpers.emulator import mobiles
from helpers.stores import answered, store_with
from hlrframe import emulator
from hlrframe.cli import main
from hlrframe.cli.arguments import build_parser
from hlrframe.cli.commands import COMMANDS
from hlrframe.cli.speech import paint
from hlrframe.model import Question

KEY, SECRET = "k3y-nobody-may-see", "s3cret-nobody-may-see"
COMMAND = [sys.executable, "-m", "hlrframe"]
ENRICH = ["enrich", "in.csv", "--column", "phone", "-o", "out.csv"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and no account."""
    monkeypatch.chdir(tmp_path)
    for name in ("HLR_API_KEY", "HLR_API_SECRET", "HLR_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def serve(monkeypatch):
    """Serves a provider on a socket, with an account in the environment."""

    @contextmanager
    def serve(**options):
        provider = emulator.Emulator(api_key=KEY, api_secret=SECRET, **options)
        with emulator.running(provider) as url, monkeypatch.context() as environment:
            for name, value in (("BASE_URL", url), ("API_KEY", KEY), ("API_SECRET", SECRET)):
                environment.setenv(f"HLR_{name}", value)
            yield provider

    return serve


@pytest.fixture
def provider(serve):
    with serve() as provider:
        yield provider


@pytest.fixture
def run(capsys):
    """Runs the command in this process: exit code, standard output and standard error, which never show a key."""

    def run(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        assert KEY not in out + err
        assert SECRET not in out + err
        assert "Traceback" not in err
        return code, out, err

    return run


def write_contacts(count=20, path="in.csv"):
    """Writes a list of mobiles, each on two rows."""
    pl.DataFrame({"phone": [f"+{number}" for number in mobiles(count) * 2]}).write_csv(path)


def read_output():
    return pl.read_csv("out.csv", infer_schema=False)


def test_credits_add_up_and_a_second_run_is_free(run, provider):
    """The column of credits is the bill; the second run sends nothing and gives the same answers."""
    write_contacts()
    code, out, err = run(*ENRICH, "--store", "answers")
    first, requests = read_output(), provider.bill.requests
    assert code == 0
    assert "answered 40" in out
    assert "out.csv" in out
    assert "20 numbers" in err
    assert first["hlr_credits"].cast(pl.Float64).sum() == provider.bill.total == 20
    assert run(*ENRICH, "--store", "answers")[0] == 0
    assert provider.bill.requests == requests
    changing = ["hlr_state", "hlr_credits"]
    assert read_output().drop(changing).equals(first.drop(changing))


def test_json_alone_is_on_standard_output(run, provider):
    """With --json one object is on standard output; the estimate is in it, and what is said stays beside it."""
    write_contacts()
    code, out, _ = run(*ENRICH, "--json")
    result = json.loads(out)
    assert (code, out.count("\n")) == (0, 1)
    assert result["output"] == os.path.realpath("out.csv")
    assert result["report"]["credits"] == float(provider.bill.total)
    assert result["estimate"]["credits_high"] == 20


def test_cleaning_is_free(run):
    """Numbers are read without an account, and what they are is written; nothing can be paid."""
    pl.DataFrame({"phone": ["07400 123456", "n/a", "+44 7400 123456"]}).write_csv("in.csv")
    code, out, err = run("clean", "in.csv", "--column", "phone", "--region", "GB", "-o", "out.csv", "--prefix", "x_")
    assert (code, err) == (0, "")
    assert "3 rows, 1 distinct number\n  rejected  1 row  (empty 1)\n  written   out.csv" in out
    plan = ("447400123456", None, "GB", "MOBILE", "Three")
    assert read_output().row(0) == ("07400 123456", *plan, "+447400123456", None, None)
    done = json.loads(run("clean", "in.csv", "--column", "phone", "-o", "out.csv", "--force", "--json")[1])
    assert done == {
        "output": "out.csv",
        "rows": 3,
        "numbers": 1,
        "rejected": {"needs_region": 1, "empty": 1},
        "notes": [],
        "columns": 1,
    }


def test_options_reach_the_provider_and_the_file(run, provider):
    """Region, kind of lookup, columns and prefix do what they say."""
    pl.DataFrame({"phone": ["07400 123456"]}).write_csv("in.csv")
    options = ["--region", "GB", "--lookup", "mnp", "--columns", "msisdn,credits", "--prefix", "x_", "--max-age", "any"]
    assert run(*ENRICH, *options)[0] == 0
    assert read_output().row(0) == ("07400 123456", "447400123456", "0.5")
    assert provider.bill.total == 0.5


def test_any_setting_by_its_name(run, provider):
    """What has no option of its own is set by its name in Python, and goes before an option."""
    write_contacts(6)
    assert run(*ENRICH, "--max-credits", "1", "--set", "batch_size=2", "--set", "max_credits=null")[0] == 0
    assert provider.bill.requests >= 3
    assert (
        run(*ENRICH, "--refresh", "--set", "share_results=no", "--set", "offline=true", "--set", "refresh=false")[0]
        == 0
    )
    assert set(read_output()["hlr_state"]) == {"skipped"}


def test_a_wrong_key_is_refused_and_nothing_is_written(run, provider, monkeypatch, folder):
    """The provider's refusal is exit code 4; an earlier output stays."""
    monkeypatch.setenv("HLR_API_SECRET", "wrong-" + SECRET[:6])
    write_contacts()
    (folder / "out.csv").write_text("from yesterday")
    code, out, err = run(*ENRICH, "--force")
    assert (code, out) == (4, "")
    assert "hlrframe: error:" in err
    assert json.loads(run(*ENRICH, "--force", "--json")[1])["error"]["kind"] == "auth_error"
    assert (folder / "out.csv").read_text() == "from yesterday"
    assert sorted(path.name for path in folder.iterdir()) == ["in.csv", "out.csv"]
    assert provider.bill.total == 0
    assert run("balance")[0] == 4


def test_a_refusal_half_way_keeps_what_was_obtained(run, serve):
    """After a refusal the output has every row, and the JSON says so."""
    write_contacts(400)
    with serve(faults=emulator.Faults(revoke_at=3)) as provider:
        code, out, err = run(*ENRICH, "--json", "--store", "answers")
    ended = json.loads(out)
    assert code == ended["error"]["exit_code"] == 4
    assert ended["error"]["kind"] == "auth_error"
    assert ended["resume"] == "hlrframe enrich in.csv --column phone -o out.csv --json --store answers"
    assert ended["report"]["states"]["answered"] > 0
    assert ended["output"] in err
    assert "to go on: hlrframe enrich in.csv" in err
    assert read_output()["hlr_credits"].cast(pl.Float64).sum() == provider.bill.total > 0


@pytest.mark.parametrize(("credit", "options"), [(1_000, ["--max-credits", "7"]), (7, [])])
def test_money_runs_out(run, serve, credit, options):
    """Budget or credit at its end is exit code 3, with a whole file and a line that says how much is missing."""
    write_contacts()
    with serve(credits=credit) as provider:
        code, out, err = run(*ENRICH, *options)
    assert code == 3
    assert provider.bill.total == 7
    assert "26 rows were not asked" in err
    assert "to go on: hlrframe enrich in.csv --column phone -o out.csv" in err
    assert "run it again" in out
    assert read_output()["hlr_state"].to_list().count("answered") == 14


BAD = {
    "no such column": ["enrich", "in.csv", "--column", "fone", "-o", "out.csv"],
    "no such file": ["enrich", "none.csv", "--column", "phone", "-o", "out.csv"],
    "a folder as source": ["enrich", ".", "--column", "phone", "-o", "out.csv"],
    "collision": ["enrich", "in.csv", "--column", "phone", "-o", "out.csv", "--prefix", "", "--columns", "taken"],
    "name taken": ["enrich", "taken.csv", "--column", "phone", "-o", "out.csv"],
    "no such folder": ["enrich", "in.csv", "--column", "phone", "-o", "none/out.csv"],
    "onto a folder": ["enrich", "in.csv", "--column", "phone", "-o", "."],
    "onto itself": ["enrich", "in.csv", "--column", "phone", "-o", "in.csv"],
    "unknown kind": ["enrich", "in.csv", "--column", "phone", "-o", "out.pdf"],
    "region": [*ENRICH, "--region", "XX"],
    "lookup": [*ENRICH, "--lookup", "all"],
    "columns": [*ENRICH, "--columns", "none"],
    "age": [*ENRICH, "--max-age", "old"],
    "credits": [*ENRICH, "--max-credits", "-1"],
    "offline and refresh": [*ENRICH, "--offline", "--refresh"],
    "nothing": ["enrich"],
    "unknown command": ["enrol"],
    "short option name": [*ENRICH, "--max", "3"],
    "report of nothing": ["report", "in.csv"],
    "store that is not": ["store", "stats", "none"],
    "no time": ["store", "changes", ".", "--since", "lately"],
    "no number": ["store", "forget", ".", "hello"],
    "no port": ["emulator", "--port", "70000"],
    "price": ["estimate", "in.csv", "--column", "phone", "--price-per-credit", "-1"],
    "shell": ["completion", "tcsh"],
    "no verb": ["store"],
    "setting without a value": [*ENRICH, "--set", "batch_size"],
    "setting that is none": [*ENRICH, "--set", "batches=3"],
    "setting out of range": [*ENRICH, "--set", "batch_size=81"],
    "setting of another type": [*ENRICH, "--set", "max_per_second=fast", "--set", "offline=yes"],
}


@pytest.mark.parametrize("arguments", [pytest.param(arguments, id=name) for name, arguments in BAD.items()])
def test_bad_input_costs_nothing(run, provider, folder, arguments):
    """Wrong use and bad input are exit code 2 and a line or two, before anything is sent; with --json an object too."""
    write_contacts()
    (folder / "taken.csv").write_text("phone,hlr_state\n,\n")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("hlrframe: error: ")
    assert err.count("\n") <= 2
    code, out, _ = run(*arguments, "--json")
    assert (code, out.count("\n")) == (2, 1)
    error = json.loads(out)["error"]
    assert error["kind"] in {"wrong_use", "input_error", "config_error"}
    assert error["exit_code"] == 2
    assert f"hlrframe: error: {error['message']}\n" == err
    assert provider.bill.requests == 0
    assert not (folder / "out.csv").exists()


def test_without_a_command_a_newcomer_is_told_how_to_begin(run):
    """The bare command is wrong use, and says how to try it with and without an account."""
    code, out, err = run()
    assert (code, out) == (2, "")
    assert all(word in err for word in ("HLR_API_KEY", "HLR_API_SECRET", "--emulator", "https://", "hlrframe --help"))


@pytest.mark.parametrize("arguments", [ENRICH, ["balance"]])
def test_without_a_key_the_cure_is_named(run, arguments):
    """No account is exit code 2; the message names the variables, where to get them, and how to try without."""
    write_contacts()
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert all(word in err for word in ("HLR_API_KEY", "HLR_API_SECRET", "settings", "https://www.hlrlookup.com"))
    again = err.splitlines()[-1].strip()
    assert again == f"hlrframe {' '.join(arguments)} --emulator"
    assert run(*again.split()[1:])[0] == 0
    assert json.loads(run(*arguments, "--json")[1])["error"]["kind"] == "no_account"


def test_a_mistyped_column(run):
    """A column that is not there gets a guess and the names that are."""
    write_contacts()
    _, _, err = run("estimate", "in.csv", "--column", "fone")
    assert "no column 'fone': did you mean 'phone'? it has 'phone'" in err


def test_an_unwritable_store_is_found_before_anything_is_sent(run, provider, folder):
    """A store that cannot be one is exit code 4."""
    write_contacts()
    code, _, err = run(*ENRICH, "--store", "in.csv")
    assert (code, provider.bill.requests) == (4, 0)
    assert "hlrframe: error:" in err
    assert not (folder / "out.csv").exists()


def test_the_emulator_is_loud_and_free(run):
    """With --emulator no account is needed, and one line on standard error says that the answers are invented."""
    write_contacts()
    code, _, err = run(*ENRICH, "--emulator", "--store", "answers")
    assert code == 0
    assert [line for line in err.splitlines() if "invented" in line] == [
        "hlrframe: the answers come from the emulator: all of them are invented"
    ]
    assert set(read_output()["hlr_provider"]) == {"emulator"}


def test_offline_needs_no_account(run, provider, monkeypatch):
    """--offline answers from the store of the same provider, without a key."""
    write_contacts()
    run(*ENRICH, "--store", "answers")
    monkeypatch.delenv("HLR_API_KEY")
    requests = provider.bill.requests
    assert run(*ENRICH, "--store", "answers", "--offline")[0] == 0
    assert set(read_output()["hlr_state"]) == {"cached"}
    assert provider.bill.requests == requests


@pytest.mark.parametrize("region", ["USA", "+1", "United States (US)"])
def test_the_region_of_a_column_is_read_as_a_cell_is(run, region):
    """--region takes what a cell of --region-column may hold."""
    Path("in.csv").write_text("phone\n212 555 7890\n")
    out = run("clean", "in.csv", "--column", "phone", "--region", region, "-o", "out.csv")
    assert out[0] == 0
    assert "12125557890" in Path("out.csv").read_text()


def test_an_estimate_needs_no_account(run):
    """An estimate sends nothing; as JSON it has the fields of Estimate."""
    write_contacts()
    code, out, err = run("estimate", "in.csv", "--column", "phone")
    assert (code, err) == (0, "")
    assert "20 distinct numbers" in out
    estimate = json.loads(run("estimate", "in.csv", "--column", "phone", "--lookup", "mnp", "--json")[1])
    assert (estimate["rows"], estimate["to_ask"], estimate["credits_high"]) == (40, 20, 10)
    assert (estimate["credits_expected"], estimate["rate"], estimate["money"]) == (10, "documented", None)


def test_an_estimate_in_money(run):
    """With a price of a credit the sums are there in money, too."""
    write_contacts()
    options = ["estimate", "in.csv", "--column", "phone", "--price-per-credit", "0.006", "--currency", "EUR"]
    assert "0.12 EUR expected" in run(*options)[1]
    money = json.loads(run(*options, "--json")[1])["money"]
    assert (money["expected"], money["currency"]) == (pytest.approx(0.12), "EUR")


@pytest.mark.parametrize("source", ["out.csv", "answers"])
def test_report(run, source):
    """A file and a store are summarised as text and as JSON."""
    write_contacts()
    run(*ENRICH, "--emulator", "--store", "answers")
    code, out, err = run("report", source)
    assert (code, err) == (0, "")
    assert "coverage" in out
    assert "coverage" in json.loads(run("report", source, "--json")[1])


def test_balance(run, provider):
    """The balance is that of the account."""
    provider.top_up(-provider.balance + 12.5)
    assert run("balance") == (0, "12.50 credits at 127.0.0.1\n", "")
    assert json.loads(run("balance", "--json")[1]) == {"provider": "127.0.0.1", "credits": 12.5}
    assert run("balance", "--emulator")[0] == 0


def test_store_lists_for_spreadsheets_run_nothing(run):
    """What history and changes print as CSV holds no formula of the provider's; as JSON it is what came."""
    digits, now = mobiles(1)[0], datetime.now(UTC)
    for day, name in enumerate(("=1+1", "@SUM(A1)")):
        store_with(Path("answers"), answered(digits, at=now - timedelta(days=2 - day), current_network=name))
    for verb in (["history", "answers", f"+{digits}"], ["changes", "answers", "--since", "36h"]):
        assert "'@SUM(A1)" in run("store", *verb)[1]
        assert '"@SUM(A1)"' in run("store", *verb, "--json")[1]


def test_store(run, monkeypatch, folder):
    """A store is counted, compacted, compared, and rid of some numbers and of old answers."""
    write_contacts()
    for refresh in ([], ["--refresh"]):
        run(*ENRICH, "--emulator", "--store", "answers", *refresh)
    assert json.loads(run("store", "stats", "answers", "--json")[1])["answers"] == 40
    assert "40 answers to 20 numbers" in run("store", "stats", "answers")[1]
    assert run("store", "compact", "answers")[1] == "2 files became 1\n"
    assert run("store", "changes", "answers", "--since", "1d")[1].startswith("question,msisdn,")
    assert json.loads(run("store", "changes", "answers", "--since", "2026-01-01", "--json")[1]) == {"changes": []}
    first = f"+{mobiles(1)[0]}"
    assert run("store", "history", "answers", first)[1].count("\n") == 3
    answers = json.loads(run("store", "history", "answers", first, "--json")[1])["answers"]
    assert [each["msisdn"] for each in answers] == [first[1:]] * 2
    assert datetime.fromisoformat(answers[0]["known_at"]).tzinfo is not None
    assert json.loads(run("store", "compact", "answers", "--json")[1]) == {"before": 1, "after": 1}
    assert json.loads(run("store", "history", "answers", "+44 7700 900123", "--json")[1]) == {"answers": []}
    assert run("store", "export", "answers", "newest.csv")[1] == "20 answers written to newest.csv\n"
    exported = json.loads(run("store", "export", "answers", "all.parquet", "--all", "--json")[1])
    assert exported == {"output": "all.parquet", "answers": pl.read_parquet("all.parquet").height}
    assert exported["answers"] == 40
    assert "0 answers" in run("store", "export", "answers", "none.csv", "--question", "mnp@emulator")[1]
    (folder / "numbers.txt").write_text(f"+{mobiles(2)[1]}\n\n")
    with (folder / "numbers.txt").open() as stdin, monkeypatch.context() as context:
        context.setattr("sys.stdin", stdin)
        assert run("store", "forget", "answers", first, "-")[:2] == (0, "4 answers removed\n")
    assert json.loads(run("store", "purge", "answers", "--older-than", "0s", "--json")[1]) == {"removed": 36}


def test_a_number_need_not_stand_on_the_command_line(run, monkeypatch):
    """Where one number is an option a hyphen reads it from standard input, which no list of processes shows."""
    write_contacts()
    run(*ENRICH, "--emulator", "--store", "answers")
    number = f"+{mobiles(1)[0]}"
    for command in (["explain"], ["store", "history", "answers"]):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{number}\n"))
        assert run(*command, "-") == run(*command, number)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{number}\n{number}\n"))
    code, _, err = run("explain", "-")
    assert code != 0
    assert "standard input has 2 numbers: write one" in err


def test_messages_hide_numbers(run):
    """A message shows at most three digits of what may be a number."""
    write_contacts()
    run(*ENRICH, "--emulator", "--store", "answers")
    _, _, err = run("store", "forget", "answers", "+447400")
    assert re.search(r"\d{4}", err) is None


def commands(parser, path=()):
    """Gives the words of every command of a parser, those that need another word after them included."""
    yield path
    for action in parser._actions:
        for name, inner in action.choices.items() if isinstance(action.choices, dict) else ():
            yield from commands(inner, (*path, name))


EVERY = list(commands(build_parser()))


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_help_shows_examples_that_parse(run, command):
    """The help of every command has examples, and each of them is a command line that can be typed."""
    code, out, _ = run(*command, "--help")
    assert code == 0
    examples = re.findall(r"^  hlrframe (.*)$", out.partition("example")[2], flags=re.MULTILINE)
    assert examples
    for example in examples:
        typed = shlex.split(re.split(r" [<>] ?\S|    #", example)[0].partition(" <")[0].partition(" >")[0])
        assert build_parser().parse_args(typed).command.startswith(" ".join(command))


def test_help_and_version(run):
    """Help names the exit codes; the version is the package's."""
    assert "130" in run("--help")[1]
    assert run("--version") == (0, f"hlrframe {hlrframe.__version__}\n", "")


class Narrow(io.StringIO):
    """A terminal of 60 columns."""

    def isatty(self):
        """Says so."""
        return True


def test_a_narrow_terminal_breaks_between_words(tmp_path, monkeypatch):
    """At 60 columns nothing but a command or a path is wider; tables leave out what has no room."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    shutil.copy(Path(__file__).parents[2] / "sample_data" / "contacts_small.csv", "in.csv")
    commands = [
        ["estimate", "in.csv", "--column", "phone", "--region", "GB", "--price-per-credit", "0.01"],
        ["enrich", "in.csv", "--column", "phone", "--region", "GB", "--emulator", "-o", "out.csv", "--store", "kept"],
        ["report", "out.csv"],
        ["report", "kept"],
        ["select", "out.csv", "--textable", "-o", "list.csv"],
        ["explain", "07400 12", "--region", "GB"],
        ["estimate", "in.csv", "--column", "fon"],
        ["enrch"],
        ["--help"],
        ["doctor", "--emulator"],
    ]
    for command in commands:
        said = Narrow()
        monkeypatch.setattr("sys.stdout", said)
        monkeypatch.setattr("sys.stderr", said)
        main(command)
        wide = [line for line in said.getvalue().split("\n") if len(line) > 60]
        assert [line for line in wide if " hlrframe " not in line and len(line.split()) > 1] == [], command
        assert "\x1b" not in said.getvalue()


def test_data_is_never_broken(tmp_path, monkeypatch):
    """JSON, CSV and scripts stay as they are at a narrow terminal, too."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.chdir(tmp_path)
    hlrframe.lookup(["+447400123456"], client=hlrframe.emulator.connect(seed=7), store="kept")
    for command in (["store", "history", "kept", "+447400123456"], ["estimate", "kept/x", "--column", "y", "--json"]):
        said = Narrow()
        monkeypatch.setattr("sys.stdout", said)
        main(command)
        assert max(map(len, said.getvalue().split("\n"))) > 60
    assert json.loads(said.getvalue())["error"]["exit_code"] == 2


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "caf\\xe9"), ("cp1252", "caf\xe9"), ("utf-8", "caf\xe9")])
def test_a_poor_terminal_gets_every_answer(monkeypatch, encoding, shown):
    """What an encoding has no letters for is shown as an escape, and JSON stays JSON."""
    with hlrframe.Store("caf\xe9 \u2192").journal(Question.of(hlrframe.Settings(), "emulator")):
        pass
    for arguments in (["store", "stats", "caf\xe9 \u2192"], ["store", "stats", "caf\xe9 \u2192", "--json"]):
        written = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
        assert main(arguments) == 0
        text = written.getvalue().decode(encoding)
        assert json.loads(text) if "--json" in arguments else shown in text


def test_every_command_speaks_json():
    """There is no command without --json."""
    actions = [action.command for action in map(build_parser().parse_args, TYPED)]
    assert sorted(actions) == sorted(COMMANDS)
    assert all(build_parser().parse_args([*each, "--json"]).json for each in TYPED)


TYPED = [
    ENRICH,
    ["estimate", "in.csv", "--column", "phone"],
    ["clean", "in.csv", "--column", "phone", "-o", "out.csv"],
    ["select", "out.csv", "-o", "list.csv"],
    ["explain", "+44 7400 123456"],
    ["report", "out.csv"],
    ["balance"],
    ["doctor"],
    ["budget", "answers"],
    ["check"],
    ["emulator"],
    ["completion", "bash"],
    *(["store", verb, "answers"] for verb in ("stats", "compact")),
    ["store", "export", "answers", "out.csv"],
    ["store", "import", "batch.csv", "answers"],
    ["store", "forget", "answers", "1"],
    ["store", "history", "answers", "1"],
    ["store", "purge", "answers", "--older-than", "1d"],
    ["store", "changes", "answers", "--since", "1d"],
]


@pytest.fixture
def terminal(monkeypatch):
    """Puts a terminal in the place of standard input, and gives a function that types."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield lambda text: os.write(ours, text.encode())
    os.close(ours)


@pytest.mark.parametrize(("answer", "code", "paid"), [("n\n", 130, 0), ("\n", 130, 0), ("y\n", 0, 20)])
def test_at_a_terminal_somebody_is_asked(run, provider, terminal, folder, answer, code, paid):
    """Before spending the price is shown and confirmed; without a yes nothing is sent or written."""
    write_contacts()
    terminal(answer)
    ended, _, err = run(*ENRICH)
    assert ended == code
    assert "Spend up to 20 credits? [y/N]" in err
    assert provider.bill.total == paid
    assert (folder / "out.csv").exists() == bool(paid)


@pytest.mark.usefixtures("provider")
def test_a_no_is_json_too(run, terminal):
    """Whoever says no gets an object that says so."""
    write_contacts()
    terminal("n\n")
    code, out, _ = run(*ENRICH, "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (130, "declined")


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self):
        """Says so."""
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "painted"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
    ],
)
def test_colours(monkeypatch, stream, environment, painted):
    """There are colours in a terminal only, and none where NO_COLOR asks for none."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert paint("error:", "31", stream) == ("\x1b[31merror:\x1b[0m" if painted else "error:")


@pytest.mark.parametrize("options", [["--yes"], ["--emulator"], ["--offline"], ["--max-credits", "0"]])
@pytest.mark.usefixtures("provider", "terminal")
def test_what_is_free_or_agreed_needs_no_answer(run, options):
    """At a terminal nobody is asked about free work, nor with --yes."""
    write_contacts(1)
    code, _, err = run(*ENRICH, *options)
    assert code in {0, 3}
    assert "[y/N]" not in err


# As a process of its own


def start(*arguments, **options):
    """Starts the command as a process, with pipes for what it says."""
    return subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def test_the_process_gives_the_exit_code():
    """``python -m hlrframe`` is the command."""
    process = start("enrich", "none.csv", "--column", "phone", "-o", "out.csv", "--emulator")
    out, err = process.communicate(timeout=50)
    assert (process.returncode, out) == (2, "")
    assert "cannot read none.csv" in err


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_paid_for(run, serve):
    """A Ctrl-C is exit code 130 and the command to go on with, which asks only what is missing."""
    write_contacts(300)
    options = ["--store", "my answers"]
    with serve(latency=0.2, max_in_flight=2) as provider:
        process = start(*ENRICH, *options, stdin=subprocess.DEVNULL)
        while provider.bill.total < 20 and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=50)
        asked = provider.bill.numbers
        assert (process.returncode, out) == (130, "")
        resume = "hlrframe enrich in.csv --column phone -o out.csv --store 'my answers'"
        assert f"to go on: {resume}" in err
        assert re.search(r"^hlrframe: \d+ of 300 numbers", err, flags=re.MULTILINE)
        assert "\r" not in err
        assert KEY not in err
        assert read_output()["hlr_credits"].cast(pl.Float64).sum() == provider.bill.total < 300
    with serve() as second:
        assert run(*shlex.split(resume)[1:])[0] == 0
        assert second.bill.numbers == 300 - asked


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(run):
    """A closed pipe ends the command quietly."""
    write_contacts()
    run(*ENRICH, "--emulator")
    process = start("report", "out.csv", "--json")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=50) == 141


def test_the_emulator_announces_itself_as_json():
    """With --json the address and the credentials are one object, and the emulator goes on serving."""
    process = start("emulator", "--json")
    served = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=50)
    assert process.returncode == 0
    assert set(served) == {"base_url", "api_key", "api_secret"}


@pytest.mark.slow
def test_emulator_for_other_processes(run, monkeypatch):
    """``hlrframe emulator`` prints what makes other commands ask it, and ends with its bill."""
    process = start("emulator")
    lines = [process.stdout.readline() for _ in range(3)]
    for line in lines:
        name, _, value = line.removeprefix("export ").strip().partition("=")
        monkeypatch.setenv(name, value)
    write_contacts(1)
    assert run(*ENRICH)[0] == 0
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=50)
    assert process.returncode == 0
    assert "1 request, 1.000 credits" in err
    assert [line.partition("=")[0] for line in lines] == [
        f"export HLR_{name}" for name in ("BASE_URL", "API_KEY", "API_SECRET")
    ]


def test_a_pattern_that_the_shell_expanded(run):
    """Without quotes a shell hands over the files that a pattern names; they are read like the pattern."""
    for name in ("a", "b"):
        pl.DataFrame({"phone": ["+44 7400 123456"]}).write_csv(f"{name}.csv")
    code, out, _ = run("clean", "a.csv", "b.csv", "--column", "phone", "-o", "all.csv")
    assert code == 0
    assert "2 rows, 1 distinct number" in out
