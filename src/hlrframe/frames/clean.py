"""What a phone column holds, for nothing: numbers, reasons, countries, types and networks, without asking anybody."""

import os
from collections.abc import Sequence
from typing import Final

import polars as pl
import pyarrow as pa

from hlrframe.frames.adapters import open_frame
from hlrframe.model import Column, Frame, Naming, RegionCells
from hlrframe.phone import explain_column, number_types, predict_networks
from hlrframe.system import sealed

__all__ = ["CLEAN_COLUMNS", "clean", "facts_of", "read_column"]

_TEXT: Final = pa.string()

#: Every column that :func:`clean` adds, in this order.
CLEAN_COLUMNS: Final[tuple[Column, ...]] = (
    Column("msisdn", _TEXT, "The number as E.164 digits without plus.", of_answer=False),
    Column("reason", _TEXT, "Why there is no number: a stable code, the same as for a rejected row.", of_answer=False),
    Column("region", _TEXT, "The number's country, ISO 3166 alpha-2; null for +800 and the like.", of_answer=False),
    Column("number_type", _TEXT, "Type by the numbering plan, in the provider's words.", of_answer=False),
    Column("network", _TEXT, "Network that the prefix was given to: a ported number is on another.", of_answer=False),
    Column("e164", _TEXT, "The number in E.164 with its plus.", of_answer=False),
    Column("reading", _TEXT, "How it was read: renumbered, or the first of several; else null.", of_answer=False),
    Column("suggestion", _TEXT, "What may be wrong with a cell that holds no number.", of_answer=False),
)


@sealed
def clean(
    frame: Frame,
    column: str | Sequence[str],
    *,
    default_region: str | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    handoff: str | os.PathLike[str] | None = None,
) -> Frame:
    """Gives the same frame back with what the numbering plans say of one column. Sends nothing, costs nothing.

    Rows keep their number, order and index; every input column stays as it is.

    Args:
        frame: As for :func:`~hlrframe.enrich`.
        column: Name of the phone column: text, or numbers that lost their formatting; of several a list of names, or a
            pattern: results stand under the column's name before the prefix (``mobile_hlr_msisdn``).
        default_region: The country whose national numbers are meant, in any form that ``region_column`` may hold;
            ``None`` never guesses.
        region_column: Name of a column that says in which country each number was written: ISO 3166 alpha-2 or
            alpha-3, a name, a calling code, a locale or a flag. A row whose cell is empty is read with
            ``default_region``; one whose country is not understood is rejected (``unknown_region``), unless its number
            has a plus.
        prefix: Put before the name of every result column; :func:`~hlrframe.enrich` on the same frame needs another.
        handoff: As for :func:`~hlrframe.enrich`.

    Returns:
        A frame of the type that came in, with ``msisdn``, ``reason``, ``region``, ``number_type``, ``network``,
        ``e164``, ``reading`` and ``suggestion`` added. Exactly one of ``msisdn`` and ``reason`` is given.

    Raises:
        InputError: No such column, a column that cannot hold numbers, a result column that is already there.
        ConfigError: The region is none.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"phone": ["07400 123456", "n/a", "020 7946 0000"]})
    >>> hf.clean(contacts, "phone", default_region="GB", prefix="").select("msisdn", "reason", "number_type").rows()
    [('447400123456', None, 'MOBILE'), (None, 'empty', None), ('442079460000', None, 'LANDLINE')]
    """
    wanted = Naming.of_names(column, [each.name for each in CLEAN_COLUMNS], prefix=prefix)
    opened = open_frame(frame, wanted, region_column=region_column, handoff=handoff)
    countries, regions = RegionCells(), opened.cells.regions
    regions = None if regions is None else countries.settled(regions)
    countries.say()
    results = [
        read_column(each, region=default_region, regions=regions).rename(opened.naming.names_of(name))
        for name, each in zip(opened.naming.columns, opened.cells.texts, strict=True)
    ]
    cleaned: Frame = opened.attach(pl.concat(results, how="horizontal"))
    return cleaned


def read_column(texts: pl.Series, *, region: str | None = None, regions: pl.Series | None = None) -> pl.DataFrame:
    """Gives the columns of :data:`CLEAN_COLUMNS` for a column of texts; arguments as for ``parse_column``.

    >>> read_column(pl.Series(["+44 7400 123456"])).row(0)
    ('447400123456', None, 'GB', 'MOBILE', 'Three', '+447400123456', None, None)
    """
    return facts_of(explain_column(texts, region=region, regions=regions).drop("region"))


def facts_of(reading: pl.DataFrame) -> pl.DataFrame:
    """Gives the columns of :data:`CLEAN_COLUMNS` for cells that were read: ``msisdn``, and how it was."""
    numbers = reading["msisdn"].drop_nulls().unique()
    plan = predict_networks(numbers).select("region", "network")
    known = pl.DataFrame([numbers, number_types(numbers).alias("number_type")]).hstack(plan)
    joined = reading.join(known, on="msisdn", how="left", maintain_order="left")
    return joined.with_columns(e164=pl.lit("+") + pl.col("msisdn")).select(each.name for each in CLEAN_COLUMNS)
