# ruff: noqa: INP001  # a script beside the page that it makes
"""Makes the page of the command line from what ``hlrframe --help`` says: ``uv run python docs/make_commands.py``."""

from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from hlrframe.cli.arguments import build_parser

PAGE = Path(__file__).parent / "commands.md"
_TOP = """\
# Command line

`--help` after a command says the same; this page is made from it. Results go to standard output, everything else to
standard error. The account is read from `HLR_API_KEY` and `HLR_API_SECRET`. Which kinds of file are read and
written is in [how to](howto.md#kinds-of-file), and what the exit codes mean [there, too](howto.md#a-nightly-job).
`--version` alone shows the version.
"""


def leaves(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """Gives the parsers of the commands that do something."""
    inner = [each for action in parser._actions if isinstance(action.choices, dict) for each in action.choices.values()]  # noqa: SLF001  # argparse has no other way in
    if not inner:
        yield parser
    for each in inner:
        yield from leaves(each)


def examples(parser: ArgumentParser) -> list[str]:
    """Gives the command lines that the help shows."""
    return [line.strip() for line in (parser.epilog or "").splitlines()[1:] if line.strip()]


def _name(action: Action) -> str:
    choices = f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper()
    value = action.metavar or choices
    if not action.option_strings:
        return f"`{value}`"
    # An option that may stand alone shows its value in brackets; a switch has none.
    shown = "" if action.nargs == 0 else f" [{value}]" if action.nargs == "?" else f" {value}"
    long, *short = sorted(action.option_strings, key=len, reverse=True)
    return ", ".join([f"`{long}{shown}`", *(f"`{each}`" for each in short)])


def _meaning(action: Action) -> str:
    words = f"{action.help}".replace("*", "\\*").replace("|", "\\|")
    return f"{words} (required)" if action.option_strings and action.required else words


def section(parser: ArgumentParser) -> str:
    """Gives the part of the page about one command."""
    every = parser._actions  # noqa: SLF001  # see leaves
    shown = [each for each in every if each.help != SUPPRESS and "--help" not in each.option_strings]
    rows = [
        f"| {_name(each)} | {_meaning(each)} |" for each in sorted(shown, key=lambda each: bool(each.option_strings))
    ]
    about = f"{parser.description}"
    head = [f"## {parser.prog.removeprefix('hlrframe ')}", f"{about[0].upper()}{about[1:]}"]
    table = "\n".join(["| argument | meaning |", "|---|---|", *rows])
    return "\n\n".join([*head, table, "\n".join(["```sh", *examples(parser), "```"])])


def page() -> str:
    """Gives the page."""
    return "\n\n".join([_TOP.rstrip(), *map(section, leaves(build_parser()))]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
