"""The progress line of long work: numbers done, their rate, time left, credits, answered, cached, failed."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from hlrframe.models import Progress

__all__ = ["ProgressOption", "shown"]

#: ``None`` shows a bar where somebody can see it, ``True`` and ``False`` force it, a callable gets every snapshot.
ProgressOption = bool | Callable[[Progress], None] | None

#: Seconds of work before a bar appears.
DELAY: Final = 1.0

_log = logging.getLogger(__name__)


@contextmanager
def shown(option: ProgressOption) -> Iterator[Callable[[Progress], None] | None]:
    """Gives the function that a run reports its progress to, and closes the bar afterwards.

    A display that breaks is logged once and left out from there on: it must not end a run that spends money.
    """
    if option is False or (option is None and not _has_audience()):
        yield None
    elif callable(option):
        yield _unbreakable(option)
    else:
        line = _Line(at_once=option is True)
        try:
            yield _unbreakable(line)
        finally:
            with suppress(Exception):
                line.close()


def _has_audience() -> bool:
    # A process without a console has no stderr at all.
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def _unbreakable(tell: Callable[[Progress], None]) -> Callable[[Progress], None]:
    broken = False

    def tell_while_whole(progress: Progress) -> None:
        nonlocal broken
        if broken:
            return
        try:
            tell(progress)
        except Exception:  # noqa: BLE001  # whatever a caller's function, a widget or a closed stream raises
            broken = True
            _log.exception("the progress display failed; the run goes on without it")

    return tell_while_whole


class _Line:
    """One tqdm bar that follows the snapshots of a run."""

    def __init__(self, *, at_once: bool) -> None:
        self._delay = 0.0 if at_once else DELAY
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        if self._bar is None:
            if progress.seconds < self._delay:
                return
            self._bar = _bar(progress)
        self._bar.n = progress.done
        # What took no time counts for nothing in the rate.
        self._bar.initial = progress.cached + progress.skipped
        self._bar.set_postfix_str(
            f"{_credits(progress)}, answered {progress.answered:,}, cached {progress.cached:,}, "
            f"failed {progress.failed:,}, refused {progress.refused:,}",
            refresh=False,
        )
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _credits(progress: Progress) -> str:
    most = "" if progress.credits_expected is None else f" of {progress.credits_expected:,.1f}"
    return f"{progress.credits:,.1f}{most} credits"


def _bar(progress: Progress) -> Any:  # noqa: ANN401  # one of tqdm's two classes
    # The widget where a notebook can show one, the line everywhere else.
    in_notebook = "ipykernel" in sys.modules and "ipywidgets" in sys.modules
    module = importlib.import_module("tqdm.notebook" if in_notebook else "tqdm")
    bar = module.tqdm(total=progress.total, unit=" numbers", dynamic_ncols=True, leave=True)
    if not bar.disable:  # as TQDM_DISABLE does
        bar.start_t -= progress.seconds  # the work began before the bar
    return bar
