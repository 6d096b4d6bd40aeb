"""Results to columns: what repeats from number to number is turned into columns once."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, repeat
from operator import attrgetter
from typing import Any, Final, NamedTuple

import pyarrow as pa

from hlrframe.schema import ANSWER_SCHEMA
from hlrframe.wire.results import Network, Result

__all__ = ["NARROW_SCHEMA", "PROFILE_SCHEMA", "Answer", "AnswerBook", "answers_to_batch"]


class Answer(NamedTuple):
    """A usable result together with what the run knows of it."""

    #: The number that was asked: E.164 digits.
    msisdn: str
    #: What the provider said of it.
    result: Result
    #: Milli-credits booked for it.
    milli: int


#: Columns whose texts are each number's own, and the provider's names of them.
_OWN: Final = {
    "uuid": "uuid",
    "detected_number": "detected_telephone_number",
    "formatted_number": "formatted_telephone_number",
    "ported_date": "ported_date",
    "sms_email": "sms_email",
    "mms_email": "mms_email",
    "extra": "extra",
}
#: A *profile*: the fields that are alike for many numbers. There are few networks, and fewer words.
_profile_of: Final = attrgetter(
    "live_status",
    "telephone_number_type",
    "error",
    "usa_status",
    "is_ported",
    "disposable_number",
    "original_network_details",
    "current_network_details",
)
_PROFILE_COLUMNS: Final = (
    *("live_status", "number_type", "error", "usa_status", "is_ported", "disposable"),
    *("original_network", "original_mccmnc", "original_country", "original_country_name", "original_prefix"),
    "original_area",
    *("current_network", "current_mccmnc", "current_country", "current_country_name", "current_prefix"),
    "provider",
)
#: What a profile says.
PROFILE_SCHEMA: Final = pa.schema([ANSWER_SCHEMA.field(name) for name in _PROFILE_COLUMNS])
#: An answer with its profile in place of the columns that repeat.
NARROW_SCHEMA: Final = pa.schema(
    [field for field in ANSWER_SCHEMA if field.name not in _PROFILE_COLUMNS] + [pa.field("profile", pa.uint32())]
)
_YES_NO: Final = {"YES": True, "NO": False}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class AnswerBook:
    """The answers of a run, kept small: what repeats from number to number is kept once, as a profile.

    Args:
        provider: Name for the ``provider`` column.
        keep: Columns that are each number's own (``uuid``, ``extra`` ...) to be kept as well.
    """

    def __init__(self, provider: str, *, keep: Collection[str] = ()) -> None:
        self._provider = provider
        self._kept = [name for name in NARROW_SCHEMA.names if name not in _OWN or name in keep]
        self._profiles: dict[Any, int] = {}
        self._rows: list[tuple[object, ...]] = []
        self._chunks: list[pa.RecordBatch] = []

    def __len__(self) -> int:
        return sum(chunk.num_rows for chunk in self._chunks)

    def add(self, answers: Sequence[Answer], *, received_at: datetime) -> pa.RecordBatch:
        """Takes answers in, and gives them as a batch of ``NARROW_SCHEMA``, in order.

        Args:
            answers: Usable results.
            received_at: When they came, with time zone; stands in where the provider gave no time.
        """
        results = [each.result for each in answers]
        # The number of profiles so far is the next one's id: setdefault gives the old id or this new one.
        profiles = self._profiles
        columns: dict[str, Sequence[object]] = {
            "msisdn": [each.msisdn for each in answers],
            "profile": [profiles.setdefault(profile, len(profiles)) for profile in map(_profile_of, results)],
            "credits": [each.milli / 1000 for each in answers],
            "checked_at": _times(results, received_at),
            **{column: [getattr(each, field) or None for each in results] for column, field in _OWN.items()},
        }
        arrays = [pa.array(columns[field.name], field.type) for field in NARROW_SCHEMA]
        chunk = pa.RecordBatch.from_arrays(arrays, schema=NARROW_SCHEMA)
        self._rows += [(*_row(profile), self._provider) for profile in islice(profiles, len(self._rows), None)]
        self._chunks.append(chunk.select(self._kept))
        return chunk

    def widen(self, chunk: pa.RecordBatch) -> pa.RecordBatch:
        """Gives a batch of ``NARROW_SCHEMA`` as one of ``ANSWER_SCHEMA``."""
        # Not taken from a table of all profiles, which each new one would make anew.
        places = chunk.column("profile").to_pylist()
        profiles = _table([self._rows[place] for place in places])  # type: ignore[index]  # never null
        whole = dict(zip(chunk.schema.names + profiles.schema.names, chunk.columns + profiles.columns, strict=True))
        return pa.RecordBatch.from_arrays([whole[name] for name in ANSWER_SCHEMA.names], schema=ANSWER_SCHEMA)

    def narrow(self) -> pa.Table:
        """Gives all answers, in the order in which they were added: the kept columns of ``NARROW_SCHEMA``."""
        return pa.Table.from_batches(self._chunks, schema=pa.schema([NARROW_SCHEMA.field(name) for name in self._kept]))

    def profiles(self) -> pa.RecordBatch:
        """Gives the profiles: the repeating columns of ``ANSWER_SCHEMA``, one row for each id."""
        return _table(self._rows)


def answers_to_batch(answers: Sequence[Answer], *, received_at: datetime, provider: str) -> pa.RecordBatch:
    """Gives answers as a table of ``ANSWER_SCHEMA``, in order.

    Args:
        answers: Usable results.
        received_at: When they came, with time zone; stands in where the provider gave no time.
        provider: Name for the ``provider`` column.
    """
    book = AnswerBook(provider)
    return book.widen(book.add(answers, received_at=received_at))


def _table(rows: Sequence[tuple[object, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else repeat(())
    arrays = [pa.array(values, field.type) for field, values in zip(PROFILE_SCHEMA, columns, strict=False)]
    return pa.RecordBatch.from_arrays(arrays, schema=PROFILE_SCHEMA)


def _row(profile: tuple[Any, ...]) -> tuple[object, ...]:
    status, kind, error, usa, ported, disposable, original, current = profile
    words = (status or None, kind or None, None if error == "NONE" else error or None, usa or None)
    flags = (_YES_NO.get(ported), _YES_NO.get(disposable))
    area = (original.area or None) if original else None
    return (*words, *flags, *_network(original), area, *_network(current))


def _network(network: Network | None) -> tuple[str | None, ...]:
    if network is None:
        return (None,) * 5
    country = (network.country_iso3 or None, network.country_name or None, network.country_prefix or None)
    return (network.name or None, network.mccmnc or None, *country)


def _times(results: Sequence[Result], otherwise: datetime) -> list[int]:
    # As numbers: made from datetimes, the column takes twice as long.
    received = (otherwise - _EPOCH) // _MICROSECOND
    moments = {text: _microseconds(text, received) for text in {each.timestamp for each in results}}
    return [moments[each.timestamp] for each in results]


def _microseconds(text: str | None, otherwise: int) -> int:
    """Reads a time of the provider's, in microseconds since 1970; one without a zone is UTC."""
    try:
        time = datetime.fromisoformat(text or "")
        return ((time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):  # no time, or one outside the calendar
        return otherwise
