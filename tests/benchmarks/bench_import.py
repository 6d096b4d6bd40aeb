"""What importing hlrframe costs above the libraries that it stands on, and a small run from start to end.

Fresh interpreters, in turns; by the clock and by the processor, of which the second says more on a busy machine. A
small run asks the emulator of two numbers and keeps the answers in a new store::

    python tests/benchmarks/bench_import.py
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

#: What is imported, in the order of the table; the first is the interpreter alone.
STATEMENTS = ("pass", "import polars, pyarrow, httpx", "import hlrframe", "from hlrframe import enrich")
#: A frame that is enriched, with the store beside it.
FRAME = """
import hlrframe as hf, polars as pl
frame = pl.DataFrame({"phone": ["+447400123456", "+447400123457"]})
hf.enrich(frame, "phone", client=hf.emulator.connect(seed=7), store="store")
"""
FILE = ("-m", "hlrframe", "enrich", "in.csv", "--column", "phone", "-o", "out.csv", "--emulator", "--store", "store")
HEAVY = ("pandas", "duckdb", "altair", "dask", "ray", "IPython")


class Taken(NamedTuple):
    """Milliseconds of a process from its start to its end."""

    clock: float
    processor: float


def process(*arguments: str, folder: str) -> Taken:
    """Times an interpreter of its own."""
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    words = running.stderr.read() if running.stderr else b""
    _, status, usage = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - began
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.stderr:
        running.stderr.close()
    if running.returncode:
        raise SystemExit(words.decode())
    return Taken(1000 * seconds, 1000 * (usage.ru_utime + usage.ru_stime))


def small_run(*arguments: str) -> Taken:
    """Times a run with a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in.csv").write_text("phone\n+447400123456\n+447400123457\n", encoding="utf-8")
        return process(*arguments, folder=folder)


def heavy_modules(code: str) -> list[str]:
    """Gives the heavy libraries that some code loads although it should not."""
    told = f"{code}\nimport sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", told], cwd=folder, capture_output=True, text=True, check=True
        )
    return done.stdout.split()


def main() -> None:
    """Prints the median and the best of some rounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    timed: dict[str, Callable[[], Taken]] = {
        **{each: partial(process, "-c", each, folder=".") for each in STATEMENTS},
        "enrich two rows, with a store": partial(small_run, "-c", FRAME),
        "hlrframe enrich, with a store": partial(small_run, *FILE),
    }
    # Taken in turns, so that a busy moment of the machine falls on all of them; the first one fills the caches.
    taken = [{name: run() for name, run in timed.items()} for _ in range(rounds + 1)][1:]
    print(f"{'ms from start to end':32}{'median':>8}{'best':>8}{'CPU':>8}{'best':>8}")
    for name in timed:
        cells = (pick(turn[name][column] for turn in taken) for column in (0, 1) for pick in (statistics.median, min))
        print(f"{name:32}" + "".join(f"{cell:>8.0f}" for cell in cells))
    print("heavy libraries loaded by the import:", *heavy_modules("from hlrframe import enrich") or ["none"])
    print("heavy libraries loaded by the run:", *heavy_modules(FRAME) or ["none"])


if __name__ == "__main__":
    main()
