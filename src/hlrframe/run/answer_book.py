"""Results to columns: what repeats from number to number is turned into columns once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice, repeat
from operator import attrgetter
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa

from hlrframe.model import ANSWER_SCHEMA, MILLI, Answer, LookupResult, NetworkDetails, moment_of

__all__ = ["NARROW_TYPES", "PROFILE_TYPES", "AnswerBook", "answers_to_batch"]


#: Columns whose texts are each number's own; they are called as the fields of a result.
_OWN: Final = ("uuid", "detected_number", "formatted_number", "ported_date", "sms_email", "mms_email", "extra")
#: A *profile*: the fields that are alike for many numbers. There are few networks, and fewer words.
_profile_of: Final = attrgetter(
    "live_status", "number_type", "usa_status", "is_ported", "disposable", "original", "current"
)


class _Profile(NamedTuple):
    """The columns that are alike for many numbers: the fields are called as the columns are."""

    live_status: str | None
    number_type: str | None
    usa_status: str | None
    is_ported: bool | None
    disposable: bool | None
    original_network: str | None
    original_mccmnc: str | None
    original_country: str | None
    original_country_name: str | None
    original_prefix: str | None
    original_area: str | None
    current_network: str | None
    current_mccmnc: str | None
    current_country: str | None
    current_country_name: str | None
    current_prefix: str | None
    provider: str
    error: None = None


_earlier_of: Final = attrgetter("earlier")
_timestamp_of: Final = attrgetter("timestamp")
_PROFILE_COLUMNS: Final = frozenset(_Profile._fields)
#: What a profile says.
PROFILE_TYPES: Final = pl.Schema(
    {name: kind for name, kind in pl.Schema(ANSWER_SCHEMA).items() if name in _PROFILE_COLUMNS}
)
#: An answer with its profile in place of the columns that repeat.
NARROW_TYPES: Final = pl.Schema(
    {name: kind for name, kind in pl.Schema(ANSWER_SCHEMA).items() if name not in _PROFILE_COLUMNS}
    | {"profile": pl.UInt32()}
)
_YES_NO: Final[dict[str | None, bool]] = {"YES": True, "NO": False}
_NOWHERE: Final = NetworkDetails()
_PLAIN: Final = pl.CompatLevel.oldest()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class AnswerBook:
    """The answers of a run, kept small: what repeats from number to number is kept once, as a profile.

    Args:
        provider: Name for the ``provider`` column.
        keep: Columns that are each number's own (``uuid``, ``extra`` ...) to be kept as well.
    """

    def __init__(self, provider: str, *, keep: Collection[str] = ()) -> None:
        self.provider = provider
        self._types = pl.Schema({name: kind for name, kind in NARROW_TYPES.items() if name not in _OWN or name in keep})
        # The id of each; one that is new gets the next.
        self._profiles: defaultdict[Any, int] = defaultdict(count().__next__)
        # The columns of the first of them, so many as were needed so far; the same as Arrow has them.
        self._alike = _profile_columns((), provider)
        self._plain: dict[str, pa.Array[Any]] = {}
        self._chunks: list[pl.DataFrame] = []

    def __len__(self) -> int:
        return sum(chunk.height for chunk in self._chunks)

    def add(self, answers: Sequence[Answer], *, received_at: datetime) -> None:
        """Takes answers in.

        Args:
            answers: Usable results.
            received_at: When they came, with time zone; stands in where the provider gave no time.
        """
        self._chunks.append(self._columns(answers, received_at, self._types))

    def add_whole(self, answers: Sequence[Answer], *, received_at: datetime) -> pa.RecordBatch:
        """Takes answers in and gives all there is of them, in ``ANSWER_SCHEMA``, for the books of all runs.

        There the credits are with what an earlier run paid and never learnt; a run's own bill is its own.

        Args:
            answers: Usable results.
            received_at: When they came, with time zone; stands in where the provider gave no time.
        """
        mine = self._columns(answers, received_at, NARROW_TYPES)
        # Column by column: a selection is a query, which waits for the threads of those that go on elsewhere.
        self._chunks.append(pl.DataFrame([mine[name] for name in self._types]))
        if any(map(_earlier_of, answers)):
            paid = [(each.milli + each.earlier) / MILLI for each in answers]
            mine = mine.with_columns(credits=pl.Series(paid, dtype=pl.Float64))
        return self._whole(mine)

    def _whole(self, narrow: pl.DataFrame) -> pa.RecordBatch:
        """Puts the columns of its profile into the place of each number's profile."""
        alike, own = self._plain_profiles(), _plain_columns(narrow)
        places = own["profile"]
        arrays = [alike[each].take(places) if each in alike else own[each] for each in ANSWER_SCHEMA.names]
        return pa.RecordBatch.from_arrays(arrays, schema=ANSWER_SCHEMA)

    def _plain_profiles(self) -> "dict[str, pa.Array[Any]]":
        profiles = self.profiles()
        if not self._plain or len(self._plain["provider"]) < profiles.height:
            self._plain = _plain_columns(profiles)
        return self._plain

    def _columns(self, answers: Sequence[Answer], received_at: datetime, types: pl.Schema) -> pl.DataFrame:
        results = [each.result for each in answers]
        columns = _own_columns(answers, results, received_at, [name for name in _OWN if name in types])
        columns["profile"] = list(map(self._profiles.__getitem__, map(_profile_of, results)))
        # By polars: the first array that pyarrow makes of a list imports pandas, where that is installed.
        return pl.DataFrame([pl.Series(name, columns[name], kind) for name, kind in types.items()])

    def narrow(self) -> pl.DataFrame:
        """Gives all answers, in the order in which they were added: the kept columns of ``NARROW_TYPES``."""
        return pl.concat([pl.DataFrame(schema=self._types), *self._chunks])

    def profiles(self) -> pl.DataFrame:
        """Gives the profiles: the repeating columns of ``ANSWER_SCHEMA``, one row for each id."""
        if self._alike.height < len(self._profiles):
            new = islice(self._profiles, self._alike.height, None)
            self._alike = pl.concat([self._alike, _profile_columns(new, self.provider)], rechunk=True)
        return self._alike


