"""What a run learns, on disk before it counts; sealed when the run ends, or by the next one when it was killed."""

import contextlib
import itertools
import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl

from hlrframe.errors import StoreError, UnsealedWarning
from hlrframe.model import Question
from hlrframe.store.bucket import BucketError
from hlrframe.store.folder import Layout, explained, is_same_file, new_name
from hlrframe.store.parts import row_count, set_aside, warn_of_cut, write_parquet
from hlrframe.store.queries import in_doubt
from hlrframe.store.records import Answered, Entry
from hlrframe.store.segment import SegmentWriter, read_segment
from hlrframe.system import sealed_class, sync_directory, try_lock

__all__ = ["IMPORTED", "Journal", "is_orphan", "seal_orphans"]

#: How names of journals begin whose answers came elsewhere: they say nothing of how fast a run is.
IMPORTED: Final = "imported-"

#: Bytes after which a journal file is sealed and the next one begun, so that neither sealing nor reading it takes
#: memory that grows with the run.
SEGMENT_SIZE: Final = 16 * 2**20
#: Seconds without a write after which a journal is a dead run's, where the file system has no locks to tell.
ORPHAN_AGE: Final = 24 * 60 * 60


@sealed_class
class Journal:
    """One run's writer; use it as a context manager.

    Any number of journals may be open in one store, in one process or in many. A journal itself is for one thread.

    Args:
        layout: Which store.
        question: What the run asks.
        segment_size: Bytes after which a file is sealed and the next one begun.
        prefix: How its name begins.
        chore: To be done beside the run, before its first sealing. If it fails, it is left to the next run.

    Raises:
        StoreError: The store cannot be written; the message says what to do.
    """

    #: The run's own name; no other run has it.
    run_id: str

    def __init__(
        self,
        layout: Layout,
        question: Question,
        *,
        segment_size: int = SEGMENT_SIZE,
        prefix: str = "",
        chore: Callable[[], object] | None = None,
    ) -> None:
        self.run_id = f"{prefix}{new_name()}"
        self._layout = layout
        self._question = question
        self._segment_size = segment_size
        self._kept = 0
        self._numbers = itertools.count()
        self._segment: SegmentWriter | None = self._next()
        self._is_empty = True
        self._sealer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hlrframe-seal")
        self._sealing: Future[bool] | None = None
        # Held for each write: what is handed over is so from another thread.
        self._turn = threading.Lock()
        #: Whether everything that was to be sealed so far was: a bucket may be away.
        self.all_sealed = True
        if chore is not None:
            self._sealer.submit(chore)

    def write(self, entries: Sequence[Entry]) -> None:
        """Keeps these entries, together; they are on disk when it returns.

        Raises:
            StoreError: The disk refused, and none of them counts; or the journal is sealed.
        """
        with self._turn:
            if self._segment is None:
                raise StoreError("the journal is sealed: open a new one")
            if not entries:
                return
            try:
                self._segment.write(entries)
            except StoreError as refusal:
                kept = f"{self._kept:,} answers of this run are on disk; what else came is in its partial result alone"
                raise StoreError(f"{refusal}; {kept}") from refusal
            self._kept += sum(entry.batch.num_rows for entry in entries if isinstance(entry, Answered))
            self._is_empty = False
            if self._segment.size >= self._segment_size:
                self._begin_next()

    def hand_over(self, *, wait: bool = False) -> None:
        """Seals what was written so far, so that others have it, and goes on in another file.

        Args:
            wait: Whether to return only when it is sealed; else that goes on beside the run.

        Raises:
            StoreError: The disk refused. Nothing is lost.
        """
        with self._turn:
            is_busy = self._sealing is not None and not self._sealing.done()
            if self._segment is not None and not self._is_empty and (wait or not is_busy):
                self._begin_next()
            if wait:
                self._await_sealing()

    def _begin_next(self) -> None:
        # The next file exists before this one is sealed: a run that goes on always has one.
        full, self._segment = self._segment, self._next()
        self._is_empty = True
        assert full is not None  # noqa: S101  # a journal that was sealed is not written
        self._seal_behind(full)

    def seal(self) -> None:
        """Ends the run: its answers become a sealed part. Doing it again changes nothing.

        Raises:
            StoreError: The disk refused. Nothing is lost: the journal is read as it is, and sealed by the next run.
        """
        with self._turn:
            last, self._segment = self._segment, None
        if last is not None:
            with self._sealer:  # left when the last sealing has ended
                try:
                    self._seal_behind(last)
                finally:
                    self._await_sealing()

    def _seal_behind(self, full: SegmentWriter) -> None:
        """Seals a file while the run goes on: one at a time, so that memory stays flat."""
        try:
            self._await_sealing()
        finally:
            self._sealing = self._sealer.submit(_seal_own, self._layout, full)

    def _await_sealing(self) -> None:
        sealing, self._sealing = self._sealing, None
        if sealing is not None:
            sealed = False
            try:
                sealed = sealing.result()
            finally:
                self.all_sealed &= sealed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            self.seal()
        except StoreError as refusal:
            if error is None:
                raise
            error.add_note(f"The journal was kept and will be sealed by the next run: {refusal}")

    def _next(self) -> SegmentWriter:
        with explained("write to the journal in", self._layout.journals):
            while True:
                path = self._layout.journals / f"{self.run_id}-{next(self._numbers):04}.arrows"
                try:
                    return SegmentWriter(
                        path,
                        self._question,
                        self.run_id,
                        encoding=self._layout.encoding,
                        inventory=self._layout.inventory,
                    )
                except FileExistsError:
                    continue


