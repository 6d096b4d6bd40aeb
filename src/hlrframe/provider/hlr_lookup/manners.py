"""How the provider behaves where its documents leave a choice: one value, and the file that carries it.

``hlrframe check`` writes such a file from what it saw; the emulator takes one and behaves so. What a file does not say
is as the package assumes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import msgspec

from hlrframe.errors import ConfigError

__all__ = ["FORMAT", "Manners"]

#: First field of every such file.
FORMAT: Final = "hlrframe: how a provider behaves, 1"

_Credits = Annotated[float, msgspec.Meta(ge=0, le=100)]
_Days = Annotated[int, msgspec.Meta(ge=0, le=30)]
_Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z_]{0,40}$")]


class Manners(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be one way or another at the provider; each default is what the package assumes.

    >>> Manners(counted="numbers").differing()
    {'counted': 'numbers'}
    """

    #: Results at the top level, under ``body``, or as a JSON text in a string there.
    envelope: Literal["top", "body", "text"] = "top"
    #: Results in the order of the numbers, or backwards.
    order: Literal["asked", "reversed"] = "asked"
    #: What stands in ``request_parameters.telephone_number``: what was sent, its digits after a plus, or nothing.
    echo: Literal["submitted", "plus", "none"] = "submitted"
    #: Fields that every result has beside those that are known.
    new_fields: tuple[_Word, ...] = ()
    #: Fields that no result has.
    missing_fields: tuple[_Word, ...] = ()
    #: The details of a network that is not available.
    no_details: Literal["absent", "null", "empty"] = "absent"
    #: ``credits_spent``: a number, or a number as text.
    credits_as: Literal["number", "text"] = "number"
    #: ``live_status`` where no live status was asked for; empty where the field is absent.
    unasked_status: Annotated[str, msgspec.Meta(pattern=r"^([A-Z][A-Z_]{0,40})?$")] = "NONE"
    #: How a date of a port is written, as ``strftime`` says it.
    date_form: Annotated[str, msgspec.Meta(pattern=r"^[%A-Za-z0-9 ,./:-]{2,40}$")] = "%Y-%m-%d"

    #: What becomes of a request with a key that is not known.
    unknown_keys: Literal["refused", "ignored"] = "refused"
    #: Body of a refusal: a JSON object with a word and a sentence, or nothing.
    refusal_body: Literal["json", "empty"] = "json"
    #: HTTP status for wrong credentials.
    unauthorized: Literal[401, 403] = 401
    #: Seconds in ``Retry-After`` of a 429; ``None`` for no such header.
    retry_after: Annotated[float, msgspec.Meta(ge=0, le=3600)] | None = None
    #: The balance's own name for what is left, and whether it is a number or a text.
    credits_key: _Word = "Credits"
    balance_as: Literal["number", "text"] = "number"

    #: What the cache options are where a request says nothing of them.
    default_save: Literal["YES", "NO", "PRIVATE"] = "YES"
    default_private_days: _Days = 0
    default_global_days: _Days = 0
    #: Whether ``save_to_cache: NO`` keeps an answer out of the private cache, too.
    no_keeps_out: bool = False
    #: ``save_to_cache: PRIVATE``: kept in the private cache, refused with HTTP 400, or taken and not kept.
    private_word: Literal["kept", "refused", "not kept"] = "kept"

    #: Credits of a fresh answer.
    lookup_price: _Credits = 1.0
    mnp_price: _Credits = 0.5
    validate_price: _Credits = 0.0
    landline_price: _Credits = 1.0
    #: Of a mobile in the United States with ``usa_status``, and of what is no mobile there.
    usa_price: _Credits = 2.0
    usa_landline_price: _Credits = 1.0
    #: On top, where the date of a port is found, out of a cache too.
    date_price: _Credits = 1.0
    #: Of an answer out of the private cache: a lookup, ``mnp``, and with ``usa_status``.
    cached_price: _Credits = 0.0
    cached_mnp_price: _Credits = 0.0
    cached_usa_price: _Credits = 0.0
    #: Of what is no number, and of what is no mobile and asked without an option for it.
    bad_format_price: _Credits = 0.0
    immobile_price: _Credits = 0.0
    #: Charged for each answer that costs something, beyond the ``credits_spent`` of the reply.
    unstated: _Credits = 0.0
    #: Whether a request is billed whose reply never arrived.
    bills_lost: bool = True

    #: Whether the limit of what is in flight counts requests or numbers, and where it lies.
    counted: Literal["requests", "numbers"] = "requests"
    max_in_flight: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 210
    #: Most numbers in one request.
    max_numbers: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 80
    #: Seconds that a telephone network takes; ``None`` for none, as in a test.
    seconds: Annotated[float, msgspec.Meta(ge=0, le=600)] | None = None

    def differing(self) -> dict[str, Any]:
        """Gives what is not as the package assumes, by name."""
        usual = msgspec.to_builtins(Manners())
        return {name: value for name, value in msgspec.to_builtins(self).items() if value != usual[name]}

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401  # each field has a type of its own
        """Gives a copy with some fields changed; the copy is checked."""
        return self._of(msgspec.to_builtins(self) | changes)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Reads the ``manners`` of a file that ``hlrframe check`` wrote, or that was written by hand.

        Raises:
            ConfigError: It cannot be read, or is no such file; the message names what is wrong.
        """
        try:
            content = msgspec.json.decode(Path(path).read_bytes())
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            content = None
        if not isinstance(content, Mapping) or content.get("format") != FORMAT:
            raise ConfigError(f"{path} is no file of hlrframe check: its first line should be {FORMAT!r} as 'format'")
        try:
            return cls._of(content.get("manners", {}))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    @classmethod
    def _of(cls, fields: Any) -> Self:  # noqa: ANN401  # whatever stands in a file
        try:
            return msgspec.convert(fields, cls)
        except msgspec.ValidationError as error:
            raise ConfigError(f"manners that are not understood: {error}") from None
