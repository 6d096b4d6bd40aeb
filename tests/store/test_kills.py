"""A long run that is killed again and again, against a provider in a process of its own that keeps its own bill."""

import json
import random
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from helpers.emulator import mobiles
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.store import Store

PROVIDER = Path(__file__).parents[1] / "helpers" / "crash_provider.py"
RUN = Path(__file__).parents[1] / "helpers" / "crash_run.py"
KILLS = 60
NUMBERS = 30_000
#: What the provider answers while a run is going to be killed: all of the kills together leave something to do.
RATION = NUMBERS // (KILLS + 1)
#: The largest request of a run: what it asks beyond its ration has no reply, with all that is asked together.
BATCH = 40


class Provider:
    """The other side, and what it can be told to do."""

    def __init__(self, process):
        self._process = process
        self.url = process.stdout.readline().strip()

    def tell(self, *words):
        """Has it do something, and gives what came of it."""
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def provider():
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, str(PROVIDER)], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Provider(process)
        finally:
            process.stdin.close()


def start(url, folder):
    command = [sys.executable, str(RUN), url]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(other, folder, chance):
    """Starts a run, kills it in the middle of its asking, and gives how many answers it had claimed to have."""
    before = other.tell("grant", RATION)
    with start(other.url, folder) as run:
        other.tell("wait", before + chance.randrange(1, RATION - BATCH))
        with suppress(subprocess.TimeoutExpired):
            run.wait(chance.choice((0.0, 0.01, 0.1, 1.0)) * chance.random())
        run.send_signal(signal.SIGKILL)
        lines = run.stdout.readlines()
    assert run.returncode == -signal.SIGKILL, "without all answers no run comes to its end"
    return max((int(line) for line in lines if line.endswith("\n")), default=0)


def in_store(folder, url, numbers):
    question = Question(LookupKind.HLR, url.partition("//")[2].partition(":")[0])
    return Store(folder / "answers").known(pl.Series(numbers), question, max_age=None, now=datetime.now(UTC))


@pytest.mark.slow
@pytest.mark.timeout(1500)  # a minute in a quiet place: sixty times the start of a process
def test_a_run_killed_again_and_again_pays_nothing_twice(tmp_path):
    """30,000 numbers, killed 60 times: none is paid twice, none is lost, and the store knows what all of it cost."""
    numbers, chance = mobiles(NUMBERS), random.Random(20261123)
    pl.DataFrame({"phone": [f"+{each}" for each in numbers]}).write_parquet(tmp_path / "in.parquet")
    with provider() as other:
        kept = 0
        for _ in range(KILLS):
            claimed = killed(other, tmp_path, chance)
            assert not (tmp_path / "out.parquet").exists()
            before, kept = kept, len(in_store(tmp_path, other.url, numbers))
            assert max(before, claimed) <= kept < len(numbers)
        assert kept > 0
        other.tell("grant", None)
        with start(other.url, tmp_path) as last:
            assert last.stdout.read().rpartition("credits ")[2]
        assert last.returncode == 0
        account = other.tell("account")
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows["hlr_msisdn"].to_list() == numbers
    assert set(rows["hlr_state"]) == {"answered", "cached"}
    assert set(account["charges"].values()) == {1}
    assert set(account["charges"]) == set(numbers)
    # The books of the store are the provider's bill, though no run that was killed told what it had paid.
    everything = in_store(tmp_path, other.url, numbers)
    assert Decimal(str(round(everything["credits"].sum(), 3))) == Decimal(account["total"])
    stored = in_store(tmp_path, other.url, numbers).select("msisdn", "live_status", "uuid")
    assert rows.select("hlr_msisdn", "hlr_live_status").sort("hlr_msisdn").rows() == (
        stored.select("msisdn", "live_status").sort("msisdn").rows()
    )
    # The kills did find something: numbers were in flight, and were asked again.
    assert sum(account["asked"].values()) > len(numbers)
