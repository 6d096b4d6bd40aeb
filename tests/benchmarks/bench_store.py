"""What a second run costs: every number of a list is stored, and DuckDB does the least it could with the same files.

A store of many answers is made through the store's own journals and compacted; see ``stored.py``. A list of distinct
numbers, all of them stored, is enriched by ``hlrframe enrich``, and by DuckDB, which reads no number and knows nothing
of ages: distinct, join with the newest answer of each, and a file in the list's order with the same columns. A third
one, the floor, does not even that: it joins whatever there is, and writes it in any order. They take turns, each in a
process of its own; the outputs of the first two are compared, and the provider counts what it was asked::

    python tests/benchmarks/bench_store.py --answers 10000000 --rows 1000000 --turns 5
    python tests/benchmarks/bench_store.py --folder DIR         # makes the files there once, and leaves them
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import server
import stored
from polars.testing import assert_frame_equal

import hlrframe as hf
from hlrframe.model.columns import select_columns

ACCOUNT = {"HLR_API_KEY": "key", "HLR_API_SECRET": "secret"}
#: Result columns that DuckDB makes itself, rather than taking them from the answer.
MADE = {
    "state": "'cached'",
    "reason": "null::varchar",
    "verdict": "case live_status when 'LIVE' then 'live' when 'DEAD' then 'dead' else 'unreachable' end",
    "credits": "0.0::double",
}
NAMES = tuple(each.name for each in select_columns("standard"))
KNOWN = [name for name in NAMES if name not in MADE]
CONTENDERS = ("package", "database", "floor")
WARM = ("warm_package", "warm_database")
#: The newest answer of each number: of the ways to say so the fastest.
NEWEST = "select msisdn, {latest} from known group by msisdn"
JOIN = """
    with
        list as (select *, substr(phone, 2) as number, row_number() over () as place from {list}),
        numbers as (select distinct number as msisdn from list),
        known as (
            select {known}, known_at
            from '{store}/parts/*.parquet' semi join numbers using (msisdn)
            where question = '{question}'
        ),
        answers as ({answers})
    select list.* exclude (number, place), {results}
    from list left join answers on msisdn = number
    {order}
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process took."""

    seconds: float
    #: Of all threads, its own and the system's for it.
    cpu: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Files:
    """What both contenders read, and where they write."""

    folder: Path
    #: Ending of the list and of what becomes of it.
    kind: str

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "store"

    @property
    def list(self) -> Path:
        """The list."""
        return self.folder / f"list.{self.kind}"

    def output(self, name: str) -> Path:
        """What a contender writes."""
        return self.folder / f"{name}.{self.kind}"

    def query(self, table: str, *, floor: bool = False) -> str:
        """The statement for DuckDB, with the list in a table."""
        results = ", ".join(f"{MADE.get(name, name)} as hlr_{name}" for name in NAMES)
        latest = ", ".join(f"arg_max_null({name}, known_at) as {name}" for name in KNOWN if name != "msisdn")
        return JOIN.format(
            list=table,
            store=self.store,
            known=", ".join(KNOWN),
            question=stored.QUESTION.key,
            answers="from known" if floor else NEWEST.format(latest=latest),
            results=results,
            order="" if floor else "order by place",
        )

    def prepare(self, shape: stored.Shape) -> None:
        """Makes what is not there yet."""
        if not self.store.exists():
            began = time.perf_counter()
            stored.make_store(shape, self.store)
            print(f"{hf.Store(self.store).stats()}\nmade in {time.perf_counter() - began:.0f} s", flush=True)
        if not self.list.exists():
            made = stored.make_list(shape)
            (made.write_csv if self.kind == "csv" else made.write_parquet)(self.list)


def package(files: Files) -> None:
    """Enriches the list as the command does."""
    from hlrframe.cli import main  # noqa: PLC0415  # what only one of the processes needs

    target = ["-o", str(files.output("package")), "--store", str(files.store), "--yes"]
    raise SystemExit(main(["enrich", str(files.list), "--column", "phone", *target]))


def database(files: Files, *, floor: bool = False) -> None:
    """Does as much in SQL; or hardly as much, which is the floor."""
    import duckdb  # noqa: PLC0415  # what only one of the processes needs

    form = "csv, header" if files.kind == "csv" else "parquet, compression zstd"
    query, output = files.query(repr(str(files.list)), floor=floor), files.output("floor" if floor else "database")
    duckdb.execute(f"copy ({query}) to '{output}' (format {form})")


def warm_package(files: Files, turns: int) -> list[float]:
    """Enriches a frame in memory, again and again."""
    frame = pl.read_parquet(files.list)
    client = hf.Client("key", "secret", base_url=os.environ["HLR_BASE_URL"])
    return [timed(lambda: hf.enrich(frame, "phone", client=client, store=files.store)) for _ in range(turns)]


def warm_database(files: Files, turns: int) -> list[float]:
    """Joins a frame in memory, again and again, into a frame."""
    import duckdb  # noqa: PLC0415  # what only one of the processes needs

    connection = duckdb.connect()
    connection.register("frame", pl.read_parquet(files.list).to_arrow())
    return [timed(lambda: connection.sql(files.query("frame")).pl()) for _ in range(turns)]


def timed(action: Callable[[], object]) -> float:
    """Gives the seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def run(name: str, files: Files, url: str) -> Figures:
    """Lets a contender do its work in a process of its own."""
    flags = ["--run", name, "--folder", str(files.folder), "--kind", files.kind]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, *flags],
        env=os.environ | ACCOUNT | {"HLR_BASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}: {words.decode()}")
    # Linux counts in KiB, macOS in bytes.
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Figures(seconds, usage.ru_utime + usage.ru_stime, peak)


