import json
import random
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from helpers.stores import NOON, PAID, known, unanswered
from hlrframe.store import DamagedWarning, Store

WRITER = Path(__file__).parents[1] / "helpers" / "store_writer.py"


def start_writer(path, *, first, count, segment_size):
    command = [sys.executable, str(WRITER), str(path), str(first), str(count), str(segment_size)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def acknowledged(lines):
    pairs = [line.split() for line in lines if line.endswith("\n")]
    return {word: {msisdn for each, msisdn in pairs if each == word} for word in ("asked", "answered")}


WITHOUT_PANDAS = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
import polars as pl
from hlrframe.model import ANSWER_SCHEMA, LookupKind, Question
from hlrframe.store import Answered, Asked, Store, Withdrawn

now, numbers = datetime.now(UTC), ["447700900001", "447700900002"]
empty = pl.DataFrame(schema=pl.Schema(ANSWER_SCHEMA))
rows = pl.concat([empty, pl.DataFrame({"msisdn": numbers})], how="diagonal")
[batch] = rows.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).cast(ANSWER_SCHEMA).to_batches()
store = Store(Path(sys.argv[1]), **json.loads(sys.argv[2]))
question, asked = Question(LookupKind.HLR, "emulator"), pl.Series("msisdn", numbers)
with store.claim(asked, question), store.claim(asked, question), store.journal(question) as journal:
    journal.write([Asked(numbers, now), Answered(batch, now), Withdrawn(numbers[:1], now)])
store.known(asked, question, max_age=None, now=now), store.compact(), store.forget(numbers), store.health()
assert "pandas" not in sys.modules
"""


@pytest.mark.slow
@pytest.mark.parametrize("key", [{}, {"key": "5e" * 32}, {"hash_key": "5e" * 32}])
def test_a_store_never_loads_pandas(path, key):
    """Neither writing nor reading nor tidying a store imports pandas, which would take longer than a small run."""
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(path), json.dumps(key)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_acknowledged(path):
    """After kill -9 at random points, in writing, rolling over or sealing, every acknowledged answer is known."""
    seen = {"asked": set(), "answered": set()}
    chance = random.Random(20261120)
    for run in range(3):
        writer = start_writer(path, first=run * 10_000, count=10_000, segment_size=chance.choice([100_000, 10_000_000]))
        lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 60))]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        writer.stdout.close()
        assert writer.wait() == -signal.SIGKILL
        for word, msisdns in acknowledged(lines).items():
            seen[word] |= msisdns
        # What is half done at the kill may stand on disk and not be acknowledged: one number at the most.
        answers = set(known(Store(path), seen["asked"]))
        assert seen["answered"] <= answers
        assert len(answers - seen["answered"]) <= run + 1
        assert unanswered(Store(path), seen["asked"]) == seen["asked"] - answers
    assert len(seen["answered"]) > 20
    with warnings.catch_warnings():
        # A kill in the middle of a commit may look like damage; the file is kept then.
        warnings.simplefilter("ignore", DamagedWarning)
        Store(path).journal(PAID).seal()
    assert seen["answered"] <= set(known(Store(path), seen["asked"]))
    assert Store(path).stats().journals == 0


@pytest.mark.slow
def test_two_processes_write_at_once(path):
    """Two runs in two processes write to one store while a third reads it and a fourth compacts it."""
    writers = [start_writer(path, first=first, count=30, segment_size=60_000) for first in (0, 1_000)]
    store, seen = Store(path), set()
    while any(writer.poll() is None for writer in writers):
        found = set(known(store, [f"4479{index:08}" for index in range(2_000)]))
        assert seen <= found
        seen = found
        store.compact(now=NOON)
    asked = set()
    for writer in writers:
        asked |= acknowledged(writer.stdout.readlines())["asked"]
        writer.stdout.close()
        assert writer.returncode == 0
    assert len(asked) == 60
    assert len(known(store, asked)) == 48
    assert len(unanswered(store, asked)) == 12
    assert store.stats().journals == 0
