"""A reply without what is somebody's: shapes, types, the interface's own words, and prices.

Only what is known to be nobody's is kept; every other text becomes the name of its form.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from hlrframe.provider.hlr_lookup.check.outcomes import WORDS, safe_name
from hlrframe.provider.hlr_lookup.raw import RawReply

__all__ = ["headers_of", "shape", "shape_of"]

#: Figures that are nobody's: prices, and the options that were sent.
_FIGURES: Final = frozenset({"credits_spent", "cache_days_private", "cache_days_global", "statusCode"})
#: What a text may be, in the order in which it is looked for.
_FORMS: Final = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), "uuid"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "time, ISO 8601 with Z"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*"), "time, ISO 8601"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "date, year first"),
    (re.compile(r"\d+\.\d+"), "decimal as text"),
    (re.compile(r"\d{1,3}"), "figures"),
    (re.compile(r"\+\d+"), "plus and digits"),
    (re.compile(r"\d+"), "digits"),
    (re.compile(r"\S+@\S+"), "address"),
    (re.compile(r"[A-Z]{3}"), "letters, upper case"),
)
#: Words of the sentences that refusals are explained with.
_SENTENCES: Final = """
a account an and api_key api_secret are at be body cache_days_global cache_days_private credentials field format
get_landline_status get_ported_date in input_format invalid is it json key later many maximum missing more must
not number numbers of or output_format parameter please request requested requests required save_to_cache secret
telephone_number than the to too try again unexpected unknown usa_status value
"""
_PROSE: Final = frozenset(_SENTENCES.split())
_WELL_KNOWN: Final = """
connection content-encoding content-length content-type date etag retry-after server strict-transport-security
transfer-encoding vary via x-amz-cf-id x-amz-cf-pop x-amzn-requestid x-amzn-trace-id x-cache
"""
_HEADERS: Final = frozenset(_WELL_KNOWN.split())
_LIMITS: Final = re.compile(r"(x-)?rate-?limit(-[a-z]+)*")
_PLAIN_VALUES: Final[Mapping[str, re.Pattern[str]]] = {
    "content-type": re.compile(r"(application|text)/(json|html|plain)(; ?charset=utf-8)?", re.IGNORECASE),
    "content-encoding": re.compile(r"gzip|br|deflate|identity"),
    "transfer-encoding": re.compile(r"chunked"),
    "retry-after": re.compile(r"\d{1,4}(\.\d{1,3})?"),
}


def shape(value: Any, field: str = "") -> Any:  # noqa: ANN401  # JSON in, JSON out
    """Gives what may be shown of a piece of JSON.

    >>> shape({"telephone_number_type": "MOBILE", "name": "Example Mobile", "credits_spent": 0.5, "x": [1, 2]})
    {'telephone_number_type': 'MOBILE', 'name': 'text', 'credits_spent': 0.5, 'x': ['whole number']}
    """
    if isinstance(value, Mapping):
        return {safe_name(name): shape(each, str(name)) for name, each in value.items()}
    if isinstance(value, list):
        shapes = [shape(each, field) for each in value]
        return [each for place, each in enumerate(shapes) if each not in shapes[:place]]
    if isinstance(value, str):
        return _sentence(value) if field == "message" else _form(value)
    if value is None or isinstance(value, bool):
        return value
    if field in _FIGURES:
        return value
    return "whole number" if isinstance(value, int) else "decimal"


def _form(text: str) -> str:
    if text in WORDS:
        return text
    return next((form for pattern, form in _FORMS if pattern.fullmatch(text)), "text")


def _sentence(text: str) -> str:
    """Keeps the words that every refusal is made of.

    >>> _sentence("Invalid output_format requested by Jane")
    'Invalid output_format requested … …'
    """
    return " ".join(word if word.strip(".,:;'\"").lower() in _PROSE else "…" for word in text.split())


def shape_of(body: bytes) -> Any:  # noqa: ANN401  # JSON
    """Gives what may be shown of a body; a JSON text inside a string is opened."""
    if not body:
        return "empty"
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return "no JSON"
    if isinstance(content, Mapping) and isinstance(content.get("body"), str):
        return {"body": {"JSON in a string": shape_of(content["body"].encode())}}
    return shape(content)


def headers_of(reply: RawReply) -> dict[str, str]:
    """Gives the headers that may be shown: well-known names, and values that are nobody's."""
    known = [(name, value) for name, value in reply.headers if name in _HEADERS or _LIMITS.fullmatch(name)]
    shown = {name: _value(name, value) for name, value in known}
    others = len({name for name, _ in reply.headers} - shown.keys())
    return shown | ({"others": f"{others}"} if others else {})


def _value(name: str, value: str) -> str:
    plain = _PLAIN_VALUES.get(name)
    return value if plain is not None and plain.fullmatch(value) else "…"
