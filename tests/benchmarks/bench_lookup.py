"""How fast numbers are looked up: the package, its floor, and what one would write by hand, against one server.

Every contender runs in a process of its own, one after another, so that its memory is its own; the provider runs in
another process, and its account of the run stands beside the client's. ``--only package`` runs one of them.
"""

import argparse
import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from contenders.bodies import IN_FLIGHT
from server import Running, running

#: Contenders in the order of the table, and the most requests that each is given: the slow ones get few.
CONTENDERS = {
    "bare": None,
    "package": None,
    "package_store": None,
    "threads_requests": 4_000,
    "gather_httpx": 1_500,
    "aiometer_httpx": 1_500,
}
#: Columns of the table and their widths.
TITLES = {
    "answered": 11,
    "numbers/s": 11,
    "of ideal": 10,
    "of bare": 9,
    "CPU us/number": 15,
    "peak MB": 9,
    "requests": 10,
    "429s": 7,
    "in flight": 11,
    "paid twice": 12,
}
#: Leading digits of valid British mobiles; they differ in their network or not, as real lists do.
PREFIXES = ("447400", "447300", "447800", "447900", "447500", "447720", "447860", "447170")
PER_PREFIX = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What one contender did."""

    answers: int
    seconds: float
    cpu: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Numbers a second."""
        return self.answers / self.seconds


def numbers_to_ask(count: int) -> list[str]:
    """Gives distinct valid numbers in no order; they are only ever sent to the server on the loopback.

    >>> numbers_to_ask(3)
    ['447400000000', '447300000000', '447800000000']
    """
    pairs = (divmod(index, len(PREFIXES)) for index in range(count))
    return [f"{PREFIXES[network]}{turn * 7919 % PER_PREFIX:06d}" for turn, network in pairs]


def measure(name: str, url: str, *, count: int, batch_size: int) -> Figures:
    """Runs a contender in this process."""
    contender = importlib.import_module(f"contenders.{name}")
    numbers = numbers_to_ask(count)
    cpu, began = time.process_time(), time.perf_counter()
    answers = contender.run(url, numbers, batch_size=batch_size)
    seconds = time.perf_counter() - began
    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return Figures(answers, seconds, time.process_time() - cpu, peak)


def measure_apart(name: str, server: Running, *, count: int, batch_size: int) -> Figures:
    """Runs a contender in a process of its own, which says itself what went wrong, such as a missing library."""
    flags = ["--run", name, "--url", server.url, "--numbers", str(count), "--batch-size", str(batch_size)]
    done = subprocess.run([sys.executable, __file__, *flags], stdout=subprocess.PIPE, text=True, check=True)
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def compare(names: Sequence[str], server: Running, *, count: int, batch_size: int, ideal: float, rounds: int) -> None:
    """Runs the contenders in turns, so that a busy moment falls on all of them, and prints the best turn of each."""
    best: dict[str, tuple[Figures, dict[str, int]]] = {}
    for name in tuple(names) * rounds:
        most = CONTENDERS[name]
        asked = count if most is None else min(count, most * batch_size)
        server.reset()
        try:
            figures = measure_apart(name, server, count=asked, batch_size=batch_size)
        except subprocess.CalledProcessError:
            print(f"{name} failed: see above", file=sys.stderr)
            continue
        if name not in best or figures.rate > best[name][0].rate:
            best[name] = figures, server.stats()
    bare = best["bare"][0].rate if "bare" in best else None
    print(f"{'':17}" + "".join(f"{title:>{width}}" for title, width in TITLES.items()))
    for name, (figures, stats) in best.items():
        print(line(name, figures, stats, ideal=ideal, bare=bare))


def line(name: str, figures: Figures, stats: dict[str, int], *, ideal: float, bare: float | None) -> str:
    """What the client and the server say of a run."""
    cells = (
        f"{figures.answers:,}",
        f"{figures.rate:,.0f}",
        f"{figures.rate / ideal:.0%}",
        f"{figures.rate / bare:.0%}" if bare else "-",
        f"{figures.cpu / max(figures.answers, 1) * 1e6:.1f}",
        f"{figures.peak_mb:.0f}",
        f"{stats['requests']:,}",
        f"{stats['refused']:,}",
        f"{stats['most_requests']}",
        f"{stats['numbers'] - stats['distinct']:,}",
    )
    return f"{name:17}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, TITLES.values(), strict=True))


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=100_000, help="how many to ask; the slow contenders get fewer")
    parser.add_argument("--batch-size", type=int, default=80, help="numbers in one request")
    parser.add_argument("--latency-ms", type=float, default=200.0, help="time of every answer")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; the best counts")
    parser.add_argument("--server", nargs="+", default=[], metavar="OPTION=VALUE", help="more options of server.py")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), help="which to run")
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Compares, or, as one of the processes, measures one."""
    asked = arguments()
    if asked.run:
        figures = measure(asked.run, asked.url, count=asked.numbers, batch_size=asked.batch_size)
        print(json.dumps({name: getattr(figures, name) for name in Figures.__slots__}))
        return
    ideal = IN_FLIGHT * asked.batch_size / (asked.latency_ms / 1000)
    limit = f"{IN_FLIGHT} requests of {asked.batch_size} in flight, {asked.latency_ms:g} ms each"
    print(f"{limit}: {ideal:,.0f} numbers/s at best", *asked.server)
    options = dict(option.split("=", 1) for option in asked.server)
    with running(latency_ms=asked.latency_ms, **options) as server:
        sizes = {"count": asked.numbers, "batch_size": asked.batch_size}
        compare(asked.only, server, **sizes, ideal=ideal, rounds=asked.rounds)


if __name__ == "__main__":
    main()
