"""Kinds of file and how they are packed: by name, by bytes, and in bounded memory."""

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile

import polars as pl
import pyarrow as pa
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.workbooks import write_workbook
from hlrframe.files import clean_file, enrich_file, estimate_file
from hlrframe.files.places.kinds import Format, format_of_bytes
from hlrframe.model import FileKind

ADA, BO, CY = mobiles(3)
TEXT = f'phone,note\n+{ADA},007\n00{BO},"a, b"\n'
WRITTEN = f'phone,note,hlr_msisdn\n+{ADA},007,{ADA}\n00{BO},"a, b",{BO}\n'


def zipped(data, name="contacts.csv"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._contacts.csv", "what an archiver adds")
        archive.writestr(name, data)
    return file.getvalue()


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = archive.namelist()
        return archive.read(name)


PACK = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}
UNPACK = {
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    "zip": unzipped,
    "zst": lambda data: pa.input_stream(pa.py_buffer(data), compression="zstd").read(),
}


@pytest.mark.parametrize("packing", PACK)
def test_packed_files_stay_packed(tmp_path, client, packing):
    """Lines go out of a packed file into a packed one as they were; a summary reads it."""
    source, destination = tmp_path / f"in.csv.{packing}", tmp_path / f"out.csv.{packing}"
    source.write_bytes(PACK[packing](TEXT.encode()))
    enrich_file(source, destination, "phone", client=client, columns=["msisdn"])
    assert UNPACK[packing](destination.read_bytes()).decode() == WRITTEN
    enrich_file(source, destination, "phone", client=client)
    assert hf.summarize(destination).verdicts["numbers"].sum() == 2


@pytest.mark.parametrize("packing", PACK)
def test_what_unpacks_to_a_huge_line_takes_no_memory(tmp_path, monkeypatch, packing):
    """A small file of one endless line is refused when it is longer than a line may be."""
    monkeypatch.setattr("hlrframe.files.source.CELL_CHARACTERS", 1)
    (tmp_path / f"in.csv.{packing}").write_bytes(PACK[packing](b"phone\n" + b"1" * (3 << 20) + b"\n"))
    with pytest.raises(hf.InputError, match="it is longer than"):
        estimate_file(tmp_path / f"in.csv.{packing}", "phone")


@pytest.mark.parametrize("name", ["contacts.csv", "in/contacts.tsv", "contacts.ndjson", "contacts.parquet", "c.xlsx"])
def test_what_is_in_a_zip_has_a_name(tmp_path, client, name):
    """A zip is read by the name of the one file in it, whatever kind that is."""
    ending = name.rpartition(".")[2]
    plain = tmp_path / f"plain.{ending}"
    frame = pl.DataFrame({"phone": [f"+{ADA}"], "note": ["007"]})
    match ending:
        case "csv":
            frame.write_csv(plain)
        case "tsv":
            frame.write_csv(plain, separator="\t")
        case "ndjson":
            frame.write_ndjson(plain)
        case "parquet":
            frame.write_parquet(plain)
        case _:
            write_workbook(plain, {"S": [frame.columns, *frame.rows()]})
    (tmp_path / "in.zip").write_bytes(zipped(plain.read_bytes(), name))
    enrich_file(tmp_path / "in.zip", tmp_path / "out.csv", "phone", client=client, columns=["msisdn"])
    assert (tmp_path / "out.csv").read_text() == f"phone,note,hlr_msisdn\n+{ADA},007,{ADA}\n"


