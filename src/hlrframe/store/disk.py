"""Private, durable files: everything that the store asks of a file system.

A file is made for its owner alone whatever the umask is, is on disk before it counts, and appears under its name
whole or not at all. Where the system says no, a :class:`~hlrframe.StoreError` says what to do about it.
"""

import errno
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO, Final

from hlrframe.errors import StoreError

__all__ = [
    "append",
    "create",
    "explained",
    "is_same_file",
    "list_files",
    "make_directory",
    "publish",
    "sweep_temporaries",
    "sync_directory",
    "try_lock",
]

#: Seconds after which a temporary file can only be a dead process's.
TEMPORARY_AGE: Final = 24 * 60 * 60

_FULL: Final = "the disk is full; free some space and run again: everything that was counted as done is kept"
_FORBIDDEN: Final = "this user may not write there; give it the permission, or name another folder"
_VANISHED: Final = "the folder is not there; put it back or mount it, or name another one"
_CURES: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOENT: _VANISHED,
    errno.ENOTDIR: "a part of this path is a file; name a folder",
    errno.EEXIST: "a file is in the way; name another folder",
    errno.EMFILE: "too many files are open; close some, or raise `ulimit -n`",
}


@contextmanager
def explained(doing: str, path: Path) -> Iterator[None]:
    """Turns the system's refusals into a :class:`StoreError` that names the cure.

    >>> with explained("read", Path("answers")):
    ...     raise PermissionError(errno.EACCES, "Permission denied")
    Traceback (most recent call last):
    hlrframe.errors.StoreError: cannot read answers: this user may not write there; ...
    """
    try:
        yield
    except OSError as error:
        number = error.errno or (errno.EACCES if isinstance(error, PermissionError) else 0)
        cure = _CURES.get(number, f"{error.strerror or error}; see to it and run again")
        raise StoreError(f"cannot {doing} {path}: {cure}") from error


def make_directory(path: Path, *, parents: bool = False) -> None:
    """Makes a directory that only its owner can enter; one that is there already stays as it is."""
    if path.is_dir():
        return
    path.mkdir(mode=0o700, parents=parents, exist_ok=True)
    path.chmod(0o700)
    sync_directory(path.parent)


def create(path: Path) -> FileIO:
    """Makes a new file that only its owner can read, and opens it unbuffered.

    Raises:
        FileExistsError: The name is taken.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
    file = FileIO(os.open(path, flags, 0o600), "r+")
    path.chmod(0o600)  # a umask takes bits away even from the owner
    return file


def append(file: FileIO, data: bytes) -> None:
    """Writes all of it and returns when it is on disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def publish(
    path: Path, write: Callable[[BinaryIO], object], *, confirm: Callable[[Path], object] | None = None
) -> None:
    """Makes a file appear under its name at once, whole and on disk; one of that name is replaced.

    Args:
        path: Its name.
        write: Writes its content.
        confirm: Called with its temporary name when it is whole; where it raises, the file does not appear.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with BufferedWriter(create(temporary)) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if confirm is not None:
            confirm(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
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


def list_files(directory: Path, suffix: str) -> tuple[Path, ...]:
    """Gives the finished files of a directory in the order of their names; none where there is no directory."""
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208  # names alone: a listing is taken twice for each read
    except FileNotFoundError:
        return ()
    return tuple(directory / name for name in names if name.endswith(suffix) and not name.startswith("."))


def sweep_temporaries(directory: Path) -> None:
    """Removes what killed processes left half-written."""
    for path in directory.glob(".*.tmp"):
        try:
            if time.time() - path.stat().st_mtime > TEMPORARY_AGE:
                path.unlink()
        except FileNotFoundError:
            continue


def is_same_file(file: FileIO, path: Path) -> bool:
    """Says whether a name still leads to this open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except (FileNotFoundError, NotADirectoryError):
        return False


if sys.platform == "win32":

    def try_lock(file: FileIO) -> bool | None:  # noqa: ARG001  # the same call everywhere
        """Says that this system has no lock that readers could ignore."""
        return None

else:
    import fcntl

    def try_lock(file: FileIO) -> bool | None:
        """Takes the lock of an open file without waiting; it falls with the file's closing or the process's end.

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
