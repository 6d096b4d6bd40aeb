"""A list of numbers to their outcomes: look up in the store, ask the rest, put together."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, overload

import polars as pl

from hlrframe.errors import ConfigError, HlrframeError, StoreError
from hlrframe.model import (
    COLUMNS,
    MAX_CACHE_DAYS,
    Failure,
    LaneReport,
    MaxAge,
    OnReply,
    Progress,
    Question,
    Reason,
    Reply,
    Report,
    Settings,
    State,
    credits_of,
)
from hlrframe.provider import Provider
from hlrframe.run.coordination import Claims, StoreClaims
from hlrframe.run.look import Wanted, columns_of_answers
from hlrframe.run.loop import Job, RunResult, run_job
from hlrframe.run.number_list import SOME, NumberList, to_be_asked
from hlrframe.run.outcomes import KEY, OWN_COLUMNS, Outcomes, Part, answered, by_lane, cached, together, unanswered
from hlrframe.run.resources import Resources
from hlrframe.run.team import FolderShare, Team
from hlrframe.store import Journal, Store

__all__ = ["resolve_numbers"]

#: Every column that rows can get.
ALL_COLUMNS: Final = tuple(each.name for each in COLUMNS)
#: What a run leaves undone and why, where the scheduler's own reason would be misread.
_SKIP_REASONS: Final = {Reason.UNAVAILABLE: Reason.STOPPED, Reason.THROTTLED: Reason.STOPPED}
_DAY: Final = timedelta(days=1)
#: Texts of a column that become Python's together.
_SOME: Final = 4096
#: How much longer a number in doubt may wait for its turn than when its doubt is measured.
_MARGIN: Final = timedelta(hours=1)


async def resolve_numbers(
    numbers: NumberList,
    *,
    client: Provider,
    store: Store | None,
    settings: Settings,
    columns: Sequence[str] = ALL_COLUMNS,
    ask: bool = True,
    on_progress: Callable[[Progress], None] | None = None,
    on_reply: OnReply | None = None,
    resources: Resources | None = None,
) -> Outcomes:
    """Gives every distinct number of a list its outcome; asks each at most once.

    What another run with the same store is asking at this moment is not asked but waited for.

    Args:
        numbers: The list.
        client: Whom to ask.
        store: Where answers are read from and kept, or ``None``.
        settings: Settings of the run.
        columns: Names of the columns that the rows will get.
        ask: Whether to ask what the store does not answer; else that is skipped, as it is offline.
        on_progress: Called at most ten times a second while numbers are asked, and at the end.
        on_reply: Called with what came of each request, and with how many answers the store had.
        resources: Money, requests and claims that are not this run's alone.

    Raises:
        StoreError: The store could not be opened. Nothing was asked.
    """
    question = Question.of(settings, client.provider)
    own = [name for name in OWN_COLUMNS if name in columns]
    team = _team(store, client, settings, question) if resources is None else None
    kept = _kept(store, settings, columns, question=question, others=resources.claims if resources else team)
    if kept is not None and resources is None and not kept.store.is_remote:
        kept = replace(kept, share=FolderShare(kept.store, client, settings))
    run = _Asking(client, settings, own, kept, resources or Resources(), on_reply)
    distinct = numbers.numbers["msisdn"]
    known = numbers.known(Wanted(store, settings, question, columns_of_answers(columns)))
    to_ask = to_be_asked(distinct, known)
    result = None
    if to_ask.height and ask and not settings.offline:
        to_ask = _with_lanes(to_ask, run.last_known(to_ask["msisdn"]))
        result = await run.ask(to_ask, run.counting_in(known.height, on_progress))
    elif on_progress is not None:
        on_progress(Progress(total=known.height + to_ask.height, cached=known.height, skipped=to_ask.height))
    if kept is not None and settings.budget is not None and not (to_ask.height or settings.offline) and ask:
        await kept.visit()  # so that its money does not wait for a run that has something to ask
    parts = [cached(known, own), *run.parts(to_ask, result)]
    outcomes, kinds = together(parts)
    error = run.told_of_stored(known.height, result)
    # As integers and in their order, they are joined in half the time and half the memory.
    rows, found = (each.select(pl.exclude("msisdn"), key=KEY).sort("key") for each in (numbers.numbers, outcomes))
    del known, outcomes, parts
    table = _side_by_side(rows, found)
    del rows, found
    where = None if store is None else store.layout.name
    report = Report(client.provider, 0, table.height, states={}, verdicts={}, reasons={}, credits=0.0, kept=where)
    if result is None:
        return Outcomes(table, kinds, columns, report, error)
    return Outcomes(table, kinds, columns, _told(report, result, by_lane(to_ask, (table, kinds))), error)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where the answers of a run are kept."""

    store: Store
    question: Question
    #: Who asks what among the runs that keep theirs there.
    claims: Claims
    #: Those on other machines, where the store has a register.
    team: Team | None = None
    #: Those in its folder, where it is one.
    share: FolderShare | None = None

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Is among the others while the block runs."""
        with self.share.joined() if self.share else nullcontext(), self.team.joined() if self.team else nullcontext():
            yield

    def within(self, resources: Resources) -> Resources:
        """Gives what a run may use, as far as it shares that with the others."""
        resources = self.team.resources if self.team else resources
        return self.share.within(resources) if self.share else resources

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Keeps a journal while the block runs; with others it is handed over as the run goes."""
        with (
            self.store.journal(self.question) as journal,
            self.team.handing_over(journal) if self.team else nullcontext(),
        ):
            yield journal

    async def hand_over(self, journal: Journal) -> None:
        """Lets others have everything that was answered, before they are told that they may ask it."""
        if self.team is not None and self.store.is_remote:
            await asyncio.to_thread(partial(journal.hand_over, wait=True))

    async def conclude(self, journal: Journal, paid_earlier: Mapping[str, int]) -> None:
        """Lets others ask what this run has asked: they have its answers, and know what killed runs have paid."""
        await self.hand_over(journal)
        if self.team is not None:
            await asyncio.to_thread(self.team.conclude, paid_earlier)

    async def visit(self) -> None:
        """Settles what dead runs left behind."""
        if self.team is not None:
            await asyncio.to_thread(self.team.visit)

    def doubts(self, numbers: pl.Series, since: datetime) -> pl.DataFrame:
        """Gives which numbers may have been billed without an answer, and since when."""
        doubts = self.store.unanswered(numbers, self.question, since=since)
        if self.team is None:
            return doubts
        theirs = self.team.doubts(numbers).filter(pl.col("asked_at") >= since)
        both = pl.concat([doubts.select("msisdn", "asked_at"), theirs])
        return both.group_by("msisdn").agg(pl.col("asked_at").min())


