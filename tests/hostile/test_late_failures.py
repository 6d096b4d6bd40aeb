"""What was paid for is got back, whatever happens to the source, the destination or the disk meanwhile."""

import os
import random
import shutil
from decimal import Decimal

import duckdb
import httpx
import polars as pl
import pyarrow as pa
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from hlrframe.cli import main
from hlrframe.emulator.transport import EmulatorTransport
from hlrframe.files import KeptAnswers

NUMBERS = [f"+{number}" for number in mobiles(30)]
TEXT = "phone,note\n" + "".join(f"{number},a\n" for number in NUMBERS)


def appended(source, out):
    with source.open("a") as file:
        file.write("+447400123456,b\n")


def rewritten(source, out):
    source.write_text(TEXT.replace(",a", ",b"))


def deleted(source, out):
    source.unlink()


def touched(source, out):
    os.utime(source, (1, 1))


def folder_gone(source, out):
    shutil.rmtree(out.parent)


def folder_in_its_place(source, out):
    out.mkdir()


#: What happens while numbers are asked.
HAPPENINGS = [
    pytest.param(appended, id="source appended"),
    pytest.param(rewritten, id="source rewritten"),
    pytest.param(deleted, id="source deleted"),
    pytest.param(touched, id="source touched"),
    pytest.param(folder_in_its_place, id="a folder under the output's name"),
]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "to").mkdir()
    source = tmp_path / "in.csv"
    source.write_text(TEXT)
    return source, tmp_path / "to" / "out.csv"


def once(happening, *arguments, answered=0):
    """Gives a function for progress that lets something happen once, when so many numbers are answered."""
    left = [happening]

    def tell(progress):
        if left and progress.answered >= answered:
            left.pop()(*arguments)

    return tell


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_a_late_failure_keeps_what_was_paid(files, provider, client, happening):
    """Without a store the answers stay beside the output: the message names them, the same call pays nothing more."""
    source, out = files
    options = {"client": client, "settings": hf.Settings(batch_size=5)}
    tell = once(happening, source, out)
    with pytest.raises(hf.InputError, match=r"what was paid for is kept in .*\.out\.csv\.answers, and"):
        hf.enrich_file(source, out, "phone", progress=tell, **options)
    paid = provider.bill.total
    assert paid > 0
    if out.is_dir():
        out.rmdir()
    source.write_text(TEXT)
    report = hf.enrich_file(source, out, "phone", **options)
    assert (report.credits, provider.bill.total) == (0.0, paid)
    assert report.states == {"cached": 30}
    assert pl.read_csv(out)["hlr_state"].to_list() == ["cached"] * 30
    assert not KeptAnswers.beside(out).exist()


def test_a_folder_that_goes_away_is_made_again(files, provider, client):
    """Where the output's folder is removed meanwhile the run ends, and writes all that it had paid for there."""
    source, out = files
    tell = once(folder_gone, source, out, answered=1)
    with pytest.raises(hf.StoreError) as caught:
        hf.enrich_file(source, out, "phone", client=client, settings=hf.Settings(batch_size=5), progress=tell)
    assert caught.value.partial == out
    assert Decimal(str(pl.read_csv(out)["hlr_credits"].sum())) == provider.bill.total > 0


def test_a_budget_goes_on_without_a_store(files, provider, client):
    """A run that its ceiling stopped is gone on with by the same call, which pays for nothing twice."""
    source, out = files
    options = {"client": client, "settings": hf.Settings(max_credits=10)}
    with pytest.warns(hf.IncompleteWarning, match=r"what was paid for is kept in .*answers"):
        report = hf.enrich_file(source, out, "phone", **options)
    assert "run it again to go on from here" in str(report)
    with pytest.warns(hf.IncompleteWarning):
        hf.enrich_file(source, out, "phone", **options)
    last = hf.enrich_file(source, out, "phone", client=client)
    assert not provider.bill.paid_twice()
    assert last.states["cached"] > 0
    assert not KeptAnswers.beside(out).exist()


def test_the_command_goes_on_without_a_store(files, capsys):
    """The command says where answers are kept; the estimate of the next run knows them."""
    source, out = files
    command = ["enrich", str(source), "--column", "phone", "-o", str(out), "--emulator", "--max-credits", "10"]
    assert main(command) == 3
    assert f".{out.name}.answers" in capsys.readouterr().err
    main(command)
    assert "stored, free" in (told := capsys.readouterr().err)
    assert " 0 numbers" not in told.partition("stored, free")[2].partition("\n")[0]


