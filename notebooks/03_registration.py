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
# # What a door does
#
# Should a chat ask newcomers for an e-mail address, a telephone number, an identity document? A door does several things
# at once: it turns people away, it makes those who stay easier to find again, and it makes a new identity costly after a
# ban. You will take these apart, learn to tell an *echo* (what was put in comes out) from a *finding* (what follows from
# the working together), and see one of them turn the sign of an answer. It takes about three quarters of an hour.
#
# The model explores what assumptions imply. Nobody has measured most of the numbers that a door hangs on.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd

import sim
from sim.policies.set import SetPolicy
from sim.rules.sentences import spoken


def effect(comparison, outcome):
    rows = comparison.effects.query("outcome == @outcome").set_index("policy")
    return rows[["baseline", "value", "difference", "low", "high", "verdict"]].round(1)

# %% [markdown]
# ## The ladder
#
# The scenario `registration.toml` holds a ladder from an e-mail address to an identity document, and three policies that
# take the telephone number apart. To be quick we measure fewer days and take fewer seeds than it asks for; that costs
# width of the intervals, not truth.

# %%
scenario = sim.load("../scenarios/registration.toml").replace(days=50, warmup_days=20)
ladder = sim.compare(scenario, seeds=6)
for policy in ladder.policies:
    print(f"{policy}:", "; ".join(spoken(p.words()) for p in scenario.policies[policy]))

# %%
ladder.plot("overview")

# %% [markdown]
# Two outcomes for each policy, and they need not agree. On the left are persons seriously harmed, here and elsewhere. On the
# right is harm *per day of use*, the risk of those who are still there. A door can lower the first merely because fewer
# people are left. Blue discs are better and orange squares worse than the baseline; an open circle is an interval that
# holds zero, so that the sign is not known.

# %% [markdown]
# ## Who is turned away
#
# Lawful people, mostly. There are far more of them, and nothing says that they put up with more than a predator does.

# %%
effect(ladder, "visitors_turned_away")[["difference", "low", "high", "verdict"]]

# %%
ladder.plot("price")

# %% [markdown]
# Up is harm spared, to the right is lawful visitors who never get in: the price. A policy above and to the left of another
# is better on both. Harm is counted here and elsewhere: of those turned away a share is assumed to go on on another site,
# and what happens there takes away from what is spared here.

# %% [markdown]
# ## Echoes
#
# How many hours do predators spend on the site if the door turns away a given share of them? Let us put in three shares,
# and change nothing else.

# %%
shares = (0.1, 0.3, 0.5)
doors = {
    f"away-{100 * share:.0f}-percent": (SetPolicy(rule="registration.friction_predator", value=share),)
    for share in shares
}
echo = sim.compare(scenario.replace(policies=doors), seeds=6)
rows = echo.effects.query("outcome == 'predator_hours'").set_index("policy")
out = 100 * rows[["relative", "relative_low", "relative_high"]]
out.insert(0, "put in", [-100 * share for share in shares])
out.round(1)

# %%
def points(axes, x, rows, colour, mark, label):
    y, low, high = (100 * rows[name].to_numpy() for name in ("relative", "relative_low", "relative_high"))
    axes.errorbar(x, y, yerr=[y - low, high - y], fmt=mark, color=colour, capsize=3, label=label)


figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
percent = [100 * share for share in shares]
points(axes, percent, rows, "#0072B2", "o", "hours of predators online")
harmed = echo.effects.query("outcome == 'persons_harmed'")
points(axes, [x + 1 for x in percent], harmed, "#E69F00", "s", "persons seriously harmed")
axes.plot([0, 60], [0, -60], color="#767676", linestyle="--", label="exactly what was put in")
axes.set_xlabel("share of predators turned away, put in (%)")
axes.set_ylabel("change from the baseline (%)\n95% interval over the seeds")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The points lie along the dashed line, give or take chance: each predator brings harm of their own, so turning away a share
# of them takes away about that share. That is an echo. It is not wrong, but it tells us nothing that we did not put in.
# Whoever quotes it as a result quotes the assumption.
#
# A test for echoes: could you have written the answer down without running anything?

# %% [markdown]
# ## A finding: being found again
#
# Accounts make people easier to find again, also for each other: a pair that was parted by the end of a visit can go on.
# The model calls the chance of that *findability*. Nobody has measured it. So we vary it over its plausible range and
# beyond, for the telephone number, and leave the door and the bans as they are.

# %%
found = {}
for findability in (0.05, 0.2, 0.5, 0.8):
    changed = scenario.replace(**{"registration.phone.findability": findability})
    found[findability] = sim.compare(changed, policies=["phone"], seeds=6)
harm = pd.concat([f.effects.query("outcome == 'persons_harmed'") for f in found.values()])
harm.index = pd.Index(found, name="findability")
harm[["difference", "low", "high", "verdict"]].round(1)

