"""HTTP/1.1 over kept-alive connections, exact about whether a request left.

::

    pool         the connections of one event loop   <- open this first
    connection   one socket: a request out, a whole reply in, and the exact error if not
    http1        HTTP/1.1 as bytes

A lookup is paid for, so each failure must say on which side of the first byte it happened::

    nothing left       LocalProtocolError, UnsupportedProtocol, ConnectError, ConnectTimeout: safe to ask again
    perhaps it arrived WriteError, WriteTimeout, ReadError, ReadTimeout, RemoteProtocolError, DecodingError

A request goes out on one connection, whole and once: nothing is retried, and nothing leaves after a cancellation.
Connections are kept in a stack, newest on top, so that finding one costs the same with 210 of them as with one.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

import httpx

from hlrframe.provider.transport import http1
from hlrframe.provider.transport.connection import Timeouts
from hlrframe.provider.transport.http1 import Reply, plain, respond, serialize, unpacked, written
from hlrframe.provider.transport.pool import Pool

__all__ = ["Post", "Reply", "Transport", "posted", "whole_body"]

#: Seconds for which an idle connection is kept: less than servers and load balancers keep theirs.
KEEP_ALIVE = 4.0
#: Opening, writing and reading have a time-out each; a transport that is not ours may not keep to them as a whole.
STAGES: Final = 3


class Post(NamedTuple):
    """A POST that is to be sent."""

    url: httpx.URL
    #: Without ``Host`` and ``Content-Length``, which follow from the others.
    headers: Sequence[tuple[bytes, bytes]]
    content: bytes
    #: Seconds to connect, and to write and to wait for the whole reply.
    wait: float
    #: Seconds to wait for the reply, where that may take longer.
    patience: float | None = None

    @property
    def timeouts(self) -> Timeouts:
        """The time-outs of each stage."""
        return {"connect": self.wait, "read": self.patience or self.wait, "write": self.wait, "pool": self.wait}


async def posted(transport: httpx.AsyncBaseTransport, post: Post) -> Reply:
    """Sends a POST over any transport, and gives the whole reply, unpacked.

    Over :class:`Transport` itself it goes without httpx's objects, whose making takes as long as everything else
    about a request.

    Raises:
        httpx.TransportError: What the transport raises; see :class:`Transport` for ours.
        httpx.StreamError: The same.
        httpx.DecodingError: The body is packed in a way that nobody asked for, or badly.
        TimeoutError: Another transport did not keep to the time-outs.
    """
    # One that derives from it may have its own way with each request.
    if isinstance(transport, Transport) and type(transport).handle_async_request is Transport.handle_async_request:
        return await transport.post(post)
    extensions = {"timeout": post.timeouts}
    request = httpx.Request("POST", post.url, headers=list(post.headers), content=post.content, extensions=extensions)
    async with asyncio.timeout(STAGES * (post.patience or post.wait)):
        reply = await transport.handle_async_request(request)
        try:
            return Reply(reply.status_code, reply.headers.raw, await whole_body(reply))
        finally:
            await reply.aclose()


async def whole_body(reply: httpx.Response) -> bytes:
    """Reads a reply of any transport to its end, unpacked, and no further than a reply may be long.

    Raises:
        httpx.RemoteProtocolError: It is too long.
        httpx.DecodingError: It is packed in a way that nobody asked for, or badly.
        httpx.TransportError: What its transport raises.
    """
    if reply.is_stream_consumed:  # whoever made it has read and unpacked it
        return reply.content
    body = bytearray()
    async for piece in reply.aiter_raw():
        body += piece
        if len(body) > http1.MAX_REPLY:
            raise httpx.RemoteProtocolError(f"the reply is too long: {len(body)} bytes and no end")
    return unpacked(reply.headers.raw, bytes(body))


class Transport(httpx.AsyncBaseTransport):
    """Sends each request at once, over a kept-alive connection where one is idle; the caller limits how many.

    It may be used from several event loops, and again after :meth:`aclose`. There are no proxies, no redirects and no
    retries. Replies are read whole, up to a few megabytes. Those packed with gzip are unpacked here, since httpx takes
    one that was cut short for a whole one; another packing is an error: leave it out of ``Accept-Encoding``.

    The time-outs of a request are httpx's own: ``connect`` (address, socket and TLS together), ``write`` (until the
    system has taken all of the request) and ``read`` (from then until the reply is whole); ``pool`` means
    nothing here.

    Args:
        tls: How to check servers; by default as httpx does, which honours ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
        keep_alive: Seconds after which an idle connection is closed.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, keep_alive: float = KEEP_ALIVE) -> None:
        self._given_tls = tls
        self._keep_alive = keep_alive
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and gives its reply, the body included.

        Raises:
            httpx.UnsupportedProtocol: Neither http nor https; nothing was sent.
            httpx.LocalProtocolError: The request cannot be written as HTTP/1.1 by this transport; nothing was sent.
            httpx.ConnectError: No address, no socket or no TLS; nothing was sent.
            httpx.ConnectTimeout: The same, in time; nothing was sent.
            httpx.WriteError: The connection broke while the request was being written.
            httpx.WriteTimeout: The server did not take the whole request in time.
            httpx.ReadError: The connection broke before the reply was whole, or the transport was closed.
            httpx.ReadTimeout: The reply was not whole in time.
            httpx.RemoteProtocolError: The reply is not HTTP, too long, or ended before it was whole.
            httpx.DecodingError: The body is not the gzip that its headers promise, or was cut short.
        """
        _refuse_others(request.url)
        message = serialize(request, await request.aread())
        return respond(await self._exchange(request.url, message, request.extensions.get("timeout", {})))

    async def post(self, post: Post) -> Reply:
        """Sends a POST and gives its reply, unpacked; see :meth:`handle_async_request` for what is raised."""
        _refuse_others(post.url)
        headers = [(b"Host", post.url.netloc), *post.headers, (b"Content-Length", b"%d" % len(post.content))]
        message = written(b"POST", post.url.raw_path, headers, post.content)
        return plain(await self._exchange(post.url, message, post.timeouts))

    async def _exchange(self, url: httpx.URL, message: bytes, timeouts: Timeouts) -> Reply:
        tls = self._tls if url.scheme == "https" else None
        pool = await self._pool()
        return await pool.exchange(url, message, timeouts=timeouts, tls=tls)

    async def aclose(self) -> None:
        """Closes every connection; requests in flight fail with :class:`httpx.ReadError`."""
        running = asyncio.get_running_loop()
        while self._pools:
            loop, pool = self._pools.popitem()
            if loop is running:
                await pool.guard.aclose()
            else:
                with contextlib.suppress(RuntimeError):  # that loop has ended, and closed its pool
                    loop.call_soon_threadsafe(pool.close)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """One for all connections: making one takes longer than a lookup may."""
        return self._given_tls or httpx.create_ssl_context()

    async def _pool(self) -> Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            for other in tuple(self._pools):
                if other.is_closed():
                    del self._pools[other]
            pool = self._pools[loop] = Pool(loop, self._keep_alive)
            await anext(pool.guard)
        return pool


def _refuse_others(url: httpx.URL) -> None:
    if url.scheme not in ("http", "https") or not url.host:
        raise httpx.UnsupportedProtocol(f"this transport speaks http and https, not {url.scheme!r}")
