"""A folder for what cannot be read as it stands: private, gone with whoever made it, swept where a kill left it."""

import shutil
import tempfile
import weakref
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

from hlrframe.system.files import try_lock

__all__ = ["Scratch"]

_PREFIX: Final = "hlrframe-"
#: A file that has this name only once it is locked: whoever finds it without a lock knows that its process is gone.
_LOCK: Final = "lock"


class Scratch:
    """A folder that only its owner can enter, in the system's folder of temporary files (``TMPDIR`` names another).

    It is removed with this object, or when Python ends; what a killed process left is removed by the next one.

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(self) -> None:
        self.sweep()
        #: Where it is.
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        unnamed = self.path / f".{_LOCK}"
        lock = unnamed.open("xb", buffering=0)
        if try_lock(lock):
            unnamed.rename(self.path / _LOCK)
        self._finalizer = weakref.finalize(self, _remove, self.path, lock)

    def close(self) -> None:
        """Removes it now."""
        self._finalizer()

    @staticmethod
    def sweep() -> None:
        """Removes what killed processes left behind."""
        for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
            with suppress(OSError), path.open("rb", buffering=0) as file:
                if try_lock(file):
                    shutil.rmtree(path.parent, ignore_errors=True)


def _remove(path: Path, lock: FileIO) -> None:
    lock.close()
    shutil.rmtree(path, ignore_errors=True)
