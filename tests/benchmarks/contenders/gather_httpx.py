"""By hand: a task per request, a semaphore, httpx as it comes."""

import asyncio
from collections.abc import Sequence

import httpx
from contenders.bodies import HEADERS, IN_FLIGHT, bodies


def run(url: str, numbers: Sequence[str], *, batch_size: int) -> int:
    """Asks about every number."""
    return asyncio.run(ask_all(f"{url}/hlr", numbers, batch_size))


async def ask_all(url: str, numbers: Sequence[str], batch_size: int) -> int:
    """Starts everything at once and lets the semaphore hold it back."""
    semaphore = asyncio.Semaphore(IN_FLIGHT)
    async with httpx.AsyncClient(headers=HEADERS, timeout=60) as client:

        async def ask(body: bytes) -> list[dict[str, object]]:
            async with semaphore:
                reply = await client.post(url, content=body)
            return reply.raise_for_status().json()["results"]

        answers = await asyncio.gather(*(ask(body) for body in bodies(numbers, batch_size)))
    return sum(map(len, answers))
