"""The client: one POST a call, every way in which it can fail, and credentials that never show."""

import asyncio
import contextlib
import gzip
import json
import logging
import os
import socket
import traceback

import httpx
import pytest

from helpers.emulator import mobiles
from helpers.transports import serving
from helpers.virtual_time import in_virtual_time
from hlrframe.emulator import Emulator, EmulatorTransport, Fault, Faults, connect, running
from hlrframe.errors import (
    AuthError,
    ConfigError,
    ProtocolError,
    ProviderError,
    RateLimited,
    ReplyLost,
    ReplyTimeout,
    RequestError,
    Unavailable,
)
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import LookupKind
from hlrframe.provider.hlr_lookup.client import Client
from hlrframe.provider.hlr_lookup.wire import request_options
from hlrframe.provider.transport import Transport

KEY, SECRET, WRONG = "k3y-of-the-account", "s3cret-of-the-account", "an0ther-secret"
NUMBERS = mobiles(3)
OPTIONS = request_options(Settings())
BALANCE = b'{"Status":"OK","Credits":12.5}'


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No proxy and no account of whoever runs the tests."""
    for name in os.environ:
        if name.lower().endswith("_proxy") or name.startswith("HLR_"):
            monkeypatch.delenv(name)


async def look_up(client, numbers=NUMBERS, *, wait=10.0):
    async with client.session() as session:
        return await session.lookup(LookupKind.HLR, numbers, options=OPTIONS, wait=wait)


def over_socket(emulator, *, path="/apiv2", numbers=NUMBERS, wait=10.0, credentials=(KEY, SECRET)):
    """The results of one lookup over a real socket."""
    with running(emulator) as url:
        client = Client(*credentials, base_url=url.replace("/apiv2", path))
        return asyncio.run(look_up(client, numbers, wait=wait))


def emulated(**more):
    return Emulator(api_key=KEY, api_secret=SECRET, **more)


def answering(status, body=b"", headers=None):
    """A client whose provider always answers the same."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=body))
    return Client(KEY, SECRET, transport=transport)


def packed(head, body):
    """A reply on the wire."""
    return b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def told(reply):
    """What a client makes of these very bytes of a server."""
    async with serving(lambda peer: (peer.say(reply), peer.close())) as server:
        client = Client(KEY, SECRET, base_url=server.url.removesuffix("/hlr"))
        return await client.balance_async()


# What goes right


def test_results_come_over_a_socket():
    """A lookup over a real socket gives the results as they came, packed or not."""
    emulator = emulated()
    results = over_socket(emulator)
    assert [each.request_parameters.telephone_number for each in results] == NUMBERS
    assert (emulator.bill.requests, emulator.bill.numbers) == (1, 3)


@pytest.mark.parametrize("kind", list(LookupKind))
def test_each_kind_has_its_endpoint(kind):
    """A lookup goes to the endpoint of its kind."""
    seen = []
    transport = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200, json={"results": []}))

    async def main():
        async with Client(KEY, SECRET, transport=transport).session() as session:
            await session.lookup(kind, NUMBERS, options=OPTIONS, wait=1.0)

    asyncio.run(main())
    assert (seen[0].method, str(seen[0].url)) == ("POST", f"https://api.hlrlookup.com/apiv2/{kind.value}")


def test_credentials_travel_in_the_body_alone():
    """Key and secret are in the body, and in no header and no URL; the reply may be packed with gzip."""
    seen = []
    transport = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200, content=BALANCE))
    Client(KEY, SECRET, transport=transport).balance()
    request = seen[0]
    assert json.loads(request.content) == {"api_key": KEY, "api_secret": SECRET}
    assert KEY not in f"{request.url} {request.headers.raw}"
    assert SECRET not in f"{request.url} {request.headers.raw}"
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("hlrframe/")


@pytest.mark.parametrize("credits_left", [0, 10, 1234.5])
def test_the_balance_is_read_over_a_socket(credits_left):
    """The balance is what the account holds."""
    with running(emulated(credits=credits_left)) as url:
        assert Client(KEY, SECRET, base_url=url).balance() == credits_left


