"""Texts to telephone numbers, and what the digits alone say of them. Sends nothing.

::

    parse        a text or a column to E.164 digits, or a reason   <- open this first
    reading      one tidy text: everything that it may mean
    notes        how a number was read, and what may be wrong with a text that is none
    spelled      which numbers a text may mean, for whoever looks for what was kept of one
    characters   the characters of a text as plain ones
    dated        dates and times that stand beside a number
    repair       what is mended before a text is read: labels, links, spreadsheet damage
    repair_exprs the same of the usual texts as column expressions
    runs         a column of texts to the digits that they may mean
    lists        cells that hold several numbers and nothing else
    run_exprs    runs of digits to numbers, as column expressions
    plans        one number against the world's numbering plans
    renumbering  numbers of old plans: what countries renumbered
    plan_exprs   the same rules as column expressions; plan_patterns: libphonenumber's own of these
    networks     the network and the type that digits predict
"""

from hlrframe.phone.networks import number_types, predict_networks
from hlrframe.phone.parse import Msisdn, explain_column, parse, parse_column
from hlrframe.phone.spelled import FEWEST, digits_meant, digits_within

__all__ = [
    "FEWEST",
    "Msisdn",
    "digits_meant",
    "digits_within",
    "explain_column",
    "number_types",
    "parse",
    "parse_column",
    "predict_networks",
]
