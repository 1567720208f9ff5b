"""Effects of policies, and what they do together: every outcome compared with the baseline, seed by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from sim.outcomes.counts import Counts, by_seed
from sim.outcomes.outcomes import not_counted, outcomes_of
from sim.outcomes.statistics import (
    FEWEST_EVENTS,
    NONE,
    Interval,
    effect_not_counted,
    paired_effect,
    ratio_interval,
    t_interval,
)
from sim.outcomes.verdicts import Reason, Verdict
from sim.scenario.scenario import BASELINE


def effects_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return the table of effects: one row per policy and outcome, as `Comparison.effects`."""
    sums = counts.sums()
    found = [(o, o.formula(sums), sums.table[list(o.behind)].sum(axis=1)) for o in outcomes_of(counts.scenario)]
    rows = []
    for policy in policies:
        for outcome, value, behind in found:
            reason = not_counted(counts.scenario, outcome, policy)
            base, values = by_seed(value, BASELINE), by_seed(value, policy)
            events = float(by_seed(behind, BASELINE).sum()), float(by_seed(behind, policy).sum())
            key = f"{policy}/{outcome.name}"
            effect = effect_not_counted(base) if reason else paired_effect(base, values, events, key, outcome.harm)
            names = {"policy": policy, "outcome": outcome.name, "unit": outcome.unit}
            if effect.verdict is Verdict.NOT_COUNTED and not reason:
                reason = Reason.NOTHING
            rows.append(names | _flat(asdict(effect)) | {"reason": reason or ""})
    table = pd.DataFrame(rows)
    return table.assign(seeds_to_halve=pd.array([row["seeds_to_halve"] for row in rows], "Int64"))


_ROUNDING = 1e-12
"""Share of a sum of levels that is no difference but what floating-point rounding leaves."""

INTERACTION_COLUMNS = (
    *("policy", "one", "other", "outcome", "unit", "interaction", "low", "high"),
    *("relative", "relative_low", "relative_high", "seeds", "verdict"),
)
"""Columns of `Comparison.interactions`; ``relative`` is a share of the baseline."""


def interactions_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return what policies do together beyond the sum of what each does, as `Comparison.interactions`.

    A policy that is exactly two others together, dates included, has a row for each outcome: both less one less the
    other plus the baseline, seed by seed. Without such a policy the table is empty.
    """
    parts = {arm: sorted((p.name, repr(p)) for p in counts.scenario.policies[arm]) for arm in policies}
    triples = [
        (both, one, other)
        for both in policies
        for one, other in combinations(policies, 2)
        if parts[both] == sorted(parts[one] + parts[other])
    ]
    if not triples:
        return pd.DataFrame(columns=list(INTERACTION_COLUMNS))
    sums = counts.sums()
    rows = []
    for outcome in outcomes_of(counts.scenario):
        value, behind = outcome.formula(sums), sums.table[list(outcome.behind)].sum(axis=1)
        for arms in triples:
            base, both, one, other = (by_seed(value, arm) for arm in (BASELINE, *arms))
            beyond = both - one - other + base
            beyond[np.abs(beyond) <= _ROUNDING * (both + one + other + base)] = 0
            if any(not_counted(counts.scenario, outcome, arm) for arm in arms):
                rows.append((*arms, outcome.name, outcome.unit, *NONE, *NONE, 0, Verdict.NOT_COUNTED))
                continue
            known = np.isfinite(beyond)
            events = [float(by_seed(behind, arm).sum()) for arm in (BASELINE, *arms)]
            step = float(np.nansum([base, both, one, other])) / (sum(events) or np.inf)
            found = t_interval(beyond[known], step)
            verdict = _verdict_of(found, max(events))
            relative = NONE if verdict is Verdict.TOO_FEW else ratio_interval(beyond[known], base[known], step)
            rows.append((*arms, outcome.name, outcome.unit, *found, *relative, int(known.sum()), verdict))
    order = {both: i for i, (both, _, _) in enumerate(triples)}
    table = pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS))
    return table.sort_values("policy", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _verdict_of(beyond: Interval, events: float) -> Verdict:
    if beyond.value == beyond.low == beyond.high == 0:
        return Verdict.IDENTICAL
    if events < FEWEST_EVENTS or beyond.low != beyond.low:
        return Verdict.TOO_FEW
    return (Verdict.NOT_RESOLVED, Verdict.ABOVE_THE_SUM, Verdict.BELOW_THE_SUM)[beyond.sign]


def _flat(effect: dict[str, Any]) -> dict[str, Any]:
    """Spread intervals over three columns each: the name, and the name with ``_low`` and ``_high``."""
    columns: dict[str, Any] = {}
    for name, value in effect.items():
        if isinstance(value, Interval):
            prefix = "" if name == "difference" else f"{name}_"
            columns |= {name: value.value, f"{prefix}low": value.low, f"{prefix}high": value.high}
        else:
            columns[name] = value
    return columns
