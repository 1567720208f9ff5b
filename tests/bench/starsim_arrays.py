"""The core model in Starsim: states and draws of all agents as arrays, contacts as columns of the module's own."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import starsim as ss

from tests.bench.core import COUNTS, FADE, FIRST, GO_ON, LEAVE, OFF, PRIVATE, RECOGNISE, Core


def p_visit(module: Site, sim: Any, uids: Any) -> Any:
    """Return the chances to begin a visit."""
    return -np.expm1(-module.rate[uids] * module.core.weights[module.ti % 168])


class Site(ss.Module):
    """Everything that happens on the site; agents are the lawful persons, then the predators."""

    def __init__(self, core: Core, seed: int) -> None:
        super().__init__()
        self.define_pars(
            visit=ss.bernoulli(p=p_visit),
            length=ss.random(),
            intents=ss.poisson(lam=core.approaches),
        )
        self.define_states(
            ss.FloatArr("rate", default=0.0),
            ss.FloatArr("leaves", default=0.0),
            ss.FloatArr("barred_until", default=0.0),
        )
        self.core, self.counts = core, dict.fromkeys(COUNTS, 0)
        self.n_users = sum(core.n_users)
        self.luck = np.random.default_rng(seed)  # what does not belong to one agent
        self.hazards = np.array(core.hazards)
        self.p_report = np.array([*core.p_report, 0.0])
        self.contacts = np.zeros(
            0, [("predator", int), ("target", int), ("stage", int), ("knowing", bool), ("due", float)]
        )
        self.queue: deque[tuple[int, int, int]] = deque()
        self.credit = 0.0

    def init_post(self) -> None:
        """Give everybody a rate."""
        super().init_post()
        core = self.core
        rates = np.repeat(core.user_rates + core.predator_rates, core.n_users + core.n_predators)
        self.rate[ss.uids(np.arange(rates.size))] = rates

    def step(self) -> None:
        """Simulate one hour."""
        self.visit()
        self.approach()
        self.let_run()
        self.review()

    def visit(self) -> None:
        """Let visits begin."""
        come = self.pars.visit.filter((self.barred_until <= self.ti).uids)
        predators = come >= self.n_users
        mean = np.where(predators, self.core.predator_stay, self.core.user_stay)
        hours = 1 + np.log1p(-self.pars.length.rvs(come)) // np.log1p(-1 / mean)
        self.leaves[come] = np.maximum(self.leaves[come], self.ti + np.minimum(hours, self.core.longest))
        self.counts["visits"] += len(come) - int(predators.sum())

    def approach(self) -> None:
        """Let predators online approach others."""
        online = (self.leaves > self.ti).uids
        predators, users = online[online >= self.n_users], online[online < self.n_users]
        if not len(users) or not len(predators):
            return
        here = self.contacts["predator"][self.contacts["stage"] < OFF]
        busy = np.bincount(here - self.n_users, minlength=sum(self.core.n_predators))
        free = self.core.places - busy[np.asarray(predators) - self.n_users]
        n = np.minimum(self.pars.intents.rvs(predators), free)
        new = np.zeros(int(n.sum()), self.contacts.dtype)
        new["predator"] = np.repeat(predators, n.astype(int))
        new["target"] = self.luck.choice(users, new.size)
        new["stage"] = FIRST
        new["due"] = self.ti + self.luck.random(new.size) + self.waits(new)
        self.contacts = np.concatenate((self.contacts, new))
        self.counts["approaches"] += new.size

    def rates(self, contacts: Any) -> Any:
        """Return hazards of what can happen in contacts."""
        rates = self.hazards[contacts["stage"]]
        rates[contacts["knowing"], RECOGNISE] = 0
        return rates

    def waits(self, contacts: Any) -> Any:
        """Draw the hours until something rings."""
        return self.luck.exponential(size=contacts.size) / self.rates(contacts).sum(axis=1)

    def let_run(self) -> None:
        """Let happen in contacts what is due in the hour, in rounds until nothing more is."""
        contacts, leaves = self.contacts, self.leaves.raw
        parted = np.minimum(leaves[contacts["predator"]], leaves[contacts["target"]]) <= self.ti
        contacts = contacts[(contacts["stage"] == OFF) | ~parted]
        over = np.zeros(contacts.size, bool)
        while (due := (~over & (contacts["due"] < self.ti + 1)).nonzero()[0]).size:
            self.ring(contacts, due, over)
        self.contacts = contacts[~over]

    def ring(self, contacts: Any, due: Any, over: Any) -> None:
        """Let happen what rings first in some contacts; mark those that are over."""
        some = contacts[due]
        limits = self.rates(some).cumsum(axis=1)
        what = (self.luck.random(due.size) * limits[:, -1] >= limits.T).sum(axis=0)
        known, further = what == RECOGNISE, (what == GO_ON) & (some["stage"] < PRIVATE)
        said = known & (self.luck.random(due.size) < self.p_report[some["stage"]])
        for predator in some["predator"][said].tolist():
            self.queue.append((self.ti, predator, int(self.leaves.raw[predator])))
        ends = known & (self.luck.random(due.size) < self.core.p_over)
        harms = (what == GO_ON) & ~further
        over[due] = ends | (what == FADE) | harms
        some["knowing"] = known
        some["stage"] += further
        some["stage"][what == LEAVE] = OFF
        some["due"][what == LEAVE] = self.ti + 1
        some["due"] += self.waits(some)
        contacts[due] = some
        for name, happened in (
            ("engaged", further & (some["stage"] < PRIVATE)), ("private", further & (some["stage"] == PRIVATE)),
            ("off", what == LEAVE), ("harms", harms), ("recognised", known), ("reports", said),
        ):  # fmt: skip
            self.counts[name] += int(happened.sum())

    def review(self) -> None:
        """Let the staff read reports."""
        core, hour = self.core, self.ti
        gained = core.reviews[hour % 168]
        if not gained:
            return
        self.credit += gained
        while self.credit >= 1 and self.queue:
            self.credit -= 1
            self.counts["reviews"] += 1
            reported, predator, until = self.queue.popleft()
            if self.luck.random() >= core.p_find[int(hour - reported >= core.message_hours)]:
                continue
            self.counts["bars"] += 1
            if self.luck.random() < core.p_known:
                until = hour + 2 + int(self.luck.exponential(core.bar_hours))
            if until > hour + 1:
                self.barred_until.raw[predator] = max(self.barred_until.raw[predator], until)
                self.leaves.raw[predator] = min(self.leaves.raw[predator], hour + 1)
        if not self.queue:
            self.credit %= 1


class StarsimChat:
    """A simulation of Starsim with the site as its only module."""

    LONGEST = 10_000
    """Hours after which it would end by itself."""

    def __init__(self, core: Core, seed: int) -> None:
        self._site = Site(core, seed)
        self._sim = ss.Sim(
            n_agents=sum(core.n_users + core.n_predators), modules=self._site, start=0, stop=self.LONGEST, dt=1,
            rand_seed=seed, verbose=0, use_aging=False, copy_inputs=False,
        )  # fmt: skip
        self._sim.init()

    @property
    def counts(self) -> dict[str, int]:
        """What happened since the beginning."""
        return self._site.counts

    def run(self, hours: int) -> None:
        """Simulate so many more hours."""
        for _ in range(hours):
            self._sim.run_one_step()
