"""How much money each run gets of a budget that several share."""

from typing import Final

from hlrframe.errors import ConfigError
from hlrframe.model import Budget, credits_of, milli_of
from hlrframe.store.register.state import Fund, Member, State, period_of

__all__ = ["WARN_AT", "Grant", "agree", "draw", "turned"]

#: Shares of a budget, in percent, at which it is warned.
WARN_AT: Final = (50, 80)


def turned(state: State, name: str, now: float) -> Fund:
    """Gives a budget as of now: with a new day or month it is whole again."""
    fund = state.budgets[name]
    period = period_of(fund.per, now)
    if period > fund.period:  # never back: clocks jump
        fund.period, fund.spent, fund.warned = period, 0, 0
    return fund


def agree(state: State, budget: Budget, now: float, *, anew: bool = False) -> Fund:
    """Gives the budget of a name, and makes it where there is none.

    Args:
        state: Is altered.
        budget: What a run names.
        now: By the clock of the place.
        anew: Whether what it says replaces what was agreed.

    Raises:
        ConfigError: There is none of that name, or it is another amount.
    """
    fund = state.budgets.get(budget.name)
    if budget.max_credits is None:
        if fund is None:
            raise ConfigError(
                f"there is no budget {budget.name!r} yet: say how much, such as Budget({budget.name!r}, "
                f'max_credits=20_000, per="month"), or {budget.name}=20000/month'
            )
        return turned(state, budget.name, now)
    most, per = milli_of(budget.max_credits), budget.per or ""
    if fund is None or anew:
        old = state.budgets.get(budget.name, Fund(most=most))
        keeps = fund is not None and fund.per == per
        state.budgets[budget.name] = Fund(
            most=most, per=per, period=period_of(per, now), spent=old.spent if keeps else 0
        )
    elif (fund.most, fund.per) != (most, per):
        there = f"{credits_of(fund.most):,g} credits{_per(fund.per)}"
        raise ConfigError(
            f"budget {budget.name!r} is {there} here: name it without an amount, or change it for everybody with "
            f"`hlrframe budget --set {budget}`"
        )
    return turned(state, budget.name, now)


def _per(per: str) -> str:
    return f" per {per}" if per else ""


class Grant:
    """What a run may spend from now on, and what is left."""

    __slots__ = ("exhausted", "level", "warn")

    def __init__(self, level: int, *, exhausted: bool, warn: int) -> None:
        #: Milli-credits that the run may have spent in all, what is set aside included.
        self.level = level
        #: Whether nothing was granted, and no run that goes on has anything that could come back.
        self.exhausted = exhausted
        #: Share in percent that was just passed; 0 for none.
        self.warn = warn


def draw(state: State, name: str, now: float, *, spent: int, level: int, more: int, least: int) -> Grant:
    """Books what a run spent, and sets aside for it as much as there is of what it wishes.

    Where several draw on what is nearly used up, each gets its part, so that none holds what the others lack.

    Args:
        state: Is altered.
        name: The run.
        now: By the clock of the place.
        spent: Milli-credits that it has spent in all.
        level: Up to where it may go on by what was set aside before; it may do so at any moment.
        more: Milli-credits beyond that it would like to have.
        least: What one lookup costs.
    """
    member = state.runs[name]
    fund = turned(state, member.budget, now)
    fund.spent += spent - member.spent
    member.spent = spent
    keeps = level - spent
    free = fund.most - fund.spent - state.set_aside(member.budget, but=name) - keeps
    drawing = 1 + sum(1 for _ in state.drawing(member.budget, but=name))
    granted = max(0, min(max(more, least), max(least, free // drawing), free)) if more else 0
    granted -= granted % least  # whole lookups: what is no use to one is kept for another
    member.reserved = keeps + granted
    others = list(state.drawing(member.budget, but=name))
    return Grant(
        spent + member.reserved,
        exhausted=member.reserved == keeps and not any(map(_may_give_back, others)),
        warn=_passed(fund),
    )


def _may_give_back(other: Member) -> bool:
    """Whether a run goes on asking with money: one that waits, for money or for others, gave back what it could."""
    return bool(other.claims and other.reserved) and not other.broke


def _passed(fund: Fund) -> int:
    reached = [each for each in WARN_AT if 100 * fund.spent >= each * fund.most]
    passed = max(reached, default=0)
    if passed <= fund.warned:
        return 0
    fund.warned = passed
    return passed
