"""What the doctor says: of the account, the provider, the store and what is installed."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from helpers.stores import NOON, PAID, answered, number, store_with
from hlrframe import emulator
from hlrframe.cli import main

KEY, SECRET = "k3y-nobody-may-see", "s3cret-nobody-may-see"


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """A folder of one's own, no account, no proxy."""
    monkeypatch.chdir(tmp_path)
    for name in ("HLR_API_KEY", "HLR_API_SECRET", "HLR_BASE_URL", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def name_account(monkeypatch):
    """Names an account in the environment."""

    def name_account(url=None, *, key=KEY, secret=SECRET):
        monkeypatch.setenv("HLR_API_KEY", key)
        monkeypatch.setenv("HLR_API_SECRET", secret)
        if url:
            monkeypatch.setenv("HLR_BASE_URL", url)

    return name_account


@pytest.fixture
def provider(name_account):
    """Serves a provider on a socket, with an account in the environment."""
    provider = emulator.Emulator(api_key=KEY, api_secret=SECRET)
    with emulator.running(provider) as url:
        name_account(url)
        yield provider


@pytest.fixture
def ask(capsys):
    """Asks the doctor: exit code and findings by name, which never show a key."""

    def ask(*arguments):
        code = main(["doctor", "--json", *arguments])
        out, err = capsys.readouterr()
        assert KEY not in out + err
        assert SECRET not in out + err
        result = json.loads(out)
        assert (result["exit_code"], result["ok"]) == (code, code == 0)
        return code, {each["name"]: each for each in result["checks"]}

    return ask


def statuses(findings):
    return {name: each["status"] for name, each in findings.items()}


def test_all_is_well(ask, provider):
    """With an account, a provider and room on the disk everything is ok; one balance is asked and nothing spent."""
    code, findings = ask("--store", "answers")
    assert code == 0
    assert set(statuses(findings).values()) == {"ok"}
    assert {
        "version",
        "packages",
        "extras",
        "key",
        "address",
        "provider",
        "balance",
        "store",
        "disk",
    } <= findings.keys()
    assert "polars" in findings["packages"]["found"]
    assert "[plot]" in findings["extras"]["found"]
    assert (provider.bill.requests, provider.bill.total) == (1, 0)
    assert not Path("answers").exists()


def test_the_text_names_each_finding(capsys, provider):
    """As text each finding is a line, with the cure under it, and no control characters where nobody looks."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok       key         HLR_API_KEY and HLR_API_SECRET are set in the environment\n" in out
    assert out.endswith("one balance call was sent, and nothing was spent\n")
    assert "\x1b" not in out


def test_without_an_account(ask, capsys):
    """A missing key is a problem of this side; where to get one is said, and nothing is sent."""
    code, findings = ask()
    assert (code, findings["key"]["status"]) == (2, "problem")
    assert "https://www.hlrlookup.com" in findings["key"]["cure"]
    assert "provider" not in findings
    main(["doctor"])
    assert "nothing was sent" in capsys.readouterr().out


def test_with_the_emulator(ask):
    """The emulator needs no key and has a balance."""
    code, findings = ask("--emulator")
    assert (code, findings["key"]["found"]) == (0, "none needed: the emulator answers")
    assert "TLS" not in findings["provider"]["found"]


def test_a_wrong_key(ask, provider, name_account):
    """A refused key is a problem, although the provider was reached."""
    name_account(key="wrong")
    code, findings = ask()
    assert (code, findings["provider"]["status"], findings["account"]["status"]) == (4, "ok", "problem")


def test_a_key_with_quotes(ask, provider, name_account):
    """Quotes or blanks around a key are what a file of variables does, and are named."""
    name_account(key=f'"{KEY}"')
    assert ask()[1]["key"]["status"] == "warning"


def test_an_empty_account(ask, provider):
    """No credit is a warning."""
    provider.top_up(-provider.balance)
    code, findings = ask()
    assert (code, findings["balance"]["status"]) == (0, "warning")


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("http://127.0.0.1:9/apiv2", "network"),
        ("http://nowhere.invalid/apiv2", "DNS"),
    ],
)
def test_a_provider_out_of_reach(ask, name_account, monkeypatch, url, cure):
    """A provider that cannot be reached is a problem, with a cure that fits."""
    name_account(url)
    monkeypatch.setenv("HLR_ALLOW_HTTP", "1")
    code, findings = ask()
    assert (code, findings["provider"]["status"]) == (4, "problem")
    assert cure in findings["provider"]["cure"]


def test_a_server_without_tls(ask, name_account):
    """An https address that speaks no TLS is told from one that is out of reach."""
    with replying("") as url:
        name_account(url.replace("http:", "https:"))
        code, findings = ask()
    assert code == 4
    assert "TLS" in findings["provider"]["cure"]


def test_addresses(ask, name_account, monkeypatch):
    """An address that is none is a problem, and so is one that is not encrypted; where that is asked for, a warning."""
    name_account("ftp://example.invalid")
    code, findings = ask()
    assert (code, findings["address"]["status"]) == (2, "problem")
    name_account("http://nowhere.invalid/apiv2")
    code, findings = ask()
    assert (code, findings["address"]["status"]) == (2, "problem")
    assert "HLR_ALLOW_HTTP" in findings["address"]["found"]
    assert "provider" not in findings
    monkeypatch.setenv("HLR_ALLOW_HTTP", "1")
    assert ask()[1]["address"]["status"] == "warning"


def test_a_key_that_is_none(ask, name_account):
    """A key that the environment could not hold is a problem, and no error."""
    name_account(key="half of a \udcff")
    code, findings = ask()
    assert (code, findings["key"]["status"]) == (2, "problem")


@contextmanager
def replying(date, *, status=200):
    """Serves a balance with a date."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"Status":"OK","Credits":12.5}'
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(body)))
            if date:
                self.send_header("Date", date)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/apiv2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("ahead", "status", "words"), [(0, "ok", "within"), (300, "warning", "behind"), (-300, "warning", "ahead of")]
)
def test_clocks(ask, name_account, ahead, status, words):
    """A clock that is far from the provider's is named, and on which side."""
    with replying(format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)) as url:
        name_account(url)
        code, findings = ask()
    assert (code, findings["clock"]["status"]) == (0, status)
    assert words in findings["clock"]["found"]


