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
# # The first comparison
#
# What would change on an anonymous chat if it kept messages longer, made reporting easier, or asked for an e-mail
# address or a phone number? This notebook compares such policies on a small invented chat, and shows how to read the
# answer.
#
# The model explores what assumptions imply. It does not estimate how many victims there were.

# %%
# %matplotlib inline
import pandas as pd

pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Four lines to the first plot

# %%
import sim
from sim.rules.sentences import spoken

scenario = sim.load("../scenarios/classroom.toml")
comparison = sim.compare(scenario)
comparison.plot()

# %% [markdown]
# Each panel is one policy. The line is the *difference* from the baseline: zero means that the policy changes nothing,
# below zero means less harm. The band is a 95% interval over the seeds. A dotted line marks a day on which a policy
# starts later than the rest: until then, `easy-reporting` differs from the baseline by exactly zero.
#
# Every policy met the same world: the same persons, the same visits, the same intentions. A policy and the baseline are
# compared seed by seed, so what chance does to both of them cancels out.

# %%
print(f"{len(comparison.seeds)} seeds, {scenario.days} days after {scenario.warmup_days} days of warm-up")
for policy in comparison.policies:
    print(f"{policy}:", "; ".join(spoken(p.words()) for p in scenario.policies[policy]))

# %% [markdown]
# ## Reading the effects
#
# `comparison.effects` has one row for each policy and outcome. Here is harm on the site itself; the
# headline, `total_harmed`, adds what is assumed to happen elsewhere.

# %%
columns = ["policy", "baseline", "difference", "low", "high", "verdict"]
harm = comparison.effects.query("outcome == 'persons_harmed'").set_index("policy")
harm.reset_index()[columns].round(2)

# %% [markdown]
# * `baseline` is the mean under the baseline, `difference` the mean change.
# * `low` to `high` is the 95% interval of the change. If it does not contain zero, the verdict is `lowers` or `raises`.
# * `not resolved` means that the interval contains zero: these seeds cannot tell the sign. It does not mean "no effect".
# * `identical` means that every run has the same number; `too few` that too little happened to say anything.
#
# The size as a share of the baseline is easier to compare:

# %%
for policy, row in harm.iterrows():
    print(f"{policy}: {row.relative:+.1%} ({row.relative_low:+.1%} to {row.relative_high:+.1%}), {row.verdict}")

# %% [markdown]
# How sure can we be, and what would more seeds buy? `variance_reduction` says how many times as many runs we would have
# needed without pairing. `seeds_to_halve` says how many seeds in all would make the interval half as wide.

# %%
harm[["seeds", "variance_reduction", "seeds_to_halve"]].round(1)

# %% [markdown]
# Pairing helps most where a policy leaves nearly everything as it was, and least where it changes who is there at all.

# %% [markdown]
# ## Harm is not everything
#
# Fewer persons on a site also means less harm on it. So look at the risk per day of use of those who remain, and at
# whom a policy turns away.

# %%
chosen = ["persons_harmed", "harm_per_100k_user_days", "visitors_turned_away", "user_days_lost"]
changes = comparison.effects[comparison.effects["outcome"].isin(chosen)]
changes.pivot_table("difference", "policy", "outcome", sort=False)[chosen].round(1)

# %%
changes.pivot_table("verdict", "policy", "outcome", aggfunc="first", sort=False)[chosen[:2]]

# %% [markdown]
# ## Change one thing
#
# `replace` returns a changed copy; the first scenario stays as it was. A name with a dot goes between quotes. The same
# moderators now work day and night instead of on a shift: how much of what is reported can still be read?

# %%
always = scenario.replace(**{"moderation.shift_start_hour": 0, "moderation.shift_hours": 24})
again = sim.compare(always, policies=["retention-30d"], seeds=5)
for name, found in (("a shift", comparison), ("day and night", again)):
    row = found.effects.query("policy == 'retention-30d' and outcome == 'evidence_share'").iloc[0]
    print(f"{name}: {row.baseline:.0%} of reviews have evidence, with retention-30d {row.value:.0%}")

# %% [markdown]
# A policy is itself a small change with a name. Here reporting is made easier, but on a day of our choice:

# %%
import datetime as dt

from sim.policies.reporting import ReportingPolicy

start = scenario.start + dt.timedelta(days=scenario.days // 2)
later = scenario.replace(policies={"easy-later": (ReportingPolicy(friction=0.2, start=start),)})
sim.compare(later, seeds=5).plot("false_reports")

# %% [markdown]
# ## Look inside one run
#
# A single run is not an estimate, but it can be read event by event. `trace` follows one contact; here one that
# was reported, the one with the longest story.

# %%
baseline = sim.run(scenario, seed=0, events=True)
reported = baseline.events.query("event == 'report'")["contact"]
longest = baseline.events["contact"].where(lambda contact: contact.isin(reported)).value_counts().idxmax()
baseline.trace(int(longest))[["time", "event", "words"]]

# %% [markdown]
# `first_difference` shows where two runs part: the same world, two policies. Before the policy starts, nothing differs.

# %%
easy = sim.run(scenario, policy="easy-reporting", seed=0, events=True)
parting = sim.first_difference(baseline, easy)
day = int(parting["hour"].min()) // 24 - scenario.warmup_days
print(f"They part on {scenario.start + dt.timedelta(days=day)}, day {day} of the measured days.")
parting[["run", "hour", "event", "actor_kind", "actor", "target_kind", "target", "contact"]]

# %% [markdown]
# The two rows are the events that stand at the same place in the two lists of events; the one that is missing in the
# other run comes first in time.
#
# ## What a small scale distorts
#
# `scale` shrinks the population and the staff together, to save time. But a small chat is not a large one seen from
# afar. There are hours in which nobody of a class is online, so predators find fewer to approach and the level of harm
# moves. A small desk idles and clogs more easily than a large one with the same load per head. And less happens, so
# intervals are wider for their size.

# %%
smaller = sim.compare(scenario.replace(scale=0.2), policies=["phone"])
rows = {}
for name, found in (("scale 1", comparison), ("scale 0.2", smaller)):
    of = found.effects.query("policy == 'phone'").set_index("outcome")
    rows[name] = {
        "approaches for each hour of a predator": of.baseline["approaches"] / of.baseline["predator_hours"],
        "persons harmed, per visitor as above": of.baseline["persons_harmed"],
        "hours until a review": of.baseline["waiting_hours"],
        "change by phone, %": 100 * of.relative["persons_harmed"],
        "width of its interval, points": 100 * (of.relative_high - of.relative_low)["persons_harmed"],
    }
pd.DataFrame(rows).round(2)

# %% [markdown]
# ## What this may not be used for
#
# * Read directions and intervals, never levels: how many predators there are is assumed, and here it is set far too high
#   on purpose.
# * The intervals cover chance in the model only, not doubt about its assumptions.
# * It has one site. Who goes on elsewhere is assumed (`displacement`), and what they meet there is reckoned, not simulated.
# * What registration does follows mainly from inputs nobody has measured: the shares turned away, and how often a parted
#   pair finds each other again.
# * It is no ranking of real services, no proof that a site caused anything, and no sole basis for closing one or for
#   making people identify themselves.
#
# Next: `print(comparison.table())` shows everything at once. Then change a number in `scenarios/classroom.toml` and see
# what follows.
