"""The emulator behind httpx inside the process, in virtual time."""

import asyncio
from typing import Any

import httpx
import pytest

import hlrframe.emulator
from helpers.emulator import mobiles
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import Emulator, EmulatorTransport, Fault, Faults, Latency, Outage, Throttle, World
from hlrframe.errors import EmulatorWarning

URL = "https://api.hlrlookup.com/apiv2/hlr"


def _body(numbers: list[str], **options: Any) -> dict[str, Any]:
    requests = [{"telephone_number": each, **options} for each in numbers]
    return {"api_key": "emulator", "api_secret": "emulator", "requests": requests}


async def _post(client: httpx.AsyncClient, *numbers: str, **options: Any) -> httpx.Response:
    return await client.post(URL, json=_body(list(numbers), **options))


def _client(emulator: Emulator, timeout: float | None = 30.0) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=EmulatorTransport(emulator), timeout=timeout)


def _try(emulator: Emulator, timeout: float | None = 30.0) -> tuple[Any, float]:
    """The response or error of one request, and the virtual second at which it came."""

    async def main() -> tuple[Any, float]:
        async with _client(emulator, timeout) as client:
            try:
                found: Any = await _post(client, mobiles(1)[0])
            except httpx.TransportError as error:
                found = error
        return found, asyncio.get_running_loop().time()

    return in_virtual_time(main())


def test_answers_through_httpx() -> None:
    """A request through httpx gets the emulator's reply, and the bill knows of it."""
    emulator = Emulator()
    response, seconds = _try(emulator)
    assert (response.status_code, response.json()["results"][0]["error"], seconds) == (200, "NONE", 0.0)
    assert response.headers["Content-Type"] == "application/json"
    assert (emulator.bill.total, emulator.bill.lost) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "error", "billed"),
    [
        (Fault.REFUSED, httpx.ConnectError, 0),
        (Fault.RESET_BEFORE, httpx.ReadError, 0),
        (Fault.RESET_AFTER_BILLING, httpx.ReadError, 1),
        (Fault.DROP_AFTER_BILLING, httpx.RemoteProtocolError, 1),
        (Fault.TRUNCATED, httpx.RemoteProtocolError, 1),
        (Fault.STALLED, httpx.ReadTimeout, 1),
    ],
)
def test_faults_are_the_errors_of_a_socket(fault: Fault, error: type[httpx.TransportError], billed: int) -> None:
    """Each fault of the connection is the httpx error that a socket gives; billed ones count as lost."""
    emulator = Emulator(faults=Faults(at={1: fault}))
    found, _ = _try(emulator)
    assert type(found) is error
    assert emulator.bill.total == emulator.bill.lost == billed


def test_an_answer_takes_its_time() -> None:
    """The latency passes in the loop's own time."""
    assert _try(Emulator(latency=10.0))[1] == 10.0


def test_a_slow_answer_is_a_timeout_and_billed() -> None:
    """An answer later than the request's time-out is a ReadTimeout at that very moment, and billed all the same."""
    emulator = Emulator(latency=10.0)
    found, seconds = _try(emulator, timeout=4.0)
    assert (type(found), seconds) == (httpx.ReadTimeout, 4.0)
    assert (emulator.bill.total, emulator.bill.lost) == (1, 1)


def test_without_a_timeout_it_waits() -> None:
    """A request without a time-out waits as long as the answer takes."""
    found, seconds = _try(Emulator(latency=1000.0), timeout=None)
    assert (found.status_code, seconds) == (200, 1000.0)


def test_a_cancelled_request_frees_its_slot() -> None:
    """A request given up by its caller is billed, counts as lost, and no longer counts as in flight."""
    emulator = Emulator(latency=10.0, max_in_flight=1)

    async def main() -> httpx.Response:
        async with _client(emulator) as client:
            first = asyncio.create_task(_post(client, mobiles(2)[0]))
            await asyncio.sleep(1)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            return await _post(client, mobiles(2)[1])

    assert in_virtual_time(main()).status_code == 200
    assert (emulator.bill.total, emulator.bill.lost) == (2, 1)


def _statuses(emulator: Emulator, *batches: list[str], gap: float = 0.0, **options: Any) -> list[int]:
    """The statuses of requests sent at once, or one after the other with a gap."""

    async def later(client: httpx.AsyncClient, place: int, batch: list[str]) -> int:
        await asyncio.sleep(place * gap)
        return (await _post(client, *batch, **options)).status_code

    async def main() -> list[int]:
        async with _client(emulator, timeout=None) as client:
            return await asyncio.gather(*(later(client, place, batch) for place, batch in enumerate(batches)))

    return in_virtual_time(main())


def test_no_more_than_the_allowance_is_let_in() -> None:
    """The 211th request in flight is refused with 429, is not billed, and the peak is kept."""
    emulator = Emulator(latency=1.0)
    statuses = _statuses(emulator, *([each] for each in mobiles(215)))
    assert statuses == [200] * 210 + [429] * 5
    assert (emulator.bill.total, emulator.bill.refused) == (210, 5)
    assert (emulator.bill.most_requests_in_flight, emulator.bill.most_numbers_in_flight) == (210, 210)


def test_the_allowance_can_count_numbers() -> None:
    """With the other reading of the limit a third batch of 80 is one too many."""
    numbers = mobiles(240)
    emulator = Emulator(latency=1.0, counted="numbers")
    assert _statuses(emulator, numbers[:80], numbers[80:160], numbers[160:]) == [200, 200, 429]
    assert (emulator.bill.most_requests_in_flight, emulator.bill.most_numbers_in_flight) == (2, 160)


