"""One file that is written from one or several: checked before anything is sent, then read, then written."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.errors import InputError
from hlrframe.files.formats import check_fits, open_sink, open_source, written_encoding
from hlrframe.files.matching import matched
from hlrframe.files.places import Command, Format, InputFile, Route, existing_folder, replacing, writable
from hlrframe.files.readings import Readings
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.text import Texts
from hlrframe.files.workbook import Account, WorkbookFile, check_cells, check_rows, load_writer
from hlrframe.files.wrappers import within_folders
from hlrframe.model import FileKind, Naming, guard_frame
from hlrframe.run import READING_COLUMNS, Cells

__all__ = ["Transfer", "check_same_phones", "checked", "open_phones"]

#: Bytes that the results of a row take at least as text.
LEAST_ADDED: Final = 30


class Transfer:
    """The way of the rows of one route.

    Args:
        route: Which files, and where they go.
        taken: What is taken of each.
        guarded: Which cells of delimited text are guarded against being run as formulas: ``False`` none, ``True``
            all, ``"results"`` those that are added.
        output_encoding: Of delimited text that is written; ``None`` for the one that suits the source.
        command: Who writes it.

    Raises:
        InputError: A file cannot be read, or has no such column.
    """

    def __init__(
        self, route: Route, taken: Taken, *, guarded: bool | str, command: Command, output_encoding: str | None = None
    ) -> None:
        self.destination = route.destination
        self._command = command
        self._into = Format.of_destination(route.destination)
        if self.is_workbook:
            load_writer()  # or nobody would miss it before all is paid
        self._guarded = guarded if self._into.is_delimited else False
        self._taken = taken
        self._route = route
        self._files = route.sources
        self._stamps = [_stamp(file.path) for file in self._files]
        _check_kinds(self._files)
        self._opened = [self._open(file, self._into) for file in self._files]
        self._sources = self._around(self._opened)
        self._texts = Texts(written_encoding(output_encoding, self._into, self._opened[0]))

    def _open(self, file: InputFile, into: Format | None) -> Source:
        with file.named():
            return open_source(file, self._taken, into=into, guarded=self._guarded is True)

    def _around(self, sources: Sequence[Source]) -> Sequence[Source]:
        """Puts the columns that folders name beside those of the files."""
        return [
            within_folders(source, file, self._taken, written=self._route.partitions, guarded=bool(self._guarded))
            for file, source in zip(self._files, sources, strict=True)
        ]

    def check(self) -> Naming:
        """Refuses columns that do not go together, with each other or with what is to be added and written.

        Returns:
            The phone columns that were found, and what their results are called.

        Raises:
            InputError: The message names the column, and the files.
        """
        naming = self._opened[0].head().naming
        for name in naming.adding:
            self._texts.check_text(name, repr(name))
        for file, source in zip(self._files, self._opened, strict=True):
            check_same_phones((self._files[0].origin, naming), (file.origin, source.head().naming))
        matching = matched(
            self._files,
            self._opened,
            columns=naming.columns,
            as_table=lambda file: self._open(file, Format(FileKind.PARQUET)),
            guarded=self._guarded is True,
        )
        self._sources = self._around(matching)
        for source in self._sources:
            check_fits(source.head().attach(pl.DataFrame()), self._into)
        return naming

    def check_room(self, rows: int) -> None:
        """Refuses a destination whose disk has no room for the least that it can take.

        Args:
            rows: How many rows go there at most.

        Raises:
            InputError: The message says how much is needed, and how much there is.
        """
        into_same = all(file.format == self._into for file in self._files)
        sizes = sum(file.path.stat().st_size for file in self._files) if into_same else 0
        added = rows * LEAST_ADDED if self._into.packing is None and self._into.is_delimited else 0
        free = shutil.disk_usage(existing_folder(self.destination)).free
        if sizes + added > free:
            needed, there = (f"{each / 1e6:,.0f} MB" for each in (sizes + added, free))
            raise InputError(f"cannot write {self.destination}: it takes {needed} at least, and {there} are free")

    def phones(self) -> Iterator[Cells]:
        """Reads the phones of all rows.

        Raises:
            InputError: A file cannot be read, or holds what cannot be written.
        """
        for file, source in zip(self._files, self._sources, strict=True):
            yield from source.phones()
            self._texts.check(source, file.origin)

    @property
    def is_workbook(self) -> bool:
        """Whether a workbook is to be written."""
        return self._into.kind is FileKind.XLSX

    @property
    def notes(self) -> Sequence[str]:
        """What somebody should know of how the files were read."""
        return [
            f"of {file.origin} the sheet {source.sheet!r} was read; its other sheets ({', '.join(source.others)}) are "
            "not in what is written"
            for file, source in zip(self._files, self._opened, strict=True)
            if isinstance(source, WorkbookFile) and source.others
        ]

    def check_cells(self) -> None:
        """Refuses rows that the destination cannot hold, before anything is paid for them.

        Raises:
            InputError: There are more than a sheet of Excel holds, or a text is too long for a cell of it.
        """
        if not self.is_workbook:
            return
        rows = 1
        for source in self._sources:
            for piece in source.pieces():
                rows += piece.rows
                beside = pl.DataFrame({"": pl.Series([None], dtype=pl.String).new_from_index(0, piece.rows)})
                check_cells(piece.attach(beside), self.destination)
        check_rows(self.destination, rows)

    def write(
        self, readings: Readings, results_of: Callable[[pl.DataFrame], pl.DataFrame], *, account: Account = ()
    ) -> None:
        """Writes all rows beside their results; the file appears whole or not at all.

        Args:
            readings: What was read in each phone column, from the first row on that goes here.
            results_of: Gives the result columns of some readings.
            account: What a workbook says of the run.

        Raises:
            InputError: It cannot be written, or the rows are not what they were when their phones were read.
        """
        path = self.destination
        columns = len(self._sources[0].head().naming.columns)
        with replacing(path) as temporary, writable(path):
            with closing(self._sink(temporary, account)) as sink:
                nothing = pl.DataFrame(schema=dict.fromkeys(READING_COLUMNS, pl.String))
                sink.write(self._sources[0].head().attach(self._guard(results_of(nothing))))
                for source in self._sources:
                    for piece in source.pieces():
                        reading = readings.take(piece.rows * columns)
                        if reading is None:
                            raise self._changed()
                        sink.write(piece.attach(self._guard(results_of(reading))))
            if self._stamps != [_stamp(file.path) for file in self._files]:
                raise self._changed()
            self._command.leave_trace(temporary, of=path)
        if self._route.delivery is not None:
            self._route.delivery.deliver()

    def check_free(self) -> None:
        """Refuses to replace what another command wrote, or somebody changed.

        Raises:
            InputError: The message says how to replace it.
        """
        delivery = self._route.delivery
        if delivery is None:
            self._command.check(self.destination)
        else:
            delivery.check_free()

    @property
    def written_to(self) -> str:
        """What messages call the destination."""
        return str(self.destination) if self._route.delivery is None else self._route.delivery.name

    def _sink(self, path: Path, account: Account) -> Sink:
        return open_sink(
            path,
            self._into,
            source=self._files[0].format,
            name=self.destination.name,
            columns=self._opened[0].head().naming.columns,
            account=account,
            guarded=self._guarded is True,
            encoding=self._texts.encoding,
        )

    def _guard(self, results: pl.DataFrame) -> pl.DataFrame:
        return self._texts.fit(guard_frame(results) if self._guarded else results)

    def _changed(self) -> InputError:
        changed = [file for file, stamp in zip(self._files, self._stamps, strict=True) if stamp != _stamp(file.path)]
        name = (changed or self._files)[0].origin
        return InputError(f"{name} changed while it was being read: nothing was written; run again")


def checked(transfers: Sequence[Transfer]) -> Naming:
    """Checks the columns of all files; gives what is read in each of them, and what its results are called.

    Raises:
        InputError: As for :meth:`Transfer.check`, or a pattern finds other columns in another file.
    """
    first, *others = transfers
    naming = first.check()
    for transfer in others:
        check_same_phones((first.destination, naming), (transfer.destination, transfer.check()))
    return naming


def check_same_phones(first: tuple[Path, Naming], other: tuple[Path, Naming]) -> None:
    """Refuses files in which a pattern finds other columns.

    Raises:
        InputError: The message names both files and what they have.
    """
    (path, naming), (its_path, its) = first, other
    if naming.columns != its.columns:
        here, there = (", ".join(map(repr, each.columns)) for each in (naming, its))
        raise InputError(f"{path} has the phone columns {here}, but {its_path} has {there}: name them one by one")


def _check_kinds(files: Sequence[InputFile]) -> None:
    kinds = {file.format.kind: file for file in reversed(files)}
    if len(kinds) > 1:
        one, other, *_ = reversed(kinds.values())
        raise InputError(
            f"{other.origin} is of another kind than {one.origin}: write them into a folder, not into one file"
        )


def _stamp(path: Path) -> tuple[int, ...]:
    """Tells a file from what was under its name: one of the same size and time is another, or was changed since."""
    state = path.stat()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def open_phones(file: InputFile, taken: Taken) -> Source:
    """Opens a file of which nothing is written.

    Raises:
        InputError: It cannot be read, or has no such column.
    """
    with file.named():
        source = open_source(file, taken, into=None)
    return within_folders(source, file, taken)
