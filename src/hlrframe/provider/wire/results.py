"""One result as the provider sends it, and whether it is an answer."""

from typing import Annotated, Final, NamedTuple

import msgspec

from hlrframe.model import Reason

__all__ = ["MOST_CREDITS", "Echo", "Failure", "Network", "Result", "failure_of"]

#: A charge for one number beyond this, or below nothing, is no charge but a mistake: it counts as not stated.
MOST_CREDITS: Final = 1_000_000


class Network(msgspec.Struct, frozen=True, gc=False):
    """A network as the provider describes it; ``mccmnc`` may hold a country code alone, or nothing."""

    name: str | None = None
    mccmnc: str | None = None
    country_name: str | None = None
    country_iso3: str | None = None
    area: str | None = None
    country_prefix: str | None = None


class Echo(msgspec.Struct, frozen=True, gc=False):
    """What the provider understood of our request."""

    telephone_number: str | None = None


class Result(msgspec.Struct, frozen=True, gc=False):
    """One result as it came. Every field may be absent."""

    error: str | None = None
    uuid: str | None = None
    request_parameters: Echo | None = None
    credits_spent: Annotated[float, msgspec.Meta(ge=0, le=MOST_CREDITS)] | None = None
    detected_telephone_number: str | None = None
    formatted_telephone_number: str | None = None
    telephone_number_type: str | None = None
    live_status: str | None = None
    original_network: str | None = None
    original_network_details: Network | None = None
    current_network: str | None = None
    current_network_details: Network | None = None
    is_ported: str | None = None
    ported_date: str | None = None
    usa_status: str | None = None
    disposable_number: str | None = None
    timestamp: str | None = None
    sms_email: str | None = None
    mms_email: str | None = None
    #: Unknown fields as JSON text; the provider has no field of this name.
    extra: str | None = msgspec.field(default=None, name="#extra")


class Failure(NamedTuple):
    """What is wrong with an answer that did not come, or is none."""

    #: What a row without an answer gets.
    reason: Reason
    #: The provider's own error word, as it came; ``None`` where it gave none.
    word: str | None = None


def failure_of(result: Result | None) -> Failure | None:
    """Says what is wrong with a result; ``None`` where it is a usable answer.

    >>> failure_of(Result(error="NONE", live_status="LIVE")) is None
    True
    >>> failure_of(Result(error="INTERNAL_ERROR"))
    Failure(reason=<Reason.INTERNAL_ERROR: 'internal_error'>, word='INTERNAL_ERROR')
    """
    if result is None:
        return Failure(Reason.MISSING_REPLY)
    if result.error in (None, "", "NONE"):
        has_content = result.live_status or result.telephone_number_type
        return None if has_content else Failure(Reason.UNREADABLE_REPLY)
    known = {"INTERNAL_ERROR": Reason.INTERNAL_ERROR, "INSUFFICIENT_CREDIT": Reason.INSUFFICIENT_CREDIT}
    return Failure(known.get(result.error, Reason.PROVIDER_ERROR), result.error)
