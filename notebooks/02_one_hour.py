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
# # One hour of the model, event by event
#
# What happens in a single simulated hour, who does it, and how is it written down? You will step a small chat by hand,
# look at its agents, follow one contact from beginning to end, and see that two programs written apart tell the same
# story. You need no more than a little pandas, and about half an hour.
#
# Everything here is abstract: persons, stages, chances per hour, queues. There are no texts, and the numbers of this
# invented chat say nothing about a real one.

# %%
# %matplotlib inline
import datetime as dt

import matplotlib.pyplot as plt
import pandas as pd

import sim
from sim.model.agents import Chat, Predator
from sim.model.records import EVENT_COLUMNS

pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## A chat small enough to look at
#
# The classroom scenario, shrunk to a share of its size. We take its policies out, for we only want to watch the chat as
# it is. And we make reporting easy and predators many, so that there is something to see in two weeks.

# %%
scenario = sim.load("../scenarios/classroom.toml").replace(
    policies={}, scale=0.3, days=14, warmup_days=7, **{"reporting.friction": 0.2, "predators.p_of_adults": 0.1}
)
chat = Chat(scenario, seed=1)
chat.step()
pd.Series({kind.__name__: len(agents) for kind, agents in chat.agents_by_type.items()})

# %% [markdown]
# `Chat` is a Mesa model, and `step()` simulates one hour. There are two kinds of persons, `User` and `Predator`, and a
# third kind of agent, `Moderator`, who exists only during the shift. It is midnight now, so no moderator is at work.

# %% [markdown]
# ## Hour by hour
#
# Now we step through the warm-up and the first week, and write down after each hour how many of what there are. Asking
# changes nothing in the chat.

# %%
counts = ["predators_online", "contacts_on_platform", "contacts_parted", "contacts_off_platform", "dossiers_waiting"]
rows = []
while chat.hour < 24 * 14:
    chat.step()
    rows.append({"hour": chat.hour - 1, **{name: getattr(chat, name) for name in counts}})
hours = pd.DataFrame(rows).set_index("hour")
hours.tail(3)

# %%
colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"]  # told apart by colour-blind readers
figure, axes = plt.subplots(5, 1, figsize=(8, 7), sharex=True, layout="constrained")
for panel, name, colour in zip(axes, counts, colours, strict=True):
    panel.step(hours.index / 24, hours[name], color=colour, where="post")
    panel.set_title(name.replace("_", " "), loc="left", fontsize=10)
    panel.set_ylabel("number")
axes[-1].set_xlabel("days since the simulation began (the first week is warm-up)")
plt.show()

# %% [markdown]
# Look for three things. Predators come and go with the hours of the day, as everybody does. Contacts on the platform
# follow them, since they need both at the same time. Contacts *off* the platform do not: there no door and no
# moderator reaches them. And the first days look emptier than the later ones. That is what a warm-up is for.

# %% [markdown]
# ## What an agent knows
#
# Here is what the predator with most contacts carries around at this moment, and the contacts.

# %%
predator = max(chat.agents_by_type[Predator], key=lambda agent: (len(agent.contacts), -agent.number))
(standing,) = predator.standings  # with the only site of this chat
known = {name: getattr(predator, name) for name in ("number", "offence", "tolerance")}
known |= {name: getattr(standing, name) for name in ("barred_until", "strikes")}
pd.Series(known, name="predator").to_frame()

# %%
states = ["stage", "live", "dormant", "off_platform"]
pd.DataFrame([{"target": c.target.number} | {name: getattr(c, name) for name in states} for c in predator.contacts])

# %% [markdown]
# A number, a row in the table of offences, how much effort at the door the person puts up with, until which hour a ban
# keeps them out; and of each contact with whom it is, how far it has come, and whether the two are together
# on the platform (`live`), parted but able to meet again (`dormant`), or elsewhere. There is no name, no age, no text: an agent is a
# handful of numbers, and there is nothing else to find.

