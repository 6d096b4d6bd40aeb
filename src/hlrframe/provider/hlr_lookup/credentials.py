"""The key and the secret of an account: an object that gives them to request bodies, and shows them to nobody."""

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, Self

import msgspec

from hlrframe.errors import ConfigError
from hlrframe.provider.hlr_lookup.wire import encode_balance, encode_request

__all__ = ["Credentials", "missing_variables", "problem_of"]

NO_KEY_CURE: Final = (
    "set HLR_API_KEY and HLR_API_SECRET to the v2 credentials from your account settings, "
    "or try without an account: hlrframe.emulator.connect() in Python, --emulator on the command line"
)
_VARIABLES: Final = ("HLR_API_KEY", "HLR_API_SECRET")
#: A secret of this length does not stand in a reply by chance.
_SURE: Final = 8


class _Hidden(tuple[str, ...]):
    """Texts that whatever shows the locals of a frame does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(…)"


class Credentials:
    """A key and a secret. Neither its repr nor its pickle holds them, nor do its attributes by name.

    A copy in another process takes them from the environment there, and is refused where that holds others.

    Args:
        key: The API key.
        secret: Its secret.

    >>> Credentials("key", "secret")
    Credentials(…)
    """

    __slots__ = ("__hidden",)

    def __init__(self, key: str, secret: str) -> None:
        self.__hidden = _Hidden((key, secret))

    @classmethod
    def from_env(cls) -> Self:
        """Takes them from ``HLR_API_KEY`` and ``HLR_API_SECRET``.

        Raises:
            ConfigError: A variable is missing; the message names it, and the emulator as a way to try without.
        """
        if missing := missing_variables():
            raise ConfigError(f"{' and '.join(missing)} not set; {NO_KEY_CURE}")
        if problem := problem_of(*map(os.environ.get, _VARIABLES)):
            raise ConfigError(problem)
        return cls(*(os.environ[name] for name in _VARIABLES))

    def lookup(self, numbers: Sequence[str], options: Mapping[str, object]) -> bytes:
        """Gives the body of a lookup; it must never reach a log or a message."""
        key, secret = self.__hidden
        return encode_request(key, secret, numbers, options)

    def balance(self) -> bytes:
        """Gives the body of a balance request; likewise."""
        key, secret = self.__hidden
        return encode_balance(key, secret)

    def beside(self, content: Mapping[str, object]) -> bytes:
        """Gives the body of any request; likewise."""
        key, secret = self.__hidden
        return msgspec.json.encode({"api_key": key, "api_secret": secret, **content})

    def secrets(self) -> tuple[str, ...]:
        """Gives the key and the secret themselves, in a tuple that does not show them."""
        return self.__hidden

    def struck_from(self, reply: bytes) -> bytes:
        """Gives a reply without them, should the provider repeat them: it becomes messages, columns and files."""
        for secret in self.__hidden:
            if len(secret) >= _SURE:
                reply = reply.replace(secret.encode(), "…".encode())
        return reply

    def fingerprint(self, beside: str = "") -> str:
        """Names the account without telling its key."""
        return sha256(f"{beside} {self.__hidden[0]}".encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Credentials(…)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _recalled, (self.fingerprint(),)


def missing_variables() -> list[str]:
    """Names the variables that an account needs and that are not set."""
    return [name for name in _VARIABLES if not os.environ.get(name)]


def _recalled(fingerprint: str) -> Credentials:
    """Gives the credentials of a pickled client: those of the environment, if it is the same account."""
    found = Credentials.from_env()
    if found.fingerprint() != fingerprint:
        raise ConfigError(
            "a client leaves its key behind when it is pickled, and HLR_API_KEY here is that of another account: "
            "set HLR_API_KEY and HLR_API_SECRET to those of the client, or make the client in this process"
        )
    return found


def problem_of(key: object, secret: object) -> str | None:
    """Says what is wrong with a key and its secret, without showing them; ``None`` where nothing is."""
    for name, value in (("API key", key), ("API secret", secret)):
        if not value:
            return f"the {name} is empty; {NO_KEY_CURE}"
        if not isinstance(value, str):
            return f"the {name} must be text, not {type(value).__name__}"
        if any(each < " " or each == "\x7f" or "\ud800" <= each <= "\udfff" for each in value):
            return f"the {name} holds characters that no key has: copy it again from the account's settings"
    return None
