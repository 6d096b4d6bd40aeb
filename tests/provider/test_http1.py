import gzip
import itertools

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlrframe.provider.transport import http1
from hlrframe.provider.transport.http1 import Reply, ReplyReader, inflate, respond, serialize

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n"
UNSTATED = b"HTTP/1.1 200 OK\r\n\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
REPLIES = {"length": LENGTH, "chunked": CHUNKED, "interim": INTERIM + LENGTH, "unstated": UNSTATED}


def read(*parts, end=False):
    reader = ReplyReader()
    for part in parts:
        reader.feed(part)
    if end:
        reader.finish()
    return reader


def post(**options):
    return httpx.Request("POST", "http://localhost:8080/apiv2/hlr", **options)


@given(reply=st.sampled_from(sorted(REPLIES)), cuts=st.lists(st.integers(1, 200)))
def test_a_reply_is_the_same_however_it_arrives(reply, cuts):
    """Status, headers and body do not depend on how the bytes were cut on their way."""
    data = REPLIES[reply]
    edges = [0, *sorted({min(cut, len(data)) for cut in cuts}), len(data)]
    parts = [data[start:end] for start, end in itertools.pairwise(edges)]
    whole = read(*parts, end=True)
    assert whole.reply == read(data, end=True).reply
    assert (whole.reply.status, whole.reply.body) == (200, b"hello")


@given(reply=st.sampled_from(["length", "chunked", "interim"]), data=st.data())
def test_a_reply_cut_short_is_never_whole(reply, data):
    """No proper beginning of a reply of stated length passes for a whole one, even when nothing more comes."""
    whole = REPLIES[reply]
    kept = data.draw(st.integers(0, len(whole) - 1))
    assert read(whole[:kept], end=True).reply is None


@given(st.binary() | st.binary().map(LENGTH[:40].__add__))
def test_any_bytes_are_a_reply_or_a_protocol_error(data):
    """Whatever a server sends, the reader raises nothing but RemoteProtocolError."""
    reader = ReplyReader()
    try:
        reader.feed(data)
    except httpx.RemoteProtocolError:
        assert reader.reply is None


def test_interim_replies_are_skipped():
    """Replies of the 1xx kind leave nothing behind in the real one."""
    assert read(INTERIM + LENGTH).reply == read(LENGTH).reply


def test_trailers_are_no_headers():
    """What follows a chunked body cannot change what the headers said."""
    assert read(CHUNKED).reply.headers == [(b"Transfer-Encoding", b"chunked")]


def test_a_header_may_be_empty():
    """A header without a value does not swallow the next one."""
    reply = read(b"HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n").reply
    assert reply.headers == [(b"X-Empty", b""), (b"Content-Length", b"0")]


