"""The statements about money: what was spent, by answer and by live number, and what was saved."""

from typing import Final

__all__ = ["COST", "COST_OF_STORE"]

_SPENT: Final = """
  (1, 'spent', asked, spent, 'numbers asked, and what all rows cost'),
  (2, 'per_answer', answered, spent / nullif(answered, 0), 'spent, by each number answered in this run'),
  (3, 'per_live_number', live, spent / nullif(live, 0), 'spent, by each of them that is live')"""

_PAID: Final = """
by_number as (
  select
    who,
    any_value(numbers) as numbers,
    sum(credits) as credits,
    bool_or(state in ('answered', 'failed')) as asked,
    bool_or(state = 'answered') as answered,
    bool_or(state = 'answered' and verdict = 'live') as live
  from outcomes
  group by who
),
paid as (
  select
    coalesce(sum(numbers) filter (asked), 0)::bigint as asked,
    coalesce(sum(numbers) filter (answered), 0)::bigint as answered,
    coalesce(sum(numbers) filter (live), 0)::bigint as live,
    coalesce(round(sum(credits), 3), 0) as spent
  from by_number
)"""

COST: Final = f"""
{{head}}, {_PAID},
priced as (
  -- What one more lookup would have cost: that of this run where it was asked now, else the price list.
  select
    *,
    case
      when number_type is null or number_type not in ({{charged_types}}) then 0
      when live_status in ({{free_statuses}}) then 0
      when coalesce(live_status, 'NONE') = 'NONE' then {{price_without_status}}
      else {{price_with_status}}
    end as price
  from outcomes
  where verdict is not null
),
cached as (
  select who, any_value(numbers) as numbers, max(price) as price from priced where state = 'cached' group by who
),
repeating as (
  select
    sum(rows) - greatest(sum(charged), any_value(numbers)) as repeats,
    case when state = 'answered' then max(dearest) else max(price) end as price
  from priced
  group by who, state
),
repeated as (
  select coalesce(sum(repeats), 0)::bigint as repeats, coalesce(sum(repeats * price), 0) as by_repeats from repeating
),
saved as (
  select
    *,
    (select coalesce(sum(numbers), 0)::bigint from cached) as stored,
    (select coalesce(sum(numbers * price), 0) from cached) as by_store,
    (select coalesce(sum(rows), 0)::bigint from outcomes where state = 'rejected') as rejected
  from repeated
)
select item, count, round(amount, 6) as credits, round(amount * {{price_per_credit}}, 6) as money, meaning
from paid, saved, lateral (values{_SPENT},
  (4, 'saved_by_store', stored, by_store, 'numbers not asked again, each once at its price'),
  (5, 'saved_by_repeats', repeats, by_repeats, 'rows that repeat a number, each at its price'),
  (6, 'saved_by_rejections', rejected, 0, 'rows not sent; none would have been charged'),
  (7, 'asking_every_row', null, spent + by_store + by_repeats, 'spent and saved together')
) as items(place, item, count, amount, meaning)
order by place
"""  # noqa: S608  # composed of this module's own texts

#: A store has no rows that could repeat a number, and nobody knows how often it was asked.
COST_OF_STORE: Final = f"""
{{head}}, {_PAID}
select item, count, round(amount, 6) as credits, round(amount * {{price_per_credit}}, 6) as money, meaning
from paid, lateral (values{_SPENT}
) as items(place, item, count, amount, meaning)
order by place
"""  # noqa: S608  # composed of this module's own texts
