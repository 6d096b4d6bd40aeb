"""The command ``hlrframe``: its outcome is an exit code, its errors are a line or two.

What the commands do, and polars with it, is loaded when the arguments make sense.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from hlrframe.cli.arguments import build_parser, command_line
from hlrframe.cli.speech import say, show_json, spoken_warnings
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

    Args:
        argv: Arguments without the command's own name; ``None`` for those of the process.

    Returns:
        0 done; 2 wrong use or bad input; 3 stopped by budget or credit, with everything so far written; 4 provider
        refused or unreachable, or store unusable; 130 interrupted.
    """
    arguments = sys.argv[1:] if argv is None else argv
    try:
        options = build_parser().parse_args(arguments)
    except SystemExit as ending:
        return int(ending.code or 0)
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
    except KeyboardInterrupt:
        say(f"interrupted; to go on: {options.again}")
        return INTERRUPTED
    except RunError as error:
        return _ended_early(error, options)
    except (InputError, ConfigError) as error:
        say(f"error: {error}")
        return WRONG_USE
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("HLRFRAME_TRACEBACK"):
            raise
        # Only its type: nobody knows what its words quote.
        say(f"error: unexpected {type(error).__name__}; please report it with what HLRFRAME_TRACEBACK=1 shows")
        return UNEXPECTED
    return code


def _ended_early(error: RunError, options: Namespace) -> int:
    interrupted = isinstance(error, Interrupted)
    say(f"interrupted: {error}" if interrupted else f"error: {error}")
    if error.report is not None:
        _say_how_to_go_on(error, options)
    if options.json:
        output = None if error.partial is None else str(error.partial)
        show_json({"error": str(error), "output": output, "report": error.report})
    return INTERRUPTED if interrupted else REFUSED


def _say_how_to_go_on(error: RunError, options: Namespace) -> None:
    written = "nothing was obtained or written" if error.partial is None else f"what was obtained is in {error.partial}"
    unkept = (
        "" if options.store or error.partial is None else " (without --store it asks and pays for everything again)"
    )
    say(f"{written}; to go on{unkept}: {options.again}")
