"""What the second sheet of a workbook says: the account of the run, for whoever gets the file."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from hlrframe.model import Report

__all__ = ["account_of_cleaning", "account_of_run"]

_Line = tuple[str, object]


def account_of_run(report: Report, *, notes: Sequence[str]) -> Sequence[_Line]:
    """Gives the lines for a run; a line without an amount is a title.

    Args:
        report: The run.
        notes: What else is to be said.
    """
    unit = "Cells" if report.columns else "Rows"
    lines: list[_Line] = [
        ("Rows", report.rows),
        ("Distinct numbers", report.numbers),
        (
            "Asked of",
            f"{report.provider}: all of its answers are invented" if _is_emulator(report) else report.provider,
        ),
        ("Credits spent", report.credits),
        ("Requests", report.requests),
        *([("Stopped early", report.stopped)] if report.stopped else []),
        *([("Numbers possibly billed twice", report.possibly_billed_twice)] if report.possibly_billed_twice else []),
        *_counts(f"{unit} by state", report.states),
        *_counts(f"{unit} with an answer, by verdict", report.verdicts),
        *_counts(f"{unit} without an answer, by reason", report.reasons),
    ]
    return [*lines, *_ending(notes)]


def account_of_cleaning(
    rows: int, numbers: int, rejected: Mapping[str, int], *, columns: int, notes: Sequence[str]
) -> Sequence[_Line]:
    """Gives the lines for a file that was cleaned: nothing was asked; of several phone columns cells are counted."""
    title = f"{'Cells' if columns > 1 else 'Rows'} without a number, by reason"
    return [("Rows", rows), ("Distinct numbers", numbers), *_counts(title, rejected), *_ending(notes)]


def _is_emulator(report: Report) -> bool:
    return report.provider == "emulator"


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[_Line]:
    if counts:
        yield title, None
        yield from sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _ending(notes: Sequence[str]) -> Iterator[_Line]:
    yield "Notes", None
    yield "Written (UTC)", datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    yield "Times", "UTC"
    for note in notes:
        yield note, ""
