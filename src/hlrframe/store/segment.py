"""One journal file: an Arrow IPC stream of answers with a sealed word after each commit.

Every commit is the batches of answers that came, then one batch without rows whose metadata carries what was asked
and withdrawn, as JSON, and the CRC-32 of all this. Any Arrow reader reads the answers; this one takes a commit only
when its checksum agrees, so that neither a torn tail nor a page that never reached the disk can pass for an answer.

In an encrypted store the stream is one of boxes: each commit is one row, which holds such answers and events, sealed.
"""

import errno
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import RawIOBase
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import StoreError
from hlrframe.model import SCHEMA_VERSION, LookupKind, Question
from hlrframe.store.encoding import PLAIN, Encoding
from hlrframe.store.folder import (
    FORMAT_VERSION,
    JOURNAL_HEAD,
    Inventory,
    Watermark,
    append,
    explained,
    is_same_file,
    refuse_newer,
)
from hlrframe.store.records import (
    EVENT_TYPES,
    JOURNAL_SCHEMA,
    KEPT_TYPES,
    Answered,
    Asked,
    Entry,
    Withdrawn,
    conform,
    of_run,
    timed,
)
from hlrframe.system import create, sync_directory, try_lock

__all__ = ["Commits", "Content", "SegmentWriter", "commits_in", "read_segment"]

_EVENTS: Final = b"hlrframe.events"
_CHECK: Final = b"hlrframe.crc32"
#: How each message of a stream begins: a mark, and the length of what comes before its columns.
_FRAME: Final = struct.Struct("<Ii")
_BEGINS: Final = 0xFFFFFFFF
#: Where a box begins and ends among the bytes of a column of one.
_ENDS: Final = struct.Struct("<ii")
#: Bytes that Arrow hands over at once.
_TOGETHER: Final = 2**20
#: The stream of an encrypted store.
_BOXES: Final = pa.schema([pa.field("box", pa.binary())])

#: One asking or withdrawing: its word, when, and the numbers.
_Event = tuple[str, str, Sequence[str]]


