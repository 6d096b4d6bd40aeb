"""What asking a list of numbers would cost and how long it would take, before anything is sent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from hlrframe.model import (
    MILLI,
    Estimate,
    LiveStatus,
    MaxAge,
    NumberType,
    Question,
    Settings,
    credits_of,
)
from hlrframe.phone import number_types
from hlrframe.provider import PriceList, Provider
from hlrframe.run.look import Wanted, columns_of_answers, known_answers
from hlrframe.run.number_list import NumberList, to_be_asked
from hlrframe.run.outcomes import counts_of
from hlrframe.store import Store

__all__ = ["estimate_numbers"]

#: Numbers whose type is looked at for an estimate; the rest is taken to be like them.
SAMPLE: Final = 20_000
#: Share of mobiles that the low sum takes to be without coverage, and so free. The provider names none.
UNCOVERED: Final = 0.1
#: Seconds that a network usually takes, as the provider says of British ones.
USUAL_LATENCY: Final = 1.0
#: What the last answer said of a number that cost nothing, and will hardly cost anything now.
FREE_STATUSES: Final = (LiveStatus.NO_COVERAGE, LiveStatus.NOT_APPLICABLE)


def estimate_numbers(
    numbers: NumberList,
    *,
    store: Store | None,
    settings: Settings,
    client: Provider,
    columns: Sequence[str] | None = None,
) -> Estimate:
    """Says what asking a list would cost. Sends nothing.

    Args:
        numbers: The list.
        store: Earlier answers, or ``None``.
        settings: Settings of the run that is to be estimated.
        client: Whose prices they are, and whose stored answers count. It is not asked.
        columns: Names of the columns that rows will get in a run after this: what is found in the store is kept for
            it with the list. ``None`` keeps nothing.
    """
    distinct, question = numbers.numbers["msisdn"], Question.of(settings, client.provider)
    its_columns = ["msisdn"] if columns is None else columns_of_answers(columns)
    known = numbers.known(Wanted(store, settings, question, its_columns), keep=columns is not None)
    to_ask = to_be_asked(distinct, known)
    if settings.offline:
        to_ask = to_ask.clear()
    ever = settings.replace(max_age=MaxAge.any(), refresh=False)
    said = ["msisdn", "live_status", "number_type"]
    earlier = known_answers(to_ask["msisdn"], Wanted(store, ever, question, said))
    sums = _sums(to_ask, earlier, client.pricing(settings))
    learnt = None if store is None or to_ask.is_empty() else store.pace(question)
    rate = _rate(learnt, settings)
    return Estimate(
        rows=numbers.rows,
        columns=numbers.columns,
        numbers=len(distinct),
        rejected=dict(numbers.rejected),
        readings=dict(numbers.readings.most_common()),
        stored=known.height,
        to_ask=to_ask.height,
        stale=earlier.height,
        countries=counts_of(to_ask["country"].fill_null("?")),
        networks=_networks(to_ask),
        credits_low=sums.low,
        credits_expected=sums.expected,
        credits_high=sums.high,
        seconds=round(to_ask.height / rate, 1),
        numbers_per_second=rate,
        rate="documented" if learnt is None else "learnt",
    )


def _networks(to_ask: pl.DataFrame) -> dict[str, int]:
    known = to_ask.filter(pl.col("network").is_not_null())
    return counts_of(known.select(network=pl.concat_str("place", "network", separator=" "))["network"])


def _rate(learnt: float | None, settings: Settings) -> float:
    """Gives the numbers a second that can be expected.

    Nobody says whether a request of 80 numbers counts once or 80 times, so the documented rate is that of numbers that
    are asked one by one.
    """
    rate = settings.max_requests / USUAL_LATENCY if learnt is None else learnt
    return min(rate, settings.max_per_second or math.inf)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What a list costs, in credits."""

    low: float
    expected: float
    high: float


def _sums(to_ask: pl.DataFrame, earlier: pl.DataFrame, prices: PriceList) -> _Sums:
    most = prices.worst_of(to_ask["msisdn"].to_list())
    sample = _kinds(to_ask.gather_every(max(1, to_ask.height // SAMPLE)), earlier)
    kinds = sample.group_by("kind", "country").len().rows()
    scale = to_ask.height / max(1, sample.height)
    expected = scale * sum(prices.usual(kind, country) * numbers for kind, country, numbers in kinds)
    mobiles = scale * sum(numbers for kind, _, numbers in kinds if kind == NumberType.MOBILE)
    # Three standard deviations: in a short list chance alone can leave out more than the share.
    covered = mobiles * (1 - UNCOVERED) - 3 * math.sqrt(mobiles * UNCOVERED * (1 - UNCOVERED))
    low = max(0.0, covered) * prices.least
    return _Sums(_tenths(min(low, expected)), _tenths(min(expected, most)), credits_of(most))


def _tenths(milli: float) -> float:
    return round(milli / MILLI, 1)


def _kinds(numbers: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Adds the kind of each number: what an earlier answer said, else what the numbering plan says.

    A mobile that had no coverage was free, and is taken to be so again.
    """
    free = pl.col("live_status").str.strip_chars().is_in(FREE_STATUSES)
    said = earlier.select("msisdn", said=pl.when(free).then(pl.lit(_FREE)).otherwise("number_type"))
    planned = number_types(numbers["msisdn"]).alias("planned")
    both = numbers.with_columns(planned).join(said, on="msisdn", how="left")
    return both.with_columns(kind=pl.coalesce("said", "planned"))


_FREE: Final = "FREE"
