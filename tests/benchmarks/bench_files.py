"""What a file larger than memory takes: `hlrframe enrich` as a process, against a provider that answers at once.

The file has many rows and fewer numbers, which come again and again in no order. Each kind of file is enriched in a
process of its own, whose peak of memory is told by the system; then once more, killed when half is answered, and run
again over the same store. The provider keeps the bill, and honours its private cache as the real one does::

    python tests/benchmarks/bench_files.py --rows 20000000 --distinct 3000000 --kinds parquet csv
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import server

import hlrframe as hf

#: Leading digits of valid British mobiles, and how many numbers each of them has here.
PREFIXES = ("447400", "447300", "447800", "447900", "447500", "447720", "447860", "447170")
PER_PREFIX = 1_000_000
#: Odd and no multiple of 3 or 5: turns that step through any round number of numbers meet all of them, in no order.
STRIDE = 2_654_435_761
PIECE = 1_000_000
CACHED = re.compile(rb'"cache_days_private"\s*:\s*[1-9]')
#: Rows at the beginning that are enriched in memory too, to compare.
SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a file is."""

    rows: int
    distinct: int


class Connection(server.Connection):
    """A connection of a provider that answers again for nothing where its private cache was allowed."""

    def serve(self, head: bytes, body: bytes) -> None:
        """Answers at once."""
        numbers = server.NUMBER.findall(body)
        if not head.startswith(b"POST /apiv2/"):
            super().serve(head, body)
            return
        free = self.provider.seen.intersection(numbers) if CACHED.search(body) else set()
        self.provider.requests += 1
        self.provider.numbers += len(numbers)
        self.provider.finish(numbers, self.loop.time())
        self.provider.stats.credits -= len(free)
        self.transport.write(server.reply(b"200 OK", answers_to(numbers, free)))


def answers_to(numbers: Sequence[bytes], free: set[bytes]) -> bytes:
    """The answers, those out of the cache without a price."""
    if not free:
        return server.render(numbers)
    each = (server.render([number])[len(b'{"results":[') : -2] for number in numbers)
    prices = ((b'"credits_spent":1', b'"credits_spent":0') if number in free else (b"", b"") for number in numbers)
    return b'{"results":[' + b",".join(text.replace(*price) for text, price in zip(each, prices, strict=True)) + b"]}"


async def serve_at_once() -> None:
    """Serves on the loopback until killed; prints the URL first."""
    provider = server.Provider(server.Options(limit_requests=0))
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(provider), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


