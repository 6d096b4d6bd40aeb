"""The functions that people call: a frame or a list of numbers in, the same with answers out."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from hlrframe.errors import AttachError, Interrupted
from hlrframe.frames.adapters import OpenFrame, open_frame, open_list
from hlrframe.frames.call import Call, StorePath, estimate_list, raise_if_ended_early
from hlrframe.model import Enrichment, Estimate, Frame, OnReply, Settings
from hlrframe.provider import Client
from hlrframe.run import NumberList, Outcomes, ProgressOption, Results, shown
from hlrframe.system import run_sync, sealed

__all__ = ["enrich", "enrich_async", "enrich_with_report", "estimate", "lookup"]


@sealed
def enrich(
    frame: Frame,
    column: str | Sequence[str],
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
    on_reply: OnReply | None = None,
    handoff: str | os.PathLike[str] | None = None,
) -> Frame:
    """Gives the same frame back with what the provider says of the numbers in one column, or in several.

    Each distinct number is asked once, however it is written and however many rows and columns carry it; answers in
    the store that are fresh enough are not asked again. Rows keep their number, order and index; every input column
    stays as it is. Works in a script and inside a running event loop (a notebook).

    Args:
        frame: polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, RecordBatch or RecordBatchReader, DuckDB
            relation, Spark or Dask DataFrame, or anything with an Arrow stream. Spark, Dask, DuckDB and a LazyFrame
            keep their rows: they find the distinct cells here, at once, and put the answers beside the rows whenever
            these are read, so that what comes back is as lazy as what went in.
        column: Name of the phone column: text, or numbers that lost their formatting. Of several phone columns a list
            of names, or a pattern such as ``"Phone*"``: the results of each stand under its name before the prefix
            (``mobile_hlr_verdict``), and ``hlr_best_column``, ``hlr_best_msisdn``, ``hlr_best_verdict`` and
            ``hlr_best_network`` say of each row which of its numbers is the best: a live one first, then one that may
            be live; among these a mobile; among these that of the column that was named first.
        client: The account; ``None`` for the one in ``HLR_API_KEY`` and ``HLR_API_SECRET``.
        store: Directory, or :class:`~hlrframe.Store`, where answers are kept and looked up; ``None`` keeps nothing.
        settings: What to ask and how; ``None`` for the defaults.
        region_column: Name of a column that says in which country each number was written: ISO 3166 alpha-2 or
            alpha-3, a name (``UK``, ``Deutschland``), a calling code (``+44``), a locale or a flag. A row whose cell is
            empty is read with ``settings.default_region``; one whose country is not understood is rejected
            (``unknown_region``), unless its number has a plus.
        prefix: Put before the name of every result column.
        columns: ``"standard"``, ``"all"``, or a list of names; ``"best"`` for the best number of each row and its
            credits alone.
        progress: ``None`` shows a bar where somebody sees it; ``True``, ``False`` or a function of
            :class:`~hlrframe.Progress`.
        on_reply: A function that gets a :class:`~hlrframe.Reply` for each request, for counters and logs; what it
            raises ends the run, once everything obtained is in the store.
        handoff: Folder, or address, that this process or Spark writes and every worker reads. Answers for Spark or
            Dask that are above 64 MB go through it as Parquet, and stay there as long as the frame is used.

    Returns:
        A frame of the type that came in.

    Raises:
        InputError: No such column, a column that cannot hold numbers, a result column that is already there.
        ConfigError: No credentials, or an unknown column name.
        ProviderError: Wrong credentials, a rejected request, an outage. ``partial`` holds the frame so far.
        Interrupted: Ctrl-C. ``partial`` holds the frame so far; with a store the next run goes on from there.
        StoreError: The store cannot be read or written. Nothing is sent that could not be written down.

    Warns:
        IncompleteWarning: The budget or the credit ran out: some rows are ``skipped``. Or the last numbers failed with
            no answer after them, perhaps of an outage.

    Costs at most what :func:`estimate` says, and never more than ``settings.max_credits``.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"name": ["Ada", "Bo"], "phone": ["+44 7400 123456", "n/a"]})
    >>> hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7))["hlr_state"].to_list()
    ['answered', 'rejected']
    """
    call = Call.of(
        column, client=client, store=store, settings=settings, prefix=prefix, columns=columns, on_reply=on_reply
    )
    opened = open_frame(frame, call.naming, region_column=region_column, handoff=handoff)
    outcomes, enrichment = run_sync(lambda: _ask(call, opened, progress))
    raise_if_ended_early(outcomes, enrichment)
    enriched: Frame = enrichment.frame
    return enriched


@sealed
def enrich_with_report(
    frame: Frame,
    column: str | Sequence[str],
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
    on_reply: OnReply | None = None,
    handoff: str | os.PathLike[str] | None = None,
) -> Enrichment[Frame]:
    """Does what :func:`enrich` does, and gives the account of the run beside the frame.

    >>> import hlrframe as hf, polars as pl
    >>> contacts = pl.DataFrame({"phone": ["+44 7400 123456", "0044 7400 123456"]})
    >>> frame, report = hf.enrich_with_report(contacts, "phone", client=hf.emulator.connect(seed=7))
    >>> report.rows, report.numbers, report.requests
    (2, 1, 1)
    """
    call = Call.of(
        column, client=client, store=store, settings=settings, prefix=prefix, columns=columns, on_reply=on_reply
    )
    opened = open_frame(frame, call.naming, region_column=region_column, handoff=handoff)
    outcomes, enrichment = run_sync(lambda: _ask(call, opened, progress))
    raise_if_ended_early(outcomes, enrichment)
    return enrichment


@sealed
async def enrich_async(
    frame: Frame,
    column: str | Sequence[str],
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    region_column: str | None = None,
    prefix: str = "hlr_",
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
    on_reply: OnReply | None = None,
    handoff: str | os.PathLike[str] | None = None,
) -> Frame:
    """Does what :func:`enrich` does, in the running event loop.

    A cancelled task lets what is in flight land for some seconds, keeps it, and then raises ``CancelledError``.
    """
    call = Call.of(
        column, client=client, store=store, settings=settings, prefix=prefix, columns=columns, on_reply=on_reply
    )
    opened = open_frame(frame, call.naming, region_column=region_column, handoff=handoff)
    outcomes, enrichment = await _ask(call, opened, progress)
    try:
        raise_if_ended_early(outcomes, enrichment)
    except Interrupted as stopped:
        raise asyncio.CancelledError from stopped
    enriched: Frame = enrichment.frame
    return enriched


@sealed
def lookup(
    numbers: Iterable[object],
    *,
    client: Client | None = None,
    store: StorePath = None,
    settings: Settings | None = None,
    columns: str | Sequence[str] = "standard",
    progress: ProgressOption = None,
    on_reply: OnReply | None = None,
) -> pl.DataFrame:
    """Looks numbers up: one row of results for each, in order, without a prefix.

    Args:
        numbers: A Series, array or list of numbers in any spelling.
        client: See :func:`enrich`, as for everything else.
        store: Directory or store of answers.
        settings: What to ask and how.
        columns: ``"standard"``, ``"all"``, or a list of names.
        progress: Whether to show a bar.
        on_reply: Is told what came of each request.

    Raises:
        InputError: ``numbers`` is no series, array or list.

    >>> import hlrframe as hf
    >>> hf.lookup(["+44 7400 123456"], client=hf.emulator.connect(seed=7), columns=["msisdn", "state"]).row(0)
    ('447400123456', 'answered')
    """
    call = Call.of("numbers", client=client, store=store, settings=settings, columns=columns, on_reply=on_reply)
    opened = open_list(numbers, call.naming)
    outcomes, enrichment = run_sync(lambda: _ask(call, opened, progress))
    raise_if_ended_early(outcomes, enrichment)
    results: pl.DataFrame = enrichment.frame
    return results


@sealed
def estimate(
    frame: object,
    column: str | Sequence[str],
    *,
    store: StorePath = None,
    settings: Settings | None = None,
    client: Client | None = None,
    region_column: str | None = None,
) -> Estimate:
    """Says what :func:`enrich` would cost. Sends nothing, needs no account.

    Args:
        frame: As for :func:`enrich`.
        column: Name of the phone column.
        store: Directory or store whose answers need not be asked again.
        settings: What would be asked.
        client: Whose stored answers count; ``None`` for those of ``HLR_BASE_URL``, or of the provider itself.
        region_column: As for :func:`enrich`.

    >>> import hlrframe as hf, polars as pl
    >>> hf.estimate(pl.DataFrame({"phone": ["+44 7400 123456", "07400 123456"]}), "phone").credits_high
    1.0
    """
    opened = open_frame(frame, column, region_column=region_column)
    settings = settings or Settings()
    numbers = NumberList(region=settings.default_region, columns=len(opened.naming.columns))
    numbers.add(opened.cells)
    numbers.countries.say()
    return estimate_list(numbers, store=store, settings=settings, client=client)


async def _ask(call: Call, opened: OpenFrame, progress: ProgressOption) -> tuple[Outcomes, Enrichment[Any]]:
    call = call.found(opened.naming)
    numbers, results = call.numbers(), Results(call.naming)
    reading = numbers.add(opened.cells)
    numbers.countries.say()
    with shown(progress) as on_progress:
        outcomes = await call.asking(on_progress=on_progress).ask(numbers)
    columns = results.of(reading, outcomes, opened.cells.weights)
    report = results.complete(outcomes.report)
    try:
        return outcomes, Enrichment(opened.attach(columns), report)
    except Exception as error:
        # Whatever a library raises now: what was paid for is handed over all the same.
        kind = type(error).__name__
        lost = AttachError(f"the results do not go beside the rows ({kind}): partial holds them alone, in their order")
        lost.partial, lost.report = columns, report
        raise lost from error
