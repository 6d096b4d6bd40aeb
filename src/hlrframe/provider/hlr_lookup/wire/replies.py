"""What comes in: bytes to results, fast where they are as we know them, and with patience where they are not."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hlrframe.errors import ProtocolError, ProviderError
from hlrframe.model import discreet
from hlrframe.provider.hlr_lookup.wire.pieces import elements, is_deeper, members
from hlrframe.provider.hlr_lookup.wire.refusals import HTTP_OK, error_of_reply
from hlrframe.provider.hlr_lookup.wire.results import MOST_CREDITS, Echo, Network, Result

__all__ = ["decode_balance", "decode_results"]


class _ExactNetwork(Network, frozen=True, gc=False, forbid_unknown_fields=True):
    """A network without a field that we do not know."""


class _ExactResult(Result, frozen=True, gc=False, forbid_unknown_fields=True):
    """A result without a field that we do not know."""

    original: _ExactNetwork | None = msgspec.field(default=None, name="original_network_details")
    current: _ExactNetwork | None = msgspec.field(default=None, name="current_network_details")


class _ExactReply(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    results: list[_ExactResult]


_Fields = dict[str, msgspec.Raw]

_EXACT: Final = msgspec.json.Decoder(_ExactReply)
_TYPED: Final = msgspec.json.Decoder(Result)
_FIELDS: Final = msgspec.json.Decoder(_Fields)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ANY: Final = msgspec.json.Decoder()
#: What decoders raise for bytes that they cannot read.
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
#: Our names of the fields that we know, by the provider's.
_KNOWN: Final = {each.encode_name: each.name for each in msgspec.structs.fields(Result) if each.name != "extra"}
_NETWORK: Final = {each.encode_name: each.name for each in msgspec.structs.fields(Network)}
_DETAILS: Final = ("original_network_details", "current_network_details")
#: Bytes from which a reply is looked at before it is read, and the objects and lists that it may hold then: a byte of
#: JSON can take a hundred in memory, and 80 results have 400 of them.
LONG: Final = 500_000
MOST_PARTS: Final = 20_000
#: A field that is nested deeper is noise, which other readers of JSON choke on.
MOST_NESTED: Final = 100
#: Without these nobody can say what a result means: it is unreadable where they are.
_VITAL: Final = ("error", "live_status")


def decode_balance(body: bytes) -> float:
    """Reads the credits left on the account.

    Raises:
        ProtocolError: The reply holds no balance.

    >>> decode_balance(b'{"Status":"OK","Credits":1234.5}')
    1234.5
    """
    fields = {name.lower(): _value(raw) for name, raw in _object(body).items()}
    credits_left = _number(fields.get("credits"))
    if credits_left is None:
        raise ProtocolError("the reply to a balance request holds no 'Credits'", status=HTTP_OK)
    return credits_left


def decode_results(body: bytes, *, secrets: Sequence[str] = ()) -> list[Result]:
    """Reads the results of a 200 reply, at top level or under ``body``.

    A result is never lost for one odd field: fields that are new, or not what they should be, go to ``extra`` as they
    came. Nor are results lost for a broken one beside them, nor fields for a broken one; where it is the field that
    says what the result means, that result alone is empty.

    Args:
        body: The reply's bytes, not compressed.
        secrets: Texts that must not appear in an error.

    Raises:
        ProtocolError: The bytes are no JSON, or hold no results.
        ProviderError: The envelope carries an error of its own.

    >>> decode_results(b'{"results":[{"live_status":"LIVE","roaming":false}]}')[0].extra
    '{"roaming":false}'
    """
    if len(body) > LONG and body.count(b"{") + body.count(b"[") > MOST_PARTS:
        raise ProtocolError(f"the reply has more parts than any reply ({len(body)} bytes)", status=HTTP_OK)
    try:
        return list(_EXACT.decode(body).results)
    except _UNREADABLE:
        return [_typed_result(raw) for raw in _raw_results(body, secrets)]


def _raw_results(body: bytes, secrets: Sequence[str]) -> list[msgspec.Raw]:
    envelope = _object(body)
    if "results" not in envelope and "body" in envelope:
        envelope |= _object(_unquoted(envelope["body"]))
    results = bytes(envelope.get("results", b""))
    try:
        return _LIST.decode(results)
    except _UNREADABLE:
        pass
    if broken := elements(results.decode("utf-8", "replace")):
        return [msgspec.Raw(each.encode()) for each in broken]
    raise _error_inside(envelope, secrets)


def _object(body: bytes) -> _Fields:
    # A network's name may come in an encoding of its own: better a blurred name than a paid answer thrown away.
    text = body.decode("utf-8-sig", "replace")
    try:
        return _FIELDS.decode(text)
    except _UNREADABLE:
        pass
    if (mended := _mended(text)) is not None:
        try:
            return _FIELDS.decode(mended)
        except _UNREADABLE:
            pass
    if broken := members(text):
        return {name: msgspec.Raw(value.encode("utf-8", "replace")) for name, value in broken.items()}
    raise ProtocolError(f"the reply is no JSON object ({len(body)} bytes)", status=HTTP_OK)


def _mended(text: str) -> bytes | None:
    """Gives JSON as it should be for what Python reads as JSON all the same; ``None`` for what it does not.

    A raw control character, half of a surrogate pair or a NaN in one field must not cost the answers beside it.
    """
    try:
        fields = json.loads(text, strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _unquoted(raw: msgspec.Raw) -> bytes:
    """Gives a JSON text that may be wrapped in a JSON string, as some gateways pass bodies on."""
    value = _value(raw)
    return value.encode() if isinstance(value, str) else bytes(raw)


def _error_inside(envelope: Mapping[str, msgspec.Raw], secrets: Sequence[str]) -> ProviderError:
    status = _value(envelope.get("statusCode"))
    if type(status) is int and HTTP_OK < status < 600:  # noqa: PLR2004  # the end of HTTP's own range
        return error_of_reply(status, msgspec.json.encode(envelope), secrets=secrets)
    code = _text(_value(envelope.get("error")))
    return ProtocolError("the reply holds no results", status=HTTP_OK, code=discreet(code, secrets) if code else None)


def _typed_result(raw: msgspec.Raw) -> Result:
    try:
        fields = _FIELDS.decode(raw)
    except _UNREADABLE:
        fields = _readable_fields(bytes(raw).decode("utf-8", "replace"))
        raw = msgspec.Raw(msgspec.json.encode(fields))
    unknown = {name: value for name, value in fields.items() if name not in _KNOWN}
    for name in _DETAILS:
        if new := _new_details(fields.get(name)):
            unknown[name] = msgspec.Raw(msgspec.json.encode(new))
    try:
        known = _TYPED.decode(raw)
    except _UNREADABLE:
        return _pieced_result(fields, unknown)
    return msgspec.structs.replace(known, extra=_json(unknown))


def _readable_fields(text: str) -> _Fields:
    """Gives the fields of a broken result that can be read; none where what it means cannot."""
    fields: _Fields = {}
    for name, value in members(text).items():
        mended = None if is_deeper(value, MOST_NESTED) else _mended(value)
        if mended is not None:
            fields[name] = msgspec.Raw(mended)
        elif name in _VITAL:
            return {}
    return fields


def _new_details(network: msgspec.Raw | None) -> _Fields:
    try:
        fields = _FIELDS.decode(network or b"{}")
    except _UNREADABLE:
        return {}
    return {name: value for name, value in fields.items() if name not in _NETWORK}


def _pieced_result(fields: _Fields, unknown: _Fields) -> Result:
    """Takes each field for itself; one that cannot be what it should be joins the unknown ones."""
    known: dict[str, object] = {}
    for wire_name, name in _KNOWN.items():
        if wire_name in fields:
            value = _value(fields[wire_name])
            known[name] = _fit(wire_name, value)
            if known[name] is None and bytes(fields[wire_name]) != b"null":
                unknown[wire_name] = fields[wire_name]
    return Result(**known, extra=_json(unknown))  # type: ignore[arg-type]  # _fit gives what each field takes


def _json(fields: _Fields) -> str | None:
    sane = {name: value for name, value in fields.items() if not is_deeper(bytes(value).decode(), MOST_NESTED)}
    return msgspec.json.encode(sane, order="sorted").decode() if sane else None


def _fit(wire_name: str, value: object) -> object:
    if wire_name == "credits_spent":
        charge = _number(value)
        return charge if charge is not None and charge <= MOST_CREDITS else None
    if wire_name == "request_parameters":
        return Echo(_text(value.get("telephone_number"))) if isinstance(value, dict) else None
    if wire_name.endswith("_details"):
        if not isinstance(value, dict):
            return None
        return Network(**{ours: _text(value.get(theirs)) for theirs, ours in _NETWORK.items()})
    return _text(value)


def _value(raw: msgspec.Raw | None) -> object:
    """Reads a piece of JSON; what cannot be read is ``None``."""
    try:
        return None if raw is None else _ANY.decode(raw)
    except _UNREADABLE:
        return None


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
