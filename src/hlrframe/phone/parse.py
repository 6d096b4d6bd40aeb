"""Text in any state of decay to E.164 digits without plus, or a rejection with a reason; one text or a column.

What is accepted
    Digits of any script; blanks, dots, dashes, brackets and slashes between them; invisible characters; a plus or
    ``00`` before a calling code; the trunk zero in ``+44 (0)7400 ...``; ``tel:`` and ``wa.me`` links; a label before
    and a note behind; extensions (dropped); ``.0`` of a float column; an exponent that kept every digit; letters for
    telephone keys where the number is then a toll-free or other service number (``1-800-FLOWERS``).

How digits without plus are read
    *With a region*, in this order: as its own international number without the plus, where they start with its calling
    code and people there dial national numbers with a trunk prefix that is another (``44...`` in GB); as a person there
    dials or writes them, its international prefix included (``011`` in the United States) and a trunk zero that a
    spreadsheet took away excused; as a foreign number without its plus, where they are one bare run: marks and brackets
    group the digits of the country (``(781) 474-11507`` is no Russian). The first valid reading counts.
    *Without a region*, as international digits where those are a **valid** number, never where they start with a single
    zero, nor where marks group them in another way than behind the calling code. Everything else needs a region:
    nothing is guessed. A national number of one country can be the valid international number of another
    (``3612345678`` is Texas to an American, Budapest to everybody): give the region where the column is national, and
    write the plus where it is not. Plans with numbers of any length (Germany, Austria) read most foreign digits without
    a plus as numbers of their own.

Several numbers in one cell
    The first valid one is taken. A list is divided before anything is joined: in ``030 1234567/68`` three digits or
    fewer behind a slash are the end of another number, never more of the first. A part of a list with fewer than seven
    digits ends the search, since it may be an area code that was cut off. In running text what libphonenumber's own
    finder calls valid is taken, if it has seven digits and is no part of a longer run that could be one number: what is
    left of a wrong area code is not tried.

Where the answer is not libphonenumber's
    ``parse(text, region)`` with ``is_valid_number`` is the measure. On purpose more is read: what has an evident
    meaning that it does not see (labels, links, lists, spreadsheet forms, a foreign number without its plus). On
    purpose less is read: letters for keys where the number is no service number (``555 HOME``, ``07400 XXXXXX``),
    digits that grew together with a word (``P07400123456``), digits joined over the end of a list (``030 1234567/68``),
    and groups behind a number that are one with it only by its calling code (``91234 56789 12``). Where its own E.164
    form reads as another number when it is read again, the last one counts. Dates and times beside a number are no
    digits of it (``030 12345 1.1.2020``), though a plan with numbers of any length has room for them.

What is rejected
    A number of the right length that no plan assigns is ``not_in_plan``. So is Britain's range for drama
    (``07700 900xxx``): nobody can be reached there. America's (``555-01xx``) is part of its plan, and is accepted. A
    leading plus is believed, but where a region's own prefix for abroad follows it: its reasons are
    ``unknown_country``, ``too_short``, ``too_long`` and ``not_in_plan``.

Promises
    Reading never raises for any text. ``parse(x).digits`` reads as itself without a region, and with a plus before it
    in any region. ``parse`` and ``parse_column`` always agree.
"""

from collections.abc import Callable, Iterable
from typing import Final

import polars as pl

from hlrframe.errors import InputError
from hlrframe.model import Reason, check_region, dialling_regions_of
from hlrframe.phone.lists import listed_runs
from hlrframe.phone.notes import with_notes
from hlrframe.phone.plans import Msisdn, Rejection
from hlrframe.phone.reading import read_text
from hlrframe.phone.repair import tidy, unusable
from hlrframe.phone.run_exprs import FEW, read_runs
from hlrframe.phone.runs import bared_runs, clean_runs, spelt_runs

__all__ = ["Msisdn", "Rejection", "explain_column", "parse", "parse_column"]

_ROW: Final = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
#: Why a text is no number, whichever country wrote it.
_WHATEVER_THE_COUNTRY: Final = (Reason.EMPTY.value, Reason.NOT_A_NUMBER.value, Reason.SPREADSHEET_DAMAGE.value)


