"""An enriched file in, a file of the rows to act on out: read once for the choice, once for the rows."""

import os
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from hlrframe.errors import ConfigError, InputError
from hlrframe.files.formats import check_fits, open_sink, open_source, written_encoding, written_separator
from hlrframe.files.matching import matched
from hlrframe.files.ndjson import NdjsonTable
from hlrframe.files.places import (
    Command,
    Delivery,
    Format,
    InputFile,
    check_destination,
    delivery_to,
    make_room,
    replacing,
    sources_of,
    writable,
)
from hlrframe.files.source import Sink, Source, Taken
from hlrframe.files.workbook import Account, check_cells, check_rows, load_writer
from hlrframe.frames import (
    SELECTED,
    Chosen,
    Rule,
    SelectionReport,
    Words,
    chosen,
    is_needed,
    phone_columns,
    picked_columns,
)
from hlrframe.model import FileKind, Naming, guard_frame
from hlrframe.system import sealed, user_path

__all__ = ["select_file"]

#: Stands for what a source is read into, so that each of its pieces is a table.
_TABLE: Final = Path("rows.parquet")
#: How the sheet of numbers to leave out is named.
_SHEET: Final = "--suppress-sheet (in Python suppress_sheet=)"


@sealed
def select_file(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    textable: bool = False,
    verdict: Words = None,
    number_type: Words = None,
    country: Words = None,
    network: Words = None,
    max_age: str | timedelta | None = None,
    one_per: str | None = None,
    suppress: Any = None,  # noqa: ANN401  # any list of numbers
    suppress_column: str | None = None,
    suppress_sheet: str | int | None = None,
    region: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "all",
    overwrite: bool = True,
    source_format: str | None = None,
    output_format: str | None = None,
) -> SelectionReport:
    """Writes the rows of an enriched file that are to be acted on, as :func:`hlrframe.select` chooses them.

    Rows are held in pieces; of the results all are held that the rule looks at. Sends nothing, costs nothing.

    Args:
        source: What :func:`hlrframe.enrich_file` wrote: a file, a folder or a pattern of them, standard input
            (``"-"``), an object (``"s3://bucket/enriched.csv"``).
        destination: The file to write, of any kind that can be written, standard output, an object.
        textable: See :func:`hlrframe.select`, as for everything else.
        verdict: Verdicts that are wanted.
        number_type: Types of number.
        country: Countries of the networks.
        network: Names or codes of the networks.
        max_age: How old an answer may be.
        one_per: Name of a column that tells people apart.
        suppress: Numbers to leave out; or the path of a file that has them in its columns of results, else in its
            first one.
        suppress_column: Another column of that file that has them.
        suppress_sheet: The sheet of it, where it is a workbook of several.
        region: Country of suppressed numbers that are written without a code.
        prefix: What stands before the names of the result columns.
        columns: Which columns to write, as for :func:`hlrframe.select`.
        overwrite: Whether a file that is there is replaced whoever wrote it; see :func:`hlrframe.enrich_file`, as for
            the two that follow.
        source_format: What the source is, where neither its name nor its bytes say so.
        output_format: What to write, where the destination's name does not say so.

    Raises:
        InputError: A file cannot be read or written, or was not enriched.
        ConfigError: A word is no verdict, type or country; an age is none.
    """
    said = (textable, verdict, number_type, country, network, max_age, one_per, suppress, region, prefix, columns)
    command = Command("select", source, said, suppress_column, suppress_sheet)
    rule = Rule.of(
        textable=textable,
        verdict=verdict,
        number_type=number_type,
        country=country,
        network=network,
        max_age=max_age,
        suppress=_suppressed(suppress, suppress_column, suppress_sheet),
        region=region,
    )
    files = sources_of(source, source_format)
    to, delivery = _way(destination, files, output_format, command, overwrite=overwrite)
    _check_kind(to)
    opened = [_enriched(file, prefix) for file in files]
    sources = matched(files, opened, columns=(), as_table=lambda file: _enriched(file, prefix), guarded=False)
    found = chosen(
        _results(sources, files[0].origin, one_per=one_per, prefix=prefix), rule, one_per=one_per, prefix=prefix
    )
    make_room(to)
    with replacing(to) as temporary:
        _write(sources, found, to, temporary, columns=columns, prefix=prefix, like=opened[0])
        with writable(to):
            command.leave_trace(temporary, of=to)
    if delivery is not None:
        delivery.deliver()
    return found.report


