"""CSV comes back with only columns added, byte for byte; guarded against formulas only where that was asked for."""

import codecs
import csv
import io
import itertools

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.examples import examples
from hlrframe.files import enrich_file, estimate_file
from hlrframe.files.delimited import file as delimited
from hlrframe.files.delimited.guard import LineGuard, guard_frame, guard_text
from hlrframe.files.delimited.records import Records, value_of

OFFLINE = hf.Settings(offline=True)
CELLS = st.text(st.sampled_from("a0,;\t|\" \n\r'=+-@é€\x0b\x85\u2028"), max_size=4)


def offline(source, destination, **options):
    """Enriches without asking anybody."""
    client = hf.Client("no", "account")
    return enrich_file(source, destination, "phone", client=client, settings=OFFLINE, columns=["state"], **options)


def rewritten(folder, source, **options):
    """Gives the bytes that a file becomes."""
    (folder / "in.csv").write_bytes(source)
    offline(folder / "in.csv", folder / "out.csv", **options)
    return (folder / "out.csv").read_bytes()


def written(rows, **dialect):
    """Writes rows as Python's csv does."""
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue()


def records(text, separator):
    """Gives the cells of each record; a return alone ends none."""
    return [
        [value_of(cell) or "" for cell in cells]
        for _, cells in Records(io.StringIO(text, newline="\n"), separator)
        if cells
    ]


DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    }
)
#: Names that no separator splits more often than the true one does.
NAMES = st.text(st.sampled_from('ab "\n='), min_size=1, max_size=4)


@pytest.mark.slow
@given(
    names=st.lists(NAMES, min_size=1, max_size=4),
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=5),
    dialect=DIALECTS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    ended=st.booleans(),
)
@examples(60)
def test_any_file_of_pythons_writer(tmp_path_factory, names, rows, dialect, encoding, ended):
    """Names that repeat, quotes in them, line ends in cells: what was there stays, and cells come after it."""
    width = len(names) + 1
    text = written([["phone", *names], *(["", *row[: width - 1]] for row in rows)], **dialect)
    text = text if ended else text.removesuffix(dialect["lineterminator"])
    out = rewritten(tmp_path_factory.mktemp("csv"), text.encode(encoding))
    mark = "" if encoding == "utf-8" else "\ufeff"
    found = out.decode().removeprefix(mark)
    back, before = (records(each, dialect["delimiter"]) for each in (found, text))
    assert [row[:-1] for row in back] == before
    assert [row[-1] for row in back] == ["hlr_state", *["rejected"] * len(rows)]
    separator = dialect["delimiter"]
    bare = found.replace(f"{separator}hlr_state", "").replace(f"{separator}rejected", "")
    assert bare.startswith(text)
    assert bare[len(text) :] in ("" if ended else "\n")  # a last line without an end gets one
    assert out.startswith(codecs.BOM_UTF8) == (encoding != "utf-8")


def test_two_hundred_columns(tmp_path):
    """A wide file of Windows, with semicolons, Latin-1, quotes and line ends in cells, keeps every byte of its text."""
    names = ["phone", *(f"Spalte {place}" for place in range(199))]
    row = ["", *("0012", 'a "b"', "x;y", "zwei\r\nZeilen", "Größe", "1,5", "01.02.2026", " ", "'", "=A1")]
    rows = [row + [f"Straße {place}" for place in range(189)] for _ in range(300)]
    text = written([names, *rows], delimiter=";")
    with pytest.warns(hf.GuessWarning, match="a guess"):
        found = rewritten(tmp_path, text.encode("latin-1")).decode("utf-8-sig")
    assert found.replace(";hlr_state", "").replace(";rejected", "") == text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("phone,a,a,\n,1,2,3\n", "phone,a,a,,s\n,1,2,3,rejected\n", id="names that repeat or are empty"),
        pytest.param('"pho""ne",phone\n1,\n', '"pho""ne",phone,s\n1,,rejected\n', id="quotes in names"),
        pytest.param('"phone","a\nb"\n,1\n', '"phone","a\nb",s\n,1,rejected\n', id="line end in a name"),
        pytest.param("phone,a,b\n,1\n\n,1,2\n", "phone,a,b,s\n,1,,rejected\n\n,1,2,rejected\n", id="ragged rows"),
        pytest.param("phone;a\r\n;1,5\r\n", "phone;a;s\r\n;1,5;rejected\r\n", id="decimal commas"),
        pytest.param("phone,a\n,1\r\n,2\n", "phone,a,s\n,1,rejected\r\n,2,rejected\n", id="mixed line ends"),
        pytest.param("phone,a\n,1\rb", "phone,a,s\n,1\rb,rejected\n", id="a lone return in a last line without end"),
        pytest.param("phone,a\n,\x00\n", "phone,a,s\n,\x00,rejected\n", id="a zero byte in a cell"),
        pytest.param("phone,a\n,a\x0cb\x1cc\n", "phone,a,s\n,a\x0cb\x1cc,rejected\n", id="other line ends of Unicode"),
    ],
)
def test_oddities(tmp_path, source, expected):
    """What exports hold is kept as it is."""
    found = rewritten(tmp_path, source.encode()).decode()
    assert found.replace("hlr_state", "s") == expected


