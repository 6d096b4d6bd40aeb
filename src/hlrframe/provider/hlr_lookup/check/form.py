"""What the replies look like: envelope, order, fields, types, words, refusals."""

import datetime as dt
import statistics
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from hlrframe.model import MAX_BATCH, LiveStatus, NumberType
from hlrframe.provider.hlr_lookup.check.evidence import Evidence, Exchange, balance_of, error_body, is_about
from hlrframe.provider.hlr_lookup.check.outcomes import Outcome, confirmed, not_tried, otherwise, safe_name, why
from hlrframe.provider.hlr_lookup.manners import Manners
from hlrframe.provider.hlr_lookup.raw import seconds_of
from hlrframe.provider.hlr_lookup.wire import Result

__all__ = [
    "bad_request",
    "balance",
    "batch",
    "credits_type",
    "date_form",
    "defaults",
    "echo",
    "envelope",
    "missing_fields",
    "new_fields",
    "no_details",
    "order",
    "other_kinds",
    "retry_after",
    "testing_suite",
    "times",
    "unauthorized",
    "unknown_keys",
    "words",
]

_OK, _BAD, _FORBIDDEN, _BROKEN = 200, 400, 403, 500
_READ: Final = "nothing: it is read in either form"
_KNOWN: Final = frozenset(each.encode_name for each in msgspec.structs.fields(Result))
#: What every answer is assumed to have.
_EVERY: Final = (
    *("error", "uuid", "request_parameters", "credits_spent", "detected_telephone_number"),
    *("formatted_telephone_number", "live_status", "original_network", "current_network", "is_ported", "timestamp"),
    *("telephone_number_type", "sms_email", "mms_email"),
)
_NETWORKS: Final = ("original_network", "current_network")
_FLAGS: Final = frozenset({"YES", "NO", "UNKNOWN"})
_VOCABULARY: Final[Mapping[str, frozenset[str]]] = {
    "live_status": frozenset(LiveStatus),
    "telephone_number_type": frozenset(NumberType),
    "is_ported": _FLAGS,
    "disposable_number": _FLAGS,
    "original_network": frozenset({"AVAILABLE", "NOT_AVAILABLE"}),
    "current_network": frozenset({"AVAILABLE", "NOT_AVAILABLE"}),
    "error": frozenset({"NONE", "INTERNAL_ERROR", "INSUFFICIENT_CREDIT"}),
}
#: Forms that a date may have; the first that fits both ways is taken.
_DATES: Final = (
    *("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%Y%m%d"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%Y-%m"),
)
#: Seconds that a slow network is documented to take.
_SLOW: Final = 10.0
#: Less than this is no network's time.
_INSTANT: Final = 0.05


def envelope(evidence: Evidence) -> Outcome:
    """Where the results are."""
    every = [each.envelope for each in evidence.lookups()]
    found = set(every) - {""}
    if not found:
        return why(evidence, "testing", "nonsense", "lookup")
    broken = f"; {every.count('')} replies with HTTP 200 had no results" if "" in every else ""
    if found == {"top"}:
        return confirmed(f"at the top level{broken}", envelope="top")
    if len(found) > 1:
        return otherwise(f"now here, now there{broken}", _READ)
    [form] = found
    where = "under body" if form == "body" else "as a JSON text under body"
    return otherwise(f"{where}{broken}", _READ, envelope=form)


def order(evidence: Evidence) -> Outcome:
    """In which order they come."""
    made = evidence["lookup"]
    if made is None or len(made.asked) != 2 or len(made.results) != 2:  # noqa: PLR2004  # a pair
        return why(evidence, "lookup")
    place = next((place for place, each in enumerate(made.results) if is_about(each, made.asked[1])), None)
    if place is None:
        return not_tried("no result says which number it is about")
    if place == 1:
        return confirmed("as asked", order="asked")
    return otherwise("not as asked", "nothing: each result is matched by the number that it names", order="reversed")


def echo(evidence: Evidence) -> Outcome:
    """What of the request comes back."""
    asked = [each for each in map(evidence.__getitem__, ("lookup", "nonsense")) if each and each.answer]
    made = next((each for each in asked if (each.answer or {}).get("error") in {"NONE", None}), None)
    if made is None:
        return why(evidence, "lookup", "nonsense")
    sent, echoed = made.asked[-1]["telephone_number"], _parameters(made.answer).get("telephone_number")
    if echoed == sent:
        return confirmed("the number as it was sent", echo="submitted")
    if echoed == f"+{sent}":
        return otherwise("the number after a plus", "nothing: a plus is passed over", echo="plus")
    if echoed is None:
        return otherwise("no number", "matches by the detected number, else by the place", echo="none")
    return otherwise("the number in another form", "matches by position where no echo contradicts it; tell us")


def _parameters(answer: Mapping[str, Any] | None) -> Mapping[str, Any]:
    echoed = (answer or {}).get("request_parameters")
    return echoed if isinstance(echoed, Mapping) else {}


def _answers(evidence: Evidence, *endpoints: str) -> list[Mapping[str, Any]]:
    return [each for each in evidence.results(*endpoints) if each.get("error") in {"NONE", None}]


def new_fields(evidence: Evidence) -> Outcome:
    """Which fields are not known here."""
    answers = _answers(evidence)
    if not answers:
        return why(evidence, "testing", "nonsense", "lookup")
    always = set.intersection(*(set(each) for each in answers)) - _KNOWN
    ever = set.union(*(set(each) for each in answers)) - _KNOWN
    names = sorted({safe_name(each) for each in ever})
    if not names:
        return confirmed("none that is not known", new_fields=[])
    kept = sorted(each for each in always if safe_name(each) == each)
    return otherwise(f"new: {', '.join(names)}", "keeps them in hlr_extra", new_fields=kept)


def missing_fields(evidence: Evidence) -> Outcome:
    """Which fields that are assumed never came."""
    wanted: dict[str, bool] = {}
    for exchange in evidence.lookups():
        for result in exchange.results:
            for name in _assumed(result, exchange) if result.get("error") in {"NONE", None} else ():
                wanted[name] = wanted.get(name, False) or name in result
    if not wanted:
        return why(evidence, "testing", "nonsense", "lookup")
    names = sorted(name for name, came in wanted.items() if not came)
    told = [name for name in names if name != "request_parameters"]
    if not names:
        return confirmed("none that was assumed", missing_fields=told)
    return otherwise(f"missing: {', '.join(names)}", "leaves them null; every field may be absent", missing_fields=told)


def _assumed(result: Mapping[str, Any], exchange: Exchange) -> Iterator[str]:
    yield from (each for each in _EVERY if each != "live_status" or exchange.endpoint == "hlr")
    if result.get("telephone_number_type") == "MOBILE":
        yield "disposable_number"
    yield from (f"{each}_details" for each in _NETWORKS if result.get(each) == "AVAILABLE")
    if any(each.get("get_ported_date") == "YES" for each in exchange.asked):
        yield "ported_date"
    if any(each.get("usa_status") == "YES" for each in exchange.asked):
        yield "usa_status"


def no_details(evidence: Evidence) -> Outcome:
    """What stands for the details of a network that is not available."""
    found = {
        _form_of_nothing(each, f"{name}_details")
        for each in _answers(evidence)
        for name in _NETWORKS
        if each.get(name) == "NOT_AVAILABLE"
    }
    if not found:
        return why(evidence, "testing", "nonsense", "lookup")
    if found == {"absent"}:
        return confirmed("absent", no_details="absent")
    manners = {"no_details": next(iter(found))} if len(found) == 1 and "other" not in found else {}
    return otherwise(" or ".join(sorted(found)), "nothing: a network without details stays null", **manners)


def _form_of_nothing(result: Mapping[str, Any], name: str) -> str:
    if name not in result:
        return "absent"
    value = result[name]
    if value is None:
        return "null"
    return "empty" if isinstance(value, Mapping) and not any(value.values()) else "other"


def credits_type(evidence: Evidence) -> Outcome:
    """How a charge is written."""
    found = [each["credits_spent"] for each in _answers(evidence) if "credits_spent" in each]
    if not found:
        return why(evidence, "testing", "nonsense", "lookup")
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in found):
        tenths = all(abs(each * 10 - round(each * 10)) < 1e-9 for each in found)  # noqa: PLR2004  # as good as none
        finer = "finer than tenths are rounded to thousandths"
        return confirmed("a number, in tenths", credits_as="number") if tenths else otherwise("a finer number", finer)
    if all(isinstance(each, str) for each in found):
        return otherwise("a number as text", _READ, credits_as="text")
    return otherwise("no number, or now this, now that", "books the price list where it cannot be read")


