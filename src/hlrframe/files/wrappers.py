"""Sources around sources: under the caller's name, with the columns of their folders, in another file's order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl
import pyarrow as pa

from hlrframe.files.places import InputFile
from hlrframe.files.source import Piece, Source, Taken
from hlrframe.frames import OpenFrame, open_frame
from hlrframe.model import guard_frame
from hlrframe.run import Cells

__all__ = ["InOrder", "NamedSource", "Partitioned", "within_folders"]

_Attach = Callable[[pl.DataFrame], Any]


def _as_it_is(table: pa.Table) -> pa.Table:
    return table


class NamedSource:
    """A source whose errors call its file as the caller does.

    Args:
        source: The source.
        file: Its file.
    """

    def __init__(self, source: Source, file: InputFile) -> None:
        self._source = source
        self._file = file

    def head(self) -> OpenFrame:
        """Gives the columns."""
        with self._file.named():
            return self._source.head()

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and what they are."""
        return self._source.columns()

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece."""
        with self._file.named():
            yield from self._source.phones()

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows."""
        with self._file.named():
            yield from self._source.pieces()


class Partitioned:
    """A source with the columns that the folders above its file name, behind its own; one that it has itself stays.

    Args:
        source: The source.
        values: The columns, and the value of each in all rows.
        region_column: Which of these says the rows' country, if one does.
        written: Which of these are to be written.
        guarded: Whether what is written is guarded against being run as a formula.
    """

    def __init__(
        self,
        source: Source,
        values: Mapping[str, str | None],
        *,
        region_column: str | None,
        written: Sequence[str],
        guarded: bool,
    ) -> None:
        self._source = source
        self._values = values
        self._region_column = region_column
        self._written = written
        self._guard: Callable[[pl.DataFrame], pl.DataFrame] = guard_frame if guarded else pl.DataFrame

    def head(self) -> OpenFrame:
        """Gives the columns."""
        opened = self._source.head()
        added = self._added(opened.names)
        return replace(opened, names=[*opened.names, *added], attach=self._with(opened.attach, added))

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and what they are; those of folders are alike everywhere."""
        return self._source.columns()

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece."""
        for cells in self._source.phones():
            if self._region_column is None:
                yield cells
            else:
                region = pl.Series([self._values[self._region_column]], dtype=pl.String)
                yield Cells(cells.texts, region.new_from_index(0, len(cells.texts[0])))

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows."""
        added = self._added(self._source.head().names)
        for piece in self._source.pieces():
            yield Piece(piece.rows, self._with(piece.attach, added))

    def _added(self, names: Sequence[Any]) -> Mapping[str, str | None]:
        return {name: self._values.get(name) for name in self._written if name not in names}

    def _with(self, attach: _Attach, added: Mapping[str, str | None]) -> _Attach:
        if not added:
            return attach
        values = [pl.Series(name, [value], pl.String) for name, value in added.items()]

        def attached(results: pl.DataFrame) -> Any:  # noqa: ANN401  # what the source makes
            columns = pl.DataFrame([each.new_from_index(0, results.height) for each in values])
            return attach(self._guard(columns).hstack(results.get_columns()))

        return attached


class InOrder:
    """A source of tables whose columns are put into the order and types of a schema.

    Args:
        source: The source.
        schema: The columns.
        columns: The phone columns, which become text by their digits.
        render: Makes of a table what the sink takes.
    """

    def __init__(
        self,
        source: Source,
        schema: pa.Schema,
        *,
        columns: Collection[str],
        render: Callable[[pa.Table], Any] = _as_it_is,
    ) -> None:
        self._source = source
        self._schema = schema
        self._columns = columns
        self._render = render

    def head(self) -> OpenFrame:
        """Gives the columns."""
        opened = self._source.head()
        return replace(opened, names=self._schema.names, attach=partial(self._attached, opened.attach))

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names the columns and their types."""
        return [(field.name, str(field.type)) for field in self._schema]

    def phones(self) -> Iterator[Cells]:
        """Reads the phone columns, piece by piece."""
        return self._source.phones()

    def pieces(self) -> Iterator[Piece]:
        """Reads the rows."""
        for piece in self._source.pieces():
            yield Piece(piece.rows, partial(self._attached, piece.attach))

    def _attached(self, attach: _Attach, results: pl.DataFrame) -> Any:  # noqa: ANN401  # what the sink takes
        table = attach(results)
        own = [self._cast(table, field) for field in self._schema]
        beside = [name for name in table.column_names if name not in self._schema.names]
        fields = [*self._schema, *(table.schema.field(name) for name in beside)]
        whole = pa.table([*own, *(table.column(name) for name in beside)], schema=pa.schema(fields))
        return self._render(whole.replace_schema_metadata(table.schema.metadata))

    def _cast(self, table: pa.Table, field: "pa.Field[Any]") -> Any:  # noqa: ANN401  # an array of some type
        values = table.column(field.name)
        if field.name in self._columns and values.type != field.type:
            texts = open_frame(table.select([field.name]), field.name).cells.texts[0]
            return pa.chunked_array([texts.to_arrow().cast(field.type)])
        return values.cast(field.type)


def within_folders(
    source: Source, file: InputFile, taken: Taken, *, written: Sequence[str] = (), guarded: bool = False
) -> Source:
    """Gives a source with the columns that the folders above its file name, and errors that call it as the caller does.

    Args:
        source: The source.
        file: Its file.
        taken: What is taken of it.
        written: Which of the columns are to be written.
        guarded: Whether what is written is guarded against being run as a formula.
    """
    region = taken.region_column if taken.region_column in file.partition else None
    if written or region is not None:
        source = Partitioned(source, file.partition, region_column=region, written=written, guarded=guarded)
    return source if file.path == file.origin else NamedSource(source, file)
