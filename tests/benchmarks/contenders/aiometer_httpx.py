"""By hand: aiometer holds the requests back, httpx as it comes."""

import asyncio
import functools
from collections.abc import Sequence

import aiometer
import httpx
from contenders.bodies import HEADERS, IN_FLIGHT, bodies


def run(url: str, numbers: Sequence[str], *, batch_size: int) -> int:
    """Asks about every number."""
    return asyncio.run(ask_all(f"{url}/hlr", list(bodies(numbers, batch_size))))


async def ask_all(url: str, contents: list[bytes]) -> int:
    """Runs one job per request."""
    async with httpx.AsyncClient(headers=HEADERS, timeout=60) as client:

        async def ask(body: bytes) -> list[dict[str, object]]:
            reply = await client.post(url, content=body)
            return reply.raise_for_status().json()["results"]

        answers = await aiometer.run_all([functools.partial(ask, body) for body in contents], max_at_once=IN_FLIGHT)
    return sum(map(len, answers))
