"""Streams, variables and settings that are not as they should be: each is handled, or one clear line."""

import os
import shutil
import subprocess
import sys

import pytest

import hlrframe as hf
from hlrframe.cli import main
from hlrframe.provider.hlr_lookup.address import open_transport, read_address

BASH = shutil.which("bash") or "bash"
CONTACTS = "name,phone\nAda,+44 7400 123456\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a list, and an environment without an account."""
    for name in os.environ:
        if name.startswith(("HLR_", "SSL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(CONTACTS, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
@pytest.mark.parametrize("streams", ["2>&-", ">&-", ">/dev/full", "2>/dev/full", ">&- 2>&- <&-", "| true"])
def test_work_is_done_whoever_hears_of_it(here, streams):
    """With a standard stream closed, full or gone, the file is written and the command says that it is done."""
    command = f"{sys.executable} -m hlrframe enrich in.csv --column phone --emulator --yes -o out.csv"
    shell = f"set -o pipefail; {command} {streams}"
    ended = subprocess.run([BASH, "-c", shell], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "answered" in (here / "out.csv").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
@pytest.mark.parametrize("streams", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "command", ["--help", "--version", "clean in.csv --column phone -o o.csv", "estimate in.csv --column phone"]
)
def test_a_result_that_cannot_be_shown_is_said(here, streams, command):
    """Where what a command gives is what it shows, and that is lost, it says so and fails; no traceback, no riddle."""
    shell = f"{sys.executable} -m hlrframe {command} {streams}"
    ended = subprocess.run([BASH, "-c", shell], capture_output=True, text=True, check=False)
    assert "standard output cannot be written" in ended.stderr
    assert len(ended.stderr.splitlines()) <= 2
    assert ended.returncode == (0 if "clean" in command else 1)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"HLR_API_KEY": "half \udcff"}, "API key"),
        ({"HLR_API_SECRET": "two\nlines"}, "API secret"),
        ({"HLR_BASE_URL": "https://host:99999/x"}, "no base URL"),
        ({"HLR_BASE_URL": "https://host:-1/x"}, "no base URL"),
        ({"HLR_BASE_URL": "https://xn--/"}, "no base URL"),
        ({"HLR_BASE_URL": "https://me:passw0rd@host/x"}, "user"),
        ({"HLR_BASE_URL": "me:passw0rd@host/x"}, "no base URL"),
        ({"HLR_BASE_URL": "https://host/x?api_secret=passw0rd"}, "query"),
        ({"HLR_BASE_URL": "http://host.example/x"}, "HLR_ALLOW_HTTP"),
        ({"HTTPS_PROXY": "socks5://me:passw0rd@proxy.example:1"}, "proxy"),
        ({"HTTPS_PROXY": "ftp://me:passw0rd@proxy.example:1"}, "proxy"),
        ({"ALL_PROXY": "what://me:passw0rd@proxy.example:1"}, "proxy"),
        ({"SSL_CERT_FILE": "/nowhere/at/all.pem"}, "SSL_CERT_FILE"),
        ({"SSL_CERT_FILE": "in.csv"}, "SSL_CERT_FILE"),
    ],
)
def test_an_environment_that_cannot_be_used(here, monkeypatch, capsys, variables, words):
    """What is wrong in the environment is named in one line, without its passwords, before anything leaves."""
    for name, value in {"HLR_API_KEY": "a-key", "HLR_API_SECRET": "a-secret", **variables}.items():
        monkeypatch.setenv(name, value)
    assert main(["balance"]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "passw0rd" not in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    "url", ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:8/x", "http://a.localhost/x"]
)
def test_this_machine_may_be_asked_in_clear(url):
    """Plain http is no danger where nothing leaves the machine."""
    assert str(hf.Client("a", "b", base_url=url).base_url) == url


