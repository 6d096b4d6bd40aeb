"""``hlrframe check``: what is assumed of the provider becomes what is known, for a few credits."""

import os
import sys
import textwrap
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import polars as pl

from hlrframe.cli.accounts import account
from hlrframe.cli.speech import GREEN, YELLOW, agreed, complain, declined, paint, say, show, show_json
from hlrframe.errors import ConfigError, InputError
from hlrframe.model import many, mask
from hlrframe.phone import Msisdn, number_types, parse
from hlrframe.provider import Checked, Client, Numbers, check_provider, steps_of_a_check
from hlrframe.system import publish

__all__ = ["check"]

DONE: Final = 0
REFUSED: Final = 4
_LANDLINES: Final = frozenset({"GB", "IE"})
_WIDTH: Final = 100


def check(options: Namespace) -> int:
    """Makes the experiments, shows what they settle, and writes the file to send on."""
    numbers = _numbers(options)
    destination = _free_place(options.output)
    client = None if options.spend is None else account(options)
    testing = _testing(options)
    _announce(options)
    question = f"Send these, one at a time, and spend up to {options.spend or 0:g} credits?"
    if not agreed(question, without_asking=options.yes or options.emulator or not options.spend):
        return declined("nothing was sent, nothing was written", as_json=options.json)
    checked = check_provider(testing, client, numbers, spend=options.spend or 0.0, say=say)
    if options.json:
        written = _write(checked, destination)
        show_json(_told(checked, destination if written else None))
    else:
        show(_table(checked))
        show(f"\nThe file to send on holds this, and nothing else:\n\n{checked.text or 'nothing'}")
        if not agreed(f"Write it to {destination}?", without_asking=options.yes or options.emulator):
            return declined("the file was not written", as_json=False)
        written = _write(checked, destination)
    reached = any(outcome.state != "not tried" for _, outcome in checked.findings)
    return DONE if written and reached else REFUSED


def _free_place(output: str) -> Path:
    place = Path(output)
    if place.exists():
        raise InputError(f"{output} is there already: name another file with -o")
    if not place.absolute().parent.is_dir():
        raise InputError(f"there is no folder for {output}: make it first")
    return place


def _testing(options: Namespace) -> Client:
    if not options.emulator:
        return Client.testing()
    from hlrframe.emulator import Emulator, Manners, connect  # noqa: PLC0415  # see accounts.account

    manners = None if options.emulator_as is None else Manners.read(options.emulator_as)
    return connect(emulator=Emulator(mode="testing", manners=manners, latency=0.0))


def _announce(options: Namespace) -> None:
    for name, about, most in steps_of_a_check(options.spend):
        say(f"  {name:<16} {about}; {f'sets aside up to {most:g} credits' if most else 'free'}")
    if options.spend is None:
        say("the account is not asked: --spend 5 would ask it, for 5 credits at most")
    else:
        say(f"what does not fit into {options.spend:g} credits is left out")


def _numbers(options: Namespace) -> Numbers:
    """Sorts the numbers that were given by what they can settle."""
    if options.spend is not None and not (0 <= options.spend < float("inf")):
        raise ConfigError(f"--spend must be 0 or more credits, not {options.spend}")
    given = [*options.number, *(_lines(options.numbers) if options.numbers else [])]
    read = list(dict.fromkeys(_read(given, options.region)))
    types = number_types(pl.Series([each.digits for each in read], dtype=pl.String)).to_list()
    kinds = [(each, kind) for each, kind in zip(read, types, strict=True) if each.region != "US"]
    sorted_out = Numbers(
        mobiles=[each.digits for each, kind in kinds if kind == "MOBILE"],
        landlines=[each.digits for each, kind in kinds if kind == "LANDLINE" and each.region in _LANDLINES],
        usa=[each.digits for each in read if each.region == "US"],
    )
    unused = len(read) - len(sorted_out.mobiles) - len(sorted_out.landlines) - len(sorted_out.usa)
    if unused:
        say(f"{many(unused, 'number is', 'numbers are')} of no use: give mobiles, landlines of GB or IE, US numbers")
    return sorted_out


def _lines(path: str) -> list[str]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text: {error}") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read(given: Iterable[str], region: str | None) -> Iterator[Msisdn]:
    for text in given:
        reading = parse(text, region=region)
        if not isinstance(reading, Msisdn):
            raise InputError(f"{mask(text)} is no telephone number: {reading.reason}")
        yield reading


def _write(checked: Checked, destination: Path) -> bool:
    if checked.text is None:
        complain("the file would hold a number, a key or a name, so it is not written: please report that")
        return False
    content = checked.text.encode()
    publish(destination, lambda file: file.write(content), private=False)
    say(f"written to {destination}: send it on as it is, or try it with --emulator-as {os.fspath(destination)}")
    return True


def _table(checked: Checked) -> str:
    counts = dict.fromkeys(_COLOURS, 0)
    lines = []
    for question, outcome in checked.findings:
        counts[outcome.state] += 1
        lines.append(f"{_coloured(outcome.state)} {question.name:<18} {_wrapped(outcome.found)}")
        lines.append(f"{'':29} {_wrapped(f'limits: {question.line}')}")
        if outcome.then:
            lines.append(f"{'':29} {_wrapped(f'hlrframe: {outcome.then}')}")
    total = ", ".join(f"{count} {state}" for state, count in counts.items())
    return "\n".join((*lines, f"{total}; {checked.spent:g} credits spent"))


def _wrapped(words: str) -> str:
    return f"\n{'':30}".join(textwrap.wrap(words, _WIDTH - 30)) or words


def _coloured(state: str) -> str:
    colour = _COLOURS[state]
    return paint(f"{state:<10}", colour, sys.stdout) if colour else f"{state:<10}"


def _told(checked: Checked, destination: Path | None) -> dict[str, object]:
    findings = [
        {"name": q.name, "line": q.line, "state": o.state, "found": o.found, "then": o.then}
        for q, o in checked.findings
    ]
    where = None if destination is None else os.fspath(destination)
    return {"findings": findings, "spent": checked.spent, "file": where, "content": checked.content}


_COLOURS: Final = {"confirmed": GREEN, "otherwise": YELLOW, "not tried": ""}
