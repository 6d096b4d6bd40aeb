"""Text files as analysts have them: nothing garbled, nothing lost, and where a file is unclear a word about it."""

import codecs
import csv
import io
import json
import subprocess
import sys
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from hlrframe.cli import main
from hlrframe.files import clean_file, enrich_file, estimate_file
from hlrframe.files.delimited.file import DelimitedFile, DelimitedLines
from hlrframe.files.delimited.records import Records, value_of
from hlrframe.files.ndjson.lines import NdjsonLines
from hlrframe.files.source import Taken
from hlrframe.model import Naming

GB = hf.Settings(offline=True, default_region="GB")
DIGITS = "447400123456"


def enriched(source, destination, column="phone", **options):
    """Enriches without asking anybody; what is added is the number that was read."""
    enrich_file(
        source, destination, column, client=hf.Client("no", "account"), settings=GB, columns=["msisdn"], **options
    )
    return destination


def rewritten(folder, content, column="phone", *, name="in.csv", to="out.csv", **options):
    """Gives the bytes that a file becomes."""
    (folder / name).write_bytes(content)
    return enriched(folder / name, folder / to, column, **options).read_bytes()


def rows(data, encoding="utf-8", separator=","):
    """Reads CSV as Python does."""
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=separator))


# Encodings

#: Lists in the encodings that spreadsheets of the world write.
WORLD = [
    ("cp1251", "имя", ["Иван Петров", "Екатерина Смирнова", "Дмитрий Кузнецов", "Наталья"]),
    ("cp1250", "jméno", ["Jiří Dvořák", "Zdeněk Růžička", "Šárka Šťastná", "Přemysl Žák", "Ústí", "Plzeň"]),
    ("cp932", "名前", ["山田太郎", "鈴木一郎", "佐藤花子", "東京都渋谷区"]),
    ("gb18030", "姓名", ["张伟", "王芳", "李娜", "北京市朝阳区"]),
    ("cp949", "이름", ["김철수", "이영희", "박지성", "서울특별시"]),
    ("big5", "姓名", ["張偉", "陳靜", "劉洋", "臺北市信義區"]),
    ("cp1253", "όνομα", ["Γιώργος Παπαδόπουλος", "Μαρία", "Ελένη", "Θεσσαλονίκη"]),
    ("cp850", "nombre", ["José Núñez", "María Peña", "Íñigo Ibáñez", "Málaga", "León", "Begoña", "Jesús"]),
    ("cp437", "prénom", ["François", "Hélène", "Léa Bérard", "Zoé", "Gérard", "André", "Noël", "Jérôme"]),
    ("cp737", "όνομα", ["Γιώργος Παπαδόπουλος", "Μαρία", "Ελένη", "Θεσσαλονίκη"]),
    ("cp857", "ad", ["Ayşe Yılmaz", "Çağrı Şahin", "Iğdır", "Gülşen", "Oğuz Kılıç"]),  # noqa: RUF001  # meant
    ("cp775", "vārds", ["Žydrė Šimkutė", "Šiauliai", "Klaipėda", "Panevėžys", "Eglė Žukauskienė"]),
    ("iso8859-6", "اسم", ["محمد علي", "فاطمة حسن", "القاهرة", "دبي"]),
    ("mac-latin2", "jméno", ["Jiří Dvořák", "Zdeněk Růžička", "Šárka Šťastná", "Přemysl Žák", "Plzeň"]),
    ("mac-roman", "nombre", ["José Núñez", "María Peña", "Íñigo Ibáñez", "Málaga", "León", "Begoña", "Jesús"]),
    ("mac-roman", "prénom", ["François Crêpe", "Hélène Noël", "Benoît", "Zoé à la Forêt", "Gérard", "Orléans"]),
]


@pytest.mark.parametrize(("encoding", "name", "people"), WORLD, ids=[f"{each[0]}-{each[1]}" for each in WORLD])
@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_lists_of_the_world(tmp_path, encoding, name, people, to):
    """Another encoding than UTF-8 is guessed from the file, said in a line, and every column keeps its text."""
    text = f"phone,{name}\r\n" + "".join(f"07400 123456,{each}\r\n" for each in people)
    with pytest.warns(hf.GuessWarning, match=r"in\.csv is no UTF-8: it is read as .*--encoding") as said:
        found = rewritten(tmp_path, text.encode(encoding), to=to)
    assert len(said) == 1
    if to == "out.csv":
        assert rows(found, "utf-8-sig") == [
            ["phone", name, "hlr_msisdn"],
            *(["07400 123456", p, DIGITS] for p in people),
        ]
        assert found.startswith(codecs.BOM_UTF8)
    else:
        assert pl.read_parquet(tmp_path / to)[name].to_list() == people


