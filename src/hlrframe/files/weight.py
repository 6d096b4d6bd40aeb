"""How much the rows of a table take as text, and tables of rows that do not take too much.

One cell may be of a gigabyte, and a dictionary may have one text of megabytes in every row: rows alone bound nothing.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hlrframe.errors import InputError

__all__ = ["light", "longest_texts", "unpacked", "weight"]

#: As many times as large as in the file is nothing that somebody wrote by hand or a database has.
_ODD: Final = 100
#: Bytes of a value of a list, at the least.
_VALUE: Final = 8


def light(table: pa.Table, most: int, path: Path) -> Iterator[pa.Table]:
    """Divides a table into some whose rows take no more than so many bytes together.

    Args:
        table: The table.
        most: Most bytes of each.
        path: What it was read from.

    Raises:
        InputError: One row takes more.
    """
    size = weight(table)
    if size <= most:
        yield table
    elif table.num_rows > 1:
        half = table.num_rows // 2
        yield from light(table.slice(0, half), most, path)
        yield from light(table.slice(half), most, path)
    else:
        raise InputError(
            f"{path} has a row of {size >> 20:,} MB, for which memory_limit (--memory-limit) leaves no room; raise it, "
            "or drop the column that is so long"
        )


def weight(table: pa.Table) -> int:
    """Gives the bytes of a table, with each value of a dictionary as often as it is there."""
    return sum(_weight(chunk) for column in table.columns for chunk in column.chunks)


def _weight(values: "pa.Array[Any]") -> int:
    if not isinstance(values, pa.DictionaryArray) or not _is_text(values.type.value_type):
        return int(values.nbytes)
    import pyarrow.compute as pc  # noqa: PLC0415  # takes long to load: where there are dictionaries alone

    lengths = _lengths(values)
    longest = _longest(values)
    if longest * len(values) <= values.nbytes:
        return int(values.nbytes)
    return int(values.indices.nbytes) + int(pc.sum(lengths.take(values.indices)).as_py() or 0)


def _lengths(values: Any) -> Any:  # noqa: ANN401  # the stubs know no array whose values may be of several kinds
    import pyarrow.compute as pc  # noqa: PLC0415  # takes long to load: where there are dictionaries alone

    return pc.binary_length(values.dictionary)


def _longest(values: Any) -> int:  # noqa: ANN401  # as above
    import pyarrow.compute as pc  # noqa: PLC0415  # takes long to load: where there are dictionaries alone

    return int(pc.max(_lengths(values)).as_py() or 0)


def _is_text(kind: pa.DataType) -> bool:
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(is_kind(kind) for is_kind in texts)


def longest_texts(path: Path, schema: pa.Schema) -> dict[str, int]:
    """Gives the longest text in the dictionaries of each column of a Parquet file that has some.

    Only these can stand for more bytes than they take in the file. A dictionary is read with the first page behind it.
    """
    names = [field.name for field in schema if _is_text(field.type)]
    longest = dict.fromkeys(names, 0)
    if not names:
        return longest
    with pq.ParquetFile(path, read_dictionary=names, pre_buffer=False) as coded:
        for group in range(coded.num_row_groups):
            for first in itertools.islice(coded.iter_batches(batch_size=1, row_groups=[group], columns=names), 1):
                found = {name: _longest(first.column(name)) for name in names}
                longest = {name: max(length, found[name]) for name, length in longest.items()}
    return longest


def unpacked(footer: pq.FileMetaData) -> int:
    """Gives the bytes of the largest column of a row group that unpacks out of all proportion, or 0.

    A page is unpacked whole, and one page may have a text of a gigabyte, a row a list of so many values.
    """
    groups = map(footer.row_group, range(footer.num_row_groups))
    places = range(footer.num_columns)
    sizes = (_unpacked(group.column(each), footer.schema.column(each)) for group in groups for each in places)
    return max(sizes, default=0)


def _unpacked(chunk: pq.ColumnChunkMetaData, column: pq.ColumnSchema) -> int:
    width = (column.length or _VALUE) if column.physical_type == "FIXED_LEN_BYTE_ARRAY" else _VALUE
    is_wide = (column.max_repetition_level or 0) > 0 or width > _VALUE
    size = max(chunk.total_uncompressed_size, chunk.num_values * width if is_wide else 0)
    return size if size > _ODD * chunk.total_compressed_size else 0
