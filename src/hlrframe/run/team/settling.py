"""What dead runs left behind, once it is known better: their numbers were answered since, to them or to others."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
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
        known = {
            name: found
            for name, each in doubts.items()
            if (found := _known(membership, store, each, paid, going)) is not None
        }
        if not known:
            return

        def settling(state: RegisterState, _: float) -> None:
            for name, after in known.items():
                if state.doubts.get(name) == doubts[name]:  # nobody else was faster
                    _book(state, name, after)

        membership.change(settling)
        register.bodies.drop([doubts[name].body for name in known])


def _known(
    membership: Membership, store: Store, doubt: Doubt, paid: Mapping[str, int], going: Collection[str]
) -> Doubt | None:
    """Gives what is left of a doubt, with what is proved; ``None`` where nothing new is known.

    What a run that goes on was answered is left to that run, which knows best who paid.
    """
    register = membership.register
    keys = register.bodies.numbers([doubt.body])
    rows = _answers(store, doubt, keys.cast(pl.String)).filter(~pl.col("run").is_in(list(going)))
    answered = keys.cast(pl.String).is_in(rows["msisdn"].implode())
    if not answered.any():
        return None
    ours = register.bodies.hide(pl.Series("msisdn", list(paid), dtype=pl.String)).cast(pl.String)
    proved = dict(zip(ours, paid.values(), strict=True))
    # An answer to a run that ended without saying who paid: the dead run may have. So the sum errs high, never low.
    cost = sum(
        proved.get(number, 0) if run == membership.journal_name else milli_of(credits_ or 0.0)
        for number, run, credits_ in rows.select("msisdn", "run", "credits").iter_rows()
    )
    rest = keys.filter(~answered)
    body = register.bodies.put(rest) if len(rest) else ""
    return msgspec.structs.replace(doubt, body=body, proved=doubt.proved + cost)


def _answers(store: Store, doubt: Doubt, numbers: pl.Series) -> pl.DataFrame:
    """Gives the newest answers to numbers that came since they were claimed."""
    since = datetime.fromtimestamp(doubt.since, UTC) - _MARGIN
    found = store.scan().filter(
        pl.col("question") == doubt.question, pl.col("received_at") >= since, pl.col("msisdn").is_in(numbers.implode())
    )
    return found.select("msisdn", "run", "credits").collect()


def _book(state: RegisterState, name: str, after: Doubt) -> None:
    if after.body:
        state.doubts[name] = after
        return
    del state.doubts[name]
    fund = state.budgets.get(after.budget)
    if fund is not None and fund.period == after.period:
        fund.spent += min(max(0, after.proved - after.spent), after.reserved)