# Formulas

RISKY = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",  # noqa: RUF001  # meant
    "+",
    "-",
    '=HYPERLINK("http://x";"y")',
    "+44 7400 123456",
]
SAFE = ["", "a=1", "-5", "+447400123456", "-1.5", "+3,5", " =1", "'=1", "5-3", "a@b.c"]


@pytest.mark.parametrize("cell", RISKY)
def test_what_a_spreadsheet_would_run_becomes_text(cell):
    """A cell that begins as a formula gets an apostrophe in front, once."""
    assert guard_text(cell) == f"'{cell}"
    assert guard_text(guard_text(cell)) == f"'{cell}"


@pytest.mark.parametrize("cell", SAFE)
def test_what_is_no_formula_stays(cell):
    """Everything else stays, signed numbers among it."""
    assert guard_text(cell) == cell


@given(st.lists(st.one_of(CELLS, st.sampled_from([*RISKY, *SAFE])), max_size=6))
def test_a_frame_is_guarded_as_its_cells_are(cells):
    """Columns of text are guarded cell by cell, the others stay."""
    frame = pl.DataFrame({"=a": pl.Series([*cells, None], dtype=pl.String), "n": pl.Series([-1] * (len(cells) + 1))})
    guarded = guard_frame(frame)
    assert guarded["'=a"].to_list() == [*map(guard_text, cells), None]
    assert guarded["n"].equals(frame["n"])


@given(st.lists(st.one_of(CELLS, st.sampled_from([*RISKY, *SAFE])), min_size=1, max_size=5), DIALECTS)
@example(["x", 'a"', "=1"], {"delimiter": ",", "lineterminator": "\n", "quoting": csv.QUOTE_ALL})
def test_a_line_is_guarded_as_its_cells_are(cells, dialect):
    """A guarded line reads as the guarded cells, and only apostrophes were added."""
    # With this line end returns are quoted: one that ends a bare cell cannot be told from a line end.
    line = written([cells], **dialect | {"lineterminator": "\r\n"}).removesuffix("\r\n")
    guarded = LineGuard(dialect["delimiter"])(line)
    assert list(itertools.chain(*records(guarded, dialect["delimiter"]))) == (
        list(map(guard_text, cells)) if line else []
    )
    assert guarded.replace("'", "") == line.replace("'", "")


EVIL = 'phone,=name,note\n"-1+1",=1+1,"=2\n""x"""\n\n+447400123456,-5,ok\n'


def test_guarding_what_was_there_is_asked_for(tmp_path):
    """Without being asked no cell of the file is changed; with it every cell is, names too."""
    plain = rewritten(tmp_path, EVIL.encode()).decode()
    assert plain.replace(",hlr_state", "").replace(",rejected", "").replace(",skipped", "") == EVIL
    for least in (False, "results"):
        assert rewritten(tmp_path, EVIL.encode(), guard_formulas=least).decode() == plain
    guarded = rewritten(tmp_path, EVIL.encode(), guard_formulas=True).decode()
    assert guarded == (
        'phone,\'=name,note,hlr_state\n"\'-1+1",\'=1+1,"\'=2\n""x""",rejected\n\n+447400123456,-5,ok,skipped\n'
    )


