"""File in, file out: the numbers are read first, then asked, then the rows are written past the answers."""

import asyncio
import itertools
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from hlrframe.errors import ConfigError
from hlrframe.files.kept import KeptAnswers
from hlrframe.files.memory import Memory
from hlrframe.files.places import Command, Named, existing_folder, make_room, plan_routes, writable
from hlrframe.files.readings import Readings
from hlrframe.files.source import PIECE_ROWS, Taken, TextReading
from hlrframe.files.transfer import Transfer, checked
from hlrframe.files.workbook import account_of_run
from hlrframe.frames import Call, StorePath, estimate_list, open_store, raise_if_ended_early
from hlrframe.model import Enrichment, Estimate, Naming, OnReply, RegionCells, Report, Settings, State
from hlrframe.provider import Client, client_for
from hlrframe.run import NumberList, Outcomes, ProgressOption, Results, shown
from hlrframe.system import run_sync, sealed, sealed_class, user_path

__all__ = ["FileJob", "GuardOption", "enrich_file"]

#: States of a row that a run was good for.
_OBTAINED: Final = (State.ANSWERED, State.CACHED)
#: Pieces between two looks at how many numbers there are.
_CHECK_EVERY: Final = 16
GuardOption: TypeAlias = bool | Literal["results"]


@sealed
def enrich_file(
    source: Named,
    destination: str | os.PathLike[str],
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
    sheet: str | None = None,
    memory_limit: str | int | None = None,
    guard_formulas: GuardOption = "results",
    encoding: str | None = None,
    output_encoding: str | None = None,
    header: bool | int = True,
    overwrite: bool = True,
    source_format: str | None = None,
    output_format: str | None = None,
) -> Report:
    """Writes a file again, or many, with what the provider says of the numbers in one column.

    Files are CSV, TSV, NDJSON (these also packed, as in ``.csv.gz`` and ``.csv.zst``), Parquet and Arrow IPC, by their
    endings. They are read twice, in pieces: memory does not grow with the number of rows, only a little with that of
    distinct numbers. The order is kept, and so are all other columns: text that becomes text of the same kind is
    written as the very lines that were read, with cells added. The phone column is always read as text.

    The source may be a folder or a pattern such as ``in/*.parquet``; hidden files are left out. A number in several
    files is asked once; what it cost stands on its first row in the first file by name. The destination is then

    * a folder, such as ``out``, made where it is missing: each file goes there under its own name;
    * a pattern, such as ``out/*.parquet``: the same, with another ending;
    * a file, such as ``all.parquet``: all rows go there, in the order of the files' names, which must agree in their
      columns.

    CSV may be separated by commas, semicolons, tabs or bars, have a byte-order mark, titles, remarks or ``sep=;`` above
    the header, line ends inside quotes, cells of any length, and rows that are too short. What is written is UTF-8. A
    file of another encoding is read by a guess, which is said, unless ``encoding`` names it; stray bytes in what is
    otherwise UTF-8 go through as they are. A line with nothing on it is no row.

    Each file appears under its name whole or not at all. Where a run ends early it appears too, with all its rows,
    whose states say what happened; only a run that obtained nothing leaves things as they were. A run that is killed
    writes nothing. Without a store answers are kept beside the destination (``.out.csv.answers``) until it is written
    and nothing is left to ask: the same call asks only for what is missing.

    Args:
        source: The file to read, or a folder or pattern of files.
        destination: Where to write.
        column: Name of the phone column; of several a list of names or a pattern, as for :func:`hlrframe.enrich`.
        client: See :func:`hlrframe.enrich`, as for everything else.
        store: Directory or store of answers.
        settings: What to ask and how.
        prefix: Put before the name of every result column.
        columns: ``"standard"``, ``"all"``, ``"best"``, or a list of names.
        progress: Whether to show a bar.
        on_reply: Is told what came of each request.
        region_column: See :func:`hlrframe.enrich`.
        sheet: Which sheet of a workbook to read, by its name or its place (``"2"``); ``None`` for the one that has the
            column.
        memory_limit: About how much memory the process may take, such as ``"1GB"`` or a number of bytes: it decides
            how many rows are held and how many numbers are asked at a time. ``None`` is 1.2 GB, or half of the
            machine's memory where that is less.
        guard_formulas: Whether cells of delimited text that a spreadsheet would run as formulas (beginning with
            ``=``, ``+``, ``-``, ``@``, a tab or a line end) get an apostrophe in front: ``"results"``, those that are
            added, whose texts come from the provider; ``True`` for all, ``False`` for none. A sign before nothing but
            a number, as in ``-5`` and ``+447400123456``, begins no formula.
        encoding: Of text files, such as ``"cp1251"``; ``None`` for what they are found to be.
        output_encoding: Of CSV and TSV that is written. ``None`` is UTF-8, which begins with a byte-order mark where
            the source did or was no UTF-8: spreadsheets know it by that.
        header: Whether delimited text names its columns in a line, which is found; ``False`` names them ``column_1``,
            ``column_2`` and so on, a number says on which line the names are.
        source_format: Of standard input (``"-"``), a named pipe or an object (``"s3://bucket/in"``): an ending such as
            ``"csv"`` or ``"json.gz"``; ``None`` for what the name or the bytes say.
        output_format: The same of a destination; ``None`` for what its name says, else what the source is.
        overwrite: Whether a file that is there is replaced, whoever wrote it. ``False`` replaces only what the same
            call wrote (of the same sources, columns and prefix) and nobody has changed since.

    Raises:
        InputError: A source cannot be read, has no such column or has result columns already, the destination cannot
            be written, or there are more distinct numbers than ``memory_limit`` allows. Nothing was sent, unless the
            disk filled up or a source changed meanwhile.
        ConfigError: No credentials, an unknown column name, or no size.
        ProviderError: Wrong credentials, a rejected request, an outage. ``partial`` is the path of what was written.
        Interrupted: Ctrl-C. The same.
        StoreError: The store cannot be read or written.

    Warns:
        IncompleteWarning: The budget or the credit ran out: some rows are ``skipped``. Or the last numbers failed with
            no answer after them, perhaps of an outage.
        GuessWarning: A text file does not say how it is to be read.
    """
    settings = settings or Settings()
    client = client_for(client, offline=settings.offline)
    job = FileJob(
        source,
        destination,
        column,
        settings=settings,
        prefix=prefix,
        columns=columns,
        region_column=region_column,
        sheet=sheet,
        memory_limit=memory_limit,
        guard_formulas=guard_formulas,
        encoding=encoding,
        output_encoding=output_encoding,
        header=header,
        overwrite=overwrite,
        source_format=source_format,
        output_format=output_format,
    )
    job.read()
    return job.run(client, store=store, progress=progress, on_reply=on_reply)


