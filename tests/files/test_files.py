"""Files in, files out: nothing but columns is added, nothing is spent on what cannot be written."""

import codecs
import csv
import gzip
import io
import itertools
import json
import os
import stat
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.emulator import mobiles
from helpers.examples import examples
from hlrframe import emulator
from hlrframe.files import FileJob, enrich_file, estimate_file
from hlrframe.model import IN_ONLY, FileKind

ENDINGS = ("csv", "tsv", "ndjson", "parquet", "arrow", "arrows")
OFFLINE = hf.Settings(offline=True)
ADA, BO, CY = mobiles(3)
PEOPLE = pl.DataFrame(
    {
        "id": ["007", "8", None, ""],
        "phone": [f"+{ADA}", f"00{BO}", f"+{ADA}", "n/a"],
        "note": ["two\nlines", 'a "quote"', "a;b,c\td", "Ødegård"],
    }
)


def write(frame, path):
    """Writes a frame as the kind of file that the ending names."""
    kind = path.name.partition(".")[2]
    if kind == "arrows":
        with pa.ipc.new_stream(path, frame.to_arrow().schema) as writer:
            writer.write_table(frame.to_arrow())
        return path
    writers = {
        "csv": frame.write_csv,
        "tsv": lambda file: frame.write_csv(file, separator="\t"),
        "ndjson": frame.write_ndjson,
        "parquet": frame.write_parquet,
        "arrow": frame.write_ipc,
    }
    writers[kind](path)
    return path


def read(path):
    """Reads a file of any kind; cells of delimited text stay text."""
    kind = path.name.partition(".")[2]
    if kind == "arrows":
        return pl.DataFrame(pa.ipc.open_stream(path.read_bytes()).read_all())
    readers = {
        "csv": lambda file: pl.read_csv(file, infer_schema=False),
        "tsv": lambda file: pl.read_csv(file, infer_schema=False, separator="\t"),
        "ndjson": lambda file: pl.read_ndjson(file, infer_schema_length=None),
        "parquet": pl.read_parquet,
        "arrow": pl.read_ipc,
    }
    return readers[kind](path)


