"""How the scheduler fares against four kinds of provider, over real sockets.

(a) it counts requests, 210 at a time, with a latency that varies by half: the rate beside a bare loop of 210 workers;
(b) it counts numbers, 210 at a time: the rate beside 1,050 numbers a second, and the share of refused requests;
(c) one network of eight takes 20 numbers a second; (d) one of eight takes ten seconds: how much later the other seven
are done than without it.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from contenders import bare
from server import Running, running

import hlrframe as hf

#: Leading digits of valid mobiles in eight countries, and how many digits follow.
NETWORKS = {
    "447911": 6,
    "33612": 6,
    "34612": 6,
    "393471": 6,
    "31612": 6,
    "48601": 6,
    "46701": 6,
    "32471": 6,
}
ODD_ONE = "48601"
LATENCY_MS = 200


def numbers_of(prefixes: Sequence[str], each: int) -> list[str]:
    """Invented numbers, network by network."""
    return [f"{prefix}{number:0{NETWORKS[prefix]}d}" for prefix in prefixes for number in range(each)]


def ask(server: Running, numbers: Sequence[str]) -> tuple[float, dict[str, Any]]:
    """Looks numbers up with the package, and gives the seconds it took and the provider's account."""
    server.reset()
    client = hf.Client("key", "secret", base_url=server.url)
    began = time.perf_counter()
    frame = hf.lookup(numbers, client=client, progress=False, columns=["state"])
    seconds = time.perf_counter() - began
    assert (frame["state"] == "answered").all()
    return seconds, server.stats()


def refused(stats: dict[str, Any]) -> str:
    """The share of refused requests."""
    return f"{stats['refused'] / (stats['refused'] + stats['requests']):.1%} refused"


def counts_requests(each: int) -> None:
    """Model (a)."""
    numbers = numbers_of(list(NETWORKS), each)
    with running(latency_ms=LATENCY_MS, jitter=0.5) as server:
        ask(server, numbers_of([ODD_ONE], 80))  # what is loaded once is loaded
        for _ in range(3):
            began = time.perf_counter()
            bare.run(server.url, numbers, batch_size=80)
            floor = time.perf_counter() - began
            seconds, stats = ask(server, numbers)
            rate = len(numbers) / seconds
            print(f"(a) {rate:,.0f} numbers/s, {floor / seconds:.2f} of a bare loop, {refused(stats)}")


def counts_numbers(each: int) -> None:
    """Model (b)."""
    numbers = numbers_of(list(NETWORKS), each)
    with running(latency_ms=LATENCY_MS, limit_numbers=210) as server:
        seconds, stats = ask(server, numbers)
        ideal = 210 / (LATENCY_MS / 1000)
        rate = len(numbers) / seconds
        print(f"(b) {rate:,.0f} numbers/s, {rate / ideal:.2f} of {ideal:,.0f}, {refused(stats)}")


def one_is_odd(name: str, each: int, **options: float | str) -> None:
    """Models (c) and (d)."""
    with running(latency_ms=LATENCY_MS, **options) as server:
        ask(server, numbers_of([ODD_ONE], 8))
        for _ in range(3):
            _, without = ask(server, numbers_of([prefix for prefix in NETWORKS if prefix != ODD_ONE], each))
            seconds, stats = ask(server, numbers_of(list(NETWORKS), each))
            before = max(without["finished"].values())
            after = max(at for network, at in stats["finished"].items() if not ODD_ONE.startswith(network))
            print(f"({name}) the others {after / before - 1:+.0%} ({before:.2f} s), {refused(stats)}, {seconds:.0f} s")


MODELS: dict[str, Callable[[int], None]] = {
    "a": counts_requests,
    "b": counts_numbers,
    "c": lambda each: one_is_odd("c", each, network_rate=20, rate_prefix=ODD_ONE),
    "d": lambda each: one_is_odd("d", each, slow_prefix=ODD_ONE, slow_ms=10_000),
}


def main() -> None:
    """Runs the models that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=50_000)
    parser.add_argument("--only", nargs="+", choices=MODELS, default=list(MODELS))
    chosen = parser.parse_args()
    for name in chosen.only:
        MODELS[name](chosen.numbers // len(NETWORKS))


if __name__ == "__main__":
    main()
