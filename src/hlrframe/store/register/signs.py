"""Signs of life among the runs of one machine: a locked file for each, whose lock falls with its process."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from hlrframe.store.folder import explained, list_files, make_directory, new_name
from hlrframe.system import create, try_lock

__all__ = ["Signs"]


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs in a folder of this machine."""

    folder: Path

    def enter(self) -> tuple[str, FileIO | None]:
        """Gives a new run its name, and its locked file; ``None`` where the file system has no locks.

        Raises:
            StoreError: The folder cannot be written.
        """
        name = new_name()
        with explained("write to", self.folder):
            make_directory(self.folder)
            file = create(self._sign(name))
            if try_lock(file) is not True:
                file.close()
                self._sign(name).unlink(missing_ok=True)
                return name, None
        return name, file

    def leave(self, name: str, file: FileIO | None, *, has_left: bool) -> None:
        """Ends a run; one that may still be in the register leaves its fallen sign: the next one takes it out."""
        if file is not None:
            file.close()
        if has_left:
            with contextlib.suppress(OSError):
                self._sign(name).unlink(missing_ok=True)

    def has_fallen(self, name: str) -> bool:
        """Whether a run of this machine was killed; ``False`` where its sign is not here."""
        try:
            with FileIO(self._sign(name), "r+") as file:
                if try_lock(file) is not True:
                    return False
        except OSError:
            return False
        return True

    def sweep(self, living: Collection[str]) -> None:
        """Removes the signs of killed runs that are not among the living."""
        for path in list_files(self.folder, ".run"):
            if path.stem not in living and self.has_fallen(path.stem):
                path.unlink(missing_ok=True)

    def _sign(self, name: str) -> Path:
        return self.folder / f"{name}.run"
