"""The named statements: SQL over ``enriched``, which is whatever was summarised, under its own column names.

The tables and their columns, in the order of a report:

* ``totals``: rows, numbers, providers, oldest, newest. One row.
* ``rates``: rate, part, whole, value, meaning. Rates: readable, answered, coverage, live.
* ``verdicts``: verdict, rows, numbers, share_of_numbers. The verdict is null where a number has no answer.
* ``coverage``: state, verdict, live_status, reason, rows, numbers, share_of_rows.
* ``cost``: item, count, credits, money, meaning. Items: spent, per_answer, per_live_number, and of a frame
  saved_by_store, saved_by_repeats, saved_by_rejections, asking_every_row.
* ``countries``: country, numbers, original, current, ported, ported_share, applicable, known, live, live_share,
  coverage, poor.
* ``networks``: country, network, original, current, ported_out, ported_in, ported_share, applicable, known, live,
  live_share, coverage, poor.
* ``portability``: country, from_network, to_network, numbers, share_of_ported.
* ``age``: age, days, verdict, numbers, share_of_numbers. ``days`` is where the bucket begins; both are null where the
  time of an answer is not known.
* ``run``: provider, rows, numbers, credits, requests, refusals, seconds, numbers_per_second, possibly_billed_twice,
  possibly_billed_twice_credits, stopped. One row; only where the report of the run is given.
* ``lanes``: lane, numbers, answered, agreement, requests, refusals, refused_share, latency. Only with the report.
* ``changes``: change, numbers, share_of_compared, meaning. Changes: compared, unchanged, newly_live, newly_dead,
  newly_unreachable, status_changed, ported, network_changed. Only where there is something to compare with.

A share lies between 0 and 1, and is null where its whole is 0. ``money`` is null without a price per credit.

Each begins with ``{answers}``, which is replaced by a view of ``enriched`` that takes the prefix off; what else stands
in braces is a number. A number that several rows carry counts once wherever a column is called ``numbers``. In a
concatenation of several runs a number that had two outcomes counts in both.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from hlrframe.schema import COLUMNS

__all__ = ["COST_OF_STORE", "NEEDED", "STATEMENTS", "identifier", "literal", "render", "unprefixed"]

TOTALS: Final = """
with {answers}
select
  count(*) as rows,
  count(distinct msisdn) as numbers,
  string_agg(distinct provider, ', ' order by provider) as providers,
  min(checked_at) as oldest,
  max(checked_at) as newest
from answers
"""

COVERAGE: Final = """
with {answers}
select
  state, verdict, reason,
  count(*) as rows,
  count(distinct msisdn) as numbers,
  count(*) / nullif(sum(count(*)) over (), 0)::double as share_of_rows
