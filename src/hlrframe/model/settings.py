"""Everything that shapes a run, in one value that is checked when it is made."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, Self

from hlrframe.errors import ConfigError, did_you_mean
from hlrframe.model.budget import Budget
from hlrframe.model.dialling import check_region
from hlrframe.model.freshness import Age, MaxAge
from hlrframe.model.money import MOST_CREDITS, is_amount
from hlrframe.model.vocabulary import LookupKind
from hlrframe.system import sealed_class

__all__ = ["DEFAULT_TIMEOUT", "MAX_BATCH", "MAX_CACHE_DAYS", "MAX_REQUESTS", "MAX_TIMEOUT", "Settings"]

#: Most requests the provider lets one customer have in flight (documented).
MAX_REQUESTS = 210
#: Most numbers the provider takes in one request (documented).
MAX_BATCH = 80
#: Oldest answer the provider's own caches can give, in days (documented).
MAX_CACHE_DAYS = 30
#: Seconds to wait for one reply; slow networks take about 10 (documented).
DEFAULT_TIMEOUT = 30.0
#: Fewest and most numbers a second: one an hour, and more than any provider takes.
SLOWEST = 1 / 3600
FASTEST = 1_000_000
#: Longest wait for one reply that a run can be given, in seconds.
MAX_TIMEOUT = 600


@sealed_class
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that shapes a run, in one value.

    All fields are keyword-only and checked when the value is made.

    Raises:
        ConfigError: A field is out of range; the message names the field and the cure.

    >>> Settings(default_region="gb").default_region
    'GB'
    >>> Settings(max_requests=500)
    Traceback (most recent call last):
    hlrframe.errors.ConfigError: max_requests must lie between 1 and 210, not 500: ...
    """

    #: What to ask: ``"hlr"`` (1 credit), ``"mnp"`` (0.5) or ``"validate"`` (free).
    lookup: LookupKind | Literal["hlr", "mnp", "validate"] = LookupKind.HLR
    #: ISO 3166 alpha-2 code of the country whose national numbers the column holds; ``None`` never guesses. Foreign
    #: numbers should carry their plus: bare digits are read as this country's wherever its plan has such a number.
    default_region: str | None = None
    #: An answer in the store that is older than this is asked again: one age (``"30d"``, ``None`` for any), or ages by
    #: kind of lookup and live status (``{"hlr": "7d", "DEAD": "180d", "INCONCLUSIVE": "6h"}``), where a kind that is
    #: not named keeps its 30, 90 (``mnp``) or 365 (``validate``) days. An INCONCLUSIVE one serves for a day at most,
    #: unless it has an age of its own. Becomes a :class:`~hlrframe.model.freshness.MaxAge`.
    max_age: Age | Mapping[str, Age] | MaxAge = MaxAge.of({})  # noqa: RUF009  # as frozen as the settings
    #: Hard ceiling on what the run may spend, in credits; ``None`` for no ceiling.
    max_credits: float | None = None
    #: What all runs that name it may spend together, over machines and time: a :class:`~hlrframe.Budget`, or its text
    #: (``"team=20000/month"``). It lives beside the store, which it needs; ``max_credits`` holds as well.
    budget: Budget | str | None = None
    #: Most requests in flight; the provider allows 210.
    max_requests: int = MAX_REQUESTS
    #: Most numbers in one request; the provider allows 80.
    batch_size: int = MAX_BATCH
    #: Most numbers asked in one second; ``None`` for no limit.
    max_per_second: float | None = None
    #: Seconds to wait for one reply before the request counts as lost; ``None`` for the client's own.
    timeout: float | None = None
    #: Also ask for the date of the last port: 1 credit more where a date is found.
    ported_date: bool = False
    #: Also ask for the live status of landlines (United Kingdom and Ireland only).
    landline_status: bool = False
    #: Also ask for the true live status of mobiles in the United States: 1 credit more each.
    usa_status: bool = False
    #: Accept answers this many days old from what this account asked before, free: 0 to 30.
    provider_cache_days: int = 0
    #: Accept answers this many days old that other customers shared, 0.5 credit: 0 to 30.
    global_cache_days: int = 0
    #: Whether the provider may keep our answers and serve them: ``"no"``, ``"private"`` to us, ``"yes"`` to all.
    share_results: Literal["no", "private", "yes"] = "no"
    #: Use the store alone, answers of any age, and send nothing: ``checked_at`` says how old each is.
    offline: bool = False
    #: Ask again even where the store has a fresh answer.
    refresh: bool = False
    #: Zone of ``checked_at``: ``"UTC"``, or ``None`` for times in UTC that do not say so, as Excel and pandas'
    #: ``to_excel`` want them.
    time_zone: Literal["UTC"] | None = "UTC"
    #: Stop the run when this many numbers have failed for good; ``None`` to go on.
    max_errors: int | None = None

    def __new__(cls, **given: object) -> Self:
        """Refuses a setting that there is not, with a guess at what was meant."""
        unknown = [name for name in given if name not in cls.__dataclass_fields__]
        if unknown:
            raise ConfigError(_unknown(unknown[0], list(cls.__dataclass_fields__)))
        return object.__new__(cls)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "lookup", LookupKind(self.lookup))
        except ValueError:
            raise ConfigError(f"lookup must be 'hlr', 'mnp' or 'validate', not {self.lookup!r}") from None
        object.__setattr__(self, "max_age", MaxAge.of(self.max_age))
        object.__setattr__(self, "budget", _budget(self.budget))
        if self.share_results not in ("no", "private", "yes"):
            raise ConfigError(f"share_results must be 'no', 'private' or 'yes', not {self.share_results!r}")
        if self.time_zone not in ("UTC", None):
            raise ConfigError(f"time_zone must be 'UTC', or None for times without a zone, not {self.time_zone!r}")
        object.__setattr__(self, "default_region", check_region(self.default_region))
        for name in ("ported_date", "landline_status", "usa_status", "offline", "refresh"):
            _flag(name, getattr(self, name))
        if self.offline and self.refresh:
            raise ConfigError("offline=True sends nothing and refresh=True asks everything again: choose one")
        _whole("max_requests", self.max_requests, 1, MAX_REQUESTS, "the provider's own limit")
        _whole("batch_size", self.batch_size, 1, MAX_BATCH, "the provider's own limit")
        _whole(
            "provider_cache_days", self.provider_cache_days, 0, MAX_CACHE_DAYS, "the provider keeps no older answers"
        )
        _whole("global_cache_days", self.global_cache_days, 0, MAX_CACHE_DAYS, "the provider keeps no older answers")
        if self.max_errors is not None:
            _whole("max_errors", self.max_errors, 1, 2**31, "use None to go on whatever fails")
        if self.timeout is not None and not (is_amount(self.timeout, MAX_TIMEOUT) and self.timeout):
            raise ConfigError(f"timeout must lie above 0 and at most at {MAX_TIMEOUT} seconds, not {self.timeout!r}")
        most = self.max_credits
        if most is not None and not is_amount(most, MOST_CREDITS):
            raise ConfigError(
                f"max_credits must lie between 0 and {MOST_CREDITS:,}, not {most!r}; use None for no ceiling"
            )
        rate = self.max_per_second
        if rate is not None and not (is_amount(rate, FASTEST) and rate >= SLOWEST):
            raise ConfigError(
                f"max_per_second must lie between {SLOWEST:g} and {FASTEST:,}, not {rate!r}; use None for no limit"
            )

    @property
    def oldest_cached_days(self) -> int:
        """How old an answer the provider's caches may give, in days; 0 for none.

        >>> Settings(global_cache_days=7).oldest_cached_days
        7
        """
        return max(self.provider_cache_days, self.global_cache_days)

    def replace(self, **changes: object) -> Self:
        """Gives a copy with some fields changed; the copy is checked again.

        >>> Settings().replace(max_credits=10).max_credits
        10
        """
        unknown = sorted(changes.keys() - {each.name for each in dataclasses.fields(self)})
        if unknown:
            raise ConfigError(_unknown(unknown[0], [each.name for each in dataclasses.fields(self)]))
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]  # __post_init__ checks the values


#: Words that are asked for elsewhere under another name.
_ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {"region": "default_region", "country": "default_region", "batch": "batch_size", "budget_credits": "max_credits"}
)


def _unknown(name: str, known: Sequence[str]) -> str:
    meant = f"did you mean {_ELSEWHERE[name]!r}? " if name in _ELSEWHERE else did_you_mean(name, known)
    return f"there is no setting named {name!r}: {meant}see help(hlrframe.Settings)"


def _budget(value: object) -> Budget | None:
    if value is None or isinstance(value, Budget):
        return value
    if isinstance(value, str):
        return Budget.parse(value)
    raise ConfigError(f"budget must be a Budget or its text, such as 'team=20000/month', not {value!r}")


def _whole(name: str, value: object, low: int, high: int, why: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{name} must lie between {low} and {high}, not {value!r}: {why}")


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be True or False, not {value!r}")
