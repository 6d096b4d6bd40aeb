"""The list to act on: which rows are taken, why the others are not, from frames and from files of any kind."""

import io

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hlrframe as hf
from helpers.lists import connected
from helpers.workbooks import write_workbook
from hlrframe.cli import main

GB = hf.Settings(default_region="GB")
PEOPLE = {
    "id": ["1", "2", "3", "4", "5", "1"],
    "phone": ["+44 7400 123456", "020 7946 0000", "n/a", "07400123456", "+33612345678", "07400 123457"],
}


@pytest.fixture(scope="module")
def enriched():
    return hf.enrich(pl.DataFrame(PEOPLE), "phone", client=connected()[1], settings=GB)


def kept(frame):
    return pl.DataFrame(frame)["phone"].to_list()


def test_the_ready_rule_takes_live_mobiles_once(enriched):
    """Textable takes live mobiles, each number once; every other row is counted under one reason."""
    frame, report = hf.select(enriched, textable=True)
    assert kept(frame) == [PEOPLE["phone"][0], PEOPLE["phone"][5]]
    assert (report.rows, report.selected, sum(report.excluded.values())) == (6, 2, 4)
    assert report.excluded["same_number"] == report.excluded["rejected: empty"] == 1
    assert "agreed to hear from you is not checked" in str(report)


@pytest.mark.parametrize("make", [pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.table])
def test_any_frame_comes_back_as_its_own_type(make):
    """Every type of frame gives the same rows, in its own type."""
    frame = hf.enrich(make(PEOPLE), "phone", client=connected()[1], settings=GB)
    chosen, _ = hf.select(frame, textable=True)
    assert isinstance(chosen, type(frame))
    assert kept(chosen.collect() if isinstance(chosen, pl.LazyFrame) else chosen) == [
        PEOPLE["phone"][0],
        PEOPLE["phone"][5],
    ]


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        pytest.param({"country": "United Kingdom"}, [0, 1, 3, 5], id="a country by its name"),
        pytest.param({"country": ["FR"]}, [4], id="by its code"),
        pytest.param({"number_type": "stage_and_screen"}, [1], id="a type in any case"),
        pytest.param({"verdict": "live", "suppress": ["07400 123457"], "region": "GB"}, [0, 3], id="suppressed"),
        pytest.param({"verdict": "live", "one_per": "id"}, [0, 3], id="one row a person"),
        pytest.param({"network": "THREE"}, [0, 3, 5], id="a network in any case"),
        pytest.param({"max_age": "1d"}, [0, 1, 3, 4, 5], id="young answers"),
    ],
)
def test_rules(enriched, rule, places):
    """A rule takes the rows that fit it, in their order."""
    chosen, report = hf.select(enriched, **rule)
    assert kept(chosen) == [PEOPLE["phone"][place] for place in places]
    assert report.selected + sum(report.excluded.values()) == report.rows


def test_old_answers_are_left_out(enriched):
    """An answer that is older than asked for is no reason to act."""
    old = enriched.with_columns(pl.col("hlr_checked_at") - pl.duration(days=40))
    assert hf.select(old, max_age="30d").report.excluded["too_old"] == 5


def test_the_first_column_that_fits():
    """Of several phone columns the first whose number fits is taken, and named."""
    people = {"home": ["020 7946 0000", "n/a"], "mobile": ["07400 123456", "n/a"]}
    both = hf.enrich(pl.DataFrame(people), ["home", "mobile"], client=connected()[1], settings=GB)
    chosen, report = hf.select(both, textable=True)
    assert chosen.select("hlr_selected_column", "hlr_selected_msisdn").rows() == [("mobile", "447400123456")]
    assert report.excluded == {"rejected: empty": 1}


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "arrow"])
@pytest.mark.parametrize("into", ["csv", "parquet"])
def test_files(tmp_path, enriched, ending, into):
    """A file of any kind gives the rows that its frame gives."""
    source, out, stop = tmp_path / f"in.{ending}", tmp_path / f"out.{into}", tmp_path / "stop.txt"
    write = {"csv": enriched.write_csv, "parquet": enriched.write_parquet, "ndjson": enriched.write_ndjson}
    write.get(ending, enriched.write_ipc)(source)
    stop.write_text("0044 7400 123457\nnot a number\n")
    report = hf.select_file(source, out, textable=True, suppress=stop, one_per="id")
    read = pl.read_csv(out, infer_schema=False) if into == "csv" else pl.read_parquet(out)
    assert read["phone"].to_list() == [PEOPLE["phone"][0]]
    assert read.columns == enriched.columns
    assert report.excluded["suppressed"] == 1