from answers
group by state, verdict, reason
order by rows desc, state, verdict, reason
"""

RATES: Final = """
with {answers}, numbers as (
  select
    msisdn,
    count(*) as rows,
    bool_or(verdict is not null) as answered,
    bool_or(verdict is distinct from 'not_applicable') as applicable,
    bool_or(verdict in ('live', 'unreachable', 'dead')) as known,
    bool_or(verdict = 'live') as live
  from answers
  group by msisdn
), counts as (
  select
    coalesce(sum(rows), 0)::bigint as all_rows,
    coalesce(sum(rows) filter (msisdn is not null), 0)::bigint as readable,
    count(msisdn) as all_numbers,
    count(msisdn) filter (answered) as answered,
    count(msisdn) filter (applicable) as applicable,
    count(msisdn) filter (known) as known,
    count(msisdn) filter (live) as live
  from numbers
)
select rate, part, whole, part / nullif(whole, 0)::double as value, meaning
from counts, lateral (values
  (1, 'readable', readable, all_rows, 'rows that hold a number, of all rows'),
  (2, 'answered', answered, all_numbers, 'numbers with an answer, of all numbers'),
  (3, 'coverage', known, applicable, 'live, unreachable or dead, of all numbers but not_applicable'),
  (4, 'live', live, known, 'live, of those live, unreachable or dead')
) as rates(place, rate, part, whole, meaning)
order by place
"""

_SPENT: Final = """
  (1, 'spent', asked, credits, 'numbers asked, and what all rows cost'),
  (2, 'per_answer', answered, credits / nullif(answered, 0), 'spent, by each number answered in this run'),
  (3, 'per_live_number', live, credits / nullif(live, 0), 'spent, by each of them that is live')"""

_PAID: Final = """
asked as (
  select
    msisdn,
    sum(credits) as credits,
    bool_or(state in ('answered', 'failed')) as asked,
    bool_or(state = 'answered') as answered,
    bool_or(state = 'answered' and verdict = 'live') as live
  from answers
  group by msisdn
),
paid as (
  select
    count(msisdn) filter (asked) as asked,
    count(msisdn) filter (answered) as answered,
    count(msisdn) filter (live) as live,
    coalesce(round(sum(credits), 3), 0) as credits
  from asked
)"""

COST: Final = f"""
with {{answers}},{_PAID},
-- What one more lookup would have cost: that of this run where it was asked now, else the price list.
numbers as (
  select
    msisdn, state,
    count(*) as rows,
    greatest(count(*) filter (credits > 0), 1) as times_asked,
    case
      when state = 'answered' then max(credits)
      when any_value(number_type) is distinct from 'MOBILE' then 0
      when any_value(live_status) in ('NO_COVERAGE', 'NOT_APPLICABLE') then 0
      when coalesce(any_value(live_status), 'NONE') = 'NONE' then {{price_without_status}}
      else {{price_with_status}}
    end as price
  from answers
  where verdict is not null
  group by msisdn, state
),
saved as (
  select
    count(*) filter (state = 'cached') as cached,
    coalesce(sum(price) filter (state = 'cached'), 0) as by_store,
    coalesce(sum(rows - times_asked), 0)::bigint as repeats,
    coalesce(sum((rows - times_asked) * price), 0) as by_repeats,
    (select count(*) from answers where state = 'rejected') as rejected
  from numbers
)
select item, count, round(amount, 6) as credits, round(amount * {{price_per_credit}}, 6) as money, meaning
from paid, saved, lateral (values{_SPENT},
  (4, 'saved_by_store', cached, by_store, 'numbers not asked again, each once at its price'),
  (5, 'saved_by_repeats', repeats, by_repeats, 'rows that repeat a number, each at its price'),
  (6, 'saved_by_rejections', rejected, 0, 'rows not sent; none would have been charged'),
  (7, 'asking_every_row', null, credits + by_store + by_repeats, 'spent and saved together')
) as items(place, item, count, amount, meaning)
order by place
"""  # noqa: S608  # composed of this module's own texts

#: A store has no rows that could repeat a number, and nobody knows how often it was asked.
COST_OF_STORE: Final = f"""
with {{answers}},{_PAID}
select item, count, round(amount, 6) as credits, round(amount * {{price_per_credit}}, 6) as money, meaning
from paid, lateral (values{_SPENT}
) as items(place, item, count, amount, meaning)
order by place
"""  # noqa: S608  # composed of this module's own texts

#: Hardly any answer but a live one names the current network, so the live share is that of the number range.
NETWORKS: Final = """
with {answers}, sides as (
  select msisdn, verdict, is_ported, original_country as country, original_network as network, true as is_range
  from answers
  union all
  select msisdn, verdict, is_ported, current_country, current_network, false
  from answers
), numbers as (
  select
    country, network, msisdn,
    bool_or(is_range) as original,
    bool_or(not is_range) as current,
    bool_or(is_range and is_ported) as ported_out,
    bool_or(not is_range and is_ported) as ported_in,
    bool_or(is_range and verdict in ('live', 'unreachable', 'dead')) as known,
    bool_or(is_range and verdict = 'live') as live
  from sides
  where network is not null
  group by country, network, msisdn
), counts as (
  select
    country, network,
    count(*) filter (original) as original,
    count(*) filter (current) as current,
    count(*) filter (ported_out) as ported_out,
    count(*) filter (ported_in) as ported_in,
    count(*) filter (known) as known,
    count(*) filter (live) as live
  from numbers
  group by country, network
)
select *, live / nullif(known, 0)::double as live_share
from counts
order by greatest(original, current) desc, country, network
"""

COUNTRIES: Final = """
with {answers}, numbers as (
  select
    coalesce(current_country, original_country) as country,
    msisdn,
    bool_or(verdict <> 'not_applicable') as applicable,
    bool_or(verdict in ('live', 'unreachable', 'dead')) as known,
    bool_or(verdict = 'live') as live
  from answers
  where verdict is not null
  group by all
), counts as (
  select
    country,
    count(*) as numbers,
    count(*) filter (applicable) as applicable,
    count(*) filter (known) as known,
    count(*) filter (live) as live
  from numbers
  group by country
)
select *,
  live / nullif(known, 0)::double as live_share,
  known / nullif(applicable, 0)::double as coverage,
  coalesce(coverage < {poor_coverage}, false) as poor
from counts
order by numbers desc, country
"""

PORTABILITY: Final = """
with {answers}
select
  original_country as country,
  original_network as from_network,
  current_network as to_network,
  count(distinct msisdn) as numbers,
  count(distinct msisdn) / nullif(sum(count(distinct msisdn)) over (), 0)::double as share_of_ported
from answers
where is_ported
group by all
order by numbers desc, country, from_network, to_network
"""

#: Every statement by its name, in the order of a report.
STATEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "totals": TOTALS,
        "rates": RATES,
        "coverage": COVERAGE,
        "cost": COST,
        "countries": COUNTRIES,
        "networks": NETWORKS,
        "portability": PORTABILITY,
    }
)


def _columns_in(statement: str) -> tuple[str, ...]:
    words = set(re.findall(r"\w+", statement))
    return tuple(each.name for each in COLUMNS if each.name in words)


#: The columns without which there is no summary.
NEEDED: Final = _columns_in("".join(STATEMENTS.values()))


def render(statement: str, *, prefix: str, **numbers: str) -> str:
    """Gives a statement that reads ``enriched`` and can be run anywhere.

    Args:
        statement: One of this module's.
        prefix: What stands before the names of the result columns in ``enriched``.
        numbers: What stands in braces, as SQL.

    >>> print(render("with {answers} select count(msisdn) from answers", prefix="hlr_"))
    with answers as (
      select
        hlr_msisdn as msisdn
      from enriched
    ) select count(msisdn) from answers
    """
    answers = f"answers as (\n{unprefixed(_columns_in(statement), prefix=prefix)}\n)"
    return statement.format(answers=answers, **numbers).strip()


def unprefixed(columns: Iterable[str], *, prefix: str) -> str:
    """Gives the statement that takes the prefix off columns of ``enriched``."""
    names = ",\n    ".join(f"{identifier(prefix + name)} as {name}" for name in columns)
    return f"  select\n    {names}\n  from enriched"


def identifier(name: str) -> str:
    """Gives a name as SQL, quoted where it must be.

    >>> print(identifier("hlr_state"), identifier("Mobile state"))
    hlr_state "Mobile state"
    """
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Gives a text as SQL.

    >>> print(literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"
