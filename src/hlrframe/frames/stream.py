"""Arrow batches in, the same batches with answers out: as they come, and no more in memory than a window of them.

A window is read, its new numbers are asked, and its batches go out; only then is the next one read. So nothing is in
flight while the caller works, and whoever stops in the middle loses no paid answer. Of earlier windows the outcome of
each number stays, some thirty bytes.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final, Self

import polars as pl
import pyarrow as pa

from hlrframe.errors import ConfigError, InputError
from hlrframe.frames.adapters import OpenFrame, open_frame
from hlrframe.frames.call import Call, StorePath, raise_if_ended_early
from hlrframe.model import Enrichment, Naming, OnReply, Report, Settings
from hlrframe.provider import Client
from hlrframe.run import NumberList, Outcomes, ProgressOption, Results, shown
from hlrframe.system import run_sync, sealed, sealed_class

__all__ = ["EnrichedBatches", "enrich_batches"]

#: Rows that are read, asked about and given out together.
WINDOW_ROWS: Final = 131_072
#: Bytes of batches after which a window of fewer rows is full.
WINDOW_BYTES: Final = 128 * 2**20


@sealed
def enrich_batches(
    reader: Any,  # whatever streams Arrow
    column: str | Sequence[str],
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
    on_reply: OnReply | None = None,
    region_column: str | None = None,
    window_rows: int = WINDOW_ROWS,
) -> "EnrichedBatches":
    """Gives the batches of an Arrow stream with what the provider says of the numbers in one column, as they come.

    Nothing is asked before the first batch is taken. Rows keep their order. Each distinct number is asked
    once in the whole stream; what it cost stands on the first row that carries it. ``settings.max_credits`` holds
    for the whole stream.

    Args:
        reader: A pyarrow RecordBatchReader, anything with an Arrow stream, or an iterable of RecordBatches.
        column: Name of the phone column, or of several, as for :func:`hlrframe.enrich`.
        client: See :func:`hlrframe.enrich`, as for everything else.
        store: Directory or store of answers.
        settings: What to ask and how.
        prefix: Put before the name of every result column.
        columns: ``"standard"``, ``"all"``, or a list of names.
        progress: Whether to show a bar.
        on_reply: Is told what came of each request.
        region_column: See :func:`hlrframe.enrich`.
        window_rows: Rows that are read and asked about together: with more of them more is in flight and fewer
            requests are half empty, with fewer the first batch comes sooner.

    Raises:
        InputError: It is no stream of batches, has no such column, one that cannot hold numbers, or result columns
            already.
        ConfigError: No credentials, an unknown column name, or no rows in a window.

    The batches, as they are taken, raise what :func:`hlrframe.enrich` raises: after all rows of which something is
    known have been given. Where the budget or the credit runs out the rest comes ``skipped``, with a warning at the
    end.

    >>> import hlrframe as hf, pyarrow as pa
    >>> contacts = pa.table({"phone": ["+44 7400 123456", "0044 7400 123456", "n/a"]})
    >>> batches = hf.enrich_batches(contacts, "phone", client=hf.emulator.connect(seed=7), columns=["state", "credits"])
    >>> [batch["hlr_state"].to_pylist() for batch in batches]
    [['answered', 'answered', 'rejected']]
    >>> batches.report.credits
    1.0
    """
    if window_rows < 1:
        raise ConfigError("window_rows must be 1 or more")
    call = Call.of(
        column, client=client, store=store, settings=settings, prefix=prefix, columns=columns, on_reply=on_reply
    )
    stream = _Stream(*_stream_of(reader), call.naming, region_column)
    return EnrichedBatches(stream, call, progress=progress, window_rows=window_rows)


@dataclass(frozen=True, slots=True)
class _Stream:
    """What is read."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    naming: Naming
    region_column: str | None

    def open(self, frame: pa.Table | pa.RecordBatch) -> OpenFrame:
        return open_frame(frame, self.naming, region_column=self.region_column)

    def windows(self, rows: int) -> Iterator[list[pa.RecordBatch]]:
        """Gives batches of so many rows together at most, or of so many bytes; a longer batch is cut."""
        window: list[pa.RecordBatch] = []
        for batch in self.batches:
            if not batch.schema.equals(self.schema):
                raise InputError("a batch has other columns than the first: give batches of one schema")
            for start in range(0, batch.num_rows, rows):
                part = batch.slice(start, rows)
                if window and sum(each.num_rows for each in window) + part.num_rows > rows:
                    yield window
                    window = []
                window.append(part)
            if sum(each.nbytes for each in window) > WINDOW_BYTES:
                yield window
                window = []
        if window:
            yield window