def parse(raw: str | None, *, region: str | None = None) -> Msisdn | Rejection:
    """Reads one text.

    Args:
        raw: The text as it stands in the cell; ``None`` is empty.
        region: ISO 3166 alpha-2 code of the country whose national numbers are meant; ``None`` never guesses.

    Raises:
        ConfigError: The region is none. No text raises.

    >>> parse("+44 (0)7400 123456 ext. 12")
    Msisdn(digits='447400123456', region='GB')
    >>> parse("07400 123456", region="GB").digits
    '447400123456'
    >>> parse("07400 123456"), parse("4.474E+11")
    (Rejection(reason=<Reason.NEEDS_REGION: 'needs_region'>), Rejection(reason=<Reason.SPREADSHEET_DAMAGE: ...>))
    """
    return read_text(tidy(raw or ""), check_region(region))


def parse_column(raw: pl.Series, *, region: str | None = None, regions: pl.Series | None = None) -> pl.DataFrame:
    """Reads a column; each distinct text once, the usual ones of many as column expressions, the rest as :func:`parse`.

    Args:
        raw: Text, whole numbers, or floats that hold whole numbers.
        region: As for :func:`parse`.
        regions: The country of each row, in any form that :func:`~hlrframe.model.dialling.dialling_region_of`
            reads. A row without one is read with ``region``; one whose country is not understood is rejected, if its
            number has no plus.

    Returns:
        Columns ``msisdn``, ``reason`` and ``region``, one row for each row of ``raw`` in its order. Exactly one of
        ``msisdn`` and ``reason`` is given; ``region`` is null for rejections and for numbers of no country.

    Raises:
        InputError: The column cannot hold telephone numbers.
        ConfigError: The region is none.

    >>> parse_column(pl.Series(["+44 7400 123456", None])).rows()
    [('447400123456', None, 'GB'), (None, 'empty', None)]
    >>> phones, countries = pl.Series(["07400 123456", "0151 12345678"]), pl.Series(["UK", "Germany"])
    >>> parse_column(phones, regions=countries)["msisdn"].to_list()
    ['447400123456', '4915112345678']
    """
    return _read_rows(raw, region, regions, lambda answers: answers).select("msisdn", "reason", "region")


def explain_column(
    raw: pl.Series, *, region: str | None = None, regions: pl.Series | None = None, suggest: bool = True
) -> pl.DataFrame:
    """Reads a column as :func:`parse_column` does, and says how.

    Args:
        raw: As for :func:`parse_column`.
        region: The same.
        regions: The same.
        suggest: Whether each rejected row is looked at once more for what may be wrong with it.

    Returns:
        The columns of :func:`parse_column`; ``reading``, in the words of :class:`~hlrframe.model.vocabulary.Reading`,
        null where a number was read as it stands; and ``suggestion``, null for numbers and empty rows.

    Raises:
        InputError: The column cannot hold telephone numbers.
        ConfigError: The region is none.

    >>> explain_column(pl.Series(["+52 1 55 1234 5678", "+34 612 28 69 94/95"]))["reading"].to_list()
    ['renumbered', 'several']
    """
    noted = _read_rows(raw, region, regions, lambda answers: with_notes(answers, suggest=suggest))
    return noted.select("msisdn", "reason", "region", "reading", "suggestion")


