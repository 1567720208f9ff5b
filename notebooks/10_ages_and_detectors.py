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
# # Ages and detectors
#
# Two policies that know more than a site like Coco knew: one asks how old people are, the other one reads what they write. What
# either does hangs on its errors, and on what is done with what it finds. You will look at who passes a check of age, at a gate
# and a limit beside a site that has neither, at who is harmed under one arm and not under the other, and at a detector that
# drowns the staff. It takes about half an hour.
#
# The model explores what assumptions imply. How well checks and detectors work on such a chat, nobody has measured.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd

import sim

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"

# %% [markdown]
# ## Who passes for an adult
#
# Nobody in the model has an age in years. Persons belong to a band, and of each band a share passes the check: worked out once
# from the error of the check, the ages of the band, and who gets round it. Here are these shares for what `ages.toml` compares.
# A limit makes them worth lying about: some minors state another age, and some predators pose as minors.

# %%
scenario = sim.load("../scenarios/ages.toml").replace(days=150, warmup_days=30)
arms = {
    "ages stated, no rule": "baseline",
    "ages stated, a limit": "apart-declared",
    "ages estimated, a limit": "apart-estimated",
    "the same with a buffer": "apart-estimated-25",
}
shares = {name: scenario.rules_on(0, arm).p_pass_for_adults for name, arm in arms.items()}
columns = ["under 15", "15 to 17", "adults", "predators"]
(pd.DataFrame(shares, index=columns).T * 100).round(1).rename_axis("pass for adults (%)")

# %% [markdown]
# An estimate takes a few adults for minors, with a buffer many. Where there is a gate they are kept out; where there is a limit they
# are protected, and, if they are predators, let through to minors.
#
# ## A gate and a limit
#
# A *gate* keeps out whoever is taken for too young. A *limit* lets everybody in and keeps those taken for adults from writing to
# those taken for minors. Both are on the home alone; the rival has neither.

# %%
policies = ["gate-declared", "gate-estimated", "apart-declared", "apart-estimated"]
found = sim.compare(scenario, policies=policies, seeds=6)
two = ["persons_harmed", "total_harmed"]
columns = ["relative", "relative_low", "relative_high", "verdict"]
found.effects[found.effects["outcome"].isin(two)].set_index(["policy", "outcome"])[columns].round(2)

# %% [markdown]
# `persons_harmed` is what happens on both simulated sites, `total_harmed` has what is reckoned to happen elsewhere with it. A gate
# protects by absence, so that part of what it spares comes back in the total. Where minors are, day by day, says the same.

# %%
hours = found.daily.pivot_table("n_minor_hours", "policy", "site", "sum").loc[["baseline", *policies]]
(hours / hours.loc["baseline"] * 100).round(1).rename_axis(columns="hours of minors, % of the baseline's")

# %% [markdown]
# ## Person by person
#
# Both arms have the same luck, so persons harmed under one can be held against those harmed under the other. Read the net
# first: it is the effect. Who stands on either side of it is a matter of the luck that the runs share. Other luck gives other
# persons and the same net, so it says of nobody in particular that a policy would have saved them.

# %%
sim.figures.flows(found.flows).figure

# %%
flows = found.flows.pivot_table("rate", "policy", "flow").loc[policies]
flows[["net", "baseline_alone", "spared", "absent", "policy_alone", "redirected"]].round(2)

# %% [markdown]
# Of those harmed under the baseline alone a limit on stated ages lets in all (`spared`). A gate keeps many out (`absent`), and so
# does an estimate that people leave rather than pass; what becomes of them the model does not follow. Of those harmed under the policy alone some were approached in the place of others
# (`redirected`): predators look for somebody else.
#
# ## A detector, and those who read what it flags
#
# `detection.toml` has one detector that reads more and more, and the same moderators. How many of its flags are right is no setting.
# It follows from how rare predators are among those read.

# %%
read = sim.load("../scenarios/detection.toml").replace(days=150, warmup_days=30)
coverage = {"read-10": 0.1, "read-25": 0.25, "read-50": 0.5, "read-all": 1.0}
detected = sim.compare(read, policies=list(coverage), seeds=6)
wanted = ["waiting_hours", "evidence_share", "persons_harmed"]
arms = detected.effects[detected.effects["outcome"].isin(wanted)]
table = arms.pivot_table("value", "policy", "outcome").loc[list(coverage)]
table.assign(precision=pd.Series(detected.precision)).round(3)

# %%
effects = detected.effects[detected.effects["outcome"] == "persons_harmed"].set_index("policy").loc[list(coverage)]
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
low, high = ((effects["relative"] - effects[f"relative_{end}"]).abs() * 100 for end in ("low", "high"))
axes.errorbar([*coverage.values()], effects["relative"] * 100, yerr=[low, high], color=BLUE, marker="o", capsize=3)
axes.axhline(0, color="0.4", linewidth=0.8)
axes.set_xlabel("share of contacts and conversations that are read")
axes.set_ylabel("change of persons seriously\nharmed (%, luck 95%)")
plt.show()

# %% [markdown]
# The curve bends where staff cannot read all that is flagged. From there on every dossier waits longer than messages are kept,
# those that targets reported too, and reviews find nothing any more.
#
# ## What the small scale distorts
#
# The chats are small and have more predators than is assumed elsewhere, so that six seeds show something. Nearly
# all that goes in is assumed: the comments of the two scenario files say what.
#
# ## Exercises
#
# * **First.** How many of the flags would be right if predators were ten times as rare? Take the odds that a flag is right; no run is
#   needed.
# * **Second.** Which share of what the estimated gate spares on the simulated sites is left in total? Take `found.effects`; no
#   run is needed.
#
# And a run to try: give `read-all` three times the staff, and see on which side of zero it lands (`read-all-staffed`).

# %% [markdown] tags=["solution"]
# ### Solutions
#
# **First.** For each flag that is right there are so many that are wrong; ten times fewer predators make ten times fewer right ones,
# and as many wrong ones. Nearly so: a detector that finds fewer bans fewer, and predators who are not barred are read again.

# %% jupyter={"source_hidden": true} tags=["solution"]
precision = detected.precision["read-10"]
odds = precision / (1 - precision) / 10
print(f"{precision:.0%} of the flags are right; with a tenth of the predators about {odds / (1 + odds):.0%} would be")

# %% [markdown] tags=["solution"]
# **Second.** What is reckoned elsewhere is taken off.

# %% jupyter={"source_hidden": true} tags=["solution"]
changes = found.effects[found.effects["policy"] == "gate-estimated"].set_index("outcome")["difference"]
print(f"{changes['total_harmed'] / changes['persons_harmed']:.0%} of the fall here is a fall in total")
