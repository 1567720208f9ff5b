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
# # What becomes of a file of the police
#
# Somebody complains to the police. What must be true so that the offender is found? And what does it change for those on the
# chat if that happens? You will follow files from the act to an arrest, see at which link of the chain they break, what logs and
# answers do alone and together, whom arrests spare, and why the record of the police can rise while harm stays or falls. It
# takes about three quarters of an hour.
#
# The model knows files, hours and shares. There is no content in it, no person of the real world, and nothing of how an
# investigation is really done. Most numbers of the police are assumed: `python -m sim explain police`. Those who need help, or
# fear for somebody, find whom to call in France at the end of [what it is for](../README.md#what-it-is-for-and-what-not).

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sim

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#767676"


def levels(comparison, policies, outcomes, digits=1):
    rows = comparison.effects[comparison.effects["outcome"].isin(outcomes)]
    table = rows.pivot_table("value", "outcome", "policy").loc[outcomes, policies]
    table.insert(0, "baseline", rows.drop_duplicates("outcome").set_index("outcome")["baseline"])
    return table.round(digits)


def effect(comparison, outcome, digits=1):
    rows = comparison.effects.query("outcome == @outcome").set_index("policy")
    return rows[["baseline", "value", "difference", "low", "high", "verdict"]].round(digits)

# %% [markdown]
# ## A chain with six links
#
# A file is about one person. It begins with a lead: here a complaint, most of them months after the act. An investigator must
# have time for it. Unless the complaint names somebody by other means, the host is asked who was connected. The request must
# reach the host, who must answer, must still have the logs, and these must lead to a person. Only then does somebody have a name,
# and an arrest takes months more.
#
# The scenario `police.toml` has a host abroad who keeps logs for hours. Let us keep them for a year, have the host answer
# within days, and do both. (Two policies more run along for later: referrals by the site, and decoys.)

# %%
scenario = sim.load("../scenarios/police.toml").replace(days=450, warmup_days=30)
links, leads = ["logs-12-months", "direct-answers", "direct-answers-and-logs"], ["referrals", "decoys"]
chain = sim.compare(scenario, [*links, *leads], seeds=3)
print(f"logs are kept for {scenario.retention.log_hours} hours, host {scenario.cooperation.host}")
closed = ["closed_no_answer", "closed_no_data", "closed_too_old", "closed_no_identity"]
ends = ["cases", "requests", *closed, "identified_without_site", "identifications", "arrests", "cases_waiting"]
levels(chain, links, ends)

# %% [markdown]
# All are counts a year; the last row is how many files wait for an investigator, in the mean. Look at where files end. Under the baseline none ends because logs *lead* to nobody: none gets that far.
# Where both links are mended, files pass on and many break at the next one, for what an e-mail address is worth to the police is
# a link too. About as many are found without the site whatever it keeps.
#
# Why are there more *files* where the host answers fast? One file a person: while a request is under way, another complaint about
# the same person joins the file that is open. A file that is closed soon leaves room for the next. So even without a
# single act more, the record grows: mind that whenever files are counted.
#
# ## Logs: do they outlive the way to them?
#
# How old is the connection that a request asks for, on the day when it is sent? The model counts that (`durations`, of the kind
# `request`): the months until somebody complains, and the wait until an investigator has time. From it follows for *every*
# retention which share of requests would find logs: those whose connection is younger.

# %%
ages = chain.durations.query("kind == 'request'").groupby(["policy", "hours"])["count"].sum()
days = np.array([1, 7, 30, 90, 180, 365])


def younger(policy):
    of = ages[policy]
    return [of[of.index < 24 * d].sum() / of.sum() for d in days]


kept = pd.Index(days, name="logs kept, days")
survival = pd.DataFrame({policy: younger(policy) for policy in ["baseline", "direct-answers"]}, index=kept)
(100 * survival).round(0)

# %% [markdown]
# That is in percent, and it is the age when a request is *sent*. (With direct answers connections are older, since more files come
# to the same few investigators and wait.) Then the request travels. A host abroad is reached after most of a year, and logs get
# older on the way:

# %%
shares = ["data_at_request", "data_at_answer"]
(100 * levels(chain, links, shares, 4)).round(0)

# %% [markdown]
# The first row is when the request is sent, the second when it arrives and is answered. The gap between them is the way, and
# requests that are never answered. Why does a year of logs fall short of the table above even in the first row? The policy begins
# with the window, and what had been deleted by then stays deleted.
#
# So the question to ask of a retention is the same as for a review (see the notebook `04_retention_and_snapshot`): does what
# is kept outlive the wait? Here most of the wait is that of somebody who needs months to go to the police, which no rule of a
# platform shortens.
#
# In this model nobody can ask a host to freeze data first and to hand them out later. Where that exists, the gap is smaller.
#
# ## From the act to an arrest

# %%
def months(policy, kind):
    of = chain.durations.query("policy == @policy and kind == @kind")
    return of["hours"].repeat(of["count"]) / 730.5


figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
for ax, kind, name in zip(axes, ["identify", "arrest"], ["to the identification", "to the arrest"], strict=True):
    for policy, color in [("direct-answers-and-logs", BLUE), ("baseline", ORANGE)]:
        when = np.sort(months(policy, kind))
        ax.step(when, np.arange(1, len(when) + 1) / len(chain.seeds), where="post", color=color, label=policy)
    ax.set_xlabel(f"months from the act {name}")
axes[0].set_ylabel("so many by then, mean of the runs")
axes[0].legend(frameon=False)
plt.show()

# %% [markdown]
# Both curves count persons, so they show at once how many and how late. Some of the acts lie before the window. Whoever is arrested
# after the window is not seen, so the right ends of the curves are too low: a longer window has more late arrests, and the means
# below are too short rather than too long.

# %%
levels(chain, links, ["days_to_identification", "days_to_arrest"], 0)

# %% [markdown]
# ## Together more than the sum?
#
# Logs alone, answers alone, both. If the effects added up, both together would find as many more persons as one and the other do.
# `interactions` holds what there is beyond that sum, seed by seed.

# %%
together = chain.interactions.set_index("outcome").loc[
    ["data_at_answer", "identifications", "arrests", "persons_harmed"], ["interaction", "low", "high", "verdict"]
]
together.round(2)

# %%
found = effect(chain, "identifications", 6).loc[links]
figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
spread = [found["difference"] - found["low"], found["high"] - found["difference"]]
axes.errorbar(found["difference"], found.index, xerr=spread, fmt="o", color=BLUE, capsize=3)
alone = found["difference"][["logs-12-months", "direct-answers"]].sum()
axes.axvline(alone, color=GREY, linestyle=":", label="sum of the two alone")
axes.axvline(0, color="#222222", linewidth=0.8)
axes.set_xlabel("persons identified a year: change from the baseline")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The dotted line is what the two would do if they did not need each other. This is what a chain does: to mend one link shows
# nothing while another is broken. It was written into the scenario before the runs. It is no discovery that logs and answers need
# each other, for the model is built as a chain. What a run adds is how large it is, and that the last row of the table, harm, may be
# *not resolved* although the police find far more persons.
#
# ## Whom do arrests spare?
#
# An arrest takes a predator from the site and ends all their contacts. Both runs below have the same persons, visits and
# luck, so that persons can be matched: was this person harmed in one, in the other, in both? We take a smaller chat and keep
# all events.

# %%
half = scenario.replace(population={"monthly_visitors": 5_000, "monthly_visitors_start": 5_000})
serious = [offence.name for offence in half.offences if offence.serious and not offence.outside]
first = 24 * half.warmup_days


def harms_and_arrests(policy):
    events = sim.run(half, policy, seed=0, events=True).events
    measured = events[events["hour"] >= first]
    harms = measured[(measured["event"] == "harm") & measured["offence"].isin(serious)]
    arrests = measured[measured["event"] == "arrest"].set_index("target")["hour"]
    return harms, arrests, set(events.loc[events["event"] == "case", "target"])


before, arrests_before, _ = harms_and_arrests("baseline")
after, arrests_after, on_file = harms_and_arrests("direct-answers-and-logs")
harmed_before, harmed_after = set(before["target"]), set(after["target"])
pd.Series(
    {
        "net: fewer persons harmed": len(harmed_before) - len(harmed_after),
        "harmed in both": len(harmed_before & harmed_after),
        "spared": len(harmed_before - harmed_after),
        "newly harmed": len(harmed_after - harmed_before),
        "arrests under the baseline": len(arrests_before),
        "arrests under the policy": len(arrests_after),
    },
    name="persons, one run",
).to_frame()

# %% [markdown]
# Read the net first. It is one run, an example and no estimate; the comparison above has the interval.
#
# The two lines under it are gross flows, *spared* and *newly harmed*. They are a property of this model as much as of the policy:
# it gives every contact its own luck, the same in both runs, so that little moves that the policy did not move. A model whose luck
# runs on from one draw to the next would have large flows both ways, and the same net. So never quote them alone. Can an arrest
# harm somebody newly? By detours: moderators and investigators who have one case less turn to others in another order, so that
# some predator is barred or arrested later than before.
#
# Which harms did arrests take away for sure? Those that happened under the baseline by somebody who, under the policy, was in
# custody at that hour:

# %%
in_custody = before["hour"] >= before["actor"].map(arrests_after)
already = before["hour"] >= before["actor"].map(arrests_before)
print("harms under the baseline:", len(before))
print("by somebody who would have been in custody under the policy:", int((in_custody & ~already).sum()))
late = (first + 24 * half.days - arrests_after) / 730.5
offenders = set(before["actor"])
print(f"on {len(offenders & on_file)} of the {len(offenders)} who did them the police have a file under the policy")
print(f"an arrest under the policy leaves {late.median():.0f} months of the window, in the median")

