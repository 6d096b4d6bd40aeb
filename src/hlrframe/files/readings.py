"""What was read in each row, kept in a file without a name: eight bytes a row, gone with the process.

Reading a phone costs more than anything else about a row, so that it is done once, while memory holds no row.
"""

import tempfile
import weakref
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

from hlrframe.model import Reason

__all__ = ["Readings"]

#: Why a row has no number, by the place in this list; no number is as small as a place.
_REASONS: Final = tuple(reason.value for reason in Reason)
_WIDTH: Final = 8


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

    def add(self, reading: pl.DataFrame) -> None:
        """Writes the readings of some rows: ``msisdn`` and ``reason``."""
        places = pl.col("reason").replace_strict(_REASONS, range(len(_REASONS)), return_dtype=pl.UInt64, default=None)
        codes = reading.select(pl.coalesce(pl.col("msisdn").cast(pl.UInt64), places)).to_series()
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
        code, few = pl.col("code"), len(_REASONS)
        reasons = pl.Series(_REASONS, dtype=pl.String)
        return codes.select(
            msisdn=pl.when(code >= few).then(code).cast(pl.String),
            reason=pl.lit(reasons).gather(pl.when(code < few).then(code)),
        )
