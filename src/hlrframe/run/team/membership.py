"""One run in the register of its store: it joins, gives signs of life, agrees on its part with the others, and leaves.

A thread of its own does it, so that a run whose event loop is busy is no dead run. What the register said last holds
for a while (the *lease*); then nothing is sent until the register was reached again. Others take a run for dead only
long after its lease and its longest request have ended, so that what it had is never used twice.
"""

import asyncio
import contextlib
import os
import platform
import threading
import time
import warnings
from collections.abc import Callable
from io import FileIO
from typing import Final, TypeAlias, TypeVar

from hlrframe.errors import BudgetWarning, HlrframeError, StoreError
from hlrframe.model import DEFAULT_TIMEOUT, Budget, Settings, milli_of
from hlrframe.provider import Provider
from hlrframe.run.resources import Resources
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.team.purse import Purse
from hlrframe.run.team.share import Share
from hlrframe.store import (
    Grant,
    Journal,
    Member,
    Register,
    RegisterState,
    Standing,
    agree,
    doubt_claims,
    draw,
    fair_share,
    settle_share,
    touched,
)

__all__ = ["Membership"]

#: Seconds for which the register's word holds.
LEASE: Final = 60.0
#: Share of the lease after which another sign of life is given.
BEAT: Final = 1 / 6
#: Seconds beyond the lease and the longest request after which a run is dead: for pauses, and clocks of whole seconds.
MARGIN: Final = 15.0
#: Seconds between two looks at what others changed, in a folder and in a bucket.
LOOK_EVERY: Final = (0.25, 1.0)
#: Seconds after which what was answered is handed over, so that other machines have it within a minute.
HAND_OVER_EVERY: Final = 20.0
#: Seconds before more money is asked for that was not there.
DRY_PAUSE: Final = 2.0
#: Seconds to wait before the budget is looked at again, where others may give something back.
MONEY_PAUSE: Final = 0.25

_T = TypeVar("_T")
#: Alters a state that is of so much time.
Change: TypeAlias = Callable[[RegisterState, float], _T]


