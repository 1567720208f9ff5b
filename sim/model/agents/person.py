"""A person on the site, lawful user or predator: visits, the door, bars; and the site as everybody on it sees it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import mesa
import numpy as np

from sim.model.agents.desk import Desk, StaffedSite
from sim.model.agents.investigators import Lead
from sim.model.agents.ledger import Case, Party
from sim.model.decisions.codes import NEVER
from sim.model.decisions.entry import account_since, lets_in, may_write
from sim.model.decisions.sanctions import AS_BEFORE, Strikes, lengthens
from sim.model.world.day import Day
from sim.model.world.draws import Purpose, below
from sim.model.world.population import TOLERANCES


@dataclass(frozen=True)
class Visit:
    """One visit of a person: when it began, and from which hour until which it counts as presence."""

    begin: int
    start: int
    end: int


class Complaint(NamedTuple):
    """A complaint to come: who complains of which contact, 1 if after harm, and what the police learn by it."""

    user: Party
    contact: Case
    after_harm: int
    lead: Lead


class Site(StaffedSite):
    """The site in one lane, as everybody on it sees it; `sim.model.agents.chat.Chat` makes it.

    Attributes:
        desk: Where reports go.
        day: Who comes today, and whom predators want to approach.
        baseline_door: Friction that users meet under the baseline.
        visit_by_row: Person and visit behind each row of the day.
        complaints: Complaints to come by their hour.
    """

    desk: Desk
    day: Day
    baseline_door: int
    visit_by_row: list[tuple[Person, Visit]]
    complaints: dict[int, list[Complaint]]

    @abstractmethod
    def door(self, begin: int) -> tuple[int, int]:
        """Return the friction that visits met that began in an hour of today or yesterday: users, predators."""


class Person(mesa.Agent):
    """Somebody who may be on the site: visits, a tolerance of friction, and perhaps a bar."""

    kind = ""
    model: Site

    def __init__(self, model: Site, number: int) -> None:
        super().__init__(model)
        self.number = number
        self.tolerance = below(model.world.draws.word(Purpose.TOLERANCE, 0, number), TOLERANCES)
        self.joined = 24 * int(model.world.membership.joined(np.array([0]), np.array([number]))[0])
        self.visits: list[Visit] = []
        self.visits_turned_away: list[Visit] = []
        self.barred_until = 0
        self.custody_from = NEVER
        self.returns_as = AS_BEFORE
        self.strikes = Strikes()
        self.new_since = -NEVER
        self.came_today = self.turned_away_today = self.barred_today = False
        self.came_in_month = self.turned_away_in_month = False

    def friction(self, begin: int) -> int:
        """Return the friction of the door that a visit met which began in an hour of today or yesterday."""
        raise NotImplementedError

    def barred(self, hour: int) -> bool:
        """Tell whether a bar keeps the person out."""
        return self.barred_until > hour

    def visit(self, hour: int) -> Visit | None:
        """Return the visit that covers an hour, bars apart."""
        return next((v for v in self.visits if v.start <= hour < v.end), None)

    def online(self, hour: int) -> bool:
        """Tell whether the person is on the site."""
        return self.visit(hour) is not None and not self.barred(hour)

    def arrive(self, visit: Visit) -> None:
        """Come to the door, which lets in or turns away; a bar comes on top."""
        if lets_in(self.tolerance, self.friction(visit.begin)):
            self.visits.append(visit)
            self.came_in_month = True
            if self.barred(visit.begin):
                self.barred_today = True
                self.model.ledger.count("n_visits_barred", int(self.kind == "user"))
            else:
                self.came_today = True
                self.model.ledger.count("n_visits", int(self.kind == "user"))
        else:
            self.visits_turned_away.append(visit)
            self.turned_away_today = self.turned_away_in_month = True
            self.model.ledger.count("n_visits_turned_away", int(self.kind == "user"))

    def may_write(self, begin: int) -> bool:
        """Tell whether the account of a visit is old enough to write to strangers."""
        model = self.model
        joined = max(self.joined, self.new_since)
        since = int(account_since(joined, begin, model.rules.registration.accounts_persist))
        return may_write(model.hour - since, model.rules.limits.cooling_off_hours)

    def be_there(self) -> None:
        """Spend an hour on the site, or be kept out of it."""
        hour, ledger = self.model.hour, self.model.ledger
        if self.visit(hour):
            out = "_in_custody" if hour >= self.custody_from else "_barred" if self.barred(hour) else ""
            ledger.count(f"n_{self.kind}_hours{out}")
        if any(v.start <= hour < v.end for v in self.visits_turned_away):
            ledger.count(f"n_{self.kind}_hours_turned_away")

    def visit_begun(self, begin: int, end: int) -> Visit:
        """Return the visit, still running, that began in an hour of yesterday."""
        return next(v for v in self.visits + self.visits_turned_away if (v.begin, v.end) == (begin, end))

    def forget(self, hour: int) -> None:
        """Begin a new day: drop visits that are over."""
        self.visits = [v for v in self.visits if v.end >= hour]
        self.visits_turned_away = [v for v in self.visits_turned_away if v.end >= hour]
        self.came_today = self.turned_away_today = self.barred_today = False

    def bar(self, hour: int, until: int, as_whom: int) -> None:
        """Keep the person out from the next hour on, unless a longer bar is in force."""
        if lengthens(until, self.barred_until, hour):
            self.barred_until, self.returns_as = until, as_whom

    def be_arrested(self) -> None:
        """Be taken from the site for good."""
        if self.barred_until < NEVER:
            self.custody_from = max(self.barred_until, self.model.hour + 1)
            self.barred_until, self.returns_as = NEVER, AS_BEFORE

    def come_back(self) -> None:
        """With the next hour a bar is over, and the person is a stranger to the site."""
        if self.returns_as != AS_BEFORE and self.barred_until == self.model.hour + 1:
            self.model.ledger.note("return", 0, self, None, detail=self.returns_as)
            self.strikes = Strikes()
            if self.kind == "predator":
                self.new_since = self.model.hour + 1
