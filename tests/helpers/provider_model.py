"""A provider in a few lines, to run a plan against in virtual time: no sockets, no loop, exact durations."""

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from hlrframe.model import Answer, Failure
from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import Reason
from hlrframe.provider import Pricing
from hlrframe.provider.hlr_lookup.wire import Result
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.schedule.queues import Ticket
from hlrframe.run.schedule.scheduler import Done, NoMoney, Scheduler, Send

#: What a model says of a ticket: seconds until its reply, and "ok", or the reason of what went wrong.
Verdict = tuple[float, str]
Model = Callable[[Ticket, float, "Provider"], Verdict]


def live(credits_spent: float = 1.0) -> Result:
    """An answer as most are."""
    return Result(error="NONE", charged=credits_spent, live_status="LIVE", number_type="MOBILE")


@dataclass
class Provider:
    """What a provider sees, and what it did."""

    requests_in_flight: int = 0
    numbers_in_flight: int = 0
    most_requests: int = 0
    sent: list[tuple[float, Ticket]] = field(default_factory=list)


@dataclass
class Outcome:
    """How a simulated run went."""

    plan: Scheduler
    provider: Provider
    answers: list[Answer]
    #: Virtual seconds until the plan was done, and until each lane's last answer.
    seconds: float
    finished: dict[str, float]

    @property
    def refused_share(self) -> float:
        """Refused requests of all requests."""
        return self.plan.state.refusals / self.plan.state.requests


def simulate(
    lanes: Mapping[str, Sequence[str]],
    model: Model,
    *,
    settings: Settings | None = None,
    limit: int | None = None,
    seed: int = 1,
    reached: bool = True,
) -> Outcome:
    """Runs a plan to its end against a model; ``reached`` says whether it is the provider that refuses."""
    settings = settings or Settings()
    plan = Scheduler(settings, Ledger(limit), prices=Pricing(settings), rng=Random(seed))
    provider = Provider()
    for lane, numbers in lanes.items():
        plan.add(lane, numbers)
    events: list[tuple[float, int, Ticket, str]] = []
    order, now = itertools.count(), 0.0
    outcome = Outcome(plan, provider, [], 0.0, {})
    while not isinstance(step := plan.step(now), Done):
        if isinstance(step, NoMoney):
            plan.halt(Reason.BUDGET)
        elif isinstance(step, Send):
            latency, said = model(step.ticket, now, provider)
            heapq.heappush(events, (now + latency, next(order), step.ticket, said))
            _arrive(provider, step.ticket, said, now)
        elif events and (step.until is None or events[0][0] <= step.until):
            now, _, ticket, said = heapq.heappop(events)
            _leave(outcome, ticket, said, now, reached=reached)
        else:
            assert step.until is not None, "the plan waits for nothing"
            assert step.until > now, "the plan waits for the past"
            now = step.until
    outcome.seconds = now
    return outcome


def _arrive(provider: Provider, ticket: Ticket, said: str, now: float) -> None:
    provider.sent.append((now, ticket))
    if said == "ok":
        provider.requests_in_flight += 1
        provider.numbers_in_flight += len(ticket.numbers)
        provider.most_requests = max(provider.most_requests, provider.requests_in_flight)


def _leave(outcome: Outcome, ticket: Ticket, said: str, now: float, *, reached: bool) -> None:
    plan, provider = outcome.plan, outcome.provider
    if said != "ok":
        _fail(plan, ticket, Reason(said), now, reached=reached)
        return
    provider.requests_in_flight -= 1
    provider.numbers_in_flight -= len(ticket.numbers)
    outcome.answers += plan.landed(ticket, [live() for _ in ticket.numbers], now)
    outcome.finished |= {lane.key: now for lane, _ in ticket.shares}


def _fail(plan: Scheduler, ticket: Ticket, reason: Reason, now: float, *, reached: bool) -> None:
    match reason:
        case Reason.TIMEOUT | Reason.CONNECTION_LOST:
            plan.lost(ticket, reason, now)
        case Reason.PROVIDER_ERROR:
            plan.rejected(ticket, reason, now)
        case Reason.UNREADABLE_REPLY:
            plan.landed(ticket, [Failure(reason) for _ in ticket.numbers], now)
        case _:
            plan.refused(ticket, reason, now, reached=reached)


def numbers_of(lanes: int, each: int) -> dict[str, list[str]]:
    """Invented numbers in invented networks."""
    return {f"net{lane}": [f"44{lane:03d}{number:07d}" for number in range(each)] for lane in range(lanes)}
