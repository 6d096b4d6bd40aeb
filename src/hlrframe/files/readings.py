"""What was read in each row, kept in a file without a name: eight bytes a row, gone with the process.

Reading a phone costs more than anything else about a row, so that it is done once, while memory holds no row.
"""

import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

from hlrframe.model import Reading, Reason

__all__ = ["Readings"]

_REASONS: Final = tuple(reason.value for reason in Reason)
_READINGS: Final = tuple(reading.value for reading in Reading)
_WIDTH: Final = 8
#: A row is one whole number: below this stands its telephone number, above it how that was read.
_NUMBER: Final = 1 << 50
#: From here on a row is rejected: below :data:`_REASON` stands why, above it what may be wrong.
_REJECTED: Final = 1 << 62
_REASON: Final = 1 << 8


class Readings:
    """The readings of rows, in order: first all are written, then all are read.

    Args:
        folder: Where the file takes its room.

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(self, folder: Path) -> None:
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # open for as long as the readings are
        weakref.finalize(self, file.close)
        self._file = file
        self._suggestions: list[str] = []

    def add(self, reading: pl.DataFrame) -> None:
        """Writes the readings of some rows, as :meth:`NumberList.add` gives them."""
        self._suggestions = list(dict.fromkeys([*self._suggestions, *reading["suggestion"].drop_nulls().unique()]))
        number = pl.col("msisdn").cast(pl.UInt64) + _place("reading", _READINGS) * _NUMBER
        rejected = _place("reason", _REASONS) + _place("suggestion", self._suggestions) * _REASON + _REJECTED
        codes = reading.select(pl.coalesce(number, rejected)).to_series()
        array = codes.rechunk().to_arrow()
        data = array.buffers()[1]
        if data is not None:
            self._file.write(data.slice(array.offset * _WIDTH, len(array) * _WIDTH))

    def rewind(self) -> None:
        """Begins to read from the first row."""
        self._file.seek(0)

    def take(self, rows: int) -> pl.DataFrame | None:
        """Reads the readings of the next rows, ``None`` where there are not so many."""
        data = self._file.read(rows * _WIDTH)
        if len(data) < rows * _WIDTH:
            return None
        array = pa.Array.from_buffers(pa.uint64(), rows, [None, pa.py_buffer(data)])
        codes = pl.DataFrame({"code": pl.Series(array, dtype=pl.UInt64)})
        code, rejected = pl.col("code"), pl.col("code") >= _REJECTED
        return codes.select(
            msisdn=pl.when(~rejected).then(code % _NUMBER).cast(pl.String),
            reason=_word(_REASONS, pl.when(rejected).then(code % _REASON)),
            reading=_word(_READINGS, pl.when(~rejected).then(code // _NUMBER)),
            suggestion=_word(self._suggestions, pl.when(rejected).then((code - _REJECTED) // _REASON)),
        )


def _place(name: str, words: Sequence[str]) -> pl.Expr:
    """Gives the place of each word in a list, counted from one; nothing is 0."""
    places = range(1, len(words) + 1)
    return pl.col(name).replace_strict(words, places, return_dtype=pl.UInt64, default=0).fill_null(0)


def _word(words: Sequence[str], place: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(words, dtype=pl.String)).gather(pl.when(place > 0).then(place - 1))
