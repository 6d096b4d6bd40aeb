"""A list of numbers to their outcomes: look up in the store, ask the rest, put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import polars as pl

from hlrframe.account import LaneReport, Report
from hlrframe.client import Client
from hlrframe.column import NumberList, known_answers, to_be_asked
from hlrframe.engine import Harvest, Job, run_job
from hlrframe.models import Progress, Question, Reason, Settings, State
from hlrframe.outcomes import OWN_COLUMNS, Outcomes, Part, answered, by_lane, cached, together, unanswered
from hlrframe.schema import COLUMNS
from hlrframe.store import Store
from hlrframe.tariff import credits_of
from hlrframe.wire import Trouble

__all__ = ["resolve_numbers"]

#: Every column that rows can get.
ALL_COLUMNS: Final = tuple(each.name for each in COLUMNS)
#: What a run leaves undone and why, where the plan's own reason would be misread.
_SKIP_REASONS: Final = {Reason.UNAVAILABLE: Reason.STOPPED, Reason.THROTTLED: Reason.STOPPED}


async def resolve_numbers(
    numbers: NumberList,
    *,
    client: Client,
    store: Store | None,
    settings: Settings,
    columns: Sequence[str] = ALL_COLUMNS,
    on_progress: Callable[[Progress], None] | None = None,
) -> Outcomes:
    """Gives every distinct number of a list its outcome; asks each at most once.

    Args:
        numbers: The list.
        client: Whom to ask.
        store: Where answers are read from and kept, or ``None``.
        settings: Settings of the run.
        columns: Names of the columns that the rows will get.
        on_progress: Called at most ten times a second while numbers are asked, and at the end.

    Raises:
        StoreError: The store could not be opened. Nothing was asked.
    """
    question = Question.of(settings, client.provider)
    known = known_answers(numbers.numbers["msisdn"], store=store, settings=settings, question=question)
    to_ask = to_be_asked(numbers.numbers["msisdn"], known)
    own = [name for name in OWN_COLUMNS if name in columns]
    harvest = None
    if to_ask.height and not settings.offline:
        ever = settings.replace(max_age=None, refresh=False)
        to_ask = _with_lanes(to_ask, known_answers(to_ask["msisdn"], store=store, settings=ever, question=question))
        journal_to = None if store is None else (store, question)
        tell = _counting_in(known.height, on_progress)
        harvest = await _ask(to_ask, journal_to, client=client, settings=settings, keep=own, tell=tell)
    elif on_progress is not None:
        on_progress(Progress(total=known.height + to_ask.height, cached=known.height, skipped=to_ask.height))
    parts = [cached(known, own), *_parts_of_run(to_ask, harvest)]
    outcomes, kinds = together(parts)
    keyed = numbers.numbers.with_columns(key=pl.col("msisdn").cast(pl.UInt64))
    table = keyed.join(outcomes, on="msisdn", how="left").sort("key")
    report = Report(client.provider, 0, table.height, states={}, verdicts={}, reasons={}, credits=0.0)
    if harvest is None:
        return Outcomes(table, kinds, columns, report, None)
    report = _told(report, harvest, by_lane(to_ask, (outcomes, kinds)))
    return Outcomes(table, kinds, columns, report, harvest.error)


def _parts_of_run(to_ask: pl.DataFrame, harvest: Harvest | None) -> list[Part]:
    if harvest is None:
        return [unanswered(dict.fromkeys(to_ask["msisdn"], Trouble(Reason.OFFLINE)), State.SKIPPED)]
    halted = harvest.halted or Reason.STOPPED
    skipped = dict.fromkeys(harvest.unasked, Trouble(_SKIP_REASONS.get(halted, halted)))
    return [
        answered(harvest.answers),
        unanswered(harvest.failed, State.FAILED, charged=harvest.charged_in_vain),
        unanswered(skipped, State.SKIPPED),
    ]


def _with_lanes(to_ask: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """Predicts for each number the network that will be asked for it: the one last seen, else that of its digits.

    The country is that of the digits in either case: a number keeps it when it changes networks, and so a network has
    one lane wherever both sources call it by the same name.

    Args:
        to_ask: What :func:`_to_ask` gives.
        last: ``ANSWER_SCHEMA``: earlier answers of any age to some of the numbers.
    """
    seen = last.select("msisdn", seen=pl.coalesce("current_network", "original_network"))
    network = pl.coalesce("seen", "network")
    return to_ask.join(seen, on="msisdn", how="left", maintain_order="left").select(
        "msisdn", "country", lane=pl.coalesce(pl.concat_str("place", pl.lit(" "), network), "place")
    )


async def _ask(
    to_ask: pl.DataFrame,
    journal_to: tuple[Store, Question] | None,
    *,
    client: Client,
    settings: Settings,
    keep: Sequence[str],
    tell: Callable[[Progress], None] | None,
) -> Harvest:
    ask = partial(run_job, client=client, settings=settings, keep=keep, on_progress=tell)
    if journal_to is None:
        return await ask(_job(to_ask, None))
    store, question = journal_to
    rechecks = store.unanswered(to_ask["msisdn"], question)["msisdn"]
    with store.journal(question) as journal:
        return await ask(_job(to_ask, rechecks), journal=journal)


def _counting_in(cached: int, tell: Callable[[Progress], None] | None) -> Callable[[Progress], None] | None:
    if tell is None:
        return None
    return lambda progress: tell(replace(progress, total=progress.total + cached, cached=cached))


def _job(to_ask: pl.DataFrame, rechecks: pl.Series | None) -> Job:
    if rechecks is None or rechecks.is_empty():
        return Job(_by_lane(to_ask))
    again = pl.col("msisdn").is_in(rechecks.implode())
    return Job(_by_lane(to_ask.filter(~again)), _by_lane(to_ask.filter(again)))


def _by_lane(to_ask: pl.DataFrame) -> Mapping[str, list[str]]:
    lanes = to_ask.group_by("lane", maintain_order=True).agg("msisdn")
    return dict(zip(lanes["lane"], (each.to_list() for each in lanes["msisdn"]), strict=True))


def _told(report: Report, harvest: Harvest, met: pl.DataFrame) -> Report:
    """Gives the report with what a run met on its way; ``met`` is of :func:`~hlrframe.outcomes.by_lane`."""
    counts = {lane: (numbers, answered, agreement) for lane, numbers, answered, agreement in met.iter_rows()}
    return replace(
        report,
        requests=harvest.requests,
        refusals=harvest.refusals,
        seconds=harvest.seconds,
        possibly_billed_twice=len(harvest.doubts),
        possibly_billed_twice_credits=credits_of(sum(harvest.doubts.values())),
        stopped=harvest.halted.value if harvest.halted else None,
        lanes=tuple(
            LaneReport(lane.key, *counts[lane.key], lane.sent, lane.refusals, lane.latency if lane.replies else None)
            for lane in harvest.lanes
        ),
    )
