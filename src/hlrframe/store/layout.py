"""Where things lie in a store, and which version of this package may touch them.

::

    store/                        0700, every file in it 0600
        store.json                which version wrote here
        journal/<run>-0000.arrows what a run asked and was answered; see ``segment``
        parts/<run>-0000.parquet  sealed answers, sorted by number
        asked/<run>-0000.parquet  what a sealed run asked and never learnt
        claims/<run>.claim        what a run is asking at this moment; see ``claims``
        inventory/                what of these ought to be there; see ``inventory``
        tidy.lock                 held by whoever compacts, forgets or purges

A segment is sealed by making its part appear first and its journal vanish second, and parts are merged in the same
order, so that an answer is in at least one place at any moment. Being in two is harmless: the newest wins at read.
"""

import contextlib
import json
import os
import stat
import sys
import uuid
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from hlrframe.errors import PrivacyWarning, StoreError
from hlrframe.model import SCHEMA_VERSION
from hlrframe.store.disk import explained, list_files, make_directory
from hlrframe.store.facts import facts_in, facts_of
from hlrframe.store.inventory import Inventory
from hlrframe.store.privacy import PLAIN, Encoding
from hlrframe.system import locked, publish, sync_directory

__all__ = ["FORMAT_VERSION", "Layout", "Places", "View", "checked", "new_name", "refuse_newer", "run_of"]

#: Raised by one whenever the files of a store are laid out in a way that older versions would misread: 2 knows of
#: stores whose numbers are hashed or encrypted.
FORMAT_VERSION: Final = 2


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


