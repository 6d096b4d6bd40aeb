"""Never pay twice, never lose a paid answer: runs in a process of their own that are stopped in the middle."""

import itertools
import signal
import subprocess
import sys

import pytest

import hlrframe as hf
from hlrframe.emulator import Emulator, running, sample_numbers

RUN = """
import sys
import hlrframe as hf

def tell(progress):
    print(progress.answered, flush=True)

url, store, *numbers = sys.argv[1:]
client = hf.Client("emulator", "emulator", base_url=url)
hf.lookup(numbers, client=client, store=store, settings=hf.Settings(batch_size=5, max_requests=20), progress=tell)
"""
NUMBERS = list(itertools.islice(sample_numbers("GB"), 2000))


def stopped_in_the_middle(url, store, how):
    """Runs until some answers are counted as done, then stops it; gives how many, and what it said in the end."""
    command = [sys.executable, "-c", RUN, url, str(store), *NUMBERS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        done = next(count for count in map(int, process.stdout) if count >= 100)
        process.send_signal(how)
        counted, complaints = process.communicate(timeout=30)
    return max([done, *map(int, counted.split())]), complaints


def price_of_one_clean_run():
    emulator = Emulator()
    hf.lookup(NUMBERS, client=hf.emulator.connect(emulator=emulator))
    return emulator.bill.total


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on_and_pays_once(tmp_path, how):
    """After a Ctrl-C or a kill -9 the next run has every answer that was counted, asks the rest, and pays each once."""
    emulator = Emulator(latency=0.02)
    with running(emulator) as url:
        done, complaints = stopped_in_the_middle(url, tmp_path / "store", how)
        asked_before, billed_before = set(emulator.bill.asked), emulator.bill.total
        client = hf.Client("emulator", "emulator", base_url=url)
        results = hf.lookup(NUMBERS, client=client, store=tmp_path / "store")
    states = dict(results["state"].value_counts().iter_rows())
    assert states.keys() <= {"cached", "answered"}
    assert done <= states["cached"] <= len(asked_before) < len(NUMBERS)
    assert results["credits"].sum() <= float(emulator.bill.total - billed_before)
    assert emulator.bill.paid_twice() == []
    assert emulator.bill.total == price_of_one_clean_run()
    if how is signal.SIGINT:  # everything in flight came home
        assert "hlrframe.errors.Interrupted" in complaints
        assert emulator.bill.asked_twice() == []
        assert states["cached"] == len(asked_before)
    else:
        assert len(emulator.bill.asked_twice()) <= 20 * 5
