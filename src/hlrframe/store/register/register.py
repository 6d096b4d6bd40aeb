"""The register of a store, as a run uses it: changes, the numbers behind claims, and who is dead."""

import contextlib
import io
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import Budget
from hlrframe.store.disk import list_files, make_directory
from hlrframe.store.layout import Layout, new_name
from hlrframe.store.register.funds import agree
from hlrframe.store.register.objects import Objects, objects_of, probe
from hlrframe.store.register.state import Member, State, bury
from hlrframe.store.register.versions import FOLDER, Version, Versions
from hlrframe.system import create, try_lock

__all__ = ["Register", "Standing", "register_of"]

_T = TypeVar("_T")
#: Where the numbers of claims and doubts lie.
_BODIES: Final = f"{FOLDER}/numbers"
#: Share of a run's patience for which it must have been silent before our own eyes too.
_QUIET: Final = 0.25
#: Seconds after which numbers that nothing names any more are removed.
_LEFT_OVER: Final = 60 * 60.0


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
        self._bodies: dict[str, pl.Series] = {}
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
        silent = time.monotonic() - self._seen[name][1]
        by_clock = member.at is not None and now - member.at > member.patience
        return (by_clock and silent > _QUIET * member.patience) or self._has_fallen(name)

    def has_dead(self, standing: Standing) -> bool:
        """Whether a run is in it that is dead: the next change takes it out."""
        return any(self._is_dead(name, member, standing.at) for name, member in standing.state.runs.items())

    # Signs of life on this machine: a lock falls with its process

    def enter(self) -> tuple[str, FileIO | None]:
        """Gives a new run its name, and a locked file that says on this machine that it lives."""
        name = new_name()
        make_directory(self._layout.claims)
        file = create(self._sign(name))
        if try_lock(file) is not True:
            file.close()
            self._sign(name).unlink(missing_ok=True)
            return name, None
        return name, file

    def leave(self, name: str, file: FileIO | None) -> None:
        """Ends a run that is in the register no more."""
        if file is not None:
            file.close()
        with contextlib.suppress(OSError):
            self._sign(name).unlink(missing_ok=True)

    def _sign(self, name: str) -> Path:
        return self._layout.claims / f"{name}.run"

    def _has_fallen(self, name: str) -> bool:
        try:
            with FileIO(self._sign(name), "r+") as file:
                if try_lock(file) is not True:
                    return False
        except OSError:
            return False
        return True

    # The numbers behind claims and doubts

    def hide(self, numbers: pl.Series) -> pl.Series:
        """Gives numbers as they lie in the register: as the store hides them."""
        return self._layout.encoding.hide(numbers.cast(pl.String)).cast(self._key_type)

    @property
    def _key_type(self) -> pl.DataType:
        return pl.String() if self._layout.encoding.mode == "hashed" else pl.UInt64()

    def put(self, keys: pl.Series) -> str:
        """Keeps hidden numbers under a new name.

        Raises:
            StoreError: They cannot be written.
        """
        body, name = io.BytesIO(), f"{_BODIES}/{new_name()}"
        keys.sort().to_frame("key").write_ipc(body, compression="zstd")
        if not self._objects.create(name, self._layout.encoding.seal(body.getvalue(), about=name.encode())):
            raise StoreError(f"{self.name} already holds {name}; run again")
        self._bodies[name] = keys
        return name

    def numbers(self, bodies: Collection[str]) -> pl.Series:
        """Gives the hidden numbers under some names, together.

        Raises:
            StoreError: They cannot be read: nobody knows then what others ask.
        """
        for name in bodies:
            if name not in self._bodies:
                self._bodies[name] = self._fetched(name)
        return pl.concat([pl.Series(dtype=self._key_type), *(self._bodies[each] for each in bodies)])

    def _fetched(self, name: str) -> pl.Series:
        found = self._objects.read(name)
        if found is None:  # let go since we read that it was there
            return pl.Series(dtype=self._key_type)
        try:
            content = self._layout.encoding.unseal(found[0], about=name.encode())
            return pl.read_ipc(io.BytesIO(content))["key"].cast(self._key_type)
        except (ValueError, TypeError, OSError, pl.exceptions.PolarsError) as error:
            raise StoreError(f"{name} of {self.name} cannot be read; remove it if no run goes on") from error

    def drop(self, bodies: Collection[str]) -> None:
        """Removes numbers that nothing in the register names any more; that it fails does no harm."""
        for name in bodies:
            self._bodies.pop(name, None)
            with contextlib.suppress(StoreError):
                self._objects.delete(name)

    def sweep(self) -> None:
        """Removes what runs left behind that were killed between writing numbers and naming them.

        Raises:
            StoreError: The place cannot be read.
        """
        standing = self.look()
        named = named_in(standing.state)
        left = [f"{_BODIES}/{each}" for each in self._objects.names(_BODIES)]
        for name in (each for each in left if each not in named):
            found = self._objects.read(name)
            if found is not None and standing.at - found[1] > _LEFT_OVER:
                self.drop([name])
        for path in list_files(self._layout.claims, ".run"):
            if path.stem not in standing.state.runs and self._has_fallen(path.stem):
                path.unlink(missing_ok=True)

    def forget(self, numbers: pl.Series) -> None:
        """Removes numbers from what is in doubt.

        Args:
            numbers: As the store hides them.

        Raises:
            StoreError: A run that goes on has claimed one of them, or the register cannot be changed.
        """
        keys = numbers.cast(self._key_type, strict=False).drop_nulls()
        standing = self.look()
        if not standing.state.runs and not standing.state.doubts:
            self._erase(keys, frozenset())
            return

        def without(state: State, _: float) -> None:
            claimed = self.numbers([body for each in state.runs.values() for body in each.claims])
            if claimed.is_in(keys.implode()).any():
                raise StoreError("a run that goes on is asking one of these numbers: forget it when that has ended")
            for name, doubt in list(state.doubts.items()):
                theirs = self.numbers([doubt.body])
                rest = theirs.filter(~theirs.is_in(keys.implode()))
                if len(rest) < len(theirs) and len(rest):
                    state.doubts[name] = msgspec.structs.replace(doubt, body=self.put(rest))
                elif len(rest) < len(theirs):
                    del state.doubts[name]

        _, standing = self.transact(without)
        self._erase(keys, named_in(standing.state))

    def _erase(self, keys: pl.Series, named: Collection[str]) -> None:
        """Removes left-over objects that hold one of these numbers."""
        for each in self._objects.names(_BODIES):
            name = f"{_BODIES}/{each}"
            if name not in named and self.numbers([name]).is_in(keys.implode()).any():
                self._bodies.pop(name, None)
                self._objects.delete(name)


def named_in(state: State) -> frozenset[str]:
    """Gives the objects that claims and doubts name."""
    claims = (body for each in state.runs.values() for body in each.claims)
    return frozenset([*claims, *(each.body for each in state.doubts.values())])


def register_of(layout: Layout) -> Register:
    """Gives the register beside a store; nothing is made or asked by that."""
    return Register(layout)
