"""Folders and patterns of files: each number is asked once over all of them, each file appears whole or not at all."""

import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hlrframe as hf
from helpers.emulator import mobiles
from hlrframe import emulator
from hlrframe.cli import main
from hlrframe.files import enrich_file, estimate_file

ADA, BO, CY = mobiles(3)


@pytest.fixture
def folder(tmp_path):
    """Three files that share numbers, a hidden one and one of no kind."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "b.csv").write_text(f"phone,n\n+{BO},1\n+{ADA},2\n")
    (folder / "a.csv").write_text(f"phone,n\n+{ADA},3\nn/a,4\n")
    (folder / "c.csv").write_text(f"phone,n\n+{CY},5\n")
    (folder / ".hidden.csv").write_text("not,this\n")
    (folder / "README").write_text("nor this")
    return folder


def cells(path, name):
    return pl.read_csv(path, infer_schema=False)[name].to_list()


def test_a_folder_into_a_folder(tmp_path, folder, provider, client):
    """Each file gets its counterpart; a number of several files is asked once and stands on its first row of all."""
    report = enrich_file(folder, tmp_path / "out", "phone", client=client)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "b.csv", "c.csv"]
    assert cells(tmp_path / "out" / "a.csv", "hlr_credits") == ["1.0", "0.0"]
    assert cells(tmp_path / "out" / "b.csv", "hlr_credits") == ["1.0", "0.0"]
    assert cells(tmp_path / "out" / "b.csv", "hlr_state") == ["answered", "answered"]
    assert (report.rows, report.numbers, report.credits) == (5, 3, provider.bill.total)
    assert provider.bill.total == 3


@pytest.mark.parametrize("pattern", ["*.csv", "[a-c].csv", "**/*.csv"])
def test_a_pattern_is_a_choice_of_files(tmp_path, folder, client, pattern):
    """A pattern names files as a shell does, hidden ones left out."""
    (tmp_path / "out").mkdir()
    assert enrich_file(folder / pattern, tmp_path / "out", "phone", client=client).rows == 5


def test_folders_inside_stay_folders(tmp_path, folder, client):
    """Files of one name in several folders keep their folders."""
    (folder / "more").mkdir()
    (folder / "more" / "a.csv").write_text("phone\n\n")
    enrich_file(folder / "**" / "a.csv", tmp_path / "out", "phone", client=client)
    assert sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*.csv")) == [
        "out/a.csv",
        "out/more/a.csv",
    ]


def test_another_ending_is_another_kind(tmp_path, folder, client):
    """A destination such as out/*.parquet gives every file that ending."""
    (folder / "c.csv").rename(folder / "c.ndjson")
    (folder / "c.ndjson").write_text(f'{{"phone": "+{CY}"}}\n')
    enrich_file(folder, tmp_path / "out" / "*.parquet", "phone", client=client)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.parquet", "b.parquet", "c.parquet"]
    assert pl.read_parquet(tmp_path / "out" / "c.parquet")["hlr_msisdn"].to_list() == [CY]


def test_one_file_with_another_ending(tmp_path, folder, client):
    """A single file, too, may go to its own name with another ending."""
    enrich_file(folder / "a.csv", tmp_path / "out" / "*.ndjson", "phone", client=client)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.ndjson"]


@pytest.mark.parametrize("name", ["all.csv", "all.parquet", "all.ndjson"])
def test_many_into_one(tmp_path, folder, client, name):
    """The rows of all files go into one, in the order of the files' names."""
    report = enrich_file(folder, tmp_path / name, "phone", client=client)
    readers = {"csv": pl.read_csv, "parquet": pl.read_parquet, "ndjson": pl.read_ndjson}
    found = readers[name.partition(".")[2]](tmp_path / name)
    assert found["n"].cast(pl.Int64).to_list() == [3, 4, 1, 2, 5]
    assert found["hlr_credits"].to_list() == [1.0, 0.0, 1.0, 0.0, 1.0]
    assert report.rows == 5


def test_typed_files_into_one(tmp_path, client):
    """Parquet files with the same columns become one of the same types."""
    (tmp_path / "in").mkdir()
    for name in ("x", "y"):
        pq.write_table(pa.table({"phone": [f"+{ADA}"], "n": pa.array([1], pa.int16())}), tmp_path / "in" / f"{name}.pq")
    enrich_file(tmp_path / "in" / "*.pq", tmp_path / "all.arrow", "phone", client=client)
    assert pl.read_ipc(tmp_path / "all.arrow").schema["n"] == pl.Int16


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"n,phone\n1,+{BO}\n2,+{ADA}\n", id="order"),
        pytest.param(f"phone;n\n+{BO};1\n+{ADA};2\n", id="separator"),
    ],
)
@pytest.mark.parametrize("name", ["all.csv", "all.parquet", "all.ndjson"])
def test_columns_are_matched_by_name(tmp_path, folder, client, text, name):
    """Files with the same columns in another order, or between other separators, go behind each other."""
    (folder / "b.csv").write_text(text)
    enrich_file(folder, tmp_path / name, "phone", client=client, columns=["msisdn"])
    readers = {"csv": lambda path: pl.read_csv(path, infer_schema=False), "parquet": pl.read_parquet}
    found = readers.get(name.partition(".")[2], pl.read_ndjson)(tmp_path / name)
    assert found["n"].to_list() == ["3", "4", "1", "2", "5"]
    assert found["phone"].to_list() == [f"+{ADA}", "n/a", f"+{BO}", f"+{ADA}", f"+{CY}"]
    assert found["hlr_msisdn"].to_list() == [ADA, None, BO, ADA, CY]


def test_a_phone_column_of_another_type_becomes_text(tmp_path, client):
    """Where one file has numbers and another has texts the column is text, digit for digit, and others widen."""
    (tmp_path / "in").mkdir()
    one = pa.table({"phone": pa.array([int(ADA)]), "n": pa.array([1], pa.int16()), "t": ["a"]})
    other = pa.table({"t": pa.array(["b"]).dictionary_encode(), "n": [2], "phone": [f"+{BO}"]})
    pq.write_table(one, tmp_path / "in" / "a.parquet")
    pq.write_table(other, tmp_path / "in" / "b.parquet")
    enrich_file(tmp_path / "in", tmp_path / "all.parquet", "phone", client=client, columns=["msisdn"])
    found = pq.read_table(tmp_path / "all.parquet")
    assert found.to_pydict() == {"phone": [ADA, f"+{BO}"], "n": [1, 2], "t": ["a", "b"], "hlr_msisdn": [ADA, BO]}
    assert found.schema.field("n").type == pa.int64()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("phone,m\n1,2\n", "column 'n' of", id="name"),
        pytest.param("phone,n,more\n1,2,3\n", "column 'more' of", id="one more"),
    ],
)
def test_files_that_do_not_go_together(tmp_path, folder, provider, client, text, words):
    """Columns that differ are refused; the message names both files and the column, and nothing is sent."""
    (folder / "b.csv").write_text(text)
    with pytest.raises(hf.InputError, match="does not go behind") as refusal:
        enrich_file(folder, tmp_path / "all.csv", "phone", client=client)
    assert words in str(refusal.value)
    assert str(folder / "a.csv") in str(refusal.value)
    assert str(folder / "b.csv") in str(refusal.value)
    assert provider.bill.requests == 0
    assert not (tmp_path / "all.csv").exists()


def refused(name, make, match):
    return pytest.param(make, match, id=name)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        refused("nothing matches", lambda at: (at / "in" / "*.parquet", at / "out"), "no file matches"),
        refused("onto the sources", lambda at: (at / "in", at / "in"), "it is the source"),
        refused("one of the sources", lambda at: (at / "in", at / "in" / "a.csv"), "it is the source"),
        refused("no such kind", lambda at: (at / "in", at / "out" / "*.pdf"), "cannot tell what"),
        refused("one file of no kind", lambda at: (at / "in", at / "all.docx"), "make the folder first"),
        refused("into a file of no kind", lambda at: (at / "in", at / "in" / "README"), "it is no folder"),
        refused("no folder above", lambda at: (at / "in", at / "x" / "y" / "out"), "is not there; make it first"),
        refused("one name", lambda at: (twins(at), at / "out" / "*.parquet"), "would both become a.parquet"),
        refused("two kinds", lambda at: (twins(at), at / "all.parquet"), "of another kind"),
    ],
)
def test_refusals(tmp_path, folder, provider, client, make, match):
    """What cannot be done is refused before anything is sent or made."""
    source, destination = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(hf.InputError, match=match):
        enrich_file(source, destination, "phone", client=client)
    assert provider.bill.requests == 0
    assert sorted(tmp_path.rglob("*")) == before


def twins(at):
    """Adds a file with the name of another and a second ending."""
    (at / "in" / "a.ndjson").write_text('{"phone": "1"}\n')
    return at / "in"


def test_one_bad_file_stops_all(tmp_path, folder, provider, client):
    """A file that cannot be read is named before anything is sent, however many can."""
    (folder / "b.csv").write_text("fone,n\n1,2\n")
    with pytest.raises(hf.InputError, match="no column 'phone'"):
        enrich_file(folder, tmp_path / "out", "phone", client=client)
    assert provider.bill.requests == 0
    assert not (tmp_path / "out").exists()


def test_offline_needs_no_account(tmp_path, folder, monkeypatch):
    """Where nothing is sent nobody has to say who asks."""
    monkeypatch.delenv("HLR_API_KEY", raising=False)
    report = enrich_file(folder, tmp_path / "out", "phone", settings=hf.Settings(offline=True))
    assert report.reasons["offline"] == 4


def test_an_estimate_is_of_all_files(folder, provider):
    """The estimate of a folder counts each number once."""
    estimate = estimate_file(folder, "phone")
    assert (estimate.rows, estimate.numbers, estimate.to_ask) == (5, 3, 3)
    assert provider.bill.requests == 0


def test_a_wrong_key_makes_no_file(tmp_path, folder, provider):
    """Where nothing was obtained no file of a folder appears, and the rows are counted all the same."""
    wrong = hf.Client("wrong", "key", transport=emulator.EmulatorTransport(provider), provider="emulator")
    with pytest.raises(hf.AuthError) as refusal:
        enrich_file(folder, tmp_path / "out", "phone", client=wrong)
    assert refusal.value.partial is None
    assert refusal.value.report.states == {"failed": 4, "rejected": 1}
    assert list((tmp_path / "out").iterdir()) == []


def test_the_command_takes_folders(tmp_path, folder, capsys):
    """The command reads a pattern, writes a folder, and knows the options of files."""
    (folder / "a.csv").write_text('phone,country\n0151 23456789,Germany\n"=1+1",\n')
    options = ["--region-column", "country", "--memory-limit", "1GB", "--guard-formulas"]
    arguments = ["enrich", str(folder / "a*.csv"), "--column", "phone", "-o", str(tmp_path / "out"), "--emulator"]
    assert main([*arguments, *options, "--columns", "msisdn", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"] == str(tmp_path / "out" / "a.csv")
    assert (tmp_path / "out" / "a.csv").read_text() == (
        'phone,country,hlr_msisdn\n0151 23456789,Germany,4915123456789\n"\'=1+1",,\n'
    )
    assert main(["estimate", str(folder / "a*.csv"), "--column", "phone", "--region-column", "country"]) == 0
    assert main([*arguments, "--memory-limit", "tiny"]) == 2


@pytest.mark.parametrize("name", ["in", "in/*.dat"])
def test_files_of_any_name_are_what_somebody_says(tmp_path, name):
    """A format that is said holds for each file of a folder or a pattern, whatever the names end in."""
    (tmp_path / "in").mkdir()
    for place in range(2):
        (tmp_path / "in" / f"{place}.dat").write_text(f"phone\n+44 7400 12345{place}\n")
    assert hf.estimate_file(tmp_path / name, "phone", source_format="csv").numbers == 2


@pytest.mark.parametrize("name", ["out.csv", "out.dat", "out"])
def test_a_format_that_a_name_belies_is_refused(tmp_path, name):
    """What a file on this machine is its name says: another format is no option that is passed over in silence."""
    (tmp_path / "in.csv").write_text("phone\n+44 7400 123456\n")
    with pytest.raises(hf.ConfigError, match=r"output_format=.parquet. .*end it in \.parquet"):
        hf.clean_file(tmp_path / "in.csv", tmp_path / name, "phone", output_format="parquet")
    hf.clean_file(tmp_path / "in.csv", tmp_path / "out.parquet", "phone", output_format="parquet")
