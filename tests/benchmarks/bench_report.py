"""What a summary of many stored answers takes, beside a bare DuckDB scan of the same columns of the same files."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb
import polars as pl

from hlrframe import Store, Summary, summarize
from hlrframe.store.parts import write_parquet

#: Rows of a part, as a compacted store has them.
PART_ROWS = 4_000_000
BEGINNING = 1_767_225_600_000_000  # 2026, in microseconds
DAY = 86_400_000_000
STATUSES = (
    ("LIVE", "MOBILE", "live"),
    ("DEAD", "MOBILE", "dead"),
    ("ABSENT_SUBSCRIBER", "MOBILE", "unreachable"),
    ("NO_COVERAGE", "LANDLINE", "not_applicable"),
)
#: What a summary reads of an answer.
COLUMNS = (
    *("msisdn", "live_status", "number_type", "original_network", "original_country"),
    *("current_network", "current_country", "is_ported", "provider", "credits", "checked_at"),
)


def kinds() -> pl.DataFrame:
    """Gives what answers say: 120 networks of 20 countries, each with ports to the others of its country."""
    networks = [(f"Network {n} of the Country", f"{200 + n:05}", f"{chr(65 + n // 6)}XY") for n in range(120)]
    pairs = [(a, b) for a in networks for b in networks if a[2] == b[2]]
    names = ("network", "mccmnc", "country")
    schema = [
        "live_status",
        "number_type",
        "verdict",
        *(f"{side}_{name}" for side in ("original", "current") for name in names),
    ]
    rows = [(*status, *a, *b) for a, b in pairs for status in STATUSES]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(
        is_ported=pl.col("original_network") != pl.col("current_network"), provider=pl.lit("api.example.com")
    )


def part(number: int, rows: int, told: pl.DataFrame, again: float) -> pl.DataFrame:
    """Gives a sealed part, sorted by number; a share of its numbers is in the part before it too."""
    index = pl.int_range(rows, eager=True)
    chance, other = index.hash(number), index.hash(number + 1000)
    before = (other % 10_000) < int(again * 10_000) if number else pl.repeat(value=False, n=rows, eager=True)
    digits = 447_000_000_000 + index * 160 + number - before.cast(pl.Int64)
    answers = told[(chance % told.height).cast(pl.UInt32)]
    text = pl.lit(None, pl.String)
    return answers.with_columns(
        msisdn=digits.cast(pl.String),
        # A store does without these two; they make the parts an enriched frame too.
        state=pl.lit("answered"),
        reason=text,
        credits=pl.lit(1.0),
        checked_at=(BEGINNING + (other % (300 * DAY)).cast(pl.Int64)).cast(pl.Datetime("us", "UTC")),
        **dict.fromkeys(("ported_date", "uuid", "error", "extra"), text),
        lookup=pl.lit("hlr"),
        options=pl.lit(""),
        question=pl.lit("hlr@api.example.com"),
        run=pl.lit(f"run{number}"),
    ).with_columns(known_at="checked_at", received_at="checked_at")


def make_store(folder: Path, rows: int, again: float) -> None:
    """Makes a store of so many answers."""
    layout = Store(folder).layout
    layout.prepare()
    told = kinds()
    for number, start in enumerate(range(0, rows, PART_ROWS)):
        frame = part(number, min(PART_ROWS, rows - start), told, again)
        write_parquet(layout.parts / f"20260101T000000{number:06}-000000000000-0000.parquet", [frame], layout=layout)


def scan(folder: Path) -> int:
    """Reads the columns and makes nothing of them but each one's greatest value."""
    with duckdb.connect(config={"memory_limit": "1500MB"}) as connection:
        parts = connection.read_parquet(f"{folder}/parts/*.parquet")
        parts.aggregate(", ".join(f"max({name})" for name in COLUMNS)).fetchall()
        return parts.aggregate("count(*)").fetchall()[0][0]


def files(folder: Path) -> int:
    """Summarises the parts as a folder of Parquet files: all tables."""
    with summarize(folder / "parts", prefix="") as summary:
        return tables_of(summary)


def store(folder: Path) -> int:
    """Summarises them as a store, the newest answer to each number: all tables."""
    with summarize(folder) as summary:
        return tables_of(summary)


def tables_of(summary: Summary) -> int:
    """Asks for every table, and gives the distinct numbers."""
    tables = {name: getattr(summary, name) for name in summary.names}
    return tables["totals"]["numbers"].item()


CONTENDERS: dict[str, Callable[[Path], int]] = {"scan": scan, "files": files, "store": store}


def measure(name: str, folder: Path) -> None:
    """Runs one contender in this process and prints seconds, processor seconds, megabytes and what it counted."""
    began, before = time.perf_counter(), os.times()
    counted = CONTENDERS[name](folder)
    seconds, after = time.perf_counter() - began, os.times()
    busy = after.user - before.user + after.system - before.system
    print(seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, counted)


def main() -> None:
    """Makes the store, lets the contenders take turns, and prints the median of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--again", type=float, default=0.01, help="share of the numbers that were asked twice")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="a store made before; by default one is made in /tmp and removed")
    parser.add_argument("--measure", choices=CONTENDERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.folder)
        return
    with tempfile.TemporaryDirectory(prefix="hlrframe-bench-") as temporary:
        folder = options.folder or Path(temporary) / "store"
        if not folder.exists():
            make_store(folder, options.rows, options.again)
        size = sum(each.stat().st_size for each in folder.rglob("*.parquet")) / 1e9
        print(f"{options.rows:,} answers, {size:.1f} GB of Parquet")
        turns = [{name: _turn(name, folder) for name in CONTENDERS} for _ in range(options.rounds)]
    print(f"{'':8}{'seconds':>9}{'of scan':>9}{'CPU s':>8}{'of scan':>9}{'peak MB':>9}{'counted':>13}")
    for name in CONTENDERS:
        seconds, busy, peak, counted = (median(turn[name][place] for turn in turns) for place in range(4))
        # Turn by turn: whoever else uses the machine slows down both.
        of, busy_of = (median(turn[name][place] / turn["scan"][place] for turn in turns) for place in (0, 1))
        print(f"{name:8}{seconds:>9.1f}{of:>9.2f}{busy:>8.1f}{busy_of:>9.2f}{peak:>9.0f}{counted:>13,.0f}")


def _turn(name: str, folder: Path) -> tuple[float, ...]:
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    main()
