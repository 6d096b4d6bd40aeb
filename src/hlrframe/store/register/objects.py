"""Objects that are made once and never change, in a folder or in a bucket: all that a register needs."""

import contextlib
import errno
import os
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hlrframe.errors import StoreError
from hlrframe.store.bucket import Bucket
from hlrframe.store.folder import Layout, append, explained, make_directory
from hlrframe.store.remote import RemoteLayout
from hlrframe.system import create, sync_directory, temporary_beside

__all__ = ["Objects", "objects_of", "probe"]

#: What a file system without hard links says.
_NO_LINKS: Final = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.EMLINK}
#: Seconds for which the answer of a probe holds on this machine.
_PROBE_HOLDS: Final = 24 * 60 * 60.0


class Objects(Protocol):
    """Objects by their keys, such as ``register/000000000017``."""

    @property
    def name(self) -> str:
        """Where they are, in words for the user."""
        ...

    def names(self, folder: str) -> Collection[str]:
        """Gives the names right under a folder."""
        ...

    def read(self, key: str) -> tuple[bytes, float] | None:
        """Gives an object, and when it was made by the clock of the place; ``None`` where there is none."""
        ...

    def create(self, key: str, content: bytes) -> bool:
        """Makes an object, whole or not at all; says whether the name was free."""
        ...

    def delete(self, key: str) -> None:
        """Removes an object; one that is gone does no harm."""
        ...


@dataclass(frozen=True, slots=True)
class FolderObjects:
    """Objects in the folder of a store."""

    root: Path

    @property
    def name(self) -> str:
        """Where they are."""
        return str(self.root)

    def names(self, folder: str) -> Collection[str]:
        """Gives the names right under a folder."""
        with explained("read", self.root / folder):
            try:
                return [each.name for each in os.scandir(self.root / folder) if not each.name.startswith(".")]
            except FileNotFoundError:
                return []

    def read(self, key: str) -> tuple[bytes, float] | None:
        """Gives an object and when it was made."""
        with explained("read", self.root / key):
            try:
                with (self.root / key).open("rb") as file:
                    return file.read(), os.fstat(file.fileno()).st_mtime
            except FileNotFoundError:
                return None

    def create(self, key: str, content: bytes) -> bool:
        """Makes an object; a link is made by one alone, on a shared disk too."""
        path = self.root / key
        with explained("write to", path.parent):
            for folder in (*path.relative_to(self.root).parents[-2::-1],):
                make_directory(self.root / folder)
            with temporary_beside(path) as (temporary, file):
                append(file, content)
                file.close()  # or some systems would make no link to it
                made = _linked(temporary, path, content)
            sync_directory(path.parent)  # money that the power takes out of a register would be spent once more
            return made

    def delete(self, key: str) -> None:
        """Removes an object."""
        with explained("write to", self.root), contextlib.suppress(FileNotFoundError):
            (self.root / key).unlink()


def _linked(temporary: Path, path: Path, content: bytes) -> bool:
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _made(path, content)
    return True


def _made(path: Path, content: bytes) -> bool:
    """Makes a file where links are not to be had: a reader that is faster finds it torn, and looks again."""
    try:
        with create(path) as file:
            append(file, content)
    except FileExistsError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class BucketObjects:
    """Objects in the bucket of a store."""

    bucket: Bucket

    @property
    def name(self) -> str:
        """Where they are."""
        return self.bucket.url

    def names(self, folder: str) -> Collection[str]:
        """Gives the names right under a folder."""
        return self.bucket.sizes(folder)

    def read(self, key: str) -> tuple[bytes, float] | None:
        """Gives an object and when it was made."""
        found = self.bucket.read_dated(key)
        return None if found is None else (found[0], found[1].timestamp())

    def create(self, key: str, content: bytes) -> bool:
        """Makes an object."""
        return self.bucket.create(key, content)

    def delete(self, key: str) -> None:
        """Removes an object."""
        self.bucket.delete([key])


def objects_of(layout: Layout) -> Objects:
    """Gives the objects beside a store: in its bucket where it has one, else in its folder."""
    return BucketObjects(layout.bucket) if isinstance(layout, RemoteLayout) else FolderObjects(layout.root)


def probe(objects: Objects, *, noted: Path | None = None) -> None:
    """Makes one object twice, to see that the second making fails: without that nobody could be kept apart.

    Args:
        objects: Where.
        noted: A file of this machine that notes when it last went well; then it is believed for a day.

    Raises:
        StoreError: A name that is taken is given again; the message names the cure.
    """
    if noted is not None and _is_fresh(noted):
        return
    key = f"register/probes/{uuid.uuid4().hex}"
    first = objects.create(key, b"1")
    try:
        second = objects.create(key, b"2")
        found = objects.read(key)
        if not first or second or found is None or found[0] != b"1":
            raise StoreError(
                f"{objects.name} does not keep to create-only writing (If-None-Match: *): a name that was taken could "
                "be written again, so that machines would pay twice; upgrade that server, or name another place"
            )
    finally:
        objects.delete(key)
    if noted is not None:
        with contextlib.suppress(OSError):
            noted.write_bytes(b"")


def _is_fresh(noted: Path) -> bool:
    try:
        return 0 <= time.time() - noted.stat().st_mtime < _PROBE_HOLDS
    except OSError:
        return False
