"""Delimited text in the ways of other writers: backslashes before quotes, rows with names, columns apart by blanks."""

import csv
import io

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hlrframe as hf
from hlrframe.files import clean_file
from hlrframe.files.delimited.escaped_blocks import escaped_block
from hlrframe.files.delimited.escapes import EscapedRecords, has_escapes, standard_line
from hlrframe.files.delimited.file import DelimitedFile
from hlrframe.files.delimited.records import values_of
from hlrframe.files.source import Taken
from hlrframe.model import Naming

PHONES = ["447400123456", "447400123457"]


def cleaned(folder, content, *, to="out.csv", name="in.csv"):
    (folder / name).write_text(content, encoding="utf-8", newline="")
    return clean_file(folder / name, folder / to, "phone", default_region="GB")


def numbers(folder, content, **options):
    cleaned(folder, content, to="out.parquet", **options)
    return pl.read_parquet(folder / "out.parquet")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ('name,phone\n"Smith, \\"Bob\\", Jr","07400123456"\nB,07400123457\n', ['Smith, "Bob", Jr', "B"]),
        ('name,phone\n"hi \\"","07400123456"\n"B","07400123457"\n', ['hi "', "B"]),
        (
            'name,phone\r\n"say \\"a\\\r\nb\\", C:\\\\","07400123456"\r\n"B","07400123457"\r\n',
            ['say "a\r\nb", C:\\', "B"],
        ),
        ("name,phone\nSmith\\, John,07400123456\n\\N,07400123457\n", ["Smith, John", None]),
        ('name,phone\n"Lee, \\"Al\\"",07400123456\n"Ray, \\"Bo\\"",07400123457\n', ['Lee, "Al"', 'Ray, "Bo"']),
        ("name\tphone\none\\\ntwo\t07400123456\nB\t07400123457\n", ["one\ntwo", "B"]),
        ('name;phone\n"a\\";\\"b";07400123456\n"";07400123457\n', ['a";"b', ""]),
    ],
)
@pytest.mark.filterwarnings("ignore::hlrframe.GuessWarning")
def test_a_backslash_before_what_has_a_meaning(tmp_path, content, names):
    """What MySQL, Spark and their like escape is read as they mean it; what is written is as the standard has it."""
    ending = "tsv" if "\t" in content else "csv"
    found = numbers(tmp_path, content, name=f"in.{ending}")
    assert found["name"].to_list() == names
    assert found["hlr_msisdn"].to_list() == PHONES
    cleaned(tmp_path, content, name=f"in.{ending}", to=f"out.{ending}")
    written = (tmp_path / f"out.{ending}").read_bytes().decode()
    separator = next(each for each in ",;\t" if each in content)
    table = [*csv.reader(io.StringIO(written, newline=""), delimiter=separator)]
    assert [(row[0] or None, row[2]) for row in table[1:]] == [
        (name or None, phone) for name, phone in zip(names, PHONES, strict=True)
    ]


@pytest.mark.parametrize(
    ("content", "folders"),
    [
        ('dir,phone\n"C:\\",07400123456\n"D:\\x\\",07400123457\n', ["C:\\", "D:\\x\\"]),
        ('dir,phone\n"{""a"":""x\\""y""}",07400123456\nB,07400123457\n', ['{"a":"x\\"y"}', "B"]),
        ('dir,phone\n"a ""b"" \\, c",07400123456\nE:\\dir,07400123457\n', ['a "b" \\, c', "E:\\dir"]),
        ("phone,dir\n07400123456,C:\\new\\\n07400123457,D:\\\n", ["C:\\new\\", "D:\\"]),
        ("phone,dir\n07400123456,C:\\new\\\n07400123457\n", ["C:\\new\\", None]),
        ("phone\tdir\n07400123456\tC:\\new\\\n07400123457\n", ["C:\\new\\", None]),
    ],
)
def test_a_backslash_that_is_a_character(tmp_path, content, folders):
    """A folder and JSON hold backslashes of their own: where the lines make sense with them, nothing is escaped."""
    found = numbers(tmp_path, content)
    assert found["dir"].to_list() == folders
    assert found["hlr_msisdn"].to_list() == PHONES


def test_lines_that_no_one_way_fits_are_refused(tmp_path):
    """Where one line escapes a quote and another ends a cell with a backslash, the line is named, and the cure."""
    with pytest.raises(hf.InputError, match=r"in\.csv.*line 2: a backslash stands before a quote.*doubled"):
        cleaned(tmp_path, 'name,phone\n"a, \\"b\\"",07400123456\n"C:\\",07400123457\n')


