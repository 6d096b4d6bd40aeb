import importlib.util
import subprocess
import sys
from datetime import datetime

import polars as pl
import pytest

import hlrframe as hf
from hlrframe.report import summarize

altair = pytest.importorskip("altair")

NUMBERS = [f"+4474001234{i:02d}" for i in range(40)] + [f"+49151234567{i:02d}" for i in range(20)] + ["n/a"]
PLOTS = ("verdicts", "coverage", "countries", "networks", "cost", "portability", "age")
#: Those that show only so many rows.
CUT = ("countries", "networks", "portability")
each_plot = pytest.mark.parametrize("name", PLOTS)


@pytest.fixture(scope="module")
def summary():
    contacts = pl.DataFrame({"phone": NUMBERS + NUMBERS[:9]})
    return summarize(hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7)), price_per_credit=0.01)


def data_of(chart):
    """Gives the rows in a chart, as its reader gets them."""
    spec = chart.to_dict()
    (rows,) = spec["datasets"].values()
    return rows


def plain(value):
    return value.isoformat() if isinstance(value, datetime) else value


@each_plot
def test_a_chart_holds_its_table(summary, name):
    """The chart is valid, and its data are the table's own columns and rows; no answer is a word there."""
    chart = getattr(summary.plot, name)()
    table = getattr(summary, name)[: 20 if name in CUT else None]
    if name in {"verdicts", "age"}:
        table = table.with_columns(pl.col("verdict").fill_null("no answer"))
    assert data_of(chart) == [{key: plain(value) for key, value in row.items()} for row in table.to_dicts()]
    assert table.height


@each_plot
def test_a_chart_has_a_title_and_says_more_when_pointed_at(summary, name):
    """Each has a title and a line under it, and shows every column of its table to whoever points at it."""
    chart = getattr(summary.plot, name)()
    spec = chart.to_dict()
    assert spec["title"]["text"]
    assert spec["title"]["subtitle"]
    fields = [tip["field"] for tip in spec["encoding"]["tooltip"]]
    assert fields == list(data_of(chart)[0])


@each_plot
def test_a_chart_reads_only_columns_that_are_there(summary, name):
    """Every field on an axis or a colour is a column of the table, or made of them by the chart itself."""
    spec = getattr(summary.plot, name)().to_dict()
    made = {"outcome", "name", "side", "count", "origin"}
    named = {each["field"] for key, each in spec["encoding"].items() if key != "tooltip" and "field" in each}
    assert named <= set(data_of(getattr(summary.plot, name)())[0]) | made


def test_a_chart_can_be_altered(summary):
    """It is an altair chart like any other."""
    chart = summary.plot.cost().properties(width=900, title="Ours").interactive()
    assert isinstance(chart, altair.Chart)
    assert chart.to_dict()["title"] == "Ours"


@each_plot
def test_a_notebook_shows_a_picture_that_needs_no_internet(summary, name):
    """A chart is shown as a drawing, altered or not, and nothing in it is fetched from anywhere."""
    for chart in (getattr(summary.plot, name)(), getattr(summary.plot, name)().properties(width=300)):
        shown = chart._repr_mimebundle_()
        assert shown["image/svg+xml"].startswith("<svg")
        assert "src=" not in shown["image/svg+xml"]
        assert "text/html" not in shown


@pytest.mark.parametrize("name", CUT)
def test_a_long_table_is_cut(summary, name):
    """The largest rows are drawn, as many as are asked for."""
    rows = data_of(getattr(summary.plot, name)(limit=1))
    assert [row["country"] for row in rows] == [getattr(summary, name)["country"][0]]


def test_an_empty_summary_has_charts_too():
    """Nothing to show is no error."""
    nothing = pl.DataFrame({"phone": []}, schema={"phone": pl.String})
    empty = summarize(hf.enrich(nothing, "phone", client=hf.emulator.connect(seed=7)))
    for name in PLOTS:
        assert getattr(empty.plot, name)().to_dict()["encoding"]


def test_the_plots_say_what_they_offer(summary):
    """Their repr names every chart."""
    assert all(f".{name}()" in repr(summary.plot) for name in PLOTS)


def test_plots_outlive_the_name_of_their_summary():
    """The charts can still be asked for when nothing else refers to the summary."""
    contacts = pl.DataFrame({"phone": NUMBERS[:3]})
    plots = summarize(hf.enrich(contacts, "phone", client=hf.emulator.connect(seed=7))).plot
    assert data_of(plots.coverage())


def test_without_altair_the_error_names_the_extra(summary, monkeypatch):
    """Whoever did not install the extra is told how."""
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(hf.ConfigError, match=r'pip install "hlrframe\[plot\]"'):
        summary.plot.coverage()


@pytest.mark.slow
def test_nothing_imports_altair_before_a_chart_is_asked_for():
    """Neither the package nor its report brings altair in."""
    code = "import sys, hlrframe, hlrframe.report; sys.exit('altair' in sys.modules)"
    assert importlib.util.find_spec("altair")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
