"""What each command does. Every function takes the arguments and gives an exit code."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from hlrframe.cli.accounts import account
from hlrframe.cli.budgets import budget_command
from hlrframe.cli.completion import completion_script
from hlrframe.cli.doctor import diagnose
from hlrframe.cli.speech import agreed, declined, say, show, show_json, width_of
from hlrframe.cli.storing import STORE_COMMANDS, number_given
from hlrframe.errors import ConfigError, InputError
from hlrframe.files import Command, FileJob, GuardOption, clean_file, estimate_file, select_file
from hlrframe.frames import explain_number
from hlrframe.model import BEST, Estimate, MaxAge, Reason, Settings, amount, many
from hlrframe.store import Store

__all__ = ["COMMANDS"]

DONE: Final = 0
_STDOUT: Final = frozenset({"-", "/dev/stdout"})
SHORT_OF_CREDIT: Final = 3
#: The provider answered no more.
OUT_OF_REACH: Final = 4
#: There are rows, and none of them holds a number.
UNREADABLE: Final = 5
_GUARDS: Final[Mapping[str, GuardOption]] = MappingProxyType({"all": True, "results": "results", "none": False})
_MONEY: Final = frozenset({Reason.BUDGET, Reason.INSUFFICIENT_CREDIT})


def _enrich(options: Namespace) -> int:
    _check_streams(options)
    settings = _settings(options, max_credits=options.max_credits, budget=options.budget, offline=options.offline)
    client = account(options)
    job = FileJob(
        options.source,
        options.output,
        _phone_columns(options.column),
        settings=settings,
        prefix=options.prefix,
        columns=_columns(options.columns),
        region_column=options.region_column,
        sheet=options.sheet,
        memory_limit=options.memory_limit,
        guard_formulas=_GUARDS[options.guard_formulas],
        encoding=options.encoding,
        output_encoding=options.output_encoding,
        header=_header(options),
        overwrite=options.force,
        source_format=options.from_,
        output_format=options.to,
    )
    job.read()
    _say_each(job.notes)
    store = None if options.store is None else Store(options.store)
    estimate = _priced(job.estimate(store=store, client=client), options)
    say(estimate)
    if not _may_spend(estimate, options):
        return declined("nothing was sent, nothing was written", as_json=options.json)
    # In a log file plain lines; at a terminal a bar where it is worth one.
    report = job.run(client, store=store, progress=None if sys.stderr is not None and sys.stderr.isatty() else True)
    resume = options.again if report.stopped in _MONEY or report.failed_last else None
    if options.json:
        show_json({"output": job.written_to, "estimate": estimate, "report": report, "resume": resume}, vital=False)
    else:
        _show_beside(f"{report}\n  written   {job.written_to}", options)
    if resume is None:
        return UNREADABLE if estimate.rows and not estimate.numbers else DONE
    say(f"to go on: {resume}")
    return SHORT_OF_CREDIT if report.stopped in _MONEY else OUT_OF_REACH


def _check_streams(options: Namespace) -> None:
    """Refuses to show a result where the rows go."""
    if options.json and options.output in _STDOUT:
        raise ConfigError("--json shows its result on standard output, where the rows go: write the rows to a file")


def _show_beside(result: object, options: Namespace) -> None:
    if options.output in _STDOUT:
        say(result)
    else:
        show(result, vital=False)


def _say_each(notes: Iterable[str]) -> None:
    for note in notes:
        say(note)


def _priced(estimate: Estimate, options: Namespace) -> Estimate:
    price = options.price_per_credit
    return estimate if price is None else estimate.priced(price, currency=options.currency)


def _may_spend(estimate: Estimate, options: Namespace) -> bool:
    most = estimate.credits_high if options.max_credits is None else min(estimate.credits_high, options.max_credits)
    free = options.emulator or options.offline or not most
    return agreed(f"Spend up to {amount(most)} credits?", without_asking=options.yes or free)


def _estimate(options: Namespace) -> int:
    client = account(options) if options.emulator else None
    settings = _settings(options)
    estimate = estimate_file(
        options.source,
        _phone_columns(options.column),
        store=options.store,
        settings=settings,
        client=client,
        region_column=options.region_column,
        encoding=options.encoding,
        header=_header(options),
        source_format=options.from_,
        sheet=options.sheet,
    )
    estimate = _priced(estimate, options)
    if options.json:
        show_json(estimate)
    else:
        show(estimate)
    return UNREADABLE if estimate.rows and not estimate.numbers else DONE


def _header(options: Namespace) -> bool | int:
    return not options.no_header if options.header_line is None else int(options.header_line)


def _settings(options: Namespace, **more: object) -> Settings:
    return Settings(
        lookup=options.lookup,
        default_region=options.region,
        max_age=_max_age(options.max_age),
        ported_date=options.ported_date,
        landline_status=options.landline_status,
        usa_status=options.usa_status,
        refresh=options.refresh,
    ).replace(**(more | dict(map(_setting, options.set))))


def _setting(text: str) -> tuple[str, object]:
    """Reads ``name=value``; numbers, true, false and null as JSON has them, anything else as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set takes NAME=VALUE, such as batch_size=20, not {text!r}")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _max_age(text: str | None) -> MaxAge:
    if text is None:
        return MaxAge.of({})
    if "=" not in text:
        return MaxAge.of(_age(text))
    pairs = (part.partition("=") for part in text.split(","))
    return MaxAge.of({word: _age(age) for word, _, age in pairs})