def test_what_stands_between_cells_stays(tmp_path, enriched):
    """A CSV whose cells a semicolon divides gives one that the same spreadsheet opens; each other kind has its own."""
    enriched.write_csv(tmp_path / "in.csv", separator=";")
    for out in ("out.csv", "out.tsv"):
        hf.select_file(tmp_path / "in.csv", tmp_path / out, textable=True)
    first = {out: (tmp_path / out).read_text(encoding="utf-8").split("\n")[0] for out in ("out.csv", "out.tsv")}
    assert first == {"out.csv": ";".join(enriched.columns), "out.tsv": "\t".join(enriched.columns)}


def test_the_command(tmp_path, enriched, capsys):
    """The command writes the list, and says what was left out and why."""
    enriched.write_csv(tmp_path / "in.csv")
    arguments = [str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--textable", "--country", "GB"]
    assert main(["select", *arguments]) == 0
    assert capsys.readouterr().out.startswith("2 rows selected of 6\n")
    assert pl.read_csv(tmp_path / "out.csv").height == 2
    assert main(["select", *arguments[:-1], "Narnia", "--force"]) == 2
    assert "'Narnia' is no country" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("suppress", "told"),
    [
        pytest.param(["07400 123457"], "1 number to leave out is written without a country", id="no country"),
        pytest.param(["Ada", "Bo"], "none of the numbers to leave out can be read", id="another column"),
    ],
)
def test_suppression_in_doubt_is_an_error(enriched, suppress, told):
    """Numbers to leave out that cannot be read select nothing: somebody would be written to who must not be."""
    with pytest.raises(hf.InputError, match=told):
        hf.select(enriched, textable=True, suppress=suppress)


THREE = {
    "mobile": ["07400 123456", "", "07400 123458"],
    "home": ["020 7946 0000", "+33612345678", ""],
    "work": ["", "07400 123457", ""],
}


@pytest.mark.parametrize("phones", ["mobile", ["mobile", "home", "work"]], ids=["one", "three"])
def test_a_list_as_a_workbook(tmp_path, phones):
    """A workbook of results gives a workbook to act on, whose second sheet says what was left out and why."""
    three = pl.DataFrame(THREE)
    hf.enrich(three, phones, client=connected()[1], settings=GB.replace(time_zone=None)).write_excel(
        tmp_path / "in.xlsx"
    )
    report = hf.select_file(tmp_path / "in.xlsx", tmp_path / "out.xlsx", textable=True)
    chosen = pl.read_excel(tmp_path / "out.xlsx", sheet_id=1)
    number = "hlr_msisdn" if phones == "mobile" else "hlr_selected_msisdn"
    assert chosen.height == report.selected > 0
    assert chosen[number].str.starts_with("4").all()
    told = pl.read_excel(tmp_path / "out.xlsx", sheet_name="Report", has_header=False)
    assert told.rows()[:2] == [("Rows selected", report.selected), ("of", report.rows)]
    assert dict(told.rows()[3:-1]) == report.excluded
    assert "is not checked" in told.rows()[-1][0]


def test_who_is_left_out_is_left_out_with_every_number():
    """Somebody who wants no messages at one number gets none at another."""
    people = pl.DataFrame({"mobile": ["07400 123456", "07400 123458"], "work": ["07400 123457", ""]})
    rows = hf.enrich(people, ["mobile", "work"], client=connected()[1], settings=GB)
    assert hf.select(rows, verdict="live").frame.height == 2
    for number in ("+44 7400 123456", "+44 7400 123457"):
        chosen, report = hf.select(rows, verdict="live", suppress=[number])
        assert chosen["mobile"].to_list() == ["07400 123458"]
        assert report.excluded == {"suppressed": 1}


