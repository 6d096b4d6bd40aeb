"""Files that are small or of one endless piece and would take gigabytes: a case is a line of the table."""

import bz2
import gzip
import itertools
import lzma
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from helpers.workbooks import rewritten, write_spreadsheet, write_workbook
from hlrframe.errors import InputError
from hlrframe.files import clean_file, estimate_file

MB = 1 << 20
HEAD = b"name,phone\n"
LIMIT = "600MB"
#: Cleans in a process of its own, and says how much memory it took at most.
CLEAN = """
import sys
import hlrframe as hf
try:
    hf.enrich_file(sys.argv[1], sys.argv[2], "phone", client=hf.emulator.connect(seed=7), memory_limit=sys.argv[3])
    said = "done"
except hf.InputError as error:
    said = str(error)
status = open("/proc/self/status", encoding="ascii").read()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024, said)
"""


def one_cell(count):
    return itertools.chain([HEAD, b"x,"], itertools.repeat(b"7" * MB, count))


def open_quote(count):
    return itertools.chain([HEAD, b'x,"'], itertools.repeat(b"7\n" * (MB // 2), count))


def many_columns(count):
    return itertools.chain([b"phone"], itertools.repeat(b",a" * (MB // 2), count))


def nothing(count):
    return itertools.repeat(bytes(MB), count)


def one_text(count):
    return itertools.chain([b'{"phone":"'], itertools.repeat(b"7" * MB, count), [b'"}\n'])


def many_names(count):
    names = (b',"k%d":1' % each for each in range(count * MB // 12))
    return itertools.chain([b'{"phone":"+447400123456"'], names, [b"}\n"])


def folded(count):
    return itertools.chain([b"BEGIN:VCARD\r\nTEL:+44"], itertools.repeat(b"\r\n 7" * (MB // 4), count))


def zipped(path):
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED).open("a.csv", "w", force_zip64=True)


CASES = {
    "one cell.csv": (open, one_cell, 300),
    "a quote that is never closed.csv": (open, open_quote, 300),
    "columns without end.csv": (open, many_columns, 300),
    "nothing.csv": (open, nothing, 300),
    "one text.ndjson": (open, one_text, 300),
    "names without end.ndjson": (open, many_names, 24),
    "one text.json": (open, lambda count: itertools.chain([b"["], one_text(count), [b"]"]), 100),
    "nesting.ndjson": (open, lambda count: [b'{"phone":1,"x":', b"[" * count * MB], 5),
    "nesting.json": (open, lambda count: [b'[{"phone":1,"x":', b'{"a":' * count * MB], 2),
    "folded.vcf": (open, folded, 100),
    "bomb.csv.gz": (gzip.open, one_cell, 600),
    "lines.csv.gz": (gzip.open, open_quote, 300),
    "bomb.csv.bz2": (bz2.open, nothing, 300),
    "bomb.csv.xz": (lzma.open, one_cell, 300),
    "bomb.csv.zip": (zipped, one_cell, 600),
}


SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
FAR = b'<row r="1048576"><c r="%b"><v>1</v></c></row>'


def sheet(rows, **others):
    """A workbook with these rows below its own, and with other parts changed."""

    def make(path):
        write_workbook(path, {"S": [["phone"], ["+447400123456"]]})
        added = {SHEET: lambda was: was.replace(b"</sheetData>", b"%b</sheetData>" % rows)}
        rewritten(path, added | {ALIASES[name]: change for name, change in others.items()})

    return make


def moved(path):
    """Its sheet lies where no sheet is looked for."""
    sheet(FAR % b"XFD1048576")(path)
    rewritten(
        path, {RELATIONS: lambda was: was.replace(b"worksheets/sheet1.xml", b"odd/s.dat")}, {SHEET: "xl/odd/s.dat"}
    )


def many_sheets(was):
    before, _, after = was.partition(b"<sheets>")
    names = b"".join(b'<sheet name="S%d" sheetId="%d" r:id="rId1"/>' % (each, each) for each in range(1, 301))
    return b"%b<sheets>%b%b" % (before, names, after[after.index(b"</sheets>") :])


def size_lies(path):
    """The archive says that its sheet is of 5,000 bytes, and what these sum up to."""
    sheet(b"<row><c><v>1</v></c></row>" * 5_000_000)(path)
    with zipfile.ZipFile(path) as archive, archive.open(SHEET) as file:
        start = file.read(5000)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(SHEET.encode()))
    struct.pack_into("<I", data, entry + 16, zlib.crc32(start))
    struct.pack_into("<I", data, entry + 24, len(start))
    path.write_bytes(data)


def spreadsheet(tag, content="<text:p>x</text:p>"):
    cell = f'<table:table-cell office:value-type="string" {tag}>{content}</table:table-cell>'
    return lambda path: write_spreadsheet(path, [["phone"], [cell]])


NUMBER = "+447400123456"


def typed(texts, *, packed=None, rows=1, **options):
    """A table in Parquet or Arrow, by the ending, with such texts beside its numbers."""

    def make(path):
        table = pa.table({"phone": pa.array([NUMBER] * rows), "x": texts()})
        if path.suffix == ".parquet":
            pq.write_table(table, path, compression=packed or "none", **options)
        else:
            kind = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
            with kind(str(path), table.schema, options=pa.ipc.IpcWriteOptions(compression=packed)) as file:
                file.write_table(table)

    return make


def giant():
    return pa.array(["7" * (400 * MB)])


def repeated(size, rows):
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["7" * size]))


def list_of_nothing():
    nothing = pa.Array.from_buffers(pa.int8(), 100 * MB, [None, pa.py_buffer(bytes(100 * MB))])
    return pa.ListArray.from_arrays(pa.array([0, 100 * MB], pa.int32()), nothing)


def wide(path):
    """A table of very many columns."""
    names = [f"c{each}" for each in range(100_000)]
    table = pa.table([pa.array([NUMBER]), *[pa.array([1])] * len(names)], names=["phone", *names])
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        pyarrow.feather.write_feather(table, str(path))


TYPED = {
    "a long text.parquet": typed(giant, packed="zstd", use_dictionary=False),
    "a long text in a dictionary.parquet": typed(giant, packed="zstd"),
    "a long text zstd.arrow": typed(giant, packed="zstd"),
    "a long text lz4.arrow": typed(giant, packed="lz4"),
    "a long text.arrows": typed(giant, packed="zstd"),
    "a long text that is not packed.arrow": typed(giant),
    "a long text in many rows.parquet": typed(lambda: repeated(MB, 600).cast(pa.string()), rows=600, packed="zstd"),
    "a dictionary of a long text.parquet": typed(lambda: repeated(MB, 600), rows=600, packed="zstd"),
    "a dictionary of a long text.arrow": typed(lambda: repeated(MB, 600), rows=600, packed="zstd"),
    "a list of nothing.parquet": typed(list_of_nothing, packed="zstd"),
    "columns without end.parquet": wide,
    "columns without end.arrow": wide,
}


def record(kind, content=b""):
    """A record of a binary workbook."""
    kinds = bytes([kind & 0x7F | 0x80, kind >> 7]) if kind > 127 else bytes([kind])
    length = len(content)
    return kinds + (bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])) + content


def wide_text(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary(row, column, part="worksheets/sheet1.bin"):
    """A binary workbook with a table of one number, and one cell elsewhere."""

    def make(path):
        book = [record(131), record(143), record(156, struct.pack("<II", 0, 1) + wide_text("rId1") + wide_text("S"))]
        cells = [(0, 0, "phone"), (1, 0, NUMBER), (row, column, "far")]
        sheet = [record(129), record(148, struct.pack("<4I", 0, 1, 0, 0)), record(145)]
        for at, along, text in cells:
            sheet.append(record(0, struct.pack("<IIHHBI", at, 0, 255, 0, 0, 0)))
            sheet.append(record(6, struct.pack("<II", along, 0) + wide_text(text)))
        types = "http://schemas.openxmlformats.org/package/2006"
        link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", f'<Types xmlns="{types}/content-types"/>')
            archive.writestr(
                "xl/_rels/workbook.bin.rels",
                f'<Relationships xmlns="{types}/relationships"><Relationship Id="rId1" Type="{link}/worksheet" '
                f'Target="{part}"/></Relationships>',
            )
            archive.writestr("xl/workbook.bin", b"".join([*book, record(144), record(132)]))
            archive.writestr(f"xl/{part}", b"".join([*sheet, record(146), record(130)]))

    return make


def old(row, column):
    """A workbook of the old kind whose last cell lies elsewhere."""

    def make(path):
        data = bytearray((Path(__file__).parents[1] / "data" / "contacts.xls").read_bytes())
        at = data.index(struct.pack("<HHHH", 0x00FD, 10, 2, 1))
        struct.pack_into("<HH", data, at + 4, row, column)
        path.write_bytes(data)

    return make


ALIASES = {"book": "xl/workbook.xml", "texts": TEXTS}
LONG = b"<si><t>%b</t></si></sst>" % (b"x" * MB)
WORKBOOKS = {
    "rows.xlsx": sheet(b"<row><c><v>1</v></c></row>" * 5_000_000),
    "empty cells.xlsx": sheet(b"<row>%b</row>" % (b"<c/>" * 30_000_000)),
    "empty rows.xlsx": sheet(b"<row/>" * 20_000_000),
    "far.xlsx": sheet(FAR % b"XFD1048576"),
    "far in small letters.xlsx": sheet(FAR % b"xfd1048576"),
    "far down.xlsx": sheet(FAR % b"BK1048576"),
    "far along.xlsx": sheet(b'<row r="4000"><c r="XFD4000"><v>1</v></c></row>'),
    "one part, many sheets.xlsx": sheet(b"<row><c><v>1</v></c></row>" * 200_000, book=many_sheets),
    "a long text in many cells.xlsx": sheet(
        b'<row><c t="s"><v>2</v></c></row>' * 10_000, texts=lambda was: was.replace(b"</sst>", LONG)
    ),
    "moved.xlsx": moved,
    "size lies.xlsx": size_lies,
    "many cells.ods": spreadsheet('table:number-columns-repeated="60000000"'),
    "a long text in many cells.ods": spreadsheet(
        'table:number-columns-repeated="9000"', f"<text:p>{'x' * MB}</text:p>"
    ),
    "far.xlsb": binary(1_048_575, 16_383),
    "far and moved.xlsb": binary(1_048_575, 16_383, part="odd/s.bin"),
    "far.xls": old(65_535, 255),
    "spaces.ods": spreadsheet("", '<text:p><text:s text:c="2000000000"/></text:p>'),
}


#: Elsewhere no process says how much memory it took at most.
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux says how much memory a process took at most")


def said_within_the_limit(path, out):
    """Cleans a file in a process of its own, and gives what that says; it has not taken more than the limit."""
    command = [sys.executable, "-W", "ignore", "-c", CLEAN, str(path), str(out), LIMIT]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ended.returncode == 0, ended.stderr
    peak, said = ended.stdout.split(" ", 1)
    assert int(peak) < 600
    return said


@pytest.mark.slow
@on_linux
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", WORKBOOKS)
def test_no_workbook_takes_all_memory(tmp_path, case):
    """Whatever a workbook holds or stands for, one line says that it is too large or damaged, before it is loaded."""
    path = tmp_path / case
    WORKBOOKS[case](path)
    said = said_within_the_limit(path, tmp_path / "out.csv")
    assert path.name in said


@pytest.mark.slow
@on_linux
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", TYPED)
def test_no_typed_file_takes_all_memory(tmp_path, case):
    """Whatever a table in Parquet or Arrow unpacks to, it is written within the limit, or one line says the cure."""
    path = tmp_path / case
    TYPED[case](path)
    said = said_within_the_limit(path, tmp_path / "out.csv")
    assert said == "done\n" if "dictionary of" in case or "many rows" in case else path.name in said


@pytest.mark.slow
@on_linux
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES)
def test_no_file_takes_all_memory(tmp_path, case):
    """Whatever a file holds, the process stays within the limit on its memory, and one line says what is wrong."""
    opened, pieces, count = CASES[case]
    path = tmp_path / case
    with path.open("wb") if opened is open else opened(path, "wb") if opened is not zipped else zipped(path) as file:
        file.writelines(pieces(count))
    out = tmp_path / ("out.ndjson" if "json" in case else "out.csv")
    said = said_within_the_limit(path, out)
    assert path.name in said


@pytest.mark.slow
@pytest.mark.parametrize("use", [estimate_file, lambda path, column: clean_file(path, path.with_name("o.csv"), column)])
def test_what_has_no_limit_of_its_own_keeps_to_the_usual_one(tmp_path, use):
    """A small file that unpacks to a gigabyte is refused by whatever reads it, and unpacked by nothing."""
    path = tmp_path / "in.arrow"
    typed(lambda: pa.array(["7" * (480 * MB)]), packed="zstd")(path)
    with pytest.raises(InputError, match=r"a packed batch of Arrow is held whole .* takes about 1\.4GB"):
        use(path, "phone")


def test_names_that_are_values_are_told(tmp_path, monkeypatch):
    """A file whose objects all have other names is refused before each of them becomes a column."""
    monkeypatch.setattr("hlrframe.files.ndjson.lines.MOST_NAMES", 100)
    path = tmp_path / "in.ndjson"
    path.write_text("".join(f'{{"phone":"+447400123456","k{each}":1}}\n' for each in range(200)), encoding="utf-8")
    with pytest.raises(InputError, match="line 100: more than 100 different names"):
        clean_file(path, tmp_path / "out.ndjson", "phone")
