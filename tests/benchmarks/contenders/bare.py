"""The floor: 210 workers over the package's transport send requests made beforehand and only read the bytes.

What the package takes longer than this is its own work: planning, decoding, columns.
"""

import asyncio
from collections.abc import Iterator, Sequence

import httpx
from contenders.bodies import HEADERS, IN_FLIGHT, bodies

from hlrframe.provider.transport import Transport


def run(url: str, numbers: Sequence[str], *, batch_size: int) -> int:
    """Asks about every number; the answers are counted as sent, since nobody looks into them."""
    asyncio.run(send_all(f"{url}/hlr", list(bodies(numbers, batch_size))))
    return len(numbers)


async def send_all(url: str, contents: list[bytes]) -> None:
    """Shares the requests between the workers."""
    async with httpx.AsyncClient(transport=Transport(), timeout=60) as client:
        requests = iter([client.build_request("POST", url, content=each, headers=HEADERS) for each in contents])
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(work(client, requests))


async def work(client: httpx.AsyncClient, requests: Iterator[httpx.Request]) -> None:
    """Sends requests until there are none left."""
    for request in requests:
        (await client.send(request)).raise_for_status()