def seal_orphans(layout: Layout) -> None:
    """Seals the journals of runs that were killed; those of living runs are left alone.

    Raises:
        StoreError: The disk refused; nothing is lost.
    """
    for path in layout.view().journals:
        try:
            file = FileIO(path, "r+")
        except (FileNotFoundError, PermissionError):
            continue
        with file, explained("seal a journal in", layout.journals), contextlib.suppress(FileNotFoundError):
            if is_orphan(file) and is_same_file(file, path):
                _seal_if_reachable(layout, path, file.close)


def is_orphan(file: FileIO) -> bool:
    """Says whether the run that wrote an open journal file is gone; if so its lock is ours until the file is closed."""
    locked = try_lock(file)
    if locked is None:
        return time.time() - os.fstat(file.fileno()).st_mtime > ORPHAN_AGE
    return locked


def _seal_own(layout: Layout, segment: SegmentWriter) -> bool:
    try:
        with explained("seal a journal in", layout.journals):
            return _seal_if_reachable(layout, segment.path, segment.close)
    finally:
        segment.close()


def _seal_if_reachable(layout: Layout, path: Path, release: Callable[[], None]) -> bool:
    """Seals a journal file; where its part belongs into a bucket that is away, the file is kept and a warning said.

    It is on the disk of this machine, so that no run needs to stop for it. Says whether it was sealed.
    """
    try:
        _seal(layout, path, release)
    except BucketError as refusal:
        kept = f"what was answered is kept in {layout.journals} and goes there when the store is next opened"
        warnings.warn(f"{refusal}; {kept}", UnsealedWarning, stacklevel=2)
        return False
    return True


def _seal(layout: Layout, path: Path, release: Callable[[], None]) -> None:
    """Makes a journal file a sealed part. A second sealer does the same again under the same names."""
    content = read_segment(path, encoding=layout.encoding)
    warn_of_cut(layout, path)
    _write_once(layout, layout.asked / f"{path.stem}.parquet", in_doubt(content.events, content.answers))
    _write_once(layout, layout.parts / f"{path.stem}.parquet", content.answers.sort("msisdn", "known_at"))
    release()  # some systems neither rename nor remove an open file
    noted = layout.inventory.acknowledged(path)
    layout.inventory.drop([path])
    # What was on disk once and is no torn end was changed since, whatever stands there now.
    if content.damaged or content.whole < noted <= path.stat().st_size:
        set_aside(path)
    else:
        path.unlink(missing_ok=True)
    sync_directory(layout.journals)


def _write_once(layout: Layout, path: Path, rows: pl.DataFrame) -> None:
    # A sealer that was killed may have written it, and a journal without a lock may have grown since.
    if len(rows) and not (path.exists() and row_count(path) == len(rows)):
        write_parquet(path, [rows], layout=layout)
