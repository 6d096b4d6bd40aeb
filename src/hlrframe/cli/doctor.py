"""``hlrframe doctor``: is everything there that a run needs, and what to do where it is not."""

import os
import platform
import re
import sys
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Final, Literal

from hlrframe.cli.accounts import account
from hlrframe.cli.budgets import budgets_in
from hlrframe.cli.speech import GREEN, RED, YELLOW, paint, show, show_json
from hlrframe.errors import AuthError, ConfigError, HlrframeError, ProviderError
from hlrframe.model import amount, duration, many
from hlrframe.provider import Client, missing_variables, unused_account
from hlrframe.store import Register, Standing, Store, register_of

__all__ = ["diagnose"]

#: Exit codes of what is wrong on this side, and on the other side or with the store.
WRONG_USE: Final = 2
REFUSED: Final = 4

#: Bytes of disk that a store should have left, seconds that clocks may differ, seconds that a balance may take.
SPARE: Final = 2**30
SKEW: Final = 30.0
SLOW: Final = 5.0
#: Share of a budget from which on it is nearly used up.
NEARLY_USED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    status: Literal["ok", "warning", "problem"]
    found: str
    cure: str = ""
    #: The exit code for a problem.
    code: int = 0


def diagnose(options: Namespace) -> int:
    """Says of each thing that a run needs how it is. Sends one balance call at most, spends nothing, shows no key."""
    findings = [_program(), *_packages(), *_provider(options)]
    if options.store is not None:
        findings += _store(options.store)
    code = next((each.code for each in findings if each.status == "problem"), 0)
    if options.json:
        checks = [
            {"name": each.name, "status": each.status, "found": each.found, "cure": each.cure} for each in findings
        ]
        show_json({"ok": code == 0, "checks": checks, "exit_code": code})
    else:
        for each in findings:
            show(_line(each))
        called = any(each.name == "provider" for each in findings) and not options.emulator
        show(f"{'one balance call was sent' if called else 'nothing was sent'}, and nothing was spent")
    return code


def _line(finding: Finding) -> str:
    status = paint(f"{finding.status:<8}", _COLOURS[finding.status], sys.stdout)
    cure = f"\n{'':21}{finding.cure}" if finding.cure else ""
    return f"{status} {finding.name:<11} {finding.found}{cure}"


def _program() -> Finding:
    system = f"{platform.system()} {platform.machine()}".strip()
    versions = f"hlrframe {metadata.version('hlrframe')}, Python {platform.python_version()} on {system}"
    return Finding("version", "ok", versions)


def _packages() -> Iterator[Finding]:
    """Names what is installed of the packages that hlrframe needs, and of those that its extras need."""
    wanted = [(_NAME.match(each), _EXTRA.search(each)) for each in metadata.requires("hlrframe") or ()]
    needed = [name[0] for name, extra in wanted if name and not extra]
    absent = [name for name in needed if not _version(name)]
    there = ", ".join(f"{name} {_version(name)}" for name in needed if name not in absent)
    if absent:
        yield Finding("packages", "problem", f"missing: {', '.join(absent)}", "pip install -U hlrframe", WRONG_USE)
    else:
        yield Finding("packages", "ok", there)
    extras = ((name[0], extra[1]) for name, extra in wanted if name and extra)
    told = (f"{name} {_version(name) or 'not installed'} [{extra}]" for name, extra in extras)
    yield Finding("extras", "ok", ", ".join(told) or "none")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _provider(options: Namespace) -> Iterator[Finding]:
    if options.emulator:
        yield Finding("key", "ok", "none needed: the emulator answers")
        yield from _call(account(options))
        return
    try:
        address = unused_account()
    except ConfigError as error:
        yield from _account_named()
        yield Finding("address", "problem", str(error), "correct or unset HLR_BASE_URL", WRONG_USE)
        return
    if missing_variables():
        yield from _account_named()
        yield _address(address)
        return
    try:
        client = account(options)
    except ConfigError as error:
        if address.is_in_clear:
            yield from _account_named()
            yield Finding("address", "problem", str(error), "correct or unset HLR_BASE_URL", WRONG_USE)
        else:
            yield Finding("key", "problem", str(error), "set HLR_API_KEY and HLR_API_SECRET again", WRONG_USE)
        return
    yield from _account_named()
    yield _address(client)
    yield from _call(client)


def _account_named() -> Iterator[Finding]:
    if missing := missing_variables():
        cure = "make a v2 key and secret in your account's settings at https://www.hlrlookup.com, and export them"
        yield Finding("key", "problem", f"{' and '.join(missing)} not set", cure, WRONG_USE)
    else:
        yield _key()


def _key() -> Finding:
    found = "HLR_API_KEY and HLR_API_SECRET are set in the environment"
    values = [os.environ[name] for name in ("HLR_API_KEY", "HLR_API_SECRET")]
    if any(value != value.strip(" \t\r\n'\"") for value in values):
        return Finding("key", "warning", f"{found}, with blanks or quotes around", "set them again without")
    return Finding("key", "ok", found)


def _address(client: Client) -> Finding:
    url = client.base_url
    found = f"{url} from HLR_BASE_URL" if os.environ.get("HLR_BASE_URL") else str(url)
    proxies = urllib.request.getproxies()
    named = next((each for each in (url.scheme, "all") if proxies.get(each)), None)
    if named and not urllib.request.proxy_bypass(url.host):
        found += f", through the proxy in {named.upper()}_PROXY"
    if client.is_in_clear:
        return Finding("address", "warning", found, "the key and the numbers travel unencrypted: use https")
    return Finding("address", "ok", found)


