"""The thread by which a run shows that it lives, so that one whose event loop is busy is no dead run."""

import threading
from collections.abc import Callable

from hlrframe.errors import HlrframeError, StoreError

__all__ = ["Heart", "TakenForDead"]


class TakenForDead(StoreError):
    """Others took over while the register could not be reached."""


class Heart:
    """Calls something again and again, in a thread of its own.

    Args:
        beat: What is called. That its place is away is no trouble: it is called again.
        every: Seconds between two calls, unless it is woken.
    """

    def __init__(self, beat: Callable[[], None], every: float) -> None:
        #: What must end the run, if anything must.
        self.trouble: BaseException | None = None
        self._beat = beat
        self._every = every
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="hlrframe-register", daemon=True)

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def wake(self) -> None:
        """Has it beat at once."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread, and waits for its last beat."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _go_on(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(self._every)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self._beat()
            except TakenForDead as error:
                self.trouble = error
                return
            except HlrframeError:  # the place is away: what the register said last holds for a while
                self._stopping.wait(self._every)
            except BaseException as error:  # noqa: BLE001  # it ends the run, in its own thread
                self.trouble = error
                return