def _team(store: Store | None, client: Provider, settings: Settings, question: Question) -> Team | None:
    """Gives the others, where there can be any: those who share a bucket, or a budget."""
    if store is None and settings.budget is not None:
        raise ConfigError(f"budget {settings.budget} lives beside a store: name one, so that others see what is spent")
    if store is None or not (store.is_remote or settings.budget is not None):
        return None
    return Team(store, client, settings, question)


def _kept(
    store: Store | None, settings: Settings, columns: Sequence[str], *, question: Question, others: Team | Claims | None
) -> _Kept | None:
    if store is None:
        return None
    if others is not None and not isinstance(others, Team):
        return _Kept(store, question, others)
    wanted, began, claim = columns_of_answers(columns), datetime.now(UTC), others.claim if others else None
    claims = StoreClaims(store, question, settings=settings, columns=wanted, began=began, claim=claim)
    return _Kept(store, question, claims, others)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Whom a run asks, and where it keeps the answers."""

    client: Provider
    settings: Settings
    #: Which of ``OWN_COLUMNS`` rows will get.
    own: Sequence[str]
    kept: _Kept | None
    resources: Resources
    on_reply: OnReply | None = None

    def last_known(self, numbers: pl.Series) -> pl.DataFrame:
        """Gives the networks that the store saw numbers on, however long ago."""
        columns = ["msisdn", "current_network", "original_network"]
        if self.kept is None:
            return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        store, question = self.kept.store, self.kept.question
        return store.known(numbers, question, max_age=MaxAge.any(), now=datetime.now(UTC), columns=columns)

    async def ask(self, to_ask: pl.DataFrame, tell: Callable[[Progress], None] | None) -> RunResult:
        """Asks numbers; as :func:`_with_lanes` gives them."""
        ask = partial(
            run_job,
            client=self.client,
            settings=self.settings,
            keep=self.own,
            on_progress=tell,
            on_reply=self.on_reply,
            resources=self.kept.within(self.resources) if self.kept else self.resources,
        )
        if self.kept is None:
            return await ask(Job(_by_lane(to_ask)))
        kept, result = self.kept, None
        try:
            with kept.joined():
                async with kept.claims as claims:
                    job = self._job(to_ask, claims.begin(to_ask["msisdn"]))
                    with kept.journal() as journal:

                        async def more(paid_earlier: Mapping[str, int]) -> Job | None:
                            await kept.conclude(journal, paid_earlier)
                            left = await claims.more()
                            return self._job(to_ask, left) if len(left) else None

                        result = await ask(job, journal=journal, more=more)
                        await kept.conclude(journal, result.paid_earlier)
                        claims.release()
        except StoreError as refusal:
            if result is None:
                raise
            # The store broke when all was asked: what was obtained is handed over with the error.
            result = replace(result, error=result.error or refusal)
        return result

    def _job(self, to_ask: pl.DataFrame, numbers: pl.Series) -> Job:
        """Gives what to ask of numbers: those that may have been billed already with the cache as far back as that."""
        assert self.kept is not None  # noqa: S101  # there are no rounds without a store
        now = datetime.now(UTC)
        mine = to_ask.join(numbers.to_frame("msisdn"), on="msisdn", how="semi", maintain_order="left")
        doubts = self.kept.doubts(numbers, since=now - MAX_CACHE_DAYS * _DAY)
        ago = (pl.lit(now + _MARGIN) - pl.col("asked_at")) / _DAY
        days = doubts.select("msisdn", days=ago.ceil().clip(1, MAX_CACHE_DAYS).cast(pl.Int64))
        again = mine.join(days, on="msisdn", how="inner", maintain_order="left")
        fresh = mine.join(days, on="msisdn", how="anti", maintain_order="left")
        again_by_days = {group["days"][0]: _by_lane(group) for group in again.partition_by("days")}
        return Job(_by_lane(fresh), again_by_days, dict(doubts.select("msisdn", "asked_at").iter_rows()))

    def counting_in(self, known: int, tell: Callable[[Progress], None] | None) -> Callable[[Progress], None] | None:
        """Adds to a progress what was not asked: known to the store, or asked by others."""
        if tell is None:
            return None

        def tell_all(progress: Progress) -> None:
            claims = self.kept.claims if self.kept else None
            found = sum(each.height for each in claims.found) if claims else 0
            waiting = len(claims.waiting) if claims else 0
            both = known + found
            tell(replace(progress, total=progress.total + both + waiting, cached=both, waiting=waiting))

        return tell_all

    def told_of_stored(self, known: int, result: RunResult | None) -> BaseException | None:
        """Tells how many answers the store had, and gives what ended the run; the telling may be what does."""
        error = result.error if result else None
        found = known + (sum(each.height for each in self.kept.claims.found) if self.kept else 0)
        # Whose code has ended the run is not called again.
        if self.on_reply is not None and found and (error is None or isinstance(error, HlrframeError)):
            try:
                self.on_reply(Reply("stored", found, found))
            except Exception as raised:  # noqa: BLE001  # the caller's own code
                return error or raised
        return error

    def parts(self, to_ask: pl.DataFrame, result: RunResult | None) -> list[Part]:
        """Gives what became of the numbers that were to be asked."""
        if result is None:
            return [unanswered(dict.fromkeys(to_ask["msisdn"], Failure(Reason.OFFLINE)), State.SKIPPED)]
        halted = result.halted or Reason.STOPPED
        left, found = list(result.unasked), list[pl.DataFrame]()
        if self.kept is not None:
            left.extend(self.kept.claims.waiting)
            found = list(self.kept.claims.found)
        return [
            answered(result.answers),
            *(cached(answers, self.own) for answers in found),
            unanswered(result.failed, State.FAILED, charged=result.charged_in_vain),
            unanswered(dict.fromkeys(left, Failure(_SKIP_REASONS.get(halted, halted))), State.SKIPPED),
        ]


def _side_by_side(numbers: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Puts the outcomes beside their numbers, both sorted by ``key``: each number has one, and nothing is searched."""
    if numbers["key"].equals(outcomes["key"]):
        return numbers.hstack(outcomes.drop("key"))
    return numbers.join(outcomes, on="key", how="left", maintain_order="left")


