"""A budget that many runs share, by its name."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, Self

from hlrframe.errors import ConfigError
from hlrframe.model.money import MOST_CREDITS, is_amount
from hlrframe.system import sealed_class

__all__ = ["Budget"]

_NAME: Final = re.compile(r"[\w][\w.-]{0,63}", re.ASCII)
_FORM: Final = "a name, or one with an amount and a period, such as team, team=20000, team=20000/month"


@sealed_class
@dataclass(frozen=True, slots=True)
class Budget:
    """What all runs that name it may spend together, over machines and over time; it lives beside the store.

    Args:
        name: What it is called: letters, digits, ``_``, ``.`` and ``-``.
        max_credits: How much, in credits; ``None`` for what was agreed when it was first named.
        per: ``"day"`` or ``"month"`` (by UTC) where it is whole again with each; ``None`` where it is for good.

    Raises:
        ConfigError: One of them cannot be; the message names the cure.

    >>> Budget("team", max_credits=20_000, per="month")
    Budget(name='team', max_credits=20000, per='month')
    >>> print(Budget.parse("team=20000/month"), Budget.parse("team"))
    team=20000/month team
    """

    name: str
    max_credits: float | None = None
    per: Literal["day", "month"] | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(str(self.name)):
            raise ConfigError(f"a budget's name has letters, digits, '_', '.' and '-', 64 at most, not {self.name!r}")
        if self.per not in (None, "day", "month"):
            raise ConfigError(f"a budget is per 'day' or 'month', or for good (None), not {self.per!r}")
        if self.max_credits is None:
            if self.per is not None:
                raise ConfigError(f"budget {self.name!r} says per {self.per} and not how much: give max_credits")
        elif not is_amount(self.max_credits, MOST_CREDITS):
            raise ConfigError(f"max_credits of budget {self.name!r} must be 0 or more, not {self.max_credits!r}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``name``, ``name=credits``, ``name=credits/day`` or ``name=credits/month``.

        Raises:
            ConfigError: It is none of these.
        """
        name, equals, amount = text.strip().partition("=")
        if not equals:
            return cls(name)
        credits_, slash, per = amount.partition("/")
        try:
            value = float(Decimal(credits_.strip().replace("_", "").replace(",", "")))
        except (InvalidOperation, OverflowError):
            raise ConfigError(f"{text!r} is no budget: give {_FORM}") from None
        match per if slash else None:
            case None | "day" | "month" as span:
                return cls(name, value, span)
            case _:
                raise ConfigError(f"{text!r} is no budget: give {_FORM}")

    def __str__(self) -> str:
        if self.max_credits is None:
            return self.name
        return f"{self.name}={self.max_credits:.12g}" + (f"/{self.per}" if self.per else "")
