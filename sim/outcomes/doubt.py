"""Doubt: what is left of an effect when all that is uncertain varies at once.

Everything here works on arrays over parameter sets. Parameters are given as points, the quantiles of their shapes
between 0 and 1; an effect is the relative change of an outcome from the baseline, within a set and a seed. Some sets
were run with a second seed, which tells luck from the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.outcomes.sets import SCRAMBLE
from sim.outcomes.splines import Fit
from sim.outcomes.statistics import NONE, Flags, Floats, Interval, jackknife

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

MIDDLE = 0.9
"""Share of the sets between the ends of a range over doubt."""

SETS_WITHIN = 19
"""Sets of which the outermost ones are the ends of the middle `MIDDLE`."""

_HARMONICS = 3  # as many as half of the fewest sets bear, and enough for steps
_RESAMPLES = 50
_GROUPS = 20
_Z = 1.959963984540054


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
        rest = max(0.0, Fit(others[kept]).explained(first[kept])) if others.shape[1] else 0.0
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


def relative(values: Floats) -> Floats:
    """Return the effects of all arms but the baseline, the first: ``[arm, ...]``; missing where that one has none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(values[:1] > 0, values[1:] / values[:1] - 1, np.nan)
    return found