def _read_rows(
    raw: pl.Series, region: str | None, regions: pl.Series | None, noted: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """Gives the answer of each row; distinct texts are read once, and noted once."""
    usual = pl.lit(check_region(region), pl.String)
    texts = _texts(raw).alias("text").to_frame().with_columns(country=usual, lost=pl.lit(value=False))
    if regions is not None:
        texts = texts.select("text").hstack(_countries(regions.cast(pl.String), check_region(region)))
    key = ["text"] if regions is None else ["text", "country", "lost"]
    distinct = texts.drop_nulls("text").unique(subset=key)
    if distinct.height == texts.height:
        return noted(_read_distinct(texts))
    answers = noted(_read_distinct(distinct)).select(*key, pl.exclude("text", "country", "lost"))
    joined = texts.join(answers, on=key, how="left", maintain_order="left", nulls_equal=True)
    empty = pl.when(pl.col("text").is_null()).then(pl.lit(Reason.EMPTY.value)).otherwise("reason")
    return joined.with_columns(reason=empty)


def _countries(cells: pl.Series, usual: str | None) -> pl.DataFrame:
    """Gives each row's ``country``, and whether it is ``lost``: a cell that says something names none."""
    frame = pl.DataFrame({"cell": cells, "country": dialling_regions_of(cells)})
    distinct = frame.filter(pl.col("country").is_null())["cell"].drop_nulls().unique()
    said = [cell for cell in distinct if unusable(tidy(cell)) is not Reason.EMPTY]
    lost = pl.col("cell").is_in(said).fill_null(value=False)
    country = pl.when(lost).then(None).otherwise(pl.coalesce("country", pl.lit(usual, pl.String)))
    return frame.select(country=country, lost=lost)


def _texts(raw: pl.Series) -> pl.Series:
    """Gives a column as text without losing a digit.

    Raises:
        InputError: The type cannot hold telephone numbers, or has lost digits already.
    """
    kind = raw.dtype
    if kind == pl.Float32:
        raise InputError("a column of 32-bit floats keeps seven digits of a number: read the column as text")
    if kind == pl.Float64:
        whole = raw.cast(pl.Int64, strict=False)
        frame = pl.DataFrame({"raw": raw, "whole": whole})
        exact = pl.when(pl.col("whole") == pl.col("raw")).then(pl.col("whole").cast(pl.String))
        return frame.select(exact.otherwise(pl.col("raw").cast(pl.String))).to_series()
    if kind in (pl.String, pl.Categorical, pl.Enum, pl.Null) or kind.is_integer() or kind.is_decimal():
        return raw.cast(pl.String)
    raise InputError(f"a column of {kind} cannot hold telephone numbers: give text")


def _read_distinct(texts: pl.DataFrame) -> pl.DataFrame:
    """Reads distinct texts: clean ones as they stand, then by their likeliest spelling, then one at a time."""
    numbered = texts.with_columns(_ROW)
    answers = [_one_at_a_time(_tidied(numbered))] if texts.height <= FEW else _in_columns(numbered)
    in_order = pl.concat(answers, how="diagonal").sort("row").drop("row")
    if "renumbered" not in in_order.columns:
        in_order = in_order.with_columns(renumbered=pl.lit(None, pl.String))
    return _without_lost(texts.hstack(in_order))


def _in_columns(numbered: pl.DataFrame) -> list[pl.DataFrame]:
    runs = [clean_runs(numbered)]
    rest = numbered if runs[0].is_empty() else numbered.join(runs[0], on="row", how="anti")
    for more in (bared_runs, listed_runs, lambda texts: spelt_runs(_tidied(texts))):
        if not rest.is_empty():
            runs.append(more(rest))
            rest = rest.join(runs[-1], on="row", how="anti")
    read = read_runs(pl.concat(runs))
    return [read, _one_at_a_time(_tidied(numbered.join(read, on="row", how="anti")))]


def _tidied(texts: pl.DataFrame) -> pl.DataFrame:
    return texts.with_columns(text=pl.Series(map(tidy, texts["text"]), dtype=pl.String))


def _without_lost(read: pl.DataFrame) -> pl.DataFrame:
    """Rejects what needs the country that was not understood: everything but a number with a plus."""
    needs = pl.col("lost") & ~pl.col("text").str.contains("[+\uff0b]")
    left = needs & ~pl.col("reason").is_in(_WHATEVER_THE_COUNTRY).fill_null(value=False)
    reason = pl.when(left).then(pl.lit(Reason.UNKNOWN_REGION.value)).otherwise("reason")
    kept = {name: pl.when(~left).then(name) for name in ("msisdn", "region")}
    return read.with_columns(reason=reason, **kept) if read["lost"].any() else read


def _one_at_a_time(rest: pl.DataFrame) -> pl.DataFrame:
    known: dict[tuple[str, str | None], Msisdn | Rejection] = {}
    pairs = rest.select("text", "country").rows()
    for text, country in pairs:
        if (text, country) not in known:
            known[text, country] = read_text(text, country)
    return _frame(rest["row"], map(known.__getitem__, pairs))


def _frame(rows: pl.Series, answers: Iterable[Msisdn | Rejection]) -> pl.DataFrame:
    records = [
        (each.digits, each.region, None, each.renumbered and each.renumbered.words)
        if isinstance(each, Msisdn)
        else (None, None, each.reason.value, None)
        for each in answers
    ]
    names = dict.fromkeys(("msisdn", "region", "reason", "renumbered"), pl.String)
    return pl.DataFrame(records, schema=names, orient="row").insert_column(0, rows)
