"""The command itself, as ``hlrframe`` and as ``python -m hlrframe``."""

import os
import sys

#: What a shell adds to the number of a signal that ended a command.
ENDED_BY = 128

try:
    import signal
    from collections.abc import Callable
    from types import FrameType
except KeyboardInterrupt:  # Ctrl-C before anything can be told what to do then
    os._exit(ENDED_BY + 2)

__all__ = ["run"]

INTERRUPTED = ENDED_BY + signal.SIGINT


class _Signals:
    """What ends the command from outside: Ctrl-C, ``kill``, and a terminal that is closed.

    While it is being loaded they end it without a word: nothing is to be saved yet, and raised inside an import an
    interrupt would become whatever the library makes of it. Then all of them stop the work as Ctrl-C does: what is in
    flight lands and is kept. Whoever had them ignored (``nohup``) finds them ignored.
    """

    def __init__(self) -> None:
        #: The one that came last.
        self.came: int | None = None
        interrupt = signal.getsignal(signal.SIGINT)
        self._interrupt = interrupt if interrupt is signal.default_int_handler else None
        names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        found = [getattr(signal, name) for name in names]
        self._ends = [each for each in found if signal.getsignal(each) is signal.SIG_DFL]

    def loading(self) -> None:
        """Has them end the process at once."""
        self._handle(lambda number, _: os._exit(ENDED_BY + number))
        if self._interrupt is not None:
            signal.signal(signal.SIGINT, lambda number, _: os._exit(ENDED_BY + number))

    def working(self) -> None:
        """Has them stop the work."""
        if self._interrupt is not None:
            signal.signal(signal.SIGINT, self._interrupt)
            self._handle(self._stop)

    def leaving(self) -> None:
        """Has them end the process without a word again: everything is said and done."""
        self._handle(signal.SIG_DFL)
        if self._interrupt is not None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _handle(self, how: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
        for each in self._ends:
            signal.signal(each, how)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.came = number
        signal.raise_signal(signal.SIGINT)


def run() -> int:
    """Runs the command of this process."""
    signals = _Signals()
    signals.loading()
    try:
        from hlrframe.cli import main  # noqa: PLC0415  # what takes time to load comes after

        code = main(loaded=signals.working)
    except KeyboardInterrupt:  # the moment after its work
        code = INTERRUPTED
    finally:
        signals.leaving()
    return code if signals.came is None or code != INTERRUPTED else ENDED_BY + signals.came


if __name__ == "__main__":
    sys.exit(run())