def _age(text: str) -> str | None:
    return None if text.strip() == "any" else text


def _columns(text: str) -> str | list[str]:
    return text if text in {"standard", "all", BEST} else [name.strip() for name in text.split(",")]


def _phone_columns(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names


def _clean(options: Namespace) -> int:
    _check_streams(options)
    cleaned = clean_file(
        options.source,
        options.output,
        _phone_columns(options.column),
        default_region=options.region,
        region_column=options.region_column,
        sheet=options.sheet,
        prefix=options.prefix,
        encoding=options.encoding,
        output_encoding=options.output_encoding,
        header=_header(options),
        overwrite=options.force,
        source_format=options.from_,
        output_format=options.to,
    )
    _say_each(cleaned.notes)
    if options.json:
        show_json(cleaned, vital=False)
    else:
        _show_beside(cleaned, options)
    return UNREADABLE if cleaned.rows and not cleaned.numbers else DONE


def _select(options: Namespace) -> int:
    _check_streams(options)
    rule = {
        "textable": options.textable,
        "verdict": options.verdict,
        "number_type": options.type,
        "country": options.country,
        "network": options.network,
        "max_age": options.max_age,
        "one_per": options.one_per,
        "suppress": options.suppress,
        "suppress_column": options.suppress_column,
        "suppress_sheet": options.suppress_sheet,
        "region": options.region,
        "prefix": options.prefix,
        "columns": options.columns or "all",
    }
    report = select_file(
        options.source,
        options.output,
        **rule,
        overwrite=options.force,
        source_format=options.from_,
        output_format=options.to,
    )
    if options.json:
        show_json({"output": options.output, "selection": report}, vital=False)
    else:
        written = "standard output" if options.output in _STDOUT else options.output
        _show_beside(f"{report}\nwritten: {written}", options)
    return DONE


def _explain(options: Namespace) -> int:
    explanation = explain_number(number_given(options.number), store=options.store, region=options.region)
    if options.json:
        show_json({name.strip(): words for name, words in explanation.lines})
    else:
        show(explanation)
    return DONE


def _balance(options: Namespace) -> int:
    client = account(options)
    credits_left = client.balance()
    if options.json:
        show_json({"provider": client.provider, "credits": credits_left})
    else:
        show(f"{amount(credits_left)} credits at {client.provider}")
    return DONE


def _report(options: Namespace) -> int:
    from hlrframe.report import summarize  # noqa: PLC0415  # DuckDB

    command = Command("report", [])  # a page takes the place of any other page: it costs nothing to make again
    with summarize(
        options.source,
        prefix=options.prefix,
        since=options.since,
        price_per_credit=options.price_per_credit,
        currency=options.currency,
    ) as summary:
        page = None
        if options.html is not None:
            with command.writing(options.html, overwrite=options.force):
                page = str(summary.to_html(options.html, print_tables=options.print_tables))
        if options.json:
            show_json({name: getattr(summary, name).to_dicts() for name in summary.names} | {"page": page})
        else:
            width = width_of(sys.stdout)
            show(summary if width is None else f"{summary:{width}}")
    if page is not None:
        say(f"the page is {page}")
    return DONE


def _check(options: Namespace) -> int:
    from hlrframe.cli.checking import check  # noqa: PLC0415  # a dozen modules that no other command needs

    return check(options)


def _emulator(options: Namespace) -> int:
    from hlrframe.emulator import Emulator, Manners, serve_forever  # noqa: PLC0415  # see account()

    manners = None if options.emulator_as is None else Manners.read(options.emulator_as)
    emulator = Emulator(options.seed, mode="testing" if options.testing else "standard", manners=manners)
    key, secret = emulator.credentials

    def announce(url: str) -> None:
        say(f"the emulator listens on {url} until Ctrl-C; all of its answers are invented. To ask it:")
        if options.json:
            show_json({"base_url": url, "api_key": key, "api_secret": secret})
        else:
            show(f"export HLR_BASE_URL={url}\nexport HLR_API_KEY={key}\nexport HLR_API_SECRET={secret}")

    try:
        serve_forever(emulator, port=options.port, announce=announce)
    except (OSError, OverflowError) as error:
        raise InputError(f"cannot listen on port {options.port}: {error}; choose another --port") from error
    say(f"{many(emulator.bill.requests, 'request', 'requests')}, {emulator.bill.total} credits")
    return DONE


def _completion(options: Namespace) -> int:
    script = completion_script(options.shell)
    if options.json:
        show_json({"shell": options.shell, "script": script})
    else:
        show(script.rstrip("\n"), whole=True)
    return DONE


COMMANDS: Final[Mapping[str, Callable[[Namespace], int]]] = {
    "enrich": _enrich,
    "estimate": _estimate,
    "clean": _clean,
    "select": _select,
    "explain": _explain,
    "report": _report,
    "balance": _balance,
    "budget": budget_command,
    **STORE_COMMANDS,
    "doctor": diagnose,
    "check": _check,
    "emulator": _emulator,
    "completion": _completion,
}
