"""Two stages of seeds: the first show how many it takes in all for an interval as narrow as asked (Stein 1945).

How many follow depends on the spread of the first ones, which says next to nothing of their mean. So an interval that
rests on that spread, with the mean of all seeds, covers as often as it says, however many there are in the end and
however many policies were asked, of which the one that needs most decides. One from the spread of all would cover too
seldom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sim.outcomes.statistics import Floats, ratio_interval, reach_of_ratio, t_quantile
from sim.scenario.arguments import MOST_SEEDS

FEWEST_FIRST = 20
"""Seeds of the first stage, at least: with fewer, a spread is known so badly that far too many would often follow."""


def seeds_in_all(harmed: Mapping[str, Floats], baseline: Floats, halfwidth: float) -> dict[str, float]:
    """Return how many seeds it takes in all for the change that each policy makes to be known to within so much.

    Args:
        harmed: By policy, an outcome of every seed of the first stage.
        baseline: The same under the baseline.
        halfwidth: Half the width of the interval that is asked, as a share of the baseline.

    Returns:
        By policy; infinite where no percentage can be said, for the baseline is not told apart from zero, and where it
        would take more than `MOST_SEEDS`.
    """
    found = {}
    for policy, values in harmed.items():
        part = values - baseline
        known = ratio_interval(part, baseline).value
        found[policy] = _seeds(part - known * baseline, baseline, halfwidth) if known == known else math.inf
    return found


def _seeds(rest: Floats, whole: Floats, halfwidth: float) -> float:
    """Return for how many seeds Fieller's interval is so narrow; see `sim.outcomes.statistics.ratio_interval`."""
    n, mean = len(whole), float(whole.mean())
    (spread, shared), (_, noise) = np.cov(rest, whole)

    def too_wide(in_all: int) -> bool:
        squared = t_quantile(n - 1) ** 2 / in_all
        reach = reach_of_ratio(mean, squared * spread, squared * shared, squared * noise)
        return reach is None or sum(reach) > 2 * halfwidth

    first, most = n, MOST_SEEDS
    if too_wide(most):
        return math.inf
    while first < most:
        middle = (first + most) // 2
        first, most = (middle + 1, most) if too_wide(middle) else (first, middle)
    return first
