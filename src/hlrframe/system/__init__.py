"""What the package needs of the machine it runs on.

``sync`` is the one bridge from synchronous code to the asynchronous core; ``files`` is the one way of replacing a file,
whole and on disk, and has the locks that hold among processes.
"""

from hlrframe.system.files import create, is_abandoned, locked, publish, put_in_place, sync_directory, try_lock
from hlrframe.system.sync import run_sync

__all__ = [
    "create",
    "is_abandoned",
    "locked",
    "publish",
    "put_in_place",
    "run_sync",
    "sync_directory",
    "try_lock",
]
