"""The commands that look after a store."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import polars as pl

from hlrframe.cli.speech import agreed, declined, show, show_json
from hlrframe.errors import ConfigError, InputError
from hlrframe.files import Command, import_results
from hlrframe.model import Settings, guard_frame, many, parse_age, printable_frame
from hlrframe.phone import digits_meant
from hlrframe.store import Store

__all__ = ["STORE_COMMANDS", "moment_of", "number_given"]

DONE: Final = 0


def _stats(options: Namespace) -> int:
    store = _store(options)
    stats = store.stats()
    if options.json:
        show_json(stats)
        return DONE
    show(f"{options.directory}: {_answers(stats.answers)} to {_numbers(stats.numbers)}")
    files = many(stats.parts, "part", "parts"), many(stats.journals, "journal", "journals")
    show(f"  files     {', '.join(files)}, {stats.bytes:,} bytes")
    if stats.oldest and stats.newest:
        show(f"  answered  {stats.oldest:%Y-%m-%d %H:%M} to {stats.newest:%Y-%m-%d %H:%M} UTC")
    for question, answers in stats.by_question.items():
        show(f"  {question}  {answers:,}")
    return DONE


def _compact(options: Namespace) -> int:
    done = _store(options).compact()
    if options.json:
        show_json(done)
    else:
        show(f"{many(done.before, 'file', 'files')} became {done.after:,}")
    return DONE


def _forget(options: Namespace) -> int:
    store = _store(options)
    numbers = digits_meant(_given(options.numbers), region=options.region)
    if not agreed(f"Remove every answer to {_numbers(len(numbers))} for good?", without_asking=options.yes):
        return declined("nothing was removed", as_json=options.json)
    return _show_removed(store.forget(numbers), options)


def _purge(options: Namespace) -> int:
    store, age = _store(options), parse_age(options.older_than)
    if not agreed(f"Remove every answer older than {options.older_than} for good?", without_asking=options.yes):
        return declined("nothing was removed", as_json=options.json)
    return _show_removed(store.purge(age), options)


def _show_removed(answers: int, options: Namespace) -> int:
    if options.json:
        show_json({"removed": answers})
    else:
        show(f"{_answers(answers)} removed")
    return DONE


def _changes(options: Namespace) -> int:
    return _show_rows("changes", _store(options).changes(moment_of(options.since, datetime.now(UTC))), options)


def _history(options: Namespace) -> int:
    return _show_rows("answers", _store(options).history(number_given(options.number), region=options.region), options)


def _export(options: Namespace) -> int:
    store, command = _store(options), Command("export", options.directory)
    with command.writing(options.output, overwrite=options.force):
        written = store.export(options.output, question=options.question, newest_only=not options.all)
    if options.json:
        show_json({"output": options.output, "answers": written})
    else:
        show(f"{_answers(written)} written to {options.output}")
    return DONE


def _import(options: Namespace) -> int:
    settings = Settings(
        lookup=options.lookup,
        default_region=options.region,
        ported_date=options.ported_date,
        landline_status=options.landline_status,
        usa_status=options.usa_status,
    )
    imported = import_results(options.source, options.directory, settings=settings, encoding=options.encoding)
    if options.json:
        show_json(imported)
    else:
        show(imported)
    return DONE


def _answers(number: int) -> str:
    return many(number, "answer", "answers")


def _numbers(number: int) -> str:
    return many(number, "number", "numbers")


def _show_rows(name: str, rows: pl.DataFrame, options: Namespace) -> int:
    if options.json:
        show_json({name: rows.to_dicts()})
    else:
        show(guard_frame(printable_frame(rows)).write_csv().rstrip("\n"), whole=True)
    return DONE


def _store(options: Namespace) -> Store:
    store = Store(options.directory)
    if not store.exists():
        raise InputError(f"there is no store at {options.directory}: check the path")
    return store


def _given(numbers: Iterable[str]) -> Iterator[str]:
    for each in numbers:
        if each == "-":
            yield from filter(None, map(str.strip, _standard_input()))
        else:
            yield each


def number_given(number: str) -> str:
    """Gives a number that an option names: ``-`` for the one on standard input, which stands in no list of processes.

    Raises:
        InputError: There is none, or several.
    """
    numbers = list(_given([number]))
    if len(numbers) != 1:
        raise InputError(f"standard input has {len(numbers):,} numbers: write one")
    return numbers[0]


def _standard_input() -> list[str]:
    try:
        return [] if sys.stdin is None else sys.stdin.read().splitlines()
    except (OSError, ValueError):  # closed, or no text
        raise InputError("standard input cannot be read as text: write one number a line, as UTF-8") from None


def moment_of(text: str, now: datetime) -> datetime:
    """Reads a date, or an age counted from now.

    Raises:
        ConfigError: It is neither.

    >>> moment_of("36h", datetime(2026, 11, 30, 12, tzinfo=UTC)).isoformat()
    '2026-11-29T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now - parse_age(text)
        except (ConfigError, OverflowError):
            raise ConfigError(f"{text!r} is no time: write a date such as 2026-03-01, or an age such as 30d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


STORE_COMMANDS: Final[Mapping[str, Callable[[Namespace], int]]] = {
    "store stats": _stats,
    "store changes": _changes,
    "store history": _history,
    "store export": _export,
    "store import": _import,
    "store compact": _compact,
    "store forget": _forget,
    "store purge": _purge,
}
