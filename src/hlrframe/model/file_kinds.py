"""THE table of kinds of file and their endings: who reads or writes files asks here what a name means."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["ENDINGS", "IN_ONLY", "PACKABLE", "PACKINGS", "TEXT_KINDS", "FileKind", "Packing", "kind_of"]


class FileKind(StrEnum):
    """What a file is, by its ending."""

    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    JSON = "json"
    PARQUET = "parquet"
    IPC = "arrow"
    IPC_STREAM = "arrows"
    XLSX = "xlsx"
    #: Any other workbook of a spreadsheet.
    WORKBOOK = "xls"
    VCARD = "vcf"


Packing = Literal["gzip", "zstd", "bz2", "xz", "zip"]

#: Kinds by the ending of a file's name.
ENDINGS: Final[Mapping[str, FileKind]] = MappingProxyType(
    {
        ".csv": FileKind.CSV,
        ".tsv": FileKind.TSV,
        ".tab": FileKind.TSV,
        ".txt": FileKind.TSV,
        ".ndjson": FileKind.NDJSON,
        ".jsonl": FileKind.NDJSON,
        ".json": FileKind.JSON,
        ".parquet": FileKind.PARQUET,
        ".pq": FileKind.PARQUET,
        ".arrow": FileKind.IPC,
        ".feather": FileKind.IPC,
        ".ipc": FileKind.IPC,
        ".arrows": FileKind.IPC_STREAM,
        ".xlsx": FileKind.XLSX,
        ".xlsm": FileKind.WORKBOOK,
        ".xlsb": FileKind.WORKBOOK,
        ".xls": FileKind.WORKBOOK,
        ".ods": FileKind.WORKBOOK,
        ".vcf": FileKind.VCARD,
    }
)
#: Kinds that are read and never written.
IN_ONLY: Final = frozenset({FileKind.WORKBOOK, FileKind.VCARD})
#: Kinds of text whose lines may go out as they came in.
TEXT_KINDS: Final = frozenset({FileKind.CSV, FileKind.TSV, FileKind.NDJSON, FileKind.JSON})
#: Kinds that may be packed.
PACKABLE: Final = TEXT_KINDS | {FileKind.VCARD}
#: How these may be packed, by their last ending.
PACKINGS: Final[Mapping[str, Packing]] = MappingProxyType(
    {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz", ".zip": "zip"}
)


def kind_of(path: Path) -> tuple[FileKind, Packing | None] | None:
    """Gives what a file is and how it is packed, by its name; ``None`` where the name does not say.

    >>> kind_of(Path("contacts.csv.gz")), kind_of(Path("contacts.parquet.gz"))
    ((<FileKind.CSV: 'csv'>, 'gzip'), None)
    """
    packing = PACKINGS.get(path.suffix.lower())
    kind = ENDINGS.get((path if packing is None else path.with_suffix("")).suffix.lower())
    return None if kind is None or (packing and kind not in PACKABLE) else (kind, packing)
