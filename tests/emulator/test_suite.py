"""The manners of the vendor's testing suite."""

import asyncio
import json

import httpx
import pytest

import hlrframe.emulator
from helpers.emulator import ask, mobiles, one
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import Call, Emulator, EmulatorTransport


def test_credentials_are_public() -> None:
    """The suite accepts its public credentials and no others."""
    body = {"api_key": "speedtest", "api_secret": "speedtest", "requests": [{"telephone_number": "441133910781"}]}
    with Emulator(mode="testing").receive(Call(path="/apiv2/hlr", body=json.dumps(body).encode()), now=0.0) as ticket:
        assert ticket.reply.status == 200
    assert ask(Emulator(mode="testing", api_key="mine"), {"telephone_number": "447790606023"}, api_key="mine")[0] == 401


def test_the_closest_recording_answers() -> None:
    """The answer is that of the longest common prefix: detected number and echo are the recorded one's."""
    answer = one(Emulator(mode="testing"), "+44 7790 606 999", cache_days_private=3)
    assert answer["detected_telephone_number"] == "447790606023"
    assert answer["request_parameters"]["telephone_number"] == "447790606023"
    assert answer["request_parameters"]["cache_days_private"] == 3


@pytest.mark.parametrize(
    ("number", "kind", "status", "network"),
    [
        ("447790606023", "MOBILE", "LIVE", "EE Limited (Orange)"),
        ("447540822872", "MOBILE", "LIVE", None),
        ("306912345678", "MOBILE", "LIVE", "Vodafone Greece"),
        ("441133910781", "LANDLINE", "NO_COVERAGE", None),
    ],
)
def test_known_recordings(number: str, kind: str, status: str, network: str | None) -> None:
    """What is known of the vendor's example numbers is what their recordings say."""
    answer = one(Emulator(mode="testing"), number)
    assert (answer["telephone_number_type"], answer["live_status"]) == (kind, status)
    assert network in {None, answer["original_network_details"]["name"]}


def test_nothing_is_charged() -> None:
    """Every answer is free, even on an empty account and with every option, and bears the recorded time."""
    emulator = Emulator(mode="testing", credits=0)
    answers = [one(emulator, each, get_ported_date="YES", usa_status="YES") for each in (*mobiles(20), "17148307000")]
    assert {(each["error"], each["credits_spent"], each["timestamp"]) for each in answers} == {
        ("NONE", 0, "2022-09-08T10:56:03Z")
    }
    assert (emulator.bill.total, emulator.bill.numbers) == (0, 21)


def _burst(count: int, number: str, per_second: float) -> tuple[list[int], float]:
    """Statuses of requests sent at an even pace, and the mean seconds of those that were answered."""
    emulator = Emulator(mode="testing")

    async def send(client: httpx.AsyncClient, place: int) -> tuple[int, float]:
        await asyncio.sleep(place / per_second)
        began = asyncio.get_running_loop().time()
        body = {"api_key": "speedtest", "api_secret": "speedtest", "requests": [{"telephone_number": number}]}
        status = (await client.post("https://testing.hlrlookup.com/apiv2/hlr", json=body)).status_code
        return status, asyncio.get_running_loop().time() - began

    async def main() -> list[tuple[int, float]]:
        async with httpx.AsyncClient(transport=EmulatorTransport(emulator), timeout=60) as client:
            return await asyncio.gather(*(send(client, place) for place in range(count)))

    found = in_virtual_time(main())
    answered = [seconds for status, seconds in found if status == 200]
    return [status for status, _ in found], sum(answered) / len(answered)


def test_below_two_hundred_a_second_all_are_answered() -> None:
    """At a modest pace every request is answered, in a varying time around a second."""
    statuses, mean = _burst(150, "447790606023", per_second=100)
    assert set(statuses) == {200}
    assert 0.5 < mean < 1.1


def test_above_two_hundred_a_second_some_are_refused() -> None:
    """At 400 a second some requests, not all, meet a 429; in flight there are few."""
    statuses, _ = _burst(205, "17148307000", per_second=400)
    assert statuses[:200] == [200] * 200
    assert set(statuses[200:]) == {200, 429}


def test_afghanistan_is_slow_and_refuses_at_any_pace() -> None:
    """Afghan numbers take several seconds, and some are refused even at a slow pace."""
    statuses, mean = _burst(100, "93701234567", per_second=20)
    assert set(statuses) == {200, 429}
    assert 5 < statuses.count(429) < 40
    assert 4 < mean < 8


def test_a_client_of_the_suite_matches_by_position() -> None:
    """A client connected to the suite knows that answers may be another number's."""
    assert hlrframe.emulator.connect(emulator=Emulator(mode="testing")).positional
    assert not hlrframe.emulator.connect().positional
