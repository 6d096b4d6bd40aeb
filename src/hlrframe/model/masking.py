r"""What of a number, a secret or a foreign text may be shown: whatever leaves in words goes through here.

A foreign text is one that the provider, a file or the environment wrote. ``printable`` takes from it what a terminal
would obey, ``discreet`` also what nobody else may read.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

import polars as pl

__all__ = ["discreet", "looks_like_data", "many_digits", "mask", "named", "printable", "printable_frame", "safe_url"]

#: Most characters of a foreign text in a message.
LONGEST: Final = 200
#: Characters of a long secret that are hidden without the rest of it.
PIECE: Final = 8
#: Fewest characters of a secret that is hidden inside of words, too.
SHORTEST: Final = 4
#: What commands a terminal: colours and cursors, titles and links, and other sequences that begin with an escape.
_COMMAND: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b."
)
#: What may hide in a text, as polars says it.
_UNSEEN: Final = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]"
#: What may be a telephone number, however it is written: seven digits and more with little between them.
_NUMBER: Final = re.compile(
    r"\d(?:[\s().\-/\u2010-\u2015\u2212]{0,3}\d){3,}(?=(?:[\s().\-/\u2010-\u2015\u2212]{0,3}\d){3})"
)
_USER: Final = re.compile(r"(?<=//).*@|^[^/]*@", re.DOTALL)
#: Names of columns that a message has room for.
_NAMED: Final = 12

#: As many digits as no name of a column has, and every telephone number.
_MANY_DIGITS: Final = re.compile(r"(?:\d\D{0,3}){5}")
_DATA: Final = re.compile(
    r".*@.*\..*|.*://.*|[\W\d_]+|n/?a|none|null|nan|yes|no|true|false|mrs?\.?|ms\.?", re.IGNORECASE | re.DOTALL
)


def mask(number: str) -> str:
    """Hides all but the last three digits, for messages and logs.

    >>> mask("447700900123")
    '…123'
    """
    return f"…{printable(number)[-3:]}"


def printable(text: str) -> str:
    r"""Gives a foreign text as one line without anything that a terminal would obey.

    >>> printable("\x1b[31mred\x1b[0m and\nblue\u202e")
    'red and blue'
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, _COMMAND.sub("", text)))


def printable_frame(frame: pl.DataFrame) -> pl.DataFrame:
    r"""Gives a frame whose texts are as :func:`printable` makes them.

    >>> printable_frame(pl.DataFrame({"name": ["one\nline", "red\x1b[31m"]}))["name"].to_list()
    ['one line', 'red']
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    strange = [name for name in texts if frame[name].str.contains(_UNSEEN).any()]
    return frame.with_columns(
        pl.Series(name, [None if each is None else printable(each) for each in frame[name]], pl.String)
        for name in strange
    )


def discreet(text: str, secrets: Iterable[str] = (), *, longest: int = LONGEST) -> str:
    """Gives a foreign text printable, short, without secrets, and with no more of a number than its last three digits.

    Args:
        text: What somebody else wrote.
        secrets: What must not appear, nor a piece of it, whatever it is glued to.
        longest: Most characters.

    >>> discreet("no key sesame-open for +44 7700 900 123", ["sesame-open"])
    'no key … for +… 123'
    """
    text = printable(text[: 16 * longest])  # nothing of that length is a message
    spellings = sorted({each for secret in secrets for each in _spellings(secret)}, key=len, reverse=True)
    for spelling in spellings:
        text = text.replace(spelling, "…") if len(spelling) >= SHORTEST else _without_word(text, spelling)
    for spelling in spellings:
        text = _without_pieces(text, spelling)
    return _NUMBER.sub("…", text)[:longest]


def safe_url(url: str) -> str:
    """Gives a URL for a message: without user, password and query, however badly it is written.

    >>> safe_url("https://me:pass/w@rd@host/apiv2?key=1")
    'https://…@host/apiv2'
    """
    return discreet(_USER.sub("…@", re.split(r"[?#]", url, maxsplit=1)[0]))


def many_digits(text: str) -> bool:
    """Says whether a text holds more digits than a name does.

    >>> many_digits("07400 123456"), many_digits("phone 2024")
    (True, False)
    """
    return _MANY_DIGITS.search(text) is not None


def looks_like_data(names: Sequence[str]) -> bool:
    """Says whether what should be the names of columns may be somebody's data instead, which no message shows.

    >>> (
    ...     looks_like_data(["name", "phone 2"]),
    ...     looks_like_data(["Ada", "07400 123456"]),
    ...     looks_like_data(["Ada", "", "UK"]),
    ... )
    (False, True, True)
    """
    filled = list(names)
    while filled and not filled[-1].strip():  # a separator too many is no sign of anything
        filled.pop()
    return any(many_digits(name) or _DATA.fullmatch(name.strip()) or not name.isprintable() for name in filled) or not (
        all(name.strip() for name in filled)
    )


def named(names: Sequence[str]) -> str:
    """Names columns in a message, unless they may be somebody's data: of a file that was read without a header.

    >>> named(["name", "phone 2"]), named(["Ada", "07400 123456"])
    ("'name', 'phone 2'", '2 columns, whose names look like data: has it no header?')
    """
    if looks_like_data(names):
        return f"{len(names)} columns, whose names look like data: has it no header?"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(map(repr, names[:_NAMED]))}{more}"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    # Line feeds and tabs keep words apart; what is invisible, turns the direction or is half a character goes.
    return " " if unicodedata.category(character) in {"Cc", "Zs", "Zl", "Zp"} else ""


def _spellings(secret: str) -> Iterator[str]:
    """Gives the forms in which a secret can come back."""
    raw = secret.encode("utf-8", "replace")
    yield from filter(None, (secret, json.dumps(secret)[1:-1], quote(raw, safe=""), base64.b64encode(raw).decode()))


def _without_word(text: str, secret: str) -> str:
    return re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", "…", text)


def _without_pieces(text: str, secret: str) -> str:
    hidden = set[int]()
    for start in range(len(secret) - PIECE + 1):
        piece, at = secret[start : start + PIECE], -1
        while (at := text.find(piece, at + 1)) >= 0:
            hidden.update(range(at, at + PIECE))
    if not hidden:
        return text
    return re.sub("\0+", "…", "".join("\0" if place in hidden else each for place, each in enumerate(text)))
