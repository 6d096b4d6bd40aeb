"""A column of texts as runs of digits: one for each text that is one, or whose likeliest spelling is."""

from functools import reduce
from typing import Final

import polars as pl

from hlrframe.phone import repair_exprs
from hlrframe.phone.dated import SHORTEST_DATED, TIMED
from hlrframe.phone.plans import PLAUSIBLE_DIGITS
from hlrframe.phone.repair import DATE, EXACT_FLOAT, LIST_MARK, is_bare_run, spellings, unusable

__all__ = ["bared_runs", "clean_runs", "is_dated", "spelt_runs"]

#: One run of digits with plain marks between them, and as many digits as every reading can be certain about.
_CLEAN: Final = r"^[( ]{0,9}\+?[( ]{0,9}[0-9](?:[ ().\-/]?[ (]?[0-9]){6,16}\)?$"
_MARKS: Final = " -()+./"
_PURE: Final = r"^\+?[0-9]{7,17}$"
#: Marks that may divide a run into several numbers, or stand for less than they say.
_DIVIDED: Final = rf"/|[(\[] *0 *[)\]]|{LIST_MARK}| \(?[1-9][.)] "
#: What is read part by part: brackets behind digits enough for a number, or at the end; slashes, but for one behind an
#: area code.
_IN_PARTS: Final = (
    r"^(?:[^0-9]*[0-9]){7}.*[(/]|/.*/|/[^0-9]*(?:[0-9][^0-9]*){1,3}$|^(?:[^0-9]*[0-9]){4}.*\([0-9 .\-]*\)?$"
)
#: Runs of digits: ``whole`` where one number or none is written there; ``first``, how many digits stand before the
#: first mark, null where no mark is.
_RUNS: Final = pl.Schema(
    {
        "row": pl.UInt32(),
        "country": pl.String(),
        "digits": pl.String(),
        "plus": pl.Boolean(),
        "whole": pl.Boolean(),
        "first": pl.UInt32(),
    }
)


def clean_runs(texts: pl.DataFrame) -> pl.DataFrame:
    """Gives the texts that are one run of digits, as they stand."""
    text = pl.col("text")
    pure = texts.with_columns(pure=text.str.contains(_PURE))
    marked = pure.filter(~pl.col("pure")).select("row", "country", text.str.strip_chars(" "))
    whole = text.str.strip_chars_end("0").str.strip_suffix(".")
    marked = marked.with_columns(pl.when(text.str.contains(EXACT_FLOAT)).then(whole).otherwise(text))
    clean = text.str.contains(_CLEAN) & ~text.str.contains("  ", literal=True) & ~text.str.contains(DATE)
    marked = _without_parts(marked.filter(clean).filter(~is_dated(text))).with_columns(digits=_without_marks(text))
    marked = marked.with_columns(
        whole=_is_whole(text, pl.col("digits")), first=_before_first_mark(text, pl.col("digits"))
    )
    pure = pure.filter("pure").with_columns(
        digits=text.str.strip_prefix("+"), whole=pl.lit(value=True), first=pl.lit(None, pl.UInt32)
    )
    runs = [each.with_columns(plus=text.str.contains("+", literal=True)) for each in (pure, marked)]
    return pl.concat(each.select(_RUNS.names()) for each in runs)


def bared_runs(texts: pl.DataFrame) -> pl.DataFrame:
    """Gives the texts that are one run of digits but for what stands around it."""
    bare = repair_exprs.bared(texts)
    runs = clean_runs(bare).join(bare.select("row", "behind", "listed"), on="row")
    ends = pl.coalesce("first", pl.col("digits").str.len_bytes())
    return runs.select(
        "row",
        "country",
        "digits",
        "plus",
        whole=pl.col("whole") & ~pl.col("behind"),
        first=pl.when("listed").then(ends).otherwise("first"),
    )


def _without_marks(text: pl.Expr) -> pl.Expr:
    # Mark by mark, which takes a third of the time of one pattern.
    return reduce(lambda left, mark: left.str.replace_all(mark, "", literal=True), _MARKS, text)


def _is_whole(text: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """Whether a clean run is one number or none: unbroken, or with marks that no part of it could stand behind."""
    return text.str.contains(_PURE) | ((digits.str.len_bytes() <= PLAUSIBLE_DIGITS[1]) & ~text.str.contains(_DIVIDED))


def _without_parts(marked: pl.DataFrame) -> pl.DataFrame:
    """Leaves out what has to be read part by part; few texts have the marks at all."""
    doubtful = marked["text"].str.contains(r"[/(\[]")
    if not doubtful.any():
        return marked
    some = marked.filter(doubtful)
    return pl.concat([marked.filter(~doubtful), some.filter(~pl.col("text").str.contains(_IN_PARTS))])


def is_dated(text: pl.Expr) -> pl.Expr:
    """Whether a date or a time may stand beside digits enough for a number."""
    return (text.str.len_bytes() >= SHORTEST_DATED) & text.str.contains(TIMED)


def _before_first_mark(text: pl.Expr, digits: pl.Expr) -> pl.Expr:
    first = text.str.strip_chars_start("( +").str.find("[^0-9]")
    return pl.when(first < digits.str.len_bytes()).then(first)


def spelt_runs(texts: pl.DataFrame) -> pl.DataFrame:
    """Gives the likeliest spelling of tidy texts that have one."""
    runs = [
        (row, country, spelling.digits, spelling.international, is_bare_run(text), next(iter(spelling.cuts), None))
        for row, country, text in texts.select("row", "country", "text").iter_rows()
        if unusable(text) is None and (spelling := next(spellings(text), None))
    ]
    return pl.DataFrame(runs, schema=_RUNS, orient="row")
