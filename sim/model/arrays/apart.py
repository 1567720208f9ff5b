"""Whom limits keep adults from, lane by lane on one day, by whom each site takes for a minor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sim.model.decisions.entry import kept_apart
from sim.model.decisions.undercover import POSE
from sim.model.world.ages import Ages
from sim.model.world.draws import Bools, Ints
from sim.rules.rulebook import Rules


class Apart:
    """Whom adults may not write to under some rules.

    Args:
        rules: The rules: of today, by place; or of the baseline, by site.
        ages: What age checks make of people.
        usual: The same under the baseline; if not given, these are.

    Attributes:
        usual: As given.
        limited: Whether a limit keeps adults from minors, by rules.
        limits: Whether any does.
    """

    def __init__(self, rules: Sequence[Rules], ages: Ages, usual: Apart | None = None) -> None:
        self._rules, self._ages = rules, ages
        self.usual = usual or self
        self.limited: Bools = np.array([not r.limits.adults_to_minors for r in rules])
        self.limits = bool(self.limited.any())

    @cached_property
    def minors(self) -> Bools:
        """Who is taken for a minor: by kind (1 predators), rules and type of `Ages`."""
        return np.stack([~self._ages.pass_for_adults(rules) for rules in self._rules], axis=1)

    def keeps(self, where: Ints, target_type: Ints, predator_type: Ints) -> Bools:
        """Tell where predators may not write to users, by `where` rules hold and both `Presences.door_type`."""
        return self._keeps(where, self.minors[0, where, self._ages.of(target_type)], predator_type)

    def keeps_from_decoys(self, where: Ints, predator_type: Ints) -> Bools:
        """Tell where they may not write to decoys, who are known as what they pose as wherever anybody is."""
        known = self.minors[0][:, self._ages.width[POSE] > 0].any(axis=1)
        return self._keeps(where, known.take(where), predator_type)

    def _keeps(self, where: Ints, is_minor: Bools, predator_type: Ints) -> Bools:
        poses = self.minors[1, where, self._ages.of(predator_type)]
        kept: Bools = kept_apart(is_minor, poses, ~self.limited.take(where))
        return kept
