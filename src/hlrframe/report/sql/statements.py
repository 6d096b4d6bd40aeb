"""The named statements: SQL over whatever was summarised.

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

Most ask ``outcomes``: one row for each number and each thing that became of it, with ``who`` it is, how many
``numbers`` it stands for, and how many ``rows`` carry it. A ``who`` that stands for many numbers stands for the same
ones in all its rows, and rows without a number stand for none. So numbers are counted by adding ``numbers`` up after
each ``who`` was taken once, and a number that several rows carry counts once. In a concatenation of several runs a
number that had two outcomes counts in both. What ``{head}`` becomes is said in ``wording``; what else stands in braces
is a value.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hlrframe.report.sql.costs import COST

__all__ = ["STATEMENTS"]

TOTALS: Final = """
{head}
select
  coalesce(sum(rows), 0)::bigint as rows,
  (select coalesce(sum(numbers), 0)::bigint from (select distinct who, numbers from outcomes)) as numbers,
  string_agg(distinct provider, ', ' order by provider) as providers,
  min(oldest) as oldest,
  max(newest) as newest
from outcomes
"""

RATES: Final = """
{head}, by_number as (
  select
    who,
    any_value(numbers) as numbers,
    sum(rows) as rows,
    bool_or(verdict is not null) as answered,
    bool_or(verdict is distinct from 'not_applicable') as applicable,
    bool_or(verdict in ('live', 'unreachable', 'dead')) as known,
    bool_or(verdict = 'live') as live
  from outcomes
  group by who
), counts as (
  select
    coalesce(sum(rows), 0)::bigint as all_rows,
    coalesce(sum(rows) filter (numbers > 0), 0)::bigint as readable,
    coalesce(sum(numbers), 0)::bigint as all_numbers,
    coalesce(sum(numbers) filter (answered), 0)::bigint as answered,
    coalesce(sum(numbers) filter (applicable), 0)::bigint as applicable,
    coalesce(sum(numbers) filter (known), 0)::bigint as known,
    coalesce(sum(numbers) filter (live), 0)::bigint as live
  from by_number
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

VERDICTS: Final = """
{head}, by_number as (
  select who, verdict, any_value(numbers) as numbers, sum(rows) as rows
  from outcomes
  where numbers > 0
  group by who, verdict
)
select
  verdict,
  sum(rows)::bigint as rows,
  sum(numbers)::bigint as numbers,
  sum(numbers) / sum(sum(numbers)) over ()::double as share_of_numbers
from by_number
group by verdict
order by numbers desc, verdict
"""

COVERAGE: Final = """
{head}, by_number as (
  select who, state, verdict, live_status, reason, any_value(numbers) as numbers, sum(rows) as rows
  from outcomes
  group by who, state, verdict, live_status, reason
)
select
  state, verdict, live_status, reason,
  sum(rows)::bigint as rows,
  sum(numbers)::bigint as numbers,
  sum(rows) / sum(sum(rows)) over ()::double as share_of_rows
from by_number
group by state, verdict, live_status, reason
order by rows desc, state, verdict, live_status, reason
"""

COUNTRIES: Final = """
{head}, sides as (
  select who, numbers, verdict, is_ported, coalesce(current_country, original_country) as country, 'either' as side
  from outcomes
  where verdict is not null
  union all
  select who, numbers, verdict, is_ported, original_country, 'original'
  from outcomes
  where verdict is not null and original_country is not null
  union all
  select who, numbers, verdict, is_ported, current_country, 'current'
  from outcomes
  where verdict is not null and current_country is not null
), by_number as (
  select
    country, who,
    any_value(numbers) as numbers,
    bool_or(side = 'either') as here,
    bool_or(side = 'original') as original,
    bool_or(side = 'current') as current,
    bool_or(side = 'either' and is_ported) as ported,
    bool_or(side = 'either' and is_ported is not null) as portable,
    bool_or(side = 'either' and verdict <> 'not_applicable') as applicable,
    bool_or(side = 'either' and verdict in ('live', 'unreachable', 'dead')) as known,
    bool_or(side = 'either' and verdict = 'live') as live
  from sides
  group by country, who
), counts as (
  select
    country,
    coalesce(sum(numbers) filter (here), 0)::bigint as numbers,
    coalesce(sum(numbers) filter (original), 0)::bigint as original,
    coalesce(sum(numbers) filter (current), 0)::bigint as current,
    coalesce(sum(numbers) filter (ported), 0)::bigint as ported,
    coalesce(sum(numbers) filter (portable), 0)::bigint as portable,
    coalesce(sum(numbers) filter (applicable), 0)::bigint as applicable,
    coalesce(sum(numbers) filter (known), 0)::bigint as known,
    coalesce(sum(numbers) filter (live), 0)::bigint as live
  from by_number
  group by country
)
select
  country, numbers, original, current, ported,
  ported / nullif(portable, 0)::double as ported_share,
  applicable, known, live,
  live / nullif(known, 0)::double as live_share,
  known / nullif(applicable, 0)::double as coverage,
  coalesce(coverage < {poor_coverage}, false) as poor
from counts
order by numbers desc, country
"""

#: Hardly any answer but a live one names the current network, so shares and coverage are those of the number range.
NETWORKS: Final = """
{head}, sides as (
  select who, numbers, verdict, is_ported, original_country as country, original_network as network, true as is_range
  from outcomes
  union all
  select who, numbers, verdict, is_ported, current_country, current_network, false
  from outcomes
), by_number as (
  select
    country, network, who,
    any_value(numbers) as numbers,
    bool_or(is_range) as original,
    bool_or(not is_range) as current,
    bool_or(is_range and is_ported) as ported_out,
    bool_or(not is_range and is_ported) as ported_in,
    bool_or(is_range and is_ported is not null) as portable,
    bool_or(is_range and verdict <> 'not_applicable') as applicable,
    bool_or(is_range and verdict in ('live', 'unreachable', 'dead')) as known,
    bool_or(is_range and verdict = 'live') as live
  from sides
  where network is not null
  group by country, network, who
), counts as (
  select
    country, network,
    coalesce(sum(numbers) filter (original), 0)::bigint as original,
    coalesce(sum(numbers) filter (current), 0)::bigint as current,
    coalesce(sum(numbers) filter (ported_out), 0)::bigint as ported_out,
    coalesce(sum(numbers) filter (ported_in), 0)::bigint as ported_in,
    coalesce(sum(numbers) filter (portable), 0)::bigint as portable,
    coalesce(sum(numbers) filter (applicable), 0)::bigint as applicable,
    coalesce(sum(numbers) filter (known), 0)::bigint as known,
    coalesce(sum(numbers) filter (live), 0)::bigint as live
  from by_number
  group by country, network
)
select
  country, network, original, current, ported_out, ported_in,
  ported_out / nullif(portable, 0)::double as ported_share,
  applicable, known, live,
  live / nullif(known, 0)::double as live_share,
  known / nullif(applicable, 0)::double as coverage,
  coalesce(coverage < {poor_coverage}, false) as poor
from counts
order by greatest(original, current) desc, country, network
"""

PORTABILITY: Final = """
{head}, by_number as (
  select distinct who, numbers, original_country as country, original_network, current_network
  from outcomes
  where is_ported
)
select
  country,
  original_network as from_network,
  current_network as to_network,
  sum(numbers)::bigint as numbers,
  sum(numbers) / sum(sum(numbers)) over ()::double as share_of_ported
from by_number
group by country, original_network, current_network
order by numbers desc, country, from_network, to_network
"""

AGE: Final = """
{head}, by_number as (
  select distinct who, numbers, days, verdict
  from outcomes
  where verdict is not null
)
select
  case days
    when 0 then 'under a day'
    when 1 then '1 to 7 days'
    when 7 then '7 to 30 days'
    when 30 then '30 to 90 days'
    when 90 then '90 to 365 days'
    when 365 then 'over a year'
  end as age,
  days,
  verdict,
  sum(numbers)::bigint as numbers,
  sum(numbers) / sum(sum(numbers)) over ()::double as share_of_numbers
from by_number
group by days, verdict
order by days nulls last, numbers desc, verdict
"""

#: Of the run's report, as the table ``runs``.
RUN: Final = """
select
  provider, rows, numbers, credits, requests, refusals, seconds,
  numbers / nullif(seconds, 0) as numbers_per_second,
  possibly_billed_twice, possibly_billed_twice_credits, stopped
from runs
"""

#: Of the run's report, as the table ``reported_lanes``.
LANES: Final = """
select
  lane, numbers, answered, agreement, requests, refusals,
  refusals / nullif(requests, 0)::double as refused_share,
  latency
from reported_lanes
order by numbers desc, lane
"""

#: A lost answer of the current network is no change of network: a dead number has none.
CHANGES: Final = """
{head}, latest as (
  select distinct on ({key}) {key}, verdict, live_status, is_ported, current_network
  from answers
  where verdict is not null and msisdn in (select msisdn from before)
  order by {key}, checked_at desc nulls last
), previous as (
  select distinct on ({key}) {key}, verdict, live_status, is_ported, current_network
  from before
  where verdict is not null
  order by {key}, checked_at desc nulls last
), pairs as (
  select
    latest.verdict as verdict,
    latest.verdict is distinct from previous.verdict as new_verdict,
    latest.live_status is distinct from previous.live_status as new_status,
    coalesce(latest.is_ported and previous.is_ported is distinct from true, false) as newly_ported,
    coalesce(latest.current_network <> previous.current_network, false) as new_network
  from latest join previous using ({key})
), counts as (
  select
    count(*) as compared,
    count(*) filter (not (new_verdict or new_status or newly_ported or new_network)) as unchanged,
    count(*) filter (new_verdict and verdict = 'live') as newly_live,
    count(*) filter (new_verdict and verdict = 'dead') as newly_dead,
    count(*) filter (new_verdict and verdict = 'unreachable') as newly_unreachable,
    count(*) filter (new_status) as status_changed,
    count(*) filter (newly_ported) as ported,
    count(*) filter (new_network) as network_changed
  from pairs
)
select change, numbers, numbers / nullif(compared, 0)::double as share_of_compared, meaning
from counts, lateral (values
  (1, 'compared', compared, 'numbers with an answer now and an earlier one'),
  (2, 'unchanged', unchanged, 'the same status, network and porting'),
  (3, 'newly_live', newly_live, 'live now and not before'),
  (4, 'newly_dead', newly_dead, 'dead now and not before'),
  (5, 'newly_unreachable', newly_unreachable, 'unreachable now and not before'),
  (6, 'status_changed', status_changed, 'another live status, those above included'),
  (7, 'ported', ported, 'ported now and not before'),
  (8, 'network_changed', network_changed, 'another current network, where both are known')
) as changes(place, change, numbers, meaning)
order by place
"""

#: Every statement by its name, in the order of a report.
STATEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "totals": TOTALS,
        "rates": RATES,
        "verdicts": VERDICTS,
        "coverage": COVERAGE,
        "cost": COST,
        "countries": COUNTRIES,
        "networks": NETWORKS,
        "portability": PORTABILITY,
        "age": AGE,
        "run": RUN,
        "lanes": LANES,
        "changes": CHANGES,
    }
)
