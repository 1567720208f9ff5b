"""The core model in Mesa, the clever way: only those who act are touched; a calendar knows when a contact is due."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from mesa import Agent, Model

from tests.bench.core import COUNTS, OFF, Core
from tests.bench.mesa_plain import Contact, stay


class Person(Agent):
    """Somebody who waits to be asked.

    Attributes:
        leaves: First hour after the visit.
        barred_until: First hour after the bar.
        place: Where in the list of those online the person stands; -1 nowhere.
    """

    def __init__(self, model: CleverChat) -> None:
        super().__init__(model)
        self.leaves = self.barred_until = 0
        self.place = -1


class Predator(Person):
    """A person who is to approach others.

    Attributes:
        contacts: Contacts on the platform.
    """

    def __init__(self, model: CleverChat) -> None:
        super().__init__(model)
        self.contacts: set[Contact] = set()


class Group:
    """Persons of one kind, by class of visit rate, and those of them online."""

    def __init__(
        self, model: CleverChat, kind: type[Person], persons: tuple[int, ...], rates: tuple[float, ...], mean: float
    ) -> None:
        self.model, self.rates, self.mean = model, rates, mean
        self.members = [[kind(model) for _ in range(n)] for n in persons]
        self.online: list[Any] = []
        self.leaving: dict[int, list[Person]] = defaultdict(list)

    def come_and_go(self, hour: int) -> int:
        """Let visits end and begin; return how many begin."""
        model, begun = self.model, 0
        for person in self.leaving.pop(hour, ()):
            if person.leaves == hour and person.place >= 0:
                self.take_out(person)
        for members, rate in zip(self.members, self.rates, strict=True):
            n = int(model.rng.binomial(len(members), model.core.p_visit(rate, hour)))
            for i in model.rng.choice(len(members), n, replace=False, shuffle=False).tolist():
                person = members[i]
                if person.barred_until > hour:
                    continue
                begun += 1
                end = hour + stay(model.random, self.mean, model.core.longest)
                if person.leaves < end:
                    person.leaves = end
                    self.leaving[end].append(person)
                if person.place < 0:
                    person.place = len(self.online)
                    self.online.append(person)
        return begun

    def take_out(self, person: Person) -> None:
        """Take somebody out of the list of those online; the last in it gets the place."""
        last = self.online.pop()
        if last is not person:
            self.online[person.place], last.place = last, person.place
        person.place = -1

    def send_away(self, person: Person, hour: int) -> None:
        """End a visit early."""
        if person.leaves > hour:
            person.leaves = hour
            self.leaving[hour].append(person)


class CleverChat(Model):
    """The site, with a calendar of what is due."""

    def __init__(self, core: Core, seed: int) -> None:
        super().__init__(rng=seed)
        self.core, self.hour, self.credit = core, 0, 0.0
        self.counts = dict.fromkeys(COUNTS, 0)
        self.queue: deque[tuple[int, Any, int]] = deque()
        self.users = Group(self, Person, core.n_users, core.user_rates, core.user_stay)
        self.predators = Group(self, Predator, core.n_predators, core.predator_rates, core.predator_stay)
        self.calendar: dict[int, list[Contact]] = defaultdict(list)

    def step(self) -> None:
        """Simulate one hour."""
        hour = self.hour
        self.counts["visits"] += self.users.come_and_go(hour)
        self.predators.come_and_go(hour)
        self.approach(hour)
        for contact in self.calendar.pop(hour, ()):
            self.let_run(contact, hour)
        self.review(hour)
        self.hour += 1

    def run(self, hours: int) -> None:
        """Simulate so many more hours."""
        for _ in range(hours):
            self.step()

    def approach(self, hour: int) -> None:
        """Let predators online approach others."""
        random, places, online = self.random, self.core.places, self.users.online
        intents = self.rng.poisson(self.core.approaches, len(self.predators.online)).tolist()
        for predator, n in zip(self.predators.online, intents if online else (), strict=bool(online)):
            for _ in range(min(n, places - len(predator.contacts))):
                contact = Contact(predator, random.choice(online), hour + random.random())
                predator.contacts.add(contact)
                self.counts["approaches"] += 1
                self.note(contact)

    def note(self, contact: Contact) -> None:
        """Put a contact into the calendar for the hour in which something rings or somebody leaves."""
        due = int(contact.due)
        if contact.stage < OFF:
            due = min(due, contact.predator.leaves, contact.target.leaves)
        self.calendar[due].append(contact)

    def let_run(self, contact: Contact, hour: int) -> None:
        """Let happen in a contact what is due in the hour."""
        predator = contact.predator
        if contact.stage < OFF:
            if contact not in predator.contacts:
                return  # it is over, and was noted before somebody was sent away
            if predator.leaves <= hour or contact.target.leaves <= hour:
                predator.contacts.discard(contact)
                return
        while contact.due < hour + 1:
            over = contact.ring(hour)
            if over or contact.stage == OFF:
                predator.contacts.discard(contact)
            if over:
                return
        self.note(contact)

    def review(self, hour: int) -> None:
        """Let the staff read reports."""
        core, random = self.core, self.random
        gained = core.reviews[hour % 168]
        if not gained:
            return
        self.credit += gained
        while self.credit >= 1 and self.queue:
            self.credit -= 1
            self.counts["reviews"] += 1
            reported, predator, until = self.queue.popleft()
            if random.random() >= core.p_find[hour - reported >= core.message_hours]:
                continue
            self.counts["bars"] += 1
            if random.random() < core.p_known:
                until = hour + 2 + int(random.expovariate(1 / core.bar_hours))
            if until > hour + 1:
                predator.barred_until = max(predator.barred_until, until)
                self.predators.send_away(predator, hour + 1)
                self.calendar[hour + 1].extend(predator.contacts)
        if not self.queue:
            self.credit %= 1
