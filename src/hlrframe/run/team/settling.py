"""What dead runs left behind, once it is known better: their numbers were answered since, to them or to others."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

import polars as pl

from hlrframe.model import Question, milli_of
from hlrframe.run.team.membership import Membership
from hlrframe.store import Doubt, RegisterState, Store

__all__ = ["settle"]

#: How far clocks may lie apart.
_MARGIN: Final = timedelta(hours=1)


def settle(membership: Membership, store: Store, question: Question, paid: Mapping[str, int]) -> None:
    """Takes what is answered out of the doubts about a question, and books what their runs must have paid.

    Args:
        membership: The run that has just ended its asking.
        store: Where the answers are.
        question: What was asked.
        paid: Milli-credits that earlier runs are known to have paid, by number, from this run's own replies.

    Raises:
        StoreError: The store or the register cannot be read or written.
    """
    register = membership.register
    with membership.turn:
        state = register.look().state
        doubts = {name: each for name, each in state.doubts.items() if each.question == question.key}
        going = {each.journal for name, each in state.runs.items() if name != membership.name and each.journal}
        found = {
            name: _costs(membership, _answers(membership, store, each, going), paid) for name, each in doubts.items()
        }
        if not any(found.values()):
            return
        proved = _proved(doubts, found)
        left = {name: _left(membership, doubts[name], costs) for name, costs in found.items() if costs}

        def settling(state: RegisterState, _: float) -> None:
            for name in [name for name in left if state.doubts.get(name) == doubts[name]]:  # nobody else was faster
                _book(state, name, proved=proved[name], left=left[name])

        membership.change(settling)
        register.bodies.drop([doubts[name].body for name in left])


def _answers(membership: Membership, store: Store, doubt: Doubt, going: Collection[str]) -> pl.DataFrame:
    """Gives the newest answers to numbers in doubt that came since they were claimed.

    What a run that goes on was answered is left to that run, which knows best who paid.
    """
    numbers = membership.register.bodies.numbers([doubt.body]).cast(pl.String)
    since = datetime.fromtimestamp(doubt.since, UTC) - _MARGIN
    found = store.scan().filter(
        pl.col("question") == doubt.question, pl.col("received_at") >= since, pl.col("msisdn").is_in(numbers.implode())
    )
    rows = found.select("msisdn", "run", "credits").collect()
    return rows.filter(~pl.col("run").is_in(list(going)))


def _costs(membership: Membership, answers: pl.DataFrame, paid: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    """Gives what dead runs may have paid for each number that was answered since, and to which run that was.

    Of an answer to a run that ended without saying who paid, they may have: so the sum errs high, never low.
    """
    ours = membership.register.bodies.hide(pl.Series("msisdn", list(paid), dtype=pl.String)).cast(pl.String)
    proved = dict(zip(ours, paid.values(), strict=True))
    return {
        number: (proved.get(number, 0) if run == membership.handover.journal_name else milli_of(credits_ or 0.0), run)
        for number, run, credits_ in answers.iter_rows()
    }


def _proved(doubts: Mapping[str, Doubt], found: Mapping[str, Mapping[str, tuple[int, str]]]) -> Mapping[str, int]:
    """Gives what each doubt is now known to have cost: a number that several runs left in doubt was paid by one.

    Nobody knows by which. Numbers that only one can have paid come first, and the others go to a run that said that it
    spent more than is explained yet, best to the one that was answered; else to the earliest whose money reaches.
    """
    due, reserved = dict[str, int](), dict[str, int]()
    for name, each in doubts.items():
        run = _run_of(name)
        due[run] = due.get(run, each.spent) - each.proved
        reserved[run] = reserved.get(run, 0) + each.reserved
    proved = dict.fromkeys(doubts, 0)
    for names, cost in _by_holders(doubts, found):
        spent_more = (name for name in names if due[_run_of(name)] >= cost)
        earliest = sorted(names, key=lambda name: doubts[name].since)
        able = (name for name in earliest if due[_run_of(name)] + reserved[_run_of(name)] >= cost)
        payer = next(chain(spent_more, able, names))
        due[_run_of(payer)] -= cost
        proved[payer] += cost
    return proved


def _by_holders(
    doubts: Mapping[str, Doubt], found: Mapping[str, Mapping[str, tuple[int, str]]]
) -> list[tuple[list[str], int]]:
    """Gives the doubts that a number is in, the one that was answered first, and its cost; those of few come first."""
    holders: dict[tuple[str, str, str], list[str]] = {}
    for name, costs in found.items():
        for number in costs:
            holders.setdefault((doubts[name].budget, doubts[name].period, number), []).append(name)
    either = [(names, *found[names[0]][number]) for (_, _, number), names in holders.items()]
    both = [(sorted(names, key=lambda name: doubts[name].journal != run), cost) for names, cost, run in either]
    return sorted(both, key=lambda each: len(each[0]))


def _left(membership: Membership, doubt: Doubt, answered: Collection[str]) -> str:
    """Gives the object that holds what is left of a doubt; none where nothing is."""
    bodies = membership.register.bodies
    keys = bodies.numbers([doubt.body])
    rest = keys.filter(~keys.cast(pl.String).is_in(list(answered)))
    return bodies.put(rest) if len(rest) else ""


def _book(state: RegisterState, name: str, *, proved: int, left: str) -> None:
    """Books what a doubt has cost, once nothing of its run is in doubt any more: the money of a run is one sum."""
    doubt = state.doubts[name]
    doubt.body, doubt.proved = left, doubt.proved + proved
    if left:
        return
    del state.doubts[name]
    others = (each for other, each in state.doubts.items() if _run_of(other) == _run_of(name))
    other = next((each for each in others if (each.budget, each.period) == (doubt.budget, doubt.period)), None)
    fund = state.budgets.get(doubt.budget)
    if other is not None:
        other.reserved += doubt.reserved
        other.proved += doubt.proved
    elif fund is not None and fund.period == doubt.period:
        fund.spent += min(max(0, doubt.proved - doubt.spent), doubt.reserved)


def _run_of(name: str) -> str:
    """Gives the run that left a doubt of this name."""
    return name.rpartition("-")[0]