@pytest.mark.parametrize("encoding", ["koi8-r", "cp850", "utf-16-be", "utf-32", "Windows-1252", "UTF8"])
def test_an_encoding_that_is_said_is_the_one(tmp_path, recwarn, encoding):
    """Who names the encoding is believed, without a word."""
    note = "Привет" if encoding == "koi8-r" else "Größe"
    found = rewritten(tmp_path, f"phone,{note}\n07400123456,{note}\n".encode(encoding), encoding=encoding)
    assert rows(found, "utf-8-sig") == [["phone", note, "hlr_msisdn"], ["07400123456", note, DIGITS]]
    assert not recwarn.list


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("note", ["Größe", "Иван"])
def test_utf16_without_a_mark(tmp_path, recwarn, encoding, note):
    """The zeros of UTF-16 tell it where no mark does."""
    found = rewritten(tmp_path, f"phone,note\r\n07400123456,{note}\r\n".encode(encoding))
    assert rows(found, "utf-8-sig") == [["phone", "note", "hlr_msisdn"], ["07400123456", note, DIGITS]]
    assert not recwarn.list


STRAY = "phone,name\n07400123456,Zoë\n07400123456,Noël\n07400123456,".encode() + b"Bj\xf6rn\n07400123456,x\n"


def test_a_stray_byte_goes_through(tmp_path):
    """A line of another encoding in a file of UTF-8 is named, and all bytes of all columns stay as they are."""
    with pytest.warns(hf.GuessWarning, match=r"in\.csv, line 4: bytes that are no UTF-8"):
        found = rewritten(tmp_path, STRAY)
    assert found.replace(f",{DIGITS}".encode(), b"").replace(b",hlr_msisdn", b"") == STRAY


def test_a_stray_byte_cannot_become_text(tmp_path, provider, client):
    """Where the destination holds text alone the run refuses before anything is asked, and names the line."""
    (tmp_path / "in.csv").write_bytes(STRAY)
    with pytest.raises(hf.InputError, match=r"in\.csv, line 4: .*--encoding"):
        enrich_file(tmp_path / "in.csv", tmp_path / "out.parquet", "phone", client=client)
    assert provider.bill.requests == 0


def test_stray_bytes_where_the_numbers_are(tmp_path):
    """A stray byte in a phone is a reason of its row, one in a name of a column stays."""
    source = "phone,ä,".encode() + b"\xff\n0740\xff0123456,\xc3\xb6,1\n07400123456,\xc3\xb6,1\n"
    with pytest.warns(hf.GuessWarning, match="line 1"):
        found = rewritten(tmp_path, source)
    assert found.split(b"\n")[0] == "phone,ä,".encode() + b"\xff,hlr_msisdn"
    assert found.split(b"\n")[2].endswith(DIGITS.encode())


@pytest.mark.parametrize("encoding", ["cp932", "ascii", "big5", "euc-jp"])
def test_what_is_said_wrongly_is_refused(tmp_path, encoding):
    """A file that is not of the encoding that somebody names is refused, with the line."""
    with pytest.raises(hf.InputError, match=r"in\.csv, line 3: this is no .*--encoding"):
        rewritten(tmp_path, b"phone,n\n1,a\n1,\xfc\n1,b\n", encoding=encoding)


@pytest.mark.parametrize("encoding", ["cp037", "cp500", "cp273", "cp1140"])
def test_what_mainframes_write_names_the_cure(tmp_path, encoding):
    """EBCDIC, which no detector tells apart, is refused by its name, and read where somebody says which it is."""
    text = "name;phone\n" + "".join(f"Müller {place};0740012345{place}\n" for place in range(5))
    (tmp_path / "in.csv").write_bytes(text.encode(encoding))
    with pytest.raises(hf.InputError, match=r"it is EBCDIC, as mainframes write: .*--encoding.* cp037"):
        estimate_file(tmp_path / "in.csv", "phone")
    assert estimate_file(tmp_path / "in.csv", "phone", encoding=encoding).rows == 5


@pytest.mark.parametrize("name", ["klingon", "base64", "", "rot13"])
@pytest.mark.parametrize("option", ["encoding", "output_encoding"])
def test_no_such_encoding(tmp_path, name, option):
    """An encoding that nobody knows is refused with some that are."""
    with pytest.raises(hf.ConfigError, match=rf"^{option}=.*is no encoding: name one such as utf-8"):
        rewritten(tmp_path, b"phone\n1\n", **{option: name})


def test_an_output_encoding(tmp_path):
    """What is written is of the encoding that was asked for; what it lacks is told before anything is asked."""
    text = "phone;name\r\n07400123456;Größe\r\n"
    found = rewritten(tmp_path, text.encode(), output_encoding="cp1252")
    assert found.decode("cp1252") == f"phone;name;hlr_msisdn\r\n07400123456;Größe;{DIGITS}\r\n"
    assert rewritten(tmp_path, text.encode(), output_encoding="utf-16").decode("utf-16").startswith("phone;name;")
    with pytest.raises(hf.InputError, match=r"in\.csv holds U\+00F6, which ascii cannot write: .*utf-8-sig"):
        rewritten(tmp_path, text.encode(), output_encoding="ascii")
    with pytest.raises(hf.ConfigError, match="is for CSV and TSV; PARQUET"):
        rewritten(tmp_path, text.encode(), to="out.parquet", output_encoding="cp1252")