def test_a_secret_in_clear_is_asked_for():
    """Plain http beyond this machine is refused, unless the client or the environment says that it may be."""
    with pytest.raises(hf.ConfigError, match="allow_http"):
        hf.Client("a", "b", base_url="http://10.0.0.1/x")
    assert hf.Client("a", "b", base_url="http://10.0.0.1/x", allow_http=True).is_in_clear


def test_a_proxy_for_everything_is_used(monkeypatch):
    """ALL_PROXY stands in where the scheme has no proxy of its own."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert "AsyncHTTPTransport" in type(open_transport(read_address("https://host.example/x"))).__name__


@pytest.mark.parametrize(
    "setting",
    [
        *("max_credits=1e308", "max_credits=1e13", "max_credits=-1", "max_credits=NaN", "max_credits=true"),
        *("max_per_second=1e-320", "max_per_second=1e308", "timeout=1e308", "max_errors=1e308", "batch_size=1e308"),
        *("nothing=1", "lookup=[]", "share_results=1", "offline=1", "timeout=-Infinity"),
    ],
)
def test_a_setting_without_measure(here, capsys, setting):
    """A setting beyond all measure is a line that names it."""
    assert main(["estimate", "in.csv", "--column", "phone", "--set", setting]) == 2
    told = capsys.readouterr().err
    assert setting.split("=")[0] in told
    assert len(told.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="such links need a permission there, and no user is behind ~")
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("enrich in.csv --column phone --emulator --yes -o ~nobody-here/out.csv", "no such user"),
        ("enrich in.csv --column phone --emulator --yes -o out.csv --store ~nobody-here/s", "no such user"),
        ("enrich ~nobody-here/in.csv --column phone --emulator --yes -o out.csv", "no such user"),
        ("report ~nobody-here/in.csv", "no such user"),
        ("store stats ~nobody-here/s", "no such user"),
        ("enrich in.csv --column phone --emulator --yes -o round.csv", "links lead nowhere"),
        ("enrich in.csv --column phone --emulator --yes -o round/out.csv", "round"),
    ],
)
def test_names_that_lead_nowhere(here, capsys, command, words):
    """A user that there is not, or links that go round, are one line that names them."""
    for name in ("round", "round.csv"):
        (here / f"back-{name}").symlink_to(name)
        (here / name).symlink_to(f"back-{name}")
    assert main(command.split()) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "unexpected" not in told


def test_columns_that_differ_in_case_alone(here):
    """A column of the source that is called as a new one, but for its case, is kept; the report finds the new one."""
    (here / "in.csv").write_text("HLR_STATE,Hlr_Verdict,phone\nx,y,+44 7400 123456\n", encoding="utf-8")
    assert main(["enrich", "in.csv", "--column", "phone", "--emulator", "--yes", "-o", "out.csv"]) in {0, 2}
    if (here / "out.csv").exists():
        assert main(["report", "out.csv"]) in {0, 2}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")
@pytest.mark.parametrize(
    "command",
    [
        "enrich in.csv --column phone --emulator --yes -o out.csv",
        "store stats answers",
        "clean in.csv --column phone -o o.csv",
    ],
)
def test_a_folder_that_is_gone_is_named(here, command):
    """Started in a folder that somebody has removed, a command says so in one line."""
    shell = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m hlrframe {command}"
    ended = subprocess.run([BASH, "-c", shell], cwd=here, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "is gone" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_library_that_breaks_down_is_no_traceback(here, monkeypatch, capsys):
    """What polars raises when its core breaks down, which is no ordinary exception, is one line and exit code 1."""

    class PanicException(BaseException):
        pass

    def breaks(*_, **__):
        raise PanicException("+447400123456")

    monkeypatch.setattr("hlrframe.cli.commands.COMMANDS", {"clean": breaks})
    assert main(["clean", "in.csv", "--column", "phone", "-o", "out.csv"]) == 1
    error = capsys.readouterr().err
    assert "unexpected PanicException" in error
    assert "447400123456" not in error
