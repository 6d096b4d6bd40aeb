"""A server for one test: it hands every request that has wholly arrived to the test's own script."""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from pathlib import Path

CERTIFICATE = Path(__file__).parents[1] / "data" / "localhost_for_tests_only.pem"
WHOLE = re.compile(rb"POST [^\r]+\r\n(?:[^\r]+\r\n)*?Content-Length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n", re.IGNORECASE)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer(asyncio.Protocol):
    """The server's end of one connection.

    Attributes:
        received: Every byte that came.
        requests: Requests that came whole.
        lost: Done when the connection is closed.
    """

    def __init__(self, server, script):
        self.server = server
        self.script = script
        self.received = b""
        self.requests = 0
        self.taken = 0
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        """Does what the test wants done at accept."""
        self.transport = transport
        self.server.peers.append(self)
        self.server.met.set()
        self.server.on_connect(self)

    def data_received(self, data):
        """Hands every whole request to the script."""
        self.received += data
        self.server.heard.set()
        while (head := WHOLE.match(self.received, self.taken)) and len(self.received) >= head.end() + int(head[1]):
            self.taken = head.end() + int(head[1])
            self.requests += 1
            self.script(self)

    def connection_lost(self, _):
        """Takes note."""
        self.lost.set_result(None)

    def say(self, data):
        """Sends bytes as they are."""
        self.transport.write(data)

    def close(self):
        """Ends the connection after what was said."""
        self.transport.close()

    def reset(self):
        """Ends the connection with RST."""
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


class Server:
    """Where it listens, and its connections in the order in which they came.

    Attributes:
        met: Set by a connection.
        heard: Set by any bytes.
    """

    def __init__(self, on_connect):
        self.on_connect = on_connect
        self.met = asyncio.Event()
        self.heard = asyncio.Event()
        self.peers = []
        self.url = ""

    @property
    def received(self):
        """Every byte that came, over all connections."""
        return b"".join(peer.received for peer in self.peers)

    @property
    def requests(self):
        """Whole requests of each connection."""
        return [peer.requests for peer in self.peers]

    async def until(self, requests):
        """Waits for so many whole requests in all."""
        while sum(self.requests) < requests:
            self.heard.clear()
            await self.heard.wait()


@contextlib.asynccontextmanager
async def serving(script, *, on_connect=lambda _: None, tls=False, scheme=None):
    """Serves on the loopback; the scheme of the URL can be made to lie."""
    server = Server(on_connect)
    context = server_tls() if tls else None
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Peer(server, script), "127.0.0.1", 0, backlog=512, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"{scheme or ('https' if tls else 'http')}://127.0.0.1:{port}/apiv2/hlr"
    try:
        yield server
    finally:
        listener.close()
        for peer in server.peers:
            peer.transport.abort()
        await asyncio.gather(*(peer.lost for peer in server.peers))


def server_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def client_tls():
    """Trusts the certificate of the tests alone."""
    return ssl.create_default_context(cafile=CERTIFICATE)


@contextlib.contextmanager
def silent_host(host="127.0.0.1", port=0):
    """Gives an address where a connection is neither made nor refused: the listener's queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        stack.enter_context(socket.create_connection(listener.getsockname()))
        yield listener
