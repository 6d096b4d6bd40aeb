"""The provider's JSON: requests to bytes, bytes to typed results, results to columns.

Total over bad payloads: every field may be absent, of a wrong type or new. A reply that can be understood at all is
understood; everything else is a :class:`~hlrframe.errors.ProtocolError`. Nothing here knows HTTP, time or money.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa

from hlrframe.errors import AuthError, ProtocolError, ProviderError, RateLimited, RequestError, Unavailable
from hlrframe.models import LookupKind, Reason, Settings
from hlrframe.schema import ANSWER_SCHEMA

__all__ = [
    "Answer",
    "Result",
    "answers_to_batch",
    "decode_balance",
    "decode_results",
    "encode_balance",
    "encode_request",
    "error_of_reply",
    "match_results",
    "request_options",
    "trouble_of",
]

HTTP_OK: Final = 200
HTTP_BAD_REQUEST: Final = 400
HTTP_UNAUTHORIZED: Final = 401
HTTP_FORBIDDEN: Final = 403
HTTP_TOO_MANY: Final = 429
HTTP_SERVER_ERROR: Final = 500

_SAVE_TO_CACHE: Final = {"no": "NO", "private": "PRIVATE", "yes": "YES"}


class Network(msgspec.Struct, frozen=True, gc=False):
    """A network as the provider describes it; ``mccmnc`` may hold a country code alone, or nothing."""

    name: str | None = None
    mccmnc: str | None = None
    country_name: str | None = None
    country_iso3: str | None = None
    area: str | None = None
    country_prefix: str | None = None


class Echo(msgspec.Struct, frozen=True, gc=False):
    """What the provider understood of our request."""

    telephone_number: str | None = None


class Result(msgspec.Struct, frozen=True, gc=False):
    """One result as it came. Every field may be absent."""

    error: str | None = None
    uuid: str | None = None
    request_parameters: Echo | None = None
    credits_spent: float | None = None
    detected_telephone_number: str | None = None
    formatted_telephone_number: str | None = None
    telephone_number_type: str | None = None
    live_status: str | None = None
    original_network: str | None = None
    original_network_details: Network | None = None
    current_network: str | None = None
    current_network_details: Network | None = None
    is_ported: str | None = None
    ported_date: str | None = None
    usa_status: str | None = None
    disposable_number: str | None = None
    timestamp: str | None = None
    sms_email: str | None = None
    mms_email: str | None = None
    #: Unknown fields as JSON text; the provider has no field of this name.
    extra: str | None = msgspec.field(default=None, name="#extra")


class _ExactResult(Result, frozen=True, gc=False, forbid_unknown_fields=True):
    """A result without a field that we do not know: the fast path."""


class _ExactEnvelope(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    results: list[_ExactResult]


_FIELDS: Final = {each.encode_name: each.name for each in msgspec.structs.fields(Result) if each.name != "extra"}
_NETWORK_FIELDS: Final = msgspec.structs.fields(Network)


class Answer(NamedTuple):
    """A usable result together with what the run knows of it."""

    #: The number that was asked: E.164 digits.
    msisdn: str
    #: What the provider said of it.
    result: Result
    #: Milli-credits booked for it.
    milli: int


def request_options(settings: Settings, *, recheck: bool = False) -> dict[str, object]:
    """Gives the options that go out with every number.

    The three cache options are always sent, since the account's own defaults would apply otherwise. Nothing that is
    unset is sent: an unknown key or a null costs the whole request (HTTP 400, documented).

    Args:
        settings: Settings of the run.
        recheck: Whether the number may have been billed before, so that the provider's private cache must be on.
    """
    kind = LookupKind(settings.lookup)
    private_days = max(settings.provider_cache_days, 1) if recheck else settings.provider_cache_days
    options: dict[str, object] = {
        "save_to_cache": _SAVE_TO_CACHE[settings.share_results],
        "cache_days_private": private_days,
        "cache_days_global": settings.global_cache_days,
    }
    if settings.ported_date and kind is not LookupKind.VALIDATE:
        options["get_ported_date"] = "YES"
    if settings.landline_status and kind is LookupKind.HLR:
        options["get_landline_status"] = "YES"
    if settings.usa_status and kind is LookupKind.HLR:
        options["usa_status"] = "YES"
    return options


def encode_request(key: str, secret: str, numbers: Sequence[str], options: Mapping[str, object]) -> bytes:
    """Gives the body of one lookup. It holds the credentials: it must never reach a log or a message.

    >>> encode_request("k", "s", ["447790606023"], {"cache_days_private": 1})
    b'{"api_key":"k","api_secret":"s","requests":[{"telephone_number":"447790606023","cache_days_private":1}]}'
    """
    requests = [{"telephone_number": number, **options} for number in numbers]
    return msgspec.json.encode({"api_key": key, "api_secret": secret, "requests": requests})


def encode_balance(key: str, secret: str) -> bytes:
    """Gives the body of a balance request."""
    return msgspec.json.encode({"api_key": key, "api_secret": secret})


def decode_balance(body: bytes) -> float:
    """Reads the credits left on the account.

    Raises:
        ProtocolError: The reply holds no balance.

    >>> decode_balance(b'{"Status":"OK","Credits":1234.5}')
    1234.5
    """
    found = _json_object(body)
    fields = {name.lower(): value for name, value in found.items()}
    credits_left = _number(fields.get("credits"))
    if credits_left is None:
        raise ProtocolError("the reply to a balance request holds no 'Credits'", status=200)
    return credits_left


def decode_results(body: bytes) -> list[Result]:
    """Reads the results of a 200 reply, at top level or under ``body``.

    Args:
        body: The reply's bytes, not compressed.

    Raises:
        ProtocolError: The bytes are no JSON, or hold no results.
        ProviderError: The envelope carries an error of its own.
    """
    try:
        return list(msgspec.json.decode(body, type=_ExactEnvelope).results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(_json_object(body))


def _decode_leniently(envelope: Mapping[str, Any]) -> list[Result]:
    inner = envelope.get("body")
    if "results" not in envelope and inner is not None:
        envelope = {**envelope, **(inner if isinstance(inner, dict) else _json_object(str(inner).encode()))}
    results = envelope.get("results")
    if isinstance(results, list):
        return [_lenient_result(each) for each in results]
    status = envelope.get("statusCode")
    if isinstance(status, int) and status != HTTP_OK:
        raise error_of_reply(status, msgspec.json.encode(envelope))
    raise ProtocolError("the reply holds no results", status=HTTP_OK, code=_text(envelope.get("error")))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError(f"the reply is not JSON ({len(body)} bytes)", status=HTTP_OK) from None
    if not isinstance(found, dict):
        raise ProtocolError(f"the reply is a JSON {type(found).__name__}, not an object", status=HTTP_OK)
    return found


def _lenient_result(raw: object) -> Result:
    """Reads what can be read; what does not fit its field goes to ``extra`` with the unknown fields."""
    if not isinstance(raw, dict):
        return Result()
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for wire_name, value in raw.items():
        name = _FIELDS.get(wire_name)
        fitted = _fit(name, value) if name else None
        if name and (fitted is not None or value is None):
            known[name] = fitted
        else:
            extra[wire_name] = value
    return Result(**known, extra=json.dumps(extra, sort_keys=True, ensure_ascii=False) if extra else None)


def _fit(name: str, value: object) -> object:
    if name == "credits_spent":
        return _number(value)
    if name == "request_parameters":
        return Echo(_text(value.get("telephone_number"))) if isinstance(value, dict) else None
    if name.endswith("_details"):
        if not isinstance(value, dict):
            return None
        return Network(**{each.name: _text(value.get(each.encode_name)) for each in _NETWORK_FIELDS})
    return _text(value)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "YES" if value else "NO"
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def error_of_reply(status: int, body: bytes, *, retry_after: float | None = None) -> ProviderError:
    """Gives the error that a reply other than 200 stands for; nothing is billed for any of them (documented).

    Args:
        status: HTTP status.
        body: The reply's bytes; they may be empty or no JSON.
        retry_after: Seconds of the ``Retry-After`` header, where there was one.
    """
    try:
        said = _json_object(body)
    except ProtocolError:
        said = {}
    code = _text(said.get("error"))
    words = f"HTTP {status}" + "".join(f" {part}" for part in (code, _text(said.get("message"))) if part)
    if status in {HTTP_UNAUTHORIZED, HTTP_FORBIDDEN}:
        cure = "check HLR_API_KEY and HLR_API_SECRET (v2 credentials from the account settings)"
        return AuthError(f"the provider does not accept the key and secret: {words}; {cure}", status=status, code=code)
    if status == HTTP_TOO_MANY:
        return RateLimited(f"throttled: {words}", status=status, code=code, retry_after=retry_after)
    if status >= HTTP_SERVER_ERROR:
        return Unavailable(f"the provider failed: {words}", status=status, code=code, retry_after=retry_after)
    if status < HTTP_BAD_REQUEST:
        cure = "check the base URL: it should end in /apiv2"
        return RequestError(f"an unexpected reply: {words}; {cure}", status=status, code=code)
    cure = "check the base URL (it should end in /apiv2) and the settings"
    return RequestError(f"the provider rejects the request: {words}; {cure}", status=status, code=code)


def match_results(
    numbers: Sequence[str], results: Sequence[Result], *, positional: bool = False
) -> list[Result | None]:
    """Gives each number its result, or ``None`` where the reply has none for it.

    By the echoed number; by position only for results without an echo, and only if the counts agree.

    Args:
        numbers: What was asked, distinct.
        results: What came.
        positional: Whether echoes may name other numbers, as the vendor's testing suite answers.
    """
    agree = len(numbers) == len(results)
    if agree and (positional or all(map(_echoes, results, numbers))):
        return list(results)
    by_echo = {_echo(each): each for each in reversed(results)}
    matched = [by_echo.get(number) for number in numbers]
    if agree:
        return [
            result if found is None and not _echo(result) else found
            for found, result in zip(matched, results, strict=True)
        ]
    return matched


def _echo(result: Result) -> str:
    echo = result.request_parameters
    return (echo.telephone_number or "").lstrip("+") if echo is not None else ""


def _echoes(result: Result, number: str) -> bool:
    echo = result.request_parameters
    return echo is not None and echo.telephone_number == number


def trouble_of(result: Result | None) -> Reason | None:
    """Says what is wrong with a result; ``None`` where it is a usable answer."""
    if result is None:
        return Reason.MISSING_REPLY
    if result.error in (None, "", "NONE"):
        has_content = result.live_status is not None or result.telephone_number_type is not None
        return None if has_content else Reason.UNREADABLE_REPLY
    known = {"INTERNAL_ERROR": Reason.INTERNAL_ERROR, "INSUFFICIENT_CREDIT": Reason.INSUFFICIENT_CREDIT}
    return known.get(result.error, Reason.PROVIDER_ERROR)


def answers_to_batch(answers: Sequence[Answer], *, received_at: datetime, provider: str) -> pa.RecordBatch:
    """Gives answers as a table of ``ANSWER_SCHEMA``, in order.

    Args:
        answers: Usable results.
        received_at: When they came, with time zone; stands in where the provider gave no time.
        provider: Name for the ``provider`` column.
    """
    results = [each.result for each in answers]
    columns: dict[str, Any] = {
        "msisdn": [each.msisdn for each in answers],
        "credits": [each.milli / 1000 for each in answers],
        "provider": [provider] * len(answers),
        "checked_at": _times([each.timestamp for each in results], received_at),
        "is_ported": [_YES_NO.get(each.is_ported or "") for each in results],
        "disposable": [_YES_NO.get(each.disposable_number or "") for each in results],
        "live_status": [each.live_status or None for each in results],
        "number_type": [each.telephone_number_type or None for each in results],
        "ported_date": [each.ported_date or None for each in results],
        "uuid": [each.uuid or None for each in results],
        "error": [None if each.error == "NONE" else each.error or None for each in results],
        "detected_number": [each.detected_telephone_number or None for each in results],
        "formatted_number": [each.formatted_telephone_number or None for each in results],
        "usa_status": [each.usa_status or None for each in results],
        "sms_email": [each.sms_email or None for each in results],
        "mms_email": [each.mms_email or None for each in results],
        "extra": [each.extra for each in results],
        **_network_columns("original", [each.original_network_details for each in results]),
        **_network_columns("current", [each.current_network_details for each in results]),
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(columns[field.name], field.type) for field in ANSWER_SCHEMA], schema=ANSWER_SCHEMA
    )


_YES_NO: Final = {"YES": True, "NO": False}


def _network_columns(which: str, networks: Sequence[Network | None]) -> dict[str, list[str | None]]:
    names = {
        "network": "name",
        "mccmnc": "mccmnc",
        "country": "country_iso3",
        "country_name": "country_name",
        "prefix": "country_prefix",
    }
    if which == "original":  # the current network has no area
        names["area"] = "area"
    known = [each or _NO_NETWORK for each in networks]
    return {f"{which}_{column}": [getattr(each, name) or None for each in known] for column, name in names.items()}


_NO_NETWORK: Final = Network()


def _times(texts: Sequence[str | None], otherwise: datetime) -> list[datetime]:
    parsed: dict[str | None, datetime] = {text: _time(text) or otherwise for text in set(texts)}
    return [parsed[text] for text in texts]


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