class Membership:
    """One run in the register; :meth:`join` it, and :meth:`leave` it whatever happens.

    Args:
        register: The register of the store.
        client: Whom the run asks.
        settings: Its limits.
        is_remote: Whether the store is in a bucket: what is answered is handed over as the run goes.
    """

    def __init__(self, register: Register, client: Provider, settings: Settings, *, is_remote: bool) -> None:
        self.register = register
        self.name = ""
        #: Objects that hold what the run is asking, and the question.
        self.claims: list[str] = []
        self.question = ""
        #: Under which name its journal's answers are found, once there is one.
        self.journal_name = ""
        #: Held while something is read or changed that belongs together.
        self.turn = threading.RLock()
        self._budget = settings.budget if isinstance(settings.budget, Budget) else None
        self._most = min(settings.max_requests, client.limits.requests)
        self._account = str(getattr(client, "account", None) or client.provider)
        self._limit = client.limits.requests
        self._patience = LEASE + (settings.timeout or client.timeout or DEFAULT_TIMEOUT) + MARGIN
        self._is_remote = is_remote
        self._look_every = LOOK_EVERY[is_remote]
        self._share = Share(self._is_valid)
        ledger = Ledger(None if settings.max_credits is None else milli_of(settings.max_credits))
        self._purse = Purse(
            ledger,
            price=client.pricing(settings).worst("1"),
            is_shared=self._budget is not None,
            is_valid=self._is_valid,
            on_low=self._nudge,
        )
        self._valid_until = 0.0
        self._beat_at = 0.0
        # When it is of use to ask for money again, after there was none.
        self._dry_until = 0.0
        self._joined = False
        self._trouble: BaseException | None = None
        self._warnings: list[str] = []
        self._sign: FileIO | None = None
        # The journal to hand over, and the same after it was put down.
        self._journal: Journal | None = None
        self._carried: Journal | None = None
        self._handed_over_at = time.monotonic()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="hlrframe-register", daemon=True)

    @property
    def resources(self) -> Resources:
        """What the run is given of all this."""
        refill = self._refill if self._budget is not None else None
        return Resources(
            budget=self._purse, allowance=self._share, grants=self._share, refill=refill, trouble=self.trouble
        )

    def trouble(self) -> BaseException | None:
        """Gives what must end the run, if anything must."""
        return self._trouble

    def _is_valid(self) -> bool:
        return time.monotonic() < self._valid_until

    def _nudge(self) -> None:
        self._wake.set()

    # Joining and leaving

    def join(self) -> None:
        """Enters the register.

        Raises:
            StoreError: The place cannot be used, or not be trusted.
            ConfigError: The budget is not what was agreed.
        """
        self.register.probe()
        self.name, self._sign = self.register.signs.enter()
        try:
            self.change(lambda _state, _now: None)  # so that the place dates it: the next change knows what day it is
            self._agree()
        except BaseException:
            self._quit()
            raise
        self._thread.start()

    def _agree(self) -> None:
        """Notes the budget."""
        budget = self._budget
        if budget is None:
            return

        def agreed(state: RegisterState, now: float) -> None:
            agree(state, budget, now)
            state.runs[self.name].budget = budget.name

        self.change(agreed)

    def carry(self, journal: Journal) -> None:
        """Takes over a journal that is to be handed over as the run goes."""
        with self.turn:
            self._journal = self._carried = journal
            self.journal_name = journal.run_id
            self._handed_over_at = time.monotonic()

    @property
    def keeps_back(self) -> bool:
        """Whether something that was answered is on this machine alone: its bucket was away."""
        return self._is_remote and self._carried is not None and not self._carried.all_sealed

    def put_down(self) -> None:
        """Leaves the journal to its owner, who is about to seal it."""
        with self.turn:
            self._journal = None

    def leave(self) -> None:
        """Leaves the register, with what was spent booked; whatever the run held is free at once.

        Where the register cannot be reached, the others find out in time: what it held counts as they then see fit.
        """
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        try:
            if self._joined and self._trouble is None:
                with contextlib.suppress(StoreError):
                    self.change(self._go, all_of_it=True)
                    self.register.sweep()
        finally:
            self._quit()
        for each in self._warnings:
            warnings.warn(each, BudgetWarning, stacklevel=2)

    def _go(self, state: RegisterState, now: float) -> None:
        """Takes this run out; what may have been charged beyond what is known stays with its doubts."""
        member = state.runs.pop(self.name)
        doubt_claims(state, self.name, member, at=now)

    def _quit(self) -> None:
        self._joined = False
        self.register.signs.leave(self.name, self._sign)

    # Changes

    def change(
        self, more: Change[_T], *, money: bool = False, broke: bool = False, all_of_it: bool = False
    ) -> tuple[_T, Grant | None]:
        """Gives a sign of life, agrees on share and money, and makes another change, all in one step.

        Args:
            more: The other change.
            money: Whether more money is wanted.
            broke: Whether nothing can be sent before it comes.
            all_of_it: Whether all money that is not committed is given back.

        Raises:
            StoreError: The register cannot be reached, or this run was taken for dead.
        """
        with self.turn:
            began = time.monotonic()
            # Before the register knows: what is given back is used by others as soon as it does.
            all_of_it = all_of_it or broke or not (self.claims or money)
            spent, level = self._purse.account(all_of_it=all_of_it)
            more_money = max(0, self._purse.wish(began) - (level - spent)) if money else 0

            def changed(state: RegisterState, now: float) -> tuple[_T, Grant | None, int]:
                member = self._own(state)
                touched(member)
                member.claims, member.question, member.journal = list(self.claims), self.question, self.journal_name
                grant, member.spent = None, spent if not member.budget else member.spent
                if member.budget:
                    least = self._purse.least
                    grant = draw(state, self.name, now, spent=spent, level=level, more=more_money, least=least)
                    member.broke = broke and grant.level == level
                result = more(state, now)
                # Whoever only waits for others needs no requests.
                wants = self._most if member.claims else 0
                return result, grant, settle_share(state, self.name, wants=wants, lower=self._share.lower)

            (result, grant, target), _ = self.register.transact(changed)
            self._take_over(target, grant, began)
            return result, grant

    def change_to(self, more: Change[None], *, money: bool = False) -> Standing:
        """Makes a change like :meth:`change`, and gives what came of it."""
        with self.turn:
            self.change(more, money=money)
            return self.register.look()

    def _own(self, state: RegisterState) -> Member:
        member = state.runs.get(self.name)
        if member is None:
            if self._joined:
                raise _TakenForDead(
                    "this run could not reach its register for so long that others took over what it was asking; "
                    "what it was answered is kept: run again"
                )
            host = f"{platform.node()}, process {os.getpid()}"
            member = state.runs[self.name] = Member(
                account=self._account, most=self._limit, host=host, patience=self._patience
            )
        return member

    def _take_over(self, target: int, grant: Grant | None, began: float) -> None:
        self._joined = True
        self._share.agree(target)
        if grant is not None:
            if not self._purse.take_over(grant.level):
                self._dry_until = time.monotonic() + DRY_PAUSE
            if grant.warn and self._budget is not None:
                self._warnings.append(f"{grant.warn} % of budget {self._budget.name!r} are used")
        self._valid_until = began + LEASE
        self._beat_at = began + LEASE * BEAT

    # Going on

    def _go_on(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(self._look_every)
            self._wake.clear()
            try:
                self._tick()
            except _TakenForDead as error:
                self._trouble = error
                return
            except HlrframeError:  # the place is away: what the register said last holds for a while
                self._stopping.wait(self._look_every)
            except BaseException as error:  # noqa: BLE001  # it ends the run, in its own thread
                self._trouble = error
                return

    def _tick(self) -> None:
        if self._stopping.is_set():
            return
        with self.turn:
            low = self._purse.is_low and time.monotonic() >= self._dry_until
            if low or time.monotonic() >= self._beat_at or self._differs(self.register.look()):
                self.change(lambda _state, _now: None, money=low)
            if self._is_remote and self._journal is not None:
                self._hand_over(self._journal)

    def _differs(self, standing: Standing) -> bool:
        """Whether something is to be agreed anew: shares, or that a run is dead."""
        state = standing.state
        mine = state.runs.get(self.name)
        if mine is None or self.register.has_dead(standing):
            return True
        target = fair_share(state, self.name)
        return target != self._share.agreed or target < mine.share > self._share.held

    def _hand_over(self, journal: Journal) -> None:
        now = time.monotonic()
        if now - self._handed_over_at >= HAND_OVER_EVERY:
            self._handed_over_at = now
            try:
                journal.hand_over()
            except StoreError as refusal:  # the disk refused: as for any other write
                self._trouble = refusal

    async def _refill(self) -> bool:
        """Waits until the shared budget has something, or nobody can give anything back."""
        while self._purse.lacks and self._trouble is None:
            grows, exhausted = await asyncio.to_thread(self._ask_for_money)
            if grows or exhausted:
                return grows
            await asyncio.sleep(MONEY_PAUSE)
        return False

    def _ask_for_money(self) -> tuple[bool, bool]:
        try:
            _, grant = self.change(lambda _state, _now: None, money=True, broke=True)
        except _TakenForDead as error:
            self._trouble = error
            return False, False
        except StoreError:  # the place is away: it is tried again
            return False, False
        assert grant is not None  # noqa: S101  # only runs with a budget ask
        return self._purse.take_over(grant.level), grant.exhausted


class _TakenForDead(StoreError):
    """Others took over while the register could not be reached."""