class _Tape(RawIOBase):
    """Collects what Arrow writes in large pieces, until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()
        self._end = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]  # Arrow writes bytes; 3.11 has no name for more
        self._bytes += data
        self._end += len(data)
        return len(data)

    def tell(self) -> int:
        return self._end

    def writable(self) -> bool:
        return True

    def checksum(self, events: bytes) -> bytes:
        return _checksum(memoryview(self._bytes), events)

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


class SegmentWriter:
    """Appends commits to a new journal file, which it holds locked until it is closed.

    Raises:
        FileExistsError: Another writer has this name.
    """

    def __init__(
        self,
        path: Path,
        question: Question,
        run: str,
        *,
        encoding: Encoding = PLAIN,
        inventory: Inventory | None = None,
    ) -> None:
        self.path = path
        self._encoding = encoding
        self._head = _head(question, run, encoding)
        self._schema = _BOXES if encoding.encrypts else JOURNAL_SCHEMA
        #: Bytes written and on disk.
        self.size = 0
        self._broken = False
        self._tape = _Tape()
        # A batch is written in hundreds of pieces, each of which would have to wait for Python's lock.
        self._output = pa.BufferedOutputStream(pa.PythonFile(self._tape, mode="w"), _TOGETHER)
        self._file = create(path)
        # Between these two lines a sealer may take the empty file for a dead run's; it is then as good as taken.
        if try_lock(self._file) is False or not is_same_file(self._file, path):
            self._file.close()
            raise FileExistsError(errno.EEXIST, "another process is about to remove it", str(path))
        self._stream = pa.ipc.new_stream(self._output, self._schema.with_metadata({JOURNAL_HEAD: self._head}))
        # Arrow writes the head with the first batch: a commit of no rows puts it on disk, under a checksum too.
        self._stream.write_batch(_no_rows(self._schema))
        self._watermark: Watermark | None = None
        try:
            self.write([])
            sync_directory(path.parent)
            self._watermark = None if inventory is None else inventory.watch(path)
        except BaseException:
            self._file.close()
            raise

    def write(self, entries: Sequence[Entry]) -> None:
        """Makes one commit of these entries; they are on disk when it returns.

        Raises:
            StoreError: The disk refused, or did so before: what it holds of a failed commit is not known.
        """
        if self._broken:
            raise StoreError(f"{self.path.parent} refused an earlier write: open a new journal")
        batches = [self._encoding.hide_answers(timed(entry)) for entry in entries if isinstance(entry, Answered)]
        told = [_event(entry, self._encoding) for entry in entries if not isinstance(entry, Answered)]
        events = json.dumps(told).encode()
        if self._encoding.encrypts:
            box = self._encoding.seal(_packed(batches, events), about=self._head)
            batches, events = [_boxed(box)], b"[]"
        for batch in batches:
            self._stream.write_batch(batch)
        self._output.flush()
        seal = {_EVENTS: events, _CHECK: self._tape.checksum(events)}
        self._stream.write_batch(_no_rows(self._schema), custom_metadata=seal)
        self._output.flush()
        self._save()

    def close(self) -> None:
        """Lets the lock go."""
        self._file.close()
        if self._watermark is not None:
            self._watermark.close()

    def _save(self) -> None:
        self._broken = True
        with explained("write to the journal in", self.path.parent):
            if not is_same_file(self._file, self.path):
                raise FileNotFoundError(errno.ENOENT, "the journal was moved or removed")
            data = self._tape.take()
            append(self._file, data)
        self.size += len(data)
        self._broken = False
        if self._watermark is not None:
            self._watermark.rise(self.size)


@dataclass(frozen=True, slots=True)
class Content:
    """What is whole in a journal file."""

    #: Answers, in the columns of a sealed part.
    answers: pl.DataFrame
    #: What was asked and withdrawn, in order.
    events: pl.DataFrame
    #: Whether a finished commit cannot be read any more; a torn last one does not count.
    damaged: bool
    #: How many bytes of the file hold all this.
    whole: int = 0


@dataclass(slots=True)
class Commits:
    """What the bytes of a journal file hold, as far as it is whole."""

    #: The first words: which run asked what; ``None`` where they cannot be read, and so nothing can.
    head: dict[str, Any] | None = None
    #: Answers, one batch for each reply.
    batches: list[pa.RecordBatch] = field(default_factory=list)
    #: What was asked and withdrawn, in order.
    events: list[_Event] = field(default_factory=list)
    #: Whether a finished commit cannot be read any more; a torn last one does not count.
    damaged: bool = False
    #: How many bytes hold whole commits.
    whole: int = 0


def commits_in(data: bytes) -> Commits:
    """Takes the commits one after the other, as far as the stream holds together."""
    found, source = Commits(), pa.BufferReader(pa.py_buffer(data))
    start, last, batches, schema = 0, 0, list[pa.RecordBatch](), pa.schema([])
    for reader, batch, seal, begin in _messages(source):
        last, schema = source.tell(), reader.schema
        if seal is None:
            batches.append(batch)
            continue
        if _checksum(memoryview(data)[start:begin], seal[_EVENTS]) == seal[_CHECK]:
            found.head = found.head or json.loads(reader.schema.metadata[JOURNAL_HEAD])
            found.batches += batches
            found.events += json.loads(seal[_EVENTS])
        else:
            found.damaged = True
        if found.head is None:
            break  # the first words are in doubt, and so is what everything after them answers
        start, batches = last, []
        found.whole = start
        found.damaged |= data.count(_CHECK, begin, start) > 1  # a changed length makes a seal swallow what follows
    # A seal is the last thing that a commit writes: where the whole of one stands, the commit was whole once.
    seals = data.count(_CHECK, start)
    found.damaged |= seals > 1 or (seals == 1 and not _is_torn(data, last, schema))
    return found


def read_segment(path: Path, *, encoding: Encoding = PLAIN) -> Content:
    """Reads what is whole in a journal, whoever is writing to it.

    Args:
        path: The journal.
        encoding: That of its store.

    Raises:
        FileNotFoundError: It was sealed meanwhile.
        StoreError: A newer version wrote it, or it was written under another encoding.
    """
    found = commits_in(path.read_bytes())
    if found.head is None:
        return Content(pl.DataFrame(schema=KEPT_TYPES), pl.DataFrame(schema=EVENT_TYPES), found.damaged)
    head = found.head
    refuse_newer(path, layout=head["format"], columns=head["columns"])
    encoding.check(head.get("privacy"), path)
    if encoding.encrypts:
        _unpack(found, encoding)
    question = Question(LookupKind(head["lookup"]), head["provider"], tuple(head["options"]))
    schema = found.batches[0].schema if found.batches else JOURNAL_SCHEMA
    # In one piece: polars takes hundreds of small ones in one by one.
    answers = pl.DataFrame(pa.Table.from_batches(found.batches, schema).combine_chunks())
    events = _events(found.events, question.key, head["run"])
    return Content(of_run(answers, question, head["run"]), events, found.damaged, found.whole)


def _messages(
    source: pa.BufferReader,
) -> Iterator[tuple[pa.RecordBatchReader, pa.RecordBatch, Mapping[bytes, bytes] | None, int]]:
    """Gives each batch, its metadata if it is a seal, and where it begins; ends where the stream is torn."""
    try:
        reader = pa.ipc.open_stream(source)
        while True:
            begin = source.tell()
            batch, metadata = reader.read_next_batch_with_custom_metadata()
            seal = dict(metadata) if metadata else {}
            yield reader, batch, seal if seal.keys() >= {_EVENTS, _CHECK} else None, begin
    except (StopIteration, pa.ArrowException, OSError):
        return


def _is_torn(data: bytes, begin: int, schema: pa.Schema) -> bool:
    """Says whether the data end within the seal that begins here, and it is the last message."""
    marker, length = _FRAME.unpack_from(data, begin)
    inside, columns = begin + _FRAME.size, pa.ipc.read_message(_no_rows(schema).serialize()).body
    is_last = data.find(_FRAME.pack(_BEGINS, 0)[:4], inside) < 0
    return bool(marker == _BEGINS and inside + length + (columns.size if columns else 0) > len(data) and is_last)


def _checksum(data: memoryview, events: bytes) -> bytes:
    return f"{zlib.crc32(events, zlib.crc32(data)):08x}".encode()


def _head(question: Question, run: str, encoding: Encoding) -> bytes:
    facts: dict[str, Any] = {"format": FORMAT_VERSION, "columns": SCHEMA_VERSION, "run": run}
    facts |= {"lookup": question.kind.value, "provider": question.provider, "options": question.options}
    return json.dumps(facts if encoding.mark is None else facts | {"privacy": dict(encoding.mark)}).encode()


def _packed(batches: Sequence[pa.RecordBatch], events: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, JOURNAL_SCHEMA.with_metadata({_EVENTS: events})) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _boxed(box: bytes) -> pa.RecordBatch:
    # Not pa.array: for what comes from Python it loads pandas where that is installed, which takes long.
    buffers = [None, pa.py_buffer(_ENDS.pack(0, len(box))), pa.py_buffer(box)]
    return pa.RecordBatch.from_arrays([pa.Array.from_buffers(pa.binary(), 1, buffers)], schema=_BOXES)


def _unpack(found: Commits, encoding: Encoding) -> None:
    """Puts what the boxes hold in their place."""
    boxes, found.batches = found.batches, []
    head = json.dumps(found.head).encode()
    for box in (each.as_py() for batch in boxes for each in batch.column("box")):
        try:
            with pa.ipc.open_stream(encoding.unseal(box, about=head)) as packed:
                found.batches += list(packed)
                found.events += json.loads(packed.schema.metadata[_EVENTS])
        except ValueError:
            found.damaged = True


@cache
def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, each.type) for each in schema], schema=schema)


def _event(entry: Asked | Withdrawn, encoding: Encoding) -> _Event:
    hidden = encoding.hide(pl.Series("msisdn", entry.msisdns, dtype=pl.String)).to_list()
    if isinstance(entry, Asked):
        return "asked", _utc(entry.asked_at), hidden
    return "withdrawn", _utc(entry.withdrawn_at), hidden


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _events(events: Sequence[_Event], question: str, run: str) -> pl.DataFrame:
    rows = [(word, datetime.fromisoformat(at), numbers) for word, at, numbers in events]
    types = {"event": pl.String(), "at": EVENT_TYPES["at"], "msisdn": pl.List(pl.String())}
    frame = pl.DataFrame(rows, schema=types, orient="row")
    return conform(frame.explode("msisdn").with_columns(question=pl.lit(question), run=pl.lit(run)), EVENT_TYPES)
