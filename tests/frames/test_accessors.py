"""``df.hlr`` of polars and pandas, and the free expressions."""

import inspect
import os
import subprocess
import sys

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

import hlrframe as hf
import hlrframe.pandas
import hlrframe.polars
from helpers.examples import examples
from helpers.frames import PHONES, mixed
from hlrframe.emulator import Emulator, sample_numbers
from hlrframe.frames.accessors import READINGS, FrameAccessor, read_cells
from hlrframe.provider.hlr_lookup.client import Client

GB = hf.Settings(default_region="GB")
PHONE = pl.col("phone").hlr
FRAME = pl.DataFrame({"phone": PHONES, "row": range(len(PHONES))})
#: What the expressions are to say of the phones.
EXPECTED = read_cells(FRAME["phone"], READINGS, region="GB")
METHODS = ("clean", "enrich", "enrich_async", "enrich_with_report", "estimate")
#: Everything of an expression that can be called.
EXPRESSIONS = [name for name in vars(hlrframe.polars.HlrExpr) if not name.startswith("_")]


def connected():
    provider = Emulator(seed=7)
    return provider, hf.emulator.connect(emulator=provider)


FRAMES = {
    "DataFrame": FRAME,
    "LazyFrame": FRAME.lazy(),
    "pandas": FRAME.to_pandas(),
}


@pytest.fixture(params=FRAMES)
def frame(request):
    return FRAMES[request.param]


def to_polars(frame):
    return frame.lazy().collect() if isinstance(frame, pl.DataFrame | pl.LazyFrame) else pl.from_pandas(frame)


# Methods of frames and series


def test_enrich_is_a_method(frame):
    """``frame.hlr.enrich`` does what ``hf.enrich`` does: the same type and answers, asked once, at the call."""
    provider, client = connected()
    result = frame.hlr.enrich("phone", client=client, settings=GB, prefix="m_")
    spent = provider.bill.requests
    assert type(result) is type(frame)
    function = hf.enrich(frame, "phone", client=connected()[1], settings=GB, prefix="m_")
    assert_frame_equal(to_polars(result).drop("m_checked_at"), to_polars(function).drop("m_checked_at"))
    assert provider.bill.requests == spent


def test_enrich_with_report_is_a_method(frame):
    """The report comes beside the frame, and counts its rows."""
    provider, client = connected()
    result, report = frame.hlr.enrich_with_report("phone", client=client, settings=GB)
    assert type(result) is type(frame)
    assert (report.rows, report.credits) == (len(PHONES), float(provider.bill.total))


def test_clean_and_estimate_are_methods(frame):
    """What is free is there too, and gives what the functions give."""
    cleaned = to_polars(frame.hlr.clean("phone", default_region="GB"))
    assert_frame_equal(cleaned, to_polars(hf.clean(frame, "phone", default_region="GB")))
    assert frame.hlr.estimate("phone", settings=GB) == hf.estimate(frame, "phone", settings=GB)


@pytest.mark.parametrize("series", [FRAME["phone"], FRAME["phone"].to_pandas()], ids=["polars", "pandas"])
def test_lookup_is_a_method_of_series(series):
    """``series.hlr.lookup()`` gives a row of results for each number."""
    provider, client = connected()
    result = series.hlr.lookup(client=client, settings=GB)
    assert result["msisdn"].to_list() == EXPECTED["msisdn"].to_list()
    assert provider.bill.numbers == 5


@pytest.mark.parametrize("name", METHODS)
def test_methods_have_the_signatures_of_their_functions(frame, name):
    """A method takes what its function takes after the frame, and says what it says."""
    method, function = getattr(frame.hlr, name), getattr(hf, name)
    assert list(inspect.signature(method).parameters) == list(inspect.signature(function).parameters)[1:]
    assert inspect.getdoc(method) == inspect.getdoc(function)


def test_every_function_for_a_frame_is_a_method():
    """Whatever takes a frame and one of its columns stands on the accessor, and nothing else does."""
    functions = [name for name in hf.__all__ if inspect.isfunction(getattr(hf, name))]
    of_frames = [
        name for name in functions if [*inspect.signature(getattr(hf, name)).parameters][:2] == ["frame", "column"]
    ]
    assert (
        sorted(name for name in vars(FrameAccessor) if not name.startswith("_")) == sorted(of_frames) == sorted(METHODS)
    )


