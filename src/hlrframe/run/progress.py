"""The progress of long work: one line in a terminal, a widget in a notebook, a plain line now and then in a log."""

import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from hlrframe.model import Progress, amount, count, duration, percent

__all__ = ["ProgressOption", "shown"]

#: ``None`` shows a bar where somebody can see it, ``True`` and ``False`` force it, a callable gets every snapshot.
ProgressOption = bool | Callable[[Progress], None] | None

#: Seconds of work before a bar appears, and the fewest between two lines of a log.
DELAY: Final = 1.0
#: Seconds after which a log gets its next line, or sooner when so much more of the work is done.
LOG_EVERY: Final = 10.0
LOG_STEP: Final = 0.1
#: Columns of a terminal that a bar with all facts needs, and how one is drawn in fewer.
WIDE: Final = 140
_NARROW_BAR: Final = "{percentage:3.0f}% {n_fmt}/{total_fmt} [{remaining} left{postfix}]"
#: Numbers a second below which their fractions are told.
SLOW: Final = 10


_log = logging.getLogger("hlrframe.progress")  # the name that users set a level for


@contextmanager
def shown(option: ProgressOption) -> Iterator[Callable[[Progress], None] | None]:
    """Gives the function that a run reports its progress to, and closes the bar afterwards.

    A display that breaks is logged once and left out from there on: it must not end a run that spends money.
    """
    if option is False or (option is None and not (_in_kernel() or _at_terminal())):
        yield None
    elif callable(option):
        yield _unbreakable(option)
    else:
        display = _display(at_once=option is True)
        try:
            yield _unbreakable(display)
        finally:
            with suppress(Exception):
                display.close()


def _display(*, at_once: bool) -> "_Bar | _Lines":
    # A terminal that cannot go back to the beginning of a line is as good as a file.
    if _in_kernel() or (_at_terminal() and os.environ.get("TERM") != "dumb"):
        return _Bar(at_once=at_once)
    return _Lines()


def _at_terminal() -> bool:
    # A process without a console has no stderr at all.
    return sys.stderr is not None and sys.stderr.isatty()


def _in_kernel() -> bool:
    """Says whether this is a notebook: a shell with a kernel, which is more than that somebody imported one."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


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


class _Bar:
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
        self._bar.initial = progress.cached
        self._bar.set_postfix_str(_short_facts(progress) if _is_narrow() else _facts(progress), refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Lines:
    """Plain lines for a log: now and then, and one at the end."""

    def __init__(self) -> None:
        self._said = self._last = Progress()

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        waited = progress.seconds - self._said.seconds
        is_step = progress.done - self._said.done >= LOG_STEP * progress.total
        if waited >= LOG_EVERY or (waited >= DELAY and is_step):
            self._say()

    def close(self) -> None:
        if self._last is not self._said:
            self._say()

    def _say(self) -> None:
        self._said = self._last
        if sys.stderr is not None:
            sys.stderr.write(f"hlrframe: {_sentence(self._last)}\n")
            sys.stderr.flush()


def _sentence(progress: Progress) -> str:
    """Tells a snapshot in a line that needs no other.

    >>> _sentence(Progress(total=2_000, answered=500, cached=100, credits=500.0, seconds=50.0))
    '600 of 2,000 numbers (30.0%) after 50 s, 10 numbers/s, 2 min 20 s left, 500 credits, answered 500, ...'
    """
    share = progress.done / progress.total if progress.total else 1.0
    asked, left = progress.answered + progress.failed, progress.total - progress.done - progress.skipped
    done = f"{count(progress.done)} of {count(progress.total)} numbers ({percent(share)})"
    told = [f"{done} after {duration(progress.seconds)}"]
    if asked and progress.seconds:
        rate = asked / progress.seconds
        told.append(f"{count(rate) if rate >= SLOW else amount(rate)} numbers/s")
        told += [f"{duration(left / rate)} left"] if left else []
    return ", ".join([*told, _facts(progress)])


def _facts(progress: Progress) -> str:
    most = "" if progress.credits_expected is None else f" of {amount(progress.credits_expected)}"
    facts = (
        f"{amount(progress.credits)}{most} credits, answered {progress.answered:,}, cached {progress.cached:,}, "
        f"failed {progress.failed:,}, refused {progress.refused:,}"
    )
    if progress.skipped:
        facts += f", not asked {count(progress.skipped)}"
    return f"{facts}, asked by another run {count(progress.waiting)}" if progress.waiting else facts


def _short_facts(progress: Progress) -> str:
    """Tells what fits beside a bar in a narrow terminal: what it costs, and what went wrong.

    >>> _short_facts(Progress(total=20, answered=5, credits=5.0, failed=1))
    '5 credits, failed 1'
    """
    failed = f", failed {progress.failed:,}" if progress.failed else ""
    return f"{amount(progress.credits)} credits{failed}"


def _is_narrow() -> bool:
    try:
        return not _in_kernel() and os.get_terminal_size(sys.stderr.fileno()).columns < WIDE
    except (OSError, ValueError, AttributeError):  # no terminal at all
        return False


def _bar(progress: Progress) -> Any:  # noqa: ANN401  # one of tqdm's two classes
    has_widgets = _in_kernel() and importlib.util.find_spec("ipywidgets") is not None
    module = importlib.import_module("tqdm.notebook" if has_widgets else "tqdm")
    format_ = {"bar_format": _NARROW_BAR} if _is_narrow() else {}
    bar = module.tqdm(total=progress.total, unit=" numbers", dynamic_ncols=True, leave=True, **format_)
    if not bar.disable:  # as TQDM_DISABLE does
        bar.start_t -= progress.seconds  # the work began before the bar
    return bar
