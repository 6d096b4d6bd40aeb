"""The arguments of the command: what can be typed, and the settings that it stands for."""

import shlex
import sys
from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from hlrframe.errors import InputError

__all__ = ["SHELLS", "WELCOME", "WrongUse", "build_parser", "command_line"]

#: The shells that get completion.
SHELLS: Final = ("bash", "zsh", "fish")

WELCOME: Final = """\
hlrframe asks HLR Lookup about a column of telephone numbers, each number once.

  without an account   an emulator answers; all that it says is invented:
                         hlrframe enrich contacts.csv --column phone --region GB --emulator -o clean.csv
  with an account      make a v2 key and secret in the settings of your account at https://www.hlrlookup.com, then
                         export HLR_API_KEY=... HLR_API_SECRET=...
                         hlrframe doctor
                         hlrframe estimate contacts.csv --column phone --region GB
  all commands         hlrframe --help
"""

_ABOUT: Final = """\
Ask HLR Lookup about a column of telephone numbers: each number once, every paid answer kept, the price said before.

The account is read from HLR_API_KEY and HLR_API_SECRET (and HLR_BASE_URL for another provider); --emulator needs none.
Files are CSV, TSV, NDJSON, JSON, Parquet, Arrow or Excel by their endings; text may be packed (.csv.gz, .zip).
"""
_EXAMPLES: Final = """\
examples:
  hlrframe enrich contacts.csv --column phone --region GB --emulator -o clean.csv
  hlrframe estimate contacts.csv --column phone --region GB --store answers
  hlrframe enrich contacts.csv --column phone --region GB --store answers -o clean.parquet --max-credits 500
  hlrframe report clean.parquet
  hlrframe store changes answers --since 30d
  hlrframe doctor --store answers

exit codes:
  0 done   2 wrong use or bad input   3 stopped by budget or credit, everything so far is written
  4 provider refused or unreachable, or store unusable   130 interrupted: run it again to go on
"""


class WrongUse(InputError):
    """The arguments cannot be understood."""


def command_line(arguments: Sequence[str]) -> str:
    """Gives the line that runs these arguments in a shell.

    >>> command_line(["estimate", "my contacts.csv", "--column", "phone"])
    "hlrframe estimate 'my contacts.csv' --column phone"
    """
    return shlex.join(["hlrframe", *arguments])


def build_parser() -> ArgumentParser:
    """Makes the parser. Each command leaves its name in ``command``, its numbers and texts as they were typed."""
    parser = _Parser(prog="hlrframe", description=_ABOUT, epilog=_EXAMPLES)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_enrich(commands)
    _add_estimate(commands)
    _add_clean(commands)
    _add_select(commands)
    _add_report(commands)
    _add_balance(commands)
    _add_budget(commands)
    _add_store(commands)
    _add_doctor(commands)
    _add_check(commands)
    _add_emulator(commands)
    _add_completion(commands)
    return parser