def test_a_method_warns_at_the_callers_line(frame):
    """A warning names the line that called the method, as it does for the functions."""
    numbers = sample_numbers("GB", seed=3)
    few = type(frame)({"phone": [next(numbers) for _ in range(3)]})
    with pytest.warns(hf.IncompleteWarning) as caught:
        few.hlr.enrich("phone", client=connected()[1], settings=hf.Settings(max_credits=1))
    assert caught[0].filename == __file__


# Expressions


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_expressions(name, engine):
    """Each reading is a column of text under the phone column's own name, on either engine."""
    expression = getattr(PHONE, name)(region="GB")
    result = FRAME.lazy().select(expression).collect(engine=engine)
    assert_series_equal(result["phone"], EXPECTED[name].alias("phone"))
    assert FRAME.lazy().select(expression).collect_schema() == pl.Schema({"phone": pl.String()})


def test_parse_gives_all_of_them():
    """``parse`` is a struct of the four readings; unnested they are columns."""
    result = FRAME.select(PHONE.parse(region="GB"))
    assert_frame_equal(result.unnest("phone"), EXPECTED)
    assert_frame_equal(FRAME.select(PHONE.parse(region="GB").struct.unnest()), EXPECTED)
    assert FRAME.lazy().select(PHONE.parse()).collect_schema()["phone"] == pl.Struct(dict.fromkeys(READINGS, pl.String))


def test_parse_reads_once(monkeypatch):
    """Fields taken from one parsed column cost one reading of it."""
    reads = []

    def counted(cells, names, **options):
        reads.append(cells.len())
        return read_cells(cells, names, **options)

    monkeypatch.setattr(hlrframe.polars, "read_cells", counted)
    parsed = FRAME.lazy().with_columns(number=PHONE.parse(region="GB"))
    parsed.select(pl.col("number").struct.field(name) for name in READINGS).collect()
    assert sum(reads) == len(PHONES)


def test_nothing_that_spends_is_an_expression(monkeypatch):
    """No method of an expression reaches a client, on any engine: what may run more than once must not cost."""

    def never(*_, **__):
        pytest.fail("an expression asked the provider")

    for name in ("__init__", "session"):
        monkeypatch.setattr(Client, name, never)
    for name in EXPRESSIONS:
        for engine in ("in-memory", "streaming"):
            FRAME.lazy().select(getattr(PHONE, name)(region="GB")).collect(engine=engine)
    assert sorted(EXPRESSIONS) == sorted([*READINGS, "parse"])


def test_a_region_column():
    """Regions come from an expression or a series, row by row; a row that names none guesses nothing."""
    frame = pl.DataFrame(
        {"phone": ["07400 123456", "0151 12345678", "07400 123456"], "country": ["UK", "Germany", None]}
    )
    numbers = ["447400123456", "4915112345678", None]
    result = frame.select(PHONE.msisdn(region=pl.col("country")))["phone"]
    assert result.to_list() == numbers
    assert frame["phone"].hlr.msisdn(region=frame["country"]).to_list() == numbers
    series = frame.to_pandas()
    assert series["phone"].hlr.msisdn(region=series["country"]).tolist() == [*numbers[:2], pd.NA]
    usual = frame.select(PHONE.msisdn(region=pl.coalesce("country", pl.lit("GB"))))["phone"]
    assert usual.to_list() == [*numbers[:2], numbers[0]]
    assert_series_equal(FRAME.select(PHONE.msisdn(region=pl.lit("GB")))["phone"], EXPECTED["msisdn"].alias("phone"))


def test_contexts():
    """Expressions stand wherever polars takes one: filters, groups, windows, sorting, conditions, joins, aliases."""
    lazy, number = FRAME.lazy(), PHONE.msisdn(region="GB")
    found = EXPECTED["msisdn"]
    rows = [row for row, each in enumerate(found) if each is not None]
    assert lazy.filter(number.is_not_null()).collect()["row"].to_list() == rows
    groups = lazy.group_by(number.alias("number")).agg("row").collect()
    assert groups.height == found.n_unique()
    aggregated = lazy.group_by(pl.col("row") % 2, maintain_order=True).agg(number, first=number.drop_nulls().first())
    assert aggregated.collect()["phone"].to_list() == [
        found.gather_every(2).to_list(),
        found[1:].gather_every(2).to_list(),
    ]
    windowed = lazy.select(n=pl.len().over(number)).collect()["n"].to_list()
    assert windowed == [found.to_list().count(each) for each in found]
    assert lazy.select(number.over(pl.col("row") % 3)).collect()["phone"].to_list() == found.to_list()
    chosen = lazy.select(pl.when(pl.col("row") > 2).then(number).otherwise(pl.lit("early")).alias("a")).collect()["a"]
    assert chosen.to_list() == ["early"] * 3 + found[3:].to_list()
    assert lazy.sort(number, nulls_last=True).collect()["row"].to_list()[: len(rows)] == sorted(
        rows, key=lambda row: (found[row], row)
    )
    assert FRAME.select(pl.col("phone").alias("x").hlr.msisdn(region="GB")).columns == ["x"]
    assert FRAME.select(pl.lit("07400 123456").hlr.msisdn(region="GB")).item() == "447400123456"


