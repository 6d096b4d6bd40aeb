"""A run among others that use the same store: what one of them is asking at this moment, the others wait for.

Before it asks, a run claims its numbers. Those that another run has claimed are left out, and waited for once the rest
is asked and its own claim is let go: so no two runs ever wait for each other. What the others did not answer, because
they were stopped, is claimed and asked in another round.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol, Self

import polars as pl

from hlrframe.model import MaxAge, Question, Settings
from hlrframe.store import TOUCH_EVERY, Store

__all__ = ["Claims", "StoreClaims"]

#: Seconds between two looks at what others do: at first, and at most unless a look itself takes long.
PAUSE: Final = 0.25
LONG_PAUSE: Final = 5.0
#: Seconds of pause for each second that the look before it took.
COST: Final = 10.0


class Claims(Protocol):
    """What this run may ask, among others that could ask the same; an asynchronous context manager."""

    @property
    def waiting(self) -> pl.Series:
        """Numbers that others are asking."""
        ...

    @property
    def found(self) -> Sequence[pl.DataFrame]:
        """Answers that others got since this run began."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def begin(self, numbers: pl.Series, /) -> pl.Series:
        """Gives those of some numbers that are to be asked now; nobody else asks them until :meth:`more` is called."""
        ...

    async def more(self) -> pl.Series:
        """Waits for others, and gives what they left unanswered; nothing once every number is accounted for."""
        ...

    def release(self) -> None:
        """Tells others that nothing is being asked any more."""
        ...


class Claim(Protocol):
    """What one run may ask now, and what others are asking."""

    @property
    def numbers(self) -> pl.Series:
        """Numbers that are claimed for this run."""
        ...

    @property
    def elsewhere(self) -> pl.Series:
        """Numbers that other runs are asking at this moment."""
        ...

    def narrow(self, numbers: pl.Series, /) -> None:
        """Is told which of the numbers are asked, before any of them is; the others were answered meanwhile."""
        ...

    def touch(self) -> None:
        """Says that the run goes on; to be called every ``TOUCH_EVERY`` seconds."""
        ...

    def release(self) -> None:
        """Lets the numbers go; doing it again changes nothing."""
        ...


class StoreClaims:
    """The numbers that one run asks, and those that it has from others; an asynchronous context manager.

    To be made before the store is first read, so that no answer that comes later is overlooked.

    Args:
        store: The store that the runs share.
        question: What is asked.
        settings: Settings of the run. With ``refresh`` an answer of another run serves too, but only one that was
            given after this run began: asking again at the same moment would find out nothing more.
        columns: Columns of ``ANSWER_SCHEMA`` to read of the others' answers, ``msisdn`` among them.
        began: When the run began.
        claim: Claims what no other run is asking; where not given, by the store's own files, which hold as far as the
            locks of its file system do.

    Raises:
        StoreError: The store cannot be read.
    """

    def __init__(
        self,
        store: Store,
        question: Question,
        *,
        settings: Settings,
        columns: Sequence[str],
        began: datetime,
        claim: Callable[[pl.Series], Claim] | None = None,
    ) -> None:
        #: Numbers that other runs are asking.
        self.waiting = pl.Series("msisdn", dtype=pl.String)
        #: Answers that others got since the store was first read.
        self.found: list[pl.DataFrame] = []
        self._store = store
        self._claim_of = claim or partial(store.claim, question=question)
        self._question = question
        self._max_age = MaxAge.of(timedelta(0) if settings.refresh else settings.max_age)
        self._columns = columns
        self._began = began
        self._seen = store.footprint()
        self._claim: Claim | None = None
        self._touching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._touching = asyncio.create_task(self._touch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._touching is not None:
            self._touching.cancel()
            with suppress(asyncio.CancelledError):
                await self._touching
        self.release()

    def begin(self, numbers: pl.Series) -> pl.Series:
        """Gives those of some numbers that are to be asked now; nobody else asks them until :meth:`more` is called.

        Raises:
            StoreError: The store cannot be read or written.
        """
        claim = self._claimed(numbers)
        ours = self._sorted_out(claim, self._news(numbers))
        if len(ours):
            claim.narrow(ours)
        return ours

    async def more(self) -> pl.Series:
        """Waits for others, and gives what they left unanswered; nothing once every number is accounted for.

        What was given before has been asked, and its answers are in the store.

        Raises:
            StoreError: The store cannot be read or written.
        """
        self.release()
        pause, loop = PAUSE, asyncio.get_running_loop()
        while len(self.waiting):
            await asyncio.sleep(pause)
            looked_at = loop.time()
            # What was answered meanwhile is not claimed: who is killed with a claim may have paid for all of it.
            self._found(await asyncio.to_thread(self._news, self.waiting))
            if not len(self.waiting):
                break
            claim = self._claimed(self.waiting)
            ours = self._sorted_out(claim, await asyncio.to_thread(self._news, self.waiting))
            if len(ours):
                await asyncio.to_thread(claim.narrow, ours)
                return ours
            self.release()
            pause = max(min(1.5 * pause, LONG_PAUSE), COST * (loop.time() - looked_at))
        return self.waiting

    def _claimed(self, numbers: pl.Series) -> Claim:
        self._claim = self._claim_of(numbers)
        return self._claim

    def _news(self, numbers: pl.Series) -> pl.DataFrame:
        """Gives what others have answered of these numbers since the last look.

        What is not in the store after they were claimed is not on its way there either.
        """
        footprint = self._store.footprint()
        if footprint == self._seen:
            return pl.DataFrame(schema={"msisdn": pl.String})
        self._seen = footprint
        return self._store.known(numbers, self._question, max_age=self._max_age, now=self._began, columns=self._columns)

    def _found(self, news: pl.DataFrame) -> None:
        if news.height:
            self.found.append(news)
        self.waiting = _without(self.waiting, news["msisdn"])

    def _sorted_out(self, claim: Claim, news: pl.DataFrame) -> pl.Series:
        self._found(news)
        self.waiting = _without(claim.elsewhere, news["msisdn"])
        return _without(claim.numbers, news["msisdn"])

    def release(self) -> None:
        """Tells others that nothing is being asked any more."""
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    async def _touch(self) -> None:
        while True:
            await asyncio.sleep(TOUCH_EVERY)
            if self._claim is not None:
                self._claim.touch()


def _without(numbers: pl.Series, some: pl.Series) -> pl.Series:
    return numbers.filter(~numbers.is_in(some.implode())) if len(some) else numbers
