"""What a run or a store came to: coverage, cost, networks, countries and portability, each from SQL to be read.

::

    summary      named statements asked of whatever is summarised   <- open this first
    tables       a connection of its own and the statements asked of it; overview: all tables together
    subject      what is summarised, and what that leaves unsaid
    sources      frames and files as one table; plain_text: files of cells as they are read; stored: a store as one
    statements   the SQL; costs: that about money; wording, dialect: what they are made of
    tally        outcomes counted in two passes; repeats: which numbers are there twice; outcomes: what tables read
    render       tables for a terminal and a notebook; screen: a summary on one screen
    page/        the report page
    plots        the same pictures as altair charts
"""

from hlrframe.report.summary import Summary, summarize

__all__ = ["Summary", "summarize"]