@pytest.mark.parametrize("date", ["", "lately"])
def test_a_reply_without_a_date(ask, name_account, date):
    """A provider that says no time leaves the clock out."""
    with replying(date) as url:
        name_account(url)
        code, findings = ask()
    assert code == 0
    assert "clock" not in findings


def test_another_service(ask, name_account):
    """A server that is none of ours is told by the address."""
    with replying("", status=404) as url:
        name_account(url)
        code, findings = ask()
    assert (code, findings["provider"]["status"]) == (4, "problem")
    assert "/apiv2" in findings["provider"]["cure"]


def test_a_store_with_troubles(ask, tmp_path):
    """Damaged files are a problem of their own, with a cure."""
    store = store_with(tmp_path / "answers", answered(number(1), at=NOON), question=PAID)
    assert ask("--emulator", "--store", "answers")[1]["store"]["status"] == "ok"
    (part,) = (store.path / "parts").glob("*.parquet")
    part.rename(part.with_name(f"{part.name}.damaged"))
    code, findings = ask("--emulator", "--store", "answers")
    assert (code, findings["files"]["status"]) == (4, "problem")
    assert part.name in findings["files"]["found"]


def test_a_store_that_is_none(ask, tmp_path):
    """A file in the place of a store is a problem, and said to be one."""
    (tmp_path / "answers").touch()
    code, findings = ask("--emulator", "--store", "answers")
    assert (code, findings["store"]["status"]) == (4, "problem")


def test_a_file_system_without_locks_is_told(ask, provider, monkeypatch):
    """Runs of several processes do not share the requests there; what to do is said, and nothing else is amiss."""
    monkeypatch.setattr("hlrframe.store.health.try_lock", lambda _: None)
    code, findings = ask("--store", "answers")
    assert code == 0
    assert findings["locks"]["status"] == "warning"
    assert "do not share" in findings["locks"]["found"]
    assert "--budget" in findings["locks"]["cure"]
