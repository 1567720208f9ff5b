"""The core model in plain Mesa, the ordinary way: a step of every agent in every hour.

The order of agents changes no mean here, so it need not be drawn; `ShuffledChat` draws it, as Mesa's tutorials do.
"""

from __future__ import annotations

import math
from collections import deque
from random import Random
from typing import Any

from mesa import Agent, Model

from tests.bench.core import COUNTS, FADE, FIRST, GO_ON, LEAVE, OFF, PRIVATE, RECOGNISE, Core


def stay(random: Random, mean: float, longest: int) -> int:
    """Draw how many hours a visit lasts."""
    return min(longest, 1 + int(math.log(1 - random.random()) / math.log(1 - 1 / mean)))


class Contact:
    """One predator and one target, until it is over.

    Attributes:
        stage: How far it has come.
        due: Moment, in hours, at which something rings in it.
        knowing: Whether the target recognised it in this stage, and stayed.
    """

    __slots__ = ("due", "knowing", "predator", "rates", "stage", "target")

    def __init__(self, predator: Any, target: Any, begun: float) -> None:
        self.predator, self.target = predator, target
        self.begin(FIRST, begun)

    def begin(self, stage: int, moment: float, knowing: bool = False) -> None:
        """Begin a stage, or go on with one knowingly."""
        self.stage, self.knowing = stage, knowing
        self.rates = self.predator.model.core.hazards[stage]
        total = sum(self.rates) - knowing * self.rates[RECOGNISE]
        self.due = moment + self.predator.random.expovariate(total)

    def ring(self, hour: int) -> bool:
        """Let happen what is due; return whether the contact is over."""
        model = self.predator.model
        core, random, counts = model.core, self.predator.random, model.counts
        rates = (0.0, *self.rates[1:]) if self.knowing else self.rates
        (what,) = random.choices(range(len(rates)), rates)
        if what == RECOGNISE:
            counts["recognised"] += 1
            if self.stage < OFF and random.random() < core.p_report[self.stage]:
                counts["reports"] += 1
                model.queue.append((hour, self.predator, self.predator.leaves))
            if random.random() < core.p_over:
                return True
            self.begin(self.stage, self.due, knowing=True)
        elif what == FADE:
            return True
        elif what == LEAVE:
            counts["off"] += 1
            self.begin(OFF, hour + 1)
        elif what == GO_ON and self.stage < PRIVATE:
            self.begin(self.stage + 1, self.due)
            counts["private" if self.stage == PRIVATE else "engaged"] += 1
        else:
            counts["harms"] += 1
            return True
        return False


class Person(Agent):
    """A lawful person."""

    def __init__(self, model: PlainChat, rate: int) -> None:
        super().__init__(model)
        self.rate = rate
        self.leaves = 0

    def step(self) -> None:
        """Begin a visit or not; be there or not."""
        model = self.model
        if self.random.random() < model.p_visit[self.rate]:
            end = model.hour + stay(self.random, model.core.user_stay, model.core.longest)
            self.leaves = max(self.leaves, end)
            model.counts["visits"] += 1
        if self.leaves > model.hour:
            model.online.append(self)


class Predator(Agent):
    """A person who approaches others."""

    def __init__(self, model: PlainChat, rate: int) -> None:
        super().__init__(model)
        self.rate = rate
        self.leaves = self.barred_until = 0
        self.contacts: list[Contact] = []

    def step(self) -> None:
        """Begin a visit or not, approach others, run contacts."""
        model, random = self.model, self.random
        core, hour = model.core, model.hour
        if self.barred_until <= hour and random.random() < model.p_predator[self.rate]:
            self.leaves = max(self.leaves, hour + stay(random, core.predator_stay, core.longest))
        if self.leaves > hour:
            free = core.places - sum(contact.stage < OFF for contact in self.contacts)
            for _ in range(min(int(model.rng.poisson(core.approaches)), free) if model.online else 0):
                self.contacts.append(Contact(self, random.choice(model.online), hour + random.random()))
                model.counts["approaches"] += 1
        self.contacts = [contact for contact in self.contacts if not self.over(contact, hour)]

    def over(self, contact: Contact, hour: int) -> bool:
        """Let a contact run for an hour; return whether it is over."""
        if contact.stage < OFF and (self.leaves <= hour or contact.target.leaves <= hour):
            return True
        while contact.due < hour + 1:
            if contact.ring(hour):
                return True
        return False


class Staff(Agent):
    """The moderators on shift."""

    def __init__(self, model: PlainChat) -> None:
        super().__init__(model)
        self.credit = 0.0

    def step(self) -> None:
        """Read reports."""
        model = self.model
        core, hour = model.core, model.hour
        gained = core.reviews[hour % 168]
        if not gained:
            return
        self.credit += gained
        while self.credit >= 1 and model.queue:
            self.credit -= 1
            self.review(*model.queue.popleft())
        if not model.queue:
            self.credit %= 1

    def review(self, reported: int, predator: Predator, until: int) -> None:
        """Read one report, and bar the predator if it is found."""
        model = self.model
        core, hour = model.core, model.hour
        model.counts["reviews"] += 1
        if self.random.random() >= core.p_find[hour - reported >= core.message_hours]:
            return
        model.counts["bars"] += 1
        if self.random.random() < core.p_known:
            until = hour + 2 + int(self.random.expovariate(1 / core.bar_hours))
        if until > hour + 1:
            predator.barred_until = max(predator.barred_until, until)
            predator.leaves = min(predator.leaves, hour + 1)


class PlainChat(Model):
    """The site with everybody on it."""

    def __init__(self, core: Core, seed: int) -> None:
        super().__init__(rng=seed)
        self.core, self.hour = core, 0
        self.counts = dict.fromkeys(COUNTS, 0)
        self.queue: deque[tuple[int, Predator, int]] = deque()
        for kind, persons in ((Person, core.n_users), (Predator, core.n_predators)):
            for rate, n in enumerate(persons):
                for _ in range(n):
                    kind(self, rate)
        Staff(self)

    def step(self) -> None:
        """Simulate one hour."""
        core = self.core
        self.p_visit = [core.p_visit(rate, self.hour) for rate in core.user_rates]
        self.p_predator = [core.p_visit(rate, self.hour) for rate in core.predator_rates]
        self.online: list[Person] = []
        for kind in (Person, Predator, Staff):
            self.activate(self.agents_by_type[kind])
        self.hour += 1

    def activate(self, agents: Any) -> None:
        """Let agents step, in the order in which they were made."""
        agents.do("step")

    def run(self, hours: int) -> None:
        """Simulate so many more hours."""
        for _ in range(hours):
            self.step()


class ShuffledChat(PlainChat):
    """The same, with agents in a random order."""

    def activate(self, agents: Any) -> None:
        """Let agents step, in an order drawn anew in every hour."""
        agents.shuffle_do("step")
