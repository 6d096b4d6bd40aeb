"""A disk that says no, met by the real command: what it says, how it exits, and that nothing is sent afterwards."""

import os
import shutil
import subprocess
import sys
import time

import polars as pl
import pytest

from helpers.emulator import mobiles
from hlrframe import emulator
from hlrframe.store import Store
from hlrframe.store.segment import commits_in

#: Even the notes of what was asked are more than the small disk takes.
MANY = 8_000
#: More than can be in flight at once.
ENDLESS = 20_000


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own; gives a function that mounts it again with other options."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this user mounts nothing here: {done.stderr.strip()}")

    if sys.platform != "linux":
        pytest.skip("tmpfs is of Linux")
    mount("size=100k,mode=700")
    mount.place = place
    yield mount
    subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S607  # wherever this system has it


@pytest.fixture
def provider():
    return emulator.Emulator(api_key="key", api_secret="secret", latency=0.05)


@pytest.fixture
def command(tmp_path, provider):
    """Gives a function that starts the command on a list of so many numbers, with a store in this folder."""

    def command(store, count=MANY):
        pl.DataFrame({"phone": [f"+{each}" for each in mobiles(count)]}).write_csv(tmp_path / "in.csv")
        words = ["enrich", "in.csv", "--column", "phone", "-o", "out.csv", "--store", str(store), "--yes"]
        account = {"HLR_API_KEY": "key", "HLR_API_SECRET": "secret", "HLR_BASE_URL": url}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            [sys.executable, "-m", "hlrframe", *words], cwd=tmp_path, env={**os.environ, **account}, **pipes
        )

    with emulator.running(provider) as url:
        yield command


def ended(process):
    """Exit code and everything that was said."""
    with process:
        out, err = process.communicate(timeout=50)
    assert "Traceback" not in err
    return process.returncode, out + err


def noted(data):
    """The numbers that a journal says were about to be asked."""
    return {number for word, _, numbers in commits_in(data).events if word == "asked" for number in numbers}


def traces(store):
    """The numbers that a store has an answer to, or is in doubt of, or has noted in a journal."""
    sealed = [pl.read_parquet(file)["msisdn"].to_list() for file in store.glob("*/*.parquet")]
    return set().union(*sealed, *(noted(file.read_bytes()) for file in store.glob("journal/*.arrows")))


@pytest.mark.slow
def test_a_full_disk(disk, command, provider, tmp_path):
    """It stops, says so, hands over what was obtained; what was sent was noted first; with room it goes on free."""
    code, said = ended(command(disk.place / "answers"))
    assert code == 4
    assert "the disk is full; free some space and run again" in said
    asked = set(provider.bill.asked)
    assert asked <= traces(disk.place / "answers")
    assert 0 < len(asked) < MANY
    states = pl.read_csv(tmp_path / "out.csv", infer_schema=False)["hlr_state"].value_counts()
    assert dict(states.iter_rows())["answered"] > 0
    disk("remount,size=30m")
    code, said = ended(command(disk.place / "answers"))
    assert code == 0, said
    assert provider.bill.paid_twice() == []
    assert len(provider.bill.charges) == MANY


@pytest.mark.slow
def test_a_store_that_is_read_only(disk, command, provider):
    """It stops before anything is sent, and names the permission."""
    assert ended(command(disk.place / "answers", 20))[0] == 0
    requests = provider.bill.requests
    disk("remount,ro")
    code, said = ended(command(disk.place / "answers", 40))
    assert (code, provider.bill.requests) == (4, requests)
    assert "this user may not write there; give it the permission, or name another folder" in said
    assert len(Store(disk.place / "answers").scan().collect()) == 20


def test_a_full_disk_at_the_beginning(disk, command, provider):
    """Where there is no room for a first word nothing is sent."""
    (disk.place / "ballast").write_bytes(bytes(100 * 1024))
    code, said = ended(command(disk.place / "answers"))
    assert (code, provider.bill.requests) == (4, 0)
    assert "the disk is full" in said


@pytest.mark.slow
def test_a_folder_that_is_removed_in_mid_run(command, provider, tmp_path):
    """It stops and says so; everything that was sent had been noted while the folder was there."""
    store = tmp_path / "answers"
    running = command(store, ENDLESS)
    while provider.bill.numbers < 200:
        assert running.poll() is None
        time.sleep(0.005)
    (journal,) = (store / "journal").glob("*.arrows")
    with journal.open("rb") as held:
        shutil.rmtree(store)
        code, said = ended(running)
        asked = set(provider.bill.asked)
        assert asked <= noted(held.read())
    assert code == 4
    assert "the folder is not there; put it back or mount it" in said
    assert len(asked) < ENDLESS
    assert not store.exists()
    rows = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert rows.height == ENDLESS
    assert set(rows["hlr_state"]) >= {"answered", "skipped"}
