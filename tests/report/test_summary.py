import re
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import hypothesis.strategies as st
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from polars.testing import assert_frame_equal

import hlrframe as hf
from helpers.emulator import ask
from helpers.examples import examples
from helpers.stores import DAY, NOON, answered, number, numbers, store_with
from hlrframe.model.columns import select_columns
from hlrframe.model.question import Question
from hlrframe.model.vocabulary import LookupKind
from hlrframe.report import Summary, summarize
from hlrframe.report.sql.statements import STATEMENTS
from hlrframe.report.sql.wording import NEEDED

CONTACTS = Path(__file__).parents[2] / "sample_data" / "contacts.csv"
GB = hf.Settings(default_region="GB")
KNOWN = {"live", "unreachable", "dead"}


def enrich(frame, emulator=None, **options):
    client = hf.emulator.connect(emulator=emulator or hf.emulator.Emulator(7))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.IncompleteWarning)
        return hf.enrich(frame, "phone", client=client, **{"settings": GB, **options})


@pytest.fixture(scope="module")
def contacts():
    return pl.read_csv(CONTACTS, infer_schema=False).select("id", "phone")


@pytest.fixture(scope="module")
def enriched(contacts, tmp_path_factory):
    """A list with every state: cached, answered, rejected, repeats, failed and skipped."""
    store = tmp_path_factory.mktemp("stored") / "answers"
    enrich(contacts[:200], store=store)
    unanswered = enrich(contacts[500:560], settings=GB.replace(offline=True))
    skipped = pl.col("hlr_state") == "skipped"
    frame = pl.concat(
        [
            enrich(contacts[:500], store=store),
            unanswered.with_columns(
                hlr_state=pl.when(skipped).then(pl.lit("failed")).otherwise("hlr_state"),
                hlr_reason=pl.when(skipped).then(pl.lit("internal_error")).otherwise("hlr_reason"),
            ),
            enrich(contacts[560:600], settings=GB.replace(max_credits=20)),
        ]
    )
    assert set(frame["hlr_state"]) == {state.value for state in hf.State}
    return frame


@pytest.fixture
def nothing():
    return enrich(pl.DataFrame({"phone": []}, schema={"phone": pl.String}))


def records(table, *columns):
    return list(table.select(columns).iter_rows())


def by(table, key, value):
    return dict(records(table, key, value))


# --- the figures, counted again by hand


def test_coverage_is_what_pandas_counts(enriched):
    """Rows and distinct numbers by state, verdict, live status and reason are those of a plain pandas count."""
    columns = ["hlr_state", "hlr_verdict", "hlr_live_status", "hlr_reason"]
    groups = enriched.to_pandas().groupby(columns, dropna=False)["hlr_msisdn"]
    counted = {
        tuple(None if pd.isna(part) else part for part in key): (len(each), each.nunique()) for key, each in groups
    }
    coverage = summarize(enriched).coverage
    assert {row[:4]: row[4:6] for row in coverage.iter_rows()} == counted
    assert coverage["share_of_rows"].sum() == pytest.approx(1)
    assert coverage["rows"].is_sorted(descending=True)


def distinct(frame, kept):
    return len({row["hlr_msisdn"] for row in frame.iter_rows(named=True) if row["hlr_msisdn"] and kept(row)})


def test_rates_say_their_denominators(enriched):
    """Each rate is its part of its whole, and says in words what both are."""
    numbers_ = distinct(enriched, bool)
    known = distinct(enriched, lambda row: row["hlr_verdict"] in KNOWN)
    expected = [
        ("readable", enriched["hlr_msisdn"].count(), enriched.height),
        ("answered", distinct(enriched, lambda row: row["hlr_verdict"] is not None), numbers_),
        ("coverage", known, distinct(enriched, lambda row: row["hlr_verdict"] != "not_applicable")),
        ("live", distinct(enriched, lambda row: row["hlr_verdict"] == "live"), known),
    ]
    rates = summarize(enriched).rates
    assert records(rates, "rate", "part", "whole") == expected
    assert rates["value"].to_list() == [part / whole for _, part, whole in expected]
    assert all(" of " in meaning for meaning in rates["meaning"])


