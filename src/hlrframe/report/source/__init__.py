"""What is summarised: a frame, files, or a store.

::

    subject      what it is, and what that leaves unsaid   <- open this first
    attaching    frames and files as one table
    plain_text   files of cells as they are read
    stored       a store as one table
"""

from hlrframe.report.source.attaching import readable
from hlrframe.report.source.subject import open_subject

__all__ = ["open_subject", "readable"]
