"""The emulator on a real socket."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from helpers.emulator import mobiles
from hlrframe.emulator import Emulator, Fault, Faults, running, serve


def _body(*numbers: str) -> dict[str, Any]:
    requests = [{"telephone_number": each} for each in numbers]
    return {"api_key": "emulator", "api_secret": "emulator", "requests": requests}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5.0, trust_env=False) as made:
        yield made


def test_answers_over_http(client: httpx.Client) -> None:
    """A plain HTTP client gets answers, errors and empty bodies, all over one connection."""
    emulator = Emulator(credits=5)
    with running(emulator) as url:
        replies = [
            client.post(f"{url}/hlr", json=_body(mobiles(1)[0])),
            client.post(f"{url}/hlr", json={**_body(), "api_key": "wrong"}),
            client.post(f"{url}/nothing"),
            client.post(f"{url}/balance", json={"api_key": "emulator", "api_secret": "emulator"}),
        ]
        streams = {each.extensions["network_stream"].get_extra_info("client_addr") for each in replies}
    assert [each.status_code for each in replies] == [200, 401, 404, 200]
    assert (replies[2].content, replies[3].json()) == (b"", {"Status": "OK", "Credits": 4})
    assert len(streams) == 1
    assert emulator.bill.replies == {200: 2, 401: 1, 404: 1}


def test_long_answers_are_compressed_for_who_accepts_it(client: httpx.Client) -> None:
    """An answer is gzipped when the client accepts that, and plain otherwise; it reads the same."""
    with running(Emulator()) as url:
        zipped = client.post(f"{url}/hlr", json=_body(*mobiles(80)))
        plain = client.post(f"{url}/hlr", json=_body(*mobiles(80)), headers={"Accept-Encoding": "identity"})
    assert (zipped.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert int(zipped.headers["Content-Length"]) * 5 < int(plain.headers["Content-Length"])
    assert len(zipped.json()["results"]) == len(plain.json()["results"]) == 80


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSED, httpx.ReadError),
        (Fault.RESET_BEFORE, httpx.ReadError),
        (Fault.RESET_AFTER_BILLING, httpx.ReadError),
        (Fault.DROP_AFTER_BILLING, httpx.RemoteProtocolError),
        (Fault.TRUNCATED, httpx.RemoteProtocolError),
        (Fault.STALLED, httpx.ReadTimeout),
    ],
)
def test_faults_on_a_socket(client: httpx.Client, fault: Fault, error: type[httpx.TransportError]) -> None:
    """Each fault of the connection happens on the socket, and the next request is answered."""
    emulator = Emulator(faults=Faults(at={1: fault}))
    with running(emulator) as url:
        with pytest.raises(error):
            client.post(f"{url}/hlr", json=_body(mobiles(1)[0]), timeout=0.3)
        assert client.post(f"{url}/hlr", json=_body(mobiles(2)[1])).status_code == 200
    assert emulator.bill.lost == (0 if fault in {Fault.REFUSED, Fault.RESET_BEFORE} else 1)


def test_retry_after_is_a_header(client: httpx.Client) -> None:
    """The header of a 429 goes over the wire."""
    with running(Emulator(faults=Faults(status_429=1.0, retry_after=2))) as url:
        reply = client.post(f"{url}/hlr", json=_body(mobiles(1)[0]))
    assert (reply.status_code, reply.headers["Retry-After"], reply.json()["error"]) == (429, "2", "TOO_MANY_REQUESTS")


def test_a_client_that_goes_away_frees_its_slot(client: httpx.Client) -> None:
    """A closed connection no longer counts as in flight, and its answer counts as lost."""
    emulator = Emulator(max_in_flight=1, faults=Faults(at={1: Fault.STALLED}))
    with running(emulator) as url:
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"{url}/hlr", json=_body(mobiles(1)[0]), timeout=0.2)
        statuses = [client.post(f"{url}/hlr", json=_body(mobiles(2)[1])).status_code for _ in range(50)]
    assert statuses[-1] == 200
    assert emulator.bill.lost == 1


def _speak(url: str, said: bytes) -> bytes:
    """What the server answers to these bytes, up to its closing the connection."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5) as talk:
        talk.sendall(said)
        return b"".join(iter(lambda: talk.recv(65536), b""))


