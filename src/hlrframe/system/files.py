"""Files that appear under their names whole and on disk, or not at all; and locks that hold among processes.

``publish`` is the one way in which this package replaces a file; ``put_in_place`` is its second half, for whoever has
written a temporary file by other means. A temporary file is locked while it is written: ``is_abandoned`` tells one that
a killed process left behind.
"""

import errno
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO, Final

from hlrframe.errors import InputError

__all__ = [
    "create",
    "is_abandoned",
    "locked",
    "publish",
    "put_in_place",
    "state_home",
    "sync_directory",
    "temporary_beside",
    "try_lock",
    "user_path",
]

#: What a file system without locks says.
_NO_LOCKS: Final = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


def state_home() -> Path:
    """Gives the folder where programs of this user keep what is to survive a restart."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")


def user_path(name: str | os.PathLike[str]) -> Path:
    """Gives the path that somebody named; ``~`` is a user's folder.

    Raises:
        InputError: It begins with a user whom this machine does not know.
    """
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise InputError(f"{os.fspath(name)!r}: there is no such user here; write ./~ if a file is called so") from None


def create(path: Path) -> FileIO:
    """Makes a new file that only its owner can read, and opens it unbuffered.

    Raises:
        FileExistsError: The name is taken.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
    file = FileIO(os.open(path, flags, 0o600), "r+")
    path.chmod(0o600)  # a umask takes bits away even from the owner
    return file


def publish(
    path: Path,
    write: Callable[[BinaryIO], object],
    *,
    private: bool = True,
    confirm: Callable[[Path], object] | None = None,
) -> None:
    """Makes a file appear under its name at once, whole and on disk; one of that name is replaced.

    Args:
        path: Its name.
        write: Writes its content.
        private: Whether its owner alone may read it; otherwise whoever may read the user's other files.
        confirm: Called with its temporary name when it is whole; where it raises, the file does not appear.
    """
    with temporary_beside(path, private=private) as (temporary, file):
        with BufferedWriter(file) as output:
            write(output)
        if confirm is not None:
            confirm(temporary)
        put_in_place(temporary, path)


@contextmanager
def temporary_beside(path: Path, *, private: bool = True) -> Iterator[tuple[Path, FileIO]]:
    """Gives a temporary file beside a name, and its own name; it is locked while the block runs, and gone after it.

    Args:
        path: The name.
        private: Whether its owner alone may read it; otherwise whoever may read the user's other files.
    """
    temporary, file = _temporary(path, private=private)
    try:
        with _held(file):
            yield temporary, file
    finally:
        file.close()  # or some systems would not remove it
        temporary.unlink(missing_ok=True)


def is_abandoned(temporary: Path) -> bool | None:
    """Says whether whoever was writing a temporary file is gone.

    Returns:
        ``None`` where the file system has no locks to tell.

    Raises:
        FileNotFoundError: It has got its name, or is gone.
    """
    with FileIO(temporary, "r+") as file:
        return try_lock(file)


def put_in_place(temporary: Path, path: Path) -> None:
    """Gives a whole file its name, on disk when it returns; one of that name is replaced."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Puts the names in a directory on disk, where the system has a call for it."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, patience: float = 0.0, poll: float = 0.005) -> Iterator[bool]:
    """Holds the lock of a name among all processes and threads; it falls with the block's or the process's end.

    Args:
        path: The lock's own file, which nobody writes to or reads.
        patience: Seconds to wait for whoever has it.
        poll: Seconds between two tries.

    Yields:
        Whether nobody else has it: a file system without locks keeps nobody out, and the block goes on as well.
    """
    import filelock  # noqa: PLC0415  # takes as long to load as all of this package's own: where it is needed alone

    lock = filelock.FileLock(path, timeout=patience, mode=0o600)
    is_free = True
    try:
        lock.acquire(poll_interval=poll)
    except filelock.Timeout:
        is_free = False
    except NotImplementedError:  # how filelock says that this file system has no locks
        pass
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    try:
        yield is_free
    finally:
        lock.release()


def _temporary(path: Path, *, private: bool) -> tuple[Path, FileIO]:
    """Makes a temporary file beside a name, and locks it where there are locks."""
    while True:
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
        file = create(temporary) if private else FileIO(temporary, "x+")
        if try_lock(file) is not False and temporary.exists():
            return temporary, file
        file.close()  # somebody took it for a dead process's before it was locked


@contextmanager
def _held(file: FileIO) -> Iterator[None]:
    """Keeps a file locked past its own closing, so that others can tell a living writer's from a dead one's."""
    if try_lock(file) is None:
        yield
        return
    lock = os.dup(file.fileno())
    try:
        yield
    finally:
        os.close(lock)


if sys.platform == "win32":

    def try_lock(file: FileIO) -> bool | None:  # noqa: ARG001  # the same call everywhere
        """Says that this system has no lock that readers could ignore."""
        return None

else:
    import fcntl

    def try_lock(file: FileIO) -> bool | None:
        """Takes the lock of an open file without waiting; it falls with the file's closing or the process's end.

        Other than ``locked`` it leaves a file that others read while it is held, which Windows does not allow.

        Returns:
            Whether it was taken; ``None`` where the file system has no locks.
        """
        # Not lockf: a process drops those by closing any other handle on the same file, as every reader does.
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True