# %% [markdown]
# ## The events of one hour
#
# Everything that happens is written down as an event: who, whom, which contact, at which second of the hour. We take
# the busiest hour so far.

# %%
events = pd.DataFrame(chat.ledgers[0].events, columns=EVENT_COLUMNS)
busiest = int(events["hour"].value_counts().sort_index().idxmax())
one_hour = events[events["hour"] == busiest].sort_values(["step", "second"], kind="stable")
day_and_hour = dt.datetime.combine(scenario.start, dt.time()) + dt.timedelta(days=-scenario.warmup_days, hours=busiest)
print(f"hour {busiest} of the simulation, a {day_and_hour:%A}, from {day_and_hour:%H:%M} on: {len(one_hour)} events")
one_hour[["step", "second", "event", "actor_kind", "actor", "target_kind", "target", "contact"]].head(15)

# %% [markdown]
# The column `step` says in which part of the hour something happened: predators approach, then contacts go on, then
# moderators work, then barred persons come back. Within a step, everybody sees the state at its start. So the order in
# which the agents act cannot matter, and no agent is served first. We can check that: shuffle them differently.

# %%
short = scenario.replace(days=1, warmup_days=2)
records = [Chat(short, seed=1, shuffle=order).run() for order in (0, 1, 2)]
[records[0].events.equals(other.events) for other in records[1:]]

# %% [markdown]
# ## One contact, by the clock
#
# A contact is one predator and one target. It has a *stage*, and in each stage several alarms are set: the target
# recognises it, it fades, it goes on. Each alarm has its own random time, and the earliest rings. That is what "competing
# hazards" means. The clock of a contact counts seconds and stands still while the two are apart.
#
# `sim.run` gives a whole run, and `trace` the story of one contact. We take the one with most events among those that
# were reported.

# %%
run = sim.run(scenario, seed=1, engine="agents", events=True)
reported = run.events.query("event == 'report'")["contact"]
story = run.events[run.events["contact"].isin(reported)]["contact"].value_counts().sort_index().idxmax()
trace = run.trace(int(story))
trace[["time", "event", "words"]]

# %%
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
minutes = (trace["time"] - trace["time"].iloc[0]).dt.total_seconds() / 60
axes.plot(minutes, range(len(trace)), color="#999999", drawstyle="steps-post")
axes.plot(minutes, range(len(trace)), "o", color="#0072B2")
axes.set_yticks(range(len(trace)), trace["event"])
axes.invert_yaxis()
axes.set_xlabel("minutes since the approach")
plt.show()

# %% [markdown]
# How do contacts end? Most of them in one of the quiet ways: they fade, or the two lose each other.

# %%
ends = run.events[run.events["event"].isin(["fade", "lose", "lapse", "miss", "recognise", "harm"])]
ends["event"].value_counts().sort_index().rename("events").to_frame()

# %% [markdown]
# (A recognised contact need not be the last between the two: `seek` in the list of events is a predator who comes back
# under a new identity.)
#
# These are counts of a single run, so they have no interval: they are exact for this run and an estimate of nothing.
# To estimate, one needs many runs, as in the other notebooks.

# %% [markdown]
# ## What a dossier is
#
# Reports do not go to a moderator one by one. All open reports on one account are collected in a *dossier*. It waits in
# a queue until a moderator on shift has time, or until it expires. At the review it matters whether the messages still
# exist: that is the *evidence*. Here is the life of one dossier that ended in a bar.

# %%
sanctioned = run.events.query("event == 'bar'").iloc[-1]
order = ["report", "open", "expire", "review", "bar"]
dossier = run.events[run.events["event"].isin(order) & (run.events["target"] == sanctioned["target"])]
dossier = dossier.assign(rank=dossier["event"].map(order.index)).sort_values(["hour", "step", "rank"])
dossier[["hour", "second", "event", "actor_kind", "target_kind", "target", "detail"]].tail(4)

# %% [markdown]
# The column `detail` packs what is worth knowing into one number; `python -m sim explain review` says how. Unpacked, for all
# reviews of the run:

