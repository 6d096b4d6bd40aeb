"""The store: every answer that was ever paid for, kept in a directory."""

import os
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import polars as pl

from hlrframe.model import MaxAge, Question, parse_age
from hlrframe.phone import digits_meant
from hlrframe.store.claims import Claim, claim
from hlrframe.store.encoding import KeySource, encoding_of
from hlrframe.store.export import export
from hlrframe.store.folder import Layout, checked, explained, sweep_temporaries, warn_of_others
from hlrframe.store.health import StoreHealth, examine, pace
from hlrframe.store.journal import IMPORTED, Journal, seal_orphans
from hlrframe.store.parts import warn_of_lost
from hlrframe.store.queries import earliest
from hlrframe.store.reader import Reader, Sources, distinct
from hlrframe.store.records import ANSWER_COLUMNS
from hlrframe.store.register import register_of
from hlrframe.store.remote import RemoteLayout, layout_at
from hlrframe.store.stats import StoreStats, count
from hlrframe.store.tidying import Compaction, compact, compact_small, forget, purge
from hlrframe.system import sealed_class, user_path

__all__ = ["Store"]

_T = TypeVar("_T")
#: One number or several, as texts or whole numbers.
NumbersLike: TypeAlias = str | int | Iterable[str | int]


# Many methods: each is documented and a line or two; `reader`, `compaction`, `erasure`, `stats`, `health` and `export`
# do what their names say.
@sealed_class
class Store:
    """Answers kept on disk, so that none is paid for twice.

    Opening costs nothing and makes nothing: the directory appears with the first journal. Any number of processes may
    read and write one store at once; none waits for another. Everything in it is readable by its owner alone.

    Args:
        path: A directory of the store's own; ``~`` is understood. Or the URL of a bucket, such as
            ``s3://bucket/answers``: sealed answers live there, see below.
        storage_options: For a bucket: what ``obstore.store.from_url`` takes, ``endpoint`` for one; credentials come
            from the usual places in the environment.
        spool: For a bucket: the folder of this machine for journals and a mirror; by default one under
            ``$XDG_STATE_HOME``.
        key: The key of an encrypted store: 32 bytes, these as hexadecimal or base64 text, or what gives one of these.
        hash_key: The key of a hashed store, likewise.

    Raises:
        ConfigError: The URL, the options or the key cannot be understood, a key is missing, or a package that is
            needed is not installed.
        StoreError: The path cannot be used, the key is not the one that the store was made with, or a newer version of
            hlrframe wrote there; the message names the cure.

    A new store is plain, encrypted or hashed, and stays so. With ``key`` whatever tells a person lies encrypted on disk
    (``[encryption]`` extra): the numbers, the provider's ids of answers, e-mail gateways; networks, countries and
    statuses stay open to any reader of Parquet. With ``hash_key`` a keyed hash takes the place of each number, and what
    else tells it is not kept: an answer from such a store has no such columns. Where no key is given, that of a new
    store, or of one that is marked so, comes from ``HLR_STORE_KEY`` or ``HLR_STORE_HASH_KEY``. Without its key, nobody
    gets at the numbers of a store again.

    Any number of machines may share a bucket. What a run learns is on the disk of its own machine before it counts, and
    in the bucket when the run ends; while the bucket is away the run goes on, warns, and the next one catches up. What
    was asked and never answered is known to its own machine alone. ``forget`` removes numbers from the bucket and from
    this machine; the mirrors of the others follow when they next read, and what they have not sealed yet they forget
    themselves.

    >>> Store("no/such/folder/yet").stats().answers
    0
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        storage_options: Mapping[str, Any] | None = None,
        spool: str | os.PathLike[str] | None = None,
        key: KeySource | None = None,
        hash_key: KeySource | None = None,
    ) -> None:
        layout = layout_at(path, storage_options=storage_options, spool=spool)
        encoding = encoding_of(layout.facts(), key=key, hash_key=hash_key, path=layout.name)
        self._layout = replace(layout, encoding=encoding)
        #: The store's folder; for one in a bucket, its spool.
        self.path: Path = self._layout.root
        self._layout.check()
        warn_of_others(self._layout)
        self._reader = Reader(self._layout)

    def __repr__(self) -> str:
        mode = "" if self.privacy == "plain" else f", {self.privacy}"
        return f"Store({self._layout.name!r}{mode})"

    @property
    def privacy(self) -> str:
        """How numbers lie in it: ``"plain"``, ``"encrypted"`` or ``"hashed"``."""
        return self._layout.encoding.mode

    @property
    def layout(self) -> Layout:
        """Where its files lie, and how to read them."""
        return self._layout

    def exists(self) -> bool:
        """Says whether anything is there yet: a store appears with the first run that uses it.

        Raises:
            StoreError: It cannot be told.
        """
        return self._layout.is_there()

    @property
    def is_remote(self) -> bool:
        """Whether its sealed answers are in a bucket."""
        return isinstance(self._layout, RemoteLayout)

    def known(
        self,
        msisdns: pl.Series,
        question: Question,
        *,
        max_age: MaxAge | timedelta | None,
        now: datetime,
        columns: Sequence[str] = ANSWER_COLUMNS,
    ) -> pl.DataFrame:
        """Looks up which numbers need not be asked.

        An answer that is too old for what it says stands in the way of an older one: the last thing that is known of
        a number whose newest answer is INCONCLUSIVE is that nothing is.

        Args:
            msisdns: Numbers as E.164 digits; repeats and nulls do no harm.
            question: What is to be asked; an answer to another one does not serve.
            max_age: How old an answer may be, by what it says; see :class:`~hlrframe.model.freshness.MaxAge`.
            now: The moment to count the age from.
            columns: Which columns of ``ANSWER_SCHEMA`` to read, ``msisdn`` among them.

        Returns:
            The newest answer to each number that has one, in these columns, in no promised order.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._reader.known(msisdns, question, max_age=max_age, now=now, columns=columns)

    def unanswered(self, msisdns: pl.Series, question: Question, *, since: datetime | None = None) -> pl.DataFrame:
        """Looks up which numbers were asked, perhaps billed, and never answered.

        To ask them again without paying again, allow the provider its private cache as far back as that.

        Args:
            msisdns: Numbers as E.164 digits.
            question: What was asked.
            since: Leaves out what was asked earlier than this; ``None`` for nothing.

        Returns:
            ``msisdn`` and ``asked_at`` of some of the numbers, each once and with its first such asking, in no
            promised order. A number that another run is asking at this moment is among them.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._reader.unanswered(msisdns, question, since=since)

    def given(self, msisdns: pl.Series, question: Question) -> pl.DataFrame:
        """Looks up every answer to some numbers, older ones among them.

        Args:
            msisdns: Numbers as E.164 digits.
            question: What was asked.

        Returns:
            ``msisdn``, ``checked_at`` and ``uuid`` of each, in no promised order; one may be there twice.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._reader.given(msisdns, question)

    def claim(self, msisdns: pl.Series, question: Question) -> Claim:
        """Tells other runs that these numbers are about to be asked, and learns which of them others are asking.

        Args:
            msisdns: Distinct numbers as E.164 digits.
            question: What is to be asked.

        Returns:
            The claim: to be released as soon as the asking ends. Look the claimed numbers up once more before asking:
            another run may just have been answered.

        Raises:
            StoreError: The store cannot be written.
        """
        self._layout.prepare()
        return claim(self._layout, question, msisdns)

    def footprint(self) -> Hashable:
        """Names what holds answers, with the sizes of what grows: the same twice means that none came meanwhile.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._reader.footprint()

    def journal(self, question: Question, *, imports: bool = False) -> Journal:
        """Begins a run: seals what killed runs left behind, and opens a journal of its own.

        Args:
            question: What it asks.
            imports: Whether its answers came elsewhere, so that they say nothing of how fast a run is.

        Raises:
            StoreError: The store cannot be written; the message says what to do.
        """
        self._layout.prepare()
        warn_of_lost(self._layout.upkeep.lost())
        seal_orphans(self._layout)
        with explained("tidy the store", self.path):
            for directory in (self.path, self._layout.parts, self._layout.asked):
                sweep_temporaries(directory)
        return Journal(
            self._layout, question, prefix=IMPORTED if imports else "", chore=partial(compact_small, self._layout)
        )

    def scan(self) -> pl.LazyFrame:
        """Gives the newest answer to each number and question, as a lazy frame that is read when it is collected.

        Its columns are those of ``ANSWER_SCHEMA``, then ``received_at`` and ``known_at``, then ``lookup``,
        ``options`` and ``question``, which say what was asked, and ``run``, which asked it. A hashed store gives hashes
        in the place of numbers.
        """
        return self._reader.scan()

    def stats(self) -> StoreStats:
        """Counts what the store holds.

        Raises:
            StoreError: The store cannot be read.
        """
        return count(checked(self._layout))

    def health(self) -> StoreHealth:
        """Examines the store: can it be written, is a file damaged, did a killed run leave something behind.

        Raises:
            StoreError: It cannot be read, or not be written.
        """
        return examine(checked(self._layout))

    def pace(self, question: Question) -> float | None:
        """Gives the numbers a second at which the last long enough run asked a question, or ``None``.

        Raises:
            StoreError: The store cannot be read.
        """
        return pace(checked(self._layout), question)

    def history(self, number: str | int, *, region: str | None = None) -> pl.DataFrame:
        """Gives every answer to a number, oldest first, in the columns of :meth:`scan`.

        Args:
            number: In any spelling, or E.164 digits.
            region: ISO 3166 alpha-2 code of the country whose national number is meant, or ``None``.

        Raises:
            InputError: It is no telephone number.
            StoreError: The store cannot be read.
        """
        return self._reader.history(digits_meant([number], region=region))

    def changes(self, since: datetime) -> pl.DataFrame:
        """Says which numbers are no longer what they were: live status, network, porting.

        Args:
            since: The newest answer given from then on is compared with the newest given before.

        Returns:
            One row for each number and question that changed: ``question``, ``msisdn``, ``known_before``,
            ``known_at``, and each of the four columns that are compared, before and now.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._reader.changes(since)

    def export(
        self, destination: str | os.PathLike[str], *, question: Question | str | None = None, newest_only: bool = True
    ) -> int:
        """Writes answers, in the columns of :meth:`scan` and in the clear, to a file that only its owner can read.

        In CSV a text that a spreadsheet would run as a formula gets an apostrophe in front.

        Args:
            destination: A ``.parquet``, ``.csv``, ``.ndjson`` or ``.jsonl`` file; one of that name is replaced.
            question: The question whose answers to write, or its key; ``None`` for those to all.
            newest_only: Whether to leave out answers that a newer one to the same question has replaced.

        Returns:
            How many answers were written. They are sorted by number; a hashed store gives hashes.

        Raises:
            ConfigError: The ending is none of these.
            StoreError: The store cannot be read, or the file not be written.
        """
        key = question.key if isinstance(question, Question) else question
        path = user_path(destination)
        return export(checked(self._layout), path, question=key, newest_only=newest_only)

    def compact(self, *, now: datetime | None = None) -> Compaction:
        """Merges small parts into few sorted ones; runs and readers may go on meanwhile.

        Args:
            now: The moment from which to count which doubts are too old to matter; by default the clock's.

        Raises:
            StoreError: Another process is tidying the store, or the disk refused; nothing is lost.
        """
        if _is_empty(self._layout):
            return Compaction(0, 0)
        return compact(self._layout, now or datetime.now(UTC))

    def forget(self, numbers: NumbersLike, *, region: str | None = None) -> int:
        """Removes every trace of these numbers from the store, and says how many answers went.

        It goes by the files, with or without ``store.json``: each is searched, what killed processes left behind goes,
        and what an answer to another number says of one of these goes, too.

        Args:
            numbers: One number or several, in any spelling: as an enriched column reads them, or E.164 digits.
            region: ISO 3166 alpha-2 code of the country whose national numbers are meant, or ``None``.

        Raises:
            InputError: One of them is no telephone number; nothing was removed.
            StoreError: A run that goes on has one of the numbers, something in the store cannot be searched (all else
                is removed, and the message names it), another process is tidying the store, or the disk refused.
        """
        wanted = self._hidden(numbers, region)
        if wanted.is_empty() or _is_empty(self._layout):
            return 0
        register_of(self._layout).forget(wanted)
        return forget(self._layout, wanted)

    def purge(self, older_than: str | timedelta, *, now: datetime | None = None) -> int:
        """Removes sealed answers that are older than an age such as ``"365d"``, and says how many.

        Args:
            older_than: The age.
            now: The moment to count it from; by default the clock's.

        Raises:
            ConfigError: The text is no age.
            StoreError: Something in the store cannot be searched (all else is removed, and the message names it),
                another process is tidying the store, or the disk refused.
        """
        before = earliest(now or datetime.now(UTC), parse_age(older_than))
        return 0 if _is_empty(self._layout) else purge(self._layout, before)

    def read(self, make: Callable[[Sources], _T]) -> _T:
        """Makes something of all answers as they lie, older ones and those that lie twice among them.

        Args:
            make: Called with what there is; again where that changed meanwhile, and without a file that is damaged.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._reader.read(make)

    def _hidden(self, numbers: NumbersLike, region: str | None) -> pl.Series:
        meant = pl.Series("msisdn", digits_meant(numbers, region=region), dtype=pl.String)
        return distinct(self._layout, meant)[1]


def _is_empty(layout: Layout) -> bool:
    """Says whether there is nothing that could hold an answer.

    Raises:
        StoreError: There is something, and it is no store; or this version cannot read it.
    """
    if checked(layout).is_there():
        return False
    layout.refuse_foreign()
    return True
