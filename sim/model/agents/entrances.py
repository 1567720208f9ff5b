"""Who is let in where on a day: the gates and doors of all sites of the lane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.model.decisions.displacement import NO_SITE, Gate, gates, goes_on, site_of, way
from sim.model.decisions.entry import doors_of
from sim.model.world.draws import Ints
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

    def __init__(self, movers: Movers, rules: Sequence[Rules], day: int, before: Sequence[Gate]) -> None:
        self._movers = movers
        self.gates = gates(rules, day, before)
        ways = [
            way(movers.home(mover), movers.second(mover), movers.delay(mover), self.gates, day)
            for mover in range(movers.n)
        ]
        self.first, self.other = np.array(ways, np.int64).T
        # By kind and site; `NO_SITE` is -1, and so its door is the last.
        frictions = np.array([*map(doors_of, rules), (TOLERANCES, TOLERANCES)], np.int64).T
        # By kind, and then by class and tolerance.
        first, other, tolerance = self.first[:, None], self.other[:, None], np.arange(TOLERANCES)
        self._site = [site_of(first, other, f.take(first), f.take(other), tolerance) for f in frictions]
        self._goes_on = [goes_on(f.take(first), f.take(other), tolerance) for f in frictions]

    def site(self, kind: int, mover: int, tolerance: int) -> int:
        """Return the site whose door lets in persons of a kind, class and tolerance, or `NO_SITE`; bars apart."""
        return int(self._site[kind][mover, tolerance])

    def goes_on_to(self, kind: int, mover: int, tolerance: int) -> int:
        """Return the site to which they go on when a bar keeps them out of the first, or `NO_SITE`."""
        return int(self.other[mover]) if self._goes_on[kind][mover, tolerance] else NO_SITE

    def come_first(self, kind: int) -> Ints:
        """Return how many of the movers' cells come to each site first, by site and home."""
        return np.array([self._by_home(self._movers.cells[kind] * (self.first == s)) for s in range(len(self.gates))])

    def come_upon(self, baseline: Entrances) -> Ints:
        """Return the weights of homes among the users come upon on each site, by site and home.

        They are of those who are there, or would be there by the baseline's doors.
        """
        today, usual = self._site[USERS], baseline._site[USERS]
        return np.array(
            [
                self._by_home(self._movers.cells[USERS] * ((today == site) | (usual == site)).sum(axis=1))
                for site in range(len(self.gates))
            ]
        )

    def _by_home(self, of_class: Ints) -> Ints:
        by_home: Ints = of_class.reshape(self._movers.n_sites, -1).sum(axis=1)
        return by_home
