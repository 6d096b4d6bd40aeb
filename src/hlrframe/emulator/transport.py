"""The emulator inside the process: an httpx transport without a socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx

from hlrframe.emulator.faults import Fault
from hlrframe.emulator.requests import Call
from hlrframe.emulator.service import Emulator, Reply, Ticket
from hlrframe.system import sealed_class

__all__ = ["EmulatorTransport"]

#: What a socket would show of each fault, before a reply.
_ERRORS: Final = {
    Fault.REFUSED: (httpx.ConnectError, "All connection attempts failed"),
    Fault.RESET_BEFORE: (httpx.ReadError, "Connection reset by peer"),
    Fault.RESET_AFTER_BILLING: (httpx.ReadError, "Connection reset by peer"),
    Fault.DROP_AFTER_BILLING: (httpx.RemoteProtocolError, "Server disconnected without sending a response."),
}


@sealed_class
class EmulatorTransport(httpx.AsyncBaseTransport):
    """Carries requests to an emulator and its tickets back, in the time of the running event loop.

    Faults become the httpx errors that a socket would show; an answer slower than the request's read time-out
    becomes :class:`httpx.ReadTimeout`.

    Args:
        emulator: Who answers.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        call = Call(
            path=request.url.path,
            body=await request.aread(),
            method=request.method,
            content_type=request.headers.get("Content-Type", ""),
        )
        with self._emulator.receive(call, now=asyncio.get_running_loop().time()) as ticket:
            await _wait(ticket, request)
            if ticket.fault in _ERRORS:
                kind, message = _ERRORS[ticket.fault]
                raise kind(message, request=request)
            return _response(ticket.deliver(), request, cut=ticket.fault is Fault.TRUNCATED)


async def _wait(ticket: Ticket, request: httpx.Request) -> None:
    limit = request.extensions.get("timeout", {}).get("read")
    late = limit is not None and ticket.delay > limit
    await asyncio.sleep(limit if late else ticket.delay)
    if late:
        raise httpx.ReadTimeout("The read operation timed out", request=request)


def _response(reply: Reply, request: httpx.Request, *, cut: bool) -> httpx.Response:
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(reply.body))), *reply.headers]
    if cut:
        return httpx.Response(reply.status, headers=headers, stream=_Cut(reply.body), request=request)
    return httpx.Response(reply.status, headers=headers, content=reply.body, request=request)


class _Cut(httpx.AsyncByteStream):
    """Half of a body, then the end of the connection."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
