# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Large files and nightly jobs
#
# A table of orders comes out of the warehouse, larger than one cares to open, and the same job runs every night. This
# notebook enriches it from the shell and from Python, stops it by a ceiling, kills it half way, and looks at the bill.
#
# The **emulator** answers, on a socket of this machine, so that other processes ask the very same provider as we do.

# %%
import itertools
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import altair as alt
import duckdb
import polars as pl
import pyarrow.parquet as pq
from IPython.display import Markdown

import hlrframe as hf
from hlrframe.emulator import Emulator, Latency, running, sample_numbers

pl.Config(tbl_rows=10, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=60)
until_the_end = ExitStack()
folder = Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))

# %% [markdown]
# ## 1. A table of orders
#
# Many orders, far fewer customers, and numbers written as each till writes them. Real numbers stay out of notebooks:
# these are drawn at random, and nobody is asked about them but the emulator.

# %%
ORDERS, CUSTOMERS = 100_000, 12_000

chance = random.Random(7)
regions = {"GB": 0.6, "DE": 0.2, "FR": 0.12, "NL": 0.08}
customers = [
    number
    for region, share in regions.items()
    for number in itertools.islice(sample_numbers(region), int(CUSTOMERS * share))
]
drawn = pl.Series("phone", chance.choices(customers, k=ORDERS))
orders = pl.DataFrame(
    {
        "order": range(1, ORDERS + 1),
        "month": [f"2026-{1 + each * 12 // ORDERS:02}" for each in range(ORDERS)],
        "phone": drawn,
        "amount": [round(chance.lognormvariate(3.4, 0.8), 2) for _ in range(ORDERS)],
    }
).with_columns(
    phone=pl.when(pl.col("order") % 50 == 0)
    .then(pl.lit("n/a"))
    .when(pl.col("order") % 3 == 0)
    .then("00" + pl.col("phone"))
    .when(pl.col("order") % 3 == 1)
    .then("+" + pl.col("phone").str.replace(r"^(\d\d)(\d{4})", "$1 $2 "))
    .otherwise("phone")
)
orders.write_parquet(folder / "orders.parquet")
(folder / "by_month").mkdir()
for (month,), rows in orders.group_by("month", maintain_order=True):
    rows.write_csv(folder / "by_month" / f"{month}.csv")
orders.head(4)

# %% [markdown]
# ## 2. A provider on this machine
#
# It takes a moment for each answer, as telephone networks do. The environment is the one that a job would have: with an
# account of your own, you set key and secret, and leave the base URL away.

# %%
provider = Emulator(seed=7, latency=Latency(network=0.4, jitter=0.5))
account = {
    "HLR_BASE_URL": until_the_end.enter_context(running(provider)),
    "HLR_API_KEY": provider.credentials[0],
    "HLR_API_SECRET": provider.credentials[1],
}


