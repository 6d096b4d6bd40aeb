"""What dead runs left behind, once it is known better: their numbers were answered since, to them or to others.

A number is paid once, and where several dead runs had asked it nobody knows by which. So their money becomes one
*purse*: what the numbers are known to have cost all together, less what these runs said that they spent, is booked.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from hlrframe.model import milli_of
from hlrframe.store import Doubt, Register, RegisterState, Store, close_doubt, purse_of

__all__ = ["Settling"]

#: How far clocks may lie apart.
_MARGIN: Final = timedelta(hours=1)


class Settling:
    """Takes what is answered out of doubts, and books what their runs must have paid, in a change of the register.

    Args:
        register: Where they are noted.
        store: Where the answers are.
        paid: Milli-credits that earlier runs are known to have paid, by number, from the replies of one run.
        run: That run, which has ended its asking, by its name in the register; nothing for who only comes by.
        journal: Under which name its answers are found.
    """

    def __init__(
        self, register: Register, store: Store, *, paid: Mapping[str, int], run: str = "", journal: str = ""
    ) -> None:
        self._register = register
        self._store = store
        self._run = run
        self._journal = journal
        hidden = register.bodies.hide(pl.Series(list(paid), dtype=pl.String)).cast(pl.String)
        self._paid = dict(zip(hidden, paid.values(), strict=True))
        # What was found, and of which state; the objects that hold what is left of each doubt.
        self._seen: object = None
        self._costs: Mapping[str, Mapping[str, int]] = {}
        self._left: Mapping[str, str] = {}
        self._bodies = set[str]()

    def finds(self, state: RegisterState) -> bool:
        """Says whether something is known better.

        Raises:
            StoreError: The store or the register cannot be read.
        """
        # As much as the answer depends on: a change that is made again on the same looks nothing up.
        doubts = [(name, each.body) for name, each in state.doubts.items()]
        seen = doubts, sorted(body for each in state.runs.values() for body in each.claims)
        if seen != self._seen:
            found = {name: self._costs_of(doubt, state) for name, doubt in state.doubts.items()}
            self._costs = {name: costs for name, costs in found.items() if costs}
            self._left = {name: self._rest(state.doubts[name], costs) for name, costs in self._costs.items()}
            self._bodies.update(self._left.values(), (state.doubts[name].body for name in self._costs))
            self._seen = seen
        return bool(self._costs)

    def book(self, state: RegisterState) -> None:
        """Books what is known better.

        Raises:
            StoreError: The store or the register cannot be read.
        """
        if not self.finds(state):
            return
        for names, cost in self._by_holders(state):
            _pool(state, names)
            state.doubts[names[0]].proved += cost
        for name, body in self._left.items():
            state.doubts[name].body = body
        for name in [name for name, body in self._left.items() if not body]:
            close_doubt(state, name)

    def tidy(self, state: RegisterState) -> None:
        """Removes the objects that nothing names any more, once it is booked."""
        named = {each.body for each in state.doubts.values()}
        self._register.bodies.drop([each for each in self._bodies - named if each])

    def _costs_of(self, doubt: Doubt, state: RegisterState) -> dict[str, int]:
        """Gives what dead runs may have paid for each number of a doubt that was answered since it was claimed.

        Of an answer to a run that ended without saying who paid, they may have: so the sum errs high, never low. What a
        run that goes on asks, or was answered, is left to that run, which knows best who paid.
        """
        bodies, others = self._register.bodies, [each for name, each in state.runs.items() if name != self._run]
        numbers = bodies.numbers([doubt.body])
        asked = bodies.numbers([body for each in others if each.question == doubt.question for body in each.claims])
        going = {each.journal for each in others if each.journal}
        left = numbers.filter(~numbers.is_in(asked.implode())).cast(pl.String)
        return {
            number: self._paid.get(number, 0) if run == self._journal else milli_of(credits_ or 0.0)
            for number, run, credits_ in self._answers(doubt, left).iter_rows()
            if run not in going
        }

    def _answers(self, doubt: Doubt, numbers: pl.Series) -> pl.DataFrame:
        """Gives the newest answers to numbers, as all others see them.

        What is not in a bucket yet is known to this machine alone: without the doubt another one would pay for it anew.
        """
        since = datetime.fromtimestamp(doubt.since, UTC) - _MARGIN
        fits = (pl.col("question") == doubt.question) & (pl.col("received_at") >= since)
        wanted = fits & pl.col("msisdn").is_in(numbers.implode())
        columns = "msisdn", "run", "credits"
        if not self._store.is_remote:
            return self._store.scan().filter(wanted).select(columns).collect()
        found = self._store.read(lambda all_: all_.sealed.filter(wanted).select(*columns, "received_at").collect())
        return found.sort("received_at").unique("msisdn", keep="last").select(columns)

    def _rest(self, doubt: Doubt, answered: Iterable[str]) -> str:
        """Gives the object that holds what is left of a doubt; none where nothing is."""
        keys = self._register.bodies.numbers([doubt.body])
        rest = keys.filter(~keys.cast(pl.String).is_in(list(answered)))
        return self._register.bodies.put(rest) if len(rest) else ""

    def _by_holders(self, state: RegisterState) -> Iterable[tuple[list[str], int]]:
        """Gives the doubts that each number is in, and what it has cost."""
        holders: dict[tuple[str, ...], tuple[list[str], int]] = {}
        for name, costs in self._costs.items():
            each = state.doubts[name]
            for number, cost in costs.items():
                holders.setdefault((number, each.question, each.budget, each.period), ([], cost))[0].append(name)
        return holders.values()


def _pool(state: RegisterState, names: list[str]) -> None:
    """Puts the money of doubts into one purse, and of all that share a purse with one of them."""
    ours, *others = (purse_of(name, state.doubts[name]) for name in names)
    first = state.doubts[names[0]]
    for purse in {*others} - {ours}:
        for name, each in state.doubts.items():
            if purse_of(name, each) == purse and (each.budget, each.period) == (first.budget, first.period):
                each.purse = ours
