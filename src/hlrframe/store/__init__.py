"""The store: a directory that keeps every answer, so that none is paid for twice and none that was paid for is lost.

``Store`` is the door, ``Journal`` is a run's writer, and the rest is what goes in and comes out. Inside, from the
bottom: ``disk`` (private, durable files), ``bucket`` (object stores), ``layout`` and ``remote`` (where things lie),
``privacy``, ``cipher`` and ``opening`` (how numbers lie there), ``records`` (columns), ``segment`` (a journal file),
``queries`` (which answer counts), ``parts`` (sealed files), ``journal``, ``claims`` (who is asking what), ``tidy``
(merging and removing), ``stats`` and ``export``.
"""

from hlrframe.errors import DamagedWarning
from hlrframe.store.claims import TOUCH_EVERY, Claim
from hlrframe.store.compaction import Compaction
from hlrframe.store.disk import sync_directory, try_lock
from hlrframe.store.health import StoreHealth
from hlrframe.store.journal import Journal
from hlrframe.store.layout import Layout, View
from hlrframe.store.parts import collect, read_answers, row_count, scan_parts
from hlrframe.store.queries import AGE, INCONCLUSIVE_AGE, KEY, SAME
from hlrframe.store.records import KEPT_TYPES, Answered, Asked, Entry, Withdrawn
from hlrframe.store.segment import read_segment
from hlrframe.store.stats import StoreStats
from hlrframe.store.store import Store

__all__ = [
    "AGE",
    "INCONCLUSIVE_AGE",
    "KEPT_TYPES",
    "KEY",
    "SAME",
    "TOUCH_EVERY",
    "Answered",
    "Asked",
    "Claim",
    "Compaction",
    "DamagedWarning",
    "Entry",
    "Journal",
    "Layout",
    "Store",
    "StoreHealth",
    "StoreStats",
    "View",
    "Withdrawn",
    "collect",
    "read_answers",
    "read_segment",
    "row_count",
    "scan_parts",
    "sync_directory",
    "try_lock",
]