def start(command: str) -> subprocess.Popen:
    """Starts what a shell would start: `hlrframe ...`."""
    return subprocess.Popen(  # noqa: S603  # the words are our own
        [sys.executable, "-m", *shlex.split(command)],
        env={**os.environ, **account},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def shell(command: str, *, lines: int = 9) -> None:
    """Runs a command to its end, and shows the last lines of what it said."""
    job = start(command)
    said, _ = job.communicate()
    print(f"$ {command}", *said.strip().splitlines()[-lines:], f"exit code {job.returncode}", sep="\n")


# %%
shell("hlrframe estimate orders.parquet --column phone --store answers")

# %% [markdown]
# ## 3. A ceiling is an exit code
#
# A job that nobody watches gets a ceiling. When it is reached the file is there, with all of its rows: what was
# obtained is filled in, the rest is `skipped`, and the **exit code is 3**, which a scheduler can tell from success.

# %%
shell("hlrframe enrich orders.parquet --column phone --store answers -o enriched.parquet --max-credits 2000 --yes")

# %%
billed = float(provider.bill.total)
Markdown(f"The provider's own bill: **{billed:,.1f} credits**, and not one more than the ceiling.")

# %% [markdown]
# | exit code | what happened | what a job should do |
# |---|---|---|
# | 0 | done | go on |
# | 2 | wrong use, or a file that cannot be read | wake somebody: it will not mend itself |
# | 3 | stopped by the ceiling or by the credit left; what was obtained is written | raise it, run again |
# | 4 | the provider refused, or cannot be reached | run again later |
# | 130 | interrupted | run again: it goes on where it was |
#
# ## 4. Kill it half way
#
# Machines are rebooted in the middle of the night. `SIGKILL` cannot be caught: nothing is tidied up, nothing is said.

# %%
job = start("hlrframe enrich orders.parquet --column phone --store answers -o enriched.parquet --yes")
while len(provider.bill.asked) < 0.5 * CUSTOMERS and job.poll() is None:
    time.sleep(0.005)
job.kill()
job.communicate()

asked = len(provider.bill.asked)
skipped = duckdb.read_parquet(str(folder / "enriched.parquet")).filter("hlr_state = 'skipped'")
Markdown(
    f"Killed (exit code {job.returncode}) when {asked:,} numbers had been asked. The file is still "
    f"that of the run before, whole, with {len(skipped):,} rows `skipped`: nobody ever meets half a file."
)

# %% [markdown]
# Running it again is all there is to do. The store has every answer that came; numbers that were asked and not answered
# are asked again in a way that the provider answers from its own cache, free.

# %%
shell("hlrframe enrich orders.parquet --column phone --store answers -o enriched.parquet --yes")

# %%
again, twice = provider.bill.asked_twice(), provider.bill.paid_twice()
Markdown(
    f"Of {len(provider.bill.charges):,} numbers that were charged for, {len(again):,} were in flight when the job was "
    f"killed and had to be asked again. **Charged for twice: {len(twice)}.**"
)

# %% [markdown]
# ## 5. A folder of files, from Python
#
# The warehouse also writes a CSV a month. A pattern takes them all, and each keeps its name. A number that is in
# several files is asked once; here all of them are in the store already, so the whole year is free.

# %%
client = hf.Client(*provider.credentials, base_url=account["HLR_BASE_URL"])
hf.enrich_file(
    folder / "by_month" / "*.csv",
    folder / "months",
    "phone",
    client=client,
    store=folder / "answers",
    columns=["msisdn", "verdict", "current_network"],
)

# %% [markdown]
# What was in the file is in it still, character for character; the cells are added at the end of each line.

# %%
for month in ("by_month/2026-03.csv", "months/2026-03.csv"):
    print(month, *(folder / month).read_text().splitlines()[:3], sep="\n", end="\n\n")

# %% [markdown]
# ## 6. In the middle of a pipeline
#
# Where the rows come from a query and go on to the next step, there need be no file at all. `enrich_batches` takes any
# Arrow stream and gives batches as they are ready; memory holds a window of them, not the table.

# %%
stream = pq.ParquetFile(folder / "orders.parquet").iter_batches(batch_size=20_000)
with hf.enrich_batches(
    stream, "phone", client=client, store=folder / "answers", columns=["msisdn", "verdict"], window_rows=40_000
) as batches:
    writer = until_the_end.enter_context(pq.ParquetWriter(folder / "slim.parquet", batches.schema))
    sizes = []
    for batch in batches:
        writer.write_batch(batch)
        sizes.append(batch.num_rows)
Markdown(f"{len(sizes)} batches, {sum(sizes):,} rows, {batches.report.credits:,.1f} credits.")

# %% [markdown]
# ## 7. DuckDB, straight on the results
#
# The file is Parquet; nothing needs to be loaded. How much of the turnover hangs on customers whom we cannot reach?

# %%
enriched = duckdb.read_parquet(str(folder / "enriched.parquet"))
turnover = duckdb.sql("""
select
  coalesce(hlr_verdict, 'no number') as verdict,
  count(distinct hlr_msisdn) as customers,
  count(*) as orders,
  sum(amount)::bigint as turnover,
  round(sum(amount) / sum(sum(amount)) over (), 3) as share
from enriched
group by verdict order by turnover desc
""").pl()
turnover

# %% [markdown]
# By month, from all of the files at once:

# %%
months = duckdb.read_csv(str(folder / "months" / "*.csv"))
monthly = duckdb.sql("""
select month, sum(amount) filter (hlr_verdict = 'dead') / sum(amount) as dead_share
from months group by month order by month
""").pl()
alt.Chart(
    monthly,
    title=alt.TitleParams("Turnover of customers whose number is dead", subtitle="Share of each month", anchor="start"),
).mark_bar(color="#9f1239").encode(
    x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0)),
    y=alt.Y("dead_share:Q", title=None, axis=alt.Axis(format=".1%")),
).properties(width=560, height=200)

# %%
dead = turnover.filter(verdict="dead").row(0, named=True)
Markdown(
    f"{dead['customers']:,} customers with dead numbers stand for {dead['share']:.1%} of the turnover. They bought, so "
    "they exist; what is wrong is the number. Ask them for another at the next order."
)

# %%
until_the_end.close()
