"""Any frame in, the same type of frame out: the functions that users call.

::

    enrich       enrich(), lookup(), estimate()   <- open this first
    call         what every function begins with: whom to ask, what results are called
    stream       enrich_batches()
    clean        clean()
    select       select(): the list to act on; rules: which numbers are wanted, and why others are not;
                 picking: which columns are kept
    adapters     the one boundary to frame libraries
    enriched     what enrich gave, as somebody has made it since
    to_text      cells of any type as text
    explain      explain(): what is known of one number, in words
    accessors    the same functions as methods
"""

from hlrframe.frames.accessors import READINGS, FrameAccessor, SeriesAccessor, read_cells
from hlrframe.frames.adapters import OpenFrame, open_frame
from hlrframe.frames.call import Call, StorePath, estimate_list, open_store, raise_if_ended_early
from hlrframe.frames.clean import CLEAN_COLUMNS, clean, facts_of
from hlrframe.frames.enrich import enrich, enrich_async, enrich_with_report, estimate, lookup
from hlrframe.frames.explain import Explanation, explain, explain_number
from hlrframe.frames.picking import SELECTED, picked_columns
from hlrframe.frames.rules import Chosen, Rule, SelectionReport, Words, chosen, is_needed, phone_columns
from hlrframe.frames.select import Selection, select
from hlrframe.frames.stream import enrich_batches

__all__ = [
    "CLEAN_COLUMNS",
    "READINGS",
    "SELECTED",
    "Call",
    "Chosen",
    "Explanation",
    "FrameAccessor",
    "OpenFrame",
    "Rule",
    "Selection",
    "SelectionReport",
    "SeriesAccessor",
    "StorePath",
    "Words",
    "chosen",
    "clean",
    "enrich",
    "enrich_async",
    "enrich_batches",
    "enrich_with_report",
    "estimate",
    "estimate_list",
    "explain",
    "explain_number",
    "facts_of",
    "is_needed",
    "lookup",
    "open_frame",
    "open_store",
    "phone_columns",
    "picked_columns",
    "raise_if_ended_early",
    "read_cells",
    "select",
]