def test_the_balance_can_be_had_in_a_running_loop():
    """The synchronous call works in a notebook's loop, the asynchronous one in any."""
    client = connect(credits=7)

    async def notebook():
        return client.balance(), await client.balance_async()

    assert asyncio.run(notebook()) == (7.0, 7.0)


def test_a_client_can_be_used_again_and_again():
    """A client outlives its sessions and loops, and a transport of the caller's is not closed by it."""

    class Closable(EmulatorTransport):
        closed = False

        async def aclose(self):
            self.closed = True

    transport = Closable(emulated(credits=3))
    client = Client(KEY, SECRET, transport=transport)
    assert [client.balance(), client.balance()] == [3.0, 3.0]
    assert not transport.closed


# What goes wrong


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSED, (Unavailable, ReplyLost)),
        (Fault.RESET_BEFORE, ReplyLost),
        (Fault.RESET_AFTER_BILLING, ReplyLost),
        (Fault.DROP_AFTER_BILLING, ReplyLost),
        (Fault.TRUNCATED, ReplyLost),
        (Fault.GARBAGE, ProtocolError),
        (Fault.STATUS_401, AuthError),
        (Fault.STATUS_429, RateLimited),
        (Fault.STATUS_500, Unavailable),
        (Fault.STATUS_503, Unavailable),
    ],
)
def test_each_fault_of_a_real_server_is_its_error(fault, error):
    """Every fault that a real socket can show becomes the error that says whether it may have been billed."""
    with pytest.raises(error):
        over_socket(emulated(faults=Faults(at={1: fault})))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSED, Unavailable),
        (Fault.RESET_BEFORE, ReplyLost),
        (Fault.DROP_AFTER_BILLING, ReplyLost),
        (Fault.TRUNCATED, ReplyLost),
        (Fault.STALLED, ReplyTimeout),
        (Fault.GARBAGE, ProtocolError),
    ],
)
def test_inside_the_process_faults_are_the_same(fault, error):
    """The emulator inside the process fails as a socket does."""
    with pytest.raises(error):
        in_virtual_time(look_up(connect(faults=Faults(at={1: fault}))))


def test_nobody_waits_longer_than_asked():
    """A reply that does not come in time is a time-out, over a socket and to the instant in virtual time."""
    with pytest.raises(ReplyTimeout, match=r"within 0\.05 seconds"):
        over_socket(emulated(latency=30.0), wait=0.05)

    async def main():
        with pytest.raises(ReplyTimeout):
            await look_up(connect(latency=30.0), wait=4.0)
        return asyncio.get_running_loop().time()

    assert in_virtual_time(main()) == 4.0


def test_a_closed_port_is_not_billed():
    """Where nobody listens nothing left, and the message says what to check."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match="check the network and the URL"):
            Client(KEY, SECRET, base_url=f"http://127.0.0.1:{port}/apiv2").balance()


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_gzip_that_was_cut_short_is_not_taken_for_whole(cut):
    """A packed reply that ends early is an error, though its length is as announced."""
    whole = gzip.compress(BALANCE)
    assert asyncio.run(told(packed(b"Content-Encoding: gzip\r\n", whole))) == 12.5
    with pytest.raises(ProtocolError):
        asyncio.run(told(packed(b"Content-Encoding: gzip\r\n", whole[:-cut])))


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200", packed(b"", BALANCE)[:-1], b"SSH-2.0-OpenSSH\r\n"])
def test_half_a_reply_is_a_lost_one(reply):
    """A connection that ends before the whole reply, or speaks something else, leaves the reply lost."""
    with pytest.raises(ReplyLost):
        asyncio.run(told(reply))


def test_a_wrong_path_names_the_cure():
    """A base URL that is not the provider's says so."""
    with pytest.raises(RequestError, match="it should end in /apiv2") as caught:
        over_socket(emulated(), path="/api")
    assert caught.value.status == 404


