"""A store whose parts live in a bucket.

::

    s3://bucket/prefix/
        store.json                which version wrote here, and the store's own id
        parts/<run>-0000.parquet  sealed answers
        inventory/                the names of those that ought to be there
        tidy.lock                 who compacts, forgets or purges at the moment

    spool/                        a folder of this machine, laid out as a local store
        store.json                whose spool it is
        journal/ asked/           of the runs of this machine; see ``layout``
        parts/                    a mirror of the bucket's

A journal is sealed by one create-only put: only when the bucket has the part does the journal go. Parts never change,
so the mirror is right when the names and sizes are: what is missing is fetched and what is gone goes, at each listing.
All reading is then that of a local store.
"""

import json
import os
import re
import uuid
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from hlrframe.errors import ConfigError, DamagedWarning, StoreError
from hlrframe.store.bucket import Bucket, is_url
from hlrframe.store.disk import explained, list_files, make_directory
from hlrframe.store.facts import facts_in, facts_of_sealed
from hlrframe.store.inventory import NOTED
from hlrframe.store.layout import Layout, new_name
from hlrframe.store.privacy import PLAIN, Encoding
from hlrframe.system import publish, state_home

__all__ = ["RemoteLayout", "default_spool", "layout_at"]

#: How long a tidier that was killed keeps others out, by the bucket's clock; each part that it writes begins it anew.
LEASE: Final = timedelta(hours=1)
#: Parts that are fetched at once.
FETCHES: Final = 8

_MARKER: Final = "store.json"
_LOCK: Final = "tidy.lock"
_CLOCK: Final = "tidy.clock"
#: Names that a mirror takes: others can do nothing in its folder.
_PART: Final = re.compile(r"\w[\w-]*\.parquet", re.ASCII)


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
        return Layout(Path(path).expanduser().absolute(), encoding)
    bucket = Bucket(path, storage_options or {})
    root = default_spool(bucket.url) if spool is None else Path(spool)
    return RemoteLayout(root.expanduser().absolute(), encoding, bucket=bucket)


def default_spool(url: str) -> Path:
    """Gives the folder where a bucket's journals and mirror are kept unless another one is named.

    It lies under ``$XDG_STATE_HOME`` (or where the platform keeps such things), which survives a restart.
    """
    name = re.sub(r"[^\w.-]+", "-", url, flags=re.ASCII).strip("-")[:80]
    return state_home() / "hlrframe" / f"{name}-{sha256(url.encode()).hexdigest()[:8]}"


@dataclass(slots=True)
class _Lease:
    """What this process knows of the lock that it holds."""

    holder: str = ""

    def take(self, bucket: Bucket) -> None:
        """Takes the bucket's lock under a new name, from one that died too.

        Raises:
            StoreError: Another machine has it.
        """
        self.holder = uuid.uuid4().hex
        holder = self.holder.encode()
        if bucket.create(_LOCK, holder):
            return
        found = bucket.version(_LOCK)
        is_dead = found is not None and bucket.now(_CLOCK) - found[1] > LEASE
        if not (found and is_dead and bucket.replace(_LOCK, holder, tag=found[0])):
            raise StoreError(
                f"another machine is tidying {bucket.url}: run again when it has ended, or in an hour if it died"
            )


