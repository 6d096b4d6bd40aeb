"""What can go wrong, as a tree.

::

    HlrframeError
    ├── InputError (ValueError)      a column, a frame or a file that cannot be used as given
    ├── ConfigError (ValueError)     a setting out of range, a missing key
    └── RunError                     a run ended before its list did; carries everything obtained
        ├── StoreError               the store cannot be read or written
        ├── ResourceError            this machine has no room for what the run needs
        ├── ProviderError            the provider's side; carries the HTTP status and its own code
        │   ├── AuthError            wrong key or secret: fatal
        │   ├── RequestError         the provider calls our request wrong: fatal
        │   ├── RateLimited          429: retried by the plan
        │   ├── Unavailable          refused before any work was done: retried by the plan
        │   ├── ReplyLost            sent, no whole reply, perhaps billed: retried with care
        │   │   └── ReplyTimeout     the same, because it took too long
        │   └── ProtocolError        a reply that cannot be understood, perhaps billed
        ├── AttachError              the results do not go beside the caller's rows any more
        └── Interrupted              Ctrl-C, a cancelled task or a notebook's stop button

A row never raises: a number that cannot be looked up is a row with a reason. A *run* raises only when going on
is pointless, after everything that was paid for is safe, and the error carries it in ``partial``.

Messages show at most the last three digits of a number, and never a key.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

__all__ = [
    "AttachError",
    "AuthError",
    "BudgetWarning",
    "ConfigError",
    "DamagedWarning",
    "EmulatorWarning",
    "GuessWarning",
    "HlrframeError",
    "IncompleteWarning",
    "InputError",
    "Interrupted",
    "PrivacyWarning",
    "ProtocolError",
    "ProviderError",
    "RateLimited",
    "ReplyLost",
    "ReplyTimeout",
    "RequestError",
    "ResourceError",
    "RunError",
    "StoreError",
    "Unavailable",
    "UnsealedWarning",
    "UnsharedWarning",
    "did_you_mean",
]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Gives a guess at what was meant, with a blank behind it; nothing where nothing is like it.

    >>> did_you_mean("batchsize", ["batch_size", "timeout"])
    "did you mean 'batch_size'? "
    """
    import difflib  # noqa: PLC0415  # seldom wanted

    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {folded[close[0]]!r}? " if close else ""


class HlrframeError(Exception):
    """Base of every error that hlrframe raises on purpose; never raised itself.

    Its message holds nothing that a terminal would obey, whatever it quotes.
    """

    def __str__(self) -> str:
        words = super().__str__()
        if words.isprintable():
            return words
        return "".join(each if each.isprintable() or each == "\n" else " " for each in words)


class InputError(HlrframeError, ValueError):
    """The frame, column or file cannot be used as given; the message names the cure."""


class ConfigError(HlrframeError, ValueError):
    """A setting is out of range, or the credentials are missing; the message names the cure."""


class RunError(HlrframeError):
    """A run ended before its list did.

    Attributes:
        partial: Everything obtained so far, in the type of the caller's own frame with the result columns
            added; ``None`` where nothing had been obtained.
        report: The :class:`~hlrframe.Report` of the run up to its end, or ``None``.
    """

    partial: Any = None
    report: Any = None

    @property
    def frame(self) -> Any:  # noqa: ANN401  # whatever type of frame the caller has
        """The same as ``partial``."""
        return self.partial


class StoreError(RunError):
    """The store cannot be read or written; nothing that is not on disk was counted as done."""


class AttachError(RunError):
    """The results could not be put beside the rows of the frame: ``partial`` holds them alone, in its rows' order."""


class ResourceError(RunError):
    """This machine has no room for what the run needs, such as file descriptors; nothing was sent that is not kept."""


class ProviderError(RunError):
    """The provider refused, failed or could not be reached.

    Attributes:
        status: HTTP status of the reply; ``None`` where there was no reply.
        code: The provider's own word, such as ``UNAUTHORIZED``; ``None`` where it gave none.
        retry_after: Seconds that the provider asked us to wait; ``None`` where it did not say.
    """

    #: The stable reason that a row gets for it.
    reason: ClassVar[str] = "provider_error"

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class AuthError(ProviderError):
    """The provider does not accept the key and secret (HTTP 401 or 403)."""


class RequestError(ProviderError):
    """The provider rejects the request itself (HTTP 400 or 404); asking again would not help."""


class RateLimited(ProviderError):
    """HTTP 429: throttled, not billed; the plan asks again later."""

    reason = "throttled"


class Unavailable(ProviderError):
    """Refused before any work was done (no connection, HTTP 5xx other than 504): not billed; the plan asks again later.

    A 504 comes from a gateway that gave up waiting: the work may have been done, so it is a :class:`ReplyTimeout`.
    """

    reason = "unavailable"


class ReplyLost(ProviderError):
    """The request left and no whole reply came back (time-out, lost connection): perhaps billed."""

    reason = "connection_lost"


class ReplyTimeout(ReplyLost):
    """The request left and no whole reply came in time, or HTTP 504 in its place: perhaps billed."""

    reason = "timeout"


class ProtocolError(ProviderError):
    """A reply came and cannot be understood: perhaps billed."""

    reason = "unreadable_reply"


class Interrupted(RunError):
    """The run was stopped from outside; what had been paid for is kept and the next run goes on from there."""


class IncompleteWarning(UserWarning):
    """The frame came back with rows that are worth another run: money ran out, or an outage may have been the end."""


class BudgetWarning(UserWarning):
    """A budget that several runs share is half used, or nearly used up."""


class DamagedWarning(UserWarning):
    """A file of the store cannot be read and was set aside, or was cut or removed; the store goes on without it."""


class GuessWarning(UserWarning):
    """A file or column does not say how it is meant, and was read as is most probable; the message says how."""


class EmulatorWarning(UserWarning):
    """Answers come from the emulator: they are invented and say nothing about real people."""


class PrivacyWarning(UserWarning):
    """A store is less private than somebody may think; the message says how, and what to do."""


class UnsealedWarning(UserWarning):
    """A bucket could not take a part: the answers are in their journal, on this machine alone as yet."""


class UnsharedWarning(UserWarning):
    """Several processes on one folder do not share what their account allows: its file system has no locks."""
