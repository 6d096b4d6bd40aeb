"""How old an answer may be: texts such as ``"30d"``, and an age for each kind of lookup and each thing it can say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Self

from hlrframe.errors import ConfigError
from hlrframe.model.vocabulary import LiveStatus, LookupKind

__all__ = ["INCONCLUSIVE_AGE", "Age", "MaxAge", "parse_age"]

#: One age as people write it; ``None`` is any age.
Age = str | timedelta | None

#: An INCONCLUSIVE answer says nothing of the number: where no age is named for it, it serves no longer than this.
INCONCLUSIVE_AGE: Final = timedelta(days=1)

_AGE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|h|d|w)\s*")
_AGE_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
#: A number changes its network seldom, and a numbering plan more seldom still.
_USUAL: Final[Mapping[str, Age]] = MappingProxyType({"hlr": "30d", "mnp": "90d", "validate": "365d"})


def parse_age(age: str | timedelta) -> timedelta:
    """Reads an age such as ``"30d"``, ``"12h"`` or ``"2w"``.

    Raises:
        ConfigError: The text is no age, or is negative, or is longer than any calendar.

    >>> parse_age("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(age, timedelta):
        if age < timedelta(0):
            raise ConfigError(f"an age cannot be negative: {age}")
        return age
    match = _AGE.fullmatch(str(age))
    if match is None:
        raise ConfigError(f"{age!r} is no age: write a number and one of s, m, h, d, w, such as '30d' or '12h'")
    try:
        return timedelta(**{_AGE_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        raise ConfigError(f"{age!r} is longer than any calendar: use None for any age") from None


@dataclass(frozen=True, slots=True)
class MaxAge:
    """How old an answer in the store may be and still serve.

    An age stands for a kind of lookup, or for a live status, which goes before the kind. Make one with :meth:`of`.

    >>> MaxAge.of({"hlr": "7d", "DEAD": "180d"}).limit("hlr", "DEAD").days
    180
    >>> MaxAge.of("30d").limit("hlr", "INCONCLUSIVE").days
    1
    """

    #: Each kind with its age, sorted; ``None`` is any age.
    kinds: tuple[tuple[LookupKind, timedelta | None], ...]
    #: The statuses that have an age of their own, sorted.
    statuses: tuple[tuple[LiveStatus, timedelta | None], ...] = ()

    @classmethod
    def of(cls, value: "Age | Mapping[str, Age] | MaxAge") -> Self:
        """Reads what a caller wrote.

        Args:
            value: One age for every kind of lookup, ``None`` for any; or ages by ``"hlr"``, ``"mnp"``, ``"validate"``
                and live status, where a kind that is not named keeps its usual 30, 90 or 365 days. An INCONCLUSIVE
                answer that has no age of its own serves as long as its kind, and a day at most.

        Raises:
            ConfigError: A key is neither a kind of lookup nor a live status, or an age cannot be read.
        """
        if isinstance(value, MaxAge):
            return cls(value.kinds, value.statuses)
        if not isinstance(value, Mapping):
            value = dict.fromkeys(LookupKind, value)
        ages = {word: None if age is None else parse_age(age) for word, age in _keyed({**_USUAL, **value})}
        kinds = sorted((word, age) for word, age in ages.items() if isinstance(word, LookupKind))
        statuses = sorted((word, age) for word, age in ages.items() if isinstance(word, LiveStatus))
        return cls(tuple(kinds), tuple(statuses))

    @classmethod
    def any(cls) -> Self:
        """Accepts every answer, an INCONCLUSIVE one too."""
        return cls.of({**dict.fromkeys(LookupKind, None), LiveStatus.INCONCLUSIVE: None})

    def exceptions(self, kind: LookupKind | str) -> Mapping[LiveStatus, timedelta | None]:
        """Gives the statuses whose answers have another age than their kind of lookup."""
        usual = dict(self.kinds)[LookupKind(kind)]
        shortly = INCONCLUSIVE_AGE if usual is None else min(usual, INCONCLUSIVE_AGE)
        return {LiveStatus.INCONCLUSIVE: shortly, **dict(self.statuses)}

    def limit(self, kind: LookupKind | str, status: str | None = None) -> timedelta | None:
        """Gives the oldest that an answer may be; ``None`` for any age.

        Args:
            kind: What was asked.
            status: The live status that the answer names, if it does.
        """
        exceptions = self.exceptions(kind)
        status = (status or "").strip()
        return exceptions[LiveStatus(status)] if status in exceptions else dict(self.kinds)[LookupKind(kind)]

    def __repr__(self) -> str:
        ages = ", ".join(f"{word.value!r}: {_text(age)!r}" for word, age in (*self.kinds, *self.statuses))
        return f"MaxAge.of({{{ages}}})"


def _keyed(ages: Mapping[str, Age]) -> Iterator[tuple[LookupKind | LiveStatus, Age]]:
    for key, age in ages.items():
        word = str(key).strip()
        if word.lower() in set(LookupKind):
            yield LookupKind(word.lower()), age
        elif word.upper() in set(LiveStatus):
            yield LiveStatus(word.upper()), age
        else:
            words = ", ".join((*LookupKind, *LiveStatus))
            raise ConfigError(f"max_age knows no {key!r}: use some of {words}")


def _text(age: timedelta | None) -> str | None:
    return None if age is None else f"{age / timedelta(days=1):.12g}d"
