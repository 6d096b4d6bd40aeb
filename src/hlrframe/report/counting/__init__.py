"""Outcomes counted once, for every table.

::

    passes     counting in two passes over the rows   <- open this first
    repeats    which numbers are there twice
    outcomes   what the tables read of it
"""

from hlrframe.report.counting.outcomes import Outcomes, Several
from hlrframe.report.counting.passes import Counted, Piece, bounds_of, count, kind_of, merged, starts_of, tally
from hlrframe.report.counting.repeats import words_of, words_of_files, words_of_relation

__all__ = [
    "Counted",
    "Outcomes",
    "Piece",
    "Several",
    "bounds_of",
    "count",
    "kind_of",
    "merged",
    "starts_of",
    "tally",
    "words_of",
    "words_of_files",
    "words_of_relation",
]
