"""A person, lawful user or predator: visits, doors, bars; and the lane as everybody in it sees it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import mesa
import numpy as np

from sim.model.agents.desk import StaffedVenue
from sim.model.agents.entrances import USERS, Entrances
from sim.model.agents.investigators import Lead, Police
from sim.model.agents.ledger import Case, Party
from sim.model.agents.standing import Standing
from sim.model.agents.venue import Lane, Venue
from sim.model.decisions.displacement import NO_SITE
from sim.model.decisions.entry import account_since, may_write
from sim.model.decisions.sanctions import AS_BEFORE, Strikes
from sim.model.world.day import Day
from sim.model.world.draws import Ints, Purpose, below
from sim.model.world.keys import N_MINOR_STRATA, home_of, stratum_of
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


class PeopledLane(Lane):
    """The lane, as everybody in it sees it; `sim.model.agents.chat.Chat` makes it.

    Attributes:
        police: Where complaints go.
        day: Who comes today, and whom predators want to approach.
        baseline: Who is let in where under the baseline.
        come_upon: Weights of homes among those come upon on each site: see `Entrances.come_upon`.
        visit_by_row: Person and visit behind each row of the day.
        complaints: Complaints to come by their hour.
    """

    venues: Sequence[StaffedVenue]
    police: Police
    day: Day
    baseline: Entrances
    come_upon: Ints
    visit_by_row: list[tuple[Person, Visit]]
    complaints: dict[int, list[Complaint]]

    @abstractmethod
    def entrances(self, begin: int) -> Entrances:
        """Return the entrances that hold for visits that began in an hour of today or yesterday."""


class Person(mesa.Agent):
    """Somebody who may be on a site: a home, visits, a tolerance of friction, and perhaps bars."""

    kind = ""
    predator = USERS
    model: PeopledLane

    def __init__(self, model: PeopledLane, number: int) -> None:
        super().__init__(model)
        self.number = number
        self.home = home_of(number)
        world, who = model.world, (np.array([0]), np.array([number]))
        self.tolerance = below(world.draws.word(Purpose.TOLERANCE, 0, number), TOLERANCES)
        self.joined = 24 * int(world.membership.joined(*who)[0])
        # What decides where somebody goes is drawn where there is anywhere to go.
        drawn = world.movers.n > 1
        self.mover = int(world.movers.drawn(world.draws, *who, self.predator, self.home)[0]) if drawn else 0
        self.age_type = int(world.ages.drawn(world.draws, *who)[0])
        self.minor = not self.predator and stratum_of(number) < N_MINOR_STRATA
        self.visits: list[Visit] = []
        self.standings = [Standing() for _ in model.venues]
        self.turned_away_today = self.turned_away_in_month = False

    def barred(self, venue: Venue, hour: int) -> bool:
        """Tell whether a bar keeps the person out of a site."""
        return self.standings[venue.index].barred(hour)

    def visit(self, hour: int) -> Visit | None:
        """Return the visit that covers an hour, doors and bars apart."""
        return next((v for v in self.visits if v.start <= hour < v.end), None)

    def in_custody(self, hour: int) -> bool:
        """Tell whether the person has been arrested."""
        return self.standings[self.home].custody_from <= hour

    def let_in(self, begin: int) -> int:
        """Return the site whose door lets in a visit that began in an hour, or `NO_SITE`; bars apart."""
        return self.model.entrances(begin).site(self)

    def site(self, begin: int, hour: int) -> int:
        """Return the site on which a visit that began in an hour is in another one, or `NO_SITE`."""
        site = self.let_in(begin)
        if not self.standings[self.home if site == NO_SITE else site].barred(hour):
            return site
        site = self.model.entrances(begin).other_site(self)
        return NO_SITE if site == NO_SITE or self.standings[site].barred(hour) else site

    def site_in(self, hour: int) -> int:
        """Return the site on which the person is in an hour, or `NO_SITE`."""
        visit = self.visit(hour)
        return NO_SITE if visit is None else self.site(visit.begin, hour)

    def online(self, hour: int) -> bool:
        """Tell whether the person is on any site."""
        return self.site_in(hour) != NO_SITE

    def arrive(self, visit: Visit) -> None:
        """Come to the doors, one of which lets in, or none; a bar comes on top."""
        self.visits.append(visit)
        site, ledgers, of_user = self.let_in(visit.begin), self.model.ledgers, 1 - self.predator
        if site != self.home:
            self.turned_away_today = self.turned_away_in_month = True
            ledgers[self.home].count("n_visits_turned_away", of_user)
        if site == NO_SITE:
            return
        standing, at_home = self.standings[site], site == self.home
        standing.came_in_month = True
        if not standing.barred(visit.begin):
            standing.came_today = True
            ledgers[site].count("n_visits", of_user)
            ledgers[site].count("n_visits_moved_in", of_user * (not at_home))
        elif at_home:
            standing.barred_today = True
            ledgers[site].count("n_visits_barred", of_user)

    def may_write(self, begin: int, venue: Venue) -> bool:
        """Tell whether the account of a visit to a site is old enough to write to strangers."""
        joined = max(self.joined, self.standings[venue.index].new_since)
        since = int(account_since(joined, begin, venue.rules.registration.accounts_persist))
        return may_write(self.model.hour - since, venue.rules.limits.cooling_off_hours)

    def be_there(self) -> tuple[Visit, StaffedVenue] | None:
        """Spend an hour where doors and bars let them, and return the visit and where; or be kept out."""
        hour, ledgers = self.model.hour, self.model.ledgers
        visit = self.visit(hour)
        if visit is None:
            return None
        let_in, site = self.let_in(visit.begin), self.site(visit.begin, hour)
        kept_out = "turned_away" if let_in != self.home else "barred"
        for of in self._counted_among:
            if self.in_custody(hour):
                ledgers[self.home].count(f"n_{of}_hours_in_custody")
            elif site != self.home:
                ledgers[self.home].count(f"n_{of}_hours_{kept_out}")
            if site != NO_SITE:
                ledgers[site].count(f"n_{of}_hours")
                ledgers[site].count(f"n_{of}_hours_moved_in", int(site != self.home))
        return None if site == NO_SITE else (visit, self.model.venues[site])

    @property
    def _counted_among(self) -> tuple[str, ...]:
        """Those among whom the person's hours are counted."""
        return (self.kind, "minor") if self.minor else (self.kind,)

    def visit_begun(self, begin: int, end: int) -> Visit:
        """Return the visit, still running, that began in an hour of yesterday."""
        return next(v for v in self.visits if (v.begin, v.end) == (begin, end))

    def forget(self, hour: int) -> None:
        """Begin a new day: drop visits that are over."""
        self.visits = [v for v in self.visits if v.end >= hour]
        self.turned_away_today = False
        for standing in self.standings:
            standing.came_today = standing.barred_today = False

    def be_arrested(self) -> None:
        """Be taken from all sites for good."""
        for standing in self.standings:
            standing.be_arrested(self.model.hour)

    def come_back(self) -> None:
        """With the next hour a bar is over, and the person is a stranger to the site."""
        next_hour = self.model.hour + 1
        for site, standing in enumerate(self.standings):
            if standing.returns_as != AS_BEFORE and standing.barred_until == next_hour:
                self.model.ledgers[site].note("return", 0, self, None, detail=standing.returns_as)
                standing.strikes = Strikes()
                if self.predator:
                    standing.new_since = next_hour
