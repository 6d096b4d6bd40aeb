"""Where a run stands."""

from dataclasses import dataclass, field

from hlrframe.system import sealed_class

__all__ = ["Progress"]


@sealed_class
@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment, for progress lines and callbacks. All counts are distinct numbers."""

    #: Numbers that this run is about: those to ask and those the store knew.
    total: int = 0
    #: Asked now and answered.
    answered: int = 0
    #: Known from the store.
    cached: int = 0
    #: Asked, no usable answer.
    failed: int = 0
    #: Being asked by another run that uses the same store; waited for.
    waiting: int = 0
    #: Not asked: budget, credit, stop.
    skipped: int = 0
    #: Requests that the provider refused and that were, or will be, sent again.
    refused: int = 0
    #: Credits spent so far.
    credits: float = 0.0
    #: The most that asking all of it can cost: by the price list, and below ``max_credits``; ``None`` where nothing
    #: is asked.
    credits_expected: float | None = None
    #: Requests in flight at this moment.
    in_flight: int = 0
    #: Seconds since the run began.
    seconds: float = field(default=0.0, compare=False)

    @property
    def done(self) -> int:
        """Numbers that are dealt with: what was not asked is not."""
        return self.answered + self.cached + self.failed
