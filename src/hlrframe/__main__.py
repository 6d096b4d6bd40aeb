"""The command itself, as ``hlrframe`` and as ``python -m hlrframe``."""

import os
import signal
import sys

__all__ = ["run"]

INTERRUPTED = 130


def run() -> int:
    """Runs the command of this process.

    Ctrl-C while it is being loaded ends it without a word: nothing is to be saved yet, and raised inside an import it
    would become whatever the library makes of it.
    """
    before = signal.getsignal(signal.SIGINT)
    watched = before is signal.default_int_handler
    if watched:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from hlrframe.cli import main  # noqa: PLC0415  # what takes time to load comes after

    return main(loaded=lambda: signal.signal(signal.SIGINT, before) if watched else None)


if __name__ == "__main__":
    sys.exit(run())