# %%
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
points(axes, list(found), harm, "#0072B2", "o", "persons seriously harmed")
axes.axhline(0, color="#222222", linewidth=0.8)
axes.axvline(
    scenario.registration.none.findability, color="#767676", linestyle=":", label="findability without accounts"
)
axes.set_xlabel("findability with a telephone number (share of partings)")
axes.set_ylabel("change from the baseline (%)\n95% interval over the seeds")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# Follow the points from left to right and look where they cross zero. The same door, with the same people turned away, can
# do good or harm, and which it is depends on one number that nobody knows. *That* is a finding: it could not be read off
# the inputs, for it comes from partings, meetings, bans and doors together. The honest answer to "does it help?" is then
# not a number but a condition.

# %% [markdown]
# ## The price of a new identity
#
# A ban is worth what a new identity costs. Here accounts outlive the visit, the door is open, findability stays as it is,
# and only the chance that a banned person comes back is changed.

# %%
def accounts(p_return):
    persist = SetPolicy(rule="registration.accounts_persist", value=True)
    return (persist, SetPolicy(rule="registration.p_return", value=p_return))


chances = (0.9, 0.5, 0.1)
identity = sim.compare(
    scenario.replace(policies={f"return-{100 * p:.0f}-percent": accounts(p) for p in chances}), seeds=6
)
effect(identity, "persons_harmed")

# %%
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
points(
    axes, chances, identity.effects.query("outcome == 'predator_hours'"), "#0072B2", "o", "hours of predators online"
)
shifted = [p + 0.012 for p in chances]
points(axes, shifted, identity.effects.query("outcome == 'persons_harmed'"), "#E69F00", "s", "persons seriously harmed")
axes.axhline(0, color="#222222", linewidth=0.8)
axes.set_xlabel("chance that a banned person comes back under a new identity")
axes.set_ylabel("change from the baseline (%)\n95% interval over the seeds")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# If nearly everybody comes back within days, a ban is a pause. If few do, bans add up over the months: with more days the
# points on the left would lie lower still. Ask of any such policy: how many days were measured?

# %% [markdown]
# ## What the small scale distorts
#
# This chat has far fewer visitors than a real one and a larger share of predators, so that something happens. In quiet
# hours a class of persons may be missing altogether, so predators find fewer to approach; and a short warm-up and a short
# window mean that bans have had little time to add up. Directions are what you may take away, not sizes.
#
# ## Exercises
#
# * Let the door turn away the same share of users and of predators. What happens to the number harmed, and what to the
#   risk per day of use of those who remain? Which of the two is nearer to an echo?
# * When the person sought is not there because of the door, a predator may look for somebody else
#   (`predators.p_retry_absent`). Compare the extremes for `phone-door-alone`. Who pays for the door then?
# * Is it the ban or the door? Compare `phone-bar-alone` and `phone-door-alone` with `phone` in the first picture, and say
#   in one sentence why their effects do not simply add up. Look for what the three differ in.
#
# The solutions are in the cells below. In Jupyter they are collapsed: click to open.

# %% [markdown] tags=["solution"]
# **The same share of both.** Fewer of both kinds means fewer meetings of one with the other.

# %% jupyter={"source_hidden": true} tags=["solution"]
both = tuple(SetPolicy(rule=f"registration.friction_{who}", value=0.3) for who in ("user", "predator"))
same = sim.compare(scenario.replace(policies={"same-share": both}), seeds=6)
columns = ["relative", "relative_low", "relative_high", "verdict"]
same.effects.query("outcome in ('persons_harmed', 'harm_per_100k_user_days')").set_index("outcome")[columns].round(2)

# %% [markdown] tags=["solution"]
# The number harmed falls because two groups shrink. The risk per day of use divides by the user-days that are left, so the
# loss of users cancels out of it to a large part, and what remains is near the share of predators turned away: the risk is
# nearer to an echo. Mind the intervals before you say more.

# %% [markdown] tags=["solution"]
# **Looking for somebody else.** With a chance of one, an approach that the door would have prevented is moved to somebody
# who passed the door: look at the harm of persons approached in place of somebody absent.

# %% jupyter={"source_hidden": true} tags=["solution"]
extremes = {}
for chance in (0.0, 1.0):
    changed = scenario.replace(**{"predators.p_retry_absent": chance})
    extremes[chance] = sim.compare(changed, policies=["phone-door-alone"], seeds=6)
names = ["persons_harmed", "harm_per_100k_user_days", "harms_redirected"]
rows = {chance: c.effects.set_index("outcome").loc[names] for chance, c in extremes.items()}
pd.concat(rows, names=["chance"])[["baseline", "difference", "low", "high", "verdict"]].round(1)

# %% [markdown] tags=["solution"]
# **Ban, door, both.** `phone` moves three things, the two others one each, and the third is findability: neither of the
# two parts has it. Findability pulls the other way, so the whole is less than its parts promise. And even without it the
# parts would not add up: whom the door has turned away cannot be banned as well.

# %% jupyter={"source_hidden": true} tags=["solution"]
rows = ladder.effects.query("outcome == 'persons_harmed'").set_index("policy")
rows.loc[["phone-door-alone", "phone-bar-alone", "phone-open-door", "phone"], columns].round(2)