def test_refresh_asks_a_run_s_own_answers_no_second_time(files, provider, client):
    """refresh=True means older answers: what the run itself had paid for before it failed is not asked again."""
    source, out = files
    options = {"client": client, "settings": hf.Settings(refresh=True)}
    with pytest.raises(hf.InputError):
        hf.enrich_file(source, out, "phone", progress=once(touched, source, out), **options)
    paid = provider.bill.total
    assert hf.enrich_file(source, out, "phone", **options).credits == 0.0
    assert provider.bill.total == paid


def mangled():
    """Gives two texts one of whose ends lies far outside."""
    ends = pa.array([0, 10**6, 3], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"abc")])


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_damage_in_another_column_is_found_before_anything_is_paid(tmp_path, provider, client, ending):
    """Bytes that make no sense in any column refuse the file while it is read, and nothing is asked."""
    source = tmp_path / f"in.{ending}"
    table = pa.table({"phone": NUMBERS[:2], "note": mangled()})
    chance = random.Random(7)
    if ending == "parquet":
        pl.DataFrame({"phone": NUMBERS, "note": [chance.randbytes(99).hex() for _ in NUMBERS]}).write_parquet(source)
        damaged = bytearray(source.read_bytes())
        middle = len(damaged) // 2
        damaged[middle : middle + 200] = chance.randbytes(200)
        source.write_bytes(damaged)
    else:
        with pa.ipc.new_file(source, table.schema) as writer:
            writer.write_table(table)
    with pytest.raises(hf.InputError, match=r"damaged|corrupt"):
        hf.enrich_file(source, tmp_path / "out.csv", "phone", client=client)
    assert provider.bill.requests == 0


def test_a_damaged_table_is_refused_before_anything_is_paid(provider, client):
    """An Arrow table whose offsets make no sense is refused, and not read into a crash after paying."""
    table = pa.table({"phone": NUMBERS[:2], "note": mangled()})
    with pytest.raises(hf.InputError, match="the table is damaged"):
        hf.enrich(table, "phone", client=client)
    assert provider.bill.requests == 0


def test_a_disk_without_room_is_known_before(files, provider, client, monkeypatch):
    """An output that cannot fit is refused before anything is asked; the message says what it takes."""
    usage = shutil.disk_usage(files[0])
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=500))
    with pytest.raises(hf.InputError, match=r"it takes 0 MB at least, and 0 MB are free"):
        hf.enrich_file(*files, "phone", client=client)
    assert provider.bill.requests == 0


def test_results_survive_a_frame_that_takes_none(provider, client):
    """Where a frame's library fails after the asking, the error hands the results over alone."""
    connection = duckdb.connect()
    relation = connection.sql("select '+447400123456' as phone")
    closing = once(lambda *_: connection.close())
    with pytest.raises(hf.AttachError, match="partial holds them alone") as caught:
        hf.enrich(relation, "phone", client=client, progress=closing)
    assert caught.value.partial["hlr_state"].to_list() == ["answered"]
    assert Decimal(str(caught.value.report.credits)) == provider.bill.total


class GoneAfter(httpx.AsyncBaseTransport):
    """A provider that answers so many requests, and then none until somebody mends it."""

    def __init__(self, provider, requests):
        self.emulator = EmulatorTransport(provider)
        self.left = requests

    async def handle_async_request(self, request):
        self.left -= 1
        return await self.emulator.handle_async_request(request) if self.left >= 0 else httpx.Response(503)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_outage_over_the_last_numbers_is_said_and_mended(files, provider, monkeypatch, capsys):
    """The last few numbers that fail in an outage are warned of; the same command asks them, and no others."""
    source, out = files
    source.write_text("phone\n" + "".join(f"+{number}\n" for number in mobiles(60)))
    transport = GoneAfter(provider, 4)
    client = hf.Client(*provider.credentials, transport=transport, provider="emulator")
    monkeypatch.setattr("hlrframe.cli.commands.account", lambda _: client)
    monkeypatch.setattr("hlrframe.cli.commands._settings", lambda *_, **__: hf.Settings(batch_size=12, max_requests=1))
    command = ["enrich", str(source), "--column", "phone", "-o", str(out), "--yes"]
    assert main(command) == 4
    said = capsys.readouterr()
    assert "12 numbers failed with no answer after that, perhaps of an outage: run it again" in said.err
    assert f".{out.name}.answers" in said.err
    assert "to go on: hlrframe enrich" in said.err
    assert "failed last" in said.out
    transport.left = 99
    assert main(command) == 0
    assert not provider.bill.paid_twice()
    assert pl.read_csv(out)["hlr_state"].to_list() == ["cached"] * 48 + ["answered"] * 12
    assert not KeptAnswers.beside(out).exist()
