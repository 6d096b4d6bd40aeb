"""HLR Lookup's API as documented, with subscribers of its own and a bill of its own.

The emulator decides; it neither sleeps nor opens a socket. :meth:`Emulator.receive` takes one HTTP request and gives a
:class:`Ticket`: the reply, the time it takes, and what is to go wrong on the way. A transport or a server carries the
ticket out.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, cast

import msgspec

from hlrframe.emulator import recorded
from hlrframe.emulator.answers import as_credits, broken, result, unpaid
from hlrframe.emulator.bill import Bill
from hlrframe.emulator.caches import Cached, Caches
from hlrframe.emulator.countries import region_of_iso3
from hlrframe.emulator.dressing import dressed, enveloped
from hlrframe.emulator.faults import Fault, Faults
from hlrframe.emulator.findings import CREDIT, Finding, Kind, find, is_dated, price
from hlrframe.emulator.requests import Asking, Call, Query, Refusal, read, read_queries
from hlrframe.emulator.traffic import Counted, Latency, Load, Throttle, Traffic
from hlrframe.emulator.world import Subscriber, World
from hlrframe.provider import Manners
from hlrframe.system import sealed_class

__all__ = ["Emulator", "Reply", "Ticket"]

_ROOT: Final = "/apiv2/"
_LOOKUPS: Final = ("hlr", "mnp", "validate")
#: Faults that strike before the request is read.
_BEFORE_WORK: Final = frozenset({Fault.REFUSED, Fault.RESET_BEFORE})
#: Faults that leave nothing of the reply to read.
_UNREADABLE: Final = frozenset({Fault.GARBAGE, Fault.TRUNCATED})
#: A time nobody waits for.
_NEVER: Final = 86_400.0
_GARBAGE: Final = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply."""

    #: HTTP status.
    status: int
    #: Body, not compressed.
    body: bytes = b""
    #: Headers beside the content's type and length.
    headers: tuple[tuple[str, str], ...] = ()


@sealed_class
class Ticket:
    """One request in flight: a context manager that holds its slot until its end.

    Attributes:
        reply: What to answer.
        delay: Seconds after which to answer.
        fault: What is to go wrong on the way; ``None`` for nothing.
    """

    def __init__(self, reply: Reply, *, fault: Fault | None = None) -> None:
        self.reply = reply
        self.delay = 0.0
        self.fault = fault
        self.charges: Sequence[tuple[str, int]] = ()
        self.load: Load | None = None
        self.on_end: Callable[[Ticket], None] | None = None
        self.delivered = False

    def deliver(self) -> Reply:
        """Gives the reply and notes that it went out; without this its charges count as lost."""
        self.delivered = self.fault not in _UNREADABLE
        return self.reply

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.on_end is not None:
            self.on_end(self)


@dataclass(frozen=True, slots=True)
class _Draft:
    """One number of a request before it is billed."""

    submitted: str
    query: Query
    subscriber: Subscriber
    finding: Finding
    cached: Cached

    @property
    def asks_network(self) -> bool:
        return self.finding.asks_network and self.cached.source == "NONE"


