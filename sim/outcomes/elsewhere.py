"""Elsewhere: what of an effect rests on those whom a policy keeps out, as it is assumed of them and at both ends.

Who goes on on another site, and what happens there, is no matter of luck, and nobody has measured it. The headline
takes what the scenario assumes of it (`Scenario.displacement`). Here the assumption is shown beside its ends: the
effect if nobody goes on, if all do, and how many it takes to undo it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.outcomes.counts import Counts, by_seed
from sim.outcomes.kept_out import (
    SIDES,
    World,
    assumed_of_both_sides,
    larger_sides,
    numbered,
    of_both_sides,
    users_out,
)
from sim.outcomes.statistics import NONE, Floats, Interval, paired_change, ratio_interval, share_of
from sim.scenario.scenario import BASELINE

ELSEWHERE_COLUMNS = (
    *("policy", "predators_out", "predators_out_low", "predators_out_high", "users_out"),
    *("assumed_side", "assumed", "assumed_low", "assumed_high"),
    *("side", "relative", "relative_low", "relative_high", "seeds", "verdict"),
    *("break_even", "break_even_low", "break_even_high"),
    *("break_even_users", "break_even_users_low", "break_even_users_high"),
    *("follows", "follows_users"),
)
"""Columns of `Comparison.elsewhere`."""


def elsewhere_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return what is done elsewhere, and what is left of each policy's effect if all whom it keeps out go on there.

    Kept out are those hours online that a door turns away or a bar takes, beyond those of the baseline. Whoever is in
    custody goes nowhere; whom a policy deters from approaches stays.

    Args:
        counts: The counts of every run.
        policies: The arms, without the baseline.

    Returns:
        One row per policy, as `Comparison.elsewhere`: hours of predators and users kept out, as shares of those online
        under the baseline; harm elsewhere as is assumed; the change of persons seriously harmed here and elsewhere
        together if all go on who are on no simulated site; the share of the harm of these predators, and of that to
        these users, that undoes the effect here, missing where a policy keeps none out or lowers nothing here; and the
        share of it that is assumed to follow.
    """
    sums = counts.sums()
    base = by_seed(sums["n_persons_harmed"], BASELINE)
    worlds = [World(counts.scenario, list(sums.table.index.unique("seed")))]
    of_seed = numbered(worlds)
    everybody = of_both_sides(sums.table, of_seed)
    n_user_hours, hours_out = by_seed(sums["n_user_hours"], BASELINE), users_out(sums.table)
    on_no_site = of_both_sides(sums.table, of_seed, moved=False)
    assumed = assumed_of_both_sides(sums.table, worlds)
    rows = []
    for policy in policies:
        here = by_seed(sums["n_persons_harmed"], policy)
        by_predators = by_seed(everybody["predator"], policy)
        side, larger = _larger(on_no_site, of_seed, policy)
        side_assumed, done = _larger(assumed, of_seed, policy)
        made = paired_change(base, here + larger, (float(base.sum()), float(here.sum())))
        left = [by_seed(on_no_site[side], policy) for side in SIDES]
        undoes = [_undoes(base, here, by_side) for by_side in left]
        follows = [
            np.nan if undone is NONE else share_of(by_seed(assumed[side], policy), of)
            for side, of, undone in zip(SIDES, left, undoes, strict=True)
        ]
        rows.append((
            policy, *ratio_interval(by_predators, base), share_of(by_seed(hours_out, policy), n_user_hours),
            side_assumed, *ratio_interval(done, base), side, *made.relative, made.seeds, made.verdict,
            *undoes[0], *undoes[1], *follows,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(ELSEWHERE_COLUMNS))


def _undoes(base: Floats, here: Floats, by_side: Floats) -> Interval:
    """Return which share of what those of a side would have done, or have had done to them, is all that is spared here.

    Missing where nothing is spared, or more are not seen to be kept out than under the baseline.
    """
    spared = base - here
    return ratio_interval(spared, by_side) if spared.sum() > 0 and ratio_interval(by_side, base).low > 0 else NONE


def _larger(both: pd.DataFrame, of_seed: pd.Series[int], policy: str) -> tuple[str, Floats]:
    """Return the side with more harm elsewhere, as files name it, and persons harmed there by seed."""
    of_policy = both[both.index.get_level_values("policy") == policy]
    side = str(larger_sides(of_policy, of_seed)[0])
    found = by_seed(of_policy[side], policy)
    return f"{side}s" if found.any() else "none", found