def test_numbers_to_leave_out_in_a_workbook(tmp_path, enriched, capsys):
    """Which sheet and column of a file hold the numbers to leave out can be said; the message says how."""
    enriched.write_csv(tmp_path / "in.csv")
    write_workbook(
        tmp_path / "out.xlsx",
        {"Notes": [["a", "b"], ["x", "y"]], "Opt-outs": [["who", "tel"], ["Bo", "+44 7400 123457"]]},
    )
    arguments = ["select", str(tmp_path / "in.csv"), "-o", str(tmp_path / "to.csv"), "--textable", "--suppress"]
    arguments.append(str(tmp_path / "out.xlsx"))
    assert main(arguments) == 2
    assert "say which one is meant with --suppress-sheet" in capsys.readouterr().err
    assert main([*arguments, "--suppress-sheet", "Opt-outs"]) == 2
    assert "--suppress-column names another" in capsys.readouterr().err
    assert main([*arguments, "--suppress-sheet", "2", "--suppress-column", "tel"]) == 0
    assert "1  suppressed" in capsys.readouterr().out
    with pytest.raises(hf.ConfigError, match="suppress_column and suppress_sheet are of a file"):
        hf.select_file(tmp_path / "in.csv", tmp_path / "to.csv", suppress=["x"], suppress_column="tel")


def test_the_short_form_says_what_to_do(tmp_path):
    """What columns='best' keeps is too little to choose by: frame and file say how to get the rest for nothing."""
    short = hf.enrich(pl.DataFrame(THREE), ["mobile", "home"], columns="best", client=connected()[1], settings=GB)
    with pytest.raises(hf.InputError, match="columns='best' keeps too little"):
        hf.select(short, textable=True)
    with pytest.raises(hf.InputError, match="columns='best' keeps too little"):
        hf.explain(short, 0)
    short.write_csv(tmp_path / "in.csv")
    with pytest.raises(hf.InputError, match=r"columns='best' keeps too little.*--columns standard"):
        hf.select_file(tmp_path / "in.csv", tmp_path / "out.csv", textable=True)


def test_what_was_never_enriched(tmp_path):
    """A frame or file without results is refused with the cure; so are words that are none."""
    with pytest.raises(hf.InputError, match="no column 'hlr_verdict': pass what enrich gave"):
        hf.select(pl.DataFrame(PEOPLE), textable=True)
    pl.DataFrame(PEOPLE).write_csv(tmp_path / "in.csv")
    with pytest.raises(hf.InputError, match=r"in\.csv: .* no column 'hlr_verdict': pass .* \(--prefix\)"):
        hf.select_file(tmp_path / "in.csv", tmp_path / "out.csv")
    with pytest.raises(hf.ConfigError, match="'alive' is no verdict: use some of live, "):
        hf.select(pl.DataFrame(PEOPLE), verdict="alive")


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ("all", [*PEOPLE, "hlr_state"]),
        ("input", [*PEOPLE]),
        ("phone,id", ["phone", "id"]),
        (["id", "msisdn", "hlr_verdict"], ["id", "hlr_msisdn", "hlr_verdict"]),
        (["input", "hlr_v*", "id"], ["id", "phone", "hlr_verdict"]),
    ],
)
@pytest.mark.parametrize("make", [pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.table])
def test_the_columns_that_are_kept(make, columns, names):
    """A list keeps the columns that were asked for, in that order, by their names or those of results."""
    frame = hf.enrich(make(PEOPLE), "phone", client=connected()[1], settings=GB)
    chosen, report = hf.select(frame, textable=True, columns=columns)
    found = pl.DataFrame(chosen.collect() if isinstance(chosen, pl.LazyFrame) else chosen)
    assert found.columns[: len(names)] == names
    assert (found.width == len(names)) is (columns != "all")
    assert found.height == report.selected == 2