def words(evidence: Evidence) -> Outcome:
    """Which words are not listed."""
    answers = _answers(evidence)
    if not answers:
        return why(evidence, "testing", "nonsense", "lookup")
    new = sorted(
        {
            f"{name} {safe_name(each[name])}"
            for each in answers
            for name, known in _VOCABULARY.items()
            if isinstance(each.get(name), str) and each[name] and each[name] not in known
        }
    )
    if not new:
        return confirmed("none that is not listed")
    return otherwise(f"new: {', '.join(new)}", "keeps them as they are; the verdict is unknown")


def defaults(evidence: Evidence) -> Outcome:
    """What the cache options are where a request does not name them."""
    told = _parameters(evidence.answer("nonsense"))
    save, private, shared = (told.get(each) for each in ("save_to_cache", "cache_days_private", "cache_days_global"))
    if save not in {"YES", "NO", "PRIVATE"} or not isinstance(private, int) or not isinstance(shared, int):
        return why(evidence, "nonsense")
    found = f"{save}, {private} and {shared} days"
    manners = {"default_save": save, "default_private_days": private, "default_global_days": shared}
    if (save, private, shared) == ("YES", 0, 0):
        return confirmed(found, **manners)
    return otherwise(found, "nothing: all of them are sent with every number", **manners)


