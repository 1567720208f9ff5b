"""Whom limits keep adults from, lane by lane on one day, by whom each site takes for a minor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.model.arrays.places import Places
from sim.model.decisions.entry import kept_apart
from sim.model.decisions.undercover import POSE
from sim.model.world.ages import Ages
from sim.model.world.draws import Bools, Ints
from sim.rules.rulebook import Rules


class Apart:
    """Whom adults may not write to, and whom they may not under the baseline.

    Args:
        rules: Rules of today, by place.
        usual: Those of the baseline, by site.
        places: The places.
        ages: What age checks make of people.

    Attributes:
        limits: Whether some limit keeps adults from minors, in some place or under the baseline.
        limited: Whether one does, by place.
    """

    def __init__(self, rules: Sequence[Rules], usual: Sequence[Rules], places: Places, ages: Ages) -> None:
        self._ages, self._n_sites = ages, places.n_sites
        self.limited: Bools = np.array([not r.limits.adults_to_minors for r in rules])
        self._usually_limited = np.array([not r.limits.adults_to_minors for r in usual])
        self.limits = bool(self.limited.any() or self._usually_limited.any())
        if self.limits:
            self.minors = _minors(rules, ages)
            self._usual_minors = _minors(usual, ages)

    def keeps(self, place: Ints, target_type: Ints, predator_type: Ints) -> Bools:
        """Tell where predators may not write to users in places, by their `Presences.door_type`."""
        target, predator = self._ages.of(target_type), self._ages.of(predator_type)
        may = ~self.limited.take(place)
        kept: Bools = kept_apart(self.minors[0, place, target], self.minors[1, place, predator], may)
        return kept

    def keeps_from_decoys(self, place: Ints, predator_type: Ints) -> Bools:
        """Tell where predators may not write to decoys, who are known as what they pose as wherever anybody is."""
        known = self.minors[0][:, self._ages.width[POSE] > 0].any(axis=1)
        predator = self._ages.of(predator_type)
        kept: Bools = kept_apart(known.take(place), self.minors[1, place, predator], ~self.limited.take(place))
        return kept

    def usually_keeps(self, place: Ints, target_type: Ints, predator_type: Ints) -> Bools:
        """Tell where they may not under the baseline."""
        site, target, predator = place % self._n_sites, self._ages.of(target_type), self._ages.of(predator_type)
        minors, limited = self._usual_minors, self._usually_limited
        kept: Bools = kept_apart(minors[0, site, target], minors[1, site, predator], ~limited.take(site))
        return kept


def _minors(rules: Sequence[Rules], ages: Ages) -> Bools:
    """Return who is taken for a minor: by kind (1 predators), rules and type of `Ages`."""
    taken: Bools = np.stack([~ages.pass_for_adults(r) for r in rules], axis=1)
    return taken
