"""Workbooks in and out: every cell is what it was, numbers are text, nothing is ever run."""

import io
import re
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.examples import examples
from helpers.workbooks import cells_of, raw_of, write_spreadsheet, write_workbook
from hlrframe.cli import main
from hlrframe.files import clean_file, enrich_file, estimate_file
from hlrframe.files.memory import BASE, Memory
from hlrframe.files.source import Taken
from hlrframe.files.workbook.extent import extent_of, letters_of
from hlrframe.files.workbook.file import WorkbookFile
from hlrframe.files.workbook.sink import MOST_ROWS, WorkbookSink
from hlrframe.files.workbook.size import check_size
from hlrframe.model import Naming

ADA, BO, CY = mobiles(3)
OLD = Path(__file__).parents[1] / "data" / "contacts.xls"
HEADER = ["id", "phone", "born", "note"]
ROWS = [
    [1, int(ADA), date(1990, 5, 17), "=1+1"],
    [2, f"+{BO}", None, "007"],
    [3, "n/a", date(2001, 1, 2), "http://example.org"],
]


@pytest.fixture
def source(tmp_path):
    """A workbook with a title above, a second sheet and numbers of both kinds."""
    return write_workbook(
        tmp_path / "in.xlsx", {"People": [["Contacts of May"], [], HEADER, *ROWS], "Codes": [["code"], ["x"]]}
    )


def test_a_workbook_is_read_as_it_is_meant(tmp_path, source, client):
    """The names are found under a title; numbers, days and texts keep their types, phones every digit."""
    report = enrich_file(source, tmp_path / "out.parquet", "phone", client=client, columns=["msisdn"])
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.rows() == [
        (1, ADA, date(1990, 5, 17), "=1+1", ADA),
        (2, f"+{BO}", None, "007", BO),
        (3, "n/a", date(2001, 1, 2), "http://example.org", None),
    ]
    assert dict(found.schema) == {
        "id": pl.Int64,
        "phone": pl.String,
        "born": pl.Date,
        "note": pl.String,
        "hlr_msisdn": pl.String,
    }
    assert report.numbers == 2


def test_a_workbook_of_numbers_alone_keeps_their_digits(tmp_path, client):
    """A column that is all numbers, which a workbook keeps as floats, is read and written digit for digit."""
    numbers = [int(each) for each in mobiles(5)]
    source = write_workbook(tmp_path / "in.xlsx", {"S": [["phone", "half"], *([each, 0.5] for each in numbers)]})
    enrich_file(source, tmp_path / "out.csv", "phone", client=client, columns=["state"])
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [f"{each},0.5,answered" for each in numbers]


def test_a_workbook_that_is_written(tmp_path, source, client):
    """Phones are text, days are days, a time has no zone, the header is frozen, and nothing is a formula or a link."""
    enrich_file(source, tmp_path / "out.xlsx", "phone", client=client, columns=["state", "msisdn", "checked_at"])
    header, *rows = cells_of(tmp_path / "out.xlsx")
    assert header == (*HEADER, "hlr_state", "hlr_msisdn", "hlr_checked_at")
    assert [row[:6] for row in rows] == [
        (1.0, ADA, datetime(1990, 5, 17), "=1+1", "answered", ADA),  # noqa: DTZ001  # of a workbook
        (2.0, f"+{BO}", None, "007", "answered", BO),
        (3.0, "n/a", datetime(2001, 1, 2), "http://example.org", "rejected", None),  # noqa: DTZ001  # workbooks know no zones
    ]
    assert abs(rows[0][6] - datetime.now(UTC).replace(tzinfo=None)).total_seconds() < 600
    raw = raw_of(tmp_path / "out.xlsx")
    assert "<f>" not in raw
    assert "<hyperlink" not in raw
    assert 'state="frozen"' in raw
    assert "numberStoredAsText" in raw
    assert "<cols>" in raw


