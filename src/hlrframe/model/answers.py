"""What a provider said of one number, in nobody's JSON: the currency of the scheduler, the journal and the store.

A provider's own record derives from these and says under which names it reads the fields from its replies, so that no
answer is copied on its way. The words are those of :mod:`hlrframe.model.vocabulary`; a word that is not known there
stays as it came.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from hlrframe.model.vocabulary import Reason

__all__ = ["Answer", "Failure", "LookupResult", "NetworkDetails", "moment_of"]


class NetworkDetails(msgspec.Struct, frozen=True, gc=False):
    """A telephone network; any part of it may be unknown."""

    name: str | None = None
    #: Mobile country and network code, leading zeros kept; may hold the country's part alone.
    mccmnc: str | None = None
    #: ISO 3166 alpha-3.
    country: str | None = None
    #: In English.
    country_name: str | None = None
    #: Calling code.
    prefix: str | None = None
    area: str | None = None


class LookupResult(msgspec.Struct, frozen=True, gc=False):
    """What a provider said of one number. Every field may be absent."""

    live_status: str | None = None
    number_type: str | None = None
    #: The network that the number range belongs to, and the one that serves the number now.
    original: NetworkDetails | None = None
    current: NetworkDetails | None = None
    #: ``"YES"`` or ``"NO"``; any other word means that it is not known.
    is_ported: str | None = None
    ported_date: str | None = None
    #: ``"YES"`` or ``"NO"``; any other word means that it is not known.
    disposable: str | None = None
    usa_status: str | None = None
    #: Credits that the provider says it charged; ``None`` where it says nothing.
    charged: float | None = None
    #: When the provider gave the answer, as ISO 8601; without a zone it is UTC.
    timestamp: str | None = None
    uuid: str | None = None
    detected_number: str | None = None
    formatted_number: str | None = None
    sms_email: str | None = None
    mms_email: str | None = None
    #: Fields that are not known here, as JSON text.
    extra: str | None = None


class Failure(NamedTuple):
    """What is wrong with an answer that did not come, or is none."""

    #: What a row without an answer gets.
    reason: Reason
    #: The provider's own error word, as it came; ``None`` where it gave none.
    word: str | None = None
    #: Milli-credits that it was charged all the same.
    milli: int = 0


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A usable result together with what the run knows of it."""

    #: The number that was asked: E.164 digits.
    msisdn: str
    #: What the provider said of it.
    result: LookupResult
    #: Milli-credits booked for it.
    milli: int
    #: Milli-credits that an earlier run, which never saw the answer, is now known to have paid for it.
    earlier: int = 0


def moment_of(text: str | None) -> datetime | None:
    """Reads a time of a provider's, which is UTC without a zone; ``None`` for none, or one outside the calendar.

    >>> moment_of("2026-11-28T09:16:42Z") == moment_of("2026-11-28 10:16:42+01:00"), moment_of("yesterday")
    (True, None)
    """
    try:
        time = datetime.fromisoformat(text or "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
