"""What one call gives on each engine that holds rows, beside a DataFrame of polars in one process.

The same Parquet file goes to each: as a DataFrame and a LazyFrame of polars, a relation of DuckDB, a frame of Dask in
eight partitions, one of Spark Connect (Sail, in the process). The engine finds the distinct numbers, the process asks
the provider of ``server.py``, the engine joins the answers, and adds up what each row says. Each turn is a process of
its own; the median turn of each engine counts::

    python tests/benchmarks/bench_engines.py --rows 1000000 --numbers 200000 --turns 3
    python tests/benchmarks/bench_engines.py --only polars dask
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import server

sys.path.insert(0, str(Path(__file__).parents[1]))


class Polars:
    """A DataFrame: what the others are held against."""

    def open(self, path: str) -> Any:  # a frame of some engine, here and below
        """Reads the rows."""
        import polars as pl  # noqa: PLC0415  # in the process that needs it, here and below

        return pl.read_parquet(path)

    def sums(self, out: Any) -> tuple[int, float]:
        """Gives how many rows have an answer, and the credits of all."""
        return len(out.filter(hlr_state="answered")), out["hlr_credits"].sum()


class PolarsLazy(Polars):
    """A LazyFrame, whose result the streaming engine reads."""

    def open(self, path: str) -> Any:
        """Names the rows."""
        import polars as pl  # noqa: PLC0415

        return pl.scan_parquet(path)

    def sums(self, out: Any) -> tuple[int, float]:
        """Gives how many rows have an answer, and the credits of all."""
        import polars as pl  # noqa: PLC0415

        answered = (pl.col("hlr_state") == "answered").sum()
        return out.select(answered, pl.col("hlr_credits").sum()).collect(engine="streaming").row(0)


class DuckDB(Polars):
    """A relation."""

    def open(self, path: str) -> Any:
        """Names the rows."""
        import duckdb  # noqa: PLC0415

        self.connection = duckdb.connect()
        return self.connection.read_parquet(path)

    def sums(self, out: Any) -> tuple[int, float]:
        """Gives how many rows have an answer, and the credits of all."""
        return out.aggregate("count(*) filter (hlr_state = 'answered'), sum(hlr_credits)").fetchall()[0]


class Dask(Polars):
    """A frame in eight partitions."""

    def open(self, path: str) -> Any:
        """Divides the rows."""
        import dask.dataframe as dd  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        return dd.from_pandas(pd.read_parquet(path, dtype_backend="pyarrow"), npartitions=8)

    def sums(self, out: Any) -> tuple[int, float]:
        """Gives how many rows have an answer, and the credits of all."""
        import dask  # noqa: PLC0415

        return dask.compute((out["hlr_state"] == "answered").sum(), out["hlr_credits"].sum())


class Sail(Polars):
    """A frame of Spark Connect."""

    def open(self, path: str) -> Any:
        """Names the rows to a server that is started for them."""
        from helpers.spark import sail  # noqa: PLC0415

        self.running = sail()
        return self.running.__enter__().read.parquet(path)

    def sums(self, out: Any) -> tuple[int, float]:
        """Gives how many rows have an answer, and the credits of all."""
        asked = "sum(CASE WHEN hlr_state = 'answered' THEN 1 ELSE 0 END) AS answered"
        found = tuple(out.selectExpr(asked, "sum(hlr_credits) AS credits").first())
        self.running.__exit__(None, None, None)
        return found


ENGINES = {"polars": Polars, "polars-lazy": PolarsLazy, "duckdb": DuckDB, "dask": Dask, "sail": Sail}


def run(order: dict) -> None:
    """One turn, in a process of its own: prints what it took."""
    import hlrframe as hf  # noqa: PLC0415

    engine = ENGINES[order["engine"]]()
    frame = engine.open(order["path"])
    client, settings = hf.Client("key", "secret", base_url=order["url"]), hf.Settings(default_region="GB")
    began = time.perf_counter()
    out, report = hf.enrich_with_report(frame, "phone", client=client, settings=settings, progress=False)
    called = time.perf_counter() - began
    answered, credits_ = engine.sums(out)
    took = time.perf_counter() - began
    assert (answered, credits_, report.numbers) == (order["rows"], order["numbers"], order["numbers"]), report
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    print(json.dumps({"called": called, "seconds": took, "asked": report.seconds, "peak": peak}))


def turn(order: dict) -> dict:
    """Gives what one turn took."""
    command = [sys.executable, __file__, "--order", json.dumps(order)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "RUST_LOG": "error"}
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(rows: int, numbers: int, turns: int, only: list[str]) -> None:
    """Takes turns and prints the table."""
    import polars as pl  # noqa: PLC0415

    found: dict[str, list[dict]] = {name: [] for name in only}
    with tempfile.TemporaryDirectory() as folder, server.running(latency_ms=200) as provider:
        path = f"{folder}/rows.parquet"
        phones = [f"+4477{index * 7919 % numbers:08d}" for index in range(rows)]
        pl.DataFrame({"id": range(rows), "phone": phones}).write_parquet(path)
        order = {"path": path, "url": provider.url, "rows": rows, "numbers": numbers}
        for index in range(turns):
            # Each begins a round now and then: the first one finds the machine as the last round left it.
            for name in (*only[index % len(only) :], *only[: index % len(only)]):
                found[name].append(turn({**order, "engine": name}))
        assert provider.stats()["most_requests"] <= 210, provider.stats()
    print("| engine | seconds | of them asking | numbers/s while asking | rows/s in all | of polars | peak MB |")
    print("|---|---|---|---|---|---|---|")
    rates = {name: rows / median(each["seconds"] for each in turns_) for name, turns_ in found.items()}
    for name, each in found.items():
        took, asked, peak = (median(one[key] for one in each) for key in ("seconds", "asked", "peak"))
        part = f"{rates[name] / rates['polars']:.0%}" if "polars" in rates else ""
        print(
            f"| {name} | {took:.1f} | {asked:.1f} | {numbers / asked:,.0f} | {rates[name]:,.0f} | {part} | {peak:,} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--numbers", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--order", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.order:
        run(json.loads(given.order))
    else:
        main(given.rows, given.numbers, given.turns, given.only)