@pytest.mark.filterwarnings("ignore::hlrframe.GuessWarning")
def test_a_summary_reads_what_was_escaped(tmp_path):
    """However late a row with escapes comes, the summary of what was written has every row as it is."""
    rows = "".join(f"A,+44740012{number:04}\n" for number in range(9_000))
    (tmp_path / "in.csv").write_text(f'name,phone\n{rows * 3}"x, \\"y\\", z",+447400123456\n"hi \\"",+447400123457\n')
    settings = hf.Settings(offline=True)
    columns = ["state", "reason", "msisdn", "verdict"]
    hf.enrich_file(
        *(tmp_path / "in.csv", tmp_path / "out.csv", "phone"),
        settings=settings,
        client=hf.emulator.connect(seed=7),
        columns=columns,
    )
    with hf.summarize(tmp_path / "out.csv") as summary:
        states = dict(summary.query("select hlr_state, count(*) from enriched group by all").rows())
    assert sum(states.values()) == 27_002
    assert set(states) <= {"skipped", "rejected"}


def test_that_quotes_are_doubled_is_said(tmp_path):
    """That the file escapes, and what is written does not, is said in a line."""
    with pytest.warns(hf.GuessWarning, match="a backslash stands before quotes"):
        cleaned(tmp_path, 'name,phone\n"Smith, \\"Bob\\", Jr",07400123456\n')


CELLS = st.text('a",\\\n ', max_size=6)


def written(rows, **style):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL, **style).writerows([["note", "phone", "x"], *rows])
    return text.getvalue()


@given(st.lists(st.tuples(CELLS, st.just("07400123456"), CELLS), min_size=1, max_size=4))
def test_cells_with_doubled_quotes_are_never_taken_for_escaped(tmp_path_factory, rows):
    """Whatever a cell holds, a file as the standard has it is read as the standard has it."""
    path = tmp_path_factory.mktemp("rows") / "in.csv"
    path.write_text(written(rows), encoding="utf-8", newline="")
    file = DelimitedFile(path, Taken(Naming.of_names(["phone"])))
    assert not file.escaped
    assert [tuple(cells) for _, _, cells in file.rows()] == rows


@given(st.lists(st.tuples(CELLS, st.just("07400123456"), CELLS), min_size=1, max_size=4))
def test_escaped_cells_are_read_right_or_refused(tmp_path_factory, rows):
    """Whatever an escaped cell holds, the phone column is what was written there, or the file is refused."""
    path = tmp_path_factory.mktemp("rows") / "in.csv"
    path.write_text(written(rows, escapechar="\\", doublequote=False), encoding="utf-8", newline="")
    try:
        file = DelimitedFile(path, Taken(Naming.of_names(["phone"])))
        phones = [cells[1] for _, _, cells in file.rows()]
    except hf.InputError:
        return
    assert phones == ["07400123456"] * len(rows)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=4))
