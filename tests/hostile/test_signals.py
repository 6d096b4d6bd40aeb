"""The command is ended from outside, at any moment: by Ctrl-C, by ``kill``, by a terminal that is closed."""

import os
import random
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from helpers.emulator import mobiles
from hlrframe import emulator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no such signals there"),
]
ENRICH = ["enrich", "in.csv", "--column", "phone", "-o", "out.csv", "--yes", "--store", "answers"]
#: The command, which says first that Python itself is there.
START = "import os; os.write(1, b'!'); import sys; from hlrframe.__main__ import run; sys.exit(run())"
ENDS = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]


@pytest.fixture(autouse=True)
def heard():
    """A closed terminal is heard, also where these tests run under ``nohup``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL) if hasattr(signal, "SIGHUP") else None
    yield
    if before is not None:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture
def here(tmp_path):
    pl.DataFrame({"phone": [f"+{each}" for each in mobiles(300)]}).write_csv(tmp_path / "in.csv")
    return tmp_path


def start(here, url, *arguments):
    account = {"HLR_API_KEY": "emulator", "HLR_API_SECRET": "emulator", "HLR_BASE_URL": url}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", START, *arguments]
    process = subprocess.Popen(
        command, cwd=here, env={**os.environ, **account}, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    )
    assert process.stdout.read(1) == "!"
    return process


@pytest.mark.parametrize("ending", ENDS)
def test_a_run_that_is_told_to_end_keeps_what_was_paid(here, ending):
    """``kill`` and a closed terminal stop a run as Ctrl-C does: what is paid is kept, a line says how to go on."""
    provider = emulator.Emulator(seed=7, latency=0.3, max_in_flight=2)
    with emulator.running(provider) as url:
        process = start(here, url, *ENRICH)
        while provider.bill.total < 20 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(ending)
        _, err = process.communicate(timeout=50)
    assert process.returncode == 128 + ending
    assert "to go on: hlrframe enrich" in err
    assert "Traceback" not in err
    written = pl.read_csv(here / "out.csv", infer_schema=False)
    assert written["hlr_credits"].cast(pl.Float64).sum() == provider.bill.total < 300


@pytest.mark.parametrize("ending", ENDS)
def test_whenever_it_ends_nothing_raw_is_shown(here, ending):
    """From the first import to the last moment of the interpreter: a code, and no traceback."""
    chance = random.Random(int(ending))
    began = time.monotonic()
    with emulator.running(emulator.Emulator(seed=7)) as url:
        process = start(here, url, *ENRICH)
        process.communicate(timeout=50)
        longest = time.monotonic() - began
        for index in range(12):
            (here / "out.csv").unlink(missing_ok=True)
            process = start(here, url, *(ENRICH if index % 2 else ["--version"]))
            time.sleep(chance.random() * (longest if index % 2 else longest / 8))
            process.send_signal(ending)
            _, err = process.communicate(timeout=50)
            assert process.returncode in {0, 128 + ending, -ending}
            assert "Traceback" not in err
            assert "Exception ignored" not in err


def test_an_ignored_signal_stays_ignored(here):
    """Under ``nohup`` a closed terminal does not end the run."""
    with emulator.running(emulator.Emulator(seed=7, latency=0.3)) as url:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            process = start(here, url, *ENRICH)
        finally:
            signal.signal(signal.SIGHUP, before)
        time.sleep(1.0)
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
