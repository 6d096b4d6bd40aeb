"""What an answer is an answer to."""

from dataclasses import dataclass
from typing import Self

from hlrframe.model.settings import Settings
from hlrframe.model.vocabulary import LookupKind

__all__ = ["Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer is an answer to, the number apart: an answer serves only the same question.

    The provider is part of it, so that an emulator's invention never stands in for a paid answer.
    """

    #: Kind of lookup.
    kind: LookupKind
    #: Host of the provider, or ``"emulator"``.
    provider: str
    #: The options that change an answer, sorted: some of ``landline_status``, ``ported_date``, ``usa_status``.
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings, provider: str) -> Self:
        """Gives the question that a run with these settings asks of this provider.

        >>> Question.of(Settings(usa_status=True), "emulator").key
        'hlr+usa_status@emulator'
        """
        names = ("landline_status", "ported_date", "usa_status")
        options = tuple(name for name in names if getattr(settings, name))
        return cls(LookupKind(settings.lookup), provider, options)

    @property
    def key(self) -> str:
        """The question as one stable text."""
        return f"{'+'.join((self.kind.value, *self.options))}@{self.provider}"
