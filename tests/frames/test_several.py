"""Several phone columns in one call: one list, one bill, results for each column, and the best number of each row."""

from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hlrframe as hf
from helpers.examples import examples
from helpers.lists import CELLS, connected, some
from hlrframe.model import Naming
from hlrframe.run.results import best_numbers

GB = hf.Settings(default_region="GB")
BEST = ["hlr_best_column", "hlr_best_msisdn", "hlr_best_verdict", "hlr_best_network"]
CONTACTS = {
    "name": ["Ada", "Bo", "Cy"],
    "mobile": ["+44 7400 123456", "n/a", "07400 123457"],
    "home": ["020 7946 0000", "07400 123456", None],
}
ROWS = st.lists(
    st.tuples(CELLS.map(lambda cells: cells[0] if cells else None), st.sampled_from(["07400 123456", None]))
)


@examples(15)
@given(ROWS, st.booleans())
def test_columns_add_up_to_the_bill(rows, lazy):
    """Each number is asked once over all columns, what it cost stands in one cell, and every row stays."""
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    provider, client = connected()
    out, report = hf.enrich_with_report(
        frame.lazy() if lazy else frame, ["a", "b"], client=client, settings=GB, columns=["state", "msisdn", "credits"]
    )
    out = out.lazy().collect()
    assert out.select("a", "b").equals(frame)
    credits_ = Decimal(str(round(out["a_hlr_credits"].sum() + out["b_hlr_credits"].sum(), 3)))
    assert credits_ == Decimal(str(report.credits)) == provider.bill.total
    alone = hf.enrich(frame, "b", client=connected()[1], settings=GB, columns=["state", "msisdn"])
    assert out["b_hlr_msisdn"].equals(alone["hlr_msisdn"], check_names=False)
    assert (report.rows, sum(report.states.values())) == (frame.height, 2 * frame.height)
    assert report.numbers == pl.concat([out["a_hlr_msisdn"], out["b_hlr_msisdn"]]).drop_nulls().n_unique()


def test_the_first_cell_pays_row_by_row():
    """A number that stands in two columns is paid for in the first row that carries it, in its first column there."""
    frame = pl.DataFrame({"a": [None, "07400 123456"], "b": ["07400 123456", "07400 123456"]})
    out = hf.enrich(frame, ["a", "b"], client=connected()[1], settings=GB, columns=["credits"])
    assert (out["a_hlr_credits"].to_list(), out["b_hlr_credits"].to_list()) == ([0.0, 0.0], [1.0, 0.0])


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame, pa.table], ids=["polars", "pandas", "arrow"])
def test_every_kind_of_frame(make):
    """Every type of frame comes back with the results of each column and of the row."""
    out = hf.enrich(make(CONTACTS), ["mobile", "home"], client=connected()[1], settings=GB, columns=["verdict"])
    assert isinstance(out, type(make(CONTACTS)))
    names = list(out.columns) if hasattr(out.columns[0], "upper") else out.column_names
    assert names == [*CONTACTS, "mobile_hlr_verdict", "home_hlr_verdict", *BEST]
    rows = pl.DataFrame(out)
    assert rows["hlr_best_column"].to_list() == ["mobile", "home", "mobile"]
    assert rows["hlr_best_msisdn"].to_list() == ["447400123456", "447400123456", "447400123457"]


def test_a_pattern_names_columns():
    """A pattern means the columns that are like it, in the frame's order; a column's own name stays a name."""
    frame = pl.DataFrame({"Phone 2": ["07400 123456"], "id": [1], "phone 1": [None], "P*": ["x"]})
    options = {"client": connected()[1], "settings": GB, "columns": ["state"]}
    assert hf.enrich(frame, "phone*", **options).columns[4:6] == ["Phone 2_hlr_state", "phone 1_hlr_state"]
    assert hf.enrich(frame, "P*", **options).columns[4:] == ["hlr_state"]
    with pytest.raises(hf.InputError, match=r"no column is called 'tel\*': the frame has 'Phone 2', 'id'"):
        hf.enrich(frame, "tel*", **options)
    again = hf.enrich(hf.enrich(frame, "phone*", **options), "phone*", prefix="new_", **options)
    assert "Phone 2_hlr_state_new_state" not in again.columns


def test_the_short_form():
    """columns='best' gives the best number of each row and what the row cost, and nothing else."""
    provider, client = connected()
    out = hf.enrich(pl.DataFrame(CONTACTS), ["mobile", "home"], client=client, settings=GB, columns="best")
    assert out.columns == [*CONTACTS, *BEST, "hlr_credits"]
    assert Decimal(str(out["hlr_credits"].sum())) == provider.bill.total


