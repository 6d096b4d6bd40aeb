"""The statements that a summary asks, to be read and run anywhere.

::

    statements   the SQL   <- open this first
    costs        that about money
    wording      what they are made of: outcomes, columns, ages
    dialect      names, texts and moments as SQL
"""

from hlrframe.report.sql.costs import COST_OF_STORE
from hlrframe.report.sql.dialect import identifier, literal, moment
from hlrframe.report.sql.statements import STATEMENTS
from hlrframe.report.sql.wording import (
    DIMENSIONS,
    NEEDED,
    SQL_TYPES,
    TYPES_OF_MEASURES,
    days,
    dimensions_of,
    needed_by,
    render,
    unprefixed,
)

__all__ = [
    "COST_OF_STORE",
    "DIMENSIONS",
    "NEEDED",
    "SQL_TYPES",
    "STATEMENTS",
    "TYPES_OF_MEASURES",
    "days",
    "dimensions_of",
    "identifier",
    "literal",
    "moment",
    "needed_by",
    "render",
    "unprefixed",
]
