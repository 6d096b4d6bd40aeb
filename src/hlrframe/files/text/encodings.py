"""Which encoding a text file is in: what it says itself, what somebody says, or a guess that is said aloud.

Nothing is garbled silently. What is UTF-8 but for some stray bytes stays UTF-8, and its stray bytes go through as they
are; what is of another encoding is decoded whole, strictly, before anything is asked.
"""

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hlrframe.errors import ConfigError, InputError
from hlrframe.files.text.lines import open_bytes, too_long

__all__ = ["TextEncoding", "checked_encoding", "find_encoding"]

#: Bytes that are looked at in one go.
_STRIDE: Final = 1 << 20
#: Bytes with others than ASCII in their lines that a guess is made from.
_SAMPLE: Final = 1 << 16
#: Most bytes of a character.
_WIDEST: Final = 4
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
#: What spreadsheets and databases of this world have written.
_CANDIDATES: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("cp932", "euc-jp", "gb18030", "big5", "cp949", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"),
    *("cp437", "cp737", "cp775", "cp850", "cp852", "cp857", "cp860", "cp866", "mac-latin2"),
    *("iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-9", "iso-8859-13"),
)
#: Western Europe's encodings, which are by far the most frequent: names hold so few letters that are not ASCII that
#: neighbours look almost as likely. Another is believed only where it is likelier by this factor.
_USUAL: Final = ("cp1252", "iso8859-1", "cp850", "mac-roman")
_CLEARLY: Final = 1.65
#: Signs that stand between letters only where the text was decoded as what it is not.
_ODD: Final = re.compile(r"[^\W\d_][¡-³µ¶¸-¿×÷‚ƒ„†‡ˆ‰‹•˜™›\x80-\x9f][^\W\d_]")  # noqa: RUF001  # meant
#: Signs that no name has (control signs of Latin-1 apart, of which a damaged file has some), and a word.
_NO_LETTERS: Final = re.compile(r"[¡-©«-±´¶¸¹»-¿×÷†‡‰‹•™›\u2190-\u2bff]")  # noqa: RUF001  # meant
#: The first letter of other alphabets than the Latin one, and the Latin letters that stand behind some of them.
_FIRST_OTHER: Final = "\u0370"
_MORE_LATIN: Final = "\u1e00"
_WORD: Final = re.compile(r"[^\W\d_]+")
#: Halves of characters, which some databases write as if they were characters.
_HALVES: Final = re.compile("\udced[\udca0-\udcbf][\udc80-\udcbf]")
_STRAY: Final = re.compile("[\udc80-\udcff]")
#: Bytes that begin no character of several bytes in UTF-8.
_NO_LEADS: Final = bytes({*range(256)} - {*range(0xC2, 0xF5)})


#: Bytes of EBCDIC that are letters, digits, blanks, line ends and the usual marks, in all of its code pages.
_EBCDIC: Final = bytes(
    {
        *(0x05, 0x0D, 0x15, 0x25, 0x40, 0x4B, 0x4D, 0x4E, 0x5D, 0x5E, 0x60, 0x61, 0x6B, 0x6D, 0x6F, 0x7A, 0x7D, 0x7F),
        *(high << 4 | low for high in (0x8, 0x9, 0xC, 0xD) for low in range(1, 10)),
        *(high << 4 | low for high in (0xA, 0xE) for low in range(2, 10)),
        *range(0xF0, 0xFA),
    }
)
#: Share of such bytes from which it is EBCDIC, and bytes that it has not, which other text has.
_MOST_OF: Final = 0.9
_NO_EBCDIC: Final = b"\n0123456789,"


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """How a file's bytes become text."""

    #: As Python names it; ``utf-8-sig`` where a byte-order mark begins the file.
    name: str
    #: Whether nobody said so, neither the file nor a person.
    guessed: bool = False
    #: The first line with bytes that are not of the encoding, which go through as they are; UTF-8 alone has such.
    stray: int | None = None

    @property
    def errors(self) -> str:
        """What Python does with bytes that are not of the encoding."""
        return "strict" if self.stray is None else "surrogateescape"

    @property
    def written(self) -> str:
        """How text of the same kind is written: spreadsheets know UTF-8 by its mark alone."""
        return "utf-8" if self.name == "utf-8" else "utf-8-sig"

    def check_whole(self, path: Path) -> None:
        """Refuses bytes that are not of the encoding, where they cannot go through as they are.

        Raises:
            InputError: There are some; the message names the line.
        """
        if self.stray is not None:
            raise InputError(
                f"{path}, line {self.stray}: this is no UTF-8, as the rest is, and goes only into text of the same "
                "kind: mend it, or name the encoding of all of it with encoding= (--encoding)"
            )

    def said(self, path: Path) -> str | None:
        """Says in a line what a person should know, ``None`` where all is certain."""
        if self.guessed:
            return (
                f"{path} is no UTF-8: it is read as {self.name}, which is a guess; "
                "where that is wrong pass encoding= (--encoding)"
            )
        if self.stray is not None:
            return (
                f"{path}, line {self.stray}: bytes that are no UTF-8, as the rest is; they stay as they are "
                "(where all of it is of another encoding pass encoding=, --encoding)"
            )
        return None


