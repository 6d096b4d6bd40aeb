"""The emulator on a socket: HTTP/1.1 on the loopback, for other processes, other languages and real faults."""

import asyncio
import contextlib
import gzip
import socket
import struct
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import Final, cast

import h11

from hlrframe.emulator.faults import Fault
from hlrframe.emulator.requests import Call
from hlrframe.emulator.service import Emulator, Reply, Ticket
from hlrframe.system import sealed

__all__ = ["running", "serve", "serve_forever"]

#: Connections that may wait to be accepted: a client opens all of its 210 at once.
_BACKLOG: Final = 1024
#: Bodies shorter than this are not worth compressing.
_GZIP_FROM: Final = 500
#: With this the kernel answers a close by RST in place of FIN.
_LINGER_ZERO: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_RESETS: Final = frozenset({Fault.REFUSED, Fault.RESET_BEFORE, Fault.RESET_AFTER_BILLING})


class _Connection(asyncio.Protocol):
    """One client connection: one request after the other."""

    def __init__(self, emulator: Emulator, peers: set["_Connection"]) -> None:
        self._emulator = emulator
        self._peers = peers
        self._http = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peers.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the name is the protocol's
        self._peers.discard(self)
        self._gone.set()
        # A client that went away frees its slot at once.
        if self._answering is not None:
            self._answering.cancel()

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._proceed()

    async def abort(self) -> None:
        self._transport.abort()
        await self._gone.wait()

    def _proceed(self) -> None:
        try:
            self._advance()
        except h11.RemoteProtocolError:
            self._transport.close()

    def _advance(self) -> None:
        """Reads events up to the end of one request; bytes of a next one wait in the parser."""
        while self._answering is None:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._request, self._body = event, bytearray()
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._answering = asyncio.get_running_loop().create_task(self._answer())
            else:
                break
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    async def _answer(self) -> None:
        request = cast("h11.Request", self._request)
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        call = Call(
            path=request.target.decode("latin-1").partition("?")[0],
            body=bytes(self._body),
            method=request.method.decode(),
            content_type=headers.get("content-type", ""),
        )
        with self._emulator.receive(call, now=asyncio.get_running_loop().time()) as ticket:
            await asyncio.sleep(ticket.delay)
            self._carry_out(ticket, zipped="gzip" in headers.get("accept-encoding", ""))
        self._answering = None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._proceed()
        else:
            self._transport.close()

    def _carry_out(self, ticket: Ticket, *, zipped: bool) -> None:
        if ticket.fault in _RESETS:
            linger = cast("socket.socket", self._transport.get_extra_info("socket"))
            linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            self._transport.abort()
        elif ticket.fault is not Fault.DROP_AFTER_BILLING:
            self._write(ticket.deliver(), zipped=zipped, cut=ticket.fault is Fault.TRUNCATED)

    def _write(self, reply: Reply, *, zipped: bool, cut: bool) -> None:
        headers = [("Content-Type", "application/json"), *reply.headers]
        body = reply.body
        if zipped and len(body) >= _GZIP_FROM:
            headers.append(("Content-Encoding", "gzip"))
            body = gzip.compress(body, compresslevel=1)
        headers.append(("Content-Length", str(len(body))))
        head = h11.Response(status_code=reply.status, headers=headers)
        if cut:
            self._send(head, h11.Data(data=body[: len(body) // 2]))
        else:
            self._send(head, h11.Data(data=body), h11.EndOfMessage())

    def _send(self, *events: h11.Event) -> None:
        self._transport.write(b"".join(self._http.send(event) or b"" for event in events))


@contextlib.asynccontextmanager
@sealed
async def serve(emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves an emulator in the running event loop.

    Args:
        emulator: Who answers.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.

    Yields:
        The base URL, for a client's ``base_url``.

    Raises:
        OSError: The address is taken or is not this machine's.
    """
    peers: set[_Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(emulator, peers), host, port, backlog=_BACKLOG)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}/apiv2"
    finally:
        server.close()
        await asyncio.gather(*(peer.abort() for peer in tuple(peers)))
        await server.wait_closed()


@contextlib.contextmanager
@sealed
def running(emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serves an emulator in a thread of its own; otherwise as :func:`serve`.

    >>> import httpx
    >>> with running(Emulator(credits=10)) as url:
    ...     httpx.post(f"{url}/balance", json={"api_key": "emulator", "api_secret": "emulator"}).json()
    {'Status': 'OK', 'Credits': 10}
    """
    started: Future[tuple[str, Callable[[], None]]] = Future()
    thread = threading.Thread(target=_run, args=(emulator, host, port, started), name="hlrframe-emulator", daemon=True)
    thread.start()
    url, stop = started.result()
    try:
        yield url
    finally:
        stop()
        thread.join()


def _run(emulator: Emulator, host: str, port: int, started: Future[tuple[str, Callable[[], None]]]) -> None:
    async def main() -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        async with serve(emulator, host=host, port=port) as url:
            started.set_result((url, lambda: cast("None", loop.call_soon_threadsafe(end.set))))
            await end.wait()

    try:
        asyncio.run(main())
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


@sealed
def serve_forever(
    emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0, announce: Callable[[str], None] = lambda _: None
) -> None:
    """Serves an emulator until Ctrl-C.

    Args:
        emulator: Who answers.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        announce: Called once with the base URL, when the server is ready.

    Raises:
        OSError: The address is taken or is not this machine's.
    """

    async def main() -> None:
        async with serve(emulator, host=host, port=port) as url:
            announce(url)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
