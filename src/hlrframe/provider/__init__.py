"""Whom we ask. The scheduler and the store know an answer; only this room knows how one provider writes it.

::

    client       the account, and the one place that speaks HTTP   <- open this first
    pricing      what a lookup can cost, with the source of each price
    wire/        the provider's JSON to answers and back
    transport/   one host over 210 connections, and on which side of the first byte a failure is
"""

from hlrframe.provider.client import Client, Session, unused_account
from hlrframe.provider.pricing import MILLI, PRICES, Pricing, credits_of, milli_of
from hlrframe.provider.wire import (
    PROFILE_TYPES,
    Answer,
    AnswerBook,
    Failure,
    Result,
    answers_to_batch,
    cache_window,
    failure_of,
    match_results,
    request_options,
)

__all__ = [
    "MILLI",
    "PRICES",
    "PROFILE_TYPES",
    "Answer",
    "AnswerBook",
    "Client",
    "Failure",
    "Pricing",
    "Result",
    "Session",
    "answers_to_batch",
    "cache_window",
    "credits_of",
    "failure_of",
    "match_results",
    "milli_of",
    "request_options",
    "unused_account",
]
