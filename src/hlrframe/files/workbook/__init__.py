"""Workbooks of Excel.

::

    file      a sheet as a source of rows   <- open this first
    sink      a workbook that is written
    size      what a packed sheet may come to: its parts, its extent, the texts it shares, the tags of an opendocument,
                the records of a binary one
    account   a sheet about the run
"""

from hlrframe.files.workbook.account import account_of_cleaning, account_of_run
from hlrframe.files.workbook.file import WorkbookFile
from hlrframe.files.workbook.sink import MOST_COLUMNS, Account, WorkbookSink, check_cells, check_rows, load_writer

__all__ = [
    "MOST_COLUMNS",
    "Account",
    "WorkbookFile",
    "WorkbookSink",
    "account_of_cleaning",
    "account_of_run",
    "check_cells",
    "check_rows",
    "load_writer",
]
