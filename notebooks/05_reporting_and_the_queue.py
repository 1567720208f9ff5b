# ---
# # Made from the notebook of the same name by `make baselines`: edit that one.
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reporting, and the queue behind it
#
# Make it easier to report somebody, and more reports arrive: true ones and false ones. Somebody has to read them. You will
# see what easier reporting does with and without staff to read, check the law of queues that every student of them learns
# first on the run itself, put dossiers in another order, and let trusted flaggers in. It takes about an hour.
#
# Reports here are entries in a queue: who is reported, how grave, when. There is no text in them.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd

import sim
from sim.outcomes.statistics import t_interval
from sim.policies.moderation import ModerationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.rules.sentences import spoken


def effect(comparison, *outcomes, digits=1):
    rows = comparison.effects[comparison.effects["outcome"].isin(outcomes)].set_index(["outcome", "policy"])
    return rows.loc[list(outcomes), ["baseline", "value", "difference", "low", "high", "verdict"]].round(digits)

# %% [markdown]
# ## Easier reporting, with and without staff
#
# `reporting.friction` is the share of those ready to report who give up because it takes effort. The scenario
# `reporting.toml` lowers it in steps, alone and with more staff. Its desk is just large enough for the reports of the
# baseline.

# %%
scenario = sim.load("../scenarios/reporting.toml").replace(days=50, warmup_days=20)
reporting = sim.compare(scenario, seeds=6)
for policy in reporting.policies:
    print(f"{policy}:", "; ".join(spoken(p.words()) for p in scenario.policies[policy]))

# %%
reporting.plot("overview")

# %% [markdown]
# Compare `easier` with `easiest`: one step more in the same direction. Then compare `easiest` with `easiest-staff-x4`: the
# same reports, more people to read them. And `staff-x4` alone: more people with nothing more to read. Each of the two can
# do little without the other, and an effect of both together is not the sum of two effects.
#
# Who is reported? The lawful as well, and in the same proportion.

# %%
effect(reporting, "false_reports", "reviews", "innocents_sanctioned")

# %% [markdown]
# ## What happens at the desk
#
# The backlog is the number of dossiers that wait. Here is its difference from the baseline over time.

# %%
reporting.plot("backlog")

# %% [markdown]
# Where the line levels off, the desk has found a new balance. Where it goes on rising, reports come in faster than they are
# read. Then the numbers depend on how long one measures, and there is no "the" waiting time at all.

# %%
effect(reporting, "backlog", "waiting_hours", "expired")

# %% [markdown]
# ## Little's law, checked on the run
#
# In a queue that is in balance, the mean number waiting is the rate of arrivals times the mean wait. This holds whatever the
# order of service and whatever the distributions; John Little proved it, and shops, hospitals and networks obey it. The
# simulator was not told of it. So it is a check: the three numbers are counted apart.

# %%
daily = reporting.daily.groupby(["policy", "seed"]).sum(numeric_only=True)
hours = 24 * scenario.days
queue = pd.DataFrame(
    {
        "waiting (mean number)": daily["n_waiting_hours"] / hours,
        "arrivals a day": daily["n_open"] / scenario.days,
        "wait of those read (hours)": daily["n_wait_hours"] / daily["n_review"],
    }
)
queue["arrivals x wait"] = queue["arrivals a day"] / 24 * queue["wait of those read (hours)"]
gap = queue["waiting (mean number)"] - queue["arrivals x wait"]
table = queue.groupby("policy").mean()
for policy, values in gap.groupby("policy"):
    table.loc[policy, ["gap", "low", "high"]] = list(t_interval(values.to_numpy()))
table.round(2)