@pytest.mark.parametrize(
    ("data", "keep_alive"),
    [
        pytest.param(LENGTH, True, id="1.1"),
        pytest.param(CHUNKED, True, id="chunked"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", True, id="no body"),
        pytest.param(LENGTH.replace(b"HTTP/1.1", b"HTTP/1.0"), False, id="1.0"),
        pytest.param(LENGTH.replace(b"Content-Type: text/plain", b"Connection: close"), False, id="close"),
        pytest.param(LENGTH + LENGTH, False, id="another reply"),
        pytest.param(LENGTH + b"garbage", False, id="garbage after it"),
        pytest.param(LENGTH.replace(b"text/plain", b"x\r\nConnection: close") + b"x", False, id="garbage after close"),
    ],
)
def test_when_a_connection_can_be_used_again(data, keep_alive):
    """Only a reply that ends where it said, on a connection the server keeps, lets another request follow."""
    reader = read(data)
    assert reader.reply.status in (200, 204)
    assert reader.keep_alive is keep_alive


def test_what_follows_a_reply_does_not_change_it():
    """A second reply that nobody asked for is not mixed into the first."""
    assert read(LENGTH + CHUNKED).reply == read(LENGTH).reply


def test_a_reply_of_unstated_length_ends_with_the_connection():
    """Without length and chunks a reply is whole when the server closes, and not before."""
    assert read(UNSTATED).reply is None
    assert read(UNSTATED, end=True).reply == Reply(200, [], b"hello")


def test_a_reader_starts_anew():
    """Nothing of a reply, nor of a broken one, is left in the next."""
    reader = read(CHUNKED)
    for left in (CHUNKED, LENGTH[:-1], b"HTTP/1.1 200 OK\r\nX-Half"):
        reader.begin()
        reader.feed(left)
        reader.begin()
        reader.feed(LENGTH)
        assert reader.reply == read(LENGTH).reply


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.7\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
        pytest.param(LENGTH.replace(b"text/plain", b"x\r\nTransfer-Encoding: chunked"), id="length and chunks"),
        pytest.param(CHUNKED.replace(b"3;x=y", b"nine"), id="bad chunk"),
        pytest.param(b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello", id="upgrade"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * http1.MAX_HEAD, id="endless header"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 3000, id="endless interim replies"),
    ],
)
def test_what_is_no_reply(data):
    """A reply that breaks the rules is an error, not a guess."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(data)


def test_a_reply_has_a_greatest_length(monkeypatch):
    """A body that does not end is given up, with a length stated or not."""
    monkeypatch.setattr(http1, "MAX_REPLY", 1000)
    with pytest.raises(httpx.RemoteProtocolError, match="too long"):
        read(UNSTATED, b"x" * 1000)


def test_a_request_is_written_whole():
    """Request line, headers in order and body make one message."""
    request = post(content=b"{}", headers={"ReferenceID": "a1"})
    assert serialize(request, b"{}") == (
        b"POST /apiv2/hlr HTTP/1.1\r\nHost: localhost:8080\r\nReferenceID: a1\r\nContent-Length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(httpx.Request("HEAD", "http://localhost/"), id="head"),
        pytest.param(post(content=iter([b"a"])), id="unknown length"),
        pytest.param(post(headers={"ReferenceID": "a\r\nX-Injected: b"}), id="line break"),
        pytest.param(post(headers={"ReferenceID": "a\nb"}), id="line feed"),
        pytest.param(post(headers={"ReferenceID": "a\rb"}), id="carriage return"),
    ],
)
def test_what_cannot_be_written(request_):
    """A request that could be misread on its way is not written at all."""
    with pytest.raises(httpx.LocalProtocolError):
        serialize(request_, b"")


@given(st.binary(max_size=2000))
def test_gzip_is_unpacked_once(body):
    """A packed reply reads as its content, and httpx does not unpack it again."""
    packed = gzip.compress(body)
    headers = [(b"content-ENCODING", b"GZip"), (b"Content-Length", b"%d" % len(packed)), (b"X-Kept", b"1")]
    response = respond(Reply(200, headers, packed))
    assert response.read() == body
    assert dict(response.headers) == {"x-kept": "1"}


@given(body=st.binary(max_size=500), data=st.data())
def test_gzip_cut_short_is_an_error(body, data):
    """No proper beginning of a packed body, the empty one apart, passes for the whole."""
    packed = gzip.compress(body)
    kept = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(httpx.DecodingError):
        inflate(packed[:kept])


def test_gzip_has_a_greatest_length(monkeypatch):
    """A small body that unpacks without end is given up, in one member or in many."""
    monkeypatch.setattr(http1, "MAX_REPLY", 10_000)
    assert len(inflate(gzip.compress(bytes(10_000)))) == 10_000
    for bomb in (gzip.compress(bytes(10_001)), gzip.compress(bytes(1_000)) * 11):
        with pytest.raises(httpx.DecodingError):
            inflate(bomb)


def test_other_encodings_are_left_to_httpx():
    """A body that is not packed with gzip arrives untouched, headers too."""
    response = respond(Reply(500, [(b"Content-Type", b"text/plain")], b""))
    assert (response.status_code, response.read()) == (500, b"")
    assert response.headers["content-type"] == "text/plain"
