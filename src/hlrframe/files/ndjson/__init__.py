"""Lines of JSON, and arrays of objects.

::

    lines     a file of NDJSON as a source of rows   <- open this first
    members   what one line holds
    array     an array of objects, as such lines
    nested    where the rows of other files are
"""

from hlrframe.files.ndjson.array import JsonLines
from hlrframe.files.ndjson.lines import NdjsonLines, NdjsonTable

__all__ = ["JsonLines", "NdjsonLines", "NdjsonTable"]