def _call(client: Client) -> Iterator[Finding]:
    """Asks for the balance, once."""
    try:
        ping = client.ping()
    except AuthError as error:
        yield Finding("provider", "ok", "reached")
        cure = "compare HLR_API_KEY and HLR_API_SECRET with the v2 credentials in your account's settings"
        yield Finding("account", "problem", str(error), cure, REFUSED)
        return
    except ProviderError as error:
        yield Finding("provider", "problem", str(error), _cure(str(error)), REFUSED)
        return
    secured = "TLS verified, " if client.base_url.scheme == "https" and client.provider == client.base_url.host else ""
    slow = ping.seconds > SLOW
    yield Finding("provider", "warning" if slow else "ok", f"{secured}a balance took {ping.seconds:.2f} s")
    short = "" if ping.credits > 0 else "top the account up: nothing that costs can be asked"
    yield Finding("balance", "warning" if short else "ok", f"{amount(ping.credits)} credits", short)
    if ping.ahead is not None:
        yield _clock(ping.ahead)


def _cure(words: str) -> str:
    """Says what to do about a provider that gave no balance."""
    for pattern, cure in _CURES:
        if re.search(pattern, words, re.IGNORECASE):
            return cure
    return "try again in a minute; if it stays so, ask the provider"


def _clock(ahead: float) -> Finding:
    if abs(ahead) <= SKEW:
        return Finding("clock", "ok", f"within {max(1, round(abs(ahead)))} s of the provider's")
    found = f"{duration(abs(ahead))} {'behind' if ahead > 0 else 'ahead of'} the provider's"
    return Finding("clock", "warning", found, "set this machine's clock: answers get their age from it")


def _store(place: str) -> Iterator[Finding]:
    try:
        health = Store(place).health()
    except HlrframeError as error:
        yield Finding("store", "problem", str(error), "", REFUSED)
        return
    if not health.exists:
        yield Finding("store", "ok", f"{place} is not there yet: the first run makes it")
    else:
        found = f"{place} can be read and written: {many(health.parts, 'part', 'parts')}, {_runs(health.running)}"
        yield Finding("store", "ok", found)
    if health.damaged:
        cure = "restore them from a backup, or delete them: their numbers will be asked again"
        yield Finding("files", "problem", f"damaged: {', '.join(health.damaged)}", cure, REFUSED)
    if health.lost:
        cure = "restore them from a backup, or `hlrframe store compact`, which takes them for lost"
        yield Finding("files", "problem", f"removed by something else: {', '.join(health.lost)}", cure, REFUSED)
    if health.orphans:
        cure = "nothing to do: the next run that uses the store seals them"
        yield Finding("journals", "warning", f"{health.orphans:,} left behind by runs that were killed", cure)
    if health.in_doubt:
        cure = "run the list again soon: the provider's cache answers what was billed for nothing"
        found = f"{many(health.in_doubt, 'number was', 'numbers were')} asked and never answered"
        yield Finding("doubts", "warning", found, cure)
    if not (health.has_locks or Store(place).is_remote):
        found = "its file system has none: runs of several processes do not share the account's requests"
        cure = "run one at a time, or name a budget (`--budget`) in each: they share both by its register"
        yield Finding("locks", "warning", found, cure)
    yield from _register(place, exists=health.exists)
    scarce = "free some space: a run stops where it cannot write" if health.free < SPARE else ""
    yield Finding("disk", "warning" if scarce else "ok", f"{health.free / 1e9:,.1f} GB free", scarce)


def _register(place: str, *, exists: bool) -> Iterator[Finding]:
    """Sees whether several machines could be kept apart there, who is running, and how the budgets stand."""
    store = Store(place)
    register = register_of(store.layout)
    try:
        if exists or store.is_remote:
            register.probe(anew=True)
        standing = register.look()
    except HlrframeError as error:
        yield Finding("register", "problem", str(error), "", REFUSED)
        return
    going = _going(register, standing)
    yield Finding("register", "ok", f"create-only writing holds, {going}" if exists or store.is_remote else going)
    for each in budgets_in(standing.state):
        cure = f"hlrframe budget {place} --set {each.name}=N raises it" if each.used >= NEARLY_USED else ""
        if each.in_doubt and not cure:
            cure = "run the killed runs' lists again with this budget: what they asked is answered for nothing"
        yield Finding("budget", "warning" if cure else "ok", f"{each.name}: {each}", cure)


def _going(register: Register, standing: Standing) -> str:
    runs = standing.state.runs.values()
    if not runs:
        return "no run goes on"
    silent = len(register.silent(standing))
    requests = many(sum(each.share for each in runs), "request", "requests")
    words = f"{_runs(len(runs) - silent)} with {requests}"
    return f"{words}, {silent:,} silent: killed, unless their machine sleeps" if silent else words


def _runs(number: int) -> str:
    return many(number, "run going on", "runs going on")


_NAME: Final = re.compile(r"[\w.-]+")
_EXTRA: Final = re.compile(r"extra == ['\"](\w+)['\"]")
_COLOURS: Final = {"ok": GREEN, "warning": YELLOW, "problem": RED}
_CURES: Final = (
    ("certificate", "a proxy or firewall may be in between: name its certificate in SSL_CERT_FILE; see to the clock"),
    ("ssl|tls", "the address may not speak TLS: look at HLR_BASE_URL and the proxy"),
    (
        "name or service|getaddrinfo|no address|nodename|resolution",
        "the name is unknown here: look at HLR_BASE_URL and DNS",
    ),
    ("refused|unreachable|in time|reach", "look at the network, the firewall, HTTPS_PROXY and HLR_BASE_URL"),
    ("404|405|unknown", "the address is not that of the interface: HLR_BASE_URL should end in /apiv2"),
)