def _cells(*rows):
    names = ["msisdn", "verdict", "number_type", "current_network"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(original_network=pl.lit("first"), credits=pl.lit(1.0))


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        pytest.param(("1", "live", "MOBILE", "X"), ("2", "live", "MOBILE", "Y"), "one", id="the first of two alike"),
        pytest.param(("1", "live", "LANDLINE", None), ("2", "live", "MOBILE", None), "other", id="a mobile first"),
        pytest.param(("1", "unknown", "MOBILE", None), ("2", "live", "LANDLINE", None), "other", id="a live one first"),
        pytest.param(("1", "dead", "MOBILE", None), ("2", None, "MOBILE", None), "other", id="unanswered before dead"),
        pytest.param((None, None, None, None), ("2", "dead", "MOBILE", None), "other", id="any number before none"),
        pytest.param(("1", None, None, None), ("2", "unknown", "MOBILE", None), "other", id="an answer before none"),
        pytest.param((None, None, None, None), (None, None, None, None), None, id="no number"),
    ],
)
def test_the_best_number(one, other, better):
    """A live number before others, then a mobile, then the column that was named first; no number is never the best."""
    best = best_numbers(["one", "other"], [_cells(one), _cells(other)])
    chosen = {"one": one, "other": other, None: (None,) * 4}[better]
    network = None if better is None else chosen[3] or "first"
    assert best.row(0) == (better, chosen[0], chosen[1], network, 2.0)


def test_streams_and_batches_agree():
    """A stream read in windows gives the rows, the bill and the account of the whole frame."""
    numbers = some(30)
    frame = pl.DataFrame({"a": numbers, "b": [*numbers[15:], *numbers[:15]]})
    whole, report = hf.enrich_with_report(frame, ["a", "b"], client=connected()[1], settings=GB, columns=["credits"])
    provider, client = connected()
    batches = hf.enrich_batches(frame.to_arrow(), "*", client=client, settings=GB, columns=["credits"], window_rows=7)
    assert pl.DataFrame(pa.Table.from_batches(list(batches), batches.schema)).equals(whole)
    assert batches.report.columns == report.columns
    assert Decimal(str(batches.report.credits)) == provider.bill.total


def test_an_estimate_of_several():
    """An estimate counts each number once over all columns, and promises the bill of all."""
    estimate = hf.estimate(pl.DataFrame(CONTACTS), ["mobile", "home"], settings=GB)
    assert (estimate.rows, estimate.numbers, estimate.rejected) == (3, 3, {"empty": 2})


def test_clean_several():
    """Cleaning reads every column, and names the results after it."""
    out = hf.clean(pl.DataFrame(CONTACTS), ["mobile", "home"], default_region="GB")
    assert out["home_hlr_msisdn"].to_list() == ["442079460000", "447400123456", None]
    assert hf.clean(pl.DataFrame(CONTACTS), "m*", default_region="GB").columns[3] == "mobile_hlr_msisdn"


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet", "arrow"])
@pytest.mark.parametrize("into", ["csv", "parquet", "ndjson"])
def test_files(tmp_path, ending, into):
    """A file with several phone columns goes through every kind of file, and its results are those of the frame."""
    frame = pl.DataFrame(CONTACTS)
    source, destination = tmp_path / f"in.{ending}", tmp_path / f"out.{into}"
    write = {"csv": frame.write_csv, "ndjson": frame.write_ndjson, "parquet": frame.write_parquet}
    write.get(ending, frame.write_ipc)(source)
    provider, client = connected()
    report = hf.enrich_file(source, destination, ["mobile", "home"], client=client, settings=GB)
    read = {"csv": pl.read_csv, "ndjson": pl.read_ndjson, "parquet": pl.read_parquet}[into]
    out = read(destination)
    assert out["hlr_best_column"].to_list() == ["mobile", "home", "mobile"]
    assert Decimal(str(report.credits)) == provider.bill.total
    assert [each.column for each in report.columns] == ["mobile", "home"]
    assert hf.estimate_file(source, "[mh]*e*", settings=GB).numbers == 3


def test_a_pattern_in_many_files(tmp_path):
    """Files in which a pattern finds other columns are refused before anything is asked; the message names both."""
    pl.DataFrame({"tel a": ["07400 123456"]}).write_csv(tmp_path / "1.csv")
    pl.DataFrame({"tel b": ["07400 123456"]}).write_csv(tmp_path / "2.csv")
    with pytest.raises(hf.InputError, match=r"has the phone columns 'tel a', but .* has 'tel b': name them one by one"):
        hf.enrich_file(tmp_path, tmp_path / "out", "tel*", client=connected()[1], settings=GB)


def test_no_column_is_refused():
    """A call without a phone column, or without a column of results, says what to pass."""
    with pytest.raises(hf.InputError, match="column names no phone column"):
        Naming.of([], columns="standard", prefix="")
    with pytest.raises(hf.ConfigError, match="columns names no column"):
        Naming.of("phone", columns=[], prefix="")


@pytest.mark.parametrize("ending", [None, "csv", "parquet"])
def test_a_summary_of_several(tmp_path, ending):
    """A summary speaks of the numbers of all phone columns together, from the frame or from a file of it."""
    provider, client = connected()
    frame = hf.enrich(pl.DataFrame(CONTACTS), ["mobile", "home"], client=client, settings=GB)
    source = frame
    if ending is not None:
        source = tmp_path / f"out.{ending}"
        {"csv": frame.write_csv, "parquet": frame.write_parquet}[ending](source)
    with hf.summarize(source) as summary:
        assert summary.totals.select("rows", "numbers").row(0) == (6, 3)
        assert summary.verdicts["numbers"].to_list() == [2, 1]
        assert Decimal(str(summary.cost["credits"][0])) == provider.bill.total
