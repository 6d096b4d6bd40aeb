"""What each command does. Every function takes the arguments and gives an exit code."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hlrframe.account import Estimate
from hlrframe.ages import MaxAge
from hlrframe.cli.speech import agreed, say, show, show_json
from hlrframe.client import Client, unused_account
from hlrframe.errors import ConfigError, InputError
from hlrframe.files import FileJob, estimate_file
from hlrframe.models import Reason, Settings, mask, parse_age
from hlrframe.msisdn import Msisdn, parse
from hlrframe.store import Store

__all__ = ["COMMANDS"]

DONE: Final = 0
SHORT_OF_CREDIT: Final = 3
DECLINED: Final = 130
_MONEY: Final = frozenset({Reason.BUDGET, Reason.INSUFFICIENT_CREDIT})


def _enrich(options: Namespace) -> int:
    settings = _settings(options, max_credits=options.max_credits, offline=options.offline)
    client = _account(options)
    job = FileJob(
        options.source,
        options.output,
        options.column,
        settings=settings,
        prefix=options.prefix,
        columns=_columns(options.columns),
    )
    job.read()
    store = None if options.store is None else Store(options.store)
    estimate = job.estimate(store=store, client=client)
    say(estimate)
    if not _may_spend(estimate, options):
        say("nothing was sent, nothing was written")
        return DECLINED
    report = job.run(client, store=store)
    if options.json:
        show_json({"output": str(job.destination), "estimate": estimate, "report": report})
    else:
        show(f"{report}\n  written   {job.destination}")
    return SHORT_OF_CREDIT if report.stopped in _MONEY else DONE


def _may_spend(estimate: Estimate, options: Namespace) -> bool:
    most = estimate.credits_high if options.max_credits is None else min(estimate.credits_high, options.max_credits)
    free = options.emulator or options.offline or not most
    return agreed(f"Spend up to {most:,.1f} credits?", without_asking=options.yes or free)


def _estimate(options: Namespace) -> int:
    client = _account(options) if options.emulator else None
    settings = _settings(options)
    estimate = estimate_file(options.source, options.column, store=options.store, settings=settings, client=client)
    if options.json:
        show_json(estimate)
    else:
        show(estimate)
    return DONE


def _settings(options: Namespace, **more: object) -> Settings:
    return Settings(
        lookup=options.lookup,
        default_region=options.region,
        max_age=_max_age(options.max_age),
        ported_date=options.ported_date,
        landline_status=options.landline_status,
        usa_status=options.usa_status,
        refresh=options.refresh,
    ).replace(**more)


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
    return text if text in {"standard", "all"} else [name.strip() for name in text.split(",")]


def _account(options: Namespace) -> Client:
    if options.emulator:
        from hlrframe.emulator import connect  # noqa: PLC0415  # a third of a second, and seldom wanted

        return connect()
    if getattr(options, "offline", False):
        # Nothing is sent: the address alone says whose stored answers count.
        return unused_account()
    return Client.from_env()


def _balance(options: Namespace) -> int:
    client = _account(options)
    credits_left = client.balance()
    if options.json:
        show_json({"provider": client.provider, "credits": credits_left})
    else:
        show(f"{credits_left:,.1f} credits at {client.provider}")
    return DONE


def _report(options: Namespace) -> int:
    from hlrframe.report import summarize  # noqa: PLC0415  # DuckDB

    with summarize(options.source, prefix=options.prefix) as summary:
        if options.json:
            show_json({name: getattr(summary, name).to_dicts() for name in summary.names})
        else:
            show(summary)
    return DONE


def _store_stats(options: Namespace) -> int:
    store = _store(options)
    stats = store.stats()
    if options.json:
        show_json(stats)
        return DONE
    show(f"{store.path}: {stats.answers:,} answers to {stats.numbers:,} numbers")
    show(f"  files     {stats.parts:,} parts, {stats.journals:,} journals, {stats.bytes:,} bytes")
    if stats.oldest and stats.newest:
        show(f"  answered  {stats.oldest:%Y-%m-%d %H:%M} to {stats.newest:%Y-%m-%d %H:%M} UTC")
    for question, answers in stats.by_question.items():
        show(f"  {question}  {answers:,}")
    return DONE


def _store_compact(options: Namespace) -> int:
    done = _store(options).compact()
    if options.json:
        show_json(done)
    else:
        show(f"{done.before:,} files became {done.after:,}")
    return DONE


def _store_forget(options: Namespace) -> int:
    store = _store(options)
    numbers = [_digits(raw, options.region) for raw in _given(options.numbers)]
    if not agreed(f"Remove every answer to {len(numbers):,} numbers for good?", without_asking=options.yes):
        return DECLINED
    return _show_removed(store.forget(numbers), options)


def _store_purge(options: Namespace) -> int:
    store, age = _store(options), parse_age(options.older_than)
    if not agreed(f"Remove every answer older than {options.older_than} for good?", without_asking=options.yes):
        return DECLINED
    return _show_removed(store.purge(age), options)


def _show_removed(answers: int, options: Namespace) -> int:
    if options.json:
        show_json({"removed": answers})
    else:
        show(f"{answers:,} answers removed")
    return DONE


def _store_changes(options: Namespace) -> int:
    changes = _store(options).changes(_moment(options.since, datetime.now(UTC)))
    if options.json:
        show_json({"changes": changes.to_dicts()})
    else:
        show(changes.write_csv().rstrip("\n"))
    return DONE


def _store(options: Namespace) -> Store:
    if not Path(options.directory).expanduser().is_dir():
        raise InputError(f"there is no store at {options.directory}: check the path")
    return Store(options.directory)


def _given(numbers: Iterable[str]) -> Iterator[str]:
    for each in numbers:
        if each == "-":
            yield from filter(None, map(str.strip, sys.stdin))
        else:
            yield each


def _digits(raw: str, region: str | None) -> str:
    settings = Settings(default_region=region)
    reading = parse(raw, region=settings.default_region)
    if isinstance(reading, Msisdn):
        return reading.digits
    raise InputError(f"{mask(raw)} is no telephone number: {reading.reason}")


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now - parse_age(text)
        except ConfigError:
            raise ConfigError(f"{text!r} is no time: write a date such as 2026-03-01, or an age such as 30d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _emulator(options: Namespace) -> int:
    from hlrframe.emulator import Emulator, serve_forever  # noqa: PLC0415  # see _account

    emulator = Emulator(options.seed, mode="testing" if options.testing else "standard")
    key, secret = emulator.credentials

    def announce(url: str) -> None:
        say(f"the emulator listens on {url} until Ctrl-C; all of its answers are invented. To ask it:")
        show(f"export HLR_BASE_URL={url}\nexport HLR_API_KEY={key}\nexport HLR_API_SECRET={secret}")
        sys.stdout.flush()

    try:
        serve_forever(emulator, port=options.port, announce=announce)
    except (OSError, OverflowError) as error:
        raise InputError(f"cannot listen on port {options.port}: {error}; choose another --port") from error
    say(f"{emulator.bill.requests:,} requests, {emulator.bill.total} credits")
    return DONE


COMMANDS: Final[Mapping[str, Callable[[Namespace], int]]] = {
    "enrich": _enrich,
    "estimate": _estimate,
    "report": _report,
    "balance": _balance,
    "store stats": _store_stats,
    "store compact": _store_compact,
    "store forget": _store_forget,
    "store purge": _store_purge,
    "store changes": _store_changes,
    "emulator": _emulator,
}
