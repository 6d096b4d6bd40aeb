"""The account at HLR Lookup, and the one place that speaks HTTP: one POST a call, never a retry.

Every error says whether the request can have been billed: :class:`~hlrframe.errors.Unavailable` when no byte left,
:class:`~hlrframe.errors.ReplyLost` or :class:`~hlrframe.errors.ProtocolError` when it may have been.
"""

import asyncio
import os
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Final, Self

import httpx
import msgspec

from hlrframe.errors import ConfigError, ProtocolError, ProviderError, ReplyLost, ReplyTimeout, Unavailable
from hlrframe.model import (
    DEFAULT_TIMEOUT,
    MAX_BATCH,
    MAX_CACHE_DAYS,
    MAX_REQUESTS,
    MAX_TIMEOUT,
    Failure,
    LookupKind,
    LookupResult,
    Settings,
)
from hlrframe.provider.hlr_lookup.pricing import Pricing
from hlrframe.provider.hlr_lookup.raw import RawReply, moment_of, seconds_of
from hlrframe.provider.hlr_lookup.wire import (
    HTTP_OK,
    Result,
    decode_balance,
    decode_results,
    encode_balance,
    encode_request,
    error_of_reply,
    match_results,
    outcome_of,
    request_options,
)
from hlrframe.provider.protocols import Limits
from hlrframe.provider.transport import Transport
from hlrframe.system import run_sync

__all__ = ["Client", "Ping", "Session", "client_for", "unused_account"]

BASE_URL: Final = "https://api.hlrlookup.com/apiv2"
TESTING_URL: Final = "https://testing.hlrlookup.com/apiv2"
#: The public credentials of the vendor's testing suite.
TESTING_CREDENTIALS: Final = "speedtest"


@dataclass(frozen=True, slots=True)
class Ping:
    """What one balance call says of an account and of the way to it."""

    credits: float
    #: Seconds that the call took, the opening of a connection included.
    seconds: float
    #: Seconds by which the provider's clock is ahead of ours, to a second or so; ``None`` where its reply has no date.
    ahead: float | None


class Client:
    """An account at the provider. Holds no connection: each run opens its own.

    Args:
        api_key: Key of the v2 interface, from the account's settings.
        api_secret: Its secret.
        base_url: Root of the interface; ends in ``/apiv2``.
        timeout: Seconds to wait for one reply.
        transport: An ``httpx.AsyncBaseTransport`` to use in place of ours, for a proxy or a test. It must tell
            a connection that never was (``httpx.ConnectError``) from one that broke. It is not closed by us.
        provider: Name in the ``provider`` column; the host of ``base_url`` where not given.
        positional: Whether replies may name other numbers than were asked, as the vendor's testing suite does.

    Raises:
        ConfigError: A credential is empty, or the URL cannot be used.

    >>> Client("key", "secret")
    Client(provider='api.hlrlookup.com')
    """

    def __init__(
        self,
        api_key: str,
        api_secret: str,
        *,
        base_url: str = BASE_URL,
        timeout: float = DEFAULT_TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
        provider: str | None = None,
        positional: bool = False,
    ) -> None:
        if not api_key or not api_secret:
            raise ConfigError(f"the {'API key' if not api_key else 'API secret'} is empty; {_NO_KEY_CURE}")
        if not 0 < timeout <= MAX_TIMEOUT:
            raise ConfigError(f"timeout must lie above 0 and at most at {MAX_TIMEOUT} seconds, not {timeout}")
        self.base_url = _checked_url(base_url)
        self.timeout = timeout
        self.provider = provider or self.base_url.host
        self.positional = positional
        self._key = api_key
        self._secret = api_secret
        self._transport = transport

    @classmethod
    def from_env(cls) -> Self:
        """Gives the account named by ``HLR_API_KEY``, ``HLR_API_SECRET`` and, optionally, ``HLR_BASE_URL``.

        Raises:
            ConfigError: A variable is missing; the message names it, and the emulator as a way to try without.
        """
        missing = [name for name in ("HLR_API_KEY", "HLR_API_SECRET") if not os.environ.get(name)]
        if missing:
            raise ConfigError(f"{' and '.join(missing)} not set; {_NO_KEY_CURE}")
        base_url = os.environ.get("HLR_BASE_URL") or BASE_URL
        return cls(os.environ["HLR_API_KEY"], os.environ["HLR_API_SECRET"], base_url=base_url)

    @classmethod
    def testing(cls) -> Self:
        """Gives the vendor's testing suite: recorded answers, often for other numbers; never billed.

        ``HLR_TESTING_URL`` names another one.
        """
        base_url = os.environ.get("HLR_TESTING_URL") or TESTING_URL
        return cls(TESTING_CREDENTIALS, TESTING_CREDENTIALS, base_url=base_url, positional=True)

    def balance(self) -> float:
        """Asks for the credits left on the account. Costs nothing.

        Raises:
            AuthError: Wrong credentials.
            ProviderError: No balance came.
        """
        return run_sync(self.balance_async)

    async def balance_async(self) -> float:
        """The same as :meth:`balance`, for code that runs in an event loop."""
        async with self.session() as session:
            return await session.balance()

    def ping(self) -> Ping:
        """Asks for the balance once, and tells how that went. Costs nothing.

        Raises:
            AuthError: Wrong credentials.
            ProviderError: No balance came.
        """
        return run_sync(self._ping)

    async def _ping(self) -> Ping:
        async with self.session() as session:
            return await session.ping()

    @property
    def account(self) -> str:
        """Names the account without telling its key: all runs on it keep to one limit together."""
        return sha256(f"{self.base_url} {self._key}".encode()).hexdigest()[:16]

    @property
    def limits(self) -> Limits:
        """What the provider allows one customer (documented)."""
        return Limits(requests=MAX_REQUESTS, batch=MAX_BATCH, cache_days=MAX_CACHE_DAYS)

    def pricing(self, settings: Settings) -> Pricing:
        """Gives the price list as it applies to a run with these settings."""
        return Pricing(settings)

    @asynccontextmanager
    async def session(self, settings: Settings | None = None) -> AsyncIterator["Session"]:
        """Opens connections for one run, in the running event loop.

        Args:
            settings: What :meth:`Session.ask` asks for.
        """
        settings = settings or Settings()
        if self._transport is not None:
            yield Session(self, self._transport, settings)
            return
        transport = self._own_transport()
        try:
            yield Session(self, transport, settings)
        finally:
            await transport.aclose()

    def _own_transport(self) -> httpx.AsyncBaseTransport:
        proxy = urllib.request.getproxies().get(self.base_url.scheme)
        if proxy and not urllib.request.proxy_bypass(self.base_url.host):
            # Slower than ours, and known to work with the proxies of this world.
            limits = httpx.Limits(max_connections=MAX_REQUESTS, max_keepalive_connections=MAX_REQUESTS)
            return httpx.AsyncHTTPTransport(proxy=proxy if "://" in proxy else f"http://{proxy}", limits=limits)
        return Transport()

    def __repr__(self) -> str:
        return f"Client(provider={self.provider!r})"


