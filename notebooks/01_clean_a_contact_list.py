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
# # From a contact list to a mailing list
#
# A list comes out of a CRM with a phone column that many people typed into. Who on it can be reached by a text
# message today, and who should not be written to at all?
#
# This notebook goes from the file to the mailing list and explains each decision on the way. It asks the **emulator**,
# which needs no account and costs nothing. The people are invented, and so are the answers.

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
# ## 1. Read the list as text
#
# Telephone numbers are not numbers: read as integers they lose their leading zeros, read as floats their last digits.
# `infer_schema=False` keeps every cell as the text that is in the file.

# %%
contacts = pl.read_csv(data / "contacts.csv", infer_schema=False)
contacts.select("id", "first_name", "last_name", "country", "phone").sample(8, seed=5)

# %% [markdown]
# ## 2. Clean first: it is free
#
# `hf.clean` asks nobody. It reads each cell by the numbering plan of its country and says which number it holds, of
# which kind, or why it holds none. Many numbers here are written nationally; the column `country` says where.

# %%
cleaned = hf.clean(contacts, "phone", region_column="country")
cleaned.filter(pl.col("phone").str.contains(r"[^\d+ ]")).select(
    "country", "phone", "hlr_msisdn", "hlr_number_type", "hlr_reason"
).sample(8, seed=1)

# %% [markdown]
# What is rejected is never sent, so it costs nothing; but each reason asks for something else. Blank cells want a phone
# number, and what a spreadsheet destroyed may still be whole in the system that the list was exported from.

# %%
cleaned.filter(pl.col("hlr_reason").is_not_null()).group_by(reason="hlr_reason").agg(
    rows=pl.len(), examples=pl.col("phone").drop_nulls().unique(maintain_order=True).head(4).str.join("  ·  ")
).sort("rows", descending=True)

# %% [markdown]
# How many numbers is that really? The same number is often there twice, written in two ways. Only distinct numbers are
# asked, and only mobiles have a live status that costs something.

# %%
cleaned.drop_nulls("hlr_msisdn").group_by(number_type="hlr_number_type").agg(
    rows=pl.len(), numbers=pl.col("hlr_msisdn").n_unique()
).sort("rows", descending=True)

# %% [markdown]
# ## 3. Ask for the price
#
# `estimate` sends nothing either. *At most* is a bound that cannot be passed; *expected* knows that landlines cost
# nothing, and that the kind of some numbers shows only in the answer.

# %%
price = hf.estimate(contacts, "phone", region_column="country").priced(0.004, currency="EUR")
price

# %% [markdown]
# ## 4. Ask, with a ceiling and a store
#
# Three things belong in every run that spends money:
#
# - a **client**: here the emulator. With an account it is `hf.Client.from_env()`, and nothing else changes;
# - a **ceiling**: `max_credits` stops the run before it would be passed, and rows that were not asked say so;
# - a **store**: a folder that keeps every answer, so that none is paid for twice. Here a temporary one; keep yours.

# %%
client = hf.emulator.connect(seed=7)
warnings.simplefilter("ignore", hf.EmulatorWarning)  # it has been said: the answers are invented
store = folder / "answers"
settings = hf.Settings(max_credits=price.credits_high)

enriched, report = hf.enrich_with_report(
    contacts, "phone", client=client, store=store, settings=settings, region_column="country"
)
report

# %% [markdown]
# The frame comes back with the same rows in the same order, and new columns beside them.

# %%
enriched.select("phone", "hlr_state", "hlr_reason", "hlr_verdict", "hlr_current_network", "hlr_credits").sample(
    8, seed=3
)