def _check_kind(to: Path) -> None:
    if Format.of_destination(to).kind is FileKind.XLSX:
        load_writer()


def _write(
    sources: Sequence[Source],
    found: Chosen,
    to: Path,
    temporary: Path,
    *,
    columns: str | Sequence[str],
    prefix: str,
    like: Source,
) -> None:
    into = Format.of(to)
    added = [f"{prefix}{name}" for name in SELECTED if found.several]
    there = [*(name for name in _head(sources[0]).column_names if name not in added), *added]
    kept = picked_columns(there, columns, prefix=prefix)
    check_fits(_head(sources[0]).select([name for name in kept if name not in added]), into)
    guarded = set(kept).difference(picked_columns(there, "input", prefix=prefix)) if into.is_delimited else set()
    if into.kind is FileKind.XLSX:
        check_rows(to, found.rows.height + 1)
    with writable(to), closing(_sink(temporary, to, kept, found.report, like)) as sink:
        for part in (each.select(kept) for each in _parts(sources, found, prefix)):
            if into.kind is FileKind.XLSX:
                check_cells(part, to)
            sink.write(_guarded(part, guarded))


def _guarded(table: pa.Table, names: Collection[str]) -> pa.Table:
    """Gives a table whose texts in some columns, which are foreign, no spreadsheet runs."""
    for place, name in enumerate(table.column_names):
        if name in names:
            text = guard_frame(pl.DataFrame(table.select([name]))).to_arrow()
            table = table.set_column(place, text.field(0), text.column(0))
    return table


def _suppressed(suppress: object, column: str | None, sheet: str | int | None) -> object:
    """Reads the numbers to leave out where they are in a file."""
    if isinstance(suppress, str | os.PathLike):
        return numbers_in(user_path(suppress), column=column, sheet=None if sheet is None else str(sheet))
    if column is not None or sheet is not None:
        raise ConfigError("suppress_column and suppress_sheet are of a file of numbers: name it with suppress=")
    return suppress


def _way(
    destination: str | os.PathLike[str],
    files: Sequence[InputFile],
    format_: str | None,
    command: Command,
    *,
    overwrite: bool,
) -> tuple[Path, Delivery | None]:
    """Gives the file to write, and how it gets where it is meant to be, where that is elsewhere."""
    delivery = delivery_to(destination, format_, source=files[0].format, of=command.mark)
    if delivery is not None:
        if not overwrite:
            delivery.check_free()
        return delivery.path, delivery
    to = check_destination(destination, sources=[file.origin for file in files if file.origin.exists()])
    if not overwrite:
        command.check(to)
    return to, None


def _parts(sources: Sequence[Source], found: Chosen, prefix: str) -> Iterator[pa.Table]:
    """Gives the rows that were chosen, piece by piece; the first piece has no rows, or some."""
    first, start = True, 0
    for table in _tables(sources):
        rows = found.rows.filter(pl.col("row").is_between(start, start + table.num_rows, closed="left"))
        part = _taken(table, rows, start, prefix=prefix if found.several else None)
        start += table.num_rows
        if first or part.num_rows:
            yield part
        first = False


def numbers_in(path: Path, *, column: str | None = None, sheet: str | None = None) -> pl.Series:
    """Gives the cells of a file that holds numbers: its columns of results, else its first column.

    Args:
        path: The file.
        column: Another column.
        sheet: Of a workbook, the sheet.

    Raises:
        InputError: It cannot be read, or is empty, or is a workbook of several sheets.
    """
    if column is not None or (Format.is_known(path) and not path.name.endswith(".txt")):
        tables = list(_tables([_numbers(path, column, sheet)]))
        names = tables[0].column_names if tables else []
        if not names:
            raise InputError(f"{path} is empty: it should hold the numbers to leave out")
        found = [column] if column else [name for name in names if name.endswith("msisdn")] or names[:1]
        cells = pl.concat(pl.Series("", table.column(name)).cast(pl.String) for name in found for table in tables)
        # A list without a header has a number there.
        return cells if column is not None else pl.concat([pl.Series("", found), cells])
    try:
        return pl.Series(path.read_text(encoding="utf-8-sig").splitlines(), dtype=pl.String)
    except (OSError, UnicodeError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}") from error


