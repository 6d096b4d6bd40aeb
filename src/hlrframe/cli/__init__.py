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

import os
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from hlrframe.cli.arguments import WELCOME, WrongUse, build_parser, command_line
from hlrframe.cli.speech import complain, say, show_json, speak_any_text, spoken_warnings
from hlrframe.errors import ConfigError, InputError, Interrupted, RunError

__all__ = ["main"]

UNEXPECTED: Final = 1
WRONG_USE: Final = 2
REFUSED: Final = 4
INTERRUPTED: Final = 130
#: What a shell says of a command whose reader went away.
BROKEN_PIPE: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    With ``--json`` its result is one JSON object on standard output. So is its failure: ``error`` holds a ``kind``, a
    ``message`` and the ``exit_code``; after a run that ended early ``output``, ``report`` and ``resume`` stand beside.

    Args:
        argv: Arguments without the command's own name; ``None`` for those of the process.

    Returns:
        0 done; 2 wrong use or bad input; 3 stopped by budget or credit, with everything so far written; 4 provider
        refused or unreachable, or store unusable; 130 interrupted.
    """
    speak_any_text()
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments:
        sys.stderr.write(WELCOME)
        return WRONG_USE
    try:
        options = build_parser().parse_args(arguments)
    except SystemExit as ending:
        return int(ending.code or 0)
    except WrongUse as error:
        return _failed(error, Namespace(json="--json" in arguments))
    options.again = command_line(arguments)
    with spoken_warnings():
        try:
            return _run(options)
        except BrokenPipeError:
            # Else Python would meet the pipe again when it closes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE


def _run(options: Namespace) -> int:
    try:
        from hlrframe.cli.commands import COMMANDS  # noqa: PLC0415  # polars: not for --help

        code = COMMANDS[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        say(f"interrupted; to go on: {options.again}")
        return _show_failure(Interrupted("interrupted"), INTERRUPTED, options, resume=options.again)
    except RunError as error:
        return _ended_early(error, options)
    except (InputError, ConfigError) as error:
        return _failed(error, options)
    except Exception as error:
        if os.environ.get("HLRFRAME_TRACEBACK"):
            raise
        # Only its type: nobody knows what its words quote.
        message = f"unexpected {type(error).__name__}; please report it with what HLRFRAME_TRACEBACK=1 shows"
        complain(message)
        return _show_failure(RuntimeError(message), UNEXPECTED, options)
    return code


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