# %% [markdown]
# ## 5. Dead is not unknown
#
# | verdict | what it means | what we do |
# |---|---|---|
# | `live` | a message gets through | send |
# | `unreachable` | assigned to somebody, but switched off or barred **now** | ask again next week |
# | `dead` | not assigned to anybody | remove the number |
# | `unknown` | the provider could not tell | **not dead**: keep it, do not count on it |
# | `not_applicable` | a landline, a free-phone number and the like | no text messages; call |
#
# A row without an answer has no verdict, and `hlr_state` says why: `rejected` (no number), `failed` (asked in vain) or
# `skipped` (not asked). None of these is `dead`, and a missing answer is never `False`.
#
# Here is the whole list in one picture.

# %%
summary = hf.summarize(enriched, report=report, price_per_credit=0.004, currency="EUR")
summary.plot.verdicts().properties(width=520)

# %% [markdown]
# Is `unknown` spread evenly, or does it come from somewhere? A number that is unknown because of where it is can be
# treated differently from one that is unknown by chance.

# %%
where = pl.col("hlr_original_country").alias("country")
unknown = enriched.filter(hlr_verdict="unknown").unique("hlr_msisdn")
unknown.group_by(where, live_status="hlr_live_status").agg(numbers=pl.len()).sort(
    "numbers", "country", descending=[True, False]
).head(6)

# %%
by_usa = unknown.filter(hlr_original_country="USA").height
Markdown(
    f"Of {unknown.height:,} unknown numbers {by_usa:,} are in the United States, whose mobiles have a live status only "
    "with `usa_status=True`, at one credit more each. That is a decision to take, not a fault of the list: the "
    "notebook *Cost and coverage* puts a price on it."
)

# %% [markdown]
# ## 6. Decide
#
# The table above as code. A row without a verdict goes to whoever corrects rows by hand.

# %%
actions = {
    "live": "send",
    "unreachable": "ask again",
    "dead": "remove",
    "unknown": "keep",
    "not_applicable": "call",
}
decided = enriched.with_columns(action=pl.col("hlr_verdict").replace_strict(actions, default="correct by hand"))
decided.group_by("action").agg(rows=pl.len(), numbers=pl.col("hlr_msisdn").drop_nulls().n_unique()).sort(
    "rows", descending=True
)

# %% [markdown]
# ## 7. Save
#
# The mailing list has each number once, in one spelling, however many rows carried it. What is to be corrected goes to
# a file of its own, with the reason.

# %%
mailing = (
    decided.filter(action="send")
    .unique("hlr_msisdn", keep="first", maintain_order=True)
    .select("id", "first_name", "last_name", number="+" + pl.col("hlr_msisdn"), network="hlr_current_network")
)
correct = decided.filter(action="correct by hand").select("id", "last_name", "email", "phone", reason="hlr_reason")
mailing.write_csv(folder / "mailing_list.csv")
correct.write_csv(folder / "to_correct.csv")
mailing.head(5)

# %%
spent, repeats = report.credits, decided.filter(action="send").height - mailing.height
Markdown(
    f"**{mailing.height:,} numbers to write to**, from {contacts.height:,} rows, for {spent:,.0f} credits. "
    f"{repeats:,} rows would have got the message twice, {decided.filter(action='remove').height:,} never, and "
    f"{correct.height:,} wait to be corrected."
)

# %% [markdown]
# ## 8. Run it again: only what is new is paid for
#
# A week later somebody adds a row, or the notebook is run from its top. What the store knows is not asked again while
# it is younger than `max_age`, 30 days unless you say otherwise.

# %%
newcomer = contacts.head(1).with_columns(id=pl.lit("new"), country=pl.lit("Germany"), phone=pl.lit("0049 1512 3123123"))
_, second = hf.enrich_with_report(
    pl.concat([contacts, newcomer]), "phone", client=client, store=store, settings=settings, region_column="country"
)
second

# %% [markdown]
# To use it for real: take your own file, put `hf.Client.from_env()` where the emulator is connected, and let `store` be
# a folder that stays. Next: *Cost and coverage* looks at where the money went, *Keep a list fresh* at what happens to
# such a list in the months that follow.

# %%
workspace.cleanup()