def test_what_failed_or_was_not_asked_lowers_coverage(contacts):
    """A number that was never answered stays in the denominator: coverage is not improved by asking less."""
    skipped = enrich(contacts[:100], settings=GB.replace(max_credits=0))
    rates = summarize(skipped).rates
    assert by(rates, "rate", "part")["coverage"] == 0
    assert by(rates, "rate", "whole")["coverage"] == skipped["hlr_msisdn"].n_unique() - 1  # null is a value to polars


def test_the_rates_of_a_network_are_those_of_its_range(enriched):
    """Original, current, ported and live numbers of each network are those of a count by hand."""
    expected = {}
    for row in enriched.filter(pl.col("hlr_verdict").is_not_null()).unique("hlr_msisdn").iter_rows(named=True):
        for side in ("original", "current"):
            name = (row[f"hlr_{side}_country"], row[f"hlr_{side}_network"])
            if name[1] is not None:
                counts = expected.setdefault(name, dict.fromkeys(NETWORK_COUNTS, 0))
                counts[side] += 1
                counts["ported_out" if side == "original" else "ported_in"] += bool(row["hlr_is_ported"])
                counts["known"] += side == "original" and row["hlr_verdict"] in KNOWN
                counts["live"] += side == "original" and row["hlr_verdict"] == "live"
    networks = summarize(enriched).networks
    assert {row[:2]: row[2:] for row in networks.select("country", "network", *NETWORK_COUNTS).iter_rows()} == {
        name: tuple(counts.values()) for name, counts in expected.items()
    }
    assert networks.filter(known=0)["live_share"].null_count() == networks.filter(known=0).height > 0


NETWORK_COUNTS = ("original", "current", "ported_out", "ported_in", "known", "live")


def test_countries_tell_where_coverage_is_poor(enriched):
    """American mobiles have no status without their option: the country shows up as poorly covered."""
    countries = summarize(enriched).countries
    numbers_ = distinct(enriched, lambda row: row["hlr_verdict"] is not None)
    assert countries["numbers"].sum() == numbers_
    poor = by(countries, "country", "poor")
    assert poor["USA"]
    assert not poor["GBR"]
    usa = countries.row(by_predicate=pl.col("country") == "USA", named=True)
    assert (usa["known"], usa["live_share"], usa["coverage"]) == (0, None, 0.0)
    assert usa["applicable"] > 0


def test_portability_counts_each_ported_number_once(enriched):
    """The flows from network to network add up to the distinct ported numbers."""
    flows = summarize(enriched).portability
    assert flows["numbers"].sum() == distinct(enriched, lambda row: row["hlr_is_ported"])
    assert flows["share_of_ported"].sum() == pytest.approx(1)
    assert flows.filter(pl.col("from_network") == pl.col("to_network")).is_empty()


def test_totals_say_who_answered_and_when(enriched):
    """The title's facts are those of the frame."""
    rows, numbers_, providers, oldest, newest = summarize(enriched).totals.row(0)
    assert (rows, numbers_, providers) == (600, distinct(enriched, bool), "emulator")
    assert (oldest, newest) == (enriched["hlr_checked_at"].min(), enriched["hlr_checked_at"].max())
    assert newest.utcoffset() == timedelta(0)


# --- money


def test_spent_is_the_bill(contacts):
    """What is called spent is what the provider booked, and the shares of it divide by what they say."""
    emulator = hf.emulator.Emulator(7)
    frame = enrich(contacts[:300], emulator)
    cost = summarize(frame, price_per_credit=0.004).cost
    spent = float(emulator.bill.total)
    live = distinct(frame, lambda row: row["hlr_verdict"] == "live")
    numbers_ = distinct(frame, bool)
    assert by(cost, "item", "credits")["spent"] == spent
    assert by(cost, "item", "count")["spent"] == numbers_
    assert by(cost, "item", "credits")["per_answer"] == pytest.approx(spent / numbers_)
    assert by(cost, "item", "credits")["per_live_number"] == pytest.approx(spent / live)
    assert by(cost, "item", "money")["spent"] == pytest.approx(spent * 0.004)


