"""A list of numbers to their outcomes: what is known is taken from the store, the rest is asked, once.

::

    lookup          store, scheduler and provider put together   <- open this first
    number_list     phone columns as distinct numbers, each with the cell that carries it first
    estimate        the price of a list
    look            what the store knows of it: found for the price, and good for the run
    loop            does what the scheduler says, and tells it what came of it
    schedule/       the decisions: queues, limits, retries, money. No clock, no I/O
    askings         asked is noted a window ahead, so that no request waits for the disk
    journal_writer  asked before it leaves, answered before it counts: on disk
    team/           the others on the account, on any machine: requests, money and numbers by the register
    coordination    who asks what, where several runs share a store
    sending         one ticket to the provider and back
    answer_book     answers as columns, what repeats kept once
    gate            what all runs of an account have in flight in this process
    resources       money, requests and claims that are not the run's alone
    outcomes        one outcome a number, spread over its cells
    results         the columns of rows under the caller's names, counted as they pass; the best number of each
    importing       answers that were paid for elsewhere, into a store
    windows         long streams, a window at a time
    metrics         what came of requests, as counters
    progress        where a run stands
"""

from hlrframe.run.estimate import estimate_numbers
from hlrframe.run.importing import Imported, Importer
from hlrframe.run.lookup import resolve_numbers
from hlrframe.run.metrics import opentelemetry_counters, prometheus_counters
from hlrframe.run.number_list import READING_COLUMNS, Cells, NumberList
from hlrframe.run.outcomes import Outcomes
from hlrframe.run.progress import ProgressOption, shown
from hlrframe.run.resources import Resources
from hlrframe.run.results import Results
from hlrframe.run.windows import Asking

__all__ = [
    "READING_COLUMNS",
    "Asking",
    "Cells",
    "Imported",
    "Importer",
    "NumberList",
    "Outcomes",
    "ProgressOption",
    "Resources",
    "Results",
    "estimate_numbers",
    "opentelemetry_counters",
    "prometheus_counters",
    "resolve_numbers",
    "shown",
]
