"""A run in a process of its own, made to be killed: says on standard output what it was told is on disk."""

import sys
from pathlib import Path

from helpers.stores import NOON, PAID, answered
from hlrframe.store import Asked
from hlrframe.store.folder.layout import Layout
from hlrframe.store.journal import Journal, seal_orphans


def main(path: str, first: int, count: int, segment_size: int) -> None:
    layout = Layout(Path(path))
    layout.prepare()
    seal_orphans(layout)
    with Journal(layout, PAID, segment_size=segment_size) as journal:
        for index in range(first, first + count):
            msisdn = f"4479{index:08}"
            journal.write([Asked([msisdn], NOON)])
            print(f"asked {msisdn}", flush=True)  # noqa: T201  # the acknowledgement
            if index % 5:
                journal.write([answered(msisdn)])
                print(f"answered {msisdn}", flush=True)  # noqa: T201  # likewise


if __name__ == "__main__":
    main(sys.argv[1], *(int(each) for each in sys.argv[2:]))
