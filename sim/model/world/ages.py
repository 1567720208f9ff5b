"""Whom age checks tell apart: types of persons by band and candour, a trait drawn once.

A person passes a check for old enough if their candour lies below the share of their band that passes it (of predators:
of theirs). So whoever passes a strict check passes a mild one. Only as many types are told apart as rules need, and
where no rule rests on an age there is one type, and nothing is drawn.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.model.world.draws import Bools, Draws, Ints, Purpose, below
from sim.model.world.keys import N_CLASSES, N_RATES, N_USER_STRATA, Whole, stratum_of
from sim.model.world.population import TOLERANCES
from sim.rules.age import BAND_OF_CLASS, BANDS
from sim.rules.rulebook import Rules
from sim.scenario.scenario import Scenario

CANDOURS: Final = 1000
"""Equally likely classes of candour: of a band, a share p passes whose class lies below p x CANDOURS."""
_PREDATORS: Final = len(BANDS)
_ADULTS: Final = 2


class Ages:
    """The types of persons.

    Args:
        scenario: Whose rules, under the baseline and all policies, say what is told apart.

    Attributes:
        n: Number of types; lawful persons and predators are numbered apart.
        n_candours: Candours of a class of persons together: see `width`.
        width: By class of lawful persons and type, how many of the candours of the class are of that type.
    """

    def __init__(self, scenario: Scenario) -> None:
        asked = {_passing(rules) for rules in scenario.every_rules if rules.rests_on_ages}
        self._told_apart = bool(asked)
        edges = [np.unique([0, CANDOURS, *(limits[group] for limits in asked)]) for group in range(_PREDATORS + 1)]
        n_of = [edge.size - 1 for edge in edges]
        self.n = max(sum(n_of[:_PREDATORS]), n_of[_PREDATORS]) if asked else 1
        self.n_candours = CANDOURS if asked else 1
        self._edges = edges
        self._first = [*np.cumsum([0, *n_of[: _PREDATORS - 1]]).tolist(), 0]
        self._group, self._lowest = np.zeros((2, 2, self.n), np.int64)
        self.width: Ints = np.zeros((N_CLASSES, self.n), np.int64)
        if not asked:
            self.width[:] = 1
            return
        for group, (first, n) in enumerate(zip(self._first, n_of, strict=True)):
            kind, types = int(group == _PREDATORS), slice(first, first + n)
            self._group[kind, types], self._lowest[kind, types] = group, edges[group][:-1]
            for of_class in (c for c, band in enumerate(BAND_OF_CLASS) if band == group):
                self.width[of_class, types] = np.diff(edges[group])

    def drawn(self, draws: Draws, seed: Ints, person: Ints) -> Ints:
        """Return the types of persons of one stratum."""
        if not self._told_apart or not person.size:
            return np.zeros(person.size, np.int64)
        stratum = int(stratum_of(person[0]))
        group = _PREDATORS if stratum >= N_USER_STRATA else BAND_OF_CLASS[stratum // N_RATES]
        candour = below(draws.words(Purpose.CANDOUR, seed, person), CANDOURS)
        types: Ints = self._first[group] + self._edges[group].searchsorted(candour, side="right") - 1
        return types

    def of(self, door_type: Whole) -> Whole:
        """Return the types of persons out of what doors know of them: `Presences.door_type`."""
        return door_type // TOLERANCES % self.n

    def pass_for_adults(self, rules: Rules) -> Bools:
        """Tell which types pass for old enough, by kind (1 predators) and type."""
        passes: Bools = self._lowest < np.array(_passing(rules)).take(self._group)
        return passes

    @property
    def adults(self) -> Bools:
        """Which types of lawful persons are of the adult bands."""
        adults: Bools = self._group[0] == _ADULTS
        return adults


def _passing(rules: Rules) -> tuple[int, ...]:
    """Return the candour below which persons pass for old enough: of the bands, and of predators."""
    return tuple(int(p * CANDOURS + 0.5) for p in rules.p_pass_for_adults)
