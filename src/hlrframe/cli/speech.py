"""What the command says: results to standard output, everything else to standard error."""

import dataclasses
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TextIO

from hlrframe.errors import EmulatorWarning, GuessWarning, IncompleteWarning

__all__ = [
    "GREEN",
    "RED",
    "YELLOW",
    "agreed",
    "complain",
    "declined",
    "paint",
    "say",
    "show",
    "show_json",
    "speak_any_text",
    "spoken_warnings",
]

#: The exit code where somebody was asked and said no.
DECLINED: Final = 130

RED: Final = "31"
GREEN: Final = "32"
YELLOW: Final = "33"


def speak_any_text() -> None:
    """Lets standard output show what its encoding has no letters for: as escapes, where it would fail otherwise.

    On Windows a pipe has the encoding of the place, which knows neither every name nor every sign.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def paint(words: str, colour: str, stream: TextIO) -> str:
    """Colours words where a terminal shows them and nobody has asked for none (``NO_COLOR``)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return words if plain else f"\x1b[{colour}m{words}\x1b[0m"


def say(words: object) -> None:
    """Says something about the work, on standard error."""
    sys.stderr.write(f"hlrframe: {words}\n")
    sys.stderr.flush()


def complain(words: object) -> None:
    """Says what went wrong, on standard error."""
    say(f"{paint('error:', RED, sys.stderr)} {words}")


def show(result: object) -> None:
    """Shows a result, on standard output."""
    sys.stdout.write(f"{result}\n")


def show_json(result: object) -> None:
    """Shows a result as one JSON object on one line."""
    every_letter = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    show(json.dumps(result, default=_plain, ensure_ascii=not every_letter))


def _plain(value: object) -> Any:  # noqa: ANN401  # whatever JSON can hold
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else str(value)


def agreed(question: str, *, without_asking: bool) -> bool:
    """Asks somebody at a terminal; where nobody is, goes on."""
    if without_asking or sys.stdin is None or not sys.stdin.isatty():
        return True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def declined(words: str, *, as_json: bool) -> int:
    """Says that somebody said no, and gives the exit code for it."""
    say(words)
    if as_json:
        show_json({"error": {"kind": "declined", "message": words, "exit_code": DECLINED}})
    return DECLINED


@contextmanager
def spoken_warnings() -> Iterator[None]:
    """Makes warnings lines like all others."""
    with warnings.catch_warnings():
        for kind in (EmulatorWarning, GuessWarning, IncompleteWarning):
            warnings.simplefilter("always", kind)
        warnings.showwarning = _say_warning
        yield


def _say_warning(message: Warning | str, *_: object, **__: object) -> None:
    say(message)
