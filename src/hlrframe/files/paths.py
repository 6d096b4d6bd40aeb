"""What can go wrong with a path, in words; and a file that appears under its name at once, whole."""

import csv
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.store.disk import sync_directory

__all__ = ["check_destination", "check_source", "readable", "replacing", "writable"]

_DAMAGED: Final = (EOFError, UnicodeError, pa.ArrowException, msgspec.MsgspecError, pl.exceptions.PolarsError)


def check_source(source: str | os.PathLike[str]) -> Path:
    """Gives the path of a file that can be read.

    Raises:
        InputError: No such file, a directory, or no permission.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        raise InputError(f"cannot read {path}: it is a folder; name a file in it")
    with readable(path), path.open("rb"):
        return path


def check_destination(destination: str | os.PathLike[str], *, source: Path) -> Path:
    """Gives the path of a file that may be written: of the file itself where a link leads to it.

    Raises:
        InputError: It is a folder or the source itself, or its folder is not there.
    """
    path = Path(destination).expanduser().resolve()
    if path.exists() and not path.is_file():
        raise InputError(f"cannot write {path}: it is no file; name a file")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} is not there; make it first")
    if path.exists() and path.samefile(source):
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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary name that becomes the file's own, on disk, if the block ends well; otherwise nothing changes.

    Raises:
        InputError: Nothing can be written there.
    """
    temporary = path.with_name(f".hlrframe-{uuid.uuid4().hex}.tmp")
    with writable(path):
        temporary.open("xb").close()
    try:
        yield temporary
        with writable(path):
            _publish(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _publish(temporary: Path, path: Path) -> None:
    if path.exists():
        temporary.chmod(path.stat().st_mode & 0o777)
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)