def test_keys_of_joins():
    """A key is a column that was made before. The expression itself is refused: it would hang the streaming engine."""
    lazy, number = FRAME.lazy(), PHONE.msisdn(region="GB")
    made = lazy.with_columns(number=number)
    joined = made.join(made, on="number", how="semi").collect()
    assert joined.height == EXPECTED["msisdn"].drop_nulls().len()
    with pytest.raises(pl.exceptions.InvalidOperationError, match="must be elementwise"):
        lazy.join(lazy, left_on=number, right_on=number).collect()


def test_scalars():
    """A single cell stays single: it fits beside columns of any length, and in a group it is no list."""
    number = pl.lit("07400 123456").hlr.msisdn(region="GB")
    assert FRAME.with_columns(number=number)["number"].to_list() == ["447400123456"] * len(PHONES)
    first = FRAME.group_by(pl.lit(1)).agg(pl.col("phone").first().hlr.msisdn(region="GB"))
    assert first["phone"].to_list() == ["447400123456"]


@pytest.mark.parametrize(
    "cells",
    [
        pl.Series([], dtype=pl.String),
        pl.Series([], dtype=pl.Null),
        pl.Series([], dtype=pl.Int64),
        pl.Series([None, None], dtype=pl.String),
        pl.Series([None, None]),
        pl.Series([447400123456, None]),
        pl.Series([447400123456.0, float("nan"), None]),
        pl.Series(["+447400123456", None, "n/a"], dtype=pl.Categorical),
        pl.Series(["+447400123456", None, "n/a"], dtype=pl.Enum(["n/a", "+447400123456"])),
        pl.Series(["447400123456.0"]).cast(pl.Decimal(20, 1)),
        pl.Series([b"+447400123456", None]),
        pl.concat([pl.Series(["+447400123456"]), pl.Series([], dtype=pl.String), pl.Series(["n/a"])], rechunk=False),
    ],
    ids=lambda cells: f"{cells.dtype}-{len(cells)}",
)
def test_columns_of_any_type(cells):
    """Whatever the type, however empty: expressions and series give what ``clean`` gives, as text."""
    frame = cells.alias("phone").to_frame()
    cleaned = hf.clean(frame, "phone")
    result = frame.lazy().select(PHONE.parse()).unnest("phone").collect()
    assert_frame_equal(result, cleaned.select(pl.col(f"hlr_{name}").alias(name) for name in READINGS))
    for name in READINGS:
        assert_series_equal(getattr(frame["phone"].hlr, name)(), result[name].alias("phone"))
    assert_series_equal(frame["phone"].hlr.parse(), frame.select(PHONE.parse())["phone"])
    if cells.dtype not in (pl.Binary, pl.Decimal, pl.Null):
        assert frame["phone"].to_pandas().hlr.msisdn().isna().tolist() == result["msisdn"].is_null().to_list()


@pytest.mark.slow
@examples(40)
@given(st.lists(st.one_of(st.none(), st.sampled_from(PHONES), st.text(max_size=14)), max_size=9), st.integers(0, 9))
def test_expressions_work_row_by_row(phones, cut):
    """A column that is read in pieces gives what it gives whole."""
    frame = pl.DataFrame({"phone": phones}, schema={"phone": pl.String})
    whole = frame.select(PHONE.parse(region="GB"))
    pieces = pl.concat([frame.head(cut), frame.slice(cut)], rechunk=False)
    assert_frame_equal(pieces.lazy().select(PHONE.parse(region="GB")).collect(engine="streaming"), whole)
    assert_frame_equal(
        pl.concat([each.select(PHONE.parse(region="GB")) for each in (frame.head(cut), frame.slice(cut))]), whole
    )


