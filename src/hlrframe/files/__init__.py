"""Files of any size and of many kinds in, the same rows with answers out.

::

    job         file in, file out: read, ask, write   <- open this first
    select      enriched file in, the rows to act on out
    estimate    what that would cost
    importing   downloaded batch result in, into a store
    clean       the same with what the numbering plans say, for nothing
    routes      which files are read and where each goes
    elsewhere   pipes and objects: brought here, taken there
    inputs      a file that is read: where its bytes are, what it is, what messages call it
    kinds       what a file is, by its name and by its bytes
    transfer    one file that is written from one or several
    matching    several files that become one: columns by name
    wrappers    sources around sources
    formats     which source and sink go together
    source      what every kind of file looks like to the rest
    delimited, ndjson, json_array, columnar, workbook, vcard   the kinds
    dialect     how delimited text is to be read: separator, header, columns; looks: its first records by each
                separator; records: its cells
    members     what one line of NDJSON holds
    encodings   which characters a file's bytes are; texts: which of them can be written
    blocks      many lines of delimited text, where each is a record
    text        lines; text_sinks: text that is written
    workbook_size, workbook_sink, account   what workbooks take beside: limits, writing, a sheet about the run
    guard       cells of lines that a spreadsheet would run as formulas
    kept        answers of a run without a store, until its output is written
    readings    what was read in each row, on disk
    memory      how much is held at a time
    paths       what can go wrong with a path
    overwriting who may replace a file that is there
"""

from hlrframe.files.clean import Cleaned, clean_file
from hlrframe.files.estimate import estimate_file
from hlrframe.files.importing import import_results
from hlrframe.files.job import FileJob, GuardOption, enrich_file
from hlrframe.files.kept import KeptAnswers
from hlrframe.files.overwriting import Command
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
