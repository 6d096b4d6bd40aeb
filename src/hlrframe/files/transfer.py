"""One file that is written from one or several: checked before anything is sent, then read, then written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

import polars as pl

from hlrframe.errors import InputError
from hlrframe.files.formats import Format, check_fits, open_sink, open_source, written_encoding
from hlrframe.files.paths import replacing, writable
from hlrframe.files.readings import Readings
from hlrframe.files.routes import Route
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.texts import Texts
from hlrframe.model import Naming, guard_frame
from hlrframe.run import Cells

__all__ = ["Transfer", "check_same_phones", "checked"]


class Transfer:
    """The way of the rows of one route.

    Args:
        route: Which files, and where they go.
        taken: What is taken of each.
        guarded: Which cells of delimited text are guarded against being run as formulas: ``False`` none, ``True``
            all, ``"results"`` those that are added.
        output_encoding: Of delimited text that is written; ``None`` for the one that suits the source.

    Raises:
        InputError: A file cannot be read, or has no such column.
    """

    def __init__(self, route: Route, taken: Taken, *, guarded: bool | str, output_encoding: str | None = None) -> None:
        self.destination = route.destination
        self._into = Format.of(route.destination)
        self._guarded = guarded if self._into.is_delimited else False
        self._paths = route.sources
        self._stamps = [_stamp(path) for path in self._paths]
        self._check_kinds()
        whole = self._guarded is True
        self._sources = [open_source(path, taken, into=self._into, guarded=whole) for path in self._paths]
        self._texts = Texts(written_encoding(output_encoding, self._into, self._sources[0]))

    def check(self) -> Naming:
        """Refuses columns that do not go together, with each other or with what is to be added and written.

        Returns:
            The phone columns that were found, and what their results are called.

        Raises:
            InputError: The message names the column, and the files.
        """
        naming = self._sources[0].head().naming
        for name in naming.adding:
            self._texts.check_text(name, repr(name))
        for path, source in zip(self._paths, self._sources, strict=True):
            head = source.head()
            check_fits(head, self._into)
            check_same_phones((self._paths[0], naming), (path, head.naming))
            _check_alike((self._paths[0], self._sources[0]), (path, source))
        return naming

    def _check_kinds(self) -> None:
        kinds = {Format.of(path).kind: path for path in reversed(self._paths)}
        if len(kinds) > 1:
            one, other, *_ = reversed(kinds.values())
            raise InputError(f"{other} is of another kind than {one}: write them into a folder, not into one file")

    def phones(self) -> Iterator[Cells]:
        """Reads the phones of all rows.

        Raises:
            InputError: A file cannot be read, or holds what cannot be written.
        """
        for path, source in zip(self._paths, self._sources, strict=True):
            yield from source.phones()
            self._texts.check(source, path)

    def write(self, readings: Readings, results_of: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Writes all rows beside their results; the file appears whole or not at all.

        Args:
            readings: What was read in each phone column, from the first row on that goes here.
            results_of: Gives the result columns of some readings.

        Raises:
            InputError: It cannot be written, or the rows are not what they were when their phones were read.
        """
        path = self.destination
        columns = len(self._sources[0].head().naming.columns)
        with replacing(path) as temporary, writable(path):
            with closing(self._open_sink(temporary)) as sink:
                nothing = pl.DataFrame(schema={"msisdn": pl.String, "reason": pl.String})
                sink.write(self._sources[0].head().attach(self._guard(results_of(nothing))))
                for source in self._sources:
                    for piece in source.pieces():
                        reading = readings.take(piece.rows * columns)
                        if reading is None:
                            raise self._changed()
                        sink.write(piece.attach(self._guard(results_of(reading))))
            if self._stamps != [_stamp(each) for each in self._paths]:
                raise self._changed()

    def _open_sink(self, path: Path) -> Sink:
        whole = self._guarded is True
        return open_sink(path, self._into, source=self._paths[0], guarded=whole, encoding=self._texts.encoding)

    def _guard(self, results: pl.DataFrame) -> pl.DataFrame:
        return self._texts.fit(guard_frame(results) if self._guarded else results)

    def _changed(self) -> InputError:
        changed = [path for path, stamp in zip(self._paths, self._stamps, strict=True) if stamp != _stamp(path)]
        name = (changed or self._paths)[0]
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


def _check_alike(first: tuple[Path, Source], other: tuple[Path, Source]) -> None:
    (path, source), (its_path, its_source) = first, other
    for column, its in zip_longest(source.columns(), its_source.columns()):
        if column == its:
            continue
        name = (column or its)[0]
        here, there = (_told(name, dict(each.columns())) for each in (source, its_source))
        raise InputError(
            f"{its_path} does not go behind {path}: column {name!r} is {there} in the one and {here} in the other; "
            "make them alike, or write them into a folder"
        )


def _told(name: str, columns: dict[str, str]) -> str:
    return f"no. {[*columns].index(name) + 1}, {columns[name]}," if name in columns else "missing"


def _stamp(path: Path) -> tuple[int, ...]:
    """Tells a file from what was under its name: one of the same size and time is another, or was changed since."""
    state = path.stat()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
