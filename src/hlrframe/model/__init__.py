"""The values that every other room speaks of. No I/O, no clock; imports nothing but ``errors``.

::

    vocabulary   the words of the field: states, reasons, verdicts, statuses   <- open this first
    columns      THE list of columns: name, type, meaning; naming: what they are called in a caller's frame
    answers      what a provider said of one number, in nobody's JSON
    money        credits as whole milli-credits
    freshness    how old an answer may be
    settings     what a run is told
    countries    codes and names of countries; dialling: in the way of which one numbers are read; region_cells: what
                 a whole column of them means
    budget       what many runs may spend together
    question     what an answer is an answer to: the store's key, the number apart
    progress     where a run stands; reply: what came of one request
    file_kinds   the table of kinds of file and their endings
    display      figures as people read them; formulas: cells that a spreadsheet would run
    masking      what of a number, a secret, a header or a foreign text may be shown
    reports      the price before and the account after
"""

from hlrframe.model.answers import Answer, Failure, LookupResult, NetworkDetails, moment_of
from hlrframe.model.budget import Budget
from hlrframe.model.columns import (
    ANSWER_SCHEMA,
    BEST_COLUMNS,
    COLUMNS,
    EVENT_COLUMNS,
    JOURNAL_COLUMNS,
    QUESTION_COLUMNS,
    SCHEMA_VERSION,
    Column,
    select_columns,
)
from hlrframe.model.countries import name_of, region_of, regions_of
from hlrframe.model.dialling import check_region, dialling_regions_of
from hlrframe.model.display import amount, count, duration, is_share, many, percent
from hlrframe.model.file_kinds import ENDINGS, IN_ONLY, PACKABLE, PACKINGS, TEXT_KINDS, FileKind, Packing, kind_of
from hlrframe.model.formulas import FORMULA_BEGINS, guard_frame, guard_text
from hlrframe.model.freshness import INCONCLUSIVE_AGE, Age, MaxAge, parse_age
from hlrframe.model.masking import (
    discreet,
    looks_like_data,
    many_digits,
    mask,
    named,
    printable,
    printable_frame,
    safe_url,
)
from hlrframe.model.money import MILLI, credits_of, milli_of
from hlrframe.model.naming import BEST, Naming, phones_of
from hlrframe.model.progress import Progress
from hlrframe.model.question import Question
from hlrframe.model.region_cells import RegionCells
from hlrframe.model.reply import OnReply, Reply
from hlrframe.model.reports import ColumnReport, Enrichment, Estimate, Frame, LaneReport, Money, Report
from hlrframe.model.settings import DEFAULT_TIMEOUT, MAX_BATCH, MAX_CACHE_DAYS, MAX_REQUESTS, MAX_TIMEOUT, Settings
from hlrframe.model.vocabulary import (
    MEANING_OF,
    LiveStatus,
    LookupKind,
    NumberType,
    Reading,
    Reason,
    State,
    Verdict,
    verdict_of,
)

__all__ = [
    "ANSWER_SCHEMA",
    "BEST",
    "BEST_COLUMNS",
    "COLUMNS",
    "DEFAULT_TIMEOUT",
    "ENDINGS",
    "EVENT_COLUMNS",
    "FORMULA_BEGINS",
    "INCONCLUSIVE_AGE",
    "IN_ONLY",
    "JOURNAL_COLUMNS",
    "MAX_BATCH",
    "MAX_CACHE_DAYS",
    "MAX_REQUESTS",
    "MAX_TIMEOUT",
    "MEANING_OF",
    "MILLI",
    "PACKABLE",
    "PACKINGS",
    "QUESTION_COLUMNS",
    "SCHEMA_VERSION",
    "TEXT_KINDS",
    "Age",
    "Answer",
    "Budget",
    "Column",
    "ColumnReport",
    "Enrichment",
    "Estimate",
    "Failure",
    "FileKind",
    "Frame",
    "LaneReport",
    "LiveStatus",
    "LookupKind",
    "LookupResult",
    "MaxAge",
    "Money",
    "Naming",
    "NetworkDetails",
    "NumberType",
    "OnReply",
    "Packing",
    "Progress",
    "Question",
    "Reading",
    "Reason",
    "RegionCells",
    "Reply",
    "Report",
    "Settings",
    "State",
    "Verdict",
    "amount",
    "check_region",
    "count",
    "credits_of",
    "dialling_regions_of",
    "discreet",
    "duration",
    "guard_frame",
    "guard_text",
    "is_share",
    "kind_of",
    "looks_like_data",
    "many",
    "many_digits",
    "mask",
    "milli_of",
    "moment_of",
    "name_of",
    "named",
    "parse_age",
    "percent",
    "phones_of",
    "printable",
    "printable_frame",
    "region_of",
    "regions_of",
    "safe_url",
    "select_columns",
    "verdict_of",
]