def leftovers(folder):
    """Names of temporary files."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ENDINGS, repeat=2)))
def test_any_kind_becomes_any_kind(tmp_path, client, before, after):
    """Rows, order, input columns and results are the same whatever the file was and becomes."""
    source, destination = write(PEOPLE, tmp_path / f"in.{before}"), tmp_path / f"out.{after}"
    report = enrich_file(source, destination, "phone", client=client, columns=["state", "msisdn", "credits"])
    enriched = read(destination)
    assert enriched.select(PEOPLE.columns).equals(PEOPLE)
    assert enriched["hlr_state"].to_list() == ["answered", "answered", "answered", "rejected"]
    assert enriched["hlr_msisdn"].to_list() == [ADA, BO, ADA, None]
    assert enriched["hlr_credits"].cast(pl.Float64).to_list() == [1.0, 1.0, 0.0, 0.0]
    assert (report.rows, report.numbers, report.credits) == (4, 2, 2.0)


def test_a_file_is_enriched_like_its_frame(tmp_path, client):
    """A Parquet file gets the very columns, of the very types, that its frame gets."""
    store = tmp_path / "store"
    enrich_file(write(PEOPLE, tmp_path / "in.parquet"), tmp_path / "out.parquet", "phone", client=client, store=store)
    expected = hf.enrich(PEOPLE, "phone", client=client, store=store)
    found = read(tmp_path / "out.parquet")
    assert found.schema == expected.schema
    told_apart = ["hlr_state", "hlr_credits"]  # the second was answered by the store
    assert found.drop(told_apart).equals(expected.drop(told_apart))


def test_credits_add_up_to_the_bill_and_are_paid_once(tmp_path, provider, client):
    """The column of credits is the bill; a second run sends nothing."""
    source = write(pl.DataFrame({"phone": mobiles(200) + mobiles(50)}), tmp_path / "in.csv")
    first = enrich_file(source, tmp_path / "first.csv", "phone", client=client, store=tmp_path / "store")
    second = enrich_file(source, tmp_path / "second.csv", "phone", client=client, store=tmp_path / "store")
    assert (first.states, second.states) == ({"answered": 250}, {"cached": 250})
    assert read(tmp_path / "first.csv")["hlr_credits"].cast(pl.Float64).sum() == provider.bill.total == 200
    assert second.requests == 0
    assert provider.bill.asked_twice() == []


# Delimited text


def dialects():
    return st.fixed_dictionaries(
        {
            "delimiter": st.sampled_from(",;\t|"),
            "lineterminator": st.sampled_from(["\n", "\r\n"]),
            "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        }
    )


cells = st.text(st.sampled_from("ab0,;\t|\" \n\r'é€🙂\u2028"), max_size=5)


def offline(source, destination, **options):
    """Enriches without asking anybody."""
    client = hf.Client("no", "account")
    return enrich_file(source, destination, "phone", client=client, settings=OFFLINE, columns=["state"], **options)


@pytest.mark.slow
@given(st.lists(st.tuples(cells, cells), max_size=6), dialects(), st.booleans())
@examples(40)
def test_lines_stay_as_they_were(tmp_path_factory, rows, dialect, marked):
    """Taking away what was added to each line gives the source back, byte for byte."""
    folder = tmp_path_factory.mktemp("csv")
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerows([("note", "phone", "end"), *((note, "", end) for note, end in rows)])
    source = text.getvalue().encode("utf-8-sig" if marked else "utf-8")
    (folder / "in.csv").write_bytes(source)
    offline(folder / "in.csv", folder / "out.csv")
    added = (folder / "out.csv").read_bytes()
    mark = dialect["delimiter"]
    assert added.count(b"rejected") == len(rows)
    assert added.replace(f"{mark}hlr_state".encode(), b"").replace(f"{mark}rejected".encode(), b"") == source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("phone,a\n,1", "phone,a,state\n,1,rejected\n", id="no line end at the end"),
        pytest.param("phone,a\n\n,1\n\n", "phone,a,state\n\n,1,rejected\n", id="blank lines are no rows"),
        pytest.param("\nphone,a\n,1\n", "\nphone,a,state\n,1,rejected\n", id="blank first line"),
        pytest.param("phone,a,b\nx\n", "phone,a,b,state\nx,,,rejected\n", id="short row"),
        pytest.param("phone\n", "phone,state\n", id="no rows"),
        pytest.param('a,phone\n12" disc,\n', 'a,phone,state\n12" disc,,rejected\n', id="quote inside a cell"),
        pytest.param('a,phone\n"x"y,\n', 'a,phone,state\n"x"y,,rejected\n', id="text after a quoted cell"),
        pytest.param("a,phone,a\n1,,2\n", "a,phone,a,state\n1,,2,rejected\n", id="two columns of one name"),
        pytest.param("a,b|phone\n,|\n", "a,b|phone|state\n,||rejected\n", id="the column tells the separator"),
    ],
)
def test_odd_delimited_text(tmp_path, source, expected):
    """What spreadsheets and exports write is read as they mean it, and kept."""
    (tmp_path / "in.csv").write_bytes(source.encode())
    offline(tmp_path / "in.csv", tmp_path / "out.csv", prefix="")
    assert (tmp_path / "out.csv").read_bytes().decode() == expected


@pytest.mark.parametrize(
    ("encoding", "mark", "note"),
    [
        ("utf-8", b"", "Ødegård 🙂"),
        ("utf-8", codecs.BOM_UTF8, "Ødegård"),
        ("utf-16", b"", "Ødegård"),
        ("cp1252", b"", "Ødegård €"),
        ("latin-1", b"", "Ødegård \x81"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_encodings(tmp_path, encoding, mark, note, ending):
    """Text is understood in the encodings of this world, even where only the end of a file tells, and becomes UTF-8.

    A guess is said. Where it was no UTF-8 a mark tells spreadsheets, which wrote it, that it is now.
    """
    text = "phone,note\n" + ",\n" * 1_000 + f",{note}\n"
    (tmp_path / "in.csv").write_bytes(mark + text.encode(encoding))
    guessed = encoding in {"cp1252", "latin-1"}
    with pytest.warns(hf.GuessWarning, match="a guess") if guessed else nullcontext():
        offline(tmp_path / "in.csv", tmp_path / f"out.{ending}")
    assert read(tmp_path / f"out.{ending}")["note"][-1] == note
    if ending == "csv":
        marked = mark or encoding != "utf-8"
        assert (tmp_path / "out.csv").read_bytes().startswith((codecs.BOM_UTF8 if marked else b"") + b"phone")


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_packed_text(tmp_path, packing):
    """Packed text is read and written as its last ending says."""
    write(PEOPLE, tmp_path / "in.csv")
    offline(tmp_path / "in.csv", tmp_path / f"packed.csv.{packing}")
    offline(tmp_path / f"packed.csv.{packing}", tmp_path / "out.csv", prefix="again_")
    assert (tmp_path / f"packed.csv.{packing}").read_bytes()[:2] in (b"\x1f\x8b", b"\x28\xb5")
    assert read(tmp_path / "out.csv").select(PEOPLE.columns).equals(PEOPLE)


def test_wide_files_are_read_in_pieces(tmp_path, client):
    """What a number cost stands on its first row of all, whichever piece that is in."""
    width, height = 2_000, 2_100
    rows = [f"{number},{','.join('x' * (width - 1))}" for number in mobiles(50) * (height // 50)]
    names = ",".join(["phone", *(f"c{place}" for place in range(1, width))])
    (tmp_path / "in.csv").write_text("\n".join([names, *rows, ""]))
    report = enrich_file(tmp_path / "in.csv", tmp_path / "out.csv", "phone", client=client, columns=["credits"])
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert [line.rpartition(",")[0] for line in lines] == [names, *rows]
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["1.0"] * 50 + ["0.0"] * (height - 50)
    assert (report.rows, report.credits) == (height, 50)


def test_null_and_empty_are_two_things(tmp_path):
    """An empty cell is null and a quoted empty one is empty, on the way into types and out of them."""
    text = 'phone,a,b\n,"",\n"",x,"say ""no"""\n'
    (tmp_path / "in.csv").write_text(text)
    offline(tmp_path / "in.csv", tmp_path / "typed.parquet")
    typed = read(tmp_path / "typed.parquet").drop("hlr_state")
    assert typed.rows() == [(None, "", None), ("", "x", 'say "no"')]
    offline(write(typed, tmp_path / "typed.arrow"), tmp_path / "out.csv")
    assert read(tmp_path / "out.csv").drop("hlr_state").equals(typed)


