"""What a check sends: each step with what it is for and what it may cost, decided by what the earlier ones found."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hlrframe.model import MILLI
from hlrframe.provider.hlr_lookup.check.evidence import Evidence, Exchange
from hlrframe.provider.hlr_lookup.check.purse import Purse

__all__ = ["STEPS", "Ask", "Numbers", "Situation", "Step", "keeper", "source_of"]

#: No number of any country: asking it is free, and about nobody.
NONSENSE: Final = "0"
#: The vendor's own examples, and one that its recordings do not have: a number of Britain's range for drama.
_EXAMPLES: Final = ("447790606023", "441133910781", "447700900123")
#: One more than the provider takes in a request.
_TOO_MANY: Final = 81
#: Seconds after which a reply counts as lost on purpose: less than a round trip and a network take.
_IMPATIENCE: Final = 0.05
#: Seconds between a lookup and its repeat, so that their time stamps differ; they have whole seconds.
_APART: Final = 1.2
_YES: Final = "YES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers to ask, as E.164 digits. They are asked by their owner's wish, and reach no file."""

    mobiles: Sequence[str] = ()
    #: Landlines of the United Kingdom and Ireland.
    landlines: Sequence[str] = ()
    #: Numbers of the United States.
    usa: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to send."""

    endpoint: str
    requests: Sequence[Mapping[str, Any]] = ()
    #: Milli-credits to set aside.
    most: int = 0
    #: Whether with the credentials of the account.
    known: bool = True
    #: Seconds to wait before it is sent, and for its reply.
    pause: float = 0.0
    patience: float | None = None


@dataclass(slots=True)
class Situation:
    """What a step is decided by."""

    numbers: Numbers
    purse: Purse
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a check."""

    name: str
    where: Literal["testing", "account"]
    #: What is sent, for people.
    about: str
    #: What it should cost, in milli-credits; ``None`` for what cannot cost anything.
    listed: int | None
    #: Gives what to send, or why nothing is sent.
    plan: Callable[[Situation], Ask | str]


def source_of(first: Exchange | None, later: Exchange | None) -> Literal["cache", "older", "network"] | None:
    """Says where the second of two answers to one question came from; ``None`` where nobody can tell."""
    if first is None or later is None or first.answer is None or later.answer is None:
        return None
    if first.price is None or later.price is None or not first.price:
        return None
    then, now = _moment(first.answer), _moment(later.answer)
    if then is not None and now is not None and now < then:
        return "older"
    same = then is not None and now == then
    return "cache" if later.price < first.price or same else "network"


def _moment(answer: Mapping[str, Any]) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(answer.get("timestamp")))
    except ValueError:
        return None


def keeper(evidence: Evidence) -> str | None:
    """Gives the word of ``save_to_cache`` that was seen to keep an answer for its own account alone."""
    if source_of(evidence["lookup"], evidence["recall"]) == "cache":
        return "NO"
    again = source_of(evidence["recall"], evidence["recall_private"])
    return "PRIVATE" if again == "cache" else None


def _options(save: str = "NO", private: int = 0) -> dict[str, Any]:
    return {"save_to_cache": save, "cache_days_private": private, "cache_days_global": 0}


