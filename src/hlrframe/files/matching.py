"""Several files that go into one: their columns are matched by name."""

from collections.abc import Callable, Collection, Sequence
from functools import partial

import polars as pl
import pyarrow as pa

from hlrframe.errors import InputError
from hlrframe.files.delimited import DelimitedLines
from hlrframe.files.places import InputFile
from hlrframe.files.source import Source
from hlrframe.files.wrappers import InOrder
from hlrframe.model import guard_frame

__all__ = ["matched"]


def matched(
    files: Sequence[InputFile],
    sources: Sequence[Source],
    *,
    columns: Collection[str],
    as_table: Callable[[InputFile], Source],
    guarded: bool,
) -> Sequence[Source]:
    """Gives sources whose pieces go behind each other: in the first one's order, and in types that hold all.

    Args:
        files: The files.
        sources: The same, opened.
        columns: The phone columns; where the types of one differ it becomes text.
        as_table: Opens a file of delimited text as a table.
        guarded: Whether cells of delimited text are guarded against being run as formulas.

    Raises:
        InputError: A column is missing in one, or its types do not go together; the message names both files.
    """
    if len({tuple(each.columns()) for each in sources}) == 1 and not _differ(sources):
        return sources
    for file, source in zip(files, sources, strict=True):
        _check_names((files[0], sources[0]), (file, source))
    if isinstance(sources[0].head().attach(pl.DataFrame()), str):
        return [
            source
            if source.columns() == sources[0].columns()
            else _rendered(as_table(file), sources[0], columns, guarded=guarded)
            for file, source in zip(files, sources, strict=True)
        ]
    schema = _common_schema(files, sources, columns)
    return [InOrder(source, schema, columns=columns) for source in sources]


def _differ(sources: Sequence[Source]) -> bool:
    """Says whether tables differ in more than their columns' names and types: in what may be null."""
    heads = [each.head().attach(pl.DataFrame()) for each in sources]
    return any(isinstance(each, pa.Table) and not each.schema.equals(heads[0].schema) for each in heads)


def _check_names(first: tuple[InputFile, Source], other: tuple[InputFile, Source]) -> None:
    (file, source), (its_file, its_source) = first, other
    names, its_names = ([name for name, _ in each.columns()] for each in (source, its_source))
    for name in dict.fromkeys([*names, *its_names]):
        if (name in names) != (name in its_names):
            here, there = (file, its_file) if name in names else (its_file, file)
            raise InputError(
                f"{its_file.origin} does not go behind {file.origin}: column {name!r} of {here.origin} is missing in "
                f"{there.origin}; make them alike, or write them into a folder"
            )


def _rendered(table: Source, like: Source, columns: Collection[str], *, guarded: bool) -> Source:
    """Gives delimited text whose columns are in another order, or between other separators, as lines like another's."""
    assert isinstance(like, DelimitedLines)  # noqa: S101  # nothing else is text with columns
    schema = pa.schema([(name, pa.string()) for name, _ in like.columns()])
    return InOrder(table, schema, columns=columns, render=partial(_lines, like.separator, like.line_end, guarded))


def _lines(separator: str, line_end: str, guarded: bool, table: pa.Table) -> str:  # noqa: FBT001  # of a partial
    frame = guard_frame(pl.DataFrame(table)) if guarded else pl.DataFrame(table)
    return frame.write_csv(include_header=False, separator=separator, line_terminator=line_end)


def _common_schema(files: Sequence[InputFile], sources: Sequence[Source], columns: Collection[str]) -> pa.Schema:
    schemas = [each.head().attach(pl.DataFrame()).schema for each in sources]
    fields = []
    for field in schemas[0]:
        types = list(dict.fromkeys(schema.field(field.name).type for schema in schemas))
        common = types[0] if len(types) == 1 else pa.string() if field.name in columns else _common_type(types)
        if common is None:
            other = next(
                file for file, schema in zip(files, schemas, strict=True) if schema.field(field.name).type != types[0]
            )
            raise InputError(
                f"{other.origin} does not go behind {files[0].origin}: column {field.name!r} is {types[1]} in the one "
                f"and {types[0]} in the other; make them alike, or write them into a folder"
            )
        fields.append(pa.field(field.name, common))
    return pa.schema(fields)


def _common_type(types: Sequence[pa.DataType]) -> pa.DataType | None:
    """Gives the type that holds every value of some types as it is, if there is one."""
    plain = [each.value_type if pa.types.is_dictionary(each) else each for each in types if not pa.types.is_null(each)]
    if all(
        pa.types.is_string(each) or pa.types.is_large_string(each) or pa.types.is_string_view(each) for each in plain
    ):
        return pa.string()
    if len(set(plain)) == 1:
        return plain[0]
    if all(pa.types.is_signed_integer(each) or each in (pa.uint8(), pa.uint16(), pa.uint32()) for each in plain):
        return pa.int64()
    if all(map(pa.types.is_floating, plain)):
        return pa.float64()
    return None