def test_the_providers_texts_fit_the_output_encoding(tmp_path):
    """A network's name that the encoding lacks is written by its plain letters: nothing that was paid for is lost."""
    provider = hf.emulator.Emulator(seed=7)
    people = [f"+{each}" for each in ("34612345678", "34612345679", "420601123456")]
    pl.DataFrame({"phone": people}).write_csv(tmp_path / "in.csv")
    report = enrich_file(
        tmp_path / "in.csv",
        tmp_path / "out.csv",
        "phone",
        client=hf.emulator.connect(emulator=provider),
        columns="all",
        output_encoding="ascii",
    )
    assert report.credits == provider.bill.total > 0
    with pytest.raises(hf.InputError, match="'ñ_msisdn' holds"):
        rewritten(tmp_path, b"phone\n1\n", prefix="ñ_", output_encoding="ascii")
    assert (tmp_path / "out.csv").read_text("ascii").startswith("phone,")


def test_a_guess_at_a_vcard_is_said(tmp_path):
    """Address books of another encoding are guessed at aloud, too."""
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jürgen Größe\r\nTEL:07400 123456\r\nEND:VCARD\r\n"
    with pytest.warns(hf.GuessWarning, match="cp1252, which is a guess"):
        found = rewritten(tmp_path, card.encode("cp1252"), name="in.vcf").decode()
    assert "Jürgen Größe" in found


# What Excel writes


@pytest.mark.parametrize(("name", "to"), [("in.txt", "out.txt"), ("in.tab", "out.tab"), ("in.txt", "out.csv")])
def test_unicode_text_of_excel(tmp_path, name, to):
    """Excel's own text file is read by its ending, and written so that Excel reads it."""
    text = 'phone\tname\r\n07400 123456\t"Größe, ""L"""\r\n'
    found = rewritten(tmp_path, text.encode("utf-16"), name=name, to=to)
    assert found.startswith(codecs.BOM_UTF8)
    separator = "," if to == "out.csv" else "\t"
    assert rows(found, "utf-8-sig", separator) == [
        ["phone", "name", "hlr_msisdn"],
        ["07400 123456", 'Größe, "L"', DIGITS],
    ]
    if to != "out.csv":
        assert found.decode("utf-8-sig").startswith("phone\tname\thlr_msisdn\r\n")


def test_other_separators_in_a_text_file(tmp_path):
    """A .txt may be separated by anything that a CSV may be."""
    found = rewritten(tmp_path, b"name;phone\nA;07400123456\n", name="in.txt", to="out.txt")
    assert found == f"name;phone;hlr_msisdn\nA;07400123456;{DIGITS}\n".encode()


@pytest.mark.parametrize("sign", ["~", "^", "\x01", "\x1f"])
def test_separators_of_databases(tmp_path, sign):
    """A sign that few programs put between cells is one where the columns are found by it, and stays."""
    found = rewritten(tmp_path, f"name{sign}phone\nA{sign}07400123456\n".encode())
    assert found == f"name{sign}phone{sign}hlr_msisdn\nA{sign}07400123456{sign}{DIGITS}\n".encode()


def test_lines_in_quotes_as_a_whole(tmp_path):
    """Where each line is one cell in quotes the message says so."""
    with pytest.raises(hf.InputError, match=r"in\.csv: each line stands in quotes as a whole"):
        rewritten(tmp_path, b'"name,phone"\n"A,07400123456"\n')


def test_a_name_on_two_lines(tmp_path):
    """A line break in a name of a workbook's column is a blank to whoever types it."""
    found = rewritten(tmp_path, b'x,"phone\n(mobile)"\n1,07400123456\n', "phone (mobile)")
    assert found == f'x,"phone\n(mobile)",hlr_msisdn\n1,07400123456,{DIGITS}\n'.encode()


def test_two_names_with_a_comma_are_no_column(tmp_path):
    """What the file divides into two columns is no name of one; the message says how to name both."""
    with pytest.raises(hf.InputError, match=r"name each of its columns by itself.*--column 'mobile' --column 'home'"):
        rewritten(tmp_path, b"mobile,home\n07400123456,07400123457\n", "mobile,home")


# Headers and what is above them

