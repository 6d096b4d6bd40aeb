"""THE table of kinds of file and their endings: who reads or writes files asks here what a name means."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["ENDINGS", "PACKINGS", "TEXT_KINDS", "FileKind", "Packing", "kind_of"]


class FileKind(StrEnum):
    """What a file is, by its ending."""

    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    IPC = "arrow"
    IPC_STREAM = "arrows"


Packing = Literal["gzip", "zstd"]

#: Kinds by the ending of a file's name.
ENDINGS: Final[Mapping[str, FileKind]] = MappingProxyType(
    {
        ".csv": FileKind.CSV,
        ".tsv": FileKind.TSV,
        ".tab": FileKind.TSV,
        ".txt": FileKind.TSV,
        ".ndjson": FileKind.NDJSON,
        ".jsonl": FileKind.NDJSON,
        ".parquet": FileKind.PARQUET,
        ".pq": FileKind.PARQUET,
        ".arrow": FileKind.IPC,
        ".feather": FileKind.IPC,
        ".ipc": FileKind.IPC,
        ".arrows": FileKind.IPC_STREAM,
    }
)
#: Kinds that are text, which may be packed.
TEXT_KINDS: Final = frozenset({FileKind.CSV, FileKind.TSV, FileKind.NDJSON})
#: How text files may be packed, by their last ending.
PACKINGS: Final[Mapping[str, Packing]] = MappingProxyType({".gz": "gzip", ".zst": "zstd"})


def kind_of(path: Path) -> tuple[FileKind, Packing | None] | None:
    """Gives what a file is and how it is packed, by its name; ``None`` where the name does not say.

    >>> kind_of(Path("contacts.csv.gz")), kind_of(Path("contacts.parquet.gz"))
    ((<FileKind.CSV: 'csv'>, 'gzip'), None)
    """
    packing = PACKINGS.get(path.suffix.lower())
    kind = ENDINGS.get((path if packing is None else path.with_suffix("")).suffix.lower())
    return None if kind is None or (packing and kind not in TEXT_KINDS) else (kind, packing)
