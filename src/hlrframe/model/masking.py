"""What of a number may be shown."""

__all__ = ["mask"]


def mask(number: str) -> str:
    """Hides all but the last three digits, for messages and logs.

    >>> mask("447700900123")
    '…123'
    """
    return f"…{number[-3:]}"
