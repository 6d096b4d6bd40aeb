import asyncio
import contextlib
import functools
import gc
import gzip
import socket
import sys

import httpx
import pytest

from helpers.transports import CERTIFICATE, OK, client_tls, serving, silent_host
from hlrframe.provider.transport import Transport

PACKED = gzip.compress(b"hello" * 100)
SOON = 0.05


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open():
    """A socket that a test left open warns when it is collected, and warnings are errors."""
    yield
    gc.collect()


def running(test):
    """Runs a test in a loop of its own."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 10))

    return run


def post(url, content=b'{"requests":[]}', **timeouts):
    timeout = httpx.Timeout(**{"timeout": 5, **timeouts}).as_dict()
    return httpx.Request("POST", url, content=content, extensions={"timeout": timeout})


async def send(transport, url, **options):
    response = await transport.handle_async_request(post(url, **options))
    await response.aread()
    return response


def ok(peer):
    peer.say(OK)


def nothing(_):
    pass


def say(data, then=None):
    """Makes a script that says something, and then closes or resets or waits."""

    def script(peer):
        peer.say(data)
        if then:
            getattr(peer, then)()

    return script


def packed(body):
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FAULTS = {
    "reset after the request": (say(b"", "reset"), httpx.ReadError),
    "closed without a reply": (say(b"", "close"), httpx.RemoteProtocolError),
    "closed inside the head": (say(OK[:20], "close"), httpx.RemoteProtocolError),
    "reset inside the head": (say(OK[:20], "reset"), httpx.ReadError),
    "slow answer": (nothing, httpx.ReadTimeout),
    "slow head": (say(OK[:20]), httpx.ReadTimeout),
    "slow body": (say(OK[:-1]), httpx.ReadTimeout),
    "slow chunks": (say(CHUNKED + b"2\r\nok\r\n"), httpx.ReadTimeout),
    "body cut short": (say(OK[:-1], "close"), httpx.RemoteProtocolError),
    "chunks cut short": (say(CHUNKED + b"2\r\nok\r\n", "close"), httpx.RemoteProtocolError),
    "body cut short by a reset": (say(OK[:-1], "reset"), httpx.ReadError),
    "garbage": (say(b"\x15\x03\x01 this is no HTTP\r\n\r\n"), httpx.RemoteProtocolError),
    "upgrade": (say(b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), httpx.RemoteProtocolError),
    "endless head": (say(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000), httpx.RemoteProtocolError),
    "length stated twice": (say(CHUNKED[:-2] + b"Content-Length: 2\r\n\r\n"), httpx.RemoteProtocolError),
    "gzip broken": (say(packed(b"no gzip")), httpx.DecodingError),
    "gzip cut short": (say(packed(PACKED[:-9])), httpx.DecodingError),
    "gzip without its checksum": (say(packed(PACKED[:-8])), httpx.DecodingError),
}


@pytest.mark.parametrize("kept", [False, True], ids=["fresh", "kept"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("fault", FAULTS)
@running
async def test_faults_after_the_request_left(fault, tls, kept):
    """Each fault after the first byte has its own error, never a connect error, and the request is sent once."""
    script, error = FAULTS[fault]
    if tls and "reset" in fault:
        error = (httpx.ReadError, httpx.RemoteProtocolError)  # the TLS layer may report either

    def serve(peer):
        (ok if kept and peer.requests == 1 else script)(peer)

    async with serving(serve, tls=tls) as server, Transport(tls=client_tls()) as transport:
        if kept:
            await send(transport, server.url)
        with pytest.raises(error):
            await send(transport, server.url, read=SOON if "slow" in fault else 5)
        assert server.requests == [1 + kept]
        if not issubclass(FAULTS[fault][1], httpx.DecodingError):
            await server.peers[0].lost


@running
async def test_refused():
    """A port where nobody listens is a connect error."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with Transport() as transport:
        with pytest.raises(httpx.ConnectError):
            await send(transport, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
@running
async def test_no_address(host):
    """A name that has no address, or cannot have one, is a connect error."""
    async with Transport() as transport:
        with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)) as caught:
            await send(transport, httpx.URL(scheme="http", host="localhost", path="/").copy_with(host=host))
    assert host.split(".")[0] in str(caught.value)


