"""The characters of a text as plain ones: what web pages, programs and a wrong decoding make of them is undone."""

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["plain", "unescaped"]

#: Tags that set numbers apart, and tags that only dress them.
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/li|/td|/tr)\b[^>]*>", re.IGNORECASE)
_DRESS: Final = re.compile(r"</?(?:p|div|span|b|i|u|em|strong|font|li|td|tr|nobr|small)\b[^>]*>", re.IGNORECASE)
#: A character that a program wrote with its code.
_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")


def unescaped(text: str) -> str:
    """Undoes what web pages, programs and a wrong decoding make of characters: ``&nbsp;``, a code, ``Â``."""
    while "&" in text and (plain := html.unescape(text)) != text:
        text = plain
    if "<" in text:
        text = _DRESS.sub("", _BREAK.sub("\n", text))
    if "\\" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    if "\u00c2" in text or "\u00e2" in text or "\u00ef" in text:
        try:
            return text.encode("cp1252").decode("utf-8")
        except UnicodeError:
            return text
    return text


@lru_cache(maxsize=4096)
def plain(char: str) -> str:
    r"""Writes one character as the plain one that it stands for, if it shows anything at all.

    >>> plain("\u0664"), plain("\u00a0"), plain("\u200b")
    ('4', ' ', '')
    """
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    if "\uff01" <= char <= "\uff5e":
        char = chr(ord(char) - 0xFEE0)
    return _plain_mark(char, unicodedata.category(char))


def _plain_mark(char: str, category: str) -> str:
    if char in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if category in {"Cf", "Mn", "Me", "Cs"}:
        return ""
    if category in {"Zs", "Cc", "Co"} or char in _FILLERS:
        return " "
    if category == "Pd" or char in "\u2212\u30fc":
        return "-"
    return _LOOKALIKES.get(char, char)


#: Letters and symbols that show nothing, and what stands where a character was lost.
_FILLERS: Final = "\u115f\u1160\u3164\uffa0\u2800\ufffc\ufffd"
_LOOKALIKES: Final = {
    **dict.fromkeys("\ufe62\u207a\u2795", "+"),
    **dict.fromkeys("\u2018\u2019\u00b4\u2032\u201c\u201d", "'"),
    **dict.fromkeys("\u00b7\u2022\u2219\u22c5\u2024\u3002", "."),
    **dict.fromkeys("\u2044\u2215", "/"),
}
