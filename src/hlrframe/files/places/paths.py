"""What can go wrong with a path, in words; and a file that appears under its name at once, whole."""

import csv
import lzma
import os
import tempfile
import time
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.system import put_in_place, try_lock, user_path

__all__ = [
    "check_destination",
    "check_source",
    "existing_folder",
    "make_room",
    "readable",
    "replacing",
    "writable",
]

#: How the names of temporary files begin.
_MARK: Final = ".hlrframe-"
#: Seconds that pass at most between the making of a temporary file and its locking.
_MOMENT: Final = 60.0
_DAMAGED: Final = (
    *(EOFError, UnicodeError, RecursionError, lzma.LZMAError, zipfile.BadZipFile, zlib.error),
    *(pa.ArrowException, msgspec.MsgspecError, pl.exceptions.PolarsError, pl.exceptions.PanicException),
)


def check_source(source: str | os.PathLike[str]) -> Path:
    """Gives the path of a file that can be read.

    Raises:
        InputError: No such file, a directory, or no permission.
    """
    path = user_path(source)
    if path.is_dir():
        raise InputError(f"cannot read {path}: it is a folder; name a file in it")
    with readable(path), path.open("rb"):
        return path


def check_destination(
    destination: str | os.PathLike[str], *, sources: Sequence[Path], new_folder: bool = False
) -> Path:
    """Gives the path of a file that may be written: of the file itself where a link leads to it.

    Args:
        destination: The file.
        sources: What is read, and stays as it is.
        new_folder: Whether its folder may be missing yet.

    Raises:
        InputError: It is no file, or one of the sources, or its folder is not there.
    """
    try:
        path = user_path(destination).resolve()
    except (RuntimeError, OSError):  # which of them depends on the version of Python
        raise InputError(f"cannot write {destination}: its symbolic links lead nowhere; name another file") from None
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is no file; name a file")
    if not new_folder and not path.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} is not there; make it first")
    if path.exists() and any(path.samefile(source) for source in sources):
        raise InputError(f"cannot write {path}: it is the source, which stays as it is; name another file")
    return path


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns whatever reading a file raises into an :class:`InputError`."""
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except csv.Error as error:
        raise InputError(f"cannot read {path}: {error}") from error
    except _DAMAGED as error:
        # Their words may quote what is in the file.
        raise InputError(f"cannot read {path}: it is damaged, or not what its ending says") from error


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Turns whatever writing a file raises into an :class:`InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    except (pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot write {path}: this format cannot hold what is in the columns") from error


def existing_folder(path: Path) -> Path:
    """Gives the nearest folder above a path that is there."""
    return next(each for each in path.parents if each.is_dir())


def make_room(path: Path) -> None:
    """Makes the folder of a file that will be written, removes what killed runs left there, and tries to write.

    Raises:
        InputError: Nothing can be written there.
    """
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        tempfile.TemporaryFile(dir=path.parent).close()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary name that becomes the file's own, on disk, if the block ends well; otherwise nothing changes.

    Raises:
        InputError: Nothing can be written there.
    """
    temporary = path.with_name(f"{_MARK}{uuid.uuid4().hex}.tmp")
    with writable(path):
        file = temporary.open("xb", buffering=0)
    # Held until the end: it tells a file that is being written from one that a killed run left.
    try_lock(file)
    try:
        yield temporary
        file.close()  # or some systems would not rename it
        with writable(path):
            _publish(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        file.close()


def sweep(folder: Path) -> None:
    """Removes the temporary files that killed runs left in a folder."""
    for path in folder.glob(f"{_MARK}*.tmp"):
        with suppress(OSError), path.open("rb", buffering=0) as file:
            if time.time() - path.stat().st_mtime > _MOMENT and try_lock(file):
                path.unlink()


def _publish(temporary: Path, path: Path) -> None:
    if path.exists():
        temporary.chmod(path.stat().st_mode & 0o777)
    put_in_place(temporary, path)
