"""The parts of a bucket and their copies on this machine.

Parts never change, so the mirror is right when the names and sizes are: what is missing is fetched and what is gone
goes, at each listing. All reading is then that of a local store.
"""

import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from hlrframe.errors import DamagedWarning
from hlrframe.store.bucket import Bucket
from hlrframe.store.folder import NOTED, explained, facts_of_sealed, list_files, new_name
from hlrframe.system import publish

__all__ = ["Mirror"]

#: Parts that are fetched at once.
FETCHES: Final = 8
#: Names that a mirror takes: others can do nothing in its folder.
_PART: Final = re.compile(r"\w[\w-]*\.parquet", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mirror:
    """The parts of a bucket, and the folder that has copies of them."""

    folder: Path
    bucket: Bucket

    def put(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        """Makes a part appear in the bucket first and in the folder second, and notes that it ought to be there."""
        try:
            publish(path, write, confirm=lambda file: self._create(path.name, file))
        except FileExistsError:
            # It was written by a sealer that died, and its journal has grown since: being in two parts does no harm.
            path = path.with_name(f"{new_name()}-0000.parquet")
            publish(path, write, confirm=lambda file: self._create(path.name, file))
        self.bucket.replace(_entry(path.name), b"")

    def _create(self, name: str, file: Path) -> None:
        """Makes a part in the bucket; one of the same size is this one, put by a sealer that died."""
        size = file.stat().st_size
        if not self.bucket.create(f"parts/{name}", file) and self.bucket.sizes("parts").get(name) != size:
            raise FileExistsError(name)

    def remove(self, names: Collection[str]) -> None:
        """Removes parts from the bucket, and what notes them before."""
        self.bucket.delete([*map(_entry, names), *(f"parts/{name}" for name in names)])

    def parts(self, prepare: Callable[[], None]) -> tuple[Path, ...]:
        """Makes the folder what the bucket is, and lists it.

        Args:
            prepare: Makes the folder; called before something is fetched.
        """
        # The mirror is listed first: a part is in the bucket before it is in the mirror, so that one of the mirror's
        # that the bucket does not have then was removed there.
        mirrored = list_files(self.folder, ".parquet")
        there = self.sizes()
        kept = self._follow(path for path in mirrored if path.name not in there)
        missing = [name for name, size in there.items() if not _has_size(self.folder / name, size)]
        if missing:
            with explained("write to the spool", self.folder.parent), ThreadPoolExecutor(FETCHES) as pool:
                prepare()
                list(pool.map(self._fetch, missing))
        return tuple(self.folder / name for name in sorted({*there, *kept}))

    def sizes(self) -> Mapping[str, int]:
        """Gives the parts of the bucket with their sizes; what else lies among them is left out."""
        return {name: size for name, size in self.bucket.sizes("parts").items() if _PART.fullmatch(name)}

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

    def _fetch(self, name: str) -> None:
        try:
            publish(self.folder / name, self.bucket.download(f"parts/{name}"))
        except FileNotFoundError:
            if not self.folder.is_dir():
                raise
            # Removed since it was listed: the next listing knows.

    def lost(self) -> list[str]:
        """Names the parts that ought to be in the bucket and are not."""
        suspects = self._noted() - self.bucket.sizes("parts").keys()
        # Whoever of us removes a part has taken out its entry before.
        return sorted(suspects & self._noted()) if suspects else []

    def put_back(self) -> None:
        """Puts the lost parts that the folder has back into the bucket, and takes the rest for lost."""
        for name in self.lost():
            if not (self.folder / name).exists() or not self.bucket.create(f"parts/{name}", self.folder / name):
                self.bucket.delete([_entry(name)])

    def _noted(self) -> frozenset[str]:
        """Gives the names of the parts that ought to be in the bucket."""
        return frozenset(name.removesuffix(NOTED) for name in self.bucket.sizes("inventory"))

    def facts(self) -> Mapping[str, Any] | None:
        """Gives what the smallest part that can be read says of its store."""
        sizes = self.sizes()
        raw = (self.bucket.read(f"parts/{name}") for name in sorted(sizes, key=lambda name: sizes[name]))
        return next(filter(None, (facts_of_sealed(BytesIO(each)) for each in raw if each is not None)), None)


def _entry(name: str) -> str:
    return f"inventory/{name}{NOTED}"


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False