@running
async def test_no_connection_in_time():
    """A host that neither accepts nor refuses is a connect time-out."""
    with silent_host() as listener:
        async with Transport() as transport:
            with pytest.raises(httpx.ConnectTimeout):
                await send(transport, "http://{}:{}/".format(*listener.getsockname()), connect=SOON)


class NamesLoop(asyncio.SelectorEventLoop):
    """A loop in which every name has the same two addresses."""

    async def getaddrinfo(self, *_, **__):
        """Resolves any name."""
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.2", "127.0.0.1")]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address")
@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "silent"])
def test_the_next_address(silent):
    """An address that refuses or stays silent gives way to the host's next one, and comes last from then on."""

    async def use():
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving(say(OK, "close")))
            port = httpx.URL(server.url).port
            if silent:
                stack.enter_context(silent_host("127.0.0.2", port))
            transport = await stack.enter_async_context(Transport())
            for _ in range(2):
                await send(transport, f"http://provider.invalid:{port}/apiv2/hlr", connect=0.4 if silent else 5)
            (pool,) = transport._pools.values()
            assert pool._failing == {"127.0.0.2"}
            assert server.requests == [1, 1]

    with asyncio.Runner(loop_factory=NamesLoop) as runner:
        runner.run(use())


@pytest.mark.parametrize(
    ("on_connect", "error"),
    [
        pytest.param(lambda peer: peer.close(), httpx.ConnectError, id="closed"),
        pytest.param(lambda peer: peer.reset(), httpx.ConnectError, id="reset"),
        pytest.param(lambda peer: peer.say(OK), httpx.ConnectError, id="no tls"),
        pytest.param(nothing, httpx.ConnectTimeout, id="silent"),
    ],
)
@running
async def test_tls_faults(on_connect, error):
    """Until TLS stands the request has not left: connect errors."""
    async with serving(nothing, on_connect=on_connect, scheme="https") as server, Transport() as transport:
        with pytest.raises(error):
            await send(transport, server.url, connect=SOON if error is httpx.ConnectTimeout else 5)


@running
async def test_tls_of_a_stranger():
    """A certificate that nobody vouches for is a connect error; the request has not left."""
    async with serving(ok, tls=True) as server, Transport() as transport:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await send(transport, server.url)
        assert server.received == b""


@pytest.mark.parametrize("end", ["close", "reset"])
@running
async def test_closed_at_accept(end):
    """A connection closed as soon as it was made: a connect error only if the server has seen no byte."""
    async with serving(ok, on_connect=lambda peer: getattr(peer, end)()) as server, Transport() as transport:
        with pytest.raises(httpx.TransportError) as caught:
            await send(transport, server.url)
        expected = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
        assert isinstance(caught.value, expected)
        assert server.received == b""


@running
async def test_request_not_taken():
    """A server that stops reading in the middle of a request is a write time-out."""
    async with (
        serving(nothing, on_connect=lambda peer: peer.transport.pause_reading()) as server,
        Transport() as transport,
    ):
        with pytest.raises(httpx.WriteTimeout):
            await send(transport, server.url, content=bytes(32_000_000), write=SOON, read=SOON / 10)


@running
async def test_reset_in_the_middle_of_the_request():
    """A connection that breaks while the request is being written is a write error."""
    async with serving(nothing) as server, Transport() as transport:
        sending = asyncio.create_task(send(transport, server.url, content=bytes(32_000_000)))
        await server.heard.wait()
        server.peers[0].reset()
        with pytest.raises(httpx.WriteError):
            await sending