def _sink(temporary: Path, to: Path, kept: Sequence[str], report: SelectionReport, like: Source) -> Sink:
    """Opens the file of the selection; as text it looks like the source that is given."""
    numbers = [name for name in kept if name.endswith("msisdn")]
    account: Account = [
        ("Rows selected", report.selected),
        ("of", report.rows),
        ("Rows left out, by reason", None),
        *report.excluded.items(),
        (f"Note: {report.note}", None),
    ]
    into, table = Format.of(to), Format.of(_TABLE)
    return open_sink(
        temporary,
        into,
        source=table,
        name=to.name,
        columns=numbers,
        account=account,
        encoding=written_encoding(None, into, like),
        separator=written_separator(into, like),
    )


def _head(source: Source) -> pa.Table:
    table: pa.Table = source.head().attach(pl.DataFrame())
    return table


def _enriched(file: InputFile, prefix: str) -> Source:
    """Opens a file that was enriched; what it lacks otherwise is told by who looks for it.

    Raises:
        InputError: It was not.
    """
    try:
        return _opened(file, f"*{prefix}*verdict")
    except InputError as error:
        try:
            phone_columns(_head(_opened(file, "*")).column_names, prefix)
        except InputError as why:
            raise InputError(f"{file.origin}: {why}") from None
        raise error from None


def _numbers(path: Path, column: str | None, sheet: str | None) -> Source:
    file = InputFile.of(path)
    if column is not None:
        return _opened(file, column, sheet)
    try:
        return _opened(file, "*msisdn", sheet)
    except InputError:
        pass
    try:
        return _opened(file, "*", sheet)
    except InputError as error:
        raise InputError(str(error).replace("--sheet (in Python sheet=)", _SHEET)) from None


def _opened(file: InputFile, pattern: str, sheet: str | None = None) -> Source:
    with file.named():
        source = open_source(file, Taken(Naming.of_names([pattern]), sheet=sheet), into=Format.of(_TABLE))
    if isinstance(source, NdjsonTable):
        deque(source.phones(), maxlen=0)  # its columns are known when all of it was read
    return source


def _tables(sources: Sequence[Source]) -> Iterator[pa.Table]:
    nothing = pl.DataFrame()
    for source in sources:
        yield _head(source)
        for piece in source.pieces():
            yield piece.attach(nothing)


def _results(sources: Sequence[Source], path: Path, *, one_per: str | None, prefix: str) -> pl.DataFrame:
    parts: list[pl.DataFrame] = []
    for table in _tables(sources):
        if one_per is not None and one_per not in table.column_names:
            raise InputError(f"{path} has no column {one_per!r}: it should tell people apart")
        needed = [name for name in table.column_names if is_needed(name, prefix) or name == one_per]
        parts.append(pl.DataFrame(table.select(needed)))
    return pl.concat(parts, how="diagonal_relaxed")


def _taken(table: pa.Table, rows: pl.DataFrame, start: int, *, prefix: str | None) -> pa.Table:
    schema = pa.schema([_takeable(field) for field in table.schema]).with_metadata(table.schema.metadata or {})
    part = table.cast(schema).take((rows["row"] - start).cast(pl.Int64).to_arrow())
    if prefix is None:
        return part
    for name in SELECTED:  # those of an earlier selection are no longer true
        if f"{prefix}{name}" in part.column_names:
            part = part.drop_columns(f"{prefix}{name}")
        part = part.append_column(f"{prefix}{name}", rows[name].to_arrow().cast(pa.string()))
    return part


def _takeable(field: "pa.Field[Any]") -> "pa.Field[Any]":
    """Gives a field in a type whose rows Arrow can take: of views it cannot."""
    if field.type == pa.string_view():
        return field.with_type(pa.string())
    return field.with_type(pa.binary()) if field.type == pa.binary_view() else field
