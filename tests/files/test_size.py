"""Files of any size: what is held is bounded, windows change nothing, and a kill loses nothing that was paid for."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.virtual_time import in_virtual_time
from hlrframe import emulator
from hlrframe.emulator import running
from hlrframe.files import FileJob, enrich_file
from hlrframe.files.memory import Memory
from hlrframe.files.places.paths import replacing
from hlrframe.files.readings import Readings
from hlrframe.model.vocabulary import Reason
from hlrframe.run.number_list import Cells, NumberList
from hlrframe.run.windows import Asking

# Readings

READINGS = st.lists(
    st.one_of(
        st.tuples(
            st.integers(10**6, 10**15 - 1).map(str),
            st.none(),
            st.sampled_from([None, "renumbered", "several"]),
            st.none(),
        ),
        st.tuples(
            st.none(),
            st.sampled_from(Reason).map(lambda reason: reason.value),
            st.none(),
            st.sampled_from([None, "look at this", "and that"]),
        ),
    ),
    max_size=8,
)
TYPES = dict.fromkeys(("msisdn", "reason", "reading", "suggestion"), pl.String)


@given(st.lists(READINGS, max_size=4), st.integers(1, 5))
def test_readings_come_back(tmp_path_factory, pieces, size):
    """What was read comes back in pieces of any size, and no more than there was."""
    readings = Readings(tmp_path_factory.getbasetemp())
    for piece in pieces:
        readings.add(pl.DataFrame(piece, schema=TYPES, orient="row"))
    readings.rewind()
    rows = [row for piece in pieces for row in piece]
    found = []
    while (taken := readings.take(min(size, len(rows) - len(found)))) is not None and taken.height:
        found += taken.rows()
    assert found == rows
    assert readings.take(1) is None


def test_readings_have_no_name(tmp_path):
    """The file of readings, which hold people's numbers, is in no folder, and goes with the process."""
    readings = Readings(tmp_path)
    readings.add(pl.DataFrame([("447400123456", None, None, None)], schema=TYPES, orient="row"))
    assert list(tmp_path.iterdir()) == []


# Memory


@pytest.mark.parametrize(
    ("limit", "size"),
    [("1GB", 10**9), ("1.5 gb", 1_500_000_000), ("512MiB", 2**29), ("2g", 2 * 10**9), (600_000_000, 600_000_000)],
)
def test_sizes(limit, size):
    """A limit is bytes, or a text with a unit."""
    assert Memory.of(limit).limit == size


@pytest.mark.parametrize("limit", ["much", "1PB", "", "-1GB", True, "100MB", 0])
def test_no_sizes(limit):
    """What is no size, or too small to work in, is refused with what would do."""
    with pytest.raises(hf.ConfigError, match=r"memory_limit.*(is no size|must be at least)"):
        Memory.of(limit)


def test_a_limit_decides_how_much_is_held():
    """More memory means larger windows and pieces; a machine of any size gives some."""
    small, large = Memory.of("500MB"), Memory.of("8GB")
    assert small.window < large.window
    assert small.cells < large.cells
    assert Memory.of(None).window > 100_000


def test_numbers_that_do_not_fit_are_refused(tmp_path, provider):
    """Too many distinct numbers for a limit are refused before anything is sent; without a limit they are not."""
    Memory.of("400MB").check(500_000)
    with pytest.raises(hf.InputError, match=r"5,000,000 distinct numbers: they take about 1\.3GB"):
        Memory.of("400MB").check(5_000_000)
    Memory.of(None).check(10**9)


# Windows


def listed(numbers):
    found = NumberList(region=None)
    found.add(Cells([pl.Series([f"+{number}" for number in numbers])]))
    return found


def asked(numbers, client, size, **options):
    told = []
    asking = Asking(
        client,
        store=None,
        settings=hf.Settings(**options),
        columns=["state", "reason", "credits", "live_status", "uuid"],
        on_progress=told.append,
        total=len(numbers),
    )
    return in_virtual_time(asking.ask_all(listed(numbers), at_a_time=size)), told


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_windows_change_nothing(client, size):
    """A list that is asked in windows has the outcomes of one that is asked at once, and one account."""
    numbers = mobiles(20)
    whole, _ = asked(numbers, emulator.connect(seed=7), 1000)
    parts, told = asked(numbers, client, size)
    rows = [*((number, None, None, None) for number in [*numbers, numbers[3]]), (None, "empty", None, None)]
    reading = pl.DataFrame(rows, schema=TYPES, orient="row")
    alike = ["state", "reason", "credits", "live_status"]
    assert parts.of_cells(reading).select(alike).equals(whole.of_cells(reading).select(alike))
    assert parts.report.numbers == whole.report.numbers == 20
    assert parts.kinds.height == whole.kinds.height
    lanes = {lane.lane: (lane.numbers, lane.answered) for lane in parts.report.lanes}
    assert lanes == {lane.lane: (lane.numbers, lane.answered) for lane in whole.report.lanes}
    assert (told[-1].total, told[-1].answered, told[-1].credits) == (20, 20, 20.0)
    assert all(progress.total == 20 and progress.credits_expected == 20.0 for progress in told)


