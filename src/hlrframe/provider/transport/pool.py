"""The connections of one event loop: a stack of idle ones for each origin, and the opening of new ones."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator

import httpx

from hlrframe.provider.transport.connection import Connection, Timeouts
from hlrframe.provider.transport.http1 import Reply

__all__ = ["Pool"]


class Pool:
    """The connections of one event loop, idle ones stacked by origin.

    Attributes:
        loop: The event loop to which all of it belongs.
        guard: Closing this generator closes the pool.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, keep_alive: float) -> None:
        self.loop = loop
        self.guard = self._until_the_loop_ends()
        self._keep_alive = keep_alive
        self._open: set[Connection] = set()
        self._idle: dict[tuple[str, bytes], dict[Connection, asyncio.TimerHandle]] = {}
        self._failing: set[str] = set()
        self._is_closed = False

    async def exchange(
        self, url: httpx.URL, message: bytes, *, timeouts: Timeouts, tls: ssl.SSLContext | None
    ) -> Reply:
        """Sends a request over an idle connection, or else over a new one, and gives the reply."""
        idle = self._idle.setdefault((url.scheme, url.netloc), {})
        connection = self._take(idle) or await self._connect(url, timeouts.get("connect"), tls)
        reply = await connection.exchange(message, timeouts)
        if connection.usable:
            idle[connection] = self.loop.call_later(self._keep_alive, connection.abort)
        else:
            connection.abort()
        return reply

    def opened(self, connection: Connection) -> None:
        """A connection is ready; in a pool that was closed meanwhile it must not carry anything."""
        self._open.add(connection)
        if self._is_closed:
            connection.abort()

    def closed(self, connection: Connection) -> None:
        """A connection is gone."""
        self._open.discard(connection)
        for idle in self._idle.values():
            if expiry := idle.pop(connection, None):
                expiry.cancel()

    @property
    def held(self) -> int:
        """Bytes of replies that nobody has taken yet, over all connections."""
        return sum(connection.held for connection in self._open)

    def close(self) -> None:
        """Closes all connections at once; requests in flight fail."""
        self._is_closed = True
        for connection in tuple(self._open):
            connection.fail(httpx.ReadError("the transport was closed with the request in flight"))

    def _take(self, idle: dict[Connection, asyncio.TimerHandle]) -> Connection | None:
        while idle:
            connection, expiry = idle.popitem()
            expiry.cancel()
            # The timer runs late in a busy loop, and the loop may not have looked at the socket for as long.
            if expiry.when() > self.loop.time() and connection.usable and connection.silent:
                return connection
            connection.abort()
        return None

    async def _connect(self, url: httpx.URL, seconds: float | None, tls: ssl.SSLContext | None) -> Connection:
        host = url.raw_host.decode("ascii")
        try:
            async with asyncio.timeout(seconds):
                connection = await self._reach(host, url.port or (443 if tls else 80), seconds=seconds, tls=tls)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"no connection to {host} in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no connection to {host}: {error}") from error
        if not connection.usable:
            raise httpx.ConnectError(f"the connection to {host} was closed before anything was sent")
        return connection

    async def _reach(self, host: str, port: int, *, seconds: float | None, tls: ssl.SSLContext | None) -> Connection:
        """Tries the addresses of a host in turn, each for its share of the time, those that failed last time last.

        asyncio would try them side by side (happy eyeballs), but leaves sockets open when it is cancelled in that.
        """
        addresses = sorted(await self._addresses(host), key=self._failing.__contains__)
        share = None if seconds is None else seconds / max(1, len(addresses))
        failure: OSError = socket.gaierror(f"{host} has no address")
        for address in addresses:
            try:
                async with asyncio.timeout(share):
                    _, connection = await self.loop.create_connection(
                        lambda: Connection(self.loop, self),
                        address,
                        port,
                        ssl=tls,
                        server_hostname=host if tls else None,
                    )
            except OSError as error:
                failure = error
                self._failing.add(address)
            else:
                self._failing.discard(address)
                return connection
        raise failure

    async def _addresses(self, host: str) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            found = await self.loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def _until_the_loop_ends(self) -> AsyncGenerator[None]:
        # asyncio closes the generators of a loop before it closes the loop: so a pool that nobody closed leaves no
        # socket behind.
        try:
            yield
        finally:
            self.close()
            await asyncio.gather(*(connection.lost for connection in self._open))
