"""How time and memory grow with the rows: a lookup with a store, cleaning, a second run, and a summary of a store.

For each size a store of so many answers and a list of nine numbers for every ten answers are made in a temporary
folder; each task runs in a process of its own. The lookup asks a provider on the same machine and keeps the answers in
a new store; the second run finds everything stored, so that its address is one where nobody answers::

    python tests/benchmarks/bench_growth.py --sizes 100000 1000000 10000000
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import server
import stored

import hlrframe as hf

#: Nobody listens there: a second run that is all stored asks nothing.
NOBODY = "http://127.0.0.1:9"


def lookup(folder: Path) -> None:
    """Asks about every number of the list, and keeps the answers."""
    url = (folder / "url").read_text(encoding="utf-8")
    phones = pl.read_parquet(folder / "list.parquet")["phone"]
    frame = hf.lookup(phones, client=hf.Client("key", "secret", base_url=url), store=folder / "new store")
    assert set(frame["state"]) == {"answered"}


def clean(folder: Path) -> None:
    """Reads every number of the list."""
    hf.clean_file(folder / "list.parquet", folder / "clean.parquet", "phone")


def second_run(folder: Path) -> None:
    """Puts stored answers beside every row of the list."""
    client = hf.Client("key", "secret", base_url=NOBODY)
    report = hf.enrich_file(
        folder / "list.parquet", folder / "again.parquet", "phone", client=client, store=folder / "store"
    )
    assert report.requests == 0


def summary(folder: Path) -> None:
    """Makes all tables of the store."""
    with hf.summarize(folder / "store") as summary:
        for name in summary.names:
            getattr(summary, name)


TASKS: dict[str, Callable[[Path], None]] = {
    "lookup": lookup,
    "clean": clean,
    "second run": second_run,
    "summary": summary,
}


def peak_mb() -> float:
    """Gives the most memory that this process took.

    Linux counts what a process was before it became this one: half a gigabyte where that made a store.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text(encoding="ascii").splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure(task: str, folder: Path) -> None:
    """Does a task in this process; prints seconds, processor seconds and megabytes."""
    began, before = time.perf_counter(), os.times()
    TASKS[task](folder)
    after = os.times()
    busy = after.user - before.user + after.system - before.system
    print(time.perf_counter() - began, busy, peak_mb())


def main() -> None:
    """Makes stores and lists, one size after the other, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        measure(asked.task, asked.folder)
        return
    print(f"{'answers':>12}{'task':>12}{'seconds':>9}{'CPU s':>8}{'CPU us/row':>12}{'peak MB':>9}")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="bench-growth-") as temporary, server.running() as provider:
            folder, shape = Path(temporary), stored.Shape(size, size * 9 // 10)
            stored.make_store(shape, folder / "store")
            stored.make_list(shape).write_parquet(folder / "list.parquet")
            (folder / "url").write_text(provider.url, encoding="utf-8")
            for task in TASKS:
                command = [sys.executable, __file__, "--task", task, "--folder", str(folder)]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                seconds, busy, peak = map(float, done.stdout.split())
                each = busy / (size if task == "summary" else shape.rows) * 1e6
                print(f"{size:>12,}{task:>12}{seconds:>9.1f}{busy:>8.1f}{each:>12.1f}{peak:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