def unknown_keys(evidence: Evidence) -> Outcome:
    """What becomes of a request with a key that nobody knows."""
    status = _status(evidence, "unknown_key", "testing_key")
    if status == _BAD:
        return confirmed("HTTP 400", unknown_keys="refused")
    if status == _OK:
        return otherwise("passed over", "nothing: none is sent", unknown_keys="ignored")
    return why(evidence, "unknown_key", "testing_key")


def _status(evidence: Evidence, *steps: str) -> int | None:
    return next((each.status for each in map(evidence.__getitem__, steps) if each is not None), None)


def bad_request(evidence: Evidence) -> Outcome:
    """What HTTP 400 looks like."""
    made = next((each for each in map(evidence.__getitem__, ("unknown_word", "testing_word")) if each), None)
    if made is None or made.reply is None or made.reply.status >= _BROKEN:
        return why(evidence, "unknown_word", "testing_word")
    if made.status != _BAD:
        return otherwise(f"HTTP {made.status} for a word that nobody knows", "sends only words that are documented")
    said = error_body(made.reply)
    if said is not None and said.get("error") == "BAD_REQUEST":
        return confirmed("an object with a word and, perhaps, a sentence", refusal_body="json")
    if not made.reply.body:
        return otherwise("empty", "says HTTP 400 without the provider's words", refusal_body="empty")
    return otherwise("another body", "says HTTP 400; words are shown from 'error' and 'message' alone")


def unauthorized(evidence: Evidence) -> Outcome:
    """What a wrong key gets."""
    status = _status(evidence, "nobody")
    if status == 401:  # noqa: PLR2004  # HTTP
        return confirmed("HTTP 401", unauthorized=401)
    if status == _FORBIDDEN:
        return otherwise("HTTP 403", "nothing: it ends a run as 401 does", unauthorized=403)
    if status is None or status >= _BROKEN:
        return why(evidence, "nobody")
    return otherwise(f"HTTP {status}", "a wrong key is noticed only where the provider says so; see to it yourself")


