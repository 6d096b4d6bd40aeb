"""A batch result that was downloaded from the provider: a table whose headers are the paths of a reply's fields.

Seen, not documented: ``live_status``, ``request_parameters.telephone_number``, ``current_network_details.name`` and so
on, behind the lines that were uploaded. Each row is put back into the JSON that it was, and read as any reply is: no
word has a second meaning here.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from hlrframe.errors import InputError
from hlrframe.model import Failure, LookupResult
from hlrframe.provider.hlr_lookup.wire import OPTION_FIELDS, decode_results, options_asked, outcome_of

__all__ = ["DownloadedRow", "read_download"]

#: Rows that are read together, as many as a reply has results.
_ROWS: Final = 80
#: Fields that say which number a row is about, and those without one of which a row says nothing of it.
_NUMBERS: Final = ("detected_telephone_number", "request_parameters.telephone_number")
_SAYING: Final = ("live_status", "telephone_number_type")
#: Fields by which it is told where the provider's columns begin; before them stand the caller's own.
_KNOWN: Final = frozenset(
    (*_NUMBERS, *_SAYING, "error", "uuid", "credits_spent", "formatted_telephone_number", "timestamp", "is_ported")
)
_FLAGS: Final = frozenset(f"request_parameters.{name}" for name in OPTION_FIELDS)
#: How the provider writes a field's name; a column of the caller's own rarely looks so.
_FIELD: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
#: What programs write where there is nothing.
_NOTHING: Final = frozenset({"", "null", "undefined"})


class DownloadedRow(NamedTuple):
    """One row: an answer or what is wrong with it, and what says which question about which number it answers."""

    outcome: LookupResult | Failure
    #: The number as the provider understood it, and as it was submitted.
    detected: str | None
    submitted: str | None
    #: ISO 3166 alpha-3 code of the country whose national number was submitted.
    country: str | None
    #: Options that change the answer, as :class:`~hlrframe.model.Question` has them; ``None`` where the file says none.
    options: tuple[str, ...] | None
    #: What it states to have cost, also where it is no answer.
    charged: float | None


def read_download(header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Iterator[DownloadedRow]:
    """Reads rows of a downloaded result; none of them raises.

    Args:
        header: Names of the columns, the caller's own first.
        rows: Their cells; each as many as there are names.

    Raises:
        InputError: It is no such table: no column says which number, or what is known of it.

    >>> header = ["phone", "live_status", "detected_telephone_number", "credits_spent"]
    >>> [row] = read_download(header, [["+44 7400 123456", "LIVE", "447400123456", "1"]])
    >>> row.detected, row.outcome.live_status, row.outcome.charged
    ('447400123456', 'LIVE', 1.0)
    """
    names = [name.strip().lower() for name in header]
    if not (set(names) & set(_NUMBERS) and set(names) & set(_SAYING)):
        raise InputError(
            "this is no downloaded batch result: it needs the columns detected_telephone_number (or "
            "request_parameters.telephone_number) and live_status; download one of type HLR_V2, with all columns"
        )
    paths = _paths(names)
    says_options = bool(set(names) & _FLAGS)
    for start in range(0, len(rows), _ROWS):
        nested = [_nested(paths, row) for row in rows[start : start + _ROWS]]
        results = decode_results(msgspec.json.encode({"results": nested}))
        for fields, result in zip(nested, results, strict=True):
            asked = fields.get("request_parameters", {})
            yield DownloadedRow(
                outcome_of(result),
                result.detected_number,
                asked.get("telephone_number"),
                asked.get("input_format"),
                options_asked(asked) if says_options else None,
                result.charged,
            )


def _paths(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Gives where each column belongs in a result; nowhere for those of the caller's own."""
    first = min(place for place, name in enumerate(names) if name in _KNOWN)
    parents = {name.partition(".")[0] for name in names[first:] if "." in name}
    return [
        tuple(name.split(".", 1)) if place >= first and _FIELD.fullmatch(name) and name not in parents else ()
        for place, name in enumerate(names)
    ]


def _nested(paths: Sequence[tuple[str, ...]], row: Sequence[str | None]) -> dict[str, Any]:
    """Gives a row as the JSON that it was; an empty cell is an absent field."""
    fields: dict[str, Any] = {}
    for path, cell in zip(paths, row, strict=True):
        text = (cell or "").strip()
        if not path or text.lower() in _NOTHING:
            continue
        *parent, name = path
        place: dict[str, Any] = fields.setdefault(parent[0], {}) if parent else fields
        place[name] = _charge(text) if path == ("credits_spent",) else text
    return fields


def _charge(text: str) -> float | str:
    """Reads a charge, also from a spreadsheet with a comma; what is none stays as it is."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