def _raw(body: bytes, *headers: bytes) -> bytes:
    lines = (b"POST /apiv2/hlr HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(body), *headers, b"", body)
    return b"\r\n".join(lines)


def test_what_is_no_http_is_hung_up_on() -> None:
    """Bytes that are no HTTP close the connection, and the server lives on."""
    with running(Emulator()) as url:
        assert _speak(url, b"\x16\x03\x01 nonsense\r\n\r\n") == b""
        assert httpx.post(f"{url}/hlr", json=_body(mobiles(1)[0]), trust_env=False).status_code == 200


def test_requests_in_one_piece_are_answered_in_order() -> None:
    """Requests sent without waiting for replies are answered one after the other."""
    bodies = [json.dumps(_body(each)).encode() for each in mobiles(2)]
    with running(Emulator()) as url:
        said = _speak(url, _raw(bodies[0]) + _raw(bodies[1], b"Connection: close"))
    assert said.count(b"HTTP/1.1 200") == 2
    assert said.index(mobiles(2)[0].encode()) < said.index(mobiles(2)[1].encode())


def test_a_client_may_ask_before_it_sends_its_body() -> None:
    """A client that expects 100 Continue, as curl does with long bodies, gets it and then its answer."""
    whole = _raw(json.dumps(_body(mobiles(1)[0])).encode(), b"Expect: 100-continue", b"Connection: close")
    head, _, body = whole.partition(b"\r\n\r\n")
    with (
        running(Emulator()) as url,
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5) as talk,
    ):
        talk.sendall(head + b"\r\n\r\n")
        assert talk.recv(65536).startswith(b"HTTP/1.1 100")
        talk.sendall(body)
        assert talk.recv(65536).startswith(b"HTTP/1.1 200")


def test_serves_in_a_running_loop() -> None:
    """In an event loop 60 requests at once are all answered, and their peak is on the bill."""
    emulator = Emulator(latency=0.3)

    async def main() -> list[int]:
        limits = httpx.Limits(max_connections=210)
        async with serve(emulator) as url, httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:
            replies = await asyncio.gather(*(client.post(f"{url}/hlr", json=_body(each)) for each in mobiles(60)))
        return [each.status_code for each in replies]

    assert asyncio.run(main()) == [200] * 60
    assert 1 < emulator.bill.most_requests_in_flight <= 60
    assert emulator.bill.total == 60


def test_nothing_listens_afterwards(client: httpx.Client) -> None:
    """After its block the server is gone, with an open connection and a request in flight too."""
    emulator = Emulator(faults=Faults(at={2: Fault.STALLED}))
    with running(emulator) as url:
        client.post(f"{url}/hlr", json=_body(mobiles(1)[0]))
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"{url}/hlr", json=_body(mobiles(2)[1]), timeout=0.2)
    with pytest.raises(httpx.ConnectError):
        client.post(f"{url}/hlr", json=_body(mobiles(1)[0]))


def test_a_taken_port_is_an_error() -> None:
    """A port that something else listens on is an error at once, in the caller's thread."""
    with (
        running(Emulator()) as url,
        pytest.raises(OSError, match="address"),
        running(Emulator(), port=urlsplit(url).port),
    ):
        pass


@pytest.mark.slow
def test_serves_until_ctrl_c() -> None:
    """The blocking server says where it is, answers other processes, and ends quietly on Ctrl-C."""
    code = (
        "from hlrframe.emulator import Emulator, serve_forever\n"
        "serve_forever(Emulator(), announce=lambda url: print(url, flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().strip()
        status = httpx.post(f"{url}/hlr", json=_body(mobiles(1)[0]), trust_env=False).status_code
        process.send_signal(2)
        _, errors = process.communicate(timeout=20)
    assert (status, process.returncode, errors) == (200, 0, "")