@dataclass(frozen=True, slots=True)
class Layout(Places):
    """One store on disk: its places, and what may be done there."""

    #: How numbers lie in it.
    encoding: Encoding = PLAIN

    @property
    def name(self) -> str:
        """What its user calls the store."""
        return str(self.root)

    def view(self) -> View:
        """Lists the files.

        Names come and go while a directory is read, so that one listing may miss both a file and its successor; two
        equal ones in a row cannot.
        """
        last, now = None, self._list()
        while now != last:
            last, now = now, self._list()
        return now

    def check(self) -> None:
        """Refuses a store that this version cannot read.

        Raises:
            StoreError: The path is a file, or a newer version wrote here; the message says what to do.
        """
        facts = self.facts()
        if facts is not None:
            refuse_newer(self.name, layout=facts["format"], columns=facts["columns"])
            self.encoding.check(facts.get("privacy"), self.name)
        self._refuse_spool(facts)

    def warn_of_others(self) -> None:
        """Warns where other users could change what the store says, or put something into it."""
        if sys.platform == "win32":
            return
        for folder in (self.root, self.journals, self.parts, self.asked, self.claims, self.inventory.folder):
            with contextlib.suppress(OSError):  # it is not there, or whoever uses it says what is wrong
                if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    cure = f"chmod go-rwx {folder}, unless all of them may change what you rely on"
                    warnings.warn(f"other users can write in {folder}: {cure}", PrivacyWarning, stacklevel=2)

    def prepare(self) -> None:
        """Makes the directories and says which version writes here.

        Raises:
            StoreError: The directory holds something else, cannot be written, or belongs to a newer version.
        """
        self.check()
        with explained("write to the store", self.root):
            make_directory(self.root, parents=True)
            self._mark()
            for directory in (self.journals, self.parts, self.asked, self.claims, self.inventory.folder):
                make_directory(directory)

    def publish(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        """Makes a sealed file appear under its name at once, whole and safe; one of that name is replaced."""
        publish(path, write)
        self.inventory.note(path)

    def remove(self, paths: Collection[Path]) -> None:
        """Removes sealed files; those that are gone do no harm."""
        self.inventory.drop(paths)
        for path in paths:
            path.unlink(missing_ok=True)
        for directory in {path.parent for path in paths}:
            sync_directory(directory)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps tidiers apart: a merge beside a removal would bring back what was removed.

        Raises:
            StoreError: Another one is at it.
        """
        with explained("tidy the store", self.root), locked(self.lock) as is_free:
            if not is_free:
                raise StoreError(f"another process is tidying {self.root}: run again when it has ended")
            yield

    def still_alone(self) -> None:
        """To be called before each change that is made alone.

        Raises:
            StoreError: Another one took over.
        """

    def facts(self) -> Mapping[str, Any] | None:
        """Gives what the marker says, or the other files where it is lost; ``None`` where there is no store yet.

        Raises:
            StoreError: The marker cannot be read.
        """
        with explained("open the store", self.root):
            return self._marked() or facts_of(self._list_here())

    def is_there(self) -> bool:
        """Says whether there is a store, or what is left of one: its marker or one of its folders.

        Raises:
            StoreError: It cannot be told.
        """
        with explained("open the store", self.root):
            return any(each.exists() for each in (self.marker, self.journals, self.parts, self.asked))

    def lost(self) -> Iterator[str]:
        """Names the files that something else than this package removed."""
        yield from map(str, self.inventory.lost())

    def accept_losses(self) -> None:
        """Puts back what can be put back, and takes the rest for lost; to be called alone."""
        self.inventory.drop([*self.inventory.lost()])

    def strange_elsewhere(self) -> tuple[str, ...]:
        """Names what lies in the store beyond this folder and cannot be looked into."""
        return ()

    def _marked(self) -> Mapping[str, Any] | None:
        """Gives what the marker says; ``None`` where there is none."""
        try:
            return facts_in(self.marker.read_bytes(), self.marker)
        except FileNotFoundError:
            return None

    def _mark(self) -> None:
        facts = self.facts()
        if facts is None:
            self.refuse_foreign()
            self.root.chmod(0o700)
        now = dict(facts or {}) | {"format": FORMAT_VERSION, "columns": SCHEMA_VERSION}
        if self.encoding.mark is not None:
            now["privacy"] = dict(self.encoding.mark)
        marked = self._marked()
        if now != marked:
            self._write_marker(now, anew=marked is None)

    def _write_marker(self, facts: Mapping[str, Any], *, anew: bool) -> None:  # noqa: ARG002  # a bucket tells them apart
        publish(self.marker, lambda file: file.write(json.dumps(facts).encode()))

    def _refuse_spool(self, facts: Mapping[str, Any] | None) -> None:
        """Refuses a folder that only mirrors a bucket: what is sealed into it would be lost with the next listing."""
        if facts and "bucket" in facts:
            raise StoreError(f"{self.root} is the spool of {facts['bucket']}: open that")

    def refuse_foreign(self) -> None:
        """Refuses a place that holds something else than a store.

        Raises:
            StoreError: It does, or cannot be looked into.
        """
        with explained("look into", self.root):
            foreign = self._foreign()
        if foreign:
            raise StoreError(
                f"{self.root} is no store and holds other files, such as {foreign[0]!r}; name a new folder"
            )

    def _foreign(self) -> list[str]:
        # The marker too: another process may have begun the store just now.
        folders = (self.journals, self.parts, self.asked, self.claims, self.register, self.inventory.folder)
        ours = {each.name for each in (*folders, self.lock, self.marker)}
        try:
            names = os.listdir(self.root)  # noqa: PTH208  # names alone
        except FileNotFoundError:
            return []
        return [name for name in names if name not in ours and not name.startswith(".")]

    def _list(self) -> View:
        # In this order: what leaves one listing is already in the next one.
        journals = list_files(self.journals, ".arrows")
        return View(journals, self._list_parts(), list_files(self.asked, ".parquet"))

    def _list_here(self) -> Iterator[Path]:
        """Gives the files of this machine, in no order that matters."""
        for directory, suffix in ((self.parts, ".parquet"), (self.asked, ".parquet"), (self.journals, ".arrows")):
            yield from list_files(directory, suffix)

    def _list_parts(self) -> tuple[Path, ...]:
        return list_files(self.parts, ".parquet")


def checked(layout: Layout) -> Layout:
    """Gives a layout that this version can read; asked each time, since a newer one may have begun to write there.

    Raises:
        StoreError: It cannot.
    """
    layout.check()
    return layout


def new_name() -> str:
    """Makes a name that no other run or part has, and that sorts by the time of its making."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:12]}"


def run_of(path: Path) -> str:
    """Reads from a file's name which run made it.

    >>> run_of(Path("asked/20261130T120000123456-5e55f00d5e55-0003.parquet"))
    '20261130T120000123456-5e55f00d5e55'
    """
    return path.stem.rpartition("-")[0]


def refuse_newer(path: Path | str, *, layout: int, columns: int) -> None:
    """Refuses what a newer version wrote.

    Raises:
        StoreError: One of the versions is newer than this package's.
    """
    if layout > FORMAT_VERSION or columns > SCHEMA_VERSION:
        raise StoreError(f"{path} was written by a newer hlrframe: upgrade hlrframe, or name another folder")