# Typed files


@pytest.mark.parametrize(("before", "after"), list(itertools.product(["parquet", "arrow", "arrows"], repeat=2)))
def test_types_and_metadata_stay(tmp_path, before, after):
    """Every Arrow type and the metadata of the schema come out as they went in."""
    table = pa.table(
        {
            "phone": pa.array([447400123456, None], pa.int64()),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
            "tags": pa.array([["a", None], None], pa.list_(pa.large_string())),
            "when": pa.array([datetime(2026, 3, 1, tzinfo=UTC), None], pa.timestamp("ms", "Europe/Oslo")),
            "raw": pa.array([b"\x00", None], pa.binary()),
            "pairs": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())),
        }
    ).replace_schema_metadata({"from": "a system of ours"})
    path = tmp_path / f"in.{before}"
    if before == "parquet":
        pq.write_table(table, path)
    else:
        with (pa.ipc.new_stream if before == "arrows" else pa.ipc.new_file)(path, table.schema) as writer:
            writer.write_table(table)
    offline(path, tmp_path / f"out.{after}")
    data = (tmp_path / f"out.{after}").read_bytes()
    opened = {
        "parquet": lambda: pq.read_table(pa.BufferReader(data)),
        "arrow": lambda: pa.ipc.open_file(data).read_all(),
    }
    found = opened.get(after, lambda: pa.ipc.open_stream(data).read_all())()
    assert found.drop_columns(["hlr_state"]).equals(table)
    assert found.schema.metadata == table.schema.metadata
    assert found["hlr_state"].to_pylist() == ["skipped", "rejected"]


