"""Folders that name a column and its value, as Hive lays tables out: the columns are read, and are never lost."""

import polars as pl
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from hlrframe.files import clean_file, enrich_file, estimate_file

ADA, BO, CY = mobiles(3)


@pytest.fixture
def table(tmp_path):
    """Numbers of two countries in folders of two levels, and a folder without a value."""
    for folder, number in (
        ("country=FR/city=Le%20Mans", "0612743485"),
        ("country=GB/city=York", "07400 123456"),
        ("country=__HIVE_DEFAULT_PARTITION__/city=x", f"+{ADA}"),
    ):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "part-0.csv").write_text(f"phone,n\n{number},1\n")
    (tmp_path / "in" / "_temporary").mkdir()
    (tmp_path / "in" / "_temporary" / "x.csv").write_text("not,this\n")
    return tmp_path / "in"


NUMBERS = {"country=FR": "33612743485", "country=GB": "447400123456", "country=__HIVE_DEFAULT_PARTITION__": ADA}


@pytest.mark.parametrize("pattern", ["", "**/*.csv", "*/*/*.csv"])
def test_the_layout_comes_out_as_it_went_in(tmp_path, table, client, pattern):
    """By its name or by a pattern, a folder goes into one of the same layout; the country is read from the folders."""
    report = enrich_file(table / pattern, tmp_path / "out", "phone", client=client, region_column="country")
    found = {each.relative_to(tmp_path / "out").parts[0]: each for each in (tmp_path / "out").rglob("*.csv")}
    assert {name: pl.read_csv(path, infer_schema=False)["hlr_msisdn"][0] for name, path in found.items()} == NUMBERS
    assert sorted(each.parts[-3:] for each in found.values()) == sorted(
        each.parts[-3:] for each in table.rglob("part-*.csv")
    )
    assert pl.read_csv(found["country=FR"], infer_schema=False).columns[:3] == ["phone", "n", "hlr_state"]
    assert report.rows == 3


def test_one_folder_of_many_keeps_its_place(tmp_path, table, client):
    """What a pattern takes out of one folder goes into a folder of that name."""
    enrich_file(table / "country=FR" / "*" / "*.csv", tmp_path / "out", "phone", client=client)
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["country=FR"]


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "json", "xlsx"])
@pytest.mark.parametrize("pattern", ["", "**/*.csv"])
def test_many_that_become_one_keep_their_columns(tmp_path, table, client, pattern, ending):
    """In one file the folders' columns stand behind those of the files, in every kind of file."""
    destination = tmp_path / f"all.{ending}"
    enrich_file(table / pattern, destination, "phone", client=client, columns=["msisdn"], region_column="country")
    readers = {"csv": pl.read_csv, "parquet": pl.read_parquet, "ndjson": pl.read_ndjson, "json": pl.read_json}
    found = readers[ending](destination) if ending in readers else pl.read_excel(destination, sheet_id=1)
    assert found.columns == ["phone", "n", "country", "city", "hlr_msisdn"]
    assert found.select("country", "city").sort("city").rows() == [("FR", "Le Mans"), ("GB", "York"), (None, "x")]


def test_a_column_that_the_files_have_stays(tmp_path, client):
    """Where the files hold the column, too, it is written once, as it stands in them."""
    (tmp_path / "in" / "k=1").mkdir(parents=True)
    pl.DataFrame({"phone": [f"+{ADA}"], "k": ["one"]}).write_parquet(tmp_path / "in" / "k=1" / "a.parquet")
    enrich_file(tmp_path / "in", tmp_path / "all.parquet", "phone", client=client, columns=["state"])
    assert pl.read_parquet(tmp_path / "all.parquet").columns == ["phone", "k", "hlr_state"]
    assert pl.read_parquet(tmp_path / "all.parquet")["k"].to_list() == ["one"]


def test_folders_of_other_names_stay_out(tmp_path, table):
    """Of a folder only those inside are entered that name a column."""
    assert estimate_file(table, "phone", region_column="country").rows == 3


def test_what_lies_above_is_no_part_of_a_table(tmp_path, client):
    """A folder such as run=5 above the one that was named says nothing of its files."""
    (tmp_path / "run=5" / "in").mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / "run=5" / "in" / f"{name}.csv").write_text(f"phone\n+{ADA}\n")
    enrich_file(tmp_path / "run=5" / "in", tmp_path / "all.csv", "phone", client=client, columns=["state"])
    assert (tmp_path / "all.csv").read_text().splitlines()[0] == "phone,hlr_state"
    enrich_file(tmp_path / "run=5" / "in", tmp_path / "out", "phone", client=client)
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["a.csv", "b.csv"]


def test_one_file_stays_as_it_is(tmp_path, table, client):
    """A single file that is named gets no columns of folders, though its country may be read there."""
    source = table / "country=FR" / "city=Le%20Mans" / "part-0.csv"
    enrich_file(source, tmp_path / "out.csv", "phone", client=client, columns=["msisdn"], region_column="country")
    assert (tmp_path / "out.csv").read_text() == "phone,n,hlr_msisdn\n0612743485,1,33612743485\n"


def test_cleaning_reads_folders_too(tmp_path, table):
    """What is free reads them the same way."""
    cleaned = clean_file(table, tmp_path / "all.csv", "phone", region_column="country")
    assert (cleaned.numbers, cleaned.rejected) == (3, {})


def test_a_value_of_a_folder_is_never_run(tmp_path, client):
    """A folder's value that a spreadsheet would run gets its apostrophe as every added cell does."""
    for name in ("=1+1", "x"):
        (tmp_path / "in" / f"k={name}").mkdir(parents=True)
        (tmp_path / "in" / f"k={name}" / "a.csv").write_text(f"phone\n+{ADA}\n")
    enrich_file(tmp_path / "in", tmp_path / "all.csv", "phone", client=client, columns=["state"])
    assert "'=1+1" in (tmp_path / "all.csv").read_text()


@pytest.mark.parametrize("name", ["out", "all.csv"])
def test_files_that_a_shell_has_expanded(tmp_path, client, name):
    """Several sources are read as one pattern that names them all; one that is named twice is read once."""
    for place, number in enumerate((ADA, BO)):
        (tmp_path / f"{place}.csv").write_text(f"phone\n+{number}\n")
    sources = [tmp_path / "0.csv", tmp_path / "1.csv", tmp_path / "0.csv"]
    report = enrich_file(sources, tmp_path / name, "phone", client=client)
    assert (report.rows, report.numbers) == (2, 2)
    with pytest.raises(hf.InputError, match="there is no file to read"):
        estimate_file([], "phone")
