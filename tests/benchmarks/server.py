"""A lean provider to measure against: HTTP/1.1 with keep-alive, answers of real size, its own bill.

It is no emulator: it answers whatever it is asked, validates nothing, and spends as little time on it as Python can,
so that what is measured is the client. Run it by itself, or start it from a benchmark::

    with running(latency_ms=200) as server:
        ...  # POST {server.url}/hlr
        print(server.stats())
"""

import argparse
import asyncio
import contextlib
import gc
import http.client
import itertools
import json
import random
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

NUMBER = re.compile(rb'"telephone_number"\s*:\s*"([^"]*)"')
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
GZIP = re.compile(rb"\r\naccept-encoding:[^\r]*gzip", re.IGNORECASE)
#: Leading digits that name a network: calling code and operator prefix, roughly.
NETWORK_DIGITS = 5
#: Stands for the number in the text of an answer.
HOLE = "%N%"
NETWORKS = (
    ("EE Limited (Orange)", "23433", "United Kingdom", "GBR", "44"),
    ("Virgin Mobile", "23438", "United Kingdom", "GBR", "44"),
    ("Orange Polska S.A.", "26003", "Poland", "POL", "48"),
    ("Vodafone GmbH", "26202", "Germany", "DEU", "49"),
)
STATUSES = ("LIVE",) * 15 + (
    "ABSENT_SUBSCRIBER",
    "ABSENT_SUBSCRIBER",
    "DEAD",
    "INCONCLUSIVE",
    "NO_TELESERVICE_PROVISIONED",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the provider behaves."""

    #: Time that every answer takes.
    latency_ms: float = 200.0
    #: Share of the latency by which it varies, evenly, up and down.
    jitter: float = 0.0
    #: Requests in flight above which it answers 429; 0 for no limit.
    limit_requests: int = 210
    #: Numbers in flight above which it answers 429; 0 for no limit.
    limit_numbers: int = 0
    #: Numbers a second that one network takes before it answers 429; 0 for no limit.
    network_rate: float = 0.0
    #: Leading digits of the networks that have that rate; empty for all.
    rate_prefix: str = ""
    #: Leading digits of numbers that take ``slow_ms``; empty for none.
    slow_prefix: str = ""
    #: Time that a request with a slow number takes.
    slow_ms: float = 10_000.0


@dataclass(slots=True)
class Stats:
    """The provider's own account of a run."""

    requests: int = 0
    numbers: int = 0
    refused: int = 0
    credits: int = 0
    distinct: int = 0
    connections: int = 0
    most_requests: int = 0
    most_numbers: int = 0


@dataclass(slots=True)
class Provider:
    """What all connections share: load, bill, and the networks' allowances."""

    options: Options
    stats: Stats = field(default_factory=Stats)
    requests: int = 0
    numbers: int = 0
    seen: set[bytes] = field(default_factory=set)
    ready_at: dict[bytes, float] = field(default_factory=dict)
    began_at: float | None = None
    #: Seconds from the first request to the last answer of each network.
    finished: dict[str, float] = field(default_factory=dict)

    def admit(self, numbers: Sequence[bytes], now: float) -> bool:
        """Takes a request in, or refuses it."""
        options = self.options
        self.began_at = now if self.began_at is None else self.began_at
        full = 0 < options.limit_requests <= self.requests
        full = full or 0 < options.limit_numbers < self.numbers + len(numbers)
        if full or not self.within_rate(numbers, now):
            self.stats.refused += 1
            return False
        self.requests += 1
        self.numbers += len(numbers)
        self.stats.most_requests = max(self.stats.most_requests, self.requests)
        self.stats.most_numbers = max(self.stats.most_numbers, self.numbers)
        return True

    def within_rate(self, numbers: Sequence[bytes], now: float) -> bool:
        """Spends the networks' allowances: one second's worth may come at once, then at the rate."""
        rate = self.options.network_rate
        if not rate:
            return True
        prefix = self.options.rate_prefix.encode()
        asked = Counter(number[:NETWORK_DIGITS] for number in numbers if number.startswith(prefix))
        free_at = {network: max(self.ready_at.get(network, now), now) for network in asked}
        if any(at > now + 1 for at in free_at.values()):
            return False
        self.ready_at.update({network: at + asked[network] / rate for network, at in free_at.items()})
        return True

    def delay(self, numbers: Sequence[bytes]) -> float:
        """Seconds until the answer."""
        options = self.options
        slow = options.slow_prefix.encode()
        if slow and any(number.startswith(slow) for number in numbers):
            return options.slow_ms / 1000
        return options.latency_ms / 1000 * (1 + options.jitter * random.uniform(-1, 1))

    def finish(self, numbers: Sequence[bytes], now: float) -> None:
        """Books an answer; every number costs one credit."""
        elapsed = now - (self.began_at or now)
        self.finished.update(dict.fromkeys({number[:NETWORK_DIGITS].decode() for number in numbers}, elapsed))
        self.requests -= 1
        self.numbers -= len(numbers)
        self.stats.requests += 1
        self.stats.numbers += len(numbers)
        self.stats.credits += len(numbers)
        self.seen.update(numbers)

    def account(self) -> bytes:
        """The bill so far, as JSON."""
        self.stats.distinct = len(self.seen)
        return json.dumps(asdict(self.stats) | {"finished": self.finished}).encode()

    def reset(self) -> None:
        """Starts a new bill."""
        self.stats = Stats()
        self.seen.clear()
        self.ready_at.clear()
        self.finished.clear()
        self.began_at = None


def profile(index: int) -> dict[str, object]:
    """An answer as the provider documents it, with holes for the number."""
    status = STATUSES[index % len(STATUSES)]
    live = status == "LIVE"
    names = ("name", "mccmnc", "country_name", "country_iso3", "country_prefix")
    original = dict(zip(names, NETWORKS[index % len(NETWORKS)], strict=True))
    current = dict(zip(names, NETWORKS[(index + index % 3) % len(NETWORKS)], strict=True))
    echo = {"telephone_number": HOLE, "save_to_cache": "NO", "input_format": "", "output_format": ""}
    echo |= {"cache_days_global": 0, "cache_days_private": 0}
    echo |= dict.fromkeys(("get_ported_date", "get_landline_status", "usa_status"), "NO")
    return {
        "error": "NONE",
        "uuid": f"f066f711-4043-4d54-847d-{HOLE}",
        "request_parameters": echo,
        "credits_spent": 1,
        "detected_telephone_number": HOLE,
        "formatted_telephone_number": "",
        "live_status": status,
        "original_network": "AVAILABLE",
        "original_network_details": original | {"area": original["country_name"]},
        "current_network": "AVAILABLE" if live else "NOT_AVAILABLE",
        "current_network_details": current if live else None,
        "is_ported": ("YES" if original != current else "NO") if live else "UNKNOWN",
        "disposable_number": "NO",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "telephone_number_type": "MOBILE",
        "sms_email": "",
        "mms_email": "",
    }


@lru_cache(maxsize=1)
def pieces() -> list[list[bytes]]:
    """The text of answers between their holes, one list per profile; the last digits of a number choose."""
    texts = [json.dumps(profile(index), separators=(",", ":")) for index in range(100)]
    return [[piece.encode() for piece in text.split(HOLE)] for text in texts]


def render(numbers: Sequence[bytes]) -> bytes:
    """The answers to some numbers."""
    texts = pieces()
    answers = (number.join(texts[int(number[-2:]) if number[-2:].isdigit() else 0]) for number in numbers)
    return b'{"results":[' + b",".join(answers) + b"]}"


def reply(status: bytes, body: bytes, *, gzip: bool = False) -> bytes:
    """A whole HTTP reply."""
    packed = b""
    if gzip:
        packer = zlib.compressobj(1, wbits=31)
        body = packer.compress(body) + packer.flush()
        packed = b"Content-Encoding: gzip\r\n"
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, packed, len(body)) + body