def _with_lanes(to_ask: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """Predicts for each number the network that will be asked for it: the one last seen, else that of its digits.

    The country is that of the digits in either case: a number keeps it when it changes networks, and so a network has
    one lane wherever both sources call it by the same name.

    Args:
        to_ask: What :func:`~hlrframe.run.number_list.to_be_asked` gives.
        last: ``ANSWER_SCHEMA``: earlier answers of any age to some of the numbers.
    """
    seen = last.select("msisdn", seen=pl.coalesce("current_network", "original_network"))
    both = to_ask.join(seen, on="msisdn", how="left", maintain_order="left")
    place, network = pl.col("place").cast(pl.String), pl.coalesce("seen", pl.col("network").cast(pl.String))
    lane = pl.coalesce(pl.concat_str(place, pl.lit(" "), network), place).cast(pl.Categorical)
    return pl.concat([part.select("msisdn", lane=lane) for part in both.iter_slices(SOME)])


def _by_lane(to_ask: pl.DataFrame) -> Mapping[str, Sequence[str]]:
    lanes = to_ask.group_by("lane", maintain_order=True).agg("msisdn")
    return dict(zip(lanes["lane"], map(_Texts, lanes["msisdn"]), strict=True))


class _Texts(Sequence[str]):
    """A column of texts that become Python's as they are read: a million at once would take a hundred megabytes."""

    def __init__(self, column: pl.Series) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        found = self._column[place]
        return found.to_list() if isinstance(found, pl.Series) else found

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _SOME):
            yield from self[start : start + _SOME]


def _told(report: Report, result: RunResult, met: pl.DataFrame) -> Report:
    """Gives the report with what a run met on its way; ``met`` is of :func:`~hlrframe.run.outcomes.by_lane`."""
    counts = {lane: (numbers, answered, agreement) for lane, numbers, answered, agreement in met.iter_rows()}
    return replace(
        report,
        requests=result.requests,
        refusals=result.refusals,
        seconds=result.seconds,
        possibly_billed_twice=len(result.doubts),
        possibly_billed_twice_credits=credits_of(sum(result.doubts.values())),
        stopped=result.halted.value if result.halted else None,
        failed_last=result.failed_last,
        lanes=tuple(
            LaneReport(lane.key, *counts[lane.key], lane.sent, lane.refusals, lane.latency if lane.replies else None)
            for lane in result.lanes
        ),
    )