@pytest.mark.parametrize("lookup", ["hlr", "mnp", "validate"])
def test_spent_and_saved_are_what_asking_every_row_costs(contacts, tmp_path, lookup):
    """Spent plus saved is the bill of somebody who asks row by row and keeps nothing."""
    settings_ = GB.replace(lookup=lookup)
    enrich(contacts[:120], store=tmp_path, settings=settings_)
    frame = enrich(contacts[:240], store=tmp_path, settings=settings_)
    cost = summarize(frame, lookup=lookup).cost
    naive = hf.emulator.Emulator(7)
    for msisdn in frame["hlr_msisdn"].drop_nulls():
        ask(naive, {"telephone_number": msisdn, "save_to_cache": "NO"}, path=lookup)
    assert naive.bill.numbers == frame["hlr_msisdn"].count()
    assert by(cost, "item", "credits")["asking_every_row"] == float(naive.bill.total)
    assert by(cost, "item", "count")["saved_by_store"] > 0 < by(cost, "item", "count")["saved_by_repeats"]


def test_what_the_store_saved_is_never_overstated(contacts, tmp_path):
    """Without a live status, and without being told what was asked, cached numbers are taken to have been free."""
    for _ in range(2):
        frame = enrich(contacts[:50], store=tmp_path, settings=GB.replace(lookup="mnp"))
    assert by(summarize(frame).cost, "item", "credits")["saved_by_store"] == 0
    assert by(summarize(frame, lookup="mnp").cost, "item", "credits")["saved_by_store"] > 0


def test_rejected_rows_save_no_credits(contacts):
    """The provider charges nothing for what is no number, so not sending it saves requests and no money."""
    frame = enrich(contacts[:300])
    item = summarize(frame).cost.row(by_predicate=pl.col("item") == "saved_by_rejections", named=True)
    assert (item["count"], item["credits"]) == ((frame["hlr_state"] == "rejected").sum(), 0)
    assert item["count"] > 0


def test_without_a_price_there_is_no_money(enriched):
    """Money is only shown to somebody who said what a credit costs."""
    assert summarize(enriched).cost["money"].null_count() == summarize(enriched).cost.height
    assert " money" not in str(summarize(enriched))


@pytest.mark.parametrize("price", [-0.01, float("nan"), float("inf")])
def test_a_price_must_be_one(nothing, price):
    """A negative or endless price is refused."""
    with pytest.raises(hf.ConfigError, match="price_per_credit"):
        summarize(nothing, price_per_credit=price)


def test_a_lookup_must_be_one(nothing):
    """A kind of lookup that there is not is refused as a setting is."""
    with pytest.raises(hf.ConfigError, match="'hlr', 'mnp' or 'validate'"):
        summarize(nothing, lookup="sms")


# --- any values


WORDS = st.sampled_from(["A", "B", "C", None])
ROW = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["answered", "cached", "failed", "skipped", "rejected"]),
        "msisdn": st.sampled_from(numbers(6)),
        "verdict": st.sampled_from(["live", "unreachable", "dead", "unknown", "not_applicable"]),
        "credits": st.sampled_from([0.0, 0.5, 1.0, 2.0]),
        "is_ported": st.sampled_from([True, False, None]),
        **dict.fromkeys(("original_network", "current_network", "original_country", "current_country"), WORDS),
    }
)


def frame_of(rows):
    schema = {each.name: pl.DataFrame(pa.table([pa.array([], each.type)], ["x"]))["x"].dtype for each in STANDARD}
    return pl.DataFrame([consistent(row) for row in rows], schema=schema)


STANDARD = select_columns("standard")


def consistent(row):
    """A row that could be: without a number or an answer it has none of their facts."""
    has_answer = row["state"] in {"answered", "cached"}
    facts = row if has_answer else dict.fromkeys(row)
    rejected = row["state"] == "rejected"
    return {
        **facts,
        "state": row["state"],
        "msisdn": None if rejected else row["msisdn"],
        "credits": row["credits"] if row["state"] == "answered" else 0.0,
    }


