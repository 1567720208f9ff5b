"""The best of several policies: which are not told apart from it, and which of these is the cheapest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd

from sim.outcomes.counts import Counts, by_seed
from sim.outcomes.in_force import levers, n_days_that_differ, part_of_window
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import Floats, n_comparisons, ratio_interval, t_interval
from sim.policies.registration import RegistrationPolicy
from sim.rules.registration import Level
from sim.scenario.frame import Cost
from sim.scenario.scenario import BASELINE, Scenario

LEVELS: tuple[Level, ...] = get_args(Level)
"""Levels of registration, from what tells least of a person to what tells most."""

BEST_COLUMNS = (
    *("policy", "best", "more", "more_low", "more_high"),
    *("staff", "turned_away", "level", "message_hours", "log_hours", "days_in_force"),
)
"""Columns of `Comparison.best`; ``more`` is a share of the baseline."""


def best_of(counts: Counts, policies: Sequence[str], lowering: Sequence[str]) -> pd.DataFrame:
    """Return the policies that are not told apart from the best one, it among them, the cheapest first.

    The best is that of those which lower serious harm under which the fewest are seriously harmed, here and elsewhere.
    Another one stays beside it unless it has more harmed than the best by an interval that leaves out zero, which is as
    wide as so many comparisons ask for. So the one that is truly best stays in 95 of 100 studies or more, whatever the
    luck.

    What is in force on a part of the window comes last, for it costs less by that alone; then each cost decides that
    the scenario prefers, in turn, the levels of registration and the hours for which messages and connection logs are
    kept together; at last the fewest levers.

    Args:
        counts: The counts of every run.
        policies: The arms, without the baseline.
        lowering: Those that are seen to lower serious harm; without any the table is empty.

    Returns:
        One row per policy, as `Comparison.best`.
    """
    if not lowering:
        return pd.DataFrame(columns=list(BEST_COLUMNS))
    scenario, sums = counts.scenario, counts.sums()
    harmed = {arm: by_seed(sums.total_harmed, arm) for arm in (BASELINE, *policies)}
    best = min(lowering, key=lambda arm: harmed[arm].sum())
    more = {arm: harmed[arm] - harmed[best] for arm in policies}
    together, stays = n_comparisons(more.values()), not_told_apart(more)
    staff, visitors, days_lost = (
        BY_NAME[name].formula(sums).groupby("policy").mean()
        for name in ("moderator_hours", "visitors_turned_away", "user_days_lost")
    )
    rows = []
    for arm in stays:
        asked = asked_for(scenario, arm)
        share = ratio_interval(more[arm], harmed[BASELINE], 1, together).within(least=-1)
        rows.append((arm, best, *share, staff[arm], visitors[arm], *asked, n_days_that_differ(scenario, arm)))
    table = pd.DataFrame(rows, columns=list(BEST_COLUMNS))
    kept = table["policy"]
    costs: dict[Cost, list[Mapping[str, float] | pd.Series[float]]] = {
        "staff": [staff],
        # Visitors are not counted in every window; the days lost at the door are.
        "turned_away": [visitors if np.isfinite(visitors[kept]).all() else days_lost],
        "privacy": [
            {arm: LEVELS.index(level) for arm, level in zip(kept, table["level"], strict=True)},
            dict(zip(kept, table["message_hours"], strict=True)),
            dict(zip(kept, table["log_hours"], strict=True)),
        ],
    }

    def price(arm: str) -> tuple[float, ...]:
        in_turn = (float(cost[arm]) for preferred in scenario.prefer for cost in costs[preferred])
        return (part_of_window(scenario, arm), *in_turn, len(scenario.policies[arm]))

    order = sorted(range(len(table)), key=lambda row: price(kept[row]))
    return table.iloc[order].reset_index(drop=True)


def not_told_apart(more: Mapping[str, Floats]) -> list[str]:
    """Return the arms that are not seen to harm more persons than the best one, it among them.

    Args:
        more: By how many more persons are harmed than under the best, by arm: one value per seed.
    """
    together = n_comparisons(more.values())
    return [arm for arm, of_seeds in more.items() if t_interval(of_seeds, 1, together).sign <= 0]


class Asked(NamedTuple):
    """What an arm takes of privacy: the highest level of registration on some day, and how long it keeps what."""

    level: Level
    message_hours: int
    log_hours: int


def asked_for(scenario: Scenario, arm: str) -> Asked:
    """Return what an arm takes of privacy at most on some day."""
    if arm == BASELINE:
        kept = scenario.platform.rules.retention
        return Asked(scenario.registration.level, kept.message_hours, kept.log_hours)
    doors = [policy for policy in scenario.policies[arm] if isinstance(policy, RegistrationPolicy)]
    levels = [door.level for door in doors]
    held = [lever.days for lever in levers(scenario, arm) if lever.name == RegistrationPolicy.name]
    if len(frozenset().union(*held)) < scenario.days:
        levels.append(scenario.registration.level)
    kept_on = [rules.retention for _, rules in scenario.changes_of(arm)]
    messages, logs = (max(getattr(kept, name) for kept in kept_on) for name in ("message_hours", "log_hours"))
    return Asked(max(levels, key=LEVELS.index), messages, logs)
