"""A JSON array of objects: its elements one by one, each as the line that it would be in NDJSON.

A file whose first value is an object is read as NDJSON, whatever its ending.
"""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from hlrframe.errors import InputError
from hlrframe.files.ndjson.lines import NdjsonLines

__all__ = ["JsonLines"]

#: Characters that are read at a time.
_STRIDE: Final = 1 << 20
_BLANK: Final = re.compile(r"[ \t\r\n]*")
#: A line end is never inside a JSON text: there it is escaped.
_FOLD: Final = re.compile(r"[ \t]*[\r\n]\s*")


class JsonLines(NdjsonLines):
    """A JSON array, read like NDJSON: an element is a line, whose number a message names.

    Args:
        path: The file.
        taken: What is taken of it.

    Raises:
        InputError: It cannot be read, is empty, or is neither an array of objects nor NDJSON.
    """

    has_lines: ClassVar = False

    def lines(self) -> Iterator[tuple[str, str]]:
        """Gives the elements, and how a message calls each."""
        with self._open() as file:
            start = _BLANK.sub("", file.read(_STRIDE), count=1)
        if start and not start.startswith("["):
            yield from super().lines()
            return
        with self._open() as file:
            for number, element in enumerate(_Elements(file, self.path, longest=self.taken.characters), 1):
                yield f"element {number}", element


class _Elements:
    """Reads an array one element at a time; what is read ahead is bounded."""

    def __init__(self, file: io.TextIOBase, path: Path, *, longest: int) -> None:
        self._file = file
        self._path = path
        self._longest = longest
        self._text = ""
        self._at = 0
        self._scan = json.JSONDecoder().raw_decode

    def __iter__(self) -> Iterator[str]:
        count = 0
        if not self._next():
            return  # nothing but blanks
        self._at += 1
        while (mark := self._next()) and mark != "]":
            if count and mark != ",":
                raise self._broken(count)
            if count:
                self._at += 1
                self._next()
            yield self._element(count + 1)
            count += 1
        if not mark:
            raise self._broken(count)
        self._at += 1
        if self._next():
            raise InputError(f"{self._path}: something stands behind the array: is this one JSON file?")

    def _next(self) -> str:
        """Goes to the next character that is no blank; an empty text at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _element(self, number: int) -> str:
        while True:
            try:
                _, end = self._scan(self._text, self._at)
            except RecursionError:
                raise InputError(f"{self._path}, element {number}: it is nested too deeply") from None
            except ValueError:
                if len(self._text) - self._at > self._longest:
                    raise self._too_long(number) from None
                if not self._more():
                    raise self._broken(number) from None
                continue
            if end == len(self._text) and self._more():  # a number may go on
                continue
            element, self._at = self._text[self._at : end], end
            return _FOLD.sub(" ", element)

    def _more(self) -> bool:
        # Half of what is there at the least, so that an element is not scanned anew for each piece.
        piece = self._file.read(max(_STRIDE, (len(self._text) - self._at) // 2))
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)

    def _too_long(self, number: int) -> InputError:
        return InputError(
            f"{self._path}, element {number}: it is no whole JSON, or longer than {self._longest:,} characters, for "
            "which memory_limit (--memory-limit) leaves no room; raise it, or mend the element"
        )

    def _broken(self, number: int) -> InputError:
        return InputError(f"{self._path}, element {number}: this is no whole JSON")
