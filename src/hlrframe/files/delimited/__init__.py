"""Delimited text: CSV and its kin, as people and programs write it.

::

    file      a file of it as a source of rows   <- open this first
    dialect   how it is to be read: separator, header, columns
    looks     its first records by each separator
    records   its cells, byte by byte as they stand
    escapes   the same where a backslash stands before what has a meaning
    guard     cells that a spreadsheet would run as formulas
    blocks    many lines at once, where each is a record; escaped_blocks the same with backslashes
"""

from hlrframe.files.delimited.file import SEPARATORS, DelimitedFile, DelimitedLines, DelimitedTable

__all__ = ["SEPARATORS", "DelimitedFile", "DelimitedLines", "DelimitedTable"]
