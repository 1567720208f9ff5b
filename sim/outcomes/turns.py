"""Where the sign of an effect turns: one or two conditions on parameters under which it is the rarer one.

Parameters are given as points, the quantiles of their shapes between 0 and 1.
"""

from __future__ import annotations

import math
from itertools import product
from typing import NamedTuple

import numpy as np

from sim.outcomes.statistics import Flags, Floats

FEWEST_TURNED = 8
"""Sets of either sign below which it is not asked where the sign turns."""

_THRESHOLDS = np.linspace(0.2, 0.8, 7)  # points at which a condition may begin to hold
_WORTH_A_SECOND = 1.15  # two conditions are told if they gain so many times what one does
_PAIRED = 10  # so many parameters are tried in pairs: those that gain most alone
_BY_CHANCE = 0.05  # what is as likely as this by chance is not told


class Part(NamedTuple):
    """One of the conditions that hold together: a parameter above or below a point."""

    parameter: int
    above: bool
    point: float


class Condition(NamedTuple):
    """Where an effect has the sign that is the rarer one, found on the sets of even place.

    Attributes:
        raises: Whether it is a rise that is found there, and not a fall.
        parts: One or two conditions.
        sets: Sets of the other half that meet them.
        met: Those of them with that sign.
        wanted: Sets of the other half with that sign.
    """

    raises: bool
    parts: tuple[Part, ...]
    sets: int
    met: int
    wanted: int

    @property
    def density(self) -> float:
        """Share of the sets that meet the conditions which have the sign."""
        return self.met / self.sets

    @property
    def coverage(self) -> float:
        """Share of the sets with the sign that meet the conditions."""
        return self.met / self.wanted


def where_it_turns(points: Floats, effects: Floats, asked: int = 1) -> Condition | None:
    """Return one or two conditions under which an effect has its rarer sign, if there are any.

    They are the thresholds that gain most on the sets of even place: by how many more of the sets within have the sign
    than as many sets would at random. On the others it is judged whether that could be chance.

    Args:
        points: ``[set, parameter]``.
        effects: By set.
        asked: Of how many policies it is asked: all that is said holds together.
    """
    up, down = int((effects > 0).sum()), int((effects < 0).sum())
    if min(up, down) < FEWEST_TURNED:
        return None
    raises = up <= down
    wanted: Flags = effects > 0 if raises else effects < 0
    parts = _best(points[::2], wanted[::2])
    others, sign = points[1::2], wanted[1::2]
    within = np.logical_and.reduce([_meets(others, part) for part in parts])
    found = Condition(raises, parts, int(within.sum()), int((within & sign).sum()), int(sign.sum()))
    if not found.met or _at_random(found, len(sign)) > _BY_CHANCE / asked:
        return None
    return found


def _meets(points: Floats, part: Part) -> Flags:
    column = points[:, part.parameter]
    found: Flags = column > part.point if part.above else column < part.point
    return found


def _best(points: Floats, wanted: Flags) -> tuple[Part, ...]:
    """Return the one condition that gains most, or the two that gain a good deal more."""
    single = [Part(*of) for of in product(range(points.shape[1]), (False, True), map(float, _THRESHOLDS))]
    gain = _gains(np.array([_meets(points, part) for part in single]), wanted)
    of_parameter = gain.reshape(points.shape[1], -1).max(axis=1)
    near = {int(i) for i in np.argsort(-of_parameter, kind="stable")[:_PAIRED]}
    some = [part for part in single if part.parameter in near]
    inside = np.array([_meets(points, part) for part in some])
    both = (inside * (wanted - wanted.mean())) @ inside.T
    same = np.array([part.parameter for part in some])
    both[same[:, None] == same] = -np.inf
    if len(near) > 1 and both.max() > _WORTH_A_SECOND * gain.max():
        one, other = np.unravel_index(int(both.argmax()), both.shape)
        return some[int(one)], some[int(other)]
    return (single[int(gain.argmax())],)


def _gains(inside: Flags, wanted: Flags) -> Floats:
    """Return by row how many more of the sets inside are wanted than of as many at random."""
    found: Floats = inside @ (wanted - wanted.mean())
    return found


def _at_random(found: Condition, n: int) -> float:
    """Return how likely as many sets within the conditions have the sign if it has nothing to do with them."""
    most = min(found.sets, found.wanted)
    ways = (
        math.comb(found.wanted, k) * math.comb(n - found.wanted, found.sets - k) for k in range(found.met, most + 1)
    )
    return sum(ways) / math.comb(n, found.sets)