@sealed_class
class EnrichedBatches(Iterator[pa.RecordBatch]):
    """The batches that :func:`enrich_batches` gives: an iterator, and an Arrow stream for other libraries."""

    def __init__(self, stream: _Stream, call: Call, *, progress: ProgressOption, window_rows: int) -> None:
        head = stream.open(stream.schema.empty_table())
        self._stream = stream
        self._call = call.found(head.naming)
        self._asking = self._call.asking()
        self._window_rows = window_rows
        self._results = Results(head.naming)
        self._enriched = self._enrich(progress)
        self._ended = False
        #: Schema of the batches.
        self.schema: pa.Schema = head.attach(pl.DataFrame(head.naming.schema().empty_table())).schema

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pa.RecordBatch:
        batch = next(self._enriched, None)
        if batch is not None:
            return batch
        outcomes = self._asking.outcomes
        if outcomes is not None and not self._ended:
            self._ended = True
            raise_if_ended_early(outcomes, Enrichment(None, self.report))
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        reader: Any = pa.RecordBatchReader.from_batches(self.schema, self)
        return reader.__arrow_c_stream__(requested_schema)

    @property
    def report(self) -> Report:
        """The account so far: of the whole run when the batches have come to their end."""
        outcomes = self._asking.outcomes
        nothing = Report(self._asking.client.provider, 0, 0, states={}, verdicts={}, reasons={}, credits=0.0)
        return self._results.complete(nothing if outcomes is None else outcomes.report)

    def close(self) -> None:
        """Ends early: nothing more is read or asked."""
        self._enriched.close()

    def _enrich(self, progress: ProgressOption) -> Generator[pa.RecordBatch, None, None]:
        start = 0
        with shown(progress) as self._asking.on_progress:
            for window in self._stream.windows(self._window_rows):
                numbers = self._call.numbers(start=start)
                batches = [self._stream.open(batch) for batch in window]
                for opened in batches:
                    numbers.countries.see(opened.cells.regions)
                readings = [numbers.add(opened.cells) for opened in batches]
                numbers.countries.say()
                start = numbers.rows
                outcomes = run_sync(partial(self._ask, numbers))
                for opened, reading in zip(batches, readings, strict=True):
                    yield opened.attach(self._results.of(reading, outcomes))
                if outcomes.error is not None:
                    return

    async def _ask(self, numbers: NumberList) -> Outcomes:
        before = self._asking.outcomes
        if before is None:
            return await self._asking.ask(numbers)
        new = numbers.without(before.numbers["key"])
        return await self._asking.ask(new) if len(new) else before


def _stream_of(reader: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:  # whatever streams Arrow
    """Gives the schema of a stream, and its batches.

    Raises:
        InputError: It is none, or an empty one whose schema nobody knows.
    """
    if isinstance(reader, pa.RecordBatch):
        reader = [reader]
    if hasattr(reader, "__arrow_c_stream__"):
        stream = pa.RecordBatchReader.from_stream(reader)
        return stream.schema, iter(stream)
    batches = iter(reader) if isinstance(reader, Iterable) else iter(())
    first = next(batches, None)
    if not isinstance(first, pa.RecordBatch):
        raise InputError(
            f"{type(reader).__name__} gives no Arrow batches: pass a RecordBatchReader, anything with an Arrow stream, "
            "or an iterable of at least one RecordBatch"
        )
    return first.schema, chain([first], batches)