# %%
figure, axes = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
colours = ["#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
for policy, colour, mark in zip(("baseline", *reporting.policies), colours, "osD^vPX", strict=True):
    runs = queue.loc[policy]
    axes.plot(runs["arrivals x wait"], runs["waiting (mean number)"], mark, color=colour, label=policy)
ends = [queue["arrivals x wait"].min() * 0.8, queue["waiting (mean number)"].max() * 1.25]
axes.plot(ends, ends, color="#767676", linestyle="--", label="Little's law")
axes.set_xscale("log")
axes.set_yscale("log")
axes.set_xlabel("arrivals an hour x mean wait (dossiers, log scale)")
axes.set_ylabel("dossiers waiting (mean, log scale)")
axes.legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# `gap` is the number waiting less what the law makes of arrivals and waits, with its 95% interval from `low` to `high`; in
# the picture, one point is one run. Where the queue is in balance, the gap is next to nothing: what is left comes from the
# dossiers that were waiting when the measuring began or ended. Where the queue grows, or dossiers expire unread, the gap
# opens: those who have not been read have no wait that could go into the mean. If a platform tells you its mean time until a
# review, ask how many reports it has not read.

# %% [markdown]
# ## Another order: triage
#
# If not everything can be read in time, what should be read first? Now the baseline has the easiest reporting and the small
# desk, reading the oldest dossier first, and messages are kept for a day, so that waiting costs evidence.

# %%
crowded = scenario.replace(policies={}, **{"reporting.friction": 0.1, "retention.message_hours": 24})
orders = {f"{order}-first": (ModerationPolicy(triage=order),) for order in ("newest", "gravest", "most_reported")}
triage = sim.compare(crowded.replace(policies=orders), seeds=6)
effect(triage, "evidence_share", "predators_barred", "persons_harmed", "waiting_hours", "expired")

# %% [markdown]
# The rows of `evidence_share` tell most of the story. Whoever reads the oldest first reads, in an overloaded queue, only what
# is too old. `waiting_hours` is a trap: it is the mean wait of those *that are read*. An order that leaves the old ones to
# expire looks fast. Read it together with `expired`.

# %%
figure, axes = plt.subplots(figsize=(7, 2.8), layout="constrained")
rows = triage.effects.query("outcome == 'persons_harmed'")
spread = [rows["difference"] - rows["low"], rows["high"] - rows["difference"]]
axes.errorbar(rows["difference"], range(len(rows)), xerr=spread, fmt="o", color="#0072B2", capsize=3)
axes.axvline(0, color="#222222", linewidth=0.8)
axes.set_yticks(range(len(rows)), rows["policy"])
axes.set_ylim(len(rows) - 0.5, -0.5)
axes.set_xlabel(
    "persons seriously harmed: change from reading the oldest first\n(a year per 1,000 baseline monthly visitors)"
)
plt.show()

# %% [markdown]
# ## Trusted flaggers
#
# Some platforms have an agreement with organisations whose reports are read first. In the model a flagger reports a share
# of the recognised contacts that the target did not report. What the share is, nobody knows; so we try three.
#
# The shares tried here are wishes: hardly any of the decisions on notices that platforms declare begin with a trusted
# flagger (`python -m sim explain MOD-28`). They are as large as this so that a chat so small shows anything.

# %%
flaggers = {f"flagged-{100 * p:.0f}-percent": (ReportingPolicy(p_flagged=p),) for p in (0.05, 0.15, 0.3)}
flagged = sim.compare(scenario.replace(policies=flaggers), seeds=6)
effect(flagged, "flagged", "predators_barred", "persons_harmed", "waiting_hours")

# %% [markdown]
# Flaggers bring true reports only: that is an assumption, and a strong one. What is read first makes the rest wait, so look
# at `waiting_hours` as well, and remember that this desk is small.

# %% [markdown]
# ## What the small scale distorts
#
# `scale` shrinks visitors and staff alike, so one might expect the same load and the same wait. Here is the
# same chat at full size and at a tenth.

# %%
sizes = {}
for scale in (1.0, 0.1):
    easier = scenario.replace(scale=scale)
    days = sim.compare(easier, policies=["easier"], seeds=6).daily.query("policy == 'easier'")
    counts = days.groupby("seed").sum(numeric_only=True)
    measured = {
        "dossiers a day": counts["n_open"] / scenario.days,
        "load: reviews done / reviews possible": counts["n_review"] / counts["n_capacity"],
        "hours until a review": counts["n_wait_hours"] / counts["n_review"],
    }
    for name, values in measured.items():
        found = t_interval(values.to_numpy(float))
        sizes[name, scale] = {"mean": found.value, "low": found.low, "high": found.high}
pd.DataFrame(sizes).T.rename_axis(["quantity", "scale"]).round(2)

# %% [markdown]
# A tenth of the visitors and of the staff, and yet another load and another wait. Two things are at work. In a small chat
# predators find fewer to approach, so less than a tenth is reported. And a small desk has hours with nothing to read and
# others with too much, while many small desks put together would help each other out. A queue is the part of a model that one must not shrink. For a result, use `scale = 1`.
#
# ## Exercises
#
# * How loaded is each desk? Divide the dossiers opened by the reviews that the staff could have done (`n_capacity`), policy
#   by policy. At which load does the backlog take off?
# * A form with guidance could halve the false reports (`rel_false`). Compare `easiest` with and without it. Does it stand in
#   for staff?
# * How does the picture of the backlog change with a dossier expiry of a day? Is a short backlog good news?
#
# The solutions are in the cells below. In Jupyter they are collapsed: click to open.

# %% [markdown] tags=["solution"]
# **Load.** Near a load of one the backlog takes off. Capacity that stands idle in the morning cannot be used in the evening:
# so queues are long well before the load reaches one.

# %% jupyter={"source_hidden": true} tags=["solution"]
load = (daily["n_open"] / daily["n_capacity"]).groupby("policy")
table = pd.DataFrame({p: t_interval(values.to_numpy(float))._asdict() for p, values in load}).T.add_prefix("load, ")
table["dossiers waiting"] = queue.groupby("policy")["waiting (mean number)"].mean()
table.sort_values("load, value").round(2)

# %% [markdown] tags=["solution"]
# **Guidance.** Fewer false reports leave more of the desk to the true ones. Whether that does as much as staff depends on
# how many of the reports were false, which is an assumption too.

# %% jupyter={"source_hidden": true} tags=["solution"]
guided = {
    "easiest": scenario.policies["easiest"],
    "easiest-guided": (ReportingPolicy(friction=0.1, rel_false=0.5),),
    "easiest-staff-x4": scenario.policies["easiest-staff-x4"],
}
guidance = sim.compare(scenario.replace(policies=guided), seeds=5)
effect(guidance, "false_reports", "backlog", "persons_harmed")

# %% [markdown] tags=["solution"]
# **Expiry.** The backlog is short because dossiers are thrown away unread. Look at `expired`, and at harm.

# %% jupyter={"source_hidden": true} tags=["solution"]
short = scenario.replace(**{"moderation.dossier_expiry_hours": 24})
expiry = sim.compare(short, policies=["easiest"], seeds=5)
effect(expiry, "backlog", "expired", "persons_harmed")