def test_archives_that_are_no_packed_file(tmp_path):
    """Of a zip with several files, with none or with a password the message says what it is and what to do."""
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "phone\n")
        archive.writestr("b.csv", "phone\n")
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    locked = bytearray(zipped(TEXT.encode()))
    for place in (match.start() for match in re.finditer(b"PK\x03\x04|PK\x01\x02", bytes(locked))):
        locked[place + (6 if locked[place + 2] == 3 else 8)] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    (tmp_path / "damaged.zip").write_bytes(zipped(TEXT.encode())[:-30])
    for name, words in (
        ("two", r"holds 2 files \(a\.csv, b\.csv\): unpack it"),
        ("none", "the archive is empty"),
        ("locked", "locked with a password"),
        ("damaged", "damaged, or not what its ending says"),
    ):
        with pytest.raises(hf.InputError, match=words):
            estimate_file(tmp_path / f"{name}.zip", "phone")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(gzip.compress(b"phone\n1\n"), r"packed with gzip: give it the ending \.gz", id="gzip"),
        pytest.param(zipped(b"phone\n1\n"), r"a zip archive: give it the ending \.zip", id="zip"),
        pytest.param(b"PAR1 and so on", r"a Parquet file: give it the ending \.parquet", id="parquet"),
        pytest.param(b"%PDF-1.7", "a PDF", id="pdf"),
        pytest.param(b"\n<html><table>", "a web page", id="page"),
        pytest.param(None, r"an Excel workbook: give it the ending \.xlsx", id="workbook"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet", "xls"])
def test_bytes_that_are_something_else(tmp_path, content, words, ending):
    """A file whose bytes are not what its name says is refused with what they are."""
    path = tmp_path / f"in.{ending}"
    path.write_bytes(content or write_workbook(tmp_path / "w.xlsx", {"S": [["phone"]]}).read_bytes())
    if (content or b"").startswith(b"PAR1") and ending == "parquet":
        words = "damaged"
    with pytest.raises(hf.InputError, match=words):
        estimate_file(path, "phone")


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods", "parquet", "arrow"])
def test_text_by_another_name(tmp_path, ending):
    """Text that is called a workbook or a table of columns is said to be text."""
    (tmp_path / f"in.{ending}").write_text(f"phone\n+{ADA}\n")
    with pytest.raises(hf.InputError, match=r"by its bytes it is text: give it the ending \.csv"):
        estimate_file(tmp_path / f"in.{ending}", "phone")


def test_a_name_that_says_nothing(tmp_path, client):
    """A file without an ending that is known is what somebody says; the message says how, or what its bytes are."""
    (tmp_path / "contacts").write_text(f"phone\n+{ADA}\n")
    with pytest.raises(hf.InputError, match=r"cannot tell what 'contacts' is: .*--from csv"):
        enrich_file(tmp_path / "contacts", tmp_path / "out.csv", "phone", client=client)
    enrich_file(
        tmp_path / "contacts", tmp_path / "out.csv", "phone", client=client, columns=["msisdn"], source_format="csv"
    )
    assert (tmp_path / "out.csv").read_text() == f"phone,hlr_msisdn\n+{ADA},{ADA}\n"
    (tmp_path / "contacts.dat").write_bytes(b"7z\xbc\xaf\x27\x1c")
    with pytest.raises(hf.InputError, match=r"contacts\.dat: by its bytes it is a 7z archive: unpack it first"):
        estimate_file(tmp_path / "contacts.dat", "phone")


def test_a_workbook_with_a_password_is_said_to_have_one(tmp_path):
    """A locked workbook is a container of the old kind; the message says that it is locked."""
    (tmp_path / "in.xlsx").write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(hf.InputError, match="locked with a password"):
        estimate_file(tmp_path / "in.xlsx", "phone")


@pytest.mark.parametrize(
    ("content", "kind", "packing"),
    [
        (b"phone;n\n", FileKind.CSV, None),
        (b"\xef\xbb\xbf [1]", FileKind.JSON, None),
        (b'{"a":1}', FileKind.NDJSON, None),
        (b"begin:vcard\n", FileKind.VCARD, None),
        (gzip.compress(b"[]", mtime=0), FileKind.JSON, "gzip"),
        (zipped(b"phone\n"), FileKind.CSV, "zip"),
        (b"PAR1", FileKind.PARQUET, None),
        (b"", FileKind.CSV, None),
    ],
    ids=lambda value: "bytes" if isinstance(value, bytes) else str(value),  # a zip file holds the time of its making
)
def test_what_bytes_say(tmp_path, content, kind, packing):
    """What comes without a name is known by how it begins."""
    (tmp_path / "it").write_bytes(content)
    if packing == "zip":
        (tmp_path / "it").rename(tmp_path / "it.zip")
    assert format_of_bytes(next(tmp_path.iterdir()))[0] == Format(kind, packing)


def test_tabs_have_two_endings(tmp_path, client):
    """.tab is .tsv."""
    (tmp_path / "in.tab").write_text(f"a,b\tphone\nc\t+{ADA}\n")
    enrich_file(tmp_path / "in.tab", tmp_path / "out.tab", "phone", client=client, columns=["msisdn"])
    assert (tmp_path / "out.tab").read_text() == f"a,b\tphone\thlr_msisdn\nc\t+{ADA}\t{ADA}\n"


# JSON

ARRAY = f"""\ufeff[
  {{
    "phone": {ADA},
    "n": 1.10, "text": "a\\n}}, {{", "list": [1, {{"x": null}}]
  }} ,
  {{}},{{"phone": "+{BO}", "text": "é"}}
]
"""


def test_an_array_of_objects(tmp_path, client):
    """Each object goes out as it was, on one line, with its members added; numbers keep every digit."""
    (tmp_path / "in.json").write_text(ARRAY, encoding="utf-8")
    enrich_file(tmp_path / "in.json", tmp_path / "out.json", "phone", client=client, columns=["msisdn"])
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    assert '"n": 1.10, "text": "a\\n}, {", "list": [1, {"x": null}]' in text
    before, after = json.loads(ARRAY.lstrip("\ufeff")), json.loads(text)
    assert [{**was, "hlr_msisdn": number} for was, number in zip(before, (ADA, None, BO), strict=True)] == after
    assert text.count("\n") == 5
    enrich_file(tmp_path / "in.json", tmp_path / "out.json", "phone", client=client)
    assert hf.summarize(tmp_path / "out.json").verdicts["numbers"].sum() == 2


@pytest.mark.parametrize("ending", ["ndjson", "parquet", "csv"])
def test_an_array_becomes_any_kind(tmp_path, client, ending):
    """An array of objects goes into other kinds, and these into one."""
    (tmp_path / "in.json").write_text(f'[{{"phone": "+{ADA}", "n": 1}}, {{"phone": {BO}, "n": 2}}]')
    enrich_file(tmp_path / "in.json", tmp_path / f"a.{ending}", "phone", client=client, columns=["state"])
    enrich_file(tmp_path / f"a.{ending}", tmp_path / "b.json", "phone", client=client, prefix="x_", columns=["msisdn"])
    found = json.loads((tmp_path / "b.json").read_text())
    assert [each["x_msisdn"] for each in found] == [ADA, BO]
    assert [int(each["n"]) for each in found] == [1, 2]


def test_an_empty_array_stays_one(tmp_path, client):
    """No objects, no rows; what was selected away is still an array."""
    pl.DataFrame({"phone": []}, schema={"phone": pl.String}).write_parquet(tmp_path / "in.parquet")
    enrich_file(tmp_path / "in.parquet", tmp_path / "out.json", "phone", client=client)
    assert json.loads((tmp_path / "out.json").read_text()) == []


def test_lines_under_the_name_of_an_array(tmp_path, client):
    """Many call NDJSON .json: where the first value is an object each line is one."""
    (tmp_path / "in.json").write_text(f'{{"phone": "+{ADA}"}}\n{{"phone": "+{BO}"}}\n')
    enrich_file(tmp_path / "in.json", tmp_path / "out.json", "phone", client=client, columns=["msisdn"])
    assert [each["hlr_msisdn"] for each in json.loads((tmp_path / "out.json").read_text())] == [ADA, BO]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "is empty"),
        ("", "is empty"),
        ('[{"phone": 1}', "element 1: this is no whole JSON"),
        ('[{"phone": 1} {"phone": 2}]', "element 1: this is no whole JSON"),
        ('[{"phone": 1}, ]', "element 2: this is no whole JSON"),
        ("[1, 2]", "element 1: this is no JSON object"),
        ('[{"phone": 1}] {}', "something stands behind the array"),
        ("[" * 100_000, "nested too deeply"),
        ('{"contacts": [\n{"phone": 1}\n]}', r"this is no whole JSON; where one object holds the rows .* jq"),
        (
            '{"data": [{"phone": 1}], "n": 1}',
            r"its rows stand under 'data': take them out first, as with jq '\.data\[\]'",
        ),
        ('{"a": {"the rows": [{"phone": 1}]}}', r"as with jq '\.a\[\"the rows\"\]\[\]'"),
        ('{"a1": {"phone": 1}, "a2": {"phone": 2}}', r"members of one object: .* jq '\.\[\]'"),
        ('{"a": {"b": {"phone": 1}}}', r"stand under 'a\.b'"),
        ('[["phone"], ["07400 123456"]]', "element 1: this is no JSON object; write each row as an object"),
        ('{"phone": ["1", "2"]}', "orient='records'"),
    ],
)
def test_arrays_that_are_none(tmp_path, text, words):
    """What is no array of objects is refused by the place of what is wrong."""
    (tmp_path / "in.json").write_text(text)
    with pytest.raises(hf.InputError, match=words):
        estimate_file(tmp_path / "in.json", "phone")


