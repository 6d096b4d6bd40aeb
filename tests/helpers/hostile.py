"""A provider that means harm: it answers raw bytes over a real socket, and keeps its bill all the same."""

import asyncio
import contextlib
import json
import threading

from helpers.transports import Peer, Server
from hlrframe.emulator import Call, Emulator

#: Stands for a value in JSON until the bytes are put in its place.
MARK = "@poison@"


def packet(body=b"", *, status=200, head=b"", length=None):
    """A reply on the wire, whose headers may lie."""
    length = len(body) if length is None else length
    return b"HTTP/1.1 %d X\r\n%bContent-Length: %d\r\n\r\n%b" % (status, head, length, body)


class Request:
    """One request that has wholly arrived, and the ways in which it can be answered.

    Attributes:
        body: Its body.
        path: Its path.
    """

    def __init__(self, peer, path, body):
        self.peer = peer
        self.path = path
        self.body = body

    @property
    def numbers(self):
        """The numbers that it asks about."""
        return [each["telephone_number"] for each in json.loads(self.body).get("requests", ())]

    def say(self, data):
        """Sends bytes as they are, unless the client has gone."""
        if not self.peer.transport.is_closing():
            self.peer.say(data)

    def later(self, seconds, do):
        """Does something after a while."""
        asyncio.get_running_loop().call_later(seconds, do)

    def close(self):
        """Ends the connection after what was said."""
        self.peer.close()

    def reset(self):
        """Ends the connection with RST."""
        self.peer.reset()

    def pour(self, piece, *, pause=0.0):
        """Sends the same bytes again and again, as long as the client takes them."""

        async def on():
            transport = self.peer.transport
            while not transport.is_closing():
                if transport.get_write_buffer_size() < 1 << 20:
                    transport.write(piece)
                await asyncio.sleep(pause)

        self.peer.server.tasks.append(asyncio.get_running_loop().create_task(on()))


def _taken(peer):
    """Gives the request that has just arrived."""
    data = peer.received[: peer.taken]
    peer.received = peer.received[peer.taken :]
    peer.taken = 0
    head, _, body = data.partition(b"\r\n\r\n")
    return Request(peer, head.split()[1].decode(), body)


@contextlib.contextmanager
def serving_raw(answer):
    """Serves in a thread of its own; ``answer`` is called with each :class:`Request`. Gives the base URL."""
    started, end = threading.Event(), []
    url = []

    async def main():
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        server = Server(lambda _: None)
        server.tasks = []
        listener = await loop.create_server(
            lambda: Peer(server, lambda peer: answer(_taken(peer))), "127.0.0.1", 0, backlog=512
        )
        url.append(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/apiv2")
        end.append(lambda: loop.call_soon_threadsafe(over.set))
        started.set()
        await over.wait()
        listener.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
        for peer in server.peers:
            peer.transport.abort()
        await asyncio.gather(*(peer.lost for peer in server.peers))

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield url[0]
    finally:
        end[0]()
        thread.join()


class Villain:
    """An emulator over raw bytes that does something to each request which asks about a bad number.

    Args:
        bad: The number, or several.
        harm: Called with such a request and the emulator's results for it (``None`` where it shall not work on it).
        works: Whether the emulator does its work, and bills it, before the harm.
    """

    def __init__(self, bad, harm, *, works=True, emulator=None):
        self.emulator = emulator or Emulator(seed=7)
        self.bill = self.emulator.bill
        self.bad = {bad} if isinstance(bad, str) else set(bad)
        self.harm = harm
        self.works = works
        #: How many requests met the harm.
        self.harmed = 0

    def __call__(self, request):
        """Answers a request."""
        is_bad = request.path.endswith(("hlr", "mnp", "validate")) and not self.bad.isdisjoint(request.numbers)
        if is_bad and not self.works:
            self.harmed += 1
            self.harm(request, None)
            return
        call = Call(path=request.path, body=request.body)
        with self.emulator.receive(call, now=asyncio.get_running_loop().time()) as ticket:
            reply = ticket.deliver()
        if is_bad and reply.status == 200:
            self.harmed += 1
            self.harm(request, json.loads(reply.body)["results"])
        else:
            request.say(packet(reply.body, status=reply.status))


def result_of(results, number):
    """The result of a number among those of a reply."""
    return next(each for each in results if each["request_parameters"]["telephone_number"] == number)


def poisoned(results, number, field, poison):
    """The body of a reply in which one field of one number holds these very bytes; a dot leads into a network."""
    inside = result_of(results, number)
    *outer, last = field.split(".")
    for name in outer:
        inside = inside.setdefault(name, {})
    inside[last] = MARK
    return json.dumps({"results": results}).encode().replace(json.dumps(MARK).encode(), poison)
