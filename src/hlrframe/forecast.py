"""What asking a list of numbers would cost, before anything is sent."""

from typing import Final

import phonenumbers
import polars as pl

from hlrframe.account import Estimate
from hlrframe.column import NumberList, known_answers, to_be_asked
from hlrframe.models import Question, Settings
from hlrframe.outcomes import counts_of
from hlrframe.store import Store
from hlrframe.tariff import Tariff, credits_of

__all__ = ["estimate_numbers"]

#: Numbers whose type is looked at for an estimate; the rest is taken to be like them.
SAMPLE: Final = 2_000


def estimate_numbers(numbers: NumberList, *, store: Store | None, settings: Settings, provider: str) -> Estimate:
    """Says what asking a list would cost. Sends nothing.

    Args:
        numbers: The list.
        store: Earlier answers, or ``None``.
        settings: Settings of the run that is to be estimated.
        provider: Name of the provider whose stored answers count.
    """
    distinct = numbers.numbers["msisdn"]
    known = known_answers(distinct, store=store, settings=settings, question=Question.of(settings, provider))
    to_ask = to_be_asked(distinct, known)
    if settings.offline:
        to_ask = to_ask.clear()
    worst = Tariff(settings).worst_of(to_ask["msisdn"].to_list())
    return Estimate(
        rows=numbers.rows,
        numbers=len(distinct),
        rejected=dict(numbers.rejected),
        stored=known.height,
        to_ask=to_ask.height,
        countries=counts_of(to_ask["country"].fill_null("?")),
        credits_high=credits_of(worst),
        credits_expected=round(credits_of(worst) * _mobile_share(to_ask["msisdn"]), 1),
    )


def _mobile_share(numbers: pl.Series) -> float:
    """Gives the share of numbers that the numbering plans call mobile, from an even sample."""
    if numbers.is_empty():
        return 0.0
    sample = numbers.gather_every(max(1, len(numbers) // SAMPLE))
    return sum(map(_may_be_mobile, sample)) / len(sample)


def _may_be_mobile(number: str) -> bool:
    kind = phonenumbers.number_type(phonenumbers.parse(f"+{number}"))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
