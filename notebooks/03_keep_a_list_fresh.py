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
# # Keep a list fresh
#
# Numbers change: people give them up, switch off, move to another network, and after a while somebody else gets the
# number. A list that was clean in spring is not clean in autumn. How often should it be asked again, and which part?
#
# The **emulator** answers. Its invented people live on: on a later `day` some have died, come back or moved.

# %%
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import altair as alt
import polars as pl
from IPython.display import Markdown

import hlrframe as hf
import hlrframe.polars  # adds .hlr to the frames of polars

pl.Config(tbl_rows=10, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=60)
data = next(folder for folder in (Path("sample_data"), Path("../sample_data")) if folder.exists())
workspace = tempfile.TemporaryDirectory()
folder = Path(workspace.name)

# %% [markdown]
# ## 1. Spring: the first run
#
# The store is what makes the second run cheap. It keeps each answer with the time when it was given.

# %%
client = hf.emulator.connect(seed=7, day=0)
warnings.simplefilter("ignore", hf.EmulatorWarning)  # it has been said: the answers are invented
contacts = pl.read_csv(data / "contacts.csv", infer_schema=False)
spring = hf.Store(folder / "spring")

first = contacts.hlr.enrich("phone", client=client, store=spring, region_column="country")
held = spring.stats()
Markdown(f"The store holds {held.answers:,} answers, in {held.bytes / 1000:,.0f} kilobytes.")

# %% [markdown]
# ## 2. A quarter of a year goes by
#
# Nobody waits for that in a notebook. `backdate` copies the store as if its run had been a quarter ago, and from here
# on we ask the emulator on a later day. Nothing else is staged: with an account you would simply come back later.

# %%
store = hf.Store(folder / "answers")
hf.emulator.backdate(spring, store, days=90)
client = hf.emulator.connect(seed=7, day=90)

hf.summarize(store).age.group_by("age", maintain_order=True).agg(pl.col("numbers").sum())

# %% [markdown]
# ## 3. What to ask again? Compare before paying
#
# A `live` number is likely to be live for a long time, a dead one to stay dead. Who was switched off may be back
# tomorrow. So the age at which an answer is stale depends on what it says. `max_age` takes an age for each status, and
# `estimate` says what each policy would cost today, without sending anything. Who trusts everything still asks some: an
# inconclusive answer says nothing, and serves for a day.

# %%
policies = {
    "trust everything for a year": "365d",
    "only who was out of reach": {"hlr": "365d", "ABSENT_SUBSCRIBER": "7d", "NO_TELESERVICE_PROVISIONED": "30d"},
    "also who was live": {
        "hlr": "60d",
        "DEAD": "180d",
        "ABSENT_SUBSCRIBER": "7d",
        "NOT_AVAILABLE_NETWORK_ONLY": "365d",
    },
    "everything after a month": "30d",
}
estimates = {
    name: contacts.hlr.estimate(
        "phone", client=client, store=store, settings=hf.Settings(max_age=age), region_column="country"
    )
    for name, age in policies.items()
}
pl.DataFrame(
    {
        "policy": list(estimates),
        "still fresh": [each.stored for each in estimates.values()],
        "to ask": [each.to_ask for each in estimates.values()],
        "credits, expected": [each.credits_expected for each in estimates.values()],
    }
)

# %% [markdown]
# ## 4. Ask again
#
# We write to those who are live, so their answers must be right; the dead can wait. That is the third policy.

# %%
settings = hf.Settings(max_age=policies["also who was live"])
since = datetime.now(UTC) - timedelta(days=1)
second, report = contacts.hlr.enrich_with_report(
    "phone", client=client, store=store, settings=settings, region_column="country"
)
report

# %% [markdown]
# ## 5. What changed?
#
# `store.changes(since)` compares what is known now with what was known before that moment, number by number.

# %%
changes = store.changes(since)
changes.select("msisdn", "live_status_before", "live_status", "current_network_before", "current_network").sample(
    6, seed=4
)

# %% [markdown]
# The same as counts. *Compared* is the denominator: the numbers that were asked both times.

# %%
summary = hf.summarize(store, since=since)
summary.changes

# %% [markdown]
# And as a picture: from what they were in spring to what they are now, for those whose status changed.

# %%
moved = (
    changes.filter(pl.col("live_status") != pl.col("live_status_before"))
    .group_by("live_status_before", "live_status")
    .agg(numbers=pl.len())
)
grid = alt.Chart(moved, title=alt.TitleParams("Changes of status since spring", anchor="start")).encode(
    x=alt.X("live_status:N", title="now", axis=alt.Axis(orient="top", labelAngle=-20, labelLimit=240)),
    y=alt.Y("live_status_before:N", title="in spring", axis=alt.Axis(labelLimit=240)),
)
cells = grid.mark_rect().encode(color=alt.Color("numbers:Q", title="Numbers", scale=alt.Scale(scheme="blues")))
ink = alt.condition(alt.datum.numbers > moved["numbers"].max() / 2, alt.value("white"), alt.value("black"))
(cells + grid.mark_text(fontSize=13).encode(text="numbers:Q", color=ink)).properties(width=460, height=190)