@contextmanager
def provider() -> Iterator[server.Running]:
    """Runs the provider in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        yield server.Running(process.stdout.readline().strip(), process.pid)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def piece(shape: Shape, start: int) -> pl.DataFrame:
    """Makes some rows: those from a place on."""
    row = pl.int_range(start, min(shape.rows, start + PIECE), eager=True).alias("id").to_frame()
    place = (pl.col("id") * STRIDE % shape.distinct).alias("place")
    network, turn = pl.col("place") % len(PREFIXES), pl.col("place") // len(PREFIXES)
    prefix = network.replace_strict(dict(enumerate(PREFIXES)), return_dtype=pl.String)
    local = (turn * 7919 % PER_PREFIX).cast(pl.String).str.zfill(6)
    return row.with_columns(place).select(
        "id",
        name=pl.format("Customer {}", pl.col("place")),
        phone=pl.concat_str(pl.lit("+"), prefix, local),
        city=(pl.col("id") % 997).cast(pl.String).str.pad_start(9, "x"),
        amount=pl.col("id") % 1000 / 8,
    )


def write(shape: Shape, path: Path) -> None:
    """Writes the file."""
    schema = piece(shape, 0).clear().to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    with pq.ParquetWriter(path, schema) if path.suffix == ".parquet" else pa_csv.CSVWriter(path, schema) as writer:
        for start in range(0, shape.rows, PIECE):
            writer.write_table(piece(shape, start).to_arrow(compat_level=pl.CompatLevel.oldest()))


@dataclass(frozen=True, slots=True)
class Command:
    """``hlrframe enrich`` over one file."""

    source: Path
    destination: Path
    store: Path
    url: str
    more: Sequence[str] = ()

    def start(self) -> subprocess.Popen[bytes]:
        """Starts the process."""
        run = [sys.executable, "-m", "hlrframe", "enrich", str(self.source), "--column", "phone", "--yes"]
        files = ["-o", str(self.destination), "--store", str(self.store)]
        account = {"HLR_BASE_URL": self.url, "HLR_API_KEY": "key", "HLR_API_SECRET": "secret"}
        return subprocess.Popen([*run, *files, *self.more], env=os.environ | account, stdout=subprocess.DEVNULL)


def finish(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Waits for a process, and gives its peak of memory in MB and its seconds of CPU."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"hlrframe ended with {process.returncode}")
    # Linux counts in KiB, macOS in bytes.
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), usage.ru_utime + usage.ru_stime


def kill_half_way(process: subprocess.Popen[bytes], bill: server.Running, *, half: int) -> int:
    """Kills a process when so many numbers are answered, and says how many were."""
    while process.poll() is None and (answered := bill.stats()["numbers"]) < half:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return answered


def check(shape: Shape, command: Command) -> None:
    """Looks at the result: all rows in order, their first ones those that the frame in memory gets of the store."""
    path = command.destination
    scan = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema_length=0)
    ids = scan.select(pl.col("id").cast(pl.Int64)).collect(engine="streaming")["id"]
    if len(ids) != shape.rows or not (ids == pl.int_range(shape.rows, eager=True)).all():
        raise SystemExit(f"{path.name}: rows are missing or out of order")
    total = scan.select(pl.col("hlr_credits").cast(pl.Float64).sum()).collect(engine="streaming").item()
    print(f"    credits column {total:,.0f}")
    expected = hf.enrich(
        piece(shape, 0).head(SAMPLE).select("id", "phone"),
        "phone",
        client=hf.Client("key", "secret", base_url=command.url),
        store=command.store,
        settings=hf.Settings(offline=True),
    ).drop("hlr_state", "hlr_credits")
    if path.suffix == ".csv":
        expected = pl.read_csv(expected.write_csv().encode(), infer_schema=False)
    if not scan.head(SAMPLE).select(expected.columns).collect().equals(expected):
        raise SystemExit(f"{path.name}: its rows are not those of the frame")


def measure(shape: Shape, kind: str, folder: Path, more: Sequence[str]) -> None:
    """Measures one kind of file."""
    source = folder / f"in.{kind}"
    write(shape, source)
    print(f"{kind}: {source.stat().st_size / 1e6:,.0f} MB", flush=True)
    with provider() as bill:
        whole = Command(source, folder / f"whole.{kind}", folder / f"{kind}-whole", bill.url, more)
        began = time.perf_counter()
        peak, cpu = finish(whole.start())
        print(f"    whole   {time.perf_counter() - began:6.0f} s, {cpu:6.0f} s of CPU, peak {peak:,.0f} MB", flush=True)
        told(bill)
        check(shape, whole)
        bill.reset()
        halved = Command(source, folder / f"halved.{kind}", folder / f"{kind}-halved", bill.url, more)
        answered = kill_half_way(halved.start(), bill, half=shape.distinct // 2)
        print(f"    killed  after {answered:,} answers; output there: {halved.destination.exists()}")
        peak, cpu = finish(halved.start())
        print(f"    resumed {cpu:6.0f} s of CPU, peak {peak:,.0f} MB", flush=True)
        told(bill)
        check(shape, halved)


def told(bill: server.Running) -> None:
    """Prints the provider's account."""
    stats = bill.stats()
    print(f"    asked {stats['numbers']:,}, distinct {stats['distinct']:,}, billed {stats['credits']:,} credits")


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--distinct", type=int, default=300_000)
    parser.add_argument("--kinds", nargs="+", default=["parquet", "csv"], help="endings of files")
    parser.add_argument("--folder", type=Path, help="where files are made; a temporary one by default")
    parser.add_argument("--more", nargs=argparse.REMAINDER, default=[], help="more options of hlrframe enrich")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measures, or, as the other process, serves."""
    asked = arguments()
    if asked.serve:
        asyncio.run(serve_at_once())
    for kind in asked.kinds:
        folder = Path(tempfile.mkdtemp(prefix="bench-files-", dir=asked.folder))
        try:
            measure(Shape(asked.rows, asked.distinct), kind, folder, asked.more)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