def client_for(client: Client | None, *, offline: bool) -> Client:
    """Gives whom a call asks: the one that it names, else the account in the environment.

    Args:
        client: The one that the caller names, if any.
        offline: Whether nothing is sent: then no credentials are needed, and the address alone says whose stored
            answers count.

    Raises:
        ConfigError: Nobody is named, and the environment holds no credentials.
    """
    if client is not None:
        return client
    return unused_account() if offline else Client.from_env()


def unused_account() -> Client:
    """Names the provider whose stored answers count, for what sends nothing and so needs no credentials."""
    return Client("unused", "unused", base_url=os.environ.get("HLR_BASE_URL") or BASE_URL)


class Session:
    """Open connections to the provider; made by :meth:`Client.session`.

    Speaks to the transport itself: of what ``httpx.AsyncClient`` would add, a redirect must not be followed, nobody
    sets cookies, and the rest costs more time than everything else about a request.
    """

    def __init__(self, client: Client, transport: httpx.AsyncBaseTransport, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._transport = transport
        root = str(client.base_url)
        self._urls = {endpoint: httpx.URL(f"{root}/{endpoint}") for endpoint in (*LookupKind, "balance")}

    async def ask(self, numbers: Sequence[str], *, recheck: int = 0, wait: float) -> list[LookupResult | Failure]:
        """Asks about 1 to 80 numbers with one request; see :class:`~hlrframe.provider.Session` for what is raised.

        Args:
            numbers: E.164 digits, distinct.
            recheck: How many days ago they may have been billed: so far back the provider's own cache is looked into.
            wait: Seconds to wait for the whole reply.

        Returns:
            For each number, in order, its answer or what is wrong with it.
        """
        options = request_options(self._settings, recheck=recheck)
        results = await self.lookup(LookupKind(self._settings.lookup), numbers, options=options, wait=wait)
        return [outcome_of(each) for each in match_results(numbers, results, positional=self._client.positional)]

    async def lookup(
        self, kind: LookupKind, numbers: Sequence[str], *, options: Mapping[str, object], wait: float
    ) -> list[Result]:
        """Asks about 1 to 80 numbers with one POST, and gives the results as they came.

        Args:
            kind: Kind of lookup.
            numbers: E.164 digits, distinct.
            options: What goes out with each number, from ``request_options``.
            wait: Seconds to wait for the whole reply.

        Raises:
            Unavailable: Nothing left, or a 5xx other than 504: not billed.
            RateLimited: 429: not billed.
            AuthError: 401 or 403.
            RequestError: 400, 404 or a redirect.
            ReplyLost: Sent, and no whole reply came, or a 504: perhaps billed.
            ProtocolError: A reply that cannot be understood: perhaps billed.
        """
        body = encode_request(self._client._key, self._client._secret, numbers, options)  # noqa: SLF001  # its own
        return decode_results((await self._post(kind.value, body, wait)).content)

    async def balance(self) -> float:
        """Asks for the credits left on the account. Costs nothing."""
        return decode_balance((await self._ask_balance()).content)

    async def ping(self) -> Ping:
        """Asks for the balance, and tells how that went."""
        began, clock = time.perf_counter(), time.time()
        reply = await self._ask_balance()
        seconds = time.perf_counter() - began
        told = moment_of(reply.headers.get("date"))
        # The second in which the reply was made began half a second before its middle.
        ahead = None if told is None else told + 0.5 - (clock + seconds / 2)
        return Ping(decode_balance(reply.content), seconds, ahead)

    async def _ask_balance(self) -> httpx.Response:
        body = encode_balance(self._client._key, self._client._secret)  # noqa: SLF001  # its own
        return await self._post("balance", body, self._client.timeout)

    async def exchange(
        self, endpoint: str, content: Mapping[str, object], *, known: bool = True, patience: float | None = None
    ) -> RawReply:
        """Sends one request as it is given, the credentials apart, and gives the reply as it came.

        Args:
            endpoint: A kind of lookup, or ``balance``.
            content: The body beside the credentials.
            known: Whether with the credentials of the account, or with some that nobody has.
            patience: Seconds to wait for the reply once the request has left; those of the client if not given.

        Raises:
            Unavailable: Nothing left.
            ReplyLost: Sent, and no whole reply came: perhaps billed.
        """
        nobody = uuid.uuid4().hex
        key, secret = (self._client._key, self._client._secret) if known else (nobody, nobody)  # noqa: SLF001  # its own
        body = msgspec.json.encode({"api_key": key, "api_secret": secret, **content})
        clock = asyncio.get_running_loop().time
        began = clock()
        reply = await self._send(endpoint, body, self._client.timeout, patience=patience)
        headers = tuple((name.lower(), value) for name, value in reply.headers.items())
        return RawReply(reply.status_code, headers, reply.content, clock() - began)

    async def _post(self, endpoint: str, body: bytes, wait: float) -> httpx.Response:
        reply = await self._send(endpoint, body, wait)
        if reply.status_code != HTTP_OK:
            raise self._refusal(reply)
        return reply

    async def _send(self, endpoint: str, body: bytes, wait: float, *, patience: float | None = None) -> httpx.Response:
        timeout = {"connect": wait, "read": patience or wait, "write": wait, "pool": wait}
        url = self._urls[endpoint]
        request = httpx.Request("POST", url, headers=_HEADERS, content=body, extensions={"timeout": timeout})
        try:
            reply = await self._transport.handle_async_request(request)
            try:
                await reply.aread()
            finally:
                await reply.aclose()
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            failure = _failure(error, self._client.base_url.host, patience or wait)
        else:
            return reply
        # Outside the handler: httpx's own error holds the request, and so the credentials.
        raise failure

    def _refusal(self, reply: httpx.Response) -> ProviderError:
        pause = seconds_of(reply.headers.get("retry-after"))
        secrets = (self._client._key, self._client._secret)  # noqa: SLF001  # its own
        return error_of_reply(reply.status_code, reply.content, retry_after=pause, secrets=secrets)


def _failure(error: Exception, host: str, wait: float) -> ProviderError:
    """Says on which side of the first byte a request failed."""
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
            return Unavailable(f"{host} cannot be reached: {_words(error)}; check the network and the URL")
        case httpx.TimeoutException():
            return ReplyTimeout(f"no whole reply within {wait:g} seconds")
        case httpx.DecodingError():
            return ProtocolError(f"the reply cannot be decoded: {_words(error)}")
        case _:
            return ReplyLost(f"the connection broke before the whole reply came: {_words(error)}")


_HEADERS: Final = {
    "User-Agent": f"hlrframe/{version('hlrframe')}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",  # shrinks the JSON 15 times and more
    "Content-Type": "application/json",
}
_NO_KEY_CURE: Final = (
    "set HLR_API_KEY and HLR_API_SECRET to the v2 credentials from your account settings, "
    "or try without an account: hlrframe.emulator.connect() in Python, --emulator on the command line"
)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _checked_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(f"{base_url!r} is no base URL: it should look like {BASE_URL}")
    return url
