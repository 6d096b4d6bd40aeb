"""The one bridge from synchronous code to the asynchronous core.

A private thread runs its own event loop, so that it works inside a loop that is already running (a notebook) and a
Ctrl-C reaches the caller at once while the core lands what is in flight.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

__all__ = ["run_sync"]

_T = TypeVar("_T")
#: Seconds after which a wait looks up.
_SLICE: Final = 0.5


def run_sync(main: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Runs a coroutine to its end in a thread of its own.

    A Ctrl-C cancels the coroutine, which may take its time to land what is paid for; another one cancels it again.
    What the coroutine then raises or returns decides; a plain cancellation becomes the ``KeyboardInterrupt``.

    >>> async def answer():
    ...     return 42
    >>> run_sync(answer)
    42
    """
    worker = _Worker(main)
    interrupt: KeyboardInterrupt | None = None
    while True:
        try:
            return worker.result()
        except KeyboardInterrupt as pressed:
            if worker.is_error(pressed):  # it is the coroutine's own
                raise
            interrupt = pressed
            worker.cancel()
        except CancelledError:
            raise interrupt or KeyboardInterrupt from None


class _Worker(Generic[_T]):
    """A thread with an event loop that runs one coroutine."""

    def __init__(self, main: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        self.outcome: Future[_T] = Future()
        self.thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._run,), name="hlrframe", daemon=True
        )
        self._main = main
        self._task: asyncio.Task[_T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = False
        self._cancelled = False

    def result(self) -> _T:
        """Waits for the end of the coroutine; may be interrupted and called again."""
        if not self._started:
            self._started = True
            self.thread.start()
        # In slices: on some systems a Ctrl-C does not end a wait.
        while not self.outcome.done():
            wait([self.outcome], timeout=_SLICE)
        self.thread.join()
        return self.outcome.result()

    def is_error(self, error: BaseException) -> bool:
        """Says whether this very error ended the coroutine."""
        return self.outcome.done() and self.outcome.exception() is error

    def cancel(self) -> None:
        """Cancels the coroutine, as soon as it runs."""
        self._cancelled = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just closed: the outcome is there
                self._loop.call_soon_threadsafe(self._cancel_task)

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                result = runner.run(self._body())
        except BaseException as error:  # noqa: BLE001  # every outcome belongs to the caller's thread
            self.outcome.set_exception(CancelledError() if isinstance(error, asyncio.CancelledError) else error)
        else:
            self.outcome.set_result(result)

    async def _body(self) -> _T:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        if self._cancelled:
            self._cancel_task()
        return await self._main()
