"""A long messy list for engines that hold a frame elsewhere, and what one process makes of it."""

import itertools
import random
from dataclasses import dataclass
from typing import Any

import polars as pl

import hlrframe as hf
from helpers.lists import connected
from hlrframe.emulator import sample_numbers

#: Whatever a row says that is not the time of its answer, which differs from run to run.
NAMES = ["state", "reason", "msisdn", "verdict", "number_type", "current_network", "is_ported", "credits", "checked_at"]
GB = hf.Settings(default_region="GB")
SPELLINGS = ("+{}", "{}", "00{}", " +{} ", "tel:+{}")
RUBBISH = (None, None, "", "n/a", "12", "0000000000", "+44 7400 1234567890")
REGIONS = ("GB", "United Kingdom", None, "44", "??")


def messy(rows: int, numbers: int, *, seed: int = 7) -> pl.DataFrame:
    """Gives rows of numbers in several spellings, most of them more than once, nulls and rubbish among them."""
    chance = random.Random(seed)
    known = list(itertools.islice(sample_numbers("GB", seed=5), numbers))
    phones, regions = [], []
    for _ in range(rows):
        number = known[int(chance.random() ** 2 * numbers)]
        national = f"0{number[2:6]} {number[6:]}"
        spelling = chance.choice((*SPELLINGS, national))
        phones.append(chance.choice(RUBBISH) if chance.random() < 0.1 else spelling.format(number))
        regions.append(chance.choice(REGIONS))
    return pl.DataFrame({"id": range(rows), "phone": phones, "country": regions})


@dataclass(frozen=True)
class Run:
    """What became of a frame, and what the provider says of it."""

    frame: Any
    report: hf.Report
    bill: Any


def enriched(frame: Any, *, progress: Any = False, **options: Any) -> Run:
    """Enriches a frame of the messy list, asking a provider of its own."""
    provider, client = connected()
    result, report = hf.enrich_with_report(
        frame, "phone", client=client, settings=GB, region_column="country", columns=NAMES, progress=progress, **options
    )
    return Run(result, report, provider.bill)


def check_same(rows: pl.DataFrame, run: Run, alone: Run, *, credits_in_place: bool = True) -> None:
    """Raises unless an engine gave what one process gives: rows, account and bill.

    Args:
        rows: What the engine gave, as a frame of polars.
        run: The engine's run.
        alone: That of one process.
        credits_in_place: Whether the engine knows an order of rows, so that the first of a number bears its credits.
    """
    left_out = ["hlr_checked_at", *([] if credits_in_place else ["hlr_credits"])]
    expected = alone.frame.drop(left_out)
    found = rows if credits_in_place else rows.sort("id")
    assert found.select(expected.columns).equals(expected)
    assert (found["hlr_checked_at"].is_null() == found["hlr_msisdn"].is_null()).all()
    bearing = rows.filter(pl.col("hlr_credits") > 0)
    assert bearing["hlr_msisdn"].is_unique().all()
    assert round(rows["hlr_credits"].sum(), 3) == float(run.bill.total) == float(alone.bill.total) == run.report.credits
    assert list(run.bill.paid_twice()) == []
    assert run.bill.most_requests_in_flight <= 210
    ours, theirs = (
        (each.rows, each.numbers, each.states, each.reasons, each.verdicts) for each in (run.report, alone.report)
    )
    assert ours == theirs