ABOVE = [
    pytest.param("sep=;\r\n", ";", id="the line that tells Excel the separator"),
    pytest.param('"sep=;"\n', ";", id="the same in quotes"),
    pytest.param("sep=^\n", "^", id="a separator that only this line tells"),
    pytest.param("# exported 2026-03-01\n# 3 rows\n", ",", id="remarks"),
    pytest.param("Contacts of March\n\n", ",", id="a title"),
    pytest.param("Contacts of March,,\nby,Ada,\n", ",", id="a title with the separators of the rows"),
    pytest.param("\n\n", ",", id="blank lines"),
]


@pytest.mark.parametrize(("above", "separator"), ABOVE)
@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_what_is_above_the_header(tmp_path, above, separator, to):
    """Lines above the header stay where they are, and are no rows."""
    body = "name,phone,town\nAda,07400123456,York\nBo,n/a,Hull\n".replace(",", separator)
    found = rewritten(tmp_path, (above + body).encode(), to=to)
    if to == "out.csv":
        lines = body.split("\n")
        added = [f"{lines[0]}{separator}hlr_msisdn", f"{lines[1]}{separator}{DIGITS}", f"{lines[2]}{separator}", ""]
        assert found.decode() == above + "\n".join(added)
    else:
        assert pl.read_parquet(tmp_path / to).rows() == [
            ("Ada", "07400123456", "York", DIGITS),
            ("Bo", "n/a", "Hull", None),
        ]


def test_a_header_that_is_not_evident(tmp_path):
    """A row that could be the header and could be data is not taken for it: the message says how to say so."""
    source = b"number,kind\n07400123456,phone\n07400123457,phone\n"
    with pytest.raises(hf.InputError, match=r"'phone' stands on line 2: if that is the header .*--header-line 2"):
        rewritten(tmp_path, source)
    found = rewritten(tmp_path, b"a,b\nphone,x\n07400123456,y\n", header=2)
    assert found.decode() == f"a,b\nphone,x,hlr_msisdn\n07400123456,y,{DIGITS}\n"
    with pytest.raises(hf.InputError, match="no header on line 9"):
        rewritten(tmp_path, source, header=9)


@pytest.mark.parametrize(("header", "rows_by"), [(";", ","), (",", ";"), ("\t", ",")])
def test_a_header_with_another_separator(tmp_path, header, rows_by):
    """A header and rows that are evidently separated by different signs go together, and that is said."""
    source = "phone,name\n07400123456;Ada\n07400123457;Bo\n".replace(";", rows_by).replace(
        "phone,name", f"phone{header}name"
    )
    with pytest.warns(hf.GuessWarning, match="the header is separated by"):
        found = rewritten(tmp_path, source.encode()).decode()
    assert found == f"phone,name,hlr_msisdn\n07400123456,Ada,{DIGITS}\n07400123457,Bo,447400123457\n".replace(
        ",", rows_by
    )


def test_a_header_with_another_separator_and_other_columns(tmp_path):
    """Where header and rows do not go together the message names both separators, and nothing of the rows."""
    with pytest.raises(hf.InputError, match="header is separated by ';' and the rows by ','") as refusal:
        rewritten(tmp_path, b"phone;name\n07400123456,Ada,York\n07400123457,Bo,Hull\n")
    assert "York" not in str(refusal.value)


PADDED = 'name, phone, "the town"\nAda, 07400 123456, "York, UK"\n"Smith, J", "07400123456", x\n'


def test_blanks_after_separators(tmp_path):
    """Where blanks follow the separators they are none of the cells', quotes behind them are quotes, and lines stay."""
    found = rewritten(tmp_path, PADDED.encode()).decode()
    assert found.replace(f",{DIGITS}", "").replace(",hlr_msisdn", "") == PADDED
    assert found.count(DIGITS) == 2
    rewritten(tmp_path, PADDED.encode(), to="out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").drop("hlr_msisdn").to_dict(as_series=False) == {
        "name": ["Ada", "Smith, J"],
        "phone": ["07400 123456", "07400123456"],
        "the town": ["York, UK", "x"],
    }


@pytest.mark.parametrize(("stored", "typed"), [("NFD", "NFC"), ("NFC", "NFD")])
@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_accents_of_names_have_two_spellings(tmp_path, stored, typed, to):
    """A name is found however its accents are stored and typed."""
    name = unicodedata.normalize(typed, "téléphone")
    header = unicodedata.normalize(stored, "téléphone")
    found = rewritten(tmp_path, f"{header},x\n07400123456,1\n".encode(), name, to=to)
    if to == "out.csv":
        assert found.decode() == f"{header},x,hlr_msisdn\n07400123456,1,{DIGITS}\n"
    else:
        assert pl.read_parquet(tmp_path / to)["hlr_msisdn"].to_list() == [DIGITS]


