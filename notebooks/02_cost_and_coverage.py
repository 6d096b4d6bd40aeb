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
# # Cost and coverage
#
# A run is over. What did it cost, what would it have cost without store and cleaning, how much of the list do we know
# now, and where are the gaps? Every table here comes from SQL that you can read and change.
#
# The **emulator** answers, for invented people, and keeps a bill of its own. So we can check ours against it.

# %%
import html
import tempfile
import warnings
from pathlib import Path

import duckdb
import polars as pl
from IPython.display import HTML, Markdown

import hlrframe as hf

pl.Config(tbl_rows=10, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=70)
data = next(folder for folder in (Path("sample_data"), Path("../sample_data")) if folder.exists())
workspace = tempfile.TemporaryDirectory()
folder = Path(workspace.name)

PRICE, CURRENCY = 0.004, "EUR"  # what one credit costs you

# %% [markdown]
# ## 1. The campaign before
#
# Nobody starts from nothing. Some weeks ago another team asked about its own part of the list, and the answers are in
# the store that all teams share.

# %%
provider = hf.emulator.Emulator(seed=7)
client = hf.emulator.connect(emulator=provider)
warnings.simplefilter("ignore", hf.EmulatorWarning)  # it has been said: the answers are invented
store = hf.Store(folder / "answers")

