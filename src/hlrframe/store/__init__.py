"""The store: a directory that keeps every answer, so that none is paid for twice and none that was paid for is lost.

``Store`` is the door, ``Journal`` is a run's writer, and the rest is what goes in and comes out. Inside, from the
bottom: ``disk`` (private, durable files), ``bucket`` (object stores), ``layout`` and ``remote`` (where things lie),
``privacy``, ``cipher`` and ``opening`` (how numbers lie there), ``records`` (columns), ``segment`` (a journal file),
``queries`` (which answer counts), ``parts`` (sealed files), ``journal``, ``claims`` (who is asking what), ``tidy``
(merging and removing), ``stats`` and ``export``.
"""

from hlrframe.errors import DamagedWarning
from hlrframe.store.claims import TOUCH_EVERY, Claim
from hlrframe.store.health import StoreHealth
from hlrframe.store.journal import Journal
from hlrframe.store.queries import INCONCLUSIVE_AGE
from hlrframe.store.records import Answered, Asked, Entry, Withdrawn
from hlrframe.store.stats import StoreStats
from hlrframe.store.store import Store
from hlrframe.store.tidy import Compaction

__all__ = [
    "INCONCLUSIVE_AGE",
    "TOUCH_EVERY",
    "Answered",
    "Asked",
    "Claim",
    "Compaction",
    "DamagedWarning",
    "Entry",
    "Journal",
    "Store",
    "StoreHealth",
    "StoreStats",
    "Withdrawn",
]