def test_the_second_sheet_is_the_report(tmp_path, source, client):
    """Whoever gets the workbook sees what was asked, of whom, what it cost, and which sheet it is of."""
    report = enrich_file(source, tmp_path / "out.xlsx", "phone", client=client)
    workbook = fastexcel.read_excel(str(tmp_path / "out.xlsx"))
    assert workbook.sheet_names == ["out", "Report"]
    told = dict(workbook.load_sheet("Report", header_row=None, dtypes="string").to_polars().iter_rows())
    assert (told["Rows"], told["Distinct numbers"]) == ("3", "2")
    assert float(told["Credits spent"]) == report.credits
    assert told["Asked of"] == "emulator: all of its answers are invented"
    assert (told["answered"], told["rejected"]) == ("2", "1")
    assert any("'People' was read; its other sheets (Codes)" in each for each in told)


def test_cleaning_a_workbook(tmp_path, source):
    """What is free is written as a workbook, too, with its account."""
    clean_file(source, tmp_path / "out.xlsx", "phone", default_region="GB")
    assert cells_of(tmp_path / "out.xlsx")[1][4] == ADA
    told = dict(
        fastexcel.read_excel(str(tmp_path / "out.xlsx")).load_sheet("Report", header_row=None).to_polars().rows()
    )
    assert told["empty"] == "1"


def test_an_account_is_of_all_files(tmp_path, client):
    """Of a folder of workbooks each has the account of the whole run."""
    (tmp_path / "in").mkdir()
    for name, number in (("a", ADA), ("b", BO)):
        write_workbook(tmp_path / "in" / f"{name}.xlsx", {"S": [["phone"], [f"+{number}"]]})
    enrich_file(tmp_path / "in", tmp_path / "out", "phone", client=client)
    for name in ("a", "b"):
        told = cells_of(tmp_path / "out" / f"{name}.xlsx", "Report")
        assert told[0] == ("Rows", "2")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "on 2 sheets, 'May', 'June': say which one is meant with --sheet"),
        (["--sheet", "Jul"], "has no sheet 'Jul': it has 'May', 'June', 'Secret'"),
        (["--sheet", "9"], "has no sheet '9'"),
    ],
)
def test_a_sheet_is_never_guessed(tmp_path, capsys, options, words):
    """Where several sheets have the column the command asks which is meant; hidden ones are meant by name alone."""
    sheets = {name: [["phone"], [f"+{ADA}"]] for name in ("May", "June", "Secret")}
    write_workbook(tmp_path / "in.xlsx", sheets, hidden=["Secret"])
    arguments = ["estimate", str(tmp_path / "in.xlsx"), "--column", "phone"]
    assert main([*arguments, *options]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("sheet", ["June", "2", "Secret"])
def test_a_sheet_by_its_name_or_its_place(tmp_path, sheet):
    """A sheet is called by its name, or by its place from 1 on."""
    sheets = {"May": [["phone"], [f"+{ADA}"]], "June": [["phone"], [f"+{ADA}"], [f"+{BO}"]]}
    sheets["Secret"] = sheets["June"]
    write_workbook(tmp_path / "in.xlsx", sheets, hidden=["Secret"])
    assert estimate_file(tmp_path / "in.xlsx", "phone", sheet=sheet).rows == 2


def test_the_command_says_what_is_left_behind(tmp_path, source, capsys):
    """The command reads the one sheet that has the column, says so, and that the others are not copied."""
    arguments = ["enrich", str(source), "--column", "phone", "-o", str(tmp_path / "out.xlsx"), "--emulator", "--yes"]
    assert main(arguments) == 0
    assert "the sheet 'People' was read; its other sheets (Codes) are not in what is written" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "out.xlsx")]) == 0
    assert "live" in capsys.readouterr().out


def test_no_such_column_names_those_of_the_first_sheet(source):
    """A wrong name gets those that are there."""
    with pytest.raises(hf.InputError, match="no column 'fone'"):
        estimate_file(source, "fone")


def test_a_workbook_of_the_old_kind(tmp_path, client):
    """.xls is read; what is written is .xlsx."""
    enrich_file(OLD, tmp_path / "out.xlsx", "phone", client=client, settings=hf.Settings(default_region="GB"))
    assert [row[1] for row in cells_of(tmp_path / "out.xlsx")] == ["phone", "447400123456", "07400 123457"]
    with pytest.raises(hf.InputError, match=r"hlrframe reads \.xls files and writes none; name a \.xlsx file"):
        enrich_file(OLD, tmp_path / "out.xls", "phone", client=client)


