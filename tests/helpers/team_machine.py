"""A machine of a team: a process with a spool of its own that asks one list; may be killed at any moment.

Says ``joined`` when it has begun to ask, and at the end its report as JSON.
"""

import json
import sys
import warnings
from pathlib import Path

import polars as pl

import hlrframe as hf
from hlrframe.run.team import membership


def main(order: dict) -> None:
    for name, value in order.get("patience", {}).items():
        setattr(membership, name, value)
    client = hf.Client("emulator", "emulator", base_url=order["url"], timeout=order.get("timeout", 30.0))
    settings = hf.Settings(
        batch_size=order.get("batch", 80), max_requests=order.get("requests", 210), budget=order.get("budget")
    )
    place = order["store"]
    if "://" in place:
        store = hf.Store(place, storage_options=order["options"], spool=order["spool"])
    else:
        store = hf.Store(place)
    numbers = pl.read_parquet(order["numbers"]).slice(order["first"], order["count"])
    told = []

    def tell(progress: hf.Progress) -> None:
        if progress.answered and not told:
            told.append(progress)
            print("asking", flush=True)  # noqa: T201  # what may be killed after

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows, report = hf.enrich_with_report(
            numbers, "phone", client=client, store=store, settings=settings, progress=tell
        )
    said = [str(each.message) for each in caught if isinstance(each.message, hf.BudgetWarning)]
    answered = rows["hlr_state"].is_in(["answered", "cached"]).sum()
    outcome = {"answered": answered, "credits": report.credits, "stopped": report.stopped, "seconds": report.seconds}
    print(json.dumps({**outcome, "states": dict(report.states), "warnings": said}), flush=True)  # noqa: T201  # read by the test


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
