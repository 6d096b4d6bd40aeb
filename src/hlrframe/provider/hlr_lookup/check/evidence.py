"""What was asked and what came: raw replies, read as little as can be."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hlrframe.model import milli_of
from hlrframe.provider.hlr_lookup.raw import RawReply

__all__ = ["LOOKUPS", "Evidence", "Exchange", "balance_of", "error_body", "parsed", "stated"]

#: Endpoints whose replies hold results.
LOOKUPS: Final = ("hlr", "mnp", "validate")
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply."""

    step: str
    endpoint: str
    #: The ``requests`` of its body, as sent.
    asked: Sequence[Mapping[str, Any]]
    #: What came; ``None`` where nothing did.
    reply: RawReply | None
    #: Why nothing came.
    trouble: str = ""
    #: Milli-credits by which the balance fell over it; ``None`` where that is not known.
    fell: int | None = None
    #: Milli-credits on the account after it; ``None`` where that is not known.
    left: int | None = None
    #: What the reply is: its envelope (``top``, ``body``, ``text``) and the results in it.
    envelope: str = ""
    results: Sequence[Mapping[str, Any]] = field(default=())

    @property
    def status(self) -> int | None:
        """HTTP status."""
        return None if self.reply is None else self.reply.status

    @property
    def answer(self) -> Mapping[str, Any] | None:
        """The result about the last number asked, by its place or by what it says it is about."""
        if self.status != _OK or not self.results or len(self.results) != len(self.asked):
            return None
        if len(self.results) == 1:
            return self.results[0]
        return next((each for each in self.results if is_about(each, self.asked[-1])), self.results[-1])

    @property
    def price(self) -> int | None:
        """Milli-credits that it cost: what the answer states, else by what the balance fell."""
        said = stated(self.answer)
        return self.fell if said is None and self.answer is not None else said


def is_about(result: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Says whether a result names a number that was asked."""
    number = str(asked["telephone_number"])
    echo = result.get("request_parameters")
    echoed = echo.get("telephone_number") if isinstance(echo, Mapping) else None
    return number in {str(each).lstrip("+") for each in (echoed, result.get("detected_telephone_number")) if each}


def stated(result: Mapping[str, Any] | None) -> int | None:
    """Gives the milli-credits that a result says it cost; ``None`` where it says nothing of use."""
    try:
        return milli_of(float((result or {})["credits_spent"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def parsed(step: str, endpoint: str, asked: Sequence[Mapping[str, Any]], reply: RawReply) -> Exchange:
    """Reads a reply as far as its results."""
    envelope, results = ("", ()) if endpoint not in LOOKUPS or reply.status != _OK else _results(_json(reply.body))
    return Exchange(step, endpoint, asked, reply, envelope=envelope, results=results)


def _json(body: bytes | str) -> Any:  # noqa: ANN401  # JSON
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _results(content: Any) -> tuple[str, Sequence[Mapping[str, Any]]]:  # noqa: ANN401  # JSON
    if not isinstance(content, Mapping):
        return "", ()
    body = content.get("body")
    wrapped = _json(body) if isinstance(body, str) else body
    for envelope, holder in (("top", content), ("text" if isinstance(body, str) else "body", wrapped)):
        results = holder.get("results") if isinstance(holder, Mapping) else None
        if isinstance(results, list) and all(isinstance(each, Mapping) for each in results):
            return envelope, results
    return "", ()


def balance_of(reply: RawReply | None) -> tuple[str, object] | None:
    """Gives the field of a balance that says what is left, and its value."""
    content = _json(reply.body) if reply is not None and reply.status == _OK else None
    found = content.items() if isinstance(content, Mapping) else ()
    return next(((name, value) for name, value in found if name.lower() == "credits"), None)


def error_body(reply: RawReply) -> Mapping[str, Any] | None:
    """Gives the JSON object of a refusal; ``None`` where it holds none."""
    content = _json(reply.body)
    return content if isinstance(content, Mapping) else None


@dataclass(slots=True)
class Evidence:
    """Everything that came, and why the rest did not."""

    exchanges: dict[str, Exchange] = field(default_factory=dict)
    #: Why a step was not made, by its name.
    skipped: dict[str, str] = field(default_factory=dict)
    #: Replies with HTTP 429, none of which was provoked.
    refusals: list[RawReply] = field(default_factory=list)

    def __getitem__(self, step: str) -> Exchange | None:
        """Gives the exchange of a step, if it was made."""
        return self.exchanges.get(step)

    def answer(self, step: str) -> Mapping[str, Any] | None:
        """Gives the answer that a step got; ``None`` where it got none."""
        made = self.exchanges.get(step)
        return None if made is None else made.answer

    def lookups(self) -> Sequence[Exchange]:
        """Gives the exchanges with results: the account's where there are any, else those of the testing suite."""
        every = [each for each in self.exchanges.values() if each.endpoint in LOOKUPS and each.status == _OK]
        own = [each for each in every if not each.step.startswith("testing")]
        return own or every

    def results(self, *endpoints: str) -> Iterator[Mapping[str, Any]]:
        """Gives every result of some endpoints; of all where none is named."""
        for exchange in self.lookups():
            if exchange.endpoint in (endpoints or LOOKUPS):
                yield from exchange.results

    def paid(self) -> Iterator[Exchange]:
        """Gives the exchanges that cost something, or would have if what they say were all."""
        return (each for each in self.exchanges.values() if each.fell is not None and (each.fell or each.price))
