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
# A contact list comes out of a CRM with 2,000 rows and a phone column that twenty people typed into. Which of these
# numbers can be reached by a text message today?
#
# This notebook answers it in seven steps and explains each decision. It asks the **emulator**, which needs no account,
# costs nothing, and **invents its answers**: the people are invented too. With an account only one line changes.

# %%
import tempfile
from pathlib import Path

import polars as pl

import hlrframe as hf

# %% [markdown]
# ## 1. Read the list as text
#
# Telephone numbers are not numbers: read as integers they lose their leading zeros, read as floats their last digits.
# `infer_schema=False` keeps every column as the text that is in the file.

# %%
data = next(folder for folder in (Path("sample_data"), Path("../sample_data")) if folder.exists())
contacts = pl.read_csv(data / "contacts.csv", infer_schema=False).select(
    "id", "first_name", "last_name", "country", "phone"
)
contacts.sample(8, seed=5)

# %% [markdown]
# ## 2. Ask for the price first
#
# `estimate` sends nothing. It reads every number, counts each distinct one once, and says what asking would cost.

# %%
print(hf.estimate(contacts, "phone"))

# %% [markdown]
# Hundreds of rows are rejected as `needs_region`: they are written nationally, such as `07711 151592`, and nothing in
# them says of which country. hlrframe never guesses. *We* know that this company is British, and say so.

# %%
settings = hf.Settings(default_region="GB")
price = hf.estimate(contacts, "phone", settings=settings)
print(price)

# %% [markdown]
# What is rejected now is no number at all: blanks, notes, digits that a spreadsheet destroyed. It is never sent.
#
# ## 3. Choose whom to ask, and set a ceiling
#
# - `hf.emulator.connect()` is the emulator: invented answers, and a warning that says so.
# - `hf.Client.from_env()` is your account: it reads `HLR_API_KEY` and `HLR_API_SECRET`.
#
# `max_credits` is a hard ceiling. The run stops before it would be exceeded, and rows that were not asked say so. The
# estimate's upper bound is a ceiling that never gets in the way.

# %%
client = hf.emulator.connect(seed=7)
settings = settings.replace(max_credits=price.credits_high)

# %% [markdown]
# ## 4. Enrich
#
# The frame comes back with the same rows in the same order and new columns beside them. `store` is a folder that keeps
# every answer; here it is a temporary one, for you it is a folder that you keep.

# %%
workspace = tempfile.TemporaryDirectory()
store = Path(workspace.name) / "answers"

enriched, report = hf.enrich_with_report(contacts, "phone", client=client, store=store, settings=settings)
print(report)

# %%
enriched.select("phone", "hlr_state", "hlr_reason", "hlr_msisdn", "hlr_verdict", "hlr_credits").head(12)

# %% [markdown]
# ## 5. Look at the whole before deciding about rows
#
# Each table comes from SQL that you can read: open *SQL of ...* below a table, or call `summary.sql("cost")`.

# %%
summary = hf.summarize(enriched, price_per_credit=0.004)
summary

# %% [markdown]
# Three things to notice:
#
# - **Coverage has a denominator.** It is the share of numbers whose status is known, of all numbers that can have one.
#   Landlines are not in it, and numbers that failed or were not asked would be.
# - **The United States are poorly covered.** Their mobiles have a live status only with `usa_status=True`, at one
#   more credit each. Whether that is worth it is your decision; the table shows that there is one to take.
# - **Repeats cost nothing.** Rows that carry a number which another row carries already are answered by the same
#   lookup, however differently they are written.
#
# ## 6. Decide
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
# What is to be corrected by hand is a short list, and says what is wrong with each row:

# %%
decided.filter(action="correct by hand").group_by("hlr_reason").agg(
    rows=pl.len(), examples=pl.col("phone").drop_nulls().unique(maintain_order=True).head(3)
).sort("rows", descending=True)

# %% [markdown]
# The mailing list has each number once, in one spelling, however many rows carried it:

# %%
mailing = (
    decided.filter(action="send")
    .unique("hlr_msisdn", keep="first", maintain_order=True)
    .select("id", "first_name", "last_name", number="+" + pl.col("hlr_msisdn"), network="hlr_current_network")
)
mailing.write_csv(Path(workspace.name) / "mailing_list.csv")
mailing

# %% [markdown]
# ## 7. Run it again: free
#
# A week later somebody adds a row, or the notebook is run from its top. What the store knows is not asked again while
# it is younger than `max_age` (30 days unless you say otherwise), so that only the new number is paid for.

# %%
newcomer = pl.DataFrame(
    {
        "id": ["2001"],
        "first_name": ["Zoë"],
        "last_name": ["Quillmoor"],
        "country": ["Germany"],
        "phone": ["0049 1512 3123123"],
    }
)
again, second = hf.enrich_with_report(
    pl.concat([contacts, newcomer]), "phone", client=client, store=store, settings=settings
)
print(second)

# %%
hf.summarize(again).cost

# %% [markdown]
# To use it for real: take your own file, put `hf.Client.from_env()` where the emulator is connected, and let `store`
# be a folder that stays. Everything else is as above.

# %%
workspace.cleanup()
