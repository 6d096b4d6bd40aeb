"""Every fenced block of README and docs/ is executed as it stands, or is named here with the reason why not."""

import ast
import asyncio
import doctest
import inspect
import io
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from helpers.docs import DOCS, PAGES, README, ROOT, all_blocks, blocks, named, prose, spans
from helpers.pipeline import install_airflow
from helpers.spark import WARNINGS, sail
from hlrframe.cli import main
from hlrframe.cli.arguments import build_parser
from hlrframe.cli.commands import COMMANDS
from hlrframe.emulator import Emulator, running

#: Blocks that are not run, by the name in the comment above them.
NOT_RUN = {"test-command": "it would run these tests again; .ci/run runs it in a fresh clone"}

HOWTO, PIPELINES, COMMAND_LINE = (DOCS / name for name in ("howto.md", "pipelines.md", "commands.md"))

#: Pages whose shell blocks go through bash. The page of commands has thirty of them: these run in one interpreter.
SHELL_PAGES = [page for page in PAGES if blocks(page, "sh", "crontab") and page != COMMAND_LINE]


@pytest.fixture
def account(tmp_path, monkeypatch):
    """A folder with the sample data, and an account at an emulator on a socket in the environment."""
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    for name in ("contacts.csv", "export.csv"):
        shutil.copy(ROOT / "sample_data" / "contacts_small.csv", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    emulator = Emulator(seed=7)
    with running(emulator) as url:
        for name, value in zip(("KEY", "SECRET"), emulator.credentials, strict=True):
            monkeypatch.setenv(f"HLR_API_{name}", value)
        monkeypatch.setenv("HLR_BASE_URL", url)
        with running(Emulator(mode="testing", latency=0.0)) as suite:
            monkeypatch.setenv("HLR_TESTING_URL", suite)
            yield emulator


@pytest.fixture
def bucket(s3, monkeypatch):
    """Says in the environment where ``s3://bucket`` is."""
    names = {"ENDPOINT": "endpoint", "ACCESS_KEY_ID": "access_key_id", "SECRET_ACCESS_KEY": "secret_access_key"}
    for name, option in (names | {"REGION": "region"}).items():
        monkeypatch.setenv(f"AWS_{name}", s3[option])
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")


def test_every_block_is_run():
    """There is no block in a language that nothing here runs, and no reason without a block."""
    found = [block for page in PAGES for block in all_blocks(page)]
    assert {block.language for block in found} <= {"python", "sh", "crontab"}
    assert set(NOT_RUN) <= {block.name for block in found}
    assert len(found) > 30


# Python


def run_doctest(block, page, names, flags):
    """Runs a block with prompts, and compares what it prints."""
    test = doctest.DocTestParser().get_doctest(block.source, names, page.name, str(page), block.line)
    said = []
    outcome = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append, clear_globs=False)
    assert outcome.attempted
    assert not outcome.failed, "".join(said)
    names |= test.globs