def test_a_result_of_several_phone_columns_is_that_of_each():
    """A result that is named without its prefix is every phone column's; what was selected has a name of its own."""
    several = pl.DataFrame({"name, first": ["x"], "p": ["+44 7400 123456"], "q": ["n/a"]})
    frame = hf.enrich(several, ["p", "q"], client=connected()[1])
    chosen, _ = hf.select(frame, columns=["name, first", "msisdn,selected_msisdn"])
    assert chosen.rows() == [("x", "447400123456", None, "447400123456")]
    assert chosen.columns == ["name, first", "p_hlr_msisdn", "q_hlr_msisdn", "hlr_selected_msisdn"]


@pytest.mark.parametrize(
    ("columns", "error", "told"),
    [("idd", hf.InputError, "no column is called 'idd'.*did you mean 'id'"), ("", hf.ConfigError, "names no column")],
)
def test_a_column_that_is_not_there_is_an_error(enriched, columns, error, told):
    """A name that is no column's is told with the likeliest one; no name is told, too."""
    with pytest.raises(error, match=told):
        hf.select(enriched, columns=columns)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "ndjson"])
def test_the_columns_of_a_file(tmp_path, enriched, ending, capsys):
    """The command writes the columns that it is given, whatever the kind of file."""
    enriched.write_csv(tmp_path / "in.csv")
    to = tmp_path / f"out.{ending}"
    line = ["select", str(tmp_path / "in.csv"), "--textable", "--columns", "msisdn,id", "--columns", "phone"]
    assert main([*line, "-o", str(to)]) == 0
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "xlsx": pl.read_excel, "ndjson": pl.read_ndjson}[ending]
    assert read(to).columns == ["hlr_msisdn", "id", "phone"]
    assert main(["select", str(tmp_path / "in.csv"), "--columns", "nme", "-o", str(tmp_path / "no.csv")]) == 2
    assert "no column is called 'nme'" in capsys.readouterr().err
    assert not (tmp_path / "no.csv").exists()


def test_a_list_through_pipes(enriched, monkeypatch, capfdbinary):
    """Rows come out of standard input and go to standard output; what is said of them goes beside."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(enriched.write_csv().encode())))
    assert main(["select", "-", "--textable", "-o", "-"]) == 0
    out, said = capfdbinary.readouterr()
    assert pl.read_csv(out, infer_schema=False)["phone"].to_list() == [PEOPLE["phone"][0], PEOPLE["phone"][5]]
    assert said.startswith(b"hlrframe: 2 rows selected of 6\n")
    assert b"written: standard output" in said


def test_a_list_of_another_kind_through_pipes(enriched, monkeypatch, capfdbinary):
    """The bytes say what comes in, and an option what goes out."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(enriched.write_ndjson().encode())))
    assert main(["select", "-", "--textable", "-o", "-", "--to", "parquet"]) == 0
    out = io.BytesIO(capfdbinary.readouterr().out)
    assert pl.read_parquet(out)["phone"].to_list() == [PEOPLE["phone"][0], PEOPLE["phone"][5]]
    assert main(["select", "-", "--textable", "-o", "-", "--json"]) == 2


