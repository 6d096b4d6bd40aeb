"""What a run does with the others on its account, from its first look into the store to its end."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import Question, Settings
from hlrframe.provider import Provider
from hlrframe.run.resources import Resources
from hlrframe.run.team.claiming import Claimed, Claiming
from hlrframe.run.team.membership import Membership
from hlrframe.run.team.settling import Settling
from hlrframe.store import Journal, Store, register_of

__all__ = ["Team"]


class Team:
    """The others, as one run meets them; nothing is asked of the register before :meth:`joined`.

    Args:
        store: The store that they share; its register lies beside it.
        client: Whom they ask.
        settings: Settings of the run.
        question: What it asks.
    """

    def __init__(self, store: Store, client: Provider, settings: Settings, question: Question) -> None:
        self._store = store
        self._question = question
        self._us = Membership(register_of(store.layout), client, settings, is_remote=store.is_remote)
        self._claiming = Claiming(self._us, store, question)

    @property
    def resources(self) -> Resources:
        """What the run is given: requests and money."""
        return self._us.resources

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Is among the others while the block runs.

        Raises:
            StoreError: The register cannot be used, or not be trusted.
            ConfigError: The budget is not what was agreed.
        """
        self._store.layout.prepare()
        self._us.join()
        try:
            yield
        finally:
            self._us.leave()

    def claim(self, numbers: pl.Series) -> Claimed:
        """Claims what no other run is asking; see :meth:`Claiming.claim`."""
        return self._claiming.claim(numbers)

    def doubts(self, numbers: pl.Series) -> pl.DataFrame:
        """Gives what runs on other machines may have asked; see :meth:`Claiming.doubts`."""
        return self._claiming.doubts(numbers)

    def conclude(self, paid: Mapping[str, int]) -> None:
        """Lets the numbers go once their answers are in the store, and books what became of runs that were killed.

        Args:
            paid: Milli-credits that such runs are now known to have paid for numbers.
        """
        with contextlib.suppress(StoreError):  # they are let go when the run ends, and settled by the next one
            self._claiming.release(paid)

    def visit(self) -> None:
        """Takes dead runs out of the register and books what is known of them, without being in it oneself."""
        register = register_of(self._store.layout)
        with contextlib.suppress(StoreError):  # it is of use to the others alone
            state = register.look().state
            if state.runs or state.doubts:
                register.probe()
                settling = Settling(register, self._store, paid={})
                _, standing = register.transact(lambda state, _now: settling.book(state))
                settling.tidy(standing.state)

    @contextmanager
    def handing_over(self, journal: Journal) -> Iterator[None]:
        """Hands over what is answered as the run goes, so that other machines have it within a minute."""
        self._us.handover.carry(journal)
        try:
            yield
        finally:
            self._us.handover.put_down()
