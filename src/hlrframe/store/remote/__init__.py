"""A store whose sealed answers live in a bucket, with a spool on each machine.

::

    layout    where its things lie, in the bucket and in the spool   <- open this first
    mirror    the bucket's parts, and their copies in the spool
    upkeep    tidying it: one machine at a time, by a lock that a dead one loses
"""

from hlrframe.store.remote.layout import RemoteLayout, default_spool, layout_at

__all__ = ["RemoteLayout", "default_spool", "layout_at"]