def test_slots_are_free_again_after_the_answers() -> None:
    """What has been answered counts against no limit any more, and the peaks on the bill stay."""
    numbers = mobiles(6)
    throttle = Throttle(lane="+44", in_flight=2)
    emulator = Emulator(latency=1.0, max_in_flight=3, counted="numbers", throttles=(throttle,))
    assert _statuses(emulator, numbers[:2], numbers[2:4], numbers[4:5], gap=1.5) == [200, 200, 200]
    assert (emulator.bill.most_requests_in_flight, emulator.bill.most_numbers_in_flight) == (1, 2)


def test_a_slow_country_holds_up_its_own_requests() -> None:
    """A request waits for the slowest network in it; others do not wait."""
    german, british = mobiles(1, "DE")[0], mobiles(1)[0]
    latency = Latency(network=0.5, slow={"+49": 9.0}, overhead=0.1)

    async def main() -> list[float]:
        async with _client(Emulator(latency=latency)) as client:
            moments = []
            for batch in ([british], [german], [british, german], ["nonsense"]):
                began = asyncio.get_running_loop().time()
                await _post(client, *batch)
                moments.append(asyncio.get_running_loop().time() - began)
            return moments

    assert in_virtual_time(main()) == pytest.approx([0.6, 9.1, 9.1, 0.1])


def test_cached_answers_wait_for_no_network() -> None:
    """An answer from the private cache comes at once."""
    emulator = Emulator(latency=5.0)

    async def main() -> float:
        async with _client(emulator) as client:
            await _post(client, mobiles(1)[0])
            await _post(client, mobiles(1)[0], cache_days_private=1)
            return asyncio.get_running_loop().time()

    assert in_virtual_time(main()) == 5.0


def test_jitter_spreads_answers_around_the_latency() -> None:
    """With jitter the times differ and stay within their spread."""
    latency = Latency(network=1.0, jitter=0.5)
    times = [latency.of([World(7).subscriber(mobiles(1)[0])], request=n) for n in range(100)]
    assert len(set(times)) == 100
    assert 0.5 <= min(times) < 0.7
    assert 1.3 < max(times) <= 1.5


def test_a_network_can_be_throttled() -> None:
    """A network with a limit refuses whole requests beyond it, by the network that serves the number now."""
    world, numbers = World(7), mobiles(400)
    current = [world.subscriber(each).current.name for each in numbers]
    crowded = [each for each, name in zip(numbers, current, strict=True) if name == current[0]][:3]
    free = next(each for each, name in zip(numbers, current, strict=True) if name != current[0])
    emulator = Emulator(latency=1.0, throttles=(Throttle(lane=current[0], in_flight=2),))
    assert _statuses(emulator, crowded[:1], crowded[1:2], [free, crowded[2]], [free]) == [200, 200, 429, 200]
    assert emulator.bill.charged(crowded[2]) == 0


@pytest.mark.parametrize(("counted", "expected"), [("numbers", [200, 429, 200]), ("requests", [200, 200, 429])])
def test_a_country_can_have_a_rate(counted: Any, expected: list[int]) -> None:
    """A rate counts numbers or requests of one second; a request to an idle lane always passes."""
    numbers = mobiles(9)
    throttle = Throttle(lane="GBR", per_second=2, counted=counted)
    gap = 0.55 if counted == "numbers" else 0.1
    assert _statuses(Emulator(throttles=(throttle,)), numbers[:3], numbers[3:6], numbers[6:], gap=gap) == expected


def test_throttles_leave_other_calling_codes_alone() -> None:
    """A limit of one calling code does not touch another, nor answers that ask no network."""
    emulator = Emulator(latency=1.0, throttles=(Throttle(lane="+44", in_flight=0),))
    assert _statuses(emulator, mobiles(1), mobiles(1, "DE"), ["441133910781"]) == [429, 200, 200]


def test_an_outage_ends() -> None:
    """During an outage connections are refused; afterwards all is well."""
    emulator = Emulator(faults=Faults(outages=(Outage(1, 3),)))

    async def main() -> list[str]:
        found = []
        async with _client(emulator) as client:
            for number in mobiles(4):
                try:
                    found.append(str((await _post(client, number)).status_code))
                except httpx.ConnectError:
                    found.append("refused")
                await asyncio.sleep(1)
        return found

    assert in_virtual_time(main()) == ["200", "refused", "refused", "200"]
    assert (emulator.bill.requests, emulator.bill.faults) == (2, {Fault.REFUSED: 2})


def test_connect_is_loud() -> None:
    """Connecting always warns that the answers are invented, and the client says whose they are."""
    with pytest.warns(EmulatorWarning, match="invented"):
        client = hlrframe.emulator.connect()
    assert client.provider == "emulator"


def test_connect_asks_the_given_emulator() -> None:
    """A client of an emulator made before asks that one: its balance, its bill."""
    emulator = Emulator(credits=12.5, api_key="other", api_secret="words")
    assert hlrframe.emulator.connect(emulator=emulator).balance() == 12.5
    assert emulator.bill.requests == 1


def test_connect_makes_an_emulator() -> None:
    """Without one, an emulator is made of what is given."""
    assert hlrframe.emulator.connect(credits=3.5).balance() == 3.5
