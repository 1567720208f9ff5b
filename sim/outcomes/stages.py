"""Two stages of seeds: the first show how many it takes in all for an interval as narrow as asked (Stein 1945).

How many follow depends on the spread of the first ones, which says nothing of their mean. So an interval that rests on
that spread, with the mean of all seeds, covers as often as it says, however many there are in the end and however many
policies were asked, of which the one that needs most decides. One from the spread of all seeds would cover too seldom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from sim.outcomes.statistics import Floats, ratio_interval, t_quantile

FEWEST_FIRST = 20
"""Seeds of the first stage, at least: with fewer, a spread is known so badly that far too many would often follow."""


def seeds_in_all(harmed: Mapping[str, Floats], baseline: Floats, halfwidth: float) -> dict[str, float]:
    """Return how many seeds it takes in all for the change that each policy makes to be known to within so much.

    Args:
        harmed: By policy, an outcome of every seed of the first stage.
        baseline: The same under the baseline.
        halfwidth: Half the width of the interval that is asked, as a share of the baseline.

    Returns:
        By policy; infinite where no percentage can be said, for the baseline is not told apart from zero.
    """
    n = len(baseline)
    found = {}
    for policy, values in harmed.items():
        ratio = ratio_interval(values - baseline, baseline).value
        rest = values - baseline - ratio * baseline
        spread = float(rest.std(ddof=1)) / float(baseline.mean()) if ratio == ratio else math.inf
        found[policy] = max(n, (t_quantile(n - 1) * spread / halfwidth) ** 2)
    return found
