"""Where the things of a store in a bucket lie.

::

    s3://bucket/prefix/
        store.json                which version wrote here, and the store's own id
        parts/<run>-0000.parquet  sealed answers
        inventory/                the names of those that ought to be there
        tidy.lock                 who compacts, forgets or purges at the moment

    spool/                        a folder of this machine, laid out as a local store
        store.json                whose spool it is
        journal/ asked/           of the runs of this machine; see ``store.folder.layout``
        parts/                    a mirror of the bucket's

A journal is sealed by one create-only put: only when the bucket has the part does the journal go.
"""

import json
import os
import re
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from hlrframe.errors import ConfigError, StoreError
from hlrframe.store.bucket import Bucket, is_url
from hlrframe.store.encoding import PLAIN, Encoding
from hlrframe.store.folder import Layout, facts_in, make_directory
from hlrframe.store.remote.mirror import Mirror
from hlrframe.store.remote.upkeep import CLOCK, LOCK, MARKER, Lease, RemoteUpkeep
from hlrframe.system import publish, state_home, user_path

__all__ = ["RemoteLayout", "default_spool", "layout_at"]


def layout_at(
    path: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
    spool: str | os.PathLike[str] | None = None,
    encoding: Encoding = PLAIN,
) -> Layout:
    """Gives the layout of a store by its folder or URL.

    Raises:
        ConfigError: The URL cannot be understood, or what belongs to a URL was given with a folder.
    """
    if not isinstance(path, str) or not is_url(path):
        if storage_options is not None or spool is not None:
            raise ConfigError("storage_options and spool belong to a store in a bucket, such as s3://bucket/answers")
        return Layout(user_path(path).absolute(), encoding)
    bucket = Bucket(path, storage_options or {})
    root = default_spool(bucket.url) if spool is None else Path(spool)
    return RemoteLayout(user_path(root).absolute(), encoding, bucket=bucket)


def default_spool(url: str) -> Path:
    """Gives the folder where a bucket's journals and mirror are kept unless another one is named.

    It lies under ``$XDG_STATE_HOME`` (or where the platform keeps such things), which survives a restart.
    """
    name = re.sub(r"[^\w.-]+", "-", url, flags=re.ASCII).strip("-")[:80]
    return state_home() / "hlrframe" / f"{name}-{sha256(url.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class RemoteLayout(Layout):
    """The places of a store in a bucket; ``root`` is its spool."""

    bucket: Bucket = field(kw_only=True)
    _lease: Lease = field(default_factory=Lease, kw_only=True, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What its user calls the store."""
        return self.bucket.url

    def facts(self) -> Mapping[str, Any] | None:
        """Gives what the bucket's marker says, or its parts where it is lost; ``None`` where there is no store yet."""
        marked = self._marked()
        if marked is not None:
            return marked
        facts = self._mirror.facts()
        mine = super()._marked() if facts is not None else None
        # The store's id, where this spool knows it.
        return facts if facts is None or mine is None else {**facts, "id": mine.get("spool_of")}

    def is_there(self) -> bool:
        """Says whether the bucket or the spool has a store, or what is left of one."""
        return super().is_there() or self.facts() is not None or bool(self.bucket.sizes("parts"))

    @property
    def upkeep(self) -> RemoteUpkeep:
        """What whoever tidies the store needs."""
        return RemoteUpkeep(self, self._mirror, self._lease)

    @property
    def _mirror(self) -> Mirror:
        return Mirror(self.parts, self.bucket)

    def publish(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        """Makes a part appear in the bucket first and in the mirror second; other files are of this machine."""
        if path.parent == self.parts:
            self._mirror.put(path, write)
        else:
            super().publish(path, write)

    def remove(self, paths: Collection[Path]) -> None:
        """Removes sealed files, parts from the bucket first."""
        self._mirror.remove([path.name for path in paths if path.parent == self.parts])
        super().remove(paths)

    def _list_parts(self) -> tuple[Path, ...]:
        return self._mirror.parts(self._prepare_spool)

    def _prepare_spool(self) -> None:
        make_directory(self.root, parents=True)
        self._adopt()
        make_directory(self.parts)

    def prepare(self) -> None:
        """Makes the store and its spool where they are not there yet.

        Raises:
            StoreError: The bucket or the folder holds something else, or cannot be written.
        """
        super().prepare()
        self._adopt()

    def _marked(self) -> Mapping[str, Any] | None:
        raw = self.bucket.read(MARKER)
        return None if raw is None else facts_in(raw, f"{self.bucket.url}/{MARKER}")

    def _adopt(self) -> None:
        """Notes in the spool whose it is."""
        if super()._marked() is not None:
            return
        super().refuse_foreign()
        there = self.facts() or {}
        text = json.dumps({**there, "spool_of": there.get("id"), "bucket": self.bucket.url})
        publish(self.marker, lambda file: file.write(text.encode()))

    def _write_marker(self, facts: Mapping[str, Any], *, anew: bool) -> None:
        if not anew:
            self.bucket.replace(MARKER, json.dumps(facts).encode())
        elif not self.bucket.create(MARKER, json.dumps({"id": uuid.uuid4().hex, **facts}).encode()):
            self.check()  # another machine was faster
        elif self.bucket.create(MARKER, self.bucket.read(MARKER) or b""):
            self.bucket.delete([MARKER])
            raise StoreError(
                f"{self.bucket.url} puts a new object in the place of one of its name, although told not to: runs that "
                "share it would lose answers; name another bucket"
            )

    def _refuse_spool(self, facts: Mapping[str, Any] | None) -> None:
        """Refuses a spool that is another store's, and one whose store is gone: its mirror would go with it."""
        mine = super()._marked()
        if mine is None:
            return
        if facts is None:
            raise StoreError(
                f"{self.bucket.url} holds no store any more, and {self.root} is its spool: put it back, or begin anew "
                "with another spool"
            )
        if mine.get("spool_of") != facts.get("id"):
            raise StoreError(f"{self.root} belongs to another store than {self.bucket.url}: name another spool")

    def refuse_foreign(self) -> None:
        """Refuses a prefix that holds something else than a store."""
        foreign = sorted(self.bucket.sizes("").keys() - {LOCK, CLOCK, MARKER})  # it may be begun just now
        if foreign:
            raise StoreError(
                f"{self.bucket.url} is no store and holds other objects, such as {foreign[0]!r}; name another prefix"
            )
