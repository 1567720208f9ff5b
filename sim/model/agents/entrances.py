"""Who is let in where on a day: the gates and doors of all sites of the lane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.model.decisions.displacement import Gate, gates, goes_on, site_of, way
from sim.model.decisions.entry import doors_of
from sim.model.world.draws import Bools, Ints
from sim.model.world.movers import Movers
from sim.model.world.population import TOLERANCES
from sim.rules.rulebook import Rules

USERS, PREDATORS = range(2)
"""Kinds of persons, as doors and classes of movers tell them apart."""


class Entrances:
    """The gates, doors and ways of a day.

    Args:
        movers: Classes of persons by home and second choice.
        rules: Rules of the sites.
        day: Day of the run.
        before: Gates of the day before, if there was one.

    Attributes:
        gates: Gates of the sites.
        first: Sites that persons come to first, by class of movers.
        other: Sites that they come to then.
    """

    def __init__(self, movers: Movers, rules: Sequence[Rules], day: int, before: Sequence[Gate] = ()) -> None:
        self._movers = movers
        self.gates = gates(rules, day, before)
        ways = [
            way(movers.home(mover), movers.second(mover), movers.delay(mover), self.gates, day)
            for mover in range(movers.n)
        ]
        self.first, self.other = np.array(ways, np.int64).T
        # By kind and site; `NO_SITE` is -1, and so its door is the last.
        self._frictions = np.array([*map(doors_of, rules), (TOLERANCES, TOLERANCES)], np.int64).T

    def sites(self, kind: int, mover: int | Ints, tolerance: int | Ints) -> Ints:
        """Return on which sites doors let in persons of a kind, class and tolerance; bars apart."""
        first, other = self.first.take(mover), self.other.take(mover)
        friction = self._frictions[kind]
        return site_of(first, other, friction.take(first), friction.take(other), np.asarray(tolerance))

    def goes_on(self, kind: int, mover: int, tolerance: int) -> Bools:
        """Tell whether somebody goes on to the other site when a bar keeps them out of the first."""
        friction = self._frictions[kind]
        first, other = (friction.take(sites.take(mover)) for sites in (self.first, self.other))
        return goes_on(first, other, np.asarray(tolerance))

    def come_first(self, kind: int) -> Ints:
        """Return how many of the movers' cells come to each site first, by site and home."""
        return np.array([self._by_home(self._movers.cells[kind] * (self.first == s)) for s in range(len(self.gates))])

    def come_upon(self, baseline: Entrances) -> Ints:
        """Return the weights of homes among the users come upon on each site, by site and home.

        They are of those who are there, or would be there by the baseline's doors.
        """
        mover, tolerance = np.arange(self._movers.n)[:, None], np.arange(TOLERANCES)
        today, usual = (entrances.sites(USERS, mover, tolerance) for entrances in (self, baseline))
        return np.array([
            self._by_home(self._movers.cells[USERS] * ((today == site) | (usual == site)).sum(axis=1))
            for site in range(len(self.gates))
        ])

    def _by_home(self, of_class: Ints) -> Ints:
        by_home: Ints = of_class.reshape(self._movers.n_sites, -1).sum(axis=1)
        return by_home