# %%
def read_review(detail: int) -> str:
    evidence = "with evidence" if detail & 1 else "without evidence"
    about_whom = "a predator" if detail & 2 else "a lawful user"
    return f"{evidence}, of {about_whom}, {'sanctioned' if detail & 4 else 'nothing done'}"


reviews = run.events.query("event == 'review'")["detail"].map(read_review)
reviews.value_counts().sort_index().rename("reviews").to_frame()

# %% [markdown]
# The moderator does not see who is a predator. Lawful users are reported too, by mistake or malice, and their dossiers
# stand in the same queue. That is why more reports are not simply better.

# %% [markdown]
# ## Two engines, one model
#
# The model is written twice: as agents, to be read, and with arrays, to be fast. They share the random numbers and the
# rules and nothing else. If one of them had a mistake in a queue or an order, their events would part. `first_difference`
# finds the first event at which two runs part, or nothing.

# %%
fast = sim.run(scenario, seed=1, engine="array", events=True)
print(len(run.events), "events by agents,", len(fast.events), "by arrays")
print("first difference:", sim.first_difference(run, fast))

# %% [markdown]
# This does not show that the model is *right*: a mistake that both share would go unseen. It shows that the program does
# what was meant twice.

# %% [markdown]
# ## What the small scale distorts
#
# With so few persons online, a predator often finds nobody of the class sought, and the desk is idle most of the time and
# then has several dossiers at once. So do not take rates from this notebook, let alone compare them with a real chat. It
# is a place to see the mechanism, and nothing else.
#
# ## Exercises
#
# * How many approaches does it take, in this run, for one contact to turn private? Count the events `approach`,
#   `engage` and `private`.
# * Take another seed and compare it with this run by `first_difference`. Then compare two *policies* under the same
#   seed. Why do the first two runs part at once and the other two not?
# * How long did dossiers wait in this run? Pair each `open` with the `review` or `expire` that follows on the same
#   account.
#
# The solutions are in the cells below. In Jupyter they are collapsed: click to open.

# %% [markdown] tags=["solution"]
# **Counting stages.**

# %% jupyter={"source_hidden": true} tags=["solution"]
stages = run.events["event"].value_counts().reindex(["approach", "engage", "private"])
print(stages.to_string())
print(f"{stages['approach'] / stages['private']:.1f} approaches for each contact that turned private, in this run")

# %% [markdown] tags=["solution"]
# **Two seeds, two policies.** Another seed is another world: other persons, other visits, other luck. Two policies share
# the world, so nothing can differ before the first decision that the policy touches.

# %% jupyter={"source_hidden": true} tags=["solution"]
from sim.policies.reporting import ReportingPolicy

harder = scenario.replace(policies={"harder": (ReportingPolicy(friction=0.9),)})
others = {
    "another seed": sim.run(scenario, seed=2, engine="agents", events=True),
    "another policy": sim.run(harder, policy="harder", seed=1, engine="agents", events=True),
}
for name, other in others.items():
    print(f"{name}: they part in hour {sim.first_difference(run, other)['hour'].min()}")
print(f"the measured window, and with it the policy, begins in hour {24 * scenario.warmup_days}")

# %% [markdown] tags=["solution"]
# **Waiting times.** Without accounts a person may have a dossier for each visit, so pair them in order. The picture is of
# one run: a description, no estimate.

# %% jupyter={"source_hidden": true} tags=["solution"]
desk = run.events[run.events["event"].isin(["open", "review", "expire"])].sort_values(["hour", "step"], kind="stable")
waits = []
for _, of_person in desk.groupby(["target_kind", "target"]):
    opened = of_person.query("event == 'open'")["hour"].tolist()
    closed = of_person.query("event != 'open'")["hour"].tolist()
    waits += [end - begin for begin, end in zip(opened, closed, strict=False)]
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
axes.hist(waits, bins=range(0, max(waits) + 2), color="#0072B2")
axes.set_xlabel("hours from opening to review or expiry")
axes.set_ylabel("dossiers")
plt.show()
