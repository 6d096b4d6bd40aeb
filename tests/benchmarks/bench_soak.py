"""A long run in a bad world: does the provider's bill equal the books of the store when everything goes wrong at once?

The emulator runs as a server in a process of its own, and each of its faults strikes two requests in a hundred:
refusals, resets, lost and half replies, replies that never come, pages in place of JSON, 5xx, 429, results that are
missing or turned round, numbers that fail. Two machines, each a process with a spool of its own, ask one list and keep
the answers in one bucket (moto, on the loopback); they are killed at random and start again. In the end every number
must be answered once and paid once, and what is in the bucket must add up to what was billed::

    python tests/benchmarks/bench_soak.py --numbers 100000 --kills 20
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

ACCOUNT = ("emulator", "emulator")
#: Seconds that a machine waits for a reply.
PATIENCE = 6.0
#: Times that a machine may end with something unanswered before that is a fault.
ROUNDS = 8


def provide(rate: float, seed: int) -> None:
    """The other side: serves until its input ends, then says what it billed."""
    from hlrframe.emulator import Emulator, Fault, Faults, Latency, running  # noqa: PLC0415  # in the process that needs it
    from hlrframe.emulator.dice import key_of, roll, share  # noqa: PLC0415  # in the process that needs it

    class Bad(Emulator):
        """Turns some replies round, too."""

        def _body(self, results, fault):
            turned = share(roll(key_of(seed), f"turned {self._arrived}")) < rate
            return super()._body(results[::-1] if turned else results, fault)

    rates = {fault.value: rate for fault in Fault if fault is not Fault.STATUS_401}
    world = Bad(credits=1e9, faults=Faults(**rates, seed=seed), latency=Latency(network=0.2, jitter=0.5, seed=seed))
    with running(world) as url:
        print(url, flush=True)
        sys.stdin.read()
    bill = world.bill
    told = {
        "bill": str(bill.total),
        "lost": str(bill.lost),
        "charged": len(bill.charges),
        "twice": len(bill.paid_twice()),
        "flight": bill.most_requests_in_flight,
        "requests": bill.requests,
        "asked": bill.numbers,
        "faults": {fault.value: count for fault, count in bill.faults.items()},
    }
    print(json.dumps(told), flush=True)


def ask(order: dict) -> None:
    """One machine: asks the list, and says how it ended."""
    import polars as pl  # noqa: PLC0415  # in the process that needs it

    import hlrframe as hf  # noqa: PLC0415  # in the process that needs it

    warnings.simplefilter("ignore")
    told = []

    def tell(progress):
        if progress.answered and not told:
            told.append(True)
            print("asking", flush=True)

    client = hf.Client(*ACCOUNT, base_url=order["url"], timeout=PATIENCE)
    store = hf.Store(order["store"], storage_options=order["options"], spool=order["spool"])
    numbers = pl.read_parquet(order["numbers"])
    try:
        _, report = hf.enrich_with_report(numbers, "phone", client=client, store=store, progress=tell)
    except hf.RunError as error:
        ended = {"error": f"{type(error).__name__}: {error}"}
    else:
        ended = {"states": dict(report.states)}
    print(json.dumps({**ended, "peak": peak_of("self")}), flush=True)


def peak_of(process: int | str) -> int:
    """Gives the most memory that a process has had, in KiB.

    What the system says of a child when it has ended is no less than what its parent had when it made it.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in status else 0


