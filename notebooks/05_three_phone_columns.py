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
# # From a workbook with three phone columns to a list to text
#
# A shop keeps its customers in Excel: a mobile, a home and a work number, as far as somebody knew them. Which of its
# customers can get a text message, and at which of their numbers? On a second sheet stand people who asked for no
# messages.
#
# This notebook goes from the workbook to the list, and to a page that can be sent to whoever asked for it. It asks the
# **emulator**, which needs no account and costs nothing; the customers and all answers are invented.

# %%
import tempfile
import warnings
from pathlib import Path

import polars as pl
from IPython.display import Markdown

import hlrframe as hf

pl.Config(tbl_rows=10, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=60)
data = next(folder for folder in (Path("sample_data"), Path("../sample_data")) if folder.exists())
workspace = tempfile.TemporaryDirectory()
folder = Path(workspace.name)

# %% [markdown]
# ## 1. Read the workbook
#
# Excel takes a number without its leading zero for a figure, and shows long ones as `4.47E+11`. What is still whole is
# read; what is not gets a reason of its own.

# %%
customers = pl.read_excel(data / "customers.xlsx", sheet_name="Customers")
opted_out = pl.read_excel(data / "customers.xlsx", sheet_name="Opted out")
customers.select("Customer", "First name", "Country", "Mobile", "Home", "Work").head(8)

# %% [markdown]
# ## 2. Ask for the price
#
# The three columns are **one** list of numbers. Whoever shares a telephone with somebody else is asked about once, and
# so is a number that stands in two columns. Numbers written without a country are read in that of the column `Country`.

# %%
phones = ["Mobile", "Home", "Work"]
settings = hf.Settings(default_region="GB")
price = hf.estimate(customers, phones, region_column="Country", settings=settings).priced(0.004, currency="EUR")
price

# %% [markdown]
# ## 3. Ask, and get the best number of each customer
#
# `columns="best"` gives one answer a row: the best of its numbers, and what the row cost. A live number is better than
# one that may be live; among these a mobile is better than a landline; among these the column that was named first.
#
# The ceiling is the most that the estimate named. The store is a folder that keeps every answer; keep yours.

# %%
client = hf.emulator.connect(seed=7)
warnings.simplefilter("ignore", hf.EmulatorWarning)  # it has been said: the answers are invented
store = folder / "answers"
settings = settings.replace(max_credits=price.credits_high)
asked = {"client": client, "store": store, "settings": settings, "region_column": "Country"}

best, report = hf.enrich_with_report(customers, phones, columns="best", **asked)
report

# %% [markdown]
# The report counts **cells** where a customer has several, and says of each column what became of it. The line `best`
# counts customers.

# %%
best.select(
    "Customer",
    "First name",
    "hlr_best_column",
    "hlr_best_msisdn",
    "hlr_best_verdict",
    "hlr_best_network",
    "hlr_credits",
).head(8)

# %%
from_where = best.filter(hlr_best_verdict="live").group_by(column="hlr_best_column").agg(customers=pl.len())
from_where.sort("customers", descending=True)

# %% [markdown]
# ## 4. Everything about every number
#
# The same call without `columns="best"` gives all that was answered, for each column under its name. It costs nothing:
# the store has the answers.

# %%
every, again = hf.enrich_with_report(customers, phones, **asked)
Markdown(f"**{again.credits:g} credits** this time, and {every.width - customers.width} new columns.")

# %%
every.select("Customer", "Mobile", "Mobile_hlr_verdict", "Home", "Home_hlr_verdict", "Work", "Work_hlr_verdict").head(8)

# %% [markdown]
# Somebody asks why one customer is not on the list. `hf.explain` says of a row how each of its numbers was read, what
# was asked, what came back and what that means.

# %%
absent = every.with_row_index("row").filter(hlr_best_verdict="unreachable")
hf.explain(every, absent["row"].first())

# %% [markdown]
# ## 5. The list to text
#
# `textable=True` takes live mobiles, each number once: for each customer the first column that holds one. `suppress`
# leaves out people who asked for no messages, however their numbers are written, and with all their numbers. Who is
# left out is counted, with the reason. Whether the others agreed to hear from the shop is nothing that a provider
# knows.

# %%
chosen, account = hf.select(every, textable=True, suppress=opted_out, region="GB")
account

# %%
to_text = chosen.select(
    "Customer", "First name", number="+" + pl.col("hlr_selected_msisdn"), column="hlr_selected_column"
)
to_text.write_excel(folder / "to_text.xlsx", autofit=True)
to_text.head(5)

# %% [markdown]
# ## 6. A page to send on
#
# One file that needs nothing else, holds no telephone number, and prints on two sheets.

# %%
summary = hf.summarize(every, report=again, price_per_credit=0.004, currency="EUR")
page = summary.to_html(folder / "report.html", title="Customers who can get a text message")
summary

# %% [markdown]
# ## The same without Python
#
# ```sh
# hlrframe estimate customers.xlsx --column Mobile --column Home --column Work --region-column Country --region GB
# hlrframe enrich customers.xlsx --column Mobile --column Home --column Work --region-column Country --region GB \
#     --store answers -o enriched.xlsx
# hlrframe select enriched.xlsx --textable --suppress customers.xlsx --suppress-sheet "Opted out" --region GB \
#     -o to_text.xlsx
# hlrframe report enriched.xlsx --html report.html
# ```
#
# With an account, leave `client` out, set `HLR_API_KEY` and `HLR_API_SECRET`, and let `store` be a folder that stays.

# %%
left_out = customers.height - to_text.height
Markdown(
    f"**{to_text.height:,} of {customers.height:,} customers can get a text message**, for {report.credits:,.0f} "
    f"credits; {left_out:,} cannot, or must not."
)

# %%
workspace.cleanup()