def test_dictionaries(tmp_path):
    """A dictionary stays one where the format can hold it, and becomes its values where it cannot."""
    groups = [
        pa.table({"phone": ["", ""], "kind": pa.array(kind).dictionary_encode()}) for kind in (["a", "b"], ["c", "a"])
    ]
    with pq.ParquetWriter(tmp_path / "in.parquet", groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group)
    kinds = {}
    for ending in ("parquet", "arrow", "arrows"):
        offline(tmp_path / "in.parquet", tmp_path / f"out.{ending}")
        found = read(tmp_path / f"out.{ending}")["kind"]
        assert found.cast(pl.String).to_list() == ["a", "b", "c", "a"]
        kinds[ending] = found.dtype == pl.Categorical
    assert kinds == {"parquet": True, "arrow": False, "arrows": True}


def test_json_numbers_keep_their_digits(tmp_path, client):
    """A phone that JSON holds as a number is read digit for digit; what lost its digits is said to be damaged."""
    lines = [f'{{"phone": {ADA}}}', '{"phone":4.474E+11, "x": 1.10}', '{"x":{"y":[1]}}', " {} ", "", '{"phone":null}']
    (tmp_path / "in.ndjson").write_text("\n".join(lines))
    client = hf.emulator.connect()
    enrich_file(tmp_path / "in.ndjson", tmp_path / "out.ndjson", "phone", client=client, columns=["msisdn", "reason"])
    written = (tmp_path / "out.ndjson").read_text().splitlines()
    assert written[1] == '{"phone":4.474E+11, "x": 1.10,"hlr_msisdn":null,"hlr_reason":"spreadsheet_damage"}'
    assert [json.loads(line)["hlr_reason"] for line in written] == [
        None,
        "spreadsheet_damage",
        "empty",
        "empty",
        "empty",
    ]
    assert json.loads(written[0])["hlr_msisdn"] == ADA


def test_json_of_changing_shape_becomes_columns(tmp_path):
    """Members that come late, and numbers among texts, become columns; the phone is text."""
    (tmp_path / "in.jsonl").write_text(f'{{"phone":{ADA},"a":1}}\n{{"a":"x","b":{{"c":1}}}}\n{{"b":{{"d":2.5}}}}\n')
    offline(tmp_path / "in.jsonl", tmp_path / "out.parquet")
    found = read(tmp_path / "out.parquet")
    assert found["phone"].to_list() == [ADA, None, None]
    assert found["a"].to_list() == ["1", "x", None]
    assert found["b"].to_list() == [None, {"c": 1, "d": None}, {"c": None, "d": 2.5}]


# What cannot be done


def bad(name, make):
    return pytest.param(make, id=name)


def texts(name, content):
    """Writes a file to be refused."""
    return lambda folder: ((folder / name).write_bytes(content), (folder / name, folder / "out.csv"))[1]


def twins(path):
    """Writes a Parquet file with two columns of one name."""
    pq.write_table(pa.table([pa.array(["1"])] * 3, names=["phone", "a", "a"]), path)
    return path


REFUSALS = [
    bad("no such file", lambda folder: (folder / "none.csv", folder / "out.csv")),
    bad("a folder", lambda folder: (folder, folder / "out.csv")),
    bad("empty", texts("in.csv", b"")),
    bad("empty json", texts("in.ndjson", b" \n")),
    bad("unknown ending", texts("in.docx", b"PK")),
    bad("packed parquet", texts("in.parquet.gz", b"")),
    bad("no such column", texts("in.csv", b"fone,b\n1,2\n")),
    bad("no such member", texts("in.ndjson", b'{"fone":1}\n')),
    bad("no text", texts("in.csv", b"PK\x03\x04\x00\x00phone,\x81\xff")),
    bad("cut gzip", texts("in.csv.gz", gzip.compress(b"phone\n" + os.urandom(5_000).hex().encode())[:-900])),
    bad("long row", texts("in.csv", b"phone,a\n1,2,3\n")),
    bad("two names", lambda folder: (twins(folder / "in.parquet"), folder / "out.parquet")),
    bad("open quote", texts("in.csv", b'phone,a\n1,"2\n1,2\n')),
    bad("two phone columns", texts("in.csv", b"phone,phone\n1,2\n")),
    bad("broken json", texts("in.ndjson", b'{"phone":"1"}\n{"phone":\n')),
    bad("json of lists", texts("in.ndjson", b'{"phone":"1"}\n[1]\n')),
    bad("phone of no kind", texts("in.ndjson", b'{"phone":["1"]}\n')),
    bad("not UTF-8", texts("in.ndjson", b'{"phone":"1","n":"\xff"}\n')),
    bad("no parquet", texts("in.parquet", b"PAR1 not really")),
    bad("no arrow", texts("in.arrow", b"ARROW1 not really")),
    bad("name taken", texts("in.csv", b"phone,hlr_state\n1,2\n")),
    bad("name taken late", texts("in.ndjson", b'{"phone":"1"}\n{"hlr_state":1}\n')),
    bad("wrong type", lambda folder: (write(pl.DataFrame({"phone": [True]}), folder / "in.parquet"), folder / "o.csv")),
    bad("nested", lambda folder: (write(PEOPLE.with_columns(l=[1, 2]), folder / "in.parquet"), folder / "out.csv")),
    bad("no folder", lambda folder: (write(PEOPLE, folder / "in.csv"), folder / "none" / "out.csv")),
    bad("onto a folder", lambda folder: (write(PEOPLE, folder / "in.csv"), folder)),
    bad("onto itself", lambda folder: (write(PEOPLE, folder / "in.csv"), folder / "." / "in.csv")),
    bad("unknown result", lambda folder: (write(PEOPLE, folder / "in.csv"), folder / "out.pdf")),
]