def answers_to_batch(answers: Sequence[Answer], *, received_at: datetime, provider: str) -> pa.RecordBatch:
    """Gives answers as a table of ``ANSWER_SCHEMA``, in order.

    Args:
        answers: Usable results.
        received_at: When they came, with time zone; stands in where the provider gave no time.
        provider: Name for the ``provider`` column.
    """
    return AnswerBook(provider).add_whole(answers, received_at=received_at)


def _own_columns(
    answers: Sequence[Answer], results: Sequence[LookupResult], received_at: datetime, own: Iterable[str]
) -> dict[str, Sequence[object]]:
    return {
        "msisdn": [each.msisdn for each in answers],
        "credits": [each.milli / MILLI for each in answers],
        "checked_at": _times(results, received_at),
        **{column: [text or None for text in map(attrgetter(column), results)] for column in own},
    }


def _plain_columns(frame: pl.DataFrame) -> "dict[str, pa.Array[Any]]":
    """Gives columns with the types of ``ANSWER_SCHEMA``: Arrow's plain strings rather than polars' views."""
    kinds = {each.name: each.type for each in ANSWER_SCHEMA}
    # One by one: the whole of a frame is turned by threads that others wait for, which takes longer than the turning.
    columns = {each.name: each.to_arrow(compat_level=_PLAIN) for each in frame.iter_columns()}
    return {name: column.cast(kinds.get(name, column.type)) for name, column in columns.items()}


def _profile_columns(profiles: Iterable[Any], provider: str) -> pl.DataFrame:
    """Gives the columns of some profiles."""
    rows = [_row(profile, provider) for profile in profiles]
    columns = zip(*rows, strict=True) if rows else repeat(())
    by_name = dict(zip(_Profile._fields, columns, strict=bool(rows)))
    return pl.DataFrame([pl.Series(name, by_name[name], kind) for name, kind in PROFILE_TYPES.items()])


def _row(profile: tuple[Any, ...], provider: str) -> _Profile:
    status, number_type, usa_status, is_ported, disposable, original, current = profile
    first, now = original or _NOWHERE, current or _NOWHERE
    return _Profile(
        live_status=status or None,
        number_type=number_type or None,
        usa_status=usa_status or None,
        is_ported=_YES_NO.get(is_ported),
        disposable=_YES_NO.get(disposable),
        original_network=first.name or None,
        original_mccmnc=first.mccmnc or None,
        original_country=first.country or None,
        original_country_name=first.country_name or None,
        original_prefix=first.prefix or None,
        original_area=first.area or None,
        current_network=now.name or None,
        current_mccmnc=now.mccmnc or None,
        current_country=now.country or None,
        current_country_name=now.country_name or None,
        current_prefix=now.prefix or None,
        provider=provider,
    )


def _times(results: Sequence[LookupResult], otherwise: datetime) -> list[int]:
    texts = list(map(_timestamp_of, results))
    # As microseconds: made from datetimes, the column takes twice as long.
    moments = {text: ((moment_of(text) or otherwise) - _EPOCH) // _MICROSECOND for text in set(texts)}
    return [moments[text] for text in texts]
