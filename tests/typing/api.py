"""What users' own type checkers see: typed examples of the public names. Checked by mypy, never run."""
# read by the type checker alone, part of no package

from collections.abc import Mapping
from typing import Any, assert_type

import pandas as pd
import polars as pl
import pyarrow as pa

import hlrframe as hf
from hlrframe.pandas import HlrFrame as HlrPandas
from hlrframe.polars import HlrExpr, HlrFrame, HlrSeries


def frames_keep_their_type(
    client: hf.Client, polars: pl.DataFrame, lazy: pl.LazyFrame, pandas: pd.DataFrame, table: pa.Table
) -> None:
    """A frame comes back as the type that came in."""
    assert_type(hf.enrich(polars, "phone", client=client), pl.DataFrame)
    assert_type(hf.enrich(lazy, "phone", client=client), pl.LazyFrame)
    assert_type(hf.enrich(pandas, "phone", client=client), pd.DataFrame)
    assert_type(hf.enrich(table, "phone", client=client), pa.Table)


async def so_they_do_in_an_event_loop(client: hf.Client, pandas: pd.DataFrame) -> None:
    """The asynchronous door is typed like the other one."""
    assert_type(await hf.enrich_async(pandas, "phone", client=client), pd.DataFrame)


def options(frame: pl.DataFrame) -> None:
    """Every option can be given in each of its forms."""
    hf.enrich(frame, "phone", store="answers", columns="all", prefix="mobile_", progress=False)
    hf.enrich(frame, "phone", store=hf.Store("answers"), columns=["verdict", "credits"])
    hf.enrich(frame, "phone", progress=lambda progress: print(progress.done, progress.total))  # noqa: T201  # an example
    hf.enrich(frame, column="phone", settings=hf.Settings(lookup="mnp", max_age="12h", max_credits=10))


def an_enrichment_unpacks(client: hf.Client, frame: pl.DataFrame) -> None:
    """The frame and the account of the run are a named pair."""
    enrichment = hf.enrich_with_report(frame, "phone", client=client)
    assert_type(enrichment, hf.Enrichment[pl.DataFrame])
    enriched, report = enrichment
    assert_type(enriched, pl.DataFrame)
    assert_type(report, hf.Report)
    assert_type(enrichment.frame, pl.DataFrame)
    assert_type(report.credits, float)
    assert_type(report.states, Mapping[str, int])
    assert_type(report.stopped, str | None)
    assert_type(report.lanes[0].latency, float | None)


def numbers_are_looked_up(client: hf.Client, series: pl.Series) -> None:
    """A list, a set or a series of numbers gives a polars frame."""
    assert_type(hf.lookup(["+44 7400 123456", 447400123456, None], client=client), pl.DataFrame)
    assert_type(hf.lookup(series, client=client), pl.DataFrame)


def an_estimate_is_plain_figures(frame: pd.DataFrame) -> None:
    """The price comes as numbers."""
    estimate = hf.estimate(frame, "phone", settings=hf.Settings(default_region="GB"))
    assert_type(estimate, hf.Estimate)
    assert_type(estimate.credits_high, float)
    assert_type(estimate.rejected, Mapping[str, int])


def clients() -> None:
    """Each way to an account gives a client."""
    assert_type(hf.Client("key", "secret", timeout=10.0), hf.Client)
    assert_type(hf.Client.from_env(), hf.Client)
    assert_type(hf.Client.testing(), hf.Client)
    assert_type(hf.emulator.connect(seed=7), hf.Client)
    assert_type(hf.Client.from_env().balance(), float)


def settings_are_values() -> None:
    """A changed copy is a value of the same type."""
    settings = hf.Settings(lookup=hf.LookupKind.HLR, share_results="private")
    assert_type(settings.replace(max_credits=5.0), hf.Settings)
    assert_type(settings.max_credits, float | None)


def summaries(frame: pd.DataFrame, store: hf.Store) -> None:
    """A frame, a path and a store give the same kind of summary, and its tables are polars frames."""
    summary = hf.summarize(frame, prefix="hlr_", price_per_credit=0.004)
    assert_type(summary, hf.Summary)
    assert_type(summary.coverage, pl.DataFrame)
    assert_type(summary.query("from answers"), pl.DataFrame)
    assert_type(summary.sql("cost"), str)
    assert_type(summary.names, tuple[str, ...])
    with hf.summarize(store) as other, hf.summarize("enriched.parquet"):
        assert_type(other, hf.Summary)


def methods_of_the_accessors(frame: pl.DataFrame, pandas: pd.DataFrame, series: pl.Series) -> None:
    """A checker does not see ``.hlr``: the classes behind it are typed, all but the frame that comes back."""
    assert_type(HlrFrame(frame).estimate("phone"), hf.Estimate)
    assert_type(HlrSeries(series).lookup(), pl.DataFrame)
    assert_type(HlrSeries(series).msisdn(region="GB"), pl.Series)
    assert_type(HlrExpr(pl.col("phone")).parse(region=pl.col("country")), pl.Expr)
    assert_type(HlrPandas(pandas).estimate("phone").credits_high, float)


def stores(store: hf.Store) -> None:
    """What a store keeps can be read without a run."""
    assert_type(store.scan(), pl.LazyFrame)
    assert_type(store.history("447400123456"), pl.DataFrame)
    assert_type(store.forget(["447400123456"]), int)


def errors_say_what_happened(client: hf.Client, frame: pl.DataFrame) -> None:
    """An error carries the partial frame, and the provider's own words."""
    try:
        hf.enrich(frame, "phone", client=client)
    except hf.RateLimited as refused:
        assert_type(refused.retry_after, float | None)
    except hf.ProviderError as refused:
        assert_type(refused.status, int | None)
        assert_type(refused.code, str | None)
    except hf.RunError as ended:
        assert_type(ended.partial, Any)
    except (hf.InputError, hf.ConfigError) as wrong:
        value_error: ValueError = wrong
        assert_type(str(value_error), str)


def words_compare_with_text(verdict: hf.Verdict, state: hf.State) -> None:
    """The words of a column are strings, so that a frame's values compare with them."""
    text: str = verdict
    assert_type(text == hf.Verdict.LIVE, bool)
    assert_type(state.value, str)
