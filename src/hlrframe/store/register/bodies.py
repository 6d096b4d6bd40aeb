"""The numbers behind claims and doubts: objects beside the register's state, hidden as the store hides numbers."""

import contextlib
from collections.abc import Collection
from typing import Final

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.store.encoding import Encoding
from hlrframe.store.folder import new_name
from hlrframe.store.register.objects import Objects
from hlrframe.store.register.state import State
from hlrframe.store.register.versions import FOLDER

__all__ = ["Bodies", "named_in"]

#: Where they lie.
_BODIES: Final = f"{FOLDER}/numbers"
#: Seconds after which numbers that nothing names any more are removed.
_LEFT_OVER: Final = 60 * 60.0


class Bodies:
    """Lists of numbers under names that claims and doubts mention; each is written once and never changed.

    Args:
        objects: Where the register is.
        encoding: How numbers lie in the store.
    """

    def __init__(self, objects: Objects, encoding: Encoding) -> None:
        self._objects = objects
        self._encoding = encoding
        self._known: dict[str, pl.Series] = {}

    def hide(self, numbers: pl.Series) -> pl.Series:
        """Gives numbers as they lie in the register: as the store hides them."""
        return self.keys(self._encoding.hide(numbers.cast(pl.String)))

    def keys(self, hidden: pl.Series) -> pl.Series:
        """Gives numbers that the store has hidden as they lie here; what is no number of this store is null."""
        return self._encoding.keys(hidden)

    def put(self, keys: pl.Series) -> str:
        """Keeps hidden numbers under a new name.

        Raises:
            StoreError: They cannot be written.
        """
        name = f"{_BODIES}/{new_name()}"
        if not self._objects.create(name, self._encoding.pack(keys, about=name.encode())):
            raise StoreError(f"{self._objects.name} already holds {name}; run again")
        self._known[name] = keys
        return name

    def numbers(self, names: Collection[str]) -> pl.Series:
        """Gives the hidden numbers under some names, together.

        Raises:
            StoreError: They cannot be read: nobody knows then what others ask.
        """
        for name in names:
            if name not in self._known:
                self._known[name] = self._fetched(name)
        return pl.concat([pl.Series(dtype=self._encoding.key_type), *(self._known[each] for each in names)])

    def _fetched(self, name: str) -> pl.Series:
        found = self._objects.read(name)
        if found is None:  # let go since we read that it was there
            return pl.Series(dtype=self._encoding.key_type)
        keys = self._encoding.unpack(found[0], about=name.encode())
        if keys is None:
            raise StoreError(f"{name} of {self._objects.name} cannot be read; remove it if no run goes on")
        return keys

    def drop(self, names: Collection[str]) -> None:
        """Removes numbers that nothing in the register names any more; that it fails does no harm."""
        for name in names:
            self._known.pop(name, None)
            with contextlib.suppress(StoreError):
                self._objects.delete(name)

    def sweep(self, named: Collection[str], now: float) -> None:
        """Removes what lies here for long, and nothing names: its run was killed between writing and naming it.

        Raises:
            StoreError: The place cannot be read.
        """
        for name in self._nameless(named):
            found = self._objects.read(name)
            if found is not None and now - found[1] > _LEFT_OVER:
                self.drop([name])

    def erase(self, keys: pl.Series, named: Collection[str]) -> None:
        """Removes what nothing names and holds one of these numbers.

        Raises:
            StoreError: The place cannot be read or changed.
        """
        for name in self._nameless(named):
            if self.numbers([name]).is_in(keys.implode()).any():
                self._known.pop(name, None)
                self._objects.delete(name)

    def _nameless(self, named: Collection[str]) -> list[str]:
        names = [f"{_BODIES}/{each}" for each in self._objects.names(_BODIES)]
        return [each for each in names if each not in named]


def named_in(state: State) -> frozenset[str]:
    """Gives the names that claims and doubts mention."""
    claims = (body for each in state.runs.values() for body in each.claims)
    return frozenset([*claims, *(each.body for each in state.doubts.values())])
