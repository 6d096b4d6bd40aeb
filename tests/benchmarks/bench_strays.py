"""How many valid numbers of all plans become another number by what is written behind them.

Behind each stands the end of a second number (``/7``, ``/91``), a short group, a note, or a second number. Run from the
root: ``PYTHONPATH=tests python tests/benchmarks/bench_strays.py``. Fails where one becomes a number that nobody wrote.
"""

import argparse
import sys

import phonenumbers

from helpers.strays import TAILS, cases


def main() -> int:
    """Prints what was read by kind of tail, and each number that nobody wrote."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    read = cases(options.numbers, seed=options.seed)
    print(f"libphonenumber {phonenumbers.__version__}, {options.numbers:,} numbers of all plans")
    print(f"{'behind the number':28}{'texts':>9}{'first':>9}{'second':>9}{'none':>9}{'longer':>9}{'another':>9}")
    for kind in TAILS:
        mine = [case for case in read if case.kind == kind]
        first = sum(case.read == case.written[0] for case in mine)
        second = sum(case.read == case.written[1] != case.written[0] for case in mine)
        none, longer = sum(case.read is None for case in mine), sum(case.is_longer for case in mine)
        another = sum(case.is_stray for case in mine)
        print(f"{kind:28}{len(mine):>9,}{first:>9,}{second:>9,}{none:>9,}{longer:>9,}{another:>9,}")
    strays = [case for case in read if case.is_stray]
    print(*strays, sep="\n")
    return int(bool(strays))


if __name__ == "__main__":
    sys.exit(main())