def checked_encoding(name: str, option: str = "encoding") -> str:
    """Gives the name by which Python knows an encoding of text.

    Raises:
        ConfigError: It knows none of that name.

    >>> checked_encoding("Windows-1251"), checked_encoding("UTF8")
    ('cp1251', 'utf-8')
    """
    try:
        "".encode(name)  # knows bytes-to-bytes codecs from those of text
        return codecs.lookup(name).name
    except (LookupError, ValueError, TypeError, UnicodeError):
        raise ConfigError(
            f"{option}={name!r} is no encoding: name one such as utf-8, utf-16, cp1252, cp1251, cp932 or gb18030"
        ) from None


def find_encoding(path: Path, given: str | None, *, longest: int | None = None, guessing: bool = True) -> TextEncoding:
    """Finds the encoding in which a whole file makes sense.

    Args:
        path: The file.
        given: What somebody says that it is.
        longest: Most characters of one line; ``None`` where it has no lines.
        guessing: Whether it may be other than Unicode where nobody says so.

    Raises:
        InputError: It is not what it is said to be, must not be guessed, or has a longer line; the message names the
            line.
        ConfigError: There is no such encoding.
    """
    with open_bytes(path) as file:
        start = file.read(_SAMPLE)
    if given is None and _is_ebcdic(start):
        raise InputError(
            f"cannot read {path}: by its bytes it is EBCDIC, as mainframes write: name which one with encoding= "
            "(--encoding), such as cp037 of the United States, cp273 of Germany or cp500"
        )
    found = _given(start, checked_encoding(given)) if given is not None else _marked(start)
    if found in {None, "utf-8", "utf-8-sig"}:
        line = _not_in(path, found or "utf-8", longest)
        if line is None:
            return TextEncoding(found or "utf-8")
        if given is not None or _mostly_utf8(path):
            return TextEncoding(found or "utf-8", stray=line)
        if not guessing:
            raise InputError(f"{path}, line {line}: this is no UTF-8; name the encoding with encoding= (--encoding)")
        return _guess(path, longest)
    assert found is not None  # noqa: S101  # or it would be UTF-8
    line = _not_in(path, found, longest)
    if line is not None:
        raise InputError(
            f"{path}, line {line}: this is no {found}; name the encoding that it is with encoding= (--encoding)"
        )
    return TextEncoding(found)


def _marked(start: bytes) -> str | None:
    """Gives the Unicode encoding that a file begins as: by its mark, or by the zeros of UTF-16."""
    found = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    return found or _utf16_without_mark(start)


def _utf16_without_mark(start: bytes) -> str | None:
    """Looks for the halves that are zero in UTF-16, at least those of digits and separators."""
    pairs = len(start) // 2
    zeros = start[0 : pairs * 2 : 2].count(0), start[1 : pairs * 2 : 2].count(0)
    for name, many, few in (("utf-16-le", zeros[1], zeros[0]), ("utf-16-be", zeros[0], zeros[1])):
        if many * 4 > pairs > few * 50:
            text = start[: pairs * 2].decode(name, "ignore")
            return None if "\0" in text else name
    return None


def _given(start: bytes, name: str) -> str:
    """Joins what somebody says with what the mark says: ``utf-16-le`` with a mark is ``utf-16``."""
    marked = next((known for mark, known in _MARKS if start.startswith(mark)), None)
    if marked is not None and name.startswith(marked.removesuffix("-sig")):
        return marked
    if name == "utf-8-sig":
        return "utf-8"
    return _utf16_without_mark(start) or "utf-16-le" if name == "utf-16" else name


