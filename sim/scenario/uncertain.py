"""Uncertain parameters: which can be varied over their plausible ranges in a scenario, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence

from sim.rules.errors import ScenarioError, suggestion
from sim.rules.sentences import Sentence
from sim.rules.settings import SETTINGS
from sim.scenario.scenario import Scenario

UNCERTAIN = {key: parameter for key, parameter in SETTINGS.items() if parameter.has_range}
"""Every parameter with a plausible range, by name."""


def bears_on(scenario: Scenario, policy: str, key: str) -> bool:
    """Tell whether a parameter can move the effect of a policy; one of a level of registration can if it is used."""
    level = level_elsewhere(scenario, key)
    if level:
        return level in {getattr(p, "level", None) for p in scenario.policies[policy] if p.name == "registration"}
    return True


def level_elsewhere(scenario: Scenario, key: str) -> str:
    """Return the level of registration of which a parameter is, unless the baseline is at it; empty for any other."""
    section, *rest = key.split(".")
    return rest[0] if section == "registration" and len(rest) == 2 and rest[0] != scenario.registration.level else ""


def setters(scenario: Scenario, policies: Sequence[str], key: str) -> list[str]:
    """Return the policies that set a parameter themselves, on whatever day: it is a lever of theirs."""
    return [policy for policy in policies if key in _levers(scenario, policy)]


def _levers(scenario: Scenario, policy: str) -> set[str]:
    return {
        change.rule
        for dated in scenario.dated(policy)
        for days in (0, *dated.policy.steps)
        for change in dated.policy.changes_after(scenario.platform, days)
        if change.operation == "set"
    }


def check_named(scenario: Scenario, policies: Sequence[str], named: Sequence[str]) -> None:
    """Refuse names of parameters that cannot be varied.

    Raises:
        ScenarioError: If one is unknown, has no plausible range, is named twice or moves no effect of the policies.
    """
    for key in named:
        if key in SETTINGS and key not in UNCERTAIN:
            raise ScenarioError(
                Sentence("{key} has no plausible range to be varied over; see python -m sim explain {key}.", key=key)
            )
        if key not in UNCERTAIN:
            raise ScenarioError(
                Sentence(
                    "no parameter is called {name}. {meant}python -m sim explain lists all.",
                    name=repr(key),
                    meant=suggestion(key, list(UNCERTAIN)),
                )
            )
        if named.count(key) > 1:
            raise ScenarioError(Sentence("{key} is named twice; each parameter is varied once.", key=key))
        if not any(bears_on(scenario, policy, key) for policy in policies):
            level = level_elsewhere(scenario, key)
            raise ScenarioError(
                Sentence("{key} moves no effect: no policy here uses the level {level}.", key=key, level=level)
            )
