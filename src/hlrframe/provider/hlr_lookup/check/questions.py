"""What a check can settle: each question with the line of the documents that it settles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hlrframe.provider.hlr_lookup.check import form, money
from hlrframe.provider.hlr_lookup.check.evidence import Evidence
from hlrframe.provider.hlr_lookup.check.outcomes import Outcome

__all__ = ["QUESTIONS", "Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is assumed of the provider."""

    name: str
    #: The first cell of its line in ``docs/limits.md``.
    line: str
    judge: Callable[[Evidence], Outcome]


_PRICE: Final = "price of a lookup"
_FREE: Final = "which replies are free: all but HTTP 200, and `INTERNAL_ERROR`"
_KINDS: Final = "results of `mnp` and `validate`"
_FIELDS: Final = "missing fields, null details, `mccmnc` of three characters"

#: Everything that is judged, in the order in which it is shown.
QUESTIONS: Final = (
    Question("lookup price", _PRICE, money.lookup_price),
    Question("mnp price", "price of `mnp`", money.mnp_price),
    Question("validate price", "price of `validate`", money.validate_price),
    Question("landline price", "price of `landline_status`", money.landline_price),
    Question("usa price", "price of `usa_status`", money.usa_price),
    Question("usa landline price", "price of `usa_status` for what is no mobile", money.usa_landline_price),
    Question("date price", "price of `ported_date`", money.date_price),
    Question("no number", "what is no number, or no mobile without its option, is free", money.bad_format_price),
    Question("no mobile", "what is no number, or no mobile without its option, is free", money.immobile_price),
    Question("cached price", "price of an answer out of the private cache", money.cached_price),
    Question("cached mnp", "price of a cached answer to `mnp` or with `usa_status`", money.cached_mnp_price),
    Question("cached usa", "price of a cached answer to `mnp` or with `usa_status`", money.cached_usa_price),
    Question("charge stated", "a reply without `credits_spent`", money.states_charge),
    Question("charge form", "`credits_spent` in tenths of a credit", form.credits_type),
    Question("balance falls", "whether the balance falls by `credits_spent`", money.balance_falls),
    Question("refusals", _FREE, money.refusals_free),
    Question("lost reply", "whether a request is billed when its reply was lost", money.lost),
    Question("word NO", "whether `save_to_cache: NO` keeps an answer out of the *private* cache too", money.no_word),
    Question("word PRIVATE", "meaning of `save_to_cache: PRIVATE`", money.private_word),
    Question("batch", "80 numbers in a request", form.batch),
    Question("retry after", "`Retry-After`", form.retry_after),
    Question("time", "about 10 s for the slowest networks", form.times),
    Question("envelope", "results at the top level, or under `body`", form.envelope),
    Question("order", "order of the results", form.order),
    Question("echo", "order of the results", form.echo),
    Question("new fields", "new fields", form.new_fields),
    Question("missing fields", _FIELDS, form.missing_fields),
    Question("no details", _FIELDS, form.no_details),
    Question("words", "words not listed", form.words),
    Question("defaults", "defaults of the cache options", form.defaults),
    Question("unknown keys", "unknown keys in a request give HTTP 400", form.unknown_keys),
    Question("HTTP 400", "what HTTP 400 and 401 look like", form.bad_request),
    Question("HTTP 401", "what HTTP 400 and 401 look like", form.unauthorized),
    Question("ported date", "form of `ported_date`", form.date_form),
    Question("other kinds", _KINDS, form.other_kinds),
    Question("balance", "`balance`", form.balance),
    Question("testing suite", "the testing suite answers for another number", form.testing_suite),
)
