"""Whether 200,000 numbers of all plans are what libphonenumber says, and why not where they are not.

Run from the root: ``PYTHONPATH=tests python tests/benchmarks/bench_agreement.py``. Fails where a difference is not
one of those that are meant.
"""

import argparse
import sys
from collections import Counter

import phonenumbers

from helpers.agreement import MEANT, differences


def main() -> int:
    """Prints the differences by reason."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = differences(options.numbers, seed=options.seed)
    print(f"libphonenumber {phonenumbers.__version__}, {options.numbers:,} numbers of all plans, {len(found):,} differ")
    for why, times in Counter(case.why for case in found).most_common():
        first = next(case for case in found if case.why == why)
        print(f"{times:>8,}  {MEANT.get(why or '', 'UNEXPLAINED')}\n          {first}")
    return int(any(case.why is None for case in found))


if __name__ == "__main__":
    sys.exit(main())
