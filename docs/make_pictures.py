# ruff: noqa: INP001  # a script beside the pages that show its pictures
"""Makes the pictures of the documents: a report of the emulator's answers, light and dark, in a headless Chromium.

Needs Chromium, and the group ``browser``: ``uv run python docs/make_pictures.py``.
"""

import shutil
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from playwright.sync_api import sync_playwright

import hlrframe as hf

ROOT = Path(__file__).parent.parent
SEED = 7
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: Pixels across; down, a picture ends where this begins.
WIDTH = 1280
LAST = "[aria-labelledby=hf-networks] figcaption"
KNOWN_BEFORE = 800


def enriched() -> pl.DataFrame:
    """Gives the sample list with the emulator's answers, a part of them from a store."""
    contacts = pl.read_csv(ROOT / "sample_data" / "contacts.csv", infer_schema=False)
    settings = hf.Settings(default_region="GB")
    with tempfile.TemporaryDirectory() as folder:
        for rows in (contacts[:KNOWN_BEFORE], contacts):
            client = hf.emulator.connect(seed=SEED)
            frame = hf.enrich(rows, "phone", client=client, store=Path(folder) / "answers", settings=settings)
    return frame.with_columns(hlr_checked_at=pl.when(pl.col("hlr_checked_at").is_not_null()).then(pl.lit(NOON)))


def main() -> None:
    """Writes ``docs/images/report-light.png`` and ``report-dark.png``."""
    warnings.simplefilter("ignore", hf.EmulatorWarning)
    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "contacts_enriched.parquet"
        enriched().write_parquet(source)
        summary = hf.summarize(source, price_per_credit=0.01, currency="EUR")
        page = summary.to_html(Path(folder) / "report.html", title="Spring mailing: who can be reached", made_at=NOON)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for scheme in ("light", "dark"):
                view = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme=scheme)
                view.goto(page.as_uri())
                height = view.evaluate(f"document.querySelector('{LAST}').getBoundingClientRect().top")
                clip = {"x": 0, "y": 0, "width": WIDTH, "height": int(height)}
                view.screenshot(path=images / f"report-{scheme}.png", full_page=True, clip=clip)
            browser.close()


if __name__ == "__main__":
    main()
