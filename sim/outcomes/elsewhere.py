"""Elsewhere: what is left of an effect if those whom a policy keeps out go on on another site, which is not simulated.

Who is kept out and where they go is no matter of this site's luck, and nobody has measured it. So no share of them is
assumed: an effect is shown if nobody goes on, if all do, and how many it takes to undo it. Harm elsewhere is reckoned
from both sides, at the baseline's rates: so much as those predators would have done here who are kept out, and so much
as would have befallen those lawful users who are. The larger counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.outcomes.counts import Counts, by_seed
from sim.outcomes.statistics import NONE, Floats, paired_change, ratio_interval
from sim.scenario.scenario import BASELINE

ELSEWHERE_COLUMNS = (
    *("policy", "predators_out", "predators_out_low", "predators_out_high", "users_out"),
    *("side", "relative", "relative_low", "relative_high", "seeds", "verdict"),
    *("break_even", "break_even_low", "break_even_high"),
)
"""Columns of `Comparison.elsewhere`."""


def elsewhere_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return what is left of each policy's effect on serious harm if all whom it keeps out go on elsewhere.

    Kept out are those hours online that a door turns away or a bar takes, beyond those of the baseline. Whoever is in
    custody goes nowhere; whom a policy deters from approaches stays.

    Args:
        counts: The counts of every run.
        policies: The arms, without the baseline.

    Returns:
        One row per policy, as `Comparison.elsewhere`: hours of predators and users kept out, as shares of those online
        under the baseline; the change of persons seriously harmed here and elsewhere together; and the share of the
        harm of those predators that undoes the effect, missing where a policy keeps none out or lowers nothing here.
    """
    sums = counts.sums()
    harmed, out = sums["n_persons_harmed"], {}
    for kind in ("predator", "user"):
        hours = f"n_{kind}_hours"
        out[kind] = sums[f"{hours}_turned_away"] + sums[f"{hours}_barred"]
        # At the baseline's rate an hour online is worth so many persons harmed.
        out[kind] *= by_seed(harmed, BASELINE).sum() / max(by_seed(sums[hours], BASELINE).sum(), 1)
    base = by_seed(harmed, BASELINE)
    rows = []
    for policy in policies:
        here = by_seed(harmed, policy)
        by_predators, by_users = (by_seed(of, policy) - by_seed(of, BASELINE) for of in out.values())
        larger = by_predators if by_predators.sum() >= by_users.sum() else by_users
        made = paired_change(base, here + larger, (float(base.sum()), float(here.sum())))
        spared = base - here
        undoes = ratio_interval(spared, by_predators) if spared.sum() > 0 and by_predators.sum() > 0 else NONE
        side = "none" if not larger.any() else "predators" if larger is by_predators else "users"
        rows.append((
            policy, *ratio_interval(by_predators, base), _share(by_users, base), side, *made.relative, made.seeds,
            made.verdict, *undoes,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(ELSEWHERE_COLUMNS))


def _share(part: Floats, whole: Floats) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else np.nan
