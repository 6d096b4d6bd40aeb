"""A folder for what cannot be read as it stands: private, gone with whoever made it, swept where a kill left it."""

import shutil
import tempfile
import time
import weakref
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

from hlrframe.system.files import try_lock

__all__ = ["Scratch"]

_PREFIX: Final = "hlrframe-"
_LOCK: Final = "lock"
#: Seconds that pass at most between the making of a folder and its locking.
_MOMENT: Final = 60.0


class Scratch:
    """A folder that only its owner can enter, in the system's folder of temporary files (``TMPDIR`` names another).

    It is removed with this object, or when Python ends; what a killed process left is removed by the next one.

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        #: Where it is.
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = (self.path / _LOCK).open("xb", buffering=0)
        try_lock(lock)
        self._finalizer = weakref.finalize(self, _remove, self.path, lock)

    def close(self) -> None:
        """Removes it now."""
        self._finalizer()


def _remove(path: Path, lock: FileIO) -> None:
    lock.close()
    shutil.rmtree(path, ignore_errors=True)


def _sweep(folder: Path) -> None:
    for path in folder.glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError), path.open("rb", buffering=0) as file:
            if time.time() - path.stat().st_mtime > _MOMENT and try_lock(file):
                shutil.rmtree(path.parent, ignore_errors=True)
