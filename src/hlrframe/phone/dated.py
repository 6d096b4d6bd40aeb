"""Dates and times that people note beside a number: when it was written down, when to call. No digit of them is its."""

import re
from typing import Final

__all__ = ["SHORTEST_DATED", "TIMED", "without_times"]

_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR: Final = r"(?:19|20)[0-9]{2}"
#: A day with its year, as figures; a part of what the columnar path reads, so no look-around and no back-references.
_FIGURES: Final = rf"(?:{_DAY}[-/.]{_DAY}[-/.](?:{_YEAR}|[0-9]{{2}})|{_YEAR}[-/.]{_DAY}[-/.]{_DAY})"
_MONTH: Final = r"(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zé]*\.?"
_CLOCK: Final = r"(?:[01]?[0-9]|2[0-4])(?::[0-5][0-9]){1,2}(?:\.[0-9]+)?"
_HOUR: Final = rf"(?:{_CLOCK}(?: ?[ap]\.?m\b\.?)?|[0-9]{{1,2}} ?(?:[ap]\.?m\b\.?|uhr|h(?:rs?|[0-5][0-9])?))"
_OTHER: Final = (
    # Without its year a day may be a part of a number, and a month somebody's name: Jan, May.
    rf"{_DAY}(?:\.|st|nd|rd|th)?[ -]?{_MONTH},?[ -]?{_YEAR}",
    rf"{_MONTH} ?{_DAY}(?:st|nd|rd|th)?,? ?{_YEAR}",
    r"24[/x]7",
    r"[0-9]{1,2}(?:st|nd|rd|th)",
    rf"(?:[0-9]{{1,2}} ?- ?)?{_HOUR}(?: ?- ?{_HOUR})?",
)
#: Dates come first, with the time that follows: ``2024-12-20T10:30:00Z``.
_TIMES: Final = re.compile(
    rf"(?<![\w.\-/:+])(?:{_FIGURES}(?:[ T,]+{_CLOCK}(?:Z|[+-][0-9:]{{2,5}})?)?|{'|'.join(_OTHER)})(?![\w\-/:]|\.[0-9])",
    re.IGNORECASE,
)
#: Wherever :data:`_TIMES` finds something in a text or behind its link, and here and there more; without look-around.
TIMED: Final = (
    rf"(?i)(?:^|:/{{0,2}}|[^A-Za-z0-9_.\-/:+])(?:{_FIGURES}|{'|'.join(_OTHER)})".replace(r"\b", "")
    + r"(?:$|[^A-Za-z0-9_\-/:.]|\.(?:$|[^0-9]))"
)
#: A date whose year has two figures may be groups of a number.
_SHORT_YEAR: Final = re.compile(rf"(?:^|[ (]){_DAY}[-/.]{_DAY}[-/.][0-9]{{2}}(?:$|[ )])")
#: Fewest digits beside a time that may be a number.
_FEWEST: Final = 7
#: Fewest characters of a number and a date or a time.
SHORTEST_DATED: Final = _FEWEST + len("24/7 ")


def without_times(text: str) -> tuple[str, bool]:
    """Takes dates and times out of a tidy text that holds digits enough without them.

    Returns:
        The rest, which is the text itself where there are none; and whether it is certain that they are no part of a
        number.

    >>> without_times("07400 123456 12/12/2024 9:00-17:00")
    ('07400 123456', True)
    >>> without_times("+380 6264 20-12-24"), without_times("06.12.34.56.78")
    (('+380 6264', False), ('06.12.34.56.78', True))
    """
    if len(text) < _FEWEST + len(" 9h"):  # no room for both
        return text, True
    rest = _TIMES.sub(" ", text)
    if rest == text or sum(map(str.isdigit, rest)) < _FEWEST:
        return text, True
    return re.sub(r" {2,}", " ", rest).strip(" ,;:-([])"), _SHORT_YEAR.search(text) is None
