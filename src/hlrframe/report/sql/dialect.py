"""Names, texts and moments as SQL."""

import re
from datetime import UTC, datetime

__all__ = ["identifier", "literal", "moment"]


def identifier(name: str) -> str:
    """Gives a name as SQL, quoted where it must be.

    >>> print(identifier("hlr_state"), identifier("Mobile state"))
    hlr_state "Mobile state"
    """
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Gives a text as SQL.

    >>> print(literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


def moment(time: datetime) -> str:
    """Gives a moment as SQL.

    >>> print(moment(datetime(2026, 11, 30, 12, tzinfo=UTC)))
    timestamptz '2026-11-30 12:00:00+00'
    """
    return f"timestamptz '{time.astimezone(UTC).replace(tzinfo=None)}+00'"
