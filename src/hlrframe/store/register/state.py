"""What the register says, and how it changes. Values alone: the time is an argument.

Whatever a run writes is absolute ("so much in all"), never an increment, so that a change whose fate is unknown can be
made again. Sums of money are milli-credits.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

__all__ = [
    "FORMAT",
    "Doubt",
    "Fund",
    "Member",
    "State",
    "bury",
    "close_doubt",
    "dated",
    "doubt_claims",
    "period_of",
    "purse_of",
    "run_of_doubt",
    "touched",
]

#: Raised whenever older versions would misread the state.
FORMAT: Final = 1
#: Seconds for which a doubt can be settled: the provider's own cache reaches back as far.
DOUBTS_LAST: Final = 30 * 24 * 60 * 60.0


class Member(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One run."""

    #: Account, as a digest; the most that it may have in flight.
    account: str
    most: int
    #: Where it runs, for whoever looks: machine and process.
    host: str = ""
    #: Seconds without a sign of life after which it is dead.
    patience: float
    #: When it came, and its last sign of life, by the clock of the place; ``None`` for "with this very change".
    since: float | None = None
    at: float | None = None
    #: Grows with each sign of life.
    beat: int = 0
    #: Since when it is known to have been silent for longer than its patience; ``None`` while it gives signs of life.
    quiet: float | None = None
    #: Requests that it would use, and those that it has.
    wants: int = 0
    share: int = 0
    #: What it is asking: question, and objects that hold the numbers; those of which it asks nothing before it has
    #: looked into the store once more.
    question: str = ""
    claims: list[str] = []
    looking: list[str] = []
    #: Names of its journals' run, to find what it was answered.
    journal: str = ""
    #: Money: the budget's name, what was spent in all, and what is set aside beyond.
    budget: str = ""
    spent: int = 0
    reserved: int = 0
    #: What of that was spent on numbers that it has let go since.
    before: int = 0
    #: Whether it waits for money with nothing in flight.
    broke: bool = False

    def has_expired(self, now: float) -> bool:
        """Whether it has been silent for longer than its patience, by the clock of the place, which may have jumped."""
        return self.at is not None and now - self.at > self.patience

    @property
    def asked(self) -> list[str]:
        """What may have been asked of what is claimed."""
        return [each for each in self.claims if each not in self.looking]


