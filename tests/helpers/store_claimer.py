"""A process that claims numbers and then does nothing, to be killed."""

import sys
import time

import polars as pl

from helpers.stores import PAID, numbers
from hlrframe.store import Store

if __name__ == "__main__":
    claim = Store(sys.argv[1]).claim(pl.Series("msisdn", numbers(int(sys.argv[2]))), PAID)
    print(len(claim.numbers), flush=True)  # noqa: T201  # the acknowledgement
    time.sleep(60)
