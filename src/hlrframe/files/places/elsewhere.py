"""Sources and destinations that are no files on this machine: pipes, and objects in a bucket.

A source is read twice, so that it is first brought into a private folder. What is written elsewhere is first written
whole, into a private folder too, which is the same for the same command: where it cannot be delivered the answers that
were paid for are still there.
"""

import errno
import hashlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from hlrframe.errors import ConfigError, InputError, StoreError
from hlrframe.files.places.inputs import InputFile, partition_of
from hlrframe.files.places.kinds import Format, format_of_bytes
from hlrframe.files.places.paths import check_source, readable
from hlrframe.model import kind_of
from hlrframe.store import Bucket
from hlrframe.system import Scratch, state_home, user_path

__all__ = ["Delivery", "as_said", "delivery_to", "fetched", "is_elsewhere"]

_STDIN: Final = frozenset({"-", "/dev/stdin"})
_STDOUT: Final = frozenset({"-", "/dev/stdout"})
_SCHEMES: Final = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss")
_STRIDE: Final = 1 << 20
#: Seconds to wait for somebody who reads a pipe, and between two looks.
PATIENCE: Final = 60.0
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a file that was written gets where it is meant to be."""

    #: What messages call the place.
    name: str
    #: Where the file is written first.
    path: Path
    #: Takes the file there.
    send: Callable[[Path], None]
    #: Says whether something is there that would be replaced.
    is_taken: Callable[[], bool]

    def check_free(self) -> None:
        """Refuses to replace an object that is there.

        Raises:
            InputError: The message says how to replace it.
        """
        if self.is_taken():
            raise InputError(
                f"{self.name} is there already: name another object, or pass --force (in Python overwrite=True)"
            )

    def deliver(self) -> None:
        """Takes the file there, and removes it here."""
        self.send(self.path)
        self.path.unlink()
        with suppress(OSError):  # answers that were not used up may lie beside it
            self.path.parent.rmdir()


def is_elsewhere(name: str | os.PathLike[str]) -> bool:
    """Says whether a name is that of a pipe or an object, rather than of files on this machine."""
    text = os.fspath(name)
    return text in _STDIN | _STDOUT or "://" in text or _is_pipe(user_path(text))


def fetched(name: str | os.PathLike[str], format_: str | None) -> InputFile:
    """Brings a source here.

    Args:
        name: What the caller calls it.
        format_: What it is, such as ``"csv"``; ``None`` where its name or its bytes say so.

    Raises:
        InputError: It is not there, cannot be read, or is nothing that is read.
        ConfigError: There is no such format, or a package is not installed.
    """
    text = os.fspath(name)
    called = "standard input" if text in _STDIN else text
    scratch = Scratch()
    place = scratch.path / "source"
    with readable(Path(called)), place.open("wb") as file:
        _copy(text, file)
    ending = _ending(format_, "source_format") if format_ else "".join(Path(text).suffixes[-2:])
    if not kind_of(Path(f"x{ending}")):
        ending = _ending_by_bytes(place, called)
    whole = place.with_name(f"source{ending}")
    place.rename(whole)
    with _named(whole, called):
        found = InputFile.of(whole)
    return InputFile(found.path, found.format, Path(called), {}, found.scratch or scratch, (scratch,))


def as_said(path: Path, format_: str) -> InputFile:
    """Gives a file on this machine as what somebody says that it is, whatever its name ends in.

    Args:
        path: The file.
        format_: What it is, such as ``"csv"``.

    Raises:
        InputError: It cannot be read, or is something else.
        ConfigError: There is no such format.
    """
    check_source(path)
    scratch = Scratch()
    other = scratch.path / f"source{_ending(format_, 'source_format')}"
    try:
        other.symlink_to(path.resolve())
    except OSError:  # not every system lets everybody make links
        shutil.copyfile(path, other)
    with _named(other, str(path)):
        found = InputFile.of(other)
    return InputFile(found.path, found.format, path, partition_of(path), found.scratch or scratch, (scratch,))


def _ending_by_bytes(path: Path, called: str) -> str:
    with _named(path, called), readable(path):
        try:
            return format_of_bytes(path)[1]
        except InputError as error:
            raise InputError(f"cannot read {called}: {error}") from None


@contextmanager
def _named(path: Path, called: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace(str(path), called)) from error


def _ending(format_: str, option: str) -> str:
    ending = f".{format_.strip().lower().removeprefix('.')}"
    if kind_of(Path(f"x{ending}")) is None:
        raise ConfigError(f"{option}={format_!r} is no kind of file: name an ending, such as csv, csv.gz or parquet")
    return ending


def _copy(text: str, file: BinaryIO) -> None:
    if text in _STDIN:
        if sys.stdin is None:
            raise InputError("cannot read standard input: it is closed")
        shutil.copyfileobj(sys.stdin.buffer, file, _STRIDE)
    elif "://" in text:
        bucket, key = _object(text)
        with _said():
            try:
                bucket.download(key)(file)
            except FileNotFoundError:
                raise InputError(f"cannot read {text}: there is no such object") from None
    else:
        with user_path(text).open("rb") as pipe:
            shutil.copyfileobj(pipe, file, _STRIDE)


def delivery_to(name: str | os.PathLike[str], format_: str | None, *, source: Format, of: object) -> Delivery | None:
    """Gives the way to a destination that is elsewhere; ``None`` where it is a file or a folder here.

    Args:
        name: What the caller calls it.
        format_: What to write; ``None`` for what its name says, else what the source is, else CSV.
        source: What the rows come from.
        of: Tells the command from others: what is the same for the same command, run again.

    Raises:
        InputError: The name is none of an object.
        ConfigError: There is no such format, the name of a file says another, or a package is not installed.
    """
    text = os.fspath(name)
    if not is_elsewhere(text):
        if format_ is not None and kind_of(Path(f"x{_ending(format_, 'output_format')}")) != kind_of(Path(text)):
            ending = _ending(format_, "output_format")
            raise ConfigError(
                f"output_format={format_!r} (--to) is for standard output, pipes and objects: what a file is its name "
                f"says, so end it in {ending} (of many, out/*{ending})"
            )
        return None
    suffix = "".join(Path(text).suffixes[-2:])
    by_name = suffix if kind_of(Path(f"x{suffix}")) else Path(text).suffix
    known = by_name if kind_of(Path(f"x{by_name}")) else f".{source.kind}" if source.is_line_kind else ".csv"
    ending = _ending(format_, "output_format") if format_ else known
    mark = hashlib.blake2b(repr((text, of)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    folder = state_home() / "hlrframe" / "outputs" / mark
    path = folder / f"output{ending}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror or error}") from error
    if "://" in text:
        return _to_object(text, path)
    called = "standard output" if text in _STDOUT else text
    return Delivery(called, path, _to_stdout if text in _STDOUT else _to_pipe(user_path(text)), lambda: False)


def _to_object(text: str, path: Path) -> Delivery:
    bucket, key = _object(text)

    def send(file: Path) -> None:
        with _said():
            bucket.replace(key, file)

    def is_taken() -> bool:
        with _said():
            return bucket.version(key) is not None

    return Delivery(text, path, send, is_taken)


def _to_stdout(path: Path) -> None:
    if sys.stdout is None:
        raise InputError("cannot write to standard output: it is closed")
    with path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer, _STRIDE)
    sys.stdout.buffer.flush()


def _to_pipe(pipe: Path) -> Callable[[Path], None]:
    def send(path: Path) -> None:
        try:
            with path.open("rb") as file, os.fdopen(_opened(pipe), "wb") as to:
                shutil.copyfileobj(file, to, _STRIDE)
        except OSError as error:
            raise InputError(f"cannot write {pipe}: {error.strerror or error}") from error

    return send


def _opened(pipe: Path) -> int:
    """Opens a pipe that somebody reads, or will soon: the system would wait without end, and let nobody interrupt it.

    Raises:
        InputError: Nobody reads it.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            opened = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise InputError(f"nobody reads {pipe}: begin to read it, then run this again") from None
            time.sleep(_PAUSE)
        else:
            os.set_blocking(opened, True)
            return opened


def _object(text: str) -> tuple[Bucket, str]:
    scheme = text.partition("://")[0]
    if scheme not in _SCHEMES:
        raise InputError(f"cannot use {scheme}:// here: download it first, or name an object as in s3://bucket/in.csv")
    folder, _, key = text.rpartition("/")
    if not key or folder.endswith(":/") or not set("*?[").isdisjoint(key):
        raise InputError(f"cannot use {text}: name one object, as in s3://bucket/contacts.csv")
    return Bucket(folder, {}), key


@contextmanager
def _said() -> Iterator[None]:
    """Says of a bucket that cannot be used what is wrong with it: it is no store here."""
    try:
        yield
    except StoreError as error:
        raise InputError(str(error)) from None


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
