"""What the package needs of the machine it runs on.

``sync`` is the one bridge from synchronous code to the asynchronous core; ``files`` is the one way of replacing a file,
whole and on disk, and has the locks that hold among processes; ``packings`` packs and unpacks as a stream; ``scratch``
is a private folder that goes with its maker; ``extras`` imports what not everybody has; ``sealing`` lets errors carry
nobody's data away; ``traces`` says on a file which command wrote it.
"""

from hlrframe.system.extras import extra, quiet
from hlrframe.system.files import (
    create,
    is_abandoned,
    locked,
    publish,
    put_in_place,
    state_home,
    sync_directory,
    temporary_beside,
    try_lock,
    user_path,
)
from hlrframe.system.packings import ArchiveError, create_packed, member_of, open_packed
from hlrframe.system.scratch import Scratch
from hlrframe.system.sealing import is_sealed, sealed, sealed_class
from hlrframe.system.sync import run_sync
from hlrframe.system.traces import Trace, leave_trace, read_trace

__all__ = [
    "ArchiveError",
    "Scratch",
    "Trace",
    "create",
    "create_packed",
    "extra",
    "is_abandoned",
    "is_sealed",
    "leave_trace",
    "locked",
    "member_of",
    "open_packed",
    "publish",
    "put_in_place",
    "quiet",
    "read_trace",
    "run_sync",
    "sealed",
    "sealed_class",
    "state_home",
    "sync_directory",
    "temporary_beside",
    "try_lock",
    "user_path",
]