@pytest.mark.slow
@examples(20)
@given(st.lists(ROW, max_size=12).map(frame_of))
def test_parts_never_exceed_their_wholes(frame):
    """Whatever the rows, counts agree with one another and shares lie between 0 and 1, or are null."""
    with summarize(frame, prefix="") as summary:
        rates, cost = summary.rates, summary.cost
        assert (rates["part"] <= rates["whole"]).all()
        assert rates.filter(whole=0)["value"].is_null().all()
        assert by(cost, "item", "credits")["spent"] == frame["credits"].sum()
        assert summary.coverage["rows"].sum() == frame.height
        countries = summary.countries
        assert (countries["live"] <= countries["known"]).all()
        assert (countries["known"] <= countries["applicable"]).all()
        networks = summary.networks
        assert (networks["ported_out"] <= networks["original"]).all()
        assert (networks["ported_in"] <= networks["current"]).all()
        assert networks.select("country", "network").is_unique().all()


# --- any source


class Capsule:
    """A frame of a library that nobody has heard of."""

    def __init__(self, frame):
        self._table = frame.to_arrow()

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def odd_pandas(frame):
    """As people have it: an index that repeats, a column of anything, a category."""
    pandas = frame.to_pandas()
    pandas.index = [1] * len(pandas)
    pandas["mixed"] = [1, "two"] * (len(pandas) // 2)
    return pandas.astype({"hlr_verdict": "category", "hlr_is_ported": "object"})


KINDS = {
    "polars": lambda frame: frame,
    "polars_lazy": pl.DataFrame.lazy,
    "polars_categorical": lambda frame: frame.cast({"hlr_state": pl.Categorical}),
    "pandas": odd_pandas,
    "pandas_arrow": lambda frame: frame.to_pandas(use_pyarrow_extension_array=True),
    "arrow_table": pl.DataFrame.to_arrow,
    "arrow_batch": lambda frame: frame.to_arrow().combine_chunks().to_batches()[0],
    "arrow_reader": lambda frame: frame.to_arrow().to_reader(),
    "relation": lambda frame: duckdb.connect().from_arrow(frame.to_arrow()),
    "capsule": Capsule,
}


@pytest.fixture(scope="module")
def tables(enriched):
    return tables_of(summarize(enriched))


def tables_of(summary):
    return {name: getattr(summary, name) for name in summary.names}


def assert_same_tables(tables, expected):
    assert tables.keys() == expected.keys()
    for name, table in tables.items():
        assert_frame_equal(table, expected[name])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_gives_the_same_tables(enriched, tables, kind):
    """The summary of a frame does not depend on the library that holds it."""
    assert_same_tables(tables_of(summarize(KINDS[kind](enriched))), tables)


def test_a_frame_is_not_touched(enriched):
    """Summarizing leaves a pandas frame as it was."""
    pandas = odd_pandas(enriched)
    before = pandas.copy(deep=True)
    summarize(pandas)
    pd.testing.assert_frame_equal(pandas, before)


WRITERS = {
    "parquet": pl.DataFrame.write_parquet,
    "csv": pl.DataFrame.write_csv,
    "ndjson": pl.DataFrame.write_ndjson,
    "arrow": pl.DataFrame.write_ipc,
}


@pytest.mark.parametrize("ending", WRITERS)
def test_every_kind_of_file_gives_the_same_tables(enriched, tables, tmp_path, ending):
    """A file reads as the frame that it was written from, in whatever folder it lies."""
    folder = tmp_path / "month=11 [2026], it's"
    folder.mkdir()
    path = folder / f"enriched.{ending}"
    WRITERS[ending](enriched, path)
    assert_same_tables(tables_of(summarize(path)), tables)
    assert_same_tables(tables_of(summarize(str(path))), tables)


@pytest.mark.parametrize("source", ["folder", "pattern", "list"])
def test_several_files_are_one_frame(enriched, tables, tmp_path, source):
    """A folder of Parquet files, a pattern and a list of paths are summarized together."""
    for index, part in enumerate(enriched.iter_slices(100)):
        part.write_parquet(tmp_path / f"{index}.parquet")
    sources = {"folder": tmp_path, "pattern": f"{tmp_path}/*.parquet", "list": sorted(tmp_path.iterdir())}
    assert_same_tables(tables_of(summarize(sources[source])), tables)


def test_no_rows_are_no_error(nothing):
    """A frame of 0 rows has a summary: counts of 0, rates that are not known, and something to print."""
    summary = summarize(nothing)
    assert summary.rates["part"].to_list() == [0, 0, 0, 0]
    assert summary.rates["value"].null_count() == 4
    assert by(summary.cost, "item", "credits")["spent"] == 0
    assert summary.coverage.is_empty()
    assert str(summary).startswith("0 rows, 0 distinct numbers, no answers")
    assert "</table>" in summary._repr_html_()


# --- stores


def test_a_store_counts_the_newest_answer_of_each_number(tmp_path):
    """Older answers count for cost and for nothing else."""
    store = store_with(
        tmp_path,
        answered(*numbers(4)),
        answered(number(0), at=NOON + DAY, checked_at=NOON + DAY, status="DEAD"),
    )
    for source in (store, store.path, str(store.path)):
        summary = summarize(source)
        assert by(summary.coverage, "verdict", "numbers") == {"live": 3, "dead": 1}
        credits_ = {"spent": 5, "per_answer": 5 / 4, "per_live_number": 5 / 3}
        assert by(summary.cost, "item", "credits") == pytest.approx(credits_, abs=1e-6)


def test_a_store_agrees_with_its_own_scan(contacts, tmp_path):
    """Answers, sealed or in the journal of a run that goes on, are those that the store itself gives."""
    store = hf.Store(tmp_path)
    emulator = hf.emulator.Emulator(7)
    enrich(contacts[:200], emulator, store=store)
    enrich(contacts[150:300], emulator, store=store, settings=GB.replace(refresh=True))
    question = Question(LookupKind.HLR, "emulator")
    with store.journal(question) as journal:
        journal.write([answered(number(0), checked_at=datetime.now(UTC), at=datetime.now(UTC), credits=0.0)])
        summary = summarize(store)
    scan = store.scan().collect()
    assert summary.totals["rows"].item() == scan.height
    assert by(summary.cost, "item", "credits")["spent"] == float(emulator.bill.total)
    assert summary.countries["numbers"].sum() == scan["msisdn"].n_unique()
    words = ["msisdn", "live_status", "current_network"]
    assert_frame_equal(summary.query("from enriched").select(words), scan.select(words), check_row_order=False)


def test_an_answer_in_two_places_counts_once(tmp_path):
    """While parts are merged an answer lies in two files: it is paid for once."""
    store = store_with(tmp_path, answered(*numbers(3)))
    part = next((tmp_path / "parts").glob("*.parquet"))
    part.with_name(f"{part.stem[:-1]}9.parquet").write_bytes(part.read_bytes())
    assert by(summarize(store).cost, "item", "credits")["spent"] == 3


def test_a_damaged_part_is_set_aside_as_the_store_does(tmp_path):
    """A summary warns of a file that cannot be read, and counts the others."""
    store = store_with(tmp_path, answered(*numbers(3)))
    (tmp_path / "parts" / "20261130T120000123456-5e55f00d5e55-0000.parquet").write_bytes(b"PAR1 no more")
    with pytest.warns(UserWarning, match="set aside"):
        summary = summarize(store)
    assert summary.totals["rows"].item() == 3


def test_an_empty_store_is_no_error(tmp_path):
    """A store that no run has written to yet is summarized as one without answers."""
    assert summarize(hf.Store(tmp_path / "new")).totals["rows"].item() == 0
    assert not (tmp_path / "new").exists()


# --- the statements


@pytest.mark.parametrize("prefix", ["hlr_", "", 'Mobile "x" '])
def test_named_statements_run_on_the_users_own_connection(enriched, tables, prefix):
    """Each statement is whole: with a table named enriched it gives the same anywhere."""
    names = [name for name in enriched.columns if name.startswith("hlr_")]
    frame = enriched.rename({name: prefix + name.removeprefix("hlr_") for name in names})
    summary = summarize(frame, prefix=prefix)
    with duckdb.connect() as theirs:
        theirs.execute("set TimeZone = 'UTC'")
        theirs.register("enriched", frame.to_arrow())
        for name in summary.names:
            assert_frame_equal(theirs.sql(summary.sql(name)).pl(), tables[name])


def test_each_statement_is_a_property():
    """The names are those of the properties, and each of these says what it gives."""
    assert all(getattr(Summary, name).__doc__ for name in STATEMENTS)


def test_statements_name_only_what_they_read(enriched):
    """A statement lists the columns that it needs and no others, so that it reads no others from Parquet."""
    listed = re.findall(r"hlr_(\w+) as", summarize(enriched).sql("portability"))
    assert listed == ["msisdn", "original_network", "original_country", "current_network", "is_ported"]


def test_there_is_no_other_statement(nothing):
    """A misspelt name is answered with the list of names."""
    with pytest.raises(hf.InputError, match="no statement 'costs': use one of totals"):
        summarize(nothing).sql("costs")


def test_questions_of_ones_own(enriched):
    """Any select runs over the same rows, with or without the prefix."""
    summary = summarize(enriched)
    with_prefix = summary.query("select count(*) as n from enriched where hlr_verdict = 'live'")
    without = summary.query("select count(*) as n from answers where verdict = 'live'")
    assert with_prefix.item() == without.item() == (enriched["hlr_verdict"] == "live").sum()


def test_a_question_sees_no_variable_of_the_program(nothing):
    """A name in a question means a table of the summary, never a frame that happens to have that name."""
    secret = pl.DataFrame({"a": [1]})
    with pytest.raises(duckdb.CatalogException):
        summarize(nothing).query("from secret")
    assert secret.height == 1


def test_a_question_must_ask(nothing):
    """An empty question is refused."""
    with pytest.raises(hf.InputError, match="pass a select"):
        summarize(nothing).query("  ")


def test_several_phone_columns_are_cells(tmp_path, capfd):
    """A summary of several phone columns counts cells and says so, of a workbook without a word of its reader."""
    frame = pl.DataFrame({"a": ["+44 7400 123456", ""], "b": ["", "+44 7400 123457"]})
    emulated = hf.emulator.connect(seed=7)
    enriched = hf.enrich(frame, ["a", "b"], client=emulated, settings=hf.Settings(time_zone=None))
    enriched.write_excel(tmp_path / "in.xlsx")
    told = str(summarize(tmp_path / "in.xlsx"))
    assert told.startswith("4 cells of 2 phone columns, 2 distinct numbers")
    assert "cells that hold a number, of all cells" in told
    assert "rejected 2 cells" in told
    assert "rows" not in told
    assert capfd.readouterr().err == ""
    page = summarize(enriched).to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Cells, 2 a row" in page
    assert not re.search(r"<th[^>]*>(Rows|Share of rows)</th>", page)
    assert re.search(r"<th[^>]*>Cells</th>", page)


def test_the_page_counts_repeats_as_the_rest_of_it_counts(tmp_path):
    """What repeats a number is a cell where there are several phone columns, and a row where there is one."""
    frame = pl.DataFrame({"a": ["+44 7400 123456"] * 3, "b": ["+44 7400 123456", None, None]})
    emulated = hf.emulator.connect(seed=7)
    for columns, words in ((["a", "b"], "3 cells that repeat a number"), ("a", "2 rows that repeat a number")):
        with summarize(hf.enrich(frame, columns, client=emulated)) as summary:
            assert words in summary.to_html(tmp_path / "report.html").read_text(encoding="utf-8")


# --- what is no enriched frame


@pytest.mark.parametrize(
    ("columns", "prefix", "cure"),
    [
        (["phone"], "hlr_", "pass what enrich gave"),
        (["hlr_state", "hlr_msisdn", "hlr_verdict"], "mobile_", "pass prefix='hlr_'"),
        (["state", "msisdn", "verdict"], "hlr_", "pass prefix=''"),
        (["hlr_state", "hlr_verdict"], "hlr_", "columns='standard'"),
    ],
)
@pytest.mark.parametrize("kind", ["polars", "polars_lazy", "pandas", "arrow_table", "relation", "capsule"])
def test_a_frame_that_was_not_enriched_is_refused_with_the_cure(kind, columns, prefix, cure):
    """Wrong prefix, missing columns, no enrichment at all: the message says what to do."""
    kinds = {**KINDS, "pandas": pl.DataFrame.to_pandas}
    frame = kinds[kind](pl.DataFrame({name: ["x"] for name in columns}))
    with pytest.raises(hf.InputError, match=re.escape(cure)):
        summarize(frame, prefix=prefix)


@pytest.mark.parametrize("source", [7, None, "no/such/file.parquet", [], ["a.csv", 3], [1]])
def test_what_cannot_be_summarized_is_refused(source):
    """A number, nothing, a path that is not there, an odd list: an InputError, not a crash."""
    with pytest.raises(hf.InputError):
        summarize(source)


def test_files_of_unknown_or_mixed_kinds_are_refused(tmp_path):
    """The kind of a file is told by its ending, and one summary reads one kind."""
    paths = [tmp_path / "a.parquet", tmp_path / "b.csv", tmp_path / "c.docx"]
    for path in paths:
        path.touch()
    for source in (paths[2], paths[:2]):
        with pytest.raises(hf.InputError, match="ending in"):
            summarize(source)


@pytest.mark.parametrize("ending", ["parquet", "csv", "ndjson", "arrow"])
def test_an_unreadable_file_is_refused(tmp_path, ending):
    """Bytes that are not what the ending says give an InputError; of CSV, which can be any bytes, the column's."""
    path = tmp_path / f"broken.{ending}"
    path.write_bytes(b"\x00\x01 not at all")
    with pytest.raises(hf.InputError, match="no column" if ending == "csv" else "broken"):
        summarize(path)


def test_columns_that_hold_something_else_are_refused_without_showing_it(enriched):
    """A number in the wrong column is not repeated in the message."""
    frame = enriched.with_columns(hlr_credits=pl.lit("+44 7700 900123"))
    with pytest.raises(hf.InputError, match="ConversionException") as caught:
        summarize(frame)
    assert "900" not in str(caught.value)


# --- the life of a summary


def test_a_closed_summary_keeps_what_was_asked(enriched):
    """After the with block tables that were read are still there, and new questions are refused clearly."""
    with summarize(enriched) as summary:
        rates = summary.rates
    assert summary.rates is rates
    with pytest.raises(hf.InputError, match="closed"):
        summary.query("select 1")
    summary.close()


@pytest.mark.parametrize("end", ["close", "forget", "fail"])
def test_nothing_is_left_behind(enriched, tmp_path, monkeypatch, end):
    """The folder for what does not fit in memory goes with the summary, however it ends."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if end == "fail":
        with pytest.raises(hf.InputError):
            summarize(enriched, prefix="other_")
    else:
        summary = summarize(enriched)
        assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o700]
        if end == "close":
            summary.close()
        del summary
    assert list(tmp_path.iterdir()) == []


def test_streams_larger_than_memory_spill(tmp_path, monkeypatch):
    """A stream that does not fit in the memory it may use is summarized all the same."""
    monkeypatch.setattr("hlrframe.report.tables.MEMORY", "60MB")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    row = {"state": "answered", "msisdn": "", "verdict": "live", "credits": 1.0, "original_network": "N" * 60}
    parts = (
        frame_of([row]).with_columns(msisdn=pl.int_range(start, start + 100_000).implode().cast(pl.List(pl.String)))
        for start in range(447_000_000_000, 447_000_400_000, 100_000)
    )
    batches = (part.explode("msisdn").to_arrow().combine_chunks().to_batches()[0] for part in parts)
    stream = pa.RecordBatchReader.from_batches(frame_of([]).to_arrow().schema, batches)
    with summarize(stream, prefix="") as summary:
        assert [path for path in tmp_path.rglob("*") if path.is_file()]
        assert summary.totals["numbers"].item() == 400_000


# --- what people see


def test_the_terminal_summary_fits_a_terminal(enriched):
    """No line is longer than 100 columns, long names and large counts included."""
    wide = enriched.with_columns(pl.col("hlr_current_network", "hlr_original_network") + " of the Seven Islands" * 3)
    for frame in (enriched, wide):
        text = str(summarize(frame, price_per_credit=0.004))
        assert max(map(len, text.splitlines())) <= 100
        for heading in ("Rates", "Cost", "Countries", "Networks", "Portability"):
            assert f"\n{heading}\n" in text
        for line in ("Verdicts  live ", "Without   ", "Age       under a day "):
            assert f"\n{line}" in text
        assert len(text.splitlines()) <= 50


def test_a_summary_at_the_prompt_says_what_it_offers(nothing, tmp_path):
    """Its repr names the tables, and asks nothing of a source that may be large."""
    assert repr(summarize(nothing)).startswith("<Summary of a frame: print it, or ask for .totals, .rates, .verdicts")
    assert repr(summarize(hf.Store(tmp_path))).startswith("<Summary of a store")


def test_invented_answers_are_called_invented(enriched):
    """A summary of the emulator's answers says so at its top, in both forms."""
    summary = summarize(enriched)
    assert "emulator (invents its answers)" in str(summary).splitlines()[0]
    assert "emulator (invents its answers)" in summary._repr_html_()


class Page(HTMLParser):
    """Collects tags, and complains of one that is closed in the wrong order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_notebook_summary_is_whole_and_harmless(enriched):
    """It is well-formed, fetches nothing, shows each table with its SQL, and lets no network name become markup."""
    hostile = enriched.with_columns(pl.col("hlr_original_network") + "<script>alert(1)</script>")
    page = Page()
    summary = summarize(hostile)
    page.feed(summary._repr_html_())
    page.close()
    assert (page.open, page.links) == ([], [])
    assert page.seen.count("table") == page.seen.count("details") == len(summary.names) - 1
    assert "script" not in page.seen


def test_the_columns_that_are_needed_are_standard():
    """Whoever enriches without choosing columns can summarize."""
    assert set(NEEDED) <= {each.name for each in STANDARD}


def test_a_frame_without_times_has_a_title(enriched):
    """Who answered is told where the columns do not say when."""
    lines = str(summarize(enriched.drop("hlr_checked_at"))).splitlines()
    assert (lines[0].endswith("answered by emulator (invents its answers)"), lines[1]) == (True, "")


def test_who_answered_reaches_no_terminal(enriched):
    """A foreign word for the provider is one line, and commands nothing."""
    text = str(summarize(enriched.with_columns(hlr_provider=pl.lit("\x1b[2Jred\nline"))))
    assert "answered by red line\nfrom " in text


def test_the_page_says_that_what_was_asked_failed(enriched, tmp_path):
    """Where nothing that was asked was answered the page does not say that nothing was asked."""
    answered = pl.col("hlr_state") == "answered"
    first = answered & (pl.col("hlr_msisdn") == pl.col("hlr_msisdn").filter(answered).first())
    state = pl.when(first).then(pl.lit("failed")).when(answered).then(pl.lit("cached")).otherwise("hlr_state")
    verdict = pl.when(~first).then("hlr_verdict")
    failed = enriched.with_columns(hlr_state=state, hlr_verdict=verdict, hlr_credits=pl.lit(0.0))
    page = summarize(failed).to_html(tmp_path / "page.html").read_text("utf-8")
    assert "Nothing asked now was answered." in page
    assert "Nothing was asked now." not in page
