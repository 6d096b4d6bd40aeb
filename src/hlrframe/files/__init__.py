"""Files of any size: CSV, NDJSON, Parquet or Arrow in, the same rows with answers out.

::

    job         file in, file out: read, ask, write   <- open this first
    clean       the same with what the numbering plans say, for nothing
    routes      which files are read and where each goes
    transfer    one file that is written from one or several
    formats     kinds of file by their endings
    source      what every kind of file looks like to the rest
    delimited, ndjson, columnar   the kinds
    dialect     how delimited text is to be read: separator, header, columns; records: its cells
    encodings   which characters a file's bytes are; texts: which of them can be written
    text        lines, packings
    guard       cells of lines that a spreadsheet would run as formulas
    readings    what was read in each row, on disk
    memory      how much is held at a time
    paths       what can go wrong with a path
"""

from hlrframe.files.clean import Cleaned, clean_file
from hlrframe.files.job import FileJob, GuardOption, enrich_file, estimate_file

__all__ = ["Cleaned", "FileJob", "GuardOption", "clean_file", "enrich_file", "estimate_file"]
