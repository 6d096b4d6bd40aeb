"""What a sheet of an OpenDocument comes to, where one tag may stand for many cells and many spaces."""

from typing import Final
from xml.parsers import expat

__all__ = ["CellCount"]

_ROW: Final = "table:table-row"
_CELLS: Final = ("table:table-cell", "table:covered-table-cell")
_SPACES: Final = "text:s"
#: Where nobody can say how many, too many.
_MANY: Final = 1 << 40


class CellCount:
    """Counts the cells that have something in them, and the bytes of their texts, each as often as it is repeated.

    Attributes:
        cells: The cells.
        bytes: The bytes of their texts.
    """

    def __init__(self) -> None:
        self.cells = 0
        self.bytes = 0
        self._rows = 1
        self._times = 1
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.CharacterDataHandler = self._text

    def feed(self, piece: bytes) -> None:
        """Takes in what comes next of the document.

        Raises:
            xml.parsers.expat.ExpatError: It is no XML.
        """
        self._parser.Parse(piece, False)  # noqa: FBT003  # the parser takes no names

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _ROW:
            self._rows = _times(attributes.get("table:number-rows-repeated"))
        elif name in _CELLS:
            times = _times(attributes.get("table:number-columns-repeated"))
            self._times = times * self._rows
            if any(each.endswith(":value-type") for each in attributes):
                self.cells += self._times
        elif name == _SPACES:
            self.bytes += _times(attributes.get("text:c")) * self._times

    def _text(self, text: str) -> None:
        self.bytes += len(text) * self._times


def _times(stated: str | None) -> int:
    if stated is None:
        return 1
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) <= len(str(_MANY)) else _MANY