@pytest.mark.parametrize("make", REFUSALS)
def test_refusals_cost_nothing(tmp_path, provider, client, make):
    """What cannot be read or written is refused before anything is sent, and nothing is left behind."""
    source, destination = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(hf.InputError) as refusal:
        enrich_file(source, destination, "phone", client=client)
    assert provider.bill.requests == 0
    assert sorted(tmp_path.iterdir()) == before
    assert len(str(refusal.value)) > 20


def test_two_names_need_lines(tmp_path):
    """Two columns of one name stay in delimited text, and cannot become columns."""
    (tmp_path / "in.csv").write_text("phone,a,a\n,1,2\n")
    with pytest.raises(hf.InputError, match="several columns named 'a'"):
        offline(tmp_path / "in.csv", tmp_path / "out.parquet")


def test_columns_are_named_by_somebody(tmp_path):
    """No columns at all are a mistake."""
    with pytest.raises(hf.ConfigError, match="columns names no column"):
        enrich_file(
            write(PEOPLE, tmp_path / "in.csv"), tmp_path / "out.csv", "phone", client=hf.Client("a", "b"), columns=[]
        )


def test_a_link_to_the_source_is_the_source(tmp_path, client):
    """A destination that leads to the source by another name is refused; one that leads elsewhere is followed."""
    source = write(PEOPLE, tmp_path / "in.csv")
    (tmp_path / "same.csv").symlink_to(source)
    (tmp_path / "other.csv").symlink_to(tmp_path / "out.csv")
    with pytest.raises(hf.InputError, match="it is the source"):
        offline(source, tmp_path / "same.csv")
    offline(source, tmp_path / "other.csv")
    assert (tmp_path / "other.csv").is_symlink()
    assert (tmp_path / "out.csv").is_file()


def test_a_source_that_changes_is_refused(tmp_path, client):
    """Rows that came after the numbers were read have no outcome: no output is written, and the answers are kept."""
    source = write(PEOPLE, tmp_path / "in.csv")
    job = FileJob(source, tmp_path / "out.csv", "phone", settings=hf.Settings())
    job.read()
    with source.open("a") as file:
        file.write(f"9,{CY},late\n")
    with pytest.raises(hf.InputError, match="changed while it was being read"):
        job.run(client)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.csv.answers", "in.csv"]


@pytest.mark.parametrize("how", ["another file", "the same file"])
def test_a_source_of_the_same_size_and_time_is_not_the_same(tmp_path, provider, client, how):
    """Other numbers under the source's name get no answers of the first ones, whatever size and time say."""
    source = write(pl.DataFrame({"phone": [ADA, BO]}), tmp_path / "in.csv")
    times = source.stat().st_atime_ns, source.stat().st_mtime_ns
    job = FileJob(source, tmp_path / "out.csv", "phone", settings=hf.Settings())
    job.read()
    other = tmp_path / "other.csv" if how == "another file" else source
    other.write_bytes(f"phone\n{BO}\n{CY}\n".encode())
    os.utime(other, ns=times)
    other.replace(source)
    with pytest.raises(hf.InputError, match="changed while it was being read"):
        job.run(client)