def _one(number: str, **options: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401  # whatever JSON can hold
    return [{"telephone_number": number, **options}]


def _examples(_: Situation) -> Ask:
    return Ask("hlr", [one for each in _EXAMPLES for one in _one(each, **_options())])


def _example(endpoint: str) -> Callable[[Situation], Ask]:
    return lambda _: Ask(endpoint, _one(_EXAMPLES[0], **_options()))


def _many(count: int) -> Callable[[Situation], Ask]:
    # Numbers of the range for drama: nobody has them.
    return lambda _: Ask("hlr", [one for place in range(count) for one in _one(f"447700900{place:03d}", **_options())])


def _testing_nonsense(**options: Any) -> Callable[[Situation], Ask]:  # noqa: ANN401  # see _one
    return lambda _: Ask("hlr", _one(NONSENSE, **options))


def _nonsense(**options: Any) -> Callable[[Situation], Ask | str]:  # noqa: ANN401  # see _one
    return lambda now: Ask("hlr", _one(NONSENSE, **options), now.purse.most(0))


def _lookup(now: Situation) -> Ask | str:
    if not now.numbers.mobiles:
        return "no mobile number was given"
    nonsense = now.evidence["nonsense"]
    free = nonsense is not None and nonsense.price == 0 and not nonsense.fell
    before = _one(NONSENSE, **_options()) if free else []
    return Ask("hlr", [*before, *_one(now.numbers.mobiles[0], **_options())], now.purse.most(MILLI))


def _takes_private(now: Situation) -> bool:
    asked = now.evidence["private_word"]
    return asked is not None and asked.status == 200  # noqa: PLR2004  # HTTP


def _again(now: Situation, save: str, first: str) -> Ask | str:
    """Asks the first mobile once more, out of the private cache where it is there."""
    price = _price(now, first)
    if not price:
        return "the lookup before it gave no price to compare with"
    return Ask("hlr", _one(now.numbers.mobiles[0], **_options(save, 1)), now.purse.seen(price), pause=_APART)


def _recall(now: Situation) -> Ask | str:
    return _again(now, "PRIVATE" if _takes_private(now) else "NO", "lookup")


def _recall_private(now: Situation) -> Ask | str:
    if not _takes_private(now):
        return "PRIVATE is no word of this provider's"
    if source_of(now.evidence["lookup"], now.evidence["recall"]) != "network":
        return "only where NO keeps answers out of the private cache"
    return _again(now, "NO", "recall")


def _price(now: Situation, step: str) -> int:
    made = now.evidence[step]
    return (made.price or 0) if made is not None else 0


def _kind(endpoint: str, listed: int) -> Callable[[Situation], Ask | str]:
    def plan(now: Situation) -> Ask | str:
        if not now.numbers.mobiles:
            return "no mobile number was given"
        options = _options(keeper(now.evidence) or "NO")
        return Ask(endpoint, _one(now.numbers.mobiles[0], **options), now.purse.most(listed))

    return plan


def _mnp_again(now: Situation) -> Ask | str:
    price = _price(now, "mnp")
    if not price or keeper(now.evidence) is None:
        return "only where mnp has a price, and a word is known that keeps answers in the private cache"
    number = now.numbers.mobiles[0]
    return Ask("mnp", _one(number, **_options("NO", 1)), now.purse.seen(price), pause=_APART)


def _private(now: Situation) -> Ask | str:
    if not _takes_private(now):
        return "PRIVATE is no word of this provider's"
    if keeper(now.evidence) != "NO":
        return "only where NO does not tell"
    if len(now.numbers.mobiles) < 2:  # noqa: PLR2004  # two
        return "a second mobile number is needed"
    return Ask("hlr", _one(now.numbers.mobiles[1], **_options("PRIVATE")), now.purse.most(MILLI))


def _private_again(now: Situation) -> Ask | str:
    price = _price(now, "private")
    if not price:
        return "the lookup before it gave no price to compare with"
    return Ask("hlr", _one(now.numbers.mobiles[1], **_options("NO", 1)), now.purse.seen(price), pause=_APART)


def _date(now: Situation) -> Ask | str:
    answers = [(each.asked[-1], each.answer) for each in now.evidence.exchanges.values() if each.answer is not None]
    moved = {asked["telephone_number"] for asked, answer in answers if answer.get("is_ported") == _YES}
    number = next((each for each in now.numbers.mobiles if each in moved), None)
    if number is None:
        return "none of the mobiles that were asked was ported: give one that was, first"
    most = now.purse.most(MILLI) + max(_price(now, "lookup"), MILLI)
    return Ask("hlr", _one(number, **_options(), get_ported_date=_YES), most)


def _landline(listed: int, **options: str) -> Callable[[Situation], Ask | str]:
    def plan(now: Situation) -> Ask | str:
        if not now.numbers.landlines:
            return "no landline of GB or IE was given"
        return Ask("hlr", _one(now.numbers.landlines[0], **_options(), **options), now.purse.most(listed))

    return plan


def _usa(place: int) -> Callable[[Situation], Ask | str]:
    def plan(now: Situation) -> Ask | str:
        if len(now.numbers.usa) <= place:
            return f"{'no' if not place else 'no other'} US number was given"
        options = _options(keeper(now.evidence) or "NO")
        return Ask("hlr", _one(now.numbers.usa[place], **options, usa_status=_YES), now.purse.most(2 * MILLI))

    return plan


def _usa_again(now: Situation) -> Ask | str:
    asked = [each for each in (now.evidence["usa"], now.evidence["usa_other"]) if each is not None and each.answer]
    mobile = next((each for each in asked if _is_mobile(each) and each.price), None)
    if mobile is None or keeper(now.evidence) is None:
        return "only after a US mobile, where a word keeps answers in the private cache"
    number = mobile.asked[-1]["telephone_number"]
    most = now.purse.seen(mobile.price or 0)
    return Ask("hlr", _one(number, **_options("NO", 1), usa_status=_YES), most, pause=_APART)


def _is_mobile(exchange: Exchange) -> bool:
    return (exchange.answer or {}).get("telephone_number_type") == "MOBILE"


def _lost(now: Situation) -> Ask | str:
    price = _price(now, "lookup")
    if not price:
        return "the lookup before it gave no price to compare with"
    request = _one(now.numbers.mobiles[0], **_options())
    return Ask("hlr", request, now.purse.seen(price), patience=_IMPATIENCE)


_UNKNOWN_KEY: Final = {"hlrframe_check": _YES}
_UNKNOWN_WORD: Final = {"output_format": "HLRFRAME"}

#: Everything that is sent, in this order, one at a time.
STEPS: Final = (
    Step("testing", "testing", "numbers of the vendor's examples", None, _examples),
    Step("testing_mnp", "testing", "one of them, mnp", None, _example("mnp")),
    Step("testing_validate", "testing", "one of them, validate", None, _example("validate")),
    Step("testing_key", "testing", "a key that nobody knows", None, _testing_nonsense(**_UNKNOWN_KEY)),
    Step("testing_word", "testing", "a word that nobody knows", None, _testing_nonsense(**_UNKNOWN_WORD)),
    Step("testing_80", "testing", "80 numbers", None, _many(_TOO_MANY - 1)),
    Step("testing_81", "testing", "81 numbers", None, _many(_TOO_MANY)),
    Step("balance", "account", "the balance", None, lambda _: Ask("balance")),
    Step("nobody", "account", "a wrong key and secret", None, lambda _: Ask("hlr", _one(NONSENSE), known=False)),
    Step("nonsense", "account", "what is no number, without options", 0, _nonsense()),
    Step("unknown_key", "account", "the same with a key that nobody knows", 0, _nonsense(**_UNKNOWN_KEY)),
    Step("unknown_word", "account", "the same with a word that nobody knows", 0, _nonsense(**_UNKNOWN_WORD)),
    Step("private_word", "account", "the same with save_to_cache PRIVATE", 0, _nonsense(save_to_cache="PRIVATE")),
    Step("lookup", "account", "a mobile, save_to_cache NO", MILLI, _lookup),
    Step("recall", "account", "the same mobile, out of the private cache", MILLI, _recall),
    Step("recall_private", "account", "once more, after PRIVATE", MILLI, _recall_private),
    Step("mnp", "account", "the same mobile, mnp", MILLI // 2, _kind("mnp", MILLI // 2)),
    Step("mnp_recall", "account", "mnp once more, out of the private cache", MILLI // 2, _mnp_again),
    Step("validate", "account", "the same mobile, validate", 0, _kind("validate", 0)),
    Step("landline", "account", "a landline, without an option", 0, _landline(0)),
    Step("landline_status", "account", "a landline", MILLI, _landline(MILLI, get_landline_status=_YES)),
    Step("date", "account", "a mobile that was ported, with the date", 2 * MILLI, _date),
    Step("private", "account", "another mobile, save_to_cache PRIVATE", MILLI, _private),
    Step("private_recall", "account", "the same, out of the private cache", MILLI, _private_again),
    Step("lost", "account", "a mobile, going away before the reply", MILLI, _lost),
    Step("usa", "account", "a number of the United States", 2 * MILLI, _usa(0)),
    Step("usa_other", "account", "another one", 2 * MILLI, _usa(1)),
    Step("usa_recall", "account", "the mobile of them, out of the private cache", 2 * MILLI, _usa_again),
)
