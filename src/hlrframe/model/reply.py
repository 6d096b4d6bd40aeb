"""What came of one request, for whoever counts them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["OnReply", "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One request and what came of it; or what the store answered, which sent none.

    It holds no number and no key, so that it can go to any log or meter.
    """

    #: ``answered``, a reply with results; ``refused``, not billed and, where that helps, tried again; ``lost``, perhaps
    #: billed and tried again; ``stored``, answers that the store had, or that another run with it has just been given.
    outcome: Literal["answered", "refused", "lost", "stored"]
    #: Numbers that it was about.
    numbers: int
    #: Those of them that have a usable answer now.
    answers: int = 0
    #: HTTP status of the reply; ``None`` where none came, and for ``stored``.
    status: int | None = None
    #: Seconds from sending to the whole reply, or to its failure.
    seconds: float = 0.0
    #: What it was charged; of all replies together they are the credits of the run.
    credits: float = 0.0
    #: The network that was asked, as :class:`LaneReport` names it; empty where a request carried numbers of several.
    lane: str = ""


#: Is called with each reply, in the thread and event loop of the run: it should be quick.
OnReply: TypeAlias = Callable[[Reply], object]