@dataclass(frozen=True)
class RemoteLayout(Layout):
    """The places of a store in a bucket; ``root`` is its spool."""

    bucket: Bucket = field(kw_only=True)
    _lease: _Lease = field(default_factory=_Lease, kw_only=True, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What its user calls the store."""
        return self.bucket.url

    def facts(self) -> Mapping[str, Any] | None:
        """Gives what the bucket's marker says, or its parts where it is lost; ``None`` where there is no store yet."""
        return self._marked() or self._facts_of_parts()

    def is_there(self) -> bool:
        """Says whether the bucket or the spool has a store, or what is left of one."""
        return super().is_there() or self.facts() is not None or bool(self.bucket.sizes("parts"))

    def lost(self) -> Iterator[str]:
        """Names the files that something else than this package removed, on this machine and in the bucket."""
        yield from super().lost()
        yield from (f"{self.bucket.url}/parts/{name}" for name in self._lost_parts())

    def accept_losses(self) -> None:
        """Puts the parts that this machine mirrors back into the bucket, and takes the rest for lost."""
        super().accept_losses()
        for name in self._lost_parts():
            if not (self.parts / name).exists() or not self.bucket.create(f"parts/{name}", self.parts / name):
                self.bucket.delete([_entry(name)])

    def _lost_parts(self) -> list[str]:
        suspects = self._noted() - self.bucket.sizes("parts").keys()
        # Whoever of us removes a part has taken out its entry before.
        return sorted(suspects & self._noted()) if suspects else []

    def _noted(self) -> frozenset[str]:
        """Gives the names of the parts that ought to be in the bucket."""
        return frozenset(name.removesuffix(NOTED) for name in self.bucket.sizes("inventory"))

    def strange_elsewhere(self) -> tuple[str, ...]:
        """Names objects of the bucket that are none of a store's, and says where it keeps what was removed."""
        known: dict[str, Collection[str]] = {"": {_MARKER, _LOCK, _CLOCK}}
        known |= {"parts": {path.name for path in self._list_parts()}, "inventory": self.bucket.sizes("inventory")}
        strange = [f"{self.bucket.url}/{key}" for key in self.bucket.list_keys() if not _is_known(key, known)]
        if self.bucket.keeps_versions(_MARKER):
            strange.append(f"what {self.bucket.url} keeps of older versions of its objects")
        return tuple(strange)

    def prepare(self) -> None:
        """Makes the store and its spool where they are not there yet.

        Raises:
            StoreError: The bucket or the folder holds something else, or cannot be written.
        """
        super().prepare()
        self._adopt()

    def publish(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        """Makes a part appear in the bucket first and in the mirror second; other files are of this machine."""
        if path.parent != self.parts:
            super().publish(path, write)
            return
        try:
            publish(path, write, confirm=lambda file: self._put(path.name, file))
        except FileExistsError:
            # It was written by a sealer that died, and its journal has grown since: being in two parts does no harm.
            path = path.with_name(f"{new_name()}-0000.parquet")
            publish(path, write, confirm=lambda file: self._put(path.name, file))
        self.bucket.replace(_entry(path.name), b"")

    def remove(self, paths: Collection[Path]) -> None:
        """Removes sealed files, parts from the bucket first."""
        names = [path.name for path in paths if path.parent == self.parts]
        self.bucket.delete([*map(_entry, names), *(f"parts/{name}" for name in names)])
        super().remove(paths)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps tidiers apart, on this machine and on others.

        Raises:
            StoreError: Another one is at it.
        """
        with super().alone():
            self._lease.take(self.bucket)
            try:
                yield
            finally:
                if self.bucket.read(_LOCK) == self._lease.holder.encode():
                    self.bucket.delete([_LOCK])

    def still_alone(self) -> None:
        """Renews the lock.

        Raises:
            StoreError: Another one took over, since this one took too long.
        """
        found = self.bucket.version(_LOCK)
        mine = found and self.bucket.read(_LOCK) == self._lease.holder.encode()
        if not found or not mine or not self.bucket.replace(_LOCK, self._lease.holder.encode(), tag=found[0]):
            raise StoreError(f"another machine took over tidying {self.bucket.url}: run again when it has ended")

    def _put(self, name: str, file: Path) -> None:
        """Makes a part in the bucket; one of the same size is this one, put by a sealer that died."""
        size = file.stat().st_size
        if not self.bucket.create(f"parts/{name}", file) and self.bucket.sizes("parts").get(name) != size:
            raise FileExistsError(name)

    def _list_parts(self) -> tuple[Path, ...]:
        # The mirror is listed first: a part is in the bucket before it is in the mirror, so that one of the mirror's
        # that the bucket does not have then was removed there.
        mirrored = list_files(self.parts, ".parquet")
        there = {name: size for name, size in self.bucket.sizes("parts").items() if _PART.fullmatch(name)}
        kept = self._follow(path for path in mirrored if path.name not in there)
        missing = [name for name, size in there.items() if not _has_size(self.parts / name, size)]
        if missing:
            self._fetch(missing)
        return tuple(self.parts / name for name in sorted({*there, *kept}))

    def _follow(self, gone: Iterable[Path]) -> list[str]:
        """Lets go of what was removed from the bucket, but for what something else than this package removed there."""
        paths, kept = list(gone), list[str]()
        noted = self._noted() if paths else frozenset()
        for path in paths:
            if path.name in noted:
                kept.append(path.name)
            else:
                path.unlink(missing_ok=True)
        if kept:
            said = f"{len(kept):,} parts, such as {kept[0]}, went from {self.bucket.url}, and not by our hand"
            cure = "this machine has them and uses them; compact the store, which puts them back"
            warnings.warn(f"{said}: {cure}", DamagedWarning, stacklevel=2)
        return kept

    def _fetch(self, names: Collection[str]) -> None:
        with explained("write to the spool", self.root), ThreadPoolExecutor(FETCHES) as pool:
            make_directory(self.root, parents=True)
            self._adopt()
            make_directory(self.parts)
            list(pool.map(self._fetch_one, names))

    def _fetch_one(self, name: str) -> None:
        try:
            publish(self.parts / name, self.bucket.download(f"parts/{name}"))
        except FileNotFoundError:
            if not self.parts.is_dir():
                raise
            # Removed since it was listed: the next listing knows.

    def _marked(self) -> Mapping[str, Any] | None:
        raw = self.bucket.read(_MARKER)
        return None if raw is None else facts_in(raw, f"{self.bucket.url}/{_MARKER}")

    def _facts_of_parts(self) -> Mapping[str, Any] | None:
        """Gives what the smallest part says of its store, and the store's id where this spool knows it."""
        sizes = self.bucket.sizes("parts")
        there = sorted((name for name in sizes if _PART.fullmatch(name)), key=lambda name: sizes[name])
        raw = (self.bucket.read(f"parts/{name}") for name in there)
        facts = next(filter(None, (facts_of_sealed(BytesIO(each)) for each in raw if each is not None)), None)
        mine = super()._marked() if facts is not None else None
        return facts if facts is None or mine is None else {**facts, "id": mine.get("spool_of")}

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
            self.bucket.replace(_MARKER, json.dumps(facts).encode())
        elif not self.bucket.create(_MARKER, json.dumps({"id": uuid.uuid4().hex, **facts}).encode()):
            self.check()  # another machine was faster
        elif self.bucket.create(_MARKER, self.bucket.read(_MARKER) or b""):
            self.bucket.delete([_MARKER])
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
        foreign = sorted(self.bucket.sizes("").keys() - {_LOCK, _CLOCK, _MARKER})  # it may be begun just now
        if foreign:
            raise StoreError(
                f"{self.bucket.url} is no store and holds other objects, such as {foreign[0]!r}; name another prefix"
            )


def _entry(name: str) -> str:
    return f"inventory/{name}{NOTED}"


def _is_known(key: str, known: Mapping[str, Collection[str]]) -> bool:
    folder, _, name = key.rpartition("/")
    return name in known.get(folder, ()) or key.startswith("register/")  # which forgets by itself


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False
