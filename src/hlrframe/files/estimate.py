"""What enriching files would cost: they are read, and nothing is sent."""

import asyncio
from collections.abc import Sequence

from hlrframe.files.places import Named, sources_of
from hlrframe.files.source import Taken, TextReading
from hlrframe.files.transfer import check_same_phones, open_phones
from hlrframe.frames import StorePath, estimate_list
from hlrframe.model import Estimate, Naming, RegionCells, Settings
from hlrframe.provider import Client
from hlrframe.run import NumberList
from hlrframe.system import run_sync, sealed

__all__ = ["estimate_file"]


@sealed
def estimate_file(
    source: Named,
    column: str | Sequence[str],
    *,
    store: StorePath = None,
    settings: Settings | None = None,
    client: Client | None = None,
    region_column: str | None = None,
    encoding: str | None = None,
    header: bool | int = True,
    sheet: str | None = None,
    source_format: str | None = None,
) -> Estimate:
    """Says what :func:`hlrframe.enrich_file` would cost. Sends nothing, needs no account.

    Args:
        source: The file to read, or a folder or pattern of files.
        column: Name of the phone column; of several a list of names or a pattern, as for :func:`hlrframe.enrich`.
        store: Directory or store whose answers need not be asked again.
        settings: What would be asked.
        client: Whose stored answers count; ``None`` for those of ``HLR_BASE_URL``, or of the provider itself.
        region_column: See :func:`hlrframe.enrich`.
        encoding: Of text files; see :func:`hlrframe.enrich_file`.
        header: The same.
        sheet: Which sheet of a workbook to read; see :func:`hlrframe.enrich_file`.
        source_format: What the source is, where neither its name nor its bytes say so.

    Raises:
        InputError: A source cannot be read, or has no such column.
    """
    settings = settings or Settings()
    taken = Taken(Naming.of_names(column), region_column, reading=TextReading(encoding, header), sheet=sheet)
    files = sources_of(source, source_format)
    opened = [open_phones(file, taken) for file in files]
    namings = [each.head().naming for each in opened]
    for file, naming in zip(files, namings, strict=True):
        check_same_phones((files[0].origin, namings[0]), (file.origin, naming))
    countries = RegionCells()

    async def read() -> NumberList:
        numbers = NumberList(region=settings.default_region, columns=len(namings[0].columns), countries=countries)
        for each in opened:
            for cells in each.phones():
                numbers.add(cells)
                await asyncio.sleep(0)  # here a Ctrl-C gets through
        return numbers

    for _ in countries.passes():
        numbers = run_sync(read)
    countries.say()
    return estimate_list(numbers, store=store, settings=settings, client=client)
