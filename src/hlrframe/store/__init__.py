"""The store: a directory or a bucket that keeps every answer, so that none is paid for twice and none is lost.

::

    store        what a caller does with a store   <- open this first
    journal      what a run learns, on disk before it counts; segment: one file of it; records: its entries
    parts        sealed files; queries: which answer counts; checksum: no changed bit passes
    claims       which numbers a run is asking at this moment
    compaction   merging and removing what is sealed
    layout       where things lie, and who may touch them; disk: private, durable files
    remote       parts in a bucket; bucket: what is asked of an object store
    privacy      how numbers lie in a store; cipher: encrypted; opening: where the key comes from
    stats        what a store holds; health: whether to rely on it; export: its answers for others
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
