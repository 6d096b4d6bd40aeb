"""A small state that many machines change, one after the other: numbered objects, of which each can be made by one.

The newest number is the state. Whoever changes it reads number n and makes n + 1; whoever comes second finds that name
taken, and begins again with what the first one made. Old numbers are tidied away in their order, long after they were
made, so that a machine that slept between reading and making finds its own base gone and knows that its change is void.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from hlrframe.errors import StoreError
from hlrframe.store.register.objects import Objects
from hlrframe.store.register.state import FORMAT, State, dated

__all__ = ["FOLDER", "Version", "Versions"]

FOLDER: Final = "register"
#: Numbers that are kept, and seconds for which each is kept at least.
KEEP: Final = 32
KEEP_FOR: Final = 60.0
#: A tidying is done by whoever makes a number that this divides.
TIDY_EVERY: Final = 16
#: Tries before a register counts as stuck: each one fails only where another machine's succeeded.
TRIES: Final = 200
#: Longest pause in seconds after the first lost try; it doubles with each, up to the second figure.
PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 0.3

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Version:
    """The state at one moment."""

    number: int
    raw: bytes
    #: When it was made, by the clock of the place.
    at: float

    def state(self) -> State:
        """Gives the state, to be changed at will.

        Raises:
            StoreError: A newer version of hlrframe wrote it.
        """
        if not self.raw:
            return State()
        state = msgspec.json.decode(self.raw, type=State)
        if state.format > FORMAT:
            raise StoreError("the register was written by a newer hlrframe: upgrade hlrframe")
        return dated(state, self.at)


class Versions:
    """The numbered states in one place; for one thread at a time.

    Args:
        objects: The place.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._last = Version(0, b"", 0.0)
        #: Changes that had to be made again because another machine was faster.
        self.lost = 0

    def newest(self) -> Version:
        """Gives the state as it is.

        Raises:
            StoreError: The place cannot be read, or a newer hlrframe wrote there.
        """
        for _ in range(TRIES):
            number = self._highest()
            if number == 0:
                return Version(0, b"", 0.0)
            if number == self._last.number:
                return self._last
            found = self._read(number)
            if found is not None:
                self._last = found
                return found
            time.sleep(PAUSE)  # tidied away meanwhile, or not whole yet
        raise StoreError(f"the register of {self._objects.name} cannot be read; look into its folder {FOLDER!r}")

    def transact(self, change: Callable[[State, float], _T]) -> tuple[_T, Version]:
        """Changes the state, on top of whatever others made of it.

        Args:
            change: Called with the state, which it alters in place, and the time of its last change; again for each
                time that another machine was faster. Where it alters nothing, nothing is written.

        Returns:
            What the last call gave, and the state that came of it.

        Raises:
            StoreError: The place cannot be read or written: whether the change was made is not known then, so that it
                must be one that can be made again.
        """
        for attempt in range(TRIES):
            base = self.newest()
            state = base.state()
            result = change(state, base.at)
            if base.raw and _body(state) == _body(base.state()):
                return result, base
            made = self._made(base, state)
            if made is not None:
                self._last = made
                self._tidy(made)
                return result, made
            self.lost += 1
            time.sleep(random.random() * min(LONGEST_PAUSE, PAUSE * 2**attempt))
        raise StoreError(f"the register of {self._objects.name} is changed by too many at once; run again")

    def _made(self, base: Version, state: State) -> Version | None:
        state.format, state.nonce = FORMAT, uuid.uuid4().hex
        raw = msgspec.json.encode(state)
        # Whatever is said of it: it may be ours from a try whose answer was lost, or another's in spite of a yes.
        self._objects.create(_key(base.number + 1), raw)
        made = self._read(base.number + 1)
        if made is None or made.raw != raw:
            return None
        return made if self._is_there(base) else None

    def _is_there(self, base: Version) -> bool:
        """Whether what we built on was not tidied away meanwhile: then our number can have been free a second time."""
        if base.number == 0:
            return self._highest() <= KEEP
        found = self._objects.read(_key(base.number))
        return found is not None and found[0] == base.raw

    def _highest(self) -> int:
        return max(map(int, filter(str.isdecimal, self._objects.names(FOLDER))), default=0)

    def _read(self, number: int) -> Version | None:
        found = self._objects.read(_key(number))
        if found is None or not _is_whole(found[0]):
            return None
        return Version(number, *found)

    def _tidy(self, made: Version) -> None:
        if made.number % TIDY_EVERY:
            return
        numbers = sorted(map(int, filter(str.isdecimal, self._objects.names(FOLDER))))
        for number in numbers:
            if number > made.number - KEEP:
                return
            found = self._objects.read(_key(number))
            if found is not None and made.at - found[1] < KEEP_FOR:
                return
            try:
                self._objects.delete(_key(number))
            except StoreError:  # none after it goes either: whoever finds a base in its place must be able to trust it
                return


def _key(number: int) -> str:
    return f"{FOLDER}/{number:012d}"


def _body(state: State) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(state, format=0, nonce=""))


def _is_whole(raw: bytes) -> bool:
    """Whether nothing is missing, as it can be while a file is being written where there are no links."""
    try:
        msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return False
    return True
