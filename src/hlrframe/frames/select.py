"""The list to act on: the rows of an enriched frame whose number fits a rule, and how many do not, and why."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Generic, NamedTuple

import polars as pl

from hlrframe.errors import InputError
from hlrframe.frames.enriched import open_rows, results_of
from hlrframe.frames.picking import SELECTED, picked_columns
from hlrframe.frames.rules import Rule, SelectionReport, Words, chosen, is_needed
from hlrframe.model import Frame
from hlrframe.system import sealed

__all__ = ["Selection", "select"]


class Selection(NamedTuple, Generic[Frame]):
    """The rows that were selected, and the account of those that were not."""

    #: The caller's type of frame.
    frame: Frame
    report: SelectionReport


@sealed
def select(
    frame: Frame,
    *,
    textable: bool = False,
    verdict: Words = None,
    number_type: Words = None,
    country: Words = None,
    network: Words = None,
    max_age: str | timedelta | None = None,
    one_per: str | None = None,
    suppress: Any = None,  # any list of numbers
    region: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "all",
) -> Selection[Frame]:
    """Gives the rows of an enriched frame to act on, and counts the others by reason. Sends nothing, costs nothing.

    Of several phone columns the first whose number fits is taken, in their order; ``selected_column`` and
    ``selected_msisdn`` (with the prefix) say which and what it is. Rows keep their order.

    Args:
        frame: What :func:`~hlrframe.enrich` gave: polars DataFrame or LazyFrame, pandas DataFrame or pyarrow Table.
        textable: Live mobiles, each number once: the ready rule for a list of texts. A verdict or type that is named
            takes the place of its own.
        verdict: Verdicts that are wanted, such as ``"live"``; one or several.
        number_type: Types of number, such as ``"MOBILE"``.
        country: Countries of the networks, as ISO 3166 codes or names.
        network: Names, or mobile country and network codes, of the networks that serve the numbers.
        max_age: How old an answer may be, such as ``"30d"``.
        one_per: Name of a column that tells people apart: of rows alike in it the first that fits is taken.
        suppress: Numbers to leave out, in any spelling: a list, a Series, or a frame of one column. Of several phone
            columns a row is left out with all its numbers.
        region: Country of suppressed numbers that are written without a code, ISO 3166 alpha-2.
        prefix: What stands before the names of the result columns.
        columns: Which columns to keep, in this order: ``"all"``, ``"input"`` (those that were there before
            :func:`~hlrframe.enrich`), or names, patterns such as ``"hlr_*"`` among them; a result also by its name
            without the prefix (``["name", "msisdn"]``).

    Raises:
        InputError: The frame was not enriched, lacks a column that the rule needs or that is to be kept, or is of a
            type without rows to take.
        ConfigError: A word is no verdict, type or country; an age is none.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"phone": ["+44 7400 123456", "+44 20 7946 0000", "n/a"]})
    >>> enriched = hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7))
    >>> chosen, report = hf.select(enriched, textable=True)
    >>> chosen["hlr_msisdn"].to_list(), report.excluded
    (['447400123456'], {'not_live': 1, 'rejected: empty': 1})
    """
    rule = Rule.of(
        textable=textable,
        verdict=verdict,
        number_type=number_type,
        country=country,
        network=network,
        max_age=max_age,
        suppress=suppress,
        region=region,
    )
    known = open_rows(frame, "select rows of")
    needed = [name for name in known.columns if is_needed(str(name), prefix) or name == one_per]
    if one_per is not None and one_per not in known.columns:
        raise InputError(f"the frame has no column {one_per!r}: one_per names the column that tells people apart")
    found = chosen(results_of(known, needed), rule, one_per=one_per, prefix=prefix)
    places = found.rows["row"].to_list()
    rows = known[places, :]
    if found.several:
        import narwhals.stable.v2 as nw  # noqa: PLC0415  # see open_rows

        rows = rows.with_columns(
            nw.new_series(f"{prefix}{name}", found.rows[name].to_list(), nw.String(), backend=known.implementation)
            for name in SELECTED
        )
    # By their places: a label of pandas may be anything.
    picked = [rows.columns.index(name) for name in picked_columns(rows.columns, columns, prefix=prefix)]
    result: Any = rows[:, picked].to_native()
    return Selection(result.lazy() if isinstance(frame, pl.LazyFrame) else result, found.report)