# %% [markdown]
# Few, of many. What makes them few? An arrest comes late, and only what comes after it counts. Some have left the chat by
# then. And on many offenders there is never a file, as few of those harmed go to the police. None of this says what an arrest
# means to those who were harmed: that is not in the model. Nor is deterrence: here nobody minds being found, unless
# `felt_risk.sensitivity` is set.
#
# ## The record and the harm part ways
#
# Complaints are not the only leads. A site can refer to the police whom its moderators sanction, and investigators can be online as
# decoys, who do not need anything that the site keeps. Both open files. What do they do to harm, and do they still where
# investigators are few?

# %%
files = ["recorded_proceedings", "cases", "cases_referral", "cases_decoy", "innocents_investigated"]
shown = [*files, "investigators_busy_share", "cases_waiting", "arrests", "days_to_arrest", "persons_harmed"]
enough = sim.compare(scenario.replace(**{"police.investigators": 5}), leads, seeds=3)
desks = {"few investigators": chain, "enough investigators": enough}
pd.concat({name: levels(found, leads, shown, 2) for name, found in desks.items()}, axis=1)

# %%
def change(found, outcome):
    return 100 * found.effects.query("outcome == @outcome").set_index("policy")["relative"][leads]


figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
for (name, found), color in zip(desks.items(), [ORANGE, BLUE], strict=True):
    record, harm = change(found, "recorded_proceedings"), change(found, "persons_harmed")
    axes.plot(record, harm, "o", color=color, label=name)
    for policy in leads:
        axes.annotate(policy, (record[policy], harm[policy]), textcoords="offset points", xytext=(6, 4))
axes.axhline(0, color="#222222", linewidth=0.8)
axes.axvline(0, color="#222222", linewidth=0.8)
axes.margins(0.2)
axes.set_xlabel("recorded proceedings: change, percent")
axes.set_ylabel("persons seriously harmed:\nchange, percent")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# To the right the record grows, down harm falls. A year in which the police open more files need not be a worse year, and a
# year with fewer need not be a better one. Three runs of each are too few for the height of these points: look at the distance to the
# right, and do not rank them by harm.
#
# With few investigators `cases_waiting` tells what referrals cost: files on complaints wait behind them. A lead is worth nothing
# without somebody who follows it.
#
# ## The price
#
# Logs are kept of everybody, nearly all of them lawful. And files are opened on people who have done nothing: those whom a review
# sanctioned wrongly and whom the site referred.

# %%
everybody = effect(chain, "logs_kept").loc[links, "value"].astype(int)
more = effect(chain, "identifications", 6).loc[links, "difference"]
stored = pd.DataFrame({"logs in store, user-hours": everybody, "identified a year, change": more.round(1)})
innocent = levels(chain, leads, ["innocents_investigated", "cases_referral"]).T
print(stored, innocent, sep="\n\n")

# %% [markdown]
# The model sets hours in store beside persons identified and stops there. It does not know what else logs may be used for, what a leak
# costs, what it means to a person to be investigated for nothing, or how much each of these should count. Those are questions
# of law, and for those who decide.
#
# ## What the small scale distorts
#
# This chat has ten times as many predators as is assumed elsewhere, the upper end of how many complain, and members who stay for
# long, so that a few runs show some arrests. So read which link breaks and what needs what, never a level. Investigators do
# not shrink well either: a fraction of one is a queue that moves in jumps. And the window is short beside the way of a file: in a
# longer one, arrests add up, and harm has more time to fall.
#
# ## Exercises
#
# * **First.** The host answers directly. How many days must logs be kept so that three quarters of the requests find them? Take
#   `ages`; no run is needed.
# * **Second.** Suppose that every arrest had come half a year sooner. How many of the harms of `before` would it have taken away?
#   Take `arrests_after`; no run is needed. Is that too many or too few?
#
# And a run to try: perhaps predators do mind arrests. Nobody knows. Compare `direct-answers-and-logs` with
# `felt_risk.sensitivity` at `0.02`: how much of the fall in harm is then an input?
#
# And a sentence to write: an operator says "we answer every request of the police within a day". What do you ask?

# %% [markdown] tags=["solution"]
# ### Solutions
#
# **First.** Requests are sorted by the age of what they ask for, and the count is taken up to three quarters. It is a matter of when
# people complain, hardly of the platform. And it is the age when a request is *sent*: days on the way come on top.

# %% jupyter={"source_hidden": true} tags=["solution"]
of = ages["direct-answers"].sort_index()
reached = (of.cumsum() / of.sum()).searchsorted(0.75)
print(f"{of.index[reached] / 24:.0f} days")

# %% [markdown] tags=["solution"]
# **Second.** Too few, if anything: predators who are arrested soon after the window, and so not seen here, would be in custody within
# it. Too many in another way: harms that somebody in custody did not do could be done by others, which only a run can tell.

# %% jupyter={"source_hidden": true} tags=["solution"]
for sooner in (0, 0.5):
    gone = before["hour"] >= before["actor"].map(arrests_after) - 12 * 730.5 * sooner
    print(f"arrests {sooner} years sooner: {(gone & ~already).sum()} of {len(before)} harms")

# %% [markdown] tags=["solution"]
# The sentence could be: "With what? How long do you keep what the police will ask for, and how long after the act do they ask?" An answer
# within a day that nothing is left is a fast answer.