# %% [markdown]
# ## 6. Tell those who look after the people
#
# A number that died belongs to nobody, until somebody else gets it: **writing on to a dead number means writing to a
# stranger before long.** So the newly dead leave the list today, and who came back may be written to again.

# %%
news = second.join(
    changes.select(hlr_msisdn="msisdn", before="live_status_before", now="live_status"), on="hlr_msisdn"
).unique("hlr_msisdn", maintain_order=True)
people = ["first_name", "last_name", "company", "before", "now"]
newly_dead = news.filter(pl.col("now") == "DEAD").select(people)
back = news.filter(pl.col("now") == "LIVE", pl.col("before") != "LIVE").select(people)
newly_dead.head(5)

# %%
was_live = news.filter(pl.col("now") == "DEAD", pl.col("before") == "LIVE").height
Markdown(
    f"**{newly_dead.height:,} people to take off the list**, {was_live:,} of whom were live in spring, and "
    f"{back.height:,} who can be reached again. Finding out cost {report.credits:,.0f} credits; asking everybody would "
    f"have cost about {estimates['everything after a month'].credits_expected:,.0f}."
)

# %% [markdown]
# ## 7. Half a year more, and one number's story
#
# The same twice more: time goes by, the list is asked again. Each answer stays beside the earlier ones. What became of
# those who were live in spring, had nobody looked after the list?

# %%
runs = {90: second}
for day in (180, 270):
    earlier, store = store, hf.Store(folder / f"answers_{day}")
    hf.emulator.backdate(earlier, store, days=90)
    client = hf.emulator.connect(seed=7, day=day)
    runs[day] = contacts.hlr.enrich("phone", client=client, store=store, settings=settings, region_column="country")

live_in_spring = first.filter(hlr_verdict="live")["hlr_msisdn"].unique()
fate = pl.concat(
    frame.filter(pl.col("hlr_msisdn").is_in(live_in_spring.implode()))
    .unique("hlr_msisdn")
    .group_by(verdict="hlr_verdict")
    .agg(numbers=pl.len())
    .with_columns(day=pl.lit(day))
    for day, frame in runs.items()
)
alt.Chart(
    fate.filter(pl.col("verdict").is_in(["unreachable", "dead"])),
    title=alt.TitleParams("Who was live in spring", subtitle="Those who no longer are, by days since", anchor="start"),
).mark_bar(size=46).encode(
    x=alt.X("day:O", title="Days since spring", axis=alt.Axis(labelAngle=0)),
    y=alt.Y("numbers:Q", title="Numbers"),
    color=alt.Color(
        "verdict:N",
        title="Now",
        scale=alt.Scale(domain=["unreachable", "dead"], range=["#b45309", "#9f1239"]),
    ),
).properties(width=360, height=220)

# %% [markdown]
# `history` tells of one number all that was ever learnt. This one had the most to tell:

# %%
stories = {number: store.history(number) for number in store.changes(since)["msisdn"].head(60)}
number = max(stories, key=lambda each: stories[each]["live_status"].n_unique())
stories[number].select(
    pl.col("known_at").dt.date().alias("asked"), "live_status", "original_network", "current_network", "is_ported"
)

# %% [markdown]
# ## 8. Forget a person
#
# Somebody asks to be forgotten. `forget` removes every trace of the number from the store, answers and notes of asking
# alike. It does not reach the frames and files that you wrote: these are yours to clear.

# %%
removed = store.forget([number])
left = store.history(number).height
Markdown(f"{removed} answers removed, {left} left of number …{number[-3:]}.")

# %% [markdown]
# ## 9. Keep no more than you need
#
# Old answers explain the past and serve no run. `purge` removes what is older than an age; `compact` merges the small
# files of many runs into few.

# %%
before = store.stats()
purged = store.purge("200d")
store.compact()
after = store.stats()
pl.DataFrame(
    {
        "": ["answers", "numbers", "files", "kilobytes"],
        "before": [before.answers, before.numbers, before.parts, before.bytes // 1000],
        "after": [after.answers, after.numbers, after.parts, after.bytes // 1000],
    }
)

# %% [markdown]
# The same from a shell, where a nightly job would do it:
#
# ```sh
# hlrframe store changes answers --since 7d
# hlrframe store history answers NUMBER
# hlrframe store forget answers NUMBER --yes
# hlrframe store purge answers --older-than 200d --yes
# ```

# %%
summary.close()
workspace.cleanup()
