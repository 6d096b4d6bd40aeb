"""What the register costs a machine that is alone: the same list with and without it, in turns.

Both keep their answers in a bucket of a server on the loopback (moto), and ask the provider of ``server.py``. The rate
is that of the whole call; the best turn of each counts. Beside the rate: processor time, and the register's requests::

    python tests/benchmarks/bench_register.py --numbers 200000 --turns 5
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import server

sys.path.insert(0, str(Path(__file__).parents[1]))

#: Least part of the speed without a register that is left with one.
BAR = 0.95


def run(order: dict) -> None:
    """One turn, in a process of its own: prints what it took."""
    import polars as pl  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    import hlrframe as hf  # noqa: PLC0415
    from hlrframe.run import lookup  # noqa: PLC0415

    pa.array([1])  # it looks for pandas once, whatever is measured
    if not order["register"]:
        lookup._team = lambda *_: None
    client = hf.Client("key", "secret", base_url=order["url"])
    store = hf.Store(order["store"], storage_options=order["options"], spool=order["spool"])
    numbers = pl.DataFrame({"phone": [f"4477{index:08d}" for index in range(order["numbers"])]})
    began, cpu = time.perf_counter(), time.process_time()
    _, report = hf.enrich_with_report(numbers, "phone", client=client, store=store, progress=False)
    took = time.perf_counter() - began
    assert report.states == {"answered": order["numbers"]}, report
    print(json.dumps({"seconds": took, "cpu": time.process_time() - cpu}))


def turn(order: dict) -> dict:
    """Gives what one turn took."""
    done = subprocess.run(
        [sys.executable, __file__, "--order", json.dumps(order)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(numbers: int, turns: int, latency: float) -> int:
    """Takes turns, prints the table, and gives the exit code: 0 where the bar is reached."""
    from helpers.s3 import moto  # noqa: PLC0415

    best: dict[bool, dict] = {}
    with ExitStack() as stack:
        options = stack.enter_context(moto())
        provider = stack.enter_context(server.running(latency=latency))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for index in range(turns):
            for register in (False, True):
                name = f"{index}-{'with' if register else 'without'}"
                order = {"url": provider.url, "options": options, "numbers": numbers, "register": register}
                found = turn({**order, "store": f"s3://bucket/{name}", "spool": str(folder / name)})
                print(f"{name:12} {numbers / found['seconds']:10,.0f} numbers/s  {found['cpu']:6.2f} s CPU")
                if register not in best or found["seconds"] < best[register]["seconds"]:
                    best[register] = found
    ratio = best[False]["seconds"] / best[True]["seconds"]
    print(f"with the register: {ratio:.3f} of the rate without it (bar: {BAR})")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.order:
        run(json.loads(given.order))
    else:
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        sys.exit(main(given.numbers, given.turns, given.latency))