def test_a_spreadsheet_of_libre_office(tmp_path, client):
    """.ods is read."""
    source = write_spreadsheet(tmp_path / "in.ods", [["phone", "n"], [f"+{ADA}", "01"]])
    enrich_file(source, tmp_path / "out.csv", "phone", client=client, columns=["msisdn"])
    assert (tmp_path / "out.csv").read_text() == f"phone,n,hlr_msisdn\n+{ADA},01,{ADA}\n"


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods", "xlsb", "xlsm"])
@pytest.mark.parametrize("content", [b"", b"phone\n1\n", b"PK\x03\x04 and so on"])
def test_what_is_no_workbook(tmp_path, ending, content):
    """Bytes that are no workbook are refused in words."""
    (tmp_path / f"in.{ending}").write_bytes(content)
    with pytest.raises(hf.InputError, match="cannot read"):
        estimate_file(tmp_path / f"in.{ending}", "phone")


texts = st.text(
    st.sampled_from("a0=+-@\t\n\r\x01\x0b'\"<&_x; é🙂\ud7ff\ufffe\uffff") | st.characters(codec="utf-8"), max_size=6
)


@examples(30)
@given(st.lists(texts, min_size=1, max_size=5))
def test_every_text_comes_back(tmp_path_factory, found):
    """A text comes out of a workbook as it went in; an empty one may be none then, what is no character is told so."""
    path = tmp_path_factory.getbasetemp() / "texts.xlsx"
    sink = WorkbookSink(path, name="t", columns=["phone"], account=[])
    sink.write(pl.DataFrame({"text": found, "phone": ["1"] * len(found)}).to_arrow())
    sink.close()
    back = fastexcel.read_excel(str(path)).load_sheet(0, dtypes="string").to_polars()
    assert [text or "" for text in back["text"]] == [re.sub("[\ufffe\uffff]", "\ufffd", text) for text in found]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Decimal("12.50"), 12.5),
        (Decimal("1234567890.1234567890"), "1234567890.1234567890"),
        (10**15 - 1, 1e15 - 1),
        (10**17 + 1, str(10**17 + 1)),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (date(1850, 1, 2), "1850-01-02"),
        (True, True),
    ],
)
def test_no_value_loses_anything(tmp_path, value, found):
    """What a workbook's numbers and days cannot hold is written as text."""
    sink = WorkbookSink(tmp_path / "v.xlsx", name="v", columns=["phone"], account=[])
    sink.write(pl.DataFrame({"phone": ["1"], "v": [value]}).to_arrow())
    sink.close()
    assert cells_of(tmp_path / "v.xlsx")[1][1] == found


def test_a_text_too_long_for_a_cell_is_refused_before_it_is_paid_for(tmp_path, provider, client):
    """What a cell of Excel cannot hold stops the run before anything is sent."""
    (tmp_path / "in.csv").write_text(f"phone,note\n+{ADA},{'x' * 32_768}\n")
    with pytest.raises(hf.InputError, match=r"column 'note' has a text of more than 32,767 characters"):
        enrich_file(tmp_path / "in.csv", tmp_path / "out.xlsx", "phone", client=client)
    assert provider.bill.requests == 0


def test_too_many_rows_are_refused_before_they_are_paid_for(tmp_path, provider, client):
    """A sheet ends at row 1,048,576; more rows stop the run before anything is sent."""
    pl.DataFrame({"phone": [f"+{ADA}"] * MOST_ROWS}).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(hf.InputError, match="a sheet of Excel holds 1,048,576 rows, and these are 1,048,577"):
        enrich_file(tmp_path / "in.parquet", tmp_path / "out.xlsx", "phone", client=client)
    assert provider.bill.requests == 0


