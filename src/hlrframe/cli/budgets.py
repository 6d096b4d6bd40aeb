"""``hlrframe budget``: what several runs may spend together, what they have, and who is running."""

import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from hlrframe.cli.speech import show, show_json
from hlrframe.errors import ConfigError
from hlrframe.model import Budget, amount, credits_of, percent
from hlrframe.store import Member, RegisterState, Store, register_of, turned

__all__ = ["BudgetState", "budget_command", "budgets_in"]

DONE: Final = 0


@dataclass(frozen=True, slots=True)
class BudgetState:
    """One budget as of now, in credits."""

    name: str
    max_credits: float
    #: ``day``, ``month`` or nothing, and which of them.
    per: str
    period: str
    spent: float
    #: Set aside by runs that go on, and what killed ones may have spent; the latter alone.
    set_aside: float
    in_doubt: float

    @property
    def used(self) -> float:
        """The share that is spent."""
        return self.spent / self.max_credits if self.max_credits else 1.0

    def __str__(self) -> str:
        when = f" in {self.period}" if self.period else ""
        held = f", {amount(self.set_aside)} more set aside" if self.set_aside else ""
        if self.in_doubt:
            held += f" ({amount(self.in_doubt)} by killed runs, until what they asked is asked again)"
        limit = f"{amount(self.max_credits)} credits{' a ' + self.per if self.per else ''}"
        return f"{amount(self.spent)} of {limit} spent{when} ({percent(self.used)}){held}"


def budgets_in(state: RegisterState) -> list[BudgetState]:
    """Gives the budgets of a register by their names, as of this moment."""
    return [_budget_state(state, name) for name in sorted(state.budgets)]


def _budget_state(state: RegisterState, name: str) -> BudgetState:
    fund = turned(state, name, time.time())
    sums = (fund.most, fund.spent, state.set_aside(name), state.in_doubt(name))
    most, spent, aside, in_doubt = (credits_of(each) for each in sums)
    return BudgetState(name, most, fund.per, fund.period, spent, aside, in_doubt)


def budget_command(options: Namespace) -> int:
    """Shows the budgets of a store and who is running; changes one where that is asked for."""
    store = Store(options.directory)
    register = register_of(store.layout)
    if options.set is not None:
        budget = Budget.parse(options.set)
        if budget.max_credits is None:
            raise ConfigError(f"say how much, such as --set {budget.name}=20000/month")
        store.layout.prepare()
        register.probe()
        register.set_budget(budget)
    standing = register.look()
    state, silent = standing.state, register.silent(standing)
    budgets, runs = budgets_in(state), [_run(each, is_silent=name in silent) for name, each in state.runs.items()]
    if options.json:
        told = [{**asdict(each), "used": round(each.used, 4)} for each in budgets]
        show_json({"budgets": told, "runs": runs, "in_doubt": len(state.doubts)})
        return DONE
    for each in budgets:
        show(f"{each.name}: {each}")
    if not budgets:
        show(f"{options.directory} has no budget yet: --set team=20000/month makes one, as does enrich --budget")
    for run in runs:
        what = f"{run['requests']} requests, {run['spent']:g} credits"
        if run["silent"]:
            what += f", silent since {run['seen']}: if it was killed, the next run that asks takes over what it had"
        show(f"  {'silent ' if run['silent'] else 'running'}  {run['host']}, since {run['since']}: {what}")
    return DONE


def _run(member: Member, *, is_silent: bool) -> Mapping[str, object]:
    return {
        "host": member.host,
        "since": _minute(member.since),
        "seen": _minute(member.at),
        "silent": is_silent,
        "requests": member.share,
        "claims": len(member.claims),
        "budget": member.budget or None,
        "spent": credits_of(member.spent),
        "set_aside": credits_of(member.reserved),
    }


def _minute(at: float | None) -> str:
    return f"{datetime.fromtimestamp(at or 0.0, UTC):%Y-%m-%d %H:%M} UTC"