def test_a_redirect_is_not_followed():
    """Credentials go nowhere else: a redirect is an error."""
    with pytest.raises(RequestError, match="HTTP 302"):
        answering(302, headers={"Location": "https://elsewhere.example/"}).balance()


def test_wrong_credentials_name_the_cure():
    """A key that is not accepted says which variables to check, and repeats neither."""
    with pytest.raises(AuthError, match="HLR_API_KEY") as caught:
        over_socket(emulated(), credentials=(KEY, WRONG))
    assert (caught.value.status, caught.value.code) == (401, "UNAUTHORIZED")
    assert WRONG not in shown(caught.value)


def test_too_many_numbers_are_a_request_error():
    """What the provider calls wrong is passed on with its own words."""
    with pytest.raises(RequestError, match="Too many requests, maximum is 80"):
        over_socket(emulated(), numbers=[f"44770090{place:04}" for place in range(81)])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("2.5", 2.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("999999999", 3600.0),
        (None, None),
    ],
)
@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (503, Unavailable)])
def test_retry_after_is_read(status, error, header, seconds):
    """The pause that the provider asks for reaches the plan, within reason."""
    with pytest.raises(error) as caught:
        answering(status, headers={"Retry-After": header} if header else None).balance()
    assert caught.value.retry_after == seconds


# Secrets


def shown(error):
    """Everything that a log, a notebook or a debugger's list of causes would show of an error."""
    chain, texts = [error], []
    for each in chain:
        chain += [cause for cause in (each.__cause__, each.__context__) if cause is not None and cause not in chain]
        texts += [repr(each), str(each), repr(vars(each)), str(getattr(each, "request", "")), *map(str, each.args)]
        texts += [repr(getattr(getattr(each, "_request", None), "content", b""))]
    return "\n".join([*texts, *traceback.format_exception(error)])


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in {Fault.SHORT_REPLY, Fault.INTERNAL_ERROR}])
def test_no_error_shows_key_or_number(fault, caplog):
    """Neither an error, nor what caused it, nor a log shows a credential, or more than three digits of a number."""
    caplog.set_level(logging.DEBUG)
    client = Client(KEY, SECRET, transport=EmulatorTransport(emulated(faults=Faults(at={1: fault}))))
    with pytest.raises(ProviderError) as caught:
        in_virtual_time(look_up(client))
    seen = shown(caught.value) + caplog.text
    assert not [secret for secret in (KEY, SECRET, *NUMBERS) if secret in seen]


def test_a_provider_that_repeats_the_key_is_not_quoted():
    """An error message of the provider that holds the key is shown without it."""
    said = json.dumps({"error": "UNAUTHORIZED", "message": f"no account with {KEY} / {SECRET}"}).encode()
    with pytest.raises(AuthError, match=r"no account with … / …") as caught:
        answering(401, said).balance()
    assert KEY not in shown(caught.value)


def test_a_client_does_not_show_its_key():
    """The repr and the str of a client name the provider and nothing else."""
    client = Client(KEY, SECRET)
    assert repr(client) == str(client) == "Client(provider='api.hlrlookup.com')"


# Making one


def test_the_environment_names_the_account(monkeypatch):
    """from_env takes key, secret and URL from the environment at the moment of the call."""
    monkeypatch.setenv("HLR_API_KEY", KEY)
    monkeypatch.setenv("HLR_API_SECRET", SECRET)
    assert str(Client.from_env().base_url) == "https://api.hlrlookup.com/apiv2"
    with running(emulated(credits=5)) as url:
        monkeypatch.setenv("HLR_BASE_URL", url)
        assert Client.from_env().balance() == 5.0


