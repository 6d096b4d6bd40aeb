"""HTTP/1.1 as bytes: a request written out, a reply put together; no sockets and no clock."""

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import httptools
import httpx

__all__ = ["MAX_REPLY", "Reply", "ReplyReader", "plain", "respond", "serialize", "unpacked", "written"]

#: Most bytes of a reply up to the end of its headers, interim replies included.
MAX_HEAD = 64 * 1024
#: Most bytes of a reply, as received and again as unpacked: 80 results have about 120,000.
MAX_REPLY = 4 * 1024 * 1024
#: Most parts that a gzip body may be put together from.
MAX_MEMBERS = 64


class Reply(NamedTuple):
    """A reply, whole and as it was sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class ReplyReader:
    """Puts one reply after another together from what a connection receives.

    Attributes:
        reply: The reply, once it is whole.
        keep_alive: Whether the connection can carry another request after this reply.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Makes ready for the next reply."""
        self.reply: Reply | None = None
        self.keep_alive = False
        self._received = 0
        self._parser = httptools.HttpResponseParser(self)
        self.on_message_begin()

    def feed(self, data: bytes) -> None:
        """Takes received bytes in.

        Raises:
            httpx.RemoteProtocolError: They are no HTTP reply, or too long a one.
        """
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.keep_alive = False
            if self.reply is None:
                raise httpx.RemoteProtocolError(f"not a valid HTTP reply: {error}") from error
        if self.reply is None and self._received > (MAX_REPLY if self._in_body else MAX_HEAD):
            raise httpx.RemoteProtocolError(f"the reply is too long: {self._received} bytes and no end")

    @property
    def held(self) -> int:
        """Bytes of a body, whole or not, that are kept here."""
        return len(self._body) if self.reply is None else len(self.reply.body)

    def finish(self) -> None:
        """Takes note that nothing more will come; a reply whose length nobody stated is whole then."""
        stated = {name.lower() for name, _ in self._headers} & {b"content-length", b"transfer-encoding"}
        if not stated:
            self._complete()

    def on_message_begin(self) -> None:
        """The parser saw the first byte of a reply; after a whole one, of a reply that nobody asked for."""
        self.keep_alive = False
        self._status = 0
        self._in_body = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser saw a header, or a trailer, which nobody needs."""
        if not self._in_body:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The parser saw the end of the headers."""
        self._status = self._parser.get_status_code()
        self._in_body = self._status >= httpx.codes.OK

    def on_body(self, data: bytes) -> None:
        """The parser saw a part of the body."""
        self._body += data

    def on_message_complete(self) -> None:
        """The parser saw the end of a reply, perhaps of an interim one, which announces the real one."""
        if self._complete():
            self.keep_alive = self._parser.should_keep_alive()

    def _complete(self) -> bool:
        if self.reply is not None or not self._in_body:
            return False
        self.reply = Reply(self._status, self._headers, bytes(self._body))
        self._body = bytearray()  # not twice
        return True


def serialize(request: httpx.Request, body: bytes) -> bytes:
    r"""Gives a request as it goes over the wire.

    >>> serialize(httpx.Request("POST", "http://localhost/hlr", content=b"{}"), b"{}")
    b'POST /hlr HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}'

    Raises:
        httpx.LocalProtocolError: HEAD, an upload of unknown length, or a line break inside a header.
    """
    if request.method == "HEAD" or "transfer-encoding" in request.headers:
        raise httpx.LocalProtocolError("this transport sends no HEAD requests and no uploads of unknown length")
    return written(request.method.encode("ascii"), request.url.raw_path, request.headers.raw, body)


def written(method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Gives a request of these parts, as it goes over the wire.

    Raises:
        httpx.LocalProtocolError: A line break inside a header.
    """
    lines = [b"%b %b HTTP/1.1" % (method, target), *(b"%b: %b" % field for field in headers)]
    head = b"\r\n".join(lines)
    if not head.count(b"\r") == head.count(b"\n") == len(lines) - 1:
        raise httpx.LocalProtocolError("a header of the request contains a line break")
    return head + b"\r\n\r\n" + body


def respond(reply: Reply) -> httpx.Response:
    """Gives a reply as httpx's response, unpacked.

    Raises:
        httpx.DecodingError: See :func:`unpacked`.
    """
    status, headers, body = plain(reply)
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def plain(reply: Reply) -> Reply:
    """Gives a reply unpacked, without the headers that describe the packed body: httpx would unpack it again.

    Raises:
        httpx.DecodingError: See :func:`unpacked`.
    """
    body = unpacked(reply.headers, reply.body)
    headers = [field for field in reply.headers if field[0].lower() not in (b"content-encoding", b"content-length")]
    return Reply(reply.status, headers, body)


def unpacked(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Gives a body without the packing that its headers name, which can be gzip or none: nothing else was asked for.

    Raises:
        httpx.DecodingError: The body is not gzip, was cut short, unpacks to more than ``MAX_REPLY``, or is packed in
            another way or more than once.
    """
    named = [value.lower() for name, value in headers if name.lower() == b"content-encoding"]
    packings = [each.strip() for value in named for each in value.split(b",") if each.strip() not in (b"", b"identity")]
    if not packings:
        return body
    if packings in ([b"gzip"], [b"x-gzip"]):
        return inflate(body)
    raise httpx.DecodingError("the body is packed in a way that nobody asked for")


def inflate(packed: bytes) -> bytes:
    """Unpacks gzip to its very end.

    >>> import gzip
    >>> inflate(gzip.compress(b"one") + gzip.compress(b", two"))
    b'one, two'

    Raises:
        httpx.DecodingError: It is not gzip, was cut short, has too many parts, or unpacks to more than ``MAX_REPLY``.
    """
    members, room = list[bytes](), MAX_REPLY
    while packed:
        if len(members) == MAX_MEMBERS:
            raise httpx.DecodingError(f"the gzip body has more than {MAX_MEMBERS} parts")
        member = zlib.decompressobj(wbits=31)
        try:
            members.append(member.decompress(packed, room + 1))
        except zlib.error as error:
            raise httpx.DecodingError(f"the body is not gzip: {error}") from error
        room -= len(members[-1])
        if room < 0 or not member.eof:
            raise httpx.DecodingError("the gzip body was cut short, or is too long")
        packed = member.unused_data
    return b"".join(members)
