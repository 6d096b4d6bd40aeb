"""Cells that are a list of numbers and nothing else, as column expressions: the first, and whether it is followed.

Each pattern is narrower than what :mod:`hlrframe.phone.repair` divides: what else stands in a cell is read one at a
time.
"""

from typing import Final

import polars as pl

from hlrframe.phone.repair import EXACT_FLOAT, FEWEST_DIGITS_OF_A_PART, LONGEST_CODE
from hlrframe.phone.repair_exprs import tidied
from hlrframe.phone.run_exprs import read_runs
from hlrframe.phone.runs import clean_runs, is_dated

__all__ = ["listed_runs", "with_second"]

_ITEM: Final = r"[0-9(][0-9 ().\-/]{5,28}[0-9)]"
_UNDIVIDED: Final = _ITEM.replace("/", "")
_BETWEEN: Final = r"(?: ?[;|,&\n] ?| (?i-u:or|and|oder|und|ou|et|y) )"
#: Numbers with a mark or a word between them; with a slash, where a plus begins each; and with a slash in one run.
_LISTS: Final = (
    rf"^(\+?{_ITEM}){_BETWEEN}(\+?{_ITEM})(?:{_BETWEEN}\+?{_ITEM}){{0,3}}$",
    rf"^(\+?{_UNDIVIDED}) ?/ ?(\+{_UNDIVIDED})(?: ?/ ?\+{_UNDIVIDED}){{0,3}}$",
    rf"^(\+?{_UNDIVIDED}) ?/ ?({_UNDIVIDED})$",
)
#: What all of them have, and hardly another text.
_ANY: Final = rf"[0-9)](?:{_BETWEEN}| ?/ ?)[+(0-9]"
#: Marks that number the items, and brackets that may hold a note: none of a group with more behind it.
_DOUBTFUL: Final = r"(?:^|[ ,;])\(?[1-9][.)] |\([^)]*(?:\(|[) ]*$)"
_BRACKETED_ZERO: Final = r"\( *0 *\)"
#: Digits by which a number is known again, whatever stands before them.
_LAST: Final = 4


def listed_runs(texts: pl.DataFrame) -> pl.DataFrame:
    """Gives the first numbers of lists as runs of digits: what each text means first."""
    items = _items(texts)
    return _heads(items).select(clean_runs(items.clear()).columns)


def with_second(read_texts: pl.DataFrame) -> pl.DataFrame:
    """Gives the texts that are lists whose second number is certain to be one, or to be the end of one.

    Args:
        read_texts: ``row`` (UInt32), ``text``, ``country``, and ``msisdn``, the number that was read first.

    Returns:
        ``row`` of these.
    """
    items, number = _items(read_texts), pl.col("msisdn")
    heads = _heads(items.filter("slashed")).join(read_texts.select("row", "msisdn"), on="row")
    ends = heads.filter(number.str.ends_with(pl.col("digits").str.tail(_LAST))).select("row")
    apart = items.filter(~pl.col("slashed")).select("row", "country", text="second")
    seconds = read_runs(clean_runs(apart)).select("row", second="msisdn").drop_nulls()
    others = seconds.join(read_texts, on="row").filter(pl.col("second") != number).select("row")
    return pl.concat([ends, others])


def _items(texts: pl.DataFrame) -> pl.DataFrame:
    """Gives the texts that are lists: ``text`` and ``second``, the first two items; ``slashed``, whether of one run."""
    text, second = pl.col("text"), pl.col("second")
    some = tidied(texts.filter(text.str.contains(_ANY)))
    some = some.filter(~text.str.contains(_DOUBTFUL) & ~is_dated(text))
    first, second = (pl.coalesce(text.str.extract(each, place) for each in _LISTS) for place in (1, 2))
    items = some.select("row", "country", slashed=text.str.contains(_LISTS[-1]), text=first, second=second)
    exact = pl.any_horizontal(pl.col("text", "second").str.contains(EXACT_FLOAT))
    long = text.str.count_matches("[0-9]") >= FEWEST_DIGITS_OF_A_PART
    return items.drop_nulls("text").filter(long & ~exact)


def _heads(items: pl.DataFrame) -> pl.DataFrame:
    """Gives the first items as runs; of one run with a slash only what is long enough to stand before it."""
    runs = clean_runs(items).join(items.select("row", "text", "slashed"), on="row")
    digits = pl.col("digits")
    length = digits.str.len_bytes()
    coded = pl.col("plus") | digits.str.starts_with("00")
    fewest = FEWEST_DIGITS_OF_A_PART + pl.when(coded).then(LONGEST_CODE).otherwise(0)
    alone = length - pl.col("text").str.count_matches(_BRACKETED_ZERO) >= fewest
    # Behind the head of a run there is a mark.
    ends = pl.when("slashed").then(pl.coalesce("first", length)).otherwise("first")
    return runs.filter(~pl.col("slashed") | alone).with_columns(whole=pl.lit(value=False), first=ends)