@pytest.mark.parametrize(("options", "expected"), [({}, "phone,'=state"), ({"guard_formulas": False}, "phone,=state")])
def test_results_are_guarded_unless_that_is_declined(tmp_path, options, expected):
    """What the provider sends is not trusted, without a word from anybody."""
    assert rewritten(tmp_path, b"phone\n\n", prefix="=", **options).decode().startswith(f"{expected}\n")


@pytest.mark.parametrize("text", [*(f"a{end}b" for end in "\n\x0b\x0c\x1c\x85\u2028\r"), "a\r\nb", '"', "\n"])
def test_texts_of_the_provider_with_line_ends(text):
    """A row of results is one line of text however its cells end their lines."""
    results = pl.DataFrame({"first": ["two\nlines", text, None, "x"], "second": [text, None, "", text]})
    lines = delimited._lines_of(results, ",")
    cells = [[value_of(cell) for cell in cells] for _, cells in Records(iter([f"{line}\r\n" for line in lines]), ",")]
    assert [tuple(row) for row in cells] == results.rows()


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_typed_files_are_guarded(tmp_path, ending):
    """Columns of text that come from a typed file are guarded; numbers are numbers."""
    pl.DataFrame({"phone": [None], "=a": ["=1"], "n": [-1]}).write_parquet(tmp_path / "in.parquet")
    offline(tmp_path / "in.parquet", tmp_path / f"out.{ending}", guard_formulas=True)
    found = pl.read_csv(tmp_path / f"out.{ending}", separator="\t" if ending == "tsv" else ",")
    assert found.rows(named=True) == [{"phone": None, "'=a": "'=1", "n": -1, "hlr_state": "rejected"}]


def test_no_spreadsheet_no_guard(tmp_path):
    """Files that are no spreadsheet's keep their texts whatever was asked."""
    pl.DataFrame({"phone": ["-1+1"]}).write_parquet(tmp_path / "in.parquet")
    offline(tmp_path / "in.parquet", tmp_path / "out.parquet", guard_formulas=True)
    assert pl.read_parquet(tmp_path / "out.parquet")["phone"].to_list() == ["-1+1"]


def test_a_guard_is_one_of_three(tmp_path):
    """What is asked for is all, the results, or nothing."""
    (tmp_path / "in.csv").write_text("phone\n\n")
    with pytest.raises(hf.ConfigError, match="guard_formulas must be"):
        offline(tmp_path / "in.csv", tmp_path / "out.csv", guard_formulas="some")


# A region column

PEOPLE = pl.DataFrame({"phone": ["07400 123456", "0151 23456789", "n/a"], "land": ["UK", "Germany", None]})
WRITERS = {
    "csv": PEOPLE.write_csv,
    "ndjson": PEOPLE.write_ndjson,
    "parquet": PEOPLE.write_parquet,
    "arrow": PEOPLE.write_ipc,
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(WRITERS, ["csv", "parquet"])))
def test_a_region_column_of_any_kind(tmp_path, before, after):
    """Each number is read with the country beside it, whatever kind of file says it."""
    WRITERS[before](tmp_path / f"in.{before}")
    enrich_file(
        tmp_path / f"in.{before}",
        tmp_path / f"out.{after}",
        "phone",
        client=hf.Client("no", "account"),
        settings=OFFLINE,
        columns=["msisdn"],
        region_column="land",
    )
    read = {"csv": lambda path: pl.read_csv(path, infer_schema=False), "parquet": pl.read_parquet}[after]
    assert read(tmp_path / f"out.{after}")["hlr_msisdn"].to_list() == ["447400123456", "4915123456789", None]
    assert estimate_file(tmp_path / f"in.{before}", "phone", region_column="land").numbers == 2


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("name", ["lnd", "phone"])
def test_a_region_column_must_be_there_and_another(tmp_path, ending, name):
    """A region column that is missing or is the phone column is a clear mistake."""
    WRITERS[ending](tmp_path / f"in.{ending}")
    with pytest.raises(hf.InputError, match=name):
        estimate_file(tmp_path / f"in.{ending}", "phone", region_column=name)
