"""What dead runs left behind, once it is known better: their numbers were answered since, to them or to others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

import polars as pl

from hlrframe.model import milli_of
from hlrframe.store import Doubt, Register, RegisterState, Store, run_of_doubt

__all__ = ["Settlement", "settlement_of"]

#: How far clocks may lie apart.
_MARGIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is known better of some doubts, to be booked in one step."""

    doubts: Mapping[str, Doubt]
    #: Milli-credits that each is now known to have cost, and the object that holds what is left of it.
    proved: Mapping[str, int]
    left: Mapping[str, str]

    def book(self, state: RegisterState) -> None:
        """Books it, where nobody else was faster."""
        for name in [each for each in self.left if state.doubts.get(each) == self.doubts[each]]:
            _book(state, name, proved=self.proved[name], left=self.left[name])

    @property
    def bodies(self) -> list[str]:
        """Objects that nothing names once it is booked."""
        return [self.doubts[name].body for name in self.left]


def settlement_of(
    register: Register, store: Store, *, paid: Mapping[str, int], run: str = "", journal: str = ""
) -> Settlement | None:
    """Gives what is known better of what dead runs left in doubt; ``None`` where that is nothing.

    Args:
        register: Where it is noted.
        store: Where the answers are.
        paid: Milli-credits that earlier runs are known to have paid, by number, from the replies of one run.
        run: That run, which has ended its asking, by its name in the register; nothing for who only comes by.
        journal: Under which name its answers are found.

    Raises:
        StoreError: The store or the register cannot be read.
    """
    state = register.look().state
    doubts = dict(state.doubts)
    going = {each.journal for name, each in state.runs.items() if name != run and each.journal}
    hidden = register.bodies.hide(pl.Series(list(paid), dtype=pl.String)).cast(pl.String)
    mine = _Own(journal, dict(zip(hidden, paid.values(), strict=True)))
    found = {name: _costs(_answers(register, store, each, going), mine) for name, each in doubts.items()}
    if not any(found.values()):
        return None
    left = {name: _left(register, doubts[name], costs) for name, costs in found.items() if costs}
    return Settlement(doubts, _proved(doubts, found), left)


@dataclass(frozen=True, slots=True)
class _Own:
    """What a run knows from its own replies."""

    journal: str
    #: Milli-credits that earlier runs paid, by hidden number.
    paid: Mapping[str, int]


def _answers(register: Register, store: Store, doubt: Doubt, going: Collection[str]) -> pl.DataFrame:
    """Gives the newest answers to numbers in doubt that came since they were claimed.

    What a run that goes on was answered is left to that run, which knows best who paid.
    """
    numbers = register.bodies.numbers([doubt.body]).cast(pl.String)
    since = datetime.fromtimestamp(doubt.since, UTC) - _MARGIN
    found = store.scan().filter(
        pl.col("question") == doubt.question, pl.col("received_at") >= since, pl.col("msisdn").is_in(numbers.implode())
    )
    rows = found.select("msisdn", "run", "credits").collect()
    return rows.filter(~pl.col("run").is_in(list(going)))


def _costs(answers: pl.DataFrame, mine: _Own) -> dict[str, tuple[int, str]]:
    """Gives what dead runs may have paid for each number that was answered since, and to which run that was.

    Of an answer to a run that ended without saying who paid, they may have: so the sum errs high, never low.
    """
    return {
        number: (mine.paid.get(number, 0) if run == mine.journal else milli_of(credits_ or 0.0), run)
        for number, run, credits_ in answers.iter_rows()
    }


def _proved(doubts: Mapping[str, Doubt], found: Mapping[str, Mapping[str, tuple[int, str]]]) -> Mapping[str, int]:
    """Gives what each doubt is now known to have cost: a number that several runs left in doubt was paid by one.

    Nobody knows by which. Numbers that only one can have paid come first, and the others go to a run that said that it
    spent more than is explained yet, best to the one that was answered; else to the earliest whose money reaches.
    """
    due, reserved = dict[str, int](), dict[str, int]()
    for name, each in doubts.items():
        run = run_of_doubt(name)
        due[run] = due.get(run, 0) + each.spent - each.proved
        reserved[run] = reserved.get(run, 0) + each.reserved
    proved = dict.fromkeys(doubts, 0)
    for names, cost in _by_holders(doubts, found):
        spent_more = (name for name in names if due[run_of_doubt(name)] >= cost)
        earliest = sorted(names, key=lambda name: doubts[name].since)
        able = (name for name in earliest if due[run_of_doubt(name)] + reserved[run_of_doubt(name)] >= cost)
        payer = next(chain(spent_more, able, names))
        due[run_of_doubt(payer)] -= cost
        proved[payer] += cost
    return proved


def _by_holders(
    doubts: Mapping[str, Doubt], found: Mapping[str, Mapping[str, tuple[int, str]]]
) -> list[tuple[list[str], int]]:
    """Gives the doubts that a number is in, the one that was answered first, and its cost; those of few come first."""
    holders: dict[tuple[str, ...], list[str]] = {}
    for name, costs in found.items():
        each = doubts[name]
        for number in costs:
            holders.setdefault((number, each.question, each.budget, each.period), []).append(name)
    either = [(names, *found[names[0]][number]) for (number, *_), names in holders.items()]
    both = [(sorted(names, key=lambda name: doubts[name].journal != run), cost) for names, cost, run in either]
    return sorted(both, key=lambda each: len(each[0]))


def _left(register: Register, doubt: Doubt, answered: Collection[str]) -> str:
    """Gives the object that holds what is left of a doubt; none where nothing is."""
    bodies = register.bodies
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
    others = (each for other, each in state.doubts.items() if run_of_doubt(other) == run_of_doubt(name))
    other = next((each for each in others if (each.budget, each.period) == (doubt.budget, doubt.period)), None)
    fund = state.budgets.get(doubt.budget)
    if other is not None:
        other.reserved += doubt.reserved
        other.spent += doubt.spent
        other.proved += doubt.proved
    elif fund is not None and fund.period == doubt.period:
        fund.spent += min(max(0, doubt.proved - doubt.spent), doubt.reserved)
