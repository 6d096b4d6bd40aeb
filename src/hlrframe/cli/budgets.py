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
from hlrframe.store import RegisterState, Store, register_of, turned

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
    #: Set aside by runs that go on, and what killed ones may have spent.
    set_aside: float

    @property
    def used(self) -> float:
        """The share that is spent."""
        return self.spent / self.max_credits if self.max_credits else 1.0

    def __str__(self) -> str:
        when = f" in {self.period}" if self.period else ""
        held = f", {amount(self.set_aside)} more set aside" if self.set_aside else ""
        limit = f"{amount(self.max_credits)} credits{' a ' + self.per if self.per else ''}"
        return f"{amount(self.spent)} of {limit} spent{when} ({percent(self.used)}){held}"


def budgets_in(state: RegisterState) -> list[BudgetState]:
    """Gives the budgets of a register by their names, as of this moment."""
    return [_budget_state(state, name) for name in sorted(state.budgets)]


def _budget_state(state: RegisterState, name: str) -> BudgetState:
    fund = turned(state, name, time.time())
    most, spent, aside = (credits_of(each) for each in (fund.most, fund.spent, state.set_aside(name)))
    return BudgetState(name, most, fund.per, fund.period, spent, aside)


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
    state = register.look().state
    budgets, runs = budgets_in(state), _runs(state)
    if options.json:
        told = [{**asdict(each), "used": round(each.used, 4)} for each in budgets]
        show_json({"budgets": told, "runs": runs, "in_doubt": len(state.doubts)})
        return DONE
    for each in budgets:
        show(f"{each.name}: {each}")
    if not budgets:
        show(f"{options.directory} has no budget yet: --set team=20000/month makes one, as does enrich --budget")
    for run in runs:
        show(f"  running  {run['host']}, since {run['since']}: {run['requests']} requests, {run['spent']:g} credits")
    return DONE


def _runs(state: RegisterState) -> list[Mapping[str, object]]:
    return [
        {
            "host": each.host,
            "since": f"{datetime.fromtimestamp(each.since or 0.0, UTC):%Y-%m-%d %H:%M} UTC",
            "requests": each.share,
            "claims": len(each.claims),
            "budget": each.budget or None,
            "spent": credits_of(each.spent),
        }
        for each in state.runs.values()
    ]