@sealed_class
class FileJob:
    """Files to be enriched into others: checked when made, then read, then estimated and run.

    Args:
        source: The file to read, or a folder or pattern of files.
        destination: Where to write.
        column: Name of the phone column; of several a list of names or a pattern, as for :func:`hlrframe.enrich`.
        settings: What to ask and how.
        prefix: Put before the name of every result column.
        columns: Which result columns.
        region_column: Name of the column that names each number's country.
        sheet: Which sheet of a workbook.
        memory_limit: About how much memory may be taken.
        guard_formulas: Whether cells are guarded against being run as formulas.
        encoding: Of text files.
        output_encoding: Of delimited text that is written.
        header: Whether delimited text names its columns, or on which line.
        overwrite: Whether a file that is there is replaced whoever wrote it.
        source_format, output_format: What source and destination are, where their names do not say so.

    Raises:
        InputError: As for :func:`enrich_file`.
        ConfigError: An unknown column name, or none; no size.
    """

    def __init__(
        self,
        source: Named,
        destination: str | os.PathLike[str],
        column: str | Sequence[str],
        *,
        settings: Settings,
        prefix: str = "hlr_",
        columns: str | Sequence[str] = "standard",
        region_column: str | None = None,
        sheet: str | None = None,
        memory_limit: str | int | None = None,
        guard_formulas: GuardOption = "results",
        encoding: str | None = None,
        output_encoding: str | None = None,
        header: bool | int = True,
        overwrite: bool = True,
        source_format: str | None = None,
        output_format: str | None = None,
    ) -> None:
        self._settings = settings
        naming = Naming.of(column, columns=columns, prefix=prefix, zoned=settings.time_zone is not None)
        if guard_formulas not in (False, True, "results"):
            raise ConfigError(f"guard_formulas must be True, False or 'results', not {guard_formulas!r}")
        self._memory = Memory.of(memory_limit)
        taken = Taken(
            naming, region_column, self._memory.cells, TextReading(encoding, header), sheet, self._memory.check_whole
        )
        command = Command("enrich", source, naming.columns, prefix)
        routes = plan_routes(source, destination, formats=(source_format, output_format), of=command.mark)
        #: Where the rows go: a file, or a folder of files.
        self.destination = routes[0].destination if len(routes) == 1 else _folder(Path(destination))
        self._transfers = [
            Transfer(route, taken, guarded=guard_formulas, command=command, output_encoding=output_encoding)
            for route in routes
        ]
        #: What messages call that.
        self.written_to = self._transfers[0].written_to if len(routes) == 1 else str(self.destination)
        if not overwrite:
            for transfer in self._transfers:
                transfer.check_free()
        self._naming = checked(self._transfers)
        self._numbers = self._list(RegionCells())
        self._readings: Readings | None = None

    def _list(self, countries: RegionCells) -> NumberList:
        suggest, region = "suggestion" in self._naming.kept, self._settings.default_region
        return NumberList(region=region, columns=len(self._naming.columns), suggest=suggest, countries=countries)

    def read(self) -> None:
        """Reads the numbers. Sends nothing.

        Raises:
            InputError: A file is damaged, its columns do not go together with what is to be written, or there are
                too many distinct numbers for the limit on memory.
        """
        run_sync(self._read)
        self._naming = checked(self._transfers)
        for transfer in self._transfers:
            transfer.check_cells()

    @property
    def notes(self) -> Sequence[str]:
        """What somebody should know of how the files were read."""
        return [note for transfer in self._transfers for note in transfer.notes]

    async def _read(self) -> None:
        countries = RegionCells()
        for _ in countries.passes():
            await self._read_by(countries)
        countries.say()

    async def _read_by(self, countries: RegionCells) -> None:
        numbers = self._list(countries)
        with writable(self.destination):
            readings = Readings(existing_folder(self.destination))
        every = itertools.chain.from_iterable(transfer.phones() for transfer in self._transfers)
        for count, cells in enumerate(every, 1):
            reading = numbers.add(cells)
            with writable(self.destination):
                readings.add(reading)
            if count % _CHECK_EVERY == 0:  # to count the numbers takes time
                self._memory.check(len(numbers))
            await asyncio.sleep(0)  # here a Ctrl-C gets through
        self._memory.check(len(numbers))
        self._numbers, self._readings = numbers, readings

    def estimate(self, *, store: StorePath = None, client: Client | None = None) -> Estimate:
        """Says what the run would cost. Sends nothing.

        Args:
            store: Whose answers need not be asked again.
            client: Of which provider.
        """
        settings = self._settings
        if store is None and self.kept.exist():
            store, settings = self.kept.store, self._settings_of(None)
        # What is found serves the run too, where that asks all at a time.
        columns = self._naming.needed if len(self._numbers) <= self._memory.window else None
        return estimate_list(self._numbers, store=store, settings=settings, client=client, columns=columns)

    def run(
        self,
        client: Client,
        *,
        store: StorePath = None,
        progress: ProgressOption = None,
        on_reply: OnReply | None = None,
    ) -> Report:
        """Asks about what was read, and writes the destination.

        Args:
            client: Whom to ask.
            store: Where answers are read from and kept.
            progress: Whether to show a bar.
            on_reply: Is told what came of each request.

        Raises:
            HlrframeError: As for :func:`enrich_file`.
        """
        if self._readings is None:
            self.read()
        # A budget over runs has its place beside a store that lasts.
        alone = store is None and not self._settings.offline and self._settings.budget is None
        keeping = self.kept if alone else None
        where = open_store(store) if keeping is None else keeping.store
        call = Call(client, where, self._settings_of(store), self._naming, on_reply)
        # The writing too is in that thread: a Ctrl-C meanwhile must not lose what was paid for.
        try:
            outcomes, enrichment = run_sync(lambda: self._run(call, progress=progress))
            report = enrichment.report
            if keeping is not None and outcomes.error is None and report.stopped is None and not report.failed_last:
                keeping.remove()
                report = replace(report, kept=None)
            raise_if_ended_early(outcomes, enrichment)
        except Exception as error:
            if keeping is not None:
                keeping.told_by(error)
            raise
        return report

    @property
    def kept(self) -> KeptAnswers:
        """Where answers are kept until the destination is written, in a run without a store."""
        return KeptAnswers.beside(self.destination)

    def _settings_of(self, store: StorePath) -> Settings:
        # What this run itself kept is never asked again: only of a store would refresh mean older answers.
        return self._settings.replace(refresh=False) if store is None else self._settings

    async def _run(self, call: Call, *, progress: ProgressOption) -> tuple[Outcomes, Enrichment[Path | None]]:
        for transfer in self._transfers:
            make_room(transfer.destination)
            transfer.check_room(self._numbers.rows)
        outcomes = await self._ask(call, progress=progress)
        if outcomes.error is not None:
            report = self._counted(outcomes)
            if not any(report.states.get(state) for state in _OBTAINED):
                return outcomes, Enrichment(None, report)
        return outcomes, Enrichment(self.destination, self._write(outcomes))

    async def _ask(self, call: Call, *, progress: ProgressOption) -> Outcomes:
        with shown(progress) as on_progress:
            asking = call.asking(on_progress=on_progress, total=len(self._numbers))
            return await asking.ask_all(self._numbers, at_a_time=self._memory.window)

    def _counted(self, outcomes: Outcomes) -> Report:
        """Counts the rows without writing them."""
        readings, results = self._from_start(), Results(self._naming)
        whole, rest = divmod(self._numbers.rows, PIECE_ROWS)
        for rows in [*itertools.repeat(PIECE_ROWS, whole), rest]:
            reading = readings.take(rows * self._numbers.columns)
            if reading is not None:
                results.of(reading, outcomes)
        return results.complete(outcomes.report)

    def _write(self, outcomes: Outcomes) -> Report:
        """Writes all rows beside their results, and counts them."""
        wanted = any(transfer.is_workbook for transfer in self._transfers)
        account = (
            account_of_run(self._counted(outcomes), notes=[*self.notes, *self._numbers.countries.notes])
            if wanted
            else ()
        )
        readings, results = self._from_start(), Results(self._naming)
        for transfer in self._transfers:
            make_room(transfer.destination)  # the folder may have gone while the numbers were asked
            transfer.write(readings, lambda reading: results.of(reading, outcomes), account=account)
        return results.complete(outcomes.report)

    def _from_start(self) -> Readings:
        assert self._readings is not None  # noqa: S101  # nothing is asked before it is read
        self._readings.rewind()
        return self._readings


def _folder(destination: Path) -> Path:
    folder = user_path(destination).absolute()
    return folder.parent if "*" in folder.name else folder