@pytest.mark.parametrize(
    ("present", "missing"),
    [
        ((), "HLR_API_KEY and HLR_API_SECRET"),
        (("HLR_API_KEY",), "HLR_API_SECRET"),
        (("HLR_API_SECRET",), "HLR_API_KEY"),
    ],
)
def test_a_missing_variable_is_named(monkeypatch, present, missing):
    """Without an account the error names what is missing, and the emulator as a way to try."""
    for name in present:
        monkeypatch.setenv(name, KEY)
    with pytest.raises(ConfigError, match=rf"^{missing} not set.*emulator\.connect\(\).*--emulator") as caught:
        Client.from_env()
    assert KEY not in str(caught.value)


def test_the_testing_suite_is_public():
    """testing() is the vendor's own suite with its public credentials, which answers for other numbers."""
    client = Client.testing()
    assert str(client.base_url) == "https://testing.hlrlookup.com/apiv2"
    assert (client.provider, client.positional) == ("testing.hlrlookup.com", True)
    emulator = Emulator(mode="testing")
    client._transport = EmulatorTransport(emulator)
    assert len(in_virtual_time(look_up(client))) == 3
    assert emulator.bill.replies == {200: 1}


@pytest.mark.parametrize("url", ["", "api.hlrlookup.com", "ftp://api.hlrlookup.com", "https://", "http://host:port"])
def test_a_url_that_cannot_be_one_is_refused(url):
    """A base URL is checked when the client is made."""
    with pytest.raises(ConfigError, match="should look like https://"):
        Client(KEY, SECRET, base_url=url)


@pytest.mark.parametrize("timeout", [0, -1, 601, float("nan")])
def test_a_timeout_out_of_range_is_refused(timeout):
    """A time-out lies above nothing and within ten minutes."""
    with pytest.raises(ConfigError, match="timeout"):
        Client(KEY, SECRET, timeout=timeout)


@pytest.mark.parametrize(("key", "secret", "word"), [("", SECRET, "API key"), (KEY, "", "API secret")])
def test_an_empty_credential_is_refused(key, secret, word):
    """An empty credential is named, the other one not shown."""
    with pytest.raises(ConfigError, match=word) as caught:
        Client(key, secret)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_slash_at_the_end_does_not_matter(ending):
    """A base URL may end in a slash."""
    assert str(Client(KEY, SECRET, base_url=f"http://localhost:1/apiv2{ending}").base_url) == "http://localhost:1/apiv2"


# Proxies


def test_without_a_proxy_the_transport_is_ours():
    """Our own transport carries requests, unless a proxy has to."""
    assert isinstance(Client(KEY, SECRET)._own_transport(), Transport)


@pytest.mark.parametrize("address", ["http://proxy.example:3128", "proxy.example:3128"])
def test_a_proxy_of_the_environment_is_used(monkeypatch, address):
    """With a proxy in the environment httpx's own transport is used, but not for hosts that need none."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert isinstance(Client(KEY, SECRET)._own_transport(), httpx.AsyncHTTPTransport)
    monkeypatch.setenv("NO_PROXY", "hlrlookup.com")
    assert isinstance(Client(KEY, SECRET)._own_transport(), Transport)


def test_requests_go_through_the_proxy(monkeypatch):
    """A request goes to the proxy, which is told where to."""

    async def main():
        async with serving(lambda peer: peer.say(packed(b"", BALANCE))) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/apiv2/hlr"))
            balance = await Client(
                KEY, SECRET, base_url="http://provider.example/apiv2", allow_http=True
            ).balance_async()
            return balance, proxy.received.split(b"\r\n")[0]

    assert asyncio.run(main()) == (12.5, b"POST http://provider.example/apiv2/balance HTTP/1.1")


def test_a_proxy_that_refuses_is_not_billed(monkeypatch):
    """Where the proxy lets nothing through, nothing reached the provider."""

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def main():
        async with contextlib.AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(await asyncio.start_server(refuse, "127.0.0.1"))
            port = proxy.sockets[0].getsockname()[1]
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            await Client(KEY, SECRET).balance_async()

    with pytest.raises(Unavailable, match="407"):
        asyncio.run(main())
