"""How a reply is dressed: the same facts in the form that the manners choose."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hlrframe.emulator.numbering import digits_of
from hlrframe.provider import Manners

__all__ = ["dressed", "enveloped"]

_DETAILS: Final = ("original_network", "current_network")
#: What a field holds that nobody knows.
_NEW: Final = "NO"


def dressed(result: dict[str, Any], manners: Manners) -> dict[str, Any]:
    """Gives one result in the form that the manners choose.

    >>> dressed(
    ...     {"credits_spent": 1, "live_status": "LIVE"}, Manners(credits_as="text", missing_fields=("live_status",))
    ... )
    {'credits_spent': '1'}
    """
    fields = result | dict.fromkeys(manners.new_fields, _NEW)
    if manners.credits_as == "text" and "credits_spent" in fields:
        fields["credits_spent"] = str(fields["credits_spent"])
    if not fields.get("live_status", "kept"):
        del fields["live_status"]
    for name in _DETAILS:
        if manners.no_details != "absent" and fields.get(name) == "NOT_AVAILABLE":
            fields[f"{name}_details"] = None if manners.no_details == "null" else {}
    if "request_parameters" in fields:
        fields["request_parameters"] = _echo(fields["request_parameters"], manners)
    left_out = {*manners.missing_fields, *(("request_parameters",) if manners.echo == "none" else ())}
    return {name: value for name, value in fields.items() if name not in left_out}


def _echo(parameters: dict[str, Any], manners: Manners) -> dict[str, Any]:
    if manners.echo != "plus":
        return parameters
    return parameters | {"telephone_number": f"+{digits_of(parameters['telephone_number'])}"}


def enveloped(results: Sequence[dict[str, Any]], manners: Manners) -> bytes:
    """Gives the body of a reply.

    >>> enveloped([], Manners(envelope="body"))
    b'{"body":{"results":[]}}'
    """
    reply = {"results": list(reversed(results)) if manners.order == "reversed" else results}
    match manners.envelope:
        case "body":
            return msgspec.json.encode({"body": reply})
        case "text":
            return msgspec.json.encode({"body": msgspec.json.encode(reply).decode()})
        case _:
            return msgspec.json.encode(reply)