def date_form(evidence: Evidence) -> Outcome:
    """How the date of a port is written."""
    text = str((evidence.answer("date") or {}).get("ported_date") or "")
    if not any(map(str.isdigit, text)):
        return why(evidence, "date")
    form = next((each for each in _DATES if _fits(text, each)), None)
    if form == Manners().date_form:
        return confirmed("a date alone, year first", date_form=form)
    if form is None:
        return otherwise("a form that is not known here", "keeps it as text")
    return otherwise(f"as {form}", "keeps it as text; take care when you sort by it", date_form=form)


def _fits(text: str, form: str) -> bool:
    try:
        return dt.datetime.strptime(text, form).strftime(form) == text  # noqa: DTZ007  # the form alone counts
    except ValueError:
        return False


def other_kinds(evidence: Evidence) -> Outcome:
    """What mnp and validate say where no live status was asked for."""
    found = {str(each.get("live_status") or "") for each in _answers(evidence, "mnp", "validate")}
    if not found:
        return why(evidence, "mnp", "validate", "testing_mnp")
    shown = " or ".join(sorted(safe_name(each) if each else "none" for each in found))
    manners = {"unasked_status": next(iter(found))} if len(found) == 1 else {}
    if found == {"NONE"}:
        return confirmed("results like those of a lookup, live_status NONE", **manners)
    return otherwise(f"live_status {shown}", "nothing: the verdict is unknown unless a status is told", **manners)


def balance(evidence: Evidence) -> Outcome:
    """How a balance is written."""
    made = evidence["balance"]
    told = None if made is None else balance_of(made.reply)
    if told is None:
        return why(evidence, "balance")
    name, value = told
    form = "text" if isinstance(value, str) else "number"
    if (name, form) == ("Credits", "number"):
        return confirmed("Credits, a number", credits_key=name, balance_as=form)
    return otherwise(
        f"{name}, a {form}", "nothing: it is read in any case of letters", credits_key=name, balance_as=form
    )


def testing_suite(evidence: Evidence) -> Outcome:
    """Whether the testing suite answers for another number."""
    made = evidence["testing"]
    if made is None or len(made.results) != len(made.asked):
        return why(evidence, "testing")
    if not is_about(made.results[-1], made.asked[-1]):
        return confirmed("it does")
    return otherwise("it answered for the number asked", "nothing: results are matched by position there")


def batch(evidence: Evidence) -> Outcome:
    """How many numbers a request takes."""
    most, more = _status(evidence, "testing_80"), _status(evidence, "testing_81")
    if (most, more) == (_OK, _BAD):
        return confirmed("80 are taken, 81 refused", max_numbers=MAX_BATCH)
    if most == _BAD:
        return otherwise("80 are refused", "divides what is called wrong; set batch_size lower")
    if more == _OK:
        return otherwise("81 are taken", "nothing: never sends more than 80", max_numbers=MAX_BATCH + 1)
    return why(evidence, "testing_80", "testing_81")


def retry_after(evidence: Evidence) -> Outcome:
    """What the headers of a 429 say, if one came by itself."""
    if not evidence.refusals:
        return not_tried("no HTTP 429 came by itself, and none is provoked")
    seconds = [seconds_of(each.header("retry-after")) for each in evidence.refusals]
    told = [each for each in seconds if each is not None]
    if not told:
        return confirmed("HTTP 429 without Retry-After", retry_after=None)
    return otherwise(f"Retry-After of {max(told):g} s", "waits as long, up to an hour", retry_after=max(told))


def times(evidence: Evidence) -> Outcome:
    """How long networks take."""
    fresh = [each for each in evidence.lookups() if each.price and each.answer and "recall" not in each.step]
    seconds = [each.reply.seconds for each in fresh if each.reply is not None]
    if not seconds:
        return why(evidence, "lookup")
    networks = {str((each.answer or {}).get("original_network_details")) for each in fresh}
    middle = statistics.median(seconds)
    found = f"{len(seconds)} replies of {len(networks)} networks: {min(seconds):.1f} to {max(seconds):.1f} s"
    manners = {"seconds": round(middle, 2)} if middle >= _INSTANT else {}
    if max(seconds) <= _SLOW:
        return confirmed(found, **manners)
    return otherwise(found, "waits 30 s for a reply, less where a network is fast; set timeout higher", **manners)
