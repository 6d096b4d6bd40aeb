"""The functions that people call: a frame or a list of numbers in, the same with answers out."""

import asyncio
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import polars as pl

from hlrframe.errors import IncompleteWarning, InputError, Interrupted, RunError
from hlrframe.frames.adapters import OpenFrame, open_frame, open_list
from hlrframe.model import Enrichment, Estimate, Frame, Reason, Settings, select_columns
from hlrframe.provider import Client, client_for
from hlrframe.run import NumberList, Outcomes, ProgressOption, Tally, estimate_numbers, resolve_numbers, shown
from hlrframe.store import Store
from hlrframe.system import run_sync

__all__ = ["enrich", "enrich_async", "enrich_with_report", "estimate", "lookup"]

StorePath = Store | str | os.PathLike[str] | None


def enrich(
    frame: Frame,
    column: str,
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
) -> Frame:
    """Gives the same frame back with what the provider says of the numbers in one column.

    Each distinct number is asked once, however it is written and however many rows carry it; answers in the store
    that are fresh enough are not asked again. Rows keep their number, order and index; every input column stays as
    it is. Works in a script and inside a running event loop (a notebook).

    Args:
        frame: polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, RecordBatch or RecordBatchReader, DuckDB
            relation, or anything with an Arrow stream. A LazyFrame is collected here, once, and comes back lazy over
            finished data.
        column: Name of the phone column: text, or numbers that lost their formatting.
        client: The account; ``None`` for the one in ``HLR_API_KEY`` and ``HLR_API_SECRET``.
        store: Directory, or :class:`~hlrframe.Store`, where answers are kept and looked up; ``None`` keeps nothing.
        settings: What to ask and how; ``None`` for the defaults.
        region_column: Name of a column that says in which country each number was written: ISO 3166 alpha-2 or
            alpha-3, a name (``UK``, ``Deutschland``), or a calling code (``+44``). A row that names no country, or
            none that is understood, is read with ``settings.default_region``.
        prefix: Put before the name of every result column.
        columns: ``"standard"``, ``"all"``, or a list of names.
        progress: ``None`` shows a bar where somebody sees it; ``True``, ``False`` or a function of
            :class:`~hlrframe.Progress`.

    Returns:
        A frame of the type that came in.

    Raises:
        InputError: No such column, a column that cannot hold numbers, a result column that is already there.
        ConfigError: No credentials, or an unknown column name.
        ProviderError: Wrong credentials, a rejected request, an outage. ``partial`` holds the frame so far.
        Interrupted: Ctrl-C. ``partial`` holds the frame so far; with a store the next run goes on from there.
        StoreError: The store cannot be read or written. Nothing is sent that could not be written down.

    Warns:
        IncompleteWarning: The budget or the credit ran out: some rows are ``skipped``.

    Costs at most what :func:`estimate` says, and never more than ``settings.max_credits``.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"name": ["Ada", "Bo"], "phone": ["+44 7400 123456", "n/a"]})
    >>> hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7))["hlr_state"].to_list()
    ['answered', 'rejected']
    """
    names = _result_names(columns, prefix)
    run = _Call.of(client, store, settings, names, progress)
    outcomes, enrichment = run.through(open_frame(frame, column, adding=names.values(), region_column=region_column))
    raise_if_ended_early(outcomes, enrichment)
    enriched: Frame = enrichment.frame
    return enriched


def enrich_with_report(
    frame: Frame,
    column: str,
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
) -> Enrichment[Frame]:
    """Does what :func:`enrich` does, and gives the account of the run beside the frame.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"phone": ["+44 7400 123456", "0044 7400 123456"]})
    >>> frame, report = hf.enrich_with_report(contacts, "phone", client=hf.emulator.connect(seed=7))
    >>> report.rows, report.numbers, report.requests
    (2, 1, 1)
    """
    names = _result_names(columns, prefix)
    run = _Call.of(client, store, settings, names, progress)
    outcomes, enrichment = run.through(open_frame(frame, column, adding=names.values(), region_column=region_column))
    raise_if_ended_early(outcomes, enrichment)
    return enrichment


async def enrich_async(
    frame: Frame,
    column: str,
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
) -> Frame:
    """Does what :func:`enrich` does, in the running event loop.

    A cancelled task lets what is in flight land for some seconds, keeps it, and then raises ``CancelledError``.
    """
    names = _result_names(columns, prefix)
    run = _Call.of(client, store, settings, names, progress)
    outcomes, enrichment = await run.through_async(
        open_frame(frame, column, adding=names.values(), region_column=region_column)
    )
    try:
        raise_if_ended_early(outcomes, enrichment)
    except Interrupted as stopped:
        raise asyncio.CancelledError from stopped
    enriched: Frame = enrichment.frame
    return enriched


