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
# # Write your own policy
#
# A policy is a small change of a platform's rules, with a first day. You will define one in a cell, check what it changes
# before running anything, compare it, see that its inert level changes nothing at all, combine it with others, and meet the
# error that tells you two policies contradict each other. You should know what a Python class is. It takes about an hour.
#
# Our example: volunteers who help the moderators. It is invented, and so are its numbers.

# %%
# %matplotlib inline
import datetime as dt

import matplotlib.pyplot as plt
import pandas as pd
from pydantic import ValidationError

import sim
from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Change, Policy
from sim.policies.reporting import ReportingPolicy
from sim.rules.declare import parameter
from sim.rules.errors import ScenarioError
from sim.rules.rulebook import RULES
from sim.rules.sentences import spoken


def effect(comparison, *outcomes, digits=2):
    rows = comparison.effects[comparison.effects["outcome"].isin(outcomes)].set_index(["outcome", "policy"])
    return rows.loc[list(outcomes), ["baseline", "value", "difference", "low", "high", "verdict"]].round(digits)

# %% [markdown]
# ## Which rules are there?
#
# Everything that a platform can set is a rule. A policy can *set* a rule, *add* to it or *multiply* it, and can do nothing
# else: it cannot reach the persons, their luck or what they want.

# %%
rules = [{"rule": rule.key, "unit": rule.unit, "takes": spoken(rule.accepts)} for rule in RULES.values()]
print(pd.DataFrame(rules).to_string(index=False))

# %% [markdown]
# ## The policy
#
# A name, the numbers that can be chosen, and what is done to the rules. `parameter` takes the default, the unit, the
# plausible range and the meaning, so that a scenario can be checked and the number explained.
#
# Volunteers add heads, and reading together they are slower: so the speed of everybody is multiplied.

# %%
class VolunteersPolicy(Policy, name="volunteers"):
    """Let volunteers read reports beside the staff."""

    heads: float = parameter(0.0, "volunteers", 0, 5, "heads added on shift", maximum=100)
    pace: float = parameter(1.0, "factor", 0.5, 1, "speed of reviews, of all who read", minimum=0.1, maximum=1)

    def changes(self, platform):
        return [
            Change("moderation.staff", "add", self.heads),
            Change("moderation.reviews_per_hour", "multiply", self.pace),
        ]

    def words(self):
        return f"{self.heads:g} volunteers on shift, speed x {self.pace:g}"

# %% [markdown]
# That is all. From here on the name `volunteers` is known, in this notebook, as that of any other policy is.
#
# ## Check it before running it
#
# We need a desk that is too small, or there is nothing to gain: the scenario `reporting.toml`, with easy reporting. Which
# rules are in force on the first day, and do they differ from the baseline as we meant?

# %%
scenario = sim.load("../scenarios/reporting.toml").replace(
    days=50, warmup_days=20, policies={}, **{"reporting.friction": 0.2}
)
mine = scenario.replace(policies={"volunteers": (VolunteersPolicy(heads=0.25, pace=0.8),)})


def changed(scenario, policy, day=0):
    arms = {arm: scenario.rules_on(day, arm) for arm in ("baseline", policy)}
    table = pd.DataFrame({arm: {rule: rules.value_of(rule) for rule in RULES} for arm, rules in arms.items()})
    return table.query(f"baseline != `{policy}`")


changed(mine, "volunteers")

# %% [markdown]
# A number that was not declared to be possible is refused, before an hour is simulated.

# %%
try:
    VolunteersPolicy(heads=5000)
except ValidationError as error:
    for problem in error.errors():
        print(*problem["loc"], problem["msg"], sep=": ")

# %% [markdown]
# ## Compare it

# %%
levels = {
    "nobody": (VolunteersPolicy(),),
    "volunteers": (VolunteersPolicy(heads=0.25),),
    "slow-volunteers": (VolunteersPolicy(heads=0.25, pace=0.6),),
}
comparison = sim.compare(scenario.replace(policies=levels), seeds=6)
effect(comparison, "backlog", "waiting_hours", "predators_barred", "persons_harmed")

# %%
comparison.plot("backlog")

# %% [markdown]
# Look at the sign and at whether the interval contains zero. And look at the chain: does the backlog change, do the waits,
# do the bans, does the harm? An effect on harm without a link before it would be a reason for doubt.

# %% [markdown]
# ## The inert level
#
# A good policy has a level that equals the baseline. Here it is `nobody`: no heads added, everything times one. Then *every*
# number must be the same, to the last digit, for both runs share the world and all luck. This is the best test that there is
# of a policy of one's own: it shows that nothing else is touched.

# %%
print("inert:", comparison.scenario.inert("nobody"))
print(effect(comparison, "backlog", "persons_harmed").xs("nobody", level="policy")["verdict"].to_string())
base, nobody = (comparison.daily.query("policy == @arm").drop(columns="policy") for arm in ("baseline", "nobody"))
print("every daily count is the same:", base.reset_index(drop=True).equals(nobody.reset_index(drop=True)))

# %% [markdown]
# ## From a date on
#
# Every policy has a `start` and an `end`, and you need not write anything for it. Before the first day nothing differs.

# %%
later = scenario.start + dt.timedelta(weeks=3)
dated = scenario.replace(policies={"volunteers-later": (VolunteersPolicy(heads=0.25, start=later),)})
sim.compare(dated, seeds=6).plot("backlog")

# %% [markdown]
# ## Combine it with others
#
# An arm is a tuple of policies. Additions add and factors multiply, so they get on with everything.

