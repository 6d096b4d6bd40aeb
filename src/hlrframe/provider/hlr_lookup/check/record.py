"""The file to send on: what a check found, without a number, a key or a name; and the look through it before that.

Everything in it is made of words of this package, of the interface's own words, and of prices.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from hlrframe.model import credits_of
from hlrframe.provider.hlr_lookup.check.evidence import Evidence
from hlrframe.provider.hlr_lookup.check.outcomes import WORDS, Outcome
from hlrframe.provider.hlr_lookup.check.questions import Question
from hlrframe.provider.hlr_lookup.check.shapes import headers_of, shape_of
from hlrframe.provider.hlr_lookup.manners import FORMAT

__all__ = ["names_in", "record", "written"]

#: Digits at the end of a number that give it away, however it begins; and letters that make a name one.
_TELLING, _NAMELY = 6, 4
#: Fields that hold words of the interface, those that are not known yet among them.
_WORDS_ALONE: Final = frozenset(
    {
        *("error", "live_status", "telephone_number_type", "is_ported", "disposable_number", "usa_status"),
        *("original_network", "current_network", "save_to_cache", "credits_spent", "timestamp"),
    }
)
_FIELDS_OF_THE_INTERFACE: Final = frozenset({"true", "false", "null"})


def record(findings: Sequence[tuple[Question, Outcome]], evidence: Evidence, *, today: dt.date) -> dict[str, Any]:
    """Makes the content of the file."""
    manners: dict[str, Any] = {}
    for _, outcome in findings:
        manners |= outcome.manners
    return {
        "format": FORMAT,
        "recorded": today.isoformat(),
        "by": f"hlrframe {version('hlrframe')}",
        "manners": manners,
        "findings": [_finding(question, outcome) for question, outcome in findings],
        "replies": [*_replies(evidence)],
    }


def _finding(question: Question, outcome: Outcome) -> dict[str, str]:
    told = {"name": question.name, "line": question.line, "state": outcome.state, "found": outcome.found}
    return told | ({"then": outcome.then} if outcome.then else {})


def _replies(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for made in evidence.exchanges.values():
        told: dict[str, Any] = {"step": made.step, "endpoint": made.endpoint}
        if made.reply is not None:
            told |= {"status": made.reply.status, "seconds": round(made.reply.seconds, 1)}
            told |= {"headers": headers_of(made.reply), "body": shape_of(made.reply.body)}
        if made.fell is not None:
            told["credits"] = credits_of(made.fell)
        yield told


def written(
    content: Mapping[str, Any], *, secrets: Iterable[str], numbers: Iterable[str], names: Iterable[str]
) -> str | None:
    """Gives the file as text; ``None`` where something of somebody's is in it, which is a mistake of this package."""
    text = json.dumps(content, indent=1, ensure_ascii=True) + "\n"
    return None if any(_leaks(text, content, secrets, numbers, names)) else text


def _leaks(
    text: str, content: object, secrets: Iterable[str], numbers: Iterable[str], names: Iterable[str]
) -> Iterator[bool]:
    folded = text.casefold()
    together = re.sub(r"(?<=\d)[ ().+/_-]+(?=\d)", "", text)
    yield any(secret.casefold() in folded for secret in secrets)
    yield any(digits[-_TELLING:] in each for digits in numbers for each in (text, together))
    leaves = {each.casefold() for each in _leaves(content)}
    telling = [name.casefold() for name in names if len(name) >= _NAMELY]
    yield any(name in leaves or (" " in name and name in folded) for name in telling)


def _leaves(content: object) -> Iterator[str]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield str(name)
            yield from _leaves(value)
    elif isinstance(content, list | tuple):
        for each in content:
            yield from _leaves(each)
    elif isinstance(content, str):
        yield content


def names_in(evidence: Evidence) -> Iterator[str]:
    """Gives every text of the replies that is no word of the interface: names, addresses, identities."""
    for made in evidence.exchanges.values():
        for result in made.results:
            yield from _texts(result)


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            if name not in _WORDS_ALONE:
                yield from _texts(value)
    elif isinstance(content, list):
        for each in content:
            yield from _texts(each)
    elif isinstance(content, str) and content not in WORDS | _FIELDS_OF_THE_INTERFACE:
        yield content
