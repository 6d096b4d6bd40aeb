"""What sharing costs a machine that is alone: the same list with and without it, in turns.

Both keep their answers in a bucket of a server on the loopback (moto) with the register, or in a folder with the files
of its runs, and ask the provider of ``server.py``. The rate is that of the whole call; the median turn of each counts.
Beside the rate: processor time::

    python tests/benchmarks/bench_register.py --numbers 200000 --turns 5
    python tests/benchmarks/bench_register.py --numbers 200000 --turns 5 --folder
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
from statistics import median

import server

sys.path.insert(0, str(Path(__file__).parents[1]))

#: Least part of the speed without a register that is left with one.
BAR = 0.95


def run(order: dict) -> None:
    """One turn, in a process of its own: prints what it took."""
    import polars as pl  # noqa: PLC0415  # in the process that needs it
    import pyarrow as pa  # noqa: PLC0415  # in the process that needs it

    import hlrframe as hf  # noqa: PLC0415  # in the process that needs it
    from hlrframe.run import lookup  # noqa: PLC0415  # in the process that needs it

    pa.array([1])  # it looks for pandas once, whatever is measured
    if not order["register"]:
        lookup._team = lambda *_: None
        lookup.FolderShare = lambda *_: None
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


def main(numbers: int, turns: int, latency: float, *, in_folder: bool) -> int:
    """Takes turns, prints the table, and gives the exit code: 0 where the bar is reached."""
    from helpers.s3 import moto  # noqa: PLC0415  # in the process that needs it

    found: dict[bool, list[dict]] = {False: [], True: []}
    with ExitStack() as stack:
        options = None if in_folder else stack.enter_context(moto())
        provider = stack.enter_context(server.running(latency_ms=latency))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for index in range(turns):
            for register in (False, True) if index % 2 else (True, False):
                name = f"{index}-{'with' if register else 'without'}"
                order = {"url": provider.url, "options": options, "numbers": numbers, "register": register}
                place, spool = (str(folder / name), None) if in_folder else (f"s3://bucket/{name}", str(folder / name))
                took = turn({**order, "store": place, "spool": spool})
                print(f"{name:12} {numbers / took['seconds']:10,.0f} numbers/s  {took['cpu']:6.2f} s CPU")
                found[register].append(took)
    without, sharing = ({key: median(each[key] for each in found[way]) for key in ("seconds", "cpu")} for way in found)
    ratio = without["seconds"] / sharing["seconds"]
    cpu = sharing["cpu"] / without["cpu"]
    print(f"median, sharing: {ratio:.3f} of the rate without (bar: {BAR}), {cpu:.3f} of its processor time")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--latency", type=float, default=200.0, help="milliseconds")
    parser.add_argument("--folder", action="store_true", help="in a folder, in place of a bucket")
    parser.add_argument("--order", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.order:
        run(json.loads(given.order))
    else:
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        sys.exit(main(given.numbers, given.turns, given.latency, in_folder=given.folder))
