"""What people write around a number, taken off as column expressions: the rules of :mod:`hlrframe.phone.repair`.

A text is *bared* to one run of digits where nothing stands around that but what :mod:`hlrframe.phone.repair` is certain
to take off: blanks and quotes; a label or a link in front; an extension, the end of a second number or words behind.
Each pattern is narrower than what is done there to one text, so that the first spelling of the text is that of the run.
What is more doubtful keeps a mark that no run has, and is read one at a time.
"""

from typing import Final

import polars as pl

from hlrframe.phone.characters import plain
from hlrframe.phone.dated import TIMED
from hlrframe.phone.repair import (
    EXACT_FLOAT,
    EXTENSION_WORDS,
    LONGEST_EXTENSION,
    WRAPPED_BEHIND,
    WRAPPED_IN_FRONT,
)

__all__ = ["LETTERS", "MET", "bared", "tidied"]

#: Characters often met in columns of numbers that are not plain: blanks, what shows nothing, dashes.
MET: Final = (
    "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
)
_PLAIN: Final = {each: plain(each) for each in MET}
#: Letters that a text keeps as they are, and that a wrong decoding does not leave behind.
LETTERS: Final = "A-Za-zÀÁÃ-ÎÐ-ÖØ-áã-îð-öø-ÿ"
#: A link to a chat, whose number starts with its calling code.
_CHAT: Final = r"^(?i-u:(?:https?://)?(?:wa\.me/|(?:api\.)?whatsapp\.com/send/?\?phone=))\+?([0-9]{7,15})$"
#: A link that dials, a label that does not end in a letter, or both.
_IN_FRONT: Final = (
    rf"^(?:(?i-u:tel|callto|sms|smsto|whatsapp):/{{0,2}} ?)?(?:[{LETTERS}][{LETTERS} .:()\-]{{0,40}}[ .:\-])?"
)
#: An extension; any other letter before its word is left, and so no run is.
_EXTENSION: Final = (
    rf"[ ,;(]{{0,4}}(?i-u:{'|'.join(filter(str.isascii, EXTENSION_WORDS))})[ .:=/\-]{{0,4}}"
    rf"[0-9]{{1,{LONGEST_EXTENSION}}}[#) ]{{0,4}}"
)
#: The end of a second number.
_ENDING: Final = r" ?/ ?[0-9]{1,3}"
_NOTE: Final = rf"[ ,;.:()/\-][{LETTERS} ,;.:()/\-]{{0,80}}"
_BEHIND: Final = f"(?:{_EXTENSION}|{_ENDING}|{_NOTE})$"
#: What may be an extension itself behind a label, where another extension was taken off.
_ONE_GROUP: Final = rf"^[0-9]{{1,{LONGEST_EXTENSION}}}\)?$"
_LISTED: Final = rf"[0-9)]{_ENDING}$"
#: What may stand before the end of a second number only where the text is read part by part.
_DIVIDED: Final = r"/|\( *0 *\).*\( *0 *\)"


def bared(texts: pl.DataFrame) -> pl.DataFrame:
    """Takes off what stands around the numbers of a column.

    Args:
        texts: A column ``text``, as it stands in the cells, beside any others.

    Returns:
        The rows that are certain to mean what is left, with it as ``text``; ``behind``, whether something stood behind
        it, which may be more of it where it alone is no number; and ``listed``, whether that ends a second number.
    """
    text, left = pl.col("text"), pl.col("left")
    tidy = tidied(texts).with_columns(left=text.str.replace(_BEHIND, ""))
    front = left.str.replace(_IN_FRONT, "")
    cut = tidy.with_columns(behind=left != text, front=front != left, left=front)
    spaced = left.str.replace_all(" - ", "-", literal=True).str.replace_all(" / ", "/", literal=True)
    marked = cut.with_columns(left=spaced)
    listed = marked.with_columns(stripped=text != left, listed=pl.col("behind") & text.str.contains(_LISTED))
    doubtful = (
        left.str.contains(EXACT_FLOAT)
        | (pl.col("behind") & pl.col("front") & left.str.contains(_ONE_GROUP))
        | (pl.col("listed") & left.str.contains(_DIVIDED))
    )
    certain = ~(pl.col("stripped") & doubtful) & ~text.str.contains(TIMED)
    return listed.filter(certain).with_columns(text=left).drop("left", "stripped", "front")


def tidied(texts: pl.DataFrame) -> pl.DataFrame:
    """Tidies the texts of which only usual marks and wrappings make it necessary; a chat's number gets its plus."""
    text = pl.col("text")
    stripped = texts.with_columns(text.str.strip_chars())
    if stripped["text"].str.contains("[^ -~]").any():
        stripped = stripped.with_columns(text.str.replace_many(_PLAIN))
    tidy = stripped.with_columns(
        text.str.replace_all(" {2,}", " ").str.strip_chars_start(WRAPPED_IN_FRONT).str.strip_chars_end(WRAPPED_BEHIND)
    )
    links = tidy["text"].str.contains(_CHAT)
    return tidy.with_columns(text.str.replace(_CHAT, "+${1}")) if links.any() else tidy
