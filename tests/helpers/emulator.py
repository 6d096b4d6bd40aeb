"""What the tests of the emulator share: asking it by hand, and a loop whose clock jumps."""

import itertools
import json
from collections.abc import Callable
from typing import Any

from hlrframe.emulator import Call, Emulator, Fault, Subscriber, World, find_numbers

NOON = 1_700_000_000.0
DAY = 86_400.0
#: Faults after which the provider has billed and nobody saw the answer.
BILLED_AND_LOST = (
    Fault.DROP_AFTER_BILLING,
    Fault.RESET_AFTER_BILLING,
    Fault.STALLED,
    Fault.TRUNCATED,
    Fault.GARBAGE,
    Fault.SHORT_REPLY,
)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        """Gives the time."""
        return self.now


def call(emulator: Emulator, *requests: dict[str, Any], path: str = "hlr", **changes: Any) -> Call:
    """A request of this emulator's own account."""
    key, secret = emulator.credentials
    body: dict[str, Any] = {"api_key": key, "api_secret": secret, "requests": list(requests), **changes}
    return Call(path=f"/apiv2/{path}", body=json.dumps(body).encode())


def ask(emulator: Emulator, *requests: dict[str, Any], path: str = "hlr", now: float = 0.0, **changes: Any) -> Any:
    """Status and decoded body of one request, delivered at once."""
    with emulator.receive(call(emulator, *requests, path=path, **changes), now=now) as ticket:
        reply = ticket.deliver()
    return reply.status, json.loads(reply.body or b"null")


def one(emulator: Emulator, number: str, *, path: str = "hlr", **options: Any) -> dict[str, Any]:
    """The result of one number."""
    status, body = ask(emulator, {"telephone_number": number, **options}, path=path)
    assert status == 200, body
    return body["results"][0]


def somebody(wanted: Callable[[Subscriber], bool], region: str = "GB", *, seed: int = 7) -> str:
    """The first mobile number of a country whose subscriber is as wanted."""
    return next(find_numbers(World(seed), wanted, region=region))


def with_status(status: str, region: str = "GB") -> str:
    """The first mobile of a country with this status."""
    return somebody(lambda each: each.is_mobile and each.live_status == status, region)


def mobiles(count: int, region: str = "GB") -> list[str]:
    """Distinct mobiles of a country that cost a credit each."""
    paying = find_numbers(World(7), lambda each: each.is_mobile and each.live_status != "NO_COVERAGE", region=region)
    return list(itertools.islice(paying, count))
