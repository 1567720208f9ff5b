"""Flows: who is harmed under a policy and not under the baseline, and the other way round, person by person.

Runs of one seed share their luck, and so the same persons can be looked at under both. Only the net is the policy's:
how many there are on both sides of it hangs on the luck that the model lets both arms share, and other luck that has
as many harmed in each gives other persons the same net. What each arm alone leaves open is between Fréchet's bounds
(Fréchet 1935; Heckman, Smith and Clements 1997 of programmes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.model.records import FLOWS
from sim.outcomes.counts import DAYS_PER_YEAR, HERE, Counts, by_seed
from sim.outcomes.outcomes import outcomes_of
from sim.outcomes.statistics import t_interval

Whole = NDArray[np.int64]

GONE: Final = ("spared", "absent", "put_off")
"""Flows of those who are harmed under the baseline alone."""

COME: Final = ("new", "redirected")
"""Flows of those who are harmed under the policy alone."""

TOLD: Final = {
    "net": "persons seriously harmed under the policy less those under the baseline, outside victims among them",
    "baseline_alone": "those harmed under the baseline and not under the policy",
    "spared": "of them, those whom the doors of the policy let in to some simulated site on the day of that harm",
    "absent": "of them, those whom the doors let in to no simulated site that day, so that they are not simulated",
    "put_off": "of them, those whom the contact that did it goes on with under the policy when the window ends",
    "policy_alone": "those harmed under the policy and not under the baseline",
    "new": "of them, those who were approached in nobody's place",
    "redirected": "of them, those who were approached in place of somebody absent or protected because of the policy",
    "both": "those harmed under both",
    "outside": "outside victims, each a new person: those under the policy less those under the baseline",
    "elsewhere": (
        "persons seriously harmed elsewhere beyond the baseline, expected as displacement.p_predators and its like "
        "assume: nobody in particular"
    ),
}
"""What is told of each policy, in the order of rows."""

FLOWS_COLUMNS = ("policy", "flow", "unit", "rate", "low", "high", "fewest", "most", "seeds")
"""Columns of `Comparison.flows`."""


def flows_of(counts: Counts, policies: Sequence[str], first: int = 0) -> pd.DataFrame:
    """Return what becomes of persons under each policy beside the baseline, as `Comparison.flows`.

    Args:
        counts: The counts of every run.
        policies: The arms, without the baseline.
        first: Seeds whose spread the intervals rest on; all of them if 0.

    Returns:
        One row per policy and line of `TOLD`, the net first; empty where runs do not tell persons apart.
    """
    persons = counts.records.persons
    if not len(persons):
        return pd.DataFrame(columns=list(FLOWS_COLUMNS))
    sums = counts.sums()
    unit = next(outcome.unit for outcome in outcomes_of(counts.scenario) if outcome.name == HERE)
    factor = DAYS_PER_YEAR / sums.days * 1000 / sums.visitors
    seeds = list(sums.table.index.unique("seed"))
    of_years = persons.pivot_table("count", ["policy", "seed", "year"], "flow", "sum", fill_value=0)
    of_years = of_years.reindex(columns=list(FLOWS), fill_value=0)
    rows = []
    for policy in policies:
        here = of_years.loc[[policy]].droplevel("policy")
        gone, come = here[list(GONE)].sum(axis=1), here[list(COME)].sum(axis=1)
        found = here.assign(baseline_alone=gone, policy_alone=come, net=come + here["outside"] - gone)
        in_both = bounds_of_both(*(x.to_numpy() for x in (here["both"] + gone, here["both"] + come, here["members"])))
        alone = {"both": 0 * gone, "baseline_alone": gone, "policy_alone": come}
        for flow in TOLD:
            if flow == "elsewhere":
                values = by_seed(sums["harmed_elsewhere"], policy)
            else:
                values = found[flow].groupby("seed").sum().reindex(seeds).to_numpy(float)
            fewest, most = np.nan, np.nan
            if flow in alone:
                # Whoever is harmed in one and not in both is harmed in it alone.
                whole = (here["both"] + alone[flow]).to_numpy()
                ends = in_both if flow == "both" else (whole - in_both[1], whole - in_both[0])
                fewest, most = (factor * float(end.sum()) / len(seeds) for end in ends)
            rate = t_interval(values * factor, factor, first=first)
            rows.append((policy, flow, unit, *rate, fewest, most, len(seeds)))
    return pd.DataFrame(rows, columns=list(FLOWS_COLUMNS))


def bounds_of_both(one: Whole, other: Whole, could_be: Whole) -> tuple[Whole, Whole]:
    """Return between which numbers those lie who are in both of two sets, given how many are in each (Fréchet 1935).

    Args:
        one: Persons in the one set.
        other: Persons in the other one.
        could_be: Persons who could be in either.
    """
    return np.maximum(0, one + other - could_be), np.minimum(one, other)
