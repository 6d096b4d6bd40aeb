"""The provider's JSON: requests to bytes, bytes to typed results, results to columns.

Total over bad payloads: every field may be absent, of a wrong type or new. A reply that can be understood at all is
understood; everything else is a :class:`~hlrframe.errors.ProtocolError`. Nothing here knows HTTP, time or money.
"""

from hlrframe.wire.columns import PROFILE_TYPES, Answer, AnswerBook, answers_to_batch
from hlrframe.wire.matching import match_results
from hlrframe.wire.refusals import HTTP_OK, error_of_reply
from hlrframe.wire.replies import decode_balance, decode_results
from hlrframe.wire.requests import cache_window, encode_balance, encode_request, request_options
from hlrframe.wire.results import Echo, Network, Result, Trouble, trouble_of

__all__ = [
    "HTTP_OK",
    "PROFILE_TYPES",
    "Answer",
    "AnswerBook",
    "Echo",
    "Network",
    "Result",
    "Trouble",
    "answers_to_batch",
    "cache_window",
    "decode_balance",
    "decode_results",
    "encode_balance",
    "encode_request",
    "error_of_reply",
    "match_results",
    "request_options",
    "trouble_of",
]
