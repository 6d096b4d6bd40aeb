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

__all__ = ["RENUMBERED_CODES", "Renumbering", "old_pattern", "renumbered"]


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
def old_pattern(code: str) -> str:
    """Gives a pattern of all digits that a rule of a calling code may know, with that code before them or without it.

    Narrower than the code alone: what does not match it was never a number of an old plan.

    >>> [re.search(old_pattern("229"), digits) is not None for digits in ("97123456", "22997123456", "2290197123456")]
    [True, True, False]
    """
    old = "|".join(rule.old for rule, _ in _rules().get(code, ()))
    return rf"^(?:{code})?0?(?:{old})$"


@cache
def _rules() -> dict[str, list[tuple[Renumbering, re.Pattern[str]]]]:
    rules: dict[str, list[tuple[Renumbering, re.Pattern[str]]]] = {}
    for line in _TABLE.strip().splitlines():
        code, old, new, since, words, source = (cell.strip() for cell in line.split(" ; "))
        known = _CHECKED.get((code, since), "nothing")
        rule = Renumbering(code, old, None if new == "-" else new, since, words, _SOURCES.get(source, source), known)
        rules.setdefault(code, []).append((rule, re.compile(old)))
    return rules


#: Where the plans stand that countries deposited with ITU; of others their regulators.
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
    | {
        "CH": "https://www.bakom.admin.ch",
        "CR": "https://www.sutel.go.cr",
        "GB": "https://www.ofcom.org.uk",
        "IT": "https://www.agcom.it",
        "KW": "https://www.citra.gov.kw",
        "LV": "https://www.sprk.gov.lv",
        "MU": "https://www.icta.mu",
        "PH": "https://ntc.gov.ph",
        "PT": "https://www.anacom.pt",
        "RO": "https://www.ancom.ro",
        "SA": "https://www.cst.gov.sa",
        "SG": "https://www.imda.gov.sg",
        "TH": "https://www.nbtc.go.th",
        "UA": "https://nkrzi.gov.ua",
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
230 ; (2[5-9]\d{5}|4[2-9]\d{5}|[79]\d{6}) ; 5\1 ; 2013-09-01 ; a Mauritian mobile without the 5 of 2013 ; MU
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
41 ; 1(\d{7}) ; 44\1 ; 2007-03 ; a number of Zurich with its area code of before 2007 ; CH
44 ; 171(\d{7}) ; 207\1 ; 2000-04-22 ; a number of London with its area code of before 2000 ; GB
44 ; 181(\d{7}) ; 208\1 ; 2000-04-22 ; a number of London with its area code of before 2000 ; GB
44 ; 1203(\d{6}) ; 2476\1 ; 2000-04-22 ; a number of Coventry with its code of before 2000 ; GB
44 ; 1222(\d{6}) ; 2920\1 ; 2000-04-22 ; a number of Cardiff with its code of before 2000 ; GB
44 ; 1232(\d{6}) ; 2890\1 ; 2000-04-22 ; a number of Belfast with its code of before 2000 ; GB
44 ; 1703(\d{6}) ; 2380\1 ; 2000-04-22 ; a number of Southampton with its code of before 2000 ; GB
44 ; 1705(\d{6}) ; 2392\1 ; 2000-04-22 ; a number of Portsmouth with its code of before 2000 ; GB
30 ; (9[347]\d{7}) ; 6\1 ; 2003-01-20 ; a Greek mobile without the 6 of 2003 ; GR
30 ; 1(\d{7}) ; 210\1 ; 2003-01-20 ; a number of Athens with its area code of before 2003 ; GR
39 ; 0(3\d{8,9}) ; \1 ; 2001 ; an Italian mobile with the zero of before 2001 ; IT
39 ; ([1245679]\d{5,9}) ; 0\1 ; 1998-12-18 ; an Italian landline without its zero ; IT
40 ; 9([23]\d{6}) ; 72\1 ; 2002 ; a Romanian mobile with its prefix of before 2002 ; RO
40 ; 9([45]\d{6}) ; 74\1 ; 2002 ; a Romanian mobile with its prefix of before 2002 ; RO
40 ; 1(\d{7}) ; 21\1 ; 2002 ; a number of Bucharest with its area code of before 2002 ; RO
65 ; ([2-8]\d{6}) ; 6\1 ; 2002-03-01 ; a landline of Singapore without the 6 that was added in 2002 ; SG
66 ; ([169]\d{7}) ; 8\1 ; 2006-09-01 ; a Thai mobile without the 8 that was added in 2006 ; TH
351 ; ([1-8]\d{7}) ; 2\1 ; 1999-10-31 ; a Portuguese landline with the zero of before 1999 ; PT
371 ; ([69]\d{6}) ; 2\1 ; 2008 ; a Latvian mobile of seven digits, as before 2008 ; LV
371 ; ([3457]\d{6}) ; 6\1 ; 2008 ; a Latvian landline of seven digits, as before 2008 ; LV
380 ; 80(\d{9}) ; \1 ; 2009-10-14 ; a Ukrainian number with the 8 that was dialled before 2009 ; UA
506 ; ([38]\d{6}) ; 8\1 ; 2008-03-20 ; a Costa Rican mobile without the 8 that was added in 2008 ; CR
506 ; ([24-7]\d{6}) ; 2\1 ; 2008-03-20 ; a Costa Rican landline without the 2 that was added in 2008 ; CR
965 ; ([69])(\d{6}) ; \1\1\2 ; 2008-10-17 ; a Kuwaiti mobile of seven digits, as before 2008 ; KW
965 ; 7(\d{6}) ; 97\1 ; 2008-10-17 ; a Kuwaiti mobile of seven digits, as before 2008 ; KW
965 ; ([2-4]\d{6}) ; 2\1 ; 2008-10-17 ; a Kuwaiti landline without the 2 that was added in 2008 ; KW
966 ; ([1-467]\d{7}) ; 1\1 ; 2013 ; a Saudi landline without the 1 that was added in 2013 ; SA
7 ; 8?09([56]\d{7}) ; 49\1 ; 2005-12-01 ; a number of Moscow with its area code of before 2005 ; RU
63 ; 2(\d{7}) ; - ; 2019-10-06 ; a number of Manila of seven digits, as before 2019 ; PH
"""
#: Calling codes of the countries that the rules are of.
RENUMBERED_CODES: Final = frozenset(line.partition(" ")[0] for line in _TABLE.strip().splitlines())
