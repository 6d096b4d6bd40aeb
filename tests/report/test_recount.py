"""Every figure of a summary, counted again by hand over made-up frames, however the rows are counted inside."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from polars.testing import assert_frame_equal

import hlrframe as hf
from helpers.examples import examples
from helpers.stores import numbers
from hlrframe.model.columns import select_columns
from hlrframe.report import summarize

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KNOWN = {"live", "unreachable", "dead"}
TYPES = {
    each.name: {"string": pl.String(), "bool": pl.Boolean(), "double": pl.Float64()}.get(
        str(each.type), pl.Datetime("us", "UTC")
    )
    for each in select_columns("standard")
}
WORDS = st.sampled_from(["A", "B", None])
#: A verdict with a status and a type that give it.
MEANINGS = st.sampled_from(
    [
        ("live", "LIVE", "MOBILE"),
        ("unreachable", "ABSENT_SUBSCRIBER", "MOBILE"),
        ("dead", "DEAD", "MOBILE"),
        ("unknown", "INCONCLUSIVE", "MOBILE"),
        ("unknown", "NO_COVERAGE", "MOBILE"),
        ("unknown", None, "MOBILE"),
        ("not_applicable", "NO_COVERAGE", "LANDLINE"),
    ]
)
ANSWERS = st.fixed_dictionaries(
    {
        "meaning": MEANINGS,
        "is_ported": st.sampled_from([True, False, None]),
        "age": st.sampled_from([None, 0, 1, 3, 7, 29, 30, 90, 364, 365, 900]),
        "provider": st.sampled_from(["emulator", "api.example.com"]),
        **dict.fromkeys(("original_network", "current_network", "original_country", "current_country"), WORDS),
    }
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(numbers(5)),
        st.sampled_from(["answered", "cached", "failed", "skipped", "rejected"]),
        st.sampled_from([0.0, 0.5, 1.0, 2.0]),
        ANSWERS,
    ),
    max_size=14,
)


def row_of(number, state, credits_, answer):
    """One row that could be: without a number or an answer it has none of their facts."""
    row = dict.fromkeys(TYPES) | {"state": state, "credits": credits_ if state in {"answered", "failed"} else 0.0}
    row["msisdn"] = None if state == "rejected" else number
    if state not in {"answered", "cached"}:
        return row | {"reason": "empty" if state == "rejected" else "timeout"}
    verdict, live_status, number_type = answer["meaning"]
    age = answer["age"]
    facts = {name: value for name, value in answer.items() if name not in {"meaning", "age"}}
    known = {"verdict": verdict, "live_status": live_status, "number_type": number_type}
    return row | facts | known | {"checked_at": None if age is None else NOW - timedelta(days=age)}


FRAMES = ROWS.map(lambda rows: pl.DataFrame([row_of(*row) for row in rows], schema=TYPES))


@pytest.fixture(params=["at once", "in batches", "in passes", "all looked at closely"])
def counting(request, monkeypatch):
    """Counts as few rows are counted, and as very many are."""
    if request.param != "at once":
        monkeypatch.setattr("hlrframe.report.counting.passes.AT_ONCE", 3)
        monkeypatch.setattr("hlrframe.report.counting.passes.SAMPLE", 2)
        monkeypatch.setattr("hlrframe.report.counting.passes.MANY", 2)
    if request.param == "in passes":
        monkeypatch.setattr("hlrframe.report.counting.repeats.AT_ONCE", 3)
    if request.param == "all looked at closely":
        monkeypatch.setattr("hlrframe.report.counting.repeats.MOST_BITS", 1)
    return request.param


law = examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def distinct(rows, kept=lambda _: True):
    return len({row["msisdn"] for row in rows if row["msisdn"] and kept(row)})


def share(part, whole):
    return part / whole if whole else None


def counts(table, *keys):
    kept = [name for name in table.columns if name not in keys]
    return {row[: len(keys)]: row[len(keys) :] for row in table.select(*keys, *kept).iter_rows()}


@pytest.mark.slow
@law
@given(FRAMES)
def test_rows_and_numbers_are_those_of_pandas(counting, frame):
    """Totals, rates, verdicts and coverage are those of plain pandas over the same rows."""
    with summarize(frame, prefix="", now=NOW) as summary:
        totals, rates, verdicts, coverage = summary.totals, summary.rates, summary.verdicts, summary.coverage
    rows = frame.to_pandas()
    assert totals.row(0)[:2] == (len(rows), rows["msisdn"].nunique())
    assert totals["providers"].item() == (", ".join(sorted(rows["provider"].dropna().unique())) or None)
    assert totals.row(0)[3:] == (frame["checked_at"].min(), frame["checked_at"].max())
    by_number = rows[rows["msisdn"].notna()].groupby("msisdn")["verdict"].agg(set)
    known = sum(bool(words & KNOWN) for words in by_number)
    parts = {
        "readable": (rows["msisdn"].count(), len(rows)),
        "answered": (sum(any(pd.notna(word) for word in words) for words in by_number), len(by_number)),
        "coverage": (known, sum(words != {"not_applicable"} for words in by_number)),
        "live": (sum("live" in words for words in by_number), known),
    }
    assert {row[0]: row[1:3] for row in rates.iter_rows()} == parts
    assert rates["value"].to_list() == [share(*pair) for pair in parts.values()]
    groups = rows[rows["msisdn"].notna()].groupby("verdict", dropna=False)["msisdn"]
    assert {row[0]: row[1:3] for row in verdicts.iter_rows()} == {
        None if pd.isna(verdict) else verdict: (len(each), each.nunique()) for verdict, each in groups
    }
    keys = ["state", "verdict", "live_status", "reason"]
    found = rows.groupby(keys, dropna=False)["msisdn"]
    assert {row[:4]: row[4:6] for row in coverage.iter_rows()} == {
        tuple(None if pd.isna(part) else part for part in key): (len(each), each.nunique()) for key, each in found
    }


@pytest.mark.slow
@law
@given(FRAMES)
def test_money_is_counted_row_by_row(counting, frame):
    """What was spent and saved is what a walk over the rows finds."""
    with summarize(frame, prefix="", now=NOW, price_per_credit=0.25) as summary:
        cost = {
            item: (count, credits_)
            for item, count, credits_ in summary.cost.select(pl.first(), "count", "credits").rows()
        }
        money = summary.cost["money"]
    rows = frame.to_dicts()
    spent = sum(row["credits"] for row in rows)
    asked = distinct(rows, lambda row: row["state"] in {"answered", "failed"})
    answered = distinct(rows, lambda row: row["state"] == "answered")
    live = distinct(rows, lambda row: row["state"] == "answered" and row["verdict"] == "live")
    assert cost["spent"] == (asked, spent)
    assert cost["per_answer"] == (answered, share(spent, answered) and pytest.approx(spent / answered, abs=1e-6))
    assert cost["per_live_number"] == (live, share(spent, live) and pytest.approx(spent / live, abs=1e-6))
    stored = {}
    for row in rows:
        if row["state"] == "cached":
            stored[row["msisdn"]] = max(stored.get(row["msisdn"], 0), price_of(row))
    assert cost["saved_by_store"] == (len(stored), sum(stored.values()))
    assert cost["saved_by_rejections"] == (sum(row["state"] == "rejected" for row in rows), 0)
    repeats = list(repeated(rows))
    assert cost["saved_by_repeats"] == (sum(map(len, repeats)), sum(map(sum, repeats)))
    assert cost["asking_every_row"][1] == spent + cost["saved_by_store"][1] + cost["saved_by_repeats"][1]
    assert money[0] == spent * 0.25


def price_of(row):
    if row["number_type"] != "MOBILE" or row["live_status"] in {"NO_COVERAGE", None}:
        return 0
    return 1


def repeated(rows):
    """The price of each row that repeats a number of which that became already."""
    outcomes = {}
    for row in rows:
        if row["verdict"]:
            outcomes.setdefault((row["msisdn"], row["state"]), []).append(row)
    for (_, state), alike in outcomes.items():
        paid = [row["credits"] for row in alike if row["credits"]]
        price = max(paid, default=0) if state == "answered" else max(map(price_of, alike))
        yield [price] * (len(alike) - max(len(paid), 1))


def bucket(row):
    if row["checked_at"] is None:
        return None
    age = (NOW - row["checked_at"]).days
    return max(start for start in (0, 1, 7, 30, 90, 365) if start <= age)


@pytest.mark.slow
@law
@given(FRAMES)
def test_places_and_ages_are_counted_number_by_number(counting, frame):
    """Countries, networks, flows and ages count each number once in each place that it has."""
    with summarize(frame, prefix="", now=NOW) as summary:
        countries, networks = summary.countries, summary.networks
        flows, ages = summary.portability, summary.age
    rows = [row for row in frame.to_dicts() if row["verdict"]]
    for row in countries.iter_rows(named=True):
        here = [each for each in rows if (each["current_country"] or each["original_country"]) == row["country"]]
        assert row["numbers"] == distinct(here)
        assert_place(row, here, rows, "country")
        assert row["ported"] == distinct(here, lambda each: each["is_ported"])
        assert row["ported_share"] == share(row["ported"], distinct(here, lambda each: each["is_ported"] is not None))
    for row in networks.iter_rows(named=True):
        here = [each for each in rows if (each["original_country"], each["original_network"]) == place(row)]
        served = [each for each in rows if (each["current_country"], each["current_network"]) == place(row)]
        assert (row["original"], row["current"]) == (distinct(here), distinct(served))
        assert (row["ported_out"], row["ported_in"]) == tuple(
            distinct(some, lambda each: each["is_ported"]) for some in (here, served)
        )
        assert_shares(row, here)
    assert sum(networks["original"]) == len(
        {(r["msisdn"], *place_of(r, "original")) for r in rows if r["original_network"]}
    )
    pairs = {
        (r["msisdn"], r["original_country"], r["original_network"], r["current_network"])
        for r in rows
        if r["is_ported"]
    }
    assert {row[:3]: row[3] for row in flows.iter_rows()} == Counter(pair[1:] for pair in pairs)
    dated = {(row["msisdn"], bucket(row), row["verdict"]) for row in rows}
    assert {row[1:3]: row[3] for row in ages.iter_rows()} == Counter(each[1:] for each in dated)
    assert [start for start in ages["days"] if start is not None] == sorted(ages["days"].drop_nulls())
    assert (ages["age"].is_null() == ages["days"].is_null()).all()


def place(row):
    return row["country"], row["network"]


def place_of(row, side):
    return row[f"{side}_country"], row[f"{side}_network"]


def assert_place(row, here, rows, what):
    for side in ("original", "current"):
        assert row[side] == distinct(rows, lambda each, side=side: row[what] and each[f"{side}_{what}"] == row[what])
    assert_shares(row, here)


def assert_shares(row, here):
    applicable = distinct(here, lambda each: each["verdict"] != "not_applicable")
    known = distinct(here, lambda each: each["verdict"] in KNOWN)
    live = distinct(here, lambda each: each["verdict"] == "live")
    assert (row["applicable"], row["known"], row["live"]) == (applicable, known, live)
    assert (row["live_share"], row["coverage"]) == (share(live, known), share(known, applicable))
    assert row["poor"] == bool(applicable and known / applicable < 0.8)


@pytest.mark.slow
@law
@given(FRAMES)
def test_what_is_kept_says_what_the_rows_say(counting, frame):
    """Each table is what its statement gives when it reads the rows themselves."""
    with summarize(frame, prefix="", now=NOW, price_per_credit=0.01) as summary:
        for name in summary.names:
            assert_frame_equal(getattr(summary, name), summary.query(summary.sql(name)), check_exact=False)


def test_counting_many_rows_agrees_with_reading_them():
    """Half a million rows with repeats, mixed outcomes and rows without a number come to what statements read."""
    rows = 500_000
    drawn = pl.int_range(rows, eager=True).hash(3)
    mixed = pl.DataFrame({"drawn": drawn}).select(
        state=pl.lit("answered"),
        msisdn=pl.when(pl.col("drawn") % 9 != 0).then((447_400_000_000 + pl.col("drawn") % 400_000).cast(pl.String)),
        verdict=pl.when(pl.col("drawn") % 31 == 0).then(pl.lit("dead")).otherwise(pl.lit("live")),
        credits=(pl.col("drawn") % 2).cast(pl.Float64),
        checked_at=pl.lit(NOW),
    )
    with summarize(mixed, prefix="", now=NOW) as summary:
        tables = {name: getattr(summary, name) for name in ("totals", "rates", "verdicts", "age")}
        for name, table in tables.items():
            assert_frame_equal(table, summary.query(summary.sql(name)))
    assert tables["totals"]["numbers"].item() == mixed["msisdn"].drop_nulls().n_unique()


def test_the_run_comes_with_its_report():
    """Run and lanes are those of the report, and together with the frame's cost they are the bill."""
    emulator = hf.emulator.Emulator(7)
    frame = pl.DataFrame({"phone": [f"+4477009{n:05}" for n in range(300)] + [f"+4474001{n:05}" for n in range(300)]})
    with pytest.warns(hf.EmulatorWarning):
        done = hf.enrich_with_report(frame, "phone", client=hf.emulator.connect(emulator=emulator))
    for summary in (summarize(done), summarize(done.frame, report=done.report)):
        run = summary.run.row(0, named=True)
        assert (run["credits"], run["requests"]) == (float(emulator.bill.total), done.report.requests)
        assert run["credits"] == summary.cost["credits"][0]
        assert summary.lanes["numbers"].sum() == sum(lane.numbers for lane in done.report.lanes) > 0
        assert summary.query(summary.sql("lanes")).equals(summary.lanes)
        assert f"{done.report.requests:,} requests" in str(summary)


