"""The columns: the one list of names, types and meanings that every other module reads.

An *answer* is what the provider said of one number. A *row* is a line of the caller's frame: it carries an answer, or
a reason why there is none. ``ANSWER_SCHEMA`` is the shape in which answers travel and are kept; ``COLUMNS`` is what a
caller sees. What a store keeps beside an answer stands here as well, so that what a column may give away is said in one
place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

from hlrframe.errors import ConfigError

__all__ = [
    "ANSWER_SCHEMA",
    "BEST_COLUMNS",
    "COLUMNS",
    "EVENT_COLUMNS",
    "JOURNAL_COLUMNS",
    "QUESTION_COLUMNS",
    "SCHEMA_VERSION",
    "Column",
    "select_columns",
]

#: Raised by one whenever a stored column changes its name, type or meaning.
SCHEMA_VERSION: Final = 1

_TEXT: Final = pa.string()
_TIME: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result."""

    #: Name without the prefix.
    name: str
    #: Arrow type.
    type: pa.DataType
    #: What a value means, in one sentence.
    meaning: str
    #: Whether ``columns="standard"`` gives it.
    standard: bool = True
    #: Whether the provider's answer holds it; otherwise it is a fact about the row.
    of_answer: bool = True
    #: What a value may give away, which decides how a private store keeps it. A column that says nothing of it is kept
    #: as one that tells the number: hidden where numbers are encrypted, left out where they are hashed. ``"person"`` is
    #: hidden where they are encrypted; ``"nothing"`` stands open for whoever reads the files.
    tells: Literal["number", "person", "nothing"] = "number"
    #: Whether a text of it has digits by itself. In any other one so many digits as a number has are taken for one, and
    #: a private store does not keep the text.
    digits: bool = False


#: Every column that a result can have, in the order in which callers see them.
COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "state",
        _TEXT,
        "What happened to the row: answered, cached, rejected, failed or skipped.",
        of_answer=False,
        tells="nothing",
    ),
    Column(
        "reason",
        _TEXT,
        "Why a rejected, failed or skipped row has no answer: a stable code.",
        of_answer=False,
        tells="nothing",
    ),
    Column("msisdn", _TEXT, "The number as E.164 digits without plus."),
    Column(
        "verdict",
        _TEXT,
        "What the answer means: live, unreachable, dead, unknown or not_applicable.",
        of_answer=False,
        tells="nothing",
    ),
    Column("live_status", _TEXT, "The provider's own word for the status.", tells="nothing"),
    Column("number_type", _TEXT, "The provider's own word for the type of number.", tells="nothing"),
    Column("original_network", _TEXT, "Name of the network that the number range belongs to.", tells="nothing"),
    Column("original_mccmnc", _TEXT, "Its mobile country and network code, leading zeros kept.", tells="nothing"),
    Column("original_country", _TEXT, "Its country, ISO 3166 alpha-3.", tells="nothing"),
    Column("current_network", _TEXT, "Name of the network that serves the number now.", tells="nothing"),
    Column("current_mccmnc", _TEXT, "Its mobile country and network code, leading zeros kept.", tells="nothing"),
    Column("current_country", _TEXT, "Its country, ISO 3166 alpha-3.", tells="nothing"),
    Column(
        "is_ported",
        pa.bool_(),
        "Whether the number moved between networks; null where that is not known.",
        tells="nothing",
    ),
    Column(
        "ported_date",
        _TEXT,
        "Date of the last port as the provider sent it, when asked for.",
        tells="nothing",
        digits=True,
    ),
    Column(
        "credits",
        pa.float64(),
        "Credits that this row cost in this run; the column adds up to the bill.",
        tells="nothing",
    ),
    Column("checked_at", _TIME, "When the provider gave the answer.", tells="nothing"),
    Column("provider", _TEXT, "Host of the provider, or 'emulator'.", tells="nothing", digits=True),
    Column("e164", _TEXT, "The number in E.164 with its plus.", standard=False, of_answer=False),
    Column(
        "reading",
        _TEXT,
        "How the number was read: renumbered from an old plan, or the first of several; null where it stands so.",
        standard=False,
        of_answer=False,
        tells="nothing",
    ),
    Column(
        "suggestion",
        _TEXT,
        "What may be wrong with a rejected cell, in plain words.",
        standard=False,
        of_answer=False,
        tells="nothing",
    ),
    Column("uuid", _TEXT, "The provider's id of the answer.", standard=False, tells="person", digits=True),
    Column("error", _TEXT, "The provider's own error word where it was not NONE.", standard=False, tells="person"),
    Column("detected_number", _TEXT, "The number as the provider understood it.", standard=False),
    Column("formatted_number", _TEXT, "The number in the output format, where one was asked for.", standard=False),
    Column(
        "original_country_name", _TEXT, "Country of the original network, in English.", standard=False, tells="nothing"
    ),
    Column(
        "original_area", _TEXT, "Area of the number range: the country for mobiles.", standard=False, tells="nothing"
    ),
    Column(
        "original_prefix", _TEXT, "Calling code of the original network's country.", standard=False, tells="nothing"
    ),
    Column(
        "current_country_name", _TEXT, "Country of the current network, in English.", standard=False, tells="nothing"
    ),
    Column("current_prefix", _TEXT, "Calling code of the current network's country.", standard=False, tells="nothing"),
    Column(
        "disposable",
        pa.bool_(),
        "Whether the number is a disposable one; null where not known.",
        standard=False,
        tells="nothing",
    ),
    Column(
        "usa_status",
        _TEXT,
        "The provider's usa_status field, where that option was on.",
        standard=False,
        tells="nothing",
    ),
    Column("sms_email", _TEXT, "E-mail address that reaches the number as SMS (US carriers).", standard=False),
    Column("mms_email", _TEXT, "E-mail address that reaches the number as MMS (US carriers).", standard=False),
    Column("extra", _TEXT, "Fields not known to this version, as JSON text.", standard=False),
)

