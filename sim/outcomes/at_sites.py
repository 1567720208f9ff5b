"""At sites: what a policy does to harm and use on each of several sites."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sim.outcomes.counts import Counts, by_seed
from sim.outcomes.statistics import paired_change, share_of
from sim.scenario.scenario import BASELINE

SITES_COLUMNS = (
    *("policy", "site", "harmed_baseline", "harmed", "relative", "relative_low", "relative_high", "seeds", "verdict"),
    *("user_hours", "predator_hours", "moved_in"),
)
"""Columns of `Comparison.at_sites`."""

_COUNTED = ["n_persons_harmed", "n_user_hours", "n_predator_hours", "n_user_hours_moved_in"]


def at_sites_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return persons seriously harmed and hours online on each site, one row per policy and site.

    Args:
        counts: The counts of every run.
        policies: The arms, without the baseline.
    """
    by_site = counts.records.daily.groupby(["site", "policy", "seed"])[_COUNTED].sum()
    rows = []
    for policy in policies:
        for site in counts.scenario.site_names:
            found = by_site.loc[[site]]
            base, value = ([by_seed(found[name], arm).astype(float) for name in _COUNTED] for arm in (BASELINE, policy))
            events = float(base[0].sum()), float(value[0].sum())
            made = paired_change(base[0], value[0], events)
            hours = (share_of(value[i] - base[i], base[i]) for i in (1, 2))
            means = float(base[0].mean()), float(value[0].mean())
            moved = share_of(value[3], value[1])
            rows.append((policy, site, *means, *made.relative, made.seeds, made.verdict, *hours, moved))
    return pd.DataFrame(rows, columns=list(SITES_COLUMNS))
