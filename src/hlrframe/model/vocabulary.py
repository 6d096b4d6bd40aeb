"""The words of the field: kinds of lookup, states of a row, reasons, statuses, and what a status means."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = [
    "MEANING_OF",
    "LiveStatus",
    "LookupKind",
    "Meaning",
    "NumberType",
    "Reading",
    "Reason",
    "State",
    "Verdict",
    "verdict_of",
]


class LookupKind(StrEnum):
    """What is asked of the provider; each is one of its endpoints."""

    #: Live status, networks and portability: 1 credit a mobile.
    HLR = "hlr"
    #: Networks and portability without live status: 0.5 credit.
    MNP = "mnp"
    #: Numbering plan only, no network asked: free.
    VALIDATE = "validate"


class State(StrEnum):
    """What happened to a row in this run; every row has exactly one."""

    #: Asked now, and the provider answered.
    ANSWERED = "answered"
    #: An earlier answer from the store; nothing was sent.
    CACHED = "cached"
    #: Not a telephone number; never sent.
    REJECTED = "rejected"
    #: Asked, and no usable answer came.
    FAILED = "failed"
    #: Not asked: budget, credit, offline, the run was stopped, or the cell came after it.
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What an answer means for somebody who wants to reach the number."""

    LIVE = "live"
    UNREACHABLE = "unreachable"
    DEAD = "dead"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Meaning(NamedTuple):
    """A verdict in words for people, the same wherever it is explained."""

    #: What it is called.
    label: str
    #: What it says of a number.
    means: str
    #: How so many numbers are told of, after their count.
    said: str


#: What a verdict means for somebody who wants to reach the number; ``None`` is a number without an answer.
MEANING_OF: Final[Mapping[str | None, Meaning]] = MappingProxyType(
    {
        Verdict.LIVE: Meaning("Live", "a call or message gets through", "can be reached now"),
        Verdict.UNREACHABLE: Meaning(
            "Unreachable", "somebody has the number, but nothing gets through now", "are somebody's but out of reach"
        ),
        Verdict.DEAD: Meaning("Dead", "nobody has the number", "are dead"),
        Verdict.UNKNOWN: Meaning(
            "Unknown", "the provider could not tell; never to be read as dead", "could not be told"
        ),
        Verdict.NOT_APPLICABLE: Meaning(
            "Not applicable", "not a mobile number, so the question does not arise", "are no mobiles"
        ),
        None: Meaning("No answer", "failed, or not asked: no money, offline, or stopped", "have no answer"),
    }
)


class Reason(StrEnum):
    """Why a row has no answer. Stable: scripts may compare with them."""

    # a rejected row: nothing that could be asked
    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    NEEDS_REGION = "needs_region"
    UNKNOWN_REGION = "unknown_region"
    SPREADSHEET_DAMAGE = "spreadsheet_damage"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    UNKNOWN_COUNTRY = "unknown_country"
    NOT_IN_PLAN = "not_in_plan"
    OLD_PLAN = "old_plan"
    # asked, and no usable answer came
    INTERNAL_ERROR = "internal_error"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    UNREADABLE_REPLY = "unreadable_reply"
    MISSING_REPLY = "missing_reply"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    PROVIDER_ERROR = "provider_error"
    # not asked: money, settings or a stop
    BUDGET = "budget"
    INSUFFICIENT_CREDIT = "insufficient_credit"
    OFFLINE = "offline"
    STOPPED = "stopped"
    CHANGED = "changed"


class Reading(StrEnum):
    """How a number was read that is not simply the one that stands in its cell."""

    #: Written as in an old plan of its country, and brought up to date.
    RENUMBERED = "renumbered"
    #: The first of several numbers in the cell.
    SEVERAL = "several"


class NumberType(StrEnum):
    """The provider's ``telephone_number_type`` words, as documented; others may come and are kept as they are."""

    BAD_FORMAT = "BAD_FORMAT"
    MOBILE = "MOBILE"
    LANDLINE = "LANDLINE"
    MOBILE_OR_LANDLINE = "MOBILE_OR_LANDLINE"
    TOLL_FREE = "TOLL_FREE"
    PREMIUM = "PREMIUM"
    SHARED_COST = "SHARED_COST"
    VOIP = "VOIP"
    STAGE_AND_SCREEN = "STAGE_AND_SCREEN"
    PAGER = "PAGER"
    UNIVERSAL_ACCESS_NUMBER = "UNIVERSAL_ACCESS_NUMBER"
    PERSONAL_NUMBER = "PERSONAL_NUMBER"
    VOICEMAIL_ONLY = "VOICEMAIL_ONLY"
    UNKNOWN = "UNKNOWN"


class LiveStatus(StrEnum):
    """The provider's ``live_status`` words, as documented; others may come and are kept as they are."""

    LIVE = "LIVE"
    DEAD = "DEAD"
    ABSENT_SUBSCRIBER = "ABSENT_SUBSCRIBER"
    NO_TELESERVICE_PROVISIONED = "NO_TELESERVICE_PROVISIONED"
    NOT_AVAILABLE_NETWORK_ONLY = "NOT_AVAILABLE_NETWORK_ONLY"
    INCONCLUSIVE = "INCONCLUSIVE"
    NO_COVERAGE = "NO_COVERAGE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NONE = "NONE"


#: Statuses that decide the verdict whatever the type of number is.
VERDICT_OF_STATUS: dict[str, Verdict] = {
    LiveStatus.LIVE: Verdict.LIVE,
    LiveStatus.ABSENT_SUBSCRIBER: Verdict.UNREACHABLE,
    LiveStatus.NO_TELESERVICE_PROVISIONED: Verdict.UNREACHABLE,
    LiveStatus.DEAD: Verdict.DEAD,
    LiveStatus.NOT_APPLICABLE: Verdict.NOT_APPLICABLE,
    LiveStatus.INCONCLUSIVE: Verdict.UNKNOWN,
    LiveStatus.NOT_AVAILABLE_NETWORK_ONLY: Verdict.UNKNOWN,
}


def verdict_of(live_status: str | None, number_type: str | None) -> Verdict:
    """Says what an answer means.

    A number that is no mobile and has no status of its own is *not applicable*; every word that is missing or
    not known yet is *unknown*, never dead.

    Args:
        live_status: The provider's word, or ``None`` where it gave none.
        number_type: The provider's ``telephone_number_type``, or ``None``.

    >>> verdict_of("LIVE", "MOBILE"), verdict_of("NO_COVERAGE", "MOBILE"), verdict_of("NO_COVERAGE", "LANDLINE")
    (<Verdict.LIVE: 'live'>, <Verdict.UNKNOWN: 'unknown'>, <Verdict.NOT_APPLICABLE: 'not_applicable'>)
    >>> verdict_of("SOMETHING_NEW", "MOBILE")
    <Verdict.UNKNOWN: 'unknown'>
    """
    # Integrations have met a trailing blank in this field.
    status = (live_status or "").strip()
    if number_type == NumberType.BAD_FORMAT:
        return Verdict.NOT_APPLICABLE
    if status in VERDICT_OF_STATUS:
        return VERDICT_OF_STATUS[status]
    no_status = status in {"", LiveStatus.NO_COVERAGE, LiveStatus.NONE}
    maybe_mobile = number_type in {None, NumberType.MOBILE, NumberType.UNKNOWN}
    return Verdict.NOT_APPLICABLE if no_status and not maybe_mobile else Verdict.UNKNOWN