def test_escaped_records_are_what_was_written(rows):
    """Records give each cell as it was before it was escaped, and all the text that they were read from."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL, escapechar="\\", doublequote=False).writerows(rows)
    records = list(EscapedRecords(iter(text.getvalue().splitlines(keepends=True)), ","))
    assert [cells for _, cells in records] == rows
    assert "".join(raw for raw, _ in records) == text.getvalue()


def test_escapes_are_seen_across_pieces():
    """A backslash at the end of one piece and its quote at the beginning of the next are one escape."""
    assert has_escapes(["a\\", '"b'])
    assert not has_escapes(["a\\", "b", '"'])


R_ROWS = '"1","Ada","07400 123456"\n"2","Bob","07400 123457"\n'


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (f'"name","phone"\n{R_ROWS}', "Ada"),
        (f'"","name","phone"\n{R_ROWS}', "Ada"),
        ('"name","phone"\n"Mazda RX4","Ada","07400 123456"\n"Ford","Bob","07400 123457"\n', "Ada"),
        ("name;phone\n3;Ada;07400 123456\n7;Bob;07400 123457\n", "Ada"),
        ("name\tphone\n1\tAda\t07400 123456\n2\tBob\t07400 123457\n", "Ada"),
    ],
)
@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
@pytest.mark.filterwarnings("ignore::hlrframe.GuessWarning")
def test_rows_that_begin_with_a_name_of_their_own(tmp_path, content, column, to):
    """R names rows in a column that its header may not count: every cell stands under its own name."""
    cleaned(tmp_path, content, to=to)
    separator = next(each for each in ",;\t" if each in content)
    found = (
        pl.read_csv(tmp_path / to, separator=separator, infer_schema=False)
        if to == "out.csv"
        else pl.read_parquet(tmp_path / to)
    )
    assert found["name"][0] == column
    assert found["hlr_msisdn"].to_list() == PHONES


def test_row_names_are_said(tmp_path):
    """That a column without a name was found is said in a line."""
    with pytest.warns(hf.GuessWarning, match="each row begins with a name of its own"):
        cleaned(tmp_path, f'"name","phone"\n{R_ROWS}')


@pytest.mark.parametrize(
    "content",
    [
        "name,phone\nSmith, John,07400123456\nLee, Ann,07400123457\n",
        "id,phone\n1,07400123456,07400123457\n2,07400123458,07400123459\n",
        "phone,name\n07400123456,Smith, John\n07400123457,Lee, Ann\n",
    ],
)
def test_a_separator_outside_quotes_makes_no_row_names(tmp_path, content):
    """A cell that a separator has made two of is refused, with both cures."""
    with pytest.raises(
        hf.InputError, match=r"line 2: 3 cells under 2 column names; put .* in quotes, and name the first"
    ):
        cleaned(tmp_path, content)


@pytest.mark.parametrize("name", ["in.csv", "in.txt"])
@pytest.mark.parametrize(
    "content",
    [
        "name      phone         city\nAnn Lee   07400 123456  London\nBob Ray   07400 123457  Leeds\n",
        '"name" "phone"\n"1" "Ada" "07400123456"\n',
        "name phone\nAda 07400123456\n",
    ],
)
def test_columns_that_blanks_keep_apart_are_refused_with_the_cure(tmp_path, name, content):
    """Text of fixed width has no separator: it is called what it is, and never read as one column."""
    with pytest.raises(hf.InputError, match="blanks stand between its columns, and no separator; save it as CSV"):
        cleaned(tmp_path, content, name=name)


ESCAPED = st.one_of(
    st.text(alphabet='ab ,;"\\\nN\x03', max_size=6),
    st.sampled_from(
        ["", '""', "\\N", '"\\N"', '"a\\"b"', "a\\,b", '"a,\\N,b"', "\\\\N", '"c\\\\"', "\\;", '"d ""e"""']
    ),
)


@given(st.lists(st.lists(ESCAPED, min_size=2, max_size=3).map(",".join), min_size=1, max_size=5), st.integers(2, 3))
@example(['"a,\\N,b",\\N,\\N', "\\N,\\N,\\N"], 3)
@example(['"",,""', '"say \\"hi\\"",\\",\\\\'], 3)
def test_a_block_of_escaped_lines_is_what_its_records_are(lines, columns):
    """Where escaped text is taken as a block, its lines and cells are those that are read one after the other."""
    text = "".join(f"{line}\n" for line in lines)
    block = escaped_block(text, ",", columns, longest=1_000)
    if block is None:
        return
    records = [cells for _, cells in EscapedRecords(iter(text.splitlines(keepends=True)), ",")]
    assert block.lines.to_list() == [standard_line(cells, ",") for cells in records]
    expected = [list(each) for each in zip(*map(values_of, records), strict=True)]
    assert [each.to_list() for each in block.cells(range(columns))] == expected


def test_usual_escaped_lines_are_a_block():
    """Quotes, separators, backslashes and nothing, in quotes or bare, are read without a look at each row."""
    text = 'Ann,"say \\"hi\\"",07400123456\r\n\\N,"C:\\\\",""\r\nSmith\\, John,x,\r\n'
    block = escaped_block(text, ",", 3, longest=1_000)
    assert block is not None
    assert [each.to_list() for each in block.cells([0, 1, 2])] == [
        ["Ann", None, "Smith, John"],
        ['say "hi"', "C:\\", "x"],
        ["07400123456", "", None],
    ]


@pytest.mark.parametrize("to", ["out.csv", "out.parquet"])
@pytest.mark.filterwarnings("ignore::hlrframe.GuessWarning")
def test_blocks_and_rows_of_escaped_text_take_turns(tmp_path, to):
    """A row with an escaped line end among thousands of plain ones is read right, and so is all around it."""
    rows = [f'"say \\"{place}\\"",0740012{place:04}' for place in range(9_000)]
    rows[4_000] = '"one\\\ntwo, \\"x\\"",07400124000'
    cleaned(tmp_path, "name,phone\n" + "".join(f"{row}\n" for row in rows), to=to)
    out = tmp_path / to
    found = pl.read_csv(out, infer_schema=False) if to == "out.csv" else pl.read_parquet(out)
    assert found["name"].to_list() == [
        'one\ntwo, "x"' if place == 4_000 else f'say "{place}"' for place in range(9_000)
    ]
    assert found["phone"].to_list() == [f"0740012{place:04}" for place in range(9_000)]
