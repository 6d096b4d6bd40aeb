"""Asks 60 times at once in a process of its own, and says how that went and how much memory it took at most."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import hlrframe as hf
from helpers.emulator import mobiles


async def main(url: str) -> Counter[str]:
    """Asks, and counts what came of it."""
    client = hf.Client("emulator", "emulator", base_url=url)
    async with client.session(hf.Settings()) as session:
        asking = (session.ask([number], wait=3.0) for number in mobiles(60))
        came = await asyncio.gather(*asking, return_exceptions=True)
    return Counter(type(each).__name__ for each in came)


if __name__ == "__main__":
    kinds = asyncio.run(main(sys.argv[1]))
    # Not ru_maxrss, which remembers the process that this one was started from.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    sys.stdout.write(json.dumps({"kinds": kinds, "peak": peak}))
