"""Who is let in where on a day: the gates and doors of all sites of the lane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sim.model.decisions.displacement import NO_SITE, Gate, gates, goes_on, site_of, way
from sim.model.decisions.entry import doors_of
from sim.model.world.ages import Ages
from sim.model.world.draws import Ints
from sim.model.world.keys import N_CLASSES
from sim.model.world.movers import Movers
from sim.model.world.population import TOLERANCES
from sim.rules.rulebook import Rules

USERS, PREDATORS = range(2)
"""Kinds of persons, as doors and classes of movers tell them apart."""


class Comer(Protocol):
    """Somebody who comes to the doors."""

    @property
    def predator(self) -> int:
        """Kind."""

    @property
    def mover(self) -> int:
        """Class of `Movers`."""

    @property
    def age_type(self) -> int:
        """Type of `Ages`."""

    @property
    def tolerance(self) -> int:
        """Class of tolerance."""


class Entrances:
    """The gates, doors and ways of a day.

    Args:
        movers: Classes of persons by home and second choice.
        ages: Types of persons by what age checks make of them.
        rules: Rules of the sites.
        day: Day of the run.
        before: Gates of the day before, if there was one.

    Attributes:
        gates: Gates of the sites.
        first: Sites that persons come to first, by class of movers.
        other: Sites that they come to then.
        minors: Who is taken for a minor, by site, kind and type of `Ages`.
    """

    def __init__(self, movers: Movers, ages: Ages, rules: Sequence[Rules], day: int, before: Sequence[Gate]) -> None:
        self._movers, self._ages = movers, ages
        self.gates = gates(rules, day, before)
        ways = [
            way(movers.home(mover), movers.second(mover), movers.delay(mover), self.gates, day)
            for mover in range(movers.n)
        ]
        self.first, self.other = np.array(ways, np.int64).T
        self.minors = [~ages.pass_for_adults(of_site) for of_site in rules]
        # By kind, age type and site; `NO_SITE` is -1, and so its door is the last.
        doors = [*(doors_of(of_site, ages) for of_site in rules), np.full((2, ages.n), TOLERANCES)]
        frictions = np.stack(doors, axis=-1)
        # By kind and age type, and then by class and tolerance.
        first, other, tolerance = self.first[:, None], self.other[:, None], np.arange(TOLERANCES)
        self._site = [
            [site_of(first, other, f.take(first), f.take(other), tolerance) for f in of_kind] for of_kind in frictions
        ]
        self._goes_on = [goes_on(first, f.take(first), f.take(other), tolerance) for f in frictions[PREDATORS]]

    def site(self, person: Comer) -> int:
        """Return the site whose door lets somebody in, or `NO_SITE`; bars apart."""
        return int(self._site[person.predator][person.age_type][person.mover, person.tolerance])

    def other_site(self, person: Comer) -> int:
        """Return the site on which a predator is while a bar keeps them out of the first (or of home), or `NO_SITE`."""
        goes_on = person.predator and self._goes_on[person.age_type][person.mover, person.tolerance]
        return int(self.other[person.mover]) if goes_on else NO_SITE

    def is_minor(self, person: Comer, site: int) -> bool:
        """Tell whether a site takes somebody for a minor."""
        return bool(self.minors[site][person.predator, person.age_type])

    def come_first(self, kind: int) -> Ints:
        """Return how many of the movers' cells come to each site first, by site and home."""
        return np.array([self._by_home(self._movers.cells[kind] * (self.first == s)) for s in range(len(self.gates))])

    def come_upon(self, baseline: Entrances) -> Ints:
        """Return the weights of homes among the users come upon on each site, by class of users, site and home.

        They are of those who are there, or would be there by the baseline's doors.
        """
        weights = np.zeros((N_CLASSES, len(self.gates), self._movers.n_sites), np.int64)
        for age_type, (today, usual) in enumerate(zip(self._site[USERS], baseline._site[USERS], strict=True)):
            for site in range(len(self.gates)):
                n_tolerant = ((today == site) | (usual == site)).sum(axis=1)
                here = self._by_home(self._movers.cells[USERS] * n_tolerant)
                weights[:, site] += self._ages.width[:, age_type, None] * here
        return weights

    def _by_home(self, of_class: Ints) -> Ints:
        by_home: Ints = of_class.reshape(self._movers.n_sites, -1).sum(axis=1)
        return by_home
