"""The best of several policies: which are not told apart from it, and which of these is the cheapest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, get_args

import numpy as np
import pandas as pd

from sim.outcomes.counts import Counts, by_seed
from sim.outcomes.in_force import levers, n_days_that_differ, part_of_window
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import Floats, n_comparisons, ratio_interval, t_interval
from sim.policies.age import AgePolicy
from sim.policies.registration import RegistrationPolicy
from sim.rules.age import AgeLevel
from sim.rules.registration import Level
from sim.scenario.frame import Cost
from sim.scenario.scenario import BASELINE, Scenario

LEVELS: tuple[Level, ...] = get_args(Level)
"""Levels of registration, from what tells least of a person to what tells most."""

AGE_LEVELS: tuple[AgeLevel, ...] = get_args(AgeLevel)
"""Levels of age assurance, likewise."""

AnyLevel = TypeVar("AnyLevel", Level, AgeLevel)

BEST_COLUMNS = (
    *("policy", "best", "more", "more_low", "more_high"),
    *("staff", "turned_away", "level", "age", "message_hours", "log_hours", "talk_read", "days_in_force"),
)
"""Columns of `Comparison.best`; ``more`` is a share of the baseline."""


def best_of(counts: Counts, policies: Sequence[str], lowering: Sequence[str]) -> pd.DataFrame:
    """Return the policies that are not told apart from the best one, it among them, the cheapest first.

    The best is that of those which lower serious harm under which the fewest are seriously harmed, here and elsewhere.
    Another one stays beside it unless it has more harmed than the best by an interval that leaves out zero, which is as
    wide as so many comparisons ask for. So the one that is truly best stays in 95 of 100 studies or more, whatever the
    luck.

    What is in force on a part of the window comes last, for it costs less by that alone; then each cost decides that
    the scenario prefers, in turn (of privacy: the level of registration, that of age assurance, the hours for which
    messages and connection logs are kept, and the share of what is written that a detector reads); at last the fewest
    levers.

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
            {arm: AGE_LEVELS.index(level) for arm, level in zip(kept, table["age"], strict=True)},
            *(dict(zip(kept, table[name], strict=True)) for name in ("message_hours", "log_hours", "talk_read")),
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
    """What an arm takes of privacy: the highest levels on some day, how long it keeps what, and how much is read."""

    level: Level
    age: AgeLevel
    message_hours: int
    log_hours: int
    talk_read: float


def asked_for(scenario: Scenario, arm: str) -> Asked:
    """Return what an arm takes of privacy at most on some day."""
    every = [scenario.platform.rules] if arm == BASELINE else [rules for _, rules in scenario.changes_of(arm)]
    messages, logs = (max(getattr(r.retention, name) for r in every) for name in ("message_hours", "log_hours"))
    return Asked(
        max(_levels(scenario, arm, RegistrationPolicy, scenario.registration.level), key=LEVELS.index),
        max(_levels(scenario, arm, AgePolicy, scenario.age.level), key=AGE_LEVELS.index),
        messages,
        logs,
        max(rules.detection.coverage for rules in every),
    )


def _levels(
    scenario: Scenario, arm: str, lever: type[RegistrationPolicy] | type[AgePolicy], usual: AnyLevel
) -> list[AnyLevel]:
    """Return the levels of a lever that an arm has on some day, given that of the baseline."""
    if arm == BASELINE:
        return [usual]
    found = [policy for policy in scenario.policies[arm] if isinstance(policy, lever) and policy.level is not None]
    days = [held.days for held in levers(scenario, arm) if held.name == lever.name]
    levels: list[Any] = [policy.level for policy in found]
    return levels if found and len(frozenset().union(*days)) >= scenario.days else [*levels, usual]
