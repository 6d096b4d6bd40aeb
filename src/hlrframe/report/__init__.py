"""What a run or a store came to: coverage, cost, networks, countries and portability, each from SQL to be read.

``statements`` holds the SQL, ``sources`` and ``stored`` make one table of whatever is summarised, ``summary`` asks the
statements of it, and ``render`` draws the answers.
"""

from hlrframe.report.summary import Summary, summarize

__all__ = ["Summary", "summarize"]
