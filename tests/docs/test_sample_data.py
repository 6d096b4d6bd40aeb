import csv
import importlib.util
import io
import re
import sys
from collections import Counter
from pathlib import Path

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, PhoneNumberType

SAMPLES = Path(__file__).parents[2] / "sample_data"


@pytest.fixture(scope="module")
def script():
    """The script that makes the files, as a module."""
    spec = importlib.util.spec_from_file_location("make_contacts", SAMPLES / "make_contacts.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "make_contacts", module)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def people(script):
    """The contacts with what their rows do not say."""
    return script.contacts()


@pytest.fixture(scope="module")
def rows():
    """The rows of contacts.csv as text."""
    return read("contacts.csv")


def read(name):
    text = (SAMPLES / name).read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def e164(number):
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def first_valid(cell, region):
    """Gives the first valid number that libphonenumber sees in a cell, as E.164 digits."""
    cell = re.sub(r"^00", "+", cell.removesuffix(".0"))
    try:
        whole = phonenumbers.parse(cell, region)
        if phonenumbers.is_valid_number(whole):
            return e164(whole)
    except phonenumbers.NumberParseException:
        pass
    return next((e164(match.number) for match in PhoneNumberMatcher(cell, region)), None)


@pytest.mark.parametrize("name", ["contacts.csv", "contacts_small.csv"])
def test_the_script_makes_the_committed_file_again(script, name):
    """Running the script gives the committed bytes, so the file can be trusted to be what the script says."""
    made = script.contacts() if name == "contacts.csv" else script.small()
    assert script.to_csv(made) == (SAMPLES / name).read_bytes()


def test_no_row_is_lost(people, rows):
    """Every contact is one row of nine columns with an id of its own, counted up from 1."""
    assert len(rows) == len(people) == 2000
    assert [row["id"] for row in rows] == [str(number) for number in range(1, 2001)]
    assert {len(row) for row in rows} == {9}
    assert [row["phone"] for row in rows] == [contact.phone for contact in people]


def test_the_script_makes_the_committed_workbook_again(script, tmp_path):
    """The workbook has the cells that its script writes: three phone columns, and people who opted out among them."""
    spec = importlib.util.spec_from_file_location("make_customers", SAMPLES / "make_customers.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.write(tmp_path / "customers.xlsx")
    for name in ("Customers", "Opted out"):
        sheets = [pl.read_excel(folder / "customers.xlsx", sheet_name=name) for folder in (tmp_path, SAMPLES)]
        assert sheets[0].equals(sheets[1])
    customers = pl.read_excel(SAMPLES / "customers.xlsx", sheet_name="Customers")
    assert customers.columns == list(made.HEADER)
    assert customers.height == made.CUSTOMERS
    assert len(made.opted_out(made.customers())) == made.OPTED_OUT


def test_polars_reads_every_row_with_the_numbers_as_text():
    """A reader that guesses types still sees 2,000 rows, text in the phone column, and the quoted line breaks."""
    frame = pl.read_csv(SAMPLES / "contacts.csv")
    assert frame.height == 2000
    assert frame.schema["phone"] == pl.String
    assert frame["notes"].str.contains("\n").sum() > 10


def test_the_contacts_live_in_at_least_thirty_countries_and_mostly_in_britain(rows):
    """Some 60 % are British, so that a default region of GB makes sense for the whole file."""
    countries = Counter(row["country"] for row in rows)
    assert len(countries) >= 30
    assert 0.55 <= countries["United Kingdom"] / len(rows) <= 0.65
    assert 3 <= countries["Afghanistan"] <= 15


@pytest.mark.parametrize(
    ("pattern", "low", "high"),
    [
        pytest.param(r"\+\d+", 200, 500, id="international without spaces"),
        pytest.param(r"\+[\d ]+", 600, 1100, id="international"),
        pytest.param(r"\+\d+( \(\d+\) |-)[\d-]+", 60, 200, id="dashes and brackets"),
        pytest.param(r"\+\d+ \(0\)[\d ]+", 60, 140, id="trunk zero in brackets"),
        pytest.param(r"00\d{1,3} [\d ]+", 60, 160, id="double zero"),
        pytest.param(r"0[1-9][\d ]+", 250, 450, id="national with trunk zero"),
        pytest.param(r"7\d{9}", 25, 90, id="national without trunk zero"),
        pytest.param(r"\+\d+(\.\d+)+", 15, 70, id="dots"),
        pytest.param(r"＋[０-９ ]+", 8, 50, id="full-width digits"),  # noqa: RUF001  # the mess itself
        pytest.param("\N{NO-BREAK SPACE}\\+.+ ", 10, 60, id="hard spaces"),
        pytest.param(r"tel:\+[\d-]+", 12, 60, id="tel links"),
        pytest.param(r".+ (ext\. |x)\d+", 12, 60, id="extensions"),
        pytest.param(r"\d{8,}\.0", 15, 70, id="trailing .0"),
        pytest.param(r"\d\.\d+E\+\d+", 20, 60, id="scientific"),
        pytest.param(r"'0\d+", 8, 50, id="leading apostrophe"),
        pytest.param(r"0\d+ \d+ [a-z(-].*", 12, 60, id="note after the number"),
        pytest.param(r"[a-z -]{7,}", 10, 50, id="note and no number"),
        pytest.param(r"0\d[\d ]+(;| /| or) 0[\d ]+", 8, 50, id="two numbers"),
        pytest.param(r"(?=.{7}$)0\d+ \d+ ?", 6, 40, id="too short"),
        pytest.param(r"n/a|N/A|-|none|unknown|\?", 15, 60, id="placeholders"),
        pytest.param(r" ?", 25, 90, id="blank"),
        pytest.param(r"#+", 1, 15, id="hashes"),
    ],
)
def test_each_mess_has_its_share(rows, pattern, low, high):
    """Each way of writing, told by its look alone, occurs about as often as the script means it to."""
    assert low <= sum(re.fullmatch(pattern, row["phone"]) is not None for row in rows) <= high


def test_about_one_row_in_eight_repeats_a_number_in_other_writing(people):
    """Some 12 % of the rows carry a number that another row carries already, never in the same writing."""
    repeats = [contact for contact in people if contact.repeat]
    originals = {contact.e164: contact.phone for contact in people if contact.e164 and not contact.repeat}
    assert 0.10 <= len(repeats) / len(people) <= 0.14
    assert all(originals[contact.e164] != contact.phone for contact in repeats)


def test_each_cell_that_is_not_damaged_is_a_valid_number(people):
    """libphonenumber, told the contact's country, reads the number that was meant and finds it valid."""
    readable = [contact for contact in people if contact.e164]
    assert len(readable) > 1800
    # Bare international digits are told to be international: some are valid numbers at home as well.
    wrong = [
        (contact.decay.name, contact.phone)
        for contact in readable
        if first_valid("+" * (contact.decay.name == "bare") + contact.phone, contact.country.region) != contact.e164
    ]
    assert wrong == []


def test_each_damaged_cell_holds_no_number(people):
    """What the script calls unreadable is no valid number to libphonenumber either."""
    damaged = [contact for contact in people if contact.e164 is None]
    assert [contact.phone for contact in damaged if first_valid(contact.phone, contact.country.region)] == []


def test_no_cell_becomes_a_strangers_number_when_read_as_british(people):
    """Read with a default region of GB, each cell gives the number that was meant or none at all."""
    readings = [(contact, first_valid(contact.phone, "GB")) for contact in people]
    assert [(contact.phone, seen) for contact, seen in readings if seen not in (None, contact.e164)] == []


def test_mobiles_landlines_and_free_numbers_occur(people):
    """Numbers that cost and numbers that do not are both there."""
    kinds = Counter(
        phonenumbers.number_type(phonenumbers.parse("+" + contact.e164)) for contact in people if contact.e164
    )
    assert kinds[PhoneNumberType.MOBILE] > 1200
    assert kinds[PhoneNumberType.FIXED_LINE] > 80
    assert kinds[PhoneNumberType.TOLL_FREE] > 10


def test_addresses_are_in_domains_that_belong_to_nobody(rows):
    """Every e-mail address is blank or in a domain that is reserved for examples."""
    assert all(re.fullmatch(r"([a-z.]+@example\.(com|org|net))?", row["email"]) for row in rows)


def test_the_short_list_shows_each_mess_once(script):
    """The twenty rows have nineteen messes and one number twice."""
    short = script.small()
    assert len(read("contacts_small.csv")) == len(short) == 20
    assert len({contact.decay.name for contact in short[:-1]}) == 19
    assert short[-1].e164 == short[0].e164
    assert short[-1].phone != short[0].phone


def test_the_readme_counts_what_happened_to_the_numbers(script, people):
    """The table of writings in the README has the true counts, in the script's order."""
    counts = Counter(contact.decay.name for contact in people)
    written = re.findall(r"^\| .+ \| (\d+) \| .*\|$", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(count) for count in written] == [counts[decay.name] for decay in script.DECAYS]
