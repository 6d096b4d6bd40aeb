"""The members of one line of NDJSON: the phones among them as text, digit for digit; the others need not be JSON.

Writers of NDJSON put ``NaN``, halves of characters and raw control characters into it, which no strict reader takes.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

__all__ = ["Members", "NoText", "Value", "members_of", "strict_line"]

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
#: How JSON values begin that are no text and no number, and what these are called.
_NO_TEXT: Final[Mapping[str, str]] = {"{": "{object}", "[": "[list]", "t": "true", "f": "false"}


class NoText(NamedTuple):
    """A value that is neither text nor a number nor null."""

    #: What it is; no text that is a phone.
    kind: str
    #: As it stands.
    json: str


Value: TypeAlias = str | NoText | None


class Members(NamedTuple):
    """The members of an object."""

    names: Collection[str]
    #: Of the members that are wanted, in the order in which they are.
    values: tuple[Value, ...]
    #: Whether the line is JSON to the letter.
    is_strict: bool = True


class _Number(str):
    """A number as it stands."""

    __slots__ = ()


def members_of(line: str, wanted: Sequence[str]) -> Members:
    """Reads a line.

    Args:
        line: An object.
        wanted: Names of members whose values are wanted.

    Raises:
        ValueError: It is no object, or not whole; the words say which.

    >>> members_of('{"phone": 07, "n": NaN}', ["phone"])
    Traceback (most recent call last):
        ...
    ValueError: this is no whole JSON
    >>> members_of('{"phone": 7400, "n": NaN}', ["phone"]).values
    ('7400',)
    """
    try:
        found = _OBJECT.decode(line)
    except msgspec.ValidationError:
        raise ValueError("this is no JSON object") from None
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _loosely(line, wanted)
    except RecursionError:
        raise ValueError("this is nested too deeply") from None
    return Members(found, tuple(_value(bytes(found[name]).decode()) if name in found else None for name in wanted))


def _value(raw: str) -> Value:
    if raw.startswith('"'):
        return msgspec.json.decode(raw, type=str)
    if raw == "null":
        return None
    kind = _NO_TEXT.get(raw[0])
    return raw if kind is None else NoText(kind, raw)


def _loosely(line: str, wanted: Sequence[str]) -> Members:
    """Reads a line as Python does, which takes more than JSON."""
    try:
        found = json.loads(line, parse_int=_Number, parse_float=_Number, parse_constant=_Number, strict=False)
    except RecursionError:
        raise ValueError("this is nested too deeply") from None
    except ValueError:
        raise ValueError("this is no whole JSON") from None
    if not isinstance(found, dict):
        raise ValueError("this is no JSON object")  # noqa: TRY004  # a line of a file is no argument of a wrong type
    names = [*map(_whole, found)]
    return Members(names, tuple(_loose_value(found.get(name)) for name in wanted), is_strict=False)


def _loose_value(value: Any) -> Value:  # noqa: ANN401  # whatever JSON holds
    if isinstance(value, str):
        return _whole(value)
    return None if value is None else _value(json.dumps(value))


def _whole(text: str) -> str:
    """Gives text that can be written: a half of a character, or a stray byte, becomes the sign for such."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def strict_line(line: str, without: Sequence[str]) -> str:
    """Gives a line that is JSON to the letter, with null where there is no such value.

    Args:
        line: An object.
        without: Names of members that are null, whatever they hold.
    """
    found = json.loads(line, parse_int=_integer, strict=False)
    return json.dumps(_strict(found) | dict.fromkeys(without), allow_nan=False)


def _integer(digits: str) -> int | None:
    try:
        return int(digits)
    except ValueError:  # Python reads no number of thousands of digits
        return None


def _strict(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    if isinstance(value, dict):
        return {_whole(name): _strict(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_strict(each) for each in value]
    if isinstance(value, str):
        return _whole(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
