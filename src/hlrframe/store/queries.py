"""Questions to the answers that a store keeps: which is the newest, which is too old, what is still in doubt."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from hlrframe.model import INCONCLUSIVE_AGE, LookupKind, MaxAge

__all__ = [
    "AGE",
    "INCONCLUSIVE_AGE",
    "KEY",
    "SAME",
    "WATCHED",
    "by_numbers",
    "changed",
    "earliest",
    "in_doubt",
    "newest",
    "not_too_old",
    "oldest",
]

#: What makes two answers answers to the same thing.
KEY: Final = ("question", "msisdn")
#: The newest answer comes last in this order; the run makes it the same one at every reading.
AGE: Final = ("known_at", "received_at", "run")

#: What a change of is news.
WATCHED: Final = ("live_status", "current_network", "current_mccmnc", "is_ported")
#: Two rows that agree in these are one answer, met in its journal and in its part.
SAME: Final = ("run", *KEY, "received_at", "known_at", "uuid")

_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


def by_numbers(numbers: pl.Series) -> pl.Expr:
    """Keeps the rows of these numbers; the bounds let a reader pass over most of a sorted file for a few of them."""
    bounds = pl.lit(numbers.min(), pl.String), pl.lit(numbers.max(), pl.String)
    within, keys = pl.col("msisdn").is_between(*bounds), numbers.cast(pl.UInt64, strict=False)
    if keys.null_count() or numbers.str.starts_with("0").any():
        return within & pl.col("msisdn").is_in(numbers.implode())  # hashes
    # Found in half the time as integers: no number begins with a zero.
    return within & pl.col("msisdn").cast(pl.UInt64, strict=False).is_in(keys.implode())


def newest(answers: pl.DataFrame, key: Sequence[str] = KEY) -> pl.DataFrame:
    """Keeps the newest answer of each key; the order of rows is not promised."""
    # Most numbers have one answer, and to tell so by a hash is much cheaper than to sort; a few too many do no harm.
    several = answers.select(key).hash_rows().is_duplicated()
    if not several.any():
        return answers
    rivals = answers.select({*key, *AGE}).with_row_index("row").filter(several)
    last = rivals.sort(AGE).unique(key, keep="last", maintain_order=True)["row"]
    return answers.filter((~several).scatter(last, True))  # noqa: FBT003  # polars' own


def earliest(now: datetime, max_age: timedelta | None) -> datetime:
    """Gives the moment before which an answer is too old; ``None`` accepts any age.

    >>> earliest(datetime(2026, 11, 30, tzinfo=UTC), timedelta(days=30)).date()
    datetime.date(2026, 10, 31)
    """
    now = now.astimezone(UTC)
    return _BEGINNING if max_age is None or max_age > now - _BEGINNING else now - max_age


def not_too_old(now: datetime, max_age: MaxAge, kind: LookupKind) -> pl.Expr:
    """Keeps answers that are young enough for what they say."""
    since = pl.lit(earliest(now, max_age.limit(kind)))
    for status, limit in max_age.exceptions(kind).items():
        says_so = pl.col("live_status").str.strip_chars().eq_missing(status.value)
        since = pl.when(says_so).then(pl.lit(earliest(now, limit))).otherwise(since)
    return pl.col("known_at") >= since


def oldest(now: datetime, max_age: MaxAge, kind: LookupKind) -> datetime:
    """Gives the moment before which an answer is too old whatever it says."""
    limits = [max_age.limit(kind), *max_age.exceptions(kind).values()]
    return min(earliest(now, limit) for limit in limits)


def changed(answers: pl.DataFrame, since: datetime) -> pl.DataFrame:
    """Compares the newest answer of each key with the newest that was known before a moment.

    Args:
        answers: The columns of a sealed part.
        since: The moment.

    Returns:
        The key, ``known_before`` and ``known_at``, then each of ``WATCHED`` before and now, where one of these differs.
    """
    recent = pl.col("known_at") >= since.astimezone(UTC)
    now = newest(answers.filter(recent)).select(*KEY, "known_at", *WATCHED)
    before = newest(answers.filter(~recent)).select(
        *KEY, pl.col("known_at").alias("known_before"), pl.col(WATCHED).name.suffix("_before")
    )
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in WATCHED)
    columns = [column for name in WATCHED for column in (f"{name}_before", name)]
    both = now.join(before, on=KEY, how="inner").filter(differs)
    return both.select(*KEY, "known_before", "known_at", *columns).sort("msisdn", "question")


def in_doubt(events: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Keeps what was asked and neither withdrawn nor answered to any run since.

    Each withdrawal takes back the last asking of its run that is open, and no earlier one: a number whose reply was
    lost, and that was asked again and refused, may have been billed for the first asking. Withdrawals of what an
    earlier file of the run asked are kept too.

    Args:
        events: In the order in which they happened in each run.
        answers: At least the columns ``question``, ``msisdn`` and ``received_at``.
    """
    since = answers.group_by(KEY).agg(pl.col("received_at").max())
    met = events.join(since, on=KEY, how="left", maintain_order="left")
    open_still = pl.col("received_at").is_null() | (pl.col("received_at") < pl.col("at"))
    # What was answered after all that is said of it is in no doubt, and that is nearly everything.
    perhaps = met.join(met.filter(open_still), on=KEY, how="semi", maintain_order="left")
    return _not_taken_back(perhaps).filter(open_still).drop("received_at")


def _not_taken_back(events: pl.DataFrame) -> pl.DataFrame:
    """Keeps the askings that no later withdrawal takes back, and the withdrawals that take back none of these."""
    mine = ("run", *KEY)
    asked, depth = pl.col("event") == "asked", pl.col("depth")
    deep = events.with_columns(depth=pl.when(asked).then(1).otherwise(-1).cum_sum().over(mine))
    never_taken_back = depth.cum_min(reverse=True).over(mine) >= depth
    takes_back_nothing = depth < pl.min_horizontal(pl.lit(0), depth.cum_min().shift(1, fill_value=0).over(mine))
    return deep.filter(pl.when(asked).then(never_taken_back).otherwise(takes_back_nothing)).drop("depth")
