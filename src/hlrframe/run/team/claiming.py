"""Who asks what, over all machines: claims in the register, and what dead runs left in doubt.

A claim is made in two steps. First the numbers are claimed, and nothing of them is asked. Then the run looks into the
store once more, since an answer may have come between its first look and the claim, and says what is left to be asked.
So a run that is killed leaves in doubt what it may have asked and nothing else: what others were answered and paid for
is none of that, and books of money are exact.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import Question
from hlrframe.run.team.membership import Membership
from hlrframe.run.team.settling import Settling
from hlrframe.store import Claim, Doubt, RegisterState, Standing, Store

__all__ = ["Claimed", "Claiming"]

_NOBODY: Final = pl.Series("msisdn", dtype=pl.String)


class Claimed:
    """What one run may ask now, and what it may not; see :class:`~hlrframe.store.Claim`.

    Args:
        numbers: Numbers that are claimed for this run.
        elsewhere: Numbers that other runs are asking at this moment.
        claiming: Lets them go.
        here: The same among the runs of a folder, where the store is one.
    """

    def __init__(self, numbers: pl.Series, elsewhere: pl.Series, claiming: "Claiming", here: Claim | None) -> None:
        self.numbers = numbers
        self.elsewhere = elsewhere
        self._claiming = claiming
        self._here = here

    def narrow(self, numbers: pl.Series) -> None:
        """Says which of the numbers are to be asked; none of them is before this has returned.

        Raises:
            StoreError: The register cannot be changed.
        """
        self._claiming.narrow(numbers)

    def touch(self) -> None:
        """Says that the run goes on; in the register it does so as a whole."""
        if self._here is not None:
            self._here.touch()

    def release(self) -> None:
        """Lets the numbers go; doing it again changes nothing."""
        with suppress(StoreError):  # the register is away: they stay claimed, and in doubt when this run has ended
            self._claiming.release()
        if self._here is not None:
            self._here.release()


class Claiming:
    """The claims of one run in the register of its store.

    Args:
        membership: The run.
        store: Where the answers are.
        question: What is asked.
    """

    def __init__(self, membership: Membership, store: Store, question: Question) -> None:
        self._us = membership
        self._register = membership.register
        self._store = store
        self._question = question
        self._standing: Standing | None = None
        # What is claimed, by the objects that say so.
        self._held: dict[str, pl.Series] = {}
        # That of which nothing is asked yet.
        self._looking = ""

    def claim(self, numbers: pl.Series) -> Claimed:
        """Claims those of some numbers that no other run is asking; the others' claims are read in the same step.

        Raises:
            StoreError: The register cannot be read or written.
        """
        if self._store.is_remote:
            return self._claimed(numbers, None)
        # Runs that draw on no budget are not in the register: in a folder all meet by its files too.
        here = self._store.claim(numbers, self._question)
        try:
            return self._claimed(here.numbers, here)
        except BaseException:
            here.release()
            raise

    def _claimed(self, numbers: pl.Series, here: Claim | None) -> Claimed:
        with self._us.turn:
            keys = self._register.bodies.hide(numbers)
            taken = self._taken(keys, self._others(self._register.look().state))
            if not taken.all():
                taken = self._publish(numbers, keys)
        elsewhere = numbers.filter(taken)
        if here is not None:
            elsewhere = pl.concat([here.elsewhere, elsewhere])
        return Claimed(numbers.filter(~taken), elsewhere, self, here)

    def _publish(self, numbers: pl.Series, keys: pl.Series) -> pl.Series:
        """Claims what is free, and says of each number whether another run has it."""
        seen: Sequence[str] | None = None
        taken, body, written = pl.Series(dtype=pl.Boolean), "", list[str]()

        def publish(state: RegisterState, _: float) -> None:
            nonlocal seen, taken, body
            others = self._others(state)
            if others != seen:  # else what was written for the try before serves again
                seen, taken = others, self._taken(keys, others)
                free = keys.filter(~taken)
                body = self._register.bodies.put(free) if len(free) else ""
                written.extend([body] * bool(body))
            member = state.runs[self._us.name]
            member.question = self._question.key
            member.claims = [*self._held, *([body] * bool(body))]
            member.looking = [body] * bool(body)

        self._standing = self._us.change_to(publish)
        self._us.question = self._question.key
        self._hold(body, numbers.filter(~taken), is_looked_up=False)
        self._register.bodies.drop([each for each in written if each != body])
        return taken

    def _hold(self, body: str, numbers: pl.Series, *, is_looked_up: bool) -> None:
        if body:
            self._held[body] = numbers
        self._looking = "" if is_looked_up else body
        self._us.claims, self._us.looking = list(self._held), [self._looking] * bool(self._looking)

    def narrow(self, numbers: pl.Series) -> None:
        """Says which of the numbers that were claimed last are to be asked, and draws the money for them.

        Raises:
            StoreError: The register cannot be changed: then nothing may be asked.
        """
        with self._us.turn:
            old = self._looking
            if not old:  # all of them are claimed elsewhere
                return
            body = old
            if len(numbers) < len(self._held[old]):
                body = self._register.bodies.put(self._register.bodies.hide(numbers))

            def say(state: RegisterState, _: float) -> None:
                member = state.runs[self._us.name]
                member.claims, member.looking = [*(each for each in self._held if each != old), body], []

            self._us.change(say, money=True)
            del self._held[old]
            self._hold(body, numbers, is_looked_up=True)
            self._register.bodies.drop([old] * (body != old))

    def _others(self, state: RegisterState) -> Sequence[str]:
        theirs = (each for name, each in state.runs.items() if name != self._us.name)
        return sorted(body for each in theirs if each.question == self._question.key for body in each.claims)

    def _taken(self, keys: pl.Series, bodies: Sequence[str]) -> pl.Series:
        return keys.is_in(self._register.bodies.numbers(bodies).implode())

    def doubts(self, numbers: pl.Series) -> pl.DataFrame:
        """Gives which of some claimed numbers a run on another machine may have asked, and since when.

        Returns:
            ``msisdn`` and ``asked_at``; a number may be there more than once.

        Raises:
            StoreError: They cannot be read.
        """
        found = [pl.DataFrame(schema={"msisdn": pl.String, "asked_at": pl.Datetime("us", "UTC")})]
        with self._us.turn:
            keys = self._register.bodies.hide(numbers)
            state = self._standing.state if self._standing else RegisterState()
            for doubt in self._in_doubt(state):
                theirs = numbers.filter(self._taken(keys, [doubt.body]))
                since = datetime.fromtimestamp(doubt.since, UTC)
                found.append(theirs.alias("msisdn").to_frame().with_columns(asked_at=pl.lit(since, found[0].dtypes[1])))
        return pl.concat(found)

    def _in_doubt(self, state: RegisterState) -> Sequence[Doubt]:
        return [each for each in state.doubts.values() if each.question == self._question.key]

    def release(self, paid: Mapping[str, int] | None = None) -> None:
        """Lets everything go; what others cannot know the answer of stays in doubt.

        Args:
            paid: Milli-credits that earlier runs are now known to have paid, by number. They are booked in the same
                step: who is killed before it says nothing of them, and after it is asked nothing. ``None`` where that
                is not known: beside doubts of such runs all that was asked is in doubt then, and is one sum with them.

        Raises:
            StoreError: The register cannot be changed: then the numbers stay claimed.
        """
        with self._us.turn:
            settling, state = None if paid is None else self._settling(paid), self._register.look().state
            if not (self._held or (settling and settling.finds(state))):
                return
            is_settled = paid is not None or not self._in_doubt(state)
            can_tell = is_settled and not self._us.handover.keeps_back
            left = self._asked_in_vain() if can_tell else self._asked()
            body = self._register.bodies.put(self._register.bodies.hide(left)) if len(left) else ""
            held = list(self._held)
            self._us.claims, self._us.looking = [], []
            before = self._us.before

            def let_go(state: RegisterState, now: float) -> None:
                nonlocal before
                if settling is not None:
                    settling.book(state)
                member = state.runs[self._us.name]
                if body:
                    spent = 0 if can_tell else member.spent - member.before
                    state.doubts[f"{self._us.name}-{body[-12:]}"] = self._doubt(state, body, now, spent=spent)
                member.claims, member.looking = [], []
                member.before = before = member.spent

            try:
                standing = self._us.change_to(let_go)
            except BaseException:
                self._us.claims, self._us.looking = held, [self._looking] * bool(self._looking)
                raise
            self._held.clear()
            self._looking, self._us.before = "", before
            self._register.bodies.drop([each for each in held if each != body])
            if settling is not None:
                settling.tidy(standing.state)

    def _settling(self, paid: Mapping[str, int]) -> Settling:
        journal = self._us.handover.journal_name
        return Settling(self._register, self._store, paid=paid, run=self._us.name, journal=journal)

    def _asked(self) -> pl.Series:
        return pl.concat([_NOBODY, *(each for body, each in self._held.items() if body != self._looking)])

    def _asked_in_vain(self) -> pl.Series:
        asked = self._asked()
        return self._store.unanswered(asked, self._question)["msisdn"] if len(asked) else asked

    def _doubt(self, state: RegisterState, body: str, now: float, *, spent: int) -> Doubt:
        """Gives a doubt as this run leaves it; what it has set aside for it comes when the run ends."""
        member = state.runs[self._us.name]
        fund = state.budgets.get(member.budget)
        return Doubt(
            question=self._question.key,
            body=body,
            since=now if member.since is None else member.since,
            at=now,
            journal=member.journal,
            budget=member.budget,
            period=fund.period if fund else "",
            spent=spent,
        )
