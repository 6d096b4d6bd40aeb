"""The report page: one file that needs nothing from elsewhere.

::

    document   the page as a whole, and its part for a notebook   <- open this first
    sections   its parts: what each picture shows, in words and drawn, with its table behind it
    charts     bars and their fills; flows: ribbons from network to network
    markup     elements and texts that cannot break out of them
"""

from hlrframe.report.page.document import About, notebook_part, page, source_of, write_page
from hlrframe.report.page.sections import Facts

__all__ = ["About", "Facts", "notebook_part", "page", "source_of", "write_page"]
