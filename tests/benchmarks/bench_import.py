"""What importing hlrframe, and then its first name, costs above the libraries that it stands on: fresh interpreters."""

import argparse
import statistics
import subprocess
import sys

#: What is imported, in the order of the table; the first is the interpreter alone.
STATEMENTS = ("pass", "import polars, pyarrow, httpx", "import hlrframe", "from hlrframe import enrich")
CODE = "import time; began = time.perf_counter(); {}; print((time.perf_counter() - began) * 1000)"
HEAVY = ("pandas", "duckdb", "altair", "dask", "ray", "IPython")


def milliseconds(statement: str) -> float:
    """Times one import."""
    done = subprocess.run([sys.executable, "-c", CODE.format(statement)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def heavy_modules() -> list[str]:
    """Gives the heavy libraries that ``enrich`` loads although it should not."""
    code = f"import sys; from hlrframe import enrich; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def main() -> None:
    """Prints the median and the best of some rounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    # Taken in turns, so that a busy moment of the machine falls on all of them.
    taken = [[milliseconds(statement) for statement in STATEMENTS] for _ in range(rounds + 1)][1:]
    print(f"{'':32}{'median ms':>10}{'best ms':>10}")
    for statement, times in zip(STATEMENTS, zip(*taken, strict=True), strict=True):
        print(f"{statement:32}{statistics.median(times):>10.0f}{min(times):>10.0f}")
    print("heavy libraries loaded by hlrframe:", *heavy_modules() or ["none"])


if __name__ == "__main__":
    main()