#: What a row with several phone columns says of the best of its numbers, beside the columns of each.
BEST_COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "best_column",
        _TEXT,
        "Phone column that the best number stands in; null where the row has none.",
        of_answer=False,
    ),
    Column("best_msisdn", _TEXT, "The best number of the row, as E.164 digits without plus.", of_answer=False),
    Column("best_verdict", _TEXT, "What its answer means; null where it has none.", of_answer=False),
    Column("best_network", _TEXT, "Name of the network that serves it, else of its first one.", of_answer=False),
    Column("credits", pa.float64(), "Credits that the row cost in this run, with columns='best'.", of_answer=False),
)

#: What a journal adds to an answer, what sealing adds to that, and what is kept of an asking beside the number.
JOURNAL_COLUMNS: Final[tuple[Column, ...]] = (
    Column("received_at", _TIME, "When the answer came, by our own clock.", of_answer=False, tells="nothing"),
    Column("known_at", _TIME, "Since when it is known to be true.", of_answer=False, tells="nothing"),
)
QUESTION_COLUMNS: Final[tuple[Column, ...]] = (
    Column("lookup", _TEXT, "Kind of lookup that was asked for.", of_answer=False, tells="nothing", digits=True),
    Column("options", _TEXT, "Options that change the answer.", of_answer=False, tells="nothing", digits=True),
    Column("question", _TEXT, "Both and the provider, as one word.", of_answer=False, tells="nothing", digits=True),
    Column("run", _TEXT, "Which run asked.", of_answer=False, tells="nothing", digits=True),
)
EVENT_COLUMNS: Final[tuple[Column, ...]] = (
    Column("event", _TEXT, "Whether the number was asked, or taken back.", of_answer=False, tells="nothing"),
    Column("at", _TIME, "When.", of_answer=False, tells="nothing"),
    *QUESTION_COLUMNS[2:],
)

#: How answers travel from the wire to the store and to the frame; ``msisdn`` is never null.
ANSWER_SCHEMA: Final[pa.Schema] = pa.schema([pa.field(each.name, each.type) for each in COLUMNS if each.of_answer])


def select_columns(columns: str | Sequence[str]) -> tuple[Column, ...]:
    """Gives the columns that a caller asked for.

    Args:
        columns: ``"standard"``, ``"all"``, or a list of names, which are given in the list's order.

    Raises:
        ConfigError: A name is no column.

    >>> [each.name for each in select_columns(["verdict", "credits"])]
    ['verdict', 'credits']
    """
    if columns == "all":
        return COLUMNS
    if columns == "standard":
        return tuple(each for each in COLUMNS if each.standard)
    by_name = {each.name: each for each in COLUMNS}
    names = [columns] if isinstance(columns, str) else list(columns)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise ConfigError(
            f"there is no column {unknown[0]!r}: use 'standard', 'all', 'best', or some of {', '.join(by_name)}"
        )
    return tuple(by_name[name] for name in dict.fromkeys(names))
