"""What the store asks of a file system beyond ``system.files``: private folders, listings, and refusals in words.

Where the system says no, a :class:`~hlrframe.StoreError` says what to do about it.
"""

import errno
import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Final

from hlrframe.errors import StoreError
from hlrframe.system import is_abandoned, sync_directory

__all__ = [
    "append",
    "explained",
    "is_same_file",
    "is_temporary",
    "list_files",
    "make_directory",
    "remove_temporary",
    "sweep_temporaries",
    "write_whole",
]

#: Seconds after which a temporary file can only be a dead process's, where the file system has no locks to tell.
TEMPORARY_AGE: Final = 24 * 60 * 60

_FULL: Final = "the disk is full; free some space and run again"
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


def append(file: FileIO, data: bytes) -> None:
    """Writes all of it and returns when it is on disk."""
    write_whole(file, data)
    os.fsync(file.fileno())


def write_whole(file: FileIO, data: bytes) -> None:
    """Writes all of it, or raises: a disk that is nearly full takes a part of it without a word."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def list_files(directory: Path, suffix: str) -> tuple[Path, ...]:
    """Gives the finished files of a directory in the order of their names; none where there is no directory."""
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208  # names alone: a listing is taken twice for each read
    except FileNotFoundError:
        return ()
    return tuple(directory / name for name in names if name.endswith(suffix) and not name.startswith("."))


def is_temporary(path: Path) -> bool:
    """Says whether a file is one that is being written, or was when its writer died."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def sweep_temporaries(directory: Path) -> None:
    """Removes what killed processes left half-written."""
    for path in directory.glob(".*.tmp"):
        remove_temporary(path)


def remove_temporary(path: Path, living: Collection[str] = ()) -> bool:
    """Removes a temporary file whose writer is gone; says whether it is, or is accounted for.

    Args:
        path: The file.
        living: Stems of the files of living runs: what one of them is writing holds nothing that its journal does not.
    """
    try:
        abandoned = is_abandoned(path)
        if abandoned is None:
            abandoned = sys.platform == "win32" or time.time() - path.stat().st_mtime > TEMPORARY_AGE
        if abandoned:
            path.unlink()
    except FileNotFoundError:
        return True
    except PermissionError:  # how Windows says that somebody has it open
        abandoned = False
    return abandoned or path.name[1:].partition(".")[0] in living or not path.exists()


def is_same_file(file: FileIO, path: Path) -> bool:
    """Says whether a name still leads to this open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except (FileNotFoundError, NotADirectoryError):
        return False
