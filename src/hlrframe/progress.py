"""The progress line of long work: numbers done, credits, answered, cached, failed."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from hlrframe.models import Progress

__all__ = ["ProgressOption", "shown"]

#: ``None`` shows a bar where somebody can see it, ``True`` and ``False`` force it, a callable gets every snapshot.
ProgressOption = bool | Callable[[Progress], None] | None

#: Seconds of work before a bar appears.
DELAY: Final = 1.0


@contextmanager
def shown(option: ProgressOption) -> Iterator[Callable[[Progress], None] | None]:
    """Gives the function that a run reports its progress to, and closes the bar afterwards."""
    if option is False or (option is None and not _has_audience()):
        yield None
    elif callable(option):
        yield option
    else:
        line = _Line(at_once=option is True)
        try:
            yield line
        finally:
            line.close()


def _has_audience() -> bool:
    return "ipykernel" in sys.modules or sys.stderr.isatty()


class _Line:
    """One tqdm bar that follows the snapshots of a run."""

    def __init__(self, *, at_once: bool) -> None:
        self._delay = 0.0 if at_once else DELAY
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        if self._bar is None:
            if progress.seconds < self._delay:
                return
            self._bar = _bar(progress.total)
        self._bar.n = progress.done
        self._bar.set_postfix_str(
            f"{progress.credits:,.1f} credits, answered {progress.answered:,}, cached {progress.cached:,}, "
            f"failed {progress.failed:,}, refused {progress.refused:,}",
            refresh=False,
        )
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _bar(total: int) -> Any:  # noqa: ANN401  # one of tqdm's two classes
    # The widget where a notebook can show one, the line everywhere else.
    in_notebook = "ipykernel" in sys.modules and "ipywidgets" in sys.modules
    module = importlib.import_module("tqdm.notebook" if in_notebook else "tqdm")
    return module.tqdm(total=total, unit=" numbers", dynamic_ncols=True, leave=True)
