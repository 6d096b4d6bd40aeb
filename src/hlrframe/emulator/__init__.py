"""HLR Lookup without an account: the provider's API as documented, invented subscribers, an honest bill.

Nothing here says anything about real people. :func:`connect` gives a client whose answers come from inside the
process; :func:`serve`, :func:`running` and :func:`serve_forever` put the same emulator on a socket.

::

    service     a request in, a reply out, a bill kept   <- open this first
    requests    what comes in, and how it is refused
    findings    what a lookup finds and costs; answers: the fields that go out; dressing: the form that they take
    bill        what was asked, charged, and done to the client on purpose
    caches      the provider's two caches
    traffic     how much is taken at once, and how long it takes
    faults      what goes wrong
    recorded    the manners of the vendor's testing suite

    world       who is behind each number; ageing: how that changes with the days
    numbering   what a text is in the numbering plans; countries, networks: what there is
    samples     numbers to try things with; dice: chance that can be repeated
    past        stores as they would be had they been filled long ago

    transport   inside the process; server: on a socket
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hlrframe.emulator.bill import Bill
from hlrframe.emulator.faults import Fault, Faults, Outage
from hlrframe.emulator.past import backdate
from hlrframe.emulator.requests import Call
from hlrframe.emulator.samples import find_numbers, sample_numbers
from hlrframe.emulator.server import running, serve, serve_forever
from hlrframe.emulator.service import Emulator, Reply, Ticket
from hlrframe.emulator.traffic import Latency, Throttle
from hlrframe.emulator.transport import EmulatorTransport
from hlrframe.emulator.world import Subscriber, World
from hlrframe.errors import EmulatorWarning
from hlrframe.provider import Manners
from hlrframe.system import sealed

if TYPE_CHECKING:
    from hlrframe.provider import Client

__all__ = [
    "Bill",
    "Call",
    "Emulator",
    "EmulatorTransport",
    "Fault",
    "Faults",
    "Latency",
    "Manners",
    "Outage",
    "Reply",
    "Subscriber",
    "Throttle",
    "Ticket",
    "World",
    "backdate",
    "connect",
    "find_numbers",
    "running",
    "sample_numbers",
    "serve",
    "serve_forever",
]


@sealed
def connect(
    seed: int = 7,
    *,
    day: float = 0.0,
    emulator: Emulator | None = None,
    credits: float = 1_000_000.0,  # noqa: A002 - the word of the field; the site's built-in is for consoles
    faults: Faults | None = None,
    latency: float | Latency | None = None,
    throttles: Sequence[Throttle] = (),
    manners: Manners | None = None,
    timeout: float = 30.0,
) -> "Client":
    """Gives a client that asks an emulator inside this process; no account, no network, no cost.

    Args:
        seed: Decides who is behind each number.
        day: Days since day 0 of that world: later, some numbers have died, come back or moved to another network.
        emulator: An emulator made before, whose bill is to be read afterwards; the other arguments, the time-out
            apart, are then without effect.
        credits: Credits on the invented account.
        faults: What goes wrong, and when.
        latency: Seconds that networks take, or a :class:`Latency`; none by default.
        throttles: What single networks or countries take.
        manners: How it behaves where the provider's documents leave a choice: ``Manners.read(path)`` takes them from a
            file of ``hlrframe check``.
        timeout: Seconds after which the client gives a request up.

    Warns:
        EmulatorWarning: Always: the answers are invented.
    """
    from hlrframe.provider import Client  # noqa: PLC0415 - the emulator serves other processes without it

    warnings.warn(
        "the answers come from the emulator: all of them are invented", EmulatorWarning, stacklevel=3
    )  # past what seals it
    chosen = emulator or Emulator(
        seed, day=day, credits=credits, faults=faults, latency=latency, throttles=throttles, manners=manners
    )
    key, secret = chosen.credentials
    transport = EmulatorTransport(chosen)
    return Client(
        key, secret, timeout=timeout, transport=transport, provider="emulator", positional=chosen.mode == "testing"
    )