def test_a_cell_far_away_takes_no_memory(tmp_path):
    """A sheet whose rectangle no memory holds is refused, and so is one tag that stands for many cells."""
    far = write_workbook(tmp_path / "far.xlsx", {"S": [["phone"], [f"+{ADA}"]]})
    with zipfile.ZipFile(far) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", cell)
    with zipfile.ZipFile(far, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(hf.InputError, match="a sheet reaches to row 1,048,576 and column 16,384"):
        estimate_file(far, "phone")
    many = 'office:value-type="string" table:number-columns-repeated="999999999"'
    tag = f"<table:table-cell {many}><text:p>x</text:p></table:table-cell>"
    wide = write_spreadsheet(tmp_path / "wide.ods", [["phone"], [tag]])
    with pytest.raises(hf.InputError, match="more than 67,108,864 cells"):
        estimate_file(wide, "phone")


PLACES = st.tuples(st.integers(1, 1_048_576), st.integers(1, 16_384))


@given(st.lists(PLACES, min_size=1, max_size=8), st.integers(0, 20_000), st.booleans())
def test_a_sheet_reaches_as_far_as_its_furthest_cells(places, padding, small):
    """Wherever in the XML the furthest cells stand, in whatever order and letters, rows and columns are theirs."""
    cells = [f'<c r="{letters_of(column)}{row}"><v>1</v></c>'.encode() for row, column in places]
    sheet = (b"<x/>" * padding).join(each.lower() if small else each for each in cells)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet1.xml", sheet)
    with zipfile.ZipFile(packed) as archive:
        reach = extent_of(archive, archive.infolist()[0])
    assert (reach.rows, reach.columns) == tuple(map(max, zip(*places, strict=True)))


def test_a_wide_sheet_is_no_bomb(tmp_path):
    """Many columns alone are nothing to refuse."""
    check_size(write_workbook(tmp_path / "wide.xlsx", {"S": [[f"c{place}" for place in range(300)]] * 3}))


def test_a_limit_on_memory_is_of_workbooks_too(tmp_path, client):
    """A workbook that takes more than the limit while it is read is refused before anything is asked, with the cure."""
    rows = [[f"+{ADA}", place] for place in range(5_000)]
    path = write_workbook(tmp_path / "in.xlsx", {"S": [["phone", "n"], *rows]})
    assert 1_000_000 < check_size(path) < 5_000_000
    limit = Memory.of("400MB")
    enrich_file(path, tmp_path / "out.csv", "phone", client=client, memory_limit="400MB")
    taken = Taken(Naming.of_names(["phone"]), check_room=replace(limit, limit=BASE + 1_000_000).check_whole)
    with pytest.raises(
        hf.InputError, match=r"too little for .*in\.xlsx: .* about 0\.4GB; raise it, or save the table as"
    ):
        WorkbookFile(path, taken)
    Memory.of(None).check_whole(path, 10**9)
    with pytest.raises(hf.InputError, match=r"the memory of this machine is too little for .*in\.xlsx: .*; save the"):
        Memory.of(None).check_whole(path, 10**15)


@pytest.mark.parametrize(
    ("package", "source", "destination"), [("fastexcel", "in.xlsx", "out.csv"), ("xlsxwriter", "in.csv", "out.xlsx")]
)
def test_what_is_not_installed_is_said(tmp_path, monkeypatch, provider, client, package, source, destination):
    """Without the extra the message has the line that installs it, and nothing is sent."""
    (tmp_path / "in.csv").write_text(f"phone\n+{ADA}\n")
    write_workbook(tmp_path / "in.xlsx", {"S": [["phone"], [f"+{ADA}"]]})
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(hf.ConfigError, match=rf'needs {package}: pip install "hlrframe\[excel\]"'):
        enrich_file(tmp_path / source, tmp_path / destination, "phone", client=client)
    assert provider.bill.requests == 0


def test_nothing_is_left_of_a_workbook(tmp_path, source, client, monkeypatch):
    """What reading and writing one keeps beside is gone afterwards."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    enrich_file(source, tmp_path / "out.xlsx", "phone", client=client)
    assert list((tmp_path / "tmp").iterdir()) == []
