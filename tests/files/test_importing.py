"""A batch result that was downloaded from the provider's portal, taken into a store."""

import csv
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from hlrframe import emulator
from hlrframe.cli import main
from hlrframe.model import Question

pytestmark = pytest.mark.usefixtures("no_account")
HOST = "api.hlrlookup.com"
#: Whole seconds, as the provider has them.
DAYS = timedelta(days=1)
THEN = datetime.now(UTC).replace(microsecond=0) - 20 * DAYS


@pytest.fixture
def no_account(monkeypatch):
    """No account, whatever the environment says."""
    for name in ("HLR_API_KEY", "HLR_API_SECRET", "HLR_BASE_URL", "HLR_STORE_KEY", "HLR_STORE_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)


def result(number, *, at=THEN, **more):
    """One result as the API gives it."""
    network = {"name": "Vodafone UK", "mccmnc": "23415", "country_name": "United Kingdom", "country_iso3": "GBR"}
    usual = {
        "error": "NONE",
        "uuid": f"00000000-0000-4000-8000-{int(number or 0) % 10**9:012x}",
        "request_parameters": {"telephone_number": number, "input_format": "", "get_ported_date": "NO"},
        "credits_spent": 1,
        "detected_telephone_number": number,
        "live_status": "LIVE",
        "original_network": "AVAILABLE",
        "original_network_details": {**network, "area": "United Kingdom", "country_prefix": "44"},
        "current_network": "AVAILABLE",
        "current_network_details": {**network, "country_prefix": "44"},
        "is_ported": "NO",
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "telephone_number_type": "MOBILE",
        "sms_email": "",
    }
    return usual | more


def downloaded(path, results, *, own="Ada;x", separator=",", encoding="utf-8"):
    """Writes results as the portal does: paths of fields as headers, behind the line that was uploaded."""
    flat = [
        {
            f"{name}.{inner}" if isinstance(value, dict) else name: cell
            for name, value in each.items()
            for inner, cell in (value.items() if isinstance(value, dict) else [("", value)])
        }
        for each in results
    ]
    names = list(dict.fromkeys(name for each in flat for name in each))
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(["Name of Person", *names])
        writer.writerows([own, *(each.get(name, "") for name in names)] for each in flat)
    return path


def enriched(numbers, store, **settings):
    """Enriches offline: what is not in the store stays without an answer."""
    frame = pl.DataFrame({"phone": [f"+{number}" for number in numbers]})
    return hf.enrich(frame, "phone", store=store, settings=hf.Settings(offline=True, **settings), columns="all")


def test_imported_answers_are_not_asked_again(tmp_path):
    """What a downloaded batch answers is known: all fields, as old as they say, and nothing is left to ask."""
    numbers = mobiles(300)
    file = downloaded(tmp_path / "batch.csv", map(result, numbers))
    imported = hf.import_results(file, tmp_path / "answers")
    assert (imported.rows, imported.imported, imported.credits, dict(imported.left_out)) == (300, 300, 300.0, {})
    frame = enriched(numbers, tmp_path / "answers")
    assert frame["hlr_state"].unique().to_list() == ["cached"]
    assert frame["hlr_checked_at"].unique().to_list() == [THEN]
    assert frame.select("hlr_verdict", "hlr_current_mccmnc", "hlr_is_ported", "hlr_provider").row(0) == (
        "live",
        "23415",
        False,
        HOST,
    )
    assert "Ada" not in frame.write_csv()


def test_importing_twice_changes_nothing(tmp_path):
    """The same file again, and a longer one of the same batch, add only what is new."""
    numbers, store = mobiles(50), hf.Store(tmp_path / "answers")
    results = [*map(result, numbers), result(numbers[0])]
    first = hf.import_results(downloaded(tmp_path / "a.csv", results), store)
    before = store.scan().collect().sort("msisdn")
    again = hf.import_results(downloaded(tmp_path / "b.csv", [*results, *map(result, mobiles(60)[50:])]), store)
    assert (first.imported, first.known, again.imported, again.known, again.credits) == (50, 1, 10, 51, 10.0)
    after = store.scan().collect().sort("msisdn")
    assert after.filter(pl.col("msisdn").is_in(numbers)).equals(before)
    assert store.stats().answers == 60


def test_ages_and_books_are_those_of_the_batch(tmp_path):
    """An answer of twenty days ago is too old for ten; it was received then, and is no sign of a run's pace."""
    numbers, store = mobiles(300), hf.Store(tmp_path / "answers")
    results = [result(each, at=THEN + timedelta(seconds=place)) for place, each in enumerate(numbers)]
    hf.import_results(downloaded(tmp_path / "batch.csv", results), store)
    question, listed = Question.of(hf.Settings(), HOST), pl.Series(numbers)
    now = datetime.now(UTC)
    ages = [store.known(listed, question, max_age=age, now=now).height for age in (10 * DAYS, 30 * DAYS)]
    assert ages == [0, 300]
    kept = store.scan().collect()
    assert kept["known_at"].equals(kept["checked_at"])
    assert kept["received_at"].equals(kept["checked_at"])
    assert kept["credits"].sum() == 300
    assert store.pace(question) is None


def test_rows_that_are_no_answer_are_counted_by_reason(tmp_path):
    """No row raises: each that is no answer has its reason, and what it cost all the same is told."""
    good, *odd = mobiles(11)
    late = datetime.now(UTC) + 400 * DAYS
    results = [
        result(good),
        result(odd[0], error="INTERNAL_ERROR", live_status="", telephone_number_type="", credits_spent=0.5),
        result(odd[1], error="INSUFFICIENT_CREDIT", credits_spent=0),
        result(odd[2], timestamp=""),
        result(odd[3], timestamp="yesterday"),
        result(odd[4], at=late),
        result("", detected_telephone_number="", request_parameters={"telephone_number": ""}),
        result(odd[5], detected_telephone_number="4.47E+11", request_parameters={"telephone_number": "4.47E+11"}),
        result(odd[6], request_parameters={"telephone_number": f"+{odd[7]}"}),
        result(odd[8], live_status="", telephone_number_type=""),
        result("", detected_telephone_number="", request_parameters={"telephone_number": "hello"}),
    ]
    imported = hf.import_results(downloaded(tmp_path / "batch.csv", results), tmp_path / "answers")
    assert (imported.imported, imported.credits) == (1, 1.0)
    assert imported.left_out == {
        "internal_error": 1,
        "insufficient_credit": 1,
        "no_time": 3,
        "empty": 1,
        "spreadsheet_damage": 1,
        "other_number": 1,
        "unreadable_reply": 1,
        "not_a_number": 1,
    }
    assert imported.credits_without_answer == 8.5
    assert not any(each in str(imported) for each in (good, *odd))


def test_cells_as_a_spreadsheet_leaves_them(tmp_path):
    """Semicolons, commas in charges, another encoding and a number that is known by what was submitted do no harm."""
    one, two = mobiles(2)
    results = [
        result(one, credits_spent="0,5", live_status=" LIVE "),
        result(
            two,
            detected_telephone_number="",
            request_parameters={"telephone_number": f"0{two[2:]}", "input_format": "GBR"},
        ),
    ]
    file = downloaded(tmp_path / "batch.csv", results, own="Zoë", separator=";", encoding="utf-16")
    imported = hf.import_results(file, tmp_path / "answers")
    assert (imported.imported, imported.credits) == (2, 1.5)
    assert enriched([one, two], tmp_path / "answers")["hlr_verdict"].to_list() == ["live", "live"]


def test_each_row_answers_the_question_that_it_was_asked(tmp_path):
    """A row whose echo asked for the date of the port answers that question, and no other."""
    plain, dated = mobiles(2)
    parameters = {"telephone_number": dated, "get_ported_date": "YES"}
    results = [result(plain), result(dated, request_parameters=parameters, ported_date="2024-01-31", credits_spent=2)]
    hf.import_results(downloaded(tmp_path / "batch.csv", results), tmp_path / "answers")
    assert enriched([plain, dated], tmp_path / "answers")["hlr_state"].to_list() == ["cached", "skipped"]
    with_date = enriched([plain, dated], tmp_path / "answers", ported_date=True)
    assert with_date["hlr_ported_date"].to_list() == [None, "2024-01-31"]


@pytest.mark.parametrize("secret", ["key", "hash_key"])
def test_a_private_store_takes_a_batch(tmp_path, secret):
    """Into an encrypted and a hashed store: found again, once, and no number or id lies there in clear."""
    numbers, store = mobiles(40), hf.Store(tmp_path / "answers", **{secret: "5e" * 32})
    file = downloaded(tmp_path / "batch.csv", map(result, numbers))
    first, again = hf.import_results(file, store), hf.import_results(file, store)
    assert (first.imported, again.imported, again.known) == (40, 0, 40)
    assert set(enriched(numbers, store)["hlr_state"]) == {"cached"}
    data = b"".join(path.read_bytes() for path in (tmp_path / "answers").rglob("*") if path.is_file())
    assert not any(each.encode() in data for each in numbers)


def test_an_imported_answer_does_not_stand_in_for_an_emulator(tmp_path):
    """What a paid batch says is no answer of an emulator's, which is asked."""
    numbers = mobiles(5)
    hf.import_results(downloaded(tmp_path / "batch.csv", map(result, numbers)), tmp_path / "answers")
    frame = pl.DataFrame({"phone": [f"+{each}" for each in numbers]})
    asked = hf.enrich(frame, "phone", client=emulator.connect(seed=7), store=tmp_path / "answers")
    assert set(asked["hlr_state"]) == {"answered"}


def test_the_command_imports_and_says_what_became_of_the_rows(tmp_path, capsys):
    """`store import FILE DIR` tells counts and credits, as text and as JSON, and never a number."""
    numbers = mobiles(3)
    file = downloaded(tmp_path / "batch.csv", [*map(result, numbers), result(numbers[0], timestamp="")])
    assert main(["store", "import", str(file), str(tmp_path / "answers")]) == 0
    said = capsys.readouterr().out
    assert said == "3 of 4 rows imported, 3 credits; 1 left out: no_time\n"
    assert main(["store", "import", str(file), str(tmp_path / "answers"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["imported"], told["known"], told["left_out"]) == (0, 3, {"no_time": 1})


def test_a_batch_without_rows_is_no_error(tmp_path):
    """A file of headers alone imports nothing, and makes no store."""
    (tmp_path / "batch.csv").write_text("live_status,detected_telephone_number,timestamp\n")
    assert hf.import_results(tmp_path / "batch.csv", tmp_path / "answers").rows == 0
    assert not hf.Store(tmp_path / "answers").exists()


def test_a_file_that_is_no_batch_result_is_refused(tmp_path, capsys):
    """A list of contacts is no batch result: one line says what it needs."""
    (tmp_path / "list.csv").write_text("name,telephone_number\nAda,+44 7400 123456\n")
    assert main(["store", "import", str(tmp_path / "list.csv"), str(tmp_path / "answers")]) == 2
    said = capsys.readouterr().err
    assert "batch result" in said
    assert "123456" not in said
