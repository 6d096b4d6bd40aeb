"""The places of a store and the files in them, by name alone."""

import contextlib
import os
import re
import stat
import sys
import uuid
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hlrframe.errors import PrivacyWarning
from hlrframe.store.folder.disk import list_files
from hlrframe.store.folder.inventory import Inventory

__all__ = ["Places", "View", "is_of_register", "new_name", "run_of", "settled", "warn_of_others"]

#: What a register makes: its states by number, the numbers behind claims and doubts, and probes.
_OF_REGISTER: Final = re.compile(r"register/(?:[0-9]+|numbers/\w+-\w+|probes/[0-9a-f]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class View:
    """The files of a store at one moment."""

    journals: tuple[Path, ...]
    parts: tuple[Path, ...]
    asked: tuple[Path, ...]

    def __iter__(self) -> Iterator[Path]:
        return iter((*self.journals, *self.parts, *self.asked))

    def without(self, some: Collection[Path]) -> "View":
        """Gives the view but for these files."""
        return View(
            *(tuple(path for path in each if path not in some) for each in (self.journals, self.parts, self.asked))
        )


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie in the folder of a store."""

    root: Path

    @property
    def marker(self) -> Path:
        """Says which version wrote here."""
        return self.root / "store.json"

    @property
    def journals(self) -> Path:
        """Runs that go on, and those that were killed."""
        return self.root / "journal"

    @property
    def parts(self) -> Path:
        """Sealed answers."""
        return self.root / "parts"

    @property
    def asked(self) -> Path:
        """Numbers that sealed runs asked and never learnt about."""
        return self.root / "asked"

    @property
    def claims(self) -> Path:
        """What runs are asking at this moment."""
        return self.root / "claims"

    @property
    def register(self) -> Path:
        """Who is running, over all machines."""
        return self.root / "register"

    @property
    def probed(self) -> Path:
        """Notes when create-only writing last went well."""
        return self.root / ".create-only"

    @property
    def inventory(self) -> Inventory:
        """What of the files ought to be there."""
        return Inventory(self.root)

    @property
    def lock(self) -> Path:
        """Held by whoever merges or removes parts."""
        return self.root / "tidy.lock"

    def files(self) -> Iterator[Path]:
        """Gives the journals and sealed files of this machine, in no order that matters."""
        for directory, suffix in ((self.parts, ".parquet"), (self.asked, ".parquet"), (self.journals, ".arrows")):
            yield from list_files(directory, suffix)

    def foreign(self) -> list[str]:
        """Names what is no file of a store's."""
        # The marker too: another process may have begun the store just now.
        folders = (self.journals, self.parts, self.asked, self.claims, self.register, self.inventory.folder)
        ours = {each.name for each in (*folders, self.lock, self.marker)}
        try:
            names = os.listdir(self.root)  # noqa: PTH208  # names alone
        except FileNotFoundError:
            return []
        return [name for name in names if name not in ours and not name.startswith(".")]


def settled(look: Callable[[], View]) -> View:
    """Lists files until nothing changes.

    Names come and go while a directory is read, so that one listing may miss both a file and its successor; two equal
    ones in a row cannot.
    """
    last, now = None, look()
    while now != last:
        last, now = now, look()
    return now


def warn_of_others(places: Places) -> None:
    """Warns where other users could change what the store says, or put something into it."""
    if sys.platform == "win32":
        return
    inside = (places.journals, places.parts, places.asked, places.claims, places.inventory.folder)
    for folder in (places.root, *inside):
        with contextlib.suppress(OSError):  # it is not there, or whoever uses it says what is wrong
            if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                cure = f"chmod go-rwx {folder}, unless all of them may change what you rely on"
                warnings.warn(f"other users can write in {folder}: {cure}", PrivacyWarning, stacklevel=2)


def new_name() -> str:
    """Makes a name that no other run or part has, and that sorts by the time of its making."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:12]}"


def is_of_register(key: str) -> bool:
    """Says whether something in the folder of a register is what a register makes; it forgets by itself.

    >>> is_of_register("register/000000000017"), is_of_register("register/copy.parquet")
    (True, False)
    """
    return _OF_REGISTER.fullmatch(key) is not None


def run_of(path: Path) -> str:
    """Reads from a file's name which run made it.

    >>> run_of(Path("asked/20261130T120000123456-5e55f00d5e55-0003.parquet"))
    '20261130T120000123456-5e55f00d5e55'
    """
    return path.stem.rpartition("-")[0]
