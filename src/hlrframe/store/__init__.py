"""The store: a directory that keeps every answer, so that none is paid for twice and none that was paid for is lost.

::

    store        Store: what the rest of the package and its users hold   <- open this first
    reader       what is known, in doubt, changed; all answers as they lie
    journal      a run's own file of what it asks and learns; segment: its bytes
    claims       who is asking what at this moment; slots: with how many requests, where the store is a folder
    parts        sealed files: written, read, set aside; checksum: are they whole
    tidying/     merging, forgetting, purging
    queries      which answer counts; records: the columns that are kept
    folder/      where things lie on this machine, and which version may touch them
    remote/      the same in a bucket; bucket: the few things that a store asks of an object store
    register/    who is running, on which machine, with what part of the requests and the money
    encoding/    how numbers lie there: plain, hashed, encrypted, and with what key
    stats        how much there is; health: how it is; export: a copy in the clear
"""

from hlrframe.errors import DamagedWarning
from hlrframe.store.bucket import Bucket
from hlrframe.store.claims import TOUCH_EVERY, Claim
from hlrframe.store.health import StoreHealth
from hlrframe.store.journal import Journal
from hlrframe.store.queries import AGE, INCONCLUSIVE_AGE, KEY, SAME, not_too_old
from hlrframe.store.reader import Sources
from hlrframe.store.records import KEPT_TYPES, Answered, Asked, Entry, Withdrawn
from hlrframe.store.register import (
    Doubt,
    Fund,
    Grant,
    Member,
    Register,
    Standing,
    agree,
    close_doubt,
    doubt_claims,
    draw,
    fair_share,
    purse_of,
    register_of,
    settle_share,
    touched,
    turned,
)
from hlrframe.store.register import State as RegisterState
from hlrframe.store.slots import Slots
from hlrframe.store.stats import StoreStats
from hlrframe.store.store import Store
from hlrframe.store.tidying import Compaction

__all__ = [
    "AGE",
    "INCONCLUSIVE_AGE",
    "KEPT_TYPES",
    "KEY",
    "SAME",
    "TOUCH_EVERY",
    "Answered",
    "Asked",
    "Bucket",
    "Claim",
    "Compaction",
    "DamagedWarning",
    "Doubt",
    "Entry",
    "Fund",
    "Grant",
    "Journal",
    "Member",
    "Register",
    "RegisterState",
    "Slots",
    "Sources",
    "Standing",
    "Store",
    "StoreHealth",
    "StoreStats",
    "Withdrawn",
    "agree",
    "close_doubt",
    "doubt_claims",
    "draw",
    "fair_share",
    "not_too_old",
    "purse_of",
    "register_of",
    "settle_share",
    "touched",
    "turned",
]
