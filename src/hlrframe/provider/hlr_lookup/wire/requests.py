"""What goes out: the body of a lookup and of a balance request."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from hlrframe.model import LookupKind, Settings

__all__ = ["OPTION_FIELDS", "encode_balance", "encode_request", "options_asked", "request_options"]

_PLACE: Final = "a number"
_PLACE_AS_SENT: Final = b'"a number"'
_SAVE_TO_CACHE: Final = {"no": "NO", "private": "PRIVATE", "yes": "YES"}
#: Our names of the options that change an answer, by the provider's.
OPTION_FIELDS: Final = MappingProxyType(
    {"get_landline_status": "landline_status", "get_ported_date": "ported_date", "usa_status": "usa_status"}
)


def request_options(settings: Settings, *, recheck: int = 0) -> dict[str, object]:
    """Gives the options that go out with every number.

    The three cache options are always sent, since the account's own defaults would apply otherwise. Nothing that is
    unset is sent: an unknown key or a null costs the whole request (HTTP 400, documented).

    Args:
        settings: Settings of the run.
        recheck: How many days ago the number may have been billed: as far back the provider's private cache must be
            on; 0 for not.
    """
    kind = LookupKind(settings.lookup)
    options: dict[str, object] = {
        "save_to_cache": _SAVE_TO_CACHE[settings.share_results],
        "cache_days_private": max(settings.provider_cache_days, recheck),
        "cache_days_global": settings.global_cache_days,
    }
    if settings.ported_date and kind is not LookupKind.VALIDATE:
        options["get_ported_date"] = "YES"
    if settings.landline_status and kind is LookupKind.HLR:
        options["get_landline_status"] = "YES"
    if settings.usa_status and kind is LookupKind.HLR:
        options["usa_status"] = "YES"
    return options


def options_asked(parameters: Mapping[str, object]) -> tuple[str, ...]:
    """Gives our names of the options that echoed parameters of a request ask for, sorted.

    >>> options_asked({"usa_status": "NO", "get_ported_date": "YES"})
    ('ported_date',)
    """
    return tuple(ours for theirs, ours in OPTION_FIELDS.items() if str(parameters.get(theirs)).strip().upper() == "YES")


def encode_request(key: str, secret: str, numbers: Sequence[str], options: Mapping[str, object]) -> bytes:
    """Gives the body of one lookup, of one number at least. It holds the credentials: it must never reach a log.

    >>> encode_request("k", "s", ["447790606023"], {"cache_days_private": 1})
    b'{"api_key":"k","api_secret":"s","requests":[{"telephone_number":"447790606023","cache_days_private":1}]}'
    """
    # The options are alike for all: they are written once, and go behind each number.
    before, after = msgspec.json.encode({"telephone_number": _PLACE, **options}).split(_PLACE_AS_SENT, 1)
    between = b'"%b,%b"' % (after, before)
    # A quote that stands in a text has a backslash before it.
    texts = msgspec.json.encode(numbers).replace(b'","', between)[1:-1]
    account = msgspec.json.encode({"api_key": key, "api_secret": secret, "requests": []})[:-2]
    return b"%b%b%b%b]}" % (account, before, texts, after)


def encode_balance(key: str, secret: str) -> bytes:
    """Gives the body of a balance request."""
    return msgspec.json.encode({"api_key": key, "api_secret": secret})