HARD = """
import polars as pl, hlrframe.polars
number = pl.col("phone").hlr.msisdn(region="GB")
lazy = pl.concat([pl.DataFrame({"phone": ["07400 123456", None, "12"]})] * 50, rechunk=False).lazy()
made = lazy.with_columns(number=number)
queries = [
    lazy.filter(number.is_not_null()),
    lazy.group_by(number).agg(pl.len()),
    lazy.sort(number),
    lazy.select(pl.len().over(number)),
    lazy.with_columns(number.alias(str(each)) for each in range(9)),
    made.join(made, on="number"),
    pl.concat([made] * 5),
]
for engine in ("streaming", "in-memory"):
    pl.collect_all(queries, engine=engine)
    for query in queries:
        query.collect(engine=engine)
print("done")
"""


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_nothing_waits_for_ever(threads):
    """However few threads polars has, and whatever it does with them, reading within its queries comes to an end."""
    environment = {**os.environ, "POLARS_MAX_THREADS": threads}
    done = subprocess.run(
        [sys.executable, "-c", HARD], capture_output=True, text=True, check=False, timeout=50, env=environment
    )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_a_wrong_region_is_told_at_once():
    """A region that there is none of is refused where the expression is written, not where it runs."""
    with pytest.raises(hf.ConfigError, match="ZZ"):
        PHONE.msisdn(region="ZZ")
    with pytest.raises(hf.ConfigError, match="ZZ"):
        FRAME["phone"].hlr.msisdn(region="ZZ")


def test_a_column_that_cannot_hold_numbers():
    """The package's own error comes through polars, eager and lazy."""
    frame = pl.DataFrame({"phone": [[1]]})
    for collect in (lambda: frame.select(PHONE.msisdn()), lambda: frame.lazy().select(PHONE.msisdn()).collect()):
        with pytest.raises(hf.InputError, match="column 'phone' holds"):
            collect()


# pandas


ODD = pd.Series(list(PHONES), index=pd.Index([7, *range(len(PHONES) - 1)], name="key"), name="phone")


@pytest.mark.parametrize("name", READINGS)
def test_readings_of_pandas(name):
    """A reading of a series is a series of nullable text with the same index and name."""
    result = getattr(ODD.hlr, name)(region="GB")
    assert result.dtype == pd.StringDtype()
    assert result.name == "phone"
    assert result.index.equals(ODD.index)
    assert [None if pd.isna(each) else each for each in result] == EXPECTED[name].to_list()


def test_parse_of_pandas():
    """``parse`` of a series is a frame of the four with the same index."""
    result = ODD.hlr.parse(region="GB")
    assert list(result.columns) == list(READINGS)
    assert result.index.equals(ODD.index)
    pd.testing.assert_series_equal(result["region"].rename("phone"), ODD.hlr.region(region="GB"))


def test_pandas_series_of_any_sort():
    """Mixed objects, categories, a name that is no text and no name at all; the series itself stays as it was."""
    for series in (mixed(PHONES), pd.Series(PHONES, dtype="category"), pd.Series(PHONES, name=("a", 1))):
        before = series.copy(deep=True)
        result = series.hlr.msisdn(region="GB")
        assert [None if pd.isna(each) else each for each in result] == EXPECTED["msisdn"].to_list()
        assert result.name == series.name
        pd.testing.assert_series_equal(series, before)


def test_regions_of_another_index():
    """Regions are taken row by row: a series with another index is refused, since it may mean other rows."""
    with pytest.raises(hf.InputError, match="another index"):
        ODD.hlr.msisdn(region=pd.Series(["GB"] * len(ODD)))


def test_enriching_keeps_the_accessor():
    """What comes back has the methods too, bound to itself and not to what went in."""
    _, client = connected()
    frame = FRAME.to_pandas()
    enriched = frame.hlr.enrich("phone", client=client, settings=GB, columns=["verdict"])
    again = enriched.hlr.clean("phone", prefix="c_")
    assert list(again.columns)[:3] == ["phone", "row", "hlr_verdict"]


def test_importing_hlrframe_registers_nothing():
    """Only who asks for the methods gets them, and importing them twice says nothing."""
    script = (
        "import polars, pandas, hlrframe; assert not hasattr(polars.DataFrame, 'hlr')\n"
        "import hlrframe.polars, hlrframe.pandas\n"
        "assert all(hasattr(each, 'hlr') for each in (polars.Expr, polars.Series, pandas.Series, pandas.DataFrame))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_pandas():
    """Where pandas is missing the import says how to get it."""
    script = "import sys; sys.modules['pandas'] = None\nimport hlrframe.pandas"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert 'pip install "hlrframe[pandas]"' in done.stderr
