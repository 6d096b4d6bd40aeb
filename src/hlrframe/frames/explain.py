"""What is known of one number, in words: how it was read, what was asked, what came back, what it means and cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

import polars as pl

from hlrframe.errors import InputError
from hlrframe.frames.call import StorePath, open_store
from hlrframe.frames.enriched import open_rows, results_as_text, results_of
from hlrframe.frames.rules import phone_columns
from hlrframe.model import MEANING_OF, amount, duration, many, name_of, printable
from hlrframe.phone import Msisdn, explain_column, number_types, parse, predict_networks
from hlrframe.system import sealed, sealed_class

__all__ = ["Explanation", "explain", "explain_number"]

_HAPPENED: Final[Mapping[str, str]] = {
    "answered": "asked in this run, and answered",
    "cached": "not asked again: an earlier answer was in the store",
    "rejected": "not asked: this is no telephone number",
    "failed": "asked, and no usable answer came",
    "skipped": "not asked: the run ended before",
}


@sealed_class
@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one number, line by line."""

    #: What each line is about, and what it says.
    lines: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        width = max((len(name) for name, _ in self.lines), default=0)
        return "\n".join(f"{name:<{width}}  {printable(words)}".rstrip() for name, words in self.lines)

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(words)}</td></tr>" for name, words in self.lines)
        return f"<table>{rows}</table>"


@sealed
def explain(frame: Any, row: int, *, prefix: str = "hlr_") -> Explanation:  # any enriched frame
    """Says of the numbers in one row of an enriched frame what is known, and from where. Sends nothing.

    Args:
        frame: What :func:`~hlrframe.enrich` gave: polars DataFrame or LazyFrame, pandas DataFrame or pyarrow Table.
        row: Place of the row, from 0 on; from the end where it is negative.
        prefix: What stands before the names of the result columns.

    Raises:
        InputError: The frame was not enriched, or has no such row.

    >>> import hlrframe as hf, polars as pl
    >>> enriched = hf.enrich(pl.DataFrame({"phone": ["n/a"]}), "phone", client=hf.emulator.connect(seed=7))
    >>> print(hf.explain(enriched, 0))
    asked  not asked: this is no telephone number (empty)
    """
    known = open_rows(frame, "explain")
    befores = phone_columns(known.columns, prefix)
    if not -len(known) <= row < len(known):
        raise InputError(f"the frame has {many(len(known), 'row', 'rows')}: there is no row {row}")
    starts = tuple(before + prefix for before in befores)
    phones = {before.removesuffix("_") for before in befores}
    needed = [name for name in known.columns if str(name).startswith(starts) or str(name) in phones]
    cells = results_of(known[[row % len(known)], :], needed).row(0, named=True)
    lines: list[tuple[str, str]] = []
    for before in befores:
        answer = {
            name.removeprefix(before + prefix): value
            for name, value in cells.items()
            if name.startswith(before + prefix)
        }
        if before:
            column = before.removesuffix("_")
            lines.append(("column", column))
            if cells.get(column):
                lines.append(("cell", printable(str(cells[column]))))
        lines += _of_answer(answer)
    return Explanation(tuple(lines))


@sealed
def explain_number(number: str, *, store: StorePath = None, region: str | None = None) -> Explanation:
    """Says of one number how it is read, and what a store knows of it. Sends nothing.

    Args:
        number: A number in any spelling.
        store: Directory or store of answers; ``None`` for what the digits alone say.
        region: Country of a number without a country code, ISO 3166 alpha-2.

    Raises:
        StoreError: The store cannot be read.

    >>> print(explain_number("07400 123456", region="GB"))
    number   +447400123456
    plan     a MOBILE of United Kingdom, in a range first given to Three
    """
    reading = parse(number, region=region)
    if not isinstance(reading, Msisdn):
        (suggestion,) = explain_column(pl.Series([number], dtype=pl.String), region=region)["suggestion"]
        perhaps = () if suggestion is None else (("perhaps", suggestion),)
        return Explanation((("number", f"none: {reading.reason}"), *perhaps))
    kept = open_store(store)
    lines = list(_of_plan(reading.digits))
    if kept is None:
        return Explanation(tuple(lines))
    answers = kept.history(reading.digits).to_dicts()
    if not answers:
        lines.append(("store", "holds no answer: asking it is paid for"))
    for answer in answers[-1:]:
        lines += _of_result(answer)
    if len(answers) > 1:
        lines.append(
            ("earlier", f"{many(len(answers) - 1, 'older answer', 'older answers')}: see hlrframe store history")
        )
    return Explanation(tuple(lines))


def _of_answer(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if answer.get("msisdn"):
        yield from _of_plan(*results_as_text(pl.Series([answer["msisdn"]])))
    state = str(answer.get("state") or "")
    reason = f" ({answer['reason']})" if answer.get("reason") else ""
    if state:
        yield "asked", _HAPPENED.get(state, state) + reason
    if answer.get("verdict"):
        yield from _of_result(answer)


def _of_plan(digits: str) -> Iterator[tuple[str, str]]:
    numbers = pl.Series("msisdn", [digits])
    region, network = predict_networks(numbers).select("region", "network").row(0)
    kind = number_types(numbers)[0] or "number"
    country = f" of {name_of(region) or region}" if region else ""
    yield "number", f"+{digits}"
    yield "plan", f"a {kind}{country}" + (f", in a range first given to {network}" if network else "")


def _of_result(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    said = [str(answer[name]) for name in ("number_type", "live_status") if answer.get(name)]
    if said:
        yield "answer", ", ".join(said) + (f", by {answer['provider']}" if answer.get("provider") else "")
    current, original = answer.get("current_network"), answer.get("original_network")
    if current or original:
        is_ported = str(answer.get("is_ported")).lower()  # a file has texts only
        ported = {"true": f", ported from {original}", "false": ", not ported"}.get(is_ported, "")
        yield "network", f"{current or original}{ported}"
    verdict = answer.get("verdict")
    if verdict:
        meaning = MEANING_OF.get(verdict)
        yield "means", f"{meaning.label.lower()}: {meaning.means}" if meaning else str(verdict)
    if answer.get("credits") is not None:
        credits_spent = float(answer["credits"])
        yield "cost", f"{amount(credits_spent)} {'credit' if credits_spent == 1 else 'credits'}"
    if answer.get("checked_at") is not None:
        yield "age", _age(answer["checked_at"])


def _age(checked: Any) -> str:  # a time, or what a file made of it
    moment = datetime.fromisoformat(checked) if isinstance(checked, str) else checked
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    seconds = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    days = int(seconds // 86_400)
    ago = f"{days:,} days ago" if days > 1 else f"{duration(seconds)} ago"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {ago}"
