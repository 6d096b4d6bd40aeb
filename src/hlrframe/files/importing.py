"""A file of answers that were paid for elsewhere in, into a store."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.files.formats import open_source
from hlrframe.files.ndjson import NdjsonTable
from hlrframe.files.places import Format, InputFile
from hlrframe.files.source import Taken, TextReading
from hlrframe.model import Naming, Settings
from hlrframe.provider import read_download, unused_account
from hlrframe.run import Imported, Importer
from hlrframe.store import Store
from hlrframe.system import sealed, user_path

__all__ = ["import_results"]

#: Stands for what a source is read into, so that each of its pieces is a table.
_TABLE: Final = Path("rows.parquet")


@sealed
def import_results(
    source: str | os.PathLike[str],
    store: str | os.PathLike[str] | Store,
    *,
    settings: Settings | None = None,
    encoding: str | None = None,
) -> Imported:
    """Takes a batch result that was downloaded from the provider into a store. Sends nothing, costs nothing.

    What the file answers is not asked again: its answers are as old as they say, and their credits stand in the books
    of the store at the time at which they were given. What is there already stays as it is, so that the same file may
    be imported again. A row that is no answer is counted, by reason.

    Args:
        source: The file, as it was downloaded (CSV with headers such as ``request_parameters.telephone_number``), or
            saved again as anything that :func:`enrich_file` reads. The caller's own columns before the provider's are
            not kept.
        store: Where answers are kept: a folder, a URL or a store; it is made where there is none.
        settings: What was asked: ``lookup``, and the options where the file does not say them; ``default_region`` is
            the country of submitted numbers without a code, where the file says neither that nor the detected number.
        encoding: Of a text file; by default it is found.

    Returns:
        What became of the rows.

    Raises:
        InputError: It cannot be read, or holds no batch result.
        StoreError: The store cannot be read or written. What was written before stays; import the file again.
    """
    asked = settings or Settings()
    kept = store if isinstance(store, Store) else Store(store)
    importer = Importer(kept, asked, unused_account().provider, now=datetime.now(UTC))
    with importer.open():
        for header, rows in _pieces(user_path(source), encoding):
            importer.add(list(read_download(header, rows)))
    return importer.done


def _pieces(path: Path, encoding: str | None) -> Iterator[tuple[Sequence[str], Sequence[Sequence[str | None]]]]:
    """Reads a file as texts: the names of its columns, and rows."""
    file = InputFile.of(path)
    with file.named():
        taken = Taken(Naming.of_names(["*telephone_number*"]), reading=TextReading(encoding, header=1))
        opened = open_source(file, taken, into=Format.of(_TABLE))
        if isinstance(opened, NdjsonTable):
            deque(opened.phones(), maxlen=0)  # its columns are known when all of it was read
        yield opened.head().attach(pl.DataFrame()).column_names, []
        for piece in opened.pieces():
            texts = pl.DataFrame(piece.attach(pl.DataFrame())).select(pl.all().cast(pl.String, strict=False))
            yield texts.columns, texts.rows()
