"""Where the rows of a JSON file may be, whose objects do not have the phone column themselves."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

__all__ = ["where_rows_are"]

#: Members into each other that are looked into.
_DEEPEST: Final = 3
#: Elements of an array that are looked at.
_FEW: Final = 100


def where_rows_are(line: str, columns: Sequence[str]) -> str:
    """Says where objects with a phone column stand, and how to take them out; nothing where none is found.

    Args:
        line: The first object.
        columns: The phone columns.

    >>> where_rows_are('{"data": [{"phone": 1}], "n": 1}', ["phone"])
    "; its rows stand under 'data': take them out first, as with jq '.data[]'"
    """
    try:
        paths = _paths(json.loads(line), set(columns), 0)
        path = next(paths, None)
    except (ValueError, RecursionError):
        return ""
    if path is None:
        return ""
    names = [each for each in path if each]
    under = f" under {'.'.join(names)!r}" if names else " as members of one object"
    return f"; its rows stand{under}: take them out first, as with jq '{_program(path)}'"


def _paths(value: object, columns: set[str], depth: int) -> Iterator[list[str]]:
    """Gives the names on the way to objects that have a column; an empty one stands for all elements or members."""
    if depth > _DEEPEST or not isinstance(value, dict | list):
        return
    if isinstance(value, list):
        rows = [each for each in value[:_FEW] if isinstance(each, dict)]
        if any(columns & each.keys() for each in rows):
            yield [""]
        return
    some = list(value.items())[:_FEW]
    if depth and columns & value.keys():
        yield []
    elif len(some) > 1 and all(isinstance(each, dict) and columns & each.keys() for _, each in some):
        yield [""]
    else:
        for name, inner in some:
            yield from ([name, *path] for path in _paths(inner, columns, depth + 1))


def _program(path: Sequence[str]) -> str:
    steps = (f".{each}" if each.isidentifier() and each.isascii() else f"[{json.dumps(each)}]" for each in path if each)
    program = "".join(steps) or "."
    program = program if program.startswith(".") else f".{program}"
    return program + ("[]" if path and not path[-1] else "")