class Doubt(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Numbers that a run may have asked without anybody knowing the answer."""

    question: str
    #: Object that holds the numbers.
    body: str
    #: When they were claimed, and when the run gave its last sign of life.
    since: float
    at: float
    journal: str = ""
    #: What was set aside for them: it counts as spent until it is known better.
    budget: str = ""
    period: str = ""
    reserved: int = 0
    #: The run whose money is one sum with that, where it is another: both may have paid for the same numbers.
    purse: str = ""
    #: What the run itself said that it spent on them, and what answers are known to have cost, its own among them.
    spent: int = 0
    proved: int = 0


class Fund(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A budget over runs."""

    most: int
    per: str = ""
    #: Which day or month ``spent`` is of.
    period: str = ""
    spent: int = 0
    #: The highest share in percent of which it was warned in this period.
    warned: int = 0


class State(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All of it."""

    #: Is always written: what a reader leaves out it takes for its own.
    format: int = 0
    #: Whose change it is: no two are alike.
    nonce: str = ""
    runs: dict[str, Member] = {}
    doubts: dict[str, Doubt] = {}
    budgets: dict[str, Fund] = {}

    def drawing(self, budget: str, *, but: str = "") -> Iterator[Member]:
        """Gives the runs that draw on a budget."""
        return (each for name, each in self.runs.items() if each.budget == budget and name != but)

    def sharing(self, account: str, *, but: str = "") -> Iterator[Member]:
        """Gives the runs on an account."""
        return (each for name, each in self.runs.items() if each.account == account and name != but)

    def set_aside(self, budget: str, *, but: str = "") -> int:
        """Gives what runs have set aside of a budget, and what dead ones may have spent."""
        return sum(each.reserved for each in self.drawing(budget, but=but)) + self.in_doubt(budget)

    def in_doubt(self, budget: str) -> int:
        """Gives what dead runs may have spent of a budget, beyond what is known."""
        fund = self.budgets[budget]
        doubts = (each for each in self.doubts.values() if each.budget == budget and each.period == fund.period)
        return sum(each.reserved for each in doubts)


def dated(state: State, at: float) -> State:
    """Puts the time of a change where it stands for "now"."""
    for each in state.runs.values():
        each.at = at if each.at is None else each.at
        each.since = at if each.since is None else each.since
    return state


def touched(member: Member) -> None:
    """Notes a sign of life."""
    member.at = None
    member.beat += 1
    member.quiet = None


def bury(state: State, now: float, is_quiet: Callable[[str, Member], bool]) -> list[str]:
    """Takes dead runs out: what they claimed is in doubt, what they had set aside counts as spent until it is known.

    Args:
        state: Is altered.
        now: By the clock of the place.
        is_quiet: Whether a run that should be dead by that clock gave no sign while we looked: clocks jump.

    Returns:
        Those that were.
    """
    dead = [name for name, each in state.runs.items() if is_quiet(name, each)]
    for name in dead:
        member = state.runs.pop(name)
        at = now if member.at is None else member.at
        doubt_claims(state, name, member, at=at)
    for each in state.runs.values():
        # Noted for whoever comes later: no single run may be here for long enough to see it with its own eyes.
        if each.quiet is None and each.has_expired(now):
            each.quiet = now
    for name, doubt in list(state.doubts.items()):
        if now - doubt.at > DOUBTS_LAST:
            close_doubt(state, name, is_known=False)
    return dead


def doubt_claims(state: State, name: str, member: Member, *, at: float) -> None:
    """Makes doubts of what a run may have asked; its money goes with one of them, or is spent where there is none."""
    fund = state.budgets.get(member.budget)
    period = fund.period if fund else ""
    purse = next((each.purse for key, each in state.doubts.items() if run_of_doubt(key) == name), "")
    for index, body in enumerate(member.asked):
        state.doubts[f"{name}-{index}"] = Doubt(
            question=member.question,
            body=body,
            since=at if member.since is None else member.since,
            at=at,
            journal=member.journal,
            budget=member.budget,
            period=period,
            purse=purse,
        )
    theirs = (each for key, each in state.doubts.items() if run_of_doubt(key) == name)
    first = next((each for each in theirs if (each.budget, each.period) == (member.budget, period)), None)
    if first is not None:
        first.reserved += member.reserved
        first.spent += (member.spent - member.before) * bool(member.asked)
    elif fund is not None:
        fund.spent += member.reserved


def close_doubt(state: State, name: str, *, is_known: bool = True) -> None:
    """Ends a doubt: its money goes on with another of the same purse, else what is not booked yet is spent.

    Args:
        state: Is altered.
        name: The doubt.
        is_known: Whether it is known what its numbers cost; else all of what was set aside counts as spent.
    """
    doubt = state.doubts.pop(name)
    fund = state.budgets.get(doubt.budget)
    more = min(max(0, doubt.proved - doubt.spent), doubt.reserved) if is_known else doubt.reserved
    purse = purse_of(name, doubt), doubt.budget, doubt.period
    heirs = (each for key, each in state.doubts.items() if (purse_of(key, each), each.budget, each.period) == purse)
    heir = next(heirs, None)
    if heir is not None and is_known:
        heir.reserved += doubt.reserved
        heir.spent += doubt.spent
        heir.proved += doubt.proved
    elif fund is not None and fund.period == doubt.period:
        fund.spent += more


def purse_of(name: str, doubt: Doubt) -> str:
    """Gives whose money a doubt's is."""
    return doubt.purse or run_of_doubt(name)


def run_of_doubt(doubt: str) -> str:
    """Gives the run that left a doubt of this name."""
    return doubt.rpartition("-")[0]


def period_of(per: str, now: float) -> str:
    """Names the day or month of a moment, in UTC; nothing where a budget is for good.

    >>> period_of("day", 0.0), period_of("month", 0.0), period_of("", 0.0)
    ('1970-01-01', '1970-01', '')
    """
    moment = datetime.fromtimestamp(now, UTC)
    return {"day": f"{moment:%Y-%m-%d}", "month": f"{moment:%Y-%m}"}.get(per, "")