class Connection(asyncio.Protocol):
    """One kept-alive connection; a request at a time, as HTTP/1.1 clients send them."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.buffer = b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self.transport = transport
        self.provider.stats.connections += 1

    def data_received(self, data: bytes) -> None:
        """Bytes came; a whole request is served."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[: end + 2]
            found = LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self.buffer) < size:
                return
            body, self.buffer = self.buffer[end + 4 : size], self.buffer[size:]
            self.serve(head, body)

    def serve(self, head: bytes, body: bytes) -> None:
        """Answers a request now, or after the latency."""
        if head.startswith(b"GET /reset"):
            self.provider.reset()
        if not head.startswith(b"POST /apiv2/"):
            self.transport.write(reply(b"200 OK", self.provider.account()))
            return
        numbers = NUMBER.findall(body)
        if self.provider.admit(numbers, self.loop.time()):
            gzip = GZIP.search(head) is not None
            self.loop.call_later(self.provider.delay(numbers), self.answer, numbers, gzip)
        else:
            self.transport.write(
                reply(b"429 Too Many Requests", b'{"error":"TOO_MANY_REQUESTS","message":"slow down"}')
            )

    def answer(self, numbers: Sequence[bytes], gzip: bool) -> None:
        """Books a request and sends its answer."""
        self.provider.finish(numbers, self.loop.time())
        # A client that has gone away has been billed all the same.
        if not self.transport.is_closing():
            self.transport.write(reply(b"200 OK", render(numbers), gzip=gzip))


async def serve(options: Options, port: int) -> None:
    """Serves on the loopback until cancelled; prints the URL first."""
    provider = Provider(options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(provider), "127.0.0.1", port, backlog=1024)
    pieces()
    gc.freeze()
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Running:
    """A server in its own process."""

    #: Scheme, host and port.
    root: str
    #: Its process id.
    pid: int

    @property
    def url(self) -> str:
        """Base URL as clients want it."""
        return f"{self.root}/apiv2"

    def stats(self) -> dict[str, Any]:
        """The provider's account since the last reset."""
        return self._ask("/stats")

    def reset(self) -> None:
        """Starts a new bill."""
        self._ask("/reset")

    def _ask(self, path: str) -> dict[str, Any]:
        with contextlib.closing(http.client.HTTPConnection(self.root.partition("//")[2], timeout=30)) as connection:
            connection.request("GET", path)
            account: dict[str, Any] = json.load(connection.getresponse())
            return account


@contextlib.contextmanager
def running(**options: float | str) -> Iterator[Running]:
    """Starts a server process with some :class:`Options` and ends it afterwards."""
    flags = itertools.chain.from_iterable(
        (f"--{name.replace('_', '-')}", str(value)) for name, value in options.items()
    )
    process = subprocess.Popen([sys.executable, __file__, *flags], stdout=subprocess.PIPE, text=True)
    try:
        yield Running(process.stdout.readline().strip(), process.pid)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main() -> None:
    """Reads the options and serves."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    for name, default in asdict(Options()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    chosen = vars(parser.parse_args())
    port = chosen.pop("port")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Options(**chosen), port))


if __name__ == "__main__":
    main()
