"""When a policy is in force: on which of the counted days, lever by lever and as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from sim.scenario.scenario import Scenario


def days_in_force(scenario: Scenario, arm: str) -> dict[str, frozenset[int]]:
    """Return the counted days on which each lever of an arm is in force."""
    days: dict[str, frozenset[int]] = {}
    for dated in scenario.dated(arm):
        lever = getattr(dated.policy, "rule", dated.policy.name)
        days[lever] = days.get(lever, frozenset()).union(filter(dated.in_force, range(scenario.days)))
    return days


def throughout(scenario: Scenario, arm: str, days: Iterable[int]) -> bool:
    """Tell whether all levers of an arm are in force on all of some days."""
    wanted = {*days}
    return all(wanted <= held for held in days_in_force(scenario, arm).values())


def stretches_in_force(scenario: Scenario, arm: str) -> list[tuple[int, int]]:
    """Return the stretches on whose days the rules of an arm are not those of the baseline.

    Of each, the first day and the day after the last; none where the arm changes no rule.
    """
    found: list[tuple[int, int]] = []
    changes = [(day, rules != scenario.platform.rules) for day, rules in scenario.changes_of(arm)]
    for (first, differs), (end, _) in pairwise([*changes, (scenario.days, False)]):
        if differs:
            begins = found.pop()[0] if found and found[-1][1] == first else first
            found.append((begins, end))
    return found
