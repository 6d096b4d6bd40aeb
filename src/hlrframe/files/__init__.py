"""Files of any size and of many kinds in, the same rows with answers out.

::

    job         file in, file out: read, ask, write   <- open this first
    select      enriched file in, the rows to act on out
    estimate    what that would cost
    importing   downloaded batch result in, into a store
    clean       the same with what the numbering plans say, for nothing
    places/     which files are read and where each goes
    transfer    one file that is written from one or several
    matching    several files that become one: columns by name
    wrappers    sources around sources
    formats     which source and sink go together
    source      what every kind of file looks like to the rest
    delimited/, ndjson/, workbook/, columnar, vcard   the kinds
    ipc_size, weight   how much packed batches, and rows of a table, take
    text/       lines, and which characters they are made of
    kept        answers of a run without a store, until its output is written
    readings    what was read in each row, on disk
    memory      how much is held at a time
"""

from hlrframe.files.clean import Cleaned, clean_file
from hlrframe.files.estimate import estimate_file
from hlrframe.files.importing import import_results
from hlrframe.files.job import FileJob, GuardOption, enrich_file
from hlrframe.files.kept import KeptAnswers
from hlrframe.files.places import Command
from hlrframe.files.select import select_file

__all__ = [
    "Cleaned",
    "Command",
    "FileJob",
    "GuardOption",
    "KeptAnswers",
    "clean_file",
    "enrich_file",
    "estimate_file",
    "import_results",
    "select_file",
]
