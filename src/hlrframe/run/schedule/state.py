"""What a run knows at one moment: money, limits, queues and outcomes. Decisions are made elsewhere."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from hlrframe.model import Failure, Reason, Settings
from hlrframe.provider import PriceList
from hlrframe.run.schedule.ledger import Budget
from hlrframe.run.schedule.limits import THRESHOLD, Allowance, Circuit, Grants, Meter, Ramp, Window
from hlrframe.run.schedule.queues import Attempt, Roster

__all__ = ["RunState"]


@dataclass(slots=True, kw_only=True, repr=False)  # it holds numbers, and the settings of somebody
class RunState:
    """One run, as its parts share it."""

    settings: Settings
    budget: Budget
    prices: PriceList
    allowance: Allowance
    grants: Grants
    rng: Random
    #: When it began, by the clock of all; ``None`` where nobody says.
    began: datetime | None = None
    roster: Roster = field(default_factory=Roster)
    window: Window = field(init=False)
    ramp: Ramp = field(init=False)
    meter: Meter = field(init=False)
    circuit: Circuit = field(init=False)
    #: Requests that may be in flight now.
    most_requests: int = field(init=False)
    #: Requests that this machine has room for, where it ran out of it.
    most_sockets: int | None = None
    #: Numbers that were asked and got no usable answer, with the last failure.
    failed: dict[str, Failure] = field(default_factory=dict)
    #: Milli-credits charged for numbers without a usable answer.
    charged_in_vain: Counter[str] = field(default_factory=Counter)
    #: The last failure of each number that was asked in vain and is not given up.
    last_failure: dict[str, Failure] = field(default_factory=dict)
    #: Numbers that failed alone, with how many were answered before that.
    suspects: dict[str, int] = field(default_factory=dict)
    #: When the last of the requests left that were answered.
    newest_answered: float = -math.inf
    #: Numbers that failed since anything was answered.
    failing: set[str] = field(default_factory=set)
    #: Why nothing more is sent, if it is not.
    halted: Reason | None = None
    #: Numbers that an earlier run may have been billed for without seeing the answer, and since when, if that is known.
    asked_earlier: dict[str, datetime | None] = field(default_factory=dict)
    #: What such a run is now known to have paid for a number, in milli-credits.
    paid_earlier: dict[str, int] = field(default_factory=dict)
    #: Milli-credits that numbers which may have been billed can cost at most when they are asked again.
    owed: int = 0
    answered: int = 0
    refusals: int = 0
    requests: int = 0
    in_flight: int = 0
    #: Whether something could leave now but for a request that others have.
    waits_for_grant: bool = False
    serial: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.most_requests = self.allowance.requests
        self.window = Window(most=self.most_requests * self.settings.batch_size)
        # One that has nothing yet may get everything in the next moment.
        self.ramp = Ramp(first=2 * (self.most_requests or self.settings.max_requests))
        self.meter = Meter(self.settings.max_per_second)
        self.circuit = Circuit(self.rng)

    def keep_to_allowance(self) -> None:
        """Takes over how many requests may be in flight, which can change as a run goes."""
        allowed = (
            self.allowance.requests if self.most_sockets is None else min(self.allowance.requests, self.most_sockets)
        )
        if allowed != self.most_requests:
            self.most_requests = allowed
            self.window.allow(allowed * self.settings.batch_size)
            for lane in self.roster.lanes.values():
                lane.window.allow(allowed * self.settings.batch_size)

    def owes(self, numbers: Sequence[str], attempt: Attempt, *, sign: int = 1) -> None:
        """Counts what numbers that wait can cost, where they may have been billed: they come before fresh ones."""
        if attempt.recheck and self.budget.limit is not None:
            self.owed += sign * self.prices.worst_of(numbers)

    def is_bad(self, number: str) -> bool:
        """Whether a number failed alone and others were answered since: its next failure is its own, too."""
        return self.suspects.get(number, self.answered) < self.answered

    def failed_last(self) -> int:
        """Counts the numbers that failed with no answer after them, where an outage is likelier than their own doing.

        An outage is told by many different numbers; where most of those that failed are bad, so are probably these.
        """
        last = sum(number in self.failing and not self.is_bad(number) for number in self.failed)
        return last if last >= THRESHOLD and 2 * last > len(self.failed) else 0

    def halt(self, reason: Reason) -> None:
        """Sends nothing more; what is in flight still lands. The first reason stands."""
        self.halted = self.halted or reason