contacts = pl.read_csv(data / "contacts.csv", infer_schema=False)
theirs = contacts.head(contacts.height // 3)
_, before = hf.enrich_with_report(theirs, "phone", client=client, store=store, region_column="country")
before

# %% [markdown]
# ## 2. Estimate, then the bill
#
# Before the large run we ask what it will cost. Afterwards we have three figures that ought to agree with each other,
# and two that ought to lie on either side of them.

# %%
estimate = hf.estimate(contacts, "phone", store=store, client=client, region_column="country")
billed_before = float(provider.bill.total)
enrichment = hf.enrich_with_report(contacts, "phone", client=client, store=store, region_column="country")

figures = {
    "estimate, if little is charged": estimate.credits_low,
    "estimate, expected": estimate.credits_expected,
    "sum of the column hlr_credits": enrichment.frame["hlr_credits"].sum(),
    "the report of the run": enrichment.report.credits,
    "the provider's own bill": float(provider.bill.total) - billed_before,
    "estimate, at most": estimate.credits_high,
}
pl.DataFrame({"figure": list(figures), "credits": list(figures.values())}).with_columns(
    money=(pl.col("credits") * PRICE).round(2)
)

# %% [markdown]
# ## 3. Where did the money go, and what was saved?
#
# `summarize` reads the enriched frame. *Saved by the store* counts what the other team had asked, *saved by
# repeats* the rows whose number another row carries. What is no number is never sent, and would not be charged.

# %%
summary = hf.summarize(enrichment, price_per_credit=PRICE, currency=CURRENCY)
summary.cost

# %%
summary.plot.cost().properties(width=520)

# %%
spent, every_row = (summary.cost.filter(item=item)["credits"][0] for item in ("spent", "asking_every_row"))
live = summary.rates.filter(rate="live")["value"][0]
Markdown(
    f"Asking row by row would have cost {every_row:,.0f} credits; this run cost {spent:,.0f}, "
    f"**{1 - spent / every_row:.0%} less**. Of the numbers whose status is known {live:.0%} turned out to be live: "
    "the price of a *live* number is the figure to compare campaigns by."
)

# %% [markdown]
# ## 4. Coverage has a denominator
#
# So and so many per cent, but of what? Each rate names its part and its whole. Landlines are not in the coverage: they
# have no live status to be known.

# %%
summary.rates

# %% [markdown]
# ## 5. Where are the gaps?
#
# By country first, the largest of the list. Where hardly a status is known there is hardly a bar to be seen.

# %%
summary.plot.countries(limit=12).properties(width=480)

# %% [markdown]
# These are the ones that count as poorly covered:

# %%
summary.countries.filter("poor").select("country", "numbers", "applicable", "known", "coverage")

# %% [markdown]
# ## 6. Is the largest gap worth closing?
#
# Mobiles in the United States get a live status only with `usa_status=True`, one credit more each. Because that is
# another question, the answers in the store do not serve it, and all of these numbers are asked again. What does that
# come to?

# %%
american = contacts.filter(country="United States")
closer = hf.Settings(usa_status=True)
hf.estimate(american, "phone", store=store, client=client, settings=closer, region_column="country").priced(
    PRICE, currency=CURRENCY
)

# %%
usa = hf.summarize(
    hf.enrich_with_report(american, "phone", client=client, store=store, settings=closer, region_column="country"),
    price_per_credit=PRICE,
)
known = usa.rates.filter(rate="coverage")["part"][0]
money = usa.cost.filter(item="spent")["money"][0]
elsewhere = summary.cost.filter(item="per_answer")["money"][0]
Markdown(
    f"For {money:.2f} {CURRENCY} we now know {known:,} numbers that we did not know: "
    f"**{money / known:.4f} {CURRENCY} each**. Over the whole list an answer cost {elsewhere:.4f} {CURRENCY}. "
    "Whether that is worth it depends on what a message that arrives is worth to you."
)

# %% [markdown]
# ## 7. Networks: whose range, whose customer?
#
# The digits of a number tell which network it was given to (*original*). Who serves it now (*current*) only the network
# knows. Prices per message go by the current one.

# %%
summary.plot.networks(limit=8).properties(width=480)

# %% [markdown]
# Owners take their numbers from network to network. These are the largest flows at home, where the list has enough
# numbers to say anything:

# %%
flows = summary.portability.filter(country="GBR")
flows.select("from_network", "to_network", "numbers", "share_of_ported").head(6)

# %% [markdown]
# And the balance: whom do the people on this list move to, and away from?

# %%
gains = flows.group_by(network="to_network").agg(won=pl.col("numbers").sum())
losses = flows.group_by(network="from_network").agg(lost=pl.col("numbers").sum())
gains.join(losses, on="network", how="full", coalesce=True).fill_null(0).with_columns(
    balance=pl.col("won").cast(pl.Int64) - pl.col("lost").cast(pl.Int64)
).sort("balance", descending=True).head(8)

# %% [markdown]
# ## 8. Questions of your own
#
# Each table is a named statement: `summary.sql("verdicts")` gives its text. `summary.query` runs whatever you write
# over `answers`, the result columns. For one: which networks tell us least?

# %%
summary.query("""
select
  original_network as network,
  count(distinct msisdn) as numbers,
  count(distinct msisdn) filter (verdict = 'unknown') as unknown,
  round(unknown / numbers, 3) as unknown_share
from answers
where original_country = 'GBR' and verdict <> 'not_applicable'
group by network having numbers >= 30
order by unknown_share desc
""")

# %% [markdown]
# Columns of your own are in the frame, and DuckDB reads frames by their name. Do contacts go stale with the years since
# we last spoke to them?

# %%
enriched = enrichment.frame
duckdb.sql("""
select
  regexp_extract(last_contact, '20[0-9]{2}') as last_contact,
  count(distinct hlr_msisdn) as numbers,
  count(distinct hlr_msisdn) filter (hlr_verdict = 'dead') as dead,
  round(dead / numbers, 3) as dead_share
from enriched
where hlr_verdict in ('live', 'unreachable', 'dead') and last_contact is not null
group by all order by all
""").pl()

# %% [markdown]
# Not here: the emulator gives nobody a number for their diligence, so every year looks alike but for chance. Try it on
# a list of your own; it is the first question worth asking.
#
# ## 9. The report, for those who read no notebooks
#
# One file, with nothing loaded from elsewhere: it can be sent by mail, printed, and read on a telephone.

# %%
page = summary.to_html(folder / "report.html", title="Spring campaign: who can be reached")
HTML(
    f'<div><iframe srcdoc="{html.escape(page.read_text())}" title="The report" '
    'style="width: 100%; height: 620px; border: 1px solid #8886; border-radius: 6px"></iframe></div>'
)

# %%
summary.close()
usa.close()
workspace.cleanup()