# Runs that end early


def test_a_wrong_key_leaves_everything_as_it_was(tmp_path, provider):
    """Where nothing was obtained an earlier file stays, and the error says that nothing was written."""
    (tmp_path / "out.csv").write_text("from yesterday")
    wrong = hf.Client("wrong", "key", transport=emulator.EmulatorTransport(provider), provider="emulator")
    with pytest.raises(hf.AuthError) as refusal:
        enrich_file(write(PEOPLE, tmp_path / "in.csv"), tmp_path / "out.csv", "phone", client=wrong)
    assert (tmp_path / "out.csv").read_text() == "from yesterday"
    assert refusal.value.partial is None
    assert refusal.value.report.states == {"failed": 3, "rejected": 1}
    assert leftovers(tmp_path) == []


def test_what_was_obtained_is_written(tmp_path):
    """A run that is refused half-way writes every row, and what the rows cost is the bill."""
    provider = emulator.Emulator(faults=emulator.Faults(revoke_at=3))
    source = write(pl.DataFrame({"phone": mobiles(40)}), tmp_path / "in.parquet")
    slowly = hf.Settings(batch_size=5, max_requests=1)
    with pytest.raises(hf.AuthError) as refusal:
        enrich_file(
            source, tmp_path / "out.parquet", "phone", client=emulator.connect(emulator=provider), settings=slowly
        )
    enriched = read(tmp_path / "out.parquet")
    assert refusal.value.partial == tmp_path / "out.parquet"
    assert Counter(enriched["hlr_state"]) == refusal.value.report.states == {"answered": 10, "failed": 5, "skipped": 25}
    assert enriched["hlr_credits"].sum() == provider.bill.total == 10


def test_the_budget_ends_a_run_with_all_its_rows(tmp_path, provider, client):
    """Out of budget, the file is whole and a warning says how many rows were not asked."""
    source = write(pl.DataFrame({"phone": mobiles(10)}), tmp_path / "in.csv")
    with pytest.warns(hf.IncompleteWarning, match="6 rows were not asked"):
        report = enrich_file(source, tmp_path / "out.csv", "phone", client=client, settings=hf.Settings(max_credits=4))
    assert report.stopped == "budget"
    assert read(tmp_path / "out.csv")["hlr_state"].to_list().count("skipped") == 6
    assert provider.bill.total == 4


def test_modes(tmp_path):
    """A new file is as private as the user's files are, and one that is replaced stays as private as it was."""
    source = write(PEOPLE, tmp_path / "in.csv")
    (tmp_path / "private.csv").touch(mode=0o600)
    (tmp_path / "private.csv").chmod(0o600)
    for name in ("private.csv", "new.csv"):
        offline(source, tmp_path / name)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("private.csv", "new.csv", "in.csv")]
    assert modes == [0o600, modes[2], modes[2]]


def test_an_estimate_sends_nothing_and_is_never_exceeded(tmp_path, provider, client):
    """The estimate of a file is that of its frame; the run costs no more."""
    source = write(PEOPLE, tmp_path / "in.csv")
    estimate = estimate_file(source, "phone")
    assert estimate == hf.estimate(PEOPLE, "phone")
    assert provider.bill.requests == 0
    assert enrich_file(source, tmp_path / "out.csv", "phone", client=client).credits <= estimate.credits_high


@pytest.mark.parametrize("kind", sorted(set(FileKind) - IN_ONLY))
def test_every_kind_of_file_has_a_reader_and_a_writer(tmp_path, kind):
    """Whatever stands in the table of kinds is read, written and summarised."""
    first, second = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    (tmp_path / "start.csv").write_text("phone\n+447400123456\n", encoding="utf-8")
    client = emulator.connect(seed=7)
    hf.enrich_file(tmp_path / "start.csv", first, "phone", client=client)
    hf.enrich_file(first, second, "phone", client=client, prefix="again_")
    assert hf.summarize(second, prefix="again_").verdicts["numbers"].sum() == 1
