"""What the command says: results to standard output, everything else to standard error.

Everything goes through two doors here: nothing that a terminal would obey gets out, wherever it came from, and a stream
that is closed, full or gone ends no work.
"""

import dataclasses
import io
import json
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final, TextIO

from hlrframe.errors import EmulatorWarning, GuessWarning, IncompleteWarning

__all__ = [
    "GREEN",
    "RED",
    "YELLOW",
    "OutputLostError",
    "agreed",
    "complain",
    "declined",
    "open_streams",
    "paint",
    "say",
    "show",
    "show_json",
    "speak_any_text",
    "spoken_warnings",
    "welcome",
    "width_of",
]

#: What a terminal may be given beside what can be printed: our own colours, line feeds and tabs.
_KEPT: Final = re.compile(r"(\x1b\[(?:3[123]|0)m|[\n\t])")
#: The exit code where somebody was asked and said no.
DECLINED: Final = 130

#: Lines that are copied into a shell, and so are left to the terminal to break.
_COPIED: Final = re.compile(
    r"\s*(?:\.\.\.  )?(?:hlrframe [a-z-]|export |pip install)|.*to go on: |.*(?:  |\) )(?:hlrframe |export )"
)
#: What stands before the words of a line, and the words that stay together in it.
_LABEL: Final = re.compile(r"\s*\S.*?\s{2,}(?=\S)")
_TOGETHER: Final = re.compile(r'pip install "[^"]*"|--[\w-]+ [\w/.]+')
_COLOURS: Final = re.compile(r"\x1b\[\d+m")
#: Widest label under which a line goes on, and how far it is set in elsewhere.
_HANGING: Final = 24
_SET_IN: Final = 4

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


class OutputLostError(Exception):
    """Standard output cannot be written, and the result with it."""


def open_streams() -> None:
    """Puts the null device where a standard stream is closed: else the next file that is opened takes its place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def paint(words: str, colour: str, stream: TextIO | None) -> str:
    """Colours words where a terminal shows them and nobody has asked for none (``NO_COLOR``)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or stream is None or not stream.isatty()
    return words if plain else f"\x1b[{colour}m{words}\x1b[0m"


def say(words: object) -> None:
    """Says something about the work, on standard error; where nobody hears it the work goes on."""
    with suppress(OSError, ValueError):
        _write(sys.stderr, f"hlrframe: {words}\n")


def welcome(words: str) -> None:
    """Says whole lines, on standard error."""
    with suppress(OSError, ValueError):
        _write(sys.stderr, words)


def complain(words: object) -> None:
    """Says what went wrong, on standard error."""
    say(f"{paint('error:', RED, sys.stderr)} {words}")


def width_of(stream: TextIO | None) -> int | None:
    """Gives the columns of a terminal; ``None`` where it is none."""
    try:
        return shutil.get_terminal_size().columns if stream is not None and stream.isatty() else None
    except ValueError:  # it is closed
        return None


def show(result: object, *, vital: bool = True, whole: bool = False) -> None:
    """Shows a result, on standard output.

    Args:
        result: What to show.
        whole: Whether its lines are data, which nothing breaks.
        vital: Whether it is all that the command gives: where its work lies in a file, that counts.

    Raises:
        OutputLostError: It is vital, and standard output is closed or full.
        BrokenPipeError: It is vital, and whoever read it has gone.
    """
    try:
        if sys.stdout is None:
            raise OutputLostError("it is closed")  # noqa: TRY301  # said below where it is not vital
        _write(sys.stdout, f"{result}\n", whole=whole)
    except (OSError, ValueError, OutputLostError) as error:
        _forget_output()
        if vital and isinstance(error, BrokenPipeError):
            raise
        lost = OutputLostError(f"standard output cannot be written: {getattr(error, 'strerror', None) or error}")
        if vital:
            raise lost from None
        complain(lost)


def _write(stream: TextIO | None, text: str, *, whole: bool = False) -> None:
    if stream is not None:
        width = None if whole else width_of(stream)
        shown = _visible(text)
        stream.write(shown if width is None else "\n".join(_fitted(line, width) for line in shown.split("\n")))
        stream.flush()


def _fitted(line: str, width: int) -> str:
    """Breaks a line between words where a terminal is too narrow for it."""
    if len(_COLOURS.sub("", line)) <= width or _COPIED.match(line):
        return line
    label = _LABEL.match(line)
    set_in = min(len(line) - len(line.lstrip(" ")), _HANGING)
    hang = label.end() if label and label.end() <= _HANGING else max(set_in, _SET_IN)
    lines, rest = [""], _TOGETHER.sub(lambda found: found[0].replace(" ", "\0"), line)
    for word in re.split(r"(?<=\S)(?= )", rest):
        if lines[-1] and len(_COLOURS.sub("", lines[-1] + word)) > width:
            lines.append(" " * hang + word.lstrip(" "))
        else:
            lines[-1] += word
    return "\n".join(lines).replace("\0", " ")


def _visible(text: str) -> str:
    """Gives a text without what a terminal would obey, its lines, its tabs and our own colours apart."""
    pieces = _KEPT.split(text)
    if all(each.isprintable() or _KEPT.fullmatch(each) for each in pieces):
        return text
    from hlrframe.model import printable  # noqa: PLC0415  # polars: not for --help

    return "".join(each if _KEPT.fullmatch(each) else printable(each) for each in pieces)


def _forget_output() -> None:
    """Lets Python close standard output without meeting the same trouble again."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_json(result: object, *, vital: bool = True) -> None:
    """Shows a result as one JSON object on one line."""
    every_letter = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    text = json.dumps(result, default=_plain, ensure_ascii=not every_letter)
    # As escapes what a terminal would obey: JSON leaves it as it is beyond ASCII.
    seen = text if text.isprintable() else "".join(map(_escaped, text))
    show(seen, vital=vital, whole=True)


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]


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
    with suppress(OSError, ValueError):
        _write(sys.stderr, f"{question} [y/N] ")
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