def run_plain(block, page, names):
    """Runs a block as a notebook would: it may await. Tests that it defines are called."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    source = block.source.replace("/srv/contacts", str(Path.cwd()))
    code = compile("\n" * block.line + source, str(page), "exec", flags=flags)
    waiting = eval(code, names)  # noqa: S307  # the documentation's own code
    if inspect.iscoroutine(waiting):
        asyncio.run(waiting)
    for name in [name for name in names if name.startswith("test_")]:
        names.pop(name)()


def run_blocks(page, pytestconfig, **given):
    """Runs the Python blocks of a page from top to bottom in one interpreter, and gives the names they leave."""
    flags = sum(doctest.OPTIONFLAGS_BY_NAME[name] for name in pytestconfig.getini("doctest_optionflags"))
    names = {"__name__": "__main__", **given}
    for block in blocks(page, "python"):
        if block.source.startswith(">>>"):
            run_doctest(block, page, names, flags)
        else:
            run_plain(block, page, names)
    return names


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::hlrframe.errors.IncompleteWarning")  # a page shows how a budget ends a run
@pytest.mark.usefixtures("account", "bucket")
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python") and page != PIPELINES], ids=named)
def test_python_blocks_run(page, pytestconfig):
    """The Python blocks of a page run from top to bottom, and print what they promise."""
    run_blocks(page, pytestconfig)


@pytest.mark.filterwarnings(*WARNINGS)  # engines say of pandas and of each other what is no error of the page
@pytest.mark.timeout(240)
def test_pipelines_give_what_they_promise(account, monkeypatch, pytestconfig):
    """A DAG writes its file, and tables of Spark and frames of Dask get their answers; each number is paid for once."""
    for needed in ("pysail", "dask.dataframe"):
        pytest.importorskip(needed)
    failure = install_airflow(monkeypatch)
    contacts = pl.read_csv("contacts.csv", infer_schema=False)
    with sail() as spark:
        spark.sql("create database crm")
        frame = spark.createDataFrame(contacts.to_arrow(compat_level=pl.CompatLevel.oldest()))
        frame.write.saveAsTable("crm.contacts")
        names = run_blocks(PIPELINES, pytestconfig, spark=spark)
        enriched = spark.table("crm.contacts_enriched").toArrow()
        assert enriched.num_rows == contacts.height
        assert set(enriched["hlr_state"].to_pylist()) <= {"answered", "cached", "rejected"}
        names["enrich_batch"](spark.table("crm.contacts"), 0)
        assert spark.table("crm.contacts_enriched").count() == 2 * contacts.height
    assert "hlr_verdict" in pq.read_schema("clean.parquet").names
    assert pl.read_parquet("enriched/*.parquet").height == pl.read_parquet("all.parquet").height == contacts.height
    assert account.bill.paid_twice() == []
    check_wrong_key(names["look_up"], failure, monkeypatch)


def check_wrong_key(look_up, failure, monkeypatch):
    """A wrong key ends a task of Airflow for good."""
    monkeypatch.setenv("HLR_API_KEY", "nobody's")
    pd.DataFrame({"phone": ["+44 7400 123457"]}).to_csv("other.csv")
    with pytest.raises(failure):
        look_up("other.csv", "other.parquet")


# Shell

#: Stand-ins for what sets an environment up: the one that the tests run in is there already.
STAND_INS = {
    "bin/hlrframe": '#!/bin/sh\nexec {python} -m hlrframe "$@"\n',
    "bin/python": '#!/bin/sh\nexec {python} "$@"\n',
    "bin/python3": "#!/bin/sh\nmkdir -p .venv && cp -R {here}/venv/. .venv/bin\n",
    "venv/hlrframe": '#!/bin/sh\nexec {python} -m hlrframe "$@"\n',
    "venv/pip": "#!/bin/sh\nexit 0\n",
    "venv/activate": 'PATH="$PWD/.venv/bin:$PATH"\n',
}


@pytest.fixture
def shell(account, bucket, tmp_path_factory):
    """A function that runs a script in bash, in the folder of the account, and gives what it printed."""
    here = tmp_path_factory.mktemp("stand_ins")
    for name, source in STAND_INS.items():
        path = here / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source.format(python=shlex.quote(sys.executable), here=shlex.quote(str(here))))
        path.chmod(0o755)
    key, secret = account.credentials
    Path("hlr.env").write_text(f"export HLR_API_KEY={key} HLR_API_SECRET={secret}\n")
    places = {"YOUR_KEY": key, "YOUR_SECRET": secret, "/srv/contacts": str(Path.cwd())}

    def run(script):
        assert "hlrframe emulator" not in script, "it would never end"
        for place, value in places.items():
            script = script.replace(place, value)
        environment = os.environ | {"PATH": f"{here}/bin{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-x", "-c", script],  # noqa: S607  # whichever bash there is
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def as_script(block):
    """Gives a block as a part of one script: what is a file is written and run, a line of cron runs at once."""
    if block.language == "crontab":
        return re.sub(r"^(\S+ +){5}", "", block.source)
    if block.source.startswith("#!"):
        name = re.search(r"^# ([\w.]+)", block.source, flags=re.MULTILINE)[1]
        return f"cat >{name} <<'END'\n{block.source}END\nchmod +x {name}\n./{name}\n"
    return block.source


# Without bash, as on a plain Windows, nothing is there that could run them.
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="the blocks are written for bash")
@pytest.mark.parametrize("page", SHELL_PAGES, ids=named)
def test_shell_blocks_run(page, shell):
    """The shell blocks of a page run one after the other in one shell, as they are printed."""
    able = [block for block in blocks(page, "sh", "crontab") if block.name not in NOT_RUN]
    if not shutil.which("flock"):
        able = [block for block in able if "flock" not in block.source]
    shell("\n".join(map(as_script, able)))


def words(line) -> Iterator[list[str]]:
    """Gives the words of each command of a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command = []
    for word in [*lexer, ";"]:
        if set(word) <= set(lexer.punctuation_chars):
            yield command
            command = []
        else:
            command.append(word)


