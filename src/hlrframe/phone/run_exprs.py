"""Runs of digits to numbers, many at once: what :func:`hlrframe.phone.plans.read` gives, where that is certain."""

from typing import Final

import polars as pl

from hlrframe.model import Reason
from hlrframe.phone import plan_exprs
from hlrframe.phone.plans import PLAUSIBLE_DIGITS

__all__ = ["FEW", "read_runs"]

#: Distinct texts that are read one at a time, which gives the same: expressions begin to pay beyond.
FEW: Final = 256


def read_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """Reads the likeliest spellings of texts; leaves out every row whose answer is not certain.

    A rejection is certain only of what is one number or none: of another text a part may be a number.
    """
    marked, bare = _split_marked(runs)
    unplaced = bare.filter(pl.col("country").is_null()).select("row", "digits", "first")
    parts = [
        plan_exprs.read_international(marked).drop("settled"),
        _read_unplaced(unplaced),
        plan_exprs.read_national(bare.drop_nulls("country")),
    ]
    answers = pl.concat(parts)
    rejected = answers.filter(pl.col("msisdn").is_null())
    rejected = rejected.join(runs.select("row", "country", "plus", "whole"), on="row")
    # Behind a plus that no calling code follows, a country's own prefixes are looked for.
    believed = ~pl.col("plus") | pl.col("country").is_null() | (pl.col("reason") != Reason.UNKNOWN_COUNTRY.value)
    certain = rejected.filter(pl.col("whole") & believed).select(answers.columns)
    return pl.concat([answers.drop_nulls("msisdn"), certain])


def _split_marked(runs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parts the runs that are marked as international from the bare ones, their digits without the mark."""
    digits, plus, country = pl.col("digits"), pl.col("plus"), pl.col("country")
    zeros = digits.str.starts_with("00")
    used = runs["country"].drop_nulls().unique()
    usual = [each for each in used if plan_exprs.international_prefix(each) == "00"]
    dialled = zeros & (digits.str.slice(2, 1) != "0") & (country.is_null() | country.is_in(usual))
    marked = runs.filter(plus | dialled).select("row", digits=digits.str.strip_prefix("00"))
    return marked, runs.filter(~plus & ~zeros).select("row", "digits", "country", "first")


def _read_unplaced(bare: pl.DataFrame) -> pl.DataFrame:
    """Reads bare digits without a region: international where valid, else they need one."""
    length, (shortest, longest) = pl.col("digits").str.len_bytes(), PLAUSIBLE_DIGITS
    reason = (
        pl.when(length < shortest)
        .then(pl.lit(Reason.TOO_SHORT.value))
        .when(length > longest)
        .then(pl.lit(Reason.TOO_LONG.value))
        .otherwise(pl.lit(Reason.NEEDS_REGION.value))
    )
    first, code = pl.col("first"), plan_exprs.calling_code(pl.col("digits")).str.len_bytes()
    coded = first.is_null() | (first == length) | (first == code).fill_null(value=False)
    judged, nothing = bare.with_columns(why=reason, coded=coded), pl.lit(None, pl.String)
    left = judged.filter(~pl.col("coded")).select("row", msisdn=nothing, region=nothing, reason="why")
    # Only where marks set a calling code apart may a number be one of an old plan.
    apart = ((first == code) & (first != length)).fill_null(value=False)
    parts = (judged.filter(pl.col("coded") & apart), judged.filter(pl.col("coded") & ~apart))
    old, today = (plan_exprs.read_international(part, old=old) for part, old in zip(parts, (True, False), strict=True))
    read = pl.concat([old, today]).join(judged.select("row", "why"), on="row")
    why = pl.when(pl.col("msisdn").is_null()).then("why")
    return pl.concat([read.select("row", "msisdn", "region", reason=why), left])