@pytest.mark.parametrize("header", ["\ufeff\ufeffphone,x", "phone ,x", "\u00a0phone,x", '" phone",x', "phone\u200b,x"])
def test_what_is_not_seen_in_a_name(tmp_path, header):
    """Blanks and marks around a name do not hide it."""
    found = rewritten(tmp_path, f"{header}\n07400123456,1\n".encode()).decode("utf-8-sig")
    assert found == f"{header.removeprefix(chr(0xFEFF))},hlr_msisdn\n07400123456,1,{DIGITS}\n"


# No header

HEADLESS = [
    b"Ada Lovelace,07400 123456,12 Main Street\nBo Diddley,07400 123457,Hull\n",
    b"Ada Lovelace,,York\nBo Diddley,07400 123457,York\n",
    b"Ada Lovelace;n/a;York\nBo Diddley;07400 123457;Hull\n",
    b"Ada Lovelace\tada@example.com\tYork\n",
    b"Ada Lovelace,07400 123456,York\rBo Diddley,07400 123457,Hull\r",
    b"Ada Lovelace:07400 123456:York\n",
    b"phone-Ada,07400 123456,York\nphone-Bo,07400 123457,Hull\n",
]


@pytest.mark.parametrize("content", HEADLESS)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_without_a_header_shows_no_data(tmp_path, monkeypatch, capsys, content, as_json):
    """Nobody's name, number or address stands in the refusal, which says what to do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_bytes(content)
    assert main(["estimate", "in.csv", "--column", "phone", *(["--json"] if as_json else [])]) == 2
    shown = "".join(capsys.readouterr())
    assert "--no-header" in shown
    for word in ("Ada", "Lovelace", "07400", "123456", "York", "Main", "example"):
        assert word not in shown


def test_names_that_are_no_data_are_shown(tmp_path):
    """A header is shown, so that a slip of the finger is seen."""
    with pytest.raises(hf.InputError, match="did you mean 'Phone 2'"):
        rewritten(tmp_path, b"name,Phone 2,town\nAda,07400123456,York\n", "phone 2")


@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_a_file_without_a_header_gets_one(tmp_path, to):
    """Columns without names are column_1 and so on, also in what is written; all lines are rows."""
    source = b"Ada,07400123456\r\nBo,n/a,\xc3\xa9\r\n"
    found = rewritten(tmp_path, source, "column_2", to=to, header=False)
    if to == "out.csv":
        assert found.decode() == (
            f"column_1,column_2,column_3,hlr_msisdn\r\nAda,07400123456,,{DIGITS}\r\nBo,n/a,é,\r\n"
        )
    else:
        assert pl.read_parquet(tmp_path / to).columns == ["column_1", "column_2", "column_3", "hlr_msisdn"]
    with pytest.raises(hf.InputError, match="it has 'column_1'"):
        rewritten(tmp_path, source, "phone", header=False)


def test_a_list_of_numbers_is_a_file(tmp_path):
    """One number a line, and no header."""
    found = rewritten(tmp_path, b"07400123456\n\n07400123457", "column_1", name="in.txt", to="out.txt", header=False)
    assert found.decode() == f"column_1\thlr_msisdn\n07400123456\t{DIGITS}\n\n07400123457\t447400123457\n".replace(
        "\t", ","
    )


# Line ends and cells


@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_lines_that_end_with_returns(tmp_path, to):
    """Where returns alone end the lines, as old Macs have it, they do in what is written."""
    source = 'phone,note\r07400123456,"two\nlines"\r\r,x\r'
    found = rewritten(tmp_path, source.encode(), to=to)
    if to == "out.csv":
        assert found.decode() == f'phone,note,hlr_msisdn\r07400123456,"two\nlines",{DIGITS}\r\r,x,\r'
    else:
        assert pl.read_parquet(tmp_path / to).rows() == [("07400123456", "two\nlines", DIGITS), (None, "x", None)]


@pytest.mark.parametrize("last", [b"\x1a", b"\x1a\r\n", b"\r\n\x1a", b"\x1a\x1a"])
def test_the_mark_by_which_dos_ended_files(tmp_path, last):
    """Ctrl-Z at the end is no row and no part of one."""
    found = rewritten(tmp_path, b"name,phone\r\nAda,07400123456\r\n" + last)
    assert found.decode() == f"name,phone,hlr_msisdn\r\nAda,07400123456,{DIGITS}\r\n"
    found = rewritten(tmp_path, b"name,phone\r\nAda,07400123456\x1a")
    assert found.decode() == f"name,phone,hlr_msisdn\r\nAda,07400123456,{DIGITS}\n"


def test_a_surplus_empty_cell_is_none(tmp_path):
    """A separator too many at a row's end adds no column; a cell with something in it is refused with its line."""
    found = rewritten(tmp_path, b'phone,a\n07400123456,x,\n07400123456,"y, z",,\n1,2\n').decode()
    assert found == f'phone,a,hlr_msisdn\n07400123456,x,{DIGITS}\n07400123456,"y, z",{DIGITS}\n1,2,\n'
    with pytest.raises(hf.InputError, match="line 3: 3 cells under 2 column names"):
        rewritten(tmp_path, b"phone,a\n1,2\n1,2,3\n")


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
def test_cells_of_any_length(tmp_path, quote, to):
    """A cell longer than Python's reader takes passes through, in the phone column and beside it."""
    long = "x" * 200_000 + (',""\n' * 1000 if quote else "")
    source = f"phone,a\n{quote}{long}{quote},1\n07400123456,{quote}{long}{quote}\n"
    found = rewritten(tmp_path, source.encode(), to=to)
    if to == "out.csv":
        assert (
            found.decode()
            == source.replace("phone,a", "phone,a,hlr_msisdn")
            .replace(f"{long}{quote},1", f"{long}{quote},1,")
            .removesuffix("\n")
            + f",{DIGITS}\n"
        )
    else:
        assert pl.read_parquet(tmp_path / to)["a"][1] == long.replace('""', '"')


