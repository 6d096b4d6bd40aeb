"""The command ``hlrframe``: its outcome is an exit code, its errors are a line or two.

::

    arguments    what can be typed, and the settings that it stands for   <- open this first
    parser       what all arguments are made of; upkeep: those of the store, the account and the command itself
    commands     what each command does
    storing      the commands that look after a store
    budgets      what several runs may spend together, and who is running
    checking     what is assumed of the provider becomes what is known
    doctor       is everything there that a run needs
    accounts     whom a command asks
    speech       results to standard output, everything else to standard error
    completion   scripts that let a shell complete the command line

What the commands do, and polars with it, is loaded when the arguments make sense.
"""

import errno
import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from hlrframe.cli.arguments import WELCOME, WrongUse, build_parser, command_line
from hlrframe.cli.speech import (
    OutputLostError,
    complain,
    open_streams,
    say,
    show_json,
    speak_any_text,
    spoken_warnings,
    welcome,
)
from hlrframe.errors import ConfigError, InputError, Interrupted, RunError

__all__ = ["main"]

UNEXPECTED: Final = 1
WRONG_USE: Final = 2
REFUSED: Final = 4
INTERRUPTED: Final = 130
#: Most characters of a name in a message.
LONGEST: Final = 200
#: What a shell says of a command whose reader went away.
BROKEN_PIPE: Final = 141


def main(argv: Sequence[str] | None = None, *, loaded: Callable[[], object] = lambda: None) -> int:
    """Runs one command.

    With ``--json`` its result is one JSON object on standard output. So is its failure: ``error`` holds a ``kind``, a
    ``message`` and the ``exit_code``; after a run that ended early ``output``, ``report`` and ``resume`` stand beside.

    Args:
        argv: Arguments without the command's own name; ``None`` for those of the process.
        loaded: Called once everything is loaded, before the work begins.

    Returns:
        0 done; 1 the result could not be shown, or something unexpected; 2 wrong use or bad input; 3 stopped by budget
        or credit, with everything so far written; 4 provider refused or unreachable, or store unusable; 130
        interrupted.
    """
    open_streams()
    speak_any_text()
    try:
        return _main(sys.argv[1:] if argv is None else argv, loaded)
    except BrokenPipeError:
        return BROKEN_PIPE
    except OutputLostError as error:
        complain(error)
        return UNEXPECTED
    except KeyboardInterrupt:  # between two pieces of work
        return INTERRUPTED


def _main(arguments: Sequence[str], loaded: Callable[[], object]) -> int:
    if not arguments:
        welcome(WELCOME)
        return WRONG_USE
    if any("\0" in each for each in arguments):
        return _failed(
            WrongUse("an argument holds a character that no name has"), Namespace(json="--json" in arguments)
        )
    try:
        options = build_parser().parse_args(arguments)
    except SystemExit as ending:
        return int(ending.code or 0)
    except WrongUse as error:
        return _failed(error, Namespace(json="--json" in arguments))
    options.again = command_line(arguments)
    with spoken_warnings():
        return _run(options, loaded)


def _run(options: Namespace, loaded: Callable[[], object]) -> int:
    try:
        from hlrframe.cli.commands import COMMANDS  # noqa: PLC0415  # polars: not for --help

        loaded()
        code = COMMANDS[options.command](options)
    except (BrokenPipeError, OutputLostError):
        raise
    except KeyboardInterrupt:
        return _interrupted(options)
    except RunError as error:
        return _ended_early(error, options)
    except (InputError, ConfigError) as error:
        return _failed(error, options)
    except Exception as error:
        if os.environ.get("HLRFRAME_TRACEBACK"):
            raise
        return _unexpected(error, options)
    except BaseException as error:
        # Where the core of polars breaks down: its error is kept apart from all that Python calls an exception.
        if isinstance(error, SystemExit | GeneratorExit) or os.environ.get("HLRFRAME_TRACEBACK"):
            raise
        return _unexpected(error, options)
    return code


def _unexpected(error: BaseException, options: Namespace) -> int:
    if any(isinstance(each, KeyboardInterrupt) for each in _chain(error)):  # some library made something else of it
        return _interrupted(options)
    if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
        message = "too many files are open: allow more (ulimit -n 1024), or have fewer requests (max_requests)"
    elif isinstance(error, OSError) and error.filename is not None:
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(error.filename)
        return _failed(InputError(f"{error.strerror}: {name[:LONGEST]!r}"), options)
    elif isinstance(error, FileNotFoundError) and not _is_somewhere():
        return _failed(InputError("the folder that the command was started in is gone: change to another one"), options)
    elif isinstance(error, MemoryError) or "can't start new thread" in str(error):
        message = "out of memory: say with --memory-limit how much there is, or divide the file"
    else:
        # Only its type: nobody knows what its words quote.
        message = f"unexpected {type(error).__name__}; please report it with what HLRFRAME_TRACEBACK=1 shows"
    complain(message)
    return _show_failure(RuntimeError(message), UNEXPECTED, options)


def _is_somewhere() -> bool:
    try:
        return bool(os.getcwd())  # noqa: PTH109  # what is asked is whether this fails
    except OSError:
        return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _interrupted(options: Namespace) -> int:
    say(f"interrupted; to go on: {options.again}")
    return _show_failure(Interrupted("interrupted"), INTERRUPTED, options, resume=options.again)


def _failed(error: InputError | ConfigError, options: Namespace) -> int:
    complain(error)
    return _show_failure(error, WRONG_USE, options)


def _ended_early(error: RunError, options: Namespace) -> int:
    if isinstance(error, Interrupted):
        say(f"interrupted: {error}")
        code = INTERRUPTED
    else:
        complain(error)
        code = REFUSED
    if error.report is None:
        return _show_failure(error, code, options)
    _say_how_to_go_on(error, options)
    output = None if error.partial is None else str(error.partial)
    return _show_failure(error, code, options, output=output, report=error.report, resume=options.again)


def _say_how_to_go_on(error: RunError, options: Namespace) -> None:
    written = "nothing was obtained or written" if error.partial is None else f"what was obtained is in {error.partial}"
    say(f"{written}; to go on: {options.again}")


def _show_failure(error: Exception, code: int, options: Namespace, **beside: object) -> int:
    if options.json:
        show_json({"error": {"kind": _kind(error), "message": str(error), "exit_code": code}, **beside})
    return code


def _kind(error: Exception) -> str:
    """Names a kind of error for machines.

    >>> _kind(InputError("...")), _kind(WrongUse("...")), _kind(RuntimeError("..."))
    ('input_error', 'wrong_use', 'unexpected')
    """
    if isinstance(error, RuntimeError):
        return "unexpected"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
