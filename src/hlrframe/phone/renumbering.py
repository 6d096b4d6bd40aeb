"""Numbers of old plans: what countries renumbered, and what became of each old number.

A contact list is years old, and countries have renumbered since. A rule stands here only where the old form can be no
number of today's plan; it says what the number is now, where that follows from the old digits alone, and otherwise only
that the number is old. :mod:`hlrframe.phone.plans` asks for a rule where today's plans know no number, and believes
what it gives only where they know it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

__all__ = ["RENUMBERED_CODES", "Renumbering", "renumbered"]


@dataclass(frozen=True, slots=True)
class Renumbering:
    """What a country did to some of its numbers."""

    #: Calling code.
    code: str
    #: Pattern of the old number, without calling code and trunk zero.
    old: str
    #: What it became; ``None`` where that cannot be told from the number.
    new: str | None
    #: The day on which the old form ended, as far as known: a year, or a month with it.
    since: str
    #: What the old number looks like, in plain words.
    words: str
    #: Where it is published: the plan that the country deposited with ITU, or its regulator.
    source: str
    #: What the rule was checked against: ``"text"`` (date and digits, a published text), ``"metadata"`` (the new digits
    #: belong to the operators or the place of the old ones in libphonenumber's metadata; the date was not checked), or
    #: ``"nothing"`` but that today's plan knows the new form and not the old one.
    checked: str = "nothing"


def renumbered(code: str, national: str) -> Iterator[tuple[str | None, Renumbering]]:
    """Gives what a number of an old plan may be now, each time with the rule; ``None`` where it cannot be told.

    >>> [(new, rule.since) for new, rule in renumbered("229", "97123456")]
    [('0197123456', '2024-11-30')]
    """
    for rule, old in _rules().get(code, ()):
        # As dialled, and without the trunk zero.
        for digits in dict.fromkeys((national, national.removeprefix("0"))):
            if match := old.fullmatch(digits):
                yield None if rule.new is None else match.expand(rule.new), rule


@cache
def _rules() -> dict[str, list[tuple[Renumbering, re.Pattern[str]]]]:
    rules: dict[str, list[tuple[Renumbering, re.Pattern[str]]]] = {}
    for line in _TABLE.strip().splitlines():
        code, old, new, since, words, source = (cell.strip() for cell in line.split(" ; "))
        known = _CHECKED.get((code, since), "nothing")
        rule = Renumbering(code, old, None if new == "-" else new, since, words, _SOURCES.get(source, source), known)
        rules.setdefault(code, []).append((rule, re.compile(old)))
    return rules


#: Where the plans stand that countries deposited with ITU.
_PLANS: Final = "https://www.itu.int/oth/T0202000{}/en"
_SOURCES: Final = MappingProxyType(
    {
        country: _PLANS.format(page)
        for country, page in {
            "MX": "08A",
            "CL": "02A",
            "CI": "031",
            "BJ": "017",
            "VN": "0E4",
            "BR": "01D",
            "CO": "02C",
            "CM": "024",
            "EG": "03E",
            "QA": "0AB",
            "GE": "050",
            "EC": "03D",
            "MA": "090",
            "PL": "0A8",
            "CZ": "035",
            "GR": "055",
            "RU": "0AD",
        }.items()
    }
)
#: Calling code and date of the rules that were checked.
_CHECKED: Final = MappingProxyType(
    {
        ("225", "2021-01-31"): "text",
        **dict.fromkeys(
            [
                *[("84", "2018-11"), ("20", "2011-10-06"), ("56", "2012-11-24"), ("57", "2021-09-01")],
                *[("41", "2007-03"), ("44", "2000-04-22"), ("7", "2005-12-01"), ("995", "2011")],
            ],
            "metadata",
        ),
    }
)
#: Calling code ; old number ; what it became, ``-`` where that cannot be told ; since ; what it looks like ; source.
_TABLE: Final = r"""
52 ; (?:1|01|04[45])([2-9]\d{9}) ; \1 ; 2019-08-03 ; a Mexican number with the 1, 01, 044 or 045 of before 2019 ; MX
56 ; 0([2-9]\d{8}) ; \1 ; 2016-08 ; a Chilean number with the zero that was dialled before 2016 ; CL
56 ; 2(\d{7}) ; 22\1 ; 2012-11-24 ; a number of Santiago without the digit that was added in 2012 ; CL
225 ; (0[1-3]\d{6}|[4-9][0-3]\d{6}) ; 01\1 ; 2021-01-31 ; an Ivorian mobile of eight digits, as before 2021 ; CI
225 ; ([04-9][4-6]\d{6}) ; 05\1 ; 2021-01-31 ; an Ivorian mobile of eight digits, as before 2021 ; CI
225 ; ([04-9][7-9]\d{6}) ; 07\1 ; 2021-01-31 ; an Ivorian mobile of eight digits, as before 2021 ; CI
225 ; ([23]\d8\d{5}) ; 21\1 ; 2021-01-31 ; an Ivorian landline of eight digits, as before 2021 ; CI
225 ; ([23]\d0\d{5}) ; 25\1 ; 2021-01-31 ; an Ivorian landline of eight digits, as before 2021 ; CI
225 ; ([23]\d[1-79]\d{5}) ; 27\1 ; 2021-01-31 ; an Ivorian landline of eight digits, as before 2021 ; CI
229 ; ([24-69]\d{7}) ; 01\1 ; 2024-11-30 ; a number of Benin without the 01 that was added in 2024 ; BJ
84 ; 16([2-9]\d{7}) ; 3\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 120(\d{7}) ; 70\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 121(\d{7}) ; 79\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 122(\d{7}) ; 77\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 12([68]\d{7}) ; 7\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 12([345]\d{7}) ; 8\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 127(\d{7}) ; 81\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 129(\d{7}) ; 82\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 18([68]\d{7}) ; 5\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 199(\d{7}) ; 59\1 ; 2018-11 ; a Vietnamese mobile of eleven digits, as before 2018 ; VN
84 ; 4(\d{8}) ; 24\1 ; 2017-06 ; a number of Hanoi with its area code of before 2017 ; VN
55 ; ([1-9]\d)([689]\d{7}) ; \g<1>9\2 ; 2016-11-06 ; a Brazilian mobile without its ninth digit ; BR
57 ; ([124-8]\d{7}) ; 60\1 ; 2021-09-01 ; a Colombian landline without the 60 that was added in 2021 ; CO
230 ; ([79]\d{6}) ; 5\1 ; 2013-09-01 ; a Mauritian mobile without the 5 that was added in 2013 ; https://www.icta.mu
237 ; ([5-79]\d{7}) ; 6\1 ; 2014-11-21 ; a Cameroonian mobile without the 6 that was added in 2014 ; CM
237 ; (22|33)(\d{6}) ; 2\1\2 ; 2014-11-21 ; a Cameroonian landline without the 2 that was added in 2014 ; CM
20 ; 1([069]\d{7}) ; 10\1 ; 2011-10-06 ; an Egyptian mobile without the digit that was added in 2011 ; EG
20 ; 1([278]\d{7}) ; 12\1 ; 2011-10-06 ; an Egyptian mobile without the digit that was added in 2011 ; EG
20 ; 1([14]\d{7}) ; 11\1 ; 2011-10-06 ; an Egyptian mobile without the digit that was added in 2011 ; EG
974 ; ([3-7])(\d{6}) ; \1\1\2 ; 2010-07-28 ; a Qatari number of seven digits, as before 2010 ; QA
995 ; ([579]\d{7}) ; 5\1 ; 2011 ; a Georgian mobile without the 5 that was added in 2011 ; GE
995 ; 32(\d{6}) ; 322\1 ; 2011 ; a number of Tbilisi without the 2 that was added in 2011 ; GE
593 ; ([89]\d{7}) ; 9\1 ; 2012-09-30 ; an Ecuadorian mobile without the 9 that was added in 2012 ; EC
212 ; ([23]\d{7}) ; 5\1 ; 2009-03 ; a Moroccan landline without the 5 that was added in 2009 ; MA
212 ; ([14-7]\d{7}) ; 6\1 ; 2009-03 ; a Moroccan mobile without the 6 that was added in 2009 ; MA
48 ; 0([1-9]\d{8}) ; \1 ; 2009 ; a Polish number with the zero that was dialled before 2009 ; PL
420 ; 0([67]\d{8}) ; \1 ; 2002-09-22 ; a Czech mobile with the zero that was dialled before 2002 ; CZ
41 ; 1(\d{7}) ; 44\1 ; 2007-03 ; a number of Zurich with its area code of before 2007 ; https://www.bakom.admin.ch
44 ; 171(\d{7}) ; 207\1 ; 2000-04-22 ; a number of London with its area code of before 2000 ; https://www.ofcom.org.uk
44 ; 181(\d{7}) ; 208\1 ; 2000-04-22 ; a number of London with its area code of before 2000 ; https://www.ofcom.org.uk
7 ; 09([56]\d{7}) ; 49\1 ; 2005-12-01 ; a number of Moscow with its area code of before 2005 ; RU
63 ; 2(\d{7}) ; - ; 2019-10-06 ; a number of Manila of seven digits, as before 2019 ; https://ntc.gov.ph
"""
#: Calling codes of the countries that the rules are of.
RENUMBERED_CODES: Final = frozenset(line.partition(" ")[0] for line in _TABLE.strip().splitlines())