def test_the_other_doors_know_text_too(tmp_path, monkeypatch, capsys):
    """estimate_file, clean_file and the commands take the same options."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_bytes("07400123456;Größe\n".encode("cp850"))
    assert estimate_file("in.csv", "column_1", settings=GB, encoding="cp850", header=False).rows == 1
    said = {"encoding": "cp850", "header": False, "output_encoding": "cp1252"}
    clean_file("in.csv", "out.csv", "column_1", default_region="GB", **said)
    assert (tmp_path / "out.csv").read_text("cp1252").startswith("column_1;column_2;hlr_msisdn")
    options = ["in.csv", "--column", "column_1", "--region", "GB", "--encoding", "cp850", "--no-header"]
    assert main(["clean", *options, "-o", "clean.csv", "--output-encoding", "utf-8"]) == 0
    assert (tmp_path / "clean.csv").read_text("utf-8").splitlines()[1].startswith(f"07400123456;Größe;{DIGITS};")
    assert main(["enrich", *options, "-o", "enriched.csv", "--emulator"]) == 0
    assert main(["estimate", *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["rows"] == 1
    assert main(["estimate", *options, "--header-line", "1"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_a_guess_is_a_line_of_the_command(tmp_path, monkeypatch, capsys):
    """The command says a guess in one line on standard error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_bytes("phone,name\n07400123456,Jürgen Größe\n".encode("cp1252"))
    assert main(["clean", "in.csv", "--column", "phone", "--region", "GB", "-o", "out.csv"]) == 0
    assert [line for line in capsys.readouterr().err.splitlines() if "cp1252, which is a guess" in line]


# NDJSON

#: Lines that Python's json and others write, and strict readers refuse.
LOOSE = [
    '{"phone":"07400 123456","n":NaN}',
    '{"phone":"07400 123456","n":-Infinity}',
    '{"phone":"07400 123456","half":"\\ud800"}',
    '{"phone":"07400 123456","tab":"a\tb"}',
    '{"phone":"07400 123456","\\udc00":1}',
    '{"n":[NaN,{"x":Infinity}],"phone":447400123456}',
    '{"n":NaN,"phone":"07400\\u0020123456"}',
]


