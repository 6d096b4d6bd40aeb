"""One result as the provider sends it, and whether it is an answer."""

from typing import Annotated, Final

import msgspec

from hlrframe.model import Failure, LookupResult, NetworkDetails, Reason, milli_of

__all__ = ["MOST_CREDITS", "Echo", "Network", "Result", "outcome_of"]

#: A charge beyond this is no sum of thousandths, and one below nothing is no charge: both count as not stated. Less is
#: booked, however unlikely it is: what the provider states is what it takes.
MOST_CREDITS: Final = 1_000_000_000_000
#: What stands in the place of an error where there is none.
_NO_ERROR: Final = "NONE"
_REASONS: Final = {"INTERNAL_ERROR": Reason.INTERNAL_ERROR, "INSUFFICIENT_CREDIT": Reason.INSUFFICIENT_CREDIT}


class Network(NetworkDetails, frozen=True, gc=False):
    """A network as the provider describes it; ``mccmnc`` may hold a country code alone, or nothing."""

    country: str | None = msgspec.field(default=None, name="country_iso3")
    prefix: str | None = msgspec.field(default=None, name="country_prefix")


class Echo(msgspec.Struct, frozen=True, gc=False):
    """What the provider understood of our request."""

    telephone_number: str | None = None


class Result(LookupResult, frozen=True, gc=False):
    """One result as it came: our names of the fields, and the provider's where they differ."""

    number_type: str | None = msgspec.field(default=None, name="telephone_number_type")
    original: Network | None = msgspec.field(default=None, name="original_network_details")
    current: Network | None = msgspec.field(default=None, name="current_network_details")
    disposable: str | None = msgspec.field(default=None, name="disposable_number")
    charged: Annotated[float, msgspec.Meta(ge=0, le=MOST_CREDITS)] | None = msgspec.field(
        default=None, name="credits_spent"
    )
    detected_number: str | None = msgspec.field(default=None, name="detected_telephone_number")
    formatted_number: str | None = msgspec.field(default=None, name="formatted_telephone_number")
    #: Unknown fields as JSON text; the provider has no field of this name.
    extra: str | None = msgspec.field(default=None, name="#extra")
    # What only this provider says.
    error: str | None = None
    request_parameters: Echo | None = None
    original_network: str | None = None
    current_network: str | None = None


def outcome_of(result: Result | None) -> LookupResult | Failure:
    """Gives a result as the answer that it is, or as what is wrong with it and what that cost all the same.

    >>> outcome_of(Result(error="INTERNAL_ERROR", charged=0.5))
    Failure(reason=<Reason.INTERNAL_ERROR: 'internal_error'>, word='INTERNAL_ERROR', milli=500)
    """
    if result is None:
        return Failure(Reason.MISSING_REPLY)
    word = None if result.error == _NO_ERROR else result.error or None
    if word is None and (result.live_status or result.number_type):
        return result
    reason = Reason.UNREADABLE_REPLY if word is None else _REASONS.get(word, Reason.PROVIDER_ERROR)
    return Failure(reason, word, milli_of(result.charged or 0.0))
