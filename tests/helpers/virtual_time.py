"""An event loop whose clock jumps to the next timer when nothing is ready.

For what runs inside the process alone: it does not wait for sockets or other threads.
"""

import asyncio


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that never waits."""

    _now = 0.0

    def time(self):
        return self._now

    def _run_once(self):
        if not self._ready and self._scheduled:
            self._now = max(self._now, self._scheduled[0]._when)
        super()._run_once()


def in_virtual_time(main):
    """Runs a coroutine whose sleeps take no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