def compare(files: Files, provider: server.Running, *, turns: int) -> None:
    """Lets all take turns, and prints what they took."""
    provider.reset()
    taken = [{name: run(name, files, provider.url) for name in CONTENDERS} for _ in range(turns)]
    check(files)
    print(f"\n{files.kind}, a process each: {provider.stats()['requests']} requests, outputs agree")
    print(f"{'':10}{'median s':>10}{'best s':>10}{'CPU s':>10}{'peak MB':>10}")
    for name in CONTENDERS:
        seconds, cpu, peak = zip(
            *((turn[name].seconds, turn[name].cpu, turn[name].peak_mb) for turn in taken), strict=True
        )
        figures = (statistics.median(seconds), min(seconds), statistics.median(cpu))
        print(f"{name:10}{''.join(f'{figure:10.2f}' for figure in figures)}{max(peak):10.0f}")
    for other in ("database", "floor"):
        tell_ratios(other, [(turn["package"].seconds, turn[other].seconds) for turn in taken])
        cpu = statistics.median(turn["package"].cpu / turn[other].cpu for turn in taken)
        print(f"{'':23}of CPU {cpu:.2f}", flush=True)


def tell_ratios(other: str, pairs: Sequence[tuple[float, float]]) -> None:
    """Prints how many times as long the package takes: by turn, so that a busy moment falls on both."""
    ratios = [ours / theirs for ours, theirs in pairs]
    best = min(ours for ours, _ in pairs) / min(theirs for _, theirs in pairs)
    told = f"median {statistics.median(ratios):.2f}, best turns {best:.2f}, worst {max(ratios):.2f}"
    print(f"package to {other:9} of time: {told}")


def check(files: Files) -> None:
    """Looks whether both wrote the same."""
    read = partial(pl.read_csv, infer_schema=False) if files.kind == "csv" else pl.read_parquet
    ours, theirs = (read(files.output(name)) for name in ("package", "database"))
    if files.kind == "csv":  # each has its own way to write a time and a number
        ours, theirs = (each.drop("hlr_checked_at", "hlr_credits") for each in (ours, theirs))
    assert_frame_equal(ours, theirs)


def compare_warm(files: Files, provider: server.Running, *, turns: int) -> None:
    """Lets each work on a frame in memory, in a process that has done so before, and prints what that took."""
    provider.reset()
    seconds = {}
    for name in WARM:
        flags = ["--run", name, "--folder", str(files.folder), "--turns", str(turns)]
        environment = os.environ | ACCOUNT | {"HLR_BASE_URL": provider.url}
        done = subprocess.run(
            [sys.executable, __file__, *flags], env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        seconds[name] = json.loads(done.stdout)[1:]
    print(f"\na frame in memory, a warm process: {provider.stats()['requests']} requests")
    for name, taken in seconds.items():
        print(f"{name:14}{statistics.median(taken):6.2f} s, best {min(taken):.2f} s")
    tell_ratios("database", list(zip(*seconds.values(), strict=True)))


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--answers", type=int, default=10_000_000, help="in the store")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the list")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", default=["parquet", "csv"], choices=["parquet", "csv"])
    parser.add_argument("--folder", type=Path, help="where files are made and left; a temporary one by default")
    parser.add_argument("--run", choices=[*CONTENDERS, *WARM], help=argparse.SUPPRESS)
    parser.add_argument("--kind", default="parquet", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(folder: Path, asked: argparse.Namespace) -> None:
    """Makes the files and measures."""
    shape = stored.Shape(asked.answers, asked.rows)
    with server.running() as provider:
        for kind in asked.kinds:
            files = Files(folder, kind)
            files.prepare(shape)
            compare(files, provider, turns=asked.turns)
        files = Files(folder, "parquet")
        files.prepare(shape)
        compare_warm(files, provider, turns=asked.turns + 1)


def main() -> None:
    """Measures, or, as one of the processes, does what is measured."""
    asked = arguments()
    files = Files(asked.folder, asked.kind)
    if asked.run in CONTENDERS:
        {"package": package, "database": database, "floor": partial(database, floor=True)}[asked.run](files)
    elif asked.run in WARM:
        contender = {"warm_package": warm_package, "warm_database": warm_database}[asked.run]
        print(json.dumps(contender(files, asked.turns)))
    elif asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
        measure(asked.folder, asked)
    else:
        folder = Path(tempfile.mkdtemp(prefix="bench-store-"))
        try:
            measure(folder, asked)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
