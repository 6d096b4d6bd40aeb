"""A run in a process of its own over a slice of the sample numbers: says what it got as one JSON object."""

import itertools
import json
import sys
import warnings

import hlrframe as hf
from hlrframe.emulator import sample_numbers


def main(store: str, url: str, first: int, count: int, settings: dict[str, object]) -> None:
    client = hf.Client("emulator", "emulator", base_url=url)
    numbers = list(itertools.islice(sample_numbers("GB"), first, first + count))
    print("ready", flush=True)  # noqa: T201  # the acknowledgement
    sys.stdin.readline()
    warnings.simplefilter("ignore", hf.IncompleteWarning)
    found = hf.lookup(numbers, client=client, store=store, settings=hf.Settings(**settings))
    counts = dict(found["state"].value_counts().iter_rows())
    print(json.dumps({"states": counts, "credits": found["credits"].sum()}))  # noqa: T201  # likewise


if __name__ == "__main__":
    main(*sys.argv[1:3], *(int(each) for each in sys.argv[3:5]), json.loads(sys.argv[5]))
