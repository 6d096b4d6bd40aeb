"""A provider in a process of its own, with its own bill and private cache; gives its account for each line it gets."""

import json
import sys

from hlrframe.emulator import Emulator, running


def main() -> None:
    emulator = Emulator(api_key="key", api_secret="secret", latency=0.05)
    with running(emulator) as url:
        print(url, flush=True)  # noqa: T201  # where it is
        for _ in sys.stdin:
            bill = emulator.bill
            account = {"requests": bill.requests, "asked": dict(bill.asked), "charges": dict(bill.charges)}
            print(json.dumps(account), flush=True)  # noqa: T201  # the account


if __name__ == "__main__":
    main()