@running
async def test_reply_before_the_whole_request():
    """A refusal that comes before the request was read is a normal reply, and the connection is given up."""

    def refuse(peer):
        peer.transport.pause_reading()
        peer.say(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")

    async with serving(nothing, on_connect=refuse) as server, Transport() as transport:
        response = await send(transport, server.url, content=bytes(32_000_000))
        assert response.status_code == 429
        server.peers[0].transport.resume_reading()
        await server.peers[0].lost
        assert server.requests == [0]


@running
async def test_slow_upload_does_not_eat_the_time_of_the_reply():
    """The time for the reply runs from the end of the request, not from its beginning."""
    async with serving(ok) as server, Transport() as transport:
        server.on_connect = lambda peer: peer.transport.pause_reading()
        sending = asyncio.create_task(send(transport, server.url, content=bytes(32_000_000), read=1e-9, write=5))
        await server.met.wait()
        server.peers[0].transport.resume_reading()
        with pytest.raises(httpx.ReadTimeout):
            await sending
        await server.until(1)


@pytest.mark.parametrize("url", ["ftp://localhost/", "//localhost/", "http:///"])
@running
async def test_unusable_addresses(url):
    """An address without http or https, or without a host, is refused before anything is opened."""
    async with Transport() as transport:
        with pytest.raises(httpx.UnsupportedProtocol):
            await send(transport, url)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@running
async def test_a_connection_is_kept(tls):
    """One request after another goes over one connection, at once and in one piece."""
    async with serving(ok, tls=tls) as server, Transport(tls=client_tls()) as transport:
        for _ in range(5):
            assert (await send(transport, server.url)).content == b"ok"
        assert server.requests == [5]


@running
async def test_small_writes_are_not_delayed():
    """Nagle's algorithm is off, so that the second request of a connection does not wait for an acknowledgement."""
    loop = asyncio.get_running_loop()
    async with serving(ok) as server, Transport() as transport:
        await send(transport, server.url)
        (connection,) = transport._pools[loop]._open
        assert connection._transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        pytest.param(CHUNKED + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok", id="chunked"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK, b"ok", id="interim"),
        pytest.param(packed(PACKED), b"hello" * 100, id="gzip"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="no body"),
    ],
)
@running
async def test_replies_that_keep_the_connection(reply, body):
    """Every way of stating a length gives the body and leaves the connection usable."""
    async with serving(say(reply)) as server, Transport() as transport:
        assert [(await send(transport, server.url)).content for _ in range(2)] == [body, body]
        assert server.requests == [2]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(say(b"HTTP/1.1 200 OK\r\n\r\nok", "close"), id="length not stated"),
        pytest.param(say(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")), id="connection: close"),
        pytest.param(say(OK.replace(b"1.1", b"1.0")), id="1.0"),
        pytest.param(say(OK + b"garbage"), id="garbage after it"),
        pytest.param(say(OK + OK), id="another reply after it"),
        pytest.param(say(OK, "close"), id="closed after it"),
    ],
)
@running
async def test_replies_that_end_the_connection(script):
    """The reply is good, and the next request gets a connection of its own."""
    async with serving(script) as server, Transport() as transport:
        for _ in range(2):
            assert (await send(transport, server.url)).content == b"ok"
        assert server.requests == [1, 1]
        await asyncio.gather(*(peer.lost for peer in server.peers))


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda _: None, id="closed"),
        pytest.param(lambda end: end.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n"), id="said something first"),
    ],
)
@running
async def test_an_idle_connection_that_ended_is_not_used(leave):
    """An end that only the system knows of yet is seen before a byte is written."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        async with Transport() as transport:
            for _ in range(2):
                sending = asyncio.create_task(send(transport, "http://{}:{}/".format(*listener.getsockname())))
                end, _ = await loop.sock_accept(listener)
                await loop.sock_recv(end, 1000)
                await loop.sock_sendall(end, OK)
                assert (await sending).content == b"ok"
                leave(end)
                end.close()  # and the loop does not turn before the next request


@running
async def test_an_idle_connection_that_speaks_is_closed():
    """Bytes that nobody asked for end a connection: they must not pass for the next reply."""
    async with serving(ok) as server, Transport(keep_alive=60) as transport:
        await send(transport, server.url)
        server.peers[0].say(OK)
        await server.peers[0].lost
        await send(transport, server.url)
        assert server.requests == [1, 1]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@running
async def test_the_end_of_the_other_side_is_enough(tls):
    """A connection is not used from the moment that the server's end is known, before the socket is closed."""
    loop = asyncio.get_running_loop()
    async with serving(ok, tls=tls) as server, Transport(tls=client_tls()) as transport:
        await send(transport, server.url)
        (connection,) = transport._pools[loop]._open
        connection.eof_received()
        await send(transport, server.url)
        assert server.requests == [1, 1]


