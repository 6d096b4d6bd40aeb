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

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from hlrframe.errors import StoreError
from hlrframe.model import SCHEMA_VERSION
from hlrframe.store.encoding import PLAIN, Encoding
from hlrframe.store.folder.disk import explained, list_files, make_directory
from hlrframe.store.folder.facts import facts_in, facts_of
from hlrframe.store.folder.places import Places, View, settled
from hlrframe.store.folder.upkeep import Upkeep
from hlrframe.system import publish, sync_directory

__all__ = ["FORMAT_VERSION", "Layout", "checked", "refuse_newer"]

#: Raised by one whenever the files of a store are laid out in a way that older versions would misread: 2 knows of
#: stores whose numbers are hashed or encrypted.
FORMAT_VERSION: Final = 2


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
        """Lists the files."""
        # In this order: what leaves one listing is already in the next one.
        return settled(
            lambda: View(list_files(self.journals, ".arrows"), self._list_parts(), list_files(self.asked, ".parquet"))
        )

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

    def facts(self) -> Mapping[str, Any] | None:
        """Gives what the marker says, or the other files where it is lost; ``None`` where there is no store yet.

        Raises:
            StoreError: The marker cannot be read.
        """
        with explained("open the store", self.root):
            return self._marked() or facts_of(self.files())

    def is_there(self) -> bool:
        """Says whether there is a store, or what is left of one: its marker or one of its folders.

        Raises:
            StoreError: It cannot be told.
        """
        with explained("open the store", self.root):
            folders = (self.journals, self.parts, self.asked, self.claims, self.register)
            return any(each.exists() for each in (self.marker, *folders))

    @property
    def upkeep(self) -> Upkeep:
        """What whoever tidies the store needs."""
        return Upkeep(self)

    def _marked(self) -> Mapping[str, Any] | None:
        """Gives what the marker says; ``None`` where there is none."""
        try:
            return facts_in(self.marker.read_bytes(), self.marker)
        except FileNotFoundError:
            return None

    def _mark(self) -> None:
        # Read first: a marker that another machine makes from here on is found by the making of ours.
        marked = self._marked()
        facts = self.facts()
        if facts is None:
            self.refuse_foreign()
            self.root.chmod(0o700)
        now = dict(facts or {}) | {"format": FORMAT_VERSION, "columns": SCHEMA_VERSION}
        if self.encoding.mark is not None:
            now["privacy"] = dict(self.encoding.mark)
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
            foreign = self.foreign()
        if foreign:
            raise StoreError(
                f"{self.root} is no store and holds other files, such as {foreign[0]!r}; name a new folder"
            )

    def _list_parts(self) -> tuple[Path, ...]:
        return list_files(self.parts, ".parquet")


def checked(layout: Layout) -> Layout:
    """Gives a layout that this version can read; asked each time, since a newer one may have begun to write there.

    Raises:
        StoreError: It cannot.
    """
    layout.check()
    return layout


def refuse_newer(path: Path | str, *, layout: int, columns: int) -> None:
    """Refuses what a newer version wrote.

    Raises:
        StoreError: One of the versions is newer than this package's.
    """
    if layout > FORMAT_VERSION or columns > SCHEMA_VERSION:
        raise StoreError(f"{path} was written by a newer hlrframe: upgrade hlrframe, or name another folder")
