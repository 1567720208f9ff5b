"""Doubt: what is left of an effect when all that is uncertain varies at once.

Everything here works on arrays over parameter sets. Parameters are given as points, the quantiles of their shapes
between 0 and 1; an effect is the relative change of an outcome from the baseline, within a set and a seed. Some sets
were run with a second seed, which tells luck from the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.outcomes.sets import SCRAMBLE
from sim.outcomes.statistics import NONE, Floats, Interval, jackknife, t_interval

FEWEST_SETS = 16
"""Sets with an effect below which neither shares nor conditions can be told."""

FEWEST_FOR_A_RANGE = 12
"""Sets with an effect below which no range over doubt is told."""

FROM_SETS = 300
"""Sets from which SALib tells total shares of a sample that was not made for them."""

MOST_TOTALS = 6
"""Parameters among which total shares are told: those with the largest first-order shares that stand out."""

DUMMIES = 100
"""Made-up parameters that reach nothing, drawn as the others are: what exceeds all of them is told apart from noise."""

FEWEST_TURNED = 8
"""Sets of either sign below which it is not asked where the sign turns."""

MIDDLE = 0.9
"""Share of the sets between the ends of a range over doubt."""

SETS_WITHIN = 19
"""Sets of which the outermost ones are the ends of the middle `MIDDLE`."""

_HARMONICS = 3  # as many as half of the fewest sets bear, and enough for steps
_RESAMPLES = 50
_GROUPS = 20
_PENALTIES = np.logspace(-6, 4, 21)
_THRESHOLDS = np.linspace(0.2, 0.8, 7)
_WORTH_A_SECOND = 1.15
_PAIRED = 10
_FEW, _FOLDS = 6, 8
_BY_CHANCE = 0.05
_Z = 1.959963984540054

Flags = NDArray[np.bool_]


class FirstOrder(NamedTuple):
    """Shares of the variance of an effect that each parameter makes by itself.

    Attributes:
        shares: By parameter; a little below zero for one that makes none.
        noise: By parameter, half the width of the 95% interval.
        dummy: The largest share of a parameter that reaches nothing.
    """

    shares: Floats
    noise: Floats
    dummy: float

    @property
    def stands_out(self) -> Flags:
        """By parameter, whether it is told apart from one that reaches nothing."""
        found: Flags = (self.shares > self.dummy) & (self.shares > self.noise)
        return found


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


def spread(effects: Floats) -> Interval:
    """Return the median with the ends between which another set lies in `MIDDLE` of cases; empty if there are none.

    They lie between ordered sets as expected ones do (Weibull 1939), so that few sets are not taken for all there is.
    With fewer than `SETS_WITHIN` even the outermost ones are too near: these are the ends then.
    """
    if not len(effects):
        return NONE
    tail = (1 - MIDDLE) / 2
    low, value, high = (float(x) for x in np.quantile(effects, [tail, 0.5, 1 - tail], method="weibull"))
    return Interval(value, low, high)


def binomial(k: int, n: int) -> Interval:
    """Return a share of `n` sets with its 95% interval (Wilson 1927); empty if there are none."""
    if not n:
        return NONE
    share, squared = k / n, _Z**2 / n
    middle = (share + squared / 2) / (1 + squared)
    half = _Z * math.sqrt(share * (1 - share) / n + squared / n / 4) / (1 + squared)
    return Interval(share, min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share))


def luck(first: Floats, second: Floats) -> Interval:
    """Return the share of the variance of an effect that is luck, with a jackknife interval over the sets.

    Args:
        first: The effect in every set.
        second: The same with another seed; missing where there was none.
    """
    return _over_groups(lambda kept: _luck(first[kept], second[kept]), len(first)).within(0, 1)


def assumed(others: Floats, first: Floats, second: Floats) -> Interval:
    """Return the share of the variance of an effect that rests on assumed numbers at most, with a jackknife interval.

    It is all that neither luck nor any other number alone makes: what assumed ones do alone, together, and together
    with others, and what several of the others do together. A regression on the assumed ones themselves would need
    more sets than there are parameters of that kind.

    Args:
        others: Points of the parameters that are not assumed: ``[set, parameter]``.
        first: The effect in every set.
        second: The same with another seed; missing where there was none.
    """

    def left(kept: NDArray[np.int64]) -> float:
        rest = max(0.0, _Fit(others[kept]).explained(first[kept])) if others.shape[1] else 0.0
        return 1 - _luck(first[kept], second[kept]) - rest

    return _over_groups(left, len(first)).within(0, 1)


def luck_alone(first: Floats, second: Floats) -> float:
    """Return how far from its mean luck takes an effect in `MIDDLE` of the runs, all parameters the same."""
    apart = np.abs(first - second)[np.isfinite(second)]
    return float(np.quantile(apart, MIDDLE)) / math.sqrt(2) if len(apart) else math.nan


def _luck(first: Floats, second: Floats) -> float:
    apart = (first - second)[np.isfinite(second)]
    whole = float(first.var(ddof=1)) if len(first) > 1 else 0.0
    return float((apart**2).mean()) / 2 / whole if whole and len(apart) else math.nan


def _over_groups(share: Callable[[NDArray[np.int64]], float], n: int) -> Interval:
    """Return a share of all sets with a jackknife interval, a group of sets left out at a time."""
    places = np.arange(n)
    groups = min(n, _GROUPS)
    left_out = [share(places[places % groups != group]) for group in range(groups)]
    return jackknife(np.array([share(places), *left_out]))


def first_order(points: Floats, effects: Floats, dummies: Floats) -> FirstOrder | None:
    """Return first-order shares by random balance designs, bias removed (Tarantola et al. 2006, Tissot, Prieur 2012).

    Args:
        points: ``[set, parameter]``.
        effects: By set.
        dummies: Points of made-up parameters, likewise.

    Returns:
        Nothing if there are too few sets, or all effects are the same.
    """
    n, d = points.shape
    if n < FEWEST_SETS or not effects.std():
        return None
    from SALib.analyze import rbd_fast  # late: it takes a second, and is of an extra

    def shares(of: Floats, resamples: int) -> tuple[Floats, Floats]:
        names = [str(i) for i in range(of.shape[1])]
        problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
        draws = np.random.Generator(np.random.PCG64(SCRAMBLE))
        with np.errstate(invalid="ignore"):  # of resamples in which all effects are the same
            found = rbd_fast.analyze(problem, of, effects, M=_HARMONICS, num_resamples=resamples, seed=draws)
        return np.array(found["S1"], float), np.array(found["S1_conf"], float)

    found, _ = shares(np.hstack([points, dummies]), 2)
    own, dummy = found[:d], float(found[d:].max())
    noise = np.full(d, _Z * float(found[d:].std()))
    if (large := np.flatnonzero(own > dummy)).size:
        own_noise = shares(points[:, large], _RESAMPLES)[1]
        noise[large] = np.where(np.isnan(own_noise), 1.0, np.maximum(noise[large], own_noise))
    return FirstOrder(own, noise, dummy)


def total(points: Floats, effects: Floats, found: FirstOrder) -> Floats:
    """Return total shares of the largest parameters that stand out, with all that they do together (Li et al. 2010).

    Args:
        points: ``[set, parameter]``.
        effects: By set.
        found: First-order shares.

    Returns:
        By parameter; missing for the others, and for all with fewer than `FROM_SETS` sets.
    """
    totals = np.full(points.shape[1], np.nan)
    large = [i for i in np.argsort(-found.shares, kind="stable") if found.stands_out[i]][:MOST_TOTALS]
    if len(effects) < FROM_SETS or len(large) < 2:
        return totals
    from SALib.analyze import enhanced_hdmr

    names = [str(i) for i in large]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
    made = enhanced_hdmr.analyze(
        problem, points[:, large], effects, max_order=2, poly_order=2, bootstrap=1, subset=len(effects)
    )
    totals[large] = np.asarray(made["ST"], float)[: len(large)]
    return totals


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


def value_of_knowing(harm: Floats, points: Floats) -> Interval:
    """Return by how much less harm is to be expected if some parameters are known before an arm is chosen.

    Without knowing, the arm is chosen that has the least harm over all sets. Who knows chooses by a regression of the
    differences between arms on splines of what is known. Each set is foreseen without itself, so that what is gained
    is not taken from noise; with few sets it is rather too low. Of many parameters those few are taken that explain
    most by themselves, chosen without the sets that are foreseen.

    Args:
        harm: Persons harmed of every arm, the baseline first: ``[arm, set]``.
        points: Points of what is known: ``[set, parameter]``.

    Returns:
        Persons harmed less, with its 95% interval over the sets.
    """
    foreseen = np.vstack([0 * harm[:1], _foreseen(points, harm[1:] - harm[0])])
    chosen = np.take_along_axis(harm, foreseen.argmin(axis=0)[None], axis=0)[0]
    return t_interval(harm[least_harm(harm)] - chosen).within(least=0)


def most_of_made_up(harm: Floats, dummies: Floats) -> float:
    """Return the most that `value_of_knowing` makes of one of many parameters that reach nothing."""
    return max(value_of_knowing(harm, column[:, None]).value for column in dummies.T)


def least_harm(harm: Floats) -> int:
    """Return the arm with the least harm over all sets, the first of several."""
    return int(harm.mean(axis=1).argmin())


def _foreseen(points: Floats, differences: Floats) -> Floats:
    """Return what is expected in each set from all others or, where few of many parameters are chosen, from most.

    Args:
        points: ``[set, parameter]``.
        differences: ``[arm, set]``.
    """
    if points.shape[1] <= _FEW:
        fit = _Fit(points)
        return np.array([fit.foreseen(y) for y in differences])
    found = np.empty_like(differences)
    places = np.arange(len(points)) % _FOLDS
    for fold in range(_FOLDS):
        here, elsewhere = places == fold, places != fold
        single = [_Fit(points[elsewhere, i : i + 1]) for i in range(points.shape[1])]
        for y, into in zip(differences, found, strict=True):
            alone = np.array([fit.explained(y[elsewhere]) for fit in single])
            few = np.argsort(-alone, kind="stable")[:_FEW]
            into[here] = _Fit(points[np.ix_(elsewhere, few)]).at(points[np.ix_(here, few)], y[elsewhere])
    return found


class _Fit:
    """A regression on splines of some parameters, least squares with the penalty that foresees best.

    Args:
        points: ``[set, parameter]``.
    """

    def __init__(self, points: Floats) -> None:
        n, columns = len(points), self._columns(points)
        self._means, self._sds = columns.mean(axis=0), np.maximum(columns.std(axis=0), 1e-9)
        self._left, sizes, self._right = np.linalg.svd((columns - self._means) / self._sds, full_matrices=False)
        self._sizes = np.maximum(sizes, 1e-9)
        self._kept = sizes**2 / (sizes**2 + n * _PENALTIES[:, None])
        self._hat = np.minimum(1 / n + self._kept @ self._left.T**2, 1 - 1e-9)

    def foreseen(self, y: Floats) -> Floats:
        """Return what is expected in each set from the others."""
        residuals = self._residuals(y)
        found: Floats = y - residuals[self._best(residuals)]
        return found

    def at(self, points: Floats, y: Floats) -> Floats:
        """Return what is expected in other sets."""
        kept = self._kept[self._best(self._residuals(y))]
        slopes = (kept / self._sizes * (self._left.T @ (y - y.mean()))) @ self._right
        found: Floats = y.mean() + (self._columns(points) - self._means) / self._sds @ slopes
        return found

    def explained(self, y: Floats) -> float:
        """Return the share of the variance that is explained, adjusted for what fits by chance."""
        residuals = self._residuals(y)
        best = self._best(residuals)
        free = len(y) - float(self._hat[best].sum())
        left = float(((residuals[best] * (1 - self._hat[best])) ** 2).sum()) / free
        return 1 - left / float(y.var(ddof=1)) if y.std() else 0.0

    @staticmethod
    def _columns(points: Floats) -> Floats:
        """Return quadratic splines with a knot in the middle."""
        return np.hstack([points, points**2, np.maximum(points - 0.5, 0) ** 2])

    @staticmethod
    def _best(residuals: Floats) -> int:
        return int((residuals**2).sum(axis=1).argmin())

    def _residuals(self, y: Floats) -> Floats:
        """Return by penalty what each set is off from what the others foresee."""
        fitted = y.mean() + (self._kept * (self._left.T @ (y - y.mean()))) @ self._left.T
        found: Floats = (y - fitted) / (1 - self._hat)
        return found


def relative(values: Floats) -> Floats:
    """Return the effects of all arms but the baseline, the first: ``[arm, ...]``; missing where that one has none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(values[:1] > 0, values[1:] / values[:1] - 1, np.nan)
    return found
