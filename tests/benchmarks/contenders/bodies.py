"""What every contender written by hand sends."""

import itertools
import json
from collections.abc import Iterable, Iterator

#: Most requests that the provider lets one customer have in flight.
IN_FLIGHT = 210
HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
OPTIONS = {"cache_days_private": 0, "cache_days_global": 0, "save_to_cache": "NO"}


def bodies(numbers: Iterable[str], batch_size: int) -> Iterator[bytes]:
    """Gives one request body after another."""
    remaining = iter(numbers)
    while batch := list(itertools.islice(remaining, batch_size)):
        requests = [{"telephone_number": number} | OPTIONS for number in batch]
        yield json.dumps({"api_key": "key", "api_secret": "secret", "requests": requests}).encode()
