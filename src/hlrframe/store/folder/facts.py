"""What the files of a store say of themselves: which version wrote them, and how their numbers lie.

The marker says it for the whole store; every other file says it too, so that a store whose marker is lost is still
known for what it is.
"""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hlrframe.errors import StoreError

__all__ = ["JOURNAL_HEAD", "facts_in", "facts_of", "facts_of_sealed"]

#: Under which name a journal's schema keeps its first words.
JOURNAL_HEAD: Final = b"hlrframe"

_UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, TypeError, KeyError)


def facts_in(raw: bytes, path: Path | str) -> Mapping[str, Any]:
    """Reads a marker.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        facts: dict[str, Any] = json.loads(raw)
        return facts | _versions(facts)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"cannot read {path}: restore it, or delete that file, and it is made anew of the others"
        ) from error


def facts_of(paths: Iterable[Path]) -> Mapping[str, Any] | None:
    """Gives what the first of some files that can be read says of its store; ``None`` where none can.

    Args:
        paths: Journals and sealed files.
    """
    found = (_facts_of_journal(each) if each.suffix == ".arrows" else facts_of_sealed(each) for each in paths)
    return next((each for each in found if each is not None), None)


def facts_of_sealed(file: Path | BytesIO) -> Mapping[str, Any] | None:
    """Reads from a sealed file which version wrote it and under which encoding; ``None`` if it does not say."""
    try:
        said = pq.read_metadata(file).metadata or {}
        versions = {name: int(said[f"hlrframe.{name}".encode()]) for name in ("format", "columns")}
        privacy = json.loads(said.get(b"hlrframe.privacy", b"null"))
    except _UNREADABLE:
        return None
    return versions if privacy is None else versions | {"privacy": privacy}


def _facts_of_journal(path: Path) -> Mapping[str, Any] | None:
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
            head = json.loads((stream.schema.metadata or {})[JOURNAL_HEAD])
            versions = _versions(head)
    except _UNREADABLE:
        return None
    return versions | ({"privacy": head["privacy"]} if "privacy" in head else {})


def _versions(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(facts[name]) for name in ("format", "columns")}
