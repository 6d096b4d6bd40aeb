"""Files of numbers that are read and written again without asking anybody."""

import polars as pl
import pytest

from helpers.frames import PHONES
from hlrframe.cli import main
from hlrframe.errors import ConfigError, InputError
from hlrframe.files import clean_file
from hlrframe.frames.clean import clean, read_column

ROWS = pl.DataFrame({"id": range(len(PHONES)), "phone": [None if each is None else str(each) for each in PHONES]})


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "csv.gz"])
def test_a_file_gets_what_a_frame_gets(tmp_path, ending):
    """Rows, their order and their columns are those of cleaning the frame, in every format."""
    ROWS.write_parquet(tmp_path / "in.parquet")
    done = clean_file(tmp_path / "in.parquet", tmp_path / f"out.{ending}", "phone", default_region="gb", prefix="x_")
    expected = clean(ROWS, "phone", default_region="GB", prefix="x_")
    read = {"parquet": pl.read_parquet, "ndjson": pl.read_ndjson}.get(ending, pl.read_csv)
    written = read(tmp_path / f"out.{ending}", **({"infer_schema": False} if read is pl.read_csv else {}))
    assert written.columns == expected.columns
    assert written["x_msisdn"].to_list() == expected["x_msisdn"].to_list()
    assert written["x_network"].to_list() == expected["x_network"].to_list()
    assert done.rows == ROWS.height
    assert done.numbers == expected["x_msisdn"].drop_nulls().n_unique()
    assert sum(done.rejected.values()) == expected["x_msisdn"].null_count()


def test_many_files_and_a_region_column(tmp_path):
    """Each file of a folder goes where it belongs, and numbers are read in the country that their row names."""
    (tmp_path / "in").mkdir()
    for name, country in (("a", "England"), ("b", "FR")):
        pl.DataFrame({"phone": ["07400 123456"], "country": [country]}).write_csv(tmp_path / "in" / f"{name}.csv")
    done = clean_file(tmp_path / "in", tmp_path / "out", "phone", region_column="country")
    assert (done.rows, done.numbers) == (2, 1)
    assert pl.read_csv(tmp_path / "out" / "a.csv", infer_schema=False)["hlr_msisdn"].to_list() == ["447400123456"]
    assert pl.read_csv(tmp_path / "out" / "b.csv", infer_schema=False)["hlr_msisdn"].to_list() == [None]


def test_what_cannot_be_cleaned(tmp_path):
    """A column that is there already, one that is not, and a country that is none are refused; nothing is written."""
    pl.DataFrame({"phone": ["1"], "hlr_reason": [""]}).write_csv(tmp_path / "in.csv")
    paths = (tmp_path / "in.csv", tmp_path / "out.csv")
    with pytest.raises(InputError, match="hlr_reason"):
        clean_file(*paths, "phone")
    with pytest.raises(InputError, match="no column 'fone'"):
        clean_file(*paths, "fone", prefix="x_")
    with pytest.raises(ConfigError, match="region"):
        clean_file(*paths, "phone", default_region="XX", prefix="x_")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_file_says_how_its_numbers_were_read(tmp_path):
    """What is kept of each row between the two readings of a file holds how it was read, and what may be wrong."""
    texts = ["07400 123456", "+52 1 55 1234 5678", "07400 123456; 07400 123457", "07400 12345", "", "x"] * 50
    pl.DataFrame({"phone": texts}).write_parquet(tmp_path / "in.parquet")
    clean_file(tmp_path / "in.parquet", tmp_path / "out.parquet", "phone", default_region="GB")
    expected = read_column(pl.Series(texts), region="GB").rename(lambda name: f"hlr_{name}")
    assert pl.read_parquet(tmp_path / "out.parquet").drop("phone").equals(expected)


def test_of_several_columns_cells_are_counted(tmp_path):
    """What is rejected of several phone columns is said in cells; the workbook says so too."""
    pl.DataFrame({"a": ["x", "y"], "b": ["z", "w"]}).write_csv(tmp_path / "in.csv")
    said = str(clean_file(tmp_path / "in.csv", tmp_path / "out.xlsx", ["a", "b"]))
    assert said.splitlines()[:2] == [
        "2 rows, 2 phone columns, 0 distinct numbers",
        "  rejected  4 cells  (not_a_number 4)",
    ]
    account = pl.read_excel(tmp_path / "out.xlsx", sheet_name="Report", has_header=False)
    assert "Cells without a number, by reason" in account[:, 0].to_list()


def test_a_column_without_numbers_has_an_exit_code(tmp_path):
    """The command tells a column that holds no number from one that does, as enrich and estimate do."""
    (tmp_path / "in.csv").write_text("name,phone\nAda,07400 123456\n")
    arguments = ["clean", str(tmp_path / "in.csv"), "--region", "GB", "-o"]
    assert main([*arguments, str(tmp_path / "a.csv"), "--column", "phone"]) == 0
    assert main([*arguments, str(tmp_path / "b.csv"), "--column", "name"]) == 5
    assert (tmp_path / "b.csv").exists()


def test_one_is_one(tmp_path):
    """A single row, number or answer is said in the singular."""
    (tmp_path / "in.csv").write_text("phone\n+44 7400 123456\n")
    said = str(clean_file(tmp_path / "in.csv", tmp_path / "out.csv", "phone"))
    assert said.startswith("1 row, 1 distinct number\n")
