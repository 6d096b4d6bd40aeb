"""One run in the register of its store: it joins, gives signs of life, agrees on its part with the others, and leaves.

What the register said last holds
for a while (the *lease*); then nothing is sent until the register was reached again. Others take a run for dead only
long after its lease and its longest request have ended, so that what it had is never used twice.
"""

import contextlib
import os
import platform
import threading
import time
import warnings
from collections.abc import Callable
from io import FileIO
from typing import Final, TypeAlias, TypeVar

from hlrframe.errors import BudgetWarning, StoreError
from hlrframe.model import DEFAULT_TIMEOUT, Budget, Settings, milli_of
from hlrframe.provider import Provider
from hlrframe.run.resources import Resources
from hlrframe.run.schedule.ledger import Ledger
from hlrframe.run.team.handover import Handover
from hlrframe.run.team.heart import Heart, TakenForDead
from hlrframe.run.team.purse import Purse
from hlrframe.run.team.refill import Refill
from hlrframe.run.team.share import Share, account_of
from hlrframe.store import (
    Grant,
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
#: Seconds before more money is asked for that was not there.
DRY_PAUSE: Final = 2.0
#: Seconds within which a run tries again to leave where the register does not answer, and between two such tries.
LEAVE_WITHIN: Final = 10.0
LEAVE_PAUSE: Final = 0.5

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
        #: Objects that hold what the run is asking, those of which it asks nothing yet, and the question.
        self.claims: list[str] = []
        self.looking: list[str] = []
        self.question = ""
        #: What was spent on numbers that it has let go.
        self.before = 0
        #: Its journal, on the way into the bucket.
        self.handover = Handover(is_remote=is_remote)
        #: Held while something is read or changed that belongs together.
        self.turn = threading.RLock()
        self._budget = settings.budget if isinstance(settings.budget, Budget) else None
        self._most = min(settings.max_requests, client.limits.requests)
        self._account = account_of(client)
        self._limit = client.limits.requests
        self._patience = LEASE + float(settings.timeout or client.timeout or DEFAULT_TIMEOUT) + MARGIN
        self._heart = Heart(self._beat, LOOK_EVERY[is_remote])
        self._share = Share(self._is_valid)
        ledger = Ledger(None if settings.max_credits is None else milli_of(settings.max_credits))
        self._purse = Purse(
            ledger,
            price=client.pricing(settings).worst("1"),
            is_shared=self._budget is not None,
            is_valid=self._is_valid,
            on_low=self._heart.wake,
        )
        self._standing = Standing(RegisterState(), 0.0)
        self._valid_until = 0.0
        self._beat_at = 0.0
        # When it is of use to ask for money again, after there was none.
        self._dry_until = 0.0
        self._joined = False
        self._warnings: list[str] = []
        self._sign: FileIO | None = None

    @property
    def resources(self) -> Resources:
        """What the run is given of all this."""
        refill = None if self._budget is None else Refill(self._purse, self._beg, self._heart)
        return Resources(
            budget=self._purse,
            allowance=self._share,
            grants=self._share,
            refill=refill,
            trouble=lambda: self._heart.trouble,
        )

    def _is_valid(self) -> bool:
        return time.monotonic() < self._valid_until

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
            self._quit(has_left=self._joined and self._try_to_leave(within=0.0))
            raise
        self._heart.start()

    def _agree(self) -> None:
        """Notes the budget."""
        budget = self._budget
        if budget is None:
            return

        def agreed(state: RegisterState, now: float) -> None:
            agree(state, budget, now)
            state.runs[self.name].budget = budget.name

        self.change(agreed)

    def leave(self) -> None:
        """Leaves the register, with what was spent booked; whatever the run held is free at once.

        Where the register cannot be reached it is tried again for a while. Then the others find out: those on this
        machine at their next change, any other when the run's patience has passed.
        """
        self._heart.stop()
        has_left = False
        try:
            if self._joined:
                has_left = self._try_to_leave(within=LEAVE_WITHIN)
            if has_left:
                with contextlib.suppress(StoreError):
                    self.register.sweep()
        finally:
            self._quit(has_left=has_left)
        for each in self._warnings:
            warnings.warn(each, BudgetWarning, stacklevel=2)

    def _try_to_leave(self, *, within: float) -> bool:
        """Takes this run out, and says whether it is; what may have been charged beyond what is known is in doubt."""

        def go(state: RegisterState, now: float) -> None:
            doubt_claims(state, self.name, state.runs.pop(self.name), at=now)

        until = time.monotonic() + within
        while True:
            try:
                self.change(go, all_of_it=True)
            except TakenForDead:  # or a try before has arrived of which we were not told
                return True
            except StoreError:
                if time.monotonic() >= until:
                    return False
                time.sleep(LEAVE_PAUSE)
            else:
                return True

    def _quit(self, *, has_left: bool) -> None:
        self._joined = False
        self.register.signs.leave(self.name, self._sign, has_left=has_left)

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
            asks = money or len(self.claims) > len(self.looking)
            all_of_it = all_of_it or broke or not asks
            spent, level = self._purse.account(all_of_it=all_of_it)
            more_money = max(0, self._purse.wish(began) - (level - spent)) if money else 0

            def changed(state: RegisterState, now: float) -> tuple[_T, Grant | None, int]:
                member = self._own(state)
                touched(member)
                member.claims, member.looking = list(self.claims), list(self.looking)
                member.question, member.before = self.question, self.before
                member.journal = self.handover.journal_name
                grant, member.spent = None, spent if not member.budget else member.spent
                if member.budget:
                    least = self._purse.least
                    grant = draw(state, self.name, now, spent=spent, level=level, more=more_money, least=least)
                    member.broke = broke and grant.level == level
                result = more(state, now)
                # Whoever only waits for others needs no requests.
                wants = self._most if member.claims else 0
                return result, grant, settle_share(state, self.name, wants=wants, lower=self._share.lower)

            (result, grant, target), self._standing = self.register.transact(changed)
            self._take_over(target, grant, began)
            return result, grant

    def change_to(self, more: Change[None], *, money: bool = False) -> Standing:
        """Makes a change like :meth:`change`, and gives what came of it."""
        with self.turn:
            self.change(more, money=money)
            return self._standing

    def _own(self, state: RegisterState) -> Member:
        member = state.runs.get(self.name)
        if member is None:
            if self._joined:
                raise TakenForDead(
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

    def _beat(self) -> None:
        with self.turn:
            # Who asks nothing needs no money: what it had would count as spent if it were killed.
            asks = len(self.claims) > len(self.looking)
            low = asks and self._purse.is_low and time.monotonic() >= self._dry_until
            if low or time.monotonic() >= self._beat_at or self._differs(self.register.look()):
                self.change(lambda _state, _now: None, money=low)
            try:
                self.handover.go_on()
            except StoreError as refusal:  # the disk refused: as for any other write
                self._heart.trouble = refusal

    def _differs(self, standing: Standing) -> bool:
        """Whether something is to be agreed anew: shares, or that a run is dead."""
        state = standing.state
        mine = state.runs.get(self.name)
        if mine is None or self.register.has_dead(standing):
            return True
        target = fair_share(state, self.name)
        return target != self._share.agreed or target < mine.share > self._share.held

    def _beg(self) -> Grant:
        """Asks for money, and says that nothing can be sent before it comes."""
        _, grant = self.change(lambda _state, _now: None, money=True, broke=True)
        assert grant is not None  # noqa: S101  # only runs with a budget ask
        return grant