def _not_in(path: Path, encoding: str, longest: int | None) -> int | None:
    """Gives the first line that is not of an encoding, ``None`` where all are.

    Raises:
        InputError: A line is longer than what is read.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, length = 1, 0
    for chunk, last in _chunks(path):
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        length = length + len(chunk) if end < 0 else len(chunk) - end
        if longest is not None and length > longest * _WIDEST:  # a small packed file may hold a line of gigabytes
            raise too_long(path, lines, longest)
        try:
            text = decoder.decode(chunk, last)
        except UnicodeDecodeError as error:
            whole = bytes(error.object)[: error.start]
            return lines + whole.decode(encoding.removesuffix("-sig"), "ignore").count("\n")
        lines += text.count("\n")
    return None


def _chunks(path: Path) -> Iterator[tuple[bytes, bool]]:
    with open_bytes(path) as file:
        while chunk := file.read(_STRIDE):
            yield chunk, False
    yield b"", True


def _mostly_utf8(path: Path) -> bool:
    """Says whether a file has at least as many characters of UTF-8 as it has bytes that are none."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    leads = strays = 0
    for chunk, last in _chunks(path):
        text = _HALVES.sub("\ufffd", decoder.decode(chunk, last))
        escaped = "".join(_STRAY.findall(text)).encode("utf-8", "surrogateescape")
        strays += len(escaped)
        leads += len(chunk.translate(None, _NO_LEADS)) - len(escaped.translate(None, _NO_LEADS))
    return leads >= max(1, strays)


def _guess(path: Path, longest: int | None) -> TextEncoding:
    """Guesses from the lines that are not ASCII; what is guessed decodes all of the file."""
    for name in _ranked(_odd_lines(path)):
        if _not_in(path, name, longest) is None:
            return TextEncoding(name, guessed=True)
    raise AssertionError("latin-1 decodes everything")


def _odd_lines(path: Path) -> bytes:
    """Gives lines that are not ASCII, up to a size."""
    found = bytearray()
    rest = b""
    for chunk, last in _chunks(path):
        *lines, rest = re.split(rb"[\r\n]+", rest + chunk) if not last else (rest, b"")
        for line in lines:
            if not line.isascii():
                found += line[:_SAMPLE] + b"\n"
            if len(found) > _SAMPLE:
                return bytes(found[: _SAMPLE * 2])
        rest = rest[-_STRIDE:]
    return bytes(found)


def _ranked(sample: bytes) -> list[str]:
    """Gives encodings, the likeliest first."""
    import chardet  # noqa: PLC0415  # for files that are no UTF-8 alone

    found = chardet.detect_all(sample, ignore_threshold=True, include_encodings=_CANDIDATES, compat_names=False)
    likely = {codecs.lookup(each["encoding"]).name: each["confidence"] for each in found if each["encoding"]}
    for name in likely:
        text = sample.decode(name, "ignore")
        if name in _USUAL and not _ODD.search(text):
            likely[name] *= _CLEARLY
        likely[name] *= 1 - _oddness(text)
    ranked = sorted(likely, key=lambda name: -likely[name])
    return [*ranked, "cp1252", "latin-1"]


def _oddness(text: str) -> float:
    r"""Gives the share of the lines with other letters than ASCII that nobody writes so: ``KÜln``, ``Zo‰``.

    >>> _oddness("K\u00f6ln\nNadel"), _oddness("K\u00dcln\nM\u010dller")
    (0.0, 0.5)
    """
    lines = [line for line in text.splitlines() if not line.isascii()]
    odd = [line for line in lines if _NO_LETTERS.search(line) or any(map(_is_mixed, _WORD.findall(line)))]
    return len(odd) / len(lines) if lines else 0.0


def _is_mixed(word: str) -> bool:
    """Whether two alphabets meet, or a capital stands within a word that is not all capitals, not as in ``McKay``."""
    if word.isascii():
        return False
    within = itertools.pairwise(word)
    capitals = any(one.islower() and other.isupper() and not (one + other).isascii() for one, other in within)
    capitals = capitals or any(not each.isascii() and each.isupper() and not word.isupper() for each in word[1:])
    return capitals or (any(map(str.isascii, word)) and any(_FIRST_OTHER <= each < _MORE_LATIN for each in word))


def _is_ebcdic(start: bytes) -> bool:
    """Whether bytes are EBCDIC's letters and digits, and none of those of all other text."""
    alien = start.translate(None, _EBCDIC)
    other = len(start) - len(start.translate(None, _NO_EBCDIC))
    return len(start) > len(_EBCDIC) // 4 and not other and len(alien) <= len(start) * (1 - _MOST_OF)
