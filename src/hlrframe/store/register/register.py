"""The register of a store, as a run uses it: what it says, changes to it, and who is dead."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import Budget
from hlrframe.store.folder import Layout
from hlrframe.store.register.bodies import Bodies, named_in
from hlrframe.store.register.funds import agree
from hlrframe.store.register.objects import Objects, objects_of, probe
from hlrframe.store.register.signs import Signs
from hlrframe.store.register.state import Member, State, bury, close_doubt
from hlrframe.store.register.versions import Version, Versions

__all__ = ["Register", "Standing", "register_of"]

_T = TypeVar("_T")
#: Share of a run's patience for which it must have been silent too before our own eyes, or since another noted it.
_QUIET: Final = 0.25


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register says at one moment, and when its place last dated a change."""

    state: State
    at: float


class Register:
    """The register of one store; its methods may be called from any thread, one at a time.

    Args:
        layout: The store.
        objects: Where the register is; beside the store where not given.
    """

    def __init__(self, layout: Layout, objects: Objects | None = None) -> None:
        self._layout = layout
        self._objects = objects_of(layout) if objects is None else objects
        self._versions = Versions(self._objects)
        #: The numbers behind claims and doubts.
        self.bodies = Bodies(self._objects, layout.encoding)
        #: Signs of life of the runs of this machine.
        self.signs = Signs(layout.claims)
        # When, by our own clock that never jumps, each run was first seen with its present beat.
        self._seen: dict[str, tuple[int, float]] = {}

    @property
    def name(self) -> str:
        """Where it is, in words for the user."""
        return self._objects.name

    @property
    def lost(self) -> int:
        """Changes that had to be made again because another machine was faster."""
        return self._versions.lost

    def probe(self, *, anew: bool = False) -> None:
        """Sees whether the place can be trusted; where it could be within a day, that is believed.

        Args:
            anew: Whether to see in any case.

        Raises:
            StoreError: It cannot; the message names the cure.
        """
        noted = self._layout.probed
        if anew:
            noted.unlink(missing_ok=True)
        probe(self._objects, noted=noted if noted.parent.is_dir() else None)

    def look(self) -> Standing:
        """Gives the state as it is; dead runs may be in it.

        Raises:
            StoreError: It cannot be read.
        """
        version = self._versions.newest()
        return self._observed(version)

    def transact(self, change: Callable[[State, float], _T]) -> tuple[_T, Standing]:
        """Changes the state, after dead runs were taken out of it; see :meth:`Versions.transact`.

        Raises:
            StoreError: It cannot be read or written; whether the change was made is not known then.
        """

        def changed(state: State, now: float) -> _T:
            self._observe(state)
            bury(state, now, lambda name, member: self._is_dead(name, member, now))
            return change(state, now)

        result, version = self._versions.transact(changed)
        return result, self._observed(version)

    def set_budget(self, budget: Budget) -> None:
        """Makes a budget, or changes it for everybody.

        Raises:
            StoreError: The register cannot be changed.
        """
        self.transact(lambda state, now: agree(state, budget, now, anew=True))

    def _observed(self, version: Version) -> Standing:
        state = version.state()
        self._observe(state)
        return Standing(state, version.at)

    def _observe(self, state: State) -> None:
        now = time.monotonic()
        for name, member in state.runs.items():
            if self._seen.get(name, (None,))[0] != member.beat:
                self._seen[name] = (member.beat, now)
        for name in self._seen.keys() - state.runs.keys():
            del self._seen[name]

    def _is_dead(self, name: str, member: Member, now: float) -> bool:
        noted = 0.0 if member.quiet is None else now - member.quiet
        silent = max(noted, time.monotonic() - self._seen[name][1])
        return (member.has_expired(now) and silent > _QUIET * member.patience) or self.signs.has_fallen(name)

    def has_dead(self, standing: Standing) -> bool:
        """Whether a run is in it that is dead: the next change takes it out."""
        return any(self._is_dead(name, member, standing.at) for name, member in standing.state.runs.items())

    def silent(self, standing: Standing) -> set[str]:
        """Gives the runs that look dead to who comes by: one that is overdue by our own clock may yet be heard of."""
        dead = (name for name, each in standing.state.runs.items() if self._is_dead(name, each, standing.at))
        return {*dead, *(name for name, each in standing.state.runs.items() if each.has_expired(time.time()))}

    def sweep(self) -> None:
        """Removes what killed runs left behind: numbers that nothing names, and their signs on this machine.

        Raises:
            StoreError: The place cannot be read.
        """
        standing = self.look()
        self.bodies.sweep(named_in(standing.state), standing.at)
        self.signs.sweep(standing.state.runs)

    def forget(self, numbers: pl.Series) -> None:
        """Removes numbers from what is in doubt.

        Args:
            numbers: As the store hides them.

        Raises:
            StoreError: A run that goes on has claimed one of them, or the register cannot be changed.
        """
        keys = self.bodies.keys(numbers).drop_nulls()
        standing = self.look()
        if standing.state.runs or standing.state.doubts:
            _, standing = self.transact(lambda state, _now: self._without(keys, state))
        self.bodies.erase(keys, named_in(standing.state))

    def _without(self, keys: pl.Series, state: State) -> None:
        claimed = self.bodies.numbers([body for each in state.runs.values() for body in each.claims])
        if claimed.is_in(keys.implode()).any():
            raise StoreError("a run that goes on is asking one of these numbers: forget it when that has ended")
        for name, doubt in list(state.doubts.items()):
            theirs = self.bodies.numbers([doubt.body])
            rest = theirs.filter(~theirs.is_in(keys.implode()))
            if len(rest) < len(theirs) and len(rest):
                state.doubts[name] = msgspec.structs.replace(doubt, body=self.bodies.put(rest))
            elif len(rest) < len(theirs):
                close_doubt(state, name, is_known=False)


def register_of(layout: Layout) -> Register:
    """Gives the register beside a store; nothing is made or asked by that."""
    return Register(layout)
