"""A store is kept small, and made to forget, while runs and readers go on.

::

    compaction   few sorted parts in the place of many   <- open this first
    erasure      forgetting numbers, purging what is old
    rewriting    how both put new files in the place of old ones
"""

from hlrframe.store.tidying.compaction import Compaction, compact, compact_small
from hlrframe.store.tidying.erasure import forget, purge

__all__ = ["Compaction", "compact", "compact_small", "forget", "purge"]
