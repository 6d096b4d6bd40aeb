"""Which network, country, calling code and type a number belongs to, judged by its digits.

libphonenumber lists the prefixes that regulators gave to networks. A number that moved keeps its prefix, so the
network is a prediction: good enough to spread requests over networks, never an answer.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import polars as pl
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from hlrframe.phone import plan_exprs
from hlrframe.phone.plans import WORLD, Msisdn, read_international, type_of
from hlrframe.phone.run_exprs import FEW

__all__ = ["number_types", "predict_networks"]

#: Digits of the longest E.164 number; shorter ones are compared as if zeros followed.
_LONGEST: Final = 15


def predict_networks(msisdn: pl.Series) -> pl.DataFrame:
    """Predicts where numbers belong.

    Args:
        msisdn: E.164 digits without plus, as :func:`hlrframe.phone.parse.parse_column` gives them; nulls may be among
        them.

    Returns:
        One row for each number, in order: ``calling_code``; ``region``, ISO 3166 alpha-2, null for numbers of no
        country; ``network``, the English name of the network that the longest known prefix was given to, or null.

    >>> predict_networks(pl.Series(["447400123456", "12042345678", "80012345678"])).rows()
    [('44', 'GB', 'Three'), ('1', 'CA', None), ('800', None, None)]
    """
    numbers = msisdn.cast(pl.String).alias("digits").to_frame().with_row_index("row")
    coded = numbers.with_columns(
        calling_code=plan_exprs.calling_code(pl.col("digits")), network=_network(numbers["digits"])
    )
    coded = coded.with_columns(region=pl.col("calling_code").replace_strict(_only_region(), default=None))
    shared = coded.filter(pl.col("calling_code").is_in(_shared_codes())).select("row", "digits")
    joined = coded.join(_region_of_shared(shared), on="row", how="left", maintain_order="left")
    return joined.select("calling_code", region=pl.coalesce("region", "region_right"), network="network")


def number_types(msisdn: pl.Series) -> pl.Series:
    """Says of what type numbers are, in the provider's words (:class:`~hlrframe.NumberType`).

    Args:
        msisdn: As for :func:`predict_networks`.

    Returns:
        One word for each number, in order; null for nulls.

    >>> number_types(pl.Series(["447400123456", "442079460000", "18003569377", None])).to_list()
    ['MOBILE', 'LANDLINE', 'TOLL_FREE', None]
    """
    numbers = msisdn.cast(pl.String).alias("digits").to_frame().with_row_index("row")
    asked = numbers.drop_nulls()
    sure = plan_exprs.read_types(asked)
    rest = asked.join(sure, on="row", how="anti")
    alone = pl.Series("number_type", [type_of(digits).value for digits in rest["digits"]], dtype=pl.String)
    types = pl.concat([sure, rest.select("row", alone)])
    return numbers.join(types, on="row", how="left", maintain_order="left")["number_type"]


def _network(digits: pl.Series) -> pl.Series:
    if len(digits) <= FEW:
        return pl.Series("network", map(_network_of, digits), dtype=pl.String)
    starts, names = _prefix_intervals()
    padded = digits.str.slice(0, _LONGEST).str.pad_end(_LONGEST, "0").cast(pl.Int64, strict=False).fill_null(0)
    return names.gather(starts.search_sorted(padded, side="right") - 1)


def _network_of(digits: str | None) -> str | None:
    """Gives the name that the longest known prefix of one number has."""
    prefixes, number = _prefixes(), (digits or "").ljust(_LONGEST, "0")
    names = (prefixes.get(number[:length], {}).get("en") for length in range(_LONGEST, 0, -1))
    return next(filter(None, names), None)


def _prefixes() -> Mapping[str, Mapping[str, str]]:
    """Gives the networks' names by prefix and language; 29,000 of them, so that only who predicts loads them."""
    from phonenumbers.carrierdata import CARRIER_DATA  # noqa: PLC0415  # large: where it is needed alone

    data: Mapping[str, Mapping[str, str]] = CARRIER_DATA
    return data


@cache
def _prefix_intervals() -> tuple[pl.Series, pl.Series]:
    """Cuts the line of all numbers where the longest prefix changes: starts in order, and the name from there on."""
    names = {prefix: name for prefix, languages in _prefixes().items() if (name := languages.get("en"))}
    cuts: dict[int, str | None] = {0: None}
    within = [("", 10**_LONGEST)]  # prefixes that the line is inside of, the longest last, and where each ends
    for prefix in [*sorted(names), "~"]:  # a prefix comes just before those that it begins
        while not prefix.startswith(within[-1][0]):
            end = within.pop()[1]
            cuts[end] = names.get(within[-1][0])
        size = 10 ** (_LONGEST - len(prefix))
        if prefix in names:
            cuts[int(prefix) * size] = names[prefix]
            within.append((prefix, (int(prefix) + 1) * size))
    return pl.Series(list(cuts), dtype=pl.Int64), pl.Series("network", list(cuts.values()), dtype=pl.String)


@cache
def _only_region() -> dict[str, str]:
    """Regions of the calling codes that belong to one country."""
    codes = COUNTRY_CODE_TO_REGION_CODE.items()
    return {str(code): regions[0] for code, regions in codes if len(regions) == 1 and regions[0] != WORLD}


@cache
def _shared_codes() -> tuple[str, ...]:
    return tuple(str(code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1)


def _region_of_shared(numbers: pl.DataFrame) -> pl.DataFrame:
    sure = plan_exprs.read_international(numbers).select("row", "region")
    rest = numbers.join(sure, on="row", how="anti")
    regions = pl.Series("region", map(_region, rest["digits"]), dtype=pl.String)
    return pl.concat([sure, rest.select("row", regions)])


def _region(digits: str) -> str | None:
    number = read_international(digits)
    return number.region if isinstance(number, Msisdn) else None