class _Parser(ArgumentParser):
    """A parser whose texts keep their lines and whose options are typed out."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # those of argparse
        super().__init__(formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise WrongUse(f"{message}; see {self.prog} --help")


class _Version(Action):
    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415  # reads files: only when asked

        sys.stdout.write(f"hlrframe {version('hlrframe')}\n")
        parser.exit()


def _add(commands: Any, name: str, about: str, *examples: str, command: str | None = None) -> ArgumentParser:  # noqa: ANN401  # argparse names no type for it
    epilog = "\n".join((f"example{'s' * (len(examples) > 1)}:", *(f"  hlrframe {each}" for each in examples)))
    parser: ArgumentParser = commands.add_parser(name, help=about, description=f"{about}.", epilog=f"{epilog}\n")
    parser.set_defaults(command=command or name, json=False, store=None)
    return parser


def _add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="show the result as one JSON object, and nothing else")


def _add_yes(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask first")


def _add_enrich(commands: Any) -> None:  # noqa: ANN401  # see _add
    parser = _add(
        commands,
        "enrich",
        "write a file again with what the provider says of its numbers",
        "enrich contacts.csv --column phone --region GB --emulator -o clean.csv",
        "enrich contacts.csv --column phone --region GB --store answers -o clean.parquet --max-credits 500",
        "enrich 'in/*.csv' --column phone --region-column country --store answers -o out",
    )
    _add_question(parser)
    parser.add_argument(
        "--output", "-o", required=True, metavar="DST", help="the file to write; of many, a folder or out/*.parquet"
    )
    _add_output_encoding(parser)
    parser.add_argument(
        "--columns", default="standard", help="standard, all, best (one number a row), or names, with commas"
    )
    parser.add_argument("--prefix", default="hlr_", help="before the name of each new column (hlr_)")
    parser.add_argument("--max-credits", type=float, metavar="N", help="never spend more than this")
    parser.add_argument(
        "--budget",
        metavar="NAME[=N[/day|/month]]",
        help="never spend more than this with all other runs that name it; it lives beside the store",
    )
    parser.add_argument("--offline", action="store_true", help="use the store alone; send nothing")
    parser.add_argument("--memory-limit", metavar="SIZE", help="about how much memory to take at most, such as 1GB")
    parser.add_argument(
        "--guard-formulas",
        nargs="?",
        const="all",
        default="results",
        choices=["all", "results", "none"],
        help="put an apostrophe before cells of a CSV that a spreadsheet would run: all, none, or those of the new "
        "columns (results)",
    )
    _add_yes(parser)
    _add_json(parser)


def _add_estimate(commands: Any) -> None:  # noqa: ANN401  # see _add
    parser = _add(
        commands,
        "estimate",
        "say what enriching a file would cost; sends nothing",
        "estimate contacts.csv --column phone --region GB --store answers",
        "estimate contacts.csv --column phone --price-per-credit 0.006 --currency EUR",
    )
    _add_question(parser)
    _add_json(parser)


def _add_clean(commands: Any) -> None:  # noqa: ANN401  # see _add
    parser = _add(
        commands,
        "clean",
        "write a file again with its numbers as digits, their country, type and first network; free, sends nothing",
        "clean contacts.csv --column phone --region GB -o numbers.csv",
    )
    _add_phones(parser)
    parser.add_argument("--output", "-o", required=True, metavar="DST", help="the file to write")
    _add_output_encoding(parser)
    parser.add_argument("--prefix", default="hlr_", help="before the name of each new column (hlr_)")
    _add_json(parser)


def _add_question(parser: ArgumentParser) -> None:
    """Adds what decides which numbers are asked, and what is asked of them."""
    _add_phones(parser)
    parser.add_argument(
        "--store", metavar="DIR", help="folder or URL where answers are kept, so that none is paid twice"
    )
    parser.add_argument("--lookup", default="hlr", choices=["hlr", "mnp", "validate"], help="what to ask (hlr)")
    parser.add_argument(
        "--max-age", metavar="AGE", help="ask again what is older, such as 7d, or hlr=7d,DEAD=180d; any for never"
    )
    parser.add_argument("--ported-date", action="store_true", help="also ask when a number was ported last")
    parser.add_argument("--landline-status", action="store_true", help="also ask landlines (GB, IE)")
    parser.add_argument("--usa-status", action="store_true", help="also ask mobiles in the USA for their true status")
    parser.add_argument("--refresh", action="store_true", help="ask again even what the store knows")
    _add_emulators(parser, "ask an emulator: no account, invented answers")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting by its name in Python, such as batch_size=20 or share_results=private; may be repeated",
    )
    _add_price(parser)


class _EmulatorAs(Action):
    """Names the file that an emulator is to behave as, and asks one."""

    def __call__(self, parser: ArgumentParser, options: Namespace, values: object, *_: object) -> None:  # noqa: ARG002  # argparse passes it by position
        options.emulator, options.emulator_as = True, values


def _add_emulators(parser: ArgumentParser, about: str) -> None:
    parser.add_argument("--emulator", action="store_true", help=about)
    parser.add_argument(
        "--emulator-as", action=_EmulatorAs, metavar="FILE", help="the same, behaving as a file of hlrframe check says"
    )


def _add_phones(parser: ArgumentParser) -> None:
    """Adds where the numbers are, and how they are read."""
    parser.add_argument(
        "source", nargs="+", metavar="SRC", help="the file to read, or several, a folder or a 'pattern*' of files"
    )
    parser.add_argument(
        "--column",
        required=True,
        action="append",
        metavar="NAME",
        help="name of the phone column, or 'Phone*'; of several phone columns repeat it, the preferred one first",
    )
    _add_region(parser)
    parser.add_argument("--region-column", metavar="NAME", help="name of a column that says each number's country")
    parser.add_argument(
        "--sheet",
        metavar="NAME",
        help="of a workbook, the sheet to read, if the column is on several: its name or place",
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of text files, such as cp1251; if not given, it is found",
    )
    header = parser.add_mutually_exclusive_group()
    header.add_argument(
        "--no-header", action="store_true", help="no line names the columns of a CSV: they are column_1, column_2 ..."
    )
    header.add_argument("--header-line", type=int, metavar="N", help="the line on which the columns of a CSV are named")


def _add_output_encoding(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--output-encoding", metavar="NAME", help="encoding of a CSV that is written; UTF-8, as spreadsheets need it"
    )


def _add_price(parser: ArgumentParser) -> None:
    parser.add_argument("--price-per-credit", type=float, metavar="X", help="say sums in money, too")
    parser.add_argument("--currency", default="", metavar="CODE", help="what that price is in, such as EUR")


def _add_select(commands: Any) -> None:  # noqa: ANN401  # see _add
    parser = _add(
        commands,
        "select",
        "write the rows of an enriched file that are to be acted on, and count the others by reason; free",
        "select clean.csv --textable -o to_text.csv",
        "select clean.parquet --textable --one-per customer_id --suppress optouts.csv --region GB -o to_text.xlsx",
        "select clean.csv --verdict dead --country GB -o remove.csv",
    )
    parser.add_argument("source", metavar="SRC", help="what enrich wrote")
    parser.add_argument("--output", "-o", required=True, metavar="DST", help="the file to write")
    parser.add_argument("--textable", action="store_true", help="live mobiles, each number once")
    for name, what in _WANTED.items():
        parser.add_argument(f"--{name}", action="append", metavar="WORD", help=f"{what}; may be repeated")
    parser.add_argument("--max-age", metavar="AGE", help="no answer that is older, such as 30d")
    parser.add_argument("--one-per", metavar="NAME", help="column that tells people apart: one row for each")
    parser.add_argument("--suppress", metavar="FILE", help="file of numbers to leave out, in any spelling")
    _add_region(parser)
    parser.add_argument("--prefix", default="hlr_", help="before the name of each result column (hlr_)")
    _add_json(parser)


_WANTED: Final = {
    "verdict": "verdict, such as live",
    "type": "type of number, such as MOBILE",
    "country": "country of the network, such as GB",
    "network": "network, by its name or code",
}


def _add_report(commands: Any) -> None:  # noqa: ANN401  # see _add
    parser = _add(
        commands,
        "report",
        "summarise an enriched file or a store",
        "report clean.parquet --html report.html",
        "report answers --since 7d --price-per-credit 0.006 --currency EUR",
        "report clean.parquet --since clean-of-last-month.parquet",
    )
    parser.add_argument("source", metavar="DST_OR_STORE", help="what enrich wrote, or the folder of a store")
    parser.add_argument("--prefix", default="hlr_", help="before the name of each result column (hlr_)")
    parser.add_argument("--html", metavar="FILE", help="also write the report as a page that needs nothing else")
    parser.add_argument(
        "--since", metavar="WHEN", help="also say what changed: since a date or an age (a store), or an earlier file"
    )
    _add_price(parser)
    _add_json(parser)


def _add_balance(commands: Any) -> None:  # noqa: ANN401  # see _add
    parser = _add(commands, "balance", "show the credits left on the account", "balance", "balance --emulator")
    _add_emulators(parser, "of an emulator's account")
    _add_json(parser)


def _add_budget(commands: Any) -> None:  # noqa: ANN401  # see _add
    about = "show what the runs of a store may spend together, and who is running"
    parser = _add(commands, "budget", about, "budget answers", "budget s3://acme/answers --set team=20000/month")
    parser.add_argument("directory", metavar="DIR", help="the folder of the store, or its URL")
    parser.add_argument("--set", metavar="NAME=N[/day|/month]", help="make a budget, or change it for everybody")
    _add_json(parser)


def _add_store(commands: Any) -> None:  # noqa: ANN401  # see _add
    about, examples = (
        "look after the answers that are kept",
        ("store stats answers", "store changes answers --since 30d"),
    )
    verbs = _add(commands, "store", about, *examples).add_subparsers(
        metavar="VERB", required=True, parser_class=_Parser
    )
    _add_store_readers(verbs)
    _add_store_removers(verbs)


def _add_verb(verbs: Any, name: str, about: str, *examples: str) -> ArgumentParser:  # noqa: ANN401  # see _add
    commands = (f"store {name} answers {each}".rstrip() for each in examples or [""])
    parser = _add(verbs, name, about, *commands, command=f"store {name}")
    parser.add_argument("directory", metavar="DIR", help="the folder of the store, or its URL")
    _add_json(parser)
    return parser


def _add_store_readers(verbs: Any) -> None:  # noqa: ANN401  # see _add
    _add_verb(verbs, "stats", "count what a store holds")
    changes = _add_verb(verbs, "changes", "list, as CSV, the numbers whose answer changed", "--since 30d")
    changes.add_argument("--since", required=True, metavar="WHEN", help="a date, or an age such as 30d")
    history = _add_verb(verbs, "history", "list, as CSV, every answer to one number", "'+44 7400 123456'")
    history.add_argument("number", metavar="NUMBER", help="a number in any spelling")
    _add_region(history)
    export = _add_verb(
        verbs,
        "export",
        "write the newest answers to one file",
        "answers.parquet",
        "answers.csv --question hlr@emulator",
    )
    export.add_argument("output", metavar="DST", help="a .parquet, .csv or .ndjson file, readable by its owner alone")
    export.add_argument("--all", action="store_true", help="older answers, too")
    export.add_argument("--question", metavar="KEY", help="answers to one question only, as stats names it")


def _add_store_removers(verbs: Any) -> None:  # noqa: ANN401  # see _add
    _add_verb(verbs, "compact", "merge many small files into few")
    forget = _add_verb(verbs, "forget", "remove every trace of some numbers", "'+44 7400 123456'", "- <numbers.txt")
    forget.add_argument(
        "numbers", nargs="+", metavar="NUMBER", help="a number in any spelling; - reads them from stdin"
    )
    _add_region(forget)
    purge = _add_verb(verbs, "purge", "remove answers that are old", "--older-than 365d")
    purge.add_argument("--older-than", required=True, metavar="AGE", help="such as 365d")
    for parser in (forget, purge):
        _add_yes(parser)


def _add_region(parser: ArgumentParser) -> None:
    parser.add_argument("--region", metavar="CC", help="country of numbers without a country code: GB, USA, +44")


def _add_doctor(commands: Any) -> None:  # noqa: ANN401  # see _add
    about = "check account, provider, store and versions; one balance call at most, no key shown, nothing spent"
    parser = _add(commands, "doctor", about, "doctor", "doctor --store answers", "doctor --emulator --json")
    parser.add_argument("--store", metavar="DIR", help="also check this store")
    _add_emulators(parser, "check as if an emulator were the provider")
    _add_json(parser)


def _add_check(commands: Any) -> None:  # noqa: ANN401  # see _add
    about = "find out whether the provider is as hlrframe assumes, by small experiments; what it found is a file"
    parser = _add(
        commands,
        "check",
        about,
        "check --emulator",
        "check --spend 5 --number '+44 7400 123456' -o found.json",
    )
    parser.add_argument("--spend", type=float, metavar="N", help="ask the account too, for at most so many credits")
    parser.add_argument(
        "--number",
        action="append",
        default=[],
        metavar="NUMBER",
        help="a number to ask the account about; first a mobile, best one that was ported; may be repeated",
    )
    parser.add_argument("--numbers", metavar="FILE", help="a file of such numbers, one a line")
    _add_region(parser)
    parser.add_argument(
        "--output", "-o", default="hlrframe-check.json", metavar="DST", help="the file to write (hlrframe-check.json)"
    )
    _add_emulators(parser, "ask emulators of the testing suite and of the account")
    _add_yes(parser)
    _add_json(parser)


def _add_emulator(commands: Any) -> None:  # noqa: ANN401  # see _add
    about = "serve an emulator of the provider on this machine until Ctrl-C"
    parser = _add(commands, "emulator", about, "emulator --port 8210", "emulator --testing")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; a free one if not given")
    parser.add_argument("--seed", type=int, default=7, help="decides who is behind each number (7)")
    parser.add_argument("--testing", action="store_true", help="with the manners of the vendor's testing suite")
    parser.add_argument("--as", dest="emulator_as", metavar="FILE", help="behave as a file of hlrframe check says")
    _add_json(parser)


def _add_completion(commands: Any) -> None:  # noqa: ANN401  # see _add
    about = "print a script that lets a shell complete hlrframe's commands and options"
    parser = _add(
        commands,
        "completion",
        about,
        "completion bash >~/.local/share/bash-completion/completions/hlrframe",
        "completion zsh >~/.zfunc/_hlrframe    # a folder of your fpath",
        "completion fish >~/.config/fish/completions/hlrframe.fish",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    _add_json(parser)