def test_without_a_report_the_run_is_missing_and_says_why():
    """The tables of the run, and of changes, are not named where nothing tells of them; asking says what would."""
    summary = summarize(pl.DataFrame(schema=TYPES), prefix="")
    assert not {"run", "lanes", "changes"} & set(summary.names)
    for name, cure in (("run", "report="), ("lanes", "report="), ("changes", "since=")):
        assert cure in summary.missing[name]
        with pytest.raises(hf.InputError, match=cure):
            getattr(summary, name)


def test_a_report_must_be_one():
    """What is no report is refused."""
    with pytest.raises(hf.ConfigError, match="report must be the Report"):
        summarize(pl.DataFrame(schema=TYPES), prefix="", report={"rows": 3})


def test_tables_that_lack_a_column_say_which():
    """A frame with some columns has the tables that these allow; the others name the column and the cure."""
    frame = pl.DataFrame([row_of(numbers(1)[0], "rejected", 0.0, {})], schema=TYPES).select(
        "msisdn", "state", "verdict"
    )
    summary = summarize(frame, prefix="")
    assert summary.names == ("totals", "rates", "verdicts", "coverage")
    with pytest.raises(hf.InputError, match="lacks 'live_status': enrich it with columns='standard'"):
        _ = summary.cost
    assert "Not shown: cost, countries, networks, portability, age (the frame lacks" in str(summary)
    assert summary.totals.row(0) == (1, 0, None, None, None)
