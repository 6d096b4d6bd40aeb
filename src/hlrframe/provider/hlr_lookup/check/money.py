"""What answers cost, and what the caches keep."""

from typing import Final

from hlrframe.model import MILLI, credits_of
from hlrframe.provider.hlr_lookup.check.evidence import Evidence, Exchange, stated
from hlrframe.provider.hlr_lookup.check.outcomes import Outcome, confirmed, not_tried, otherwise, why
from hlrframe.provider.hlr_lookup.check.steps import source_of

__all__ = [
    "bad_format_price",
    "balance_falls",
    "cached_mnp_price",
    "cached_price",
    "cached_usa_price",
    "date_price",
    "immobile_price",
    "landline_price",
    "lookup_price",
    "lost",
    "mnp_price",
    "no_word",
    "private_word",
    "refusals_free",
    "states_charge",
    "usa_landline_price",
    "usa_price",
    "validate_price",
]

_OK, _BAD = 200, 400
_BOOKED: Final = "books what the reply says; the estimate and the ceiling go by the list until it is mended: tell us"
_NO_PRICE: Final = frozenset({"NO_COVERAGE", "NOT_APPLICABLE"})


def _amount(milli: int) -> str:
    return f"{credits_of(milli):g} credit{'' if milli == MILLI else 's'}"


def _priced(exchange: Exchange | None, evidence: Evidence, listed: int, manner: str, step: str) -> Outcome:
    """Compares a price with the list."""
    if exchange is None or exchange.answer is None or exchange.price is None:
        return why(evidence, step)
    if exchange.answer.get("error") not in {"NONE", None}:
        return not_tried("the answer is an error: enough credit on the account?")
    found = _amount(exchange.price)
    manners = {manner: credits_of(exchange.price)}
    return confirmed(found, **manners) if exchange.price == listed else otherwise(found, _BOOKED, **manners)


def _networked(evidence: Evidence, step: str, listed: int, manner: str) -> Outcome:
    """Compares the price of an answer that a network gave; one without coverage tells nothing."""
    if (evidence.answer(step) or {}).get("live_status") in _NO_PRICE:
        return not_tried("this number has no coverage, which is free: give another")
    return _priced(evidence[step], evidence, listed, manner, step)


def lookup_price(evidence: Evidence) -> Outcome:
    """What a lookup costs."""
    return _networked(evidence, "lookup", MILLI, "lookup_price")