@sealed_class
class Emulator:
    """The provider.

    Args:
        seed: Decides who is behind each number.
        day: Days since day 0 of that world; see :class:`World`.
        credits: Credits on the account.
        faults: What goes wrong, and when.
        latency: Seconds that networks take, or a :class:`Latency`.
        throttles: What single networks or countries take.
        manners: How it behaves where the provider's documents leave a choice; what the package assumes if not given.
        max_in_flight: Limit of everything in flight, 429 beyond it; that of the manners if not given.
        counted: Whether that limit counts requests or numbers; likewise.
        mode: ``"standard"``, or ``"testing"`` for what the vendor's testing suite does.
        envelope: Whether results sit at the top level or under ``body``; that of the manners if not given.
        clock: Gives POSIX time, for time stamps and the age of cached answers.
        api_key: The key that is accepted; in testing mode it is the suite's own.
        api_secret: Likewise the secret.
        shared_by_others: Share of numbers that the global cache holds.
        no_means_uncached: Whether ``save_to_cache: NO`` keeps answers out of the private cache too: another way to
            give that to the manners.
        usa_landlines_free: Whether ``usa_status`` costs nothing for what is no mobile; likewise.

    >>> emulator = Emulator(seed=7)
    >>> body = b'{"api_key":"emulator","api_secret":"emulator","requests":[{"telephone_number":"447400123456"}]}'
    >>> with emulator.receive(Call(path="/apiv2/hlr", body=body), now=0.0) as ticket:
    ...     ticket.deliver().status, emulator.bill.total
    (200, Decimal('1.000'))
    """

    def __init__(
        self,
        seed: int = 7,
        *,
        day: float = 0.0,
        credits: float = 1_000_000.0,  # noqa: A002 - the word of the field; the site's built-in is for consoles
        faults: Faults | None = None,
        latency: float | Latency | None = None,
        throttles: Sequence[Throttle] = (),
        manners: Manners | None = None,
        max_in_flight: int | None = None,
        counted: Counted | None = None,
        mode: Literal["standard", "testing"] = "standard",
        envelope: Literal["top", "body", "text"] | None = None,
        clock: Callable[[], float] = time.time,
        api_key: str = "emulator",
        api_secret: str = "emulator",  # noqa: S107 - it opens nothing
        shared_by_others: float = 0.0,
        no_means_uncached: bool = False,
        usa_landlines_free: bool = False,
    ) -> None:
        testing = mode == "testing"
        given: dict[str, object] = {"max_in_flight": max_in_flight, "counted": counted, "envelope": envelope}
        given |= {"no_keeps_out": no_means_uncached or None, "usa_landline_price": 0.0 if usa_landlines_free else None}
        #: How it behaves where there is a choice.
        self.manners = (manners or Manners()).replace(
            **{name: value for name, value in given.items() if value is not None}
        )
        #: Whose manners it has.
        self.mode = mode
        #: The invented subscribers.
        self.world = World(seed, day=day)
        #: What was asked and charged.
        self.bill = Bill()
        #: Key and secret that are accepted.
        self.credentials = (recorded.CREDENTIAL, recorded.CREDENTIAL) if testing else (api_key, api_secret)
        self._milli = round(credits * CREDIT)
        self._faults = faults or Faults()
        self._latency = _latency(self.manners.seconds if latency is None else latency, testing=testing)
        rules = (*throttles, *recorded.THROTTLES) if testing else throttles
        self._traffic = Traffic(
            rules, max_in_flight=self.manners.max_in_flight, counted=self.manners.counted, seed=seed
        )
        self._recordings = recorded.Recordings() if testing else None
        self._clock = clock
        self._caches = Caches(self.world, shared_by_others=shared_by_others, manners=self.manners)
        self._first: float | None = None
        self._arrived = 0
        self._lock = threading.Lock()

    @property
    def balance(self) -> float:
        """Credits left."""
        return self._milli / CREDIT

    def top_up(self, amount: float) -> None:
        """Adds credits to the account."""
        with self._lock:
            self._milli += round(amount * CREDIT)

    def receive(self, call: Call, *, now: float) -> Ticket:
        """Takes one request: decides, bills, and says what is to be answered when.

        What a request costs is billed here, at its arrival; a client that goes away before the reply has been
        charged all the same, and finds the answer in its private cache.

        Args:
            call: The request.
            now: Seconds on any clock that only goes forward: the event loop's.
        """
        with self._lock:
            self._arrived += 1
            self._first = now if self._first is None else self._first
            fault = self._faults.of(self._arrived, seconds=now - self._first)
            if fault is not None:
                self.bill.faults[fault] += 1
            if fault is not Fault.REFUSED:
                self.bill.requests += 1
            if fault in _BEFORE_WORK:
                return Ticket(Reply(0), fault=fault)
            ticket = self._answer(call, fault, now)
            self.bill.replies[ticket.reply.status] += 1
            return ticket

    def _answer(self, call: Call, fault: Fault | None, now: float) -> Ticket:
        try:
            _refuse_by(fault)
            endpoint = _route(call)
            asking = read(call)
            if (asking.api_key, asking.api_secret) != self.credentials:
                raise _unauthorized(self.manners.unauthorized)
            return (
                self._balance(asking)
                if endpoint == "balance"
                else self._lookup(asking, cast("Kind", endpoint), fault, now)
            )
        except Refusal as refusal:
            headers = self._retry_after() if refusal.status == _TOO_MANY else ()
            body = refusal.body if self.manners.refusal_body == "json" else b""
            return Ticket(Reply(refusal.status, body, headers))

    def _balance(self, asking: Asking) -> Ticket:
        if asking.rest and self.manners.unknown_keys == "refused":
            raise Refusal(400, "BAD_REQUEST", f"Unknown parameter {next(iter(asking.rest))}")
        left: object = as_credits(self._milli)
        left = f"{left}" if self.manners.balance_as == "text" else left
        return Ticket(Reply(200, msgspec.json.encode({"Status": "OK", self.manners.credits_key: left})))

    def _lookup(self, asking: Asking, kind: Kind, fault: Fault | None, now: float) -> Ticket:
        drafts = [self._draft(query, kind) for query in read_queries(asking, self.manners)]
        # The testing suite asks no network and imitates one for every number.
        testing = self._recordings is not None
        networked = [draft.subscriber for draft in drafts if testing or draft.asks_network]
        load = self._traffic.load(len(drafts), networked)
        if not self._traffic.enter(load, now=now, request=self._arrived):
            raise Refusal(_TOO_MANY, "TOO_MANY_REQUESTS", "Please try again later")
        self.bill.crowd(self._traffic.requests, self._traffic.numbers)
        settled = [self._settle(draft, kind, fault) for draft in drafts]
        kept = settled[:-1] if fault is Fault.SHORT_REPLY else settled
        self.bill.lose(charge for _, charge in settled[len(kept) :])
        ticket = Ticket(Reply(200, self._body([each for each, _ in kept], fault)), fault=fault)
        ticket.delay = _NEVER if fault is Fault.STALLED else self._latency.of(networked, request=self._arrived)
        numbers = [draft.subscriber.msisdn for draft in drafts]
        ticket.charges = [(number, charge) for number, (_, charge) in zip(numbers, kept, strict=False)]
        ticket.load, ticket.on_end = load, self._end
        return ticket

    def _draft(self, query: Query, kind: Kind) -> _Draft:
        submitted, now = query.telephone_number, self._clock()
        if self._recordings is not None:
            query, subscriber = self._recordings.closest(query)
        else:
            subscriber = self.world.subscriber(submitted, region=region_of_iso3(query.input_format))
        finding = find(subscriber, query, kind=kind, manners=self.manners)
        cached = self._caches.look(subscriber, query, finding, kind=kind, now=now)
        return _Draft(submitted, query, subscriber, finding, cached)

    def _settle(self, draft: _Draft, kind: Kind, fault: Fault | None) -> tuple[dict[str, Any], int]:
        """Bills one number; gives its result and its charge."""
        self.bill.asked[draft.submitted] += 1
        if fault is Fault.INTERNAL_ERROR or self._faults.fails(self._arrived, draft.submitted):
            self.bill.faults[Fault.INTERNAL_ERROR] += fault is not Fault.INTERNAL_ERROR
            return broken(), 0
        identity = self.world.roll(f"uuid {self.bill.asked[draft.submitted]}", draft.submitted)
        stated = self._price(draft)
        charge = stated + (round(self.manners.unstated * CREDIT) if stated else 0)
        if charge > self._milli:
            return unpaid(draft.query, identity=identity), 0
        self._milli -= charge
        self.bill.charge(draft.subscriber.msisdn, charge)
        if draft.cached.source == "NONE" and self._recordings is None:
            self._caches.keep(draft.subscriber, draft.query, draft.finding, kind=kind, now=draft.cached.found_at)
        found_at = draft.cached.found_at if self._recordings is None else recorded.RECORDED_AT
        answer = result(
            draft.query,
            draft.subscriber,
            draft.finding,
            identity=identity,
            spent=stated,
            found_at=found_at,
            date_form=self.manners.date_form,
        )
        return dressed(answer, self.manners), charge

    def _price(self, draft: _Draft) -> int:
        if self._recordings is not None:
            return 0
        is_priced = draft.query.get_ported_date == "YES" and is_dated(draft.subscriber, draft.finding)
        dated = round(self.manners.date_price * CREDIT) if is_priced else 0
        return price(draft.finding, source=draft.cached.source, dated=dated)

    def _body(self, results: list[dict[str, Any]], fault: Fault | None) -> bytes:
        if fault is Fault.GARBAGE:
            return _GARBAGE
        return enveloped(results, self.manners)

    def _retry_after(self) -> tuple[tuple[str, str], ...]:
        seconds = self.manners.retry_after if self._faults.retry_after is None else self._faults.retry_after
        return () if seconds is None else (("Retry-After", f"{seconds:g}"),)

    def _end(self, ticket: Ticket) -> None:
        with self._lock:
            if ticket.load is not None:
                self._traffic.leave(ticket.load)
            if not ticket.delivered:
                self._lose(ticket)

    def _lose(self, ticket: Ticket) -> None:
        if self.manners.bills_lost:
            self.bill.lose(charge for _, charge in ticket.charges)
            return
        for msisdn, charge in ticket.charges:
            self._milli += charge
            self.bill.refund(msisdn, charge)
            self._caches.drop(msisdn)


_TOO_MANY: Final = 429


def _unauthorized(status: int = 401) -> Refusal:
    return Refusal(status, "UNAUTHORIZED", "Invalid api_key or api_secret")


def _refuse_by(fault: Fault | None) -> None:
    refusals = {
        Fault.STATUS_401: _unauthorized(),
        Fault.STATUS_429: Refusal(_TOO_MANY, "TOO_MANY_REQUESTS", "Please try again later"),
        Fault.STATUS_500: Refusal(500),
        Fault.STATUS_503: Refusal(503),
    }
    if fault in refusals:
        raise refusals[fault]


def _route(call: Call) -> str:
    endpoint = call.path.removeprefix(_ROOT)
    known = call.path.startswith(_ROOT) and endpoint in (*_LOOKUPS, "balance")
    if call.method != "POST" or not known:
        raise Refusal(404)
    return endpoint


def _latency(given: float | Latency | None, *, testing: bool) -> Latency:
    if given is None:
        return recorded.LATENCY if testing else Latency()
    return given if isinstance(given, Latency) else Latency(network=given)