# %%
easy, volunteers = ReportingPolicy(friction=0.1), VolunteersPolicy(heads=0.25)
arms = {"easier": (easy,), "volunteers": (volunteers,), "both": (easy, volunteers)}
together = sim.compare(scenario.replace(policies=arms), seeds=6)
effect(together, "backlog", "persons_harmed")

# %%
figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
rows = together.effects.query("outcome == 'persons_harmed'")
spread = [rows["difference"] - rows["low"], rows["high"] - rows["difference"]]
axes.errorbar(rows["difference"], range(len(rows)), xerr=spread, fmt="o", color="#0072B2", capsize=3)
axes.axvline(0, color="#222222", linewidth=0.8)
axes.set_yticks(range(len(rows)), rows["policy"])
axes.set_ylim(len(rows) - 0.5, -0.5)
axes.set_xlabel("persons seriously harmed: change from the baseline\n(a year per 1,000 baseline monthly visitors)")
plt.show()

# %% [markdown]
# Is the effect of both the sum of the two? With a queue between them there is no reason why it should be.
#
# ## When policies contradict each other
#
# Two policies may both *add* to a rule. They may not both *set* it, for then the order in which they are named would decide.
# The simulator refuses instead of choosing.

# %%
try:
    scenario.replace(
        policies={"contradiction": (ModerationPolicy(staff=1), ModerationPolicy(staff=2, triage="newest"))}
    )
except ScenarioError as error:
    print(error)

# %% [markdown]
# Volunteers and a larger staff do get on: the staff is set first, then the heads are added.

# %%
fine = scenario.replace(policies={"staff-and-volunteers": (ModerationPolicy(staff=1), volunteers)})
changed(fine, "staff-and-volunteers")

# %% [markdown]
# To keep a policy, put its class into a file of its own in `sim/policies`. Then scenario files know it by its name:
# `volunteers = { heads = 0.25 }`. The README says which lists want to hear of it.
#
# ## What the small scale distorts
#
# A quarter of a volunteer at a desk of a quarter of a moderator is a lot. A small desk is the one that gains most from a head more,
# and it goes from overload to idleness within a step. At the size of a real chat the same step is smaller. So this notebook
# teaches how to write a policy, not what volunteers would do.
#
# ## Exercises
#
# * Volunteers tire. Write a policy whose heads go down week by week. (Hint: `changes_after` is told how many days have
#   passed, and `steps` says on which days something changes.) Plot the backlog.
# * Write a policy `haste`: reviews become faster by a factor, and the share of offences found with evidence falls by
#   another. What is its inert level? Check it.
# * Why does `VolunteersPolicy` add to the staff instead of setting it? Find a combination that would fail otherwise.
#
# The solutions are in the cells below. In Jupyter they are collapsed: click to open.

# %% [markdown] tags=["solution"]
# **Volunteers who tire.** The rules of every day can be looked at before anything is run. In the picture, look at how long
# the backlog takes to come back once most of them have left.

# %% jupyter={"source_hidden": true} tags=["solution"]
class TiringPolicy(Policy, name="tiring"):
    """Let volunteers read reports; a share of them stays from week to week."""

    heads: float = parameter(0.0, "volunteers", 0, 5, "heads added in the first week", maximum=100)
    stay: float = parameter(0.3, "share", 0.2, 1, "volunteers who are left a week later", maximum=1)

    @property
    def steps(self):
        return range(7, 7 * 53, 7)

    def changes(self, platform):
        return self.changes_after(platform, 0)

    def changes_after(self, platform, days):
        return [Change("moderation.staff", "add", self.heads * self.stay ** (days // 7))]


tiring = scenario.replace(policies={"tiring": (TiringPolicy(heads=0.25),), "steady": (VolunteersPolicy(heads=0.25),)})
print([round(tiring.rules_on(day, "tiring").moderation.staff, 2) for day in range(0, tiring.days, 7)])
sim.compare(tiring, seeds=6).plot("backlog")

# %% [markdown] tags=["solution"]
# **Haste.** The inert level has both factors at one. Multiplying keeps the policy apart from the staff's own numbers.

# %% jupyter={"source_hidden": true} tags=["solution"]
class HastePolicy(Policy, name="haste"):
    """Read faster and find less."""

    faster: float = parameter(1.0, "factor", 1, 3, "speed of reviews", minimum=1, maximum=10)
    finds: float = parameter(1.0, "factor", 0.5, 1, "offences found with evidence", maximum=1)

    def changes(self, platform):
        return [
            Change("moderation.reviews_per_hour", "multiply", self.faster),
            Change("moderation.p_find_with_evidence", "multiply", self.finds),
        ]


hasty = scenario.replace(policies={"inert": (HastePolicy(),), "haste": (HastePolicy(faster=2.0, finds=0.7),)})
effect(sim.compare(hasty, seeds=6), "backlog", "predators_barred", "persons_harmed")

# %% [markdown] tags=["solution"]
# **Why add?** Two policies that set the staff collide, as above. A policy that adds can be combined with
# `ModerationPolicy`, with itself under other dates, and with what others will write.

# %% jupyter={"source_hidden": true} tags=["solution"]
twice = (VolunteersPolicy(heads=0.25), VolunteersPolicy(heads=0.5, start=later))
stepped = scenario.replace(policies={"twice": twice})
print([stepped.rules_on(day, "twice").moderation.staff for day in (0, scenario.days - 1)])
