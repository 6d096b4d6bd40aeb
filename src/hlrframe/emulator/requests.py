"""What comes in: a request body is read, and refused as the provider refuses it.

The order of the checks is part of the contract: shape, credentials, number of numbers, unknown parameters, values.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from hlrframe.emulator.countries import region_of_iso3
from hlrframe.provider import Manners

__all__ = ["Asking", "Call", "Query", "Refusal", "read", "read_queries"]

#: Oldest answers that a cache holds, in days.
MAX_CACHE_DAYS: Final = 30
_CREDENTIALS: Final = ("api_key", "api_secret")
_OUTPUT_FORMATS: Final = frozenset({"", "E164", "PLUS_E164", "NATIONAL"})
_FORM: Final = "application/x-www-form-urlencoded"


class Refusal(Exception):
    """The request is answered by an HTTP error and costs nothing.

    Attributes:
        status: HTTP status.
        code: The provider's word; ``None`` for an empty body.
        message: The provider's sentence; ``None`` where it says nothing more.
    """

    def __init__(self, status: int, code: str | None = None, message: str | None = None) -> None:
        super().__init__(f"{status} {code or ''} {message or ''}".rstrip())
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> bytes:
        """The body of the answer."""
        if self.code is None:
            return b""
        return msgspec.json.encode({"error": self.code} | ({"message": self.message} if self.message else {}))


def _bad(message: str | None = None) -> Refusal:
    return Refusal(400, "BAD_REQUEST", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request, whatever carried it."""

    #: Path of the URL.
    path: str
    #: Body as sent, not compressed.
    body: bytes = field(repr=False)  # it holds the credentials
    #: HTTP method.
    method: str = "POST"
    #: ``Content-Type`` header; empty where there was none.
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Query:
    """One number and its options, defaults filled in: what the provider echoes as ``request_parameters``."""

    telephone_number: str
    save_to_cache: str = "YES"
    input_format: str = ""
    output_format: str = ""
    cache_days_global: int = 0
    cache_days_private: int = 0
    get_ported_date: str = "NO"
    get_landline_status: str = "NO"
    usa_status: str = "NO"

    def echo(self) -> dict[str, str | int]:
        """Gives the echo."""
        return {name: getattr(self, name) for name in _PARAMETERS}


_PARAMETERS: Final = tuple(each.name for each in dataclasses.fields(Query))


@dataclass(frozen=True, slots=True)
class Asking:
    """A body of the right shape, not checked further."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    #: Top-level parameters other than the credentials.
    rest: Mapping[str, Any]


def read(call: Call) -> Asking:
    """Reads a body as far as its credentials.

    Raises:
        Refusal: It is neither a JSON object nor a form, or a credential is missing.
    """
    form = call.content_type.lower().startswith(_FORM)
    fields = _form(call.body) if form else _json(call.body)
    if any(not isinstance(fields.get(name), str) for name in _CREDENTIALS):
        raise _bad()
    rest = {name: value for name, value in fields.items() if name not in _CREDENTIALS}
    return Asking(fields["api_key"], fields["api_secret"], rest)


def _json(body: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _bad("Invalid JSON") from None
    if not isinstance(fields, dict):
        raise _bad("Invalid JSON")
    return fields


def _form(body: bytes) -> dict[str, Any]:
    """A form carries one number, its options beside the credentials."""
    try:
        fields: dict[str, Any] = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError:
        raise _bad("Invalid form") from None
    credentials = {name: fields.pop(name) for name in _CREDENTIALS if name in fields}
    for name in ("cache_days_private", "cache_days_global"):
        if re.fullmatch(r"\d+", fields.get(name, "")):
            fields[name] = int(fields[name])
    return credentials | ({"requests": [fields]} if fields else {})


def read_queries(asking: Asking, manners: Manners) -> Sequence[Query]:
    """Reads the numbers and options of a lookup.

    Raises:
        Refusal: No numbers or too many, an unknown parameter, or a value that is not allowed.
    """
    requests = asking.rest.get("requests")
    if not isinstance(requests, list) or not requests:
        raise _bad("Missing required parameter requests")
    if len(requests) > manners.max_numbers:
        raise _bad(f"Too many requests, maximum is {manners.max_numbers}")
    if manners.unknown_keys == "refused":
        _refuse_unknown(asking.rest, ("requests",))
    return [_query(each, manners) for each in requests]


def _query(given: object, manners: Manners) -> Query:
    if not isinstance(given, dict):
        raise _bad("Invalid requests")
    if not isinstance(given.get("telephone_number"), str):
        raise _bad("Missing required parameter telephone_number")
    if manners.unknown_keys == "refused":
        _refuse_unknown(given, _PARAMETERS)
    known = {name: value for name, value in given.items() if name in _PARAMETERS}
    for name, value in known.items():
        if not _ALLOWED[name](value) or (value == "PRIVATE" and manners.private_word == "refused"):
            raise _bad(f"Invalid {name} requested")
    return Query(**(_defaults(manners) | known))


def _defaults(manners: Manners) -> dict[str, Any]:
    return {
        "save_to_cache": manners.default_save,
        "cache_days_private": manners.default_private_days,
        "cache_days_global": manners.default_global_days,
    }


def _refuse_unknown(given: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise _bad(f"Unknown parameter {unknown}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_days(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CACHE_DAYS


def _is_flag(value: object) -> bool:
    return isinstance(value, str) and value in {"YES", "NO"}


def _is_saving(value: object) -> bool:
    return isinstance(value, str) and value in {"YES", "NO", "PRIVATE"}


def _is_input_format(value: object) -> bool:
    return isinstance(value, str) and (value == "" or region_of_iso3(value) is not None)


def _is_output_format(value: object) -> bool:
    return isinstance(value, str) and (value in _OUTPUT_FORMATS or region_of_iso3(value) is not None)


_ALLOWED: Final[Mapping[str, Callable[[object], bool]]] = {
    "telephone_number": _is_text,
    "save_to_cache": _is_saving,
    "input_format": _is_input_format,
    "output_format": _is_output_format,
    "cache_days_global": _is_days,
    "cache_days_private": _is_days,
    "get_ported_date": _is_flag,
    "get_landline_status": _is_flag,
    "usa_status": _is_flag,
}
