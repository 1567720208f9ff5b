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
# # Keeping messages, or a copy with the report
#
# A moderator who reads a report needs to see what was written. So should a chat keep everybody's messages for longer? Or
# only a copy of what was reported? You will see when evidence is there and when it is gone, what each way costs in stored
# history of lawful people, why deletion is final, and a case in which neither changes anything at all. It takes about
# three quarters of an hour.
#
# In this model a message is a unit of storage and nothing more: there is no text in it.

# %%
# %matplotlib inline
import datetime as dt

import matplotlib.pyplot as plt

import sim
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy


def effect(comparison, outcome, digits=2):
    rows = comparison.effects.query("outcome == @outcome").set_index("policy")
    return rows[["baseline", "value", "difference", "low", "high", "verdict"]].round(digits)

# %% [markdown]
# ## Evidence: does it outlive the wait?
#
# The scenario `retention.toml`: accounts by e-mail, so that a ban binds beyond the visit; moderators on a shift, so that
# whoever is reported at night waits. Let us keep messages for different numbers of hours.

# %%
scenario = sim.load("../scenarios/retention.toml").replace(days=50, warmup_days=20)
hours = (1, 8, 12, 16, 24, 168)
arms = {f"keep-{h}h": (RetentionPolicy(message_hours=h),) for h in hours}
kept = sim.compare(scenario.replace(policies=arms), seeds=6)
print(f"the baseline keeps messages for {scenario.retention.message_hours} hours")
effect(kept, "evidence_share")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
share = effect(kept, "evidence_share", 6)
spread = [100 * (share["difference"] - share["low"]), 100 * (share["high"] - share["difference"])]
left.errorbar(hours, 100 * share["difference"], yerr=spread, fmt="o", color="#0072B2", capsize=3)
left.set_ylabel("reviews with evidence:\nchange from the baseline (percentage points)")
harm = effect(kept, "persons_harmed", 6)
spread = [harm["difference"] - harm["low"], harm["high"] - harm["difference"]]
right.errorbar(hours, harm["difference"], yerr=spread, fmt="s", color="#E69F00", capsize=3)
right.set_ylabel("persons seriously harmed: change\n(a year per 1,000 baseline monthly visitors)")
for axes in (left, right):
    axes.set_xscale("log")
    axes.axhline(0, color="#222222", linewidth=0.8)
    axes.set_xlabel("messages kept for (hours, log scale)")
plt.show()

# %% [markdown]
# Both curves rise or fall in a stair and then lie flat. What matters is not how long messages are kept as such, but whether
# they outlive the wait for a review. Where does the stair end? At the longest wait. Here are the waits of one run: from the
# last report on a dossier to its review.

# %%
run = sim.run(scenario, seed=0, events=True)
desk = run.events[run.events["event"].isin(["report", "false_report", "review"])]
desk = desk.sort_values(["hour", "step"], kind="stable")
desk["since"] = desk["hour"].where(desk["event"] != "review").groupby(desk["target"]).ffill()
reviews = desk[desk["event"] == "review"]
waits = (reviews["hour"] - reviews["since"]).astype(int)
figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
axes.hist(waits, bins=range(0, waits.max() + 2), color="#0072B2")
axes.axvline(scenario.retention.message_hours, color="#D55E00", linestyle="--", label="messages kept (baseline)")
axes.set_xlabel("hours from the newest report to the review")
axes.set_ylabel("reviews, one run")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The bars left of the dashed line are reviews that found their evidence. The others came too late. One run is an example
# and no estimate, so there is no interval on it.

# %% [markdown]
# ## The price: hours of messages in store
#
# Keeping everybody's messages is a cost to everybody, most of all to the lawful users who write nearly all of them.
# `history_kept` counts it: on average over time, how many user-hours of messages lie in store. The other way is a copy
# (a *snapshot*) of the reported conversation alone, kept until the report has been read.

# %%
ways = {
    "keep-12h": (RetentionPolicy(message_hours=12),),
    "keep-7d": (RetentionPolicy(message_hours=168),),
    "keep-30d": (RetentionPolicy(message_hours=720),),
    "snapshot": (ReportingPolicy(snapshot=True),),
}
price = sim.compare(scenario.replace(policies=ways), seeds=6)
names = ["evidence_share", "persons_harmed", "history_kept", "snapshots_kept"]
columns = ["policy", "outcome", "baseline", "difference", "low", "high", "verdict"]
price.effects[price.effects["outcome"].isin(names)][columns].set_index(["outcome", "policy"]).sort_index().round(2)

# %%
figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
stored, harm = effect(price, "history_kept", 6), effect(price, "persons_harmed", 6)
spared = -harm["difference"]
spread = [harm["high"] - harm["difference"], harm["difference"] - harm["low"]]
axes.errorbar(stored["value"], spared, yerr=spread, fmt="o", color="#0072B2", capsize=3)
for policy in price.policies:
    axes.annotate(f" {policy}", (stored["value"][policy], spared[policy]), textcoords="offset points", xytext=(4, 4))
axes.axvline(stored["baseline"].iloc[0], color="#767676", linestyle=":")
axes.axhline(0, color="#222222", linewidth=0.8)
axes.set_xscale("log")
axes.margins(x=0.15)
axes.set_xlabel("message history in store (user-hours, log scale; dotted: the baseline)")
axes.set_ylabel("persons spared serious harm (a year\nper 1,000 baseline monthly visitors)")
plt.show()