@contextmanager
def provider(rate: float, seed: int):
    """Starts the other side; gives its address and a function that ends it and gives its account."""
    command = [sys.executable, __file__, "--provide", json.dumps([rate, seed])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        yield url, lambda: json.loads(process.communicate()[0])


class Machine(threading.Thread):
    """Runs one machine until it has everything, killing it now and then."""

    def __init__(self, order: dict, kills: int, every: float, seed: int) -> None:
        super().__init__()
        self.order, self.left, self.every, self.chance = order, kills, every, random.Random(seed)
        self.killed, self.peaks, self.troubles, self.done = 0, [], [], None

    def run(self) -> None:
        """Starts it again and again."""
        while self.done is None and len(self.troubles) < ROUNDS:
            said = self._turn()
            if said is None:
                continue
            if set(said.get("states", {"": 0})) <= {"answered", "cached"}:
                self.done = said
            else:
                self.troubles.append(said.get("error") or said["states"])

    def _turn(self) -> dict | None:
        command = [sys.executable, __file__, "--order", json.dumps(self.order)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        timer = None
        lines = process.stdout.readlines(1)
        if self.left and lines == ["asking\n"]:
            timer = threading.Timer(self.chance.uniform(0, 2 * self.every), self._kill, [process])
            timer.start()
        lines += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        if timer is not None:
            timer.cancel()
        if process.returncode == -signal.SIGKILL:
            self.killed, self.left = self.killed + 1, self.left - 1
            return None
        ended = json.loads(lines[-1]) if lines else {"error": f"exit code {process.returncode}"}
        self.peaks.append(ended.get("peak", 0))
        return ended

    def _kill(self, process: subprocess.Popen) -> None:
        with suppress(OSError):  # it has just ended
            self.peaks.append(peak_of(process.pid))
            process.kill()


def books(place: dict, url: str, spool: str, numbers) -> tuple[Decimal, int]:
    """Gives what the answers in the bucket cost by the store's own account, and how many numbers have one."""
    import hlrframe as hf  # noqa: PLC0415  # in the process that needs it
    from hlrframe.model.question import Question  # noqa: PLC0415  # in the process that needs it
    from hlrframe.model.vocabulary import LookupKind  # noqa: PLC0415  # in the process that needs it

    store = hf.Store(place["store"], storage_options=place["options"], spool=spool)
    question = Question(LookupKind.HLR, hf.Client(*ACCOUNT, base_url=url).provider)
    known = store.known(numbers, question, max_age=None, now=datetime.now(UTC))
    return Decimal(str(round(known["credits"].sum(), 3))), known.height


def main(given: argparse.Namespace) -> int:
    """Runs it, prints the table, and gives the exit code: 0 where everything adds up."""
    import polars as pl  # noqa: PLC0415  # in the process that needs it

    from helpers.s3 import moto  # noqa: PLC0415  # in the process that needs it

    numbers = pl.Series([f"4474{index:08d}" for index in range(given.numbers)])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pl.DataFrame({"phone": "+" + numbers}).write_parquet(folder / "numbers.parquet")
        url, account = stack.enter_context(provider(given.rate, given.seed))
        place = {"store": "s3://bucket/soak", "options": stack.enter_context(moto()), "url": url}
        began = time.monotonic()
        machines = [
            Machine(
                {**place, "numbers": str(folder / "numbers.parquet"), "spool": str(folder / f"spool{index}")},
                kills=given.kills // 2,
                every=given.every,
                seed=given.seed + index,
            )
            for index in range(2)
        ]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.join()
        seconds = time.monotonic() - began
        in_books, answered = books(place, url, str(folder / "observer"), numbers)
        told = account()
    return show(given, machines, told, in_books, answered, seconds)


def show(given, machines, told: dict, in_books: Decimal, answered: int, seconds: float) -> int:
    """Prints the table."""
    difference = Decimal(told["bill"]) - in_books
    rows = {
        "numbers": f"{given.numbers:,}",
        "answered": f"{answered:,}",
        "requests": f"{told['requests']:,}",
        "faults": f"{sum(told['faults'].values()):,} of {len(told['faults'])} kinds",
        "numbers asked, repeats counted": f"{told['asked']:,}",
        "bill": told["bill"],
        "of it for replies that were lost": told["lost"],
        "books of the store": str(in_books),
        "difference": str(difference),
        "paid twice": str(told["twice"]),
        "most in flight": str(told["flight"]),
        "kills": str(sum(machine.killed for machine in machines)),
        "seconds": f"{seconds:,.0f}",
        "peak MB of a machine": f"{max(max(machine.peaks) for machine in machines) / 1024:,.0f}",
        "peaks MB in turn": " · ".join(
            ", ".join(f"{each / 1024:.0f}" for each in machine.peaks) for machine in machines
        ),
        "load average": f"{os.getloadavg()[1]:.1f}",
    }
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    for machine in machines:
        for trouble in machine.troubles:
            print(f"ended early: {trouble}")
    adds_up = difference == 0 and told["twice"] == 0 and told["flight"] <= 210 and answered == given.numbers
    return 0 if adds_up and all(machine.done for machine in machines) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=0.02, help="share of requests that meet each fault")
    parser.add_argument("--kills", type=int, default=30, help="of both machines together")
    parser.add_argument("--every", type=float, default=10.0, help="mean seconds that a machine lives once it asks")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    parser.add_argument("--provide", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.provide:
        provide(*json.loads(chosen.provide))
    elif chosen.order:
        ask(json.loads(chosen.order))
    else:
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        sys.exit(main(chosen))
