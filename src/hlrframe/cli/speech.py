"""What the command says: results to standard output, everything else to standard error."""

import dataclasses
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hlrframe.errors import EmulatorWarning, IncompleteWarning

__all__ = ["agreed", "say", "show", "show_json", "spoken_warnings"]


def say(words: object) -> None:
    """Says something about the work, on standard error."""
    sys.stderr.write(f"hlrframe: {words}\n")
    sys.stderr.flush()


def show(result: object) -> None:
    """Shows a result, on standard output."""
    sys.stdout.write(f"{result}\n")


def show_json(result: object) -> None:
    """Shows a result as one JSON object on one line."""
    show(json.dumps(result, default=_plain, ensure_ascii=False))


def _plain(value: object) -> Any:  # noqa: ANN401  # whatever JSON can hold
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return dict(value) if isinstance(value, Mapping) else str(value)


def agreed(question: str, *, without_asking: bool) -> bool:
    """Asks somebody at a terminal; where nobody is, goes on."""
    if without_asking or sys.stdin is None or not sys.stdin.isatty():
        return True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


@contextmanager
def spoken_warnings() -> Iterator[None]:
    """Makes warnings lines like all others."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", EmulatorWarning)
        warnings.simplefilter("always", IncompleteWarning)
        warnings.showwarning = _say_warning
        yield


def _say_warning(message: Warning | str, *_: object, **__: object) -> None:
    say(message)