def test_another_list_is_not_overwritten(tmp_path, enriched, capsys):
    """The same command replaces what it wrote; one with another rule does not, unless it is told to."""
    enriched.write_csv(tmp_path / "in.csv")
    arguments = ["select", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")]
    assert main([*arguments, "--textable"]) == main([*arguments, "--textable"]) == 0
    assert main([*arguments, "--textable", "--max-age", "3d"]) == 2
    assert "this command did not write it" in capsys.readouterr().err
    assert main([*arguments, "--textable", "--max-age", "3d", "--force"]) == 0


def test_foreign_texts_of_a_selection_are_no_formulas(tmp_path, enriched):
    """A network whose name is a formula gets an apostrophe on its way into CSV; the caller's own cells stay."""
    odd = enriched.with_columns(hlr_current_network=pl.lit("=1+1"), note=pl.lit("=2+2"))
    odd.cast({"hlr_current_network": pl.Categorical}).write_parquet(tmp_path / "rich.parquet")
    hf.select_file(tmp_path / "rich.parquet", tmp_path / "to.csv", columns="current_network,note")
    assert set((tmp_path / "to.csv").read_text("utf-8").splitlines()[1:]) == {"'=1+1,=2+2"}


def test_a_selection_of_what_a_spreadsheet_wrote_is_read_by_one(tmp_path):
    """What began with a byte-order mark still does: a spreadsheet knows UTF-8 by it."""
    (tmp_path / "in.csv").write_bytes("\ufeffname,phone\nBj\xf6rn,+44 7400 123456\n".encode())
    hf.enrich_file(tmp_path / "in.csv", tmp_path / "rich.csv", "phone", client=connected()[1])
    hf.select_file(tmp_path / "rich.csv", tmp_path / "to.csv", columns="name")
    assert (tmp_path / "to.csv").read_bytes() == "\ufeffname\nBj\xf6rn\n".encode()


@pytest.mark.parametrize("name", ["to.ods", "to.vcf"])
def test_a_selection_goes_into_what_can_be_written(tmp_path, enriched, name):
    """A kind of file that is only read is refused by name."""
    enriched.write_parquet(tmp_path / "rich.parquet")
    with pytest.raises(hf.InputError, match="writes none"):
        hf.select_file(tmp_path / "rich.parquet", tmp_path / name)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_selection_of_a_selection(tmp_path, ending):
    """Of several phone columns a second choice takes the place of the first, in the same columns."""
    names, first, again = ("mobile", "home"), tmp_path / f"first.{ending}", tmp_path / f"again.{ending}"
    people = pl.DataFrame({name: ["+44 7400 123456"] for name in names})
    people.write_csv(tmp_path / "in.csv")
    hf.enrich_file(tmp_path / "in.csv", tmp_path / f"rich.{ending}", list(names), client=connected()[1])
    hf.select_file(tmp_path / f"rich.{ending}", first, textable=True)
    assert hf.select_file(first, again, textable=True).selected == 1
    assert first.read_bytes() == again.read_bytes()


def test_every_number_of_a_list_is_left_out(tmp_path, enriched):
    """A list to leave out that has several columns of results leaves out the numbers of each."""
    pl.DataFrame({"a": ["+44 7400 123456"], "b": ["+44 7400 123457"]}).write_csv(tmp_path / "in.csv")
    hf.clean_file(tmp_path / "in.csv", tmp_path / "out.csv", ["a", "b"])
    enriched.write_parquet(tmp_path / "rich.parquet")
    report = hf.select_file(
        tmp_path / "rich.parquet", tmp_path / "to.csv", suppress=tmp_path / "out.csv", verdict="live"
    )
    assert report.excluded["suppressed"] == 3
    assert "+44 7400 12345" not in (tmp_path / "to.csv").read_text()


def test_files_that_do_not_go_together_are_named(tmp_path, enriched):
    """A column that one of several files lacks is told before anything is written."""
    enriched.write_parquet(tmp_path / "a.parquet")
    enriched.drop("id").write_parquet(tmp_path / "b.parquet")
    with pytest.raises(hf.InputError, match=r"column 'id' of .*a\.parquet is missing in .*b\.parquet"):
        hf.select_file(tmp_path, tmp_path / "to.csv")


def test_files_in_another_order_go_together(tmp_path, enriched):
    """Columns are matched by name, whatever their order and type of text."""
    enriched.write_parquet(tmp_path / "a.parquet")
    reordered = enriched.select(reversed(enriched.columns)).to_pandas()
    pq.write_table(pa.Table.from_pandas(reordered, preserve_index=False), tmp_path / "b.parquet")
    assert hf.select_file(tmp_path, tmp_path / "to.parquet").selected == 10
    assert (
        pl.read_parquet(tmp_path / "to.parquet")["phone"].to_list()
        == [each for each in PEOPLE["phone"] if each != "n/a"] * 2
    )


def test_the_index_of_a_pandas_file_stays_one(tmp_path):
    """What pandas wrote with an index pandas reads with it, and with the rows that were chosen."""
    frame = pd.DataFrame({"phone": ["+44 7400 123456", "n/a"]}, index=pd.Index([10, 20], name="key"))
    frame.to_parquet(tmp_path / "in.parquet")
    hf.enrich_file(tmp_path / "in.parquet", tmp_path / "rich.parquet", "phone", client=connected()[1])
    hf.select_file(tmp_path / "rich.parquet", tmp_path / "to.parquet", textable=True)
    chosen = pd.read_parquet(tmp_path / "to.parquet")
    assert (chosen.index.name, chosen.index.tolist(), chosen.columns[0]) == ("key", [10], "phone")


@pytest.mark.slow
def test_more_rows_than_a_sheet_holds_are_refused(tmp_path, enriched):
    """Rows that do not fit into a sheet never vanish: the file is not written."""
    rows = pl.concat([enriched.head(1)] * 2**20)
    rows.write_parquet(tmp_path / "rich.parquet")
    with pytest.raises(hf.InputError, match="1,048,577 with the header"):
        hf.select_file(tmp_path / "rich.parquet", tmp_path / "to.xlsx")
    assert not (tmp_path / "to.xlsx").exists()


def test_a_text_that_no_cell_holds_is_refused(tmp_path, enriched):
    """A text is written whole into a sheet, or the column is named that has it."""
    enriched.with_columns(note=pl.lit("x" * 40_000)).write_parquet(tmp_path / "rich.parquet")
    with pytest.raises(hf.InputError, match="column 'note' has a text of more than"):
        hf.select_file(tmp_path / "rich.parquet", tmp_path / "to.xlsx")


def test_people_are_told_apart_by_cells_of_any_type():
    """A column of pandas that holds numbers, texts and nothing tells people apart; who has none is like nobody."""
    frame = pd.DataFrame({"phone": [f"+44 7400 12345{digit}" for digit in range(5)], "id": [1, "x", None, "x", None]})
    enriched = hf.enrich(frame, "phone", client=connected()[1])
    chosen, report = hf.select(enriched, one_per="id")
    assert (chosen.index.tolist(), report.excluded) == ([0, 1, 2, 4], {"same_person": 1})


@pytest.mark.parametrize("use", [hf.select, lambda frame: hf.explain(frame, 0), hf.summarize])
def test_columns_of_one_name_are_refused(use):
    """Columns that only their places tell apart are an error of the package's own, which names the cure."""
    frame = pd.DataFrame([["a", "+44 7400 123456", "b"]], columns=["own", "phone", "own"])
    with pytest.raises(hf.InputError, match="several columns of one name: rename"):
        use(hf.enrich(frame, "phone", client=connected()[1]))


def test_reasons_reach_no_terminal(enriched):
    """A foreign word among the reasons is one line, and commands nothing."""
    odd = enriched.with_columns(hlr_number_type=pl.lit("\x1b[2Jred\nline"))
    assert "number_type: red line" in str(hf.select(odd, textable=True).report)


def test_labels_of_pandas_are_kept(enriched):
    """Columns that are called by numbers are columns like others, in their order."""
    frame = hf.enrich(pd.DataFrame({0: ["+44 7400 123456"], 1: ["own"]}), 0, client=connected()[1])
    assert list(hf.select(frame, textable=True, columns=["input", "msisdn"]).frame.columns) == [0, 1, "hlr_msisdn"]


def test_every_row_that_is_left_out_has_a_reason(enriched):
    """Where the columns do not say what happened to a row, what it lacks is its reason."""
    few = enriched.with_columns(hlr_verdict=pl.when(pl.col("id") == "2").then(None).otherwise("hlr_verdict"))
    report = hf.select(few.drop("hlr_state", "hlr_reason"), verdict="live").report
    assert (report.excluded["no_number"], report.excluded["no_answer"]) == (1, 1)
