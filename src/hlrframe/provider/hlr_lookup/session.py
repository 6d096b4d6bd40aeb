"""The one place that speaks HTTP: one POST a call, never a retry.

Every error says whether the request can have been billed: :class:`~hlrframe.errors.Unavailable` when no byte left,
:class:`~hlrframe.errors.ReplyLost` or :class:`~hlrframe.errors.ProtocolError` when it may have been.
"""

import asyncio
import errno
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import httpx
import msgspec

from hlrframe.errors import ProtocolError, ReplyLost, ReplyTimeout, ResourceError, RunError, Unavailable
from hlrframe.model import Failure, LookupKind, LookupResult, Settings, credits_of, discreet, milli_of
from hlrframe.provider.hlr_lookup.credentials import Credentials
from hlrframe.provider.hlr_lookup.pricing import Pricing
from hlrframe.provider.hlr_lookup.raw import RawReply, moment_of, seconds_of
from hlrframe.provider.hlr_lookup.wire import (
    HTTP_OK,
    Result,
    charges_beside,
    decode_balance,
    decode_results,
    error_of_reply,
    match_results,
    outcome_of,
    request_options,
)
from hlrframe.provider.transport import Post, Reply, posted
from hlrframe.system import sealed_class

__all__ = ["Ping", "Session"]


@dataclass(frozen=True, slots=True)
class Ping:
    """What one balance call says of an account and of the way to it."""

    credits: float
    #: Seconds that the call took, the opening of a connection included.
    seconds: float
    #: Seconds by which the provider's clock is ahead of ours, to a second or so; ``None`` where its reply has no date.
    ahead: float | None


@sealed_class
class Session:
    """Open connections to the provider; made by :meth:`Client.session`.

    Speaks to the transport itself: of what ``httpx.AsyncClient`` would add, a redirect must not be followed, nobody
    sets cookies, and the rest costs more time than everything else about a request.

    Args:
        credentials: Of the account.
        base_url: Root of the interface.
        transport: Over which to ask.
        settings: What :meth:`ask` asks for.
        timeout: Seconds to wait for a balance.
        positional: Whether replies may name other numbers than were asked.
    """

    def __init__(
        self,
        credentials: Credentials,
        base_url: httpx.URL,
        transport: httpx.AsyncBaseTransport,
        settings: Settings,
        *,
        timeout: float,
        positional: bool,
    ) -> None:
        self._credentials = credentials
        self._settings = settings
        self._transport = transport
        self._host = base_url.host
        self._timeout = timeout
        self._positional = positional
        self._urls = {endpoint: httpx.URL(f"{base_url}/{endpoint}") for endpoint in (*LookupKind, "balance")}

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
        matched = match_results(numbers, results, positional=self._positional)
        outcomes = [self._told(each) if isinstance(each, Failure) else each for each in map(outcome_of, matched)]
        for place, charge in charges_beside(numbers, results, matched).items():
            outcomes[place] = self._charged_more(outcomes[place], charge)
        return outcomes

    def _charged_more(self, outcome: LookupResult | Failure, charge: float) -> LookupResult | Failure:
        if isinstance(outcome, Failure):
            return outcome._replace(milli=outcome.milli + milli_of(charge))
        own = credits_of(Pricing(self._settings).charged(outcome))
        return msgspec.structs.replace(outcome, charged=own + charge)

    def _told(self, failure: Failure) -> Failure:
        if failure.word is None:
            return failure
        return failure._replace(word=discreet(failure.word, self._credentials.secrets()))

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
            ResourceError: Nothing left, since this machine has no room for another connection.
        """
        reply = await self._post(kind.value, self._credentials.lookup(numbers, options), wait)
        return decode_results(reply.body, secrets=self._credentials.secrets())

    async def balance(self) -> float:
        """Asks for the credits left on the account. Costs nothing."""
        return (await self.ping()).credits

    async def ping(self) -> Ping:
        """Asks for the balance, and tells how that went."""
        began, clock = time.perf_counter(), time.time()
        reply = await self._post("balance", self._credentials.balance(), self._timeout)
        seconds = time.perf_counter() - began
        told = moment_of(httpx.Headers(reply.headers).get("date"))
        # The second in which the reply was made began half a second before its middle.
        ahead = None if told is None else told + 0.5 - (clock + seconds / 2)
        return Ping(decode_balance(reply.body), seconds, ahead)

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
        credentials = self._credentials if known else Credentials(nobody, nobody)
        clock = asyncio.get_running_loop().time
        began = clock()
        reply = await self._send(endpoint, credentials.beside(content), self._timeout, patience=patience)
        told = tuple((name.lower(), value) for name, value in httpx.Headers(reply.headers).items())
        return RawReply(reply.status, told, reply.body, clock() - began)

    async def _post(self, endpoint: str, content: bytes, wait: float) -> Reply:
        reply = await self._send(endpoint, content, wait)
        if reply.status != HTTP_OK:
            pause = seconds_of(httpx.Headers(reply.headers).get("retry-after"))
            secrets = self._credentials.secrets()
            raise error_of_reply(reply.status, reply.body, retry_after=pause, secrets=secrets)
        return reply

    async def _send(self, endpoint: str, content: bytes, wait: float, *, patience: float | None = None) -> Reply:
        try:
            reply = await posted(self._transport, Post(self._urls[endpoint], _HEADERS, content, wait, patience))
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError, TimeoutError) as error:
            failure = self._failure(error, patience or wait)
        else:
            return reply._replace(body=self._credentials.struck_from(reply.body))
        # Outside the handler: httpx's own error holds the request, and so the credentials.
        raise failure

    def _failure(self, error: Exception, wait: float) -> RunError:
        """Says on which side of the first byte a request failed."""
        words = discreet(str(error) or type(error).__name__, self._credentials.secrets())
        if isinstance(error, httpx.ConnectError) and any(each in _NO_ROOM for each in _errnos(error)):
            return ResourceError(f"this machine has no room for another connection: {words}; {_ROOM_CURE}")
        match error:
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
                return Unavailable(f"{self._host} cannot be reached: {words}; check the network and the URL")
            case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
                return Unavailable(f"the request cannot be sent: {words}")
            case httpx.TimeoutException() | TimeoutError():
                return ReplyTimeout(f"no whole reply within {wait:g} seconds")
            case httpx.DecodingError():
                return ProtocolError(f"the reply cannot be decoded: {words}")
            case _:
                return ReplyLost(f"the connection broke before the whole reply came: {words}")


_HEADERS: Final = (
    (b"User-Agent", f"hlrframe/{version('hlrframe')}".encode()),
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", b"gzip"),  # shrinks the JSON 15 times and more
    (b"Content-Type", b"application/json"),
)
#: What the system says where it has no more file descriptors, ports or memory for a socket.
_NO_ROOM: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
_ROOM_CURE: Final = "allow more open files (ulimit -n 1024), or have fewer requests in flight (max_requests)"


def _errnos(error: BaseException | None) -> Iterator[int]:
    """Gives what the system said, wherever in the chain of an error it stands."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            yield error.errno
        error = error.__cause__ or error.__context__