@pytest.mark.parametrize("line", LOOSE)
def test_what_other_members_hold_stops_nothing(tmp_path, line):
    """A member that is no JSON to the letter stays as it stands beside a phone that is read."""
    content = f'{{"phone":"n/a"}}\n{line}\n'
    found = rewritten(tmp_path, content.encode(), name="in.ndjson", to="out.ndjson").decode()
    assert found == f'{{"phone":"n/a","hlr_msisdn":null}}\n{line[:-1]},"hlr_msisdn":"{DIGITS}"}}\n'
    with pytest.warns(hf.GuessWarning, match="line 2: this is no JSON to the letter"):
        rewritten(tmp_path, content.encode(), name="in.ndjson", to="out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["hlr_msisdn"].to_list() == [None, DIGITS]


@pytest.mark.parametrize("value", ['["07400 123456"]', '{"number":"07400 123456"}', "true"])
def test_a_phone_that_is_neither_text_nor_number(tmp_path, value):
    """One such line is a row without a number; its value stays."""
    line = f'{{"phone":{value},"a":1}}'
    content = f'{line}\n{{"phone":"07400 123456","a":2}}\n'.encode()
    found = rewritten(tmp_path, content, name="in.ndjson", to="out.ndjson").decode()
    assert found == f'{line[:-1]},"hlr_msisdn":null}}\n{{"phone":"07400 123456","a":2,"hlr_msisdn":"{DIGITS}"}}\n'
    rewritten(tmp_path, content, name="in.ndjson", to="out.parquet")
    table = pl.read_parquet(tmp_path / "out.parquet")
    assert table["phone"].to_list() == [value, "07400 123456"]
    assert table["hlr_msisdn"].to_list() == [None, DIGITS]


def test_a_file_of_such_phones_is_refused(tmp_path):
    """Where no line has a text or a number the message says so."""
    with pytest.raises(hf.InputError, match=r"line 1: 'phone' holds what is neither text nor a number"):
        rewritten(tmp_path, b'{"phone":["1"]}\n{"phone":null}\n', name="in.ndjson", to="out.ndjson")


@pytest.mark.parametrize(
    "line", ['{"phone":07}', '{"phone":"1"', '{"phone":"1"}}', "[NaN]", "{'a':1}", '{"a":' + "[" * 5000]
)
def test_what_is_no_json_at_all(tmp_path, line):
    """A line that is no object, or not whole, is refused with its number."""
    with pytest.raises(hf.InputError, match=r"in\.ndjson, line 2: this is "):
        rewritten(tmp_path, f'{{"phone":"1"}}\n{line}\n'.encode(), name="in.ndjson", to="out.ndjson")


def test_json_in_other_encodings(tmp_path):
    """UTF-16 of a shell is recognised; another encoding must be said, and stray bytes in UTF-8 go through."""
    text = '{"phone":"07400 123456","name":"Größe"}\n'
    added = text.replace("}", f',"hlr_msisdn":"{DIGITS}"}}')
    for content, options in ((text.encode("utf-16"), {}), (text.encode("cp1252"), {"encoding": "cp1252"})):
        assert rewritten(tmp_path, content, name="in.ndjson", to="out.ndjson", **options).decode() == added
    with pytest.raises(hf.InputError, match=r"line 1: this is no UTF-8; .*--encoding"):
        rewritten(tmp_path, text.encode("cp1252"), name="in.ndjson", to="out.ndjson")
    stray = text.encode() + text.encode().replace(b"\xc3\xb6", b"\xf6\xff")
    with pytest.warns(hf.GuessWarning, match="line 2"):
        found = rewritten(tmp_path, stray, name="in.ndjson", to="out.ndjson")
    assert found.replace(f',"hlr_msisdn":"{DIGITS}"'.encode(), b"") == stray
    with pytest.raises(hf.InputError, match="line 2: this is no UTF-8, as the rest is"):
        rewritten(tmp_path, stray, name="in.ndjson", to="out.parquet")


# What else is found in exports

ODD = [
    pytest.param("sep=,\n", "name;phone\nAda;07400123456\n", id="a separator that is told wrongly"),
    pytest.param("", "name;phone\r\r\nAda;07400123456\r\r\n", id="a return too many"),
]


@pytest.mark.parametrize(("above", "body"), ODD)
def test_exports_with_small_faults(tmp_path, above, body):
    """What a program wrote wrongly and what is evident all the same is read, and stays."""
    found = rewritten(tmp_path, (above + body).encode()).decode()
    assert found == above + body.replace("phone", "phone;hlr_msisdn").replace("07400123456", f"07400123456;{DIGITS}")


def test_zeros_that_fill_a_file_are_no_row(tmp_path):
    """A file that was made larger than its text ends with its text."""
    found = rewritten(tmp_path, b"phone\n07400123456\n" + b"\0" * 5_000)
    assert found.decode() == f"phone,hlr_msisdn\n07400123456,{DIGITS}\n"


def test_halves_of_characters_are_no_other_encoding(tmp_path):
    """What some databases write for an emoji goes through as it is, and the rest is not read as another encoding."""
    source = b"phone,n\n07400123456,\xed\xa0\xbd\xed\xb8\x80\n1," + "é\n".encode()
    with pytest.warns(hf.GuessWarning, match="line 2"):
        found = rewritten(tmp_path, source)
    assert found.startswith(b"phone,n,hlr_msisdn\n07400123456,\xed\xa0\xbd\xed\xb8\x80,")


def test_columns_without_names_are_those_of_the_widest_row(tmp_path):
    """Without a header the widest row of all says how many columns there are."""
    found = rewritten(tmp_path, b"07400123456\n" * 100 + b"1,2,3\n", "column_1", header=False).decode()
    assert found.splitlines()[0] == "column_1,column_2,column_3,hlr_msisdn"
    assert found.splitlines()[-1] == "1,2,3,"


@pytest.mark.parametrize("content", ["Ada Lovelace,Hull\nBo Diddley,York\n", "Ada Lovelace,Hull\n", "Ada\nBo\n"])
def test_names_that_nothing_tells_from_data_are_not_shown(tmp_path, content):
    """Where no column of figures is under a first line it may be data, and is not shown."""
    with pytest.raises(hf.InputError, match="--no-header") as refusal:
        rewritten(tmp_path, content.encode())
    assert "Ada" not in str(refusal.value)
    with pytest.raises(hf.InputError, match="did you mean 'Phone'"):
        rewritten(tmp_path, f"{content.splitlines()[0]},Phone\n".encode())


def test_frames_without_a_header_show_no_data():
    """A frame whose reader took the first row for names is refused without a word of that row."""
    frame = pl.DataFrame({"Ada": ["Bo"], "07400 123456": ["07400 123457"]})
    for column in ("phone", "phone*"):
        with pytest.raises(hf.InputError, match="has it no header") as refusal:
            hf.estimate(frame, column)
        assert "Ada" not in str(refusal.value)


# Memory


def test_what_is_held_is_bounded_by_characters(tmp_path):
    """Rows of long cells are held few at a time, and a line or a quote that never ends is told by its line."""
    (tmp_path / "in.csv").write_text("phone,a\n" + f"1,{'x' * 1_000}\n" * 50)
    taken = Taken(Naming.of_names("phone"), held=500)
    assert [piece.rows for piece in DelimitedLines(DelimitedFile(tmp_path / "in.csv", taken)).pieces()] == [8] * 6 + [2]
    for content, line in ((f"phone\n1\n{'x' * 9_000}\n", 3), ("phone\n1\n" + '"x\n' + "y\n" * 9_000, 3)):
        (tmp_path / "in.csv").write_text(content)
        with pytest.raises(hf.InputError, match=f"line {line}[: ].*longer than"):
            list(DelimitedFile(tmp_path / "in.csv", taken).rows())
    (tmp_path / "in.csv").write_text("phone\n1\n" + "\n" * 9_000 + "2\n")
    with pytest.raises(hf.InputError, match="longer than 8,000 characters"):
        list(DelimitedFile(tmp_path / "in.csv", taken).rows())
    (tmp_path / "in.ndjson").write_text('{"phone":"1"}\n{"phone":"' + "x" * 9_000 + '"}\n')
    with pytest.raises(hf.InputError, match="line 2: it is longer than 8,000 characters"):
        list(NdjsonLines(tmp_path / "in.ndjson", taken).rows())


HOSTILE = """
import gzip, resource, sys, warnings
import hlrframe as hf
with gzip.open("in.csv.gz", "wb", compresslevel=1) as file:
    file.write(b"phone,a\\n1,")
    for _ in range(600):
        file.write(b"x" * (1 << 20))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    hf.estimate_file("in.csv.gz", "phone")
except hf.InputError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_small_file_that_unpacks_to_much(tmp_path):
    """A line of hundreds of megabytes in a packed file is refused within a few of them."""
    done = subprocess.run([sys.executable, "-c", HOSTILE], cwd=tmp_path, capture_output=True, text=True, check=True)
    said, kilobytes = done.stdout.splitlines()
    assert "line 2: it is longer than" in said
    assert int(kilobytes) < 200_000


@given(st.lists(st.text(st.sampled_from('a",;\t \r\n\x0b\u2028'), max_size=6), max_size=4), st.sampled_from(",;\t"))
def test_records_are_those_of_the_standard_library(cells, separator):
    """Text that Python's writer writes has the cells that its reader reads, were it read by hand or not."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([cells, ["end", "x"]])
    for longest in (1 << 20, 1):
        records = Records(io.StringIO(text.getvalue(), newline="\n"), separator)
        records._most = longest  # a line that is longer is read by hand
        found = [[value_of(cell) or "" for cell in cells] for _, cells in records]
        assert found == [cells, ["end", "x"]]


# What is read again

AGAIN = [
    pytest.param("# a title\n# of two lines\nphone,n\n", {}, id="remarks above the header"),
    pytest.param("sep=;\nphone;n\n", {}, id="the separator's line"),
    pytest.param("phone,n\n", {"output_encoding": "utf-16"}, id="UTF-16"),
    pytest.param("phone,n\n", {"output_encoding": "cp1252"}, id="Windows"),
]


@pytest.mark.parametrize(("head", "options"), AGAIN)
def test_what_is_written_can_be_summarised(tmp_path, head, options):
    """A report reads whatever was written from text."""
    separator = ";" if ";" in head else ","
    (tmp_path / "in.csv").write_text(f"{head}+447400123456{separator}\xe9\n", "utf-8")
    enrich_file(tmp_path / "in.csv", tmp_path / "out.csv", "phone", client=hf.emulator.connect(), **options)
    assert hf.summarize(tmp_path / "out.csv").verdicts["numbers"].sum() == 1


def test_stray_bytes_and_long_cells_can_be_summarised(tmp_path):
    """So are files with bytes that are no text, and with cells of megabytes."""
    long = b"x" * 3_000_000
    (tmp_path / "in.txt").write_bytes(b"phone;n\n+447400123456;\xc3\xa9\n;\xff\n;" + long + b"\n")
    with pytest.warns(hf.GuessWarning):
        enrich_file(tmp_path / "in.txt", tmp_path / "out.txt", "phone", client=hf.emulator.connect())
    assert hf.summarize(tmp_path / "out.txt").verdicts["numbers"].sum() == 1
