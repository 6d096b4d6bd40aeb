"""Pipes and objects as sources and destinations: read twice all the same, written whole or not at all."""

import io
import json
import os
import subprocess
import sys
import threading

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.s3 import moto
from hlrframe.cli import main
from hlrframe.files import clean_file, enrich_file, estimate_file

ADA, BO, CY = mobiles(3)
TEXT = f"phone,note\n+{ADA},007\n".encode()
WRITTEN = f"phone,note,hlr_msisdn\n+{ADA},007,{ADA}\n".encode()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A folder of states and one of temporary files, which are to be empty in the end."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments, data=TEXT):
    """Runs the command in a process, with a pipe on both sides."""
    line = [sys.executable, "-m", "hlrframe", *arguments]
    environment = os.environ | {"TMPDIR": "tmp"}
    return subprocess.run(line, input=data, capture_output=True, env=environment, check=False, timeout=50)


def left(folder):
    return [path for path in (folder / "state").rglob("*") if path.is_file()] + list((folder / "tmp").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("names", [("-", "-"), ("/dev/stdin", "/dev/stdout")])
def test_a_pipe_on_both_sides(home, names):
    """Rows come out of standard input and go to standard output; what is said of them goes beside."""
    source, destination = names
    done = command("enrich", source, "--column", "phone", "-o", destination, "--emulator", "--columns", "msisdn")
    assert (done.returncode, done.stdout) == (0, WRITTEN)
    assert b"1 row" in done.stderr
    assert b"standard output" in done.stderr
    assert left(home) == []


@pytest.mark.slow
def test_a_reader_that_goes_away(home):
    """Where nobody takes the rows there is no word of Python's."""
    line = f"{sys.executable} -m hlrframe clean - --column phone -o - | head -c 1"
    data = b"phone\n" + b"+447400123456\n" * 200_000
    done = subprocess.run(["/bin/sh", "-c", line], input=data, capture_output=True, check=False, timeout=50)
    assert b"Traceback" not in done.stderr
    assert done.stdout == b"p"


@pytest.mark.parametrize(
    ("data", "options", "first"),
    [
        (TEXT, [], b"phone,note,hlr_msisdn"),
        (json.dumps([{"phone": f"+{ADA}"}]).encode(), [], b"[\n"),
        (f'{{"phone": "+{ADA}"}}\n'.encode(), [], b'{"phone'),
        (TEXT, ["--to", "ndjson"], b'{"phone'),
        (TEXT.replace(b",", b"\t"), ["--from", "tsv"], b"phone\tnote\thlr"),
        (TEXT, ["--to", "csv.gz"], b"\x1f\x8b"),
    ],
)
def test_what_comes_out_is_what_came_in(monkeypatch, capfdbinary, data, options, first):
    """Without a name the bytes say what it is, and it goes out as the same; an option says otherwise."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["clean", "-", "--column", "phone", "-o", "-", *options]) == 0
    assert capfdbinary.readouterr().out.startswith(first)


def test_a_workbook_through_a_pipe(home, monkeypatch, client):
    """What is no text goes through a pipe, too."""
    buffer = io.BytesIO()
    pl.DataFrame({"phone": [f"+{ADA}"]}).write_parquet(buffer)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(buffer.getvalue())))
    enrich_file("-", "out.xlsx", "phone", client=client)
    assert pl.read_excel("out.xlsx", sheet_id=1)["hlr_msisdn"].to_list() == [ADA]


def test_a_named_pipe(home, client):
    """A pipe with a name, such as a shell makes for <(...), is read once and written once."""
    os.mkfifo("in")
    os.mkfifo("out")
    taken = []
    threads = [
        threading.Thread(target=lambda: (home / "in").write_bytes(TEXT)),
        threading.Thread(target=lambda: taken.append((home / "out").read_bytes())),
    ]
    for thread in threads:
        thread.start()
    enrich_file("in", "out", "phone", client=client, columns=["msisdn"])
    for thread in threads:
        thread.join()
    assert taken == [WRITTEN]


def test_a_named_pipe_that_nobody_reads(home, provider, client, monkeypatch):
    """Where nobody comes to read a pipe the run ends with words, and what it paid for is there for the next one."""
    (home / "in.csv").write_bytes(TEXT)
    os.mkfifo("out")
    monkeypatch.setattr("hlrframe.files.places.elsewhere.PATIENCE", 0.0)
    with pytest.raises(hf.InputError, match=r"nobody reads out: begin to read it.*what was paid for is kept in"):
        enrich_file("in.csv", "out", "phone", client=client, columns=["msisdn"])
    paid = provider.bill.total
    assert paid
    taken = []
    thread = threading.Thread(target=lambda: taken.append((home / "out").read_bytes()))
    thread.start()
    monkeypatch.setattr("hlrframe.files.places.elsewhere.PATIENCE", 30.0)
    enrich_file("in.csv", "out", "phone", client=client, columns=["msisdn"])
    thread.join()
    assert (taken, provider.bill.total) == ([WRITTEN], paid)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["enrich", "-", "--column", "phone", "-o", "-", "--emulator", "--json"], "where the rows go"),
        (["estimate", "-", "--column", "phone", "--from", "docx"], "is no kind of file"),
        (["estimate", "https://example.org/a.csv", "--column", "phone"], "download it first"),
        (["estimate", "s3://bucket/*.csv", "--column", "phone"], "name one object"),
        (["estimate", "s3://bucket", "--column", "phone"], "name one object"),
        (["clean", "-", "--column", "fone", "-o", "out.csv"], "no column 'fone'"),
    ],
)
def test_refusals(monkeypatch, capsys, arguments, words):
    """What cannot be done is said in words, by the name that the caller knows."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "tmp" not in error


def test_a_damaged_pipe_is_called_by_its_name(monkeypatch):
    """A message about what came through a pipe speaks of standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"PAR1 and no more")))
    with pytest.raises(hf.InputError, match="standard input: it is damaged"):
        estimate_file("-", "phone")


def test_paid_answers_outlive_a_pipe_that_breaks(home, provider, client, monkeypatch):
    """Where the rows cannot be delivered the same command takes up what was paid for."""

    class Broken:
        buffer = property(lambda self: (_ for _ in ()).throw(BrokenPipeError()))

    (home / "in.csv").write_bytes(TEXT)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", Broken())
        with pytest.raises((BrokenPipeError, hf.InputError)):
            enrich_file("in.csv", "-", "phone", client=client)
    assert provider.bill.total == 1
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", out)
    report = enrich_file("in.csv", "-", "phone", client=client)
    assert (report.states, provider.bill.total) == ({"cached": 1}, 1)
    assert left(home) == []


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of a service on this machine, named in the environment as people do."""
    with moto() as options:
        for name in ("endpoint", "access_key_id", "secret_access_key", "region"):
            monkeypatch.setenv(f"AWS_{name.upper()}", options[name])
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        yield "s3://bucket/contacts"


@pytest.mark.slow
def test_an_object_to_an_object(home, bucket, client):
    """A source and a destination may be objects; one that is there is replaced where somebody says so."""
    (home / "in.csv").write_bytes(TEXT)
    clean_file("in.csv", f"{bucket}/in.csv", "phone", prefix="x_")
    enrich_file(f"{bucket}/in.csv", f"{bucket}/a/out.csv.gz", "phone", client=client, columns=["state"])
    enrich_file(f"{bucket}/a/out.csv.gz", "back.csv", "phone", client=client, prefix="y_", columns=["state"])
    assert "hlr_state,y_state" in (home / "back.csv").read_text()
    enrich_file(f"{bucket}/in.csv", f"{bucket}/whole.parquet", "phone", client=client)
    assert hf.select_file(f"{bucket}/whole.parquet", f"{bucket}/list.csv", textable=True).rows == 1
    with pytest.raises(hf.InputError, match=r"list\.csv is there already"):
        hf.select_file(f"{bucket}/whole.parquet", f"{bucket}/list.csv", verdict="live", overwrite=False)
    with pytest.raises(hf.InputError, match="is there already"):
        enrich_file("in.csv", f"{bucket}/in.csv", "phone", client=client, overwrite=False)
    with pytest.raises(hf.InputError, match="there is no such object"):
        estimate_file(f"{bucket}/none.csv", "phone")
    assert left(home) == []
