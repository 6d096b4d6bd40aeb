"""What every public function begins with: whom to ask, where answers are kept, what the results are called."""

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from hlrframe.errors import IncompleteWarning, InputError, RunError
from hlrframe.model import Enrichment, Estimate, Naming, OnReply, Progress, Reason, Settings, many
from hlrframe.provider import Client, client_for
from hlrframe.run import Asking, NumberList, Outcomes, estimate_numbers
from hlrframe.store import Store

__all__ = ["Call", "StorePath", "estimate_list", "open_store", "raise_if_ended_early"]

StorePath = Store | str | os.PathLike[str] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a public function, without its frame or file."""

    client: Client
    store: Store | None
    settings: Settings
    naming: Naming
    #: Is told what came of each request.
    on_reply: OnReply | None = None

    @classmethod
    def of(
        cls,
        column: Any,  # a label may be anything
        *,
        client: Client | None,
        store: StorePath,
        settings: Settings | None,
        prefix: str = "",
        columns: str | Sequence[str] = "standard",
        on_reply: OnReply | None = None,
    ) -> Self:
        """Fills in what the caller left open.

        Raises:
            ConfigError: No credentials, or an unknown column name.
            InputError: No phone column is named, or the store is no path.
        """
        settings = settings or Settings()
        naming = Naming.of(column, columns=columns, prefix=prefix, zoned=settings.time_zone is not None)
        return cls(client_for(client, offline=settings.offline), open_store(store), settings, naming, on_reply)

    def found(self, naming: Naming) -> Self:
        """Gives the same call with the phone columns that its frame has."""
        return replace(self, naming=naming)

    def numbers(self, *, start: int = 0) -> NumberList:
        """Gives a list for the numbers of the call.

        Args:
            start: Rows before its first one.
        """
        suggest = "suggestion" in self.naming.kept
        columns = len(self.naming.columns)
        return NumberList(region=self.settings.default_region, columns=columns, start=start, suggest=suggest)

    def asking(self, *, on_progress: Callable[[Progress], None] | None = None, total: int = 0) -> Asking:
        """Gives what asks the numbers of the call.

        Args:
            on_progress: Told how it goes.
            total: How many numbers there are in all, where that is known.
        """
        return Asking(
            self.client,
            store=self.store,
            settings=self.settings,
            columns=self.naming.needed,
            on_progress=on_progress,
            total=total,
            on_reply=self.on_reply,
        )


def estimate_list(
    numbers: NumberList,
    *,
    store: StorePath,
    settings: Settings,
    client: Client | None,
    columns: Sequence[str] | None = None,
) -> Estimate:
    """Says what asking a list would cost, as :func:`estimate_numbers` does. Sends nothing, needs no account."""
    whose = client_for(client, offline=True)
    return estimate_numbers(numbers, store=open_store(store), settings=settings, client=whose, columns=columns)


_SOFT_STOPS: Final = {
    Reason.BUDGET: "max_credits is reached",
    Reason.INSUFFICIENT_CREDIT: "the account has no credit left",
}


def raise_if_ended_early(outcomes: Outcomes, enrichment: Enrichment[Any]) -> None:
    """Raises what ended a run, with what it obtained; warns where money ran out, or an outage may have been its end.

    The warning names the line that called this package.
    """
    error, report = outcomes.error, enrichment.report
    if isinstance(error, RunError):
        error.partial, error.report = enrichment
    if error is not None:
        raise error
    kept = f"; what was paid for is kept in {report.kept}" if report.kept else ""
    if report.stopped in _SOFT_STOPS:
        skipped = report.states.get("skipped", 0)
        why = _SOFT_STOPS[Reason(report.stopped)]
        unasked = many(skipped, "row was", "rows were")
        warnings.warn(f"{why}: {unasked} not asked{kept}", IncompleteWarning, stacklevel=_levels_out())
    elif report.failed_last:
        failed = many(report.failed_last, "number", "numbers")
        why = f"{failed} failed with no answer after that, perhaps of an outage: run it again to have them asked"
        warnings.warn(f"{why}{kept}", IncompleteWarning, stacklevel=_levels_out())


def _levels_out() -> int:
    """Gives how many calls lie between whoever calls this and the first line outside of this package."""
    frame, levels = sys._getframe(1), 1  # noqa: SLF001  # as warnings.warn itself does
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "hlrframe":
        frame, levels = frame.f_back, levels + 1
    return levels


def open_store(store: StorePath) -> Store | None:
    """Gives the store that a caller names."""
    if store is None or isinstance(store, Store):
        return store
    if isinstance(store, str | os.PathLike):
        return Store(store)
    raise InputError(f"store must be a path or a Store, not {type(store).__name__}")
