"""What every command's arguments are made of: the parser, and the options that several commands have."""

import re
from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from hlrframe.cli.speech import show
from hlrframe.errors import InputError, did_you_mean

__all__ = [
    "Parser",
    "Version",
    "WrongUse",
    "add",
    "add_asked",
    "add_emulators",
    "add_force",
    "add_json",
    "add_price",
    "add_region",
    "add_yes",
]


class WrongUse(InputError):
    """The arguments cannot be understood."""


class Parser(ArgumentParser):
    """A parser whose texts keep their lines and whose options are typed out."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # those of argparse
        super().__init__(formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401  # those of argparse
        """Keeps what was typed, for a guess at what was meant."""
        self._typed: list[str] = list(args or ())
        return super().parse_known_args(args, namespace)

    def print_help(self, file: Any = None) -> None:  # noqa: ANN401, ARG002  # argparse's own
        """Shows the help."""
        show(self.format_help().rstrip("\n"))

    def error(self, message: str) -> NoReturn:
        """Raises what the message says, in place of leaving the process, with a guess at what was meant."""
        raise WrongUse(f"{message}; {self._meant(message)}see {self.prog} --help")

    def _meant(self, message: str) -> str:
        if wrong := _CHOICE.search(message):
            return did_you_mean(wrong["word"], re.findall(r"[\w-]+", wrong["known"]))
        known = set(_options(self))
        odd = [word.partition("=")[0] for word in self._typed if word.startswith("--")]
        return next((guess for word in odd if word not in known and (guess := did_you_mean(word, known))), "")


_CHOICE: Final = re.compile(r"invalid choice: '(?P<word>[^']*)' \(choose from (?P<known>.*)\)")


def _options(parser: ArgumentParser) -> Iterator[str]:
    """Gives all options of a command and of those below it."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to look at a parser
        yield from action.option_strings
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from _options(below)


class Version(Action):
    """Shows the version and leaves."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        """Does so."""
        from importlib.metadata import version  # noqa: PLC0415  # reads files: only when asked

        show(f"hlrframe {version('hlrframe')}")
        parser.exit()


def add(commands: Any, name: str, about: str, *examples: str, command: str | None = None) -> ArgumentParser:  # noqa: ANN401  # argparse names no type for it
    """Adds a command: what it is for, and examples of it."""
    epilog = "\n".join((f"example{'s' * (len(examples) > 1)}:", *(f"  hlrframe {each}" for each in examples)))
    parser: ArgumentParser = commands.add_parser(name, help=about, description=f"{about}.", epilog=f"{epilog}\n")
    parser.set_defaults(command=command or name, json=False, store=None)
    return parser


def add_json(parser: ArgumentParser) -> None:
    """Adds --json."""
    parser.add_argument("--json", action="store_true", help="show the result as one JSON object, and nothing else")


def add_force(parser: ArgumentParser) -> None:
    """Adds --force."""
    parser.add_argument("--force", action="store_true", help="replace what another command wrote, or somebody changed")


def add_yes(parser: ArgumentParser) -> None:
    """Adds --yes."""
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask first")


def add_region(parser: ArgumentParser) -> None:
    """Adds the country of numbers without a country code."""
    parser.add_argument("--region", metavar="CC", help="country of numbers without a country code: GB, USA, +44")


def add_asked(parser: ArgumentParser) -> None:
    """Adds what is asked of a number."""
    parser.add_argument("--lookup", default="hlr", choices=["hlr", "mnp", "validate"], help="what to ask (hlr)")
    parser.add_argument("--ported-date", action="store_true", help="also ask when a number was ported last")
    parser.add_argument("--landline-status", action="store_true", help="also ask landlines (GB, IE)")
    parser.add_argument("--usa-status", action="store_true", help="also ask mobiles in the USA for their true status")


class _EmulatorAs(Action):
    """Names the file that an emulator is to behave as, and asks one."""

    def __call__(self, parser: ArgumentParser, options: Namespace, values: object, *_: object) -> None:  # noqa: ARG002  # argparse passes it by position
        options.emulator, options.emulator_as = True, values


def add_emulators(parser: ArgumentParser, about: str) -> None:
    """Adds that an emulator is asked."""
    parser.add_argument("--emulator", action="store_true", help=about)
    parser.add_argument(
        "--emulator-as", action=_EmulatorAs, metavar="FILE", help="the same, behaving as a file of hlrframe check says"
    )


def add_price(parser: ArgumentParser) -> None:
    """Adds what a credit costs."""
    parser.add_argument("--price-per-credit", type=float, metavar="X", help="say sums in money, too")
    parser.add_argument("--currency", default="", metavar="CODE", help="what that price is in, such as EUR")
