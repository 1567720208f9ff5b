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
# # How sure are we?
#
# A number without an interval is half an answer, and an interval answers one question only. You will see two kinds of not
# knowing apart: **luck**, what would differ if the same chat had another run of chance, and **doubt**, what would differ if
# the numbers that nobody has measured were others. More runs shrink the first and never the second. It takes about half an
# hour.
#
# The model explores what assumptions imply. This notebook is about how far its answers hang on them.

# %%
# %matplotlib inline
import pandas as pd

import sim

scenario = sim.load("../scenarios/classroom.toml").replace(
    days=24, warmup_days=6, population={"monthly_visitors": 30_000, "monthly_visitors_start": 30_000}
)
policies = ["email", "phone"]


def ends(comparison):
    rows = comparison.effects.query("outcome == 'persons_harmed'").set_index("policy")
    return 100 * rows[["relative", "relative_low", "relative_high"]]

# %% [markdown]
# ## Luck
#
# Every policy is compared with the baseline over the same seeds: the same persons, visits and chances. What is left is luck in
# the *difference*, and the 95% interval says how large that may be. With four times as many seeds it is about half as wide.

# %%
few, many = (sim.compare(scenario, policies, seeds=n) for n in (4, 16))
pd.concat({"4 seeds": ends(few), "16 seeds": ends(many)}).round(1)

# %% [markdown]
# How many seeds are enough? Enough for the question. Whoever wants to know a change to within a twentieth of the baseline's harm can
# say so: twenty seeds are run, their spread says how many it takes in all, and the others follow. To look again and again and to stop
# when the interval pleases would be wrong: it would please by luck, and cover the truth too seldom. Here the first seeds decide,
# and the interval rests on the spread that they had (Stein's two stages).

# %%
enough = sim.compare(scenario, ["phone"], until_halfwidth=0.05)
print(len(enough.seeds), "seeds")
ends(enough).round(1)

# %% [markdown]
# ## Doubt
#
# Now the other kind. Nearly every number in this scenario is assumed, with a range that is plausible. `doubt=36` draws so many
# *worlds*: in each of them every such number has another value, all drawn at once, and both policies are compared in each.

# %%
both = sim.compare(scenario, policies, seeds=4, doubt=36)
print(both.table().split("HARM:")[0])

# %%
both.plot("overview")

# %% [markdown]
# Thin lines are luck, as before. The wide bands are doubt: where the middle of the worlds lies. They are many times as wide, and
# no number of seeds makes them narrower. A band on both sides of zero means that the sign of the answer hangs on numbers that
# nobody has measured.
#
# Each world is only one run, so some luck is in the bands too, and in a small chat much of it. Worlds in which hardly anybody is
# harmed are not compared at all: `without` says how many.

# %%
rows = both.doubt.spreads.query("outcome == 'persons_harmed'").set_index("policy")
rows[["sets", "without"]].join((100 * rows[["median", "median_low", "median_high", "lowered"]]).round(0))

# %% [markdown]
# `lowered` is the share of the worlds in which harm falls. It is a better summary than a mean: it needs no scale, and it is what
# somebody who must decide asks first.
#
# ## What it rests on
#
# Which of the numbers make the band? With two dozen worlds and some seventy numbers that cannot be told: as many made-up numbers,
# which reach nothing, would seem to do as much. The software says so instead of guessing.

# %% [markdown]
# For Coco, more worlds were run at full size, and some of them twice; the result is shipped (`make results`). What differs between
# two runs of one world can only be luck, and there it is little:

# %%
doubt = pd.read_csv("../results/doubt/doubt.csv").query("outcome == 'persons_harmed'").set_index("policy")
(100 * doubt[["median", "median_low", "median_high", "lowered", "luck", "luck_high"]]).round(0)

# %% [markdown]
# Then come the numbers that make the spread of a policy's effect. Of each, what stands out of the noise:

# %%
coco = pd.read_csv("../results/doubt/doubt_parameters.csv")
coco[coco["stands_out"]][["policy", "parameter", "standing", "first", "noise"]].round(2).head(12)

# %% [markdown]
# ## What the small scale distorts
#
# The chat of this notebook is small and its window short, so that it runs in a minute. Luck is large in it, and worlds in which
# hardly anybody is harmed drop out, which are those with few offenders: the band is that of the others. Effects that build up
# over months have no time to. A real question takes a real size, a year, and a night of worlds.

# %% [markdown]
# ## Exercises
#
# * **First.** Before you look: how many times as wide is the interval of four seeds as that of four times as many, and what would
#   become of the bands of `both` with more seeds?
# * **Second.** How much of the doubt about `email` comes from one number alone? Draw only `registration.email.findability`
#   (`sim.doubt(scenario, ["email"], ["registration.email.findability"], draws=16)`), and compare its range with the band above.
#
# And a sentence to write: somebody says "phone lowers harm, the interval leaves out zero". What should follow?

# %% [markdown] tags=["solution"]
# ### Solutions
#
# **First.** More than twice as wide: with few seeds the spread itself is badly known, and the interval pays for that. The bands stay
# as they are: they are made of the same worlds, whatever the seeds.

# %% jupyter={"source_hidden": true} tags=["solution"]
width = [ends(found)["relative_high"] - ends(found)["relative_low"] for found in (few, many)]
(width[0] / width[1]).round(1)

# %% [markdown] tags=["solution"]
# **Second.** Compare this range with the band of `email`: what it has is what one number does while all others stay as they are; what
# is left of the band is all other numbers, and what they do together.

# %% jupyter={"source_hidden": true} tags=["solution"]
alone = sim.doubt(scenario, ["email"], ["registration.email.findability"], draws=16).spreads
row = alone.query("outcome == 'persons_harmed'")[["median", "median_low", "median_high"]]
(100 * row).round(0)

# %% [markdown] tags=["solution"]
# The sentence could be: "That is luck alone, with every unmeasured number at one value. Over the plausible values it falls in so
# many of the worlds, and rises in the others." The command for it is `python -m sim compare FILE --doubt 24`.
