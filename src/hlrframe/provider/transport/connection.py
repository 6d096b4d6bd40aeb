"""One socket as an asyncio protocol: a request out, a whole reply in, and the exact error if not."""

import asyncio
import select
import sys
from collections.abc import Mapping
from typing import Protocol, cast

import httpx

from hlrframe.provider.transport.http1 import Reply, ReplyReader

__all__ = ["Connection", "Timeouts"]

#: Bytes that one reply may have in any case, and those that all may have together that are not taken yet, whole or not.
SHARE = 256 * 1024
MOST_HELD = 64 * 1024 * 1024
#: Seconds by the names that httpx gives them; ``None`` or absent for no limit.
Timeouts = Mapping[str, float | None]


class Owner(Protocol):
    """Keeps connections."""

    def opened(self, connection: "Connection", /) -> None:
        """A connection is ready."""

    def closed(self, connection: "Connection", /) -> None:
        """A connection is gone."""

    @property
    def held(self) -> int:
        """Bytes of replies that nobody has taken yet, over all connections."""


# Many methods: asyncio itself calls six of them, and one request's time-outs belong to the connection that carries it.
class Connection(asyncio.Protocol):
    """One connection: a request at a time, then its whole reply.

    Args:
        loop: The event loop that it belongs to.
        owner: Whom to tell that it is ready, and that it is gone.

    Attributes:
        lost: Done when the socket is closed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: Owner) -> None:
        self.lost = loop.create_future()
        self._loop = loop
        self._owner = owner
        self._reader = ReplyReader()
        self._transport: asyncio.Transport
        self._timeouts: Timeouts = {}
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._writing = False

    @property
    def held(self) -> int:
        """Bytes of a reply that nobody has taken yet: none, while no request is in flight."""
        return self._reader.held

    @property
    def usable(self) -> bool:
        """Whether both sides may still write, as far as the event loop knows."""
        return not (self._writing or self._transport.is_closing())

    @property
    def silent(self) -> bool:
        """Whether the system, too, has nothing to read: no end, no reset and no byte that nobody asked for."""
        sock = self._transport.get_extra_info("socket")
        if sys.platform == "win32":
            return not select.select([sock], [], [], 0)[0]
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return not poll.poll(0)

    async def exchange(self, message: bytes, timeouts: Timeouts) -> Reply:
        """Sends a request and gives the reply; the connection is closed if that fails or is cancelled.

        There is no await before the write, so a cancellation comes either before all of it or after.
        """
        self._timeouts = timeouts
        self._waiter = self._loop.create_future()
        self._transport.write(message)
        self._start_timer()
        try:
            reply = await self._waiter
            if not self._reader.keep_alive:
                self.abort()
        except BaseException:
            self.abort()
            raise
        finally:
            self._stop_timer()
            self._waiter = None
            # Neither an idle connection nor whoever keeps an error shall keep a reply, whole or not.
            self._reader.begin()
        return reply

    def abort(self) -> None:
        """Closes the socket at once; what was not written yet is never written."""
        self._transport.abort()

    def fail(self, error: httpx.TransportError) -> None:
        """Closes the socket at once, and the request in flight fails."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
            self._reader.begin()  # what came of the reply makes room for others at once
        self.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected and, where asked for, encrypted."""
        self._transport = cast("asyncio.Transport", transport)
        # What is unwritten counts as writing, so that the time-outs tell a stuck request from a slow reply.
        # Not high=0: asyncio's TLS would pause with every write, with nothing unwritten.
        self._transport.set_write_buffer_limits(high=1, low=0)
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came; those that nobody asked for make the connection useless."""
        if self._waiter is None or self._waiter.done():
            self.abort()
            return
        try:
            self._reader.feed(data)
        except httpx.RemoteProtocolError as error:
            self.fail(error)
            return
        if self.held > SHARE and self._owner.held > MOST_HELD:
            self.fail(httpx.RemoteProtocolError("the replies are too long together"))
        else:
            self._deliver()

    def eof_received(self) -> None:
        """The other side will send nothing more."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._end(exc)
        self._owner.closed(self)
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """The system takes no more bytes for now."""
        self._writing = True

    def resume_writing(self) -> None:
        """The request has been handed to the system to its last byte."""
        self._writing = False
        if self._waiter is not None and not self._waiter.done():
            self._start_timer()

    def _deliver(self) -> None:
        if self._reader.reply is not None and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(self._reader.reply)

    def _end(self, cause: Exception | None) -> None:
        if cause is None:
            self._reader.finish()
            self._deliver()
            self.fail(httpx.RemoteProtocolError("the server closed the connection without a whole reply"))
        elif self._writing or isinstance(cause, BrokenPipeError):
            self.fail(httpx.WriteError(f"the connection broke: {cause}"))
        else:
            self.fail(httpx.ReadError(f"the connection broke: {cause}"))

    def _start_timer(self) -> None:
        self._stop_timer()
        seconds = self._timeouts.get("write" if self._writing else "read")
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self._expire, seconds)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self, seconds: float) -> None:
        if self._writing:
            self.fail(httpx.WriteTimeout(f"the server did not take the request in {seconds:g} s"))
        else:
            self.fail(httpx.ReadTimeout(f"no whole reply in {seconds:g} s"))
