"""A column of texts to a frame of results: read, look up in the store, ask the rest, put together.

Everything above hands a column in and puts the result beside its own rows; everything below knows numbers only.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import phonenumbers
import polars as pl

from hlrframe.account import Estimate, LaneReport, Report
from hlrframe.client import Client
from hlrframe.engine import Harvest, Job, run_job
from hlrframe.models import Progress, Question, Reason, Settings, State
from hlrframe.msisdn import parse_column
from hlrframe.networks import predict_networks
from hlrframe.outcomes import (
    OWN_COLUMNS,
    Outcomes,
    Part,
    Tally,
    answered,
    by_lane,
    cached,
    counts_of,
    together,
    unanswered,
)
from hlrframe.schema import ANSWER_SCHEMA, COLUMNS
from hlrframe.store import Store
from hlrframe.tariff import Tariff, credits_of
from hlrframe.wire import Trouble

__all__ = ["NumberList", "Outcomes", "Tally", "estimate_numbers", "resolve_numbers"]

#: Every column that rows can get.
ALL_COLUMNS: Final = tuple(each.name for each in COLUMNS)
#: Numbers whose type is looked at for an estimate; the rest is taken to be like them.
SAMPLE: Final = 2_000
#: What a run leaves undone and why, where the plan's own reason would be misread.
_SKIP_REASONS: Final = {Reason.UNAVAILABLE: Reason.STOPPED, Reason.THROTTLED: Reason.STOPPED}


class NumberList:
    """The distinct numbers of a column that is read batch by batch, each with the row that carries it first."""

    def __init__(self, *, region: str | None) -> None:
        self.rows = 0
        #: Rows that hold no number, by reason.
        self.rejected: Counter[str] = Counter()
        self._region = region
        self._parts: list[pl.DataFrame] = []

    def add(self, texts: pl.Series) -> pl.DataFrame:
        """Reads one batch of texts, and gives ``msisdn`` and ``reason`` for each row of it."""
        reading = parse_column(texts, region=self._region).select("msisdn", "reason")
        first = reading.select("msisdn").with_row_index("first_row", offset=self.rows)
        self._parts.append(first.drop_nulls().unique("msisdn", keep="first", maintain_order=True))
        self.rejected.update(counts_of(reading["reason"].drop_nulls()))
        self.rows += reading.height
        return reading

    @property
    def numbers(self) -> pl.DataFrame:
        """``msisdn`` and ``first_row``, in the order in which the numbers were met."""
        if len(self._parts) != 1:
            empty = pl.DataFrame(schema={"first_row": pl.get_index_type(), "msisdn": pl.String})
            self._parts = [pl.concat([empty, *self._parts]).unique("msisdn", keep="first", maintain_order=True)]
        return self._parts[0]


def estimate_numbers(numbers: NumberList, *, store: Store | None, settings: Settings, provider: str) -> Estimate:
    """Says what asking a list would cost. Sends nothing.

    Args:
        numbers: The list.
        store: Earlier answers, or ``None``.
        settings: Settings of the run that is to be estimated.
        provider: Name of the provider whose stored answers count.
    """
    distinct = numbers.numbers["msisdn"]
    known = _known(distinct, store=store, settings=settings, question=Question.of(settings, provider))
    to_ask = _to_ask(distinct, known)
    if settings.offline:
        to_ask = to_ask.clear()
    worst = Tariff(settings).worst_of(to_ask["msisdn"].to_list())
    return Estimate(
        rows=numbers.rows,
        numbers=len(distinct),
        rejected=dict(numbers.rejected),
        stored=known.height,
        to_ask=to_ask.height,
        countries=counts_of(to_ask["country"].fill_null("?")),
        credits_high=credits_of(worst),
        credits_expected=round(credits_of(worst) * _mobile_share(to_ask["msisdn"]), 1),
    )


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
    known = _known(numbers.numbers["msisdn"], store=store, settings=settings, question=question)
    to_ask = _to_ask(numbers.numbers["msisdn"], known)
    own = [name for name in OWN_COLUMNS if name in columns]
    harvest = None
    if to_ask.height and not settings.offline:
        ever = settings.replace(max_age=None, refresh=False)
        to_ask = _with_lanes(to_ask, _known(to_ask["msisdn"], store=store, settings=ever, question=question))
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


def _known(numbers: pl.Series, *, store: Store | None, settings: Settings, question: Question) -> pl.DataFrame:
    """Gives the answers that need not be asked again."""
    if store is None or settings.refresh:
        return pl.DataFrame(schema=pl.Schema(ANSWER_SCHEMA))
    max_age = settings.max_age if isinstance(settings.max_age, timedelta) else None
    return store.known(numbers, question, max_age=max_age, now=datetime.now(UTC))


def _to_ask(numbers: pl.Series, known: pl.DataFrame) -> pl.DataFrame:
    """Gives the numbers without an answer: ``msisdn``, and what their digits say of ``country`` and ``network``."""
    unknown = numbers.to_frame().join(known.select("msisdn"), on="msisdn", how="anti", maintain_order="left")["msisdn"]
    place = pl.coalesce("region", pl.concat_str(pl.lit("+"), "calling_code"))
    return predict_networks(unknown).select(unknown, "network", country="region", place=place)


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
    rechecks = store.unanswered(to_ask["msisdn"], question)
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


def _mobile_share(numbers: pl.Series) -> float:
    """Gives the share of numbers that the numbering plans call mobile, from an even sample."""
    if numbers.is_empty():
        return 0.0
    sample = numbers.gather_every(max(1, len(numbers) // SAMPLE))
    return sum(map(_may_be_mobile, sample)) / len(sample)


def _may_be_mobile(number: str) -> bool:
    kind = phonenumbers.number_type(phonenumbers.parse(f"+{number}"))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
