"""What asking a list of numbers would cost and how long it would take, before anything is sent."""

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from hlrframe.model import (
    MILLI,
    Estimate,
    LiveStatus,
    LookupKind,
    MaxAge,
    NumberType,
    Question,
    Settings,
    credits_of,
    milli_of,
)
from hlrframe.phone import number_types
from hlrframe.provider import PRICES, Pricing
from hlrframe.run.number_list import NumberList, known_answers, to_be_asked
from hlrframe.run.outcomes import counts_of
from hlrframe.store import Store

__all__ = ["estimate_numbers"]

#: Numbers whose type is looked at for an estimate; the rest is taken to be like them.
SAMPLE: Final = 20_000
#: Share of mobiles that the low sum takes to be without coverage, and so free. The provider names none.
UNCOVERED: Final = 0.1
#: Share of mobiles for which a date of the last port is expected to be found. The provider names none.
DATED: Final = 0.15
#: Seconds that a network usually takes, as the provider says of British ones.
USUAL_LATENCY: Final = 1.0
#: Countries whose landlines have a live status.
LANDLINE_COUNTRIES: Final = ("GB", "IE")
#: What the last answer said of a number that cost nothing, and will hardly cost anything now.
FREE_STATUSES: Final = (LiveStatus.NO_COVERAGE, LiveStatus.NOT_APPLICABLE)


def estimate_numbers(numbers: NumberList, *, store: Store | None, settings: Settings, provider: str) -> Estimate:
    """Says what asking a list would cost. Sends nothing.

    Args:
        numbers: The list.
        store: Earlier answers, or ``None``.
        settings: Settings of the run that is to be estimated.
        provider: Name of the provider whose stored answers count.
    """
    distinct, question = numbers.numbers["msisdn"], Question.of(settings, provider)
    known = known_answers(distinct, store=store, settings=settings, question=question, columns=["msisdn"])
    to_ask = to_be_asked(distinct, known)
    if settings.offline:
        to_ask = to_ask.clear()
    ever = settings.replace(max_age=MaxAge.any(), refresh=False)
    said = ["msisdn", "live_status", "number_type"]
    earlier = known_answers(to_ask["msisdn"], store=store, settings=ever, question=question, columns=said)
    sums = _sums(to_ask, earlier, settings)
    learnt = None if store is None or to_ask.is_empty() else store.pace(question)
    rate = _rate(learnt, settings)
    return Estimate(
        rows=numbers.rows,
        columns=numbers.columns,
        numbers=len(distinct),
        rejected=dict(numbers.rejected),
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


def _sums(to_ask: pl.DataFrame, earlier: pl.DataFrame, settings: Settings) -> _Sums:
    most = Pricing(settings).worst_of(to_ask["msisdn"].to_list())
    sample = _kinds(to_ask.gather_every(max(1, to_ask.height // SAMPLE)), earlier)
    priced = sample.select(expected=_usual(settings), charged=pl.col("kind") == NumberType.MOBILE)
    scale = to_ask.height / max(1, sample.height)
    expected, mobiles = (scale * float(priced[name].sum()) for name in ("expected", "charged"))
    # Three standard deviations: in a short list chance alone can leave out more than the share.
    covered = mobiles * (1 - UNCOVERED) - 3 * math.sqrt(mobiles * UNCOVERED * (1 - UNCOVERED))
    low = max(0.0, covered) * _least(settings)
    return _Sums(_tenths(min(low, expected)), _tenths(min(expected, most)), credits_of(most))


def _tenths(milli: float) -> float:
    return round(milli / MILLI, 1)


def _least(settings: Settings) -> int:
    """Gives the least that an answer about a mobile with coverage costs, in milli-credits: no date, out of a cache."""
    base = PRICES[LookupKind(settings.lookup)].milli
    if settings.provider_cache_days:
        return PRICES["private_cache"].milli
    return min(base, PRICES["global_cache"].milli) if settings.global_cache_days else base


def _usual(settings: Settings) -> pl.Expr:
    """Prices a number as its kind is usually charged, in milli-credits; what the caches know is anybody's guess."""
    kind, lookup = pl.col("kind"), LookupKind(settings.lookup)
    mobile = kind.is_in([NumberType.MOBILE, NumberType.MOBILE_OR_LANDLINE])
    price = mobile * PRICES[lookup].milli
    if settings.usa_status and lookup is LookupKind.HLR:
        price += (mobile & (pl.col("country") == "US")).fill_null(value=False) * PRICES["usa_status"].milli
    if settings.landline_status and lookup is LookupKind.HLR:
        asked = (kind == NumberType.LANDLINE) & pl.col("country").is_in(LANDLINE_COUNTRIES)
        price += asked.fill_null(value=False) * PRICES[lookup].milli
    if settings.ported_date and lookup is not LookupKind.VALIDATE:
        price += mobile * milli_of(DATED * credits_of(PRICES["ported_date"].milli))
    return price


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
