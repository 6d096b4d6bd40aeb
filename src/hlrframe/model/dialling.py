"""The country in whose way the numbers beside a cell are dialled: the one that it names, or any of several alike.

Countries that share a calling code share a plan: a whole national number is the same in each of them. What is dialled
within one alone, as seven digits are in Jamaica, is too short for the main one.
"""

import re
import unicodedata
from typing import Final

import phonenumbers
import polars as pl

from hlrframe.errors import ConfigError
from hlrframe.model.countries import LONGEST, region_of, regions_of

__all__ = ["check_region", "dialling_region_of", "dialling_regions_of"]

#: What divides the names of several countries.
_BETWEEN: Final = re.compile(r"[()\[\]{}|,;:/=\n]+|\s[-\u2013\u2014]+\s|\s*(?=\+)")
#: The same, which may also stand in the name of one: Trinidad and Tobago.
_AND: Final = re.compile(r"\s*[&+]\s*|\s+(?:and|or|und|oder|et|ou|y|o|e)\s+", re.IGNORECASE)
_CODES: Final = re.compile(r"[A-Z]{2,3}(?: +[A-Z]{2,3})+")
_FLAG: Final = re.compile("([\U0001f1e6-\U0001f1ff]{2})")


def check_region(region: str | None) -> str | None:
    """Gives the ISO 3166 alpha-2 code of the country that a setting names, in any form that a cell can.

    Raises:
        ConfigError: It names no country that has a numbering plan.

    >>> check_region("gb"), check_region("USA"), check_region("+44"), check_region(None)
    ('GB', 'US', 'GB', None)
    """
    if region is None:
        return None
    code = dialling_region_of(str(region))
    if code is None:
        raise ConfigError(f"{region!r} is no region: use an ISO 3166 alpha-2 code such as 'GB', 'DE' or 'US'")
    return code


def dialling_region_of(cell: str) -> str | None:
    """Gives the country in whose way numbers are read: the one that a cell names, else the main one of a shared code.

    >>> [dialling_region_of(cell) for cell in ("GB", "USA/Canada", "Russia & Kazakhstan", "FR;DE")]
    ['GB', 'US', 'RU', None]
    """
    region = region_of(cell)
    if region is not None or len(cell) > LONGEST:
        return region
    text = _FLAG.sub(r"\1;", unicodedata.normalize("NFKC", cell))
    code, *others = {code for part in _BETWEEN.split(text) if part.strip() for code in _codes_of(part)} or {None}
    return None if others or code is None else str(phonenumbers.region_code_for_country_code(code))


def dialling_regions_of(cells: pl.Series) -> pl.Series:
    """Gives the same of each cell of a column; null where there is none.

    >>> dialling_regions_of(pl.Series(["uk", None, "US & CA", "?"])).to_list()
    ['GB', None, 'US', None]
    """
    return regions_of(cells, read=dialling_region_of)


def _codes_of(part: str) -> list[int | None]:
    """Gives the calling codes of the countries that a part of a cell names; of none ``None``."""
    region = region_of(part)
    if region is not None:
        return [phonenumbers.country_code_for_region(region)]
    parts = part.split() if _CODES.fullmatch(part.strip()) else _AND.split(part)
    if len(parts) == 1:
        return [None]
    regions = [region_of(each) for each in parts if each.strip()]
    return [None if each is None else phonenumbers.country_code_for_region(each) for each in regions]
