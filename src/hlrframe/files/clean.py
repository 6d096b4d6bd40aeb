"""File in, file out with what the numbering plans say of its phones: nothing is sent, nothing is paid."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hlrframe.files.memory import Memory
from hlrframe.files.places import Command, Named, existing_folder, make_room, plan_routes, writable
from hlrframe.files.readings import Readings
from hlrframe.files.source import Taken, TextReading
from hlrframe.files.transfer import Transfer, checked
from hlrframe.files.workbook import account_of_cleaning
from hlrframe.frames import CLEAN_COLUMNS, facts_of
from hlrframe.model import Naming, RegionCells, check_region, many
from hlrframe.run import NumberList
from hlrframe.system import sealed, sealed_class

__all__ = ["Cleaned", "clean_file"]


@sealed_class
@dataclass(frozen=True, slots=True)
class Cleaned:
    """What cleaning a file found."""

    #: Where the rows are: a file, or the files of a folder or pattern.
    output: str
    rows: int
    #: Distinct numbers.
    numbers: int
    #: Rows that hold no number, by reason; with several phone columns cells.
    rejected: Mapping[str, int]
    #: What somebody should know of how the files were read.
    notes: Sequence[str] = ()
    #: Phone columns.
    columns: int = 1

    def __str__(self) -> str:
        ranked = Counter(self.rejected).most_common()
        why = ", ".join(f"{reason} {count:,}" for reason, count in ranked)
        several = f", {self.columns} phone columns" if self.columns > 1 else ""
        unit = ("cell", "cells") if several else ("row", "rows")
        numbers = many(self.numbers, "distinct number", "distinct numbers")
        return "\n".join(
            (
                f"{many(self.rows, 'row', 'rows')}{several}, {numbers}",
                f"  rejected  {many(sum(self.rejected.values()), *unit)}{f'  ({why})' if why else ''}",
                f"  written   {self.output}",
            )
        )


@sealed
def clean_file(
    source: Named,
    destination: str | os.PathLike[str],
    column: str | Sequence[str],
    *,
    default_region: str | None = None,
    region_column: str | None = None,
    sheet: str | None = None,
    prefix: str = "hlr_",
    encoding: str | None = None,
    output_encoding: str | None = None,
    header: bool | int = True,
    overwrite: bool = True,
    source_format: str | None = None,
    output_format: str | None = None,
) -> Cleaned:
    """Writes a file again, or many, with what :func:`hlrframe.clean` says. Sends nothing, costs nothing.

    Args:
        source: The file to read, or a folder or pattern of files, as for :func:`hlrframe.enrich_file`.
        destination: Where to write.
        column: Name of the phone column, or of several, as for :func:`hlrframe.clean`.
        default_region: ISO 3166 alpha-2 code of the country whose national numbers are meant.
        region_column: Name of a column that says in which country each number was written.
        sheet: Which sheet of a workbook; see :func:`hlrframe.enrich_file`.
        prefix: Put before the name of every result column.
        encoding: Of text files; see :func:`hlrframe.enrich_file`, as for the two that follow.
        output_encoding: Of CSV and TSV that is written.
        header: Whether delimited text names its columns, or on which line.
        overwrite: Whether a file that is there is replaced whoever wrote it; see :func:`hlrframe.enrich_file`, as for
            the two that follow.
        source_format: What the source is, where neither its name nor its bytes say so.
        output_format: What to write, where the destination's name does not say so.

    Raises:
        InputError: The source cannot be read, has no such column or has result columns already, or the destination
            cannot be written.
        ConfigError: The region is none.
    """
    region = check_region(default_region)
    naming = Naming.of_names(column, [each.name for each in CLEAN_COLUMNS], prefix=prefix)
    taken = Taken(naming, region_column, Memory.of(None).cells, TextReading(encoding, header), sheet)
    command = Command("clean", source, naming.columns, prefix)
    transfers = [
        Transfer(route, taken, guarded="results", command=command, output_encoding=output_encoding)
        for route in plan_routes(source, destination, formats=(source_format, output_format), of=command.mark)
    ]
    if not overwrite:
        for transfer in transfers:
            transfer.check_free()
    naming = checked(transfers)
    countries = RegionCells()
    for _ in countries.passes():
        numbers, readings = _read(transfers, naming, region, countries)
    countries.say()
    checked(transfers)  # the names of an NDJSON file are all there only now
    readings.rewind()
    for transfer in transfers:
        transfer.check_cells()
    notes = [note for transfer in transfers for note in transfer.notes]
    cleaned = Cleaned(
        os.fspath(destination), numbers.rows, len(numbers), dict(numbers.rejected), notes, columns=len(naming.columns)
    )
    account = account_of_cleaning(
        cleaned.rows, cleaned.numbers, cleaned.rejected, columns=cleaned.columns, notes=[*notes, *countries.notes]
    )
    for transfer in transfers:
        make_room(transfer.destination)
        transfer.write(readings, lambda reading: _facts(reading, naming), account=account)
    return cleaned


def _read(
    transfers: Sequence[Transfer], naming: Naming, region: str | None, countries: RegionCells
) -> tuple[NumberList, Readings]:
    numbers = NumberList(region=region, columns=len(naming.columns), suggest=True, countries=countries)
    readings = _readings(transfers[0].destination)
    for transfer in transfers:
        for cells in transfer.phones():
            with writable(transfer.destination):
                readings.add(numbers.add(cells))
    return numbers, readings


def _readings(beside: Path) -> Readings:
    with writable(beside):
        return Readings(existing_folder(beside))


def _facts(reading: pl.DataFrame, naming: Naming) -> pl.DataFrame:
    """Gives the columns of a clean file for rows that were read."""
    cells, several = facts_of(reading), len(naming.columns)
    return pl.DataFrame(
        [
            cells[name].gather_every(several, place).alias(given)
            for place, column in enumerate(naming.columns)
            for name, given in naming.names_of(column).items()
        ]
    )
