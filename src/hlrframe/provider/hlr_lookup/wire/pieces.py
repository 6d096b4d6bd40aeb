"""The parts of JSON that no reader takes as a whole: what is broken in one of them costs none of the others.

Nothing here recurses, so that no nesting is too deep.
"""

import re
from typing import Final

__all__ = ["elements", "is_deeper", "members"]

#: A string, also one that nothing ends, or a sign that gives JSON its shape.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},]', re.DOTALL)
_NAME: Final = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*:', re.DOTALL)


def elements(text: str) -> list[str]:
    r"""Gives the elements of an array as they stand there, whatever they hold; none where it is no array.

    >>> elements('[{"a": 1}, {"b": "\\q, ]"}]')
    ['{"a": 1}', '{"b": "\\q, ]"}']
    """
    return _parts(text, "[")


def members(text: str) -> dict[str, str]:
    r"""Gives the members of an object by their names, as they stand there; none where it is no object.

    >>> members('{"a": [1, 2], "b": NaN}')
    {'a': '[1, 2]', 'b': 'NaN'}
    """
    parts = ((_NAME.match(part), part) for part in _parts(text, "{"))
    return {name[1]: part[name.end() :].strip() for name, part in parts if name}


def is_deeper(text: str, levels: int) -> bool:
    """Tells whether JSON is nested deeper than so many levels.

    >>> is_deeper('[{"a": "[[["}]', 2), is_deeper("[[[]]]", 2)
    (False, True)
    """
    if text.count("[") + text.count("{") <= levels:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > levels:
            return True
    return False


def _parts(text: str, opening: str) -> list[str]:
    """Gives what stands between the commas of the outermost array or object, as far as it goes."""
    parts, depth, begin = [], 0, 0
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        if sign in "[{":
            depth += 1
            if depth == 1:
                if sign != opening:
                    return []
                begin = token.end()
        elif sign != '"' and depth == 1:  # a comma between two parts, or the end of the last
            parts.append(text[begin : token.start()].strip())
            begin = token.end()
        if sign in "]}":
            depth -= 1
            if depth <= 0:
                break
    return [part for part in parts if part]
