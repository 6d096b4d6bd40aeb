"""File in, file out: the numbers are read first, then asked, then the rows are written past the answers."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.account import Enrichment, Estimate, Report
from hlrframe.bridge import run_sync
from hlrframe.client import Client, unused_account
from hlrframe.column import NumberList
from hlrframe.errors import ConfigError, InputError
from hlrframe.files.formats import Format, check_fits, open_sink, open_source
from hlrframe.files.paths import check_destination, check_source, replacing, writable
from hlrframe.files.source import Source
from hlrframe.forecast import estimate_numbers
from hlrframe.frame import StorePath, open_store, raise_if_ended_early
from hlrframe.models import Settings, State
from hlrframe.outcomes import Outcomes, Tally
from hlrframe.progress import ProgressOption, shown
from hlrframe.resolve import resolve_numbers
from hlrframe.schema import select_columns
from hlrframe.store import Store

__all__ = ["FileJob", "enrich_file", "estimate_file"]

#: States of a row that a run was good for.
_OBTAINED: Final = (State.ANSWERED, State.CACHED)


def enrich_file(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    column: str,
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
) -> Report:
    """Writes a file again with what the provider says of the numbers in one column.

    Files are CSV, TSV, NDJSON (these also packed, as in ``.csv.gz`` and ``.csv.zst``), Parquet and Arrow IPC, by their
    endings. They are read twice, in pieces: memory does not grow with the number of rows, only with that of distinct
    numbers. The order is kept, and so are all other columns: text that becomes text of the same kind is written as
    the very lines that were read, with cells added. The phone column is always read as text.

    CSV may be separated by commas, semicolons, tabs or bars, have a byte-order mark, line ends inside quotes, rows
    that are too short, and be UTF-8, UTF-16, Windows-1252 or Latin-1; what is written is UTF-8. A line with nothing
    on it is no row.

    The destination appears under its name whole or not at all. Where a run ends early it appears too, with all its
    rows, whose states say what happened; only a run that obtained nothing leaves things as they were.

    Args:
        source: The file to read.
        destination: The file to write; one that is there is replaced.
        column: Name of the phone column.
        client: See :func:`hlrframe.enrich`, as for everything else.
        store: Directory or store of answers.
        settings: What to ask and how.
        prefix: Put before the name of every result column.
        columns: ``"standard"``, ``"all"``, or a list of names.
        progress: Whether to show a bar.

    Raises:
        InputError: The source cannot be read, has no such column or has result columns already, or the destination
            cannot be written. Nothing was sent, unless the disk filled up or the source changed meanwhile.
        ConfigError: No credentials, or an unknown column name.
        ProviderError: Wrong credentials, a rejected request, an outage. ``partial`` is the path of what was written.
        Interrupted: Ctrl-C. The same.
        StoreError: The store cannot be read or written.

    Warns:
        IncompleteWarning: The budget or the credit ran out: some rows are ``skipped``.
    """
    settings, client = settings or Settings(), client or Client.from_env()
    job = FileJob(source, destination, column, settings=settings, prefix=prefix, columns=columns)
    job.read()
    return job.run(client, store=store, progress=progress)


def estimate_file(
    source: str | os.PathLike[str],
    column: str,
    *,
    store: StorePath = None,
    settings: Settings | None = None,
    client: Client | None = None,
) -> Estimate:
    """Says what :func:`enrich_file` would cost. Sends nothing, needs no account.

    Args:
        source: The file to read.
        column: Name of the phone column.
        store: Directory or store whose answers need not be asked again.
        settings: What would be asked.
        client: Whose stored answers count; ``None`` for those of ``HLR_BASE_URL``, or of the provider itself.

    Raises:
        InputError: The source cannot be read, or has no such column.
    """
    settings = settings or Settings()
    opened = open_source(check_source(source), column, into=None)
    numbers = run_sync(lambda: _read_numbers(opened, settings))
    return _estimate(numbers, store=store, settings=settings, client=client)


class FileJob:
    """One file to be enriched into another: checked when made, then read, then estimated and run.

    Args:
        source: The file to read.
        destination: The file to write.
        column: Name of the phone column.
        settings: What to ask and how.
        prefix: Put before the name of every result column.
        columns: Which result columns.

    Raises:
        InputError: As for :func:`enrich_file`.
        ConfigError: An unknown column name, or none.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        destination: str | os.PathLike[str],
        column: str,
        *,
        settings: Settings,
        prefix: str = "hlr_",
        columns: str | Sequence[str] = "standard",
    ) -> None:
        self._settings = settings
        self._prefix = prefix
        self._chosen = [each.name for each in select_columns(columns)]
        if not self._chosen:
            raise ConfigError("columns names no column: use 'standard', 'all', or a list of names")
        self._path = check_source(source)
        self._stamp = _stamp(self._path)
        #: Where the rows go.
        self.destination = check_destination(destination, source=self._path)
        self._into = Format.of(self.destination)
        self._source = open_source(self._path, column, into=self._into)
        self._check_columns()
        self._numbers = NumberList(region=settings.default_region)

    def _check_columns(self) -> None:
        head = self._source.head()
        head.check_free(self._prefix + name for name in self._chosen)
        check_fits(head, self._into)

    def read(self) -> None:
        """Reads the numbers. Sends nothing.

        Raises:
            InputError: The file is damaged, or its columns do not go together with what is to be written.
        """
        self._numbers = run_sync(lambda: _read_numbers(self._source, self._settings))
        self._check_columns()

    def estimate(self, *, store: StorePath = None, client: Client | None = None) -> Estimate:
        """Says what the run would cost. Sends nothing.

        Args:
            store: Whose answers need not be asked again.
            client: Of which provider.
        """
        return _estimate(self._numbers, store=store, settings=self._settings, client=client)

    def run(self, client: Client, *, store: StorePath = None, progress: ProgressOption = None) -> Report:
        """Asks about what was read, and writes the destination.

        Args:
            client: Whom to ask.
            store: Where answers are read from and kept.
            progress: Whether to show a bar.

        Raises:
            HlrframeError: As for :func:`enrich_file`.
        """
        # The writing too is in that thread: a Ctrl-C meanwhile must not lose what was paid for.
        outcomes, enrichment = run_sync(lambda: self._run(client, store=open_store(store), progress=progress))
        raise_if_ended_early(outcomes, enrichment)
        return enrichment.report

    async def _run(
        self, client: Client, *, store: Store | None, progress: ProgressOption
    ) -> tuple[Outcomes, Enrichment[Path | None]]:
        with replacing(self.destination) as temporary:
            with shown(progress) as on_progress:
                outcomes = await resolve_numbers(
                    self._numbers,
                    client=client,
                    store=store,
                    settings=self._settings,
                    columns=self._chosen,
                    on_progress=on_progress,
                )
            report = self._write(temporary, outcomes)
            if outcomes.error is not None and not any(report.states.get(state) for state in _OBTAINED):
                raise_if_ended_early(outcomes, Enrichment(None, report))
        return outcomes, Enrichment(self.destination, report)

    def _write(self, temporary: Path, outcomes: Outcomes) -> Report:
        """Writes all rows beside their results, and counts them."""
        tally, offset = Tally(), 0
        with writable(self.destination), closing(open_sink(temporary, self._into, source=self._path)) as sink:
            for piece in chain([self._source.head()], self._source.pieces()):
                rows = outcomes.rows(NumberList(region=self._settings.default_region).add(piece.texts), offset=offset)
                sink.write(piece.attach(rows.select(pl.col(self._chosen).name.prefix(self._prefix))))
                tally.add(rows)
                offset += rows.height
        if _stamp(self._path) != self._stamp:
            raise InputError(f"{self._path} changed while it was being read: nothing was written; run again")
        return tally.complete(outcomes.report)


async def _read_numbers(source: Source, settings: Settings) -> NumberList:
    numbers = NumberList(region=settings.default_region)
    for texts in source.texts():
        numbers.add(texts)
        await asyncio.sleep(0)  # here a Ctrl-C gets through
    return numbers


def _estimate(numbers: NumberList, *, store: StorePath, settings: Settings, client: Client | None) -> Estimate:
    provider = (client or unused_account()).provider
    return estimate_numbers(numbers, store=open_store(store), settings=settings, provider=provider)


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
