"""vCards, as address books export them: a row for each card and number, and one for a card without a number.

Versions 2.1, 3.0 and 4.0. What is read are the columns of :data:`COLUMNS`; a photograph is passed over line by line.
"""

import quopri
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa

from hlrframe.errors import GuessWarning, InputError
from hlrframe.files.columnar import TypedFile
from hlrframe.files.places import readable
from hlrframe.files.source import Taken
from hlrframe.files.text import chunks, find_encoding, lines_of, open_text

__all__ = ["COLUMNS", "VcardFile"]

#: What a row holds: the card's place in the file, what it says of the person, one of its numbers, and what it is for.
COLUMNS: Final = ("card", "name", "organization", "title", "email", "country", "phone", "phone_type")
_SCHEMA: Final = pa.schema([(name, pa.int64() if name == "card" else pa.string()) for name in COLUMNS])
_PROPERTY: Final = re.compile(
    r"(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<parameters>(?:;(?:[^\":;]|\"[^\"]*\")*)*):(?P<value>.*)", re.DOTALL
)
_PARAMETER: Final = re.compile(r";((?:[^\";]|\"[^\"]*\")*)")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
#: Where parts of a value end; a backslash before them makes them text.
_PARTS: Final = re.compile(r"(?<!\\);")
#: Which part of an address is its country, of a name its family and given name.
_COUNTRY: Final = 6
#: Words of ``TYPE`` that say nothing of a number.
_IDLE_TYPES: Final = {"pref", "voice", "internet", "x-internet"}
#: Characters of one property that are kept, but for those of photographs, which are not.
_MOST: Final = 1 << 16


class _Property(NamedTuple):
    name: str
    parameters: Mapping[str, str]
    value: str


class VcardFile(TypedFile):
    """A file of vCards.

    Args:
        path: The file.
        taken: What is taken of it; the phone column is ``phone``.

    Raises:
        InputError: It cannot be read, holds no card, or has no such column.
    """

    def __init__(self, path: Path, taken: Taken) -> None:
        with readable(path):
            self._encoding = find_encoding(path, taken.reading.encoding)
        self._encoding.check_whole(path)
        if said := self._encoding.said(path):
            warnings.warn(said, GuessWarning, stacklevel=2)
        self._longest = taken.characters
        super().__init__(path, _SCHEMA, taken)
        with readable(path):
            if next(self._cards(), None) is None:
                raise InputError(f"{path} holds no vCard: a card begins with BEGIN:VCARD")

    def _tables(self, rows: int, *, columns: list[str] | None = None) -> Iterator[pa.Table]:
        del columns  # they all stand in the same lines
        with readable(self._path):
            for chunk in chunks(self._rows(), rows):
                columns_ = zip(_SCHEMA, zip(*chunk, strict=True), strict=True)
                yield pa.table([pa.array(values, field.type) for field, values in columns_], schema=_SCHEMA)

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for number, card in enumerate(self._cards(), 1):
            facts = (number, _name(card), *(_joined(card, name) for name in ("ORG", "TITLE", "EMAIL")), _country(card))
            phones = [each for each in card if each.name == "TEL" and each.value.strip()]
            for phone in phones:
                yield (*facts, _number(phone.value), _types(phone))
            if not phones:
                yield (*facts, None, None)

    def _cards(self) -> Iterator[list[_Property]]:
        card: list[_Property] | None = None
        with open_text(self._path, encoding=self._encoding.name, errors="replace") as file:
            for each in map(_property, _unfolded(lines_of(file, self._path, longest=self._longest))):
                if each is None:
                    continue
                if (each.name, each.value.strip().upper()) == ("BEGIN", "VCARD"):
                    card = []
                elif (each.name, each.value.strip().upper()) == ("END", "VCARD") and card is not None:
                    yield card
                    card = None
                elif card is not None and each.name in _WANTED:
                    card.append(each)


_WANTED: Final = {"FN", "N", "ORG", "TITLE", "EMAIL", "ADR", "TEL"}


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Joins lines that go on: those that begin with a blank, and soft breaks of quoted-printable."""
    whole, quoted = "", False
    for raw in lines:
        line = raw.rstrip("\r\n")
        if quoted and whole.endswith("="):
            whole = whole[:-1] + line
        elif line[:1] in {" ", "\t"}:
            whole += line[1:] if len(whole) < _MOST else ""
        else:
            yield whole
            whole, quoted = line, "QUOTED-PRINTABLE" in line.upper()
    yield whole


def _property(line: str) -> _Property | None:
    match = _PROPERTY.fullmatch(line)
    if match is None:
        return None
    parameters: dict[str, str] = {}
    for text in _PARAMETER.findall(match["parameters"]):
        key, equals, value = text.partition("=")
        name = (key if equals else "TYPE").upper()  # version 2.1 has the words alone
        parameters[name] = ",".join(filter(None, [parameters.get(name), (value if equals else key).strip('"')]))
    value = match["value"]
    words = {parameters.get("ENCODING", "").upper(), *parameters.get("TYPE", "").upper().split(",")}
    if "QUOTED-PRINTABLE" in words:
        value = quopri.decodestring(value.encode("latin-1", "replace")).decode(_charset(parameters), "replace")
    return _Property(match["name"].upper(), parameters, value)


def _charset(parameters: Mapping[str, str]) -> str:
    try:
        "".encode(parameters.get("CHARSET", "utf-8"))
    except LookupError:
        return "utf-8"
    return parameters.get("CHARSET", "utf-8")


def _plain(text: str) -> str:
    r"""Takes the backslashes out.

    >>> _plain(r"Byron\, Ada")
    'Byron, Ada'
    """
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text).strip()


def _name(card: Iterable[_Property]) -> str | None:
    values = {each.name: each.value for each in reversed(list(card))}
    if full := _plain(values.get("FN", "")):
        return full
    family, given = [*_PARTS.split(values.get("N", "")), "", ""][:2]
    return " ".join(filter(None, map(_plain, (given, family)))) or None


def _joined(card: Iterable[_Property], name: str) -> str | None:
    values = [", ".join(filter(None, map(_plain, _PARTS.split(each.value)))) for each in card if each.name == name]
    return "; ".join(dict.fromkeys(filter(None, values))) or None


def _country(card: Iterable[_Property]) -> str | None:
    parts = [_PARTS.split(each.value) for each in card if each.name == "ADR"]
    return next((_plain(each[_COUNTRY]) for each in parts if len(each) > _COUNTRY and each[_COUNTRY].strip()), None)


def _number(value: str) -> str:
    text = _plain(value)
    return text[4:] if text[:4].lower() == "tel:" else text


def _types(phone: _Property) -> str | None:
    words = (word.strip().lower() for word in phone.parameters.get("TYPE", "").split(","))
    kept = [key for key, _ in groupby(sorted(word for word in words if word and word not in _IDLE_TYPES))]
    return ", ".join(kept) or None
