"""Outcomes counted once, in two or three passes over the rows whatever their number; every table comes from these.

Most numbers are there once, so that counting them needs no list of them: they are kept as one line for each *kind* of
outcome. First every row is counted by its kind alone, as if no number were there twice. Then the rows of those that may
be are taken off again, and counted by number. Which ones these are is told by sorting a hash of each number: eight
bytes a row, while grouping the numbers themselves takes several times the time and the memory. Two numbers of one hash
are looked at more closely than needed, and nothing else.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import duckdb
import polars as pl

from hlrframe.report.wording import DIMENSIONS, MEASURES

__all__ = ["IS_SUSPECT", "Doubles", "find_suspects", "tally"]

#: Rows of which the numbers are grouped without further ado.
FEW: Final = 2_000_000
#: Hashes that are sorted together: half a gigabyte, and as much again while they are gathered.
AT_ONCE: Final = 60_000_000
#: Whether a number may be there twice, as SQL.
IS_SUSPECT: Final = "hash(msisdn) in (from suspects)"

_INTO: Final = "create or replace table suspects as"
_MERGED: Final[Mapping[str, str]] = MappingProxyType({"dearest": "max", "oldest": "min", "newest": "max"})
_TOGETHER: Final = ", ".join(f"{_MERGED.get(name, 'sum')}({name}) as {name}" for name in MEASURES)


class Doubles(NamedTuple):
    """What there is to know of the numbers of a table before its rows are counted."""

    #: Whether every row has a number.
    complete: bool
    #: Whether some number may be there twice.
    some: bool


def find_suspects(connection: duckdb.DuckDBPyConnection, relation: str, *, rows: int | None = None) -> Doubles:
    """Makes the table ``suspects`` of the hashes of all numbers that are there twice or more.

    Args:
        connection: Where.
        relation: A table with a column ``msisdn``.
        rows: How many it has, where that is known.
    """
    hashes = f"select hash(msisdn) as hashed from {relation} where msisdn is not null"  # noqa: S608  # our own names
    if rows is None:
        (rows,) = _one(connection, f"select count(*) from {relation}")  # noqa: S608  # our own names
    if rows <= FEW:
        (readable,) = _one(connection, f"select count(msisdn) from {relation}")  # noqa: S608  # our own names
        connection.execute(f"{_INTO} {hashes} group by hashed having count(*) > 1")
    else:
        passes = -(-rows // AT_ONCE)
        some = [f"{hashes} and hashed % {passes} = {each}" if passes > 1 else hashes for each in range(passes)]
        readable, found = _twice(connection.sql(each).pl()["hashed"].rechunk() for each in some)
        connection.register("found_suspects", found.to_frame().to_arrow())
        connection.execute(f"{_INTO} from found_suspects")
        connection.unregister("found_suspects")
    (suspects,) = _one(connection, "select count(*) from suspects")
    return Doubles(complete=rows == readable, some=suspects > 0)


def _one(connection: duckdb.DuckDBPyConnection, question: str) -> tuple[int, ...]:
    answer: tuple[int, ...] = connection.sql(question).fetchall()[0]
    return answer


def _twice(hashes: Iterable[pl.Series]) -> tuple[int, pl.Series]:
    """Counts hashes, and gives those that are there twice or more."""
    count, found = 0, [pl.Series("hashed", [], pl.UInt64)]
    for some in hashes:
        # In place: a copy would be half a gigabyte.
        some.sort(in_place=True)
        count += len(some)
        found.append(some.filter(some == some.shift(1)).unique())
    return count, pl.concat(found)


def tally(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    days: str,
    doubles: Doubles,
    taken: str | None = None,
    put: str = f"(from {{relation}} where {IS_SUSPECT})",
) -> None:
    """Makes ``tallied``: the outcomes of a table, as many numbers as possible in one line.

    Args:
        connection: Where; it has ``suspects``.
        relation: A table of answers, without prefix.
        days: The bucket of an answer's age, as SQL.
        doubles: What :func:`find_suspects` said of it.
        taken: The rows of all suspects; ``None`` where they are those of ``put``.
        put: The rows of suspects that count in place of these.
    """
    words = _words(days, has_number="true" if doubles.complete else "msisdn is not null")
    connection.execute(_EVERY.format(rows=relation, **words))
    connection.execute("create or replace table kinds as select kind, unnest(facts) from every")
    connection.execute(
        _COUNTED.format(rows=put.format(relation=relation) if doubles.some else f"(from {relation} limit 0)", **words)
    )
    by_kind = "counted" if taken is None or not doubles.some else _BY_KIND.format(rows=taken, **words)
    connection.execute(_TALLIES.format(taken=by_kind, **words))
    for name in ("every", "counted"):
        connection.execute(f"drop table {name}")
    connection.execute("create or replace view tallied as from tallies join kinds using (kind)")


def _words(days: str, *, has_number: str) -> dict[str, str]:
    texts = {name: f"{name}" for name in DIMENSIONS} | {"days": days, "has_number": has_number}
    return {
        "kind": f"hash({', '.join(texts.values())}) as kind",
        "facts": f"any_value(struct_pack({', '.join(f'{name} := {text}' for name, text in texts.items())})) as facts",
        "measures": ", ".join(f"{text} as {name}" for name, text in MEASURES.items()),
        "names": ", ".join(MEASURES),
    }


#: By the hash of its facts a kind takes a third of the time; two kinds of one hash are less likely than a broken disk.
_EVERY: Final = "create or replace table every as select {kind}, {facts}, {measures} from {rows} group by kind"

_COUNTED: Final = """
create or replace table counted as select msisdn as who, {kind}, {measures} from {rows} group by who, kind
"""

_BY_KIND: Final = "(select {kind}, {measures} from {rows} group by kind)"

#: Numbers go together that are on as many rows, paid alike: what one of them repeats can then be told from their sums.
#: Of what is left after some rows are taken off, nothing repeats, and the dearest does not matter.
_TALLIES: Final = f"""
create or replace table tallies as
with taken as (
  select kind, sum(rows) as rows, sum(credits) as credits, sum(charged) as charged from {{taken}} group by kind
), single as (
  select
    kind, has_number,
    every.rows - coalesce(taken.rows, 0) as rows,
    round(every.credits - coalesce(taken.credits, 0), 6) as credits,
    every.charged - coalesce(taken.charged, 0) as charged,
    dearest, oldest, newest
  from every join kinds using (kind) left join taken using (kind)
), several as (
  select who from counted group by who having count(*) > 1
), alike as (
  select *, concat_ws('/', '#', kind, rows, charged, dearest) as those from counted anti join several using (who)
)
select who, kind, 1 as numbers, {{names}} from counted semi join several using (who)
union all
select those, kind, count(*), {_TOGETHER} from alike group by those, kind
union all
select '#/' || kind, kind, case when has_number then rows else 0 end, {{names}} from single where rows > 0
"""  # noqa: S608  # our own names
