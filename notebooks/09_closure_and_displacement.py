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
# # Closure and displacement
#
# A site is closed. Is harm spared, or only moved? It depends on who goes on, where to and how soon, and nobody has measured
# that. You will close a site beside a rival, look at who is where day by day, let a clone open, close a second site, and see
# on which assumption the answer turns. It takes about half an hour.
#
# The model explores what assumptions imply. Proceedings were "linked to" real sites; nothing here proves that a site caused
# anything, and nothing here is a sole basis for closing one.

# %%
# %matplotlib inline
import math

import matplotlib.pyplot as plt
import pandas as pd

import sim
from sim.rules.sentences import spoken

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"

# %% [markdown]
# ## Three sites
#
# The scenario `sites.toml` has a chat, here called home, a rival with a third of its audience on which nobody reads reports,
# and a clone that is there only if a policy opens it. Everybody has one home. To be quick we measure five months and take six
# seeds.

# %%
scenario = sim.load("../scenarios/sites.toml").replace(days=150, warmup_days=30)
for name, audience in zip(scenario.site_names, scenario.audiences, strict=True):
    print(f"{name}: {audience.monthly_visitors:,.0f} monthly visitors")
for policy, levers in scenario.policies.items():
    print(f"{policy}:", "; ".join(spoken(lever.words()) for lever in levers))

# %%
found = sim.compare(scenario, seeds=6)
found

# %% [markdown]
# ## Who is where
#
# The daily counts have a row for each site. After the closure nobody is on the first site any more. What is left of
# its audience comes back on the others, each person after a time of their own.

# %%
hours = found.daily.pivot_table("n_user_hours", ["policy", "day"], "site", "sum").rolling(7).mean()
figure, panels = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
for axes, policy in zip(panels, ("baseline", "closure", "closure-and-clone"), strict=True):
    of_policy = hours.loc[policy].iloc[6:] / 6
    for site, colour, line in (("home", BLUE, "-"), ("rival", ORANGE, "--"), ("clone", GREEN, ":")):
        axes.plot(of_policy.index, of_policy[site], color=colour, linestyle=line, label=site)
    axes.set_title(policy, loc="left", fontsize=10)
    axes.set_xlabel("day")
panels[0].set_ylabel("hours of lawful users a day\n(mean of a week and of the seeds)")
panels[0].legend(frameon=False)
plt.show()

# %% [markdown]
# How much comes back is an input: of the lawful users a share `displacement.p_users` goes on at all, and half of those to
# sites that are not simulated. How soon it comes back is one too: with a mean of `displacement.delay_days` that is drawn once
# for each person.

# %%
back = hours.loc["closure", "rival"] - hours.loc["baseline", "rival"]
share = back / hours.loc["baseline", "home"]
print("of the use of the home, what is on the rival at the end (%):", round(100 * share.iloc[-1], 1))
moves = scenario.displacement.p_users * (1 - scenario.displacement.p_elsewhere)
days = 119
moved = moves * (1 - math.exp(-days / scenario.displacement.delay_days))
print("put in: those who go on on a simulated site, as far as they have moved by then (%):", round(100 * moved, 1))

# %% [markdown]
# The two numbers agree, because the clone is closed in this arm and everybody who chose it goes to the rival. This is an
# *echo*: what was put in comes out.
#
# ## What becomes of harm
#
# Harm counts on the site where the contact began, also after that site is closed. So the count of the closed site falls over
# some weeks and not at once: contacts that had left the platform go on.

# %%
months = found.daily.assign(month=found.daily["day"] // 30)
harm = months.pivot_table("n_harm_serious", ["policy", "month"], "site", "sum") / 6
harm.loc[["baseline", "closure", "closure-and-clone", "both-closed"]].round(1)

# %% [markdown]
# On all simulated sites together serious harm falls, by far more than the rival gains. But half of those who go on are on
# sites that are not simulated. What they do there is reckoned afterwards, at the baseline's rates.

# %%
two = ["persons_harmed", "total_harmed"]
columns = ["relative", "relative_low", "relative_high", "verdict"]
found.effects[found.effects["outcome"].isin(two)].set_index(["policy", "outcome"])[columns].round(2)

# %% [markdown]
# `persons_harmed` is what happens on the simulated sites, `total_harmed` has what happens elsewhere with it. A policy that
# looks good on its own site can lose much of it in total.
#
# ## Where the answer turns
#
# How many predators go on, and how dangerous it is where they go, decide. Here is the closure where more and more of both kinds
# go on.

# %%
rows = {}
for moved in (0.0, 0.5, 1.0):
    shares = {"displacement.p_users": moved, "displacement.p_predators": moved}
    closed = {"closure": scenario.policies["closure"]}
    one = sim.compare(scenario.replace(policies=closed, **shares), seeds=6)
    rows[moved] = one.effects[one.effects["outcome"].isin(two)].set_index("outcome")
pd.concat(rows, names=["share who go on"])[columns].round(2)

# %% [markdown]
# If nobody goes on, all that would have happened is spared. If everybody does, what is left of the effect is due to the
# weeks in which people look for another site, and to contacts that the closure ended. That is the honest answer to "does
# closing a site help": it buys time, and more than that only as far as people stop.
#
# ## What the small scale distorts
#
# The chats are small and have four times the predators that are assumed elsewhere, so that six seeds show something.
# The window is short beside the delay: many who will go on are still looking when it ends, so a closure looks better here than
# it would over years. And nothing here tells how many other sites there are: one rival stands for all of them.
#
# ## Exercises
#
# * **First.** What is left of the home's use when half of those who go on have arrived? And on which day after the closure is
#   that? Take `displacement.delay_days`; no run is needed.
# * **Second.** Both sites are closed. Which share of the effect on `persons_harmed` is left in `total_harmed`? Take
#   `found.effects`; no run is needed.
#
# And a run to try: give the rival moderators, and see whether a closure of the home then lowers more.

# %% [markdown] tags=["solution"]
# ### Solutions
#
# **First.** The delay is drawn for each person, so the share that has arrived rises quickly at first and slowly later. Half have
# arrived before the mean delay has passed.

# %% jupyter={"source_hidden": true} tags=["solution"]
print(f"{scenario.displacement.delay_days * math.log(2):.0f} days after the closure")
print(f"{moves / 2:.0%} of the home's use has come back by then")

# %% [markdown] tags=["solution"]
# **Second.** Where nobody simulated is left to go to, what is done elsewhere is all that is done.

# %% jupyter={"source_hidden": true} tags=["solution"]
changes = found.effects[found.effects["policy"] == "both-closed"].set_index("outcome")["difference"]
print(f"{changes['total_harmed'] / changes['persons_harmed']:.0%} of the fall here is a fall in total")
