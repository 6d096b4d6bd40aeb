"""What a run may use that is not its own alone: handed to it, never made inside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hlrframe.run.coordination import Claims
from hlrframe.run.schedule.ledger import Budget
from hlrframe.run.schedule.limits import Allowance, Grants

__all__ = ["Resources"]


@dataclass(frozen=True, slots=True)
class Resources:
    """Money, requests and claims, where they are shared with other runs or change as this one goes."""

    #: The money; a ledger of ``settings.max_credits`` where not given.
    budget: Budget | None = None
    #: How many requests may be in flight; ``settings.max_requests`` where not given.
    allowance: Allowance | None = None
    #: Where each request is granted, beside the gate of its account in this process.
    grants: Grants | None = None
    #: Called where all that waits costs more than is left and nothing is in flight. Says whether the budget has grown,
    #: and may take its time; without it, or where it says no, the run ends there.
    refill: Callable[[], Awaitable[bool]] | None = None
    #: Who asks what among the runs that share a store; those of the store itself where not given.
    claims: Claims | None = None
    #: Gives what must end the run, if anything must; asked a few times a second.
    trouble: Callable[[], BaseException | None] | None = None
