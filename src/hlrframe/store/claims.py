"""Claims: which numbers a run is asking at this moment, so that no other run asks them too.

A claim is a file that names a question and numbers. Its run holds the file's lock, which falls with the process; it
ends when the run lets it go, and when the lock falls. The lock alone decides, since a clock may jump. Only where the
file system has no locks does age: the run touches the file now and then, and a claim that was not touched for some
minutes has ended. Whoever meets an ended claim removes it.

Claims hold among the processes of one machine, and wherever else the file system's locks do. Where they do not, a
number that two runs have in common is asked by each of them, once.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl

from hlrframe.errors import StoreError
from hlrframe.model import Question
from hlrframe.store.encoding import Encoding
from hlrframe.store.folder import Layout, explained, list_files, new_name, write_whole
from hlrframe.system import create, locked, sealed_class, try_lock

__all__ = ["EXPIRY", "TOUCH_EVERY", "Claim", "claim", "has_claimed"]

#: Seconds between two touches of a claim.
TOUCH_EVERY: Final = 30.0
#: Seconds without a touch after which a claim has ended where no lock can tell.
EXPIRY: Final = 300.0
#: Seconds to wait for others who read and publish claims, which takes them milliseconds; then the turn is not waited
#: for, at the price of a number that two runs ask.
PATIENCE: Final = 10.0
#: Seconds between two tries to get the turn.
_TRY_EVERY: Final = 0.005


@sealed_class
class Claim:
    """What one run may ask now, and what it may not; use it as a context manager, or :meth:`release` it.

    Args:
        numbers: Numbers that are claimed for this run.
        elsewhere: Numbers that other runs are asking at this moment.
        path: The claim's file, ``None`` where nothing was claimed.
        file: The same, open and locked.
    """

    def __init__(self, numbers: pl.Series, elsewhere: pl.Series, *, path: Path | None, file: FileIO | None) -> None:
        self.numbers = numbers
        self.elsewhere = elsewhere
        self._path = path
        self._file = file

    def narrow(self, numbers: pl.Series) -> None:
        """Is told which of the numbers are asked; the others stay claimed, which keeps nobody from their answers."""

    def touch(self) -> None:
        """Says that the run goes on; to be called every ``TOUCH_EVERY`` seconds."""
        if self._path is not None:
            with contextlib.suppress(OSError):  # it was taken for ended, or the disk is away: claims only spare
                os.utime(self._path)

    def release(self) -> None:
        """Lets the numbers go; doing it again changes nothing."""
        file, path, self._file, self._path = self._file, self._path, None, None
        if file is not None and path is not None:
            file.close()  # some systems do not remove an open file
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def claim(layout: Layout, question: Question, numbers: pl.Series) -> Claim:
    """Claims those of some numbers that no other run is asking; the others' claims are read in the same step.

    Args:
        layout: Which store; it has been prepared.
        question: What is to be asked.
        numbers: Distinct numbers as E.164 digits.

    Raises:
        StoreError: The store cannot be written.
    """
    with explained("claim numbers in", layout.claims):
        keys = layout.encoding.keys(layout.encoding.hide(numbers.cast(pl.String)))
        with _turn(layout.claims):
            taken = keys.is_in(_claimed(layout, question).implode())
            free = keys.filter(~taken)
            path, file = _publish(layout, question, free) if len(free) else (None, None)
    return Claim(numbers.filter(~taken), numbers.filter(taken), path=path, file=file)


def has_claimed(layout: Layout, hidden: pl.Series) -> bool:
    """Says whether a run that goes on has claimed one of these numbers, for whatever question; removes ended claims.

    Args:
        layout: Which store.
        hidden: Numbers as the store's encoding hides them.

    Raises:
        StoreError: The store cannot be read.
    """
    with explained("read the claims in", layout.claims), _turn(layout.claims):
        return bool(layout.encoding.keys(hidden).is_in(_claimed(layout, None).implode()).any())


@contextmanager
def _turn(directory: Path) -> Iterator[None]:
    """Keeps others from publishing between our reading and our publishing."""
    with locked(directory / "turn.lock", patience=PATIENCE, poll=_TRY_EVERY):
        yield


def _publish(layout: Layout, question: Question, keys: pl.Series) -> tuple[Path, FileIO]:
    """Makes a claim whose lock is held; under its own name at once, since nobody reads before the turn ends."""
    path = layout.claims / f"{new_name()}.claim"
    file = create(path)
    try:
        try_lock(file)
        write_whole(file, _written(keys, question, layout.encoding))
    except BaseException:
        file.close()
        path.unlink(missing_ok=True)
        raise
    return path, file


def _claimed(layout: Layout, question: Question | None) -> pl.Series:
    """Gives what runs that go on have claimed for a question, or for any."""
    found = [pl.Series(dtype=layout.encoding.key_type)]
    # Whoever claims goes on without one that cannot be read, since it only spares; whoever looks for a number does not.
    passed = (FileNotFoundError, PermissionError) if question else (FileNotFoundError,)
    for path in list_files(layout.claims, ".claim"):
        with contextlib.suppress(*passed):
            if _has_ended(path):
                path.unlink()
                continue
            keys = _read(path.read_bytes(), question, layout.encoding)
            if keys is None and question is None:
                raise StoreError(f"{path} cannot be read, and may have one of these numbers: run again when it is gone")
            found += [] if keys is None else [keys]
    return pl.concat(found)


def _has_ended(path: Path) -> bool:
    with FileIO(path, "r+") as file:
        locked = try_lock(file)
        if locked is None:
            return time.time() - os.fstat(file.fileno()).st_mtime > EXPIRY
        return locked


def _written(keys: pl.Series, question: Question, encoding: Encoding) -> bytes:
    head = json.dumps({"question": question.key}).encode()
    return head + b"\n" + encoding.pack(keys, about=head)


def _read(data: bytes, question: Question | None, encoding: Encoding) -> pl.Series | None:
    """Reads what a claim has for a question, or for any; ``None`` if it cannot be read, by a newer version for one."""
    head, _, body = data.partition(b"\n")
    try:
        if question is not None and json.loads(head)["question"] != question.key:
            return pl.Series(dtype=encoding.key_type)
    except (ValueError, KeyError, TypeError):
        return None
    return encoding.unpack(body, about=head)
