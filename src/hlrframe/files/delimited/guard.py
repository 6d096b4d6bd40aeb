"""Cells of lines of delimited text that a spreadsheet would run as formulas, made text; all else of a line stays."""

import re
from typing import Final

from hlrframe.model import FORMULA_BEGINS, guard_frame, guard_text

__all__ = ["LineGuard", "guard_frame", "guard_text"]

#: What may stand before a record.
_BLANK_LINES: Final = re.compile(r"(?:\r?\n)+")


class LineGuard:
    """Guards the cells of lines of delimited text; every other character stays.

    >>> print(LineGuard(";")('a;=1+1;-5;"@x; y";"b;=c"'))
    a;'=1+1;-5;"'@x; y";"b;=c"
    """

    def __init__(self, separator: str) -> None:
        around = re.escape(separator)
        self._perhaps = re.compile(rf'(?:^|[{around}\r\n])"?[{FORMULA_BEGINS}]')
        # A cell as it stands: quoted, with what may follow the closing quote, or plain up to the separator.
        quoted = r'"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"'
        self._cell = re.compile(rf"(?:{quoted}[^{around}]*+|(?P<plain>[^{around}]*+))(?:{around}|$)")

    def __call__(self, record: str) -> str:
        """Guards one record, without its line end."""
        if not self._perhaps.search(record):
            return record
        blank = _BLANK_LINES.match(record)
        start = blank.end() if blank else 0
        return record[:start] + self._cell.sub(_guarded, record[start:])


def _guarded(cell: re.Match[str]) -> str:
    quoted, plain = cell["quoted"], cell["plain"]
    if quoted is not None:
        value = quoted.replace('""', '"')
        return cell[0] if guard_text(value) == value else f"\"'{cell[0][1:]}"
    return cell[0] if guard_text(plain) == plain else f"'{cell[0]}"
