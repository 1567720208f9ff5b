"""When a policy is in force: on which of the counted days, lever by lever and as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from sim.policies.policy import Dated, days_of_change
from sim.rules.rulebook import Rules
from sim.scenario.scenario import Scenario


class Lever(NamedTuple):
    """What an arm does to some rules of a site: its policies that change these, one after the other.

    Attributes:
        name: The name of the policies, or the rule that they set.
        days: Counted days on which one of them is in force.
    """

    name: str
    days: frozenset[int]


def levers(scenario: Scenario, arm: str) -> list[Lever]:
    """Return the levers of an arm, in the order of its policies; of sites that are changed alike one for all."""
    days: dict[tuple[str, frozenset[str], str], frozenset[int]] = {}
    for dated in scenario.dated(arm):
        for site, first, end, changed in _changed(scenario, dated):
            lever = getattr(dated.policy, "rule", dated.policy.name), changed, site
            days[lever] = days.get(lever, frozenset()).union(range(first, end))
    alike = dict.fromkeys((name, changed, held) for (name, changed, _), held in days.items())
    return [Lever(name, held) for name, _, held in alike]


def _changed(scenario: Scenario, dated: Dated) -> Iterator[tuple[str, int, int, frozenset[str]]]:
    """Yield where and when a policy changes which rules: site, first day, day after the last, names of the rules."""
    for first, end in pairwise([*days_of_change([dated], scenario.days), scenario.days]):
        for site, platform in zip(scenario.site_names, scenario.platforms, strict=True):
            changes = dated.policy.changes_on(site, platform, first - dated.first_day) if dated.in_force(first) else ()
            if changed := frozenset(change.rule for change in changes):
                yield site, first, end, changed


def throughout(scenario: Scenario, arm: str, days: Iterable[int]) -> bool:
    """Tell whether all levers of an arm are in force on all of some days."""
    wanted = {*days}
    return all(wanted <= lever.days for lever in levers(scenario, arm))


def part_of_window(scenario: Scenario, arm: str) -> bool:
    """Tell whether an arm, or a lever of it, is in force on a part of the counted days alone."""
    return not throughout(scenario, arm, range(scenario.days))


def rules_that_differ(scenario: Scenario, arm: str) -> Iterator[tuple[Rules, Rules]]:
    """Yield the rules of an arm, site by site, that are not the baseline's there, each beside these."""
    for by_day, platform in zip(scenario.changes_by_site(arm), scenario.platforms, strict=True):
        usual = platform.rules
        yield from ((rules, usual) for _, rules in by_day if rules != usual)


def n_days_that_differ(scenario: Scenario, arm: str) -> int:
    """Return on how many of the counted days the rules of an arm are not those of the baseline."""
    return sum(end - first for first, end in stretches_that_differ(scenario, arm))


def stretches_that_differ(scenario: Scenario, arm: str) -> list[tuple[int, int]]:
    """Return the stretches on whose days the rules of an arm are not those of the baseline.

    Of each, the first day and the day after the last; none where the arm changes no rule.
    """
    found: list[tuple[int, int]] = []
    for (first, differs), (end, _) in pairwise([*scenario.days_that_differ(arm), (scenario.days, False)]):
        if differs:
            begins = found.pop()[0] if found and found[-1][1] == first else first
            found.append((begins, end))
    return found
