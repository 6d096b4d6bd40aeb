"""The account at HLR Lookup: whose it is, where it is asked, and over what."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

import httpx

from hlrframe.errors import ConfigError
from hlrframe.model import DEFAULT_TIMEOUT, MAX_BATCH, MAX_CACHE_DAYS, MAX_REQUESTS, MAX_TIMEOUT, Settings
from hlrframe.provider.hlr_lookup.address import BASE_URL, address_problem, is_in_clear, open_transport, read_address
from hlrframe.provider.hlr_lookup.credentials import Credentials, problem_of
from hlrframe.provider.hlr_lookup.pricing import Pricing
from hlrframe.provider.hlr_lookup.session import Ping, Session
from hlrframe.provider.protocols import Limits
from hlrframe.system import run_sync, sealed, sealed_class

__all__ = ["Client", "Ping", "Session", "client_for", "unused_account"]

TESTING_URL: Final = "https://testing.hlrlookup.com/apiv2"
#: The public credentials of the vendor's testing suite.
TESTING_CREDENTIALS: Final = "speedtest"


@sealed_class
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
        allow_http: Whether key, secret and numbers may leave this machine unencrypted, where ``base_url`` says http.

    Its credentials show in no repr and no message, and stay behind when it is pickled: another process takes them from
    its own environment.

    Raises:
        ConfigError: A credential is empty or no text, or the URL cannot be used.

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
        allow_http: bool = False,
    ) -> None:
        problem = problem_of(api_key, api_secret) or address_problem(base_url, allow_http=allow_http)
        url, self.credentials = read_address(base_url), Credentials(api_key, api_secret)
        del api_key, api_secret, base_url  # whatever captures the locals of an error finds none of them
        if problem or url is None:
            raise ConfigError(problem)
        waits: object = timeout
        if not isinstance(waits, int | float) or not 0 < waits <= MAX_TIMEOUT:
            raise ConfigError(f"timeout must lie above 0 and at most at {MAX_TIMEOUT} seconds, not {timeout!r}")
        self.base_url = url
        self.timeout = timeout
        self.provider = provider or self.base_url.host
        self.positional = positional
        self._transport = transport

    @classmethod
    def from_env(cls) -> Self:
        """Gives the account named by ``HLR_API_KEY``, ``HLR_API_SECRET`` and, optionally, ``HLR_BASE_URL``.

        With ``HLR_ALLOW_HTTP=1`` that URL may be plain http beyond this machine.

        Raises:
            ConfigError: A variable is missing; the message names it, and the emulator as a way to try without.
        """
        return cls(*Credentials.from_env().secrets(), base_url=_url_named(), allow_http=_http_is_allowed())

    @classmethod
    def testing(cls) -> Self:
        """Gives the vendor's testing suite: recorded answers, often for other numbers; never billed.

        ``HLR_TESTING_URL`` names another one.
        """
        base_url = os.environ.get("HLR_TESTING_URL") or TESTING_URL
        return cls(
            TESTING_CREDENTIALS,
            TESTING_CREDENTIALS,
            base_url=base_url,
            positional=True,
            allow_http=_http_is_allowed(),
        )

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
        return self.credentials.fingerprint(str(self.base_url))

    @property
    def is_in_clear(self) -> bool:
        """Whether what is sent can be read on its way: plain http beyond this machine."""
        return is_in_clear(self.base_url)

    @property
    def limits(self) -> Limits:
        """What the provider allows one customer (documented)."""
        return Limits(requests=MAX_REQUESTS, batch=MAX_BATCH, cache_days=MAX_CACHE_DAYS)

    def pricing(self, settings: Settings) -> Pricing:
        """Gives the price list as it applies to a run with these settings."""
        return Pricing(settings)

    @asynccontextmanager
    @sealed
    async def session(self, settings: Settings | None = None) -> AsyncIterator[Session]:
        """Opens connections for one run, in the running event loop.

        Args:
            settings: What :meth:`Session.ask` asks for.
        """
        transport = self._own_transport() if self._transport is None else self._transport
        try:
            yield Session(
                self.credentials,
                self.base_url,
                transport,
                settings or Settings(),
                timeout=self.timeout,
                positional=self.positional,
            )
        finally:
            if transport is not self._transport:
                await transport.aclose()

    def _own_transport(self) -> httpx.AsyncBaseTransport:
        return open_transport(self.base_url)

    def __repr__(self) -> str:
        return f"Client(provider={getattr(self, 'provider', None)!r})"  # also of one that could not be made


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
    return Client("unused", "unused", base_url=_url_named(), allow_http=True)


def _url_named() -> str:
    return os.environ.get("HLR_BASE_URL") or BASE_URL


def _http_is_allowed() -> bool:
    return os.environ.get("HLR_ALLOW_HTTP", "").strip().lower() in {"1", "true", "yes"}
