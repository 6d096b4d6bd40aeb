"""The package, keeping nothing."""

from collections.abc import Sequence

import hlrframe as hf


def run(url: str, numbers: Sequence[str], *, batch_size: int, store: str | None = None) -> int:
    """Asks about every number and gives the rows that are answered."""
    client = hf.Client("key", "secret", base_url=url)
    frame = hf.lookup(numbers, client=client, store=store, settings=hf.Settings(batch_size=batch_size))
    return int((frame["state"] == "answered").sum())