@pytest.mark.parametrize("to", ["csv", "parquet", "ndjson"])
def test_the_first_object_may_lack_the_phone(tmp_path, to):
    """Programs leave out what is empty: a member that only later objects have is the phone column all the same."""
    (tmp_path / "in.ndjson").write_text(f'{{"name": "a"}}\n{{"phone": "+{ADA}"}}\n')
    cleaned = clean_file(tmp_path / "in.ndjson", tmp_path / f"out.{to}", "phone")
    assert (cleaned.rows, cleaned.numbers, cleaned.rejected) == (2, 1, {"empty": 1})


def test_an_array_under_the_name_of_lines(tmp_path):
    """An array in a file that is called NDJSON is refused with what makes it readable, and then is read."""
    (tmp_path / "in.ndjson").write_text(f'[\n{{"phone": "+{ADA}"}}\n]')
    with pytest.raises(
        hf.InputError, match=r"line 1: this is no JSON object; one array of objects has the ending \.json"
    ):
        estimate_file(tmp_path / "in.ndjson", "phone")
    (tmp_path / "in.ndjson").rename(tmp_path / "in.json")
    assert estimate_file(tmp_path / "in.json", "phone").numbers == 1


def test_an_array_of_any_size(tmp_path):
    """An array is read piece by piece, objects across the pieces too."""
    rows = [{"phone": f"+{ADA}", "text": "x" * (place % 5_000)} for place in range(2_000)]
    (tmp_path / "in.json").write_text(json.dumps(rows))
    estimate = estimate_file(tmp_path / "in.json", "phone")
    assert (estimate.rows, estimate.numbers) == (2_000, 1)