@running
async def test_the_connection_used_last_is_used_next():
    """Idle connections are a stack: the freshest is the least likely to be stale, and surplus ones can expire."""
    async with serving(nothing) as server, Transport() as transport:
        sending = [asyncio.create_task(send(transport, server.url)) for _ in range(3)]
        await server.until(3)
        order = [1, 2, 0]
        for index in order:
            server.peers[index].say(OK)
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
            sending = [task for task in sending if not task.done()]
        for index in reversed(order):
            sending.append(asyncio.create_task(send(transport, server.url)))
            await server.until(3 + len(sending))
            assert server.requests[index] == 2
        for peer in server.peers:
            peer.say(OK)
        await asyncio.gather(*sending)


@running
async def test_an_idle_connection_expires():
    """A connection that was idle for long enough is closed without another request."""
    async with serving(ok) as server, Transport(keep_alive=0.01) as transport:
        await send(transport, server.url)
        await server.peers[0].lost
        await send(transport, server.url)
        assert server.requests == [1, 1]


@running
async def test_expiry_does_not_depend_on_the_timer():
    """A connection past its time is not used, even if a busy loop has not closed it yet."""
    async with serving(ok) as server, Transport(keep_alive=0) as transport:
        for _ in range(3):
            await send(transport, server.url)
        assert server.requests == [1, 1, 1]


@running
async def test_origins_do_not_mix():
    """Each host and port has its own connections."""
    async with serving(say(OK)) as one, serving(say(OK.replace(b"ok", b"no"))) as other, Transport() as transport:
        for _ in range(2):
            assert (await send(transport, one.url)).content == b"ok"
            assert (await send(transport, other.url)).content == b"no"
        assert (one.requests, other.requests) == ([2], [2])


@running
async def test_210_at_once():
    """As many connections as requests at once, and the same connections for the next wave."""
    waiting = []

    def serve(peer):
        waiting.append(peer)
        if len(waiting) == 210:
            for each in waiting:
                each.say(OK)
            waiting.clear()

    async with serving(serve) as server, Transport() as transport:
        for _ in range(3):
            await asyncio.gather(*(send(transport, server.url) for _ in range(210)))
        assert server.requests == [3] * 210


@running
async def test_cancelled_while_connecting():
    """A request cancelled before TLS stands never leaves: the server gets its greeting and then the end."""
    async with serving(nothing, scheme="https") as server, Transport() as transport:
        sending = asyncio.create_task(send(transport, server.url))
        await server.heard.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        (peer,) = server.peers
        await peer.lost
        handshake, length = peer.received[0], int.from_bytes(peer.received[3:5])
        assert (handshake, len(peer.received)) == (22, 5 + length)


