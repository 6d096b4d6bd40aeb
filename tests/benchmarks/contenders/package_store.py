"""The package, every answer on disk before it counts."""

import tempfile
from collections.abc import Sequence

from contenders import package


def run(url: str, numbers: Sequence[str], *, batch_size: int) -> int:
    """Asks about every number with a new store."""
    with tempfile.TemporaryDirectory() as store:
        return package.run(url, numbers, batch_size=batch_size, store=store)
