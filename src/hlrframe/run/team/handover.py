"""What a run is answered reaches its bucket while it goes on, so that other machines have it within a minute."""

import threading
import time
from typing import Final

from hlrframe.store import Journal

__all__ = ["Handover"]

#: Seconds after which what was answered is handed over.
HAND_OVER_EVERY: Final = 20.0


class Handover:
    """The journal of a run, as the register's thread hands it over; may be called from any thread.

    Args:
        is_remote: Whether the store is in a bucket: else there is nobody to hand it to.
    """

    def __init__(self, *, is_remote: bool) -> None:
        #: Under which name the journal's answers are found, once there is one.
        self.journal_name = ""
        self._is_remote = is_remote
        self._turn = threading.Lock()
        # The journal to hand over, and the same after it was put down.
        self._journal: Journal | None = None
        self._carried: Journal | None = None
        self._done_at = 0.0

    def carry(self, journal: Journal) -> None:
        """Takes over a journal that is to be handed over as the run goes."""
        with self._turn:
            self._journal = self._carried = journal
            self.journal_name = journal.run_id
            self._done_at = time.monotonic()

    def put_down(self) -> None:
        """Leaves the journal to its owner, who is about to seal it."""
        with self._turn:
            self._journal = None

    @property
    def keeps_back(self) -> bool:
        """Whether something that was answered is on this machine alone: its bucket was away."""
        return self._is_remote and self._carried is not None and not self._carried.all_sealed

    def go_on(self) -> None:
        """Hands over what was answered, where it is time.

        Raises:
            StoreError: The disk refused, as for any other write.
        """
        with self._turn:
            now = time.monotonic()
            if self._is_remote and self._journal is not None and now - self._done_at >= HAND_OVER_EVERY:
                self._done_at = now
                self._journal.hand_over()