def lookup(
    numbers: Iterable[object],
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
) -> pl.DataFrame:
    """Looks numbers up: one row of results for each, in order, without a prefix.

    Args:
        numbers: A Series, array or list of numbers in any spelling.
        client: See :func:`enrich`, as for everything else.
        store: Directory or store of answers.
        settings: What to ask and how.
        columns: ``"standard"``, ``"all"``, or a list of names.
        progress: Whether to show a bar.

    Raises:
        InputError: ``numbers`` is no series, array or list.

    >>> import hlrframe as hf
    >>> hf.lookup(["+44 7400 123456"], client=hf.emulator.connect(seed=7), columns=["msisdn", "state"]).row(0)
    ('447400123456', 'answered')
    """
    run = _Call.of(client, store, settings, _result_names(columns, ""), progress)
    outcomes, enrichment = run.through(open_list(numbers))
    raise_if_ended_early(outcomes, enrichment)
    results: pl.DataFrame = enrichment.frame
    return results


def estimate(
    frame: object,
    column: str,
    *,
    store: StorePath = None,
    settings: Settings | None = None,
    client: Client | None = None,
    region_column: str | None = None,
) -> Estimate:
    """Says what :func:`enrich` would cost. Sends nothing, needs no account.

    Args:
        frame: As for :func:`enrich`; a LazyFrame is collected.
        column: Name of the phone column.
        store: Directory or store whose answers need not be asked again.
        settings: What would be asked.
        client: Whose stored answers count; ``None`` for those of ``HLR_BASE_URL``, or of the provider itself.
        region_column: As for :func:`enrich`.

    >>> import hlrframe as hf, polars as pl
    >>> hf.estimate(pl.DataFrame({"phone": ["+44 7400 123456", "07400 123456"]}), "phone").credits_high
    1.0
    """
    settings = settings or Settings()
    numbers = NumberList(region=settings.default_region)
    opened = open_frame(frame, column, region_column=region_column)
    numbers.add(opened.texts, opened.regions)
    provider = client_for(client, offline=True).provider
    return estimate_numbers(numbers, store=open_store(store), settings=settings, provider=provider)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a public function, without its frame."""

    client: Client
    store: StorePath
    settings: Settings
    #: Names in the caller's frame, by column of ``COLUMNS``.
    names: Mapping[str, str]
    progress: ProgressOption

    @classmethod
    def of(
        cls,
        client: Client | None,
        store: StorePath,
        settings: Settings | None,
        names: Mapping[str, str],
        progress: ProgressOption,
    ) -> Self:
        """Fills in what the caller left open."""
        settings = settings or Settings()
        return cls(client_for(client, offline=settings.offline), store, settings, names, progress)

    def through(self, opened: OpenFrame) -> tuple[Outcomes, Enrichment[Any]]:
        return run_sync(lambda: self.through_async(opened))

    async def through_async(self, opened: OpenFrame) -> tuple[Outcomes, Enrichment[Any]]:
        numbers = NumberList(region=self.settings.default_region)
        reading = numbers.add(opened.texts, opened.regions)
        with shown(self.progress) as on_progress:
            outcomes = await resolve_numbers(
                numbers,
                client=self.client,
                store=open_store(self.store),
                settings=self.settings,
                columns=list(self.names),
                on_progress=on_progress,
            )
        rows, tally = outcomes.rows(reading), Tally()
        tally.add(rows)
        results = rows.select(pl.col(name).alias(given) for name, given in self.names.items())
        return outcomes, Enrichment(opened.attach(results), tally.complete(outcomes.report))


def _result_names(columns: str | Sequence[str], prefix: str) -> Mapping[str, str]:
    return {each.name: f"{prefix}{each.name}" for each in select_columns(columns)}


_SOFT_STOPS: Final = {
    Reason.BUDGET: "max_credits is reached",
    Reason.INSUFFICIENT_CREDIT: "the account has no credit left",
}


def raise_if_ended_early(outcomes: Outcomes, enrichment: Enrichment[Any]) -> None:
    """Raises what ended a run, with what it obtained; warns where money ran out.

    The warning names the line that called the caller of this function.
    """
    error, report = outcomes.error, enrichment.report
    if isinstance(error, RunError):
        error.partial, error.report = enrichment
    if error is not None:
        raise error
    if report.stopped in _SOFT_STOPS:
        skipped = report.states.get("skipped", 0)
        why = _SOFT_STOPS[Reason(report.stopped)]
        warnings.warn(f"{why}: {skipped:,} rows were not asked", IncompleteWarning, stacklevel=3)


def open_store(store: StorePath) -> Store | None:
    """Gives the store that a caller names."""
    if store is None or isinstance(store, Store):
        return store
    if isinstance(store, str | os.PathLike):
        return Store(store)
    raise InputError(f"store must be a path or a Store, not {type(store).__name__}")