# %% [markdown]
# Up is harm spared, to the right is history in store. The copy stands far to the left. The model can say this much: for a
# *review*, all that is needed is what was reported. It cannot say what else messages might be kept for, what leaks cost, or
# whether copies are safe.
#
# Why is the evidence of `snapshot` perhaps not quite complete? The policy begins with the measured window. Dossiers that
# were already open then have no copy. What was not kept is not there.

# %% [markdown]
# ## Deletion is final
#
# A chat keeps messages for a month. For a single day it goes back to a few hours, and then to a month again. What does one
# day do? For this we need dossiers that wait for days, so we take a desk that is barely large enough.

# %%
slow = scenario.replace(policies={}, **{"moderation.staff": 0.045, "retention.message_hours": 720})
day = slow.start + dt.timedelta(days=29)
purge = (RetentionPolicy(message_hours=3, start=day, end=day + dt.timedelta(days=1)),)
purged = sim.compare(slow.replace(policies={"one-day-purge": purge}), seeds=6)
purged.plot("evidence_share")

# %%
print(f"the rules change on {day} and change back a day later")
counts = purged.daily.pivot_table(["n_review", "n_review_evidence"], "day", "policy", "sum")
shares = 100 * counts["n_review_evidence"] / counts["n_review"]
shares.loc[27:39].round(0)

# %% [markdown]
# The table counts reviews with evidence in percent, day by day, all seeds together. From the day of the purge on, reviews
# lack evidence, and going back to the long retention on the next day does not bring anything back: the messages
# behind nearly all dossiers that wait are gone. Evidence returns only with *new* reports, as the old dossiers leave the queue. So an effect can last longer
# than the policy. Before its first day the difference is exactly zero, for then both runs are the same to the last event.

# %% [markdown]
# ## When neither matters
#
# Now the moderators work around the clock, as many at a time as before. Each report is read within the hour or so.

# %%
awake = scenario.replace(**{"moderation.shift_start_hour": 0, "moderation.shift_hours": 24})
both = {"keep-30d": ways["keep-30d"], "snapshot": ways["snapshot"]}
idle = sim.compare(awake.replace(policies=both), seeds=6)
names = ["evidence_share", "predators_barred", "persons_harmed", "history_kept"]
idle.effects[idle.effects["outcome"].isin(names)][columns].set_index(["outcome", "policy"]).sort_index().round(2)

# %% [markdown]
# Look at the verdicts first, then at the share of reviews with evidence under the baseline. If no review lacked evidence,
# more evidence is nothing: harm is `identical`, not "similar". Only the price remains. So the question to ask of a
# proposal to keep messages for longer is: how many reviews lack evidence today? A platform can count that.

# %% [markdown]
# ## What the small scale distorts
#
# Whether evidence outlives the wait depends on the queue, and queues do not shrink with the chat. A small desk is idle for
# hours and then has several dossiers at once; a large one with the same load per head waits less. In a small chat the stair
# above is therefore in another place than in a large one, and with it the retention that is "enough". The form of the
# curve is what you may take away.
#
# ## Exercises
#
# * On this chat, what is the shortest retention at which no review of the run above lacks evidence? Work it out from
#   `waits`, then check it by a run.
# * Does keeping messages help on a chat without accounts, where a ban ends with the visit? Set `registration.level` to
#   `none` and compare.
# * Perhaps announcing a long retention deters some approaches. Nobody knows. Set `predators.p_deterred_by_retention` to
#   `0.1`: how much of the answer is now an input?
#
# The solutions are in the cells below. In Jupyter they are collapsed: click to open.

# %% [markdown] tags=["solution"]
# **The shortest retention.** Messages of hour `k` are there in hour `h` while `h - k` is less than the hours kept. So one
# hour more than the longest wait is enough. A policy changes the waits a little, as it changes who is banned, so we check.

# %% jupyter={"source_hidden": true} tags=["solution"]
enough = int(waits.max()) + 1
check = sim.run(
    scenario.replace(policies={"enough": (RetentionPolicy(message_hours=enough),)}), policy="enough", seed=0
)
lacking = check.daily["n_review"].sum() - check.daily["n_review_evidence"].sum()
print(f"{enough} hours; reviews without evidence in that run: {lacking} of {check.daily['n_review'].sum()}")

# %% [markdown] tags=["solution"]
# **Without accounts.** More evidence leads to more bans, but a ban that ends with the visit keeps nobody out for long.

# %% jupyter={"source_hidden": true} tags=["solution"]
nobody = scenario.replace(policies=both, **{"registration.level": "none"})
without = sim.compare(nobody, seeds=6)
names = ["evidence_share", "predators_barred", "persons_harmed"]
without.effects[without.effects["outcome"].isin(names)][columns].set_index(["outcome", "policy"]).sort_index().round(2)

# %% [markdown] tags=["solution"]
# **Deterrence.** Compare with `keep-30d` above. The snapshot deters nobody here, since it is no long retention: whatever
# sets the two apart in harm is the number that was put in.

# %% jupyter={"source_hidden": true} tags=["solution"]
deterring = scenario.replace(policies=both, **{"predators.p_deterred_by_retention": 0.1})
deterred = sim.compare(deterring, seeds=6)
names = ["approaches", "persons_harmed"]
shown = ["outcome", "policy", "relative", "relative_low", "relative_high", "verdict"]
deterred.effects[deterred.effects["outcome"].isin(names)][shown].set_index(["outcome", "policy"]).sort_index().round(3)
