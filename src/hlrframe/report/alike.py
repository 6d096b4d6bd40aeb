"""Numbers of which several things became, put together where those are the same in what a table asks of them.

One number may have been live and then dead, and so may a million others; but each of them on its own day and from its
own network, so that hardly two are alike in everything. A table about days does not ask for networks, though.
"""

from collections.abc import Iterator
from typing import Final

import duckdb
import polars as pl

from hlrframe.report.wording import GATHERED

__all__ = ["gather"]

#: Numbers that every table may read by themselves.
FEW: Final = 100_000
#: The share of numbers that may be left, where it is worth while to put them together.
WORTH: Final = 0.5
#: Numbers that are looked at together.
_AT_ONCE: Final = 1_000_000
_WAYS: Final = ("rows", "charged", "dearest")

#: Numbers of several lines have the lowest names.
_SEVERAL: Final = "select several from known"
_SOME: Final = "select who, kind, {ways} from tallies where who > {start} and who <= {end}"
_FEWER: Final = f"""
create or replace table {{table}} as
from tallies where who > ({_SEVERAL})
union all
select who, kind, many, rows * many, credits * many, charged * many, dearest, oldest, newest
from tallies join few using (who)
"""  # noqa: S608  # our own names
_VIEW: Final = """
create or replace view {view} as
select who, numbers, rows, credits, charged, dearest, oldest, newest, {facts} from {table} join kinds using (kind)
"""


def gather(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes views of ``tallied`` that say less in fewer lines, each with some of the facts.

    Args:
        connection: Where; it has ``tallies``, ``kinds`` and ``known``.
    """
    (several,) = connection.sql(_SEVERAL).fetchall()[0]
    tables = dict.fromkeys(GATHERED, "tallies")
    for view, few in _alike(connection, several) if several > FEW else ():
        tables[view] = f"{view}_tallies"
        connection.register("few", few.to_arrow())
        connection.execute(_FEWER.format(table=tables[view]))
        connection.unregister("few")
    for view, facts in GATHERED.items():
        connection.execute(_VIEW.format(view=view, table=tables[view], facts=", ".join(facts)))


def _alike(connection: duckdb.DuckDBPyConnection, several: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Gives for each view one number for all that are like it, and how ``many`` these are."""
    kinds = connection.table("kinds").pl()
    said = kinds.select("kind", *(pl.struct(facts).hash().alias(view) for view, facts in GATHERED.items()))
    whole = pl.concat(
        _told(
            connection.sql(_SOME.format(ways=", ".join(_WAYS), start=start, end=min(start + _AT_ONCE, several))).pl(),
            said,
        )
        for start in range(0, several, _AT_ONCE)
    )
    for view in GATHERED:
        few = whole.group_by(view).agg(pl.col("who").min(), pl.len().cast(pl.Int64).alias("many"))
        if few.height <= WORTH * whole.height:
            yield view, few.select("who", "many")


def _told(lines: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Gives a hash of what each number's lines say together; a sum, so that their order does not matter."""
    told = lines.select("who", "kind", paid=pl.struct(_WAYS).hash()).join(said, on="kind")
    return told.group_by("who").agg((pl.col(view) ^ pl.col("paid")).hash().sum() for view in GATHERED)