def mnp_price(evidence: Evidence) -> Outcome:
    """What ``mnp`` costs."""
    return _networked(evidence, "mnp", MILLI // 2, "mnp_price")


def validate_price(evidence: Evidence) -> Outcome:
    """What ``validate`` costs."""
    return _priced(evidence["validate"], evidence, 0, "validate_price", "validate")


def landline_price(evidence: Evidence) -> Outcome:
    """What a landline costs with its option."""
    return _networked(evidence, "landline_status", MILLI, "landline_price")


def immobile_price(evidence: Evidence) -> Outcome:
    """What a landline costs without its option."""
    return _priced(evidence["landline"], evidence, 0, "immobile_price", "landline")


def bad_format_price(evidence: Evidence) -> Outcome:
    """What it costs to ask what is no number."""
    return _priced(evidence["nonsense"], evidence, 0, "bad_format_price", "nonsense")


def usa_price(evidence: Evidence) -> Outcome:
    """What a mobile of the United States costs with its option."""
    step = _american(evidence, mobile=True)
    return _networked(evidence, step, 2 * MILLI, "usa_price") if step else _no_american(evidence)


def usa_landline_price(evidence: Evidence) -> Outcome:
    """What anything else of the United States costs with that option."""
    step = _american(evidence, mobile=False)
    if not step:
        return _no_american(evidence)
    return _priced(evidence[step], evidence, MILLI, "usa_landline_price", step)


def _american(evidence: Evidence, *, mobile: bool) -> str | None:
    steps = [step for step in ("usa", "usa_other") if evidence.answer(step)]
    kinds = {step: (evidence.answer(step) or {}).get("telephone_number_type") for step in steps}
    return next((step for step, kind in kinds.items() if kind and (kind == "MOBILE") is mobile), None)


def _no_american(evidence: Evidence) -> Outcome:
    if evidence.answer("usa"):
        return not_tried("the US numbers that were given are not of that kind")
    return why(evidence, "usa")


def date_price(evidence: Evidence) -> Outcome:
    """What the date of a port costs on top."""
    made, base = evidence["date"], evidence["lookup"]
    found = (evidence.answer("date") or {}).get("ported_date")
    if made is None or base is None or not any(map(str.isdigit, str(found or ""))):
        return why(evidence, "date")
    if made.price is None or base.price is None:
        return why(evidence, "date")
    extra = made.price - base.price
    manners = {"date_price": credits_of(max(0, extra))}
    on_top = f"{_amount(extra)} on top"
    return confirmed(on_top, **manners) if extra == MILLI else otherwise(on_top, _BOOKED, **manners)


_REPEATS: Final = (("lookup", "recall"), ("recall", "recall_private"), ("private", "private_recall"))


def cached_price(evidence: Evidence) -> Outcome:
    """What an answer out of the private cache costs."""
    for first, later in _REPEATS:
        if source_of(evidence[first], evidence[later]) in {"cache", "older"}:
            return _cached(evidence, later, "cached_price")
    return why(evidence, "recall", "recall_private")


def _cached(evidence: Evidence, step: str, manner: str) -> Outcome:
    price = _priced(evidence[step], evidence, 0, manner, step)
    if price.state != "otherwise":
        return price
    then = "books it; a lost reply that is answered out of the cache stays in doubt, and its price reserved"
    return otherwise(price.found, then, **price.manners)


def cached_mnp_price(evidence: Evidence) -> Outcome:
    """What a repeated ``mnp`` costs."""
    return _repeated(evidence, "mnp", "mnp_recall", "cached_mnp_price")


def cached_usa_price(evidence: Evidence) -> Outcome:
    """What a repeated lookup with ``usa_status`` costs."""
    step = _american(evidence, mobile=True)
    return _repeated(evidence, step, "usa_recall", "cached_usa_price") if step else _no_american(evidence)


def _repeated(evidence: Evidence, first: str, later: str, manner: str) -> Outcome:
    source = source_of(evidence[first], evidence[later])
    if source == "network":
        return otherwise("asked of the network again, and paid again", "reserves the fresh price in any case")
    if source is None:
        return why(evidence, later)
    return _cached(evidence, later, manner)


def no_word(evidence: Evidence) -> Outcome:
    """Whether NO keeps an answer out of the private cache, too."""
    source = source_of(evidence["lookup"], evidence["recall"])
    if source == "cache":
        return confirmed("it does not: the repeat came out of the cache", no_keeps_out=False)
    if source == "network":
        then = 'a lost reply is paid twice with share_results="no": use share_results="private" where money counts'
        return otherwise("it does: the repeat was asked of the network", then, no_keeps_out=True)
    if source == "older":
        return not_tried("this number was asked within a day before: give another one first")
    return why(evidence, "recall")


def private_word(evidence: Evidence) -> Outcome:
    """What PRIVATE means."""
    taken = evidence["private_word"]
    if taken is None or taken.status not in {_OK, _BAD}:
        return why(evidence, "private_word")
    if taken.status == _BAD:
        then = 'share_results="private" ends at its first request: use "no"'
        return otherwise("refused, HTTP 400", then, private_word="refused")
    sources = [source_of(evidence[first], evidence[later]) for first, later in _REPEATS[1:]]
    if "cache" in sources:
        return confirmed("taken, and kept for this account", private_word="kept")
    if "network" in sources:
        then = 'a lost reply is paid twice with share_results="private"'
        return otherwise("taken, and not kept", then, private_word="not kept")
    return not_tried("taken; whether it is kept was not tried")


def balance_falls(evidence: Evidence) -> Outcome:
    """Whether the balance falls by what replies say."""
    beyond = {
        each.fell - said
        for each in evidence.paid()
        if each.fell is not None and (said := _said(each)) is not None and (said or each.fell)
    }
    if not beyond:
        return why(evidence, "lookup")
    if beyond == {0}:
        return confirmed("it does, to the thousandth", unstated=0.0)
    found = " or ".join(sorted(_amount(each) for each in beyond))
    manners = {"unstated": credits_of(next(iter(beyond)))} if len(beyond) == 1 and min(beyond) > 0 else {}
    return otherwise(
        f"it falls by {found} more", "books what replies say; compare the balance after each run", **manners
    )


def _said(exchange: Exchange) -> int | None:
    charges = [stated(each) for each in exchange.results]
    return None if not charges or None in charges else sum(each or 0 for each in charges)


def states_charge(evidence: Evidence) -> Outcome:
    """Whether replies say what they cost."""
    results = [each for each in evidence.results() if each.get("error") in {"NONE", None}]
    if not results:
        return why(evidence, "testing", "nonsense", "lookup")
    silent = sum(stated(each) is None for each in results)
    if not silent:
        return confirmed(f"each of {len(results)} does")
    return otherwise(f"{silent} of {len(results)} do not", "books the price list for those")


def refusals_free(evidence: Evidence) -> Outcome:
    """Whether refused requests are free."""
    refused = [each for each in evidence.exchanges.values() if each.fell is not None and each.status not in {_OK, None}]
    if not refused:
        return why(evidence, "unknown_word", "nobody")
    if not any(each.fell for each in refused):
        return confirmed(f"{len(refused)} refused requests cost nothing")
    dearest = max(each.fell or 0 for each in refused)
    return otherwise(f"a refused request cost {_amount(dearest)}", "takes it for free: tell us")


def lost(evidence: Evidence) -> Outcome:
    """Whether a request is billed when its reply was lost."""
    made = evidence["lost"]
    if made is None:
        return why(evidence, "lost")
    if made.reply is not None:
        return not_tried("the reply came before the check could go away")
    if made.fell is None:
        return not_tried("the balance could not be asked")
    if made.fell > 0:
        return confirmed("it is", bills_lost=True)
    if (made.left or 0) < max(MILLI, (evidence["lookup"] or made).price or 0):
        return not_tried("the account had too little credit to be billed")
    return otherwise("it is not", "asks again with care all the same, which costs nothing more", bills_lost=False)