@running
async def test_cancelled_in_flight():
    """A cancellation closes the connection, so that the server learns of it, and the next request has another."""
    async with serving(nothing) as server, Transport() as transport:
        sending = asyncio.create_task(send(transport, server.url))
        await server.until(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await server.peers[0].lost
        server.peers.clear()
        with pytest.raises(httpx.ReadTimeout):
            await send(transport, server.url, read=SOON)
        assert server.requests == [1]


@pytest.mark.parametrize("stop", ["cancel", "aclose"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@running
async def test_stopped_at_any_moment(tls, stop):
    """Wherever a stop falls, the request left whole or not at all, and a connect error means not at all."""
    ends = set()
    for turns in range(1, 40):
        async with serving(ok, tls=tls) as server, Transport(tls=client_tls()) as transport:
            sending = asyncio.create_task(send(transport, server.url))
            for _ in range(turns):
                await asyncio.sleep(0)
            if stop == "cancel":
                sending.cancel()
            else:
                await transport.aclose()
            (end,) = await asyncio.gather(sending, return_exceptions=True)
            ends.add(type(end))
            await asyncio.gather(*(peer.lost for peer in server.peers if stop == "aclose" or peer.requests == 0))
            assert sum(server.requests) == bool(server.received)
            assert not (isinstance(end, httpx.ConnectError) and server.received)
    early = {asyncio.CancelledError} if stop == "cancel" else {httpx.ConnectError, httpx.ReadError}
    assert ends <= early | {httpx.Response}
    assert httpx.Response in ends
    assert ends & early


@running
async def test_closing_ends_requests_in_flight():
    """A request in flight fails with httpx's own error when the transport is closed, and its connection ends."""
    async with serving(nothing) as server:
        transport = Transport()
        sending = asyncio.create_task(send(transport, server.url))
        await server.heard.wait()
        await transport.aclose()
        with pytest.raises(httpx.ReadError, match="closed"):
            await sending
        await server.peers[0].lost


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@running
async def test_closed_means_closed(tls):
    """When closing returns, the sockets are closed, so that a loop may end right after it."""
    loop = asyncio.get_running_loop()
    async with serving(ok, tls=tls) as server:
        transport = Transport(tls=client_tls())
        await send(transport, server.url)
        (connection,) = transport._pools[loop]._open
        await transport.aclose()
        assert connection.lost.done()


@running
async def test_a_closed_transport_opens_again():
    """Closing means the connections, not the transport; closing twice does nothing."""
    async with serving(ok) as server:
        transport = Transport()
        for _ in range(2):
            await send(transport, server.url)
            await transport.aclose()
            await transport.aclose()
        assert server.requests == [1, 1]


def test_several_loops_one_after_another():
    """Connections end with their loop, closed or not, and the next loop makes its own."""
    transport = Transport(keep_alive=60)

    async def use():
        async with serving(ok) as server:
            await send(transport, server.url)
            await send(transport, server.url)
            return server.requests

    assert [asyncio.run(use()) for _ in range(3)] == [[2], [2], [2]]
    assert len(transport._pools) == 1
    asyncio.run(transport.aclose())
    assert transport._pools == {}


def test_closing_from_another_loop():
    """A transport can be closed from another thread's loop: the connections end in their own."""

    async def use():
        async with serving(ok) as server:
            transport = Transport(keep_alive=60)
            await send(transport, server.url)
            await asyncio.to_thread(asyncio.run, transport.aclose())
            await server.peers[0].lost

    asyncio.run(use())


@running
async def test_the_certificates_of_the_environment(monkeypatch):
    """By default servers are checked as httpx checks them: SSL_CERT_FILE names whom to trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with serving(ok, tls=True) as server, Transport() as transport:
        assert (await send(transport, server.url)).content == b"ok"


@running
async def test_under_a_client():
    """Under httpx's client it behaves as httpx's own transport does: time taken, decoded text, error with request."""
    async with serving(say(packed(PACKED))) as server, httpx.AsyncClient(transport=Transport()) as client:
        response = await client.post(server.url, json={})
        assert response.text == "hello" * 100
        assert response.elapsed.total_seconds() > 0
    async with httpx.AsyncClient(transport=Transport(), timeout=SOON) as client, serving(nothing) as server:
        with pytest.raises(httpx.ReadTimeout) as caught:
            await client.post(server.url, json={})
        assert caught.value.request.url == server.url


@running
async def test_an_upload_in_parts_is_refused():
    """A body whose length is not known beforehand is refused before anything is opened."""

    async def parts():
        yield b"a"

    async with serving(ok) as server, httpx.AsyncClient(transport=Transport()) as client:
        with pytest.raises(httpx.LocalProtocolError):
            await client.post(server.url, content=parts())
        assert server.peers == []


@running
async def test_no_time_limits():
    """A request without time-outs waits for its reply."""
    async with serving(ok) as server, Transport() as transport:
        response = await transport.handle_async_request(httpx.Request("POST", server.url, content=b"{}"))
        assert await response.aread() == b"ok"
