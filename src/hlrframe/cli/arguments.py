"""The arguments of the command: what can be typed, and the settings that it stands for."""

import shlex
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Final

from hlrframe.cli.parser import (
    Parser,
    Version,
    WrongUse,
    add,
    add_asked,
    add_emulators,
    add_force,
    add_json,
    add_price,
    add_region,
    add_yes,
)
from hlrframe.cli.upkeep import (
    SHELLS,
    add_balance,
    add_budget,
    add_check,
    add_completion,
    add_doctor,
    add_emulator,
    add_store,
)

__all__ = ["SHELLS", "WELCOME", "WrongUse", "build_parser", "command_line"]

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
  0    done
  1    something unexpected, or the result could not be shown
  2    wrong use, bad input, a missing key
  3    stopped by budget or credit; everything so far is written
  4    provider refused or unreachable, or store unusable
  5    no row holds a number that can be read
  130  interrupted, or the question was answered with no; run it again to go on
"""


def command_line(arguments: Sequence[str]) -> str:
    """Gives the line that runs these arguments in a shell.

    >>> command_line(["estimate", "my contacts.csv", "--column", "phone"])
    "hlrframe estimate 'my contacts.csv' --column phone"
    """
    return shlex.join(["hlrframe", *arguments])


def build_parser() -> ArgumentParser:
    """Makes the parser. Each command leaves its name in ``command``, its numbers and texts as they were typed."""
    parser = Parser(prog="hlrframe", description=_ABOUT, epilog=_EXAMPLES)
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _add_enrich(commands)
    _add_estimate(commands)
    _add_clean(commands)
    _add_select(commands)
    _add_explain(commands)
    _add_report(commands)
    add_balance(commands)
    add_budget(commands)
    add_store(commands)
    add_doctor(commands)
    add_check(commands)
    add_emulator(commands)
    add_completion(commands)
    return parser


def _add_enrich(commands: Any) -> None:  # noqa: ANN401  # see add
    parser = add(
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
    add_force(parser)
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
    add_yes(parser)
    add_json(parser)


def _add_estimate(commands: Any) -> None:  # noqa: ANN401  # see add
    parser = add(
        commands,
        "estimate",
        "say what enriching a file would cost; sends nothing",
        "estimate contacts.csv --column phone --region GB --store answers",
        "estimate contacts.csv --column phone --price-per-credit 0.006 --currency EUR",
    )
    _add_question(parser)
    add_json(parser)


def _add_clean(commands: Any) -> None:  # noqa: ANN401  # see add
    parser = add(
        commands,
        "clean",
        "write a file again with its numbers as digits, their country, type and first network; free, sends nothing",
        "clean contacts.csv --column phone --region GB -o numbers.csv",
    )
    _add_phones(parser)
    parser.add_argument("--output", "-o", required=True, metavar="DST", help="the file to write")
    add_force(parser)
    _add_output_encoding(parser)
    parser.add_argument("--prefix", default="hlr_", help="before the name of each new column (hlr_)")
    add_json(parser)


def _add_question(parser: ArgumentParser) -> None:
    """Adds what decides which numbers are asked, and what is asked of them."""
    _add_phones(parser)
    parser.add_argument(
        "--store", metavar="DIR", help="folder or URL where answers are kept, so that none is paid twice"
    )
    add_asked(parser)
    parser.add_argument(
        "--max-age", metavar="AGE", help="ask again what is older, such as 7d, or hlr=7d,DEAD=180d; any for never"
    )
    parser.add_argument("--refresh", action="store_true", help="ask again even what the store knows")
    add_emulators(parser, "ask an emulator: no account, invented answers")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting by its name in Python, such as batch_size=20 or share_results=private; may be repeated",
    )
    add_price(parser)


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
    add_region(parser)
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
    _add_from(parser)
    header = parser.add_mutually_exclusive_group()
    header.add_argument(
        "--no-header", action="store_true", help="no line names the columns of a CSV: they are column_1, column_2 ..."
    )
    header.add_argument("--header-line", type=int, metavar="N", help="the line on which the columns of a CSV are named")


def _add_from(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="from_", metavar="FORMAT", help="what SRC is, where neither name nor bytes say so"
    )


def _add_to(parser: ArgumentParser) -> None:
    parser.add_argument("--to", metavar="FORMAT", help="what to write where DST does not say so, such as csv: to - too")


def _add_output_encoding(parser: ArgumentParser) -> None:
    _add_to(parser)
    parser.add_argument(
        "--output-encoding", metavar="NAME", help="encoding of a CSV that is written; UTF-8, as spreadsheets need it"
    )


def _add_select(commands: Any) -> None:  # noqa: ANN401  # see add
    parser = add(
        commands,
        "select",
        "write the rows of an enriched file that are to be acted on, and count the others by reason; free",
        "select clean.csv --textable -o to_text.csv",
        "select clean.parquet --textable --country GB --max-age 30d -o recent.csv",
        "select clean.csv --verdict dead --country GB --columns input -o remove.csv",
    )
    parser.add_argument("source", metavar="SRC", help="what enrich wrote; - reads it from stdin")
    _add_from(parser)
    parser.add_argument("--output", "-o", required=True, metavar="DST", help="the file to write")
    add_force(parser)
    _add_to(parser)
    parser.add_argument("--textable", action="store_true", help="live mobiles, each number once")
    for name, what in _WANTED.items():
        parser.add_argument(f"--{name}", action="append", metavar="WORD", help=f"{what}; may be repeated")
    parser.add_argument("--max-age", metavar="AGE", help="no answer that is older, such as 30d")
    parser.add_argument("--one-per", metavar="NAME", help="column that tells people apart: one row for each")
    parser.add_argument("--suppress", metavar="FILE", help="file of numbers to leave out, in any spelling")
    parser.add_argument("--suppress-column", metavar="NAME", help="the column of that file, if it is not the first")
    parser.add_argument("--suppress-sheet", metavar="NAME", help="the sheet of that workbook, if it has several")
    parser.add_argument(
        "--columns",
        action="append",
        metavar="COLUMNS",
        help="which to write: all, input (those before enrich), or names, with commas: name,msisdn; may be repeated",
    )
    add_region(parser)
    parser.add_argument("--prefix", default="hlr_", help="before the name of each result column (hlr_)")
    add_json(parser)


_WANTED: Final = {
    "verdict": "verdict, such as live",
    "type": "type of number, such as MOBILE",
    "country": "country of the network, such as GB",
    "network": "network, by its name or code",
}


def _add_explain(commands: Any) -> None:  # noqa: ANN401  # see add
    about = "say of one number how it is read, what the plan says of it, and what a store knows; free"
    parser = add(
        commands, "explain", about, "explain '07400 123456' --region GB", "explain '+44 7400 123456' --store answers"
    )
    parser.add_argument("number", metavar="NUMBER", help="a number in any spelling; - reads it from stdin")
    parser.add_argument("--store", metavar="DIR", help="folder or URL of answers")
    add_region(parser)
    add_json(parser)


def _add_report(commands: Any) -> None:  # noqa: ANN401  # see add
    parser = add(
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
    add_force(parser)
    parser.add_argument("--print-tables", action="store_true", help="print the page's tables, too: many sheets")
    parser.add_argument(
        "--since", metavar="WHEN", help="also say what changed: since a date or an age (a store), or an earlier file"
    )
    add_price(parser)
    add_json(parser)
