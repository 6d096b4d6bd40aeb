"""What a run or a store came to: coverage, cost, networks, countries and portability, each from SQL to be read.

::

    summary     named statements asked of whatever is summarised   <- open this first
    tables      a connection of its own and the statements asked of it; overview: all tables together
    source/     what is summarised: a frame, files or a store as one table
    counting/   outcomes counted once, for every table
    sql/        the statements
    render      tables for a terminal and a notebook; screen: a summary on one screen
    page/       the report page
    plots       the same pictures as altair charts
"""

from hlrframe.report.summary import Summary, summarize

__all__ = ["Summary", "summarize"]
