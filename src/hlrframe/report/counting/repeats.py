"""Which numbers are there twice: told from a word of eight bytes for each, which are sorted.

The word of a number is the number itself, so that two of them never share one. What is no plain number, as the hashes
of a store that hides its numbers, is hashed.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

__all__ = ["Repeats", "words_of", "words_of_files", "words_of_relation"]

#: Words that are sorted together: half a gigabyte.
AT_ONCE: Final = 60_000_000
#: Bits of a filter for each number that it holds: one number in so many passes by mistake, which does no harm.
_BITS: Final = 32
MOST_BITS: Final = 2**30
_BATCH: Final = 1_000_000


def _is_odd(name: str) -> pl.Expr:
    """Tells what is written otherwise than a number is: two texts of one number must not share its word."""
    text = pl.col(name)
    return text.is_not_null() & (
        text.cast(pl.Int64, strict=False).is_null() | ~text.is_between(pl.lit("1"), pl.lit(":"), closed="left")
    )


def _word(name: str, *, odd: bool) -> pl.Expr:
    plain = pl.col(name).cast(pl.Int64, strict=False)
    if not odd:
        return plain.alias("word")
    hashed = -(pl.col(name).hash() // 2).cast(pl.Int64) - 1
    return pl.when(_is_odd(name)).then(hashed).otherwise(plain).alias("word")


def words_of(numbers: pl.Series) -> pl.Series:
    """Gives the word of each number; null where there is none.

    >>> words_of(pl.Series(["447400123456", None])).to_list()
    [447400123456, None]
    """
    frame = numbers.alias("msisdn").to_frame()
    odd: bool = frame.select(_is_odd("msisdn").any()).item()
    return frame.select(_word("msisdn", odd=odd)).to_series()


def words_of_files(paths: Sequence[str | Path], column: str) -> pl.Series:
    """Gives the words of a column of texts of Parquet files, in the order of their rows."""
    return pl.concat([pl.Series("word", [], dtype=pl.Int64), *(_words_of_file(path, column) for path in paths)])


def _words_of_file(path: str | Path, column: str) -> pl.Series:
    texts = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    found = texts.select(_word(column, odd=False), _is_odd(column).alias("odd")).collect(engine="streaming")
    if found["odd"].any():
        found = texts.select(_word(column, odd=True)).collect(engine="streaming")
    return found["word"]


def words_of_relation(connection: duckdb.DuckDBPyConnection, relation: str) -> pl.Series:
    """Gives the words of the column ``msisdn`` of a relation, in the order of its rows."""
    batches = connection.sql(f"select msisdn from {relation}").to_arrow_reader(_BATCH)  # noqa: S608  # our own names
    nothing = pl.Series("word", [], dtype=pl.Int64)
    return pl.concat([nothing, *(words_of(pl.Series(batch.column(0)).cast(pl.String)) for batch in batches)])


class Repeats:
    """The numbers that are there twice or more.

    Args:
        words: Those of all rows.
    """

    def __init__(self, words: Sequence[pl.Series]) -> None:
        rows = sum(map(len, words))
        #: Their words, each once.
        self.words: pl.Series = _twice(words, passes=max(1, -(-rows // AT_ONCE)))
        self._filter = _filter(self.words)

    def may_be(self, words: pl.Series) -> pl.Series:
        """Says of each row whether its number may be there twice, and always so where it is."""
        if self.words.is_empty():
            return pl.repeat(value=False, n=len(words), eager=True)
        return self._filter.gather(_places(words, len(self._filter))).fill_null(value=False)


def _twice(words: Iterable[pl.Series], *, passes: int) -> pl.Series:
    found = [pl.Series("word", [], dtype=pl.Int64)]
    for each in range(passes):
        some = pl.concat([its if passes == 1 else its.filter(its % passes == each) for its in words] or found).sort()
        # A few at a time: all of them shifted by one would be as large again.
        for place in range(0, len(some), _BATCH):
            near = some.slice(place, _BATCH + 1)
            found.append(near.filter(near == near.shift(1)).unique())
    return pl.concat(found).unique().rename("word")


def _filter(words: pl.Series) -> pl.Series:
    size = min(MOST_BITS, 1 << (len(words) * _BITS).bit_length())
    return pl.repeat(value=False, n=size, eager=True).scatter(_places(words, size), True)  # noqa: FBT003  # polars' own


def _places(words: pl.Series, size: int) -> pl.Series:
    return words.to_frame("word").select((pl.col("word") & (size - 1)).cast(pl.UInt32)).to_series()
