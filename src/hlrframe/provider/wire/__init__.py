"""The provider's JSON: requests to bytes, bytes to typed results, results to columns.

Total over bad payloads: every field may be absent, of a wrong type or new. A reply that can be understood at all is
understood; everything else is a :class:`~hlrframe.errors.ProtocolError`. Nothing here knows HTTP, time or money.
"""

from hlrframe.provider.wire.columns import PROFILE_TYPES, Answer, AnswerBook, answers_to_batch
from hlrframe.provider.wire.matching import match_results
from hlrframe.provider.wire.refusals import HTTP_OK, error_of_reply
from hlrframe.provider.wire.replies import decode_balance, decode_results
from hlrframe.provider.wire.requests import cache_window, encode_balance, encode_request, request_options
from hlrframe.provider.wire.results import Echo, Failure, Network, Result, failure_of

__all__ = [
    "HTTP_OK",
    "PROFILE_TYPES",
    "Answer",
    "AnswerBook",
    "Echo",
    "Failure",
    "Network",
    "Result",
    "answers_to_batch",
    "cache_window",
    "decode_balance",
    "decode_results",
    "encode_balance",
    "encode_request",
    "error_of_reply",
    "failure_of",
    "match_results",
    "request_options",
]
