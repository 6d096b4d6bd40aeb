"""Replies that are small or endless and would take gigabytes: a case is a line of the table."""

import gzip
import json
import subprocess
import sys
import zlib
from functools import cache

import pytest

from helpers.hostile import packet, serving_raw

MB = 1 << 20
#: Most megabytes that the whole process may take.
MOST = 400


def packed(times, *, wbits=31):
    """Half a gigabyte of nothing, packed once or more."""
    packer = zlib.compressobj(9, wbits=wbits)
    once = b"".join([*(packer.compress(bytes(MB)) for _ in range(512)), packer.flush()])
    for _ in range(times - 1):
        once = gzip.compress(once)
    return once


def encoded(name, body, *arguments, **options):
    """Answers with a packed body, made when it is first wanted."""
    made = cache(lambda: packet(body(*arguments, **options), head=b"Content-Encoding: %b\r\n" % name))
    return lambda request: request.say(made())


def endless(head, piece):
    def answer(request):
        request.say(head)
        request.pour(piece)

    return answer


OPEN = b"HTTP/1.1 200 OK\r\n%b\r\n"
CASES = {
    "deflate": encoded(b"deflate", packed, 1, wbits=15),
    "raw deflate": encoded(b"deflate", packed, 1, wbits=-15),
    "gzip": encoded(b"gzip", packed, 1),
    "gzip of gzip": encoded(b"gzip, gzip", packed, 2),
    "gzip twice": encoded(b"gzip\r\nContent-Encoding: gzip", packed, 2),
    "gzip, identity": encoded(b"gzip, identity", packed, 1),
    "identity, gzip": encoded(b"identity,gzip", packed, 1),
    "zstd": encoded(b"zstd", bytes, 100),
    "many parts": encoded(b"gzip", lambda: gzip.compress(b"") * 150_000),
    "of 500 MB": endless(OPEN % b"Content-Length: 524288000\r\n", b" " * MB),
    "without an end": endless(OPEN % b"", b" " * MB),
    "chunks without an end": endless(OPEN % b"Transfer-Encoding: chunked\r\n", b"100000\r\n%b\r\n" % (b" " * MB)),
    "small chunks without an end": endless(OPEN % b"Transfer-Encoding: chunked\r\n", b"1\r\n[\r\n" * 10_000),
    "headers without an end": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 10_000),
    "interim replies without an end": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "unfinished": lambda request: request.say(packet(b"[" * 3 * MB, length=100 * MB)),
    "500 of 100 MB": endless(b"HTTP/1.1 500 X\r\nContent-Length: 104857600\r\n\r\n", b"x" * MB),
    "brotli": encoded(b"br", bytes, 3 * MB),
    "packed without an end": endless(OPEN % b"Content-Encoding: gzip\r\n", gzip.compress(bytes(16 * MB))),
    "a header without an end": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * MB),
    "a chunk's extension without an end": endless(OPEN % b"Transfer-Encoding: chunked\r\n" + b"5;", b"y" * MB),
    "a chunk without measure": endless(
        OPEN % b"Transfer-Encoding: chunked\r\n" + b"4" + b"0" * 17 + b"\r\n", b"y" * MB
    ),
    "nesting without measure": lambda request: request.say(
        packet(b'{"results":[%b' % (b"[" * 1_500_000) + b"]" * 1_500_000 + b"]}")
    ),
    "results without measure": lambda request: request.say(packet(b'{"results":[%b{}]}' % (b"{}," * 1_300_000))),
    "broken results without measure": lambda request: request.say(
        packet(b'{"results":[%b{"a":"\\q"}]}' % (b"{}," * 1_300_000))
    ),
    "a list without measure": lambda request: request.say(
        packet(b'{"new":NaN,"results":[[%b1]]}' % (b"[]," * 1_300_000))
    ),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux says how much memory a process took at most")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES)
def test_no_reply_takes_all_memory(case):
    """Whatever a provider sends, in 60 requests at one time, the process stays small and each ends with an error."""
    with serving_raw(CASES[case]) as url:
        command = [sys.executable, "-m", "helpers.hostile_memory", url]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["peak"] < MOST
    assert set(told["kinds"]) <= {"ProtocolError", "ReplyLost", "ReplyTimeout", "Unavailable"}
