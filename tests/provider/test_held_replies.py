"""What the connections of a transport hold of replies, together."""

import asyncio
import tracemalloc

import httpx
import pytest

from helpers.transports import serving
from hlrframe.provider.transport import Post, Transport
from hlrframe.provider.transport.connection import MOST_HELD, Connection
from hlrframe.provider.transport.pool import Pool

MB = 1 << 20


def reply(size):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, bytes(size))


async def replied(transport, url):
    return len((await transport.post(Post(httpx.URL(url), (), b"{}", 5.0))).body)


def test_idle_connections_keep_no_reply():
    """Once its reply was taken an idle connection holds nothing of it, however many stay open."""

    async def main():
        said = reply(2 * MB)
        async with serving(lambda peer: peer.say(said)) as server, Transport() as transport:
            tracemalloc.start()
            sizes = await asyncio.gather(*(replied(transport, server.url) for _ in range(10)))
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert sizes == [2 * MB] * 10
            assert len(server.peers) == 10
        return held

    assert asyncio.run(asyncio.wait_for(main(), 30)) < 2 * MB


def test_whole_replies_are_bounded_together():
    """Replies that came whole in one turn of the loop, so that nobody could take one yet, are bounded together too."""

    async def main():
        loop, said = asyncio.get_running_loop(), reply(3 * MB)
        async with serving(lambda _: None) as server:
            pool = Pool(loop, 1.0)
            url = httpx.URL(server.url)
            opened = [
                (await loop.create_connection(lambda: Connection(loop, pool), url.host, url.port))[1] for _ in range(40)
            ]
            asking = [loop.create_task(connection.exchange(b"", {})) for connection in opened]
            await asyncio.sleep(0)  # each has begun to wait
            for connection in opened:
                connection.data_received(said)
            assert 60 * MB < pool.held <= MOST_HELD
            came = await asyncio.gather(*asking, return_exceptions=True)
            assert pool.held == 0
            pool.close()
            await asyncio.gather(*(connection.lost for connection in opened))
        return came

    came = asyncio.run(asyncio.wait_for(main(), 30))
    whole = [each for each in came if not isinstance(each, BaseException)]
    assert len(whole) == MOST_HELD // (3 * MB)
    assert {type(each) for each in came if each not in whole} == {httpx.RemoteProtocolError}


@pytest.mark.parametrize("stated", [True, False])
def test_a_reply_is_kept_once(stated):
    """A reply that came whole lies in memory once, whether its length was stated or it ended with the connection."""

    async def main():
        said = reply(3 * MB) if stated else b"HTTP/1.1 200 OK\r\n\r\n" + bytes(3 * MB)
        loop = asyncio.get_running_loop()
        async with serving(lambda _: None) as server:
            pool = Pool(loop, 1.0)
            url = httpx.URL(server.url)
            _, connection = await loop.create_connection(lambda: Connection(loop, pool), url.host, url.port)
            asking = loop.create_task(connection.exchange(b"", {}))
            await asyncio.sleep(0)
            tracemalloc.start()
            connection.data_received(said)
            if not stated:
                connection.eof_received()
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert len((await asking).body) == 3 * MB
            pool.close()
            await connection.lost
        return held

    assert asyncio.run(asyncio.wait_for(main(), 30)) < 4 * MB