@pytest.mark.parametrize("size", [3, 4, 100])
def test_a_budget_is_of_all_windows(provider, client, size):
    """The ceiling holds over windows to the last credit."""
    outcomes, _ = asked(mobiles(20), client, size, max_credits=9.5)
    states = Counter(outcomes.kinds["state"].gather(outcomes.numbers["kind"]))
    assert states == {"answered": 9, "skipped": 11}
    assert provider.bill.total == 9
    assert outcomes.report.stopped == "budget"


def test_a_wrong_key_ends_all_windows():
    """After an error no later window asks anything, and its numbers say that the run stopped."""
    provider = emulator.Emulator(faults=emulator.Faults(revoke_at=3))
    outcomes, _ = asked(mobiles(12), emulator.connect(emulator=provider), 4, max_requests=1, batch_size=2)
    reasons = Counter(outcomes.kinds["reason"].gather(outcomes.numbers["kind"].sort()))
    assert isinstance(outcomes.error, hf.AuthError)
    assert reasons["stopped"] == 6
    assert provider.bill.total == 4


def test_no_credit_ends_all_windows():
    """An account without credit is not asked again by later windows, whose numbers say why."""
    provider = emulator.Emulator(credits=5)
    outcomes, _ = asked(mobiles(12), emulator.connect(emulator=provider), 4, batch_size=1)
    told = outcomes.numbers.select(outcomes.kinds["reason"].gather(outcomes.numbers["kind"]))
    assert outcomes.report.stopped == "insufficient_credit"
    assert Counter(told["reason"]) == {None: 5, "insufficient_credit": 7}


# Kills

RUN = """
import sys, hlrframe as hf
source, destination, store, url, key, secret = sys.argv[1:]
hf.enrich_file(source, destination, "phone", client=hf.Client(key, secret, base_url=url), store=store,
               settings=hf.Settings(batch_size=5, max_requests=4, share_results="private"))
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_without_paying_again(tmp_path):
    """Killed half-way, nothing is under the destination's name; the next run asks only the rest, and tidies up."""
    numbers = mobiles(400)
    (tmp_path / "in.csv").write_text("phone\n" + "".join(f"+{number}\n" for number in numbers))
    provider = emulator.Emulator(seed=7, latency=0.02)
    with running(provider) as url:
        run = [sys.executable, "-c", RUN, "in.csv", "out.csv", "store", url, *provider.credentials]
        killed = subprocess.Popen(run, cwd=tmp_path)
        while killed.poll() is None and provider.bill.total < 150:
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert not (tmp_path / "out.csv").exists()
        assert 150 <= provider.bill.total < 400
        subprocess.run(run, cwd=tmp_path, check=True, timeout=50)
    enriched = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert Counter(enriched["hlr_state"]).keys() == {"answered", "cached"}
    assert provider.bill.total == 400
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "store"]


WRITE = """
import sys
from pathlib import Path
from hlrframe.files.places.paths import replacing
with replacing(Path("out.csv")) as temporary:
    temporary.write_text("half of it")
    print(flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_what_a_kill_leaves_is_swept_later(tmp_path):
    """What a killed run had half written is removed by the next run; what is being written stays."""
    (tmp_path / "in.csv").write_text("phone\n\n")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for writer in writers:
        writer.stdout.readline()
    left = list(tmp_path.glob(".hlrframe-*.tmp"))
    assert len(left) == 2
    for path in left:
        os.utime(path, (1, 1))
    writers[0].kill()
    writers[0].wait()
    job = FileJob(tmp_path / "in.csv", tmp_path / "other.csv", "phone", settings=hf.Settings(offline=True))
    job.run(hf.Client("a", "b"))
    assert len(list(tmp_path.glob(".hlrframe-*.tmp"))) == 1
    writers[1].communicate()
    assert (tmp_path / "out.csv").read_text() == "half of it"
    for writer in writers:
        writer.stdin.close()
        writer.stdout.close()


def test_a_file_that_fails_leaves_nothing(tmp_path):
    """An error while a file is written leaves what was there, and no temporary file."""
    (tmp_path / "out.csv").write_text("from yesterday")
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "out.csv") as temporary:
        temporary.write_text(str(1 / 0))
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "from yesterday"


def test_rows_do_not_take_memory(tmp_path, client):
    """A file of many rows and few numbers is enriched in pieces, in order, each charge on its first row."""
    rows, numbers = 300_000, mobiles(7)
    frame = pl.DataFrame({"phone": [f"+{number}" for number in numbers] * (rows // 7)}).with_row_index("row")
    frame.write_parquet(tmp_path / "in.parquet")
    report = enrich_file(tmp_path / "in.parquet", tmp_path / "out.parquet", "phone", client=client, columns=["credits"])
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.drop("hlr_credits").equals(frame)
    assert found["hlr_credits"].head(7).to_list() == [1.0] * 7
    assert found["hlr_credits"].sum() == report.credits == 7.0
