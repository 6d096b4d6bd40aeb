"""Which columns of an enriched frame a list to act on keeps."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Final

from hlrframe.errors import ConfigError, InputError
from hlrframe.frames.rules import phone_columns
from hlrframe.model import BEST_COLUMNS, COLUMNS, named

__all__ = ["SELECTED", "picked_columns"]

#: What a selection adds of several phone columns.
SELECTED: Final = ("selected_column", "selected_msisdn")
#: Words for many columns: every one, and those that were there before the results.
_EVERY: Final = "all"
_BEFORE: Final = "input"


def picked_columns(names: Sequence[Any], wanted: str | Iterable[str], *, prefix: str) -> list[Any]:
    """Gives the columns that somebody asked for, in the order in which they were named.

    Args:
        names: All there are.
        wanted: ``"all"``, ``"input"`` (those that no enriching added), the name of a column, a pattern such as
            ``"hlr_*"``, or the name of a result without its prefix, which is that of each phone column; or several of
            these, with commas or as a list.
        prefix: What stands before the names of the result columns.

    Raises:
        InputError: A name is none of these.
        ConfigError: Nothing is named.

    >>> names = ["id", "phone", "hlr_msisdn", "hlr_verdict"]
    >>> picked_columns(names, "id,msisdn", prefix="hlr_"), picked_columns(names, ["input", "hlr_v*"], prefix="hlr_")
    (['id', 'hlr_msisdn'], ['id', 'phone', 'hlr_verdict'])
    """
    words = [wanted] if isinstance(wanted, str) else list(wanted)
    found = [name for word in words for name in _called(names, str(word), prefix)]
    if not found:
        raise ConfigError("columns names no column: use 'all', 'input', or names of columns")
    return list(dict.fromkeys(found))


def _called(names: Sequence[Any], word: str, prefix: str) -> list[Any]:
    """Gives the columns that one word means, or the words that commas divide it into."""
    found = _meant(names, word, prefix)
    if found or not word.strip():
        return found
    parts = word.split(",")
    if len(parts) > 1:
        return [name for part in parts for name in _called(names, part.strip(), prefix)]
    near = get_close_matches(word, [*map(str, names)], n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    raise InputError(f"no column is called {word!r}{meant}: the frame has {named([*map(str, names)])}")


def _meant(names: Sequence[Any], word: str, prefix: str) -> list[Any]:
    """Gives the columns that a word means as a whole: its own first, then those with a result's name."""
    if word == _EVERY:
        return list(names)
    results = _results(names, prefix)
    if word == _BEFORE:
        return [name for name in names if str(name) not in results]
    own = [name for name in names if str(name) == word]
    return (
        own
        or [name for name in names if results.get(str(name)) == word]
        or [name for name in names if "*" in word and fnmatchcase(str(name).casefold(), word.casefold())]
    )


def _results(names: Sequence[Any], prefix: str) -> dict[str, str]:
    """Gives the results of an enriched frame, and what each is called without phone column and prefix."""
    each = [column.name for column in COLUMNS]
    row = [*(column.name for column in BEST_COLUMNS), *SELECTED]
    befores = [*((before, each) for before in phone_columns(names, prefix)), ("", row)]
    return {f"{before}{prefix}{name}": name for before, results in befores for name in results}
