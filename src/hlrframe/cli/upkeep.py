"""The arguments of the commands that look after a store, an account, or the command itself."""

from argparse import ArgumentParser
from typing import Any, Final

from hlrframe.cli.parser import Parser, add, add_asked, add_emulators, add_force, add_json, add_region, add_yes

__all__ = [
    "SHELLS",
    "add_balance",
    "add_budget",
    "add_check",
    "add_completion",
    "add_doctor",
    "add_emulator",
    "add_store",
]

#: The shells that get completion.
SHELLS: Final = ("bash", "zsh", "fish")


def add_balance(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``balance``."""
    parser = add(commands, "balance", "show the credits left on the account", "balance", "balance --emulator")
    add_emulators(parser, "of an emulator's account")
    add_json(parser)


def add_budget(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``budget``."""
    about = "show what the runs of a store may spend together, and who is running"
    parser = add(commands, "budget", about, "budget answers", "budget answers --set team=20000/month")
    parser.add_argument("directory", metavar="DIR", help="the folder of the store, or its URL")
    parser.add_argument("--set", metavar="NAME=N[/day|/month]", help="make a budget, or change it for everybody")
    add_json(parser)


def add_store(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``store`` and its verbs."""
    about, examples = (
        "look after the answers that are kept",
        ("store stats answers", "store changes answers --since 30d"),
    )
    verbs = add(commands, "store", about, *examples).add_subparsers(metavar="VERB", required=True, parser_class=Parser)
    _add_store_readers(verbs)
    _add_store_import(verbs)
    _add_store_removers(verbs)


def _add_verb(verbs: Any, name: str, about: str, *examples: str) -> ArgumentParser:  # noqa: ANN401  # see add
    commands = (f"store {name} answers {each}".rstrip() for each in examples or [""])
    parser = add(verbs, name, about, *commands, command=f"store {name}")
    parser.add_argument("directory", metavar="DIR", help="the folder of the store, or its URL")
    add_json(parser)
    return parser


def _add_store_readers(verbs: Any) -> None:  # noqa: ANN401  # see add
    _add_verb(verbs, "stats", "count what a store holds")
    changes = _add_verb(verbs, "changes", "list, as CSV, the numbers whose answer changed", "--since 30d")
    changes.add_argument("--since", required=True, metavar="WHEN", help="a date, or an age such as 30d")
    history = _add_verb(verbs, "history", "list, as CSV, every answer to one number", "'+44 7400 123456'")
    history.add_argument("number", metavar="NUMBER", help="a number in any spelling; - reads it from stdin")
    add_region(history)
    export = _add_verb(
        verbs,
        "export",
        "write the newest answers to one file",
        "answers.parquet",
        "answers.csv --question hlr@emulator",
    )
    export.add_argument("output", metavar="DST", help="a .parquet, .csv or .ndjson file, readable by its owner alone")
    add_force(export)
    export.add_argument("--all", action="store_true", help="older answers, too")
    export.add_argument("--question", metavar="KEY", help="answers to one question only, as stats names it")


def _add_store_import(verbs: Any) -> None:  # noqa: ANN401  # see add
    about, command = "take a batch result that was downloaded from the provider into a store; free", "store import"
    example = f"{command} batch-result.csv answers"
    parser = add(verbs, "import", about, example, command=command)
    parser.add_argument("source", metavar="FILE", help="the file, as it was downloaded")
    parser.add_argument("directory", metavar="DIR", help="the folder of the store, or its URL")
    add_region(parser)
    add_asked(parser)
    parser.add_argument("--encoding", metavar="NAME", help="encoding of a text file; if not given, it is found")
    add_json(parser)


def _add_store_removers(verbs: Any) -> None:  # noqa: ANN401  # see add
    _add_verb(verbs, "compact", "merge many small files into few")
    forget = _add_verb(verbs, "forget", "remove every trace of some numbers", "'+44 7400 123456'", "- <numbers.txt")
    forget.add_argument(
        "numbers", nargs="+", metavar="NUMBER", help="a number in any spelling; - reads them from stdin"
    )
    add_region(forget)
    purge = _add_verb(verbs, "purge", "remove answers that are old", "--older-than 365d")
    purge.add_argument("--older-than", required=True, metavar="AGE", help="such as 365d")
    for parser in (forget, purge):
        add_yes(parser)


def add_doctor(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``doctor``."""
    about = "check account, provider, store and versions; one balance call at most, no key shown, nothing spent"
    parser = add(commands, "doctor", about, "doctor", "doctor --store answers", "doctor --emulator --json")
    parser.add_argument("--store", metavar="DIR", help="also check this store")
    add_emulators(parser, "check as if an emulator were the provider")
    add_json(parser)


def add_check(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``check``."""
    about = "find out whether the provider is as hlrframe assumes, by small experiments; what it found is a file"
    parser = add(
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
    add_region(parser)
    parser.add_argument(
        "--output", "-o", default="hlrframe-check.json", metavar="DST", help="the file to write (hlrframe-check.json)"
    )
    add_emulators(parser, "ask emulators of the testing suite and of the account")
    add_yes(parser)
    add_json(parser)


def add_emulator(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``emulator``."""
    about = "serve an emulator of the provider on this machine until Ctrl-C"
    parser = add(commands, "emulator", about, "emulator --port 8210", "emulator --testing")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; a free one if not given")
    parser.add_argument("--seed", type=int, default=7, help="decides who is behind each number (7)")
    parser.add_argument("--testing", action="store_true", help="with the manners of the vendor's testing suite")
    parser.add_argument("--as", dest="emulator_as", metavar="FILE", help="behave as a file of hlrframe check says")
    add_json(parser)


def add_completion(commands: Any) -> None:  # noqa: ANN401  # see add
    """Adds ``completion``."""
    about = "print a script that lets a shell complete hlrframe's commands and options"
    parser = add(
        commands,
        "completion",
        about,
        "completion bash >~/.local/share/bash-completion/completions/hlrframe",
        "completion zsh >~/.zfunc/_hlrframe    # a folder of your fpath",
        "completion fish >~/.config/fish/completions/hlrframe.fish",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    add_json(parser)
