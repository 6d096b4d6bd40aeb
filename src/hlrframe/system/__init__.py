"""What the package needs of the machine it runs on.

``sync`` is the one bridge from synchronous code to the asynchronous core.
"""

from hlrframe.system.sync import run_sync

__all__ = [
    "run_sync",
]
