"""What a reply other than 200 stands for."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hlrframe.errors import AuthError, ProviderError, RateLimited, ReplyTimeout, RequestError, Unavailable
from hlrframe.model import discreet

__all__ = ["HTTP_OK", "error_of_reply"]

HTTP_OK: Final = 200
HTTP_BAD_REQUEST: Final = 400
HTTP_UNAUTHORIZED: Final = 401
HTTP_FORBIDDEN: Final = 403
HTTP_TOO_MANY: Final = 429
HTTP_SERVER_ERROR: Final = 500
HTTP_GATEWAY_TIMEOUT: Final = 504


def error_of_reply(
    status: int, body: bytes, *, retry_after: float | None = None, secrets: Sequence[str] = ()
) -> ProviderError:
    """Gives the error that a reply other than 200 stands for; documented ones are not billed.

    Args:
        status: HTTP status.
        body: The reply's bytes; they may be empty or no JSON.
        retry_after: Seconds of the ``Retry-After`` header, where there was one.
        secrets: Texts that must not appear in the error, even if the provider repeats them.
    """
    code, message = (discreet(text, secrets) if isinstance(text, str) and text else None for text in _said(body))
    words = " ".join(filter(None, (f"HTTP {status}", code, message)))
    if status in {HTTP_UNAUTHORIZED, HTTP_FORBIDDEN}:
        cure = "check HLR_API_KEY and HLR_API_SECRET (v2 credentials from the account settings)"
        return AuthError(f"the provider does not accept the key and secret: {words}; {cure}", status=status, code=code)
    if status == HTTP_TOO_MANY:
        return RateLimited(f"throttled: {words}", status=status, code=code, retry_after=retry_after)
    if status == HTTP_GATEWAY_TIMEOUT:  # the request went in, and the work may have been done and billed
        return ReplyTimeout(f"no reply within the gateway's time: {words}", status=status, code=code)
    if status >= HTTP_SERVER_ERROR:
        return Unavailable(f"the provider failed: {words}", status=status, code=code, retry_after=retry_after)
    what = "an unexpected reply" if status < HTTP_BAD_REQUEST else "the provider rejects the request"
    cure = "check the base URL (it should end in /apiv2) and the settings"
    return RequestError(f"{what}: {words}; {cure}", status=status, code=code)


class _Said(msgspec.Struct):
    error: object = None
    message: object = None


def _said(body: bytes) -> tuple[object, object]:
    try:
        said = msgspec.json.decode(body, type=_Said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    return said.error, said.message
