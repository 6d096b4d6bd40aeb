"""HLR Lookup's JSON: requests to bytes, bytes to answers. Nothing here knows HTTP, time or money.

Total over bad payloads: every field may be absent, of a wrong type or new. A reply that can be understood at all is
understood; everything else is a :class:`~hlrframe.errors.ProtocolError`.

::

    requests   what goes out
    replies    what comes in   <- open this first
    pieces     the parts of JSON that is broken
    results    one result, and whether it is an answer
    matching   which result belongs to which number
    refusals   what a reply other than 200 stands for
"""

from hlrframe.provider.hlr_lookup.wire.matching import charges_beside, match_results
from hlrframe.provider.hlr_lookup.wire.refusals import HTTP_OK, error_of_reply
from hlrframe.provider.hlr_lookup.wire.replies import decode_balance, decode_results
from hlrframe.provider.hlr_lookup.wire.requests import (
    OPTION_FIELDS,
    encode_balance,
    encode_request,
    options_asked,
    request_options,
)
from hlrframe.provider.hlr_lookup.wire.results import Echo, Network, Result, outcome_of

__all__ = [
    "HTTP_OK",
    "OPTION_FIELDS",
    "Echo",
    "Network",
    "Result",
    "charges_beside",
    "decode_balance",
    "decode_results",
    "encode_balance",
    "encode_request",
    "error_of_reply",
    "match_results",
    "options_asked",
    "outcome_of",
    "request_options",
]
