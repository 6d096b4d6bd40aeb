"""Makes customers.xlsx: an invented workbook with three phone columns, and a sheet of people who want no messages.

Run it from anywhere; beside hlrframe's extra ``excel`` it needs nothing. The people and numbers are invented as those
of ``make_contacts.py`` are, and README.md beside this file says what that means for their use::

    python sample_data/make_customers.py
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import xlsxwriter
from make_contacts import (
    DECAYS,
    FIRST_NAMES,
    NAME_ENDS,
    NAME_STARTS,
    Country,
    Dice,
    choose_country,
    email,
    make_number,
    weight,
)

HERE: Final = Path(__file__).parent
SEED: Final = 20261128
CUSTOMERS: Final = 150
HEADER: Final = ("Customer", "First name", "Last name", "E-mail", "Country", "Mobile", "Home", "Work", "Customer since")
PHONES: Final = ("Mobile", "Home", "Work")
#: How likely a column holds something, and a landline if it does.
FILLED: Final = {"Mobile": 0.8, "Home": 0.55, "Work": 0.35}
LANDLINE: Final = {"Mobile": 0.08, "Home": 0.6, "Work": 0.5}
#: Who shares a number with the customer before: two people of one household.
SHARED: Final = 0.12
OPTED_OUT: Final = 9
#: The same whenever the script is run; a workbook knows no zones.
MADE: Final = datetime(2026, 11, 1)  # noqa: DTZ001

Cell = str | float | date | None


@dataclass(frozen=True)
class Phone:
    """What stands in one cell, and the number that was meant, where it holds one."""

    cell: str | float | None = None
    e164: str | None = None


NONE: Final = Phone()


def write_phone(dice: Dice, country: Country, *, landline: bool) -> Phone:
    """Writes a number as somebody typed it; a number without its zero is a number to a spreadsheet."""
    kind = "landline" if landline else "mobile"
    ways = [each for each in DECAYS if each.kind == kind and each.name not in {"blank", "two_numbers", "float"}]
    decay = dice.weighted(ways, [weight(each, country) for each in ways])
    number = make_number(dice, country, kind=kind)
    text = decay.write(number, dice)
    is_number = decay.name in {"trunk_lost", "bare", "scientific"}
    return Phone(float(text) if is_number else text, number.digits if decay.readable else None)


def customers() -> list[tuple[Sequence[Cell], Sequence[Phone]]]:
    """Gives the rows of the first sheet, and the phones of each."""
    dice, rows, before = Dice(SEED), [], NONE
    for place in range(1, CUSTOMERS + 1):
        country = choose_country(dice)
        phones = [
            write_phone(dice, country, landline=dice.chance(LANDLINE[name])) if dice.chance(FILLED[name]) else NONE
            for name in PHONES
        ]
        if before.e164 and dice.chance(SHARED):
            phones[1] = before
        before = phones[0]
        first, last = dice.pick(FIRST_NAMES), dice.pick(NAME_STARTS) + dice.pick(NAME_ENDS)
        since = date(2019, 1, 7) + timedelta(days=dice.pick(range(2700)))
        cells = (f"C{place:04}", first, last, email(dice, first, last), country.name, *(each.cell for each in phones))
        rows.append(((*cells, since), phones))
    return rows


def opted_out(rows: Sequence[tuple[Sequence[Cell], Sequence[Phone]]]) -> list[str]:
    """Gives numbers of people who want no messages, in a spelling of their own."""
    known = dict.fromkeys(f"+{each.e164}" for _, phones in rows for each in phones[:1] if each.e164)
    return Dice(SEED + 1).shuffled(known)[:OPTED_OUT]


def write(path: Path) -> None:
    """Writes the workbook."""
    rows = customers()
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": MADE})
        sheet = book.add_worksheet("Customers")
        sheet.write_row(0, 0, HEADER, book.add_format({"bold": True}))
        for place, (cells, _) in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(place, column, cell)
                elif isinstance(cell, str):
                    sheet.write_string(place, column, cell)
                elif cell is not None:
                    sheet.write_number(place, column, cell)
        sheet.set_column(1, len(HEADER) - 1, 18)
        sheet.freeze_panes(1, 0)
        other = book.add_worksheet("Opted out")
        other.write_column(0, 0, ["Phone", *opted_out(rows)])
        other.set_column(0, 0, 18)


def main() -> None:
    """Writes the workbook beside this script."""
    write(HERE / "customers.xlsx")
    print(f"customers.xlsx: {CUSTOMERS:,} customers")


if __name__ == "__main__":
    main()
