"""What the cells of a region column mean together, where one of them alone could mean two things.

``250`` is France to ISO 3166, and the calling code of Rwanda. ``NA`` is Namibia beside other codes of two letters, and
nothing where a program writes it for what is not available. ``D`` is Germany beside other countries, as on its cars.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

import polars as pl

from hlrframe.errors import GuessWarning
from hlrframe.model.countries import name_of, region_of

__all__ = ["RegionCells"]

_NUMBER: Final = re.compile(r"([0-9]{1,3})(?:\.0+)?")
_TWO_LETTERS: Final = re.compile(r"[A-Za-z]{2}")
_NA: Final = "NA"
#: What is Namibia and nothing else.
_NAMIBIA: Final = "NAM"
#: Signs of vehicles that are one letter, each before its country.
_SIGNED: Final = "AAT BBE DDE EES FFR HHU IIT JJP KKH LLU MMT NNO PPT QQA SSE TTH VVA ZZM"
_SIGNS: Final = MappingProxyType({pair[0]: pair[1:] for pair in _SIGNED.split()})
#: How many digits a number of ISO 3166 is written with.
_DIGITS: Final = 3
#: Other cells that are kept to be counted.
_MOST_OTHERS: Final = 1_000
#: Numbers that a message names.
_NAMED: Final = 3


class _Reading(NamedTuple):
    """How a column is read."""

    #: Whether its numbers are those of ISO 3166, else they are calling codes.
    iso_numbers: bool
    #: Whether ``NA`` is Namibia, else nothing.
    namibia: bool
    #: Whether single letters are signs of vehicles.
    signs: bool


class RegionCells:
    """The cells of a region column, seen piece by piece: they decide together how its numbers and ``NA`` are read.

    Numbers are those of ISO 3166 where more of them can only be these than can only be calling codes. ``NA`` is Namibia
    where other codes of two letters stand there, and no more names than these. A single letter is the sign of a
    country's vehicles where another cell names a country in another way.

    >>> cells = RegionCells()
    >>> cells.settled(pl.Series(["826", "250", None])).to_list(), cells.settled(pl.Series(["France", "NA"])).to_list()
    (['GB', 'FR', None], ['France', None])
    """

    def __init__(self) -> None:
        self._numbers: set[str] = set()
        self._codes: set[str] = set()
        self._others: set[str] = set()
        self._letters: set[str] = set()
        self._na = False
        self._used: set[_Reading] = set()

    def see(self, cells: pl.Series | None) -> None:
        """Takes note of some cells."""
        for cell in () if cells is None else _distinct(cells):
            text = _bare(cell)
            if _NUMBER.fullmatch(text):
                self._numbers.add(text)
            elif text.upper() == _NA:
                self._na = True
            elif text.upper() in _SIGNS:
                self._letters.add(text.upper())
            elif _TWO_LETTERS.fullmatch(text) and region_of(text):
                self._codes.add(text.upper())
            elif text and len(self._others) < _MOST_OTHERS:
                self._others.add(text)

    def settled(self, cells: pl.Series) -> pl.Series:
        """Sees some cells, and gives them so that each means one thing by itself."""
        self.see(cells)
        reading = self._reading
        others = {cell: _meant(cell, reading) for cell in _distinct(cells)}
        if any(_is_number(cell) or _bare(cell).upper() in {_NA, *_SIGNS} for cell in others):
            self._used.add(reading)
        others = {cell: meant for cell, meant in others.items() if meant != cell}
        if not others:
            return cells
        return cells.alias("cells").replace(list(others), pl.Series(list(others.values()), dtype=pl.String))

    def changed(self) -> bool:
        """Says, once all cells were seen, whether the first were read otherwise than all say, and forgets that."""
        others, self._used = self._used - {self._reading}, set()
        return bool(others)

    def passes(self) -> Iterator[None]:
        """Gives one reading of all cells, and a second one where the first were read otherwise than all of them say."""
        yield
        if self.changed():
            yield

    @property
    def notes(self) -> list[str]:
        """What somebody should know of how the column is read."""
        return [note for note in (self._note_of_numbers(), self._note_of_na(), self._note_of_letters()) if note]

    def say(self) -> None:
        """Warns of what somebody should know."""
        for note in self.notes:
            warnings.warn(note, GuessWarning, stacklevel=2)

    @property
    def _reading(self) -> _Reading:
        return _Reading(
            iso_numbers=bool(self._numbers) and self._are_iso(),
            namibia=self._na and self._is_namibia(),
            signs=bool(self._letters) and (bool(self._codes) or any(map(region_of, self._others))),
        )

    def _are_iso(self) -> bool:
        kinds = [(_iso(text) is not None, region_of(text) is not None) for text in self._numbers]
        return kinds.count((True, False)) > kinds.count((False, True))

    def _is_namibia(self) -> bool:
        named = sum(region_of(text) is not None for text in self._others)
        return bool(self._codes) and len(self._codes) >= named

    def _note_of_numbers(self) -> str | None:
        known = sorted((text for text in self._numbers if _iso(text)), key=lambda text: (region_of(text) is None, text))
        both = [text for text in known if region_of(text)]
        if self._reading.iso_numbers:
            named = "; ".join(f"{_whole(text)} as {_name(_iso(text))}" for text in known[:_NAMED])
            return (
                f"the numbers in the region column are read as those of ISO 3166 ({named}): write a plus before "
                "calling codes"
            )
        if both and len(both) == len(self._numbers) and all(len(_whole(text)) == _DIGITS for text in both):
            named = "; ".join(
                f"{_whole(text)} as {_name(region_of(text))}, not {_name(_iso(text))}" for text in both[:_NAMED]
            )
            return (
                f"the numbers in the region column are read as calling codes ({named}): where those of ISO 3166 are "
                f"meant write letters, such as {_iso(both[0])}"
            )
        return None

    def _note_of_na(self) -> str | None:
        if not self._na:
            return None
        if self._reading.namibia:
            return "NA in the region column is read as Namibia: leave the cell empty where it means 'not available'"
        return "NA in the region column is read as 'not available': write NAM where it means Namibia"

    def _note_of_letters(self) -> str | None:
        if not self._reading.signs:
            return None
        named = "; ".join(f"{letter} as {_name(_SIGNS[letter])}" for letter in sorted(self._letters)[:_NAMED])
        return f"single letters in the region column are read as on vehicles ({named}): write ISO codes if they are not"


def _distinct(cells: pl.Series) -> pl.Series:
    # A name of the caller's may read as a pattern of names.
    return cells.alias("cells").drop_nulls().unique()


def _bare(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().strip("\"'`")


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(_bare(cell)) is not None


def _meant(cell: str, reading: _Reading) -> str | None:
    if _bare(cell).upper() == _NA:
        return _NAMIBIA if reading.namibia else None
    if reading.signs and _bare(cell).upper() in _SIGNS:
        return _SIGNS[_bare(cell).upper()]
    if reading.iso_numbers and _is_number(cell):
        return _iso(_bare(cell)) or f"#{cell}"  # which nobody takes for a calling code
    return cell


def _iso(text: str) -> str | None:
    """Gives the country of a number of ISO 3166; leading zeros may be lost."""
    match = _NUMBER.fullmatch(text)
    return None if match is None else _numbers().get(int(match[1]))


def _name(code: str | None) -> str:
    return name_of(code or "") or code or ""


def _whole(number: str) -> str:
    return number.partition(".")[0]


@cache
def _numbers() -> dict[int, str]:
    return {int(pair[2:]): pair[:2] for pair in _ISO_NUMBERS.split()}


#: ISO 3166 alpha-2 and number of every country.
_ISO_NUMBERS: Final = """
AD020 AE784 AF004 AG028 AI660 AL008 AM051 AO024 AQ010 AR032 AS016 AT040 AU036 AW533 AX248 AZ031 BA070 BB052 BD050
BE056 BF854 BG100 BH048 BI108 BJ204 BL652 BM060 BN096 BO068 BQ535 BR076 BS044 BT064 BV074 BW072 BY112 BZ084 CA124
CC166 CD180 CF140 CG178 CH756 CI384 CK184 CL152 CM120 CN156 CO170 CR188 CU192 CV132 CW531 CX162 CY196 CZ203 DE276
DJ262 DK208 DM212 DO214 DZ012 EC218 EE233 EG818 EH732 ER232 ES724 ET231 FI246 FJ242 FK238 FM583 FO234 FR250 GA266
GB826 GD308 GE268 GF254 GG831 GH288 GI292 GL304 GM270 GN324 GP312 GQ226 GR300 GS239 GT320 GU316 GW624 GY328 HK344
HM334 HN340 HR191 HT332 HU348 ID360 IE372 IL376 IM833 IN356 IO086 IQ368 IR364 IS352 IT380 JE832 JM388 JO400 JP392
KE404 KG417 KH116 KI296 KM174 KN659 KP408 KR410 KW414 KY136 KZ398 LA418 LB422 LC662 LI438 LK144 LR430 LS426 LT440
LU442 LV428 LY434 MA504 MC492 MD498 ME499 MF663 MG450 MH584 MK807 ML466 MM104 MN496 MO446 MP580 MQ474 MR478 MS500
MT470 MU480 MV462 MW454 MX484 MY458 MZ508 NA516 NC540 NE562 NF574 NG566 NI558 NL528 NO578 NP524 NR520 NU570 NZ554
OM512 PA591 PE604 PF258 PG598 PH608 PK586 PL616 PM666 PN612 PR630 PS275 PT620 PW585 PY600 QA634 RE638 RO642 RS688
RU643 RW646 SA682 SB090 SC690 SD729 SE752 SG702 SH654 SI705 SJ744 SK703 SL694 SM674 SN686 SO706 SR740 SS728 ST678
SV222 SX534 SY760 SZ748 TC796 TD148 TF260 TG768 TH764 TJ762 TK772 TL626 TM795 TN788 TO776 TR792 TT780 TV798 TW158
TZ834 UA804 UG800 UM581 US840 UY858 UZ860 VA336 VC670 VE862 VG092 VI850 VN704 VU548 WF876 WS882 YE887 YT175 ZA710
ZM894 ZW716
"""
