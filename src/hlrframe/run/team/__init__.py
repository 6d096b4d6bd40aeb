"""A run among others on the same account, on any machine: its share of the requests, its money, its numbers.

::

    team         Team: what a run does with the others   <- open this first
    membership   one run in the register of its store, from joining to leaving
    heart        the thread by which it shows that it lives; handover: its journal, on the way into the bucket
    purse        the money: its own ceiling, and what it may draw of a budget that is shared; refill: waiting for more
    folder       the requests among the runs of a folder, which need no register for them
    share        the requests: its part of what the account allows
    claiming     the numbers: who asks what
    settling     what runs left in doubt, once it is known better
"""

from hlrframe.run.team.folder import FolderShare
from hlrframe.run.team.team import Team

__all__ = ["FolderShare", "Team"]