# vCards

CARDS = f"""BEGIN:VCARD
VERSION:3.0
FN:Ada Byron\\, Countess
N:Byron;Ada;;;
ORG:Engines;Notes
TEL;TYPE=CELL,PREF:+{ADA}
item1.TEL;TYPE=work;VALUE=uri:tel:+{BO}
EMAIL:ada@example.org
ADR;TYPE=HOME:;;1 Street;London;;N1;United
  Kingdom
PHOTO;ENCODING=b:{"A" * 70}
 {"B" * 70}
END:VCARD
begin:vcard
version:2.1
n:Grace;Hopper
TEL;HOME;VOICE:07400 123456
NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:caf=C3=A9=
 =0D=0A
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=
=AB
end:vcard
BEGIN:VCARD
FN:Nobody
END:VCARD
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_row_for_each_card_and_number(tmp_path, client, line_end):
    """Each number of a card is a row, a card without one too; names are as they are meant."""
    (tmp_path / "in.vcf").write_text(CARDS, encoding="utf-8", newline=line_end)
    settings = hf.Settings(default_region="GB")
    enrich_file(
        tmp_path / "in.vcf", tmp_path / "out.csv", "phone", client=client, columns=["msisdn"], settings=settings
    )
    found = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert found.select("card", "name", "phone", "phone_type", "hlr_msisdn").rows() == [
        ("1", "Ada Byron, Countess", f"+{ADA}", "cell", ADA),
        ("1", "Ada Byron, Countess", f"+{BO}", "work", BO),
        ("2", "Zoë", "07400 123456", "home", "447400123456"),
        ("3", "Nobody", None, None, None),
    ]
    assert found.row(0)[2:6] == ("Engines, Notes", None, "ada@example.org", "United Kingdom")


def test_a_card_has_one_phone_column(tmp_path):
    """The message for a wrong column names those of a card, and nothing is written as one."""
    (tmp_path / "in.vcf").write_text(CARDS)
    with pytest.raises(hf.InputError, match="it has 'card', 'name'"):
        estimate_file(tmp_path / "in.vcf", "tel")
    with pytest.raises(hf.InputError, match=r"writes none; name a \.csv file"):
        enrich_file(tmp_path / "in.vcf", tmp_path / "out.vcf", "phone", settings=hf.Settings(offline=True))
    (tmp_path / "none.vcf").write_text("nothing\n")
    with pytest.raises(hf.InputError, match="holds no vCard"):
        estimate_file(tmp_path / "none.vcf", "phone")