def commands(lines):
    """Gives the arguments of every hlrframe command in these lines."""
    found = [command for line in lines if "hlrframe" in line for command in words(line) if command]
    return [command[1:] for command in found if Path(command[0]).name == "hlrframe" and len(command) > 1]


def commands_in_blocks(page):
    """Gives the arguments of every hlrframe command in the shell blocks of a page."""
    return commands(line for block in blocks(page, "sh") for line in block.source.splitlines())


COMMANDS_SHOWN = [each for page in PAGES for each in (*commands_in_blocks(page), *commands(spans(prose(page))))]


@pytest.mark.parametrize("arguments", COMMANDS_SHOWN, ids=" ".join)
def test_commands_parse(arguments):
    """Every hlrframe command that is shown, in a block or in the text, is one that the command line takes."""
    assert build_parser().parse_args(arguments).command in COMMANDS


@pytest.mark.slow
@pytest.mark.usefixtures("account")
def test_examples_of_the_help_run(monkeypatch, capsys):
    """What the help shows works, one example after the other."""
    monkeypatch.setattr("sys.stdin", io.StringIO("+44 7400 123456\n"))  # the one that reads its numbers there
    Path("in").mkdir()
    shutil.copy("contacts.csv", "in/contacts.csv")
    Path("batch-result.csv").write_text("live_status,detected_telephone_number,timestamp\n")
    assert main(["enrich", "contacts.csv", "--column", "phone", "-o", "clean-of-last-month.parquet"]) == 0
    codes = {" ".join(each): main(each) for each in commands_in_blocks(COMMAND_LINE) if each[0] != "emulator"}
    assert len(codes) > 20
    assert set(codes.values()) == {0}, (codes, capsys.readouterr().err)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [each for each in COMMANDS_SHOWN if each[0] == "emulator"], ids=" ".join)
def test_the_emulator_serves_until_it_is_told_to_stop(arguments):
    """The emulator says how to reach it, and ends with Ctrl-C."""
    free = ["0" if word.isdigit() else word for word in arguments]  # another process may listen on that very port
    command = [sys.executable, "-m", "hlrframe", *free]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
        said = [served.stdout.readline() for _ in range(3)]
        served.send_signal(signal.SIGINT)
    assert [line.partition("=")[0] for line in said] == [
        f"export HLR_{name}" for name in ("BASE_URL", "API_KEY", "API_SECRET")
    ]


def test_every_command_is_shown():
    """There is no command that no page shows."""
    shown = {build_parser().parse_args(arguments).command for arguments in COMMANDS_SHOWN}
    assert set(COMMANDS) - shown == set()


def test_the_page_of_commands_is_what_the_help_says():
    """Every command, argument and example is on the page; after a change, run docs/make_commands.py."""
    made = runpy.run_path(str(DOCS / "make_commands.py"))["page"]()
    assert COMMAND_LINE.read_text(encoding="utf-8") == made


def test_there_is_code_to_run():
    """The pages that show code are found, so that the tests above cannot pass by finding none."""
    assert blocks(README, "python")
    assert len(blocks(HOWTO, "python")) > 5
    assert {README, HOWTO} <= set(SHELL_PAGES)
