"""What dead runs left behind, once it is known better: their numbers were answered since, to them or to others."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import polars as pl

from hlrframe.model import LookupResult, Question, milli_of
from hlrframe.provider import PriceList
from hlrframe.run.team.membership import Membership
from hlrframe.store import Doubt, RegisterState, Store

__all__ = ["settle"]

#: How far clocks may lie apart.
_MARGIN: Final = timedelta(hours=1)
_COLUMNS: Final = ("msisdn", "run", "received_at", "credits", "live_status", "number_type", "ported_date")


def settle(membership: Membership, store: Store, question: Question, prices: PriceList) -> None:
    """Takes what is answered out of the doubts about a question, and books what that proves.

    Raises:
        StoreError: The store or the register cannot be read or written.
    """
    register = membership.register
    with membership.turn:
        doubts = {name: each for name, each in register.look().state.doubts.items() if each.question == question.key}
        if not doubts:
            return
        known = {name: _known(membership, store, question, prices, each) for name, each in doubts.items()}
        settled = {name: after for name, after in known.items() if after is not None}
        if not settled:
            return

        def settling(state: RegisterState, _: float) -> None:
            for name, (rest, cost) in settled.items():
                if state.doubts.get(name) == doubts[name]:  # nobody else was faster
                    _book(state, name, rest, cost)

        membership.change(settling)
        register.drop([doubts[name].body for name in settled])


def _known(
    membership: Membership, store: Store, question: Question, prices: PriceList, doubt: Doubt
) -> tuple[Doubt | None, int] | None:
    """Gives what stays of a doubt and what its run must have spent; ``None`` where nothing new is known."""
    register = membership.register
    keys = register.numbers([doubt.body])
    names = keys.cast(pl.String)
    since = datetime.fromtimestamp(doubt.since, UTC) - _MARGIN
    mine = pl.col("run").str.starts_with(doubt.journal) if doubt.journal else pl.lit(value=False)
    rows = (
        store.scan()
        .filter(
            pl.col("question") == question.key,
            pl.col("received_at") >= since,
            mine | pl.col("msisdn").is_in(names.implode()),
        )
        .select(*_COLUMNS, is_own=mine)
        .collect()
    )
    answered = names.is_in(rows["msisdn"].implode())
    if not answered.any():
        return None
    own, others = rows.filter("is_own"), rows.filter(~pl.col("is_own"))
    cost = sum(map(milli_of, own["credits"].fill_null(0.0))) + sum(_proved(row, prices) for row in others.to_dicts())
    rest = keys.filter(~answered)
    if not len(rest):
        return None, cost
    return msgspec.structs.replace(doubt, body=register.put(rest)), cost


def _proved(row: dict[str, object], prices: PriceList) -> int:
    """Gives what an answer to somebody else proves that the dead run was charged for its number."""
    words = {name: row[name] for name in ("live_status", "number_type", "ported_date")}
    proved = prices.proved(LookupResult(**words), milli_of(float(str(row["credits"] or 0.0))), lost=1)  # type: ignore[arg-type]  # texts, as they were stored
    return proved[0] if proved else 0


def _book(state: RegisterState, name: str, rest: Doubt | None, cost: int) -> None:
    doubt = state.doubts.pop(name)
    beyond = max(0, cost - doubt.spent)
    if rest is not None:
        state.doubts[name] = rest
        return
    fund = state.budgets.get(doubt.budget)
    if fund is not None and fund.period == doubt.period:
        fund.spent += min(beyond, doubt.reserved)
