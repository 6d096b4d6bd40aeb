"""Outcomes counted once, in two passes over the rows whatever their number; every table comes from these.

Most numbers have one outcome, so that counting them needs no list of them: they are kept as one line for each *kind* of
outcome. Only a number that may be there twice is kept by itself until it is known to have one kind only. Which ones
these are is told by sorting half a hash of each: four bytes a row, while grouping the numbers themselves takes several
times the time and the memory. Two numbers of one hash are looked at more closely than needed, and nothing else.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import duckdb
import polars as pl

from hlrframe.report.wording import DIMENSIONS, MEASURES

__all__ = ["IS_SUSPECT", "find_suspects", "tally"]

#: Rows of which the numbers are grouped without further ado.
FEW: Final = 2_000_000
#: Hashes that are sorted together: half a gigabyte, and as much again while they are gathered.
AT_ONCE: Final = 60_000_000
#: Whether a number may be there twice, as SQL.
IS_SUSPECT: Final = "hash(msisdn) in (from suspects)"

_INTO: Final = "create or replace table suspects as"
_MERGED: Final[Mapping[str, str]] = MappingProxyType({"dearest": "max", "oldest": "min", "newest": "max"})
_TOGETHER: Final = ", ".join(f"{_MERGED.get(name, 'sum')}({name}) as {name}" for name in MEASURES)


def find_suspects(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Makes the table ``suspects`` of the hashes of all numbers that are there twice or more.

    Args:
        connection: Where.
        relation: A table with a column ``msisdn``.

    Returns:
        Whether every row has a number, and none has that of another.
    """
    hashes = f"select hash(msisdn) as hashed from {relation} where msisdn is not null"  # noqa: S608  # our own names
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
    return bool(rows == readable and not suspects)


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
    connection: duckdb.DuckDBPyConnection, relation: str, *, days: str, who: str | None, has_number: str = "true"
) -> None:
    """Makes ``tallied``: the outcomes of a table, as many numbers as possible in one line.

    Args:
        connection: Where.
        relation: A table of answers, without prefix.
        days: The bucket of an answer's age, as SQL.
        who: The number where it may be there twice, else null, as SQL; ``None`` where every row has one of its own.
        has_number: Whether a row has a number, as SQL.
    """
    aged = ", ".join(f"{days} as days" if name == "days" else name for name in DIMENSIONS)
    names = ("has_number", *DIMENSIONS)
    chosen = f"{aged}, {has_number} as has_number, {who or 'null'}::varchar as who, credits, checked_at"
    words = {
        "kind": f"hash({', '.join(names)}) as kind",
        "facts": f"any_value(struct_pack({', '.join(f'{name} := {name}' for name in names)}))",
        "rows": f"(select {chosen} from {relation})",  # noqa: S608  # our own names
        "measures": ", ".join(f"{text} as {name}" for name, text in MEASURES.items()),
        "names": ", ".join(MEASURES),
    }
    connection.execute(_COUNTED.format(**words))
    connection.execute(_KINDS)
    if connection.sql(_UNKNOWN).fetchall():
        connection.execute(_OTHER_KINDS.format(**words))
    connection.execute(_TALLIES.format(**words))
    connection.execute("drop table counted")
    connection.execute("create or replace view tallied as from tallies join kinds using (kind)")


#: By the hash of its facts a kind takes a third of the time; two kinds of one hash are less likely than a broken disk.
_COUNTED: Final = """
create or replace table counted as
select
  who,
  {kind},
  {facts} filter (who is null) as facts,
  case when who is not null then 1 when bool_or(has_number) then count(*) else 0 end as numbers,
  {measures}
from {rows}
group by who, kind
"""

_KINDS: Final = """
create or replace table kinds as
select kind, unnest(facts) from counted where who is null
"""

_UNKNOWN: Final = "select kind from counted anti join kinds using (kind) limit 1"

#: Those that only numbers have which are kept by themselves, so that each of these need not carry its facts along.
_OTHER_KINDS: Final = """
insert into kinds
select kind, unnest(facts)
from (
  select {kind}, {facts} as facts
  from {rows}
  where kind in (select kind from counted anti join kinds using (kind))
  group by kind
)
"""

#: Numbers go together that are on as many rows, paid alike: what one of them repeats can then be told from their sums.
_TALLIES: Final = f"""
create or replace table tallies as
with several as (select who from counted where who is not null group by who having count(*) > 1)
select who, kind, numbers, {{names}} from counted semi join several using (who)
union all
select concat_ws('/', '#', kind, alike), kind, sum(numbers), {_TOGETHER}
from (
  select *, case when who is not null then concat_ws('/', rows, charged, dearest) end as alike
  from counted anti join several using (who)
)
group by kind, alike
"""  # noqa: S608  # our own names
